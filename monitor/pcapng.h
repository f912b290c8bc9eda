/*
 * A capture file in the pcapng format (draft-ietf-opsawg-pcapng): one section,
 * an interface for each link type, packets with microseconds and comments.
 *
 * Always little-endian, whatever the machine. Writes to a stream that the
 * caller owns; whether that went well is asked of the stream.
 */
#ifndef MONITOR_PCAPNG_H
#define MONITOR_PCAPNG_H

#include <stdio.h>

#include "dissector/bytes.h"

#define PCAPNG_LINKTYPES_MAX 16   /* in one file */
#define PCAPNG_COMMENT_MAX   4096 /* bytes; what is longer is cut */

struct pcapng {
	FILE *out;
	uint16_t linktypes[PCAPNG_LINKTYPES_MAX]; /* by number of interface */
	uint32_t interfaces;
};

struct pcapng_packet {
	int64_t time; /* microseconds since the epoch; earlier ones are written as 0 */
	uint32_t linktype;
	uint32_t wire_len; /* as sent; never written below bytes.len */
	struct bytes bytes;
	const char *comment; /* UTF-8; NULL: none */
};

/* Begin a section. application and comment are UTF-8; comment may be NULL. */
void pcapng_begin(struct pcapng *p, FILE *out, const char *application, const char *comment);

/*
 * One packet, and before it the interface where its link type is new. False,
 * and nothing written, where the link type is beyond 16 bits or one too many,
 * or the packet does not fit a block.
 */
bool pcapng_packet(struct pcapng *p, const struct pcapng_packet *packet);

#endif
