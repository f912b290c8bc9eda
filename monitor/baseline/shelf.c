/* Each entry is one block: what is asked for by number, and behind it the text; see shelf.h. */
#include "monitor/baseline/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/baseline/lru.h"

#define USUAL_BYTES 256 /* of an entry; the table has a chain for each of that size */

struct entry {
	struct lru_link link;
	int64_t id, first_seen, last_seen, sessions;
	uint32_t bytes;    /* the entry's */
	uint32_t marks_at; /* where in text the marks begin */
	char text[];       /* key, NUL, marks, NUL */
};

struct shelf {
	struct lru *entries;
	size_t bytes, bytes_max;
};

static const char *
key_of(const struct lru_link *link)
{
	return ((const struct entry *)link)->text;
}

static struct entry *
entry_of(struct lru_link *link)
{
	return (struct entry *)link;
}

static struct entry *
find(const struct shelf *s, const char *key, uint64_t hash)
{
	return entry_of(lru_find(s->entries, key, hash));
}

struct shelf *
shelf_new(size_t bytes_max)
{
	struct shelf *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->bytes_max = bytes_max;
	s->entries = lru_new(bytes_max / USUAL_BYTES, key_of);
	if (s->entries == NULL) {
		free(s);
		return NULL;
	}
	s->bytes = lru_bytes(s->entries);
	return s;
}

static void
take_away(struct shelf *s, struct entry *e)
{
	lru_remove(s->entries, &e->link);
	s->bytes -= e->bytes;
	free(e);
}

void
shelf_empty(struct shelf *s)
{
	struct lru_link *e;

	while ((e = lru_newest(s->entries)) != NULL)
		take_away(s, entry_of(e));
}

void
shelf_free(struct shelf *s)
{
	if (s == NULL)
		return;
	shelf_empty(s);
	lru_free(s->entries);
	free(s);
}

bool
shelf_find(struct shelf *s, struct subject_row *out)
{
	struct entry *e = find(s, out->key, lru_hash(s->entries, out->key));

	if (e == NULL)
		return false;
	lru_use(s->entries, &e->link);
	out->id = e->id;
	out->first_seen = e->first_seen;
	out->last_seen = e->last_seen;
	out->sessions = e->sessions;
	out->marks = e->text + e->marks_at;
	return true;
}

static void
add(struct shelf *s, const struct subject_row *row, uint64_t hash)
{
	size_t key = strlen(row->key) + 1, marks = strlen(row->marks) + 1;
	size_t bytes = sizeof(struct entry) + key + marks;
	struct entry *e = bytes < s->bytes_max ? malloc(bytes) : NULL;

	if (e == NULL)
		return;
	*e = (struct entry){.id = row->id,
			    .first_seen = row->first_seen,
			    .last_seen = row->last_seen,
			    .sessions = row->sessions,
			    .bytes = (uint32_t)bytes,
			    .marks_at = (uint32_t)key};
	memcpy(e->text, row->key, key);
	memcpy(e->text + key, row->marks, marks);
	lru_add(s->entries, &e->link, hash);
	s->bytes += bytes;
	while (s->bytes > s->bytes_max && lru_oldest(s->entries) != &e->link)
		take_away(s, entry_of(lru_oldest(s->entries)));
}

void
shelf_put(struct shelf *s, const struct subject_row *row)
{
	uint64_t hash = lru_hash(s->entries, row->key);
	struct entry *e = find(s, row->key, hash);

	if (e != NULL)
		take_away(s, e);
	add(s, row, hash);
}

void
shelf_remove(struct shelf *s, const char *key)
{
	struct entry *e = find(s, key, lru_hash(s->entries, key));

	if (e != NULL)
		take_away(s, e);
}

size_t
shelf_bytes(const struct shelf *s)
{
	return s->bytes;
}
