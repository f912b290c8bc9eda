/*
 * SQLite behind a small door, for db/ alone: one open file, its prepared
 * statements, and the last failure in words.
 *
 * Statements are prepared once and kept. Values are bound in order, left to
 * right; columns are taken in order. A failure of any step sticks until the
 * statement ends, so that a caller asks once.
 */
#ifndef DB_SQL_H
#define DB_SQL_H

#include "db/match.h"
#include "db/store.h"

struct sql_file; /* an open database */
struct sql;      /* one statement of it */

enum sql_access { SQL_READ, SQL_READ_FROZEN, SQL_WRITE };

/*
 * Open an existing file. SQL_READ_FROZEN reads it without any lock, for a
 * folder that cannot be written; nobody may be writing then. NULL only where
 * memory is out; sql_failed tells whether it could be opened.
 */
struct sql_file *sql_open(const char *path, enum sql_access access);
void sql_close(struct sql_file *f);

/* Whether what its name leads to now is no longer this file. */
bool sql_has_moved(struct sql_file *f);

/* Whether the last call failed, and why: "locked by another process ...". */
bool sql_failed(const struct sql_file *f);
const char *sql_why(const struct sql_file *f);

/* It failed because no file could be opened, made or written beside the database. */
bool sql_cannot_open(const struct sql_file *f);

/* It failed because another process holds a lock; and whether locks are waited for from now on. */
bool sql_is_locked(const struct sql_file *f);
void sql_hurry(struct sql_file *f, bool is_hasty);

/* Call tell now and then while statements run, several times a second; NULL: nobody any more. */
void sql_tell(struct sql_file *f, void (*tell)(void *ctx), void *ctx);

/* Say in words why the next sql_why; for failures that are not SQLite's. */
void sql_fail(struct sql_file *f, const char *why);

/* The file was asked for to write, and can only be read. */
bool sql_is_readonly(const struct sql_file *f);

/* Run a script of constant SQL without values. */
bool sql_exec(struct sql_file *f, const char *script);

/*
 * The statement with this text, ready for its first value. text must live as
 * long as the file; it is known by its address. Never NULL: where it could not
 * be prepared all that follows fails.
 */
struct sql *sql_use(struct sql_file *f, const char *text);

/* Bind the next value. Text and blobs are borrowed until sql_end; NULL text is NULL. */
void sql_put_int(struct sql *q, int64_t value);
void sql_put_text(struct sql *q, const char *text);
void sql_put_blob(struct sql *q, const void *bytes, size_t len);
void sql_put_maybe(struct sql *q, enum maybe value);
void sql_put_null(struct sql *q);
void sql_put_network(struct sql *q, const struct network *n); /* borrowed; of no family: NULL */

/* Step: true where there is a row. False at the end and on failure. */
bool sql_row(struct sql *q);

/* Take the next column of the row. Borrowed until the next step. */
int64_t sql_take_int(struct sql *q);
const char *sql_take_text(struct sql *q); /* NULL for NULL */
const void *sql_take_blob(struct sql *q, size_t *len);

/* The columns of the row, by index, for lists. */
size_t sql_columns(struct sql *q);
const char *sql_name(struct sql *q, size_t column);
const char *sql_text(struct sql *q, size_t column);

/* Give the statement back; true where nothing failed. */
bool sql_end(struct sql *q);

/* Step once and end, for statements without rows. */
bool sql_run(struct sql *q);

/* The first column of the only row; otherwise where there is none. */
int64_t sql_int(struct sql *q, int64_t otherwise);

int64_t sql_last_id(const struct sql_file *f);
int64_t sql_changes(const struct sql_file *f);

#endif
