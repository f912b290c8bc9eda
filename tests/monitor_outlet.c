/* Lines for programs that read them slowly, stop reading, or go. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor/role/outlet.h"

#define LINE_LEN 1000 /* bytes of a line of these tests */

/* Both ways to the other end; what is printed is kept here as it is read. */
struct reader {
	int ends[2];
	char *at;
	size_t len;
};

static struct outlet *o;
static struct reader r;

/* A test that waits for a reader ends here. */
static int
begin(bool is_socket)
{
	alarm(180);
	signal(SIGPIPE, SIG_IGN);
	r = (struct reader){.at = malloc(8 * OUTLET_ROOM)};
	assert_non_null(r.at);
	assert_int_equal(is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, r.ends) : pipe(r.ends), 0);
	o = outlet_new(r.ends[1]);
	assert_non_null(o);
	return 0;
}

static int
before_pipe(void **state)
{
	(void)state;
	return begin(false);
}

static int
before_socket(void **state)
{
	(void)state;
	return begin(true);
}

static int
after(void **state)
{
	(void)state;
	outlet_free(o, 0);
	for (int i = 0; i < 2; i++)
		if (r.ends[i] >= 0)
			close(r.ends[i]);
	free(r.at);
	alarm(0);
	return 0;
}

/* A line that begins with its number. */
static void
print_line(unsigned number)
{
	FILE *out = outlet_stream(o);
	int len = fprintf(out, "%u ", number);

	for (; len < LINE_LEN - 1; len++)
		fputc('x', out);
	fputc('\n', out);
	assert_int_equal(fflush(out), 0);
}

/* Read what is there now. */
static void
drain(void)
{
	ssize_t got;

	fcntl(r.ends[0], F_SETFL, O_NONBLOCK);
	while ((got = read(r.ends[0], r.at + r.len, 65536)) > 0)
		r.len += (size_t)got;
}

/* Lines that came, each of which must be a whole one, with a higher number than the one before. */
static uint64_t
whole_lines(void)
{
	uint64_t lines = 0;
	long last = -1;

	assert_int_equal(r.len % LINE_LEN, 0);
	for (size_t at = 0; at < r.len; at += LINE_LEN, lines++) {
		const long number = strtol(r.at + at, NULL, 10);

		assert_true(number > last);
		last = number;
		assert_ptr_equal(memchr(r.at + at, '\n', LINE_LEN), r.at + at + LINE_LEN - 1);
	}
	return lines;
}

static void
what_is_read_is_handed_on_at_once(void **state)
{
	(void)state;
	print_line(1);
	assert_true(outlet_push(o));
	assert_int_equal(outlet_descriptor(o), -1);
	drain();
	assert_int_equal(whole_lines(), 1);
	assert_int_equal(outlet_left_out(o), 0);
}

static void
half_a_line_waits_for_its_end(void **state)
{
	(void)state;
	fputs("half", outlet_stream(o));
	fflush(outlet_stream(o));
	assert_true(outlet_push(o));
	drain();
	assert_int_equal(r.len, 0);
	fputs(" and whole\n", outlet_stream(o));
	fflush(outlet_stream(o));
	assert_true(outlet_push(o));
	drain();
	assert_int_equal(r.len, strlen("half and whole\n"));
}

/* More than waits anywhere, to a reader that reads nothing; then what came is whole, and adds up.
 */
static void
what_finds_no_room_is_left_out_whole_and_counted(void **state)
{
	const unsigned lines = 3 * OUTLET_ROOM / LINE_LEN;

	(void)state;
	for (unsigned i = 0; i < lines; i++) {
		print_line(i);
		assert_true(outlet_push(o));
	}
	assert_true(outlet_left_out(o) > 0);
	assert_true(outlet_descriptor(o) >= 0);
	while (outlet_descriptor(o) >= 0) {
		drain();
		assert_true(outlet_push(o));
	}
	drain();
	assert_int_equal(whole_lines() + outlet_left_out(o), lines);
	print_line(lines);
	assert_true(outlet_push(o));
	drain();
	assert_int_equal(whole_lines() + outlet_left_out(o), lines + 1);
}

static void
a_line_that_never_fits_is_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i <= OUTLET_ROOM; i++)
		fputc('y', outlet_stream(o));
	fputc('\n', outlet_stream(o));
	print_line(1);
	assert_int_equal(outlet_left_out(o), 1);
	assert_true(outlet_push(o));
	drain();
	assert_int_equal(whole_lines(), 1);
}

static void
who_is_gone_is_told_once_and_nothing_waits_for_him(void **state)
{
	(void)state;
	close(r.ends[0]);
	r.ends[0] = -1;
	print_line(1);
	assert_false(outlet_push(o));
	assert_int_equal(errno, EPIPE);
	print_line(2);
	assert_true(outlet_push(o));
	assert_int_equal(outlet_descriptor(o), -1);
	assert_int_equal(outlet_free(o, 1000), 0);
	o = NULL;
}

static void
what_waits_at_the_end_is_left_out(void **state)
{
	const unsigned lines = OUTLET_ROOM / LINE_LEN;

	(void)state;
	for (unsigned i = 0; i < lines; i++) {
		print_line(i);
		assert_true(outlet_push(o));
	}
	assert_int_equal(outlet_left_out(o), 0);
	r.len = 0;
	uint64_t left_out = outlet_free(o, 10);

	o = NULL;
	drain();
	/* Of one line the beginning may have gone. */
	assert_true(r.len / LINE_LEN + left_out == lines);
	assert_true(left_out > 0);
}

/* Others that hold it must not find that it does not wait any more. */
static void
what_is_shared_stays_as_it_was(void **state)
{
	(void)state;
	assert_int_equal(fcntl(r.ends[1], F_GETFL) & O_NONBLOCK, 0);
}

#define OF(test, kind) cmocka_unit_test_setup_teardown(test, before_##kind, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OF(what_is_read_is_handed_on_at_once, pipe),
	    OF(what_is_read_is_handed_on_at_once, socket),
	    OF(half_a_line_waits_for_its_end, pipe),
	    OF(what_finds_no_room_is_left_out_whole_and_counted, pipe),
	    OF(what_finds_no_room_is_left_out_whole_and_counted, socket),
	    OF(a_line_that_never_fits_is_left_out, pipe),
	    OF(who_is_gone_is_told_once_and_nothing_waits_for_him, pipe),
	    OF(who_is_gone_is_told_once_and_nothing_waits_for_him, socket),
	    OF(what_waits_at_the_end_is_left_out, pipe),
	    OF(what_is_shared_stays_as_it_was, pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
