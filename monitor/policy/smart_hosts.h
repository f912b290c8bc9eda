/*
 * Smart hosts: relays to which clients are set up to hand all of their mail. Where
 * there is one it is the policy domain, not the recipient's: RFC 8461 section 3.4.
 *
 * Those that the operator names. A server is one of them by its address, or by the
 * name that the client asked for; not by what it calls itself. Pure.
 */
#ifndef MONITOR_POLICY_SMART_HOSTS_H
#define MONITOR_POLICY_SMART_HOSTS_H

#include "db/match.h"
#include "monitor/policy/book.h"

#define SMART_HOSTS_MAX 32

/* A name, or addresses: what is not given is empty, or of no family. */
struct smart_host {
	struct domain name;
	struct network addresses;
};

struct smart_hosts {
	struct smart_host list[SMART_HOSTS_MAX];
	size_t count;
};

/* Read "relay.example.net", "192.0.2.25" or "2001:db8::/64"; false where it is none of these. */
bool smart_host_read(const char *text, struct smart_host *out);

/*
 * Did a session go to one? *known is what the book has of its name; NULL: nothing, or it was
 * given by its address. UNSEEN where it may be one whose addresses are not known yet.
 */
enum fact smart_hosts_find(const struct smart_hosts *h, struct policy_book *book,
			   const struct session *s, const struct known_policy **known);

#endif
