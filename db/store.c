/*
 * Opening a database in an order that leaves a stranger's file alone: look at
 * the file, open it, see whose it is, and only then write to it.
 *
 * The journal is a write-ahead log with synchronous=NORMAL: a killed process
 * loses nothing that was committed, a power cut may lose the last batches but
 * never corrupts (the log is synced before each checkpoint). A batch that was
 * lost is had again by reading the capture again; waiting for the disk once a
 * batch would buy nothing more.
 */
#include "db/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/gather.h"
#include "db/inside.h"
#include "db/keep.h"
#include "db/made.h"
#include "db/schema.h"

/* The log grows to 16 MB before it is written back: fewer, larger checkpoints. */
static const char write_ahead[] = "PRAGMA journal_mode = WAL;"
				  "PRAGMA synchronous = NORMAL;"
				  "PRAGMA wal_autocheckpoint = 4096;"
				  "PRAGMA journal_size_limit = 67108864;";

static struct {
	void (*tell)(void *ctx);
	void *ctx;
} upgrade_listener;

void
store_tell_upgrade(void (*tell)(void *ctx), void *ctx)
{
	upgrade_listener.tell = tell;
	upgrade_listener.ctx = ctx;
}

static void
explain(char *why, size_t why_size, const char *path, const char *reason)
{
	snprintf(why, why_size, "%s: %s", path, reason);
}

/*
 * Make the file where it is absent, for its owner alone: SQLite gives its log
 * the same mode. What is no plain file is refused before it is opened, since a
 * pipe would hang and a device might do anything.
 */
static const char *
prepare_file(const char *path, enum store_mode mode, bool *is_made)
{
	struct stat st;
	int fd;

	*is_made = false;
	if (mode == STORE_CREATE) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd != -1) {
			made_for_folder(fd, path);
			close(fd);
			*is_made = true;
			return NULL;
		}
		if (errno != EEXIST)
			return strerror(errno);
	}
	if (stat(path, &st) != 0)
		return strerror(errno);
	return S_ISREG(st.st_mode) ? NULL : "not a plain file";
}

static bool
upgrade(struct sql_file *f)
{
	bool is_settled;

	sql_tell(f, upgrade_listener.tell, upgrade_listener.ctx);
	is_settled = schema_settle(f, schema_steps, schema_step_count, true);
	sql_tell(f, NULL, NULL);
	return is_settled;
}

static bool
settle(struct sql_file *f, enum store_mode mode)
{
	/* Told first: what a write-ahead database says of itself is only that it cannot be opened.
	 */
	if (mode != STORE_READ && sql_is_readonly(f)) {
		sql_fail(f, "cannot write: the file is read-only (change its mode, or give "
			    "another file with --db)");
		return false;
	}
	if (sql_failed(f))
		return false;
	if (mode == STORE_READ)
		return schema_settle(f, schema_steps, schema_step_count, false);
	/* Only where nothing is in it yet can it be made so that room can be given back in steps.
	 */
	if (schema_is_empty(f) && !sql_exec(f, "PRAGMA auto_vacuum = INCREMENTAL"))
		return false;
	/* Whose file it is comes first: changing its journal would be writing to it. */
	return upgrade(f) && sql_exec(f, write_ahead);
}

/*
 * A reader of a write-ahead database wants to make a small file beside it.
 * Where the folder does not let it, or the disk is full, and there is no log
 * with anything in it either, nobody is writing: the file can be read as it
 * stands.
 */
static struct sql_file *
open_frozen(const char *path, struct sql_file *refused)
{
	char wal[4096], why[STORE_WHY_MAX];
	struct stat st;
	int len = snprintf(wal, sizeof(wal), "%s-wal", path);

	if (len < 0 || (size_t)len >= sizeof(wal))
		return refused;
	if (stat(wal, &st) == 0 && st.st_size > 0) {
		snprintf(why, sizeof(why),
			 "cannot open: what was written last is in %.256s, which takes a folder "
			 "that can be written and has room (copy both to one)",
			 wal);
		sql_fail(refused, why);
		return refused;
	}
	sql_close(refused);
	return sql_open(path, SQL_READ_FROZEN);
}

static struct sql_file *
open_file(const char *path, enum store_mode mode)
{
	struct sql_file *f = sql_open(path, mode == STORE_READ ? SQL_READ : SQL_WRITE);

	if (f == NULL || settle(f, mode) || mode != STORE_READ || !sql_cannot_open(f))
		return f;
	f = open_frozen(path, f);
	if (f != NULL && !sql_cannot_open(f))
		settle(f, mode);
	return f;
}

