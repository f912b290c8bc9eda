/*
 * Keeping to limits: what goes when, what stays, in which steps; what was
 * removed and is read again; steps that were killed.
 */
#include "tests/db_build.h"

#include "db/retain.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define APART  (30 * SECOND) /* of sessions, by fill_sessions */

static const struct retain_limits month = {
    .sessions = 30 * RETAIN_DAY, .evidence = 90 * RETAIN_DAY, .incidents = 730 * RETAIN_DAY};

/* All that is to go by then. */
static void
keep_to(struct store *s, const struct retain_limits *limits, int64_t now, struct retain *r)
{
	enum retained done;
	int steps = 0;

	retain_begin(r, limits, now);
	do {
		done = retain_step(s, r);
		if (done == RETAIN_FAILED)
			fail_msg("%s", store_error(s));
		assert_true(++steps < 10000);
	} while (done == RETAIN_MORE || r->incident_hand != 0);
	assert_int_equal(done, RETAIN_DONE);
}

static int64_t
count_of(const char *path, const char *query)
{
	char *text = dump(path, query);
	int64_t count = strtoll(text, NULL, 10);

	free(text);
	return count;
}

/* What reports and incidents count. */
static char *
dump_counts(const char *path)
{
	char *hours = dump(path, "SELECT * FROM v_hourly");
	char *servers = dump(path, "SELECT server, sessions, first_seen, last_seen FROM v_servers");
	char *incidents = dump(path, "SELECT id, state, sessions, first_seen, last_seen, summary,"
				     " evidence FROM v_incidents");
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "%s%s%s", hours, servers, incidents);
	fclose(out);
	free(hours);
	free(servers);
	free(incidents);
	return text;
}

static void
nothing_goes_before_its_time(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain_limits none = {0};
	struct retain r;

	fill_sessions(s, 0, 200, 50);
	keep_to(s, &month, START + 30 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_sessions, 0);
	/* The limits are none: however old. */
	keep_to(s, &none, INT64_MAX, &r);
	assert_int_equal(r.removed_sessions + r.removed_evidence + r.removed_incidents, 0);
	store_close(s);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM v_sessions"), 200);
}

static void
evidence_outlives_sessions_and_incidents_outlive_both(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;
	char *before, *after;
	int64_t incidents, kept, bytes;

	fill_sessions(s, 0, 1000, 50);
	before = dump_counts(p->path);
	incidents = count_of(p->path, "SELECT count(*) FROM v_incidents");
	kept = count_of(p->path, "SELECT count(DISTINCT session_id) FROM kept");
	bytes = count_of(p->path, "SELECT count(*) FROM packets");
	assert_true(kept > 20 && bytes == kept);

	/* After a month: sessions are those that are evidence, and all that they are. */
	keep_to(s, &month, START + 31 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_sessions, 1000 - kept);
	assert_int_equal(r.removed_evidence, 0);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM v_sessions"), kept);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM packets"), bytes);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM transcripts"), bytes);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM v_findings"), 2 * kept);
	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
	after = dump_counts(p->path);
	assert_string_equal(after, before);
	free(after);

	/* After three: no bytes, and all that can be said. */
	keep_to(s, &month, START + 91 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_sessions, kept);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM v_sessions"), 0);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM packets"), 0);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM transcripts"), 0);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM mentions"), 0);
	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
	after = dump_counts(p->path);
	assert_string_equal(after, before);
	assert_non_null(strstr(after, "250 mx1"));
	free(after);
	free(before);

	/* After two years, whatever their state. */
	assert_int_equal(incident_set_state(s, 1, "acked", NULL), INCIDENT_CHANGED);
	assert_int_equal(incident_set_state(s, 2, "closed", NULL), INCIDENT_CHANGED);
	keep_to(s, &month, START + 729 * RETAIN_DAY, &r);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM v_incidents"), incidents);
	keep_to(s, &month, START + 731 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_incidents, incidents);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM evidence"), 0);
	assert_int_equal(count_of(p->path, "SELECT sum(sessions) FROM v_hourly"), 1000);
	store_close(s);
	assert_sound(p->path);
}

/* Bytes may go before the sessions do: these stay as they are. */
static void
evidence_may_go_before_sessions(void **state)
{
	static const struct retain_limits limits = {.sessions = 30 * RETAIN_DAY,
						    .evidence = 7 * RETAIN_DAY};
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;

	fill_sessions(s, 0, 200, 50);
	keep_to(s, &limits, START + 8 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_sessions, 0);
	assert_true(r.removed_evidence > 0);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM packets"), 0);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM v_sessions"), 200);
	assert_true(count_of(p->path, "SELECT count(*) FROM evidence") > 0);
	store_close(s);
	assert_sound(p->path);
}

