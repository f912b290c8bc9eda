/* What is to be looked up, and when; see agenda.h. */
#include "monitor/policy/agenda.h"

#include <stdlib.h>

#include "dissector/keyhash.h"
#include "monitor/policy/origin.h"

#define WAYS    8    /* places that one domain may have */
#define ORIGINS 1024 /* counters of them; two that share one share their room */
#define NEVER   INT64_MAX

enum state { FREE, WAITS, ASKED, RESTS };

struct place {
	uint64_t key;
	int64_t due;  /* of WAITS: to be asked; of RESTS: it may be wanted again; of ASKED: when */
	int64_t seen; /* mail for it */
	enum state state;
	uint32_t failures; /* in a row */
	uint32_t losses;   /* in a row */
};

/* Places apart from names, for they are gone through. */
struct agenda {
	uint8_t secret[16];
	struct place places[AGENDA_MAX];
	struct agenda_item items[AGENDA_MAX];
	uint32_t of_origin[ORIGINS]; /* that wait or are asked */
	uint32_t of_region[ORIGINS]; /* likewise, of larger networks */
	size_t waiting, asked;
	size_t hand;      /* where agenda_next goes on */
	int64_t next_due; /* none is due before */
	int64_t pass_due; /* the same, of the places that this pass has seen */
};

struct agenda *
agenda_new(const uint8_t secret[16])
{
	struct agenda *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	memcpy(a->secret, secret, sizeof(a->secret));
	a->next_due = a->pass_due = NEVER;
	return a;
}

void
agenda_free(struct agenda *a)
{
	free(a);
}

size_t
agenda_asked(const struct agenda *a)
{
	return a->asked;
}

size_t
agenda_waiting(const struct agenda *a)
{
	return a->waiting;
}

/* ---- Places ---- */

static uint64_t
key_of(const struct agenda *a, const struct domain *d)
{
	return keyhash(a->secret, d->text, strlen(d->text));
}

static struct place *
first_of(struct agenda *a, uint64_t key)
{
	return &a->places[key % (AGENDA_MAX / WAYS) * WAYS];
}

static struct agenda_item *
item_of(struct agenda *a, const struct place *p)
{
	return &a->items[p - a->places];
}

/* NULL where it is not here. */
static struct place *
find(struct agenda *a, const struct domain *d)
{
	uint64_t key = key_of(a, d);
	struct place *first = first_of(a, key);

	for (struct place *p = first; p < first + WAYS; p++)
		if (p->state != FREE && p->key == key && domain_equal(&item_of(a, p)->domain, d))
			return p;
	return NULL;
}

static uint32_t *
room_of(struct agenda *a, uint64_t origin)
{
	return &a->of_origin[keyhash(a->secret, &origin, sizeof(origin)) % ORIGINS];
}

static uint32_t *
region_of(struct agenda *a, uint64_t origin)
{
	const uint64_t region = origin_region(origin);

	return &a->of_region[keyhash(a->secret, &region, sizeof(region)) % ORIGINS];
}

static void
count(struct agenda *a, const struct place *p, int step)
{
	const uint64_t origin = item_of(a, p)->origin;

	if (p->state == WAITS)
		a->waiting += (size_t)step;
	else if (p->state == ASKED)
		a->asked += (size_t)step;
	else
		return;
	*room_of(a, origin) += (uint32_t)step;
	*region_of(a, origin) += (uint32_t)step;
}

static void
put(struct agenda *a, struct place *p, enum state state, int64_t due)
{
	count(a, p, -1);
	p->state = state;
	p->due = due;
	count(a, p, 1);
	if (state != WAITS)
		return;
	if (due < a->next_due)
		a->next_due = due;
	if (due < a->pass_due)
		a->pass_due = due;
}

/* How soon a place is given up: those that rest before those that failed. Others stay. */
static int
rank(const struct place *p)
{
	switch (p->state) {
	case FREE:
		return 3;
	case RESTS:
		return 2;
	case WAITS:
		return p->failures > 0 ? 1 : 0;
	case ASKED:
		break;
	}
	return 0;
}

/* Of those that wait here one of a region that has far more than this one; NULL: there is none. */
static struct place *
place_of_many(struct agenda *a, uint64_t key, uint64_t origin)
{
	uint32_t most = *region_of(a, origin) * 2 + WAYS;
	struct place *first = first_of(a, key), *found = NULL;

	for (struct place *p = first; p < first + WAYS; p++)
		if (p->state == WAITS && *region_of(a, item_of(a, p)->origin) > most) {
			most = *region_of(a, item_of(a, p)->origin);
			found = p;
		}
	return found;
}

/* A place for a new one; NULL where all are taken. */
static struct place *
place_for(struct agenda *a, uint64_t key, uint64_t origin)
{
	struct place *first = first_of(a, key), *best = first;

	for (struct place *p = first + 1; p < first + WAYS; p++)
		if (rank(p) > rank(best) || (rank(p) == rank(best) && p->seen < best->seen))
			best = p;
	return rank(best) > 0 ? best : place_of_many(a, key, origin);
}

