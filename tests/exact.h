/* Input in a block of just its size, so that a sanitizer sees one byte too far. After cmocka.h. */
#ifndef TESTS_EXACT_H
#define TESTS_EXACT_H

#include <stdlib.h>
#include <string.h>

#include "dissector/bytes.h"

/* A copy; exact_free gives it back. */
static inline struct bytes
exact(struct bytes in)
{
	uint8_t *copy = malloc(in.len ? in.len : 1);

	assert_non_null(copy);
	if (in.len > 0)
		memcpy(copy, in.at, in.len);
	return (struct bytes){copy, in.len};
}

static inline void
exact_free(struct bytes b)
{
	free((void *)(uintptr_t)b.at);
}

#endif