/* An incident that goes on has bytes again, in the places of those that went. */
static void
new_sessions_take_the_places_of_old_evidence(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;

	fill_sessions(s, 0, 200, 50);
	keep_to(s, &month, START + 91 * RETAIN_DAY, &r);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM kept WHERE session_id > 0"), 0);
	fill_sessions(s, 300000, 300400, 50);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM kept WHERE session_id IS NULL"),
			 0);
	assert_int_equal(count_of(p->path, "SELECT min(n) FROM (SELECT count(*) AS n FROM kept"
					   " GROUP BY incident_id)"),
			 4);
	store_close(s);
	assert_sound(p->path);
}

/* A kept session that is told again, longer, is as old as its end is now. */
static void
evidence_is_as_old_as_the_end_of_its_session(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
	struct session_row row = plain_row(s, 0);
	struct retain r;

	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	row.end += 10 * RETAIN_DAY;
	row.packets++;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	keep_to(s, &month, START + 95 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_evidence, 0);
	keep_to(s, &month, START + 101 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_evidence, 1);
	store_close(s);
	assert_sound(p->path);
}

static void
what_was_removed_is_not_counted_again(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;
	char *before, *after;

	fill_sessions(s, 0, 1000, 50);
	assert_int_equal(incident_set_state(s, 3, "closed", NULL), INCIDENT_CHANGED);
	before = dump_counts(p->path);
	keep_to(s, &month, START + 91 * RETAIN_DAY, &r);
	fill_sessions(s, 0, 1000, 70);
	after = dump_counts(p->path);
	assert_string_equal(after, before);
	free(after);
	free(before);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM v_sessions"), 0);
	store_close(s);
	assert_sound(p->path);
}

/* Each part of what a session is known by tells it from one that was removed. */
static void
another_session_of_that_time_is_taken_in(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0), others[6];
	struct retain r;
	size_t i;

	add_one(s, &row);
	keep_to(s, &month, START + 31 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_sessions, 1);
	assert_int_equal(add_one(s, &row), SESSION_REMOVED);
	for (i = 0; i < 6; i++)
		others[i] = row;
	others[0].start++;
	others[1].client_port++;
	others[2].client = "192.0.2.8";
	others[3].server = "198.51.100.26";
	others[4].server_port = 587;
	others[5].service = "submission";
	for (i = 0; i < 6; i++)
		if (add_one(s, &others[i]) != SESSION_NEW)
			fail_msg("%zu", i);
	store_close(s);
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly", "7\n");
	assert_sound(p->path);
}

/* The memory of what was removed ends where incidents do; nothing from before is taken in then. */
static void
behind_the_horizon_nothing_is_taken_in(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;
	struct session_row row;

	fill_sessions(s, 0, 1000, 50);
	keep_to(s, &month, START + 731 * RETAIN_DAY, &r);
	assert_int_equal(count_of(p->path, "SELECT count(*) FROM removed"), 0);
	fill_sessions(s, 0, 1000, 50);
	store_close(s);
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly", "1000\n");
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "0\n");
	s = open_store(p->path, STORE_WRITE);
	row = plain_row(s, 30 * 999);
	row.client_port = 7;
	assert_int_equal(add_one(s, &row), SESSION_BEHIND);
	row.start++;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	store_close(s);
	assert_sound(p->path);
}

/* A session that is there is known, however old: the horizon is for those that are not. */
static void
what_is_still_there_is_known_behind_the_horizon(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	add_one(s, &row);
	run_sql(p->path, "UPDATE totals SET horizon = 9000000000000000");
	assert_int_equal(add_one(s, &row), SESSION_KNOWN);
	row.packets++;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	store_close(s);
	assert_sound(p->path);
}

static void
a_step_is_small(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;
	struct retain was;
	enum retained done;
	int steps = 0;

	fill_sessions(s, 0, 5000, 1000);
	retain_begin(&r, &month, START + 93 * RETAIN_DAY);
	do {
		was = r;
		done = retain_step(s, &r);
		assert_true(r.removed_sessions - was.removed_sessions <= 64);
		assert_true(r.removed_evidence - was.removed_evidence <= 32);
		steps++;
	} while (done == RETAIN_MORE);
	assert_int_equal(done, RETAIN_DONE);
	assert_int_equal(r.removed_sessions, 5000);
	assert_true(steps >= 5000 / 64);
	store_close(s);
	assert_sound(p->path);
}

