/*
 * Lists of a large table: whichever way a filter is answered, by few ids or by
 * time, the rows are those that it holds. What must be listed is counted by the
 * test as it makes the rows.
 */
#include "tests/db_build.h"

#include "db/narrow.h"

#define ROWS   (NARROW_FEW + 3000) /* more than few */
#define RARE   1000                /* one in so many */
#define SECOND INT64_C(1000000)

/* Requests for memory of db/ before one that is refused; SIZE_MAX: none is. */
static size_t requests_left = SIZE_MAX;
static bool was_refused;

void *true_malloc(size_t size) __asm__("__real_malloc");
void *true_realloc(void *p, size_t size) __asm__("__real_realloc");
void *scarce_malloc(size_t size) __asm__("__wrap_malloc");
void *scarce_realloc(void *p, size_t size) __asm__("__wrap_realloc");

static bool
is_refused(void)
{
	if (requests_left == SIZE_MAX || requests_left-- > 0)
		return false;
	was_refused = true;
	return true;
}

void *
scarce_malloc(size_t size)
{
	return is_refused() ? NULL : true_malloc(size);
}

void *
scarce_realloc(void *p, size_t size)
{
	return is_refused() ? NULL : true_realloc(p, size);
}

struct made {
	char client[64], net[CLIENT_NETWORK_MAX], from[64], rcpt[96], domain[32];
};

/* The last of each kind is rare: old, and of one client. */
static struct session_row
row_of(struct store *s, struct made *m, int i)
{
	static const char *const networks[] = {"10.1.%d.%d", "10.2.%d.%d", "2001:db8:0:%d::%d",
					       "2001:db8:7:%d:1:0:%d:9"};
	struct session_row row = plain_row(s, i);

	snprintf(m->client, sizeof(m->client), networks[i % 4], i / 4 % 5 + 1, i / 20 % 200 + 1);
	snprintf(m->domain, sizeof(m->domain), i % 2 == 0 ? "mx%d.example.com" : "example%d.com",
		 i % 10);
	snprintf(m->from, sizeof(m->from), "[\"from%d.example.org\"]", i % 3);
	snprintf(m->rcpt, sizeof(m->rcpt), "[\"%s\"]", m->domain);
	row.client = m->client;
	client_network(m->client, m->net);
	row.client_net = m->net;
	row.from_domains = m->from;
	row.rcpt_domains = m->rcpt;
	row.domain = m->domain;
	if (i % RARE == 1)
		row.outcome = "tls-failed";
	return row;
}

static void
fill(struct store *s)
{
	struct finding_row finding;
	struct session_row row;
	struct made m;
	int64_t id;

	assert_true(store_begin(s));
	for (int i = 0; i < ROWS; i++) {
		finding = plain_finding(i % RARE == 0 ? "starttls-stripped" : "starttls-missing",
					i % RARE == 0 ? RANK_CRITICAL : RANK_INFO);
		row = row_of(s, &m, i);
		row.findings = &finding;
		row.finding_count = 1;
		assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
	}
	assert_true(store_commit(s));
}

static bool
count_row(void *ctx, const struct row *row)
{
	int *count = ctx;

	(void)row;
	(*count)++;
	return true;
}

static int
sessions_of(struct store *s, const struct filter *f)
{
	int count = 0;

	assert_true(query_sessions(s, f, count_row, &count));
	return count;
}

static int
incidents_of(struct store *s, const struct filter *f)
{
	int count = 0;

	assert_true(query_incidents(s, f, count_row, &count));
	return count;
}

static struct filter
by_client(const char *network)
{
	struct filter f = FILTER_ALL;

	assert_true(network_of(network, &f.client));
	return f;
}

static bool
is_narrowed(struct store *s, const struct filter *f)
{
	struct narrow n;

	assert_true(narrow_sessions(s, f, &n));
	free(n.ids);
	return n.is_few;
}

/* The clients' networks are of a quarter of the rows each, and five in each are told apart. */
static void
networks_hold_their_clients(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	static const struct {
		const char *network;
		int parts; /* of twenty */
	} rows[] = {
	    {"10.1.0.0/16", 5},         {"10.1.2.0/24", 1},     {"10.0.0.0/8", 10},
	    {"10.1.0.0/22", 3},         {"10.1.4.0/22", 2},     {"0.0.0.0/0", 10},
	    {"2001:db8::/32", 10},      {"2001:db8::/48", 5},   {"2001:db8:0:2::/64", 1},
	    {"2001:db8:7:3::/64", 1},   {"2001:db8:7::/48", 5}, {"2001:db8:4::/46", 5},
	    {"2001:db8:7:3:1::/80", 1}, {"::/0", 10},           {"10.3.0.0/16", 0},
	    {"2001:db8:8::/48", 0},     {"192.0.2.7/32", 0},
	};
	struct filter f;

	fill(s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f = by_client(rows[i].network);
		if (sessions_of(s, &f) != ROWS * rows[i].parts / 20)
			fail_msg("%s: %d", rows[i].network, sessions_of(s, &f));
	}
	/* number 41 is 10.2.1.3, and so is every 4000th behind it */
	f = by_client("10.2.1.3");
	assert_int_equal(sessions_of(s, &f), 4);
	assert_true(is_narrowed(s, &f));
	f = by_client("2001:db8:0:1:0::3");
	assert_int_equal(sessions_of(s, &f), 4);
	f.limit = 3;
	assert_int_equal(sessions_of(s, &f), 3);
	f = by_client("10.2.1.3");
	f.since = START + 4000 * SECOND;
	f.until = START + 8500 * SECOND;
	assert_int_equal(sessions_of(s, &f), 2);
	store_close(s);
}

