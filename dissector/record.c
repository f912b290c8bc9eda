/* TLS records out of a stream; see record.h. */
#include "dissector/record.h"

#define V2_FORM_BIT     0x80 /* of the first byte: a header of two bytes, no padding */
#define V2_CLIENT_HELLO 1
#define V2_SERVER_HELLO 4
#define V2_HELLO_MIN    9 /* bytes: every field empty, RFC 5246 section E.2 */

/* Whether byte may stand at that place of a header. */
static bool
head_fits(size_t place, uint8_t byte)
{
	switch (place) {
	case 0:
		return byte >= RECORD_CHANGE_CIPHER_SPEC && byte <= RECORD_HEARTBEAT;
	case 1:
		return byte == 3;
	case 2:
		return byte <= 4;
	case 3:
		return byte <= RECORD_MAX >> 8;
	}
	return true;
}

enum got
record_head(struct bytes in, struct record *out)
{
	struct cursor c = cursor_over(in);

	for (size_t i = 0; i < in.len && i < RECORD_HEAD_LEN; i++)
		if (!head_fits(i, in.at[i]))
			return GOT_BAD;
	if (in.len < RECORD_HEAD_LEN)
		return GOT_PART;
	out->type = (enum record_type)cursor_u8(&c);
	out->version = cursor_u16(&c);
	out->len = cursor_u16(&c);
	return out->len > RECORD_MAX ? GOT_BAD : GOT_WHOLE;
}

/* The version that follows the type: 2 of old, or 3.x where more than SSL 2 is spoken. */
static bool
v2_version_fits(uint16_t version)
{
	return version == 0x0002 || (version >= 0x0300 && version <= 0x0304);
}

enum got
record_head_v2(struct bytes in, struct record *out)
{
	struct cursor c = cursor_over(in);
	uint16_t len = cursor_u16(&c) & 0x7fff;
	uint8_t type = cursor_u8(&c);

	if (in.len > 0 && !(in.at[0] & V2_FORM_BIT))
		return GOT_BAD;
	if (in.len >= 2 && (len < V2_HELLO_MIN || len > RECORD_V2_MAX))
		return GOT_BAD;
	if (in.len >= 3 && type != V2_CLIENT_HELLO && type != V2_SERVER_HELLO)
		return GOT_BAD;
	if (in.len < RECORD_HEAD_LEN)
		return GOT_PART;
	/* A server's hello has two flags before its version. */
	if (!v2_version_fits(type == V2_CLIENT_HELLO ? cursor_u16(&c) : 0x0002))
		return GOT_BAD;
	*out = (struct record){.type = RECORD_V2_HELLO, .len = len};
	return GOT_WHOLE;
}

/* The header in r->head: the SSL 2 form may stand at the beginning of a stream only. */
static enum got
reader_head(struct record_reader *r)
{
	struct bytes head = {r->head, r->head_len};
	enum got got = record_head(head, &r->record);

	if (got == GOT_BAD && !r->is_begun)
		got = record_head_v2(head, &r->record);
	return got;
}

/* Open the record whose header is whole. Of the SSL 2 form three bytes were read already. */
static void
reader_open(struct record_reader *r, struct record_part *out)
{
	size_t early = r->record.type == RECORD_V2_HELLO ? RECORD_HEAD_LEN - 2 : 0;

	r->is_begun = r->is_inside = true;
	r->head_len = 0;
	r->left = (uint32_t)(r->record.len - early);
	out->begins = true;
	out->fragment = (struct bytes){r->head + RECORD_HEAD_LEN - early, early};
}

/* Bytes that went into the record: whether they were its last. */
static void
reader_count(struct record_reader *r, size_t len, struct record_part *out)
{
	r->left -= (uint32_t)len;
	out->ends = r->left == 0;
	if (out->ends)
		r->is_inside = false;
}

enum record_sign
record_read(struct record_reader *r, struct bytes *in, struct record_part *out)
{
	*out = (struct record_part){0};
	if (r->is_inside) {
		if (in->len == 0)
			return RECORD_SPENT;
		out->fragment = bytes_first(*in, r->left);
		*in = bytes_after(*in, out->fragment.len);
		reader_count(r, out->fragment.len, out);
		return RECORD_PART;
	}
	while (in->len > 0) {
		r->head[r->head_len++] = in->at[0];
		*in = bytes_after(*in, 1);
		switch (reader_head(r)) {
		case GOT_PART:
			break;
		case GOT_BAD:
			return RECORD_STRAY;
		case GOT_WHOLE:
			reader_open(r, out);
			reader_count(r, 0, out);
			return RECORD_PART;
		}
	}
	return RECORD_SPENT;
}

bool
record_gap(struct record_reader *r, uint64_t len, struct record_part *out)
{
	*out = (struct record_part){0};
	if (!r->is_inside || len > r->left)
		return false;
	reader_count(r, (size_t)len, out);
	return true;
}
