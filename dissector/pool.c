/* Blocks and chains; see pool.h. Indices are stored plus one, so that zeroed memory is empty. */
#include "dissector/pool.h"

#include <string.h>

void
pool_init(struct pool *p, void *memory, size_t size)
{
	*p = (struct pool){.blocks = memory};
	pool_stretch(p, size);
}

void
pool_stretch(struct pool *p, size_t size)
{
	size_t count = size / sizeof(struct pool_block);

	p->count = count < UINT32_MAX - 1 ? (uint32_t)count : UINT32_MAX - 1;
}

/* A block, linked to nothing; 0 where none is left. */
static uint32_t
pool_take(struct pool *p)
{
	uint32_t ref = p->freed;

	if (ref)
		p->freed = p->blocks[ref - 1].next;
	else if (p->fresh < p->count)
		ref = ++p->fresh;
	else
		return 0;
	p->blocks[ref - 1].next = 0;
	p->in_use++;
	return ref;
}

static void
pool_give(struct pool *p, uint32_t ref)
{
	p->blocks[ref - 1].next = p->freed;
	p->freed = ref;
	p->in_use--;
}

/* Bytes free behind the last byte of the last block. */
static uint32_t
chain_room(const struct chain *c)
{
	uint32_t used = (c->skip + c->len) % POOL_BLOCK_BYTES;

	if (!c->tail || (used == 0 && c->skip + c->len > 0))
		return 0;
	return POOL_BLOCK_BYTES - used;
}

/* Append where no more than `left` blocks may be taken for it. */
static bool
append(struct pool *p, uint32_t left, struct chain *c, struct bytes in)
{
	size_t room = chain_room(c);
	size_t more = in.len > room ? in.len - room : 0;
	size_t blocks = (more + POOL_BLOCK_BYTES - 1) / POOL_BLOCK_BYTES;

	if (blocks > left || in.len > UINT32_MAX - c->skip - c->len) {
		p->refusals++;
		return false;
	}
	while (in.len > 0) {
		struct bytes part;
		uint32_t used;

		if (chain_room(c) == 0) {
			uint32_t ref = pool_take(p);

			if (c->tail)
				p->blocks[c->tail - 1].next = ref;
			else
				c->head = ref;
			c->tail = ref;
		}
		used = (c->skip + c->len) % POOL_BLOCK_BYTES;
		part = bytes_first(in, POOL_BLOCK_BYTES - used);
		memcpy(p->blocks[c->tail - 1].bytes + used, part.at, part.len);
		c->len += (uint32_t)part.len;
		in = bytes_after(in, part.len);
	}
	return true;
}

bool
chain_append(struct pool *p, struct chain *c, struct bytes in)
{
	return append(p, pool_left(p), c, in);
}

bool
chain_append_reserved(struct pool *p, struct chain *c, struct bytes in)
{
	return append(p, p->count - p->in_use, c, in);
}

/* All at once: none of the blocks between the first and the last need be looked at. */
void
chain_clear(struct pool *p, struct chain *c)
{
	if (c->head) {
		p->blocks[c->tail - 1].next = p->freed;
		p->freed = c->head;
		p->in_use -= (c->skip + c->len + POOL_BLOCK_BYTES - 1) / POOL_BLOCK_BYTES;
	}
	*c = (struct chain){0};
}

void
chain_drop(struct pool *p, struct chain *c, uint32_t n)
{
	if (n >= c->len) {
		chain_clear(p, c);
		return;
	}
	c->skip += n;
	c->len -= n;
	while (c->skip >= POOL_BLOCK_BYTES) {
		uint32_t next = p->blocks[c->head - 1].next;

		pool_give(p, c->head);
		c->head = next;
		c->skip -= POOL_BLOCK_BYTES;
	}
}

void
chain_cut(struct pool *p, struct chain *c, uint32_t len)
{
	uint32_t ref = c->head, kept;

	if (len >= c->len)
		return;
	if (len == 0) {
		chain_clear(p, c);
		return;
	}
	for (kept = c->skip + len; kept > POOL_BLOCK_BYTES; kept -= POOL_BLOCK_BYTES)
		ref = p->blocks[ref - 1].next;
	c->tail = ref;
	c->len = len;
	ref = p->blocks[ref - 1].next;
	p->blocks[c->tail - 1].next = 0;
	while (ref) {
		uint32_t next = p->blocks[ref - 1].next;

		pool_give(p, ref);
		ref = next;
	}
}

struct bytes
chain_run(const struct pool *p, const struct chain *c, uint32_t offset)
{
	uint32_t ref = c->head, at, left;

	if (offset >= c->len)
		return (struct bytes){0};
	left = c->len - offset;
	for (at = c->skip + offset; at >= POOL_BLOCK_BYTES; at -= POOL_BLOCK_BYTES)
		ref = p->blocks[ref - 1].next;
	return bytes_first((struct bytes){p->blocks[ref - 1].bytes + at, POOL_BLOCK_BYTES - at},
			   left);
}

struct chain_reader
chain_reader(const struct pool *p, const struct chain *c)
{
	return (struct chain_reader){.pool = p, .block = c->head, .at = c->skip, .left = c->len};
}

struct bytes
chain_read_run(struct chain_reader *r, uint32_t n)
{
	struct bytes run;

	if (r->left == 0)
		return (struct bytes){0};
	if (r->at == POOL_BLOCK_BYTES) {
		r->block = r->pool->blocks[r->block - 1].next;
		r->at = 0;
	}
	run = (struct bytes){r->pool->blocks[r->block - 1].bytes + r->at, POOL_BLOCK_BYTES - r->at};
	run = bytes_first(bytes_first(run, r->left), n);
	r->at += (uint32_t)run.len;
	r->left -= (uint32_t)run.len;
	return run;
}

uint32_t
chain_read(struct chain_reader *r, void *out, uint32_t n)
{
	uint8_t *to = out;
	uint32_t done = 0;

	while (done < n) {
		struct bytes run = chain_read_run(r, n - done);

		if (run.len == 0)
			break;
		if (to)
			memcpy(to + done, run.at, run.len);
		done += (uint32_t)run.len;
	}
	return done;
}

uint32_t
chain_copy(const struct pool *p, const struct chain *c, uint32_t offset, void *out, uint32_t n)
{
	struct chain_reader r = chain_reader(p, c);

	chain_read(&r, NULL, offset);
	return chain_read(&r, out, n);
}
