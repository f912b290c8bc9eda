/*
 * The names of a certificate: written as digests where the certificate is read,
 * compared with a host's where the policy is known. RFC 6125 section 6.4 as RFC
 * 8461 section 4.2 and RFC 7672 section 3.2.3 want it.
 *
 * Digests, for the names themselves are hostile and of any number: a session
 * carries a bounded list of numbers. Pure.
 */
#ifndef MONITOR_POLICY_NAMED_H
#define MONITOR_POLICY_NAMED_H

#include "dissector/session.h"
#include "monitor/policy/domain.h"

/* One more name; what no host can be called is passed over, what finds no room is noted. */
void named_add(struct certificate_facts *c, struct bytes name);

/*
 * Is one of the names the host's? A wildcard stands for the whole left-most label,
 * and not right before a top-level domain. UNSEEN for no host, and where the name
 * may be one that was left out.
 */
enum fact named_has(const struct certificate_facts *c, const struct domain *host);

#endif
