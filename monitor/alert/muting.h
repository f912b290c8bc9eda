/*
 * The mutes that are in force for a watch: those of its configuration, and those
 * that people added to the database, which may be other ones at any time.
 */
#ifndef MONITOR_ALERT_MUTING_H
#define MONITOR_ALERT_MUTING_H

#include "monitor/alert/mute.h"

/* All zero but version: MUTING_NONE. */
struct muting {
	const struct mutes *configured; /* borrowed; NULL: none */
	struct mutes all;               /* by id */
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

/* Whether one of that name is configured. */
bool muting_has_name(const struct muting *m, const char *name);

/* What was read may be of a transaction that is rolled back: it is read again. */
void muting_forget(struct muting *m);

/* Those that have not ended. */
size_t mutes_in_force(const struct mutes *all, int64_t now);

void muting_free(struct muting *m);

#endif
