/*
 * Alerts from the outbox to sinks, by a clock that the test sets: nothing is lost,
 * nothing comes twice, each incident's come in order, and no sink gets more than it
 * is to have. The courier is played: the test says what a sink does, and when.
 */
#include "tests/alerting_play.h"

#include "monitor/log.h"

/* ---- Tests ---- */

static void
an_alert_is_sent_at_once_and_once(void **state)
{
	struct stage t;

	begin(&t, state, 2);
	happen(&t, 1, RANK_WARNING);
	run(&t);
	assert_int_equal(play.count, 2);
	happen(&t, 1, RANK_WARNING); /* no news */
	happen(&t, 1, RANK_CRITICAL);
	pass(&t, HOUR, SECOND);
	assert_int_equal(play.count, 4);
	assert_int_equal(play.sends[2].event, ALERT_RAISED);
	assert_true(alerting_is_idle(t.alerting));
	assert_query(
	    t.fixture->path,
	    "SELECT event, severity, severity_before, state, count(*) FROM v_alerts GROUP BY"
	    " id ORDER BY id",
	    "opened|warning||sent|2\nraised|critical|warning|sent|2\n");
	end(&t);
}

/* Another watch of this database has a sink of that name: it comes once, from whoever was first. */
static void
of_two_that_share_a_database_one_serves_a_sink(void **state)
{
	struct turns *rival;
	struct stage t;

	begin(&t, state, 2);
	rival = turns_new(t.fixture->path);
	assert_true(turns_take(rival, "ops"));
	alerting_share(t.alerting, t.fixture->path);
	happen(&t, 1, RANK_WARNING);
	pass(&t, MINUTE, SECOND);
	assert_int_equal(play.count, 1);
	assert_int_equal(play.sends[0].sink, 1);
	alerting_finish(t.alerting, t.store, 0, 0);
	assert_int_equal(play.count, 1);
	assert_false(turns_take(rival, "pager"));
	turns_free(rival);
	end(&t);
}

/* ... and once that is gone the next. */
static void
who_is_gone_serves_no_sink(void **state)
{
	struct turns *rival;
	struct stage t;

	begin(&t, state, 1);
	rival = turns_new(t.fixture->path);
	assert_true(turns_take(rival, "ops"));
	assert_true(turns_take(rival, "ops"));
	alerting_share(t.alerting, t.fixture->path);
	happen(&t, 1, RANK_WARNING);
	pass(&t, MINUTE, SECOND);
	assert_int_equal(play.count, 0);
	turns_free(rival);
	pass(&t, 2 * SECOND, SECOND);
	assert_int_equal(play.count, 1);
	end(&t);
}

static void
a_scope_keeps_a_sink_out(void **state)
{
	struct stage t;

	begin(&t, state, 2);
	sink_room[0].scope.severity = SEVERITY_CRITICAL;
	sink_room[1].scope.severity = SEVERITY_WARNING;
	happen(&t, 1, RANK_NOTICE);
	assert_query(t.fixture->path, "SELECT count(*) FROM alerts", "0\n");
	happen(&t, 1, RANK_WARNING);
	happen(&t, 1, RANK_CRITICAL);
	assert_query(t.fixture->path, "SELECT event, sink FROM v_alerts ORDER BY 1, 2",
		     "raised|ops\nraised|pager\nraised|pager\n");
	end(&t);
}

/* Tries of a sink that takes nothing: 1, 2, 4 ... seconds apart, up to a quarter of an hour. */
static void
a_sink_that_is_down_is_tried_ever_more_seldom(void **state)
{
	struct stage t;
	int64_t gap = SECOND;

	begin(&t, state, 1);
	play.behave = takes_nothing;
	for (int i = 1; i <= 20; i++)
		happen(&t, i, RANK_WARNING);
	pass(&t, 3 * HOUR, SECOND / 4);
	assert_in_range(play.count, 15, 25);
	for (size_t i = 1; i < play.count; i++) {
		int64_t apart = play.sends[i].at - play.sends[i - 1].at;

		assert_in_range(apart, gap, gap + 2 * SECOND);
		gap = gap * 2 < 900 * SECOND ? gap * 2 : 900 * SECOND;
	}
	play.behave = takes_all;
	pass(&t, 16 * MINUTE, SECOND);
	assert_int_equal(count_sent(), 20);
	end(&t);
}

static void
after_a_week_it_is_given_up(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	play.behave = takes_nothing;
	happen(&t, 1, RANK_CRITICAL);
	pass(&t, 7 * DAY - HOUR, 5 * MINUTE);
	assert_query(t.fixture->path, "SELECT state FROM v_alerts", "waiting\n");
	pass(&t, 2 * HOUR, 5 * MINUTE);
	assert_query(t.fixture->path, "SELECT state, why FROM v_alerts",
		     "failed|503 Unavailable\n");
	end(&t);
}

