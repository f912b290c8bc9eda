/* The table of well-formed sequences, RFC 3629 section 4; see utf8.h. */
#include "monitor/utf8.h"

/* First bytes, the length of what they begin, and between what the second must lie. */
static const struct sequence {
	uint8_t first, last;
	uint8_t length;
	uint8_t low, high;
} sequences[] = {
    {0x20, 0x7e, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static bool
is_whole(struct bytes in, const struct sequence *s)
{
	if (in.len < s->length)
		return false;
	if (s->length > 1 && (in.at[1] < s->low || in.at[1] > s->high))
		return false;
	for (size_t i = 2; i < s->length; i++)
		if (in.at[i] < 0x80 || in.at[i] > 0xbf)
			return false;
	return true;
}

size_t
utf8_character(struct bytes in)
{
	for (size_t i = 0; in.len > 0 && i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (in.at[0] >= sequences[i].first && in.at[0] <= sequences[i].last)
			return is_whole(in, &sequences[i]) ? sequences[i].length : 0;
	return 0;
}
