/*
 * SQLite's handles, statements and error codes turned into the few calls that
 * the rest of db/ needs.
 *
 * The busy handler makes every lock wait; what still fails then is told as
 * locked. SQLite's extended codes and errno decide the words of a failure: a
 * full disk shows as SQLITE_FULL or as an I/O error, depending on which file
 * could not grow.
 */
#include "db/sql.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STATEMENTS_MAX 160  /* more than db/ has texts */
#define TELL_STEPS     1000 /* of SQLite's machine: far less than a millisecond */
#define CACHE_PRAGMA   "PRAGMA cache_size = -16000" /* KiB: a batch stays in memory */

struct sql {
	struct sql_file *file;
	const char *text;
	sqlite3_stmt *statement; /* NULL where it could not be prepared */
	int at;                  /* next value, or next column */
	bool is_failed;
};

struct sql_file {
	sqlite3 *db;
	bool is_failed, is_cannot_open, is_locked;
	bool is_hasty;           /* no lock is waited for */
	void (*tell)(void *ctx); /* while statements run; NULL: nobody */
	void *tell_ctx;
	int64_t waiting_since; /* for a lock: milliseconds of the monotonic clock */
	char why[STORE_WHY_MAX];
	size_t count;
	struct sql statements[STATEMENTS_MAX];
};

static bool
is_disk_full(int code, int system)
{
	if (code == SQLITE_FULL)
		return true;
	return code == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT);
}

/* The words for SQLite's last failure. */
static void
explain(struct sql_file *f)
{
	int code = f->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(f->db);
	int system = f->db == NULL ? 0 : sqlite3_system_errno(f->db);

	f->is_failed = true;
	f->is_locked = code == SQLITE_BUSY || code == SQLITE_LOCKED;
	/* Which of the two depends on what stands in the way of the files beside the database. */
	f->is_cannot_open =
	    code == SQLITE_CANTOPEN || code == SQLITE_READONLY || is_disk_full(code, system);
	if (is_disk_full(code, system))
		snprintf(f->why, sizeof(f->why),
			 "cannot write: the disk is full (free some space and run it again; "
			 "what was recorded before is safe)");
	else if (f->is_locked)
		snprintf(f->why, sizeof(f->why),
			 "locked by another process for more than %d s (wait for it to end, or "
			 "stop it)",
			 STORE_WAIT_MS / 1000);
	else if (code == SQLITE_READONLY)
		snprintf(f->why, sizeof(f->why),
			 "cannot write: the file or its folder is read-only (change its mode, "
			 "or give another file with --db)");
	else if (code == SQLITE_NOTADB)
		snprintf(f->why, sizeof(f->why),
			 "not an SQLite database (give another file with --db)");
	else if (code == SQLITE_CORRUPT)
		snprintf(
		    f->why, sizeof(f->why),
		    "damaged: %s (restore a backup, or begin another file with --db; '.recover' of "
		    "sqlite3 may save some of it)",
		    sqlite3_errmsg(f->db));
	else if (code == SQLITE_CANTOPEN && system != 0)
		snprintf(f->why, sizeof(f->why), "cannot open: %s (check the file and its folder)",
			 strerror(system));
	else if (code == SQLITE_IOERR && system != 0)
		snprintf(f->why, sizeof(f->why), "cannot read or write: %s (check the disk)",
			 strerror(system));
	else
		snprintf(f->why, sizeof(f->why), "%s",
			 f->db == NULL ? "out of memory" : sqlite3_errmsg(f->db));
}

/* Where SQLite wants a URI, what is special in one is written as %XX. */
static char *
frozen_uri(const char *path)
{
	char *uri = sqlite3_mprintf("file:");
	const char *c;

	for (c = path; *c != '\0' && uri != NULL; c++) {
		if (strchr("?#%", *c) != NULL)
			uri = sqlite3_mprintf("%z%%%02X", uri, (unsigned)(unsigned char)*c);
		else
			uri = sqlite3_mprintf("%z%c", uri, *c);
	}
	return uri == NULL ? NULL : sqlite3_mprintf("%z?immutable=1", uri);
}

