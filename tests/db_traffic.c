/*
 * What was seen of one domain: sums by step and server of the sessions that named
 * it, or named none with one of its servers; and the failures among them, each
 * session once.
 */
#include "tests/db_build.h"

#include "db/traffic.h"

#define HOUR   HOURLY_HOUR
#define DAY    TRAFFIC_DAY
#define MONDAY (START - START % DAY) /* midnight before START */

static const struct traffic_kind kinds[] = {
    {"starttls-stripped", false, false},
    {"tls-handshake-failed", false, true},
    {"sts-violation", true, true},
};

/* One session at a time, with one finding or none. */
struct seen {
	int64_t start;
	const char *server, *service, *outcome, *domain, *kind, *also;
};

static void
add(struct store *s, int n, const struct seen *seen)
{
	struct finding_row findings[2];
	struct session_row row = plain_row(s, n);

	row.start = seen->start;
	row.end = seen->start + 1;
	row.server = seen->server;
	row.service = seen->service;
	row.outcome = seen->outcome;
	row.domain = seen->domain;
	if (seen->kind != NULL)
		findings[row.finding_count++] = plain_finding(seen->kind, RANK_WARNING);
	if (seen->also != NULL)
		findings[row.finding_count++] = plain_finding(seen->also, RANK_CRITICAL);
	row.findings = findings;
	add_one(s, &row);
}

#define MX    "198.51.100.25"
#define OTHER "203.0.113.9"

static const struct seen all[] = {
    {MONDAY, MX, "smtp", "encrypted", "", NULL, NULL},
    {MONDAY + HOUR, MX, "smtp", "encrypted", "", "sts-violation", NULL},
    {MONDAY + HOUR, MX, "smtp", "plaintext", "a.example", "sts-violation", "starttls-stripped"},
    {MONDAY + HOUR, MX, "smtp", "plaintext", "b.example", "starttls-stripped", NULL},
    {MONDAY + 2 * HOUR, MX, "smtp", "tls-failed", "", "tls-handshake-failed", NULL},
    {MONDAY + 2 * HOUR, MX, "smtp", "tls-failed", "", "tls-handshake-failed", NULL},
    {MONDAY + 3 * HOUR, OTHER, "smtp", "plaintext", "a.example", NULL, NULL},
    {MONDAY + 3 * HOUR, OTHER, "smtp", "encrypted", "", NULL, NULL},
    {MONDAY + 3 * HOUR, MX, "submission", "plaintext", "a.example", NULL, NULL},
    {MONDAY + 3 * HOUR, MX, "smtp", "no-mail", "", NULL, NULL},
    {MONDAY + DAY - 1, MX, "smtp", "encrypted", "", NULL, NULL},
    {MONDAY + DAY, MX, "smtp", "plaintext", "a.example", NULL, NULL},
};

static struct store *
fill(const char *path)
{
	struct store *s = open_store(path, STORE_CREATE);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		add(s, (int)i, &all[i]);
	store_close(s);
	return open_store(path, STORE_READ);
}

