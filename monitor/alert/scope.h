/*
 * Which incidents something is about: by kind, severity, client, server and
 * domain. Sinks and mutes are limited by one.
 *
 * Pure. Owns its lists; the words in them are borrowed from the options.
 */
#ifndef MONITOR_ALERT_SCOPE_H
#define MONITOR_ALERT_SCOPE_H

#include "db/match.h"
#include "monitor/section.h"

#define SCOPE_NETWORKS 64 /* of clients, and of servers, at most */

struct scope {
	enum severity severity; /* that or worse */
	struct words kinds;     /* none: all; so in each list */
	struct words domains;   /* with a leading dot, subdomains too */
	struct network clients[SCOPE_NETWORKS], servers[SCOPE_NETWORKS];
	size_t client_count, server_count;
};

/* What is held against it. NULL: not known, so that no list has it. */
struct scope_case {
	const char *kind, *client, *server, *domain;
	enum severity severity;
};

/* Whether it lies in the scope: in each list that is not empty. */
bool scope_holds(const struct scope *s, const struct scope_case *c);

/* Settings of a section; each checks a value, and says what is wrong with it. */
bool scope_severity(struct taking *t, struct scope *s, const char *value);
bool scope_kind(struct taking *t, struct scope *s, const char *value);
bool scope_client(struct taking *t, struct scope *s, const char *value);
bool scope_server(struct taking *t, struct scope *s, const char *value);
bool scope_domain(struct taking *t, struct scope *s, const char *value);

void scope_free(struct scope *s);

#endif
