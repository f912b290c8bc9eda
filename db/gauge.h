/*
 * What the tables hold now, in a few numbers for a monitoring system: open incidents,
 * deliveries that are not over, bytes.
 *
 * Reads alone, and little: it is asked every few seconds beside the writing.
 */
#ifndef DB_GAUGE_H
#define DB_GAUGE_H

#include "db/session.h"

/*
 * Tell how many incidents of each kind and severity are open; those alone that no surge sums
 * up and that are not muted, as in lists. False where the database failed.
 */
bool gauge_incidents(struct store *s,
		     void (*tell)(void *ctx, const char *kind, enum severity_rank severity,
				  int64_t open),
		     void *ctx);

/* How many are open and muted. False where the database failed. */
bool gauge_muted(struct store *s, uint64_t *out);

/* Deliveries of alerts by state. */
struct gauge_deliveries {
	uint64_t waiting, held, failed;
};

/* False where the database failed. */
bool gauge_deliveries(struct store *s, struct gauge_deliveries *out);

/* Bytes of the file and of the log beside it; 0 where they cannot be looked at. */
uint64_t gauge_bytes(const struct store *s);

#endif
