/*
 * Opening: whose file it is, what stands in the way, and what is left behind.
 */
#include "tests/db_build.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "db/inside.h"
#include "db/schema.h"
#include "tests/skip.h"

/* The version that this program makes, as text. */
static const char *
version_text(size_t steps_behind, const char *format)
{
	static char text[64];

	snprintf(text, sizeof(text), format, schema_step_count + steps_behind);
	return text;
}

static void
assert_refused(const char *path, enum store_mode mode, const char *words)
{
	char why[STORE_WHY_MAX] = "";
	struct store *s = store_open(path, mode, why, sizeof(why));

	assert_null(s);
	if (strncmp(why, path, strlen(path)) != 0 || strstr(why, words) == NULL)
		fail_msg("\"%s\" does not begin with the path and say \"%s\"", why, words);
	assert_null(strchr(why, '\n'));
}

/* The bytes of a file, to show that it was left alone. */
static char *
contents(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *bytes = calloc(1, 1 << 20);

	assert_non_null(f);
	*len = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	return bytes;
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
a_new_file_is_its_owners_alone(void **state)
{
	struct fixture *p = *state;
	struct session_row row;
	struct store *s;
	char wal[128];
	struct stat st;

	umask(0);
	s = open_store(p->path, STORE_CREATE);
	row = plain_row(s, 0);
	add_one(s, &row);
	umask(022);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(wal, sizeof(wal), "%s-wal", p->path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	store_close(s);
	assert_query(p->path, "PRAGMA application_id", "1465406284\n");
	assert_query(p->path, "PRAGMA user_version", version_text(0, "%zu\n"));
	assert_query(p->path, "PRAGMA journal_mode", "wal\n");
	assert_sound(p->path);
}

static void
an_absent_file_is_not_made_to_be_read(void **state)
{
	struct fixture *p = *state;

	assert_refused(p->path, STORE_READ, "No such file");
	assert_refused(p->path, STORE_WRITE, "No such file");
	assert_int_equal(access(p->path, F_OK), -1);
}

static void
what_is_no_plain_file_is_refused(void **state)
{
	struct fixture *p = *state;

	assert_refused(p->folder, STORE_CREATE, "not a plain file");
	assert_int_equal(mkfifo(p->path, 0600), 0);
	assert_refused(p->path, STORE_READ, "not a plain file");
	assert_refused(p->path, STORE_CREATE, "not a plain file");
}

static void
a_file_that_is_no_database_is_refused_and_left_alone(void **state)
{
	struct fixture *p = *state;
	static const enum store_mode modes[] = {STORE_READ, STORE_WRITE, STORE_CREATE};
	char text[3000];
	char *before, *after;
	size_t before_len, after_len, i;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	write_file(p->path, text);
	before = contents(p->path, &before_len);
	for (i = 0; i < 3; i++)
		assert_refused(p->path, modes[i], "not an SQLite database");
	after = contents(p->path, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, before_len);
	free(before);
	free(after);
}

static void
another_programs_database_is_refused_and_left_alone(void **state)
{
	struct fixture *p = *state;
	char *before, *after;
	size_t before_len, after_len;

	run_sql(p->path, "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')");
	before = contents(p->path, &before_len);
	assert_refused(p->path, STORE_READ, "not one of waxseal");
	assert_refused(p->path, STORE_CREATE, "not one of waxseal");
	after = contents(p->path, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, before_len);
	free(before);
	free(after);
}

static void
an_empty_file_becomes_a_database_only_when_written_to(void **state)
{
	struct fixture *p = *state;
	struct stat st;

	write_file(p->path, "");
	assert_refused(p->path, STORE_READ, "empty");
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_size, 0);
	store_close(open_store(p->path, STORE_CREATE));
	assert_sound(p->path);
}

/* The steps of a later program: this one's, and its own behind them. */
#define STEPS_MAX 32
static const char *later[STEPS_MAX];

static size_t
later_steps(const char *first, const char *second)
{
	size_t count = schema_step_count;

	assert_in_range(count, 1, STEPS_MAX - 2);
	memcpy(later, schema_steps, count * sizeof(later[0]));
	later[count++] = first;
	if (second != NULL)
		later[count++] = second;
	return count;
}

static void
a_newer_schema_is_refused_with_both_versions(void **state)
{
	struct fixture *p = *state;

	store_close(open_store(p->path, STORE_CREATE));
	run_sql(p->path, "PRAGMA user_version = 77");
	assert_refused(p->path, STORE_READ,
		       version_text(0, "version 77, this program knows up to %zu"));
	assert_refused(p->path, STORE_CREATE, "upgrade waxseal");
	assert_query(p->path, "PRAGMA user_version", "77\n");
}

/* Whoever upgrades it does not ask who is writing. */
static void
one_that_is_upgraded_meanwhile_is_not_written_to(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	run_sql(p->path, "PRAGMA user_version = 77");
	assert_false(store_begin(s));
	assert_false(store_is_in_transaction(s));
	assert_non_null(strstr(store_error(s), "upgrade waxseal"));
	assert_int_equal(store_begin_now(s), MAYBE_NULL);
	/* Nothing keeps the others from it. */
	run_sql(p->path, version_text(0, "PRAGMA user_version = %zu"));
	assert_true(store_begin(s));
	store_close(s);
}

static void
a_failed_open_leaves_no_new_file(void **state)
{
	struct fixture *p = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/absent/a.db", p->folder);
	assert_refused(path, STORE_CREATE, "No such file or directory");
}

static void
each_step_runs_once_and_an_older_file_keeps_its_rows(void **state)
{
	struct fixture *p = *state;
	const size_t count = later_steps("ALTER TABLE sensors ADD COLUMN place TEXT;",
					 "UPDATE sensors SET place = name || '!';");
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	add_one(s, &row);
	assert_true(schema_settle(s->file, later, count - 1, true));
	assert_true(schema_settle(s->file, later, count - 1, true));
	assert_int_equal(schema_version(s->file), count - 1);
	assert_true(schema_settle(s->file, later, count, true));
	assert_int_equal(schema_version(s->file), count);
	store_close(s);
	assert_query(p->path, "SELECT name, place FROM sensors", "tap1|tap1!\n");
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "1\n");
	assert_refused(p->path, STORE_READ, version_text(2, "version %zu"));
}

