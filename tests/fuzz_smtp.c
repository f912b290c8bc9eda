/*
 * A dialogue in both directions, chunked, with gaps. The first byte: bit 0
 * LMTP, bit 1 from the start, bit 2 acknowledgements known, upper half the
 * blocks of the pool. Then chunks: a byte with the side (bit 0), a gap (bit 1),
 * stale acknowledgements (bit 2); a byte of length; the bytes (of a gap none).
 */
#include "dissector/smtp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct pool_block blocks[64];
	uint64_t ring[1 << 10];
	uint64_t state[SMTP_STATE_SIZE / 8];
};

/* One chunk; returns how many bytes of data it took. */
static size_t
feed_chunk(struct smtp *s, struct ledger *l, struct bytes data, uint64_t sent[SIDES], bool is_known)
{
	enum side from = data.at[0] & 1 ? SIDE_SERVER : SIDE_CLIENT;
	struct smtp_input in = {.from = from, .time = 1, .offset = sent[from]};
	uint8_t *exact, back[8];

	if (data.at[0] & 2) {
		smtp_gap(s, l, from, data.at[1]);
		sent[from] += data.at[1];
		return 2;
	}
	in.bytes = bytes_first(bytes_after(data, 2), data.at[1]);
	in.peer_offset = sent[from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT];
	if (data.at[0] & 4)
		in.peer_offset /= 2;
	if (!is_known)
		in.peer_offset = UINT64_MAX;
	exact = malloc(in.bytes.len ? in.bytes.len : 1);
	if (exact == NULL)
		return data.len;
	if (in.bytes.len > 0)
		memcpy(exact, in.bytes.at, in.bytes.len);
	sent[from] += in.bytes.len;
	in.bytes.at = exact;
	if (smtp_feed(s, l, &in) < in.bytes.len && !smtp_side_is_tls(s, from))
		abort();
	smtp_take_back(s, from, back);
	smtp_place(s, from);
	smtp_is_in_message(s);
	free(exact);
	return 2 + in.bytes.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	struct smtp *s = (struct smtp *)(void *)f.state;
	struct evidence_list kept = {0};
	struct evidence evidence;
	struct chain notes = {0};
	struct pool pool;
	bool is_short = false;
	struct ledger l = {&pool, &notes, &evidence, &kept, &is_short};
	uint64_t sent[SIDES] = {0};
	struct bytes rest = {data, size};

	if (size == 0)
		return 0;
	memset(f.state, 0, sizeof(f.state));
	pool_init(&pool, f.blocks, (1 + (data[0] >> 4) * 4u) * sizeof(f.blocks[0]));
	evidence_init(&evidence, f.ring, sizeof(f.ring));
	smtp_init(s, data[0] & 1, data[0] & 2);
	rest = bytes_after(rest, 1);
	while (rest.len > 2)
		rest = bytes_after(rest, feed_chunk(s, &l, rest, sent, data[0] & 4));
	smtp_finish(s, &l);
	smtp_clear(s, &pool);
	chain_clear(&pool, &notes);
	if (pool.in_use != 0)
		abort();
	return 0;
}
