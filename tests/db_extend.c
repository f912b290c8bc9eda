/*
 * A known session of which more is seen, or less: what is replaced, what stays.
 */
#include "tests/db_build.h"

#define DETAIL "The reply has no STARTTLS."

/* One finding, critical and proven, in a session to vary. */
static struct session_row
masked_row(struct store *s, struct finding_row *finding)
{
	struct session_row row = plain_row(s, 0);

	*finding = plain_finding("starttls-masked", RANK_CRITICAL);
	finding->certainty = RANK_PROVEN;
	finding->summary = "192.0.2.7 to 198.51.100.25:25: " DETAIL;
	row.findings = finding;
	row.finding_count = 1;
	return row;
}

static void
poorer_end(struct session_row *row)
{
	row->end -= 1;
}

static void
poorer_packets(struct session_row *row)
{
	row->end += 1;
	row->packets -= 1;
}

static void
poorer_client(struct session_row *row)
{
	row->server_bytes += 5;
	row->client_bytes -= 1;
}

static void
poorer_server(struct session_row *row)
{
	row->client_bytes += 5;
	row->server_bytes -= 1;
}

static void
poorer_sides(struct session_row *row)
{
	row->end += 1;
	row->seen = "client";
}

static void
poorer_whole(struct session_row *row)
{
	row->end += 1;
	row->complete = false;
}

static void
a_poorer_view_replaces_nothing(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	static const struct {
		const char *name;
		void (*make)(struct session_row *row);
	} rows[] = {
	    {"it ends earlier", poorer_end},
	    {"longer, with fewer packets", poorer_packets},
	    {"more of the server, less of the client", poorer_client},
	    {"more of the client, less of the server", poorer_server},
	    {"longer, of one side", poorer_sides},
	    {"longer, with something missing", poorer_whole},
	};
	struct finding_row finding;
	struct session_row row = masked_row(s, &finding);

	assert_int_equal(add_one(s, &row), SESSION_NEW);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row = masked_row(s, &finding);
		row.finding_count = 0;
		row.outcome = "partial";
		rows[i].make(&row);
		if (add_one(s, &row) != SESSION_KNOWN)
			fail_msg("%s: replaced", rows[i].name);
	}
	store_close(s);
	assert_query(p->path, "SELECT outcome, seen, packets, complete FROM v_sessions",
		     "plaintext|both|20|1\n");
	assert_query(p->path, "SELECT kind, severity FROM v_incidents",
		     "starttls-masked|critical\n");
	assert_sound(p->path);
}

static void
a_second_side_makes_a_view_richer(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	row.seen = "server";
	row.complete = false;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	row = plain_row(s, 0);
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	store_close(s);
	assert_query(p->path, "SELECT seen, complete FROM v_sessions", "both|1\n");
}

/* A live session is told as soon as something is decided, and all its packets may be in by then. */
static void
a_session_that_was_under_way_takes_its_end(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row findings[2];
	struct session_row row = masked_row(s, &findings[0]);

	row.ending = "capture";
	row.complete = false;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	row = masked_row(s, &findings[0]);
	findings[1] = plain_finding("plaintext-fallback", RANK_WARNING);
	row.ending = "reset";
	row.finding_count = 2;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	row.ending = "capture";
	row.finding_count = 0;
	assert_int_equal(add_one(s, &row), SESSION_KNOWN);
	store_close(s);
	assert_query(p->path, "SELECT ending, complete FROM v_sessions", "reset|1\n");
	assert_query(p->path, "SELECT kind FROM v_findings ORDER BY kind",
		     "plaintext-fallback\nstarttls-masked\n");
	assert_sound(p->path);
}

/* What was proven of bytes that are missing now was proven. */
static void
a_longer_view_with_more_missing_refutes_nothing(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding, other = plain_finding("credentials-exposed", RANK_WARNING);
	struct session_row row = masked_row(s, &finding);

	row.complete = false;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	row = masked_row(s, &finding);
	row.complete = false;
	row.end += 1;
	row.packets += 9;
	row.gap_bytes = 100;
	row.findings = &other;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	store_close(s);
	assert_query(p->path, "SELECT kind FROM v_findings ORDER BY kind",
		     "credentials-exposed\nstarttls-masked\n");
	assert_query(p->path, "SELECT kind, sessions FROM v_incidents ORDER BY kind",
		     "credentials-exposed|1\nstarttls-masked|1\n");
	assert_sound(p->path);
}

