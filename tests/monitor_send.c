/* Sending to a file, to a socket of this machine and by TCP, where they take a part of it or go
 * away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor/alert/send.h"
#include "monitor/alert/stream.h"

#define LARGE ((size_t)1 << 20) /* no pipe and no socket takes that at once */

struct bed {
	char folder[64], path[96];
	struct sink sink;
	struct send send;
	uint8_t *large;
};

static int
begin(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -1;
	snprintf(b->folder, sizeof(b->folder), "/tmp/waxseal-test-XXXXXX");
	b->large = malloc(LARGE);
	if (mkdtemp(b->folder) == NULL || b->large == NULL)
		return -1;
	memset(b->large, 'x', LARGE);
	snprintf(b->path, sizeof(b->path), "%s/sink", b->folder);
	b->sink.path = b->path;
	*state = b;
	return 0;
}

static int
end(void **state)
{
	struct bed *b = *state;

	if (b->send.way != NULL)
		b->send.way->close(&b->send);
	free((void *)(uintptr_t)b->send.payload.at);
	unlink(b->path);
	rmdir(b->folder);
	free(b->large);
	free(b);
	return 0;
}

static void
open_sink(struct bed *b, enum sink_type type)
{
	if (b->send.way != NULL)
		b->send.way->close(&b->send);
	b->sink.type = type;
	b->send = (struct send){.sink = &b->sink, .way = send_way_of(&b->sink), .descriptor = -1};
	b->send.way->open(&b->send);
}

static void
begin_bytes(struct bed *b, const void *at, size_t len)
{
	uint8_t *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, at, len);
	b->send.payload = (struct bytes){copy, len};
	b->send.is_busy = true;
	b->send.outcome = (struct send_outcome){0};
	b->send.way->begin(&b->send);
}

static void
assert_outcome(const struct bed *b, enum dispatched how, const char *why)
{
	assert_false(b->send.is_busy);
	assert_int_equal(b->send.outcome.how, how);
	if (strstr(b->send.outcome.why, why) == NULL)
		fail_msg("%s, not %s", b->send.outcome.why, why);
}

static void
sends(struct bed *b, const char *text)
{
	begin_bytes(b, text, strlen(text));
	assert_outcome(b, DISPATCH_SENT, "");
}

/* All that can be read without waiting is that. */
static void
assert_read(int fd, const char *wanted)
{
	char text[256] = "";
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	assert_string_equal(text, wanted);
}

/* ---- Files ---- */

static void
assert_file(const struct bed *b, const char *wanted)
{
	int fd = open(b->path, O_RDONLY);

	assert_true(fd >= 0);
	assert_read(fd, wanted);
	close(fd);
}

static void
limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size == RLIM_INFINITY ? limit.rlim_max : size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_line_that_finds_no_room_is_taken_back(void **state)
{
	struct bed *b = *state;

	open_sink(b, SINK_FILE);
	sends(b, "first\n");
	limit_files(10);
	begin_bytes(b, "second\n", 7);
	limit_files(RLIM_INFINITY);
	assert_outcome(b, DISPATCH_LATER, "No space left");
	assert_file(b, "first\n");
	sends(b, "third\n");
	assert_file(b, "first\nthird\n");
}

static void
nothing_is_written_where_there_is_no_room_at_all(void **state)
{
	struct bed *b = *state;

	open_sink(b, SINK_FILE);
	sends(b, "first\n");
	limit_files(6);
	begin_bytes(b, "second\n", 7);
	limit_files(RLIM_INFINITY);
	assert_outcome(b, DISPATCH_LATER, "cannot append");
	sends(b, "third\n");
	assert_file(b, "first\nthird\n");
}

/* A machine that went down while it was written left half of one: the next would be none, either.
 */
