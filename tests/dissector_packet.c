/*
 * packet: every encapsulation down to its segment, every place where a capture
 * may cut it, and what contradicts itself.
 *
 * Packets are built from recipes, outermost header first, by builders that put
 * one header before what is there already. Each is read from a block of exactly
 * its size, so that one byte too far is seen by the address sanitizer.
 */
#include "dissector/fragment.h"
#include "dissector/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WIRE_MAX     2048
#define LAYERS_MAX   64
#define TCP_LEN      32 /* with the options that put_tcp writes */
#define PAYLOAD_TEXT "EHLO out.example.org\r\n!"

struct wire { /* grows towards its front */
	uint8_t b[WIRE_MAX];
	size_t begin;
	int addresses; /* IP headers so far: the innermost has the documented addresses */
};

struct layer {
	const char *name;
	void (*put)(struct wire *w, const struct layer *inner);
	uint16_t ethertype;
	uint8_t protocol;
	uint16_t ppp;
};

static const uint8_t client4[4] = {192, 0, 2, 7}, server4[4] = {198, 51, 100, 25};
static const uint8_t client6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};
static const uint8_t server6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x25};
static const uint8_t tunnel4[4] = {203, 0, 113, 1};
static const uint8_t tunnel6[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff, [15] = 1};

static size_t
length(const struct wire *w)
{
	return WIRE_MAX - w->begin;
}

static uint8_t *
front(struct wire *w)
{
	return w->b + w->begin;
}

static void
put(struct wire *w, const void *bytes, size_t len)
{
	assert_true(len <= w->begin);
	w->begin -= len;
	memcpy(w->b + w->begin, bytes, len);
}

static void
set16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Header bytes as a string constant. */
#define PUT(w, literal) put(w, literal, sizeof(literal) - 1)

/* RFC 1071 section 1, byte by byte as the text has it. */
static uint32_t
add_bytes(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	return sum;
}

