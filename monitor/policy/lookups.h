/*
 * Look-ups of many domains at once, in bounds: what is under way, what waits, and
 * how often anybody is asked anything. The heart of the checker, without its
 * process.
 *
 * Each domain is looked up once at a time, and not again right behind. No name
 * server, web server or domain is asked more than the limits below and those of
 * slots.h, whatever comes off the wire.
 */
#ifndef MONITOR_POLICY_LOOKUPS_H
#define MONITOR_POLICY_LOOKUPS_H

#include <stdio.h>

#include "monitor/policy/fair.h"
#include "monitor/policy/lookup.h"

#define LOOKUPS_MAX         384 /* under way at once */
#define LOOKUPS_PLAIN_MAX   320 /* ... of domains that no policy is known of: others find room */
#define LOOKUPS_UNKNOWN_MAX 256 /* ... of domains that are not known: likewise */
#define LOOKUPS_BURST       64  /* that may begin at once */
#define LOOKUPS_EACH        20  /* milliseconds between two that begin behind that: 50 a second */

/*
 * MX hosts behind the first of a domain: whoever has a few domains can have each of them name
 * dozens, all of one victim's. So many at once, and then one in so many milliseconds; with those
 * above no name server, however many names lead to it, has more to answer than a few hundred
 * questions a second. Domains that are known have turns of their own: a flood makes some known.
 */
#define LOOKUPS_HOSTS_BURST       128
#define LOOKUPS_HOSTS_EACH        25
#define LOOKUPS_HOSTS_KNOWN_BURST 512
#define LOOKUPS_HOSTS_KNOWN_EACH  20

/* Of domains that are not known, below one parent: fair_parent. */
#define LOOKUPS_PARENT_AT_ONCE 4
#define LOOKUPS_PARENT_APART   500 /* milliseconds */

/* How long a domain is not looked up again, in milliseconds; twice that with each failure in a row.
 */
#define LOOKUPS_AGAIN      10000
#define LOOKUPS_AGAIN_MAX  3600000
#define LOOKUPS_REMEMBERED 8192 /* domains of which that is remembered; a power of two */

/* Called for one that was taken and lost its place, to another or for want of memory: it has no
 * end. */
typedef void lookups_displaced(void *ctx, const struct domain *d);

struct lookups_config {
	lookups_displaced *displaced; /* NULL: nobody needs to know; ctx is that of lookups_new */
	struct dns_config dns;
	bool is_private; /* lookup_means */
	FILE *ca_file;   /* PEM; read to its end */
};

struct lookups;

/*
 * Called once for each look-up that ends, and for one that takes its time once before with what is
 * a part (learnt.h). learnt is good until it returns, and the callee's to change only where it is
 * whole.
 */
typedef void lookups_done(void *ctx, const struct lookup_request *r, struct learnt *learnt);

/* NULL, and one line in why, where it cannot be. */
struct lookups *lookups_new(const struct lookups_config *config, lookups_done *done, void *ctx,
			    char *why, size_t why_size);

/* What is under way ends without a word. NULL does nothing. */
void lookups_free(struct lookups *l);

enum lookups_taken {
	LOOKUPS_TAKEN,    /* its end will be told; so it is where it is under way already */
	LOOKUPS_TOO_SOON, /* it was looked up a moment ago, or fails time and again */
	LOOKUPS_FULL      /* there are too many, or too many like it */
};

enum lookups_taken lookups_ask(struct lookups *l, const struct lookup_request *r);

/* Look-ups that are under way or wait. */
size_t lookups_pending(const struct lookups *l);

/*
 * Wait for something to do, or for others (at most LOOKUPS_OTHERS; their revents
 * are filled), no longer than so many milliseconds; then do it.
 */
#define LOOKUPS_OTHERS 4
void lookups_run(struct lookups *l, struct pollfd *others, size_t count, int milliseconds);

#endif
