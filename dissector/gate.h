/*
 * Is this packet worth reading? One piece of C for the kernel's eBPF machine
 * and for us: it walks the encapsulations that the dissector knows down to the
 * ports, and withholds what carries no TCP, no watched service, or nothing more
 * of interest.
 *
 * It may be wrong one way only. What it does not understand, cannot load, or
 * finds fragmented or nested too deep passes, and the dissector decides; what
 * the dissector would take for a segment of a watched service is withheld only
 * where its flow was marked, and never with SYN, FIN or RST set. A SYN takes its
 * flow's mark away: the same ports begin another connection.
 *
 * It believes no length: padding and lies only make it read what is not there,
 * and then it passes. Two differences from the dissector follow, both harmless:
 * a packet that contradicts itself behind the headers that decide may be
 * withheld instead of being counted as bad, and one may be read whose headers
 * are longer than it says.
 *
 * For the kernel: no loop, no call, no constant data, no structure of its own.
 * Each round reads a header of each layer at most; the rounds are a loop here
 * and tail calls there.
 *
 * Whoever includes this supplies struct gate_packet and the functions that are
 * declared below without a body.
 */
#ifndef DISSECTOR_GATE_H
#define DISSECTOR_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissector/flow_key.h"
#include "dissector/gate_rules.h"
#include "dissector/header.h"

/* The rounds of one packet; what needs more passes. Each label of MPLS and each tag takes one. */
#define GATE_ROUNDS_MAX 16

/* Where the walk stands; fits what the kernel keeps beside a packet between tail calls. */
struct gate_walk {
	uint32_t at;        /* offset of the header that is next */
	uint32_t addresses; /* offset of the innermost source address; the other follows it */
	uint32_t next;      /* enum header, GATE_UNSURE, or what gate_by_type says */
	uint8_t family;     /* of the innermost IP header: 4 or 6, 0 before the first */
	uint8_t rounds;     /* begun */
};

#define GATE_UNSURE 0xff /* in place of a header: leave it to the dissector */

struct gate_packet;

/* Copy len bytes (a constant) from offset at; false where they are not all there. */
static bool gate_load(const struct gate_packet *p, uint32_t at, void *to, uint32_t len);

/* Whether that flow is marked; the packet is counted in its mark then. */
static bool gate_flow_is_settled(const struct gate_packet *p, const struct flow_key *key);

/* Take that flow's mark away. */
static void gate_flow_begins(const struct gate_packet *p, const struct flow_key *key);

/*
 * Leave the walk as it is, but let no verifier know what it is: else it follows
 * each way through one layer through all the ways of the next.
 */
static void gate_blur(const struct gate_packet *p, struct gate_walk *w);

INLINED uint16_t
gate_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

#define GATE_TYPED 0x10000 /* an EtherType is to be looked up */

/* In place of a header: what this EtherType announces. There is one look-up for all, in gate_round.
 */
INLINED uint32_t
gate_by_type(uint16_t type)
{
	return GATE_TYPED + (uint32_t)type;
}

/* ---- Link layers: link.c is the reader of each, and says where it is defined. ---- */

/* Bytes of a header whose last two are a length or an EtherType; 0 for one that is not so. */
INLINED uint32_t
gate_typed_length(uint32_t next)
{
	switch (next) {
	case HEADER_ETHERNET:
		return 14;
	case HEADER_VLAN:
		return 4;
	case HEADER_VNTAG:
		return 6;
	case HEADER_ETAG:
	case HEADER_METADATA:
		return 8;
	default:
		return 0;
	}
}

INLINED uint32_t
gate_typed(const struct gate_packet *p, struct gate_walk *w, uint32_t len)
{
	uint8_t b[2];

	if (w->next == HEADER_METADATA && (!gate_load(p, w->at, b, 2) || b[0] != 1 || b[1] != 1))
		return GATE_UNSURE;
	if (!gate_load(p, w->at + len - 2, b, 2))
		return GATE_UNSURE;
	w->at += len;
	return gate_u16(b) > LENGTH_MAX ? gate_by_type(gate_u16(b)) : HEADER_LLC;
}

