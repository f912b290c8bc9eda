/*
 * Turns; see fair.h. Domains that are known have one lane, and so has each origin
 * of others: no two share one, so that nobody is held up by another's flood. Lanes
 * stand in a ring, from which turns are taken, for as long as something waits in
 * them; so there are never more than domains that wait.
 */
#include "monitor/policy/fair.h"

#include <stdlib.h>

#include "dissector/keyhash.h"

#define BUCKETS 4096 /* of the indexes of names and of origins; a power of two */
#define NONE    UINT16_MAX
#define DEPTH \
	((size_t)2 * FAIR_PARENT_MAX) /* looked at in a lane before it is the next one's turn */
#define SHORT_LABEL 3

struct waiting {
	struct lookup_request request;
	uint16_t next;  /* in its lane, or of those that are free */
	uint16_t chain; /* in its bucket */
};

struct lane {
	uint64_t origin;
	uint16_t first, last;
	uint16_t before, after; /* in the ring; after, too, of those that are free */
	uint16_t chain;         /* in its bucket */
	size_t count;           /* 0: it is free */
};

struct fair {
	uint8_t secret[16];
	struct waiting at[FAIR_MAX];
	struct lane known, lanes[FAIR_MAX];
	uint16_t free, free_lane;
	uint16_t names[BUCKETS], origins[BUCKETS];
	size_t count;
	size_t ring;   /* lanes in it */
	uint16_t turn; /* the lane that is next; NONE: the ring is empty */
	size_t turns;
};

struct fair *
fair_new(const uint8_t secret[16])
{
	struct fair *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	memcpy(f->secret, secret, sizeof(f->secret));
	f->known.first = f->known.last = f->turn = NONE;
	for (size_t i = 0; i < BUCKETS; i++)
		f->names[i] = f->origins[i] = NONE;
	for (size_t i = 0; i < FAIR_MAX; i++)
		f->at[i].next = f->lanes[i].after = i + 1 < FAIR_MAX ? (uint16_t)(i + 1) : NONE;
	return f;
}

void
fair_free(struct fair *f)
{
	free(f);
}

size_t
fair_waiting(const struct fair *f)
{
	return f->count;
}

/* Where the label before end begins. */
static size_t
label_begin(struct bytes name, size_t end)
{
	while (end > 0 && name.at[end - 1] != '.')
		end--;
	return end;
}

struct bytes
fair_parent(const struct domain *d)
{
	struct bytes name = domain_bytes(d);
	size_t top = label_begin(name, name.len), second, third;

	if (top == 0)
		return name;
	second = label_begin(name, top - 1);
	if (second == 0 || top - 1 - second > SHORT_LABEL)
		return bytes_after(name, second);
	third = label_begin(name, second - 1);
	return bytes_after(name, third);
}

static uint16_t *
name_bucket(struct fair *f, const struct domain *d)
{
	return &f->names[keyhash(f->secret, d->text, strlen(d->text)) & (BUCKETS - 1)];
}

static uint16_t *
origin_bucket(struct fair *f, uint64_t origin)
{
	return &f->origins[keyhash(f->secret, &origin, sizeof(origin)) & (BUCKETS - 1)];
}

/* ---- Lanes ---- */

/* NULL where nothing of it waits. */
static struct lane *
find_lane(struct fair *f, const struct lookup_request *r)
{
	if (r->is_known)
		return &f->known;
	for (uint16_t i = *origin_bucket(f, r->origin); i != NONE; i = f->lanes[i].chain)
		if (f->lanes[i].origin == r->origin)
			return &f->lanes[i];
	return NULL;
}

/* The last in the ring to have its turn. There is a free one: there are as many as places. */
static struct lane *
open_lane(struct fair *f, uint64_t origin)
{
	uint16_t i = f->free_lane, *bucket = origin_bucket(f, origin);
	struct lane *lane = &f->lanes[i];

	f->free_lane = lane->after;
	*lane = (struct lane){.origin = origin, .first = NONE, .last = NONE, .chain = *bucket};
	*bucket = i;
	if (f->turn == NONE)
		f->turn = lane->before = lane->after = i;
	lane->after = f->turn;
	lane->before = f->lanes[f->turn].before;
	f->lanes[lane->before].after = i;
	f->lanes[lane->after].before = i;
	f->ring++;
	return lane;
}

static void
close_lane(struct fair *f, struct lane *lane)
{
	uint16_t i = (uint16_t)(lane - f->lanes), *chain = origin_bucket(f, lane->origin);

	while (*chain != i)
		chain = &f->lanes[*chain].chain;
	*chain = lane->chain;
	f->lanes[lane->before].after = lane->after;
	f->lanes[lane->after].before = lane->before;
	if (f->turn == i)
		f->turn = lane->after != i ? lane->after : NONE;
	lane->after = f->free_lane;
	f->free_lane = i;
	f->ring--;
}