static void
half_a_line_from_before_is_ended(void **state)
{
	struct bed *b = *state;

	open_sink(b, SINK_FILE);
	sends(b, "first\n");
	sends(b, "{\"half");
	open_sink(b, SINK_FILE);
	sends(b, "third\n");
	sends(b, "fourth\n");
	assert_file(b, "first\n{\"half\nthird\nfourth\n");
	open_sink(b, SINK_FILE);
	sends(b, "fifth\n");
	assert_file(b, "first\n{\"half\nthird\nfourth\nfifth\n");
}

/* From a pipe nothing can be taken back: what follows begins a line of its own. */
static void
a_line_that_cannot_be_taken_back_is_ended(void **state)
{
	struct bed *b = *state;
	uint8_t *taken = malloc(LARGE);
	ssize_t n;
	int pipe;

	assert_non_null(taken);
	assert_int_equal(mkfifo(b->path, 0600), 0);
	pipe = open(b->path, O_RDONLY | O_NONBLOCK);
	assert_true(pipe >= 0);
	open_sink(b, SINK_FILE);
	begin_bytes(b, b->large, LARGE);
	assert_outcome(b, DISPATCH_LATER, "No space left");
	n = read(pipe, taken, LARGE);
	assert_in_range(n, 1, LARGE - 1);
	sends(b, "whole\n");
	assert_read(pipe, "\nwhole\n");
	sends(b, "next\n");
	assert_read(pipe, "next\n");
	close(pipe);
	free(taken);
}

/* ---- A local socket: datagrams, or a stream ---- */

static int
listen_at(const struct bed *b, int kind)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int end = socket(AF_UNIX, kind | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", b->path);
	assert_true(end >= 0);
	assert_int_equal(bind(end, (const struct sockaddr *)&at, sizeof(at)), 0);
	if (kind == SOCK_STREAM)
		assert_int_equal(listen(end, 4), 0);
	return end;
}

static int
accept_at(int listening)
{
	int end = accept4(listening, NULL, NULL, SOCK_NONBLOCK);

	assert_true(end >= 0);
	return end;
}

static void
a_datagram_is_a_message(void **state)
{
	struct bed *b = *state;
	int end = listen_at(b, SOCK_DGRAM);
	char text[64];

	open_sink(b, SINK_SYSLOG);
	sends(b, "<29>1 one");
	sends(b, "<29>1 two");
	assert_int_equal(recv(end, text, sizeof(text), 0), 9);
	assert_memory_equal(text, "<29>1 one", 9);
	assert_int_equal(recv(end, text, sizeof(text), 0), 9);
	assert_memory_equal(text, "<29>1 two", 9);
	close(end);
}

static void
in_a_stream_each_message_is_a_line(void **state)
{
	struct bed *b = *state;
	int listening = listen_at(b, SOCK_STREAM), end;

	open_sink(b, SINK_SYSLOG);
	end = accept_at(listening);
	sends(b, "<29>1 one");
	sends(b, "<29>1 two");
	assert_read(end, "<29>1 one\n<29>1 two\n");
	close(end);
	close(listening);
}

static void
a_stream_that_was_closed_is_opened_anew(void **state)
{
	struct bed *b = *state;
	int listening = listen_at(b, SOCK_STREAM), end;

	open_sink(b, SINK_SYSLOG);
	close(accept_at(listening));
	begin_bytes(b, "<29>1 one", 9);
	assert_outcome(b, DISPATCH_LATER, "Broken pipe");
	assert_true(b->send.outcome.wants_renewal);
	open_sink(b, SINK_SYSLOG);
	end = accept_at(listening);
	sends(b, "<29>1 one");
	assert_read(end, "<29>1 one\n");
	close(end);
	close(listening);
}

/* Half of a message would be the beginning of the next one. */
static void
a_stream_that_takes_a_part_is_opened_anew(void **state)
{
	struct bed *b = *state;
	int listening = listen_at(b, SOCK_STREAM), end;

	open_sink(b, SINK_SYSLOG);
	end = accept_at(listening);
	begin_bytes(b, b->large, LARGE);
	assert_outcome(b, DISPATCH_LATER, "only part of a message");
	assert_true(b->send.outcome.wants_renewal);
	close(end);
	close(listening);
}

