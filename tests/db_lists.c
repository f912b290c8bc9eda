/*
 * Lists by every filter, and by every two and many threes of them, beside a
 * plain slow WHERE over the same tables, which knows nothing of what makes lists
 * fast: no column or index that was added for them. Built twice: db_lists_tight
 * takes a handful of rows for many, so that each way a list is made is gone.
 */
#include "tests/db_build.h"

#include "db/mute.h"

#define SESSIONS 1000
#define SECOND   INT64_C(1000000)
#define SHOWN    7 /* rows of a list that is limited */

/* ---- What is listed from ---- */

/* A number below n, out of a row's number: the same in each run. */
static unsigned
pick(unsigned *seed, unsigned n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

struct made {
	char client[32], net[32], server[32], from[64], rcpt[96], domain[32];
	struct finding_row findings[2];
};

/* Clients of four networks, one of them IPv6, and servers of two. */
static void
make_places(struct made *m, struct session_row *row, unsigned *seed)
{
	unsigned net = pick(seed, 4), host = pick(seed, 3 + 40 * net), server = pick(seed, 30);
	unsigned from = pick(seed, 5), rcpt = pick(seed, 7);

	snprintf(m->client, sizeof(m->client), net == 3 ? "2001:db8:%u::%x" : "10.1.%u.%u", net,
		 host + 1);
	snprintf(m->net, sizeof(m->net), net == 3 ? "2001:db8:%u::/64" : "10.1.%u.0/24", net);
	snprintf(m->server, sizeof(m->server), "198.51.%u.%u", server % 2, server);
	snprintf(m->from, sizeof(m->from), "[\"from%u.example.org\"]", from);
	snprintf(m->domain, sizeof(m->domain), "to%u.example.%s", rcpt, rcpt < 3 ? "com" : "net");
	snprintf(m->rcpt, sizeof(m->rcpt), "[\"%s\",\"also.example.net\"]", m->domain);
	row->client = m->client;
	row->client_net = m->net;
	row->server = m->server;
	row->from_domains = m->from;
	row->rcpt_domains = rcpt == 6 ? "[]" : m->rcpt;
	row->domain = rcpt == 6 ? "" : m->domain;
}

/* What is found goes by the time: one kind is long past, one is of late; one is always muted. */
static void
make_findings(struct made *m, struct session_row *row, int i, int64_t mute, unsigned *seed)
{
	static const struct {
		const char *kind;
		enum severity_rank severity;
		int from, to; /* thousandths of the rows */
		unsigned one_in;
	} rows[] = {
	    {"starttls-missing", RANK_INFO, 0, 1000, 3},
	    {"starttls-stripped", RANK_CRITICAL, 0, 300, 9},
	    {"tls-handshake-failed", RANK_NOTICE, 600, 1000, 5},
	    {"tls-obsolete", RANK_NOTICE, 0, 1000, 11},
	    {"reset-injected", RANK_WARNING, 400, 600, 40},
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]) && row->finding_count < 2; k++) {
		if (pick(seed, rows[k].one_in) != 0 || i * 1000 < rows[k].from * SESSIONS ||
		    i * 1000 >= rows[k].to * SESSIONS)
			continue;
		m->findings[row->finding_count] = plain_finding(rows[k].kind, rows[k].severity);
		m->findings[row->finding_count].is_of_path = false;
		if (k == 3 || pick(seed, 20) == 0)
			m->findings[row->finding_count].mute_id = mute;
		row->finding_count++;
	}
	row->findings = m->findings;
}

static void
add_row(struct store *s, int i, int64_t mute, unsigned *seed)
{
	static const char *const outcomes[] = {"encrypted", "encrypted", "plaintext", "plaintext",
					       "tls-failed"};
	struct session_row row = plain_row(s, 0);
	struct made m;
	int64_t id;

	/* several begin at once, and some last for long */
	row.start = START + (int64_t)i * 60 * SECOND;
	row.end = row.start + (pick(seed, 50) == 0 ? 40000 : 1) * SECOND;
	row.client_port = (uint16_t)(1024 + i);
	make_places(&m, &row, seed);
	make_findings(&m, &row, i, mute, seed);
	row.outcome = i < SESSIONS / 10 && i % 50 == 0 ? "partial" : outcomes[pick(seed, 5)];
	/* TLS hides what is named; what the domain was may be known otherwise */
	if (strcmp(row.outcome, "encrypted") == 0)
		row.from_domains = row.rcpt_domains = "[]";
	if (row.finding_count == 0 && i % 7 == 0)
		row.outcome = "no-mail";
	assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
}

