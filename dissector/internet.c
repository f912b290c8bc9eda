/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200) down to what they carry.
 *
 * Surprises: a length of zero is what a sender that leaves segmentation to its
 * card shows to a capture, so the length on the wire stands in for it. A
 * datagram put together from fragments goes on under an IP header that is
 * rebuilt here, in front of its payload.
 */
#include "dissector/internet.h"
#include "dissector/fragment.h"

#include <string.h>

/* What a protocol number or next header announces. */
static enum header
announced(struct walk *w, uint8_t protocol)
{
	if (protocol == PROTOCOL_IPV4 || protocol == PROTOCOL_IPV6)
		walk_wrap(w, WRAP_IPIP, 0);
	w->got = PACKET_OTHER;
	return header_of_protocol(w->out->source.family, protocol);
}

static void
set_address(struct address *a, uint8_t family, const uint8_t *at)
{
	size_t len = family == 4 ? 4 : 16;

	a->family = family;
	memcpy(a->b, at, len);
	memset(a->b + len, 0, sizeof(a->b) - len);
}

/* Now that no header before this one counts any more, the packet begins here. */
static void
begin_again(struct walk *w, const struct datagram *whole, size_t header_len)
{
	w->rest = whole->payload;
	w->sent = whole->payload.len;
	w->begin = whole->payload.at - header_len;
	w->out->is_reassembled = true;
	w->out->linktype = LINKTYPE_RAW;
	w->out->ttl = whole->ttl;
}

static void
put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* An IPv4 header without options, RFC 791 section 3.1. */
static void
rebuild_v4(const struct packet *p, const struct datagram *whole)
{
	uint8_t *at = whole->headroom + FRAGMENT_HEADROOM - 20;
	uint32_t sum = 0;

	memset(at, 0, 20);
	at[0] = 0x45;
	put_u16(at + 2, whole->payload.len + 20);
	put_u16(at + 4, p->ip_id);
	at[8] = whole->ttl;
	at[9] = whole->protocol;
	memcpy(at + 12, p->source.b, 4);
	memcpy(at + 16, p->destination.b, 4);
	for (size_t i = 0; i < 20; i += 2)
		sum += walk_u16(at + i);
	sum = (sum & 0xffff) + (sum >> 16);
	put_u16(at + 10, (uint16_t) ~(sum + (sum >> 16)));
}

/* An IPv6 header without extensions, RFC 8200 section 3. */
static void
rebuild_v6(const struct packet *p, const struct datagram *whole)
{
	uint8_t *at = whole->headroom + FRAGMENT_HEADROOM - 40;

	memset(at, 0, 8);
	at[0] = 0x60;
	put_u16(at + 4, whole->payload.len);
	at[6] = whole->protocol;
	at[7] = whole->ttl;
	memcpy(at + 8, p->source.b, 16);
	memcpy(at + 24, p->destination.b, 16);
}

/* A piece whose payload is all that is left of the walk: hold it, or go on with its datagram. */
static enum header
join(struct walk *w, struct fragment *piece)
{
	struct packet *p = w->out;
	struct datagram whole;

	if (!w->fragments)
		return walk_stop(w, PACKET_OTHER);
	if (w->rest.len < w->sent)
		return walk_stop(w, PACKET_CUT);
	piece->time = p->time;
	piece->source = p->source;
	piece->destination = p->destination;
	piece->ttl = p->ttl;
	piece->payload = w->rest;
	if (!fragments_add(w->fragments, piece, &whole))
		return walk_stop(w, PACKET_HELD);
	if (p->source.family == 4)
		rebuild_v4(p, &whole);
	else
		rebuild_v6(p, &whole);
	begin_again(w, &whole, p->source.family == 4 ? 20 : 40);
	return announced(w, whole.protocol);
}

/* at is the IPv4 header; the walk stands behind it. */
static enum header
join_v4(struct walk *w, const uint8_t *at)
{
	struct fragment piece = {
	    .id = walk_u16(at + 4),
	    .offset = (walk_u16(at + 6) & 0x1fffu) * 8,
	    .more = walk_u16(at + 6) & 0x2000,
	    .protocol = at[9],
	};

	/* The whole must fit the total length field, RFC 791 section 3.1. */
	if (piece.offset + w->sent > FRAGMENT_BYTES_MAX - 20)
		return walk_stop(w, PACKET_BAD);
	return join(w, &piece);
}

