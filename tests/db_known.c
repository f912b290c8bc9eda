/*
 * What is known of subjects: kept, changed, removed; who goes when the table
 * is swept, and who stays; files of before.
 */
#include "tests/db_build.h"

#include "db/known.h"
#include "db/schema.h"

#define DAY INT64_C(86400000000)

static struct known_row
offered(int64_t yes)
{
	return (struct known_row){.what = "offered",
				  .value = "",
				  .yes = yes,
				  .recent = 1,
				  .recent_count = 1,
				  .first = START,
				  .since = START,
				  .last_yes = START};
}

static struct store *
begin(const char *path)
{
	struct store *s = open_store(path, STORE_CREATE);

	assert_true(store_begin(s));
	return s;
}

static int64_t
save(struct store *s, const char *key, int64_t first, int64_t last, int64_t sessions)
{
	struct subject_row row = {
	    .key = key, .first_seen = first, .last_seen = last, .sessions = sessions};
	const struct known_row known = offered(sessions);

	assert_true(known_save_subject(s, &row));
	assert_true(known_save(s, row.id, &known));
	return row.id;
}

struct told {
	int count;
	struct known_row last;
};

static void
note_row(void *ctx, const struct known_row *row)
{
	struct told *told = ctx;

	told->count++;
	told->last = *row;
}

static bool
is_there(struct store *s, const char *key)
{
	struct subject_row row = {.key = key};
	struct told told = {0};

	assert_true(known_find(s, &row, note_row, &told));
	return row.id != 0;
}

static void
what_is_saved_is_found(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	struct subject_row row = {.key = "server 198.51.100.25 25"};
	struct told told = {0};

	assert_true(known_find(s, &row, note_row, &told));
	assert_int_equal(row.id, 0);
	save(s, row.key, START, START + 5, 7);
	assert_true(known_find(s, &row, note_row, &told));
	assert_int_not_equal(row.id, 0);
	assert_int_equal(row.first_seen, START);
	assert_int_equal(row.last_seen, START + 5);
	assert_int_equal(row.sessions, 7);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.last.yes, 7);
	assert_int_equal(told.last.since, START);
	assert_true(known_remove(s, row.id, "offered", ""));
	told.count = 0;
	assert_true(known_find(s, &row, note_row, &told));
	assert_int_equal(told.count, 0);
	assert_true(store_commit(s));
	store_close(s);
	assert_sound(p->path);
}

static void
what_is_saved_again_is_changed(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	struct known_row known = offered(9);
	struct subject_row row = {.key = "server 198.51.100.25 25", .sessions = 8};

	row.id = save(s, row.key, START, START, 7);
	assert_true(known_save_subject(s, &row));
	assert_true(known_save(s, row.id, &known));
	assert_int_equal(known_count(s), 1);
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT sessions, yes FROM subjects JOIN known ON subject_id = id",
		     "8|9\n");
}

static void
sweeping_goes_round_and_lets_go_of_the_old(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	struct known_sweep sweep = {.forgotten = START - 56 * DAY};
	int64_t removed = 0;
	char key[32];

	for (int i = 0; i < 1200; i++) {
		snprintf(key, sizeof(key), "client 192.0.2.%d", i);
		save(s, key, START - (i % 2 == 0 ? 60 : 50) * DAY,
		     START - (i % 2 == 0 ? 60 : 50) * DAY, 100);
	}
	for (int i = 0; i < 4; i++) {
		assert_true(known_sweep(s, &sweep));
		removed += sweep.removed;
	}
	assert_int_equal(sweep.hand, 0);
	assert_int_equal(removed, 600);
	assert_int_equal(known_count(s), 600);
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM known", "600\n");
	assert_sound(p->path);
}

/* A flood of invented servers goes before a real one. */
static void
where_room_is_wanted_the_weak_go(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	struct known_sweep sweep = {.forgotten = START - 56 * DAY,
				    .weak = START + DAY,
				    .weak_sessions = 3,
				    .weak_span = DAY};

	save(s, "server 198.51.100.25 25", START - 9 * DAY, START, 900);
	save(s, "server 203.0.113.1 25", START, START, 1);
	save(s, "server 203.0.113.2 25", START, START + 1, 5000);
	save(s, "server 203.0.113.3 25", START + 2 * DAY, START + 2 * DAY, 1);
	assert_true(known_sweep(s, &sweep));
	assert_int_equal(sweep.removed, 2);
	assert_true(is_there(s, "server 198.51.100.25 25"));
	assert_false(is_there(s, "server 203.0.113.1 25"));
	assert_false(is_there(s, "server 203.0.113.2 25"));
	assert_true(is_there(s, "server 203.0.113.3 25"));
	store_close(s);
}

/* The file of a program that knew nothing of subjects. */
static void
a_file_of_before_gets_the_tables_and_keeps_its_rows(void **state)
{
	struct fixture *p = *state;
	struct store *s;

	run_sql(p->path, schema_steps[0]);
	run_sql(p->path,
		"PRAGMA application_id = 1465406284; PRAGMA user_version = 1;"
		"INSERT INTO servers VALUES ('198.51.100.25', 25, 'smtp', 1, 2, 3, 3, 0, 0,"
		" 0, 0, 3, 0, NULL, 'mx', 2)");
	s = open_store(p->path, STORE_WRITE);
	assert_int_equal(known_count(s), 0);
	assert_true(store_begin(s));
	save(s, "server 198.51.100.25 25", START, START, 1);
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT server, sessions, offered_since, clients FROM v_servers",
		     "198.51.100.25|3|1772366400000000|[]\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(what_is_saved_is_found),
	    FIXTURE_TEST(what_is_saved_again_is_changed),
	    FIXTURE_TEST(sweeping_goes_round_and_lets_go_of_the_old),
	    FIXTURE_TEST(where_room_is_wanted_the_weak_go),
	    FIXTURE_TEST(a_file_of_before_gets_the_tables_and_keeps_its_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
