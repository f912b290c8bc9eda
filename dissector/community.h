/*
 * Community ID version 1: one name for a flow in every tool that saw it.
 * Pure; the digest and nothing else is the caller's.
 */
#ifndef DISSECTOR_COMMUNITY_H
#define DISSECTOR_COMMUNITY_H

#include "dissector/packet.h"

#define COMMUNITY_ID_MAX 32 /* bytes, NUL included: "1:" and base64 of 20 bytes */

/* One end of a flow. */
struct endpoint {
	struct address address;
	uint16_t port;
};

/*
 * The id of the TCP flow between a and b, whichever way round, with seed 0:
 * "1:" and base64 (RFC 4648 section 4) of the SHA-1 over seed, addresses,
 * protocol, padding and ports in network order, the smaller end first.
 */
void community_id(const struct endpoint *a, const struct endpoint *b,
		  void (*sha1)(struct bytes in, uint8_t out[20]), char out[COMMUNITY_ID_MAX]);

#endif