/* A first part that was cut before RCPT, then all of it, n seconds later each. */
static void
add_first_part(struct store *s, int n)
{
	struct line_row line = {START, true, "250 mx1"};
	struct exhibit exhibit = {.lines = &line, .line_count = 1, .is_whole = true};
	struct finding_row finding;
	struct session_row row = masked_row(s, &finding);

	row.start += n * INT64_C(1000000);
	row.end += n * INT64_C(1000000) - 1000;
	row.domain = "";
	row.rcpt_domains = "[]";
	row.exhibit = &exhibit;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
}

static struct finding_row
add_whole(struct store *s, int n, enum session_added wanted)
{
	struct line_row line = {START, true, "250 mx1"};
	struct exhibit exhibit = {.lines = &line, .line_count = 1, .is_whole = true};
	struct finding_row finding;
	struct session_row row = masked_row(s, &finding);

	row.start += n * INT64_C(1000000);
	row.end += n * INT64_C(1000000);
	row.exhibit = &exhibit;
	finding.detail = "Line 3 of the reply has it no more.";
	finding.summary = "192.0.2.7 to 198.51.100.25:25 (mail for example.net): Line 3 of the"
			  " reply has it no more.";
	assert_int_equal(add_one(s, &row), wanted);
	return finding;
}

static void
an_incident_of_one_session_takes_the_domain_that_is_learnt(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	add_first_part(s, 0);
	assert_int_equal(incident_set_state(s, 1, "acked", "seen"), INCIDENT_CHANGED);
	assert_int_equal(add_whole(s, 0, SESSION_EXTENDED).event, INCIDENT_UNTOUCHED);
	store_close(s);
	assert_query(p->path, "SELECT id, state, note, domain, sessions, summary FROM v_incidents",
		     "1|acked|seen|example.net|1|192.0.2.7 to 198.51.100.25:25 (mail for"
		     " example.net): Line 3 of the reply has it no more.\n");
	assert_sound(p->path);
}

static void
a_session_moves_to_the_incident_of_the_domain_that_is_learnt(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	add_first_part(s, 0);
	add_first_part(s, 1);
	assert_int_equal(add_whole(s, 0, SESSION_EXTENDED).event, INCIDENT_OPENED);
	assert_query(p->path, "SELECT id, domain, sessions FROM v_incidents ORDER BY id",
		     "1||1\n2|example.net|1\n");
	assert_query(p->path, "SELECT incident_id, session_id FROM kept ORDER BY 1, 2",
		     "1|2\n2|1\n");
	assert_int_equal(add_whole(s, 1, SESSION_EXTENDED).event, INCIDENT_TOUCHED);
	store_close(s);
	/* Nothing is left of the first, and nobody had touched it. */
	assert_query(p->path, "SELECT id, domain, sessions FROM v_incidents", "2|example.net|2\n");
	assert_query(p->path, "SELECT incident_id, session_id FROM kept ORDER BY 1, 2",
		     "2|1\n2|2\n");
	assert_sound(p->path);
}

static void
the_sentence_of_a_session_is_told_again_among_others(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding;
	struct session_row row = masked_row(s, &finding);

	row.end -= 1000;
	finding.summary = "192.0.2.7 to 198.51.100.25:25 (mail for example.net): " DETAIL;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	row = masked_row(s, &finding);
	row.client = "192.0.2.8";
	finding.summary = "192.0.2.8 to 198.51.100.25:25 (mail for example.net): " DETAIL;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	/* The other's view grows: the sentence is not its own. */
	row.end += 1;
	finding.summary = "192.0.2.8: another";
	finding.detail = "another";
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	assert_query(p->path, "SELECT summary LIKE '192.0.2.7 %STARTTLS.' FROM v_incidents", "1\n");
	add_whole(s, 0, SESSION_EXTENDED);
	store_close(s);
	assert_query(p->path, "SELECT summary LIKE '192.0.2.7 %no more.' FROM v_incidents", "1\n");
	assert_sound(p->path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_poorer_view_replaces_nothing),
	    FIXTURE_TEST(a_second_side_makes_a_view_richer),
	    FIXTURE_TEST(a_session_that_was_under_way_takes_its_end),
	    FIXTURE_TEST(a_longer_view_with_more_missing_refutes_nothing),
	    FIXTURE_TEST(an_incident_of_one_session_takes_the_domain_that_is_learnt),
	    FIXTURE_TEST(a_session_moves_to_the_incident_of_the_domain_that_is_learnt),
	    FIXTURE_TEST(the_sentence_of_a_session_is_told_again_among_others),
	};

	return cmocka_run_group_tests_name("db_extend", tests, NULL, NULL);
}
