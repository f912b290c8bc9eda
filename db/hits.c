#include "db/hits.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOM_FIRST 64
#define ID_TEXT    21 /* bytes of an id and its comma */

bool
hits_add(struct hits *h, struct hit hit)
{
	size_t room = h->room == 0 ? ROOM_FIRST : 2 * h->room;
	struct hit *all;

	if (h->count == h->room) {
		all = realloc(h->all, room * sizeof(*all));
		if (all == NULL)
			return false;
		h->all = all;
		h->room = room;
	}
	h->all[h->count++] = hit;
	return true;
}

void
hits_free(struct hits *h)
{
	free(h->all);
	*h = (struct hits){0};
}

static int
by_id(const void *a, const void *b)
{
	int64_t x = ((const struct hit *)a)->id, y = ((const struct hit *)b)->id;

	return (x > y) - (x < y);
}

/* As rows are listed. */
static int
by_time(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return x->time != y->time ? (x->time < y->time) - (x->time > y->time) : by_id(b, a);
}

/* In an order in which those of one id are neighbours; each stays once. */
static void
sort(struct hits *h, int (*order)(const void *a, const void *b))
{
	size_t kept = 0;

	if (h->count < 2)
		return;
	qsort(h->all, h->count, sizeof(*h->all), order);
	for (size_t i = 0; i < h->count; i++) {
		if (kept == 0 || h->all[kept - 1].id != h->all[i].id)
			h->all[kept++] = h->all[i];
	}
	h->count = kept;
}

void
hits_by_id(struct hits *h)
{
	sort(h, by_id);
}

bool
hits_have(const struct hits *h, int64_t id)
{
	const struct hit wanted = {.id = id};

	return h->count > 0 && bsearch(&wanted, h->all, h->count, sizeof(*h->all), by_id) != NULL;
}

void
hits_cut(struct hits *h, size_t most)
{
	sort(h, by_time);
	if (h->count > most)
		h->count = most;
}

char *
hits_text(const struct hits *h)
{
	char *text = malloc(h->count * ID_TEXT + 3), *at = text;

	if (text == NULL)
		return NULL;
	*at++ = '[';
	for (size_t i = 0; i < h->count; i++)
		at +=
		    snprintf(at, ID_TEXT + 1, "%s%lld", i == 0 ? "" : ",", (long long)h->all[i].id);
	*at++ = ']';
	*at = '\0';
	return text;
}
