/*
 * What a ClientHello looks like, whoever sends it: JA3 and JA4.
 *
 * JA3 as its authors published it: version, ciphers, extensions, groups and
 * point formats in decimal, in the order offered, hashed with MD5. JA4 (the
 * client's alone) as published: a readable part, then truncated SHA-256 of the
 * sorted ciphers and of the sorted extensions with the signature algorithms.
 * Both pass over GREASE, RFC 8701. Pure; has no digest of its own.
 */
#ifndef DISSECTOR_FINGERPRINT_H
#define DISSECTOR_FINGERPRINT_H

#include "dissector/handshake.h"

#define FINGERPRINT_TEXT_MAX 8192 /* bytes; real hellos stay under 2000, larger have none */

/* The text that JA3 hashes, without NUL, to out; its length, or 0 where it does not fit. */
size_t fingerprint_ja3_text(const struct client_hello *h, char out[FINGERPRINT_TEXT_MAX]);

/* The texts that JA4 hashes, as above; an empty list has length 0. False where one does not fit. */
struct ja4_text {
	char head[11]; /* the readable part, closed with NUL */
	char ciphers[FINGERPRINT_TEXT_MAX];
	char extensions[FINGERPRINT_TEXT_MAX];
	size_t ciphers_len, extensions_len;
};
bool fingerprint_ja4_text(const struct client_hello *h, struct ja4_text *out);

/* The whole of JA4, closed with NUL. False where it has no text. */
bool fingerprint_ja4(const struct client_hello *h, void (*sha256)(struct bytes in, uint8_t out[32]),
		     char out[JA4_LEN + 1]);

#endif
