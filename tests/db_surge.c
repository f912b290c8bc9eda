/* Surges: one cause, many keys, and one line that sums them up. */
#include "tests/db_build.h"

#include "db/past.h"
#include "db/surge.h"

#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* What a test varies of a session with a finding; the numbers are those of addresses. */
struct strip {
	int client, server, domain;
	int64_t at; /* after START */
	enum severity_rank severity;
	const char *kind, *where;
	bool is_own_doing;
};

static enum session_added
add_strip(struct store *s, const struct strip *t, struct finding_row *finding)
{
	static char client[32], net[32], server[32], domain[64], domains[80];
	struct session_row row = plain_row(s, 0);

	snprintf(client, sizeof(client), "10.%d.%d.7", t->client / 250, t->client % 250);
	snprintf(net, sizeof(net), "10.%d.%d.0/24", t->client / 250, t->client % 250);
	snprintf(server, sizeof(server), "198.51.%d.%d", t->server / 250, t->server % 250);
	snprintf(domain, sizeof(domain), "d%d.example.net", t->domain);
	*finding = plain_finding(t->kind == NULL ? "starttls-stripped" : t->kind, t->severity);
	finding->where = t->where == NULL ? "server-side" : t->where;
	finding->is_of_path = !t->is_own_doing;
	row.client = client;
	row.client_net = net;
	row.server = server;
	row.domain = domain;
	snprintf(domains, sizeof(domains), "[\"%s\"]", domain);
	row.rcpt_domains = domains;
	row.start = START + t->at;
	row.end = row.start + 500000;
	row.findings = finding;
	row.finding_count = 1;
	return add_one(s, &row);
}

static void
strip(struct store *s, struct strip t)
{
	struct finding_row finding;

	if (t.severity == RANK_INFO)
		t.severity = RANK_CRITICAL;
	assert_int_equal(add_strip(s, &t, &finding), SESSION_NEW);
}

#define PARENTS                                                                                 \
	"SELECT summary, severity, sessions, surge, state FROM v_incidents WHERE surge IS NOT " \
	"NULL ORDER BY id"
#define LISTED "SELECT count(*) FROM v_incidents WHERE parent IS NULL"

