/* Community ID version 1; see community.h. */
#include "dissector/community.h"

#include <string.h>

#define PROTOCOL_TCP 6
#define PADDING      64 /* place of '=' behind the digits */

static void
base64(struct bytes in, char *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

	for (; in.len > 0; in = bytes_after(in, 3)) {
		uint32_t word = (uint32_t)in.at[0] << 16;

		word |= in.len > 1 ? (uint32_t)in.at[1] << 8 : 0;
		word |= in.len > 2 ? (uint32_t)in.at[2] : 0;
		*out++ = digits[word >> 18];
		*out++ = digits[word >> 12 & 63];
		*out++ = digits[in.len > 1 ? word >> 6 & 63 : PADDING];
		*out++ = digits[in.len > 2 ? word & 63 : PADDING];
	}
	*out = '\0';
}

static bool
is_smaller(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(a->address.b, b->address.b, sizeof(a->address.b));

	return order < 0 || (order == 0 && a->port < b->port);
}

void
community_id(const struct endpoint *a, const struct endpoint *b,
	     void (*sha1)(struct bytes in, uint8_t out[20]), char out[COMMUNITY_ID_MAX])
{
	const struct endpoint *low = is_smaller(a, b) ? a : b;
	const struct endpoint *high = low == a ? b : a;
	size_t width = a->address.family == 4 ? 4 : 16;
	uint8_t text[2 + 16 + 16 + 2 + 2 + 2] = {0}, digest[20];
	size_t n = 2; /* the seed, zero */

	memcpy(text + n, low->address.b, width);
	n += width;
	memcpy(text + n, high->address.b, width);
	n += width;
	text[n++] = PROTOCOL_TCP;
	text[n++] = 0;
	text[n++] = (uint8_t)(low->port >> 8);
	text[n++] = (uint8_t)(low->port & 0xff);
	text[n++] = (uint8_t)(high->port >> 8);
	text[n++] = (uint8_t)(high->port & 0xff);
	sha1((struct bytes){text, n}, digest);
	*out++ = '1';
	*out++ = ':';
	base64((struct bytes){digest, sizeof(digest)}, out);
}
