/* Integers and bytes into memory, in network order; see packer.h. */
#include "monitor/role/packer.h"

#include <string.h>

struct packer
packer_over(uint8_t *at, size_t cap)
{
	return (struct packer){.at = at, .cap = cap};
}

uint8_t *
pack_room(struct packer *p, size_t n)
{
	uint8_t *at = p->at + p->len;

	if (p->is_short || n > p->cap - p->len) {
		p->is_short = true;
		return NULL;
	}
	p->len += n;
	return at;
}

static void
pack_integer(struct packer *p, uint64_t v, size_t width)
{
	uint8_t *at = pack_room(p, width);

	if (at == NULL)
		return;
	for (size_t i = width; i > 0; i--, v >>= 8)
		at[i - 1] = (uint8_t)v;
}

void
pack_u8(struct packer *p, uint8_t v)
{
	pack_integer(p, v, 1);
}

void
pack_u16(struct packer *p, uint16_t v)
{
	pack_integer(p, v, 2);
}

void
pack_u24(struct packer *p, uint32_t v)
{
	pack_integer(p, v, 3);
}

void
pack_u32(struct packer *p, uint32_t v)
{
	pack_integer(p, v, 4);
}

void
pack_u64(struct packer *p, uint64_t v)
{
	pack_integer(p, v, 8);
}

void
pack_bytes(struct packer *p, struct bytes in)
{
	uint8_t *at = pack_room(p, in.len);

	if (at != NULL && in.len > 0)
		memcpy(at, in.at, in.len);
}

void
pack_vector16(struct packer *p, struct bytes in)
{
	pack_u16(p, (uint16_t)in.len);
	pack_bytes(p, in);
}

void
pack_vector24(struct packer *p, struct bytes in)
{
	pack_u24(p, (uint32_t)in.len);
	pack_bytes(p, in);
}