static bool
is_waiting(struct fair *f, const struct domain *d)
{
	for (uint16_t i = *name_bucket(f, d); i != NONE; i = f->at[i].chain)
		if (domain_equal(&f->at[i].request.domain, d))
			return true;
	return false;
}

static size_t
count_parent(const struct fair *f, const struct lane *lane, struct bytes parent)
{
	size_t count = 0;

	for (uint16_t i = lane->first; i != NONE; i = f->at[i].next)
		count += bytes_equal(fair_parent(&f->at[i].request.domain), parent);
	return count;
}

/* Take the one behind before (NONE: the first) out of its lane. */
static void
unlink_waiting(struct fair *f, struct lane *lane, uint16_t before, uint16_t i)
{
	uint16_t *chain = name_bucket(f, &f->at[i].request.domain);

	while (*chain != i)
		chain = &f->at[*chain].chain;
	*chain = f->at[i].chain;
	if (before == NONE)
		lane->first = f->at[i].next;
	else
		f->at[before].next = f->at[i].next;
	if (lane->last == i)
		lane->last = before;
	lane->count--;
	f->count--;
	f->at[i].next = f->free;
	f->free = i;
	if (lane->count == 0 && lane != &f->known)
		close_lane(f, lane);
}

/* NULL where the ring is empty. */
static struct lane *
longest_lane(struct fair *f)
{
	struct lane *longest = NULL;
	uint16_t i = f->turn;

	for (size_t seen = 0; seen < f->ring; seen++, i = f->lanes[i].after)
		if (longest == NULL || f->lanes[i].count > longest->count)
			longest = &f->lanes[i];
	return longest;
}

/* Room for r at the cost of the longest lane, where r's own is shorter by more than this one. */
static bool
make_room(struct fair *f, const struct lookup_request *r, struct domain *displaced)
{
	const struct lane *lane = find_lane(f, r);
	struct lane *longest = longest_lane(f);
	uint16_t before = NONE;

	if (longest == NULL || (!r->is_known && (lane != NULL ? lane->count : 0) >= longest->count))
		return false;
	for (uint16_t i = longest->first; i != longest->last; i = f->at[i].next)
		before = i;
	*displaced = f->at[longest->last].request.domain;
	unlink_waiting(f, longest, before, longest->last);
	return true;
}

static void
append(struct fair *f, struct lane *lane, const struct lookup_request *r)
{
	uint16_t *bucket = name_bucket(f, &r->domain), i = f->free;

	f->free = f->at[i].next;
	f->at[i] = (struct waiting){*r, NONE, *bucket};
	*bucket = i;
	if (lane->first == NONE)
		lane->first = i;
	else
		f->at[lane->last].next = i;
	lane->last = i;
	lane->count++;
	f->count++;
}

/* Is there enough of its like already? */
static bool
is_too_much(const struct fair *f, const struct lane *lane, const struct lookup_request *r)
{
	return !r->is_known && lane != NULL &&
	       (lane->count >= FAIR_LANE_MAX ||
		count_parent(f, lane, fair_parent(&r->domain)) >= FAIR_PARENT_MAX);
}

enum fair_put
fair_put(struct fair *f, const struct lookup_request *r, struct domain *displaced)
{
	struct lane *lane;

	displaced->text[0] = '\0';
	if (is_waiting(f, &r->domain))
		return FAIR_WAITS_ALREADY;
	if (is_too_much(f, find_lane(f, r), r) || (f->free == NONE && !make_room(f, r, displaced)))
		return FAIR_FULL;
	lane = find_lane(f, r);
	append(f, lane != NULL ? lane : open_lane(f, r->origin), r);
	return FAIR_WAITS;
}

static bool
take_from(struct fair *f, struct lane *lane, bool (*may)(void *ctx, const struct lookup_request *r),
	  void *ctx, struct lookup_request *out)
{
	uint16_t before = NONE;
	size_t looked_at = 0;

	for (uint16_t i = lane->first; i != NONE && looked_at < DEPTH; i = f->at[i].next) {
		if (may == NULL || may(ctx, &f->at[i].request)) {
			*out = f->at[i].request;
			unlink_waiting(f, lane, before, i);
			return true;
		}
		before = i;
		looked_at++;
	}
	return false;
}

static bool
take_unknown(struct fair *f, bool (*may)(void *ctx, const struct lookup_request *r), void *ctx,
	     struct lookup_request *out)
{
	for (size_t left = f->ring; left > 0; left--) {
		struct lane *lane = &f->lanes[f->turn];

		f->turn = lane->after;
		if (take_from(f, lane, may, ctx, out))
			return true;
	}
	return false;
}

bool
fair_take(struct fair *f, bool known_only, bool (*may)(void *ctx, const struct lookup_request *r),
	  void *ctx, struct lookup_request *out)
{
	if (!known_only && ++f->turns % FAIR_OFTEN == 0 && take_unknown(f, may, ctx, out))
		return true;
	if (take_from(f, &f->known, may, ctx, out))
		return true;
	return !known_only && take_unknown(f, may, ctx, out);
}