static enum dispatched
refuses_the_first(size_t sink, int64_t now, const struct sending *s)
{
	(void)sink, (void)now;
	return s->alert == 1 ? DISPATCH_REFUSED : DISPATCH_SENT;
}

static enum dispatched
chokes_on_the_first(size_t sink, int64_t now, const struct sending *s)
{
	(void)sink, (void)now;
	return s->alert == 1 ? DISPATCH_LATER : DISPATCH_SENT;
}

static void
one_bad_alert_stops_no_other(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	play.behave = refuses_the_first;
	for (int i = 1; i <= 3; i++)
		happen(&t, i, RANK_WARNING);
	pass(&t, 10 * SECOND, SECOND);
	assert_query(t.fixture->path, "SELECT id, state FROM v_alerts ORDER BY id",
		     "1|failed\n2|sent\n3|sent\n");
	end(&t);
}

static void
one_that_chokes_the_sink_stops_no_other(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	play.behave = chokes_on_the_first;
	for (int i = 1; i <= 9; i++)
		happen(&t, i, RANK_WARNING);
	pass(&t, 30 * SECOND, SECOND);
	assert_query(t.fixture->path, "SELECT count(*), min(id) FROM v_alerts WHERE state = 'sent'",
		     "8|2\n");
	end(&t);
}

static void
a_lost_courier_has_it_sent_again(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	play.delay = HOUR;
	happen(&t, 1, RANK_WARNING);
	run(&t);
	assert_int_equal(play.count, 1);
	play.slots[0].answer_at = play.now;
	play.slots[0].how = DISPATCH_LOST;
	play.delay = 0;
	pass(&t, 10 * SECOND, SECOND);
	assert_int_equal(play.count, 2);
	assert_query(t.fixture->path, "SELECT state, tries FROM v_alerts", "sent|2\n");
	end(&t);
}

static void
what_is_beyond_the_rate_is_summed_up(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	sink_room[0].rate = 8; /* of which 2 are left to what is critical */
	for (int i = 1; i <= 50; i++)
		happen(&t, i, RANK_WARNING);
	pass(&t, MINUTE, SECOND);
	assert_int_equal(play.count, 6);
	happen(&t, 51, RANK_CRITICAL);
	pass(&t, MINUTE, SECOND);
	assert_int_equal(play.count, 7);
	assert_int_equal(play.sends[6].severity, SEVERITY_CRITICAL);
	pass(&t, HOUR, SECOND);
	assert_int_equal(play.count, 8);
	assert_int_equal(play.sends[7].event, ALERT_SUMMARY);
	assert_int_equal(play.sends[7].held_back, 44);
	assert_in_range(play.sends[7].at, START + HOUR, START + HOUR + MINUTE);
	end(&t);
}

static void
quiet_hours_let_through_what_is_critical(void **state)
{
	struct stage t;

	begin(&t, state, 1);
	sink_room[0].quiet_from = 11 * 60; /* it is noon */
	sink_room[0].quiet_until = 13 * 60;
	happen(&t, 1, RANK_WARNING);
	happen(&t, 2, RANK_CRITICAL);
	happen(&t, 3, RANK_WARNING);
	happen(&t, 3, RANK_CRITICAL); /* says what it was before */
	pass(&t, HOUR - MINUTE, MINUTE);
	assert_int_equal(play.count, 2);
	assert_int_equal(play.sends[0].incident, 2);
	assert_int_equal(play.sends[1].event, ALERT_RAISED);
	/* Of one alert there is no need of a summary. */
	pass(&t, 2 * MINUTE, MINUTE);
	assert_int_equal(play.count, 3);
	assert_int_equal(play.sends[2].incident, 1);
	assert_int_equal(play.sends[2].event, ALERT_OPENED);
	assert_in_range(play.sends[2].at, START + HOUR, START + HOUR + MINUTE);
	end(&t);
}

static void
a_sink_with_a_state_is_kept_up_to_date(void **state)
{
	struct stage t;
	size_t renewed = 0;

	begin(&t, state, 1);
	sink_room[0].type = SINK_WEBHOOK;
	sink_room[0].format = SINK_ALERTMANAGER;
	sink_room[0].rate = 1; /* it sums up by itself */
	happen(&t, 1, RANK_WARNING);
	happen(&t, 2, RANK_WARNING);
	pass(&t, 2 * HOUR, 10 * SECOND);
	for (size_t i = 0; i < play.count; i++)
		renewed += play.sends[i].event == ALERT_RENEWED;
	assert_int_equal(play.count - renewed, 2);
	assert_in_range(renewed, 10, 12); /* two of them, every 20 minutes */
	assert_query(t.fixture->path, "SELECT count(*) FROM alerts", "2\n");
	assert_int_equal(incident_set_state(t.store, 1, "closed", NULL), INCIDENT_CHANGED);
	assert_int_equal(incident_set_state(t.store, 2, "acked", NULL), INCIDENT_CHANGED);
	/* The trigger has the machine's time, which is later than the test's. */
	run_sql(t.fixture->path, "UPDATE deliveries SET next_try = 0");
	renewed = play.count;
	pass(&t, 2 * HOUR, 10 * SECOND);
	assert_int_equal(play.sends[renewed].event, ALERT_CLOSED);
	assert_int_equal(play.sends[renewed].incident, 1);
	assert_in_range(play.count - renewed, 6, 7);
	for (size_t i = renewed + 1; i < play.count; i++) {
		assert_int_equal(play.sends[i].event, ALERT_RENEWED);
		assert_int_equal(play.sends[i].incident, 2);
	}
	end(&t);
}

