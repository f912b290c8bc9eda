/*
 * Alerts while the system's clock is set, by years too: none is given up for it, none waits for a
 * time that is not to come, and none uses up the rate of another time.
 */
#include "tests/alerting_play.h"

#include "monitor/log.h"

#define TEN_YEARS (3650 * DAY)

/* The system's clock is set. */
static void
set_clock(int64_t ahead)
{
	play.now += ahead;
	play.set += ahead;
}

static void
a_clock_that_is_ahead_gives_nothing_up(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	play.behave = takes_nothing;
	happen(&t, 1, RANK_CRITICAL);
	pass(&t, MINUTE, SECOND);
	set_clock(TEN_YEARS);
	pass(&t, HOUR, SECOND);
	assert_query(t.fixture->path, "SELECT state FROM v_alerts", "waiting\n");
	set_clock(-TEN_YEARS);
	play.behave = takes_all;
	pass(&t, 16 * MINUTE, SECOND);
	assert_query(t.fixture->path, "SELECT state FROM v_alerts", "sent\n");
	end(&t);
}

/* It was right all along, or has been so for longer than such mistakes are. */
static void
a_clock_that_stays_ahead_is_believed(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	play.behave = takes_nothing;
	happen(&t, 1, RANK_CRITICAL);
	pass(&t, MINUTE, SECOND);
	set_clock(TEN_YEARS);
	pass(&t, DAY + HOUR, 5 * MINUTE);
	assert_query(t.fixture->path, "SELECT state FROM v_alerts", "failed\n");
	end(&t);
}

static void
a_clock_that_is_set_back_keeps_no_alert_waiting(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	set_clock(TEN_YEARS);
	play.behave = takes_nothing;
	happen(&t, 1, RANK_CRITICAL);
	pass(&t, 10 * SECOND, SECOND);
	happen(&t, 2, RANK_CRITICAL);
	set_clock(-TEN_YEARS);
	play.behave = takes_all;
	pass(&t, MINUTE, SECOND);
	assert_int_equal(count_sent(), 2);
	end(&t);
}

static void
what_was_sent_while_the_clock_was_ahead_uses_up_no_rate(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	sink_room[0].rate = 8;
	set_clock(TEN_YEARS);
	for (int i = 1; i <= 6; i++)
		happen(&t, i, RANK_WARNING);
	pass(&t, MINUTE, SECOND);
	assert_int_equal(count_sent(), 6);
	set_clock(-TEN_YEARS);
	pass(&t, 2 * HOUR, MINUTE);
	happen(&t, 7, RANK_WARNING);
	pass(&t, MINUTE, SECOND);
	assert_int_equal(count_sent(), 7);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_clock_that_is_ahead_gives_nothing_up),
	    FIXTURE_TEST(a_clock_that_stays_ahead_is_believed),
	    FIXTURE_TEST(a_clock_that_is_set_back_keeps_no_alert_waiting),
	    FIXTURE_TEST(what_was_sent_while_the_clock_was_ahead_uses_up_no_rate),
	};

	log_set_verbosity(-1);
	return cmocka_run_group_tests_name("monitor_alerting_clock", tests, NULL, NULL);
}
