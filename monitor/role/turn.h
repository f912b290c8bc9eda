/*
 * Whose turn it is to serve a sink of a database.
 *
 * Several watches may write to one database, each with its own sinks. An alert stands in
 * the outbox under the name of its sink: where more than one watch has a sink of that
 * name, one of them serves it, and another takes over as soon as that one is gone,
 * however it ended. Kept by locks of the kernel on a file beside the database.
 */
#ifndef MONITOR_ROLE_TURN_H
#define MONITOR_ROLE_TURN_H

#include <stdbool.h>

struct turns;

/* Of the database of that path. NULL: no memory. Nothing is locked yet. */
struct turns *turns_new(const char *db);

/* Gives them all up. NULL does nothing. */
void turns_free(struct turns *t);

/*
 * Whether it is the caller's to serve the sink of that name, from now until turns_free. Where
 * nothing can be locked it is: an alert that comes twice is better than none. Never waits.
 */
bool turns_take(struct turns *t, const char *sink);

#endif
