/*
 * What is demanded of a client that brings mail for a domain to one of its MX
 * hosts: MTA-STS and DANE together, and whether a session kept to it.
 *
 * Pure: everything is given. The domain is the recipient's, or the smart host
 * where all mail goes to one, RFC 8461 section 3.4; a subdomain inherits
 * nothing, and an address literal has no policy.
 */
#ifndef MONITOR_POLICY_POLICY_H
#define MONITOR_POLICY_POLICY_H

#include "monitor/policy/dane.h"
#include "monitor/policy/sts_cache.h"
#include "monitor/policy/sts_match.h"
#include "monitor/policy/webpki.h"

enum policy_required { REQUIRED_NONE, REQUIRED_MTA_STS, REQUIRED_DANE };

const char *policy_required_name(enum policy_required r); /* "none", "mta-sts", "dane" */

/* What is known. */
struct policy_case {
	const struct sts_cache *cache;   /* of the domain */
	const struct sts_policy *sts;    /* its text, read; NULL where there is none */
	const struct domain *host;       /* the name in the MX record; the domain where none is */
	const struct dane_answers *dane; /* for that host; NULL where nothing was asked */
	int64_t time;                    /* of the session, microseconds */
};

struct policy {
	/*
	 * What a client that does both must go by. DANE where it applies (RFC 8461
	 * section 2: MTA-STS must not override it), else MTA-STS where its mode is
	 * enforce. A DANE answer that failed requires nothing of this: what it hid is
	 * not known here, and may have been known there.
	 */
	enum policy_required required;
	enum sts_mode sts; /* in force at the time; STS_MODE_NONE also where there is none */
	enum fact listed;  /* the host is one that the policy names; UNSEEN where sts is NONE */
	struct dane dane;
};

void policy_judge(const struct policy_case *c, struct policy *out);

/*
 * What is required of mail to a domain as a whole, one struct policy for each of
 * its MX hosts: DANE only where each host demands it, for a client may choose
 * any.
 */
enum policy_required policy_of_domain(const struct policy *hosts, size_t count);

/* Did a session keep to MTA-STS, RFC 8461 section 4? The first that fails is told. */
enum sts_verdict {
	STS_NOT_APPLICABLE, /* no policy, or mode none */
	STS_KEPT,
	STS_NOT_SEEN,   /* nothing that was seen fails, and not everything was seen */
	STS_FAILS_MX,   /* section 4.1: the host is not one that the policy names */
	STS_FAILS_TLS,  /* mail in clear */
	STS_FAILS_NAME, /* section 4.2: certificate-host-mismatch */
	STS_FAILS_DATE, /* certificate-expired */
	STS_FAILS_TRUST /* certificate-not-trusted */
};

/*
 * encrypted: NO where mail was sent in clear. w is what webpki_of says with
 * the MX host's name. In testing mode a failure fails nothing but is told: a
 * notice, never more.
 */
enum sts_verdict policy_sts_verdict(const struct policy *p, enum fact encrypted,
				    const struct webpki *w);

#endif