static void
count_call(void *ctx)
{
	++*(size_t *)ctx;
}

static void
an_upgrade_tells_that_it_goes_on(void **state)
{
	struct fixture *p = *state;
	size_t calls = 0, before;

	/* Of an empty file: by all steps. */
	store_tell_upgrade(count_call, &calls);
	store_close(open_store(p->path, STORE_CREATE));
	assert_true(calls > 0);
	before = calls;
	store_close(open_store(p->path, STORE_CREATE));
	assert_int_equal(calls, before);
	store_tell_upgrade(NULL, NULL);
}

static void
an_older_schema_is_not_upgraded_by_reading(void **state)
{
	struct fixture *p = *state;
	const size_t count = later_steps("ALTER TABLE sensors ADD COLUMN place TEXT;", NULL);
	struct store *s = open_store(p->path, STORE_CREATE);

	assert_false(schema_settle(s->file, later, count, false));
	assert_non_null(strstr(store_error(s), version_text(1, "this program's is %zu")));
	store_close(s);
	assert_query(p->path, "PRAGMA user_version", version_text(0, "%zu\n"));
}

static void
a_step_that_fails_leaves_the_file_as_it_was(void **state)
{
	struct fixture *p = *state;
	const size_t count = later_steps("ALTER TABLE sensors ADD COLUMN place TEXT;",
					 "DROP TABLE nothing_of_that_name;");
	struct store *s = open_store(p->path, STORE_CREATE);

	assert_false(schema_settle(s->file, later, count, true));
	assert_non_null(strstr(store_error(s), "nothing_of_that_name"));
	store_close(s);
	assert_query(p->path, "PRAGMA user_version", version_text(0, "%zu\n"));
	assert_query(p->path, "SELECT count(*) FROM pragma_table_info('sensors')", "2\n");
	assert_sound(p->path);
}