INLINED uint32_t
gate_llc(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[8];

	if (!gate_load(p, w->at, b, 3))
		return GATE_UNSURE;
	if (b[0] == 0x06 && b[1] == 0x06 && b[2] == 0x03) {
		w->at += 3;
		return HEADER_IPV4;
	}
	if (b[0] != 0xaa || b[1] != 0xaa || b[2] != 0x03)
		return HEADER_STOP;
	if (!gate_load(p, w->at, b, 8))
		return GATE_UNSURE;
	w->at += 8;
	if (b[3] != 0 || b[4] != 0 || (b[5] != 0 && b[5] != 0xf8))
		return HEADER_STOP;
	return gate_by_type(gate_u16(b + 6));
}

/* What stands below the bottom label, by its first bits. */
INLINED uint32_t
gate_below_labels(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[18];

	if (!gate_load(p, w->at, b, 1))
		return GATE_UNSURE;
	if (b[0] >> 4 == 4)
		return HEADER_IPV4;
	if (b[0] >> 4 == 6)
		return HEADER_IPV6;
	if (!gate_load(p, w->at, b, 18))
		return GATE_UNSURE;
	if (header_of_ethertype(gate_u16(b + 12)) != HEADER_STOP)
		return HEADER_ETHERNET;
	if (b[0] >> 4 != 0 || header_of_ethertype(gate_u16(b + 16)) == HEADER_STOP)
		return HEADER_STOP;
	w->at += 4; /* the control word */
	return HEADER_ETHERNET;
}

INLINED uint32_t
gate_mpls(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[4];

	if (!gate_load(p, w->at, b, 4))
		return GATE_UNSURE;
	w->at += 4;
	return b[2] & 1 ? gate_below_labels(p, w) : HEADER_MPLS;
}

INLINED uint32_t
gate_pppoe(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[2];

	if (!gate_load(p, w->at, b, 2) || b[0] != 0x11)
		return GATE_UNSURE;
	w->at += 6;
	return b[1] == 0 ? HEADER_PPP : HEADER_STOP;
}

/* The protocol number is one byte or two, the address and control bytes before it may be left out.
 */
INLINED uint32_t
gate_ppp(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[2];

	if (!gate_load(p, w->at, b, 2))
		return GATE_UNSURE;
	if (b[0] == 0x0f || b[0] == 0x8f)
		return HEADER_HDLC;
	if (b[0] == 0xff) {
		w->at += 2;
		if (!gate_load(p, w->at, b, 2))
			return GATE_UNSURE;
	}
	w->at += b[0] & 1 ? 1 : 2;
	return header_of_ppp(b[0] & 1 ? b[0] : gate_u16(b));
}

INLINED uint32_t
gate_hdlc(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[2];

	if (!gate_load(p, w->at + 2, b, 2))
		return GATE_UNSURE;
	w->at += 4;
	return gate_by_type(gate_u16(b));
}

INLINED uint32_t
gate_sll(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[16];

	if (!gate_load(p, w->at, b, 16))
		return GATE_UNSURE;
	w->at += 16;
	return header_of_cooked(gate_u16(b + 2), gate_u16(b + 14));
}

INLINED uint32_t
gate_sll2(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[10];

	if (!gate_load(p, w->at, b, 10))
		return GATE_UNSURE;
	w->at += 20;
	return header_of_cooked(gate_u16(b + 8), gate_u16(b));
}

INLINED uint32_t
gate_loopback(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[4];

	if (!gate_load(p, w->at, b, 4))
		return GATE_UNSURE;
	w->at += 4;
	return header_of_family(b);
}

/* One header of a link layer; what is none stays as it is. */
INLINED uint32_t
gate_link(const struct gate_packet *p, struct gate_walk *w)
{
	uint32_t len = gate_typed_length(w->next);

	if (len > 0)
		return gate_typed(p, w, len);
	switch (w->next) {
	case HEADER_FDDI:
		w->at += 13;
		return HEADER_LLC;
	case HEADER_LLC:
		return gate_llc(p, w);
	case HEADER_FABRICPATH:
		w->at += 2;
		return HEADER_ETHERNET;
	case HEADER_MPLS:
		return gate_mpls(p, w);
	case HEADER_PPPOE:
		return gate_pppoe(p, w);
	case HEADER_PPP:
		return gate_ppp(p, w);
	case HEADER_HDLC:
		return gate_hdlc(p, w);
	case HEADER_SLL:
		return gate_sll(p, w);
	case HEADER_SLL2:
		return gate_sll2(p, w);
	case HEADER_LOOPBACK:
		return gate_loopback(p, w);
	case HEADER_NFLOG:
		return GATE_UNSURE; /* a list without a bound, of this host's own packets */
	default:
		return w->next;
	}
}

