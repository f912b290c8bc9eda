/* Vectors that carry their length; see bytes.h. */
#include "dissector/bytes.h"

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
