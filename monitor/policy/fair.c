/*
 * Turns; see fair.h. Domains that are known have two lanes, and each origin has one
 * of others: no two share one, so that nobody is held up by another's flood. The
 * lanes of one region have turns among themselves, and regions among each other.
 * Lanes and regions stand in their rings for as long as something waits in them;
 * so there are never more than domains that wait.
 */
#include "monitor/policy/fair.h"

#include <assert.h>
#include <stdlib.h>

#include "dissector/keyhash.h"
#include "monitor/policy/circle.h"
#include "monitor/policy/origin.h"

#define BUCKETS 4096 /* of the index of names; a power of two */
#define NONE    CIRCLE_NONE
#define DEPTH \
	((size_t)2 * FAIR_PARENT_MAX) /* looked at in a lane before it is the next one's turn */
#define SHORT_LABEL 3

static_assert(FAIR_MAX <= CIRCLE_MAX, "a lane for each that waits");

struct waiting {
	struct lookup_request request;
	uint16_t next;  /* in its lane, or of those that are free */
	uint16_t chain; /* in its bucket */
};

struct lane {
	uint16_t first, last;
	uint16_t region; /* that it is one of; NONE: one of those that are known */
	size_t count;
};

struct region {
	uint16_t turn; /* the lane that is next */
	size_t lanes;
	size_t count; /* that wait in them */
};

struct fair {
	uint8_t secret[16];
	struct waiting at[FAIR_MAX];
	struct lane with_policy, known, lanes[CIRCLE_MAX];
	struct region regions[CIRCLE_MAX];
	struct circle origins, wide; /* places of lanes by origin, and of regions */
	uint16_t free;
	uint16_t names[BUCKETS];
	size_t count;
	size_t ring;   /* regions in theirs */
	uint16_t turn; /* the region that is next; NONE: there is none */
	size_t turns;
};

struct fair *
fair_new(const uint8_t secret[16])
{
	struct fair *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	memcpy(f->secret, secret, sizeof(f->secret));
	circle_begin(&f->origins, secret);
	circle_begin(&f->wide, secret);
	f->with_policy = f->known = (struct lane){.first = NONE, .last = NONE, .region = NONE};
	f->turn = NONE;
	for (size_t i = 0; i < BUCKETS; i++)
		f->names[i] = NONE;
	for (size_t i = 0; i < FAIR_MAX; i++)
		f->at[i].next = i + 1 < FAIR_MAX ? (uint16_t)(i + 1) : NONE;
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

/* ---- Lanes ---- */

/* NULL where nothing of it waits. */
static struct lane *
find_lane(struct fair *f, const struct lookup_request *r)
{
	uint16_t i;

	if (r->is_known)
		return r->cache.is_known ? &f->with_policy : &f->known;
	i = circle_find(&f->origins, r->origin);
	return i != NONE ? &f->lanes[i] : NULL;
}

static struct lane *
open_lane(struct fair *f, uint64_t origin)
{
	const uint64_t wide = origin_region(origin);
	uint16_t g = circle_find(&f->wide, wide), i;

	if (g == NONE) {
		g = circle_open(&f->wide, wide, &f->turn);
		f->regions[g] = (struct region){.turn = NONE};
		f->ring++;
	}
	i = circle_open(&f->origins, origin, &f->regions[g].turn);
	f->lanes[i] = (struct lane){.first = NONE, .last = NONE, .region = g};
	f->regions[g].lanes++;
	return &f->lanes[i];
}

static void
close_lane(struct fair *f, const struct lane *lane)
{
	const uint16_t g = lane->region;

	circle_close(&f->origins, (uint16_t)(lane - f->lanes), &f->regions[g].turn);
	if (--f->regions[g].lanes > 0)
		return;
	circle_close(&f->wide, g, &f->turn);
	f->ring--;
}

static void
count_in(struct fair *f, struct lane *lane, size_t step)
{
	lane->count += step;
	f->count += step;
	if (lane->region != NONE)
		f->regions[lane->region].count += step;
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
	count_in(f, lane, (size_t)-1);
	f->at[i].next = f->free;
	f->free = i;
	if (lane->count == 0 && lane->region != NONE)
		close_lane(f, lane);
}

/* In which most wait; NULL where there is none. */
static const struct region *
largest_region(const struct fair *f)
{
	const struct region *largest = NULL;
	uint16_t g = f->turn;

	for (size_t seen = 0; seen < f->ring; seen++, g = f->wide.at[g].after)
		if (largest == NULL || f->regions[g].count > largest->count)
			largest = &f->regions[g];
	return largest;
}

static struct lane *
longest_lane(struct fair *f, const struct region *region)
{
	struct lane *longest = &f->lanes[region->turn];
	uint16_t i = region->turn;

	for (size_t seen = 0; seen < region->lanes; seen++, i = f->origins.at[i].after)
		if (f->lanes[i].count > longest->count)
			longest = &f->lanes[i];
	return longest;
}

/* Has r less than what it would displace: its region than the largest, or in that its lane? */
static bool
has_less(struct fair *f, const struct lookup_request *r, const struct region *largest,
	 const struct lane *longest)
{
	const uint16_t g = circle_find(&f->wide, origin_region(r->origin));
	const struct lane *lane = find_lane(f, r);

	if (r->is_known)
		return true;
	if (g == NONE || f->regions[g].count + 1 < largest->count)
		return true;
	return &f->regions[g] == largest && (lane != NULL ? lane->count : 0) < longest->count;
}

/* Room for r at the cost of the longest lane of the largest region. */
static bool
make_room(struct fair *f, const struct lookup_request *r, struct domain *displaced)
{
	const struct region *largest = largest_region(f);
	struct lane *longest;
	uint16_t before = NONE;

	if (largest == NULL)
		return false;
	longest = longest_lane(f, largest);
	if (!has_less(f, r, largest, longest))
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
	count_in(f, lane, 1);
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
take_from_region(struct fair *f, struct region *region,
		 bool (*may)(void *ctx, const struct lookup_request *r), void *ctx,
		 struct lookup_request *out)
{
	for (size_t left = region->lanes; left > 0; left--) {
		const uint16_t i = region->turn;

		region->turn = f->origins.at[i].after;
		if (take_from(f, &f->lanes[i], may, ctx, out))
			return true;
	}
	return false;
}

static bool
take_unknown(struct fair *f, bool (*may)(void *ctx, const struct lookup_request *r), void *ctx,
	     struct lookup_request *out)
{
	for (size_t left = f->ring; left > 0; left--) {
		const uint16_t g = f->turn;

		f->turn = f->wide.at[g].after;
		if (take_from_region(f, &f->regions[g], may, ctx, out))
			return true;
	}
	return false;
}

bool
fair_take(struct fair *f, enum fair_who who, bool (*may)(void *ctx, const struct lookup_request *r),
	  void *ctx, struct lookup_request *out)
{
	if (who == FAIR_ANY && ++f->turns % FAIR_OFTEN == 0 && take_unknown(f, may, ctx, out))
		return true;
	if (take_from(f, &f->with_policy, may, ctx, out))
		return true;
	if (who != FAIR_WITH_POLICY && take_from(f, &f->known, may, ctx, out))
		return true;
	return who == FAIR_ANY && take_unknown(f, may, ctx, out);
}
