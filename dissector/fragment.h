/*
 * IPv4 and IPv6 fragments put together, RFC 791 section 3.2 and RFC 8200
 * section 4.5.
 *
 * A table of fixed size in memory that the caller gives, keyed with the
 * caller's secret. A full table drops the datagram that has waited longest, and
 * counts it. Overlaps with different bytes are counted and the datagram is
 * dropped (RFC 5722 section 4 demands it for IPv6; for IPv4 no reader could say
 * which version the receiver took); what still comes of it is ignored until it has
 * aged. A datagram that was given out is remembered as long as there is room, so
 * that a mirror port's second copy of a piece starts no new one. Never allocates.
 */
#ifndef DISSECTOR_FRAGMENT_H
#define DISSECTOR_FRAGMENT_H

#include "dissector/packet.h"

#define FRAGMENT_DATAGRAMS_MIN 4        /* fewer make no table */
#define FRAGMENT_PIECES_MAX    64       /* pieces of one datagram; more drop it */
#define FRAGMENT_WAIT_US       30000000 /* RFC 791 section 3.2 suggests 15 s and up */
#define FRAGMENT_BYTES_MAX     65535    /* payload of one datagram */
#define FRAGMENT_HEADROOM      60       /* bytes free in front of a datagram put together */

struct fragments; /* laid into the caller's memory */

struct fragment_counts {
	uint64_t pieces;   /* fragments seen */
	uint64_t whole;    /* datagrams completed */
	uint64_t overlaps; /* datagrams dropped for overlaps that differ */
	uint64_t evicted;  /* datagrams dropped for room */
	uint64_t expired;  /* datagrams dropped for age */
	uint64_t bad;      /* pieces that fit nowhere: past the end, empty, too many */
	uint64_t repeated; /* pieces of a datagram that was whole or dropped already */
};

/* One fragment. */
struct fragment {
	int64_t time;
	struct address source, destination;
	uint8_t protocol; /* next header of the payload */
	uint32_t id;
	uint32_t offset;      /* bytes, a multiple of eight */
	bool more;            /* more fragments follow */
	struct bytes payload; /* whole: a cut fragment must not be given */
	uint8_t ttl;
};

/* A datagram put together. */
struct datagram {
	struct bytes payload; /* borrowed until the next call with the same table */
	uint8_t *headroom; /* FRAGMENT_HEADROOM bytes right before it, for the caller's headers */
	uint8_t protocol;  /* protocol and ttl of the piece at offset 0 (RFC 8200 section 4.5) */
	uint8_t ttl;
};

/* Bytes of memory that a table of this many datagrams needs; 0 for too few. */
size_t fragments_size(uint32_t datagrams);

/*
 * Lay a table into memory of at least fragments_size(datagrams) bytes, aligned
 * as malloc's. NULL for fewer than FRAGMENT_DATAGRAMS_MIN.
 */
struct fragments *fragments_init(void *memory, uint32_t datagrams, const uint8_t secret[16]);

/*
 * Add a piece. True where its datagram is now whole: *out is filled. The
 * piece's payload may lie in the datagram that the last call gave out.
 */
bool fragments_add(struct fragments *f, const struct fragment *piece, struct datagram *out);

struct fragment_counts fragments_counts(const struct fragments *f);

#endif
