/*
 * The packets' clock, through the front door: wrong ones and those that were set end no
 * session, and keep none.
 */
#include "tests/dialogue_build.h"

static void
one_wrong_clock_ends_no_session(void **state)
{
	struct dialogue g = dialogue(40000), other = dialogue(40001);

	(void)state;
	be_offered(&g);
	other.time = g.time + 3600000000;
	connect_ends(&other);
	client(&g, "STARTTLS\r\n");
	server(&g, "220 go\r\n");
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.smtp.accepted, FACT_YES);
}

/* Packets so far apart that each leaps ahead of the one before are no wrong clocks. */
static void
a_session_falls_silent_however_sparse_the_capture(void **state)
{
	static const struct {
		int64_t apart; /* seconds */
		int packets;
	} rows[] = {{61, 20}, {90, 15}, {600, 4}, {901, 20}, {7200, 20}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dialogue g = dialogue(40000), other = dialogue(40001);

		teardown(state);
		setup(state);
		be_offered(&g);
		other.time = g.time;
		for (int k = 0; k < rows[i].packets; k++) {
			other.time += rows[i].apart * 1000000;
			say(&other, SIDE_CLIENT, TCP_SYN, NULL);
		}
		if (told_count == 0 || told[0].s.ending != ENDING_IDLE ||
		    told[0].s.smtp.offered != FACT_YES)
			fail_msg("%d packets, %d s apart", rows[i].packets, (int)rows[i].apart);
	}
}

/* However many packets say so: the session goes on. */
static void
a_wrong_clock_among_sparse_packets_ends_no_session(void **state)
{
	struct dialogue g = dialogue(40000), other = dialogue(40001);

	(void)state;
	be_offered(&g);
	for (int k = 0; k < 20; k++) {
		g.time += 90000000;
		client(&g, "NOOP\r\n");
		other.time = g.time + 86400000000;
		say(&other, SIDE_CLIENT, TCP_SYN, NULL);
		g.time += 90000000;
		server(&g, "250 ok\r\n");
	}
	assert_int_equal(told_count, 0);
}

/* Half an hour of other traffic, a minute apart. */
static void
pass_half_an_hour(struct dialogue *other)
{
	for (int k = 0; k < 30; k++) {
		other->time += 59000000;
		say(other, SIDE_CLIENT, TCP_SYN, NULL);
	}
}

/* Both what was under way as the clock was set and what began later. */
static void
a_session_falls_silent_though_the_clock_was_set_back(void **state)
{
	static const int64_t back[] = {61, 600, 86400, 315360000}; /* seconds */

	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
		struct dialogue g = dialogue(40000), late = dialogue(40001),
				other = dialogue(40002);

		teardown(state);
		setup(state);
		be_offered(&g);
		late.time = other.time = g.time - back[i] * 1000000;
		be_offered(&late);
		pass_half_an_hour(&other);
		if (told_count < 2 || told[0].s.ending != ENDING_IDLE ||
		    told[1].s.ending != ENDING_IDLE || told[1].s.start >= told[0].s.start)
			fail_msg("%d s back: %d told", (int)back[i], (int)told_count);
	}
}

/* A session that is read on while the clock is set back and to and fro is one session. */
static void
a_clock_that_is_set_back_ends_no_session(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_offered(&g);
	g.time -= 86400000000;
	client(&g, "STARTTLS\r\n");
	g.time -= 600000000;
	server(&g, "220 go\r\n");
	g.time -= 3600000000;
	client(&g, "\x16\x03\x01");
	assert_int_equal(told_count, 0);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.smtp.accepted, FACT_YES);
	assert_true(told[0].s.end >= told[0].s.start);
}

/* A capture cannot say whether a night passed or the clock was set; who watches can. */
static void
a_clock_that_is_said_to_be_set_ahead_ends_no_session(void **state)
{
	static const int64_t by[] = {600000000, 86400000000, 315360000000000, -86400000000};

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		struct dialogue g = dialogue(40000), other = dialogue(40001);

		teardown(state);
		setup(state);
		be_offered(&g);
		g.time += by[i];
		other.time = g.time;
		dissector_step(dissector, by[i]);
		for (int k = 0; k < 20; k++)
			say(&other, SIDE_CLIENT, TCP_SYN, NULL);
		dissector_expire(dissector, g.time + 60000000);
		client(&g, "STARTTLS\r\n");
		server(&g, "220 go\r\n");
		assert_int_equal(told_count, 0);
		other.time += 60000000;
		pass_half_an_hour(&other);
		assert_int_equal(told_count, 1);
		assert_int_equal(told[0].s.smtp.accepted, FACT_YES);
		assert_int_equal(told[0].s.ending, ENDING_IDLE);
	}
}

/* The years of a database, again and again: no sum runs over, and sessions go on being told. */
static void
a_clock_set_to_and_fro_does_no_harm(void **state)
{
	struct dialogue g = dialogue(40000), other = dialogue(40001);

	(void)state;
	be_offered(&g);
	for (int k = 0; k < 200; k++) {
		other.time = k % 2 ? INT64_C(1000000) : INT64_C(253402300000000000);
		for (int packet = 0; packet < 20; packet++)
			say(&other, SIDE_CLIENT, TCP_SYN, NULL);
	}
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ending, ENDING_IDLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(one_wrong_clock_ends_no_session),
	    CASE(a_session_falls_silent_however_sparse_the_capture),
	    CASE(a_wrong_clock_among_sparse_packets_ends_no_session),
	    CASE(a_session_falls_silent_though_the_clock_was_set_back),
	    CASE(a_clock_that_is_set_back_ends_no_session),
	    CASE(a_clock_that_is_said_to_be_set_ahead_ends_no_session),
	    CASE(a_clock_set_to_and_fro_does_no_harm),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
