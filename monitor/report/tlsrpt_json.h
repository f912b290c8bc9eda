/*
 * A TLS report of one policy domain and one day, and its form: JSON of RFC 8460
 * section 4.4. Pure; writes to a stream alone.
 */
#ifndef MONITOR_REPORT_TLSRPT_JSON_H
#define MONITOR_REPORT_TLSRPT_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "monitor/policy/domain.h"

#define TLSRPT_ADDRESS_MAX 46 /* bytes of an address as text, NUL included */
#define TLSRPT_NAME_MAX    64 /* ... of a kind of ours, NUL included */

/* Sessions that failed in one way. */
struct tlsrpt_failure {
	size_t policy;      /* index of the one that they fell under */
	const char *result; /* section 4.3 */
	int64_t sessions;
	/* Empty where the failure is the policy's, and no session's. */
	char client[TLSRPT_ADDRESS_MAX], server[TLSRPT_ADDRESS_MAX];
	const char *host;             /* the MX host; NULL: server is none that is known */
	char reason[TLSRPT_NAME_MAX]; /* our kind of finding */
};

/* A policy, and what became of the sessions that fell under it. */
struct tlsrpt_policy {
	const char *type;    /* "tlsa", "sts", "no-policy-found" */
	const char *domain;  /* against which it is defined */
	const char *strings; /* JSON: an array of strings; NULL: there is no policy */
	const char *mx;      /* JSON: an array of patterns, of "sts"; else NULL */
	int64_t successes, failures;
};

/* Who reports. */
struct tlsrpt_sender {
	const char *organization, *contact; /* the latter an address, RFC 5322 section 3.4.1 */
	const char *domain;                 /* of the sender: names the files */
	const char *id;                     /* what each report-id begins with */
};

/* All of it is borrowed. */
struct tlsrpt_report {
	const struct tlsrpt_sender *sender;
	const char *domain; /* of which it is */
	int64_t day;        /* its start, microseconds since the epoch, UTC */
	const struct tlsrpt_policy *policies;
	size_t policy_count; /* those without a session are left out */
	const struct tlsrpt_failure *failures;
	size_t failure_count;
};

void tlsrpt_write(const struct tlsrpt_report *r, FILE *out);

#endif
