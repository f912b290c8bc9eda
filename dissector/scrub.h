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

/* A server line: what stands before an '@', and what stands in angle brackets without one. */
void scrub_reply(uint8_t *line, size_t len);

/* A server line whose text tells of a secret or a person: all behind code and separator. */
void scrub_reply_text(uint8_t *line, size_t len);

/* All of it but its line end: data of an AUTH exchange. */
void scrub_all(uint8_t *line, size_t len);

#endif
