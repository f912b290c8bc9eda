/*
 * The tables subjects and known: what earlier sessions showed, by whom it is
 * known of. Rows only; what they mean is the baseline's.
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
};

/* One thing known of a subject. */
struct known_row {
	const char *what, *value; /* printable */
	int64_t yes, no, yes_before, no_before;
	int64_t recent, recent_count;
	int64_t first, since, last_yes, last_no, turned, until;
};

/* Find a subject by out->key, and tell what is known of it. out->id is 0 where there is none. */
bool known_find(struct store *s, struct subject_row *out,
		void (*tell)(void *ctx, const struct known_row *row), void *ctx);

/* Add or change a subject; its id is filled in. */
bool known_save_subject(struct store *s, struct subject_row *row);

/* Add or change one thing, or remove it. */
bool known_save(struct store *s, int64_t subject, const struct known_row *row);
bool known_remove(struct store *s, int64_t subject, const char *what, const char *value);

/* How many subjects there are; -1 where the database failed. */
int64_t known_count(struct store *s);

/* A look at some subjects, in the order of their ids, round and round. */
struct known_sweep {
	int64_t hand;      /* the last id looked at; 0 to begin */
	int64_t forgotten; /* those last seen before go */
	int64_t weak;      /* of those last seen before, the weak go: see weak_sessions; 0: none */
	int64_t weak_sessions; /* fewer sessions than these, or all of them within weak_span */
	int64_t weak_span;
	int64_t removed; /* filled in */
};
bool known_sweep(struct store *s, struct known_sweep *sweep);

#endif
