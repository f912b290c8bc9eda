/*
 * Is a host one of those that a policy names? RFC 8461 section 4.1. Pure.
 */
#ifndef MONITOR_POLICY_STS_MATCH_H
#define MONITOR_POLICY_STS_MATCH_H

#include "monitor/policy/sts_policy.h"

/*
 * host is the name in the MX record, whatever CNAME may stand behind it; where
 * there is no MX record, the domain itself. "*" stands for the whole left-most
 * label, and for one only: "*.example.com" covers a.example.com, not
 * example.com, not a.b.example.com.
 */
bool sts_match_host(const struct sts_policy *policy, const struct domain *host);

/* The same against one pattern of sts_policy_next_mx. */
bool sts_match_pattern(struct bytes pattern, const struct domain *host);

#endif
