/*
 * Check, figures, pruning, backup; and runs that were killed.
 */
#include "tests/db_build.h"

#include "db/schema.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static void
count_problems(void *ctx, const char *problem)
{
	int *count = ctx;

	assert_true(problem[0] != '\0');
	++*count;
}

static void
the_check_finds_each_broken_invariant(void **state)
{
	static const struct {
		const char *name, *damage;
	} rows[] = {
	    {"incident's count", "UPDATE incidents SET sessions = sessions + 1 WHERE id = 1"},
	    {"hour's count", "UPDATE hourly SET sessions = sessions + 1"},
	    {"server's count", "UPDATE servers SET sessions = sessions - 1"},
	    {"an hour is missing",
	     "DELETE FROM hourly WHERE hour = (SELECT min(hour) FROM hourly)"},
	    {"reference", "DELETE FROM sensors"},
	    {"end before start", "UPDATE sessions SET \"end\" = start - 1 WHERE id = 3"},
	    {"bytes of nobody", "INSERT INTO transcripts VALUES (2, 0, 0, 'client', 'x')"},
	    {"kept for another's incident",
	     "UPDATE kept SET session_id = 2 WHERE incident_id = 1 AND place = 1"},
	    {"finding's start", "UPDATE findings SET start = start + 1 WHERE id = 1"},
	    {"incident's outcomes", "UPDATE incidents SET outcomes = outcomes + 16 WHERE id = 2"},
	    {"incident's span", "UPDATE incidents SET span = span + 1 WHERE id = 2"},
	};
	struct fixture *p = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *s = open_store(p->path, STORE_CREATE);
		int problems = 0, told;

		fill_sessions(s, 0, 200, 50);
		store_close(s);
		assert_sound(p->path);
		run_sql(p->path, rows[i].damage);
		s = open_store(p->path, STORE_READ);
		told = upkeep_check(s, count_problems, &problems);
		assert_int_equal(told, problems);
		if (problems == 0)
			fail_msg("%s: not found", rows[i].name);
		store_close(s);
		assert_int_equal(unlink(p->path), 0);
	}
}

static void
count_figures(void *ctx, const char *name, const char *value)
{
	int *found = ctx;

	if (strcmp(name, "sessions") == 0 && strcmp(value, "200") == 0)
		++*found;
	if (strcmp(name, "first session") == 0 && strcmp(value, "2026-03-01T12:00:00.000000Z") == 0)
		++*found;
	if (strcmp(name, "schema version") == 0 && strtoul(value, NULL, 10) == schema_step_count)
		++*found;
}

static void
figures_are_told(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	int found = 0;

	fill_sessions(s, 0, 200, 50);
	assert_true(upkeep_stats(s, count_figures, &found));
	assert_int_equal(found, 3);
	store_close(s);
}

static void
pruning_by_age_keeps_reports_and_stays_sound(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct prune prune = {.before = START + 100 * INT64_C(30000000)};
	char *before, *after;

	fill_sessions(s, 0, 200, 50);
	before = dump(p->path, "SELECT * FROM v_hourly; ");
	assert_int_equal(incident_set_state(s, 1, "closed", NULL), INCIDENT_CHANGED);
	assert_true(upkeep_prune(s, &prune));
	assert_int_equal(prune.sessions, 100);
	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
	/* What was removed is not counted twice when it is read again. */
	fill_sessions(s, 0, 200, 50);
	store_close(s);
	after = dump(p->path, "SELECT * FROM v_hourly");
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_query(p->path, "SELECT count(*), min(start) >= 1772369400000000 FROM v_sessions",
		     "100|1\n");
	assert_sound(p->path);
}

/* A session that began long ago and is still fresh stays, and does not end the pruning. */
static void
pruning_by_age_goes_by_the_end(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct prune prune = {.before = START + 10 * INT64_C(1000000)};
	struct session_row row;

	for (int n = 0; n < 20; n++) {
		row = plain_row(s, n);
		if (n == 3)
			row.end = START + 60 * INT64_C(1000000);
		add_one(s, &row);
	}
	assert_true(upkeep_prune(s, &prune));
	assert_int_equal(prune.sessions, 9);
	assert_false(prune.is_short);
	store_close(s);
	assert_query(p->path, "SELECT count(*), min(start) = 1772366403000000 FROM v_sessions",
		     "11|1\n");
	assert_sound(p->path);
}

static void
a_size_that_cannot_be_reached_is_told(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct prune prune = {.before = INT64_MIN, .limits.bytes = 1000, .now = INT64_MAX};

	fill_sessions(s, 0, 2000, 500);
	assert_false(upkeep_prune(s, &prune));
	assert_non_null(strstr(store_error(s), "nothing was removed"));
	assert_int_equal(prune.sessions, 0);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "2000\n");
	/* What stays takes more than an empty one. */
	assert_non_null(strstr(store_error(s), "takes "));
	prune.limits.bytes = strtoll(strstr(store_error(s), "takes ") + 6, NULL, 10);
	assert_true(upkeep_prune(s, &prune));
	assert_true(prune.is_short);
	assert_int_equal(prune.sessions, 2000);
	store_close(s);
	assert_sound(p->path);
}

