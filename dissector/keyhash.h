/*
 * SipHash-1-3 of short keys: the hash of every table here, so that nobody who
 * does not know the secret can choose the collisions.
 */
#ifndef DISSECTOR_KEYHASH_H
#define DISSECTOR_KEYHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t keyhash(const uint8_t secret[16], const void *key, size_t len);

#endif