static void
nothing_is_given_while_the_database_is_locked(void **state)
{
	struct stage t;
	struct store *other;
	char why[STORE_WHY_MAX];

	begin(&t, state, 1);
	run(&t);
	happen(&t, 1, RANK_WARNING);
	happen(&t, 2, RANK_WARNING);
	other = store_open(t.fixture->path, STORE_WRITE, why, sizeof(why));
	assert_non_null(other);
	assert_true(store_begin(other));
	pass(&t, MINUTE, SECOND);
	/* The first was given; that it was sent cannot be marked, so no other is. */
	assert_int_equal(play.count, 1);
	assert_true(alerting_wants_store(t.alerting));
	store_rollback(other);
	store_close(other);
	pass(&t, MINUTE, SECOND);
	assert_int_equal(play.count, 2);
	end(&t);
}

static void
without_a_database_answers_wait(void **state)
{
	struct stage t;
	const struct plan_time now = {.wall = START + SECOND, .steady = DAY + SECOND};

	begin(&t, state, 1);
	play.delay = SECOND;
	happen(&t, 1, RANK_WARNING);
	run(&t);
	play.now += SECOND;
	alerting_run(t.alerting, NULL, &now);
	assert_true(alerting_wants_store(t.alerting));
	assert_in_range(alerting_wait(t.alerting), 1, 1000);
	run(&t);
	assert_true(alerting_is_idle(t.alerting));
	assert_int_equal(play.count, 1);
	end(&t);
}

/* What is told of one database must not be marked in another that has its name now. */
static void
an_answer_is_marked_where_it_was_taken_from(void **state)
{
	struct stage t;
	char other[128];

	begin(&t, state, 1);
	play.delay = SECOND;
	happen(&t, 1, RANK_WARNING);
	run(&t);
	assert_int_equal(play.count, 1);
	store_close(t.store);
	snprintf(other, sizeof(other), "%s/b.db", t.fixture->folder);
	t.store = open_store(other, STORE_CREATE);
	play.now += SECOND / 2;
	happen(&t, 1, RANK_WARNING);
	play.delay = 0;
	pass(&t, 10 * SECOND, SECOND);
	assert_int_equal(play.count, 2);
	assert_query(other, "SELECT state, tries FROM v_alerts", "sent|1\n");
	end(&t);
}

/* ---- Whatever happens ---- */

static uint64_t seed;

static uint32_t
any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static int64_t down_until[2];

/* Each is down now and then, for minutes or for a day; else it takes nearly all. */
static enum dispatched
is_moody(size_t sink, int64_t now, const struct sending *s)
{
	(void)s;
	if (now < down_until[sink])
		return any(10) == 0 ? DISPATCH_LOST : DISPATCH_LATER;
	if (any(40) == 0)
		down_until[sink] = now + (int64_t)(any(20) == 0 ? DAY : any(1800) * SECOND);
	return any(50) == 0 ? DISPATCH_REFUSED : DISPATCH_SENT;
}

static bool
is_counted(const struct sending *s)
{
	return s->how == DISPATCH_SENT && s->event != ALERT_RENEWED && s->event != ALERT_CLOSED;
}

/* No more than the rate in any stretch as long as its span. */
static void
assert_rate(size_t sink)
{
	for (size_t i = 0; i < play.count; i++) {
		size_t in_span = 0;

		for (size_t k = i; k < play.count; k++)
			if (play.sends[k].sink == sink && is_counted(&play.sends[k]) &&
			    play.sends[k].at < play.sends[i].at + sink_room[sink].rate_span)
				in_span++;
		assert_true(in_span <= sink_room[sink].rate);
	}
}

static void
assert_order(size_t sink)
{
	for (size_t i = 0; i < play.count; i++)
		for (size_t k = i + 1; k < play.count; k++) {
			const struct sending *a = &play.sends[i], *b = &play.sends[k];

			if (a->sink != sink || b->sink != sink || a->how != DISPATCH_SENT ||
			    b->how != DISPATCH_SENT)
				continue;
			assert_int_not_equal(a->alert, b->alert);
			assert_true(a->incident == 0 || a->incident != b->incident ||
				    a->alert < b->alert);
		}
}

