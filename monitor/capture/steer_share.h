/*
 * Which of so many readers a packet is for, once the gate's walk (gate.h) is at
 * its end. One piece of C for the kernel and for tests of what it does there.
 */
#ifndef MONITOR_CAPTURE_STEER_SHARE_H
#define MONITOR_CAPTURE_STEER_SHARE_H

#include "dissector/gate.h"

INLINED uint64_t
steer_stir(uint64_t sum, uint64_t more)
{
	sum = (sum ^ more) * 0x9e3779b97f4a7c15;
	return sum ^ sum >> 29;
}

/* Of both directions the same number, below count; 0 where count is. */
INLINED uint32_t
steer_share(const struct flow_key *key, uint32_t count)
{
	uint64_t low[2], high[2], sum = key->family;

	__builtin_memcpy(low, key->low, sizeof(low));
	__builtin_memcpy(high, key->high, sizeof(high));
	sum = steer_stir(sum, low[0]);
	sum = steer_stir(sum, low[1]);
	sum = steer_stir(sum, high[0]);
	sum = steer_stir(sum, high[1]);
	sum = steer_stir(sum, (uint64_t)key->low_port << 16 | key->high_port);
	return count ? (uint32_t)(sum >> 32) % count : 0;
}

/* What has no ports that can be found goes to the first. */
INLINED uint32_t
steer_end(const struct gate_packet *p, const struct gate_walk *w, uint32_t count)
{
	struct flow_key key;
	uint8_t ports[4];

	if (w->next != HEADER_TCP || !gate_load(p, w->at, ports, 4) ||
	    !gate_key(p, w, gate_u16(ports), gate_u16(ports + 2), &key))
		return 0;
	return steer_share(&key, count);
}

#endif
