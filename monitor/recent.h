/*
 * The sessions of the last minutes, to be judged again when an answer arrives
 * that tells of them: facts, and what was known beside them then.
 *
 * Of fixed bounds; the oldest go first. Knows no database and no policy.
 */
#ifndef MONITOR_RECENT_H
#define MONITOR_RECENT_H

#include "dissector/session.h"
#include "monitor/judge/history.h"

#define RECENT_MAX    4096               /* sessions */
#define RECENT_BYTES  ((size_t)16 << 20) /* of all of them */
#define RECENT_WINDOW INT64_C(600000000) /* microseconds, by the newest session; of live ones */

struct recent;

/* window: microseconds, by the newest session. NULL where memory is out. */
struct recent *recent_new(int64_t window);
void recent_free(struct recent *r);

/*
 * Remember one. Those too large to be kept are not, nor are those without recipients of
 * which a host's policy could say nothing: no certificate was seen, and STARTTLS was
 * offered. recent_replace: in the place of what is remembered under this id.
 */
void recent_add(struct recent *r, int64_t id, const struct session *s, const struct history *h);
void recent_replace(struct recent *r, int64_t id, const struct session *s, const struct history *h);

/* What was known beside a remembered one is this. */
void recent_know(struct recent *r, int64_t id, const struct history *h);

/* Forget all: their ids are void. */
void recent_drop(struct recent *r);

/*
 * What a session may be found by: its recipients' domains (lower case), the server's name that
 * the client asked for, the server's address (4 or 16 bytes).
 */
struct recent_keys {
	const struct bytes *keys;
	size_t count;
};

/*
 * Walk those that have one of the keys, the latest first. What is told is borrowed
 * for the call. False where tell was false, which ends it.
 */
bool recent_walk(struct recent *r, const struct recent_keys *sought,
		 bool (*tell)(void *ctx, int64_t id, const struct session *s,
			      const struct history *h),
		 void *ctx);

#endif
