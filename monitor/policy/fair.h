/*
 * Whose turn it is: domains that wait to be looked up.
 *
 * Names come off the wire, so anybody can invent a million of them. Domains whose
 * policy is known go first, then others that are known, which costs who invents them no
 * more than an MX host; of the rest each region (a large network) has its turn, in
 * it each origin (the network of a client), in its own order, and no more than its
 * share of the room: what is too much is refused, and so is one domain twice. So
 * who has one large network has one part of the turns, however many small ones are
 * in it. Pure; all memory is asked for once.
 */
#ifndef MONITOR_POLICY_FAIR_H
#define MONITOR_POLICY_FAIR_H

#include "monitor/policy/lookup.h"

#define FAIR_MAX        4096 /* domains that wait */
#define FAIR_LANE_MAX   512  /* ... of one origin that are not known */
#define FAIR_PARENT_MAX 32   /* ... below one parent: fair_parent */
#define FAIR_OFTEN      4    /* one turn in so many is not for those that are known */

struct fair;

/* secret: 16 bytes, so that nobody can choose what collides. NULL: no memory. */
struct fair *fair_new(const uint8_t secret[16]);
void fair_free(struct fair *f);

enum fair_put {
	FAIR_WAITS,
	FAIR_WAITS_ALREADY,
	FAIR_FULL /* there is no room for it; it may be tried again */
};

/* *displaced: who lost its place to this one and waits no more; an empty name: nobody. */
enum fair_put fair_put(struct fair *f, const struct lookup_request *r, struct domain *displaced);

enum fair_who { FAIR_ANY, FAIR_KNOWN, FAIR_WITH_POLICY /* that is known */ };

/*
 * Take the next one of these. may, where not NULL, says of each whether it may go
 * now; those that may not keep their places. False where there is none.
 */
bool fair_take(struct fair *f, enum fair_who who,
	       bool (*may)(void *ctx, const struct lookup_request *r), void *ctx,
	       struct lookup_request *out);

size_t fair_waiting(const struct fair *f);

/*
 * The parent of a name, in it: its last two labels, or three where the second
 * last is as short as "co" in "example.co.uk". What a flood of invented names
 * below one real domain has in common.
 */
struct bytes fair_parent(const struct domain *d);

#endif