static void
domains_kinds_and_outcomes_are_found(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;

	fill(s);
	f.domain = "mx4.example.com";
	assert_int_equal(sessions_of(s, &f), ROWS / 10);
	assert_true(is_narrowed(s, &f));
	f.domain = ".example.com";
	assert_int_equal(sessions_of(s, &f), ROWS / 2);
	f.domain = "example.com";
	assert_int_equal(sessions_of(s, &f), 0);
	f.domain = ".org";
	assert_int_equal(sessions_of(s, &f), ROWS);
	assert_false(is_narrowed(s, &f));
	f.domain = ".nobody.example";
	assert_int_equal(sessions_of(s, &f), 0);
	f = FILTER_ALL;
	f.kind = "starttls-stripped";
	assert_int_equal(sessions_of(s, &f), ROWS / RARE);
	assert_true(is_narrowed(s, &f));
	f.kind = "starttls-missing";
	assert_int_equal(sessions_of(s, &f), ROWS - ROWS / RARE);
	f = FILTER_ALL;
	f.severity = RANK_WARNING;
	assert_int_equal(sessions_of(s, &f), ROWS / RARE);
	f = FILTER_ALL;
	f.outcome = "tls-failed";
	assert_int_equal(sessions_of(s, &f), ROWS / RARE);
	f.outcome = "plaintext";
	f.state = "open";
	assert_int_equal(sessions_of(s, &f), ROWS - ROWS / RARE);
	f.state = "acked";
	assert_int_equal(sessions_of(s, &f), 0);
	store_close(s);
}

/* Of two parts the one that is rare names the rows, and the other still holds. */
static void
all_parts_of_a_filter_hold(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = by_client("10.1.0.0/16");

	fill(s);
	f.kind = "starttls-stripped"; /* numbers 0, 1000, ... are all of 10.1 */
	assert_int_equal(sessions_of(s, &f), ROWS / RARE);
	assert_int_equal(incidents_of(s, &f), 1);
	f.domain = "mx0.example.com";
	assert_int_equal(sessions_of(s, &f), ROWS / RARE);
	f = by_client("10.2.0.0/16");
	f.kind = "starttls-stripped";
	assert_int_equal(sessions_of(s, &f), 0);
	/* an incident is of all its sessions' clients */
	assert_int_equal(incidents_of(s, &f), 0);
	f = by_client("10.2.0.0/16");
	assert_int_equal(incidents_of(s, &f), 5); /* a domain each */
	f.outcome = "tls-failed";
	assert_int_equal(incidents_of(s, &f), 1);
	store_close(s);
}

/* What is learnt of a session later replaces what it was found by; what is gone is not found. */
static void
mentions_follow_their_session(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);
	struct prune prune = {.before = INT64_MAX};
	struct filter f = FILTER_ALL;

	add_one(s, &row);
	row.rcpt_domains = "[\"other.example\",\"third.example\"]";
	row.end++;
	row.packets++;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	f.domain = "third.example";
	assert_int_equal(sessions_of(s, &f), 1);
	f.domain = "example.net";
	assert_int_equal(sessions_of(s, &f), 0);
	assert_query(p->path, "SELECT count(*) FROM mentions", "3\n");
	assert_true(upkeep_prune(s, &prune));
	assert_int_equal(prune.sessions, 1);
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM mentions", "0\n");
}

/* An incident is found by what it names when its sessions are gone. */
static void
incidents_outlive_their_sessions(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-stripped", RANK_CRITICAL);
	struct session_row row = plain_row(s, 0);
	struct prune prune = {.before = INT64_MAX};
	struct filter f = by_client("192.0.2.0/24");

	row.findings = &finding;
	row.finding_count = 1;
	add_one(s, &row);
	assert_true(upkeep_prune(s, &prune));
	assert_int_equal(sessions_of(s, &f), 0);
	assert_int_equal(incidents_of(s, &f), 1);
	f = FILTER_ALL;
	f.domain = ".net";
	assert_int_equal(incidents_of(s, &f), 1);
	store_close(s);
}

/* A list that memory was short for has failed; it is not a short list. */
static void
memory_that_is_refused_is_no_empty_list(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	size_t n = 0;

	fill(s);
	f.outcome = "tls-failed"; /* an incident is of an outcome by its sessions alone */
	do {
		int count = 0;
		bool is_good;

		was_refused = false;
		requests_left = n++;
		is_good = query_incidents(s, &f, count_row, &count);
		requests_left = SIZE_MAX;
		if (is_good == was_refused || (is_good && count != 1))
			fail_msg("request %zu: %d listed", n, count);
	} while (was_refused);
	assert_true(n > 2);
	store_close(s);
}

