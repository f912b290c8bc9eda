/*
 * Names of sinks' hosts to addresses, by c-ares, without waiting.
 *
 * Reads resolv.conf and the hosts file before its process is closed in, and no
 * file afterwards; then asks resolvers. What they say is believed no more than
 * that a connection is tried: who answers there shows by its certificate.
 */
#ifndef MONITOR_ALERT_RESOLVE_H
#define MONITOR_ALERT_RESOLVE_H

#include <poll.h>

#include "dissector/packet.h"

#define RESOLVE_ADDRESSES 8  /* of one host that are tried */
#define RESOLVE_POLL_MAX  16 /* descriptors */

/* A host; zero it but for its name. */
struct resolve_host {
	const char *name; /* or an address */
	struct address at[RESOLVE_ADDRESSES];
	size_t count;
	bool is_fixed; /* it is an address, or stands in the hosts file */
	bool is_asked; /* resolvers are being asked: count and why are of no use yet */
	char why[64];  /* where count is 0 */
	int64_t asked; /* milliseconds: when the answer came */
};

struct resolve;

/* NULL, with errno, where it cannot be. */
struct resolve *resolve_new(void);
void resolve_free(struct resolve *r);

/* Look where no resolver is needed: before the process is closed in. */
void resolve_fix(struct resolve *r, struct resolve_host *h);

/* Ask for one that is not fixed; h->is_asked until the answer is there. h outlives r. */
void resolve_ask(struct resolve *r, struct resolve_host *h);

/* What to wait for; fills at most RESOLVE_POLL_MAX and lowers *milliseconds. */
size_t resolve_poll(struct resolve *r, struct pollfd *out, int *milliseconds);

/* Do what can be done. */
void resolve_run(struct resolve *r, const struct pollfd *polled, size_t count);

#endif
