/* Mutes in the database, and what one does to incidents. */
#include "tests/db_build.h"

#include "db/mute.h"
#include "db/query.h"
#include "db/surge.h"

#define SECOND INT64_C(1000000)

static int64_t
put(struct store *s, const char *name, const char *clients)
{
	struct mute_row row = {.name = name,
			       .kinds = "",
			       .clients = clients,
			       .servers = "",
			       .domains = "",
			       .severity = RANK_CRITICAL,
			       .until = INT64_MAX,
			       .why = "known"};

	assert_true(store_begin(s));
	assert_true(mute_put(s, &row, START));
	assert_true(store_commit(s));
	return row.id;
}

/* The nth session, with a finding; what became of its incident. */
static struct finding_row
find(struct store *s, int n, enum severity_rank severity, int64_t mute)
{
	struct finding_row finding = plain_finding("starttls-stripped", severity);
	struct session_row row = plain_row(s, n);

	finding.mute_id = mute;
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	return finding;
}

static void
set_state(struct store *s, int64_t incident, const char *state)
{
	assert_int_equal(incident_set_state(s, incident, state, NULL), INCIDENT_CHANGED);
}

#define STANDING "SELECT state, severity, sessions, mute FROM v_incidents"

static void
what_is_muted_is_recorded_and_marked(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t mute = put(s, NULL, "192.0.2.7");

	assert_int_equal(find(s, 1, RANK_WARNING, mute).event, INCIDENT_OPENED);
	assert_int_equal(find(s, 2, RANK_CRITICAL, mute).event, INCIDENT_RAISED);
	store_close(s);
	assert_query(p->path, STANDING, "open|critical|2|1\n");
	assert_query(p->path, "SELECT mute_name, mute_until, mute_why FROM v_incidents",
		     "||known\n");
	assert_query(p->path,
		     "SELECT incidents, sessions, last = (SELECT max(\"end\") FROM"
		     " sessions) FROM v_mutes",
		     "1|2|1\n");
	assert_sound(p->path);
}

static void
the_first_that_is_not_muted_opens_it_again(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t mute = put(s, NULL, "192.0.2.7");
	struct finding_row told;

	find(s, 1, RANK_CRITICAL, mute);
	told = find(s, 2, RANK_WARNING, 0);
	assert_int_equal(told.event, INCIDENT_REOPENED);
	store_close(s);
	/* As grave as what recurred. */
	assert_query(p->path, STANDING, "open|warning|2|\n");
	assert_sound(p->path);
}

/* Else one who hides behind a mute would keep what others do from being told. */
static void
a_muted_finding_does_not_change_one_that_is_told(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t mute = put(s, NULL, "192.0.2.7"), id;

	id = find(s, 1, RANK_NOTICE, 0).incident_id;
	assert_int_equal(find(s, 2, RANK_CRITICAL, mute).event, INCIDENT_TOUCHED);
	assert_int_equal(find(s, 3, RANK_CRITICAL, 0).event, INCIDENT_RAISED);
	set_state(s, id, "closed");
	assert_int_equal(find(s, 4, RANK_CRITICAL, mute).event, INCIDENT_TOUCHED);
	store_close(s);
	assert_query(p->path, STANDING, "closed|critical|4|\n");
	s = open_store(p->path, STORE_WRITE);
	assert_int_equal(find(s, 5, RANK_NOTICE, 0).event, INCIDENT_REOPENED);
	store_close(s);
	assert_sound(p->path);
}

/* A session that is told as it goes on: the mute was removed meanwhile. */
static void
a_session_that_goes_on_unmuted_is_told(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-stripped", RANK_WARNING);
	struct session_row row = plain_row(s, 1);

	finding.mute_id = put(s, NULL, "192.0.2.7");
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	row.end += SECOND;
	row.packets++;
	finding.mute_id = 0;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	assert_int_equal(finding.event, INCIDENT_REOPENED);
	store_close(s);
	assert_query(p->path, STANDING, "open|warning|1|\n");
	assert_sound(p->path);
}

static void
strip_at(struct store *s, int server, int64_t mute, struct finding_row *finding)
{
	struct session_row row = plain_row(s, server);
	char address[32];

	snprintf(address, sizeof(address), "198.51.100.%d", server);
	*finding = plain_finding("starttls-stripped", RANK_WARNING);
	finding->mute_id = mute;
	row.server = address;
	row.findings = finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
}