/* What people did to incidents, and surges: of each, some. */
static const char done_since[] =
    "UPDATE incidents SET state = 'closed' WHERE id % 4 = 1 AND last_seen < 1772366400000000 +"
    " 30000000000;"
    "UPDATE incidents SET state = 'acked' WHERE id % 97 = 2;"
    "UPDATE incidents SET parent = (SELECT min(p.id) FROM incidents p WHERE p.kind = incidents.kind"
    " AND p.mute_id IS NULL) WHERE id % 5 = 0;"
    "UPDATE incidents SET parent = NULL WHERE id = parent;"
    "UPDATE sessions SET outcome = 'tls-failed' WHERE id % 101 = 0;"
    "PRAGMA foreign_keys = ON;"
    "DELETE FROM sessions WHERE id % 17 = 3;"
    "INSERT INTO subjects (key, first_seen, last_seen, sessions) SELECT DISTINCT 'pair ' || client"
    " || ' ' || server || ' 25', 0, 0, 1 FROM sessions;"
    "INSERT INTO subjects (key, first_seen, last_seen, sessions, marks) VALUES"
    " ('server 198.51.1.7 25', 0, 0, 1, '[[\"node\",\"name.example.com a0b632e1\",1]]');";

static void
fill(const char *path)
{
	struct store *s = open_store(path, STORE_CREATE);
	struct mute_row mute = {.kinds = "",
				.clients = "",
				.servers = "",
				.domains = "",
				.severity = RANK_CRITICAL,
				.until = INT64_MAX,
				.why = "known"};
	unsigned seed = 1;

	assert_true(store_begin(s));
	assert_true(mute_put(s, &mute, START));
	for (int i = 0; i < SESSIONS; i++)
		add_row(s, i, mute.id, &seed);
	assert_true(store_commit(s));
	store_close(s);
	run_sql(path, done_since);
}

/* ---- What is asked for ---- */

enum group { CLIENT, SERVER, DOMAIN, KIND, SEVERITY, STATE, OUTCOME, TIME, MUTED, PARTS };

/* A part of a filter, and what it stands for: of a session s, of a finding g in an incident j, of
 * an incident i. */
struct part {
	enum group group;
	const char *text; /* a network, a word, and which it is the name of */
	int64_t from, to; /* minutes; a severity */
	const char *session, *finding, *incident, *server;
};

#define OF_SESSIONS(what)                                                               \
	"EXISTS (SELECT 1 FROM findings f JOIN sessions s ON s.id = f.session_id WHERE" \
	" f.incident_id = i.id AND " what ")"
/* clang-format off */
#define ROW_OF_CLIENT(text, like) \
	{CLIENT, text, 0, 0, "s.client LIKE '" like "'", "1", \
	 "(i.client LIKE '" like "' OR " OF_SESSIONS("s.client LIKE '" like "'") ")", \
	 "EXISTS (SELECT 1 FROM sessions s WHERE s.server = v.server AND s.client LIKE '" like "')"}
#define ROW_OF_SERVER(text, like) \
	{SERVER, text, 0, 0, "s.server LIKE '" like "'", "1", "i.server LIKE '" like "'", \
	 "v.server LIKE '" like "'"}
#define NAMED(like) \
	"(s.mail_from_domains LIKE '%" like "\"%' OR s.mail_rcpt_domains LIKE '%" like "\"%')"
#define ROW_OF_DOMAIN(text, like, own) \
	{DOMAIN, text, 0, 0, NAMED(like), "1", \
	 "(i.domain LIKE '" own "' OR " OF_SESSIONS(NAMED(like)) ")", \
	 "(EXISTS (SELECT 1 FROM hourly h WHERE h.server = v.server AND h.domain LIKE '" own "')" \
	 " OR (v.server = '198.51.1.7' AND 'name.example.com' LIKE '" own "'))"}
#define ROW_OF_KIND(word) \
	{KIND, word, 0, 0, "1", "g.kind = '" word "'", "i.kind = '" word "'", "1"}
