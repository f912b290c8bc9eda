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
#include <string.h>

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

/*
 * Short and called for every packet: here, so that every caller's compiler sees
 * what they do.
 */

/* A string of our own as a view, without its closing NUL; never bytes of the wire. */
static inline struct bytes
bytes_text(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* The first n bytes of in, or all of it where it is shorter. */
static inline struct bytes
bytes_first(struct bytes in, size_t n)
{
	return (struct bytes){in.at, n < in.len ? n : in.len};
}

/* What is left behind the first n bytes; empty where in is shorter. */
static inline struct bytes
bytes_after(struct bytes in, size_t n)
{
	if (n >= in.len)
		return (struct bytes){0};
	return (struct bytes){in.at + n, in.len - n};
}

/* Equal in length and in every byte. */
static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Index of the first occurrence of byte, or in.len where there is none. */
static inline size_t
bytes_find(struct bytes in, uint8_t byte)
{
	const uint8_t *hit = in.len ? memchr(in.at, byte, in.len) : NULL;

	return hit ? (size_t)(hit - in.at) : in.len;
}

/* A cursor at the front of in. */
static inline struct cursor
cursor_over(struct bytes in)
{
	return (struct cursor){.rest = in};
}

/* The next n bytes, borrowed; an empty view and is_short where they do not fit. */
static inline struct bytes
cursor_take(struct cursor *c, size_t n)
{
	struct bytes taken = {c->rest.at, n};

	/* Compare with what is left: at + n could wrap. */
	if (c->is_short || n > c->rest.len) {
		*c = (struct cursor){.is_short = true};
		return (struct bytes){0};
	}
	if (n > 0)
		c->rest.at += n;
	c->rest.len -= n;
	return taken;
}

/* An unsigned integer of width bytes, 8 at most; zero and is_short where it does not fit. */
static inline uint64_t
cursor_integer(struct cursor *c, size_t width)
{
	struct bytes b = cursor_take(c, width);
	uint64_t value = 0;

	for (size_t i = 0; i < b.len; i++)
		value = value << 8 | b.at[i];
	return value;
}

/* The same, in network order, by their width in bits. */
static inline uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_integer(c, 1);
}

static inline uint16_t
cursor_u16(struct cursor *c)
{
	return (uint16_t)cursor_integer(c, 2);
}

static inline uint32_t
cursor_u24(struct cursor *c)
{
	return (uint32_t)cursor_integer(c, 3);
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
	return (uint32_t)cursor_integer(c, 4);
}

static inline uint64_t
cursor_u64(struct cursor *c)
{
	return cursor_integer(c, 8);
}

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