static void
muted_incidents_make_no_surge(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t mute = put(s, NULL, "192.0.2.7");
	struct finding_row finding;

	for (int i = 1; i <= 2 * SURGE_KEYS; i++) {
		strip_at(s, i, mute, &finding);
		assert_int_equal(finding.event, INCIDENT_OPENED);
		assert_int_equal(finding.surge_id, 0);
	}
	/* Nor do they make one with one that is told. */
	strip_at(s, 100, 0, &finding);
	assert_int_equal(finding.surge_id, 0);
	store_close(s);
	assert_query(p->path, "SELECT count(*), count(parent), count(mute) FROM v_incidents",
		     "21|0|20\n");
	assert_sound(p->path);
}

static void
muted_incidents_join_no_surge(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t mute = put(s, NULL, "192.0.2.7");
	struct finding_row finding;

	for (int i = 1; i <= SURGE_KEYS + 1; i++)
		strip_at(s, i, 0, &finding);
	assert_int_not_equal(finding.surge_id, 0);
	strip_at(s, 100, mute, &finding);
	assert_int_equal(finding.surge_id, 0);
	/* One that is part of it is counted in it, and raises nothing. */
	finding = find(s, 200, RANK_WARNING, 0);
	assert_int_not_equal(finding.surge_id, 0);
	assert_int_equal(find(s, 201, RANK_CRITICAL, mute).event, INCIDENT_TOUCHED);
	store_close(s);
	assert_query(p->path,
		     "SELECT severity, sessions, surge, mute FROM v_incidents WHERE surge > 0",
		     "warning|13|12|\n");
	assert_query(p->path, "SELECT count(*) FROM v_incidents WHERE mute > 0", "1\n");
	assert_sound(p->path);
}

struct listed {
	size_t rows;
};

static bool
count_row(void *ctx, const struct row *row)
{
	(void)row;
	((struct listed *)ctx)->rows++;
	return true;
}

static void
the_list_has_muted_ones_where_they_are_asked_for(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	struct listed l = {0};

	find(s, 1, RANK_WARNING, put(s, NULL, "192.0.2.7"));
	assert_true(query_incidents(s, &f, count_row, &l));
	assert_int_equal(l.rows, 0);
	f.with_muted = true;
	assert_true(query_incidents(s, &f, count_row, &l));
	assert_int_equal(l.rows, 1);
	/* By its id it is there for show. */
	f = FILTER_ALL;
	f.id = 1;
	assert_true(query_incidents(s, &f, count_row, &l));
	assert_int_equal(l.rows, 2);
	store_close(s);
}

static void
count_mute(void *ctx, const struct mute_row *row)
{
	assert_non_null(row->why);
	(*(int *)ctx)++;
}

static void
mutes_of_people_are_removed_and_those_of_the_configuration_are_not(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int64_t one = put(s, NULL, "192.0.2.7");
	int count = 0;

	put(s, "lab", "192.0.2.9");
	assert_int_equal(mute_remove(s, one + 7, START), MUTE_ABSENT);
	assert_int_equal(mute_remove(s, one + 1, START), MUTE_CONFIGURED);
	assert_int_equal(mute_remove(s, one, START), MUTE_REMOVED);
	assert_int_equal(mute_remove(s, one, START), MUTE_ABSENT);
	assert_true(mute_walk(s, false, count_mute, &count));
	assert_true(mute_walk(s, true, count_mute, &count));
	assert_int_equal(count, 2);
	store_close(s);
	assert_query(p->path, "SELECT name, removed IS NOT NULL FROM v_mutes ORDER BY id",
		     "|1\nlab|0\n");
}

/* Two watches with one configuration must not wake each other for ever. */
static void
putting_the_same_again_writes_nothing(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct store *other = open_store(p->path, STORE_WRITE);
	int64_t version;

	put(s, "lab", "192.0.2.9");
	version = mute_version(other);
	put(s, "lab", "192.0.2.9");
	assert_int_equal(mute_version(other), version);
	put(s, "lab", "192.0.2.10");
	assert_int_not_equal(mute_version(other), version);
	store_close(other);
	store_close(s);
}

/* What it muted before was muted by what it was then; and another watch's may stand beside it. */
static void
one_that_is_changed_is_another(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	put(s, "lab", "192.0.2.9");
	find(s, 1, RANK_WARNING, 1);
	put(s, "lab", "192.0.2.10");
	put(s, "lab", "192.0.2.9");
	assert_int_equal(put(s, NULL, "192.0.2.9"), 3);
	assert_int_equal(mute_added(s), 1);
	store_close(s);
	assert_query(p->path, "SELECT id, name, clients, sessions FROM v_mutes",
		     "1|lab|192.0.2.9|1\n2|lab|192.0.2.10|0\n3||192.0.2.9|0\n");
}