#define TIME_FIRST INT64_C(-62135596800000000) /* year 1 */
#define TIME_LAST  INT64_C(253402300799999999) /* end of year 9999 */

/* rfc3339(microseconds): the time in UTC as text; beyond years 1 to 9999 it stays at the border. */
static void
call_rfc3339(sqlite3_context *context, int count, sqlite3_value **values)
{
	int64_t at = sqlite3_value_int64(values[0]);
	int64_t part;
	time_t seconds;
	struct tm tm;
	char text[128];
	int len;

	(void)count;
	at = at < TIME_FIRST ? TIME_FIRST : at > TIME_LAST ? TIME_LAST : at;
	part = at % 1000000;
	part += part < 0 ? 1000000 : 0;
	seconds = (time_t)((at - part) / 1000000);
	if (sqlite3_value_type(values[0]) == SQLITE_NULL || gmtime_r(&seconds, &tm) == NULL)
		return;
	len = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900,
		       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)part);
	sqlite3_result_text(context, text, len, SQLITE_TRANSIENT);
}

/* in_network(address, struct network as a blob): 1 or 0. */
static void
call_in_network(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *address = (const char *)sqlite3_value_text(values[0]);
	struct network network;

	(void)count;
	if (address == NULL || sqlite3_value_bytes(values[1]) != sizeof(network))
		return;
	memcpy(&network, sqlite3_value_blob(values[1]), sizeof(network));
	sqlite3_result_int(context, network_holds(&network, address));
}

/* tells_clients_apart(struct network as a blob): 1 or 0. */
static void
call_tells_clients_apart(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct network network;

	(void)count;
	if (sqlite3_value_bytes(values[0]) != sizeof(network))
		return;
	memcpy(&network, sqlite3_value_blob(values[0]), sizeof(network));
	sqlite3_result_int(context, network_tells_clients_apart(&network));
}

/* in_domain(domain, filter): 1 or 0. */
static void
call_in_domain(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *domain = (const char *)sqlite3_value_text(values[0]);
	const char *filter = (const char *)sqlite3_value_text(values[1]);

	(void)count;
	if (domain != NULL && filter != NULL)
		sqlite3_result_int(context, domain_matches(domain, filter));
}

/* reversed(text): from its last byte to its first. */
static void
call_reversed(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *text = (const char *)sqlite3_value_text(values[0]);
	int len = sqlite3_value_bytes(values[0]);
	char *out = text == NULL ? NULL : sqlite3_malloc(len + 1);

	(void)count;
	if (out == NULL)
		return;
	for (int i = 0; i < len; i++)
		out[i] = text[len - 1 - i];
	sqlite3_result_text(context, out, len, sqlite3_free);
}

/* client_network(address): its /24 or /64 as text. */
static void
call_client_network(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *address = (const char *)sqlite3_value_text(values[0]);
	char text[CLIENT_NETWORK_MAX];

	(void)count;
	if (address == NULL)
		return;
	client_network(address, text);
	sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* The functions that queries and schema steps, and no view, may call. */
static bool
register_functions(sqlite3 *db)
{
	static const struct {
		const char *name;
		int arguments;
		void (*call)(sqlite3_context *, int, sqlite3_value **);
	} functions[] = {
	    {"rfc3339", 1, call_rfc3339},
	    {"in_network", 2, call_in_network},
	    {"tells_clients_apart", 1, call_tells_clients_apart},
	    {"in_domain", 2, call_in_domain},
	    {"reversed", 1, call_reversed},
	    {"client_network", 1, call_client_network},
	};
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (sqlite3_create_function(db, functions[i].name, functions[i].arguments, flags,
					    NULL, functions[i].call, NULL, NULL) != SQLITE_OK)
			return false;
	}
	return true;
}

