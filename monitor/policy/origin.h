/*
 * Whose traffic brought a domain up: the network of a client, and the region (a
 * larger network) that it lies in, of which one attacker may have many networks.
 * As a number: a keyed hash of each, the region's in the upper half.
 */
#ifndef MONITOR_POLICY_ORIGIN_H
#define MONITOR_POLICY_ORIGIN_H

#include <stdint.h>

static inline uint64_t
origin_make(uint64_t region, uint64_t network)
{
	return region << 32 | (network & UINT32_MAX);
}

static inline uint64_t
origin_region(uint64_t origin)
{
	return origin >> 32;
}

#endif