static void
findings_say_by_which_mute(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	put(s, "lab", "192.0.2.7");
	find(s, 1, RANK_WARNING, 1);
	find(s, 2, RANK_WARNING, 0);
	store_close(s);
	/* The incident is not muted any more; the finding was, and is. */
	assert_query(p->path,
		     "SELECT session, mute, mute_name, mute_why FROM v_findings ORDER BY 1",
		     "1|1|lab|known\n2|||\n");
}

/* A file that has mutes already, of the program before. */
static void
what_was_muted_stays_so_when_a_file_is_upgraded(void **state)
{
	static const char said[] =
	    "SELECT id, name, clients, until, why, removed, last FROM mutes ORDER BY id;";
	struct fixture *p = *state;
	struct store *s;
	char *was;

	make_old(p->path, step_with("CREATE TABLE mutes") + 1);
	run_sql(p->path,
		"INSERT INTO mutes VALUES (4, 'lab', '', '192.0.2.7', '', '', 3, NULL, 'known', 5,"
		" NULL, 6), (9, NULL, '', '192.0.2.8', '', '', 3, 77, 'x', 5, 8, NULL);"
		"INSERT INTO sensors VALUES (1, 'tap1');"
		"INSERT INTO sessions (id, sensor_id, start, \"end\", service, client, client_port,"
		" server, server_port, complete, gap_bytes, seen, outcome, ending, packets,"
		" client_bytes, server_bytes, domain) VALUES (5, 1, 1000, 2000, 'smtp',"
		" '192.0.2.7', 1024, '198.51.100.25', 25, 1, 0, 'both', 'plaintext', 'fin', 9, 9,"
		" 9, '');"
		"INSERT INTO incidents (id, kind, server, server_port, client_net, domain,"
		" sensor_id, service, client, severity, certainty, state, first_seen, last_seen,"
		" sessions, pruned, \"where\", summary, refuted_by, mute_id) VALUES (7,"
		" 'starttls-missing', '198.51.100.25', 25, '192.0.2.0/24', '', 1, 'smtp',"
		" '192.0.2.7', 0, 0, 'open', 1000, 2000, 1, 0, 'unknown', 'A sentence.',"
		" 'A reply.', 4);"
		"INSERT INTO findings (session_id, incident_id, kind, severity, certainty,"
		" \"where\", detail, mute_id) VALUES (5, 7, 'starttls-missing', 0, 0, 'unknown',"
		" 'A', 4), (5, 7, 'banner-masked', 0, 0, 'unknown', 'B', NULL)");
	was = dump(p->path, said);
	s = open_store(p->path, STORE_WRITE);
	assert_query(p->path, said, was);
	free(was);
	assert_query(p->path, "SELECT kind, mute FROM v_findings ORDER BY kind",
		     "banner-masked|\nstarttls-missing|4\n");
	assert_query(p->path, "SELECT id, mute, mute_why FROM v_incidents", "7|4|known\n");
	assert_query(p->path, "PRAGMA foreign_key_check", "");
	/* A number is not used again, as before. */
	assert_int_equal(put(s, NULL, "192.0.2.9"), 10);
	store_close(s);
	assert_query(p->path,
		     "SELECT name FROM sqlite_schema WHERE name LIKE 'mutes%' AND type = 'table'",
		     "mutes\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(what_is_muted_is_recorded_and_marked),
	    FIXTURE_TEST(the_first_that_is_not_muted_opens_it_again),
	    FIXTURE_TEST(a_muted_finding_does_not_change_one_that_is_told),
	    FIXTURE_TEST(a_session_that_goes_on_unmuted_is_told),
	    FIXTURE_TEST(muted_incidents_make_no_surge),
	    FIXTURE_TEST(muted_incidents_join_no_surge),
	    FIXTURE_TEST(the_list_has_muted_ones_where_they_are_asked_for),
	    FIXTURE_TEST(mutes_of_people_are_removed_and_those_of_the_configuration_are_not),
	    FIXTURE_TEST(putting_the_same_again_writes_nothing),
	    FIXTURE_TEST(one_that_is_changed_is_another),
	    FIXTURE_TEST(findings_say_by_which_mute),
	    FIXTURE_TEST(what_was_muted_stays_so_when_a_file_is_upgraded),
	};

	return cmocka_run_group_tests_name("db_mute", tests, NULL, NULL);
}
