/*
 * Memory of fixed size, cut into blocks, and byte strings chained over blocks.
 *
 * Everything of a session that has no fixed length (unfinished lines, TLS
 * messages, segments that wait, names) lives in chains, so that a million
 * short sessions and one long one share the same budget. An empty pool refuses;
 * it never grows. Blocks go back last in, first out, so that the memory touched
 * is no more than was ever in use at once.
 */
#ifndef DISSECTOR_POOL_H
#define DISSECTOR_POOL_H

#include "dissector/bytes.h"

#define POOL_BLOCK_SIZE  192
#define POOL_BLOCK_BYTES (POOL_BLOCK_SIZE - 4) /* what a block holds beside its link */

struct pool_block {
	uint32_t next; /* index + 1; 0 for none */
	uint8_t bytes[POOL_BLOCK_BYTES];
};

struct pool {
	struct pool_block *blocks;
	uint32_t count; /* blocks in all */
	uint32_t fresh; /* blocks never used yet start here */
	uint32_t freed; /* index + 1 of the first block given back */
	uint32_t in_use;
	uint32_t reserve;  /* blocks that only chain_append_reserved may take */
	uint64_t refusals; /* times that no block was left */
};

/* A byte string in blocks. All zero is the empty chain. */
struct chain {
	uint32_t head, tail; /* index + 1 of the first and last block */
	uint32_t skip;       /* bytes of the first block that are gone */
	uint32_t len;
};

/* Lay a pool into memory of size bytes, aligned to 4. */
void pool_init(struct pool *p, void *memory, size_t size);

/* The memory behind what it has is its own, too, up to size bytes in all. */
void pool_stretch(struct pool *p, size_t size);

/* Both are asked for every packet: here, so that every caller's compiler sees what they do. */

/* Blocks that can still be had, the reserve aside. */
static inline uint32_t
pool_left(const struct pool *p)
{
	uint32_t left = p->count - p->in_use;

	return left > p->reserve ? left - p->reserve : 0;
}

/* Whether less than the reserve and spare blocks beside it are left. */
static inline bool
pool_is_short(const struct pool *p, uint32_t spare)
{
	return p->count - p->in_use < (uint64_t)p->reserve + spare;
}

/* Append a copy of in; false, and nothing appended, where the pool has too few blocks. */
bool chain_append(struct pool *p, struct chain *c, struct bytes in);

/* The same, of the reserve too. */
bool chain_append_reserved(struct pool *p, struct chain *c, struct bytes in);

/* Give all its blocks back; the chain is empty then. */
void chain_clear(struct pool *p, struct chain *c);

/* Drop the first n bytes, or all where it is shorter. */
void chain_drop(struct pool *p, struct chain *c, uint32_t n);

/* Drop all behind the first len bytes. */
void chain_cut(struct pool *p, struct chain *c, uint32_t len);

/* Copy up to n bytes from offset to out; returns how many there were. */
uint32_t chain_copy(const struct pool *p, const struct chain *c, uint32_t offset, void *out,
		    uint32_t n);

/*
 * The first run of consecutive bytes at offset, borrowed until the chain is
 * changed; empty at the end. Walk a chain by adding its length to offset.
 */
struct bytes chain_run(const struct pool *p, const struct chain *c, uint32_t offset);

/* Reads a chain from front to back; void once the chain is changed. */
struct chain_reader {
	const struct pool *pool;
	uint32_t block; /* index + 1 of the block to read from */
	uint32_t at;    /* in that block */
	uint32_t left;  /* bytes of the chain that are still to come */
};

struct chain_reader chain_reader(const struct pool *p, const struct chain *c);

/* The next run of at most n consecutive bytes, borrowed; empty at the end. */
struct bytes chain_read_run(struct chain_reader *r, uint32_t n);

/* Copy the next n bytes, or what there is, to out (NULL: pass over them); returns how many. */
uint32_t chain_read(struct chain_reader *r, void *out, uint32_t n);

#endif