static void
assert_range(const char *network, const char *low, const char *high)
{
	char is_low[ADDRESS_RANGE_MAX], is_high[ADDRESS_RANGE_MAX];
	struct network n;

	assert_true(network_of(network, &n));
	network_text_range(&n, is_low, is_high);
	assert_string_equal(is_low, low);
	assert_string_equal(is_high, high);
}

static void
the_text_of_a_network_ends_at_a_whole_number(void **state)
{
	(void)state;
	assert_range("10.1.2.0/24", "10.1.2.", "10.1.2/");
	assert_range("10.1.2.0/23", "10.1.", "10.1/");
	assert_range("10.0.0.0/7", "", "g");
	assert_range("2001:db8::/32", "2001:db8:", "2001:db8;");
	assert_range("2001:db8::/48", "2001:db8:", "2001:db8;");
	assert_range("2001:db8:7::/48", "2001:db8:7:", "2001:db8:7;");
	assert_range("2001:db8:7::/47", "2001:db8:", "2001:db8;");
	assert_range("::ffff:0:0/96", "", "g");
}

/* An incident each of a server of its own, one second after another. */
static void
fill_incidents(struct store *s, int count)
{
	struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
	struct session_row row;
	char server[32];
	int64_t id;

	assert_true(store_begin(s));
	for (int i = 0; i < count; i++) {
		row = plain_row(s, i);
		snprintf(server, sizeof(server), "198.51.%d.%d", i / 200, i % 200 + 1);
		row.server = server;
		row.findings = &finding;
		row.finding_count = 1;
		assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
	}
	assert_true(store_commit(s));
}

static bool
add_id(void *ctx, const struct row *row)
{
	char *text = ctx;

	snprintf(text + strlen(text), 64 - strlen(text), "%s ", row_value(row, "id"));
	return true;
}

/* Those that are listed are all that is looked at, however many began before that end. */
static void
incidents_until_an_end_are_the_latest_before_it(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	char listed[64] = "";
	struct narrow n;

	fill_incidents(s, 60);
	run_sql(p->path,
		"UPDATE incidents SET last_seen = last_seen + 3600000000, span = 2 WHERE id = 7;"
		" UPDATE incidents SET parent = 1 WHERE id = 40");
	f.until = START + 40 * SECOND;
	f.limit = 4;
	assert_true(narrow_incidents(s, &f, &n));
	assert_true(n.is_few);
	assert_string_equal(n.ids, "[7,41,39,38]");
	free(n.ids);
	assert_true(query_incidents(s, &f, add_id, listed));
	assert_string_equal(listed, "7 41 39 38 ");
	/* what another sums up is listed where its parts are wanted */
	f.with_parts = true;
	listed[0] = '\0';
	assert_true(query_incidents(s, &f, add_id, listed));
	assert_string_equal(listed, "7 41 40 39 ");
	f.with_parts = false;
	f.since = START + 38 * SECOND;
	listed[0] = '\0';
	assert_true(query_incidents(s, &f, add_id, listed));
	assert_string_equal(listed, "7 41 39 ");
	store_close(s);
}

/* More than are gathered one by one, and none of them in an incident. */
static void
an_outcome_of_many_sessions_and_no_incident_is_few(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	struct narrow n;

	fill_incidents(s, 3);
	run_sql(p->path,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150001)"
		" INSERT INTO sessions (sensor_id, start, \"end\", service, client, client_port,"
		" server, server_port, complete, gap_bytes, seen, outcome, ending, packets,"
		" client_bytes, server_bytes, mail_count, mail_from_domains, mail_rcpt_domains,"
		" domain) SELECT sensor_id, start + i * 1000000, \"end\" + i * 1000000, service,"
		" client, client_port, server, server_port, complete, gap_bytes, seen, 'partial',"
		" ending, packets, client_bytes, server_bytes, mail_count, mail_from_domains,"
		" mail_rcpt_domains, domain FROM n, sessions WHERE sessions.id = 1");
	f.outcome = "partial";
	assert_true(narrow_incidents(s, &f, &n));
	assert_true(n.is_few);
	assert_string_equal(n.ids, "[]");
	free(n.ids);
	f.outcome = "plaintext";
	assert_int_equal(incidents_of(s, &f), 3);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(networks_hold_their_clients),
	    FIXTURE_TEST(domains_kinds_and_outcomes_are_found),
	    FIXTURE_TEST(all_parts_of_a_filter_hold),
	    FIXTURE_TEST(mentions_follow_their_session),
	    FIXTURE_TEST(incidents_outlive_their_sessions),
	    FIXTURE_TEST(incidents_until_an_end_are_the_latest_before_it),
	    FIXTURE_TEST(an_outcome_of_many_sessions_and_no_incident_is_few),
	    FIXTURE_TEST(memory_that_is_refused_is_no_empty_list),
	    cmocka_unit_test(the_text_of_a_network_ends_at_a_whole_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