static struct store *
store_new(const char *path, enum store_mode mode)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->path = strdup(path);
	if (mode != STORE_READ) {
		s->gather = gather_new();
		s->keep = keep_new();
	}
	if (s->path != NULL && (mode == STORE_READ || (s->gather != NULL && s->keep != NULL)))
		return s;
	store_close(s);
	return NULL;
}

void
store_work_beside(const char *path)
{
	char *folder = strdup(path);

	if (folder != NULL)
		setenv("SQLITE_TMPDIR", dirname(folder), 1);
	free(folder);
}

/* What to do where there is no database, or none for this user. */
static const char *
advice(enum store_mode mode, int error)
{
	if (mode == STORE_CREATE)
		return " (check the folder, or give another file with --db)";
	if (error == EACCES || error == EPERM)
		return " (ask as root, or as the user whose it is: sudo)";
	return geteuid() == 0 ? " ('waxseal watch' makes one; --db names it)"
			      : " ('waxseal watch' makes one; --db names it; that of a unit is "
				"read as root: sudo)";
}

struct store *
store_open(const char *path, enum store_mode mode, char *why, size_t why_size)
{
	struct store *s;
	bool is_made;
	const char *reason;

	errno = 0;
	reason = prepare_file(path, mode, &is_made);
	if (reason != NULL) {
		snprintf(why, why_size, "%s: cannot open the database: %s%s", path, reason,
			 advice(mode, errno));
		return NULL;
	}
	s = store_new(path, mode);
	if (s == NULL) {
		explain(why, why_size, path, "out of memory");
		goto remove_file;
	}
	s->file = open_file(path, mode);
	if (s->file != NULL && !sql_failed(s->file))
		return s;
	explain(why, why_size, path, s->file == NULL ? "out of memory" : sql_why(s->file));
	store_close(s);
remove_file:
	if (is_made)
		unlink(path);
	return NULL;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_rollback(s);
	sql_close(s->file);
	gather_free(s->gather);
	keep_free(s->keep);
	free(s->path);
	free(s);
}

bool
store_has_moved(const struct store *s)
{
	return sql_has_moved(s->file);
}

bool
store_begin(struct store *s)
{
	if (s->gather == NULL)
		sql_fail(s->file, "was opened to be read, it cannot be written");
	else
		s->is_in_transaction = sql_exec(s->file, "BEGIN IMMEDIATE");
	/* A newer program upgrades the file of one that runs: what that knows to write is no longer
	 * all that there is to keep. */
	if (s->is_in_transaction && !schema_is_of(s->file, schema_step_count))
		store_rollback(s);
	return s->is_in_transaction;
}

enum maybe
store_begin_now(struct store *s)
{
	bool is_begun;

	sql_hurry(s->file, true);
	is_begun = store_begin(s);
	sql_hurry(s->file, false);
	if (is_begun)
		return MAYBE_YES;
	return sql_is_locked(s->file) ? MAYBE_NO : MAYBE_NULL;
}

bool
store_commit(struct store *s)
{
	if (!s->is_in_transaction)
		return true;
	if (gather_flush(s) && keep_flush(s) && sql_exec(s->file, "COMMIT")) {
		s->is_in_transaction = false;
		return true;
	}
	store_rollback(s);
	return false;
}

void
store_rollback(struct store *s)
{
	char why[STORE_WHY_MAX];
	bool is_failed;

	if (!s->is_in_transaction)
		return;
	s->is_in_transaction = false;
	is_failed = sql_failed(s->file);
	gather_drop(s->gather);
	keep_drop(s->keep);
	/* On a full disk SQLite may have rolled back by itself; what failed first is what counts.
	 */
	snprintf(why, sizeof(why), "%s", sql_why(s->file));
	sql_exec(s->file, "ROLLBACK");
	if (is_failed)
		sql_fail(s->file, why);
}

bool
store_is_in_transaction(const struct store *s)
{
	return s->is_in_transaction;
}

const char *
store_error(struct store *s)
{
	if (!sql_failed(s->file))
		return "";
	snprintf(s->error, sizeof(s->error), "%s: %s", s->path, sql_why(s->file));
	return s->error;
}

const char *
store_path(const struct store *s)
{
	return s->path;
}