static int64_t
milliseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Wait for a lock. SQLite's own waiting looks ten times a second: a writer that
 * lets go for a moment between two transactions would never be met.
 */
static int
wait_for_lock(void *ctx, int count)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct sql_file *f = ctx;

	if (f->is_hasty)
		return 0;
	if (count == 0)
		f->waiting_since = milliseconds();
	if (milliseconds() - f->waiting_since >= STORE_WAIT_MS)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

/*
 * A database file may have been made by someone else: what its schema says must
 * not reach our functions (they are direct-only), nor may SQL rewrite its
 * schema tables. The views call SQLite's JSON functions, so the schema must be
 * trusted as far as that.
 */
static bool
settle(struct sql_file *f)
{
	sqlite3_extended_result_codes(f->db, 0);
	sqlite3_busy_handler(f->db, wait_for_lock, f);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	if (register_functions(f->db) && sql_exec(f, CACHE_PRAGMA))
		return true;
	explain(f);
	return false;
}

struct sql_file *
sql_open(const char *path, enum sql_access access)
{
	struct sql_file *f = calloc(1, sizeof(*f));
	int flags = access == SQL_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	char *uri = NULL;

	if (f == NULL)
		return NULL;
	if (access == SQL_READ_FROZEN) {
		uri = frozen_uri(path);
		flags |= SQLITE_OPEN_URI;
	}
	if (sqlite3_open_v2(uri == NULL ? path : uri, &f->db, flags, NULL) == SQLITE_OK)
		settle(f);
	else
		explain(f);
	sqlite3_free(uri);
	return f;
}

bool
sql_has_moved(struct sql_file *f)
{
	int has_moved = 0;

	return sqlite3_file_control(f->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) ==
		   SQLITE_OK &&
	       has_moved != 0;
}

void
sql_close(struct sql_file *f)
{
	size_t i;

	if (f == NULL)
		return;
	/* SQLite leaves its log behind, which the next of that name would take for its own. */
	if (f->db != NULL && sql_has_moved(f))
		sqlite3_wal_checkpoint_v2(f->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	for (i = 0; i < f->count; i++)
		sqlite3_finalize(f->statements[i].statement);
	sqlite3_close(f->db);
	free(f);
}

bool
sql_failed(const struct sql_file *f)
{
	return f->is_failed;
}

const char *
sql_why(const struct sql_file *f)
{
	return f->why;
}

bool
sql_cannot_open(const struct sql_file *f)
{
	return f->is_failed && f->is_cannot_open;
}

bool
sql_is_locked(const struct sql_file *f)
{
	return f->is_failed && f->is_locked;
}

void
sql_hurry(struct sql_file *f, bool is_hasty)
{
	f->is_hasty = is_hasty;
}

/* It goes on in any case. */
static int
on_progress(void *ctx)
{
	const struct sql_file *f = ctx;

	f->tell(f->tell_ctx);
	return 0;
}

void
sql_tell(struct sql_file *f, void (*tell)(void *ctx), void *ctx)
{
	f->tell = tell;
	f->tell_ctx = ctx;
	sqlite3_progress_handler(f->db, TELL_STEPS, tell != NULL ? on_progress : NULL, f);
}

void
sql_fail(struct sql_file *f, const char *why)
{
	f->is_failed = true;
	f->is_cannot_open = false;
	f->is_locked = false;
	snprintf(f->why, sizeof(f->why), "%s", why);
}

bool
sql_is_readonly(const struct sql_file *f)
{
	return f->db != NULL && sqlite3_db_readonly(f->db, "main") == 1;
}

bool
sql_exec(struct sql_file *f, const char *script)
{
	f->is_failed = sqlite3_exec(f->db, script, NULL, NULL, NULL) != SQLITE_OK;
	if (f->is_failed)
		explain(f);
	return !f->is_failed;
}

static struct sql *
prepare(struct sql_file *f, const char *text)
{
	struct sql *q;

	if (f->count == STATEMENTS_MAX)
		abort(); /* a text that is not constant: our own mistake */
	q = &f->statements[f->count++];
	*q = (struct sql){.file = f, .text = text};
	if (sqlite3_prepare_v3(f->db, text, -1, SQLITE_PREPARE_PERSISTENT, &q->statement, NULL) !=
	    SQLITE_OK) {
		explain(f);
		f->count--; /* tried anew next time: the reason may have been a lock */
		q->text = NULL;
		q->is_failed = true;
	}
	return q;
}

struct sql *
sql_use(struct sql_file *f, const char *text)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (f->statements[i].text == text) {
			f->statements[i].at = 0;
			return &f->statements[i];
		}
	}
	return prepare(f, text);
}

