/*
 * The TLS reports of one domain, a day each: its policies as they were known, and
 * what was seen of sessions that fell under each of them.
 *
 * A report is of a domain that takes mail. Sessions with an MX host whose TLSA
 * records demand TLS fall under these, others under its MTA-STS policy, else
 * under none: RFC 8461 section 2. Of TLSA records the ones known last count, of
 * MTA-STS policies that which was known when the day ended, or first after it.
 */
#ifndef MONITOR_REPORT_TLSRPT_DOMAIN_H
#define MONITOR_REPORT_TLSRPT_DOMAIN_H

#include "db/store.h"
#include "monitor/policy/destination.h"
#include "monitor/report/figures.h"
#include "monitor/report/tlsrpt_json.h"

#define TLSRPT_FAILURES_MAX \
	10000 /* rows of one report; more are counted, and not told one by one */

struct tlsrpt_job {
	struct store *store; /* in which traffic_gather was called with tlsrpt_kinds */
	const struct tlsrpt_sender *sender;
	int64_t since, until; /* start of the first day, and of that behind the last */
	/* A report, good until it returns; omitted: rows that it has no room for. False ends it. */
	bool (*tell)(void *ctx, const struct tlsrpt_report *r, size_t omitted);
	void *ctx;
};

/*
 * Tell the reports of days with sessions. False where tell returned that, the
 * database failed (store_error says why) or memory is out (store_error is empty).
 */
bool tlsrpt_domain(const struct tlsrpt_job *job, const struct known_policy *known);

#endif