static uint16_t
carry(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
put_tcp(struct wire *w, const struct layer *inner)
{
	static const uint8_t header[TCP_LEN] = {
	    0x9c, 0xb0, 0x00, 0x19, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
	    0x88, 0x80, 0x18, 0x01, 0xf5, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01,
	    0x08, 0x0a, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x00, 0x00, 0x01,
	};

	(void)inner;
	PUT(w, PAYLOAD_TEXT);
	put(w, header, sizeof(header));
}

/* The sum of RFC 9293 section 3.1, once the addresses are known. */
static void
fill_checksum(struct wire *w, const uint8_t *a, const uint8_t *b, size_t len)
{
	uint32_t sum = 6 + (uint32_t)length(w);

	sum = add_bytes(sum, a, len);
	sum = add_bytes(sum, b, len);
	sum = add_bytes(sum, front(w), length(w));
	set16(front(w) + 16, (uint16_t)~carry(sum));
}

static void
put_ipv4(struct wire *w, const struct layer *inner)
{
	uint8_t h[20] = {0x45, 0, 0, 0, 0xab, 0xcd, 0x40, 0, 57, inner->protocol};

	if (inner->put == put_tcp)
		fill_checksum(w, client4, server4, 4);
	memcpy(h + 12, w->addresses == 0 ? client4 : tunnel4, 4);
	memcpy(h + 16, w->addresses == 0 ? server4 : tunnel4, 4);
	set16(h + 2, length(w) + sizeof(h));
	put(w, h, sizeof(h));
	w->addresses++;
}

/* With eight bytes of options: router alert (RFC 2113 section 2.1), no operation, end. */
static void
put_ipv4_options(struct wire *w, const struct layer *inner)
{
	static const uint8_t options[8] = {0x94, 4, 0, 0, 1, 1, 1, 0};
	uint8_t *h;

	put_ipv4(w, inner);
	w->begin -= sizeof(options);
	h = front(w);
	memmove(h, h + sizeof(options), 20);
	memcpy(h + 20, options, sizeof(options));
	h[0] = 0x47;
	set16(h + 2, length(w));
}

/* Total length 0, as a card that segments leaves it. */
static void
put_ipv4_big(struct wire *w, const struct layer *inner)
{
	put_ipv4(w, inner);
	set16(front(w) + 2, 0);
}

static void
put_ipv6(struct wire *w, const struct layer *inner)
{
	uint8_t h[40] = {0x60, 0, 0, 0, 0, 0, inner->protocol, 57};

	if (inner->put == put_tcp)
		fill_checksum(w, client6, server6, 16);
	memcpy(h + 8, w->addresses == 0 ? client6 : tunnel6, 16);
	memcpy(h + 24, w->addresses == 0 ? server6 : tunnel6, 16);
	set16(h + 4, length(w));
	put(w, h, sizeof(h));
	w->addresses++;
}

static void
put_ipv6_big(struct wire *w, const struct layer *inner)
{
	put_ipv6(w, inner);
	set16(front(w) + 4, 0);
}

/* Extension headers: the next one's number, a length, and enough behind it. */
static void
put_extension(struct wire *w, const struct layer *inner, const char *bytes, size_t len)
{
	if (inner->put == put_tcp)
		fill_checksum(w, client6, server6, 16);
	put(w, bytes, len);
	front(w)[0] = inner->protocol;
}

#define EXTENSION(name, literal)                                       \
	static void name(struct wire *w, const struct layer *inner)    \
	{                                                              \
		put_extension(w, inner, literal, sizeof(literal) - 1); \
	}

EXTENSION(put_options8, "?\x00\x01\x04\x00\x00\x00\x00")
EXTENSION(put_options16, "?\x01\x01\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
EXTENSION(put_jumbo, "?\x00\xc2\x04\x00\x01\x00\x00")
EXTENSION(put_atomic, "?\x00\x00\x00\x00\x01\xab\xcd")
EXTENSION(put_routed, "?\x02\x00\x00\x00\x00\x00\x00................")

/* RFC 4302 section 2: twelve bytes and a check value of twelve. */
static void
put_ah(struct wire *w, const struct layer *inner)
{
	static const uint8_t h[24] = {0, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1};

	if (inner->put == put_tcp)
		fill_checksum(w, client6, server6, 16);
	put(w, h, sizeof(h));
	front(w)[0] = inner->protocol;
}

static void
put_ah4(struct wire *w, const struct layer *inner)
{
	put_ah(w, inner);
	if (inner->put == put_tcp) {
		set16(front(w) + 24 + 16, 0);
		w->begin += 24;
		fill_checksum(w, client4, server4, 4);
		w->begin -= 24;
	}
}

static void
put_ethernet(struct wire *w, const struct layer *inner)
{
	uint8_t h[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};

	set16(h + 12, inner->ethertype ? inner->ethertype : length(w));
	put(w, h, sizeof(h));
}

static void
put_snap(struct wire *w, const struct layer *inner)
{
	uint8_t h[8] = {0xaa, 0xaa, 3};

	set16(h + 6, inner->ethertype);
	put(w, h, sizeof(h));
}

static void
put_llc_ip(struct wire *w, const struct layer *inner)
{
	(void)inner;
	PUT(w, "\x06\x06\x03");
}

/* A shim of the kind that ends in the type of what follows. */
static void
put_tag(struct wire *w, const struct layer *inner, const char *bytes, size_t len)
{
	put(w, bytes, len);
	set16(front(w) + len - 2, inner->ethertype ? inner->ethertype : length(w) - len);
}

#define TAG(name, literal)                                          \
	static void name(struct wire *w, const struct layer *inner) \
	{                                                           \
		put_tag(w, inner, literal, sizeof(literal) - 1);    \
	}

TAG(put_vlan12, "\x60\x0c??")
TAG(put_vlan4095, "\x0f\xff??")
TAG(put_etag, "\x00\x00\x10\x01\x00\x00??")
TAG(put_vntag, "\x80\x00\x00\x01??")
TAG(put_metadata, "\x01\x01\x00\x01\x00\x05??")
TAG(put_sll, "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00??")
TAG(put_netlink, "\x00\x04\x03\x38\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00??")
TAG(put_hdlc, "\x0f\x00??")
TAG(put_gre, "\x00\x00??")

#define PLAIN(name, literal)                                        \
	static void name(struct wire *w, const struct layer *inner) \
	{                                                           \
		(void)inner;                                        \
		PUT(w, literal);                                    \
	}

/* Label 1000, bottom of the stack; label 17, not the bottom; indicator and entropy label. */
PLAIN(put_mpls_bottom, "\x00\x3e\x81\x40")
PLAIN(put_mpls_upper, "\x00\x01\x10\x40")
PLAIN(put_mpls_entropy, "\x00\x00\x70\x40\x9f\x3a\x21\x00")
PLAIN(put_mpls_not_bottom, "\x00\x3e\x80\x40")
PLAIN(put_fddi, "\x50\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02")
PLAIN(put_fabricpath, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x89\x03\x04\x60")
PLAIN(put_control_word, "\x00\x00\x00\x05")

static void
put_sll2(struct wire *w, const struct layer *inner)
{
	PUT(w, "??\x00\x00\x00\x00\x00\x02\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00");
	set16(front(w), inner->ethertype);
}

static void
put_null_little(struct wire *w, const struct layer *inner)
{
	put(w, inner->protocol == 4 ? "\x02\x00\x00\x00" : "\x1e\x00\x00\x00", 4);
}

static void
put_null_big(struct wire *w, const struct layer *inner)
{
	put(w, inner->protocol == 4 ? "\x00\x00\x00\x02" : "\x00\x00\x00\x18", 4);
}

static void
put_ppp(struct wire *w, const struct layer *inner)
{
	PUT(w, "\xff\x03??");
	set16(front(w) + 2, inner->ppp);
}

/* The protocol's low byte alone, address and control left out. */
static void
put_ppp_short(struct wire *w, const struct layer *inner)
{
	w->begin--;
	*front(w) = (uint8_t)inner->ppp;
}

static void
put_pppoe(struct wire *w, const struct layer *inner)
{
	uint8_t h[8] = {0x11, 0, 0x12, 0x34};

	set16(h + 4, length(w) + 2);
	set16(h + 6, inner->ppp);
	put(w, h, sizeof(h));
}

/* One field that is passed over, five bytes filled up to eight, then the payload's. */
static void
put_nflog(struct wire *w, const struct layer *inner)
{
	uint8_t h[16] = {2, 0, 0, 0};
	uint16_t field[6] = {5, 10, 0, 0, (uint16_t)(length(w) + 4), 9};

	(void)inner;
	memcpy(h + 4, field, sizeof(field));
	put(w, h, sizeof(h));
}

static void
put_gre_full(struct wire *w, const struct layer *inner)
{
	PUT(w, "\xb0\x00??\x00\x00\x00\x00\x00\x00\x00\x2a\x00\x00\x00\x01");
	set16(front(w) + 2, inner->ethertype);
}

/* RFC 2637 section 4.1 with sequence and acknowledgement. */
static void
put_pptp(struct wire *w, const struct layer *inner)
{
	size_t len = length(w);

	(void)inner;
	PUT(w, "\x30\x81\x88\x0b??\x00\x07\x00\x00\x00\x01\x00\x00\x00\x02");
	set16(front(w) + 4, len);
}

PLAIN(put_erspan1, "\x00\x00\x88\xbe")
PLAIN(put_erspan2, "\x10\x00\x88\xbe\x00\x00\x00\x01\x10\x0c\x00\x64\x00\x00\x00\x01")
PLAIN(put_erspan3,
      "\x10\x00\x22\xeb\x00\x00\x00\x01\x20\x0c\x00\x64\x00\x00\x00\x01\x00\x00\x00\x00")
PLAIN(put_erspan3_ip,
      "\x10\x00\x22\xeb\x00\x00\x00\x01\x20\x0c\x03\xff\x00\x00\x00\x01\x00\x00\x08\x01"
      "\x14\x00\x00\x00\x00\x00\x00\x00")

static void
put_udp(struct wire *w, const char *bytes, size_t len, uint16_t port)
{
	uint8_t h[8] = {0xc0, 0x00};

	put(w, bytes, len);
	set16(h + 2, port);
	set16(h + 4, length(w) + sizeof(h));
	put(w, h, sizeof(h));
}

#define IN_UDP(name, port, literal)                                 \
	static void name(struct wire *w, const struct layer *inner) \
	{                                                           \
		(void)inner;                                        \
		put_udp(w, literal, sizeof(literal) - 1, port);     \
	}

IN_UDP(put_vxlan, 4789, "\x08\x00\x00\x00\x00\x00\x2a\x00")
IN_UDP(put_vxlan_linux, 8472, "\x08\xff\xff\xff\x00\x00\x2b\xff")
IN_UDP(put_gpe, 4790, "\x0c\x00\x00\x01\x00\x00\x2a\x00")
IN_UDP(put_gpe_plain, 4790, "\x08\x00\x00\x00\x00\x00\x2a\x00")

static void
put_geneve(struct wire *w, const struct layer *inner)
{
	uint8_t h[16] = {0x02, 0x40, 0, 0, 0x12, 0x34, 0x56, 0, 0x01, 0x02, 0x80, 0x01};

	set16(h + 2, inner->ethertype);
	put_udp(w, (const char *)h, sizeof(h), 6081);
}

static void
put_gtpu(struct wire *w, const struct layer *inner)
{
	uint8_t h[8] = {0x30, 0xff, 0, 0, 0xca, 0xfe, 0xba, 0xbe};

	(void)inner;
	set16(h + 2, length(w));
	put_udp(w, (const char *)h, sizeof(h), 2152);
}

/* A sequence number, then a PDU session container of four bytes and one extension of eight. */
static void
put_gtpu_extended(struct wire *w, const struct layer *inner)
{
	uint8_t h[24] = {0x36, 0xff, 0, 0, 0, 0, 0, 1, 0, 9, 0, 0x85, 1, 0, 0, 0x40, 2, [23] = 0};

	(void)inner;
	set16(h + 2, length(w) + sizeof(h) - 8);
	put_udp(w, (const char *)h, sizeof(h), 2152);
}

static const struct layer layers[] = {
    {"tcp", put_tcp, 0, 6, 0},
    {"ipv4", put_ipv4, 0x0800, 4, 0x0021},
    {"ipv4-options", put_ipv4_options, 0x0800, 4, 0x0021},
    {"ipv4-big", put_ipv4_big, 0x0800, 4, 0x0021},
    {"ipv6", put_ipv6, 0x86dd, 41, 0x0057},
    {"ipv6-big", put_ipv6_big, 0x86dd, 41, 0x0057},
    {"hop-by-hop", put_options8, 0, 0, 0},
    {"jumbo", put_jumbo, 0, 0, 0},
    {"destination", put_options16, 0, 60, 0},
    {"mobility", put_options8, 0, 135, 0},
    {"hip", put_options8, 0, 139, 0},
    {"shim6", put_options8, 0, 140, 0},
    {"routing", put_routed, 0, 43, 0},
    {"atomic", put_atomic, 0, 44, 0},
    {"ah", put_ah, 0, 51, 0},
    {"ah4", put_ah4, 0, 51, 0},
    {"ethernet", put_ethernet, 0x6558, 0, 0},
    {"fddi", put_fddi, 0, 0, 0},
    {"fabricpath", put_fabricpath, 0, 0, 0},
    {"snap", put_snap, 0, 0, 0},
    {"llc-ip", put_llc_ip, 0, 0, 0},
    {"q12", put_vlan12, 0x8100, 0, 0},
    {"ad12", put_vlan12, 0x88a8, 0, 0},
    {"qinq4095", put_vlan4095, 0x9100, 0, 0},
    {"e-tag", put_etag, 0x893f, 0, 0},
    {"vn-tag", put_vntag, 0x8926, 0, 0},
    {"metadata", put_metadata, 0x8909, 0, 0},
    {"label", put_mpls_bottom, 0x8847, 137, 0x0281},
    {"multicast-label", put_mpls_bottom, 0x8848, 0, 0x0283},
    {"upper-label", put_mpls_upper, 0x8847, 137, 0x0281},
    {"not-bottom", put_mpls_not_bottom, 0x8847, 137, 0x0281},
    {"entropy", put_mpls_entropy, 0x8847, 137, 0x0281},
    {"control-word", put_control_word, 0, 0, 0},
    {"pppoe", put_pppoe, 0x8864, 0, 0},
    {"ppp", put_ppp, 0x880b, 0, 0},
    {"short-ppp", put_ppp_short, 0x880b, 0, 0},
    {"hdlc", put_hdlc, 0, 0, 0},
    {"sll", put_sll, 0, 0, 0},
    {"netlink", put_netlink, 0, 0, 0},
    {"sll2", put_sll2, 0, 0, 0},
    {"null-little", put_null_little, 0, 0, 0},
    {"null-big", put_null_big, 0, 0, 0},
    {"nflog", put_nflog, 0, 0, 0},
    {"gre", put_gre, 0, 47, 0},
    {"gre-full", put_gre_full, 0, 47, 0},
    {"pptp", put_pptp, 0, 47, 0},
    {"erspan1", put_erspan1, 0, 47, 0},
    {"erspan2", put_erspan2, 0, 47, 0},
    {"erspan3", put_erspan3, 0, 47, 0},
    {"erspan3-ip", put_erspan3_ip, 0, 47, 0},
    {"vxlan", put_vxlan, 0, 17, 0},
    {"vxlan-linux", put_vxlan_linux, 0, 17, 0},
    {"gpe", put_gpe, 0, 17, 0},
    {"gpe-plain", put_gpe_plain, 0, 17, 0},
    {"geneve", put_geneve, 0, 17, 0},
    {"gtpu", put_gtpu, 0, 17, 0},
    {"gtpu-extended", put_gtpu_extended, 0, 17, 0},
};

static const struct layer *
layer_named(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		if (strlen(layers[i].name) == len && memcmp(layers[i].name, name, len) == 0)
			return &layers[i];
	}
	fail_msg("no layer %.*s", (int)len, name);
	return NULL;
}

/* Build a packet from the names of its headers, outermost first. */
static void
build(struct wire *w, const char *recipe)
{
	const struct layer *stack[LAYERS_MAX], *inner = NULL;
	size_t count = 0, len;

	w->begin = WIRE_MAX;
	w->addresses = 0;
	for (const char *at = recipe; *at; at += len + (at[len] == ' ')) {
		len = strcspn(at, " ");
		assert_true(count < LAYERS_MAX);
		stack[count++] = layer_named(at, len);
	}
	while (count > 0) {
		stack[--count]->put(w, inner);
		inner = stack[count];
	}
}

/* Read the first len bytes from a block of just that size; *block is the caller's to free. */
static enum packet_got
read_first(struct wire *w, size_t len, uint32_t linktype, struct packet *p, uint8_t **block)
{
	struct captured in = {.time = 1, .linktype = linktype, .wire_len = (uint32_t)length(w)};

	*block = malloc(len > 0 ? len : 1);
	memcpy(*block, front(w), len);
	in.bytes = (struct bytes){*block, len};
	memset(p, 0xa5, sizeof(*p));
	return packet_read(&in, NULL, p);
}

static enum packet_got
read_whole(struct wire *w, uint32_t linktype)
{
	struct packet p;
	uint8_t *block;
	enum packet_got got = read_first(w, length(w), linktype, &p, &block);

	free(block);
	return got;
}

static const struct {
	uint32_t linktype;
	const char *recipe;
	const char *encap;
} encapsulations[] = {
    {1, "ethernet ipv4 tcp", ""},
    {1, "ethernet ipv6 tcp", ""},
    {1, "ethernet ipv4-options tcp", ""},
    {1, "ethernet ipv4-big tcp", ""},
    {1, "ethernet ipv6-big tcp", ""},
    {1, "ethernet ipv6-big jumbo tcp", ""},
    {1, "ethernet q12 ipv4 tcp", "vlan:12"},
    {1, "ethernet ad12 q12 ipv6 tcp", "vlan:12/vlan:12"},
    {1, "ethernet qinq4095 q12 ipv4 tcp", "vlan:4095/vlan:12"},
    {1, "ethernet snap ipv4 tcp", ""},
    {1, "ethernet q12 snap ipv6 tcp", "vlan:12"},
    {1, "ethernet llc-ip ipv4 tcp", ""},
    {1, "ethernet e-tag ipv4 tcp", "other"},
    {1, "ethernet e-tag q12 ipv4 tcp", "other/vlan:12"},
    {1, "ethernet vn-tag ipv4 tcp", "other"},
    {1, "ethernet metadata ipv4 tcp", "other"},
    {1, "fabricpath ethernet q12 ipv4 tcp", "other/vlan:12"},
    {10, "fddi snap ipv4 tcp", ""},
    {1, "ethernet label ipv4 tcp", "mpls:1000"},
    {1, "ethernet multicast-label ipv6 tcp", "mpls:1000"},
    {1, "ethernet upper-label upper-label label ipv4 tcp", "mpls:1000"},
    {1, "ethernet upper-label not-bottom entropy ipv4 tcp", "mpls:1000"},
    {1, "ethernet label control-word ethernet ipv4 tcp", "mpls:1000"},
    {1, "ethernet label ethernet q12 ipv4 tcp", "mpls:1000/vlan:12"},
    {1, "ethernet label control-word ethernet q12 ipv4 tcp", "mpls:1000/vlan:12"},
    {1, "ethernet q12 label ipv4 tcp", "vlan:12/mpls:1000"},
    {1, "ethernet pppoe ipv4 tcp", "pppoe:4660"},
    {1, "ethernet pppoe ipv6 tcp", "pppoe:4660"},
    {1, "ethernet qinq4095 q12 pppoe ipv4 tcp", "vlan:4095/vlan:12/pppoe:4660"},
    {1, "ethernet pppoe label ipv4 tcp", "pppoe:4660/mpls:1000"},
    {0, "null-little ipv4 tcp", ""},
    {0, "null-little ipv6 tcp", ""},
    {0, "null-big ipv4 tcp", ""},
    {108, "null-big ipv6 tcp", ""},
    {9, "ppp ipv4 tcp", ""},
    {50, "ppp ipv6 tcp", ""},
    {50, "hdlc ipv4 tcp", ""},
    {9, "short-ppp ipv4 tcp", ""},
    {51, "pppoe ipv4 tcp", "pppoe:4660"},
    {104, "hdlc ipv4 tcp", ""},
    {104, "hdlc label ipv6 tcp", "mpls:1000"},
    {101, "ipv4 tcp", ""},
    {101, "ipv6 tcp", ""},
    {12, "ipv4 tcp", ""},
    {14, "ipv6 tcp", ""},
    {228, "ipv4 tcp", ""},
    {229, "ipv6 tcp", ""},
    {113, "sll ipv4 tcp", ""},
    {113, "sll q12 ipv6 tcp", "vlan:12"},
    {276, "sll2 ipv4 tcp", ""},
    {276, "sll2 ipv6 tcp", ""},
    {239, "nflog ipv4 tcp", ""},
    {239, "nflog ipv6 tcp", ""},
    {1, "ethernet ipv4 ipv4 tcp", "ipip"},
    {1, "ethernet ipv4 ipv6 tcp", "ipip"},
    {1, "ethernet ipv6 ipv4 tcp", "ipip"},
    {1, "ethernet ipv6 ipv6 tcp", "ipip"},
    {1, "ethernet ipv4 label ipv4 tcp", "mpls:1000"},
    {1, "ethernet ipv4 gre ipv4 tcp", "gre"},
    {1, "ethernet ipv6 gre ipv6 tcp", "gre"},
    {1, "ethernet ipv4 gre-full ipv4 tcp", "gre:42"},
    {1, "ethernet ipv4 gre-full ethernet q12 ipv4 tcp", "gre:42/vlan:12"},
    {1, "ethernet ipv4 gre label ipv4 tcp", "gre/mpls:1000"},
    {1, "ethernet ipv4 gre ppp ipv4 tcp", "gre"},
    {1, "ethernet ipv4 pptp ppp ipv4 tcp", "gre:7"},
    {1, "ethernet ipv4 erspan1 ethernet ipv4 tcp", "erspan:0"},
    {1, "ethernet ipv4 erspan2 ethernet q12 ipv4 tcp", "erspan:100/vlan:12"},
    {1, "ethernet ipv4 erspan3 ethernet ipv6 tcp", "erspan:100"},
    {1, "ethernet ipv4 erspan3-ip ipv4 tcp", "erspan:1023"},
    {1, "ethernet ipv4 vxlan ethernet ipv4 tcp", "vxlan:42"},
    {1, "ethernet ipv6 vxlan-linux ethernet ipv6 tcp", "vxlan:43"},
    {1, "ethernet ipv4 gpe ipv4 tcp", "vxlan:42"},
    {1, "ethernet ipv4 gpe-plain ethernet ipv4 tcp", "vxlan:42"},
    {1, "ethernet ipv4 geneve ethernet ipv4 tcp", "geneve:1193046"},
    {1, "ethernet ipv6 geneve ipv6 tcp", "geneve:1193046"},
    {1, "ethernet ipv4 vxlan ethernet ipv4-big tcp", "vxlan:42"},
    {1, "ethernet ipv4 gtpu ipv4 tcp", "gtpu:3405691582"},
    {1, "ethernet ipv6 gtpu-extended ipv6 tcp", "gtpu:1"},
    {1, "ethernet q12 ipv4 vxlan ethernet ad12 ipv4 gre-full ipv6 ipv4 tcp",
     "vlan:12/vxlan:42/vlan:12/gre:42/ipip"},
    {1, "ethernet q12 q12 q12 q12 q12 q12 q12 q12 qinq4095 ipv4 tcp",
     "vlan:12/vlan:12/vlan:12/vlan:12/vlan:12/vlan:12/vlan:12/vlan:12"},
    {1, "ethernet ipv6 hop-by-hop tcp", ""},
    {1, "ethernet ipv6 hop-by-hop destination routing destination tcp", ""},
    {1, "ethernet ipv6 mobility hip shim6 tcp", ""},
    {1, "ethernet ipv6 atomic tcp", ""},
    {1, "ethernet ipv6 hop-by-hop atomic destination tcp", ""},
    {1, "ethernet ipv6 ah tcp", ""},
    {1, "ethernet ipv4 ah4 tcp", ""},
    {1, "ethernet ipv4 ah4 ipv6 hop-by-hop tcp", "ipip"},
};
#define ENCAPSULATIONS (sizeof(encapsulations) / sizeof(encapsulations[0]))

static bool
is_v6(const struct packet *p)
{
	return p->source.family == 6;
}

static void
check_segment(const struct packet *p, const uint8_t *block, size_t headers_len, uint32_t linktype)
{
	struct address client = {.family = p->source.family}, server = client;

	memcpy(client.b, is_v6(p) ? client6 : client4, is_v6(p) ? 16 : 4);
	memcpy(server.b, is_v6(p) ? server6 : server4, is_v6(p) ? 16 : 4);
	assert_true(address_equal(&p->source, &client));
	assert_true(address_equal(&p->destination, &server));
	assert_int_equal(p->source_port, 40112);
	assert_int_equal(p->destination_port, 25);
	assert_int_equal(p->seq, 0x11223344);
	assert_int_equal(p->ack, 0x55667788);
	assert_int_equal(p->flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->window, 501);
	assert_int_equal(p->ttl, 57);
	assert_true(p->has_timestamp);
	assert_int_equal(p->timestamp, 0xdeadbeef);
	assert_false(p->is_reassembled);
	assert_int_equal(p->linktype, linktype);
	assert_int_equal(p->tcp_len, TCP_LEN + sizeof(PAYLOAD_TEXT) - 1);
	assert_ptr_equal(p->headers.at, block);
	assert_int_equal(p->headers.len, headers_len);
	assert_ptr_equal(p->tcp.at, block + headers_len - TCP_LEN);
}

static void
every_encapsulation_leads_to_its_segment(void **state)
{
	char text[ENCAP_TEXT_MAX];
	struct packet p;
	struct wire w;
	uint8_t *block;

	(void)state;
	for (size_t i = 0; i < ENCAPSULATIONS; i++) {
		print_message("  %s\n", encapsulations[i].recipe);
		build(&w, encapsulations[i].recipe);
		assert_int_equal(read_first(&w, length(&w), encapsulations[i].linktype, &p, &block),
				 PACKET_TCP);
		check_segment(&p, block, length(&w) - sizeof(PAYLOAD_TEXT) + 1,
			      encapsulations[i].linktype);
		assert_true(bytes_equal(p.payload, BYTES(PAYLOAD_TEXT)));
		assert_int_equal(p.payload_cut, 0);
		assert_int_equal(packet_checksum(&p), CHECKSUM_RIGHT);
		assert_int_equal(encap_text(&p.encap, text, sizeof(text)),
				 strlen(encapsulations[i].encap));
		assert_string_equal(text, encapsulations[i].encap);
		free(block);
	}
}

static void
every_cut_is_known_as_such(void **state)
{
	struct packet p;
	struct wire w;
	uint8_t *block;
	size_t headers;
	enum packet_got got;

	(void)state;
	for (size_t i = 0; i < ENCAPSULATIONS; i++) {
		build(&w, encapsulations[i].recipe);
		headers = length(&w) - sizeof(PAYLOAD_TEXT) + 1;
		for (size_t n = 0; n < length(&w); n++) {
			got = read_first(&w, n, encapsulations[i].linktype, &p, &block);
			if (got != (n < headers ? PACKET_CUT : PACKET_TCP))
				fail_msg("%s cut to %zu: %d", encapsulations[i].recipe, n, got);
			if (got == PACKET_TCP) {
				check_segment(&p, block, headers, encapsulations[i].linktype);
				assert_int_equal(p.payload.len, n - headers);
				assert_int_equal(p.payload_cut, length(&w) - n);
				assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
			}
			free(block);
		}
	}
}

/* Sixty bytes without the checksum are the least that Ethernet sends. */
static void
padding_behind_the_datagram_is_no_payload(void **state)
{
	static const char *const recipes[] = {
	    "ethernet ipv4 tcp",       "ethernet ipv6 tcp",
	    "ethernet snap ipv4 tcp",  "ethernet q12 ipv4 tcp",
	    "ethernet pppoe ipv4 tcp", "ethernet ipv4 vxlan ethernet ipv6 tcp",
	};
	struct packet p;
	struct wire w;
	uint8_t *block;

	(void)state;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		print_message("  %s\n", recipes[i]);
		build(&w, recipes[i]);
		w.begin -= 18;
		memmove(front(&w), front(&w) + 18, length(&w) - 18);
		assert_int_equal(read_first(&w, length(&w), 1, &p, &block), PACKET_TCP);
		assert_true(bytes_equal(p.payload, BYTES(PAYLOAD_TEXT)));
		assert_int_equal(p.payload_cut, 0);
		assert_int_equal(packet_checksum(&p), CHECKSUM_RIGHT);
		free(block);
	}
}

/* The datagram says 1000 bytes more than ever came by: a cut, whatever the record claims. */
static void
what_the_datagram_has_and_the_record_lacks_is_cut(void **state)
{
	struct packet p;
	struct wire w;
	uint8_t *block;

	(void)state;
	build(&w, "ethernet ipv4 tcp");
	set16(front(&w) + 16, length(&w) - 14 + 1000);
	assert_int_equal(read_first(&w, length(&w), 1, &p, &block), PACKET_TCP);
	assert_int_equal(p.payload.len, sizeof(PAYLOAD_TEXT) - 1);
	assert_int_equal(p.payload_cut, 1000);
	free(block);
}

static void
tagged(char *recipe, size_t cap, size_t tags)
{
	size_t len = 0;

	len += (size_t)snprintf(recipe, cap, "ethernet");
	for (size_t i = 0; i < tags; i++)
		len += (size_t)snprintf(recipe + len, cap - len, " q12");
	snprintf(recipe + len, cap - len, " ipv4 tcp");
}

static void
more_headers_than_the_limit_are_deep(void **state)
{
	char recipe[400];
	struct wire w;

	(void)state;
	tagged(recipe, sizeof(recipe), PACKET_DEPTH_MAX - 2);
	build(&w, recipe);
	assert_int_equal(read_whole(&w, 1), PACKET_TCP);
	tagged(recipe, sizeof(recipe), PACKET_DEPTH_MAX - 1);
	build(&w, recipe);
	assert_int_equal(read_whole(&w, 1), PACKET_DEEP);
}

static void
a_stack_of_labels_without_a_bottom_is_deep(void **state)
{
	struct wire w;

	(void)state;
	build(&w, "ethernet upper-label upper-label upper-label upper-label upper-label "
		  "upper-label upper-label upper-label upper-label upper-label upper-label "
		  "upper-label upper-label upper-label upper-label upper-label label ipv4 tcp");
	assert_int_equal(read_whole(&w, 1), PACKET_DEEP);
}

/* Where a recipe's byte at an offset is replaced, what comes of it. */
static void
a_changed_byte_changes_what_is_read(void **state)
{
	static const struct {
		const char *name, *recipe;
		uint32_t linktype;
		size_t at;
		uint8_t value;
		enum packet_got got;
	} rows[] = {
	    {"ARP", "ethernet ipv4 tcp", 1, 13, 0x06, PACKET_OTHER},
	    {"XNS", "ethernet ipv4 tcp", 1, 12, 0x06, PACKET_OTHER},
	    {"LLC of a bridge", "ethernet snap ipv4 tcp", 1, 14, 0x42, PACKET_OTHER},
	    {"SNAP of a vendor", "ethernet snap ipv4 tcp", 1, 19, 0x0c, PACKET_OTHER},
	    {"PPPoE version", "ethernet pppoe ipv4 tcp", 1, 14, 0x21, PACKET_BAD},
	    {"PPPoE discovery", "ethernet pppoe ipv4 tcp", 1, 15, 0x09, PACKET_OTHER},
	    {"PPP control", "ethernet pppoe ipv4 tcp", 1, 20, 0xc0, PACKET_OTHER},
	    {"unknown family", "null-little ipv4 tcp", 0, 0, 0x07, PACKET_OTHER},
	    {"no family", "null-little ipv4 tcp", 0, 2, 0x07, PACKET_OTHER},
	    {"netlink", "netlink ipv4 tcp", 113, 0, 0x00, PACKET_OTHER},
	    {"no protocol", "sll ipv4 tcp", 113, 14, 0x00, PACKET_OTHER},
	    {"NFLOG field too short", "nflog ipv4 tcp", 239, 4, 0x03, PACKET_BAD},
	    {"long metadata", "ethernet metadata ipv4 tcp", 1, 15, 0x02, PACKET_OTHER},
	    {"IP version", "ethernet ipv4 tcp", 1, 14, 0x55, PACKET_BAD},
	    {"IPv6 version", "ethernet ipv6 tcp", 1, 14, 0x50, PACKET_BAD},
	    {"raw, no version", "ipv4 tcp", 101, 0, 0x15, PACKET_OTHER},
	    {"IPv4 header of 16", "ethernet ipv4 tcp", 1, 14, 0x44, PACKET_BAD},
	    {"IPv4 length below its header", "ethernet ipv4 tcp", 1, 17, 19, PACKET_BAD},
	    {"IPv4 length below TCP's", "ethernet ipv4 tcp", 1, 17, 39, PACKET_BAD},
	    {"IPv4 length below the options", "ethernet ipv4 tcp", 1, 17, 51, PACKET_BAD},
	    {"ICMP", "ethernet ipv4 tcp", 1, 23, 1, PACKET_OTHER},
	    {"ESP", "ethernet ipv4 tcp", 1, 23, 50, PACKET_OTHER},
	    {"no extension headers in IPv4", "ethernet ipv4 tcp", 1, 23, 0, PACKET_OTHER},
	    {"ESP in IPv6", "ethernet ipv6 tcp", 1, 20, 50, PACKET_OTHER},
	    {"no next header", "ethernet ipv6 tcp", 1, 20, 59, PACKET_OTHER},
	    {"ICMPv6", "ethernet ipv6 tcp", 1, 20, 58, PACKET_OTHER},
	    {"extension past the end", "ethernet ipv6 hop-by-hop tcp", 1, 55, 0xff, PACKET_BAD},
	    {"AH past the end", "ethernet ipv6 ah tcp", 1, 55, 0xff, PACKET_BAD},
	    {"a fragment, no table", "ethernet ipv4 tcp", 1, 20, 0x20, PACKET_OTHER},
	    {"TCP header of 16", "ethernet ipv4 tcp", 1, 46, 0x40, PACKET_BAD},
	    {"TCP header past the end", "ethernet ipv4 tcp", 1, 46, 0xf0, PACKET_BAD},
	    {"DNS", "ethernet ipv4 vxlan ethernet ipv4 tcp", 1, 37, 53, PACKET_OTHER},
	    {"VXLAN without an id", "ethernet ipv4 vxlan ethernet ipv4 tcp", 1, 42, 0,
	     PACKET_OTHER},
	    {"GPE with NSH", "ethernet ipv4 gpe ipv4 tcp", 1, 45, 4, PACKET_OTHER},
	    {"GENEVE version", "ethernet ipv4 geneve ipv4 tcp", 1, 42, 0x42, PACKET_OTHER},
	    {"GENEVE options past the end", "ethernet ipv4 geneve ipv4 tcp", 1, 42, 0x3f,
	     PACKET_BAD},
	    {"GTP echo", "ethernet ipv4 gtpu ipv4 tcp", 1, 43, 1, PACKET_OTHER},
	    {"GTP prime", "ethernet ipv4 gtpu ipv4 tcp", 1, 42, 0x20, PACKET_OTHER},
	    {"GTP length below IP's", "ethernet ipv4 gtpu ipv4 tcp", 1, 45, 19, PACKET_BAD},
	    {"GTP extension of no length", "ethernet ipv4 gtpu-extended ipv4 tcp", 1, 54, 0,
	     PACKET_BAD},
	    {"GTP extension past the end", "ethernet ipv4 gtpu-extended ipv4 tcp", 1, 58, 0xff,
	     PACKET_BAD},
	    {"GRE with routing", "ethernet ipv4 gre ipv4 tcp", 1, 34, 0x40, PACKET_OTHER},
	    {"GRE version 2", "ethernet ipv4 gre ipv4 tcp", 1, 35, 0x02, PACKET_OTHER},
	    {"GRE keep-alive", "ethernet ipv4 gre ipv4 tcp", 1, 36, 0x00, PACKET_OTHER},
	    {"PPTP without a key", "ethernet ipv4 pptp ppp ipv4 tcp", 1, 34, 0x10, PACKET_BAD},
	    {"ERSPAN version", "ethernet ipv4 erspan2 ethernet ipv4 tcp", 1, 42, 0x30,
	     PACKET_OTHER},
	    {"ERSPAN III version", "ethernet ipv4 erspan3 ethernet ipv4 tcp", 1, 42, 0x10,
	     PACKET_OTHER},
	    {"ERSPAN of 802.11", "ethernet ipv4 erspan3 ethernet ipv4 tcp", 1, 52, 0x0c,
	     PACKET_OTHER},
	    {"neither IP nor Ethernet under a label", "ethernet label ipv4 tcp", 1, 18, 0x15,
	     PACKET_OTHER},
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("  %s\n", rows[i].name);
		build(&w, rows[i].recipe);
		front(&w)[rows[i].at] = rows[i].value;
		assert_int_equal(read_whole(&w, rows[i].linktype), rows[i].got);
	}
}

static void
a_link_type_that_is_not_read_is_told(void **state)
{
	struct wire w;

	(void)state;
	build(&w, "ethernet ipv4 tcp");
	assert_false(packet_link_is_known(127)); /* 802.11 with radiotap */
	assert_true(packet_link_is_known(1));
	assert_int_equal(read_whole(&w, 127), PACKET_LINK_UNKNOWN);
}

/* RFC 8200 section 8.1, RFC 8754 section 2: with segments left, the list has the last stop. */
static void
a_routing_header_names_the_destination(void **state)
{
	static const struct {
		uint8_t type, left;
		size_t final_at; /* in the list of two */
	} rows[] = {{0, 1, 24}, {2, 1, 24}, {4, 1, 8}};
	struct packet p;
	struct wire w;
	uint8_t *block;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t h[40] = {6, 4, rows[i].type, rows[i].left};
		struct layer routing = {.protocol = 43};

		memcpy(h + 8, tunnel6, 16);
		memcpy(h + 24, tunnel6, 16);
		memcpy(h + rows[i].final_at, server6, 16);
		w.begin = WIRE_MAX;
		w.addresses = 0;
		put_tcp(&w, NULL);
		fill_checksum(&w, client6, server6, 16);
		put(&w, h, sizeof(h));
		put_ipv6(&w, &routing);
		memcpy(front(&w) + 24, tunnel6, 16);
		assert_int_equal(read_first(&w, length(&w), 101, &p, &block), PACKET_TCP);
		assert_memory_equal(p.destination.b, server6, 16);
		assert_int_equal(packet_checksum(&p), CHECKSUM_RIGHT);
		free(block);
	}
}

