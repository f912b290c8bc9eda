/*
 * Bytes that came where a TLS record should begin, made fit to be kept: what
 * they said, without anybody's address or secret.
 *
 * Pure. Does not know where they came from in the stream.
 */
#ifndef DISSECTOR_STRAY_H
#define DISSECTOR_STRAY_H

#include "dissector/session.h"

/*
 * Overwrite with 'x', in place, what must not be kept of len bytes. Of the
 * server's lines: all text but of codes that speak of the session, there what
 * names a mailbox, and the last word of a line that is not whole. Of the
 * client's: all but a verb in front, for the rest may be a secret or a message.
 * Line ends stay, and so does the length.
 */
void stray_scrub(uint8_t *text, size_t len, enum side from);

#endif
