/* Handshake messages out of record payloads; see assembly.h. */
#include "dissector/assembly.h"

/* The header is whole: decide what becomes of the body. */
static void
assembly_open(struct assembly *a, uint32_t wanted)
{
	struct cursor c = cursor_over((struct bytes){a->head, ASSEMBLY_HEAD_LEN});
	uint8_t type = cursor_u8(&c);
	bool is_wanted = type < 32 && (wanted >> type & 1);

	a->left = cursor_u24(&c);
	a->is_kept = is_wanted && a->left <= ASSEMBLY_MAX;
	if (is_wanted && !a->is_kept)
		a->has_lost = true;
}

/* The pool is empty, or bytes are missing: the message is passed over. */
static void
assembly_lose(struct assembly *a, struct pool *p)
{
	a->has_lost = true;
	a->is_kept = false;
	chain_clear(p, &a->held);
}

/* Take what in has of the body. */
static void
assembly_body(struct assembly *a, struct pool *p, struct bytes *in)
{
	struct bytes part = bytes_first(*in, a->left);

	if (a->is_kept && part.len > 0 && !chain_append(p, &a->held, part))
		assembly_lose(a, p);
	a->left -= (uint32_t)part.len;
	*in = bytes_after(*in, part.len);
}

bool
assembly_read(struct assembly *a, struct pool *p, uint32_t wanted, struct bytes *in,
	      struct message *out)
{
	/* The message told last. */
	if (a->head_len == ASSEMBLY_HEAD_LEN && a->left == 0) {
		chain_clear(p, &a->held);
		a->head_len = 0;
	}
	if (a->is_lost)
		return false;
	while (a->head_len < ASSEMBLY_HEAD_LEN) {
		if (in->len == 0)
			return false;
		a->head[a->head_len++] = in->at[0];
		*in = bytes_after(*in, 1);
		if (a->head_len == ASSEMBLY_HEAD_LEN)
			assembly_open(a, wanted);
	}
	assembly_body(a, p, in);
	if (a->left > 0)
		return false;
	*out = (struct message){.type = a->head[0], .is_whole = a->is_kept};
	return true;
}

void
assembly_gap(struct assembly *a, struct pool *p, uint64_t len)
{
	assembly_lose(a, p);
	if (a->head_len < ASSEMBLY_HEAD_LEN || len > a->left) {
		a->is_lost = true;
		return;
	}
	a->left -= (uint32_t)len;
}

void
assembly_clear(struct assembly *a, struct pool *p)
{
	chain_clear(p, &a->held);
}
