/*
 * Would a sender that keeps to MTA-STS take this certificate for that host? RFC
 * 8461 section 4.2: it leads to a trusted authority, is current, and names the
 * host in a DNS-ID.
 *
 * Pure. Reads no certificate: what the reader found in it (monitor/certificate.h),
 * at the time of the session and with the CA file that it was given, is held
 * against a host. Nothing is fetched, nothing asked about revocation.
 */
#ifndef MONITOR_POLICY_WEBPKI_H
#define MONITOR_POLICY_WEBPKI_H

#include "dissector/session.h"
#include "monitor/policy/domain.h"

/* All UNSEEN where nothing was seen. */
struct webpki {
	enum fact trusted; /* the chain, its leaf's own dates aside */
	enum fact current; /* the leaf */
	enum fact named;   /* a DNS name of the leaf is the host's; its CN does not count */
};

/*
 * host is the name in the MX record, whatever the policy's pattern. trusted stays
 * UNSEEN without a CA file, and where it is NO but a part of the chain could not
 * be read: that may be the intermediate that is missing.
 */
void webpki_of(const struct certificate_facts *c, const struct domain *host, struct webpki *out);

/* All three: NO where one is, else UNSEEN where one is. */
enum fact webpki_is_valid(const struct webpki *w);

#endif
