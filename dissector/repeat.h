/*
 * Bytes that repeat what stands before them, in fewer, and back: what one knows
 * of a dialogue says much twice. Pure; knows nothing of what the bytes mean.
 */
#ifndef DISSECTOR_REPEAT_H
#define DISSECTOR_REPEAT_H

#include "dissector/bytes.h"

#define REPEAT_INPUT_MAX 65535 /* bytes that are packed at a time */

/* Bytes that repeat_pack makes of len at most. */
#define REPEAT_MAX(len) ((len) + ((len) + 127) / 128)

/* Pack at most REPEAT_INPUT_MAX bytes to out, of REPEAT_MAX of them; returns what it came to. */
size_t repeat_pack(struct bytes in, uint8_t *out);

/* Unpack the len bytes that *in begins with, and move *in past them; false where it is broken. */
bool repeat_unpack(struct bytes *in, uint8_t *out, size_t len);

#endif