static void
the_timestamp_is_found_among_the_options(void **state)
{
	static const struct {
		const char *name, *options; /* twelve bytes */
		bool found;
	} rows[] = {
	    {"two fillers before", "\x01\x01\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x00", true},
	    {"another option before", "\x04\x02\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x00", true},
	    {"first", "\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x00\x01\x01", true},
	    {"none", "\x02\x04\x05\xb4\x01\x01\x04\x02\x01\x03\x03\x07", false},
	    {"behind the end", "\x00\x01\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x00", false},
	    {"of another length", "\x01\x01\x08\x09\x00\x00\x00\x07\x00\x00\x00\x00", false},
	    {"past the header", "\x01\x01\x01\x08\x0a\x00\x00\x00\x07\x00\x00\x00", false},
	    {"behind an option of no length", "\x04\x00\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x00",
	     false},
	    {"a kind alone at the end", "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x08", false},
	};
	struct packet p;
	struct wire w;
	uint8_t *block;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("  %s\n", rows[i].name);
		build(&w, "ipv4 tcp");
		memcpy(front(&w) + 40, rows[i].options, 12);
		assert_int_equal(read_first(&w, length(&w), 101, &p, &block), PACKET_TCP);
		assert_int_equal(p.has_timestamp, rows[i].found);
		assert_int_equal(p.timestamp, rows[i].found ? 7 : 0);
		free(block);
	}
}

