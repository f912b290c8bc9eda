/*
 * The words that SMTP itself puts into its lines: verbs, EHLO keywords and what
 * servers say of a session and of TLS. Whoever must not show what somebody
 * wrote can show these, wherever they stand. Knows nothing of lines.
 */
#ifndef DISSECTOR_VOCABULARY_H
#define DISSECTOR_VOCABULARY_H

#include "dissector/bytes.h"

/* A keyword of EHLO replies, a mechanism of AUTH, padding, or STARTTLS spelt wrong. */
bool vocabulary_is_keyword(struct bytes word);

/*
 * What servers are known to list in EHLO replies, in any case: extensions that are registered
 * (RFC 5321 section 2.2.2; IANA, SMTP Service Extensions), or met without that.
 */
bool vocabulary_is_extension(struct bytes word);

/* The verb of a command, padding, or STARTTLS spelt wrong. */
bool vocabulary_is_verb(struct bytes word);

/* A word of texts like "Ready to start TLS". */
bool vocabulary_is_of_session(struct bytes word);

/* The end of a keyword or verb, whose beginning is not there. */
bool vocabulary_is_end(struct bytes word);

/* The beginning of a keyword or verb, whose end is not there. */
bool vocabulary_is_begin(struct bytes word);

#endif
