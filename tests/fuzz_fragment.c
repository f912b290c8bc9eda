/*
 * fragment: pieces in any order, compared with a receiver that keeps a flag for
 * every byte.
 *
 * Input: pieces of six bytes each: identification, offset in eights, length in
 * eights, more or last, a byte to fill it with, seconds passed.
 */
#include "dissector/fragment.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECE       6
#define MODEL_BYTES (256 * 8 + 256 * 8)

/* One datagram, as simply as can be. Only what was put in since it began counts. */
struct model {
	uint8_t bytes[MODEL_BYTES];
	bool is_there[MODEL_BYTES];
};

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

/* Whatever was given out was put in, byte for byte, some time. */
static void
check(const struct model *m, const struct datagram *d)
{
	demand(d->payload.len > 0 && d->payload.len <= MODEL_BYTES);
	demand(d->headroom + FRAGMENT_HEADROOM == d->payload.at);
	for (size_t i = 0; i < d->payload.len; i++)
		demand(m->is_there[i] && (m->bytes[i] & 0xf0) == (d->payload.at[i] & 0xf0));
	memset(d->headroom, 0xee, FRAGMENT_HEADROOM);
}

static void
note(struct model *m, const struct fragment *piece)
{
	for (size_t i = 0; i < piece->payload.len; i++) {
		m->is_there[piece->offset + i] = true;
		m->bytes[piece->offset + i] = piece->payload.at[i];
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[16];
	static void *memory;
	static struct model models[16];
	struct fragment piece = {.source = {.family = 4}, .destination = {.family = 4}};
	struct datagram d;
	struct fragments *f;

	if (!memory)
		memory = malloc(fragments_size(FRAGMENT_DATAGRAMS_MIN));
	f = fragments_init(memory, FRAGMENT_DATAGRAMS_MIN, secret);
	memset(models, 0, sizeof(models));
	for (; size >= PIECE; data += PIECE, size -= PIECE) {
		size_t len = data[2] * 8u - (data[3] & 1 && data[2] > 0 ? data[3] >> 5 : 0u);
		uint8_t *block = malloc(len > 0 ? len : 1);

		/* The upper half of a byte tells datagrams apart, so that mixing them shows. */
		memset(block, (data[0] & 15) << 4 | (data[4] & 1), len);
		piece.id = data[0] & 15;
		piece.offset = data[1] * 8u;
		piece.more = !(data[3] & 1);
		piece.payload = (struct bytes){block, len};
		piece.time += (int64_t)(data[5] & 15) * 1000000;
		note(&models[piece.id], &piece);
		if (fragments_add(f, &piece, &d))
			check(&models[piece.id], &d);
		free(block);
	}
	return 0;
}
