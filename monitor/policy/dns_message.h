/*
 * One answer of a resolver, RFC 1035 section 4.1 with RFC 6891: what it says of
 * the question that was asked, whatever else it may hold.
 *
 * Pure, but that names are expanded by c-ares, which allocates. The bytes are
 * hostile: every section is walked to its end, and one thing out of form makes
 * the whole of it unreadable. Says nothing of trust: that the header calls itself
 * authentic is the caller's to believe.
 */
#ifndef MONITOR_POLICY_DNS_MESSAGE_H
#define MONITOR_POLICY_DNS_MESSAGE_H

#include "monitor/policy/domain.h"

#define DNS_RECORDS_MAX 1536 /* of an answer: 64 kilobytes hold no more TLSA records by digest */
#define DNS_ALIASES_MAX 16   /* CNAMEs in a row; resolvers follow about as many */
#define DNS_NAME_TEXT   1024 /* a name with every byte of it escaped, NUL included */

enum dns_type { DNS_A = 1, DNS_CNAME = 5, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_TLSA = 52 };

/* RCODEs that say something of the name; RFC 1035 section 4.1.1. */
#define DNS_CODE_ANSWERED 0
#define DNS_CODE_SERVFAIL 2
#define DNS_CODE_NO_NAME  3

/* Views are borrowed from the bytes that were read. */
struct dns_message {
	struct bytes all;
	unsigned code;     /* RCODE, with the upper bits that EDNS adds */
	bool is_authentic; /* AD, RFC 4035 section 3.2.3 */
	bool is_alias; /* the name that was asked for is a CNAME, and that was not the question */
	char name[DOMAIN_TEXT]; /* where CNAMEs lead; the name itself where there is none */
	/*
	 * Seconds for which this may be believed: the least of all records on the way,
	 * or for how long there is none, RFC 2308 section 5; 0 where nothing says it.
	 */
	uint32_t ttl;
	struct bytes rdata[DNS_RECORDS_MAX]; /* of the type that was asked for, at .name */
	size_t count;
};

/*
 * Read an answer to the question for name and type, class IN. False where it is
 * out of form, truncated, or the answer to another question.
 */
bool dns_message_read(struct bytes in, const char *name, enum dns_type type,
		      struct dns_message *out);

/*
 * The two parts of an MX record of it. host has no dot at its end, and odd bytes
 * escaped with a backslash; empty: the root. False where it is out of form.
 */
bool dns_message_mx(const struct dns_message *m, size_t i, uint16_t *preference,
		    char host[DNS_NAME_TEXT]);

#endif
