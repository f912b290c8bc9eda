/*
 * From what was known of a domain and what was learnt of it now to what is known
 * of it then. Pure.
 */
#ifndef MONITOR_POLICY_KNOWN_H
#define MONITOR_POLICY_KNOWN_H

#include "monitor/policy/destination.h"
#include "monitor/policy/learnt.h"

#define KNOWN_FRESH INT64_C(900000000) /* microseconds that what the DNS said needs no asking */

/* What fails for all domains alike, outage.h: of this one it says nothing. */
struct known_outage {
	bool is_dns, is_fetch;
};

/*
 * before: NULL where nothing was known. now: of the clock that before goes by,
 * microseconds. What is wrong with the policy's text is added to learnt. Of what
 * had no answer the old one stays, that is of MX hosts their addresses (also where these
 * are others than before: there may be more, that take turns), and where TLSA
 * records that demand something cannot be had now, all that is known of the hosts, for
 * DESTINATION_FRESH; and all of a domain that is not there, unless that is proven: a resolver
 * may be another network's. *out has views into before and learnt.
 */
void known_after(const struct known_policy *before, struct learnt *learnt,
		 const struct known_outage *outage, int64_t now, struct known_policy *out);

/* There is anything that mail could be held against: a policy, a record of one, or MX hosts. */
bool known_says_something(const struct known_policy *known);

/*
 * Does the policy in force not name one of the MX hosts? Its text may be another by now, under
 * the same id, which nothing but fetching it anew tells; not where that was tried just now.
 */
bool known_doubts_policy(const struct known_policy *known, int64_t now);

/* Is it to be asked for, where mail is seen for it? */
bool known_is_due(const struct known_policy *known, int64_t now);

/*
 * The same for one session that was seen: it fails where it went in clear, or where what would
 * fail it is too old to be held against it.
 */
bool known_is_due_for(const struct known_policy *known, const struct session *s, int64_t now);

#endif
