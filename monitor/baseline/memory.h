/*
 * The subjects that something is known of: a bounded cache before the database.
 *
 * Some hundreds are at hand, ready to be counted in; many more lie on a shelf as
 * text; the rest is fetched. What was changed is written with the batch. Whoever
 * was not asked for longest makes room. The table is keyed with a secret, so
 * that nobody can choose the collisions. Needs the transaction of the batch for
 * all but new and free.
 */
#ifndef MONITOR_BASELINE_MEMORY_H
#define MONITOR_BASELINE_MEMORY_H

#include <stddef.h>

#include "db/known.h"
#include "monitor/baseline/lru.h"
#include "monitor/baseline/mark.h"

#define SUBJECT_KEY_MAX   320 /* "pair", two addresses and a port; "name" and a name */
#define SUBJECT_MARKS_MAX 96  /* more push out those that matter least */

struct subject {
	struct lru_link link; /* the cache's own */
	char key[SUBJECT_KEY_MAX];
	int64_t id;
	int64_t first_seen, last_seen, sessions;
	struct mark *marks;
	size_t count, room;
	bool is_dirty;
	uint64_t batch; /* the cache's own: in which it was asked for last */
};

struct memory;

/*
 * At most so many subjects at hand, so many bytes of others on the shelf, so many subjects in the
 * database. NULL where memory is out.
 */
struct memory *memory_new(size_t at_hand_max, size_t shelf_max, int64_t stored_max);
void memory_free(struct memory *m);

/*
 * The subject of that key: known, or empty. NULL where the database failed or
 * memory is out. Lent until MEMORY_LENT others were asked for.
 */
#define MEMORY_LENT 8
struct subject *memory_subject(struct memory *m, struct store *s, const char *key);

/* A session of it, at that time. */
void subject_seen(struct subject *s, int64_t time);

/* The mark; NULL where there is none. */
const struct mark *subject_mark(const struct subject *s, enum mark_kind kind, const char *value);

/* Count it; made where there is none. False where memory is out. */
bool subject_count(struct memory *m, struct subject *s, enum mark_kind kind, const char *value,
		   bool is_yes, int64_t time);

/* Of a key that was counted: when its certificate ends. */
void subject_until(struct subject *s, enum mark_kind kind, const char *value, int64_t until);

/* What was not so no longer counts. */
void subject_absolve(struct subject *s, enum mark_kind kind, const char *value);

/* A session that was counted so lately no longer counts. */
void subject_take_back(struct subject *s, enum mark_kind kind, const char *value, bool is_yes);

/* Forget it. */
void subject_forget(struct subject *s, enum mark_kind kind, const char *value);

/* Write what was changed, at the end of a batch; and let go of what is old. */
bool memory_flush(struct memory *m, struct store *s);

/* The batch was rolled back: what was learnt in it is not known. */
void memory_drop(struct memory *m);

#endif
