/* A hash of chains, with a list in order of use; see shelf.h. */
#include "monitor/baseline/shelf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dissector/keyhash.h"

#define USUAL_BYTES 256 /* of an entry; the table has a chain for each of that size */

struct entry {
	struct entry *next; /* of the same hash */
	struct entry *newer, *older;
	uint64_t hash;
	int64_t id, first_seen, last_seen, sessions;
	uint32_t bytes;    /* the entry's */
	uint32_t marks_at; /* where in text the marks begin */
	char text[];       /* key, NUL, marks, NUL */
};

struct shelf {
	struct entry **chains;
	size_t chain_count; /* a power of two */
	struct entry *newest, *oldest;
	size_t bytes, bytes_max;
	uint8_t secret[16];
};

struct shelf *
shelf_new(size_t bytes_max)
{
	struct shelf *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->bytes_max = bytes_max;
	for (s->chain_count = 16; s->chain_count < bytes_max / USUAL_BYTES; s->chain_count *= 2)
		;
	s->bytes = s->chain_count * sizeof(struct entry *);
	s->chains = calloc(s->chain_count, sizeof(struct entry *));
	if (s->chains != NULL && getrandom(s->secret, sizeof(s->secret), 0) == sizeof(s->secret))
		return s;
	shelf_free(s);
	return NULL;
}

static struct entry **
chain_of(const struct shelf *s, uint64_t hash)
{
	return &s->chains[hash & (s->chain_count - 1)];
}

static void
unlink_use(struct shelf *s, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &s->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &s->oldest) = e->newer;
}

static void
link_newest(struct shelf *s, struct entry *e)
{
	e->newer = NULL;
	e->older = s->newest;
	*(s->newest != NULL ? &s->newest->newer : &s->oldest) = e;
	s->newest = e;
}

static void
take_away(struct shelf *s, struct entry *e)
{
	struct entry **at = chain_of(s, e->hash);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	unlink_use(s, e);
	s->bytes -= e->bytes;
	free(e);
}

void
shelf_empty(struct shelf *s)
{
	while (s->newest != NULL)
		take_away(s, s->newest);
}

void
shelf_free(struct shelf *s)
{
	if (s == NULL)
		return;
	shelf_empty(s);
	free(s->chains);
	free(s);
}

static uint64_t
hash_of(const struct shelf *s, const char *key)
{
	return keyhash(s->secret, key, strlen(key));
}

static struct entry *
find(const struct shelf *s, const char *key, uint64_t hash)
{
	struct entry *e = *chain_of(s, hash);

	while (e != NULL && (e->hash != hash || strcmp(e->text, key) != 0))
		e = e->next;
	return e;
}

bool
shelf_find(struct shelf *s, struct subject_row *out)
{
	struct entry *e = find(s, out->key, hash_of(s, out->key));

	if (e == NULL)
		return false;
	unlink_use(s, e);
	link_newest(s, e);
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
	*e = (struct entry){.hash = hash,
			    .id = row->id,
			    .first_seen = row->first_seen,
			    .last_seen = row->last_seen,
			    .sessions = row->sessions,
			    .bytes = (uint32_t)bytes,
			    .marks_at = (uint32_t)key};
	memcpy(e->text, row->key, key);
	memcpy(e->text + key, row->marks, marks);
	e->next = *chain_of(s, hash);
	*chain_of(s, hash) = e;
	link_newest(s, e);
	s->bytes += bytes;
	while (s->bytes > s->bytes_max && s->oldest != e)
		take_away(s, s->oldest);
}

void
shelf_put(struct shelf *s, const struct subject_row *row)
{
	uint64_t hash = hash_of(s, row->key);
	struct entry *e = find(s, row->key, hash);

	if (e != NULL)
		take_away(s, e);
	add(s, row, hash);
}

void
shelf_remove(struct shelf *s, const char *key)
{
	struct entry *e = find(s, key, hash_of(s, key));

	if (e != NULL)
		take_away(s, e);
}

size_t
shelf_bytes(const struct shelf *s)
{
	return s->bytes;
}
