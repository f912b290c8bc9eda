/*
 * What our findings are called in reports of RFC 8460: result types, its section
 * 4.3. Pure; one table.
 */
#ifndef MONITOR_REPORT_TLSRPT_RESULT_H
#define MONITOR_REPORT_TLSRPT_RESULT_H

#include "db/traffic.h"

/* For traffic_gather: those that say why a session failed, the most telling first. */
extern const struct traffic_kind tlsrpt_kinds[];
extern const size_t tlsrpt_kind_count;

/*
 * The result type of a failure, for its kind (NULL: no finding tells) and its
 * sentence, which names the cause where a kind has several. What no type is for
 * is a "validation-failure", section 4.3.3.
 */
const char *tlsrpt_result(const char *kind, const char *detail);

/*
 * Whether an encrypted session broke a policy of this type ("sts", "tlsa") by that
 * kind: of the domains that share a host not all have the policy that it broke.
 */
bool tlsrpt_is_breach(const char *kind, const char *type);

#endif
