/* ASCII text off the wire; see text.h. */
#include "dissector/text.h"

bool
text_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool
text_is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
text_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

uint8_t
text_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool
text_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && text_starts(a, b);
}

bool
text_starts(struct bytes in, struct bytes prefix)
{
	if (in.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (text_lower(in.at[i]) != text_lower(prefix.at[i]))
			return false;
	return true;
}

size_t
text_find(struct bytes in, struct bytes what)
{
	for (size_t i = 0; what.len <= in.len && i <= in.len - what.len; i++)
		if (text_starts(bytes_after(in, i), what))
			return i;
	return in.len;
}

struct bytes
text_trim(struct bytes in)
{
	while (in.len > 0 && text_is_blank(in.at[0]))
		in = bytes_after(in, 1);
	while (in.len > 0 && text_is_blank(in.at[in.len - 1]))
		in.len--;
	return in;
}

struct bytes
text_word(struct bytes in)
{
	size_t len = 0;

	while (len < in.len && !text_is_blank(in.at[len]))
		len++;
	return bytes_first(in, len);
}

bool
text_number(struct bytes in, uint64_t *out)
{
	uint64_t value = 0;

	if (in.len == 0 || in.len > 20)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		uint64_t digit;

		if (!text_is_digit(in.at[i]))
			return false;
		digit = (uint64_t)(in.at[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

size_t
text_printable(struct bytes in, char *out, size_t cap)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (cap == 0)
		return 0;
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.at[i];
		size_t width = c == '\\' ? 2 : c >= 0x20 && c < 0x7f ? 1 : 4;

		if (width >= cap - n)
			break;
		if (width == 1) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		if (width == 2) {
			out[n++] = '\\';
			continue;
		}
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n] = '\0';
	return n;
}
