/*
 * What looking for the latest incidents and the latest sessions have in common,
 * for db/latest_*.c alone.
 *
 * A profile is one combination of values. Those that there are lie behind one
 * another in an index; the next is found by one step into it, however many rows
 * the one before it has.
 */
#ifndef DB_LATEST_INSIDE_H
#define DB_LATEST_INSIDE_H

#include "db/latest.h"

#define WORD_MAX 64 /* bytes of a kind or state, NUL included; the longest has 24 */

/* Incidents and findings have kind and severity in common. */
struct profile {
	char kind[WORD_MAX];
	int64_t severity;
	char state[WORD_MAX]; /* of incidents */
	int64_t outcomes;     /* of findings one bit */
};

/* A search for the latest rows; what is not yet known is zero. */
struct search {
	struct store *store;
	const struct filter *filter;
	struct latest_of how;
	int64_t outcome; /* as a bit; 0: any */
	int64_t since, until;
	bool is_lazy; /* rows are looked at one by one, those that are wanted otherwise */
	/* Whether row ?1 has places ?2 to ?4, state ?5, kind ?6, severity ?7, outcome ?8: for a
	   lazy search, which leaves some of them aside. NULL: it leaves none. */
	const char *check;
	struct hits *hits;
	size_t steps_left;
	bool is_failed;
};

void latest_begin(struct search *h);

/* The next column, a kind or a state. */
void latest_take_word(struct sql *q, char word[WORD_MAX]);

/* Bind the filter's addresses and domain, where rows are compared with them as they are walked. */
void latest_put_places(struct search *h, struct sql *q);

/* Take one row: an id, and by when it is listed. Returns whether it is wanted. */
bool latest_take(struct search *h, struct sql *q);

/* What is older than what is wanted is let go, and not asked for any more. */
void latest_let_go(struct search *h);

/* As many as are wanted of a statement's rows, which tells the latest first. */
void latest_take_all(struct search *h, struct sql *q);

/* Whether rows of a profile may be in the filter, but for its state. */
bool latest_is_wanted(const struct search *h, const struct profile *p);

/* Whether a row is what the filter asks for: by search.check. */
bool latest_holds(struct search *h, int64_t id);

/* End it: what was found is in order, and whether that is all. Returns whether all went well. */
bool latest_end(struct search *h, struct latest_of *how);

#endif
