/* What is told to a monitoring system of what the tables hold. */
#include "tests/db_build.h"

#include <limits.h>
#include <sys/stat.h>

#include "db/gauge.h"
#include "db/incident.h"

static int64_t
open_incident(struct store *s, int n, const char *kind, enum severity_rank severity)
{
	struct finding_row finding = plain_finding(kind, severity);
	struct session_row row = plain_row(s, n);
	char server[32];

	snprintf(server, sizeof(server), "198.51.100.%d", n);
	row.server = server;
	row.start += n * INT64_C(7200000000);
	row.end = row.start + 1000000;
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	return finding.incident_id;
}

static void
append(void *ctx, const char *kind, enum severity_rank severity, int64_t open)
{
	char *text = ctx;

	snprintf(text + strlen(text), 256 - strlen(text), "%s %d %d\n", kind, severity, (int)open);
}

static void
open_incidents_are_counted_by_kind_and_severity(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	char text[256] = "";
	int64_t closed;

	open_incident(s, 1, "starttls-missing", RANK_INFO);
	open_incident(s, 2, "starttls-masked", RANK_WARNING);
	open_incident(s, 3, "starttls-masked", RANK_WARNING);
	open_incident(s, 4, "starttls-masked", RANK_CRITICAL);
	closed = open_incident(s, 5, "starttls-missing", RANK_INFO);
	assert_int_equal(incident_set_state(s, closed, "closed", NULL), INCIDENT_CHANGED);
	assert_true(gauge_incidents(s, append, text));
	assert_string_equal(text,
			    "starttls-masked 2 2\nstarttls-masked 3 1\nstarttls-missing 0 1\n");
	store_close(s);
}

/* It is told by the surge; whoever counts both counts it twice. */
static void
what_a_surge_sums_up_is_not_counted(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	char text[256] = "";

	open_incident(s, 1, "starttls-masked", RANK_WARNING);
	open_incident(s, 2, "starttls-masked", RANK_WARNING);
	store_close(s);
	run_sql(p->path, "UPDATE incidents SET parent = 1 WHERE id = 2");
	s = open_store(p->path, STORE_WRITE);
	assert_true(gauge_incidents(s, append, text));
	assert_string_equal(text, "starttls-masked 2 1\n");
	store_close(s);
}

/* What alarms nobody in a list must not do so by a number. */
static void
what_is_muted_is_counted_by_itself(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	char text[256] = "";
	uint64_t muted = 9;

	open_incident(s, 1, "starttls-masked", RANK_WARNING);
	open_incident(s, 2, "starttls-masked", RANK_WARNING);
	open_incident(s, 3, "starttls-masked", RANK_WARNING);
	store_close(s);
	run_sql(p->path, "INSERT INTO mutes (id, kinds, clients, servers, domains, severity, why,"
			 " added) VALUES (7, '', '192.0.2.7', '', '', 3, 'known', 0);"
			 "UPDATE incidents SET mute_id = 7 WHERE id > 1;"
			 "UPDATE incidents SET state = 'acked' WHERE id = 3");
	s = open_store(p->path, STORE_WRITE);
	assert_true(gauge_incidents(s, append, text));
	assert_string_equal(text, "starttls-masked 2 1\n");
	assert_true(gauge_muted(s, &muted));
	assert_int_equal(muted, 1);
	store_close(s);
}

static void
deliveries_are_counted_by_state(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct gauge_deliveries d;

	assert_true(gauge_deliveries(s, &d));
	assert_int_equal(d.waiting + d.held + d.failed, 0);
	store_close(s);
	run_sql(p->path, "INSERT INTO alerts (id, event, at, severity) VALUES (1, 0, 0, 2);"
			 "INSERT INTO deliveries (alert_id, sink, counts, state, next_try)"
			 " SELECT 1, 'ops', 1, value, 0 FROM json_each('[\"waiting\", \"waiting\","
			 " \"waiting\", \"held\", \"held\", \"failed\", \"sent\", \"summed\"]')");
	s = open_store(p->path, STORE_WRITE);
	assert_true(gauge_deliveries(s, &d));
	assert_int_equal(d.waiting, 3);
	assert_int_equal(d.held, 2);
	assert_int_equal(d.failed, 1);
	store_close(s);
}

static void
the_file_and_its_log_are_measured(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	char wal[PATH_MAX];
	struct stat file, log;

	open_incident(s, 1, "starttls-masked", RANK_WARNING);
	snprintf(wal, sizeof(wal), "%s-wal", p->path);
	assert_int_equal(stat(p->path, &file), 0);
	assert_int_equal(stat(wal, &log), 0);
	assert_true(log.st_size > 0);
	assert_int_equal(gauge_bytes(s), file.st_size + log.st_size);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(open_incidents_are_counted_by_kind_and_severity),
	    FIXTURE_TEST(what_a_surge_sums_up_is_not_counted),
	    FIXTURE_TEST(what_is_muted_is_counted_by_itself),
	    FIXTURE_TEST(deliveries_are_counted_by_state),
	    FIXTURE_TEST(the_file_and_its_log_are_measured),
	};

	return cmocka_run_group_tests_name("db_gauge", tests, NULL, NULL);
}
