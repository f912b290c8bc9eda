/*
 * The domains that mail was seen for, and when each is to be looked up: once at a
 * time, again after a failure as long as it matters, and not again right behind.
 *
 * Of fixed size. No origin (a client's network) has more than its share, what rests
 * makes way for what is new, and what a large network brings up in masses for others
 * (origin.h). Pure; times are milliseconds of a clock that
 * nobody sets. Knows no policy.
 */
#ifndef MONITOR_POLICY_AGENDA_H
#define MONITOR_POLICY_AGENDA_H

#include "monitor/policy/domain.h"

#define AGENDA_MAX        8192  /* domains */
#define AGENDA_ORIGIN_MAX 512   /* ... of one origin that wait or are asked */
#define AGENDA_AGAIN      10000 /* until what failed is asked again; doubled each time */
#define AGENDA_AGAIN_MAX  300000
#define AGENDA_MATTERS    600000 /* since mail was seen for it: then it is not asked on its own */
#define AGENDA_LOST_MAX   3      /* times in a row that it may be lost, before it has to wait */

struct agenda;

struct agenda_item {
	struct domain domain;
	uint64_t origin;
};

/* secret: 16 bytes, so that nobody can choose what collides. NULL: no memory. */
struct agenda *agenda_new(const uint8_t secret[16]);
void agenda_free(struct agenda *a);

/*
 * Mail was seen for a domain, of which what is known is not enough. False where
 * there is no room for it: it may be tried again when mail is seen again.
 */
bool agenda_want(struct agenda *a, const struct domain *d, uint64_t origin, int64_t now);

/*
 * The next one whose time has come, to be asked for now: it counts as asked. Borrowed
 * until the next call of anything here. NULL: none.
 */
const struct agenda_item *agenda_next(struct agenda *a, int64_t now);

/* It could not be asked for after all, or will not be answered now: later. */
void agenda_later(struct agenda *a, const struct domain *d, int64_t now);

/* It was answered. Where that is no answer to go by it is asked for again, while it matters. */
void agenda_answered(struct agenda *a, const struct domain *d, bool is_good, int64_t now);

/* It was answered, and is to be asked for again in so many milliseconds, while it matters. */
void agenda_put_off(struct agenda *a, const struct domain *d, int64_t span, int64_t now);

/* As a good answer, and for so many milliseconds no mail brings it up again. */
void agenda_rest(struct agenda *a, const struct domain *d, int64_t span, int64_t now);

/* All that was asked will not be answered: it is asked again. Returns how many they are. */
size_t agenda_lost(struct agenda *a, int64_t now);

/* Milliseconds until agenda_next has one; -1: none waits. */
int64_t agenda_wait(const struct agenda *a, int64_t now);

/* It was asked for, and there was no word of it yet. */
bool agenda_is_asked(struct agenda *a, const struct domain *d);

/* Milliseconds since it was asked for; -1 where it is not, or its answer was here. */
int64_t agenda_took(struct agenda *a, const struct domain *d, int64_t now);

/* Those that are asked; and those that wait to be, for the first time or again. */
size_t agenda_asked(const struct agenda *a);
size_t agenda_waiting(const struct agenda *a);

#endif