#define ROW_OF_SEVERITY(n) \
	{SEVERITY, #n, n, 0, "1", "g.severity >= " #n, "i.severity >= " #n, "1"}
#define ROW_OF_STATE(word) \
	{STATE, word, 0, 0, "1", "j.state = '" word "'", "i.state = '" word "'", "1"}
#define ROW_OF_OUTCOME(word) \
	{OUTCOME, word, 0, 0, "s.outcome = '" word "'", "1", \
	 OF_SESSIONS("s.outcome = '" word "'"), "1"}
#define AT(minute) "(1772366400000000 + " #minute " * 60000000)"
#define ROW_OF_TIME(a, b) \
	{TIME, #a " to " #b, a, b, "s.start BETWEEN " AT(a) " AND " AT(b), "1", \
	 "i.last_seen >= " AT(a) " AND i.first_seen <= " AT(b), \
	 "v.last_seen >= " AT(a) " AND v.first_seen <= " AT(b)}
/* clang-format on */

static const struct part parts[] = {
    ROW_OF_CLIENT("10.1.1.3", "10.1.1.3"),
    ROW_OF_CLIENT("10.1.2.0/24", "10.1.2.%"),
    ROW_OF_CLIENT("10.1.0.0/16", "10.1.%"),
    ROW_OF_CLIENT("2001:db8:3::/48", "2001:db8:3:%"),
    ROW_OF_CLIENT("203.0.113.0/24", "203.0.113.%"),
    ROW_OF_SERVER("198.51.1.7", "198.51.1.7"),
    ROW_OF_SERVER("198.51.0.0/24", "198.51.0.%"),
    ROW_OF_SERVER("0.0.0.0/0", "%.%"),
    ROW_OF_DOMAIN("to1.example.com", "\"to1.example.com", "to1.example.com"),
    ROW_OF_DOMAIN(".example.com", ".example.com", "%.example.com"),
    ROW_OF_DOMAIN("name.example.com", "\"name.example.com", "name.example.com"),
    ROW_OF_DOMAIN("nobody.example", "\"nobody.example", "nobody.example"),
    ROW_OF_KIND("starttls-missing"),
    ROW_OF_KIND("starttls-stripped"),
    ROW_OF_KIND("tls-handshake-failed"),
    ROW_OF_KIND("tls-obsolete"),
    ROW_OF_KIND("starttls-masked"),
    ROW_OF_SEVERITY(1),
    ROW_OF_SEVERITY(2),
    ROW_OF_SEVERITY(3),
    ROW_OF_STATE("open"),
    ROW_OF_STATE("closed"),
    ROW_OF_STATE("acked"),
    ROW_OF_OUTCOME("encrypted"),
    ROW_OF_OUTCOME("plaintext"),
    ROW_OF_OUTCOME("tls-failed"),
    ROW_OF_OUTCOME("no-mail"),
    ROW_OF_OUTCOME("partial"),
    ROW_OF_TIME(-9999, 40),
    ROW_OF_TIME(-9999, 500),
    ROW_OF_TIME(-9999, 333),
    ROW_OF_TIME(-9999, 777),
    ROW_OF_TIME(-9999, 102),
    ROW_OF_TIME(700, 9999),
    ROW_OF_TIME(300, 360),
    ROW_OF_TIME(99999, 999999),
    {MUTED, "muted", 0, 0, "1", "1", "1", "1"},
    {PARTS, "parts", 0, 0, "1", "1", "1", "1"},
};

#define PARTS_COUNT (sizeof(parts) / sizeof(parts[0]))

static void
ask_for(struct filter *f, const struct part *p)
{
	switch (p->group) {
	case CLIENT:
		assert_true(network_of(p->text, &f->client));
		break;
	case SERVER:
		assert_true(network_of(p->text, &f->server));
		break;
	case DOMAIN:
		f->domain = p->text;
		break;
	case KIND:
		f->kind = p->text;
		break;
	case SEVERITY:
		f->severity = (int)p->from;
		break;
	case STATE:
		f->state = p->text;
		break;
	case OUTCOME:
		f->outcome = p->text;
		break;
	case TIME:
		f->since = START + p->from * 60 * SECOND;
		f->until = START + p->to * 60 * SECOND;
		break;
	case MUTED:
		f->with_muted = true;
		break;
	case PARTS:
		f->with_parts = true;
		break;
	}
}

/* Up to three, by their numbers; PARTS_COUNT is none. */
struct asked {
	size_t numbers[3];
};

static bool
has(const struct asked *a, enum group group)
{
	for (size_t i = 0; i < 3; i++) {
		if (a->numbers[i] < PARTS_COUNT && parts[a->numbers[i]].group == group)
			return true;
	}
	return false;
}

/* ---- The plain way ---- */

enum whose { SESSION, FINDING, INCIDENT, OF_SERVER };

static const char *
condition(const struct asked *a, size_t i, enum whose of)
{
	const struct part *p = &parts[a->numbers[i]];

	if (a->numbers[i] == PARTS_COUNT)
		return "1";
	switch (of) {
	case SESSION:
		return p->session;
	case FINDING:
		return p->finding;
	case INCIDENT:
		return p->incident;
	case OF_SERVER:
		return p->server;
	}
	return "0";
}

static void
plain_sessions(const struct asked *a, char *sql, size_t size)
{
	const bool is_found = has(a, KIND) || has(a, SEVERITY) || has(a, STATE);

	snprintf(sql, size,
		 "SELECT s.id FROM sessions s WHERE %s AND %s AND %s AND (%d OR EXISTS (SELECT 1"
		 " FROM findings g JOIN incidents j ON j.id = g.incident_id WHERE g.session_id ="
		 " s.id AND %s AND %s AND %s)) ORDER BY s.start DESC, s.id DESC",
		 condition(a, 0, SESSION), condition(a, 1, SESSION), condition(a, 2, SESSION),
		 !is_found, condition(a, 0, FINDING), condition(a, 1, FINDING),
		 condition(a, 2, FINDING));
}

/* What sums a part up is listed in its place, unless the part is found by what it alone has. */
static void
plain_incidents(const struct asked *a, char *sql, size_t size)
{
	const bool has_parts =
	    has(a, PARTS) || has(a, CLIENT) || has(a, SERVER) || has(a, DOMAIN) || has(a, OUTCOME);

	snprintf(
	    sql, size,
	    "SELECT i.id FROM incidents i WHERE %s AND %s AND %s AND (%d OR i.mute_id IS NULL)"
	    " AND (%d OR i.parent IS NULL OR (%d AND i.state <> (SELECT p.state FROM incidents p"
	    " WHERE p.id = i.parent))) ORDER BY i.last_seen DESC, i.id DESC",
	    condition(a, 0, INCIDENT), condition(a, 1, INCIDENT), condition(a, 2, INCIDENT),
	    has(a, MUTED), has_parts, has(a, STATE));
}

/* A server by its last number. */
static void
plain_servers(const struct asked *a, char *sql, size_t size)
{
	snprintf(
	    sql, size,
	    "SELECT CAST(substr(v.server, 10) AS INTEGER) FROM servers v WHERE %s AND %s AND %s"
	    " ORDER BY v.last_seen DESC, v.server, v.server_port",
	    condition(a, 0, OF_SERVER), condition(a, 1, OF_SERVER), condition(a, 2, OF_SERVER));
}

/* ---- Both ways ---- */

struct ids {
	int64_t all[SESSIONS];
	size_t count;
};

static bool
take_id(void *ctx, const struct row *row)
{
	struct ids *ids = ctx;

	assert_in_range(ids->count, 0, SESSIONS - 1);
	ids->all[ids->count++] = strtoll(row_value(row, "id"), NULL, 10);
	return true;
}

static bool
take_server(void *ctx, const struct row *row)
{
	struct ids *ids = ctx;

	ids->all[ids->count++] = strtoll(row_value(row, "server") + strlen("198.51.0."), NULL, 10);
	return true;
}

static void
ask_plainly(sqlite3 *db, const char *sql, struct ids *out)
{
	sqlite3_stmt *q;

	out->count = 0;
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW)
		out->all[out->count++] = sqlite3_column_int64(q, 0);
	assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
}

