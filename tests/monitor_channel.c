/*
 * A channel to an end that is slow: what does not go is held, in order, up to
 * the room there is. And messages that may have to be taken again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor/role/backlog.h"
#include "monitor/role/channel.h"

#define HOLD ((size_t)1 << 20)

struct ends {
	struct channel *here, *there;
};

static struct ends
connect_ends(void)
{
	struct ends e;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	e.here = channel_new(fds[0]);
	e.there = channel_new(fds[1]);
	assert_non_null(e.here);
	assert_non_null(e.there);
	return e;
}

static void
close_ends(struct ends *e)
{
	channel_free(e->here);
	channel_free(e->there);
}

/* A message that is known by its number. */
static void
put_numbered(struct channel *c, uint64_t number)
{
	const struct capture_progress progress = {number, 0};

	message_put_progress(channel_out(c), &progress);
}

/* Hear them from one number on; returns the next one. */
static uint64_t
hear_numbered(struct channel *c, uint64_t next)
{
	struct capture_progress progress;
	enum message type;
	struct bytes body;

	while (channel_hear_within(c, 0, &type, &body) == HEARD_MESSAGE) {
		assert_int_equal(type, MESSAGE_PROGRESS);
		assert_true(message_get_progress(body, &progress));
		assert_true(progress.consumed == next);
		next++;
	}
	return next;
}

static void
what_a_slow_end_does_not_take_is_held_in_order(void **state)
{
	struct ends e = connect_ends();
	uint64_t sent = 0, heard = 0;

	(void)state;
	put_numbered(e.here, sent++);
	assert_true(channel_hold(e.here, HOLD));
	while (channel_held(e.here) < HOLD) {
		put_numbered(e.here, sent++);
		assert_true(channel_offer(e.here));
	}
	while (heard < sent) {
		heard = hear_numbered(e.there, heard);
		assert_true(channel_offer(e.here));
	}
	assert_int_equal(channel_held(e.here), 0);
	close_ends(&e);
}

static void
room_for_one_more_is_said_to_be_there_only_where_it_is(void **state)
{
	struct ends e = connect_ends();

	(void)state;
	assert_true(channel_hold(e.here, HOLD));
	while (channel_has_room(e.here)) {
		assert_true(channel_held(e.here) <= HOLD);
		put_numbered(e.here, 0);
	}
	assert_true(channel_held(e.here) > HOLD);
	assert_false(channel_out(e.here)->is_short);
	close_ends(&e);
}

static void
an_end_that_is_gone_is_told(void **state)
{
	struct ends e = connect_ends();

	(void)state;
	assert_true(channel_hold(e.here, HOLD));
	channel_free(e.there);
	put_numbered(e.here, 1);
	assert_false(channel_offer(e.here));
	channel_free(e.here);
}

static void
a_backlog_gives_back_what_it_was_given(void **state)
{
	struct backlog b;
	struct bytes in, body;
	enum message type;
	uint8_t text[] = {1, 2, 3};

	(void)state;
	assert_true(backlog_begin(&b));
	assert_true(backlog_keep(&b, MESSAGE_SESSION, (struct bytes){text, sizeof(text)}));
	assert_true(backlog_keep(&b, MESSAGE_FINISH, (struct bytes){0}));
	assert_int_equal(b.count, 2);
	in = backlog_bytes(&b);
	assert_true(backlog_next(&in, &type, &body));
	assert_int_equal(type, MESSAGE_SESSION);
	assert_int_equal(body.len, sizeof(text));
	assert_memory_equal(body.at, text, sizeof(text));
	assert_true(backlog_next(&in, &type, &body));
	assert_int_equal(type, MESSAGE_FINISH);
	assert_false(backlog_next(&in, &type, &body));
	backlog_clear(&b);
	in = backlog_bytes(&b);
	assert_false(backlog_next(&in, &type, &body));
	backlog_end(&b);
}

/* What does not fit is refused whole, and what there is stays. */
static void
a_backlog_has_a_bound(void **state)
{
	static uint8_t large[MESSAGE_MAX - MESSAGE_HEADER];
	struct backlog b;
	struct bytes in, body;
	enum message type;
	uint64_t kept = 0;

	(void)state;
	assert_true(backlog_begin(&b));
	while (backlog_keep(&b, MESSAGE_SESSION, (struct bytes){large, sizeof(large)}))
		assert_true(++kept <= BACKLOG_MAX / sizeof(large));
	assert_true(kept > 0);
	assert_int_equal(b.count, kept);
	in = backlog_bytes(&b);
	while (backlog_next(&in, &type, &body))
		kept--;
	assert_int_equal(kept, 0);
	backlog_end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_slow_end_does_not_take_is_held_in_order),
	    cmocka_unit_test(room_for_one_more_is_said_to_be_there_only_where_it_is),
	    cmocka_unit_test(an_end_that_is_gone_is_told),
	    cmocka_unit_test(a_backlog_gives_back_what_it_was_given),
	    cmocka_unit_test(a_backlog_has_a_bound),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
