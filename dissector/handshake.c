/*
 * Handshake messages; see handshake.h.
 *
 * Extensions that are broken inside are passed over one by one, for the hello
 * around them still stands: a middle box that mangles one does not hide the
 * rest. A hello whose own vectors do not fit is none.
 */
#include "dissector/handshake.h"

#include <string.h>

#define RANDOM_LEN       32
#define SESSION_ID_MAX   32 /* RFC 8446 section 4.1.2 */
#define NAME_TYPE_HOST   0  /* RFC 6066 section 3 */
#define V2_CHALLENGE_MAX 32 /* RFC 5246 section E.2 */

/* SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3. */
static const uint8_t retry_random[RANDOM_LEN] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

bool
handshake_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

bool
extension_next(struct cursor *list, uint16_t *type, struct bytes *body)
{
	*type = cursor_u16(list);
	*body = cursor_vector16(list).rest;
	return !list->is_short;
}

/* The inside of a cursor's vector where it fits, else nothing. */
static struct bytes
inside(struct cursor vector)
{
	static const struct bytes nothing;

	return vector.is_short ? nothing : vector.rest;
}

/* The first host name of a server_name extension. */
static struct bytes
server_name(struct bytes body)
{
	struct cursor c = cursor_over(body), names = cursor_vector16(&c);

	while (!names.is_short && names.rest.len > 0) {
		uint8_t type = cursor_u8(&names);
		struct bytes name = inside(cursor_vector16(&names));

		if (type == NAME_TYPE_HOST && !names.is_short)
			return name;
	}
	return (struct bytes){0};
}

/* The first protocol of an ALPN extension, RFC 7301 section 3.1. */
static struct bytes
first_protocol(struct bytes body)
{
	struct cursor c = cursor_over(body), list = cursor_vector16(&c);

	return inside(cursor_vector8(&list));
}

static struct bytes
list8(struct bytes body)
{
	struct cursor c = cursor_over(body);

	return inside(cursor_vector8(&c));
}

static struct bytes
list16(struct bytes body)
{
	struct cursor c = cursor_over(body);

	return inside(cursor_vector16(&c));
}

static void
client_extension(struct client_hello *h, uint16_t type, struct bytes body)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		h->has_sni = true;
		h->sni = server_name(body);
		break;
	case EXTENSION_GROUPS:
		h->groups = list16(body);
		break;
	case EXTENSION_POINT_FORMATS:
		h->point_formats = list8(body);
		break;
	case EXTENSION_SIGNATURE_ALGORITHMS:
		h->signature_algorithms = list16(body);
		break;
	case EXTENSION_ALPN:
		h->alpn = first_protocol(body);
		break;
	case EXTENSION_EARLY_DATA:
		h->has_early_data = true;
		break;
	case EXTENSION_SUPPORTED_VERSIONS:
		h->versions = list8(body);
		break;
	}
}

/*
 * The block of extensions at the end of a hello. Before TLS 1.3 there may be
 * none at all, RFC 5246 section 7.4.1.2. False where the block does not end
 * with the message.
 */
static bool
extension_block(struct cursor *c, struct bytes *out)
{
	*out = (struct bytes){0};
	if (c->is_short || c->rest.len == 0)
		return !c->is_short;
	*out = cursor_vector16(c).rest;
	return cursor_is_spent(c);
}

bool
handshake_client_hello(struct bytes body, struct client_hello *out)
{
	struct cursor c = cursor_over(body), list;
	struct bytes session_id, extension;
	uint16_t type;

	*out = (struct client_hello){.legacy_version = cursor_u16(&c)};
	cursor_take(&c, RANDOM_LEN);
	session_id = cursor_vector8(&c).rest;
	out->ciphers = cursor_vector16(&c).rest;
	cursor_vector8(&c); /* compression methods */
	if (!extension_block(&c, &out->extensions))
		return false;
	if (out->legacy_version >> 8 != 3 || session_id.len > SESSION_ID_MAX ||
	    out->ciphers.len < 2 || out->ciphers.len % 2 != 0)
		return false;
	list = cursor_over(out->extensions);
	while (extension_next(&list, &type, &extension))
		client_extension(out, type, extension);
	return true;
}