/* However large the evidence. */
static void
a_step_frees_few_bytes(void **state)
{
	static const uint8_t bytes[60000];
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct packet_row packets[4];
	struct exhibit exhibit = {NULL, 0, packets, 4, NULL, 0, true};
	int64_t left, was = 0;
	char domain[32];
	struct retain r;
	enum retained done;
	int n;

	for (n = 0; n < 4; n++)
		packets[n] = (struct packet_row){START, true, 1, 60000, bytes, sizeof(bytes)};
	for (n = 0; n < 60; n++) {
		struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
		struct session_row row = plain_row(s, n);

		snprintf(domain, sizeof(domain), "d%d.example", n);
		row.domain = domain;
		row.findings = &finding;
		row.finding_count = 1;
		row.exhibit = &exhibit;
		assert_int_equal(add_one(s, &row), SESSION_NEW);
	}
	left = count_of(p->path, "SELECT sum(length(bytes)) FROM packets");
	assert_int_equal(left, 60 * 240000);
	retain_begin(&r, &month, START + 93 * RETAIN_DAY);
	do {
		was = left;
		done = retain_step(s, &r);
		left = count_of(p->path, "SELECT sum(length(bytes)) FROM packets");
		assert_true(was - left <= (512 << 10) + 240000);
	} while (done == RETAIN_MORE);
	assert_int_equal(left, 0);
	store_close(s);
	assert_sound(p->path);
}

/* Many sessions that stay, of one microsecond, do not end the walk. */
static void
evidence_of_one_moment_does_not_stop_the_walk(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	char domain[32];
	struct retain r;
	int n;

	assert_true(store_begin(s));
	for (n = 0; n < 700; n++) {
		struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
		struct session_row row = plain_row(s, n < 600 ? 0 : n);
		int64_t id;

		snprintf(domain, sizeof(domain), "d%d.example", n);
		row.client_port = (uint16_t)(1024 + n);
		row.domain = domain;
		row.findings = &finding;
		row.finding_count = n < 600;
		assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
	}
	assert_true(store_commit(s));
	keep_to(s, &month, START + 31 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_sessions, 100);
	keep_to(s, &month, START + 91 * RETAIN_DAY, &r);
	assert_int_equal(r.removed_sessions, 600);
	store_close(s);
	assert_sound(p->path);
}

/* Sessions added behind the hand go once the walk begins anew. */
static void
what_is_added_late_goes_too(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;

	fill_sessions(s, 100, 200, 50);
	keep_to(s, &month, START + 91 * RETAIN_DAY, &r);
	fill_sessions(s, 0, 100, 50);
	retain_restart(&r);
	while (retain_step(s, &r) == RETAIN_MORE)
		;
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "0\n");
	assert_sound(p->path);
}

/* By size each has its share: neither sessions nor evidence take all of the room. */
static void
by_size_the_oldest_go_and_each_keeps_its_share(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain_limits limits = {0};
	char domain[32];
	struct retain r;
	int64_t was;
	int n;

	/* Each with an incident of its own: all are evidence. */
	for (n = 0; n < 3000; n++) {
		static const uint8_t bytes[1000];
		struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
		struct packet_row packet = {START, true, 1, 1000, bytes, sizeof(bytes)};
		struct exhibit exhibit = {NULL, 0, &packet, 1, NULL, 0, true};
		struct session_row row;
		int64_t id;

		if (!store_is_in_transaction(s))
			assert_true(store_begin(s));
		row = plain_row(s, n * 30);
		snprintf(domain, sizeof(domain), "e%d.example", n);
		row.client_port = 7;
		row.domain = domain;
		row.findings = &finding;
		row.finding_count = 1;
		row.exhibit = &exhibit;
		assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
	}
	assert_true(store_commit(s));
	fill_sessions(s, 0, 3000, 1000);
	was = retain_bytes(s);
	limits.bytes = was * 7 / 10;
	keep_to(s, &limits, INT64_MAX, &r);
	assert_false(r.is_short);
	assert_true(retain_bytes(s) <= limits.bytes);
	assert_true(r.removed_sessions > 100);
	assert_true(count_of(p->path, "SELECT count(*) FROM packets") > 100);
	assert_true(count_of(p->path, "SELECT count(*) FROM v_sessions WHERE id NOT IN (SELECT"
				      " session_id FROM kept WHERE session_id IS NOT NULL)") > 100);
	/* The oldest went. */
	assert_true(count_of(p->path, "SELECT min(\"end\") FROM kept WHERE session_id > 0") >
		    START + 100 * APART);
	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);

	/* What is young is spared, and that it is too large is said. */
	limits.bytes = 200000;
	retain_begin(&r, &limits, INT64_MAX);
	r.spared = RETAIN_DAY / 24;
	while (retain_step(s, &r) == RETAIN_MORE)
		;
	assert_true(r.is_short);
	assert_true(count_of(p->path, "SELECT count(*) FROM v_sessions") > 100);
	assert_true(count_of(p->path, "SELECT max(start) - min(start) <= 3600000000 FROM"
				      " v_sessions") == 1);
	store_close(s);
	assert_sound(p->path);
}

