/*
 * Bytes that came where a TLS record should begin, made fit to be kept: what
 * they said, without anybody's address or secret.
 *
 * Pure. Does not know where they came from in the stream.
 */
#ifndef DISSECTOR_STRAY_H
#define DISSECTOR_STRAY_H

#include "dissector/session.h"

#define STRAY_VERB_MAX 12 /* letters of a client's first word that are kept */

/*
 * Overwrite with 'x', in place, what must not be kept of len bytes. Of the
 * server's: the local part of whatever looks like an address, and the end of a
 * line that is not whole, for it may have been cut before its "@". Of the
 * client's: all but a first word of letters, for the rest may be a secret or a
 * message. Line ends stay, and so does the length.
 */
void stray_scrub(uint8_t *text, size_t len, enum side from);

#endif
