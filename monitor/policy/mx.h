/*
 * The hosts that take a domain's mail, RFC 5321 section 5.1, and whether an
 * address is one of theirs.
 *
 * Of fixed size and the caller's. Pure: MX records and addresses are given by
 * whoever asked for them. What is not known whole never says "not one of them".
 */
#ifndef MONITOR_POLICY_MX_H
#define MONITOR_POLICY_MX_H

#include "dissector/packet.h"
#include "dissector/session.h"
#include "monitor/policy/answer.h"
#include "monitor/policy/domain.h"
#include "monitor/policy/problems.h"

#define MX_HOSTS_MAX     32 /* of a domain; the largest providers name a handful */
#define MX_ADDRESSES_MAX 32 /* of a host, IPv4 and IPv6 together */

/* As the DNS gives it. */
struct mx_record {
	uint16_t preference;
	struct bytes host; /* with or without a dot at its end; "" or "." is the root */
};

struct mx_host {
	struct domain name;
	uint16_t preference;
	struct address addresses[MX_ADDRESSES_MAX];
	size_t address_count;
	bool is_whole; /* these are all of its addresses: both questions were answered */
};

enum mx_form {
	MX_UNKNOWN,  /* there was no answer */
	MX_LISTED,   /* there are MX records */
	MX_IMPLICIT, /* there are none: the domain itself, RFC 5321 section 5.1 */
	MX_NULL      /* it takes no mail, RFC 7505 section 3 */
};

struct mx_set {
	enum mx_form form;
	struct mx_host hosts[MX_HOSTS_MAX]; /* by preference; without addresses at first */
	size_t count;
	bool is_whole; /* no host was left out */
};

/*
 * Read the answer to the question for a domain's MX records; records count only
 * where answer says that they came. A host that is no name that may be asked for
 * is left out, and told.
 */
void mx_read(const struct domain *d, enum answer answer, const struct mx_record *records,
	     size_t count, struct mx_set *out, struct problems *problems);

/* The host of that name; NULL: none. */
const struct mx_host *mx_named(const struct mx_set *set, const struct domain *name);

/* Whether a is a known address of it. */
bool mx_host_has(const struct mx_host *host, const struct address *a);

/* One more address of a host; where there is no room for it is_whole turns false. */
void mx_add_address(struct mx_host *host, const struct address *a);

/*
 * Is a an address of one of the hosts? NO only where all of them, and all of
 * their addresses, are known. *which, unless NULL, is the first host that has
 * it, or NULL.
 */
enum fact mx_has_address(const struct mx_set *set, const struct address *a,
			 const struct mx_host **which);

#endif
