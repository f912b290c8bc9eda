/*
 * The places of readers in the groups that share interfaces, kept so that a
 * group never shrinks while it is watched.
 *
 * Of each capture the starter holds a second descriptor. A reader that is killed
 * leaves its socket where it was: the others' connections stay theirs, what
 * would have been its own is lost and counted, and the reader that follows takes
 * the place. No packet is read here, and none can be through what a reader
 * holds: its link is closed before it sees the first.
 *
 * How the place changes hands, net/packet/af_packet.c: a new member is the last
 * of the group, and the last moves to where one leaves. As long as both are in
 * it the new one is given nothing, since the program that shares out (steer.h)
 * knows how many places there are. Where the kernel's own hash shares out
 * instead it counts the members, and for those few microseconds packets go
 * astray.
 */
#ifndef MONITOR_ROLE_PLACE_H
#define MONITOR_ROLE_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "monitor/capture/steer.h"

/* What a reader says of its capture, whose descriptor comes with it. */
struct place_wish {
	uint32_t linktype; /* LINKTYPE_ value */
	uint16_t group;  /* any number that its interface's readers have in common, and no others */
	uint8_t readers; /* of the group, at least 1 */
};

struct place_given {
	bool is_taken;
	bool is_chief; /* of those that live just this one counts what all of them lose */
	/*
	 * When it was, in microseconds since the epoch: what was captured before was
	 * not yet shared out.
	 */
	int64_t since;
	uint64_t lost;           /* packets that the place was given while nobody read them */
	char why[STEER_WHY_MAX]; /* why not, or what is lost all the same; else empty */
};

/*
 * The reader's side: have that capture's socket take its place. False where the
 * starter is gone.
 */
bool place_take(int link, const struct place_wish *wish, int socket, struct place_given *out);

/* The starter's side. */
struct places;

/* NULL where memory is refused. */
struct places *places_new(void);

/* Hear what this reader wishes, and answer; false where it is gone. */
bool places_serve(struct places *p, pid_t reader, int link);

/* That reader has ended: where well, its place is given up with it, else it is kept. */
void places_left(struct places *p, pid_t reader, bool is_good);

#endif
