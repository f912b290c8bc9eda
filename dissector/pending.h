/*
 * The commands that wait for their replies, in order (RFC 2920 section 3.1).
 * Like commands in a row are one run, so that a thousand pipelined RCPTs need no
 * more room than one. Full, it refuses: then replies cannot be matched.
 */
#ifndef DISSECTOR_PENDING_H
#define DISSECTOR_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#define PENDING_RUNS_MAX 32   /* a client that waits for DATA, as it must, needs four */
#define PENDING_RUN_MAX  4095 /* commands of one run */

/* What a command that waits is to the one who reads its reply. Below 16. */
enum await {
	AWAIT_NOTHING,
	AWAIT_OTHER,
	AWAIT_DOUBTFUL, /* a line that some servers answer and some do not */
	AWAIT_HELO,
	AWAIT_EHLO,
	AWAIT_STARTTLS,
	AWAIT_MAIL,
	AWAIT_RCPT,
	AWAIT_DATA,    /* the go-ahead for message text */
	AWAIT_CONTENT, /* the verdict behind message text */
	AWAIT_CHUNK,
	AWAIT_LAST_CHUNK,
	AWAIT_AUTH,
	AWAIT_RSET,
	AWAIT_PRIVATE /* the reply may name people: VRFY, EXPN */
};

struct pending {
	uint16_t runs[PENDING_RUNS_MAX]; /* enum await in the upper four bits, how many below */
	uint8_t first, count;            /* runs */
};

/* Behind all others; false where there is no room. */
bool pending_push(struct pending *p, enum await kind);

/* n of a kind before all others; false where there is no room. n may be 0. */
bool pending_put_front(struct pending *p, enum await kind, uint16_t n);

/* The one whose reply comes next; AWAIT_NOTHING where none waits. */
enum await pending_head(const struct pending *p);

/* Whether one of this kind waits. */
bool pending_has(const struct pending *p, enum await kind);

/* Take the first one away. */
void pending_pop(struct pending *p);

/* Take all those at the front away that are of the same kind as the first. */
void pending_pop_run(struct pending *p);

void pending_clear(struct pending *p);

#endif
