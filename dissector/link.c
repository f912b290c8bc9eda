/*
 * Link layers to the network layer: IEEE 802.3, 802.1Q, 802.1ad, 802.1BR,
 * RFC 3032 (MPLS), RFC 2516 (PPPoE), RFC 1661 (PPP), and the headers that
 * libpcap's link types describe.
 *
 * Surprise: MPLS does not say what it carries, so its payload is known by its
 * first four bits, as routers do it (RFC 4928 section 3).
 */
#include "dissector/link.h"

#include <string.h>

/* What comes next; the walk learns that where nothing does, it is no TCP. */
static enum header
announced(struct walk *w, enum header next)
{
	w->got = PACKET_OTHER;
	return next;
}

/* The field behind two addresses or a tag: a length up to 1500, else a type, IEEE 802.3. */
static enum header
length_or_type(struct walk *w, uint16_t value)
{
	if (value > LENGTH_MAX)
		return announced(w, header_of_ethertype(value));
	walk_limit(w, value);
	return HEADER_LLC;
}

enum header
link_ethernet(struct walk *w)
{
	const uint8_t *at = walk_take(w, 14);

	return at ? length_or_type(w, walk_u16(at + 12)) : HEADER_STOP;
}

/* RFC 1390: frame control and two addresses; frames of other kinds fail at LLC. */
enum header
link_fddi(struct walk *w)
{
	return walk_take(w, 13) ? HEADER_LLC : HEADER_STOP;
}

/* IEEE 802.2 with the SNAP extension, RFC 1042. */
enum header
link_llc(struct walk *w)
{
	const uint8_t *at = walk_take(w, 3);

	if (!at)
		return HEADER_STOP;
	if (at[0] == 0x06 && at[1] == 0x06 && at[2] == 0x03)
		return HEADER_IPV4; /* IP's own access point, RFC 948 */
	if (at[0] != 0xaa || at[1] != 0xaa || at[2] != 0x03)
		return walk_stop(w, PACKET_OTHER);
	at = walk_take(w, 5);
	if (!at)
		return HEADER_STOP;
	/* 0000f8 is the bridge tunnel of 802.1H: an EtherType follows there too. */
	if (walk_u24(at) != 0 && walk_u24(at) != 0x0000f8)
		return walk_stop(w, PACKET_OTHER);
	return announced(w, header_of_ethertype(walk_u16(at + 3)));
}

enum header
link_vlan(struct walk *w)
{
	const uint8_t *at = walk_take(w, 4);

	if (!at)
		return HEADER_STOP;
	walk_wrap(w, WRAP_VLAN, walk_u16(at) & 0x0fff);
	return length_or_type(w, walk_u16(at + 2));
}

/* IEEE 802.1BR: six bytes of tag, then a length or type. */
enum header
link_etag(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8);

	if (!at)
		return HEADER_STOP;
	walk_wrap(w, WRAP_OTHER, 0);
	return length_or_type(w, walk_u16(at + 6));
}

/* Cisco's VN-Tag: four bytes of tag, then a length or type. */
enum header
link_vntag(struct walk *w)
{
	const uint8_t *at = walk_take(w, 6);

	if (!at)
		return HEADER_STOP;
	walk_wrap(w, WRAP_OTHER, 0);
	return length_or_type(w, walk_u16(at + 4));
}

/* Cisco MetaData: version, length, one option with a security group tag, then a type. */
enum header
link_metadata(struct walk *w)
{
	const uint8_t *at = walk_take(w, 8);

	if (!at)
		return HEADER_STOP;
	if (at[0] != 1 || at[1] != 1)
		return walk_stop(w,
				 PACKET_OTHER); /* longer than the one that is seen in the field */
	walk_wrap(w, WRAP_OTHER, 0);
	return length_or_type(w, walk_u16(at + 6));
}

/* Cisco's FabricPath: two bytes of tree and hop count, then the frame as it came. */
enum header
link_fabricpath(struct walk *w)
{
	if (!walk_take(w, 2))
		return HEADER_STOP;
	walk_wrap(w, WRAP_OTHER, 0);
	return HEADER_ETHERNET;
}

/* Whether these fourteen bytes are an Ethernet header that leads on to IP. */
static bool
ethernet_follows(const uint8_t *at)
{
	return header_of_ethertype(walk_u16(at + 12)) != HEADER_STOP;
}

static enum header
below_labels(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 1);

	if (!at)
		return HEADER_STOP;
	if (at[0] >> 4 == 4)
		return HEADER_IPV4;
	if (at[0] >> 4 == 6)
		return HEADER_IPV6;
	if (!walk_peek(w, 18))
		return HEADER_STOP;
	/*
	 * Ethernet, with a control word in front or without. The word's four
	 * zero bits (RFC 4385 section 3) stand before most addresses too, so the
	 * frame without one is tried first: a tagged frame fits both.
	 */
	if (!ethernet_follows(at)) {
		if (at[0] >> 4 != 0 || !ethernet_follows(at + 4))
			return walk_stop(w, PACKET_OTHER);
		(void)walk_take(w, 4);
	}
	return HEADER_ETHERNET;
}

