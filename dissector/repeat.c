/*
 * A row of tokens. Below REPEAT: so many bytes and one more stand behind it. From
 * there on: so many bytes and MATCH_MIN more are the same as those that stand
 * as far back as the two bytes behind it say, which may overlap them. See repeat.h.
 */
#include "dissector/repeat.h"

#define REPEAT    128
#define PLAIN_MAX 128 /* bytes of a token that stand behind it */
#define MATCH_MIN 4   /* shorter ones gain nothing */
#define MATCH_MAX (MATCH_MIN + 127)

#define HASH_BITS 9

/* Where four bytes were met last, by a hash of them; plus one, so that zero is nowhere. */
struct met {
	uint16_t at[1 << HASH_BITS];
};

static uint16_t *
met_at(struct met *m, const uint8_t *four)
{
	uint32_t value;

	memcpy(&value, four, sizeof(value));
	return &m->at[value * UINT32_C(2654435761) >> (32 - HASH_BITS)];
}

/* How many bytes at `at` are the same as those at `from`, in front of it. */
static size_t
match_length(struct bytes in, size_t from, size_t at)
{
	size_t most = in.len - at < MATCH_MAX ? in.len - at : MATCH_MAX, len = 0;

	while (len < most && in.at[from + len] == in.at[at + len])
		len++;
	return len;
}

static uint8_t *
put_plain(uint8_t *out, struct bytes plain)
{
	while (plain.len > 0) {
		struct bytes part = bytes_first(plain, PLAIN_MAX);

		*out++ = (uint8_t)(part.len - 1);
		memcpy(out, part.at, part.len);
		out += part.len;
		plain = bytes_after(plain, part.len);
	}
	return out;
}

static uint8_t *
put_match(uint8_t *out, size_t len, size_t back)
{
	*out++ = (uint8_t)(REPEAT + len - MATCH_MIN);
	*out++ = (uint8_t)(back >> 8);
	*out++ = (uint8_t)back;
	return out;
}

size_t
repeat_pack(struct bytes in, uint8_t *out)
{
	struct met met = {{0}};
	uint8_t *to = out;
	size_t at = 0, plain = 0; /* bytes in front of `at` that are not put yet */

	while (at + MATCH_MIN <= in.len) {
		uint16_t *last = met_at(&met, in.at + at);
		size_t from = *last, len = from ? match_length(in, from - 1, at) : 0;

		*last = (uint16_t)(at + 1);
		if (len < MATCH_MIN) {
			at++;
			plain++;
			continue;
		}
		to = put_plain(to, (struct bytes){in.at + at - plain, plain});
		to = put_match(to, len, at - (from - 1));
		plain = 0;
		at += len;
	}
	to = put_plain(to, bytes_after(in, at - plain));
	return (size_t)(to - out);
}

bool
repeat_unpack(struct bytes *in, uint8_t *out, size_t len)
{
	struct cursor c = cursor_over(*in);
	size_t done = 0;

	while (done < len && !c.is_short) {
		size_t token = cursor_u8(&c);
		size_t n = token < REPEAT ? token + 1 : token - REPEAT + MATCH_MIN;
		size_t back = token < REPEAT ? 0 : cursor_u16(&c);
		struct bytes plain = cursor_take(&c, token < REPEAT ? n : 0);

		if (c.is_short || n > len - done || (token >= REPEAT && (back == 0 || back > done)))
			return false;
		if (token < REPEAT)
			memcpy(out + done, plain.at, n);
		else
			for (size_t i = 0; i < n; i++)
				out[done + i] = out[done + i - back];
		done += n;
	}
	*in = c.rest;
	return done == len;
}
