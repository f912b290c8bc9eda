/*
 * Where one session writes down what it saw: notes in the pool, lines in the
 * evidence. The protocol modules write, the session reads. Never judges.
 */
#ifndef DISSECTOR_LEDGER_H
#define DISSECTOR_LEDGER_H

#include "dissector/evidence.h"
#include "dissector/pool.h"

enum note {
	NOTE_GREETING,   /* a line of the greeting, behind the code */
	NOTE_HELO,       /* the last one counts */
	NOTE_EHLO_START, /* a new EHLO reply begins: earlier NOTE_EHLO_LINEs are void */
	NOTE_EHLO_LINE,
	NOTE_AUTH,    /* the last one counts */
	NOTE_REFUSAL, /* the last one counts, as for all below but the domains */
	NOTE_EHLO_REFUSAL,
	NOTE_MASKED_VERB,
	NOTE_CLIENT_AHEAD,  /* appended to: all count, in order */
	NOTE_CLIENT_SAMPLE, /* appended to: all count, in order */
	NOTE_SERVER_SAMPLE, /* appended to: all count, in order */
	NOTE_INTERRUPTION,
	NOTE_SNI,
	NOTE_ALPN,
	NOTE_FROM_DOMAIN, /* all count, each once */
	NOTE_RCPT_DOMAIN, /* all count, each once */
	NOTE_CERTIFICATE, /* a struct certificate_facts, as far as its subject */
	NOTE_SUBJECT,     /* of the certificate, and who issued it, in words */
	NOTE_ISSUED_BY,
	NOTE_ISSUER,   /* a struct certificate_issuer: all count, in order */
	NOTE_NAMES,    /* digests of the certificate's names */
	NOTE_CONFLICT, /* written by the stream's owner */
	NOTE_RESET
};

struct ledger {
	struct pool *pool;
	struct chain *notes;
	struct evidence *evidence;
	struct evidence_list *kept;
	bool *is_short; /* set where the pool refused: facts may be missing */
};

#define LEDGER_NOTES_MAX                                                                       \
	262144                /* bytes of all notes of a session; what comes beyond is refused \
			       */
#define LEDGER_NOTES_MIN 8192 /* ... and what each may have however short the pool is */
#define NOTE_MAX         2048 /* bytes of one note; longer ones are cut */

/* One note, copied out. */
struct note_text {
	enum note tag;
	uint16_t len;
	uint8_t text[NOTE_MAX];
};

void ledger_note(struct ledger *l, enum note tag, struct bytes text);

/* Write a conflict, its texts with it, as NOTE_CONFLICT. */
void ledger_conflict(struct ledger *l, const struct conflict *c);

/* Read it back; the texts are borrowed from note. False where it is no such note. */
bool ledger_read_conflict(const struct note_text *note, struct conflict *out);

/* Whether a note with just this tag and text is there. */
bool ledger_has(const struct ledger *l, enum note tag, struct bytes text);

/* Whether the note that begins at this offset is just that. */
bool ledger_is(const struct ledger *l, uint32_t offset, enum note tag, struct bytes text);

/* A reader over all notes in order, for ledger_next; void once a note is added. */
struct chain_reader ledger_reader(const struct ledger *l);

/* The next note; false at the end. */
bool ledger_next(struct chain_reader *r, struct note_text *out);

#endif
