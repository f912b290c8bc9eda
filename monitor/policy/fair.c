/*
 * Turns; see fair.h. Domains that are known have one lane; the others one of
 * LANES by the hash of their origin, so that origins share a lane by chance alone.
 */
#include "monitor/policy/fair.h"

#include <stdlib.h>

#include "dissector/keyhash.h"

#define LANES      256 /* of those that are not known; a power of two */
#define LANE_KNOWN LANES
#define BUCKETS    4096 /* of the index of names; a power of two */
#define NONE       UINT16_MAX
#define DEPTH \
	((size_t)2 * FAIR_PARENT_MAX) /* looked at in a lane before it is the next one's turn */
#define SHORT_LABEL 3

struct waiting {
	struct lookup_request request;
	uint16_t next;  /* in its lane, or of those that are free */
	uint16_t chain; /* in its bucket */
};

struct lane {
	uint16_t first, last;
	size_t count;
};

struct fair {
	uint8_t secret[16];
	struct waiting at[FAIR_MAX];
	struct lane lanes[LANES + 1];
	uint16_t free;
	uint16_t buckets[BUCKETS];
	size_t count;
	size_t turn; /* the lane that is next, of those that are not known */
	size_t turns;
};

struct fair *
fair_new(const uint8_t secret[16])
{
	struct fair *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	memcpy(f->secret, secret, sizeof(f->secret));
	for (size_t i = 0; i <= LANES; i++)
		f->lanes[i] = (struct lane){NONE, NONE, 0};
	for (size_t i = 0; i < BUCKETS; i++)
		f->buckets[i] = NONE;
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
bucket_of(struct fair *f, const struct domain *d)
{
	return &f->buckets[keyhash(f->secret, d->text, strlen(d->text)) & (BUCKETS - 1)];
}

static size_t
lane_of(const struct fair *f, const struct lookup_request *r)
{
	if (r->is_known)
		return LANE_KNOWN;
	return keyhash(f->secret, &r->origin, sizeof(r->origin)) & (LANES - 1);
}

static bool
is_waiting(struct fair *f, const struct domain *d)
{
	for (uint16_t i = *bucket_of(f, d); i != NONE; i = f->at[i].chain)
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
	uint16_t *chain = bucket_of(f, &f->at[i].request.domain);

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
}

static struct lane *
longest_lane(struct fair *f)
{
	struct lane *longest = &f->lanes[0];

	for (size_t i = 1; i < LANES; i++)
		if (f->lanes[i].count > longest->count)
			longest = &f->lanes[i];
	return longest;
}

/* Room at the cost of the longest lane of those that are not known, where that is fair. */
static bool
make_room(struct fair *f, const struct lane *for_lane)
{
	struct lane *longest = longest_lane(f);
	uint16_t before = NONE;

	if (longest->count == 0 ||
	    (for_lane != &f->lanes[LANE_KNOWN] && for_lane->count >= longest->count))
		return false;
	for (uint16_t i = longest->first; i != longest->last; i = f->at[i].next)
		before = i;
	unlink_waiting(f, longest, before, longest->last);
	return true;
}

static void
append(struct fair *f, struct lane *lane, const struct lookup_request *r)
{
	uint16_t *bucket = bucket_of(f, &r->domain), i = f->free;

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

enum fair_put
fair_put(struct fair *f, const struct lookup_request *r)
{
	struct lane *lane = &f->lanes[lane_of(f, r)];

	if (is_waiting(f, &r->domain))
		return FAIR_WAITS_ALREADY;
	if (!r->is_known && (lane->count >= FAIR_LANE_MAX ||
			     count_parent(f, lane, fair_parent(&r->domain)) >= FAIR_PARENT_MAX))
		return FAIR_FULL;
	if (f->free == NONE && !make_room(f, lane))
		return FAIR_FULL;
	append(f, lane, r);
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
	for (size_t i = 0; i < LANES; i++) {
		struct lane *lane = &f->lanes[f->turn++ % LANES];

		if (lane->count > 0 && take_from(f, lane, may, ctx, out))
			return true;
	}
	return false;
}

bool
fair_take(struct fair *f, bool known_only, bool (*may)(void *ctx, const struct lookup_request *r),
	  void *ctx, struct lookup_request *out)
{
	struct lane *known = &f->lanes[LANE_KNOWN];

	if (!known_only && ++f->turns % FAIR_OFTEN == 0 && take_unknown(f, may, ctx, out))
		return true;
	if (take_from(f, known, may, ctx, out))
		return true;
	return !known_only && take_unknown(f, may, ctx, out);
}
