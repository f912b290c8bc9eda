/*
 * The table removed: which sessions were counted and then removed by age or
 * size, so that a capture read again is not counted again.
 *
 * A start in microseconds and a hash of all else that a session is known by, 18
 * bytes each. Not for ever: those before a horizon are forgotten, and nothing
 * that began before it is taken in any more.
 */
#ifndef DB_REMOVED_H
#define DB_REMOVED_H

#include "db/session.h"

enum removed {
	REMOVED_NOT,
	REMOVED_IS,     /* it was here */
	REMOVED_BEHIND, /* it began before the horizon: it may have been */
	REMOVED_FAILED
};

/* Whether a session was here, by what it is known by: sensor, start, addresses, ports, service. */
enum removed removed_find(struct store *s, const struct session_row *row);

/* Remember a session that is about to be removed. Needs a transaction. */
bool removed_add(struct store *s, int64_t id);

/*
 * Forget some of the oldest that began before a time, in a transaction, and
 * move the horizon behind them. *is_more is set where there may be others.
 */
bool removed_forget(struct store *s, int64_t before, bool *is_more);

#endif