enum header
internet_v4(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 20);
	struct packet *p = w->out;
	size_t header_len, total;

	if (!at)
		return HEADER_STOP;
	header_len = (at[0] & 0x0f) * (size_t)4;
	total = walk_u16(at + 2);
	if (total == 0)
		total = w->sent; /* segmentation offload */
	if (at[0] >> 4 != 4 || header_len < 20 || total < header_len)
		return walk_stop(w, PACKET_BAD);
	walk_set_length(w, total);
	if (!walk_take(w, header_len))
		return HEADER_STOP;
	set_address(&p->source, 4, at + 12);
	set_address(&p->destination, 4, at + 16);
	p->ttl = at[8];
	p->ip_id = walk_u16(at + 4);
	if (walk_u16(at + 6) & 0x3fff) /* an offset, or more to come */
		return join_v4(w, at);
	return announced(w, at[9]);
}

enum header
internet_v6(struct walk *w)
{
	const uint8_t *at = walk_take(w, 40);
	struct packet *p = w->out;

	if (!at)
		return HEADER_STOP;
	if (at[0] >> 4 != 6)
		return walk_stop(w, PACKET_BAD);
	/* Zero: a jumbogram (RFC 2675 section 3) or segmentation offload; all that was sent. */
	if (walk_u16(at + 4) != 0)
		walk_set_length(w, walk_u16(at + 4));
	set_address(&p->source, 6, at + 8);
	set_address(&p->destination, 6, at + 24);
	p->ttl = at[7];
	p->ip_id = 0;
	return announced(w, at[6]);
}

enum header
internet_any(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 1);

	if (!at)
		return HEADER_STOP;
	if (at[0] >> 4 == 4)
		return internet_v4(w);
	if (at[0] >> 4 == 6)
		return internet_v6(w);
	return walk_stop(w, PACKET_OTHER);
}

/* Those of the common form, RFC 6564 section 4: next header, length in eights less one. */
enum header
internet_extension(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 2);

	if (!at || !walk_take(w, (at[1] + (size_t)1) * 8))
		return HEADER_STOP;
	return announced(w, at[0]);
}

/*
 * While segments are left the destination of the header before is only the next
 * stop: the last one is who answers, and whom the checksum covers (RFC 8200
 * section 8.1).
 */
enum header
internet_routing(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 2);
	size_t len;

	if (!at)
		return HEADER_STOP;
	len = (at[1] + (size_t)1) * 8;
	if (!walk_take(w, len))
		return HEADER_STOP;
	if (at[3] > 0 && len >= 24) {
		if (at[2] == 4) /* the list runs backwards, RFC 8754 section 2 */
			set_address(&w->out->destination, 6, at + 8);
		else if (at[2] == 0 || at[2] == 2) /* RFC 2460 section 4.4, RFC 6275 section 6.4 */
			set_address(&w->out->destination, 6, at + len - 16);
	}
	return announced(w, at[0]);
}

/* RFC 8200 section 4.5. One that is whole by itself goes on at once, RFC 6946 section 4. */
enum header
internet_fragment(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8);
	struct fragment piece = {0};

	if (!at)
		return HEADER_STOP;
	w->out->ip_id = walk_u16(at + 6);
	if ((walk_u16(at + 2) & 0xfff9) == 0)
		return announced(w, at[0]);
	piece.id = walk_u32(at + 4);
	piece.offset = walk_u16(at + 2) & 0xfff8;
	piece.more = at[3] & 1;
	piece.protocol = at[0];
	if (piece.offset + w->sent > FRAGMENT_BYTES_MAX)
		return walk_stop(w, PACKET_BAD);
	return join(w, &piece);
}

/* RFC 4302 section 2.2: the length counts fours, less two; what follows is in clear. */
enum header
internet_authentication(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 2);

	if (!at || !walk_take(w, (at[1] + (size_t)2) * 4))
		return HEADER_STOP;
	return announced(w, at[0]);
}