static void
a_locked_file_is_told_after_waiting(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	sqlite3 *other;

	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_false(store_begin(s));
	assert_non_null(strstr(store_error(s), "locked by another process"));
	/* Readers are not in its way, nor it in theirs. */
	assert_sound(p->path);
	sqlite3_close(other);
	assert_true(store_begin(s));
	assert_true(store_commit(s));
	assert_string_equal(store_error(s), "");
	store_close(s);
}

static void
a_write_outside_of_a_transaction_is_refused(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);
	int64_t id;

	assert_int_equal(session_add(s, &row, &id), SESSION_FAILED);
	assert_non_null(strstr(store_error(s), "outside of a transaction"));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM sessions", "0\n");
}

static void
what_is_not_committed_is_not_there(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);
	int64_t id;

	assert_true(store_begin(s));
	row.sensor_id = session_sensor(s, "tap1");
	assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
	store_rollback(s);
	/* What the batch had gathered is forgotten with it. */
	row = plain_row(s, 1);
	add_one(s, &row);
	store_close(s);
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly", "1\n");
	assert_sound(p->path);
}

/* Mount something for one test, which is skipped where this is not allowed. */
static void
mount_small(const char *folder)
{
	if (mount("tmpfs", folder, "tmpfs", 0, "size=1200k") != 0)
		skip_because("cannot mount a small file system: %s", strerror(errno));
}

