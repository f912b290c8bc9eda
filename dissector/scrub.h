/*
 * Blank what must not be kept of a line: local parts of addresses, secrets,
 * names of people. Every blanked byte becomes an 'x', so that the length stays
 * that of the stretch on the wire. Writes in place; where it is in doubt, it
 * blanks too much.
 */
#ifndef DISSECTOR_SCRUB_H
#define DISSECTOR_SCRUB_H

#include "dissector/bytes.h"

/* A client line, with or without its end. */
void scrub_command(uint8_t *line, size_t len);

/* The same where it may be message text: of names only those that have a dot, or are addresses. */
void scrub_doubtful_command(uint8_t *line, size_t len);

/* A client line of which no more than the verb may be shown. */
void scrub_verb(uint8_t *line, size_t len);

/*
 * A server line that names servers and extensions: what stands before an '@',
 * in angle brackets without one, and who is greeted by name.
 */
void scrub_reply(uint8_t *line, size_t len);

/* A server line whose text tells of a secret or a person: all behind code and separator. */
void scrub_reply_text(uint8_t *line, size_t len);

/* A server line of which its code alone tells what it says: its text where that is of the session.
 */
void scrub_reply_by_code(uint8_t *line, size_t len);

/*
 * A server line of which it is not known what it answers: SMTP's own words are
 * shown, and of a server's name in front what has two dots at least.
 */
void scrub_reply_words(uint8_t *line, size_t len);

/* The same, but the first line of several may be a name alone, of any sort. */
void scrub_ehlo_words(uint8_t *line, size_t len);

/* All of it but its line end: data of an AUTH exchange. */
void scrub_all(uint8_t *line, size_t len);

/* Codes whose text speaks of the session, and not of a mailbox: RFC 5321 section 4.2.3. */
bool scrub_is_of_session(uint16_t code);

/* Whether a reply's text says by its enhanced code that it is of an address or a mailbox, RFC 3463
 * section 3.1. */
bool scrub_is_of_address(struct bytes text);

/* Whether scrub_reply_words shows all that stands behind the code: a line of an EHLO reply. */
bool scrub_is_keyword_line(struct bytes text);

/*
 * Text of the server's that may begin and end in the middle of a line: SMTP's own
 * words of it, and the ends or beginnings of those that are cut.
 */
void scrub_piece(uint8_t *text, size_t len, bool is_front_cut, bool is_end_cut);

#endif