/* How many bytes a stream takes at once while nobody reads. */
static size_t
room_of(const struct bed *b)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int end = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ssize_t n;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", b->path);
	assert_int_equal(connect(end, (const struct sockaddr *)&at, sizeof(at)), 0);
	n = send(end, b->large, LARGE, MSG_NOSIGNAL);
	close(end);
	assert_in_range(n, 1, LARGE - 1);
	return (size_t)n;
}

static void
so_is_one_that_takes_all_but_the_end_of_the_line(void **state)
{
	struct bed *b = *state;
	int listening = listen_at(b, SOCK_STREAM);
	const size_t room = room_of(b);

	open_sink(b, SINK_SYSLOG);
	begin_bytes(b, b->large, room);
	assert_outcome(b, DISPATCH_LATER, "only part of a message");
	assert_true(b->send.outcome.wants_renewal);
	close(listening);
}

static void
a_socket_that_is_full_is_waited_for(void **state)
{
	struct bed *b = *state;
	int end = listen_at(b, SOCK_DGRAM), sent = 0;
	char text[64];

	open_sink(b, SINK_SYSLOG);
	for (; sent < 100000 && !b->send.is_busy; sent++)
		begin_bytes(b, "<29>1 one", 9);
	assert_true(b->send.is_busy);
	assert_int_equal(b->send.events, POLLOUT);
	assert_true(b->send.descriptor >= 0);
	for (int i = 1; i < sent; i++)
		assert_int_equal(recv(end, text, sizeof(text), 0), 9);
	b->send.way->step(&b->send);
	assert_outcome(b, DISPATCH_SENT, "");
	assert_int_equal(recv(end, text, sizeof(text), 0), 9);
	close(end);
}

/* ---- TCP ---- */

static void
write_whole(struct stream *s, const char *text)
{
	enum stream_state state = stream_write(s, (const uint8_t *)text, strlen(text));

	while (state == STREAM_WAITS) {
		struct pollfd end = {.fd = s->descriptor, .events = s->events};

		poll(&end, 1, 20);
		state = stream_step(s);
	}
	assert_int_equal(state, STREAM_DONE);
}

/* What a server says, which it may not, is passed over; one that never stops must not hold up the
 * rest. */
static void
who_speaks_without_end_is_left(void **state)
{
	struct bed *b = *state;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct stream s = {.host.name = "127.0.0.1", .descriptor = -1};
	int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), first, second;
	socklen_t len = sizeof(at);

	assert_int_equal(bind(listening, (const struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listening, 4), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &len), 0);
	s.port = ntohs(at.sin_port);
	resolve_fix(NULL, &s.host);
	write_whole(&s, "one");
	first = accept_at(listening);
	assert_int_equal(send(first, b->large, 1000, 0), 1000);
	write_whole(&s, "two");
	assert_read(first, "onetwo");
	assert_int_equal(send(first, b->large, STREAM_HEARD_MAX + 1, 0), STREAM_HEARD_MAX + 1);
	write_whole(&s, "three");
	second = accept_at(listening);
	assert_read(second, "three");
	stream_close(&s);
	close(first);
	close(second);
	close(listening);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(a_line_that_finds_no_room_is_taken_back),
	    TEST(nothing_is_written_where_there_is_no_room_at_all),
	    TEST(half_a_line_from_before_is_ended),
	    TEST(a_line_that_cannot_be_taken_back_is_ended),
	    TEST(a_datagram_is_a_message),
	    TEST(in_a_stream_each_message_is_a_line),
	    TEST(a_stream_that_was_closed_is_opened_anew),
	    TEST(a_stream_that_takes_a_part_is_opened_anew),
	    TEST(who_speaks_without_end_is_left),
	    TEST(so_is_one_that_takes_all_but_the_end_of_the_line),
	    TEST(a_socket_that_is_full_is_waited_for),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("monitor_send", tests, NULL, NULL);
}
