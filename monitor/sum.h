/*
 * Adding up structs that hold counts and nothing else: every member a uint64_t.
 */
#ifndef MONITOR_SUM_H
#define MONITOR_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Add to each count of one struct that of another of the same size in bytes. */
static inline void
sum_counts(void *sum, const void *more, size_t size)
{
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t a, b;

		memcpy(&a, (uint8_t *)sum + at, sizeof(a));
		memcpy(&b, (const uint8_t *)more + at, sizeof(b));
		a += b;
		memcpy((uint8_t *)sum + at, &a, sizeof(a));
	}
}

#endif
