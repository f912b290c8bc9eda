/*
 * Digests that are none, but of which each byte and its place count: for tests and
 * fuzzers of what digests are made of, where no library is linked.
 */
#ifndef TESTS_DIGEST_BUILD_H
#define TESTS_DIGEST_BUILD_H

#include "dissector/bytes.h"

#include <string.h>

/* len bytes of out: what in comes to. */
static inline void
mix(struct bytes in, uint8_t *out, size_t len)
{
	memset(out, 0, len);
	for (size_t i = 0; i < in.len; i++)
		out[i % len] = (uint8_t)(out[i % len] * 31 + in.at[i] + 1);
}

/* In place of MD5 and SHA-256. */
static inline void
mix16(struct bytes in, uint8_t out[16])
{
	mix(in, out, 16);
}

static inline void
mix32(struct bytes in, uint8_t out[32])
{
	mix(in, out, 32);
}

#endif
