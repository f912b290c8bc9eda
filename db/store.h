/*
 * The database file: open, close, transactions, and why something failed.
 *
 * Owns the SQLite handle and the prepared statements; no other folder speaks
 * SQLite. Knows rows, not what they mean. A store belongs to one thread of one
 * process and must not cross a fork.
 */
#ifndef DB_STORE_H
#define DB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

#define STORE_WHY_MAX 512  /* bytes of the longest error text, NUL included */
#define STORE_WAIT_MS 5000 /* how long a lock held by another process is waited for */

/* Three-valued columns: what was not seen is NULL. */
enum maybe { MAYBE_NULL, MAYBE_NO, MAYBE_YES };

enum store_mode {
	STORE_READ,  /* must exist; nothing is written, not even an upgrade of its schema */
	STORE_WRITE, /* must exist; an older schema is upgraded in place */
	STORE_CREATE /* made where it is absent, for its owner alone (mode 0600) */
};

/*
 * Open the database at path. NULL where that cannot be, with one line in why
 * (STORE_WHY_MAX is enough) that begins with the path and says what is wrong
 * and what to do: no such file, no database, another program's, a newer schema,
 * read-only, locked, disk full. A file that could not be opened is left as it
 * was; one that was made just now is removed again.
 */
struct store *store_open(const char *path, enum store_mode mode, char *why, size_t why_size);

/*
 * Have SQLite keep what it needs room for meanwhile in the folder of the database
 * at path, for a process that can reach no other; before anything is opened.
 */
void store_work_beside(const char *path);

/*
 * Have whoever opens one in this process from now on call tell, several times a second,
 * while the file is brought to a newer schema: of a large one that takes minutes. NULL:
 * nobody any more.
 */
void store_tell_upgrade(void (*tell)(void *ctx), void *ctx);

/* Roll back what is not committed, and close. NULL does nothing. */
void store_close(struct store *s);

/*
 * A transaction. Writes outside of one are refused by the functions that say
 * they need it. store_commit also writes what a batch gathered (hourly,
 * servers, latest evidence). On false the transaction is rolled back already:
 * nothing of it is in the file, what was committed before is. store_begin
 * takes the write lock: it waits for other writers as long as STORE_WAIT_MS. It
 * fails, too, where another program upgraded the file since it was opened.
 */
bool store_begin(struct store *s);
bool store_commit(struct store *s);
void store_rollback(struct store *s);

/* Begin one where nobody else is writing. MAYBE_NO: somebody is; MAYBE_NULL: it failed. */
enum maybe store_begin_now(struct store *s);
bool store_is_in_transaction(const struct store *s);

/*
 * Whether the file was removed or renamed, or another took its name: what is
 * written then goes where nobody looks. Closing leaves what was written whole in it.
 */
bool store_has_moved(const struct store *s);

/* Why the last call failed: one line as of store_open; "" where none has. Borrowed until the next.
 */
const char *store_error(struct store *s);

/* The path it was opened with. */
const char *store_path(const struct store *s);

#endif
