/* JA3 and JA4; see fingerprint.h. */
#include "dissector/fingerprint.h"

#include "dissector/text.h"

#include <string.h>

#define HASH_BYTES 6 /* of SHA-256 that JA4 shows */

/* Values of one list that a text can hold at all: four digits and a comma each. */
#define VALUES_MAX (FINGERPRINT_TEXT_MAX / 5)

static const char hex_digits[] = "0123456789abcdef";

struct values {
	uint16_t at[VALUES_MAX];
	size_t count;
	bool is_full; /* there were more */
};

/* A text that grows; once something did not fit it is full and stays as it is. */
struct writer {
	char *out;
	size_t len;
	bool is_full;
};

static void
write_char(struct writer *w, char c)
{
	if (w->len == FINGERPRINT_TEXT_MAX)
		w->is_full = true;
	else
		w->out[w->len++] = c;
}

static void
write_decimal(struct writer *w, uint16_t value)
{
	char digits[5];
	size_t n = 0;

	do {
		digits[n++] = hex_digits[value % 10];
		value /= 10;
	} while (value > 0);
	while (n > 0)
		write_char(w, digits[--n]);
}

static void
write_hex(struct writer *w, uint16_t value)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		write_char(w, hex_digits[value >> shift & 15]);
}

static void
write_values(struct writer *w, const struct values *v, char between,
	     void (*write_one)(struct writer *w, uint16_t value))
{
	for (size_t i = 0; i < v->count; i++) {
		if (i > 0)
			write_char(w, between);
		write_one(w, v->at[i]);
	}
	w->is_full |= v->is_full;
}

static void
values_add(struct values *v, uint16_t value)
{
	if (v->count == VALUES_MAX)
		v->is_full = true;
	else
		v->at[v->count++] = value;
}

/* The values of a list, width bytes each, without GREASE (which only pairs of bytes can be). */
static void
values_of(struct values *v, struct bytes list, size_t width)
{
	struct cursor c = cursor_over(list);

	v->count = 0;
	v->is_full = false;
	while (c.rest.len >= width) {
		uint16_t value = width == 1 ? cursor_u8(&c) : cursor_u16(&c);

		if (width == 1 || !handshake_is_grease(value))
			values_add(v, value);
	}
}

static void
values_of_extensions(struct values *v, const struct client_hello *h)
{
	struct cursor list = cursor_over(h->extensions);
	struct bytes body;
	uint16_t type;

	v->count = 0;
	v->is_full = false;
	while (extension_next(&list, &type, &body))
		if (!handshake_is_grease(type))
			values_add(v, type);
}

/* In place and without allocation; the gaps keep a hostile order from costing a square. */
static void
values_sort(struct values *v)
{
	static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};

	for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
		size_t gap = gaps[g];

		for (size_t i = gap; i < v->count; i++) {
			uint16_t moved = v->at[i];
			size_t to = i;

			for (; to >= gap && v->at[to - gap] > moved; to -= gap)
				v->at[to] = v->at[to - gap];
			v->at[to] = moved;
		}
	}
}

size_t
fingerprint_ja3_text(const struct client_hello *h, char out[FINGERPRINT_TEXT_MAX])
{
	struct writer w = {.out = out};
	struct values v;

	write_decimal(&w, h->legacy_version);
	write_char(&w, ',');
	values_of(&v, h->ciphers, 2);
	write_values(&w, &v, '-', write_decimal);
	write_char(&w, ',');
	values_of_extensions(&v, h);
	write_values(&w, &v, '-', write_decimal);
	write_char(&w, ',');
	values_of(&v, h->groups, 2);
	write_values(&w, &v, '-', write_decimal);
	write_char(&w, ',');
	values_of(&v, h->point_formats, 1);
	write_values(&w, &v, '-', write_decimal);
	return w.is_full ? 0 : w.len;
}

/* The version as JA4 writes it: the highest of the list, or the hello's own. */
static const char *
ja4_version(const struct client_hello *h)
{
	struct cursor c = cursor_over(h->versions);
	uint16_t best = h->versions.len > 0 ? 0 : h->legacy_version;

	while (c.rest.len >= 2) {
		uint16_t version = cursor_u16(&c);

		if (!handshake_is_grease(version) && version > best)
			best = version;
	}
	switch (best) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	}
	return "00";
}

static void
two_digits(char *out, size_t value)
{
	if (value > 99)
		value = 99;
	out[0] = hex_digits[value / 10];
	out[1] = hex_digits[value % 10];
}

static bool
is_alphanumeric(uint8_t c)
{
	return text_is_digit(c) || text_is_alpha(c);
}

/* First and last character of the first protocol, or of its bytes in hexadecimal. */
static void
ja4_alpn(char *out, struct bytes alpn)
{
	uint8_t first, last;

	if (alpn.len == 0) {
		out[0] = out[1] = '0';
		return;
	}
	first = alpn.at[0];
	last = alpn.at[alpn.len - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
		return;
	}
	out[0] = hex_digits[first >> 4];
	out[1] = hex_digits[last & 15];
}

/* Sorted, without server name and ALPN; then the signature algorithms as offered. */
static bool
ja4_extensions(const struct client_hello *h, struct values *v, struct ja4_text *out)
{
	struct writer w = {.out = out->extensions};
	size_t kept = 0;

	for (size_t i = 0; i < v->count; i++)
		if (v->at[i] != EXTENSION_SERVER_NAME && v->at[i] != EXTENSION_ALPN)
			v->at[kept++] = v->at[i];
	v->count = kept;
	values_sort(v);
	write_values(&w, v, ',', write_hex);
	values_of(v, h->signature_algorithms, 2);
	if (v->count > 0)
		write_char(&w, '_');
	write_values(&w, v, ',', write_hex);
	out->extensions_len = w.len;
	return !w.is_full;
}

bool
fingerprint_ja4_text(const struct client_hello *h, struct ja4_text *out)
{
	struct writer w = {.out = out->ciphers};
	struct values v;

	out->head[0] = 't';
	memcpy(out->head + 1, ja4_version(h), 2);
	out->head[3] = h->has_sni ? 'd' : 'i';
	values_of(&v, h->ciphers, 2);
	two_digits(out->head + 4, v.count);
	values_sort(&v);
	write_values(&w, &v, ',', write_hex);
	out->ciphers_len = w.len;
	values_of_extensions(&v, h);
	two_digits(out->head + 6, v.count);
	ja4_alpn(out->head + 8, h->alpn);
	out->head[10] = '\0';
	return ja4_extensions(h, &v, out) && !w.is_full;
}

/* "_" and twelve digits; zeros stand for an empty list. */
static void
ja4_hash(char *out, const char *text, size_t len, void (*sha256)(struct bytes in, uint8_t out[32]))
{
	uint8_t hash[32] = {0};

	if (len > 0)
		sha256((struct bytes){(const uint8_t *)text, len}, hash);
	*out++ = '_';
	for (size_t i = 0; i < HASH_BYTES; i++) {
		*out++ = hex_digits[hash[i] >> 4];
		*out++ = hex_digits[hash[i] & 15];
	}
}

bool
fingerprint_ja4(const struct client_hello *h, void (*sha256)(struct bytes in, uint8_t out[32]),
		char out[JA4_LEN + 1])
{
	struct ja4_text text;

	if (!fingerprint_ja4_text(h, &text))
		return false;
	memcpy(out, text.head, 10);
	ja4_hash(out + 10, text.ciphers, text.ciphers_len, sha256);
	ja4_hash(out + 23, text.extensions, text.extensions_len, sha256);
	out[JA4_LEN] = '\0';
	return true;
}
