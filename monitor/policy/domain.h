/*
 * The name of a domain or of a host, checked: the one form in which a name off
 * the wire may decide what is asked of a resolver and where the checker connects
 * to. A-labels, lower case, letters, digits and hyphens, no dot at its end.
 *
 * Pure. Asks nothing; says only what may be asked for.
 */
#ifndef MONITOR_POLICY_DOMAIN_H
#define MONITOR_POLICY_DOMAIN_H

#include "dissector/bytes.h"

#define DOMAIN_NAME_MAX 253 /* characters of a name, RFC 1035 section 3.1 without its root */
#define LABEL_MAX       63  /* ... of a label, RFC 1035 section 2.3.4 */
#define DOMAIN_TEXT     (DOMAIN_NAME_MAX + 1)

struct domain {
	char text[DOMAIN_TEXT]; /* ends in NUL; empty: none */
};

/* What a name off the wire is. All but the first must not be asked for. */
enum domain_sort {
	DOMAIN_OK,
	DOMAIN_BAD,     /* no name at all: empty, over-long, or not LDH, RFC 5890 section 2.3.1 */
	DOMAIN_ADDRESS, /* "[192.0.2.1]", or an IPv4 address in a name's place */
	DOMAIN_SINGLE_LABEL, /* "intranet": a resolver's search list would decide what it means */
	DOMAIN_NUMERIC_TLD,  /* "host.123": no such domain may exist, RFC 3696 section 2 */
	DOMAIN_SPECIAL_USE   /* .local .onion .invalid .localhost .arpa .alt, RFC 6761 */
};

/*
 * Read a name as MAIL, RCPT or an MX record give it: in any case, as U-labels
 * (UTF-8, RFC 5891 section 4) or A-labels, with or without one dot at its end.
 * *out is filled for all but DOMAIN_BAD and DOMAIN_ADDRESS, for which it is
 * empty. ".test" and ".example" are names like any other, as RFC 6761 sections
 * 6.2 and 6.5 ask.
 */
enum domain_sort domain_read(struct bytes in, struct domain *out);

/*
 * prefix and the name as one text: "_mta-sts." and example.com. False where
 * that is longer than a name may be, so that there can be no such record.
 */
bool domain_prefix(const char *prefix, const struct domain *d, char out[DOMAIN_TEXT]);

/* The name as a view into *d. */
struct bytes domain_bytes(const struct domain *d);

bool domain_equal(const struct domain *a, const struct domain *b);

/*
 * The letters, digits and hyphens of a host name in ASCII, RFC 5321 section
 * 4.1.2 (Domain): labels of 1 to LABEL_MAX that neither begin nor end in a
 * hyphen, DOMAIN_NAME_MAX characters in all, no dot at the end. Case does not matter.
 */
bool domain_is_ldh(struct bytes name);

#endif
