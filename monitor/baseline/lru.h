/*
 * A table of entries by key that knows which was not used for longest.
 *
 * Intrusive: an entry belongs to the caller and begins with a struct lru_link.
 * Owns its chains alone; never makes, copies or frees an entry, and has no
 * bound of its own: whoever adds says when the oldest is to go. Keyed with a
 * secret of its own, so that nobody can choose the collisions.
 */
#ifndef MONITOR_BASELINE_LRU_H
#define MONITOR_BASELINE_LRU_H

#include <stddef.h>
#include <stdint.h>

struct lru_link {               /* the table's own, while the entry is in it */
	struct lru_link *next;  /* of the same chain */
	struct lru_link *newer; /* used next after it */
	struct lru_link *older; /* used last before it: the caller may walk along it */
	uint64_t hash;
};

/* The key of an entry: a string that does not change while the entry is in the table. */
typedef const char *lru_key(const struct lru_link *entry);

struct lru;

/* With this many chains or more: one an entry is good. NULL where memory or randomness is out. */
struct lru *lru_new(size_t chains, lru_key *key_of);

/* Leaves the entries to the caller, who has no way to them after it but his own. */
void lru_free(struct lru *t);

/* What a key is found by and put in by: once for both. */
uint64_t lru_hash(const struct lru *t, const char *key);

/* The entry of a key of that hash; NULL where there is none. That is no use of it. */
struct lru_link *lru_find(const struct lru *t, const char *key, uint64_t hash);

/* Put in, as the newest, an entry whose key is not there, with the hash of that key. */
void lru_add(struct lru *t, struct lru_link *entry, uint64_t hash);

/* It was used: now it is the newest. */
void lru_use(struct lru *t, struct lru_link *entry);

/* Take out an entry that is there. */
void lru_remove(struct lru *t, struct lru_link *entry);

/* The entry that was used last, and the one not used for longest; NULL where it is empty. */
struct lru_link *lru_newest(const struct lru *t);
struct lru_link *lru_oldest(const struct lru *t);

/* Entries in it. */
size_t lru_count(const struct lru *t);

/* Bytes that its chains take. */
size_t lru_bytes(const struct lru *t);

#endif