typedef bool query(struct store *s, const struct filter *f,
		   bool (*tell)(void *ctx, const struct row *row), void *ctx);

/* Whole, and the first rows of it. */
static void
compare(struct store *s, query *list, struct filter f, const struct ids *plain, const char *sql)
{
	static const int64_t limits[] = {0, SHOWN};
	static struct ids listed;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t wanted = plain->count;

		f.limit = limits[i];
		if (limits[i] != 0 && wanted > (size_t)limits[i])
			wanted = (size_t)limits[i];
		listed.count = 0;
		if (!list(s, &f, list == query_servers ? take_server : take_id, &listed))
			fail_msg("%s: %s", store_error(s), sql);
		if (listed.count != wanted ||
		    memcmp(listed.all, plain->all, wanted * sizeof(plain->all[0])) != 0)
			fail_msg("limit %lld: %zu listed, not these %zu: %s", (long long)limits[i],
				 listed.count, wanted, sql);
	}
}

/* What both lists have told of, all in all: a filter that nothing is in shows little. */
struct sums {
	size_t asked, sessions, incidents, servers;
};

static void
compare_both(struct store *s, sqlite3 *db, const struct asked *a, struct sums *sums)
{
	static struct ids plain;
	struct filter f = FILTER_ALL;
	char sql[8192];

	for (size_t i = 0; i < 3; i++) {
		if (a->numbers[i] < PARTS_COUNT)
			ask_for(&f, &parts[a->numbers[i]]);
	}
	plain_incidents(a, sql, sizeof(sql));
	ask_plainly(db, sql, &plain);
	compare(s, query_incidents, f, &plain, sql);
	sums->incidents += plain.count > 0;
	if (!has(a, MUTED) && !has(a, PARTS)) {
		plain_sessions(a, sql, sizeof(sql));
		ask_plainly(db, sql, &plain);
		compare(s, query_sessions, f, &plain, sql);
		sums->sessions += plain.count > 0;
	}
	plain_servers(a, sql, sizeof(sql));
	ask_plainly(db, sql, &plain);
	compare(s, query_servers, f, &plain, sql);
	sums->servers += plain.count > 0;
	sums->asked++;
}

