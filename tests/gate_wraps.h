/* Segments, and every wrapping around them that the dissector knows; for tests of the gate. */
#ifndef TESTS_GATE_WRAPS_H
#define TESTS_GATE_WRAPS_H

#include "tests/wire.h"

#define MACS  "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
#define ETHER MACS "\x08\x00"
#define ENDS4 "\x0a\x00\x00\x01\x0a\x00\x00\x02"
#define ENDS6                                                              \
	"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" \
	"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
#define IPV4(protocol) "\x45\x00\x00\x00\x00\x00\x00\x00\x40" protocol "\x00\x00" ENDS4
#define IPV6(next)     "\x60\x00\x00\x00\x00\x00" next "\x40" ENDS6
#define UDP(port)      IPV4("\x11") "\xc0\x00" port "\x00\x00\x00\x00"
#define GRE(head)      IPV4("\x2f") head

/* Every wrapping that the dissector knows. */
static const struct {
	const char *name;
	uint32_t linktype;
	struct bytes wrap;
} wraps[] = {
    {"raw", 101, BYTES_INIT("")},
    {"IPv4 alone", 228, BYTES_INIT("")},
    {"Ethernet", 1, BYTES_INIT(ETHER)},
    {"null", 0, BYTES_INIT("\x02\x00\x00\x00")},
    {"loop", 108, BYTES_INIT("\x00\x00\x00\x02")},
    {"SLL", 113, BYTES_INIT("\0\0\0\x01\0\x06\0\0\0\0\0\0\0\0\x08\0")},
    {"SLL2", 276, BYTES_INIT("\x08\0\0\0\0\0\0\x02\0\x01\0\x06\0\0\0\0\0\0\0\0")},
    {"FDDI", 10, BYTES_INIT("\x50" MACS "\xaa\xaa\x03\0\0\0\x08\0")},
    {"SNAP", 1, BYTES_INIT(MACS "\0\x40\xaa\xaa\x03\0\0\0\x08\0")},
    {"SNAP of 802.1H", 1, BYTES_INIT(MACS "\0\x40\xaa\xaa\x03\0\0\xf8\x08\0")},
    {"LLC's own IP", 1, BYTES_INIT(MACS "\0\x40\x06\x06\x03")},
    {"VLAN", 1, BYTES_INIT(MACS "\x81\0\0\x0c\x08\0")},
    {"QinQ", 1, BYTES_INIT(MACS "\x88\xa8\0\x0c\x81\0\0\x0d\x08\0")},
    {"E-tag", 1, BYTES_INIT(MACS "\x89\x3f\0\0\0\0\0\0\x08\0")},
    {"VN-tag", 1, BYTES_INIT(MACS "\x89\x26\0\0\0\0\x08\0")},
    {"MetaData", 1, BYTES_INIT(MACS "\x89\x09\x01\x01\0\0\0\0\x08\0")},
    {"FabricPath", 1, BYTES_INIT(MACS "\x89\x03\0\0" ETHER)},
    {"MPLS", 1, BYTES_INIT(MACS "\x88\x47\0\0\x10\x40\0\0\x11\x40")},
    {"Ethernet in MPLS", 1, BYTES_INIT(MACS "\x88\x47\0\0\x11\x40" ETHER)},
    {"control word", 1, BYTES_INIT(MACS "\x88\x47\0\0\x11\x40\0\0\0\0" ETHER)},
    {"PPPoE", 1, BYTES_INIT(MACS "\x88\x64\x11\0\0\x01\0\x40\0\x21")},
    {"PPP", 9, BYTES_INIT("\xff\x03\0\x21")},
    {"PPP, short", 9, BYTES_INIT("\x21")},
    {"HDLC", 104, BYTES_INIT("\x0f\0\x08\0")},
    {"PPP that is HDLC", 50, BYTES_INIT("\x0f\0\x08\0")},
    {"IPIP", 1, BYTES_INIT(ETHER IPV4("\x04"))},
    {"4in6", 1, BYTES_INIT(MACS "\x86\xdd" IPV6("\x04"))},
    {"hop by hop", 229, BYTES_INIT(IPV6("\x00") "\x3c\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0")},
    {"routing, all done", 229, BYTES_INIT(IPV6("\x2b") "\x04\0\0\0\0\0\0\0")},
    {"whole fragment", 229, BYTES_INIT(IPV6("\x2c") "\x04\0\0\0\0\0\0\x01")},
    {"authentication", 228, BYTES_INIT(IPV4("\x33") "\x04\x01\0\0\0\0\0\0\0\0\0\0")},
    {"MPLS in IP", 228, BYTES_INIT(IPV4("\x89") "\0\0\x11\x40")},
    {"GRE", 228, BYTES_INIT(GRE("\0\0\x08\0"))},
    {"GRE with all", 228, BYTES_INIT(GRE("\xb0\0\x08\0\0\0\0\0\0\0\0\x07\0\0\0\x01"))},
    {"GRE of Ethernet", 228, BYTES_INIT(GRE("\0\0\x65\x58") ETHER)},
    {"PPTP", 228, BYTES_INIT(GRE("\x30\x81\x88\x0b\0\x40\0\x01\0\0\0\0\0\0\0\0\x21"))},
    {"ERSPAN I", 228, BYTES_INIT(GRE("\0\0\x88\xbe") ETHER)},
    {"ERSPAN II", 228, BYTES_INIT(GRE("\x10\0\x88\xbe\0\0\0\0\x10\0\0\0\0\0\0\0") ETHER)},
    {"ERSPAN III", 228,
     BYTES_INIT(GRE("\x10\0\x22\xeb\0\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0") ETHER)},
    {"VXLAN", 228, BYTES_INIT(UDP("\x12\xb5") "\x08\0\0\0\0\0\x2a\0" ETHER)},
    {"VXLAN-GPE", 228, BYTES_INIT(UDP("\x12\xb6") "\x0c\0\0\x01\0\0\x2a\0")},
    {"GENEVE", 228, BYTES_INIT(UDP("\x17\xc1") "\x01\0\x65\x58\0\0\x2a\0\0\0\0\0" ETHER)},
    {"GTP-U", 228, BYTES_INIT(UDP("\x08\x68") "\x30\xff\0\x40\0\0\0\x07")},
    {"GTP-U, extended", 228,
     BYTES_INIT(UDP("\x08\x68") "\x34\xff\0\x40\0\0\0\x07\0\0\0\x85\x01\0\0\0")},
    {"VXLAN in VLAN, VLAN inside", 1,
     BYTES_INIT(MACS "\x81\0\0\x0c\x08\0" UDP("\x12\xb5") "\x08\0\0\0\0\0\x2a\0" MACS
							  "\x81\0\0\x0d\x08\0")},
};
#define WRAPS (sizeof(wraps) / sizeof(wraps[0]))

static inline struct packet
segment(uint8_t family, uint16_t source_port, uint16_t destination_port, uint8_t flags)
{
	return (struct packet){
	    .source = {family, {192, 0, 2, 7}},
	    .destination = {family, {198, 51, 100, 25}},
	    .source_port = source_port,
	    .destination_port = destination_port,
	    .flags = flags,
	};
}

static inline struct captured
captured(uint32_t linktype, const uint8_t *bytes, size_t len)
{
	return (struct captured){
	    .linktype = linktype, .wire_len = (uint32_t)len, .bytes = {bytes, len}};
}

/* A packet behind what wraps it; gone with the next call. */
static inline struct captured
wrapped(uint32_t linktype, struct bytes wrap, const struct packet *p)
{
	static struct wire wire;
	static uint8_t bytes[WIRE_PACKET_MAX];
	struct captured in;

	wire_make(p, &wire);
	memcpy(bytes, wrap.at, wrap.len);
	memcpy(bytes + wrap.len, wire.bytes, wire.len);
	in = captured(linktype, bytes, wrap.len + wire.len);
	in.time = p->time;
	return in;
}

#endif
