/* Alerts in the database: what waits, in which order, and what becomes of it. */
#include "tests/db_build.h"

#include "db/outbox.h"
#include "db/surge.h"

#define SECOND INT64_C(1000000)
#define NOW    (START + 3600 * SECOND)

static const struct outbox_sink ops = {"ops", false};
static const struct outbox_sink board = {"board", true};

/* An incident of its own, opened by a session; returns its id. */
static int64_t
open_incident(struct store *s, int n)
{
	struct finding_row finding = plain_finding("starttls-stripped", RANK_WARNING);
	struct session_row row = plain_row(s, n);
	char server[32];

	snprintf(server, sizeof(server), "198.51.100.%d", n);
	row.server = server;
	row.start += n * 7200 * SECOND;
	row.end = row.start + SECOND;
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	assert_int_equal(finding.event, INCIDENT_OPENED);
	return finding.incident_id;
}

static int64_t
add(struct store *s, enum outbox_event event, int64_t incident, int64_t at,
    const struct outbox_sink *sink)
{
	struct outbox_alert alert = {.event = event,
				     .incident = incident,
				     .at = at,
				     .severity = RANK_WARNING,
				     .before = RANK_NOTICE};

	assert_true(store_begin(s));
	assert_true(outbox_add(s, &alert, session_sensor(s, "tap1"), sink, 1));
	assert_true(store_commit(s));
	return alert.id;
}

/* The alerts of the deliveries that are due, in their order, as text. */
static const char *
due(struct store *s, const char *sink, int64_t now)
{
	static char text[256];
	struct outbox_delivery d[16];
	size_t count, used = 0;

	text[0] = '\0';
	assert_true(outbox_due(s, sink, now, d, 16, &count));
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d", i > 0 ? " " : "",
					 (int)d[i].alert);
	return text;
}

static int64_t
first_due(struct store *s, const char *sink, int64_t now)
{
	struct outbox_delivery d[1];
	size_t count;

	assert_true(outbox_due(s, sink, now, d, 1, &count));
	assert_int_equal(count, 1);
	return d[0].id;
}

#define IN_TRANSACTION(s, what)               \
	do {                                  \
		assert_true(store_begin(s));  \
		assert_true(what);            \
		assert_true(store_commit(s)); \
	} while (0)

static void
an_incidents_deliveries_come_in_order(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t one = open_incident(s, 1), two = open_incident(s, 2), delivery;

	assert_int_equal(add(s, OUTBOX_OPENED, one, NOW, &ops), 1);
	assert_int_equal(add(s, OUTBOX_RAISED, one, NOW + 1, &ops), 2);
	assert_int_equal(add(s, OUTBOX_OPENED, two, NOW + 2, &ops), 3);
	assert_string_equal(due(s, "ops", NOW - 1), "");
	assert_string_equal(due(s, "ops", NOW + 2), "1 3");
	assert_string_equal(due(s, "board", NOW + 2), "");

	/* It is tried later: nothing of its incident goes before it. */
	delivery = first_due(s, "ops", NOW);
	IN_TRANSACTION(s, outbox_later(s, delivery, NOW + 60 * SECOND, "refused"));
	assert_string_equal(due(s, "ops", NOW + 2), "3");
	assert_string_equal(due(s, "ops", NOW + 60 * SECOND), "3 1");
	IN_TRANSACTION(s, outbox_sent(s, delivery, NOW + 61 * SECOND));
	assert_string_equal(due(s, "ops", NOW + 61 * SECOND), "2 3");
	store_close(s);
	assert_query(p->path,
		     "SELECT id, event, severity, severity_before, sensor, sink, state, tries, why"
		     " FROM v_alerts ORDER BY id",
		     "1|opened|warning||tap1|ops|sent|2|\n"
		     "2|raised|warning|notice|tap1|ops|waiting|0|\n"
		     "3|opened|warning||tap1|ops|waiting|0|\n");
	assert_sound(p->path);
}

static void
nothing_is_written_where_no_sink_is(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct outbox_alert alert = {.incident = open_incident(s, 1), .at = NOW};

	assert_true(outbox_add(s, &alert, 0, NULL, 0));
	/* And none outside of a transaction. */
	assert_false(outbox_add(s, &alert, 0, &ops, 1));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM alerts", "0\n");
}

static void
what_is_rolled_back_is_not_alerted(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct outbox_alert alert = {.incident = open_incident(s, 1), .at = NOW};

	assert_true(store_begin(s));
	assert_true(outbox_add(s, &alert, 0, &ops, 1));
	store_rollback(s);
	assert_string_equal(due(s, "ops", NOW), "");
	store_close(s);
}