static void
every_filter_lists_what_a_plain_where_does(void **state)
{
	struct fixture *p = *state;
	struct store *s;
	struct sums sums = {0};
	unsigned seed = 7;
	sqlite3 *db;

	fill(p->path);
	s = open_store(p->path, STORE_READ);
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	for (size_t i = 0; i <= PARTS_COUNT; i++) {
		for (size_t k = i; k <= PARTS_COUNT; k++) {
			struct asked a = {{i, k, PARTS_COUNT}};

			if (i < PARTS_COUNT && k < PARTS_COUNT && parts[i].group == parts[k].group)
				continue;
			compare_both(s, db, &a, &sums);
			/* and one of a third group, another each time */
			a.numbers[2] = pick(&seed, PARTS_COUNT);
			if (i < PARTS_COUNT && k < PARTS_COUNT &&
			    parts[a.numbers[2]].group != parts[i].group &&
			    parts[a.numbers[2]].group != parts[k].group)
				compare_both(s, db, &a, &sums);
		}
	}
	print_message("%zu filters; of %zu there are sessions, of %zu incidents, of %zu servers\n",
		      sums.asked, sums.sessions, sums.incidents, sums.servers);
	assert_true(sums.sessions > sums.asked / 3 && sums.incidents > sums.asked / 3 &&
		    sums.servers > sums.asked / 3);
	sqlite3_close(db);
	store_close(s);
}

/* The session of server i: each fifth one has to do with a domain, in one way or the other. */
static void
add_of_domain(struct store *s, int i)
{
	struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
	struct session_row row = plain_row(s, i);
	char server[32], domain[32], rcpt[64];

	snprintf(server, sizeof(server), "198.51.0.%d", i + 1);
	snprintf(domain, sizeof(domain), "to%d.example.com", i);
	snprintf(rcpt, sizeof(rcpt), "[\"%s\"]", domain);
	finding.is_of_path = false;
	row.server = server;
	row.outcome = i % 10 == 5 ? "plaintext" : "encrypted";
	row.from_domains = "[]";
	row.rcpt_domains = i % 10 == 5 ? rcpt : "[]";
	row.domain = i % 10 == 0 ? domain : "";
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
}

/* Few incidents name a domain themselves, and few have sessions that do. */
static void
the_few_of_a_domain_are_found(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	struct ids plain = {0};
	sqlite3 *db;

	for (int i = 0; i < 40; i++)
		add_of_domain(s, i);
	assert_query(p->path, "SELECT count(*), sum(domain <> '') FROM incidents", "40|4\n");
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	ask_plainly(db,
		    "SELECT id FROM incidents WHERE CAST(substr(server, 10) AS INTEGER) % 5 = 1"
		    " ORDER BY last_seen DESC, id DESC",
		    &plain);
	sqlite3_close(db);
	assert_int_equal(plain.count, 8);
	f.domain = ".example.com";
	compare(s, query_incidents, f, &plain, f.domain);
	store_close(s);
}

