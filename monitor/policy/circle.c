/* Rings of turns; see circle.h. */
#include "monitor/policy/circle.h"

#include <string.h>

#include "dissector/keyhash.h"

void
circle_begin(struct circle *c, const uint8_t secret[16])
{
	memcpy(c->secret, secret, sizeof(c->secret));
	c->free = 0;
	for (size_t i = 0; i < CIRCLE_MAX; i++)
		c->at[i].after = i + 1 < CIRCLE_MAX ? (uint16_t)(i + 1) : CIRCLE_NONE;
	for (size_t i = 0; i < CIRCLE_BUCKETS; i++)
		c->index[i] = CIRCLE_NONE;
}

static size_t
bucket_of(const struct circle *c, uint64_t key)
{
	return keyhash(c->secret, &key, sizeof(key)) & (CIRCLE_BUCKETS - 1);
}

uint16_t
circle_find(const struct circle *c, uint64_t key)
{
	uint16_t i = c->index[bucket_of(c, key)];

	while (i != CIRCLE_NONE && c->at[i].key != key)
		i = c->at[i].chain;
	return i;
}

uint16_t
circle_open(struct circle *c, uint64_t key, uint16_t *turn)
{
	uint16_t i = c->free, *bucket = &c->index[bucket_of(c, key)];
	struct circle_place *place = &c->at[i];

	c->free = place->after;
	*place = (struct circle_place){.key = key, .before = i, .after = i, .chain = *bucket};
	*bucket = i;
	if (*turn == CIRCLE_NONE) {
		*turn = i;
		return i;
	}
	place->after = *turn;
	place->before = c->at[*turn].before;
	c->at[place->before].after = i;
	c->at[place->after].before = i;
	return i;
}

void
circle_close(struct circle *c, uint16_t i, uint16_t *turn)
{
	struct circle_place *place = &c->at[i];
	uint16_t *chain = &c->index[bucket_of(c, place->key)];

	while (*chain != i)
		chain = &c->at[*chain].chain;
	*chain = place->chain;
	c->at[place->before].after = place->after;
	c->at[place->after].before = place->before;
	if (*turn == i)
		*turn = place->after != i ? place->after : CIRCLE_NONE;
	place->after = c->free;
	c->free = i;
}