static void
what_is_held_back_is_summed_up(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct outbox_usage usage;

	for (int i = 1; i <= 4; i++) {
		int64_t id = open_incident(s, i);

		add(s, OUTBOX_OPENED, id, NOW + i, &ops);
		if (i > 1)
			IN_TRANSACTION(s, outbox_hold(s, first_due(s, "ops", NOW + i), "rate"));
		else
			IN_TRANSACTION(s, outbox_sent(s, first_due(s, "ops", NOW + i), NOW + i));
	}
	assert_true(outbox_usage(s, "ops", &(struct outbox_span){NOW, NOW}, &usage));
	assert_int_equal(usage.sent, 0); /* by a clock that is behind */
	assert_true(outbox_usage(s, "ops", &(struct outbox_span){NOW, NOW + 1}, &usage));
	assert_int_equal(usage.sent, 1);
	assert_int_equal(usage.oldest, NOW + 1);
	assert_int_equal(usage.held, 3);
	assert_int_equal(usage.held_since, NOW + 2);
	assert_int_equal(usage.gravest, RANK_WARNING);
	IN_TRANSACTION(s, outbox_sum_up(s, "ops", NOW + 9));
	assert_string_equal(due(s, "ops", NOW + 9), "5");
	IN_TRANSACTION(s, outbox_sum_up(s, "ops", NOW + 10)); /* nothing is held now */
	store_close(s);
	assert_query(
	    p->path,
	    "SELECT id, event, severity, state, summed_in, held_back, held_since - 0"
	    " FROM v_alerts WHERE id > 1",
	    "2|opened|warning|summed|5||\n3|opened|warning|summed|5||\n"
	    "4|opened|warning|summed|5||\n5|summary|warning|waiting||3|1772370000000002\n");
	assert_sound(p->path);
}

/* A later alert of the incident says what it was before. */
static void
what_was_held_is_told_by_what_follows_it(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t id = open_incident(s, 1);

	add(s, OUTBOX_OPENED, id, NOW, &ops);
	IN_TRANSACTION(s, outbox_hold(s, first_due(s, "ops", NOW), "quiet hours"));
	add(s, OUTBOX_RAISED, id, NOW + 1, &ops);
	IN_TRANSACTION(s, outbox_sent(s, first_due(s, "ops", NOW + 1), NOW + 2));
	store_close(s);
	assert_query(p->path, "SELECT event, state, summed_in FROM v_alerts ORDER BY id",
		     "opened|summed|2\nraised|sent|\n");
}

static void
a_sink_with_a_state_hears_that_it_is_over(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t one = open_incident(s, 1), two = open_incident(s, 2), count;

	add(s, OUTBOX_OPENED, one, NOW, &board);
	add(s, OUTBOX_OPENED, two, NOW, &ops);
	IN_TRANSACTION(s, outbox_sent(s, first_due(s, "board", NOW), NOW + 5));

	/* It is told again while it is open, once for each time; and that leaves no row. */
	IN_TRANSACTION(s, outbox_renew(s, "board", NOW + 5, NOW + 60, 9, &count));
	assert_int_equal(count, 0);
	IN_TRANSACTION(s, outbox_renew(s, "board", NOW + 6, NOW + 60, 9, &count));
	assert_int_equal(count, 1);
	IN_TRANSACTION(s, outbox_renew(s, "board", NOW + 99, NOW + 60, 9, &count));
	assert_int_equal(count, 0);
	IN_TRANSACTION(s, outbox_sent(s, first_due(s, "board", NOW + 60), NOW + 70));
	IN_TRANSACTION(s, outbox_renew(s, "board", NOW + 70, NOW + 71, 9, &count));
	assert_int_equal(count, 0);
	IN_TRANSACTION(s, outbox_renew(s, "ops", NOW + 99, NOW + 71, 9, &count));
	assert_int_equal(count, 0);

	assert_int_equal(incident_set_state(s, one, "closed", NULL), INCIDENT_CHANGED);
	assert_int_equal(incident_set_state(s, two, "closed", NULL), INCIDENT_CHANGED);
	assert_int_equal(incident_set_state(s, one, "closed", "again"), INCIDENT_CHANGED);
	store_close(s);
	assert_query(p->path, "SELECT incident, event, sink, state FROM v_alerts ORDER BY id",
		     "1|opened|board|sent\n2|opened|ops|waiting\n1|closed|board|waiting\n");
	assert_query(p->path, "SELECT count(*) FROM standing", "0\n");
	assert_query(p->path,
		     "SELECT abs(at - 1000000 * CAST(strftime('%s', 'now') AS INTEGER)) < 60000000"
		     " FROM v_alerts WHERE event = 'closed'",
		     "1\n");
	assert_sound(p->path);
}

/* What waits of the incidents of a surge goes when the surge is told; it is over where it stands.
 */
