/*
 * Those whose turns go round: a ring of at most CIRCLE_MAX, each found by its key.
 *
 * Of fixed size. Knows places by number; what waits at one is the owner's. The one
 * whose turn is next is kept by the owner as well, so that one circle can hold
 * many rings.
 */
#ifndef MONITOR_POLICY_CIRCLE_H
#define MONITOR_POLICY_CIRCLE_H

#include <stddef.h>
#include <stdint.h>

#define CIRCLE_MAX     4096
#define CIRCLE_BUCKETS 4096 /* of the index; a power of two */
#define CIRCLE_NONE    UINT16_MAX

struct circle {
	struct circle_place {
		uint64_t key;
		uint16_t before, after; /* in its ring; after, too, of those that are free */
		uint16_t chain;         /* in its bucket */
	} at[CIRCLE_MAX];
	uint16_t free, index[CIRCLE_BUCKETS];
	uint8_t secret[16];
};

/* Nobody is in it. secret: so that nobody can choose which keys collide. */
void circle_begin(struct circle *c, const uint8_t secret[16]);

/* The place of that key; CIRCLE_NONE. */
uint16_t circle_find(const struct circle *c, uint64_t key);

/*
 * A place for a key that has none, as the last to have its turn in the ring of
 * *turn (CIRCLE_NONE: it is the first). There must be one: no more than CIRCLE_MAX.
 */
uint16_t circle_open(struct circle *c, uint64_t key, uint16_t *turn);

/* It leaves the ring of *turn. */
void circle_close(struct circle *c, uint16_t place, uint16_t *turn);

#endif
