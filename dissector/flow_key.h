/*
 * What a connection is known by: its two endpoints, whichever way round they
 * come. The same bytes in the flow table and in the gate, the kernel's too.
 */
#ifndef DISSECTOR_FLOW_KEY_H
#define DISSECTOR_FLOW_KEY_H

#include <stdint.h>

struct flow_key {
	uint8_t low[16], high[16]; /* the endpoints, the smaller first; IPv4 in the first four */
	uint16_t low_port, high_port;
	uint16_t family;   /* 4 or 6 */
	uint16_t is_rival; /* 1 of the second of two connections between the same ends, else 0 */
};

#endif