static void
check(struct sql *q, int code)
{
	if (code == SQLITE_OK || q->is_failed)
		return;
	explain(q->file);
	q->is_failed = true;
}

void
sql_put_int(struct sql *q, int64_t value)
{
	check(q, sqlite3_bind_int64(q->statement, ++q->at, value));
}

void
sql_put_text(struct sql *q, const char *text)
{
	check(q, sqlite3_bind_text(q->statement, ++q->at, text, -1, SQLITE_STATIC));
}

void
sql_put_blob(struct sql *q, const void *bytes, size_t len)
{
	/* A NULL pointer would bind NULL; an empty blob is not that. */
	check(q, sqlite3_bind_blob64(q->statement, ++q->at, len == 0 ? "" : bytes, len,
				     SQLITE_STATIC));
}

void
sql_put_maybe(struct sql *q, enum maybe value)
{
	if (value == MAYBE_NULL)
		sql_put_null(q);
	else
		sql_put_int(q, value == MAYBE_YES);
}

void
sql_put_null(struct sql *q)
{
	check(q, sqlite3_bind_null(q->statement, ++q->at));
}

void
sql_put_network(struct sql *q, const struct network *n)
{
	if (n->family == 0)
		sql_put_null(q);
	else
		sql_put_blob(q, n, sizeof(*n));
}

bool
sql_row(struct sql *q)
{
	int code;

	if (q->is_failed)
		return false;
	q->at = 0;
	code = sqlite3_step(q->statement);
	if (code == SQLITE_ROW)
		return true;
	check(q, code == SQLITE_DONE ? SQLITE_OK : code);
	return false;
}

int64_t
sql_take_int(struct sql *q)
{
	return sqlite3_column_int64(q->statement, q->at++);
}

const char *
sql_take_text(struct sql *q)
{
	return (const char *)sqlite3_column_text(q->statement, q->at++);
}

const void *
sql_take_blob(struct sql *q, size_t *len)
{
	const void *bytes = sqlite3_column_blob(q->statement, q->at);

	*len = (size_t)sqlite3_column_bytes(q->statement, q->at++);
	return bytes;
}

size_t
sql_columns(struct sql *q)
{
	return (size_t)sqlite3_column_count(q->statement);
}

const char *
sql_name(struct sql *q, size_t column)
{
	return sqlite3_column_name(q->statement, (int)column);
}

const char *
sql_text(struct sql *q, size_t column)
{
	return (const char *)sqlite3_column_text(q->statement, (int)column);
}

bool
sql_end(struct sql *q)
{
	bool is_good = !q->is_failed;

	sqlite3_reset(q->statement);
	q->is_failed = false;
	if (is_good)
		q->file->is_failed = false;
	return is_good;
}

bool
sql_run(struct sql *q)
{
	sql_row(q);
	return sql_end(q);
}

int64_t
sql_int(struct sql *q, int64_t otherwise)
{
	int64_t value = sql_row(q) ? sql_take_int(q) : otherwise;

	return sql_end(q) ? value : otherwise;
}

int64_t
sql_last_id(const struct sql_file *f)
{
	return sqlite3_last_insert_rowid(f->db);
}

int64_t
sql_changes(const struct sql_file *f)
{
	return sqlite3_changes64(f->db);
}
