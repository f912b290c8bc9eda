/*
 * What was learnt of one domain by asking: answers, records, the text of its
 * policy, and what is wrong with them. Conclusions are drawn by others: sts_cache.h,
 * dane.h, policy.h.
 *
 * Owns the bytes of the policy's text and of TLSA records; the rest is inside.
 */
#ifndef MONITOR_POLICY_LEARNT_H
#define MONITOR_POLICY_LEARNT_H

#include "monitor/policy/dane.h"
#include "monitor/policy/mx.h"
#include "monitor/policy/sts_cache.h"
#include "monitor/policy/tlsrpt.h"

#define LEARNT_TLSA_BYTES   65536 /* of TLSA data of one domain: what one answer can hold */
#define LEARNT_TLSA_RECORDS 1536  /* of one set; DNS_RECORDS_MAX */

/* What became of fetching the policy. */
enum learnt_fetch {
	LEARNT_NOT_TRIED, /* there is no record, or its id is one that was to be skipped */
	LEARNT_FETCHED,   /* a text came that may be read as a policy */
	LEARNT_NO_FETCH   /* it failed, or what came may not be read as one */
};

/* Beside the host of the same index in mx.hosts. */
struct learnt_host {
	struct dane_answers dane;
	struct domain expanded; /* where its CNAMEs lead; itself where it has none */
	void *blocks[2];        /* private: what dane.records are views of */
};

struct learnt {
	struct domain domain;
	bool is_part;       /* its MX hosts alone: what its policy is follows in another */
	bool can_be_secure; /* a resolver's word on DNSSEC is believed; else all is insecure */
	bool was_served; /* some resolver gave any answer: what failed is not the network alone */

	enum answer sts_answer; /* TXT at _mta-sts */
	uint32_t sts_ttl;       /* seconds */
	struct sts_record sts_record;
	enum learnt_fetch fetch;
	struct bytes text; /* of FETCHED */
	struct problems sts_problems;

	enum answer tlsrpt_answer; /* TXT at _smtp._tls */
	struct tlsrpt tlsrpt;
	struct problems tlsrpt_problems;

	enum answer mx_answer;
	struct mx_set mx;
	struct domain alias; /* where the domain's own CNAME led to these; empty: it has none */
	struct learnt_host hosts[MX_HOSTS_MAX];
	struct problems mx_problems;

	uint8_t *text_copy; /* private: what text is a view of */
	size_t tlsa_bytes;  /* private: of all blocks */
};

/* All is UNASKED; NULL where memory is refused. */
struct learnt *learnt_new(const struct domain *domain);

/* NULL does nothing. */
void learnt_free(struct learnt *l);

/* Keep a copy of the policy's text. False where memory is refused. */
bool learnt_set_text(struct learnt *l, struct bytes text);

/*
 * Keep copies of the TLSA records of one host at one base. False, and nothing is kept, where
 * memory is refused, they are more than LEARNT_TLSA_RECORDS, or their data is more than
 * LEARNT_TLSA_BYTES with what is kept already.
 */
bool learnt_set_tlsa(struct learnt *l, size_t host, enum dane_base base, const struct tlsa *records,
		     size_t count);

/* Give hosts of l->mx their places: mx_read was called. */
void learnt_set_hosts(struct learnt *l);

/*
 * Of l what the DNS said of its MX hosts, and nothing of the rest, as a part. Views and blocks
 * stay l's: *out is good as long as l is, and not for learnt_free.
 */
void learnt_part(const struct learnt *l, struct learnt *out);

/*
 * The events that lead from one struct sts_cache to the next, in order; returns
 * how many, at most LEARNT_EVENTS. now: of the caller's clock, microseconds. What
 * is wrong with the policy's text is added to sts_problems.
 */
#define LEARNT_EVENTS 2
size_t learnt_sts_events(struct learnt *l, int64_t now, struct sts_event out[LEARNT_EVENTS]);

#endif
