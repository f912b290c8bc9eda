/*
 * The certificates that a server presented, and what can be asked of them at a
 * time that the caller names: are they trusted, are they current.
 *
 * Reads hostile DER by OpenSSL, so it belongs where the sandbox is. No file, no
 * clock, no network; an error is an answer, and the error queue is left clean.
 * Where files are out of reach tzset(3) was called before: dates need its file.
 */
#ifndef MONITOR_PRESENTED_H
#define MONITOR_PRESENTED_H

#include <openssl/x509.h>

#include "dissector/session.h"

/* All zero is none. */
struct presented {
	X509 *leaf;
	STACK_OF(X509) * rest; /* those behind the leaf that could be read, in order */
	bool is_whole;         /* all of them could */
};

/*
 * Read count certificates in DER, the leaf first. False, and *out is none, where
 * the leaf cannot be read: bytes behind its end make it so, too. presented_free
 * gives back what it holds.
 */
bool presented_read(const struct bytes *der, size_t count, struct presented *out);

void presented_free(struct presented *c);

/*
 * Does it lead to an authority in store, RFC 5280 section 6.1, at time
 * (microseconds)? That the leaf itself is out of date is forgiven: see
 * presented_is_expired. *built, unless NULL, gets the path that was looked at (for
 * sk_X509_pop_free), or NULL. UNSEEN where memory is refused.
 */
enum fact presented_is_trusted(const struct presented *c, X509_STORE *store, int64_t time,
			       STACK_OF(X509) * *built);

/*
 * Does it lead to this certificate of rest, were that one trusted, RFC 7671 section
 * 5.2: at time (microseconds), dates of all between included? False where memory
 * is refused.
 */
bool presented_way(const struct presented *c, int which, int64_t time, enum way *out);

/* The first and the last second of a certificate, in microseconds; false where one is no time. */
bool presented_validity(const X509 *certificate, int64_t *not_before, int64_t *not_after);

/* Out of date at time, RFC 5280 section 4.1.2.5: the last second still counts whole. */
bool presented_is_expired(int64_t not_before, int64_t not_after, int64_t time);

#endif
