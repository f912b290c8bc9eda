/*
 * Which layer each byte of a flow belongs to: the dialogue, TLS, or none that
 * can be read.
 *
 * What stands between the exchange, which puts bytes in order, and the modules
 * that read them. Writes down overlaps whose bytes differ. Owns nothing.
 */
#ifndef DISSECTOR_ROUTE_H
#define DISSECTOR_ROUTE_H

#include "dissector/conversation.h"

/* A conversation and the workshop, as one context for the exchange's calls. */
struct bench {
	struct conversation *c;
	struct workshop *w;
	bool had_overlap;   /* this packet brought other bytes than were there */
	enum place overlap; /* what they lie in; PLACE_OTHER where that is several things */
};

/* Where the exchange's bytes, gaps, ends and overlaps go; valid as long as b. */
struct exchange_sink route_sink(struct bench *b);

/* No more will come: what was kept back, for it might have begun TLS, is dialogue. */
void route_settle(struct bench *b);

/*
 * Blank, in place, what must not be kept of len bytes that are one of several
 * versions of what lies in that place, and may begin and end in the middle of a
 * line: all but lines that can be judged, and nothing behind DATA, BDAT or AUTH.
 */
void route_scrub(enum side from, enum place place, uint8_t *text, size_t len);

#endif