/* ---- What comes in ---- */

static bool
add(struct agenda *a, const struct domain *d, uint64_t origin, int64_t now)
{
	struct place *p;

	if (*room_of(a, origin) >= AGENDA_ORIGIN_MAX)
		return false;
	p = place_for(a, key_of(a, d), origin);
	if (p == NULL)
		return false;
	put(a, p, FREE, 0);
	*p = (struct place){.key = key_of(a, d), .seen = now};
	*item_of(a, p) = (struct agenda_item){*d, origin};
	put(a, p, WAITS, now);
	return true;
}

bool
agenda_want(struct agenda *a, const struct domain *d, uint64_t origin, int64_t now)
{
	struct place *p = find(a, d);

	if (p == NULL)
		return add(a, d, origin, now);
	if (now - p->seen >= AGENDA_MATTERS)
		p->failures = p->losses = 0;
	p->seen = now;
	if (p->state == RESTS && now >= p->due)
		put(a, p, WAITS, now);
	return true;
}

/* Go on through the places, to the end of them; NULL: none of these is due. */
static struct place *
go_on(struct agenda *a, int64_t now)
{
	while (a->hand < AGENDA_MAX) {
		struct place *p = &a->places[a->hand++];

		if (p->state != WAITS)
			continue;
		if (p->due <= now)
			return p;
		if (p->due < a->pass_due)
			a->pass_due = p->due;
	}
	return NULL;
}

const struct agenda_item *
agenda_next(struct agenda *a, int64_t now)
{
	/* Once more from the beginning where one came in behind the hand. */
	while (a->next_due <= now) {
		struct place *p = go_on(a, now);

		if (p != NULL) {
			put(a, p, ASKED, now);
			return item_of(a, p);
		}
		a->hand = 0;
		a->next_due = a->pass_due;
		a->pass_due = NEVER;
	}
	return NULL;
}

int64_t
agenda_wait(const struct agenda *a, int64_t now)
{
	if (a->waiting == 0)
		return -1;
	return a->next_due > now ? a->next_due - now : 0;
}

/* ---- What became of it ---- */

/* Again, ever more seldom, as long as it matters. */
static void
again(struct agenda *a, struct place *p, int64_t now)
{
	int64_t wait = AGENDA_AGAIN;

	for (uint32_t i = 0; i < p->failures && wait < AGENDA_AGAIN_MAX; i++)
		wait *= 2;
	if (wait > AGENDA_AGAIN_MAX)
		wait = AGENDA_AGAIN_MAX;
	p->failures++;
	put(a, p, now - p->seen < AGENDA_MATTERS ? WAITS : RESTS, now + wait);
}

void
agenda_later(struct agenda *a, const struct domain *d, int64_t now)
{
	struct place *p = find(a, d);

	if (p != NULL && p->state == ASKED)
		again(a, p, now);
}

void
agenda_answered(struct agenda *a, const struct domain *d, bool is_good, int64_t now)
{
	struct place *p = find(a, d);

	if (p == NULL || p->state != ASKED)
		return;
	p->losses = 0;
	if (!is_good) {
		again(a, p, now);
		return;
	}
	p->failures = 0;
	put(a, p, RESTS, now + AGENDA_AGAIN);
}

void
agenda_put_off(struct agenda *a, const struct domain *d, int64_t span, int64_t now)
{
	struct place *p = find(a, d);

	if (p == NULL || p->state != ASKED)
		return;
	p->losses = 0;
	put(a, p, now - p->seen < AGENDA_MATTERS ? WAITS : RESTS, now + span);
}

bool
agenda_is_asked(struct agenda *a, const struct domain *d)
{
	const struct place *p = find(a, d);

	return p != NULL && p->state == ASKED;
}

int64_t
agenda_took(struct agenda *a, const struct domain *d, int64_t now)
{
	const struct place *p = find(a, d);

	return p != NULL && p->state == ASKED ? now - p->due : -1;
}

void
agenda_rest(struct agenda *a, const struct domain *d, int64_t span, int64_t now)
{
	struct place *p = find(a, d);

	agenda_answered(a, d, true, now);
	if (p != NULL && p->state == RESTS)
		p->due = now + span;
}

size_t
agenda_lost(struct agenda *a, int64_t now)
{
	size_t lost = a->asked;

	for (size_t i = 0; i < AGENDA_MAX && a->asked > 0; i++) {
		struct place *p = &a->places[i];

		if (p->state != ASKED)
			continue;
		/* It may be what it died of. */
		if (++p->losses > AGENDA_LOST_MAX)
			put(a, p, RESTS, now + AGENDA_AGAIN_MAX);
		else
			put(a, p, WAITS, now);
	}
	return lost;
}
