/*
 * What a tap delivered of late, and what sinks did not take, in a few counts: for
 * advice on both. Reads alone; judges nothing.
 */
#ifndef DB_LATELY_H
#define DB_LATELY_H

#include "db/store.h"

struct lately {
	int64_t sessions, one_sided; /* that began in the time; of them, seen from one side alone */
	int64_t packets, dropped;    /* read, and lost before they could be */
	int64_t untold, crashed; /* sessions that the database was too slow for; connections lost
				    with a reader */
	int64_t untaken;         /* alerts for a sink each, which it was tried to send and that
				    wait, or were given up since then */
};

/* Since that time: microseconds since the epoch. False: store_error says why. */
bool lately_read(struct store *s, int64_t since, struct lately *out);

#endif