/* ---- IP: internet.c is the reader. ---- */

INLINED uint32_t
gate_ipv4(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[12];

	if (!gate_load(p, w->at, b, 12) || b[0] >> 4 != 4 || (b[0] & 0x0f) < 5)
		return GATE_UNSURE;
	w->family = 4;
	w->addresses = w->at + 12;
	w->at += (b[0] & 0x0fu) * 4;
	if (gate_u16(b + 6) & 0x3fff)
		return GATE_UNSURE; /* a fragment: there may be no ports in it */
	return header_of_protocol(4, b[9]);
}

INLINED uint32_t
gate_ipv6(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[8];

	if (!gate_load(p, w->at, b, 8) || b[0] >> 4 != 6)
		return GATE_UNSURE;
	w->family = 6;
	w->addresses = w->at + 8;
	w->at += 40;
	return header_of_protocol(6, b[6]);
}

INLINED uint32_t
gate_ip(const struct gate_packet *p, struct gate_walk *w)
{
	uint32_t next = w->next;
	uint8_t first;

	if (next == HEADER_IP) {
		if (!gate_load(p, w->at, &first, 1))
			return GATE_UNSURE;
		next = first >> 4 == 4 ? HEADER_IPV4 : first >> 4 == 6 ? HEADER_IPV6 : HEADER_STOP;
	}
	if (next == HEADER_IPV4)
		return gate_ipv4(p, w);
	if (next == HEADER_IPV6)
		return gate_ipv6(p, w);
	return next;
}

/* One header between IP and what it carries. */
INLINED uint32_t
gate_extension(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[4];

	if (w->next < HEADER_EXTENSION || w->next > HEADER_AUTHENTICATION)
		return w->next;
	if (!gate_load(p, w->at, b, 4))
		return GATE_UNSURE;
	if (w->next == HEADER_FRAGMENT) {
		w->at += 8;
		if (gate_u16(b + 2) & 0xfff9)
			return GATE_UNSURE;
	} else if (w->next == HEADER_AUTHENTICATION) {
		w->at += (b[1] + 2u) * 4;
	} else {
		/* With segments left the destination is elsewhere: too long a look for here. */
		if (w->next == HEADER_ROUTING && b[3] > 0)
			return GATE_UNSURE;
		w->at += (b[1] + 1u) * 8;
	}
	return header_of_protocol(w->family, b[0]);
}

/* ---- Tunnels: tunnel.c is the reader. ---- */

INLINED uint32_t
gate_udp(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[2];

	if (!gate_load(p, w->at + 2, b, 2))
		return GATE_UNSURE;
	w->at += 8;
	return header_of_udp(gate_u16(b));
}

/* Version 1, RFC 2637: a key, which begins with the length, and two numbers that may be there. */
INLINED uint32_t
gate_point_to_point(const struct gate_packet *p, struct gate_walk *w, uint16_t flags, uint16_t type)
{
	uint8_t b[2];

	if (!(flags & GRE_HAS_KEY) || type != ETHERTYPE_PPP || !gate_load(p, w->at + 4, b, 2))
		return GATE_UNSURE;
	w->at += 8 + (flags & GRE_HAS_SEQUENCE ? 4u : 0u) + (flags & GRE_HAS_ACK ? 4u : 0u);
	return gate_u16(b) > 0 ? HEADER_PPP : HEADER_STOP;
}

