/*
 * The keeper against readers that were taken over. This program is its own
 * reader: executed again as one, it does what the first byte of the "capture"
 * says, so that the product needs no hook for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "monitor/log.h"
#include "monitor/role/channel.h"
#include "monitor/role/keeper.h"
#include "monitor/role/role.h"
#include "monitor/role/session_message.h"

#define TIME INT64_C(1767225600000000)

/* ---- The reader ---- */

static struct channel *channel;

static void
put_session(int64_t start, unsigned service)
{
	static struct session s;

	s = (struct session){
	    .service = (enum service)service,
	    .client = {4, {192, 0, 2, 7}},
	    .server = {4, {198, 51, 100, 25}},
	    .client_port = 40112,
	    .server_port = 25,
	    .start = start,
	    .end = start + 1,
	    .ending = ENDING_FIN,
	};
	session_message_put(channel_out(channel), &s, NULL, NULL);
}

static void
put_opened(void)
{
	message_put_opened(channel_out(channel), &(struct capture_opened){1});
}

static void
put_source(void)
{
	message_put_source(channel_out(channel),
			   &(struct capture_source){"0123456789abcdef0123456789abcdef"});
}

static void
put_ended(enum capture_end end)
{
	message_put_ended(channel_out(channel), &(struct capture_ended){.end = end});
}

static void
put_raw(const char *bytes, size_t len)
{
	pack_bytes(channel_out(channel), (struct bytes){(const uint8_t *)bytes, len});
}

/* What the file asks for; a capital letter is a lie of its own. */
static void
behave(char how, int64_t start)
{
	const struct capture_minute minute = {.minute = TIME};

	switch (how) {
	case 'Z': /* does not go when it is over */
	case 'o': /* an honest reader with one session */
		put_opened();
		put_source();
		put_session(start, SERVICE_SMTP);
		put_ended(CAPTURE_WHOLE);
		break;
	case 'C': /* dies in the middle, having told one session */
		put_opened();
		put_session(start, SERVICE_SMTP);
		channel_flush(channel);
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		break;
	case 'G':
		put_raw("220 mx.example ESMTP\r\n", 22);
		break;
	case 'L': /* a length over its cap */
		put_raw("\x07\xff\xff\xff", 4);
		break;
	case 'H': /* half a message, then the end */
		put_raw("\x07\x00\x00\x28zz", 6);
		channel_flush(channel);
		_exit(0);
	case 'M': /* a minute of no known source */
		put_opened();
		message_put_minute(channel_out(channel), &minute);
		break;
	case 'T': /* opened twice */
		put_opened();
		put_opened();
		break;
	case 'S': /* a session of a capture that is none */
		put_session(start, SERVICE_SMTP);
		break;
	case 'V': /* a service that there is not */
		put_opened();
		put_session(start, 99);
		break;
	case 'K': /* a message that only the keeper sends */
		message_put_empty(channel_out(channel), MESSAGE_FINISH);
		break;
	case 'E': /* the end of what was never begun */
		put_ended(CAPTURE_WHOLE);
		break;
	}
	channel_flush(channel);
}

/* How often it says something before it begins: that is asked for as the user. */
static int
remarks(struct bytes body)
{
	static struct reader_config config; /* large */

	return message_get_config(body, &config) ? atoi(config.user) : 0;
}

static int
be_reader(void)
{
	const struct layer_states none = {0};
	const struct dissector_counts counts = {0};
	int64_t start = TIME;
	enum message type;
	struct bytes body;
	char how = 0;

	channel = channel_new(ROLE_SOCKET);
	if (channel == NULL || channel_hear(channel, &type, &body) != HEARD_MESSAGE ||
	    type != MESSAGE_CONFIG)
		return 1;
	close(channel_take_descriptor(channel));
	for (int i = 0; i < remarks(body); i++) {
		message_put_words(channel_out(channel), MESSAGE_REMARK,
				  (struct bytes){(const uint8_t *)"so", 2});
		channel_flush(channel);
	}
	message_put_layers(channel_out(channel), &none);
	channel_flush(channel);
	while (channel_hear(channel, &type, &body) == HEARD_MESSAGE && type == MESSAGE_CAPTURE) {
		int fd = channel_take_descriptor(channel);
		char digits[2] = "0";

		if (read(fd, &how, 1) == 1 && read(fd, digits, 1) == 1)
			start = TIME + digits[0];
		close(fd);
		behave(how, start);
	}
	message_put_counts(channel_out(channel), &counts);
	channel_flush(channel);
	while (how == 'Z')
		pause();
	channel_free(channel);
	return 0;
}

/* ---- The tests ---- */

static char folder[] = "/tmp/waxseal-keeper-XXXXXX";
static char told[4096]; /* what the last run said on standard error */

