/*
 * What is known of subjects: kept, changed, removed; who goes when the table
 * is swept, and who stays; files of before.
 */
#include "tests/db_build.h"

#include "db/known.h"
#include "db/schema.h"

#define DAY INT64_C(86400000000)

static struct store *
begin(const char *path)
{
	struct store *s = open_store(path, STORE_CREATE);

	assert_true(store_begin(s));
	return s;
}

#define OFFERED "[[\"offered\",\"\",7,0,0,0,1,1,1772366400000000,0,0,null,0]]"

static int64_t
save(struct store *s, const char *key, int64_t first, int64_t last, int64_t sessions)
{
	struct subject_row row = {.key = key,
				  .first_seen = first,
				  .last_seen = last,
				  .sessions = sessions,
				  .marks = OFFERED};

	assert_true(known_save(s, &row));
	return row.id;
}

struct told {
	int count;
	struct subject_row last;
	char marks[128];
};

static void
note_row(void *ctx, const struct subject_row *row)
{
	struct told *told = ctx;

	told->count++;
	told->last = *row;
	snprintf(told->marks, sizeof(told->marks), "%s", row->marks);
}

static bool
is_there(struct store *s, const char *key)
{
	struct told told = {0};

	assert_true(known_find(s, key, note_row, &told));
	return told.count == 1;
}

/* How many were removed, and the last of them. */
struct removal {
	int count;
	char last[48];
};

static void
note_removal(void *ctx, const char *key)
{
	struct removal *r = ctx;

	r->count++;
	snprintf(r->last, sizeof(r->last), "%s", key);
}

static void
what_is_saved_is_found(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	const char *key = "server 198.51.100.25 25";
	struct told told = {0};

	assert_false(is_there(s, key));
	save(s, key, START, START + 5, 7);
	assert_true(known_find(s, key, note_row, &told));
	assert_int_equal(told.count, 1);
	assert_int_not_equal(told.last.id, 0);
	assert_int_equal(told.last.first_seen, START);
	assert_int_equal(told.last.last_seen, START + 5);
	assert_int_equal(told.last.sessions, 7);
	assert_string_equal(told.marks, OFFERED);
	assert_true(store_commit(s));
	store_close(s);
	assert_sound(p->path);
}

static void
what_is_saved_again_is_changed(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	struct subject_row row = {
	    .key = "server 198.51.100.25 25", .sessions = 8, .marks = "[\"other\"]"};

	row.id = save(s, row.key, START, START, 7);
	assert_true(known_save(s, &row));
	/* another process that does not know its id */
	row.id = 0;
	row.sessions = 9;
	assert_true(known_save(s, &row));
	assert_int_equal(known_count(s), 1);
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT sessions, marks FROM subjects", "9|[\"other\"]\n");
}

static void
sweeping_goes_round_and_lets_go_of_the_old(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	struct removal removed = {0};
	struct known_sweep sweep = {
	    .forgotten = START - 56 * DAY, .gone = note_removal, .ctx = &removed};
	char key[32];

	for (int i = 0; i < 1200; i++) {
		snprintf(key, sizeof(key), "client 192.0.2.%d", i);
		save(s, key, START - (i % 2 == 0 ? 60 : 50) * DAY,
		     START - (i % 2 == 0 ? 60 : 50) * DAY, 100);
	}
	for (int i = 0; i < 4; i++)
		assert_true(known_sweep(s, &sweep));
	assert_int_equal(sweep.hand, 0);
	assert_int_equal(removed.count, 600);
	assert_string_equal(removed.last, "client 192.0.2.1198");
	assert_int_equal(known_count(s), 600);
	assert_true(store_commit(s));
	store_close(s);
	assert_sound(p->path);
}

/* A flood of invented servers goes before a real one. */
static void
where_room_is_wanted_the_weak_go(void **state)
{
	struct fixture *p = *state;
	struct store *s = begin(p->path);
	struct removal removed = {0};
	struct known_sweep sweep = {.gone = note_removal,
				    .ctx = &removed,
				    .forgotten = START - 56 * DAY,
				    .weak = START + DAY,
				    .weak_sessions = 3,
				    .weak_span = DAY};

	save(s, "server 198.51.100.25 25", START - 9 * DAY, START, 900);
	save(s, "server 203.0.113.1 25", START, START, 1);
	save(s, "server 203.0.113.2 25", START, START + 1, 5000);
	save(s, "server 203.0.113.3 25", START + 2 * DAY, START + 2 * DAY, 1);
	assert_true(known_sweep(s, &sweep));
	assert_int_equal(removed.count, 2);
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

/* The file of a program that kept a row a mark. */
static void
rows_of_marks_become_text(void **state)
{
	struct fixture *p = *state;

	for (int i = 0; i < 3; i++)
		run_sql(p->path, schema_steps[i]);
	run_sql(
	    p->path,
	    "PRAGMA application_id = 1465406284; PRAGMA user_version = 3;"
	    "INSERT INTO servers VALUES ('198.51.100.25', 25, 'smtp', 1, 2, 3, 3, 0, 0,"
	    " 0, 0, 3, 0, NULL, 'mx', 2);"
	    "INSERT INTO subjects VALUES (1, 'server 198.51.100.25 25', 5, 9, 3);"
	    "INSERT INTO subjects VALUES (2, 'client 192.0.2.7', 5, 9, 3);"
	    "INSERT INTO known VALUES (1, 'offered', '', 3, 1, 2, 0, 5, 3, 100, 110, 150, 120,"
	    " 130, 0), (1, 'network', '192.0.2.0/24', 3, 0, 0, 0, 7, 3, 100, 100, 160, 0, 100,"
	    " 0), (1, 'network', '203.0.113.0/24', 1, 1, 0, 0, 1, 2, 100, 100, 110, 170, 170, 0),"
	    " (1, 'node', 'mx.example.net 0000abcd', 1, 0, 0, 0, 1, 1, 100, 100, 100, 0, 100, 0),"
	    " (1, 'key', 'ab\"cd', 1, 0, 0, 0, 1, 1, 100, 100, 100, 0, 100, 99)");
	store_close(open_store(p->path, STORE_WRITE));
	assert_query(p->path, "SELECT json_extract(marks, '$[0]') FROM subjects WHERE id = 1",
		     "[\"key\",\"ab\\\"cd\",1,0,0,0,1,1,100,0,0,null,0,99]\n");
	assert_query(p->path, "SELECT marks FROM subjects WHERE id = 2", "[]\n");
	assert_query(
	    p->path,
	    "SELECT offered_since, last_offered, last_not_offered, clients, clients_without,"
	    " names, extensions, keys FROM v_servers",
	    "100|150|170|[\"192.0.2.0/24\",\"203.0.113.0/24\"]|[\"203.0.113.0/24\"]|"
	    "[\"mx.example.net\"]|[]|[\"ab\\\"cd\"]\n");
	assert_query(p->path, "PRAGMA integrity_check", "ok\n");
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
	    FIXTURE_TEST(rows_of_marks_become_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