static void
a_surge_takes_what_waits_of_its_parts(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	const struct outbox_sink both[] = {ops, board};
	struct finding_row finding;
	char server[32];

	for (int i = 0; i <= SURGE_KEYS; i++) {
		struct session_row row = plain_row(s, i);
		struct outbox_alert alert = {.at = NOW + i};
		int64_t id;

		finding = plain_finding("starttls-stripped", RANK_WARNING);
		snprintf(server, sizeof(server), "198.51.100.%d", i);
		row.server = server;
		row.findings = &finding;
		row.finding_count = 1;
		assert_true(store_begin(s));
		row.sensor_id = session_sensor(s, "tap1");
		assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
		alert.incident = finding.surge_id != 0 ? finding.surge_id : finding.incident_id;
		assert_true(outbox_add(s, &alert, row.sensor_id, both, 2));
		assert_true(store_commit(s));
	}
	assert_int_not_equal(finding.surge_id, 0);
	assert_int_equal(finding.surge_event, INCIDENT_OPENED);
	assert_int_equal(finding.surge_severity, RANK_WARNING);
	store_close(s);
	assert_query(
	    p->path,
	    "SELECT sink, event, state, count(*) FROM v_alerts GROUP BY 1, 2, 3 ORDER BY 1,"
	    " 2, 3",
	    "board|closed|waiting|10\nboard|opened|summed|10\nboard|opened|waiting|1\n"
	    "ops|opened|summed|10\nops|opened|waiting|1\n");
	assert_query(p->path, "SELECT count(*), max(incident_id) FROM standing", "1|12\n");
	assert_sound(p->path);
}

static void
what_was_given_up_is_tried_again_when_asked_for(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t id = open_incident(s, 1), count;

	add(s, OUTBOX_OPENED, id, NOW, &ops);
	add(s, OUTBOX_RAISED, id, NOW + 1, &ops);
	IN_TRANSACTION(s, outbox_failed(s, first_due(s, "ops", NOW), NOW, "400 Bad Request"));
	assert_string_equal(due(s, "ops", NOW + 1), "2");
	assert_true(outbox_retry(s, 7, &count));
	assert_int_equal(count, 0);
	assert_true(outbox_retry(s, 1, &count));
	assert_int_equal(count, 1);
	assert_string_equal(due(s, "ops", 0), "1");
	store_close(s);
}

static void
alerts_go_by_age_and_those_that_wait_later(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	const struct retain_limits limits = {.evidence = RETAIN_DAY};
	struct retain r;

	add(s, OUTBOX_OPENED, open_incident(s, 1), NOW, &ops);
	add(s, OUTBOX_OPENED, open_incident(s, 2), NOW + 1, &ops);
	IN_TRANSACTION(s, outbox_sent(s, first_due(s, "ops", NOW), NOW));
	retain_begin(&r, &limits, NOW + RETAIN_DAY);
	assert_int_equal(retain_step(s, &r), RETAIN_DONE);
	assert_query(p->path, "SELECT count(*) FROM alerts", "2\n");
	retain_begin(&r, &limits, NOW + RETAIN_DAY + 2);
	assert_int_equal(retain_step(s, &r), RETAIN_DONE);
	assert_query(p->path, "SELECT id, state FROM v_alerts", "2|waiting\n");
	retain_begin(&r, &limits, NOW + RETAIN_WAITING + 1);
	assert_int_equal(retain_step(s, &r), RETAIN_DONE);
	assert_query(p->path, "SELECT id, state FROM v_alerts", "2|waiting\n");
	retain_begin(&r, &limits, NOW + RETAIN_WAITING + 2);
	assert_int_equal(retain_step(s, &r), RETAIN_DONE);
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM deliveries", "0\n");
	assert_sound(p->path);
}

/* Whatever is told of it: nothing would end it there. */
static void
what_is_raised_and_closed_does_not_stand_open(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	const int64_t id = open_incident(s, 1);

	add(s, OUTBOX_OPENED, id, NOW, &board);
	assert_int_equal(incident_set_state(s, id, "closed", NULL), INCIDENT_CHANGED);
	add(s, OUTBOX_RAISED, id, NOW + 1, &board);
	assert_query(p->path, "SELECT count(*) FROM standing", "0\n");
	assert_sound(p->path);
	store_close(s);
}

/* The n-th incident's only session is judged another way, now that it is longer: it is nothing. */
static void
judge_otherwise(struct store *s, int n)
{
	struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
	struct session_row row = plain_row(s, n);
	char server[32];

	snprintf(server, sizeof(server), "198.51.100.%d", n);
	row.server = server;
	row.start += n * 7200 * SECOND;
	row.end = row.start + 2 * SECOND;
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
}

