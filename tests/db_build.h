/*
 * Rows and files for the tests of db/: a plain session to vary, a fresh folder,
 * the whole of a view as text.
 */
#ifndef TESTS_DB_BUILD_H
#define TESTS_DB_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/incident.h"
#include "db/query.h"
#include "db/schema.h"
#include "db/session.h"
#include "db/upkeep.h"

#define START INT64_C(1772366400000000) /* 2026-03-01T12:00:00Z */

/* A folder of its own for each test, removed with all that is in it. */
struct fixture {
	char folder[64];
	char path[96]; /* the database in it */
};

static inline int
fixture_setup(void **state)
{
	struct fixture *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	snprintf(p->folder, sizeof(p->folder), "/tmp/waxseal-test-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/a.db", p->folder);
	*state = p;
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *p = *state;
	char command[128];

	umount(p->folder); /* where a test that mounted something there failed */
	snprintf(command, sizeof(command), "rm -rf %s", p->folder);
	if (system(command) != 0)
		return -1;
	free(p);
	return 0;
}

#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

static inline struct store *
open_store(const char *path, enum store_mode mode)
{
	char why[STORE_WHY_MAX] = "";
	struct store *s = store_open(path, mode, why, sizeof(why));

	if (s == NULL)
		fail_msg("%s", why);
	return s;
}

/* A plaintext session of 192.0.2.7 with 198.51.100.25, n seconds later each. */
static inline struct session_row
plain_row(struct store *s, int n)
{
	return (struct session_row){
	    .sensor_id = session_sensor(s, "tap1"),
	    .start = START + n * INT64_C(1000000),
	    .end = START + n * INT64_C(1000000) + 500000,
	    .service = "smtp",
	    .client = "192.0.2.7",
	    .client_port = (uint16_t)(1024 + n % 60000),
	    .server = "198.51.100.25",
	    .server_port = 25,
	    .client_net = "192.0.2.0/24",
	    .complete = true,
	    .seen = "both",
	    .outcome = "plaintext",
	    .ending = "fin",
	    .packets = 20,
	    .client_bytes = 100,
	    .server_bytes = 200,
	    .banner = "mx1.example.net ESMTP",
	    .helo = "out.example.org",
	    .extended = MAYBE_YES,
	    .offered = MAYBE_NO,
	    .requested = MAYBE_NO,
	    .mail_count = 1,
	    .from_domains = "[\"example.org\"]",
	    .rcpt_domains = "[\"example.net\"]",
	    .domain = "example.net",
	};
}

static const struct proof_row plain_proofs[] = {{"EHLO reply", "250 mx1", false},
						{"tap", "no loss", false}};

static inline struct finding_row
plain_finding(const char *kind, enum severity_rank severity)
{
	return (struct finding_row){
	    .kind = kind,
	    .severity = severity,
	    .certainty = RANK_POSSIBLE,
	    .where = "unknown",
	    .detail = "The reply has no STARTTLS.",
	    .summary = "192.0.2.7 to 198.51.100.25:25: the reply has no STARTTLS.",
	    .refuted_by = "A reply that has it.",
	    .title = "No STARTTLS",
	    .is_of_path = true,
	    .proofs = plain_proofs,
	    .proof_count = 2,
	};
}

/* Add one in a transaction of its own. */
static inline enum session_added
add_one(struct store *s, struct session_row *row)
{
	enum session_added added;
	int64_t id;

	if (!store_is_in_transaction(s) && !store_begin(s))
		fail_msg("%s", store_error(s));
	row->sensor_id = session_sensor(s, "tap1");
	added = session_add(s, row, &id);
	if (added == SESSION_FAILED || !store_commit(s))
		fail_msg("%s", store_error(s));
	return added;
}

/* Sessions from..to, half a minute apart, every third with two findings and its bytes. */
static inline void
fill_sessions(struct store *s, int from, int to, int per_batch)
{
	static const uint8_t bytes[60];
	struct line_row line = {START, true, "250 mx1.example.net"};
	struct packet_row packet = {START, true, 1, 60, bytes, sizeof(bytes)};
	struct exhibit exhibit = {&line, 1, &packet, 1, NULL, 0, true};
	char client[32], server[32], domain[32];
	int64_t id, sensor = 0;
	int n;

	for (n = from; n < to; n++) {
		struct finding_row findings[2] = {
		    plain_finding("starttls-missing", RANK_INFO),
		    plain_finding("credentials-exposed",
				  n % 50 == 0 ? RANK_CRITICAL : RANK_WARNING)};
		struct session_row row;

		if (!store_is_in_transaction(s)) {
			assert_true(store_begin(s));
			sensor = session_sensor(s, "tap1");
		}
		row = plain_row(s, n);
		snprintf(client, sizeof(client), "192.0.2.%d", n % 7);
		snprintf(server, sizeof(server), "198.51.100.%d", n % 5);
		snprintf(domain, sizeof(domain), "d%d.example", n % 4);
		row.client = client;
		row.server = server;
		row.domain = domain;
		row.start = START + n * INT64_C(30000000);
		row.end = row.start + 1000000;
		row.sensor_id = sensor;
		row.findings = findings;
		row.finding_count = n % 3 == 0 ? 2 : 0;
		row.exhibit = &exhibit;
		assert_int_not_equal(session_add(s, &row, &id), SESSION_FAILED);
		if (n % per_batch == per_batch - 1)
			assert_true(store_commit(s));
	}
	assert_true(store_commit(s));
}

/* The rows of a query as text, a line a row, columns apart by "|"; to be freed. */
static inline char *
dump(const char *path, const char *query)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	sqlite3_stmt *q;
	sqlite3 *db;
	int i;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_prepare_v2(db, query, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW) {
		for (i = 0; i < sqlite3_column_count(q); i++) {
			const unsigned char *value = sqlite3_column_text(q, i);

			fprintf(out, "%s%s", i == 0 ? "" : "|",
				value == NULL ? "" : (const char *)value);
		}
		fputc('\n', out);
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
	fclose(out);
	return text;
}

static inline void
assert_query(const char *path, const char *query, const char *expected)
{
	char *text = dump(path, query);

	assert_string_equal(text, expected);
	free(text);
}

static inline void
run_sql(const char *path, const char *script)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, script, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", script, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static inline void
fail_with_problem(void *ctx, const char *problem)
{
	(void)ctx;
	fail_msg("%s", problem);
}

static inline void
assert_sound(const char *path)
{
	struct store *s = open_store(path, STORE_READ);

	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
	store_close(s);
}

/* The step of the schema in which this stands. */
static inline size_t
step_with(const char *marker)
{
	size_t step = 0;

	while (strstr(schema_steps[step], marker) == NULL)
		step++;
	return step;
}

/* A database as it was when the schema had so many steps. */
static inline void
make_old(const char *path, size_t steps)
{
	struct sql_file *f;

	run_sql(path, "PRAGMA user_version = 0");
	f = sql_open(path, SQL_WRITE);
	assert_true(schema_settle(f, schema_steps, steps, true));
	sql_close(f);
}

#endif
