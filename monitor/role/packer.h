/*
 * Writes integers and bytes forward into memory of a fixed size and never past
 * its end: the counterpart of the cursor in dissector/bytes.h. Owns nothing,
 * never allocates.
 */
#ifndef MONITOR_ROLE_PACKER_H
#define MONITOR_ROLE_PACKER_H

#include "dissector/bytes.h"

struct packer {
	uint8_t *at;
	size_t cap, len;
	bool is_short; /* a write did not fit: it and all later ones are left out */
};

/* A packer at the front of cap bytes. */
struct packer packer_over(uint8_t *at, size_t cap);

/* The next n bytes to be written by the caller; NULL and is_short where they do not fit. */
uint8_t *pack_room(struct packer *p, size_t n);

/* Unsigned integers in network order. */
void pack_u8(struct packer *p, uint8_t v);
void pack_u16(struct packer *p, uint16_t v);
void pack_u24(struct packer *p, uint32_t v); /* its lower 24 bits */
void pack_u32(struct packer *p, uint32_t v);
void pack_u64(struct packer *p, uint64_t v);

void pack_bytes(struct packer *p, struct bytes in);

/* Vectors with their length in front, as cursor_vector16 and _24 read them. */
void pack_vector16(struct packer *p, struct bytes in); /* at most 65,535 bytes */
void pack_vector24(struct packer *p, struct bytes in); /* at most 2^24 - 1 bytes */

#endif
