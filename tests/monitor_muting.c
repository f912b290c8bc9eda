/* Mutes while a watch runs: what the recorder takes up, and what sinks are told. */
#include "tests/db_build.h"

#include "db/mute.h"
#include "monitor/alert/mute.h"
#include "monitor/alert/sink.h"
#include "monitor/record.h"

/* The nth session of 192.0.2.7, with one finding that is a warning. */
static enum recorded
record_one(struct recorder *r, int n)
{
	static struct verdict v; /* large */
	struct session s = {
	    .service = SERVICE_SMTP,
	    .client = {4, {192, 0, 2, 7}},
	    .server = {4, {198, 51, 100, 25}},
	    .client_port = 40112,
	    .server_port = 25,
	    .start = START + n,
	    .end = START + n + 1,
	    .seen = SEEN_BOTH,
	    .packets = 9,
	};
	enum recorded recorded;

	v = (struct verdict){.outcome = OUTCOME_PLAINTEXT, .count = 1};
	v.findings[0].kind = judge_kind("credentials-exposed");
	v.findings[0].severity = SEVERITY_WARNING;
	v.findings[0].certainty = CERTAINTY_PROVEN;
	v.findings[0].refuted_by = "";
	snprintf(v.findings[0].detail, DETAIL_MAX, "The password was sent in clear.");
	recorded = recorder_session(r, &s, &v, NULL, NULL);
	assert_true(recorder_flush(r));
	return recorded;
}

static struct recorder *
open_recorder(const char *path, const struct mutes *configured, size_t wanted)
{
	char why[STORE_WHY_MAX] = "";
	struct recorder *r = recorder_open(path, "tap1", why, sizeof(why));
	struct recorder_mutes mutes = {99, 99};

	if (r == NULL)
		fail_msg("%s", why);
	assert_true(recorder_mutes(r, configured, &mutes));
	assert_int_equal(mutes.in_force, wanted);
	assert_int_equal(mutes.left_out, 0);
	return r;
}

/* As another process adds it. */
static int64_t
add_mute(const char *path, const char *clients)
{
	struct mute_row row = {.kinds = "",
			       .clients = clients,
			       .servers = "",
			       .domains = "",
			       .severity = RANK_CRITICAL,
			       .until = INT64_MAX,
			       .why = "known"};
	struct store *s = open_store(path, STORE_WRITE);

	assert_true(store_begin(s));
	assert_true(mute_put(s, &row, START));
	assert_true(store_commit(s));
	store_close(s);
	return row.id;
}

static void
remove_mute(const char *path, int64_t id)
{
	struct store *s = open_store(path, STORE_WRITE);

	assert_int_equal(mute_remove(s, id, START), MUTE_REMOVED);
	store_close(s);
}

#define MUTED "SELECT group_concat(mute_id IS NOT NULL, '') FROM findings"

static void
what_a_person_adds_or_removes_holds_from_the_next_batch_on(void **state)
{
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path, NULL, 0);
	struct sink sink = {.name = "ops", .type = SINK_SYSLOG};
	const struct sinks sinks = {.at = &sink, .count = 1};
	struct recorder_counts counts;
	int64_t id;

	recorder_alert(r, &sinks);
	id = add_mute(p->path, "192.0.2.0/24");
	assert_int_equal(record_one(r, 1), RECORDED_NEW);
	counts = recorder_counts(r);
	assert_int_equal(counts.incidents_opened, 0);
	assert_int_equal(counts.incidents_muted, 1);
	assert_int_equal(counts.findings[SEVERITY_WARNING], 1);
	assert_int_equal(counts.muted[SEVERITY_WARNING], 1);
	/* Nobody is alerted of it. */
	assert_int_equal(counts.alerts, 0);
	assert_query(p->path, "SELECT count(*) FROM v_alerts", "0\n");

	remove_mute(p->path, id);
	assert_int_equal(record_one(r, 2), RECORDED_NEW);
	counts = recorder_counts(r);
	assert_int_equal(counts.incidents_reopened, 1);
	assert_int_equal(counts.muted[SEVERITY_WARNING], 1);
	assert_true(recorder_close(r));
	assert_query(p->path, MUTED, "10\n");
	assert_query(p->path, "SELECT event, sink FROM v_alerts", "reopened|ops\n");
	assert_query(p->path, "SELECT sessions, mute FROM v_incidents", "2|\n");
	assert_sound(p->path);
}

static struct mute lab = {
    .name = "lab",
    .scope.client_count = 1,
    .scope.clients[0] = {4, 24, {192, 0, 2, 0}},
    .severity = SEVERITY_CRITICAL,
    .until = INT64_MAX,
    .why = "scanner",
};
static const char *lab_clients[] = {"192.0.2.0/24"};

static struct mutes
configured(void)
{
	lab.clients = (struct words){lab_clients, 1};
	return (struct mutes){.at = &lab, .count = 1};
}

static void
one_of_the_configuration_holds_and_is_in_the_database(void **state)
{
	struct fixture *p = *state;
	const struct mutes mutes = configured();
	struct recorder *r = open_recorder(p->path, &mutes, 1);

	record_one(r, 1);
	assert_true(recorder_close(r));
	assert_query(p->path, "SELECT mute_name, mute_why FROM v_incidents", "lab|scanner\n");
	/* One that is configured no more holds no more, though it is there. */
	r = open_recorder(p->path, NULL, 0);
	record_one(r, 2);
	assert_true(recorder_close(r));
	assert_query(p->path, MUTED, "10\n");
	assert_query(p->path, "SELECT name FROM v_mutes", "lab\n");
}