static void
assert_outcomes(const char *path, const char *sums)
{
	assert_query(path, "SELECT group_concat(outcomes, ' ') FROM incidents", sums);
}

/* An incident has the outcomes of the sessions that are in it now. */
static void
outcomes_follow_their_sessions(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
	struct session_row row = plain_row(s, 0);
	struct prune prune = {.before = row.start + SECOND};

	row.findings = &finding;
	row.finding_count = 1;
	add_one(s, &row);
	assert_outcomes(p->path, "2\n");
	row.outcome = "partial";
	row.packets++;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	assert_outcomes(p->path, "16\n");
	row = plain_row(s, 9000);
	row.findings = &finding;
	row.finding_count = 1;
	add_one(s, &row);
	assert_outcomes(p->path, "18\n");
	assert_query(p->path, "SELECT span FROM incidents", "3\n");
	assert_true(upkeep_prune(s, &prune));
	assert_outcomes(p->path, "2\n");
	store_close(s);
	assert_sound(p->path);
}

/* A file of before the step that finds rows by them. */
static void
a_file_of_before_is_listed_alike(void **state)
{
	struct fixture *p = *state;
	struct filter f = FILTER_ALL;
	struct ids listed = {0};
	struct store *s;

	make_old(p->path, step_with("findings_profile"));
	run_sql(
	    p->path,
	    "INSERT INTO sensors VALUES (1, 'tap1');"
	    "INSERT INTO sessions (id, sensor_id, start, \"end\", service, client, client_port,"
	    " server, server_port, complete, gap_bytes, seen, outcome, ending, packets,"
	    " client_bytes, server_bytes, domain) VALUES (5, 1, 1000, 2000, 'smtp',"
	    " '192.0.2.7', 1024, '198.51.100.25', 25, 1, 0, 'both', 'plaintext', 'fin', 9, 9, 9,"
	    " ''), (6, 1, 9000000000, 9000000001, 'smtp', '192.0.2.7', 1024, '198.51.100.25', 25, "
	    "1, 0,"
	    " 'both', 'no-mail', 'fin', 9, 9, 9, '');"
	    "INSERT INTO incidents (id, kind, server, server_port, client_net, domain,"
	    " sensor_id, service, client, severity, certainty, state, first_seen, last_seen,"
	    " sessions, pruned, \"where\", summary, refuted_by) VALUES (7, 'starttls-missing',"
	    " '198.51.100.25', 25, '192.0.2.0/24', '', 1, 'smtp', '192.0.2.7', 0, 0, 'open',"
	    " 1000, 9000000001, 2, 0, 'unknown', 'A sentence.', 'A reply.'),"
	    " (8, 'starttls-masked', '198.51.100.25', 25, '192.0.2.0/24', '', 1, 'smtp', "
	    "'192.0.2.7',"
	    " 0, 0, 'open', 1000, 2000, 1, 1, 'unknown', 'A sentence.', 'A reply.');"
	    "INSERT INTO findings (id, session_id, incident_id, kind, severity, certainty,"
	    " \"where\", detail) VALUES (1, 5, 7, 'starttls-missing', 0, 0, 'unknown', 'A'),"
	    " (2, 6, 7, 'starttls-missing', 0, 0, 'unknown', 'A');");
	store_close(open_store(p->path, STORE_WRITE));
	assert_query(p->path, "SELECT id, outcomes, span FROM incidents", "7|10|3\n8|0|1\n");
	assert_query(p->path, "SELECT id, outcome, start FROM findings",
		     "1|2|1000\n2|8|9000000000\n");
	s = open_store(p->path, STORE_READ);
	f.outcome = "no-mail";
	f.limit = SHOWN;
	assert_true(query_incidents(s, &f, take_id, &listed));
	assert_true(query_sessions(s, &f, take_id, &listed));
	assert_int_equal(listed.count, 2);
	assert_int_equal(listed.all[0], 7);
	assert_int_equal(listed.all[1], 6);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(every_filter_lists_what_a_plain_where_does),
	    FIXTURE_TEST(the_few_of_a_domain_are_found),
	    FIXTURE_TEST(outcomes_follow_their_sessions),
	    FIXTURE_TEST(a_file_of_before_is_listed_alike),
	};

	return cmocka_run_group_tests_name("db_lists", tests, NULL, NULL);
}
