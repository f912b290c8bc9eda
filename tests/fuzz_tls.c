/*
 * A whole TLS session, hostile. The input is pieces: a byte (bit 0 the side,
 * bit 1 a gap instead of bytes, bit 2 of the first that TLS need not begin here),
 * two of length, the bytes. Fed as they are and byte by byte, the facts must be
 * the same, and the pool must get all back.
 */
#include "dissector/tls.h"
#include "tests/digest_build.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define POOL_BLOCKS 1200
#define PIECE_GAP   2
#define NOT_DUE     4

struct bench {
	struct pool pool;
	struct chain notes;
	struct evidence evidence;
	struct evidence_list kept;
	bool is_short;
	struct ledger ledger;
	struct tls *tls;
	uint64_t offset[SIDES];
};

static struct pool_block blocks[POOL_BLOCKS];
static _Alignas(8) uint8_t ring[1 << 14];
static _Alignas(8) uint8_t state[TLS_STATE_SIZE];

/* The name and the chain are read whole; what it says depends on both. */
static void
mix_chain(void *ctx, const struct bytes *chain, size_t count, struct bytes sni, int64_t time,
	  struct certificate_facts *out)
{
	(void)ctx;
	(void)time;
	mix(sni, out->digests.sha256, sizeof(out->digests.sha256));
	for (size_t i = 0; i < count; i++)
		mix(chain[i], out->digests.spki_sha256, sizeof(out->digests.spki_sha256));
}

static void
bench_begin(struct bench *b, bool is_due)
{
	*b = (struct bench){0};
	pool_init(&b->pool, blocks, sizeof(blocks));
	evidence_init(&b->evidence, ring, sizeof(ring));
	b->ledger = (struct ledger){.pool = &b->pool,
				    .notes = &b->notes,
				    .evidence = &b->evidence,
				    .kept = &b->kept,
				    .is_short = &b->is_short};
	memset(state, 0, sizeof(state));
	b->tls = (struct tls *)(void *)state;
	tls_init(b->tls, false, is_due);
}

static void
bench_feed(struct bench *b, enum side from, struct bytes in, size_t step)
{
	const struct digests digests = {.md5 = mix16, .sha256 = mix32, .certificate = mix_chain};

	for (size_t at = 0; at < in.len; at += step) {
		struct bytes piece = bytes_first(bytes_after(in, at), step);
		struct tls_input input = {.from = from,
					  .offset = b->offset[from],
					  .bytes = piece,
					  .peer_offset = UINT64_MAX};

		tls_feed(b->tls, &b->ledger, &digests, &input);
		b->offset[from] += piece.len;
	}
}

/* The facts at the end; the notes as one number. */
static struct tls_facts
play(struct bytes in, size_t step, uint32_t *notes_len)
{
	struct cursor c = cursor_over(in);
	struct bench b;

	bench_begin(&b, !(in.len > 0 && in.at[0] & NOT_DUE));
	while (c.rest.len > 3) {
		uint8_t control = cursor_u8(&c);
		uint16_t len = cursor_u16(&c);
		enum side from = control & 1 ? SIDE_SERVER : SIDE_CLIENT;

		if (control & PIECE_GAP) {
			tls_gap(b.tls, &b.ledger, from, len);
			b.offset[from] += len;
			continue;
		}
		bench_feed(&b, from, cursor_take(&c, len < c.rest.len ? len : c.rest.len), step);
	}
	tls_finish(b.tls, &b.ledger, (enum ending)(in.len % (ENDING_CAPTURE + 1)), SIDE_SERVER);
	tls_clear(b.tls, &b.pool);
	*notes_len = b.notes.len;
	chain_clear(&b.pool, &b.notes);
	if (b.pool.in_use != 0)
		abort();
	return *tls_facts(b.tls);
}

static bool
same(const struct tls_facts *a, const struct tls_facts *b)
{
	return a->complete == b->complete && a->failure == b->failure &&
	       a->failed_by == b->failed_by && a->alert.is_seen == b->alert.is_seen &&
	       a->alert.description == b->alert.description && a->version == b->version &&
	       a->offered_version == b->offered_version && a->cipher == b->cipher &&
	       a->resumed == b->resumed && a->is_retried == b->is_retried &&
	       a->is_interrupted == b->is_interrupted && a->interrupted_at == b->interrupted_at &&
	       a->has_ja3 == b->has_ja3 && strcmp(a->ja4, b->ja4) == 0 &&
	       a->records[0] == b->records[0] && a->records[1] == b->records[1];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size};
	uint32_t notes, notes_cut;
	struct tls_facts whole = play(in, SIZE_MAX, &notes), cut = play(in, 1, &notes_cut);

	if (!same(&whole, &cut) || notes != notes_cut)
		abort();
	return 0;
}
