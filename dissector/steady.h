/*
 * The time by which packets are handled: that which they bear, but it only goes on.
 *
 * One packet with a wrong clock must not end all that is under way as silent, and a
 * clock that was set must not keep anything waiting. Owns the time here and how far
 * it is off from the packets'. Asks no clock, and knows nothing of flows: what is due
 * at a time is its caller's.
 */
#ifndef DISSECTOR_STEADY_H
#define DISSECTOR_STEADY_H

#include <stdbool.h>
#include <stdint.h>

/* All in microseconds. */
struct steady {
	int64_t now;      /* the time here; INT64_MIN before the first packet */
	int64_t skew;     /* of it, from the time that packets bear */
	int64_t leap;     /* a time far ahead of it, which the latest packet claimed */
	int64_t leap_low; /* the earliest of those in a row */
	uint32_t leaps;   /* how many they are */
	int64_t pair_us;  /* how far ahead two packets that agree are believed */
};

/* Begin. Two packets that agree are believed so far ahead, others take more. */
void steady_init(struct steady *s, int64_t pair_us);

/*
 * What time it is by this packet. One with a wrong clock must not end all that
 * is under way as silent, and where packets are sparse each leaps ahead of the
 * one before. So a leap counts as far as those agree on it that leap in a row: a
 * pair of them where it ends nothing that is not long silent, else more. True
 * where it counts from this packet on.
 *
 * A clock that was set back takes nothing back here: what is under way would
 * wait until the clock has caught up before it counts as silent. The skew makes
 * up for it. Leaps go on by an hour at most, so that no clock, set to and
 * fro, makes this time run over.
 */
bool steady_take(struct steady *s, int64_t packet_time);

/* Time has passed without packets: it is that now, by the packets' clock, at least. */
void steady_expire(struct steady *s, int64_t now);

/* The packets' clock is known to have been set, ahead by so much (back where less than 0). */
void steady_step(struct steady *s, int64_t by);

#endif
