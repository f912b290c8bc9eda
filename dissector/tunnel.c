/*
 * Tunnels to what they carry: GRE (RFC 2784, 2890; version 1 RFC 2637), ERSPAN
 * (draft-foschiano-erspan), VXLAN (RFC 7348) and its generic extension, GENEVE
 * (RFC 8926), GTP-U (3GPP TS 29.281).
 *
 * Surprise: a tunnel in UDP is known by its destination port alone, whatever
 * else may use that port; what its header contradicts is no TCP.
 */
#include "dissector/tunnel.h"

enum header
tunnel_udp(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8);

	if (!at)
		return HEADER_STOP;
	w->got = PACKET_OTHER;
	return header_of_udp(walk_u16(at + 2));
}

/* ERSPAN is told in place of the GRE that carries it. Type I has no header and no sequence. */
static enum header
mirrored(struct walk *w, uint16_t flags, uint16_t type)
{
	if (type == ETHERTYPE_ERSPAN3)
		return HEADER_ERSPAN3;
	if (flags & GRE_HAS_SEQUENCE)
		return HEADER_ERSPAN2;
	walk_wrap(w, WRAP_ERSPAN, 0);
	return HEADER_ETHERNET;
}

/* RFC 2637 section 4.1: the key's place holds the payload's length and the call. */
static enum header
point_to_point(struct walk *w, uint16_t flags, uint16_t type)
{
	const uint8_t *at = walk_take(w, 4);

	if (!at)
		return HEADER_STOP;
	if (!(flags & GRE_HAS_KEY) || type != ETHERTYPE_PPP)
		return walk_stop(w, PACKET_BAD);
	walk_wrap(w, WRAP_GRE, walk_u16(at + 2));
	if (!walk_take(w, (flags & GRE_HAS_SEQUENCE ? 4u : 0u) + (flags & GRE_HAS_ACK ? 4u : 0u)))
		return HEADER_STOP;
	walk_limit(w, walk_u16(at));
	/* An acknowledgement alone carries nothing. */
	return w->sent > 0 ? HEADER_PPP : walk_stop(w, PACKET_OTHER);
}

/* RFC 2784 section 2.1 with the fields of RFC 2890 section 2. */
enum header
tunnel_gre(struct walk *w)
{
	const uint8_t *at = walk_take(w, 4);
	uint16_t flags, type;
	uint32_t key = 0;

	if (!at)
		return HEADER_STOP;
	flags = walk_u16(at);
	type = walk_u16(at + 2);
	if ((flags & 7) == 1)
		return point_to_point(w, flags, type);
	if ((flags & 7) != 0 || flags & GRE_HAS_ROUTING)
		return walk_stop(w, PACKET_OTHER); /* source routes, RFC 1701, are long gone */
	if (flags & GRE_HAS_CHECKSUM && !walk_take(w, 4))
		return HEADER_STOP;
	if (flags & GRE_HAS_KEY) {
		at = walk_take(w, 4);
		if (!at)
			return HEADER_STOP;
		key = walk_u32(at);
	}
	if (flags & GRE_HAS_SEQUENCE && !walk_take(w, 4))
		return HEADER_STOP;
	if (type == ETHERTYPE_ERSPAN2 || type == ETHERTYPE_ERSPAN3)
		return mirrored(w, flags, type);
	walk_wrap(w, WRAP_GRE, key);
	w->got = PACKET_OTHER;
	return header_of_ethertype(type);
}

enum header
tunnel_erspan2(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8);

	if (!at)
		return HEADER_STOP;
	if (at[0] >> 4 != 1)
		return walk_stop(w, PACKET_OTHER);
	walk_wrap(w, WRAP_ERSPAN, walk_u16(at + 2) & 0x03ff);
	return HEADER_ETHERNET;
}

/* Twelve bytes, and eight more where the lowest bit says so. */
enum header
tunnel_erspan3(struct walk *w)
{
	const uint8_t *at = walk_take(w, 12);

	if (!at)
		return HEADER_STOP;
	if (at[0] >> 4 != 2)
		return walk_stop(w, PACKET_OTHER);
	walk_wrap(w, WRAP_ERSPAN, walk_u16(at + 2) & 0x03ff);
	if (at[11] & 1 && !walk_take(w, 8))
		return HEADER_STOP;
	w->got = PACKET_OTHER;
	return header_of_mirrored(at[10] >> 2 & 0x1f);
}

/* RFC 7348 section 5: reserved fields are ignored, as receivers must. */
enum header
tunnel_vxlan(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8);

	if (!at)
		return HEADER_STOP;
	if (!(at[0] & 0x08))
		return walk_stop(w, PACKET_OTHER);
	walk_wrap(w, WRAP_VXLAN, walk_u24(at + 4));
	return HEADER_ETHERNET;
}

/* draft-ietf-nvo3-vxlan-gpe section 3: where the P bit is set a byte says what follows. */
enum header
tunnel_vxlan_gpe(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 8);

	if (!at || !(at[0] & 0x04))
		return tunnel_vxlan(w);
	if (!walk_take(w, 8) || !(at[0] & 0x08))
		return walk_stop(w, PACKET_OTHER);
	walk_wrap(w, WRAP_VXLAN, walk_u24(at + 4));
	w->got = PACKET_OTHER;
	return header_of_gpe(at[3]);
}

/* RFC 8926 section 3.4; options are passed over. */
enum header
tunnel_geneve(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8);

	if (!at)
		return HEADER_STOP;
	if (at[0] >> 6 != 0)
		return walk_stop(w, PACKET_OTHER);
	if (!walk_take(w, (at[0] & 0x3f) * (size_t)4))
		return HEADER_STOP;
	walk_wrap(w, WRAP_GENEVE, walk_u24(at + 4));
	w->got = PACKET_OTHER;
	return header_of_ethertype(walk_u16(at + 2));
}

/* TS 29.281 section 5.2: each begins with its length in fours and ends with the next one's type. */
static bool
pass_extensions(struct walk *w, uint8_t type)
{
	const uint8_t *at;

	for (int i = 0; type != 0; i++) {
		at = walk_peek(w, 1);
		if (!at || i == GTPU_EXTENSIONS_MAX || at[0] == 0) {
			w->got = at ? PACKET_BAD : w->got;
			return false;
		}
		if (!walk_take(w, at[0] * (size_t)4))
			return false;
		type = at[at[0] * 4 - 1];
	}
	return true;
}

/* TS 29.281 section 5.1. */
enum header
tunnel_gtpu(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8), *optional;

	if (!at)
		return HEADER_STOP;
	if (at[0] >> 4 != 3 || at[1] != 255) /* version 1, no charging; user data */
		return walk_stop(w, PACKET_OTHER);
	walk_limit(w, walk_u16(at + 2));
	walk_wrap(w, WRAP_GTPU, walk_u32(at + 4));
	if (at[0] & 0x07) {
		optional = walk_take(w, 4);
		if (!optional)
			return HEADER_STOP;
		if (at[0] & 0x04 && !pass_extensions(w, optional[3]))
			return HEADER_STOP;
	}
	return HEADER_IP;
}
