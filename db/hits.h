/*
 * A list of rows that a filter may hold: their ids, and by when each is listed.
 * It grows as it is filled, and is cut to what is wanted. Pure; knows no SQL.
 */
#ifndef DB_HITS_H
#define DB_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hit {
	int64_t id;
	int64_t time; /* microseconds: of a session its start, of an incident when it was last seen;
			 0 where that is not asked for */
};

/* All zero is empty. What is added is kept until hits_free. */
struct hits {
	struct hit *all;
	size_t count, room;
};

/* One more; false where memory is out. */
bool hits_add(struct hits *h, struct hit hit);
void hits_free(struct hits *h);

/* By id, each once, so that hits_have can look them up. */
void hits_by_id(struct hits *h);
bool hits_have(const struct hits *h, int64_t id);

/* The latest first, of one time the highest id, each once; and of those no more than most. */
void hits_cut(struct hits *h, size_t most);

/* The ids as a JSON array, the caller's to free; NULL where memory is out. */
char *hits_text(const struct hits *h);

#endif
