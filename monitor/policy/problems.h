/*
 * What is wrong with a thing that a domain has published, for the postmaster to
 * read: one sentence each, naming the section that it breaks.
 *
 * Of fixed size and the caller's; what is beyond it is counted. What came off
 * the network stands in it printable and cut.
 */
#ifndef MONITOR_POLICY_PROBLEMS_H
#define MONITOR_POLICY_PROBLEMS_H

#include "dissector/bytes.h"

#define PROBLEMS_MAX     16  /* a page; whoever repairs these finds the rest */
#define PROBLEM_TEXT_MAX 288 /* bytes of a sentence, NUL included */
#define PROBLEM_WIRE_MAX 64  /* bytes of what is quoted, NUL included */

/* All zero is none. */
struct problems {
	char text[PROBLEMS_MAX][PROBLEM_TEXT_MAX]; /* printable */
	size_t count;                              /* of text */
	size_t omitted;                            /* further ones that had no room */
};

/* Note one; a sentence that is noted already is not noted again. */
__attribute__((format(printf, 2, 3))) void problems_add(struct problems *p, const char *format,
							...);

/* Bytes off the network, fit to be quoted. */
struct quoted {
	char text[PROBLEM_WIRE_MAX];
};

/* in printable; "..." at its end where it is cut. */
struct quoted quoted(struct bytes in);

#endif
