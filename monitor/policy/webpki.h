/*
 * Would a sender that keeps to MTA-STS take this certificate for that host? RFC
 * 8461 section 4.2: it leads to a trusted authority, is current, and names the
 * host in a DNS-ID. Also for the policy host, section 3.3, with its own name.
 *
 * Pure but for OpenSSL. Asks no clock, fetches nothing: an intermediate that is
 * missing stays missing, and nothing is asked about revocation.
 */
#ifndef MONITOR_POLICY_WEBPKI_H
#define MONITOR_POLICY_WEBPKI_H

#include <openssl/x509.h>

#include "dissector/session.h"
#include "monitor/policy/domain.h"

/* What was seen of a handshake. */
struct webpki_session {
	bool is_visible; /* false under TLS 1.3, and where certificates were not captured */
	const struct bytes *chain; /* DER, the leaf first */
	size_t chain_count;
	bool is_chain_whole;       /* false where certificates were cut off or left out */
	const struct domain *host; /* the name in the MX record, whatever the policy's pattern */
	int64_t time;              /* of the session, microseconds */
};

/* All UNSEEN where nothing was seen. */
struct webpki {
	enum fact trusted; /* the chain, its leaf's own dates aside */
	enum fact current; /* the leaf */
	enum fact named;   /* a DNS name of the leaf is the host's; its CN does not count */
};

/* store holds the authorities and stays the caller's; NULL: trusted stays UNSEEN. */
void webpki_verify(X509_STORE *store, const struct webpki_session *s, struct webpki *out);

/* All three: NO where one is, else UNSEEN where one is. */
enum fact webpki_is_valid(const struct webpki *w);

#endif