INLINED uint32_t
gate_gre(const struct gate_packet *p, struct gate_walk *w)
{
	uint16_t flags, type;
	uint8_t b[4];

	if (!gate_load(p, w->at, b, 4))
		return GATE_UNSURE;
	flags = gate_u16(b);
	type = gate_u16(b + 2);
	if ((flags & 7) == 1)
		return gate_point_to_point(p, w, flags, type);
	if ((flags & 7) != 0 || flags & GRE_HAS_ROUTING)
		return HEADER_STOP;
	w->at += 4 + (flags & GRE_HAS_CHECKSUM ? 4u : 0u) + (flags & GRE_HAS_KEY ? 4u : 0u) +
		 (flags & GRE_HAS_SEQUENCE ? 4u : 0u);
	if (type == ETHERTYPE_ERSPAN3)
		return HEADER_ERSPAN3;
	if (type == ETHERTYPE_ERSPAN2)
		return flags & GRE_HAS_SEQUENCE ? HEADER_ERSPAN2 : HEADER_ETHERNET;
	return gate_by_type(type);
}

INLINED uint32_t
gate_vxlan(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[4];

	if (!gate_load(p, w->at, b, 4))
		return GATE_UNSURE;
	w->at += 8;
	if (!(b[0] & 0x08))
		return HEADER_STOP;
	if (w->next == HEADER_VXLAN_GPE && b[0] & 0x04)
		return header_of_gpe(b[3]);
	return HEADER_ETHERNET;
}

INLINED uint32_t
gate_geneve(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[4];

	if (!gate_load(p, w->at, b, 4))
		return GATE_UNSURE;
	w->at += 8 + (b[0] & 0x3fu) * 4;
	return b[0] >> 6 == 0 ? gate_by_type(gate_u16(b + 2)) : HEADER_STOP;
}

/* One extension; a second is more than the field shows, and passes. */
INLINED uint32_t
gate_gtpu_extension(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t len, type;

	if (!gate_load(p, w->at, &len, 1) || len == 0)
		return GATE_UNSURE;
	w->at += len * 4u;
	if (!gate_load(p, w->at - 1, &type, 1) || type != 0)
		return GATE_UNSURE;
	return HEADER_IP;
}

INLINED uint32_t
gate_gtpu(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[2], type;

	if (!gate_load(p, w->at, b, 2))
		return GATE_UNSURE;
	if (b[0] >> 4 != 3 || b[1] != 255)
		return HEADER_STOP;
	if (!(b[0] & 0x07)) {
		w->at += 8;
		return HEADER_IP;
	}
	if (!gate_load(p, w->at + 11, &type, 1))
		return GATE_UNSURE;
	w->at += 12;
	return b[0] & 0x04 && type != 0 ? gate_gtpu_extension(p, w) : HEADER_IP;
}

INLINED uint32_t
gate_erspan2(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t first;

	if (!gate_load(p, w->at, &first, 1))
		return GATE_UNSURE;
	w->at += 8;
	return first >> 4 == 1 ? HEADER_ETHERNET : HEADER_STOP;
}

INLINED uint32_t
gate_erspan3(const struct gate_packet *p, struct gate_walk *w)
{
	uint8_t b[12];

	if (!gate_load(p, w->at, b, 12))
		return GATE_UNSURE;
	w->at += b[11] & 1 ? 20 : 12;
	return b[0] >> 4 == 2 ? header_of_mirrored(b[10] >> 2 & 0x1f) : HEADER_STOP;
}

/* What stands between IP and a tunnel's own header. */
INLINED uint32_t
gate_carrier(const struct gate_packet *p, struct gate_walk *w)
{
	if (w->next == HEADER_UDP)
		return gate_udp(p, w);
	if (w->next == HEADER_GRE)
		return gate_gre(p, w);
	return w->next;
}

INLINED uint32_t
gate_tunnel(const struct gate_packet *p, struct gate_walk *w)
{
	switch (w->next) {
	case HEADER_VXLAN:
	case HEADER_VXLAN_GPE:
		return gate_vxlan(p, w);
	case HEADER_GENEVE:
		return gate_geneve(p, w);
	case HEADER_GTPU:
		return gate_gtpu(p, w);
	case HEADER_ERSPAN2:
		return gate_erspan2(p, w);
	case HEADER_ERSPAN3:
		return gate_erspan3(p, w);
	default:
		return w->next;
	}
}

/* ---- The whole. ---- */

