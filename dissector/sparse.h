/*
 * State that is mostly zero, in few bytes, and back: of each eight bytes which
 * are zero, and the others. Pure; knows nothing of what the state means.
 */
#ifndef DISSECTOR_SPARSE_H
#define DISSECTOR_SPARSE_H

#include "dissector/bytes.h"

/* Bytes that sparse_pack makes of len at most. */
#define SPARSE_MAX(len) ((len) + ((len) + 7) / 8 + ((len) + 63) / 64)

/* Pack len bytes to out, of SPARSE_MAX(len) bytes; returns how many it came to. */
size_t sparse_pack(const void *in, size_t len, uint8_t *out);

/* Unpack the len bytes that *in begins with, and move *in past them; false where it is short. */
bool sparse_unpack(struct bytes *in, void *out, size_t len);

#endif
