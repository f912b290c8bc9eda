/*
 * The table subjects: what earlier sessions showed, by whom it is known of.
 * Rows only; what their text means is the baseline's.
 *
 * Bounded: a full table lets in nobody new, and sweeping removes those that
 * were not seen for long and, where room is wanted, those that hardly were.
 * All of it but known_find needs a transaction. False: store_error says why.
 */
#ifndef DB_KNOWN_H
#define DB_KNOWN_H

#include "db/store.h"

struct subject_row {
	int64_t id; /* 0: not stored */
	const char *key;
	int64_t first_seen, last_seen, sessions;
	const char *marks; /* a JSON array; see monitor/baseline/mark_text.h */
};

/* Find a subject by key, and tell it where it is there. What is told is lent during the call. */
bool known_find(struct store *s, const char *key,
		void (*tell)(void *ctx, const struct subject_row *row), void *ctx);

/* Add or change a subject; its id is filled in. */
bool known_save(struct store *s, struct subject_row *row);

/* How many subjects there are; -1 where the database failed. */
int64_t known_count(struct store *s);

/* A look at some subjects, in the order of their ids, round and round. */
struct known_sweep {
	int64_t hand;      /* the last id looked at; 0 to begin */
	int64_t forgotten; /* those last seen before go */
	int64_t weak;      /* of those last seen before, the weak go: see weak_sessions; 0: none */
	int64_t weak_sessions; /* fewer sessions than these, or all of them within weak_span */
	int64_t weak_span;
	/* Told of each that goes. */
	void (*gone)(void *ctx, const char *key);
	void *ctx;
};
bool known_sweep(struct store *s, struct known_sweep *sweep);

#endif
