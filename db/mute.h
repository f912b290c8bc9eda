/*
 * The table mutes: what is known and is not to alarm anybody, who said so and
 * until when; and what each of them muted.
 *
 * A row is put by a configuration, or added by a person, who may remove it. It
 * never becomes another: a section that was changed is another row, and so are
 * sections of one name in the configurations of two watches. Knows words and
 * times, not what they hold against: monitor/alert/mute.h. Asks no clock.
 */
#ifndef DB_MUTE_H
#define DB_MUTE_H

#include "db/session.h"

/* Text is printable, UTF-8. Lists are words with one blank between them; "": all. */
struct mute_row {
	int64_t id;       /* filled in */
	const char *name; /* in a configuration; NULL: a person added it */
	const char *kinds, *clients, *servers, *domains;
	enum severity_rank severity; /* up to which it mutes */
	int64_t until;               /* microseconds since the epoch; INT64_MAX: never ends */
	const char *why;
	/* Told by mute_walk alone. */
	int64_t incidents, sessions; /* kept, that it muted */
	int64_t last;                /* latest end of a session that it muted; 0: there was none */
};

/*
 * Put one, at the time now: that of a configuration where the very same is not there, and
 * nothing is written where it is; any other as a new one, and its id is filled in. In a
 * transaction.
 */
bool mute_put(struct store *s, struct mute_row *row, int64_t now);

enum mute_removed {
	MUTE_REMOVED,
	MUTE_ABSENT,     /* none that is in force, or has ended by time, has this id */
	MUTE_CONFIGURED, /* a configuration has or had it, and would put it again */
	MUTE_FAILED
};

/* Remove one that a person added; it stays in the table. A transaction of its own. */
enum mute_removed mute_remove(struct store *s, int64_t id, int64_t now);

/*
 * Of those that people added remove the one that ended first, for another to have its place.
 * MAYBE_NO: none has ended; MAYBE_NULL: the database failed. In a transaction.
 */
enum maybe mute_drop_ended(struct store *s, int64_t now);

/*
 * Tell those that are not removed, by id. with_use: what each muted is counted, too.
 * What is told is borrowed for the call.
 */
bool mute_walk(struct store *s, bool with_use, void (*tell)(void *ctx, const struct mute_row *row),
	       void *ctx);

/* How many there are that people added and nobody removed; -1 where the database failed. */
int64_t mute_added(struct store *s);

/* How many incidents are muted; -1 where the database failed. */
int64_t mute_incidents(struct store *s);

/* A number that is another once another process wrote to the database; -1 where that failed. */
int64_t mute_version(struct store *s);

#endif