/* The first batch, which put the mute into the database, was rolled back. */
static void
a_batch_that_is_lost_loses_no_mute(void **state)
{
	struct fixture *p = *state;
	const struct mutes mutes = configured();
	struct recorder *r = open_recorder(p->path, &mutes, 1);
	sqlite3 *other;
	char refuse[256];

	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	snprintf(refuse, sizeof(refuse),
		 "DELETE FROM mutes; CREATE TRIGGER full BEFORE INSERT ON sessions WHEN new.start ="
		 " %lld BEGIN SELECT RAISE(ABORT, 'no room'); END",
		 (long long)START + 1);
	assert_int_equal(sqlite3_exec(other, refuse, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(record_one(r, 1), RECORDED_FAILED);
	assert_int_equal(record_one(r, 2), RECORDED_NEW);
	sqlite3_close(other);
	assert_true(recorder_close(r));
	assert_query(p->path, "SELECT mute_name FROM v_incidents", "lab\n");
	assert_sound(p->path);
}

/* The nth session of 192.0.2.7 as that watch records it: whether it was muted. */
static bool
is_muted(struct recorder *r, int n)
{
	const uint64_t before = recorder_counts(r).muted[SEVERITY_WARNING];

	assert_int_equal(record_one(r, n), RECORDED_NEW);
	return recorder_counts(r).muted[SEVERITY_WARNING] != before;
}

/* Two watches, one database, and a [mute lab] in the configuration of each that is not the same. */
static void
each_watch_has_the_mutes_of_its_own_configuration(void **state)
{
	static const char *others[] = {"203.0.113.0/24"};
	struct fixture *p = *state;
	struct mute elsewhere = {
	    .name = "lab",
	    .scope.client_count = 1,
	    .scope.clients[0] = {4, 24, {203, 0, 113, 0}},
	    .clients = {others, 1},
	    .severity = SEVERITY_CRITICAL,
	    .until = INT64_MAX,
	    .why = "scanner",
	};
	const struct mutes mutes = configured(), other_mutes = {.at = &elsewhere, .count = 1};
	struct recorder *r = open_recorder(p->path, &mutes, 1);
	struct recorder *other = open_recorder(p->path, &other_mutes, 1);
	struct store *s = open_store(p->path, STORE_READ);
	int64_t version;

	assert_true(is_muted(r, 1));
	assert_false(is_muted(other, 2));
	assert_true(is_muted(r, 3));
	assert_false(is_muted(other, 4));
	/* Neither puts its own in the place of the other's, again and again. */
	assert_query(p->path, "SELECT id, name, clients FROM v_mutes",
		     "1|lab|192.0.2.0/24\n2|lab|203.0.113.0/24\n");
	version = mute_version(s);
	assert_true(recorder_flush(r) && recorder_flush(other));
	assert_int_equal(mute_version(s), version);
	store_close(s);
	/* What a person adds holds for both. */
	add_mute(p->path, "192.0.2.7");
	assert_true(is_muted(r, 5));
	assert_true(is_muted(other, 6));
	assert_true(recorder_close(other));
	assert_true(recorder_close(r));
	assert_query(p->path, "SELECT group_concat(coalesce(mute, 0)) FROM v_findings",
		     "1,0,1,0,1,3\n");
	assert_sound(p->path);
}

/* Rows that another program put there: they are bounded, and it is told. */
static void
more_than_can_be_held_are_left_out_and_told(void **state)
{
	struct fixture *p = *state;
	const struct mutes mutes = configured();
	struct recorder *r = open_recorder(p->path, &mutes, 1);
	struct recorder_mutes told;
	char add[512];

	snprintf(
	    add, sizeof(add),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO mutes (kinds, clients, servers, domains, severity, why, added)"
	    " SELECT '', iif(i = %d, '192.0.2.7', '203.0.113.' || (i %% 256)), '', '', 3, 'x', 0"
	    " FROM n",
	    MUTES_MAX + 3, MUTES_MAX + 1);
	run_sql(p->path, add);
	/* Those of the configuration hold in any case. */
	assert_true(is_muted(r, 1));
	assert_true(recorder_mutes(r, &mutes, &told));
	assert_int_equal(told.in_force, MUTES_MAX + 1);
	assert_int_equal(told.left_out, 3);
	assert_true(recorder_mutes(r, NULL, &told));
	assert_false(is_muted(r, 2));
	run_sql(p->path, "UPDATE mutes SET removed = 1 WHERE id < 9");
	assert_true(is_muted(r, 3));
	assert_true(recorder_close(r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(what_a_person_adds_or_removes_holds_from_the_next_batch_on),
	    FIXTURE_TEST(one_of_the_configuration_holds_and_is_in_the_database),
	    FIXTURE_TEST(a_batch_that_is_lost_loses_no_mute),
	    FIXTURE_TEST(each_watch_has_the_mutes_of_its_own_configuration),
	    FIXTURE_TEST(more_than_can_be_held_are_left_out_and_told),
	};

	return cmocka_run_group_tests_name("monitor_muting", tests, NULL, NULL);
}