struct told {
	char text[2048];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
say(struct told *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->len += (size_t)vsnprintf(t->text + t->len, sizeof(t->text) - t->len, format, args);
	va_end(args);
}

static void
say_counts(struct told *t, const struct counts *c)
{
	say(t, " %d=%d+%d+%d+%d+%d", (int)c->sessions, (int)c->encrypted, (int)c->plaintext,
	    (int)c->failed, (int)c->no_mail, (int)c->partial);
}

static void
tell(void *ctx, const struct traffic_row *row)
{
	struct told *t = ctx;

	say(t, "%d %s %d", (int)((row->start - MONDAY) / HOUR), row->server,
	    (int)((row->last - MONDAY) / HOUR));
	say_counts(t, &row->named);
	say_counts(t, &row->unnamed);
	say(t, "\n");
}

static void
tell_failure(void *ctx, const struct traffic_failure *row)
{
	say(ctx, "%d %s %s %s %s '%s'\n", (int)row->sessions, row->client, row->server,
	    row->outcome, row->kind == NULL ? "-" : row->kind, row->detail);
}

static const struct traffic_query of_a_query = {"a.example", "[\"" MX "\"]", MONDAY,
						MONDAY + 2 * DAY, DAY};

static const char of_a_failures[] =
    "2 192.0.2.7 " MX " tls-failed tls-handshake-failed 'The reply has no STARTTLS.'\n"
    "1 192.0.2.7 " MX " plaintext starttls-stripped ''\n"
    "1 192.0.2.7 " MX " encrypted sts-violation 'The reply has no STARTTLS.'\n"
    "1 192.0.2.7 " OTHER " plaintext - ''\n";

static const struct traffic_span span = {MONDAY, MONDAY + 2 * DAY, NULL, kinds, 3};

static void
counts_are_by_step_and_server(void **state)
{
	struct fixture *p = *state;
	struct store *s = fill(p->path);
	struct traffic_query q = of_a_query;
	struct told t = {{0}, 0};

	assert_true(traffic_walk(s, &q, tell, &t));
	assert_string_equal(t.text, "0 " MX " 23 1=0+1+0+0+0 6=3+0+2+1+0\n"
				    "0 " OTHER " 3 1=0+1+0+0+0 0=0+0+0+0+0\n"
				    "24 " MX " 24 1=0+1+0+0+0 0=0+0+0+0+0\n");
	t = (struct told){{0}, 0};
	q.since = MONDAY + 3 * HOUR;
	q.until = MONDAY + DAY;
	q.step = 100000 * DAY;
	assert_true(traffic_walk(s, &q, tell, &t));
	assert_non_null(strstr(t.text, " " MX " 23 0=0+0+0+0+0 2=1+0+0+1+0\n"));
	assert_non_null(strstr(t.text, " " OTHER " 3 1=0+1+0+0+0 0=0+0+0+0+0\n"));
	t = (struct told){{0}, 0};
	q.servers = "[]";
	q.domain = "none.example";
	assert_true(traffic_walk(s, &q, tell, &t));
	assert_string_equal(t.text, "");
	store_close(s);
}

static void
each_failure_is_told_once_by_the_first_kind(void **state)
{
	struct fixture *p = *state;
	struct store *s = fill(p->path);
	struct traffic_query q = of_a_query;
	struct told t = {{0}, 0};

	assert_true(traffic_gather(s, &span));
	assert_true(traffic_failures(s, &q, tell_failure, &t));
	assert_string_equal(t.text, of_a_failures);
	t = (struct told){{0}, 0};
	q.since += DAY;
	assert_true(traffic_failures(s, &q, tell_failure, &t));
	assert_string_equal(t.text, "1 192.0.2.7 " MX " plaintext - ''\n");
	store_close(s);
}

/* What names no domain may be anybody's. */
static void
others_may_be_left_out(void **state)
{
	struct fixture *p = *state;
	struct store *s = fill(p->path);
	struct traffic_span of_a = span;
	struct traffic_query q = of_a_query;
	struct told t = {{0}, 0};

	of_a.until = MONDAY + DAY;
	of_a.domain = "a.example";
	assert_true(traffic_gather(s, &of_a));
	assert_true(traffic_failures(s, &q, tell_failure, &t));
	assert_string_equal(t.text, of_a_failures);
	t = (struct told){{0}, 0};
	q.domain = "b.example";
	q.servers = "[]";
	assert_true(traffic_failures(s, &q, tell_failure, &t));
	assert_string_equal(t.text, "");
	t = (struct told){{0}, 0};
	q = of_a_query;
	q.since += DAY;
	assert_true(traffic_failures(s, &q, tell_failure, &t));
	assert_string_equal(t.text, "");
	store_close(s);
}

/* Nothing is written into the file: it may be another's, and read-only. */
static void
gathering_leaves_the_file_alone(void **state)
{
	struct fixture *p = *state;
	struct store *s = fill(p->path);
	char *before = dump(p->path, "SELECT name FROM sqlite_schema ORDER BY name");

	assert_true(traffic_gather(s, &span));
	assert_query(p->path, "SELECT name FROM sqlite_schema ORDER BY name", before);
	free(before);
	store_close(s);
}

static void
open_incidents_of_a_domain_are_counted(void **state)
{
	struct fixture *p = *state;
	struct store *s;
	struct traffic_incidents count;

	store_close(fill(p->path));
	run_sql(p->path, "UPDATE incidents SET state = 'closed' WHERE kind = 'sts-violation'"
			 " AND domain = 'a.example'");
	s = open_store(p->path, STORE_READ);
	assert_true(traffic_incidents(s, "a.example", &count));
	assert_int_equal(count.open, 1);
	assert_int_equal(count.muted, 0);
	assert_true(traffic_incidents(s, "none.example", &count));
	assert_int_equal(count.open, 0);
	store_close(s);
	/* One that is muted alarms nobody here either, and is counted by itself. */
	run_sql(p->path, "INSERT INTO mutes (id, kinds, clients, servers, domains, severity, why,"
			 " added) VALUES (7, '', '192.0.2.7', '', '', 3, 'known', 0);"
			 "UPDATE incidents SET mute_id = 7 WHERE domain = 'a.example'");
	s = open_store(p->path, STORE_READ);
	assert_true(traffic_incidents(s, "a.example", &count));
	assert_int_equal(count.open, 0);
	assert_int_equal(count.muted, 1);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(counts_are_by_step_and_server),
	    FIXTURE_TEST(each_failure_is_told_once_by_the_first_kind),
	    FIXTURE_TEST(others_may_be_left_out),
	    FIXTURE_TEST(gathering_leaves_the_file_alone),
	    FIXTURE_TEST(open_incidents_of_a_domain_are_counted),
	};

	return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
