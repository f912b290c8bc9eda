/*
 * What the tap has seen of a domain: how its mail came, and with which servers.
 */
#ifndef MONITOR_COMMAND_POLICY_SEEN_H
#define MONITOR_COMMAND_POLICY_SEEN_H

#include <netinet/in.h>

#include "db/traffic.h"
#include "monitor/policy/mx.h"

#define POLICY_SEEN_SERVERS 32 /* that are told one by one: those with most sessions */

struct policy_seen_server {
	char server[INET6_ADDRSTRLEN];
	enum fact is_mx;            /* an address of one of the domain's MX hosts */
	const struct mx_host *host; /* which; NULL: none that is known */
	struct counts counts;
	int64_t last; /* start of the last hour with a session */
};

/*
 * Sessions that named it as a recipient, and those with an address of its MX hosts
 * that named nobody, as all do that are encrypted: these may have been for others.
 */
struct policy_seen {
	struct counts total;
	int64_t named; /* of total.sessions */
	int64_t last;  /* start of the last hour with a session; meaningful where there is one */
	struct traffic_incidents incidents;
	struct policy_seen_server servers[POLICY_SEEN_SERVERS]; /* most sessions first */
	size_t count;
	size_t of; /* how many servers there are */
};

/* mx is borrowed as long as *out is used. False: store_error says why. */
bool policy_seen_read(struct store *s, const char *domain, const struct mx_set *mx,
		      struct policy_seen *out);

#endif
