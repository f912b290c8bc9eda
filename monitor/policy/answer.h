/*
 * What came of asking the DNS one question: presence and security in one word,
 * so that neither can be forgotten. Pure.
 *
 * "Secure" is what a validating resolver says (RFC 4035 section 4.3) over a
 * channel that nobody can write to, RFC 7672 section 2.1.3: whoever asked must
 * know that, else nothing is secure.
 */
#ifndef MONITOR_POLICY_ANSWER_H
#define MONITOR_POLICY_ANSWER_H

#include <stdbool.h>

enum answer {
	ANSWER_UNASKED,
	ANSWER_SECURE,          /* records, validated */
	ANSWER_INSECURE,        /* records, from a zone that is not signed, or not validated */
	ANSWER_ABSENT,          /* a validated proof that there is none: NXDOMAIN or NODATA */
	ANSWER_ABSENT_INSECURE, /* the same, unproven */
	ANSWER_BOGUS,           /* validation failed: forged, or broken */
	ANSWER_UNAVAILABLE      /* SERVFAIL for another reason, timeout, refused, no sense in it */
};

/* It is known what there is, records or none. */
bool answer_is_known(enum answer a);

/* Records came. */
bool answer_is_present(enum answer a);

/* What came, records or none, was validated. */
bool answer_is_secure(enum answer a);

/*
 * Two questions for one thing, A and AAAA of a host: what is known of the thing.
 * Records make it present, and secure where none of them is insecure; a failure
 * counts only where the other question brought no records, for then it may hide
 * some. UNASKED as long as one is and the other brought none.
 */
enum answer answer_join(enum answer a, enum answer b);

#endif
