/*
 * Who is being asked too much: for each subject (a network, the parent of many
 * names) how many things are under way, and when the last one began.
 *
 * Of fixed size. Pure: times are given, in milliseconds of a clock that nobody sets.
 */
#ifndef MONITOR_POLICY_CROWD_H
#define MONITOR_POLICY_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CROWD_SUBJECTS 1024 /* of which something is under way, or was a moment ago */

struct crowd_limit {
	uint32_t at_once;
	int64_t apart; /* milliseconds between the beginnings of two */
};

struct crowd {
	struct crowd_limit limit;
	struct crowd_subject {
		uint64_t key; /* a hash with a secret */
		uint32_t under_way;
		int64_t begun;
	} subjects[CROWD_SUBJECTS];
};

/* Is there room for one more of key? Not, too, where the table is full. */
bool crowd_has_room(const struct crowd *c, uint64_t key, int64_t now);

/* One begins; false, and nothing is noted, where there is no room. */
bool crowd_enter(struct crowd *c, uint64_t key, int64_t now);

/* One of those that began ends. */
void crowd_leave(struct crowd *c, uint64_t key);

#endif