static void
a_full_disk_is_told_and_loses_nothing(void **state)
{
	struct fixture *p = *state;
	char path[128], filler[128], expected[32], *why = NULL;
	struct store *s;
	struct session_row row;
	int n = 0, committed = 0, fd;
	static const char zeros[65536];
	int64_t id;

	mount_small(p->folder);
	snprintf(path, sizeof(path), "%s/a.db", p->folder);
	snprintf(filler, sizeof(filler), "%s/filler", p->folder);
	s = open_store(path, STORE_CREATE);
	row = plain_row(s, 0);
	add_one(s, &row);
	fd = open(filler, O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(write(fd, zeros, 65536), -1);
	for (n = 1; n < 100000 && why == NULL; n++) {
		row = plain_row(s, n);
		if (!store_begin(s))
			why = strdup(store_error(s));
		row.sensor_id = 1;
		if (why == NULL &&
		    (session_add(s, &row, &id) == SESSION_FAILED || !store_commit(s)))
			why = strdup(store_error(s));
		if (why == NULL)
			committed = n;
	}
	assert_non_null(why);
	if (strstr(why, "the disk is full") == NULL)
		fail_msg("%s", why);
	assert_true(committed > 0);
	/* With room again the same store goes on. */
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	row = plain_row(s, committed + 1);
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	store_close(s);
	free(why);
	s = open_store(path, STORE_WRITE);
	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
	store_close(s);
	snprintf(expected, sizeof(expected), "%d\n", committed + 2);
	assert_query(path, "SELECT count(*) FROM v_sessions", expected);
	assert_int_equal(umount(p->folder), 0);
}

/* Leave no room in the file system of a folder. */
static void
fill_up(const char *folder)
{
	static const char zeros[4096];
	char filler[128];
	int fd;

	snprintf(filler, sizeof(filler), "%s/filler", folder);
	fd = open(filler, O_WRONLY | O_CREAT, 0600);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
}

static void
a_full_disk_can_be_read(void **state)
{
	struct fixture *p = *state;
	struct session_row row;
	struct store *s;
	char path[128];

	mount_small(p->folder);
	snprintf(path, sizeof(path), "%s/a.db", p->folder);
	s = open_store(path, STORE_CREATE);
	row = plain_row(s, 0);
	add_one(s, &row);
	store_close(s);
	fill_up(p->folder);
	/* Once more: the first left files without content beside it. */
	for (int i = 0; i < 2; i++) {
		s = open_store(path, STORE_READ);
		assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
		store_close(s);
	}
	assert_int_equal(umount(p->folder), 0);
}

static void
a_full_disk_refuses_a_new_file_and_leaves_none(void **state)
{
	struct fixture *p = *state;
	char path[128];

	mount_small(p->folder);
	snprintf(path, sizeof(path), "%s/a.db", p->folder);
	fill_up(p->folder);
	assert_refused(path, STORE_CREATE, "the disk is full");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(umount(p->folder), 0);
}

static void
a_read_only_folder_can_be_read_and_not_written(void **state)
{
	struct fixture *p = *state;
	struct session_row row;
	struct store *s;
	char path[128];

	mount_small(p->folder);
	/* A name that needs escaping where it is part of a URI. */
	snprintf(path, sizeof(path), "%s/a b%%3f#?.db", p->folder);
	s = open_store(path, STORE_CREATE);
	row = plain_row(s, 0);
	add_one(s, &row);
	store_close(s);
	assert_int_equal(mount(NULL, p->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_refused(path, STORE_CREATE, "read-only");
	assert_refused(path, STORE_WRITE, "read-only");
	s = open_store(path, STORE_READ);
	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
	store_close(s);
	assert_int_equal(umount(p->folder), 0);
}

/* Of a database that somebody had under way the latest is beside it: half of it is no answer. */
static void
a_log_in_a_read_only_folder_is_told(void **state)
{
	struct fixture *p = *state;
	char path[128], copy[128], command[640];
	struct session_row row;
	struct store *s;

	mount_small(p->folder);
	snprintf(path, sizeof(path), "%s/a.db", p->folder);
	snprintf(copy, sizeof(copy), "%s/b.db", p->folder);
	snprintf(command, sizeof(command), "cp %s %s && cp %s-wal %s-wal", path, copy, path, copy);
	s = open_store(path, STORE_CREATE);
	row = plain_row(s, 0);
	add_one(s, &row);
	assert_int_equal(system(command), 0);
	store_close(s);
	assert_int_equal(mount(NULL, p->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_refused(copy, STORE_READ, "b.db-wal");
	assert_int_equal(umount(p->folder), 0);
}

/* Readable for all, in a folder where its owner alone may write. */
static void
one_who_may_only_read_can_read(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	if (geteuid() != 0) {
		store_close(s);
		skip_because("only root can become another");
	}
	add_one(s, &row);
	store_close(s);
	assert_int_equal(chmod(p->path, 0644), 0);
	assert_int_equal(chmod(p->folder, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	s = open_store(p->path, STORE_READ);
	assert_int_equal(upkeep_check(s, fail_with_problem, NULL), 0);
	store_close(s);
	assert_refused(p->path, STORE_WRITE, "read-only");
	assert_int_equal(seteuid(0), 0);
}

static void
a_read_only_file_is_told(void **state)
{
	struct fixture *p = *state;
	const bool is_root = geteuid() == 0;

	store_close(open_store(p->path, STORE_CREATE));
	assert_int_equal(chmod(p->path, 0400), 0);
	/* Root may write to any file: it is another user's meanwhile. */
	if (is_root) {
		assert_int_equal(chown(p->path, 65534, 65534), 0);
		assert_int_equal(chown(p->folder, 65534, 65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	assert_refused(p->path, STORE_CREATE, "read-only");
	store_close(open_store(p->path, STORE_READ));
	if (is_root)
		assert_int_equal(seteuid(0), 0);
}

static void
a_reader_cannot_write(void **state)
{
	struct fixture *p = *state;
	struct store *s;

	store_close(open_store(p->path, STORE_CREATE));
	s = open_store(p->path, STORE_READ);
	assert_false(store_begin(s));
	assert_non_null(strstr(store_error(s), "opened to be read"));
	store_close(s);
}

static void
count_problem(void *ctx, const char *problem)
{
	int *told = ctx;

	assert_non_null(problem);
	++*told;
}

static void
a_damaged_file_is_told_by_the_check(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row;
	char zeros[4096] = {0};
	int fd, n, told = 0;

	assert_true(store_begin(s));
	for (n = 0; n < 2000; n++) {
		int64_t id;

		row = plain_row(s, n);
		assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
	}
	assert_true(store_commit(s));
	store_close(s);
	fd = open(p->path, O_WRONLY);
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (off_t)40 * 4096), 4096);
	close(fd);
	s = open_store(p->path, STORE_READ);
	assert_int_not_equal(upkeep_check(s, count_problem, &told), 0);
	assert_int_not_equal(told, 0);
	store_close(s);
}

static void
a_file_that_was_moved_is_told_and_whole(void **state)
{
	const struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE), *other;
	struct session_row row = plain_row(s, 1);
	char moved[128], command[512];

	assert_int_equal(add_one(s, &row), SESSION_NEW);
	assert_false(store_has_moved(s));
	snprintf(moved, sizeof(moved), "%s/moved.db", p->folder);
	assert_int_equal(rename(p->path, moved), 0);
	assert_true(store_has_moved(s));
	row = plain_row(s, 2);
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	store_close(s);
	other = open_store(p->path, STORE_CREATE);
	assert_false(store_has_moved(other));
	row = plain_row(other, 3);
	assert_int_equal(add_one(other, &row), SESSION_NEW);
	/* Another takes its name. */
	snprintf(command, sizeof(command), "cp %s %s.new && mv %s.new %s", moved, moved, moved,
		 p->path);
	assert_int_equal(system(command), 0);
	assert_true(store_has_moved(other));
	store_close(other);
	assert_query(moved, "SELECT count(*) FROM v_sessions", "2\n");
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "2\n");
}

static void
a_file_that_was_removed_is_told(void **state)
{
	const struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	assert_int_equal(unlink(p->path), 0);
	assert_true(store_has_moved(s));
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_new_file_is_its_owners_alone),
	    FIXTURE_TEST(an_absent_file_is_not_made_to_be_read),
	    FIXTURE_TEST(what_is_no_plain_file_is_refused),
	    FIXTURE_TEST(a_file_that_is_no_database_is_refused_and_left_alone),
	    FIXTURE_TEST(another_programs_database_is_refused_and_left_alone),
	    FIXTURE_TEST(an_empty_file_becomes_a_database_only_when_written_to),
	    FIXTURE_TEST(a_newer_schema_is_refused_with_both_versions),
	    FIXTURE_TEST(one_that_is_upgraded_meanwhile_is_not_written_to),
	    FIXTURE_TEST(a_failed_open_leaves_no_new_file),
	    FIXTURE_TEST(each_step_runs_once_and_an_older_file_keeps_its_rows),
	    FIXTURE_TEST(an_upgrade_tells_that_it_goes_on),
	    FIXTURE_TEST(an_older_schema_is_not_upgraded_by_reading),
	    FIXTURE_TEST(a_step_that_fails_leaves_the_file_as_it_was),
	    FIXTURE_TEST(a_locked_file_is_told_after_waiting),
	    FIXTURE_TEST(a_write_outside_of_a_transaction_is_refused),
	    FIXTURE_TEST(what_is_not_committed_is_not_there),
	    FIXTURE_TEST(a_full_disk_is_told_and_loses_nothing),
	    FIXTURE_TEST(a_full_disk_refuses_a_new_file_and_leaves_none),
	    FIXTURE_TEST(a_full_disk_can_be_read),
	    FIXTURE_TEST(a_read_only_folder_can_be_read_and_not_written),
	    FIXTURE_TEST(a_log_in_a_read_only_folder_is_told),
	    FIXTURE_TEST(one_who_may_only_read_can_read),
	    FIXTURE_TEST(a_read_only_file_is_told),
	    FIXTURE_TEST(a_reader_cannot_write),
	    FIXTURE_TEST(a_damaged_file_is_told_by_the_check),
	    FIXTURE_TEST(a_file_that_was_moved_is_told_and_whole),
	    FIXTURE_TEST(a_file_that_was_removed_is_told),
	};

	return cmocka_run_group_tests_name("db_store", tests, NULL, NULL);
}
