/*
 * Who may fetch now: so many at once, of one network and of one region (the networks that one
 * hoster has) no more than a share, and some of each kept for domains whose policy is known.
 *
 * A policy host that says nothing holds its slot for a minute, and whoever can invent domains can
 * have as many such hosts as he has addresses: what he holds must not be what keeps known policies
 * fresh. Of fixed size. Pure: times are given, in milliseconds of a clock that nobody sets.
 */
#ifndef MONITOR_POLICY_SLOTS_H
#define MONITOR_POLICY_SLOTS_H

#include "monitor/policy/crowd.h"
#include "monitor/policy/https.h"

#define SLOTS_MAX     48 /* fetches at once */
#define SLOTS_NEW_MAX 32 /* ... of domains that no policy is known of */

/* From one network, /24 or /64: of each that a policy host's addresses are in. */
#define SLOTS_NETWORK_MAX     4
#define SLOTS_NETWORK_NEW_MAX 3
#define SLOTS_NETWORK_APART   100 /* milliseconds between the beginnings of two */

/* From one region, /16 or /32: what one attacker may have many networks of. */
#define SLOTS_REGION_MAX     12
#define SLOTS_REGION_NEW_MAX 8

/* A kind of place, counted of all and of new ones. */
struct slots_places {
	struct crowd all, new;
};

struct slots {
	uint8_t secret[16];
	size_t taken, taken_new;
	struct slots_places networks, regions;
};

/* Nobody fetches. secret: so that nobody can choose what collides. */
void slots_begin(struct slots *s, const uint8_t secret[16]);

/* What one fetch holds. All zero: nothing. */
struct slot {
	bool is_new; /* no policy is known of its domain */
	uint64_t networks[HTTPS_ADDRESSES_MAX], regions[HTTPS_ADDRESSES_MAX]; /* each once */
	size_t network_count, region_count;
};

/* Where it may connect: libcurl tries one address after the other. 1 to HTTPS_ADDRESSES_MAX. */
struct slots_request {
	const struct address *addresses;
	size_t count;
	bool is_new;
};

/* Take one; false, and *out is of no use, where there is no room now. */
bool slots_take(struct slots *s, const struct slots_request *r, int64_t now, struct slot *out);

/* Its fetch is over. */
void slots_give(struct slots *s, const struct slot *slot);

#endif