INLINED struct gate_walk
gate_begin(uint32_t first)
{
	return (struct gate_walk){.next = first};
}

/* A header of each layer at most, in the order in which they mostly come. */
INLINED void
gate_round(const struct gate_packet *p, struct gate_walk *w)
{
	w->rounds++;
	w->next = gate_link(p, w);
	gate_blur(p, w);
	if (w->next >= GATE_TYPED)
		w->next = header_of_ethertype((uint16_t)w->next);
	gate_blur(p, w);
	w->next = gate_ip(p, w);
	gate_blur(p, w);
	w->next = gate_extension(p, w);
	gate_blur(p, w);
	w->next = gate_carrier(p, w);
	gate_blur(p, w);
	w->next = gate_tunnel(p, w);
	gate_blur(p, w);
}

/* Whether there is more to read before the verdict. */
INLINED bool
gate_goes_on(const struct gate_walk *w)
{
	return w->next != HEADER_STOP && w->next != HEADER_TCP && w->next != GATE_UNSURE &&
	       w->rounds < GATE_ROUNDS_MAX;
}

INLINED bool
gate_watches(const struct gate_rules *rules, uint16_t port)
{
	uint32_t at = port >> 3;

	/*
	 * Verifiers lose sight of the sixteen bits where a port is turned round, and
	 * compilers drop a bound that they know to hold: hide from them that it does.
	 */
	__asm__ volatile("" : "+r"(at));
	return rules->watched[at & 0x1fff] >> (port & 7) & 1;
}

/* Eight bytes of an address as a number that compares as they do. */
INLINED uint64_t
gate_ordered(uint64_t bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(bytes);
#else
	return bytes;
#endif
}

/* As flow_key_of in flow.h makes it. */
INLINED bool
gate_key(const struct gate_packet *p, const struct gate_walk *w, uint16_t source,
	 uint16_t destination, struct flow_key *key)
{
	uint64_t ends[4] = {0}; /* the source's address, the destination's */
	uint32_t len = w->family == 4 ? 4 : 16;
	bool is_low;

	if (len == 4 ? !gate_load(p, w->addresses, ends, 4) ||
			   !gate_load(p, w->addresses + 4, ends + 2, 4)
		     : !gate_load(p, w->addresses, ends, 32))
		return false;
	if (ends[0] != ends[2])
		is_low = gate_ordered(ends[0]) < gate_ordered(ends[2]);
	else if (ends[1] != ends[3])
		is_low = gate_ordered(ends[1]) < gate_ordered(ends[3]);
	else
		is_low = source <= destination;
	__builtin_memcpy(key->low, is_low ? ends : ends + 2, sizeof(key->low));
	__builtin_memcpy(key->high, is_low ? ends + 2 : ends, sizeof(key->high));
	key->low_port = is_low ? source : destination;
	key->high_port = is_low ? destination : source;
	key->family = w->family;
	key->is_rival = 0;
	return true;
}

/* RFC 9293 section 3.1. */
INLINED enum gate_verdict
gate_segment(const struct gate_packet *p, const struct gate_walk *w, const struct gate_rules *rules)
{
	struct flow_key key;
	uint8_t b[14];

	if (!gate_load(p, w->at, b, 14))
		return GATE_PASS;
	if (!gate_watches(rules, gate_u16(b)) && !gate_watches(rules, gate_u16(b + 2)))
		return GATE_UNWATCHED;
	if (b[13] & (TCP_FIN | TCP_RST) && !(b[13] & TCP_SYN))
		return GATE_PASS;
	if (!gate_key(p, w, gate_u16(b), gate_u16(b + 2), &key))
		return GATE_PASS;
	if (b[13] & TCP_SYN) {
		gate_flow_begins(p, &key);
		return GATE_PASS;
	}
	return gate_flow_is_settled(p, &key) ? GATE_SETTLED : GATE_PASS;
}

/* Of a walk that does not go on. */
INLINED enum gate_verdict
gate_end(const struct gate_packet *p, const struct gate_walk *w, const struct gate_rules *rules)
{
	if (w->next == HEADER_TCP)
		return gate_segment(p, w, rules);
	return w->next == HEADER_STOP ? GATE_OTHER : GATE_PASS;
}

#endif
