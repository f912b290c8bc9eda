/*
 * The policies of a domain as reports tell them, RFC 8460 section 4.5: those of
 * its MX hosts by DANE, and the one of the whole domain, by MTA-STS or none.
 *
 * Owns their text. Of TLSA records the ones known last count, of MTA-STS policies
 * that which was known when the day ended, or first after it.
 */
#ifndef MONITOR_REPORT_TLSRPT_POLICY_H
#define MONITOR_REPORT_TLSRPT_POLICY_H

#include "db/store.h"
#include "monitor/policy/destination.h"
#include "monitor/report/tlsrpt_json.h"

#define TLSRPT_OF_DOMAIN    0 /* index of the policy that is not of one host alone */
#define TLSRPT_POLICIES_MAX (1 + MX_HOSTS_MAX)

struct tlsrpt_policies {
	const struct known_policy *known;  /* borrowed */
	struct policy hosts[MX_HOSTS_MAX]; /* what each demands by DANE */
	size_t of_host[MX_HOSTS_MAX];      /* index of the policy that its sessions fall under */
	struct tlsrpt_policy at[TLSRPT_POLICIES_MAX];
	size_t count;
	char *texts[TLSRPT_POLICIES_MAX], *mx; /* private: what at lends */
};

/* Where mail of the domain falls under DANE; at the next day for the rest. False: no memory. */
bool tlsrpt_policies_of(struct tlsrpt_policies *p, const struct known_policy *known);

/* The policies on a day, from its start: nothing is counted yet. False: database or memory. */
bool tlsrpt_policies_on(struct tlsrpt_policies *p, struct store *s, int64_t day);

void tlsrpt_policies_free(struct tlsrpt_policies *p);

#endif
