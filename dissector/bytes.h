/*
 * Borrowed views of bytes, and the cursor that reads them.
 *
 * The one place in the program where bounds are checked. A view owns nothing;
 * it lives as long as the bytes behind it do. Never allocates, never writes.
 */
#ifndef DISSECTOR_BYTES_H
#define DISSECTOR_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes { /* bytes owned by someone else */
	const uint8_t *at;
	size_t len;
};

struct cursor { /* reads forward and never past the end */
	struct bytes rest;
	bool is_short; /* a read did not fit: all later ones yield zero */
};

/* What reading one unit from the front of a stream came to. */
enum got {
	GOT_WHOLE, /* read; its bytes are consumed */
	GOT_PART,  /* more bytes are needed; nothing is consumed */
	GOT_BAD    /* not this protocol, whatever may follow */
};

/* A string constant as a view, without its closing NUL. */
#define BYTES(literal) ((struct bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})

/* The same where only a constant may stand. */
#define BYTES_INIT(literal)                                        \
	{                                                          \
		(const uint8_t *)("" literal), sizeof(literal) - 1 \
	}

/* The first n bytes of in, or all of it where it is shorter. */
struct bytes bytes_first(struct bytes in, size_t n);

/* What is left behind the first n bytes; empty where in is shorter. */
struct bytes bytes_after(struct bytes in, size_t n);

/* Equal in length and in every byte. */
bool bytes_equal(struct bytes a, struct bytes b);

/* Index of the first occurrence of byte, or in.len where there is none. */
size_t bytes_find(struct bytes in, uint8_t byte);

/* A cursor at the front of in. */
struct cursor cursor_over(struct bytes in);

/* The next n bytes, borrowed; an empty view and is_short where they do not fit. */
struct bytes cursor_take(struct cursor *c, size_t n);

/* Unsigned integers in network order; zero and is_short where they do not fit. */
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u24(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/*
 * Vectors that carry their length in front (RFC 8446 section 3.4): the cursor
 * moves behind the vector and the one returned reads its inside alone. Where
 * the vector does not fit both are short.
 */
struct cursor cursor_vector8(struct cursor *c);
struct cursor cursor_vector16(struct cursor *c);
struct cursor cursor_vector24(struct cursor *c);

/* Nothing is left and every read fitted. */
bool cursor_is_spent(const struct cursor *c);

#endif