/* What each kind of sender puts into the field. */
static void
the_checksum_is_judged_by_what_the_field_holds(void **state)
{
	struct packet p;
	struct wire w;
	uint8_t *block, *field;
	uint32_t pseudo;

	(void)state;
	build(&w, "ipv4 tcp");
	assert_int_equal(read_first(&w, length(&w), 101, &p, &block), PACKET_TCP);
	field = block + 20 + 16;
	assert_int_equal(packet_checksum(&p), CHECKSUM_RIGHT);
	field[1] ^= 1;
	assert_int_equal(packet_checksum(&p), CHECKSUM_WRONG);
	set16(field, 0);
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	pseudo = add_bytes(add_bytes(6, client4, 4), server4, 4);
	set16(field, carry(pseudo));
	assert_int_equal(packet_checksum(&p), CHECKSUM_OFFLOADED);
	set16(field, carry(pseudo + p.tcp_len));
	assert_int_equal(packet_checksum(&p), CHECKSUM_OFFLOADED);
	free(block);
}

static void
the_longest_wrapping_fits_its_text(void **state)
{
	struct encap e = {.count = ENCAP_LAYERS_MAX};
	char text[ENCAP_TEXT_MAX];
	size_t len;

	(void)state;
	for (int i = 0; i < ENCAP_LAYERS_MAX; i++) {
		e.layer[i].wrap = WRAP_GENEVE;
		e.layer[i].id = UINT32_MAX;
	}
	len = encap_text(&e, text, sizeof(text));
	assert_int_equal(len, 8 * strlen("geneve:4294967295") + 7);
	assert_int_equal(strlen(text), len);
	e.count = 0;
	assert_int_equal(encap_text(&e, text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

/* A table for a few datagrams. */
static struct fragments *
table(void)
{
	static const uint8_t secret[16] = "0123456789abcde";

	return fragments_init(malloc(fragments_size(8)), 8, secret);
}

static enum packet_got
feed(struct fragments *f, struct wire *w, uint32_t linktype, struct packet *p)
{
	struct captured in = {
	    .time = 1,
	    .linktype = linktype,
	    .wire_len = (uint32_t)length(w),
	    .bytes = {front(w), length(w)},
	};

	return packet_read(&in, f, p);
}

/* Split an Ethernet packet whose IPv4 header is the outermost into two at offset bytes of it. */
static void
split_v4(struct wire *whole, size_t offset, struct wire *first, struct wire *second)
{
	size_t left = length(whole) - 34 - offset;

	first->begin = second->begin = WIRE_MAX;
	put(first, front(whole), 34 + offset);
	set16(front(first) + 16, 20 + offset);
	set16(front(first) + 20, 0x2000);
	put(second, front(whole) + 34 + offset, left);
	put(second, front(whole), 34);
	set16(front(second) + 16, 20 + left);
	set16(front(second) + 20, offset / 8);
}

static void
fragments_of_ipv4_are_put_together(void **state)
{
	struct fragments *f = table();
	struct wire whole, first, second;
	struct packet p;

	(void)state;
	build(&whole, "ethernet ipv4 tcp");
	split_v4(&whole, 16, &first, &second);
	assert_int_equal(feed(f, &second, 1, &p), PACKET_HELD);
	front(&first)[22] = 44; /* the first piece's TTL is the datagram's */
	assert_int_equal(feed(f, &first, 1, &p), PACKET_TCP);
	assert_true(p.is_reassembled);
	assert_true(bytes_equal(p.payload, BYTES(PAYLOAD_TEXT)));
	assert_int_equal(p.payload_cut, 0);
	assert_int_equal(p.ttl, 44);
	assert_int_equal(p.ip_id, 0xabcd);
	assert_int_equal(packet_checksum(&p), CHECKSUM_RIGHT);
	assert_int_equal(p.linktype, LINKTYPE_RAW);
	assert_int_equal(p.headers.len, 20 + TCP_LEN);
	assert_memory_equal(p.headers.at, "\x45\x00\x00", 3);
	assert_int_equal(p.headers.at[3], 20 + p.tcp_len);
	assert_memory_equal(p.headers.at + 4, "\xab\xcd\x00\x00\x2c\x06", 6);
	assert_int_equal(carry(add_bytes(0, p.headers.at, 20)), 0xffff);
	assert_memory_equal(p.headers.at + 12, client4, 4);
	assert_memory_equal(p.headers.at + 16, server4, 4);
	free(f);
}

/* The pieces of an IPv6 packet, an extension header of eight bytes before the fragment's. */
static void
split_v6(struct wire *whole, size_t offset, struct wire *first, struct wire *second)
{
	struct layer tcp = layers[0], fragment = {.protocol = 44};
	uint8_t *l4 = front(whole) + 40;
	size_t len = length(whole) - 40;

	first->begin = second->begin = WIRE_MAX;
	first->addresses = second->addresses = 0;
	put(second, l4 + offset, len - offset);
	put(second, "\x06\x00\x00\x00\x12\x34\x56\x78", 8);
	set16(front(second) + 2, offset);
	put_extension(second, &fragment, "?\x00\x01\x04\x00\x00\x00\x00", 8);
	put(first, l4, offset);
	put(first, "\x06\x00\x00\x01\x12\x34\x56\x78", 8);
	put_extension(first, &fragment, "?\x00\x01\x04\x00\x00\x00\x00", 8);
	tcp.protocol = 60;
	tcp.put = NULL;
	put_ipv6(first, &tcp);
	put_ipv6(second, &tcp);
}

static void
fragments_of_ipv6_are_put_together(void **state)
{
	struct fragments *f = table();
	struct wire whole, first, second;
	struct packet p;

	(void)state;
	build(&whole, "ipv6 tcp");
	split_v6(&whole, 24, &first, &second);
	assert_int_equal(feed(f, &first, 101, &p), PACKET_HELD);
	assert_int_equal(feed(f, &second, 101, &p), PACKET_TCP);
	assert_true(p.is_reassembled);
	assert_true(bytes_equal(p.payload, BYTES(PAYLOAD_TEXT)));
	assert_int_equal(p.ip_id, 0x5678);
	assert_int_equal(packet_checksum(&p), CHECKSUM_RIGHT);
	assert_int_equal(p.headers.len, 40 + TCP_LEN);
	/* As the packet was before it was split: no extension headers are left. */
	assert_memory_equal(p.headers.at, front(&whole), p.headers.len);
	free(f);
}

/* A tunnel whose datagram was split, and in it one that was split before. */
static void
fragments_within_fragments_are_put_together(void **state)
{
	struct fragments *f = table();
	struct layer ipip = {.protocol = 4};
	struct wire whole, inner[2], outer[2][2];
	struct packet p;
	struct layer v4 = {.ethertype = 0x0800};

	(void)state;
	build(&whole, "ethernet ipv4 tcp");
	split_v4(&whole, 24, &inner[0], &inner[1]);
	for (int i = 0; i < 2; i++) {
		inner[i].begin += 14;
		inner[i].addresses = 1;
		put_ipv4(&inner[i], &ipip);
		set16(front(&inner[i]) + 4, (size_t)i); /* an identification each */
		put_ethernet(&inner[i], &v4);
		split_v4(&inner[i], 32, &outer[i][0], &outer[i][1]);
	}
	assert_int_equal(feed(f, &outer[0][0], 1, &p), PACKET_HELD);
	assert_int_equal(feed(f, &outer[1][1], 1, &p), PACKET_HELD);
	assert_int_equal(feed(f, &outer[0][1], 1, &p), PACKET_HELD);
	assert_int_equal(feed(f, &outer[1][0], 1, &p), PACKET_TCP);
	assert_true(bytes_equal(p.payload, BYTES(PAYLOAD_TEXT)));
	assert_int_equal(packet_checksum(&p), CHECKSUM_RIGHT);
	assert_int_equal(p.encap.count, 1);
	assert_int_equal(p.headers.len, 20 + TCP_LEN);
	assert_int_equal(fragments_counts(f).whole, 3);
	free(f);
}

static void
a_tunnel_in_a_datagram_put_together_is_read_on(void **state)
{
	struct fragments *f = table();
	struct wire whole, first, second;
	struct packet p;
	char text[ENCAP_TEXT_MAX];

	(void)state;
	build(&whole, "ethernet ipv4 vxlan ethernet q12 ipv6 tcp");
	split_v4(&whole, 64, &first, &second);
	assert_int_equal(feed(f, &first, 1, &p), PACKET_HELD);
	assert_int_equal(feed(f, &second, 1, &p), PACKET_TCP);
	assert_true(bytes_equal(p.payload, BYTES(PAYLOAD_TEXT)));
	encap_text(&p.encap, text, sizeof(text));
	assert_string_equal(text, "vxlan:42/vlan:12");
	assert_int_equal(p.headers.len, length(&whole) - 14 - p.payload.len);
	free(f);
}

static void
a_fragment_that_is_cut_is_not_kept(void **state)
{
	struct fragments *f = table();
	struct wire whole, first, second;
	struct packet p;
	struct captured in;

	(void)state;
	build(&whole, "ethernet ipv4 tcp");
	split_v4(&whole, 16, &first, &second);
	in = (struct captured){.linktype = 1, .wire_len = (uint32_t)length(&first)};
	in.bytes = (struct bytes){front(&first), length(&first) - 1};
	assert_int_equal(packet_read(&in, f, &p), PACKET_CUT);
	assert_int_equal(fragments_counts(f).pieces, 0);
	free(f);
}

static void
a_fragment_past_the_largest_datagram_is_bad(void **state)
{
	struct fragments *f = table();
	struct wire whole, first, second;
	struct packet p;

	(void)state;
	build(&whole, "ethernet ipv4 tcp");
	split_v4(&whole, 16, &first, &second);
	set16(front(&second) + 20, 0x1fff);
	assert_int_equal(feed(f, &second, 1, &p), PACKET_BAD);
	build(&whole, "ipv6 tcp");
	split_v6(&whole, 24, &first, &second);
	set16(front(&second) + 50, 0xfff8);
	assert_int_equal(feed(f, &second, 101, &p), PACKET_BAD);
	free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_encapsulation_leads_to_its_segment),
	    cmocka_unit_test(every_cut_is_known_as_such),
	    cmocka_unit_test(padding_behind_the_datagram_is_no_payload),
	    cmocka_unit_test(what_the_datagram_has_and_the_record_lacks_is_cut),
	    cmocka_unit_test(more_headers_than_the_limit_are_deep),
	    cmocka_unit_test(a_stack_of_labels_without_a_bottom_is_deep),
	    cmocka_unit_test(a_changed_byte_changes_what_is_read),
	    cmocka_unit_test(a_link_type_that_is_not_read_is_told),
	    cmocka_unit_test(a_routing_header_names_the_destination),
	    cmocka_unit_test(the_timestamp_is_found_among_the_options),
	    cmocka_unit_test(the_checksum_is_judged_by_what_the_field_holds),
	    cmocka_unit_test(the_longest_wrapping_fits_its_text),
	    cmocka_unit_test(fragments_of_ipv4_are_put_together),
	    cmocka_unit_test(fragments_of_ipv6_are_put_together),
	    cmocka_unit_test(fragments_within_fragments_are_put_together),
	    cmocka_unit_test(a_tunnel_in_a_datagram_put_together_is_read_on),
	    cmocka_unit_test(a_fragment_that_is_cut_is_not_kept),
	    cmocka_unit_test(a_fragment_past_the_largest_datagram_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
