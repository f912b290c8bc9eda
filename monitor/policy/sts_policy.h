/*
 * The text of an MTA-STS policy, RFC 8461 section 3.2 with errata 6253 (LF or
 * CRLF) and 7282 (max_age).
 *
 * Two readings come of one pass. The strict one is the grammar to the letter,
 * and decides; the lenient one is what common senders make of a text that fails
 * it (blank lines, blanks before ":", a max_age above the limit, an mx that is
 * none), so that a page for a postmaster can say who acts how. Pure; allocates
 * nothing: the text is borrowed, and its mx lines are walked, never copied, so
 * that their number has no other limit than its size.
 */
#ifndef MONITOR_POLICY_STS_POLICY_H
#define MONITOR_POLICY_STS_POLICY_H

#include "monitor/policy/domain.h"
#include "monitor/policy/problems.h"

#define STS_TEXT_MAX    65536     /* bytes of a policy, RFC 8461 section 3.3 */
#define STS_MAX_AGE_MAX 31557600u /* seconds, section 3.2: a year */

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };

struct sts_policy {
	bool is_valid;      /* by the strict reading */
	bool is_readable;   /* by the lenient one; where is_valid too */
	enum sts_mode mode; /* this and what follows: of a readable one */
	uint32_t max_age;   /* seconds; at most STS_MAX_AGE_MAX */
	size_t mx_count;    /* patterns that are of the form */
	struct bytes text;  /* borrowed */
};

/* Read a whole text; out->text is a view of in. One beyond STS_TEXT_MAX is not looked into. */
void sts_policy_read(struct bytes in, struct sts_policy *out, struct problems *problems);

/* Walks the mx patterns of a policy; all zero but rest, which is policy.text. */
struct sts_mx_walk {
	struct bytes rest;
};

/* The next pattern that is of the form, as it is written; false at the end. */
bool sts_policy_next_mx(struct sts_mx_walk *walk, struct bytes *pattern);

const char *sts_mode_name(enum sts_mode mode); /* "none", "testing", "enforce" */

/* By name, to the letter; false where there is none. */
bool sts_mode_of(struct bytes name, enum sts_mode *out);

#endif
