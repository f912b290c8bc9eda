/* Views and cursors over bytes that someone else owns; see bytes.h. */
#include "dissector/bytes.h"

#include <string.h>

struct bytes
bytes_first(struct bytes in, size_t n)
{
	return (struct bytes){in.at, n < in.len ? n : in.len};
}

struct bytes
bytes_after(struct bytes in, size_t n)
{
	if (n >= in.len)
		return (struct bytes){0};
	return (struct bytes){in.at + n, in.len - n};
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

size_t
bytes_find(struct bytes in, uint8_t byte)
{
	const uint8_t *hit = in.len ? memchr(in.at, byte, in.len) : NULL;

	return hit ? (size_t)(hit - in.at) : in.len;
}

struct cursor
cursor_over(struct bytes in)
{
	return (struct cursor){.rest = in};
}

struct bytes
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

static uint64_t
cursor_integer(struct cursor *c, size_t width)
{
	struct bytes b = cursor_take(c, width);
	uint64_t value = 0;

	for (size_t i = 0; i < b.len; i++)
		value = value << 8 | b.at[i];
	return value;
}

uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_integer(c, 1);
}

uint16_t
cursor_u16(struct cursor *c)
{
	return (uint16_t)cursor_integer(c, 2);
}

uint32_t
cursor_u24(struct cursor *c)
{
	return (uint32_t)cursor_integer(c, 3);
}

uint32_t
cursor_u32(struct cursor *c)
{
	return (uint32_t)cursor_integer(c, 4);
}

uint64_t
cursor_u64(struct cursor *c)
{
	return cursor_integer(c, 8);
}

static struct cursor
cursor_vector(struct cursor *c, size_t width)
{
	size_t len = (size_t)cursor_integer(c, width);
	struct bytes inside = cursor_take(c, len);

	return (struct cursor){.rest = inside, .is_short = c->is_short};
}

struct cursor
cursor_vector8(struct cursor *c)
{
	return cursor_vector(c, 1);
}

struct cursor
cursor_vector16(struct cursor *c)
{
	return cursor_vector(c, 2);
}

struct cursor
cursor_vector24(struct cursor *c)
{
	return cursor_vector(c, 3);
}

bool
cursor_is_spent(const struct cursor *c)
{
	return !c->is_short && c->rest.len == 0;
}
