/*
 * Starts the other roles for a keeper that has given up the right to.
 *
 * The starter is what keeps the privileges that readers need for a moment. It
 * hears the keeper, and no more than "start", "end" and "reap" of it; and of each
 * reader, before that has seen a packet, which place its capture is to take
 * (place.h). It opens nothing and reads nothing else. It ends with the keeper,
 * and what it started ends with it.
 */
#ifndef MONITOR_ROLE_STARTER_H
#define MONITOR_ROLE_STARTER_H

#include "monitor/role/role.h"
#include "monitor/role/sandbox.h"

/* The keeper's end. */
struct starter {
	struct role_process process;
};

/* Start it, while there is the right to. False, with errno, where it cannot be. */
bool starter_begin(struct starter *s);

/* It has no more to do. Waited for no longer than for any answer. */
void starter_end(struct starter *s);

/*
 * As role_start, role_kill and role_reap, of what the starter starts. EPIPE: it is
 * gone, or has not answered for 10 seconds; it is not to be asked again.
 */
bool starter_start(const struct starter *s, const char *name, struct role_process *out);
void starter_kill(const struct starter *s, const struct role_process *r);
bool starter_reap(const struct starter *s, struct role_process *r, char how[ROLE_HOW_MAX]);

/* The role: serve until the keeper is gone; the status to exit with. */
int starter_main(const struct sandbox *box);

#endif
