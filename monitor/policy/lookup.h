/*
 * All that is asked about one domain, one question after the other: its MX hosts,
 * their addresses and TLSA records, its MTA-STS record, its TLSRPT record, and
 * its policy where there is one to fetch.
 *
 * Says what comes next; dns.h and https.h do it. Draws no conclusions but those
 * that decide what is asked next (sts_cache.h, dane.h).
 */
#ifndef MONITOR_POLICY_LOOKUP_H
#define MONITOR_POLICY_LOOKUP_H

#include "monitor/policy/dns.h"
#include "monitor/policy/https.h"
#include "monitor/policy/learnt.h"

#define LOOKUP_SMTP_PORT 25

/* For all questions of one domain; what is left then is unavailable. */
#define LOOKUP_DNS_SECONDS 30
/* ... and for those of the hosts: however slow they are, there is time for the record of MTA-STS.
 */
#define LOOKUP_HOSTS_SECONDS 15

/*
 * Milliseconds behind its beginning from which on what the DNS said of the MX hosts is told ahead
 * of the rest: a policy host that says nothing must not keep back what DANE demands. Most look-ups
 * are over by then.
 */
#define LOOKUP_PART_AFTER 500

/* Milliseconds that a fetch waits for its turn before it is left ... */
#define LOOKUP_FETCH_WAIT 60000
/*
 * ... of a domain that no policy is known of; and all together that MX hosts behind the first wait,
 * of a domain that is not known, before the rest of them is left. What waits holds room in which
 * others could be looked up.
 */
#define LOOKUP_UNKNOWN_WAIT 3000

/* What is to be looked up, and for whom. */
struct lookup_request {
	struct domain domain;   /* DOMAIN_OK */
	struct sts_cache cache; /* what is known of its policy: decides whether it is fetched */
	int64_t now;            /* of the clock that cache goes by, microseconds */
	uint64_t origin;        /* whose traffic brought it up, as a number: origin.h */
	bool is_known;          /* earlier sessions named it, or it was looked up before */
};

/* Borrowed, and outlives the look-up. */
struct lookup_means {
	struct dns *dns;
	struct https *https;
	bool is_private; /* fetches may go to addresses that are not public: reach.h */
};

struct lookup;

/* NULL where memory is refused. */
struct lookup *lookup_new(const struct lookup_request *r, const struct lookup_means *m);

/* Only of one that is LOOKUP_DONE; NULL does nothing. */
void lookup_free(struct lookup *l);

enum lookup_stand {
	LOOKUP_WAITS,       /* for an answer */
	LOOKUP_WANTS_TURN,  /* to ask about one more MX host: lookup_turn */
	LOOKUP_WANTS_FETCH, /* to begin: lookup_fetch */
	LOOKUP_DONE
};

/* Do what can be done. now: of a clock that nobody sets, milliseconds. */
enum lookup_stand lookup_step(struct lookup *l, int64_t now);

/*
 * True once, of one that is not done: its MX hosts are known as well as they will be, the rest
 * takes its time, and learnt_part of lookup_learnt may be told.
 */
bool lookup_has_part(struct lookup *l, int64_t now);

/* It has its turn; lookup_step goes on. */
void lookup_turn(struct lookup *l, int64_t now);

/* Of one that wants to fetch: where it may connect, 1 to HTTPS_ADDRESSES_MAX; and to begin. */
size_t lookup_fetch_addresses(const struct lookup *l, const struct address **out);
void lookup_fetch(struct lookup *l);

const struct lookup_request *lookup_asked(const struct lookup *l);

/* What was learnt, of one that is LOOKUP_DONE or has a part; it stays the look-up's. */
struct learnt *lookup_learnt(struct lookup *l);

#endif
