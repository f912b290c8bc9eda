/*
 * What policy DOMAIN shows: what was learnt, and what follows from it; and the two
 * ways to show it, for programs and for people.
 */
#ifndef MONITOR_COMMAND_POLICY_VIEW_H
#define MONITOR_COMMAND_POLICY_VIEW_H

#include "monitor/policy/learnt.h"
#include "monitor/policy/policy.h"

struct policy_view {
	struct learnt *learnt;  /* the caller's */
	int64_t now;            /* microseconds since the epoch */
	struct sts_cache cache; /* of the domain, with what was learnt */
	struct sts_policy sts;  /* the text; of use where has_sts */
	bool has_sts;           /* there is a text, and senders can make something of it */
	bool is_cached;         /* what is in force was fetched earlier, not now */
	struct policy hosts[MX_HOSTS_MAX]; /* beside learnt->mx.hosts */
	enum policy_required required;     /* of mail to the domain */
};

/* Draw the conclusions: the rest of *v from learnt, now and cache as it was before. */
void policy_view_conclude(struct policy_view *v);

/* One object on one line, by the contract. */
void policy_view_json(const struct policy_view *v);

/* A page on standard output. */
void policy_view_page(const struct policy_view *v);

/* Of a host: the contract's words, and "unavailable" for what was not asked. */
const char *policy_view_dane_status(const struct policy *p);

#endif
