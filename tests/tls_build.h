/*
 * TLS messages written by hand, for tests: a buffer, and what goes into it.
 *
 * Test code only: a buffer that overflows ends the test.
 */
#ifndef TESTS_TLS_BUILD_H
#define TESTS_TLS_BUILD_H

#include "dissector/bytes.h"

#include <stdlib.h>
#include <string.h>

struct build {
	uint8_t at[20000];
	size_t len;
};

static inline void
put(struct build *b, const void *from, size_t len)
{
	if (len > sizeof(b->at) - b->len)
		abort();
	if (len > 0)
		memcpy(b->at + b->len, from, len);
	b->len += len;
}

/* value in network order, width bytes. */
static inline void
put_uint(struct build *b, uint32_t value, size_t width)
{
	for (size_t i = width; i > 0; i--) {
		uint8_t byte = (uint8_t)(value >> 8 * (i - 1));

		put(b, &byte, 1);
	}
}

static inline void
put_fill(struct build *b, uint8_t byte, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(b, &byte, 1);
}

/* A vector whose length has width bytes. */
static inline void
put_vector(struct build *b, size_t width, const void *from, size_t len)
{
	put_uint(b, (uint32_t)len, width);
	put(b, from, len);
}

static inline void
put_extension(struct build *b, uint16_t type, const void *from, size_t len)
{
	put_uint(b, type, 2);
	put_vector(b, 2, from, len);
}

static inline struct bytes
built(const struct build *b)
{
	return (struct bytes){b->at, b->len};
}

/* ClientHello, RFC 8446 section 4.1.2: ciphers and extensions as raw bytes. */
static inline void
put_client_hello(struct build *b, uint16_t version, struct bytes ciphers, const struct build *ext)
{
	put_uint(b, version, 2);
	put_fill(b, 0xc1, 32);
	put_vector(b, 1, "session", 7);
	put_vector(b, 2, ciphers.at, ciphers.len);
	put_vector(b, 1, "\0", 1);
	if (ext)
		put_vector(b, 2, ext->at, ext->len);
}

/* ServerHello, RFC 8446 section 4.1.3: random of 32 bytes. */
static inline void
put_server_hello(struct build *b, uint16_t version, const void *random, uint16_t cipher,
		 const struct build *ext)
{
	put_uint(b, version, 2);
	put(b, random, 32);
	put_vector(b, 1, "session", 7);
	put_uint(b, cipher, 2);
	put_uint(b, 0, 1);
	if (ext)
		put_vector(b, 2, ext->at, ext->len);
}

#endif
