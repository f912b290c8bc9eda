/* A hash of chains, with a list in order of use; see lru.h. */
#include "monitor/baseline/lru.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dissector/keyhash.h"

#define CHAINS_MIN 16

struct lru {
	struct lru_link **chains;
	size_t chain_count; /* a power of two */
	struct lru_link *newest, *oldest;
	size_t count;
	lru_key *key_of;
	uint8_t secret[16];
};

struct lru *
lru_new(size_t chains, lru_key *key_of)
{
	struct lru *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->key_of = key_of;
	for (t->chain_count = CHAINS_MIN; t->chain_count < chains; t->chain_count *= 2)
		;
	t->chains = calloc(t->chain_count, sizeof(struct lru_link *));
	if (t->chains != NULL && getrandom(t->secret, sizeof(t->secret), 0) == sizeof(t->secret))
		return t;
	lru_free(t);
	return NULL;
}

void
lru_free(struct lru *t)
{
	if (t == NULL)
		return;
	free(t->chains);
	free(t);
}

uint64_t
lru_hash(const struct lru *t, const char *key)
{
	return keyhash(t->secret, key, strlen(key));
}

static struct lru_link **
chain_of(const struct lru *t, uint64_t hash)
{
	return &t->chains[hash & (t->chain_count - 1)];
}

struct lru_link *
lru_find(const struct lru *t, const char *key, uint64_t hash)
{
	struct lru_link *e = *chain_of(t, hash);

	while (e != NULL && (e->hash != hash || strcmp(t->key_of(e), key) != 0))
		e = e->next;
	return e;
}

static void
link_newest(struct lru *t, struct lru_link *e)
{
	e->newer = NULL;
	e->older = t->newest;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
}

static void
unlink_use(struct lru *t, struct lru_link *e)
{
	*(e->newer != NULL ? &e->newer->older : &t->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &t->oldest) = e->newer;
}

void
lru_add(struct lru *t, struct lru_link *entry, uint64_t hash)
{
	struct lru_link **chain = chain_of(t, hash);

	entry->hash = hash;
	entry->next = *chain;
	*chain = entry;
	link_newest(t, entry);
	t->count++;
}

void
lru_use(struct lru *t, struct lru_link *entry)
{
	unlink_use(t, entry);
	link_newest(t, entry);
}

void
lru_remove(struct lru *t, struct lru_link *entry)
{
	struct lru_link **at = chain_of(t, entry->hash);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	unlink_use(t, entry);
	t->count--;
}

struct lru_link *
lru_newest(const struct lru *t)
{
	return t->newest;
}

struct lru_link *
lru_oldest(const struct lru *t)
{
	return t->oldest;
}

size_t
lru_count(const struct lru *t)
{
	return t->count;
}

size_t
lru_bytes(const struct lru *t)
{
	return t->chain_count * sizeof(struct lru_link *);
}