static void
one_network_at_many_servers(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	for (int i = 0; i < SURGE_KEYS; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	assert_query(p->path, PARENTS, "");
	for (int i = SURGE_KEYS; i < 37; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	store_close(s);
	assert_query(
	    p->path, PARENTS,
	    "No STARTTLS: 10.0.0.0/24 towards 37 servers since 2026-03-01 12:00:00, so near"
	    " the clients or by them.|"
	    "critical|37|37|open\n");
	assert_query(p->path, LISTED, "1\n");
	assert_query(p->path,
		     "SELECT e.value ->> 'what', e.value ->> 'value' FROM v_incidents i,"
		     " json_each(i.evidence) e WHERE surge > 0",
		     "client networks|1 client network\nservers|37 servers\nincidents|37\n"
		     "where|near the clients or by them\n");
	assert_query(
	    p->path,
	    "SELECT kind, client, server, server_port, domain, \"where\", client_net, sensor"
	    " FROM v_incidents WHERE surge > 0",
	    "starttls-stripped|10.0.0.7||||server-side|10.0.0.0/24|tap1\n");
	assert_sound(p->path);
}

static void
many_networks_at_one_server(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	for (int i = 0; i < 1200; i++)
		strip(s, (struct strip){.client = i, .at = i * MINUTE / 30});
	store_close(s);
	/* Of more keys than are told apart there are more than are counted. */
	assert_query(
	    p->path, PARENTS,
	    "No STARTTLS: 1,000 client networks towards 198.51.0.0:25 and more since"
	    " 2026-03-01 12:00:00, so near the server or by it.|critical|1200|1000|open\n");
	assert_query(p->path, "SELECT count(*) FROM v_incidents", "1001\n");
	assert_sound(p->path);
}

/* A middlebox before all servers, of which every client network has its share. */
static void
many_of_both_under_one_line(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	for (int i = 0; i < 400; i++)
		strip(s, (struct strip){.client = i % 20, .server = i / 20, .at = i * MINUTE / 10});
	store_close(s);
	assert_query(p->path, LISTED, "1\n");
	assert_query(
	    p->path,
	    "SELECT summary, sessions, client, server FROM v_incidents WHERE parent IS NULL",
	    "No STARTTLS: 20 client networks towards 20 servers since 2026-03-01"
	    " 12:00:00, so where their paths are one.|400||\n");
	assert_sound(p->path);
}

/* A pair that meets for the mail of many. */
static void
many_domains_of_one_pair(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	for (int i = 0; i < 15; i++)
		strip(s, (struct strip){.domain = i, .at = i * MINUTE});
	store_close(s);
	assert_query(p->path, LISTED, "1\n");
	assert_query(
	    p->path, "SELECT summary FROM v_incidents WHERE parent IS NULL",
	    "No STARTTLS: 10.0.0.0/24 towards 1 server since 2026-03-01 12:00:00, so on the"
	    " path between the two or by them.\n");
}

static void
what_is_none(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	/* Spread over hours; of many kinds; what alarms nobody; what nobody on the way does. */
	for (int i = 0; i < 30; i++)
		strip(s, (struct strip){.server = i, .at = i * 7 * MINUTE});
	for (int i = 0; i < 30; i++) {
		static const char *const kinds[] = {"a", "b", "c"};
		struct finding_row f;
		struct strip t = {.client = 5, .server = i, .at = 30 * DAY + i * 1000};

		t.kind = kinds[i % 3];
		strip(s, t);
		t.kind = "d";
		t.at += 500;
		assert_int_equal(add_strip(s, &t, &f), SESSION_NEW);
		strip(s, (struct strip){.client = 100 + i,
					.server = 100 + i,
					.at = 60 * DAY + i,
					.kind = "e",
					.is_own_doing = true});
	}
	store_close(s);
	assert_query(p->path, PARENTS, "");
}

static void
a_capture_read_again_adds_nothing(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	char *before, *after;
	struct finding_row f;

	for (int i = 0; i < 30; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	before = dump(p->path, "SELECT * FROM v_incidents");
	for (int i = 0; i < 30; i++)
		assert_int_equal(
		    add_strip(
			s,
			&(struct strip){.server = i, .at = i * MINUTE, .severity = RANK_CRITICAL},
			&f),
		    SESSION_KNOWN);
	after = dump(p->path, "SELECT * FROM v_incidents");
	assert_string_equal(before, after);
	free(before);
	free(after);
	store_close(s);
}

/* The one line is opened, goes on, is raised; what it sums up is not told beside it. */
static void
what_is_told_of_it(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row f;

	for (int i = 0; i < 14; i++) {
		struct strip t = {.server = i, .at = i * MINUTE, .severity = RANK_WARNING};

		if (i == 12)
			t.severity = RANK_CRITICAL;
		add_strip(s, &t, &f);
		assert_int_equal(f.event, INCIDENT_OPENED);
		if (i < SURGE_KEYS) {
			assert_int_equal(f.surge_id, 0);
			continue;
		}
		assert_int_equal(f.surge_id, SURGE_KEYS + 2);
		assert_int_equal(f.surge_event, i == SURGE_KEYS ? INCIDENT_OPENED
						: i == 12       ? INCIDENT_RAISED
								: INCIDENT_TOUCHED);
	}
	/* A key that was there. */
	add_strip(s, &(struct strip){.server = 3, .at = 20 * MINUTE, .severity = RANK_WARNING}, &f);
	assert_int_equal(f.event, INCIDENT_TOUCHED);
	assert_int_equal(f.surge_id, SURGE_KEYS + 2);
	assert_int_equal(f.surge_event, INCIDENT_TOUCHED);
	store_close(s);
	assert_query(
	    p->path, PARENTS,
	    "No STARTTLS: 10.0.0.0/24 towards 14 servers since 2026-03-01 12:00:00, so near"
	    " the clients or by them.|"
	    "critical|15|14|open\n");
	assert_sound(p->path);
}

/* The surge that is there, which was a notice, is told as a warning. */
static void
assert_surge_raised(const struct finding_row *f)
{
	assert_int_equal(f->surge_id, SURGE_KEYS + 2);
	assert_int_equal(f->surge_event, INCIDENT_RAISED);
	assert_int_equal(f->surge_before, RANK_NOTICE);
	assert_int_equal(f->surge_severity, RANK_WARNING);
}

/* One that stands open since long takes in what is graver, be it told by itself before: it is
 * raised. */
static void
what_makes_one_of_old_graver_is_told_of_it(void **state)
{
	for (int grave = 0; grave <= SURGE_KEYS; grave += SURGE_KEYS / 2) {
		struct fixture *p = *state;
		struct store *s = open_store(p->path, STORE_CREATE);
		struct finding_row f;

		for (int i = 0; i <= SURGE_KEYS; i++)
			strip(s, (struct strip){
				     .server = i, .at = i * MINUTE, .severity = RANK_NOTICE});
		for (int i = 0; i <= SURGE_KEYS; i++) {
			struct strip t = {.server = 20 + i,
					  .at = 2 * DAY + i * MINUTE,
					  .severity = i == grave ? RANK_WARNING : RANK_NOTICE};

			add_strip(s, &t, &f);
			assert_int_equal(f.surge_id, i < SURGE_KEYS ? 0 : SURGE_KEYS + 2);
		}
		assert_surge_raised(&f);
		store_close(s);
		assert_query(p->path, "SELECT severity FROM v_incidents WHERE id = 12",
			     "warning\n");
		assert_sound(p->path);
		assert_int_equal(unlink(p->path), 0);
	}
}

/* One that takes no more children is raised by a key that is counted in itself. */
static void
what_makes_a_full_one_graver_is_told_of_it(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row f;

	for (int i = 0; i < SURGE_CHILDREN + 5; i++)
		strip(s,
		      (struct strip){.client = i, .at = i * MINUTE / 30, .severity = RANK_NOTICE});
	add_strip(s,
		  &(struct strip){
		      .client = SURGE_CHILDREN + 5, .at = 40 * MINUTE, .severity = RANK_WARNING},
		  &f);
	assert_surge_raised(&f);
	store_close(s);
	assert_sound(p->path);
}

/* Beside one of many servers, one whose sides differ: it is no part of that, and raised by itself.
 */
static void
one_beside_a_wider_one_is_told_by_itself(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row f;

	for (int i = 0; i <= SURGE_KEYS; i++)
		strip(s, (struct strip){.client = 100 + i,
					.server = 50,
					.at = i * MINUTE,
					.severity = RANK_NOTICE,
					.where = i % 2 == 0 ? "server-side" : "client-side"});
	for (int i = 0; i <= SURGE_KEYS; i++)
		strip(s, (struct strip){.client = i, .server = i, .at = (15 + i) * MINUTE});
	assert_query(p->path, PARENTS,
		     "No STARTTLS: 11 client networks towards 198.51.0.50:25 since 2026-03-01"
		     " 12:00:00, so near the server or by it.|notice|11|11|open\n"
		     "No STARTTLS: 11 client networks towards 11 servers since 2026-03-01"
		     " 12:15:00, so where their paths are one.|critical|11|11|open\n");
	add_strip(s,
		  &(struct strip){
		      .client = 120, .server = 50, .at = 30 * MINUTE, .severity = RANK_WARNING},
		  &f);
	assert_surge_raised(&f);
	store_close(s);
	assert_sound(p->path);
}

static void
set_state(struct store *s, int64_t id, const char *name)
{
	assert_int_equal(incident_set_state(s, id, name, NULL), INCIDENT_CHANGED);
}

#define STATES "SELECT state, count(*) FROM v_incidents GROUP BY state ORDER BY state"

static void
its_parts_go_with_it(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	for (int i = 0; i < 12; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	set_state(s, 3, "closed");
	set_state(s, 12, "acked");
	assert_query(p->path, STATES, "acked|12\nclosed|1\n");
	/* Another key of an acknowledged surge is no news. */
	strip(s, (struct strip){.server = 12, .at = 13 * MINUTE});
	assert_query(p->path, STATES, "acked|13\nclosed|1\n");
	set_state(s, 12, "open");
	assert_query(p->path, STATES, "closed|1\nopen|13\n");
	set_state(s, 12, "closed");
	assert_query(p->path, STATES, "closed|14\n");
	/* A person looks at one of them again: it stands alone. */
	set_state(s, 5, "open");
	assert_query(p->path, "SELECT parent IS NULL FROM v_incidents WHERE id = 5", "1\n");
	store_close(s);
	assert_sound(p->path);
}

/* One key that recurs is told by itself; a surge that recurs is the same incident. */
static void
it_recurs(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row f;

	for (int i = 0; i < 12; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	set_state(s, 12, "closed");
	for (int i = 0; i < 12; i++) {
		add_strip(s,
			  &(struct strip){
			      .server = i, .at = 3 * DAY + i * MINUTE, .severity = RANK_WARNING},
			  &f);
		assert_int_equal(f.event, INCIDENT_REOPENED);
		assert_int_equal(f.surge_id, i < SURGE_KEYS ? 0 : 12);
		if (i == 0)
			assert_query(p->path,
				     "SELECT state, sessions FROM v_incidents WHERE id = 12",
				     "closed|11\n");
		if (i == SURGE_KEYS)
			assert_int_equal(f.surge_event, INCIDENT_REOPENED);
	}
	store_close(s);
	assert_query(
	    p->path, PARENTS,
	    "No STARTTLS: 10.0.0.0/24 towards 12 servers since 2026-03-01 12:00:00, so near"
	    " the clients or by them.|"
	    "warning|24|12|open\n");
	assert_query(p->path, LISTED, "1\n");
	assert_sound(p->path);
}

static void
what_is_refuted_is_counted_out(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row calm = plain_finding("starttls-missing", RANK_NOTICE);

	for (int i = 0; i < 12; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	for (int i = 0; i < 12; i++) {
		struct past_session past;

		assert_true(store_begin(s));
		assert_true(past_read(s, i + 1, "starttls-stripped", &past));
		assert_true(session_judge_again(s, i + 1, &past.row, "starttls-stripped", &calm));
		assert_true(store_commit(s));
	}
	store_close(s);
	assert_query(p->path,
		     "SELECT kind, surge IS NOT NULL, count(*) FROM v_incidents GROUP BY 1, 2",
		     "starttls-missing|0|12\nstarttls-missing|1|1\n");
	assert_sound(p->path);
}

static void
what_is_pruned_stays_counted(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct prune prune = {.before = START + 20 * MINUTE};

	for (int i = 0; i < 30; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	set_state(s, 12, "closed");
	assert_true(upkeep_prune(s, &prune));
	assert_int_equal(prune.sessions, 20);
	store_close(s);
	assert_sound(p->path);
	assert_query(p->path, PARENTS,
		     "No STARTTLS: 10.0.0.0/24 towards 10 servers and more since 2026-03-01"
		     " 12:00:00, so near the clients or by them.|critical|30|10|closed\n");
	s = open_store(p->path, STORE_WRITE);
	prune.before = START + DAY;
	assert_true(upkeep_prune(s, &prune));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM v_incidents", "0\n");
	assert_sound(p->path);
}

static bool
count_row(void *ctx, const struct row *row)
{
	(void)row;
	++*(int *)ctx;
	return true;
}

static int
count_listed(struct store *s, const struct filter *f)
{
	int n = 0;

	assert_true(query_incidents(s, f, count_row, &n));
	return n;
}

static void
lists_fold_it(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	int n = 0;

	for (int i = 0; i < 12; i++)
		strip(s, (struct strip){.server = i, .at = i * MINUTE});
	assert_int_equal(count_listed(s, &f), 1);
	f.state = "open";
	f.severity = RANK_CRITICAL;
	f.kind = "starttls-stripped";
	assert_int_equal(count_listed(s, &f), 1);
	f.with_parts = true;
	assert_int_equal(count_listed(s, &f), 13);
	f = FILTER_ALL;
	f.surge = 12;
	assert_int_equal(count_listed(s, &f), 12);
	/* What only a part has finds the part. */
	f = FILTER_ALL;
	assert_true(network_of("198.51.0.3", &f.server));
	assert_int_equal(count_listed(s, &f), 1);
	f = FILTER_ALL;
	f.domain = "d0.example.net";
	assert_int_equal(count_listed(s, &f), 12);
	set_state(s, 5, "closed");
	f = FILTER_ALL;
	f.state = "closed";
	assert_int_equal(count_listed(s, &f), 1);
	f = FILTER_ALL;
	f.incident = 12;
	assert_true(query_sessions(s, &f, count_row, &n));
	assert_int_equal(n, 12);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(one_network_at_many_servers),
	    FIXTURE_TEST(many_networks_at_one_server),
	    FIXTURE_TEST(many_of_both_under_one_line),
	    FIXTURE_TEST(many_domains_of_one_pair),
	    FIXTURE_TEST(what_is_none),
	    FIXTURE_TEST(a_capture_read_again_adds_nothing),
	    FIXTURE_TEST(what_is_told_of_it),
	    FIXTURE_TEST(what_makes_one_of_old_graver_is_told_of_it),
	    FIXTURE_TEST(what_makes_a_full_one_graver_is_told_of_it),
	    FIXTURE_TEST(one_beside_a_wider_one_is_told_by_itself),
	    FIXTURE_TEST(its_parts_go_with_it),
	    FIXTURE_TEST(it_recurs),
	    FIXTURE_TEST(what_is_refuted_is_counted_out),
	    FIXTURE_TEST(what_is_pruned_stays_counted),
	    FIXTURE_TEST(lists_fold_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