static void
what_somebody_was_told_of_is_closed_and_not_gone(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	const int64_t told = open_incident(s, 1), untold = open_incident(s, 2);

	add(s, OUTBOX_OPENED, told, NOW, &ops);
	add(s, OUTBOX_OPENED, told, NOW, &board);
	IN_TRANSACTION(s, outbox_sent(s, first_due(s, "board", NOW), NOW));
	add(s, OUTBOX_OPENED, untold, NOW, &ops);
	judge_otherwise(s, 1);
	judge_otherwise(s, 2);
	assert_query(p->path,
		     "SELECT id, state, sessions, note LIKE 'withdrawn: %' FROM v_incidents WHERE"
		     " kind = 'starttls-stripped'",
		     "1|closed|0|1\n");
	/* Who was told hears the end, where it is one that does; the others nothing. */
	assert_query(p->path, "SELECT id, event, sink, state FROM v_alerts ORDER BY id",
		     "2|opened|board|sent\n4|closed|board|waiting\n");
	assert_query(p->path, "SELECT count(*) FROM alerts", "2\n");
	assert_sound(p->path);
	store_close(s);
}

static void
what_was_withdrawn_and_comes_again_is_open(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-stripped", RANK_WARNING);
	struct session_row row = plain_row(s, 9);

	add(s, OUTBOX_OPENED, open_incident(s, 1), NOW, &ops);
	IN_TRANSACTION(s, outbox_sent(s, first_due(s, "ops", NOW), NOW));
	judge_otherwise(s, 1);
	row.server = "198.51.100.1";
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	assert_int_equal(finding.event, INCIDENT_REOPENED);
	assert_query(p->path,
		     "SELECT id, state, sessions, note IS NULL FROM v_incidents WHERE kind ="
		     " 'starttls-stripped'",
		     "1|open|1|1\n");
	assert_sound(p->path);
	store_close(s);
}

/* However old it is: nobody heard of it yet. */
static void
an_incident_stays_while_an_alert_of_it_waits(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	const struct retain_limits limits = {
	    .sessions = RETAIN_DAY, .evidence = RETAIN_DAY, .incidents = RETAIN_DAY};
	const int64_t id = open_incident(s, 1), now = NOW + 3 * RETAIN_DAY;
	struct retain r;

	add(s, OUTBOX_OPENED, id, NOW, &ops);
	assert_int_equal(incident_set_state(s, id, "closed", NULL), INCIDENT_CHANGED);
	retain_begin(&r, &limits, now);
	r.closed = now;
	r.is_patient = true;
	for (int i = 0; i < 9; i++)
		assert_int_not_equal(retain_step(s, &r), RETAIN_FAILED);
	assert_query(p->path, "SELECT count(*) FROM sessions", "0\n");
	assert_string_equal(due(s, "ops", NOW), "1");
	IN_TRANSACTION(s, outbox_sent(s, first_due(s, "ops", NOW), NOW));
	for (int i = 0; i < 9; i++)
		assert_int_not_equal(retain_step(s, &r), RETAIN_FAILED);
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM incidents", "0\n");
	assert_sound(p->path);
}

static void
a_clock_that_was_set_back_keeps_nothing_waiting(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	add(s, OUTBOX_OPENED, open_incident(s, 1), NOW, &ops);
	assert_string_equal(due(s, "ops", START), "");
	IN_TRANSACTION(s, outbox_wake(s, START + 900 * SECOND, START));
	assert_string_equal(due(s, "ops", START), "1");
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(an_incidents_deliveries_come_in_order),
	    FIXTURE_TEST(nothing_is_written_where_no_sink_is),
	    FIXTURE_TEST(what_is_rolled_back_is_not_alerted),
	    FIXTURE_TEST(what_is_held_back_is_summed_up),
	    FIXTURE_TEST(what_was_held_is_told_by_what_follows_it),
	    FIXTURE_TEST(a_sink_with_a_state_hears_that_it_is_over),
	    FIXTURE_TEST(a_surge_takes_what_waits_of_its_parts),
	    FIXTURE_TEST(what_was_given_up_is_tried_again_when_asked_for),
	    FIXTURE_TEST(alerts_go_by_age_and_those_that_wait_later),
	    FIXTURE_TEST(what_is_raised_and_closed_does_not_stand_open),
	    FIXTURE_TEST(what_somebody_was_told_of_is_closed_and_not_gone),
	    FIXTURE_TEST(what_was_withdrawn_and_comes_again_is_open),
	    FIXTURE_TEST(an_incident_stays_while_an_alert_of_it_waits),
	    FIXTURE_TEST(a_clock_that_was_set_back_keeps_nothing_waiting),
	};

	return cmocka_run_group_tests_name("db_outbox", tests, NULL, NULL);
}