static int
make_folder(void **state)
{
	(void)state;
	log_set_verbosity(0);
	return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int
drop_folder(void **state)
{
	static const char *const files[] = {"c0", "c1", "c2", "db", "db-wal", "db-shm", "told"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return rmdir(folder);
}

/* Standard error into a file; what it was before. */
static int
begin_hearing(void)
{
	int before = dup(STDERR_FILENO), file = open("told", O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(before >= 0 && file >= 0);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
	close(file);
	return before;
}

static void
end_hearing(int before)
{
	ssize_t length = pread(STDERR_FILENO, told, sizeof(told) - 1, 0);

	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
	assert_true(length >= 0);
	told[length] = '\0';
}

/* One line was told, it is of this capture, and says this of its reader. */
static bool
is_told_alone(const char *capture, const char *what)
{
	char begin[64];

	snprintf(begin, sizeof(begin), "waxseal: %s: the reader %s", capture, what);
	return strncmp(told, begin, strlen(begin)) == 0 &&
	       strchr(told, '\n') == told + strlen(told) - 1;
}

/* Run the keeper over captures that ask for these behaviours, one letter each. */
static struct keeper_result
keep_as(const char *user, const char *behaviours)
{
	static const char *const names[] = {"c0", "c1", "c2"};
	static uint8_t service[65536];
	struct keeper_config config = {
	    .db = "db",
	    .sensor = "test",
	    .captures = names,
	    .capture_count = strlen(behaviours),
	    .service = service,
	    .memory = DISSECTOR_BUDGET_MIN,
	    .user = user,
	};
	struct keeper_result result;
	int before;

	assert_in_range(config.capture_count, 1, 3);
	unlink("db");
	for (size_t i = 0; i < 3 && i < config.capture_count; i++) {
		FILE *f = fopen(names[i], "w");

		assert_non_null(f);
		fprintf(f, "%c%zu", behaviours[i], i);
		fclose(f);
	}
	before = begin_hearing();
	keeper_run(&config, &result);
	end_hearing(before);
	return result;
}

static struct keeper_result
keep(const char *behaviours)
{
	return keep_as(NULL, behaviours);
}

static void
an_honest_reader_is_recorded(void **state)
{
	struct keeper_result r = keep("oo");

	(void)state;
	assert_false(r.is_failed || r.is_interrupted);
	assert_int_equal(r.captures, 2);
	assert_int_equal(r.recorded.sessions_new, 2);
	assert_string_equal(told, "");
}

static void
a_reader_that_dies_is_told_its_sessions_stay_and_the_next_capture_is_read(void **state)
{
	struct keeper_result r = keep("oCo");

	(void)state;
	assert_true(r.is_failed);
	assert_int_equal(r.captures, 3);
	assert_int_equal(r.recorded.sessions_new, 3);
	assert_true(is_told_alone("c1", "was ended by signal 11"));
}

static void
a_reader_that_lies_is_ended_and_the_others_are_read(void **state)
{
	static const struct {
		char how;
		const char *what;
	} lies[] = {
	    {'G', "sent what is no message"}, {'L', "sent what is no message"},
	    {'H', "sent what is no message"}, {'M', "sent what it may not"},
	    {'T', "sent what it may not"},    {'S', "sent what it may not"},
	    {'V', "sent what it may not"},    {'K', "sent what it may not"},
	    {'E', "sent what it may not"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		char behaviours[] = {'o', lies[i].how, 'o', '\0'};
		struct keeper_result r = keep(behaviours);

		if (!r.is_failed || r.recorded.sessions_new != 2 ||
		    !is_told_alone("c1", lies[i].what))
			fail_msg("%c: %d sessions, told: %s", lies[i].how,
				 (int)r.recorded.sessions_new, told);
	}
}

static void
a_lie_before_anything_opened_leaves_no_database(void **state)
{
	struct keeper_result r = keep("S");

	(void)state;
	assert_true(r.is_failed);
	assert_true(is_told_alone("c0", "sent what it may not"));
	assert_false(r.has_database);
	assert_int_equal(access("db", F_OK), -1);
}

static void
a_reader_cannot_flood_the_log(void **state)
{
	struct keeper_result r = keep_as("2", "o");
	int lines = 0;

	(void)state;
	assert_false(r.is_failed);
	assert_string_equal(told, "waxseal: reader: so\nwaxseal: reader: so\n");
	r = keep_as("60", "o");
	assert_true(r.is_failed);
	for (const char *at = told; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_in_range(lines, 2, 20);
	assert_non_null(strstr(told, "sent what it may not"));
}

static void
a_reader_that_does_not_go_is_ended(void **state)
{
	struct keeper_result r = keep("Z");

	(void)state;
	assert_true(r.is_failed);
	assert_int_equal(r.recorded.sessions_new, 1);
	assert_non_null(strstr(told, "was ended by signal 9"));
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_honest_reader_is_recorded),
	    cmocka_unit_test(
		a_reader_that_dies_is_told_its_sessions_stay_and_the_next_capture_is_read),
	    cmocka_unit_test(a_reader_that_lies_is_ended_and_the_others_are_read),
	    cmocka_unit_test(a_reader_cannot_flood_the_log),
	    cmocka_unit_test(a_reader_that_does_not_go_is_ended),
	    cmocka_unit_test(a_lie_before_anything_opened_leaves_no_database),
	};

	if (role_is_child(argc, argv))
		return be_reader();
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
