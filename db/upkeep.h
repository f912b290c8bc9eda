/*
 * Care of the file: check, figures, pruning, backup.
 */
#ifndef DB_UPKEEP_H
#define DB_UPKEEP_H

#include "db/retain.h"

/*
 * Check everything: SQLite's own integrity check, references between tables,
 * and that counters agree with what they count. Each problem is told in a
 * line. The number of problems, 0 for a sound file; -1 where it could not be
 * checked (store_error says why).
 */
int upkeep_check(struct store *s, void (*tell)(void *ctx, const char *problem), void *ctx);

/* Figures, each as a name and a value to print: file, schema, rows, time span, sizes. */
bool upkeep_stats(struct store *s, void (*tell)(void *ctx, const char *name, const char *value),
		  void *ctx);

/* What to remove. */
struct prune {
	int64_t before; /* sessions that ended before, their bytes, and closed incidents of which
			   nothing is left then; INT64_MIN: none */
	struct retain_limits limits; /* and what is beyond these: db/retain.h */
	int64_t now;                 /* from which ages count */
	/* Filled in. */
	int64_t sessions, incidents;
	int64_t bytes_before, bytes_after; /* of the file */
	bool is_short; /* all that may go is gone, and it still needs more than limits.bytes */
};

/*
 * Remove what is to go, step by step, and give the room back to the file
 * system. What was removed is remembered, and not counted again when it is read
 * again; hours and servers keep their counts: they are what reports are made
 * from. Killed half-way, what is removed is removed. A size that not even an
 * empty database has is refused, and nothing removed.
 */
bool upkeep_prune(struct store *s, struct prune *p);

/* Write a whole copy to path, which must not exist. Others may go on writing meanwhile. */
bool upkeep_backup(struct store *s, const char *path);

#endif