/* Drafts 18 to 28 of TLS 1.3 are still met in old captures. */
static uint16_t
named_version(uint16_t version)
{
	return version >> 8 == 0x7f ? 0x0304 : version;
}

static void
server_extension(struct server_hello *h, uint16_t type, struct bytes body)
{
	struct cursor c = cursor_over(body);
	uint16_t version;

	switch (type) {
	case EXTENSION_ALPN:
		h->alpn = first_protocol(body);
		break;
	case EXTENSION_PRE_SHARED_KEY:
		h->has_psk = true;
		break;
	case EXTENSION_SUPPORTED_VERSIONS:
		version = cursor_u16(&c);
		if (cursor_is_spent(&c))
			h->version = named_version(version);
		break;
	}
}

/* RFC 8446 section 4.1.3. */
static enum sentinel
sentinel_of(struct bytes random)
{
	struct bytes tail = bytes_after(random, RANDOM_LEN - 8);

	if (bytes_equal(tail, BYTES("DOWNGRD\x01")))
		return SENTINEL_TLS12;
	if (bytes_equal(tail, BYTES("DOWNGRD\x00")))
		return SENTINEL_TLS11;
	return SENTINEL_NONE;
}

bool
handshake_server_hello(struct bytes body, struct server_hello *out)
{
	struct cursor c = cursor_over(body), list;
	struct bytes random, session_id, block, extension;
	uint16_t type;

	*out = (struct server_hello){.version = cursor_u16(&c)};
	random = cursor_take(&c, RANDOM_LEN);
	session_id = cursor_vector8(&c).rest;
	out->cipher = cursor_u16(&c);
	cursor_u8(&c); /* compression method */
	if (!extension_block(&c, &block) || random.at == NULL)
		return false;
	if (out->version >> 8 != 3 || session_id.len > SESSION_ID_MAX)
		return false;
	out->is_retry = memcmp(random.at, retry_random, RANDOM_LEN) == 0;
	out->sentinel = sentinel_of(random);
	list = cursor_over(block);
	while (extension_next(&list, &type, &extension))
		server_extension(out, type, extension);
	return true;
}

bool
handshake_v2_hello(struct bytes body, struct v2_hello *out)
{
	struct cursor c = cursor_over(body);
	uint16_t ciphers_len, session_id_len, challenge_len;
	uint8_t type = cursor_u8(&c);

	out->version = cursor_u16(&c);
	ciphers_len = cursor_u16(&c);
	session_id_len = cursor_u16(&c);
	challenge_len = cursor_u16(&c);
	out->ciphers = cursor_take(&c, ciphers_len);
	cursor_take(&c, session_id_len);
	cursor_take(&c, challenge_len);
	return type == 1 && cursor_is_spent(&c) && ciphers_len > 0 && ciphers_len % 3 == 0 &&
	       session_id_len <= SESSION_ID_MAX && challenge_len <= V2_CHALLENGE_MAX;
}

size_t
handshake_certificates(struct bytes body, struct bytes *out, size_t cap)
{
	struct cursor c = cursor_over(body), list = cursor_vector24(&c);
	size_t count = 0;

	if (!cursor_is_spent(&c))
		return 0;
	while (list.rest.len > 0 && count < cap) {
		struct bytes der = cursor_vector24(&list).rest;

		if (list.is_short)
			return 0;
		out[count++] = der;
	}
	return count;
}

uint16_t
handshake_offered_version(const struct client_hello *h)
{
	struct cursor c = cursor_over(h->versions);
	uint16_t best = 0;

	/* Without the list a server takes no more than TLS 1.2, RFC 8446 section 4.2.1. */
	if (h->versions.len == 0)
		return h->legacy_version < 0x0303 ? h->legacy_version : 0x0303;
	while (c.rest.len >= 2) {
		uint16_t version = named_version(cursor_u16(&c));

		if (version >= 0x0300 && version <= 0x0304 && version > best)
			best = version;
	}
	return best;
}

bool
handshake_is_fallback(const struct client_hello *h)
{
	struct cursor c = cursor_over(h->ciphers);

	while (c.rest.len >= 2)
		if (cursor_u16(&c) == CIPHER_FALLBACK_SCSV)
			return true;
	return false;
}
