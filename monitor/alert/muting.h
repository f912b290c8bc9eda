/*
 * The mutes that are in force for a watch: those of its configuration, and those
 * that people added to the database, which may be other ones at any time.
 *
 * Several watches may write to one database: each has those of its own
 * configuration, whatever others call theirs; what people add holds for all.
 */
#ifndef MONITOR_ALERT_MUTING_H
#define MONITOR_ALERT_MUTING_H

#include "monitor/alert/mute.h"

/* All zero but version: MUTING_NONE. */
struct muting {
	const struct mutes *configured; /* borrowed; NULL: none */
	struct mutes all;               /* by id */
	size_t left_out;                /* that people added beyond MUTES_MAX: of no effect */
	int64_t version;                /* of the database that all was read from */
};

#define MUTING_NONE ((struct muting){.version = -1})

/*
 * Put those that are configured into the database and read all, in a transaction at
 * the time now. Cheap where nobody else wrote to it since. False: the database failed.
 */
bool muting_refresh(struct muting *m, struct store *s, int64_t now);

/* Read all alone: for who only reads. False: the database failed. */
bool muting_read(struct muting *m, struct store *s);

/* The place among the configured ones of a row that one of them put, as it is now; SIZE_MAX: none.
 */
size_t muting_place(const struct muting *m, const struct mute_row *row);

/* What was read may be of a transaction that is rolled back: it is read again. */
void muting_forget(struct muting *m);

/* Those that have not ended. */
size_t mutes_in_force(const struct mutes *all, int64_t now);

void muting_free(struct muting *m);

#endif
