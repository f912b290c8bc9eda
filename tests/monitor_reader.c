/* The reader hears its keeper at moments when that is not what it waits for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "monitor/role/reading.h"

/* A reader of a live capture that has told what it opened, and its keeper. */
struct pair {
	struct reader reader;
	struct channel *keeper;
};

static struct pair
begin(void)
{
	static char stands_for_a_capture;
	struct pair p = {
	    .reader = {.has_filter = true, .live = (struct live *)(void *)&stands_for_a_capture}};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	p.reader.channel = channel_new(ends[0]);
	p.keeper = channel_new(ends[1]);
	p.reader.filter = calloc(1, sizeof(*p.reader.filter));
	assert_non_null(p.reader.channel);
	assert_non_null(p.keeper);
	assert_non_null(p.reader.filter);
	return p;
}

static void
end(struct pair *p)
{
	channel_free(p->reader.channel);
	channel_free(p->keeper);
	free(p->reader.filter);
}

static bool
hears(struct pair *p, enum message type)
{
	message_put_empty(channel_out(p->keeper), type);
	assert_true(channel_flush(p->keeper));
	return reader_hear_filter(&p->reader);
}

static void
what_ends_in_place_of_a_filter_ends_in_order(void **state)
{
	struct pair p = begin();

	(void)state;
	assert_false(hears(&p, MESSAGE_FINISH));
	assert_true(p.reader.is_finishing);
	assert_false(p.reader.is_alone);
	end(&p);
}

static void
no_packets_are_wanted_of_a_link_type_that_the_filter_does_not_fit(void **state)
{
	struct pair p = begin();

	(void)state;
	assert_false(hears(&p, MESSAGE_SKIP));
	assert_false(p.reader.is_finishing);
	assert_false(p.reader.is_alone);
	end(&p);
}

static void
a_keeper_that_says_anything_else_is_given_up(void **state)
{
	struct pair p = begin();

	(void)state;
	assert_false(hears(&p, MESSAGE_CAPTURE));
	assert_true(p.reader.is_alone);
	end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_ends_in_place_of_a_filter_ends_in_order),
	    cmocka_unit_test(no_packets_are_wanted_of_a_link_type_that_the_filter_does_not_fit),
	    cmocka_unit_test(a_keeper_that_says_anything_else_is_given_up),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
