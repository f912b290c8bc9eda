/*
 * The tables of policies: what is known of a domain, and how it changed.
 *
 * Rows alone: what a policy demands, when it ends and whether an answer may
 * replace it is the caller's to know. Text is printable or as it was checked by
 * the caller; lists are JSON arrays. Times: microseconds since the epoch, UTC.
 */
#ifndef DB_POLICY_H
#define DB_POLICY_H

#include "db/store.h"

#define POLICY_CHANGES_MAX 256 /* kept of a domain; of more the oldest go */
#define POLICY_SWEEP       500 /* domains removed in one go */

/* A TLSA record of a host. */
struct policy_tlsa_row {
	unsigned base; /* 0: where the host's CNAMEs lead; 1: its own name */
	const void *rdata;
	size_t len;
	int64_t der; /* of data in full: POLICY_DER_NONE, or what was found in it, 0 or more */
};

#define POLICY_DER_NONE INT64_C(-1)

struct policy_host_row {
	const char *host;
	int64_t preference;
	const char *expanded;  /* NULL: the host has no CNAME */
	const char *addresses; /* JSON */
	bool is_whole;         /* these are all */
	enum maybe sts_match;
	const char *dane;                      /* "usable" ...; NULL: not known */
	const char *answers;                   /* JSON; NULL: nothing was asked */
	const char *tlsa;                      /* JSON, for people */
	const struct policy_tlsa_row *records; /* NULL where it is told */
	size_t record_count;
};

/* One domain. Text that is NULL and times that are 0 are not known. */
struct policy_row {
	const char *domain;
	int64_t learnt;     /* when an answer came last */
	const char *status; /* "enforce", "absent", ...; never NULL */
	const char *id, *mode;
	int64_t max_age; /* seconds; meaningful where mode is known */
	const char *mx;  /* JSON */
	int64_t fetched, expires;
	const char *source, *problems; /* "network"; JSON */
	const char *text;              /* of the policy */
	const void *digest;
	size_t digest_len;
	bool is_edited;
	const char *trouble;
	int64_t failures, failing_since, asked, ask_after, fetch_after;
	bool wants_fetch;
	const char *seen_id, *refused_id;
	const char *mx_form;
	bool is_mx_whole;
	const char *tlsrpt_status, *tlsrpt_rua, *required;
	const struct policy_host_row *hosts; /* by preference; NULL where it is told */
	size_t host_count;
};

/* One change of a domain's policy. */
struct policy_change_row {
	int64_t time;
	const char *id, *mode, *mx, *source;
	int64_t max_age; /* seconds; -1: not known */
};

/*
 * Put what is known in the place of what was, in a transaction. Where id, mode,
 * max_age or mx is not what it was after the last change, that is noted as one,
 * at row->fetched where that is known. *is_change, unless NULL, tells whether.
 */
bool policy_save(struct store *s, const struct policy_row *row, bool *is_change);

/* What is known of a domain, in order: itself, then each host with its records. Borrowed. */
struct policy_teller {
	void (*policy)(void *ctx, const struct policy_row *row);
	void (*host)(void *ctx, const struct policy_host_row *row);
	void (*tlsa)(void *ctx, size_t host, const struct policy_tlsa_row *row);
	void *ctx;
};

/* Nothing is told of a domain that is not known. False: the database failed. */
bool policy_find(struct store *s, const char *domain, const struct policy_teller *teller);

/*
 * Tell the domains that have an MX host there, the last added first, at most so many. place: its
 * name, or an address as text.
 */
bool policy_walk_at(struct store *s, const char *place, int64_t most,
		    void (*tell)(void *ctx, const char *domain), void *ctx);

/* The domains that are known, in order; of a filter (as in struct filter), unless NULL. False from
 * tell ends the walk, which is no failure. */
bool policy_walk_domains(struct store *s, const char *filter,
			 bool (*tell)(void *ctx, const char *domain), void *ctx);

/* The changes of a domain, the latest first, at most limit. */
bool policy_walk_changes(struct store *s, const char *domain, int64_t limit,
			 void (*tell)(void *ctx, const struct policy_change_row *row), void *ctx);

#define POLICY_REFRESH \
	INT64_C(86400000000) /* microseconds: "once per day", RFC 8461 section 10.2 */

/*
 * Tell the domains, at most so many, the one that ends first first, whose policy is in
 * force at now, asks for something, was fetched POLICY_REFRESH ago or half of its
 * max_age, and may be asked for again.
 */
bool policy_walk_due(struct store *s, int64_t now, int64_t most,
		     void (*tell)(void *ctx, const char *domain), void *ctx);

/*
 * Since when answers came of the last so many domains, to sweep what is older; INT64_MIN
 * where there are no more than these. False where the database failed.
 */
bool policy_since(struct store *s, int64_t most, int64_t *since);

/*
 * Remove, in a transaction, domains of which no answer came since before, and whose
 * policy is not in force at now; their changes too. At most POLICY_SWEEP; *count
 * tells how many.
 */
bool policy_sweep(struct store *s, int64_t before, int64_t now, int64_t *count);

#endif
