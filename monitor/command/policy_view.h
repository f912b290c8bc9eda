/*
 * What policy DOMAIN shows: what was learnt, and what follows from it, beside what
 * the database knows of the domain and has seen of it; and the two ways to show it,
 * for programs and for people.
 */
#ifndef MONITOR_COMMAND_POLICY_VIEW_H
#define MONITOR_COMMAND_POLICY_VIEW_H

#include "monitor/command/policy_seen.h"
#include "monitor/policy/destination.h"
#include "monitor/policy/learnt.h"

struct policy_view {
	/* The caller's. */
	struct learnt *learnt;
	const struct known_policy *known; /* in the database; NULL: nothing is */
	const struct policy_seen *seen;   /* NULL: there is no database */
	bool is_recalled;                 /* nothing was asked: learnt is policy_recall's */
	int64_t now;                      /* microseconds since the epoch */
	/* The conclusions. */
	struct sts_cache cache; /* of the domain, with what was learnt */
	struct sts_policy sts;  /* the text; of use where has_sts */
	bool has_sts;           /* there is a text, and senders can make something of it */
	bool is_cached;         /* what is in force was fetched earlier, not now */
	int64_t expired;        /* when the last one ceased to be in force; 0: none did */
	struct policy hosts[MX_HOSTS_MAX]; /* beside learnt->mx.hosts */
	enum policy_required required;     /* of mail to the domain */
};

/* What is known as if it had just been learnt; it lends from known. NULL: memory is out. */
struct learnt *policy_recall(const struct known_policy *known);

/* Draw the conclusions. */
void policy_view_conclude(struct policy_view *v);

/* One object on one line, by the contract. */
void policy_view_json(const struct policy_view *v);

/* A page on standard output. */
void policy_view_page(const struct policy_view *v);

/* Of a host: the contract's words, and "unavailable" for what was not asked. */
const char *policy_view_dane_status(const struct policy *p);

#endif