static void
pruning_removes_closed_incidents_of_which_nothing_is_left(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct prune prune = {.before = INT64_MAX};

	fill_sessions(s, 0, 200, 50);
	assert_int_equal(incident_set_state(s, 1, "closed", NULL), INCIDENT_CHANGED);
	assert_true(upkeep_prune(s, &prune));
	assert_int_equal(prune.sessions, 200);
	assert_int_equal(prune.incidents, 1);
	assert_int_equal(incident_exists(s, 1), MAYBE_NO);
	assert_int_equal(incident_exists(s, 2), MAYBE_YES);
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM packets", "0\n");
	assert_sound(p->path);
}

static void
pruning_by_size_removes_the_oldest_until_it_fits(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct prune prune = {.before = INT64_MIN, .limits.bytes = 3000000, .now = INT64_MAX};

	fill_sessions(s, 0, 20000, 2000);
	assert_true(upkeep_prune(s, &prune));
	assert_true(prune.bytes_before > 3000000);
	assert_true(prune.bytes_after <= 3000000);
	assert_true(prune.sessions > 0 && prune.sessions < 20000);
	store_close(s);
	assert_sound(p->path);
}

static void
a_backup_is_whole_and_overwrites_nothing(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	char path[128];
	char *one, *other;
	struct stat st;

	fill_sessions(s, 0, 200, 50);
	snprintf(path, sizeof(path), "%s/copy.db", p->folder);
	assert_true(upkeep_backup(s, path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(upkeep_backup(s, path));
	assert_non_null(strstr(store_error(s), "exists already"));
	store_close(s);
	assert_sound(path);
	one = dump(p->path, "SELECT * FROM v_findings");
	other = dump(path, "SELECT * FROM v_findings");
	assert_string_equal(one, other);
	free(one);
	free(other);
}

/* All that the views and the kept bytes show. */
static char *
dump_all(const char *path)
{
	static const char *const queries[] = {
	    "SELECT * FROM v_sessions ORDER BY start",
	    "SELECT * FROM v_incidents ORDER BY id",
	    "SELECT * FROM v_findings ORDER BY id",
	    "SELECT * FROM v_servers ORDER BY server, server_port",
	    "SELECT * FROM v_hourly ORDER BY hour, server, domain",
	    "SELECT * FROM kept ORDER BY incident_id, place",
	    "SELECT * FROM evidence ORDER BY incident_id, place, seq",
	    "SELECT * FROM transcripts ORDER BY session_id, seq",
	    "SELECT session_id, seq, hex(bytes) FROM packets ORDER BY session_id, seq",
	};
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		char *part = dump(path, queries[i]);

		fputs(part, out);
		free(part);
	}
	fclose(out);
	return text;
}

#define KILLED_SESSIONS 6000
#define KILLS           40

/* Run in a child, which is killed after so many microseconds. True where it came to its end. */
static bool
run_and_kill(const char *path, long after)
{
	struct timespec wait = {0, after * 1000};
	pid_t child = fork();
	int status;

	assert_int_not_equal(child, -1);
	if (child == 0) {
		char why[STORE_WHY_MAX];
		struct store *s = store_open(path, STORE_CREATE, why, sizeof(why));

		if (s == NULL)
			_exit(1);
		fill_sessions(s, 0, KILLED_SESSIONS, 100);
		store_close(s);
		_exit(0);
	}
	nanosleep(&wait, NULL);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFEXITED(status);
}

static void
a_killed_run_is_completed_by_running_again(void **state)
{
	struct fixture *p = *state;
	char whole[128];
	char *expected, *text;
	struct store *s;
	int kills;

	snprintf(whole, sizeof(whole), "%s/whole.db", p->folder);
	s = open_store(whole, STORE_CREATE);
	fill_sessions(s, 0, KILLED_SESSIONS, 100);
	store_close(s);
	expected = dump_all(whole);
	for (kills = 0; kills < KILLS; kills++) {
		/* Moments spread over what a run takes. */
		if (run_and_kill(p->path, (kills * 7919L) % 60000))
			break;
		if (access(p->path, F_OK) == 0) {
			s = open_store(p->path, STORE_CREATE);
			assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
			store_close(s);
		}
	}
	print_message("killed %d times\n", kills);
	s = open_store(p->path, STORE_CREATE);
	fill_sessions(s, 0, KILLED_SESSIONS, 2000);
	store_close(s);
	text = dump_all(p->path);
	assert_string_equal(text, expected);
	free(text);
	free(expected);
	assert_sound(p->path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(the_check_finds_each_broken_invariant),
	    FIXTURE_TEST(figures_are_told),
	    FIXTURE_TEST(pruning_by_age_keeps_reports_and_stays_sound),
	    FIXTURE_TEST(pruning_by_age_goes_by_the_end),
	    FIXTURE_TEST(a_size_that_cannot_be_reached_is_told),
	    FIXTURE_TEST(pruning_removes_closed_incidents_of_which_nothing_is_left),
	    FIXTURE_TEST(pruning_by_size_removes_the_oldest_until_it_fits),
	    FIXTURE_TEST(a_backup_is_whole_and_overwrites_nothing),
	    FIXTURE_TEST(a_killed_run_is_completed_by_running_again),
	};

	return cmocka_run_group_tests_name("db_upkeep", tests, NULL, NULL);
}
