/* The flow table; see flow.h. Indices are kept plus one, so that zeroed memory is an empty table.
 */
#include "dissector/flow.h"

#include <string.h>

#include "dissector/keyhash.h"

#define CACHE_LINE 64 /* bytes, of most machines; a wrong guess only costs time */

static size_t
buckets_for(uint32_t count)
{
	size_t buckets = 16;

	while (buckets < count)
		buckets *= 2;
	return buckets;
}

size_t
flow_table_size(uint32_t count, size_t slot_size)
{
	return count * slot_size + buckets_for(count) * sizeof(uint32_t);
}

void
flow_table_init(struct flow_table *t, void *memory, uint32_t count, size_t slot_size,
		const uint8_t secret[16])
{
	*t = (struct flow_table){.slots = memory, .slot_size = slot_size, .count = count};
	t->buckets = (uint32_t *)(void *)(t->slots + count * slot_size);
	t->bucket_mask = (uint32_t)(buckets_for(count) - 1);
	memcpy(t->secret, secret, sizeof(t->secret));
}

static struct flow *
flow_at(const struct flow_table *t, uint32_t ref)
{
	return ref ? (struct flow *)(void *)(t->slots + (size_t)(ref - 1) * t->slot_size) : NULL;
}

struct flow_key
flow_key_of(const struct packet *p, bool *source_is_low)
{
	struct flow_key key = {.family = p->source.family};
	int order = memcmp(p->source.b, p->destination.b, sizeof(key.low));

	*source_is_low = order < 0 || (order == 0 && p->source_port <= p->destination_port);
	memcpy(*source_is_low ? key.low : key.high, p->source.b, sizeof(key.low));
	memcpy(*source_is_low ? key.high : key.low, p->destination.b, sizeof(key.low));
	key.low_port = *source_is_low ? p->source_port : p->destination_port;
	key.high_port = *source_is_low ? p->destination_port : p->source_port;
	return key;
}

static uint32_t *
flow_bucket(const struct flow_table *t, const struct flow_key *key)
{
	return &t->buckets[keyhash(t->secret, key, sizeof(*key)) & t->bucket_mask];
}

/* A slot is rarely in a cache: ask for all of it at once instead of line after line. */
static void
flow_fetch(const struct flow_table *t, const struct flow *f)
{
	const uint8_t *slot = (const uint8_t *)f;

	for (size_t at = 0; at < t->slot_size; at += CACHE_LINE)
		__builtin_prefetch(slot + at);
}

struct flow *
flow_find(struct flow_table *t, const struct flow_key *key)
{
	struct flow *f = flow_at(t, *flow_bucket(t, key));

	if (f)
		flow_fetch(t, f);
	while (f && memcmp(&f->key, key, sizeof(*key)) != 0)
		f = flow_at(t, f->bucket_next);
	return f;
}

/* Put it at the young end of its queue. */
static void
queue_join(struct flow_table *t, struct flow *f, int64_t now)
{
	uint32_t ref = f->index + 1u;

	f->older = t->queue[f->queue].newest;
	f->newer = 0;
	if (f->older)
		flow_at(t, f->older)->newer = ref;
	else
		t->queue[f->queue].oldest = ref;
	t->queue[f->queue].newest = ref;
	t->queue[f->queue].count++;
	f->touched = now;
}

static void
queue_leave(struct flow_table *t, struct flow *f)
{
	if (f->older)
		flow_at(t, f->older)->newer = f->newer;
	else
		t->queue[f->queue].oldest = f->newer;
	if (f->newer)
		flow_at(t, f->newer)->older = f->older;
	else
		t->queue[f->queue].newest = f->older;
	t->queue[f->queue].count--;
}

static void
bucket_join(struct flow_table *t, struct flow *f)
{
	uint32_t *bucket = flow_bucket(t, &f->key);

	f->bucket_next = *bucket;
	*bucket = f->index + 1u;
}

static void
bucket_leave(struct flow_table *t, struct flow *f)
{
	uint32_t *ref = flow_bucket(t, &f->key);

	while (*ref != f->index + 1u)
		ref = &flow_at(t, *ref)->bucket_next;
	*ref = f->bucket_next;
}

struct flow *
flow_add(struct flow_table *t, const struct flow_key *key, int64_t now)
{
	uint32_t ref = t->freed;
	struct flow *f;

	if (ref)
		t->freed = flow_at(t, ref)->older;
	else if (t->fresh < t->count)
		ref = ++t->fresh;
	else
		return NULL;
	f = flow_at(t, ref);
	memset(f, 0, t->slot_size);
	f->key = *key;
	f->index = (ref - 1) & (2 * FLOWS_MAX - 1);
	bucket_join(t, f);
	f->queue = QUEUE_YOUNG;
	queue_join(t, f, now);
	t->in_use++;
	return f;
}

void
flow_touch(struct flow_table *t, struct flow *f, int64_t now)
{
	if (now - f->touched < FLOW_TOUCH_US)
		return;
	queue_leave(t, f);
	queue_join(t, f, now);
}

void
flow_move(struct flow_table *t, struct flow *f, enum flow_queue to, int64_t now)
{
	queue_leave(t, f);
	f->queue = to & 7;
	queue_join(t, f, now);
}

void
flow_rekey(struct flow_table *t, struct flow *f, const struct flow_key *key)
{
	bucket_leave(t, f);
	f->key = *key;
	bucket_join(t, f);
}

void
flow_remove(struct flow_table *t, struct flow *f)
{
	bucket_leave(t, f);
	queue_leave(t, f);
	f->older = t->freed;
	t->freed = f->index + 1u;
	t->in_use--;
}

struct flow *
flow_oldest(const struct flow_table *t, enum flow_queue queue)
{
	return flow_at(t, t->queue[queue].oldest);
}
