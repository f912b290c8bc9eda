/*
 * The domains that one session has named, each once: notes in its ledger, and an
 * index over them once they are many, so that who names a thousand does not make
 * each further one dearer. Owns the index, in the ledger's pool.
 */
#ifndef DISSECTOR_NAMES_H
#define DISSECTOR_NAMES_H

#include "dissector/ledger.h"

/* So few are looked for in the notes themselves: most sessions name two. */
#define NAMES_PLAIN_MAX 32

/* All zero is none. */
struct names {
	struct chain index; /* a key for each note, in order; see names.c */
	uint16_t of_mail;   /* notes of NOTE_FROM_DOMAIN */
	uint16_t of_rcpt;   /* ... of NOTE_RCPT_DOMAIN */
};

/* tag is NOTE_FROM_DOMAIN or NOTE_RCPT_DOMAIN. */
bool names_has(const struct names *n, const struct ledger *l, enum note tag, struct bytes name);

/* Note one that is not there; false where there are DOMAINS_MAX with this tag. */
bool names_add(struct names *n, struct ledger *l, enum note tag, struct bytes name);

void names_clear(struct names *n, struct pool *p);

#endif