/*
 * The whole stack. Told is the bottom label; an entropy label and its indicator
 * (RFC 6790 section 3) are passed over, since it differs from flow to flow.
 */
enum header
link_mpls(struct walk *w)
{
	uint32_t told = 0, label = 0, before;
	const uint8_t *at;

	for (int i = 0; i < MPLS_LABELS_MAX; i++) {
		at = walk_take(w, 4);
		if (!at)
			return HEADER_STOP;
		before = label;
		label = walk_u24(at) >> 4;
		if (label != 7 && before != 7)
			told = label;
		if (at[2] & 1) {
			walk_wrap(w, WRAP_MPLS, told);
			return below_labels(w);
		}
	}
	return walk_stop(w, PACKET_DEEP);
}

/* RFC 2516 section 4. */
enum header
link_pppoe(struct walk *w)
{
	const uint8_t *at = walk_take(w, 6);

	if (!at)
		return HEADER_STOP;
	if (at[0] != 0x11)
		return walk_stop(w, PACKET_BAD);
	if (at[1] != 0)
		return walk_stop(w, PACKET_OTHER); /* discovery */
	walk_wrap(w, WRAP_PPPOE, walk_u16(at + 2));
	walk_limit(w, walk_u16(at + 4));
	return HEADER_PPP;
}

/*
 * RFC 1661 section 2, with the address and control bytes of RFC 1662 section
 * 3.1 or without; a protocol number may be shortened to its low byte, which is
 * odd (RFC 1661 section 6.5). A serial line may speak Cisco's HDLC instead: its
 * first byte is no PPP protocol.
 */
enum header
link_ppp(struct walk *w)
{
	const uint8_t *at = walk_peek(w, 1);
	uint16_t protocol;

	if (!at)
		return HEADER_STOP;
	if (at[0] == 0x0f || at[0] == 0x8f)
		return HEADER_HDLC;
	if (at[0] == 0xff) {
		if (!walk_take(w, 2) || !(at = walk_peek(w, 1)))
			return HEADER_STOP;
	}
	protocol = at[0];
	at = walk_take(w, at[0] & 1 ? 1 : 2);
	if (!at)
		return HEADER_STOP;
	if (!(protocol & 1))
		protocol = walk_u16(at);
	return announced(w, header_of_ppp(protocol));
}

/* Cisco's HDLC: address, control, EtherType. */
enum header
link_hdlc(struct walk *w)
{
	const uint8_t *at = walk_take(w, 4);

	return at ? announced(w, header_of_ethertype(walk_u16(at + 2))) : HEADER_STOP;
}

static enum header
cooked(struct walk *w, uint16_t hardware, uint16_t protocol)
{
	return announced(w, header_of_cooked(hardware, protocol));
}

enum header
link_sll(struct walk *w)
{
	const uint8_t *at = walk_take(w, 16);

	return at ? cooked(w, walk_u16(at + 2), walk_u16(at + 14)) : HEADER_STOP;
}

enum header
link_sll2(struct walk *w)
{
	const uint8_t *at = walk_take(w, 20);

	return at ? cooked(w, walk_u16(at + 8), walk_u16(at)) : HEADER_STOP;
}

enum header
link_loopback(struct walk *w)
{
	const uint8_t *at = walk_take(w, 4);

	return at ? announced(w, header_of_family(at)) : HEADER_STOP;
}

/*
 * A header of four bytes, then fields of length, type and value, each filled up
 * to four bytes. Lengths and types are in this host's order: libpcap turns
 * those of foreign files round.
 */
enum header
link_nflog(struct walk *w)
{
	const uint8_t *at = walk_take(w, 4);
	uint16_t field[2];

	if (!at)
		return HEADER_STOP;
	for (int i = 0; i < NFLOG_FIELDS_MAX && w->sent > 0; i++) {
		at = walk_take(w, sizeof(field));
		if (!at)
			return HEADER_STOP;
		memcpy(field, at, sizeof(field));
		if (field[0] < sizeof(field))
			return walk_stop(w, PACKET_BAD);
		field[0] = (uint16_t)(field[0] - sizeof(field));
		if ((field[1] & 0x7fff) == 9) { /* NFULA_PAYLOAD */
			walk_limit(w, field[0]);
			return HEADER_IP;
		}
		if (!walk_take(w, (field[0] + 3u) & ~3u))
			return HEADER_STOP;
	}
	return walk_stop(w, PACKET_OTHER);
}