static void
assert_quiet(size_t sink)
{
	for (size_t i = 0; i < play.count; i++)
		if (play.sends[i].sink == sink && is_counted(&play.sends[i]) &&
		    plan_is_quiet(&sink_room[sink], play.sends[i].at))
			assert_int_equal(play.sends[i].severity, SEVERITY_CRITICAL);
}

static int64_t
held_back(size_t sink)
{
	int64_t sum = 0;

	for (size_t i = 0; i < play.count; i++)
		if (play.sends[i].sink == sink && play.sends[i].how == DISPATCH_SENT)
			sum += play.sends[i].held_back;
	return sum;
}

static void
live_through(void **state, uint64_t number)
{
	struct stage t;
	char query[512], expected[64];

	begin(&t, state, 2);
	seed = number;
	down_until[0] = down_until[1] = 0;
	play.behave = is_moody;
	sink_room[0].rate = 6;
	sink_room[1].rate = 12;
	sink_room[1].quiet_from = 22 * 60;
	sink_room[1].quiet_until = 6 * 60 + 30;
	for (int i = 0; i < 300; i++) {
		int burst = any(30) == 0 ? 20 : 1;

		while (burst-- > 0) {
			int n = any(2) == 0 ? t.incidents++ : (int)any((uint32_t)t.incidents + 1);

			happen(&t, n, (enum severity_rank)any(4));
			if (any(4) == 0)
				incident_set_state(t.store, 1 + any(200), "closed", NULL);
		}
		play.delay = any(20) * SECOND;
		pass(&t, any(20) * MINUTE, 7 * SECOND);
	}
	play.behave = takes_all;
	pass(&t, 2 * DAY, MINUTE);
	assert_true(alerting_is_idle(t.alerting));
	assert_query(t.fixture->path,
		     "SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'held')", "0\n");
	for (size_t i = 0; i < 2; i++) {
		assert_rate(i);
		assert_order(i);
		assert_quiet(i);
		/* What was not told by itself was told by another. */
		snprintf(query, sizeof(query),
			 "SELECT count(*) FROM v_alerts a JOIN alerts s ON s.id = a.summed_in"
			 " WHERE a.sink = '%s' AND a.state = 'summed' AND s.event = 5 AND (SELECT"
			 " state FROM v_alerts v WHERE v.id = s.id) = 'sent'",
			 sink_room[i].name);
		snprintf(expected, sizeof(expected), "%d\n", (int)held_back(i));
		assert_query(t.fixture->path, query, expected);
	}
	snprintf(query, sizeof(query),
		 "SELECT count(*) FROM v_alerts WHERE state = 'summed' AND summed_in IS NULL");
	assert_query(t.fixture->path, query, "0\n");
	snprintf(expected, sizeof(expected), "%d\n", (int)count_sent());
	assert_query(t.fixture->path, "SELECT count(*) FROM deliveries WHERE state = 'sent'",
		     expected);
	end(&t);
}

static void
whatever_happens_nothing_is_lost(void **state)
{
	live_through(state, 1);
}

static void
nor_with_other_luck(void **state)
{
	live_through(state, 20261127);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(an_alert_is_sent_at_once_and_once),
	    FIXTURE_TEST(of_two_that_share_a_database_one_serves_a_sink),
	    FIXTURE_TEST(who_is_gone_serves_no_sink),
	    FIXTURE_TEST(a_scope_keeps_a_sink_out),
	    FIXTURE_TEST(a_sink_that_is_down_is_tried_ever_more_seldom),
	    FIXTURE_TEST(after_a_week_it_is_given_up),
	    FIXTURE_TEST(one_bad_alert_stops_no_other),
	    FIXTURE_TEST(one_that_chokes_the_sink_stops_no_other),
	    FIXTURE_TEST(a_lost_courier_has_it_sent_again),
	    FIXTURE_TEST(what_is_beyond_the_rate_is_summed_up),
	    FIXTURE_TEST(quiet_hours_let_through_what_is_critical),
	    FIXTURE_TEST(a_sink_with_a_state_is_kept_up_to_date),
	    FIXTURE_TEST(nothing_is_given_while_the_database_is_locked),
	    FIXTURE_TEST(without_a_database_answers_wait),
	    FIXTURE_TEST(an_answer_is_marked_where_it_was_taken_from),
	    FIXTURE_TEST(whatever_happens_nothing_is_lost),
	    FIXTURE_TEST(nor_with_other_luck),
	};

	log_set_verbosity(-1);
	return cmocka_run_group_tests_name("monitor_alerting", tests, NULL, NULL);
}
