/*
 * Eight words of eight bytes are a group: a byte that says which words are not
 * zero, and for each of those a byte that says which of its bytes are not, and
 * they. See sparse.h.
 */
#include "dissector/sparse.h"

#include <string.h>

#define WORD        ((size_t)8)
#define GROUP_WORDS ((size_t)8)
#define GROUP       (WORD * GROUP_WORDS)

/* The least of what is left and a whole one. */
static size_t
part(size_t left, size_t whole)
{
	return left < whole ? left : whole;
}

/* One word, of n bytes (8 but at the end), if it is not zero; returns how many bytes it came to. */
static size_t
pack_word(const uint8_t *in, size_t n, uint8_t *out)
{
	uint8_t *at = out + 1;
	uint8_t word[WORD] = {0};
	uint64_t value;
	unsigned which = 0;

	memcpy(word, in, n);
	memcpy(&value, word, sizeof(value));
	if (value == 0)
		return 0;
	/* Without a branch: whether a byte is zero cannot be foretold. */
	for (unsigned i = 0; i < n; i++) {
		unsigned is_there = word[i] != 0;

		which |= is_there << i;
		*at = word[i];
		at += is_there;
	}
	*out = (uint8_t)which;
	return (size_t)(at - out);
}

static bool
is_zero(const uint8_t in[GROUP])
{
	uint64_t words[GROUP_WORDS], any = 0;

	memcpy(words, in, sizeof(words));
	for (unsigned i = 0; i < GROUP_WORDS; i++)
		any |= words[i];
	return any == 0;
}

size_t
sparse_pack(const void *in, size_t len, uint8_t *out)
{
	const uint8_t *from = in;
	uint8_t *at = out;

	while (len > 0) {
		size_t group = part(len, GROUP);
		uint8_t *which = at++;

		*which = 0;
		if (group < GROUP || !is_zero(from))
			for (unsigned i = 0; i * WORD < group; i++) {
				size_t n =
				    pack_word(from + i * WORD, part(group - i * WORD, WORD), at);

				*which |= (uint8_t)((n > 0) << i);
				at += n;
			}
		from += group;
		len -= group;
	}
	return (size_t)(at - out);
}

/* One word that is not zero. */
static void
unpack_word(struct cursor *c, uint8_t *out, size_t n)
{
	uint8_t which = cursor_u8(c);
	struct bytes there = cursor_take(c, (size_t)__builtin_popcount(which));
	size_t done = 0;

	for (size_t i = 0; i < n && done < there.len; i++)
		if (which >> i & 1)
			out[i] = there.at[done++];
}

bool
sparse_unpack(struct bytes *in, void *out, size_t len)
{
	struct cursor c = cursor_over(*in);
	uint8_t *to = out;

	memset(out, 0, len);
	while (len > 0) {
		size_t group = part(len, GROUP);
		uint8_t which = cursor_u8(&c);

		for (unsigned i = 0; which >> i && i * WORD < group; i++)
			if (which >> i & 1)
				unpack_word(&c, to + i * WORD, part(group - i * WORD, WORD));
		to += group;
		len -= group;
	}
	*in = c.rest;
	return !c.is_short;
}