static void
room_is_given_back_in_steps(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;
	struct stat before, after;

	fill_sessions(s, 0, 30000, 2000);
	run_sql(p->path, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(stat(p->path, &before), 0);
	keep_to(s, &month, START + 91 * RETAIN_DAY, &r);
	run_sql(p->path, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(stat(p->path, &after), 0);
	assert_true(after.st_size < before.st_size / 2);
	store_close(s);
	assert_sound(p->path);
}

/* A file made before keeps its pages, uses them again, and is made like others by db prune. */
static void
a_file_of_before_uses_its_pages_again(void **state)
{
	struct fixture *p = *state;
	struct prune prune = {.before = INT64_MIN};
	struct retain r;
	struct store *s;
	int64_t used;

	store_close(open_store(p->path, STORE_CREATE));
	run_sql(p->path, "PRAGMA auto_vacuum = 0; VACUUM");
	s = open_store(p->path, STORE_WRITE);
	fill_sessions(s, 0, 20000, 2000);
	used = retain_bytes(s);
	keep_to(s, &month, START + 91 * RETAIN_DAY, &r);
	assert_true(retain_bytes(s) < used / 2);
	assert_true(count_of(p->path, "PRAGMA page_count") * 4096 >= used);
	assert_true(upkeep_prune(s, &prune));
	assert_true(prune.bytes_after < used / 2);
	assert_query(p->path, "PRAGMA auto_vacuum", "2\n");
	store_close(s);
	assert_sound(p->path);
}

static void
who_writes_is_waited_for_and_who_reads_is_not(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	sqlite3_stmt *q;
	sqlite3 *other;
	struct retain r;

	fill_sessions(s, 0, 200, 50);
	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	retain_begin(&r, &month, START + 31 * RETAIN_DAY);
	assert_int_equal(retain_step(s, &r), RETAIN_BUSY);
	assert_int_equal(r.removed_sessions, 0);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	/* One who reads sees what was there when it began. */
	assert_int_equal(sqlite3_prepare_v2(other, "SELECT id FROM v_sessions", -1, &q, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	keep_to(s, &month, START + 31 * RETAIN_DAY, &r);
	assert_true(r.removed_sessions > 0);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	sqlite3_finalize(q);
	sqlite3_close(other);
	store_close(s);
	assert_sound(p->path);
}

#define KILLED_SESSIONS 4000
#define KILLS           30

/* All that is to go, in a child which is killed after so many microseconds. */
static bool
keep_and_kill(const char *path, long after)
{
	struct timespec wait = {0, after * 1000};
	pid_t child = fork();
	int status;

	assert_int_not_equal(child, -1);
	if (child == 0) {
		struct store *s = open_store(path, STORE_WRITE);
		struct retain r;

		retain_begin(&r, &month, START + 93 * RETAIN_DAY);
		while (retain_step(s, &r) == RETAIN_MORE)
			;
		_exit(0);
	}
	nanosleep(&wait, NULL);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status);
}

static void
a_killed_step_leaves_a_sound_file(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct retain r;
	char *before, *after;
	int kills, amid = 0;

	fill_sessions(s, 0, KILLED_SESSIONS, 2000);
	store_close(s);
	before = dump_counts(p->path);
	for (kills = 0; kills < KILLS; kills++) {
		int64_t left;

		if (keep_and_kill(p->path, 2000 + kills * 7919L % 40000)) {
			/* It came to its end: from the beginning. */
			assert_int_equal(unlink(p->path), 0);
			s = open_store(p->path, STORE_CREATE);
			fill_sessions(s, 0, KILLED_SESSIONS, 2000);
			store_close(s);
		}
		assert_sound(p->path);
		left = count_of(p->path, "SELECT count(*) FROM v_sessions");
		amid += left > 0 && left < KILLED_SESSIONS;
	}
	print_message("killed %d times, %d of them amid its work\n", kills, amid);
	s = open_store(p->path, STORE_WRITE);
	keep_to(s, &month, START + 93 * RETAIN_DAY, &r);
	fill_sessions(s, 0, KILLED_SESSIONS, 2000);
	store_close(s);
	after = dump_counts(p->path);
	assert_string_equal(after, before);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "0\n");
	free(after);
	free(before);
	assert_sound(p->path);
}

/* The step of the schema that lets evidence outlive its session takes along what is kept. */
static void
a_file_of_before_keeps_its_evidence(void **state)
{
	static const char query[] = "SELECT evidence FROM v_incidents ORDER BY id; ";
	struct fixture *p = *state;
	char *was, *is;

	make_old(p->path, step_with("kept_anew"));
	run_sql(
	    p->path,
	    "INSERT INTO sensors VALUES (1, 'tap1');"
	    "INSERT INTO sessions (id, sensor_id, start, \"end\", service, client, client_port,"
	    " server, server_port, complete, gap_bytes, seen, outcome, ending, packets,"
	    " client_bytes, server_bytes, domain) VALUES (5, 1, 1000, 2000, 'smtp',"
	    " '192.0.2.7', 1024, '198.51.100.25', 25, 1, 0, 'both', 'plaintext', 'fin', 9, 9, 9,"
	    " '');"
	    "INSERT INTO incidents (id, kind, server, server_port, client_net, domain,"
	    " sensor_id, service, client, severity, certainty, state, first_seen, last_seen,"
	    " sessions, pruned, \"where\", summary, refuted_by) VALUES (7, 'starttls-missing',"
	    " '198.51.100.25', 25, '192.0.2.0/24', '', 1, 'smtp', '192.0.2.7', 0, 0, 'open',"
	    " 1000, 2000, 1, 0, 'unknown', 'A sentence.', 'A reply.');"
	    "INSERT INTO findings VALUES (1, 5, 7, 'starttls-missing', 0, 0, 'unknown', 'A');"
	    "INSERT INTO kept VALUES (7, 1, 5, 1);"
	    "INSERT INTO evidence VALUES (7, 1, 0, 'EHLO reply', '250 mx1');"
	    "INSERT INTO hourly VALUES (0, '198.51.100.25', 'smtp', '', 1, 0, 1, 0);"
	    "INSERT INTO servers (server, server_port, service, first_seen, last_seen, sessions,"
	    " offered, not_offered, accepted, refused, encrypted, plaintext, failed, banner_seen)"
	    " VALUES ('198.51.100.25', 25, 'smtp', 1000, 2000, 1, 0, 1, 0, 0, 0, 1, 0, 0);");
	was = dump(p->path, query);
	assert_non_null(strstr(was, "250 mx1"));
	store_close(open_store(p->path, STORE_WRITE));
	is = dump(p->path, query);
	assert_string_equal(is, was);
	free(was);
	free(is);
	assert_query(p->path, "SELECT * FROM kept", "7|1|5|1|2000\n");
	assert_sound(p->path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(nothing_goes_before_its_time),
	    FIXTURE_TEST(evidence_outlives_sessions_and_incidents_outlive_both),
	    FIXTURE_TEST(evidence_may_go_before_sessions),
	    FIXTURE_TEST(new_sessions_take_the_places_of_old_evidence),
	    FIXTURE_TEST(evidence_is_as_old_as_the_end_of_its_session),
	    FIXTURE_TEST(what_was_removed_is_not_counted_again),
	    FIXTURE_TEST(another_session_of_that_time_is_taken_in),
	    FIXTURE_TEST(behind_the_horizon_nothing_is_taken_in),
	    FIXTURE_TEST(what_is_still_there_is_known_behind_the_horizon),
	    FIXTURE_TEST(a_step_is_small),
	    FIXTURE_TEST(a_step_frees_few_bytes),
	    FIXTURE_TEST(evidence_of_one_moment_does_not_stop_the_walk),
	    FIXTURE_TEST(what_is_added_late_goes_too),
	    FIXTURE_TEST(by_size_the_oldest_go_and_each_keeps_its_share),
	    FIXTURE_TEST(room_is_given_back_in_steps),
	    FIXTURE_TEST(a_file_of_before_uses_its_pages_again),
	    FIXTURE_TEST(who_writes_is_waited_for_and_who_reads_is_not),
	    FIXTURE_TEST(a_killed_step_leaves_a_sound_file),
	    FIXTURE_TEST(a_file_of_before_keeps_its_evidence),
	};

	return cmocka_run_group_tests_name("db_retain", tests, NULL, NULL);
}
