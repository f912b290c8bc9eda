/*
 * A finished conversation as one struct session: notes read back, names in
 * order, the rest copied.
 *
 * Owns the memory that the session's texts lie in, of fixed size, given by the
 * caller; a session is valid until the next one is built. Decides nothing but
 * what is complete.
 */
#ifndef DISSECTOR_FACTS_H
#define DISSECTOR_FACTS_H

#include "dissector/conversation.h"

/* Bytes of all texts of one session: the ledger refuses notes beyond. */
#define FACTS_TEXT_MAX LEDGER_NOTES_MAX

struct facts {
	struct session session;
	struct note_text note; /* the one being read */
	bool are_names_whole;  /* of the certificate, where they come */
	struct bytes from_domains[DOMAINS_MAX], rcpt_domains[DOMAINS_MAX];
	size_t text_len;
	uint8_t text[FACTS_TEXT_MAX];
};

/* Build the session of a conversation that conversation_finish has closed with that ending. */
const struct session *facts_build(struct facts *f, struct conversation *c, struct workshop *w,
				  enum ending ending);

#endif
