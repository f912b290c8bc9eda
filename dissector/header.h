/*
 * Which header comes next: the numbers by which a header announces what it
 * carries, each table once.
 *
 * Shared by the dissector and by the gate (gate.h), which the kernel runs too:
 * nothing but constants and switches, no library. What leads to no TCP is
 * HEADER_STOP.
 */
#ifndef DISSECTOR_HEADER_H
#define DISSECTOR_HEADER_H

#include <stdint.h>

/* Old kernels know no function calls, so that nothing here may become one. */
#define INLINED static inline __attribute__((always_inline))

/* The kinds of headers. Each has one reader. */
enum header {
	HEADER_STOP, /* none */
	HEADER_ETHERNET,
	HEADER_FDDI,
	HEADER_LLC,
	HEADER_VLAN,
	HEADER_ETAG,
	HEADER_VNTAG,
	HEADER_METADATA,
	HEADER_FABRICPATH,
	HEADER_MPLS,
	HEADER_PPPOE,
	HEADER_PPP,
	HEADER_HDLC,
	HEADER_SLL,
	HEADER_SLL2,
	HEADER_LOOPBACK,
	HEADER_NFLOG,
	HEADER_IP, /* its first four bits tell which */
	HEADER_IPV4,
	HEADER_IPV6,
	HEADER_EXTENSION,
	HEADER_ROUTING,
	HEADER_FRAGMENT,
	HEADER_AUTHENTICATION,
	HEADER_UDP,
	HEADER_GRE,
	HEADER_ERSPAN2,
	HEADER_ERSPAN3,
	HEADER_VXLAN,
	HEADER_VXLAN_GPE,
	HEADER_GENEVE,
	HEADER_GTPU,
	HEADER_TCP
};

#define LENGTH_MAX 1500 /* more is an EtherType, where either may stand: IEEE 802.3 */

#define ETHERTYPE_PPP     0x880b /* RFC 2637 section 4.1 */
#define ETHERTYPE_ERSPAN2 0x88be /* and type I */
#define ETHERTYPE_ERSPAN3 0x22eb

#define PROTOCOL_IPV4 4
#define PROTOCOL_IPV6 41

/* The first two bytes of GRE, RFC 2890 section 2; the last three bits are its version. */
#define GRE_HAS_CHECKSUM 0x8000
#define GRE_HAS_ROUTING  0x4000
#define GRE_HAS_KEY      0x2000
#define GRE_HAS_SEQUENCE 0x1000
#define GRE_HAS_ACK      0x0080 /* version 1 */

/* TCP flags, RFC 9293 section 3.1. */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

/* The first header of a link type (LINKTYPE_ value); HEADER_STOP for one that is not read. */
INLINED enum header
header_first(uint32_t linktype)
{
	switch (linktype) {
	case 0:   /* LINKTYPE_NULL: address family in the byte order of the host that captured */
	case 108: /* LINKTYPE_LOOP: the same in network order */
		return HEADER_LOOPBACK;
	case 1: /* LINKTYPE_ETHERNET */
		return HEADER_ETHERNET;
	case 9:  /* LINKTYPE_PPP */
	case 50: /* LINKTYPE_PPP_HDLC */
		return HEADER_PPP;
	case 51: /* LINKTYPE_PPP_ETHER */
		return HEADER_PPPOE;
	case 10: /* LINKTYPE_FDDI */
		return HEADER_FDDI;
	case 12:  /* DLT_RAW */
	case 14:  /* DLT_RAW of OpenBSD */
	case 101: /* LINKTYPE_RAW */
		return HEADER_IP;
	case 104: /* LINKTYPE_C_HDLC */
		return HEADER_HDLC;
	case 113: /* LINKTYPE_LINUX_SLL */
		return HEADER_SLL;
	case 228: /* LINKTYPE_IPV4 */
		return HEADER_IPV4;
	case 229: /* LINKTYPE_IPV6 */
		return HEADER_IPV6;
	case 239: /* LINKTYPE_NFLOG */
		return HEADER_NFLOG;
	case 276: /* LINKTYPE_LINUX_SLL2 */
		return HEADER_SLL2;
	default:
		return HEADER_STOP;
	}
}

INLINED enum header
header_of_ethertype(uint16_t type)
{
	switch (type) {
	case 0x0800:
		return HEADER_IPV4;
	case 0x86dd:
		return HEADER_IPV6;
	case 0x8100: /* 802.1Q */
	case 0x88a8: /* 802.1ad */
	case 0x9100: /* QinQ before 802.1ad */
	case 0x9200:
	case 0x9300:
		return HEADER_VLAN;
	case 0x8847: /* RFC 5332 section 3: 8847 and 8848 are read alike */
	case 0x8848:
		return HEADER_MPLS;
	case 0x8864: /* RFC 2516 section 4: the session stage */
		return HEADER_PPPOE;
	case ETHERTYPE_PPP:
		return HEADER_PPP;
	case 0x6558: /* Transparent Ethernet Bridging, RFC 1701 */
		return HEADER_ETHERNET;
	case 0x893f:
		return HEADER_ETAG;
	case 0x8926:
		return HEADER_VNTAG;
	case 0x8909:
		return HEADER_METADATA;
	case 0x8903:
		return HEADER_FABRICPATH;
	default:
		return HEADER_STOP;
	}
}

/* Linux "cooked" captures: the kernel's protocol number, which for Ethernet is the EtherType. */
INLINED enum header
header_of_cooked(uint16_t hardware, uint16_t protocol)
{
	if (hardware == 824)
		return HEADER_STOP; /* netlink: the number is not a protocol's */
	if (protocol == 0x0004)
		return HEADER_LLC; /* ETH_P_802_2 */
	return header_of_ethertype(protocol);
}

/* The four bytes of a loopback header: an address family, whichever way round. */
INLINED enum header
header_of_family(const uint8_t at[4])
{
	/* No system has one above 255. */
	if ((at[0] | at[1] | at[2]) != 0 && (at[1] | at[2] | at[3]) != 0)
		return HEADER_STOP;
	switch (at[0] | at[3]) {
	case 2:
		return HEADER_IPV4;
	case 10: /* Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* Darwin */
		return HEADER_IPV6;
	default:
		return HEADER_STOP;
	}
}

INLINED enum header
header_of_ppp(uint16_t protocol)
{
	switch (protocol) {
	case 0x0021: /* RFC 1332 section 2 */
		return HEADER_IPV4;
	case 0x0057: /* RFC 5072 section 2 */
		return HEADER_IPV6;
	case 0x0281: /* RFC 3032 section 4.3 */
	case 0x0283:
		return HEADER_MPLS;
	default:
		return HEADER_STOP;
	}
}

/* Extension headers, RFC 8200 section 4, which IPv4 does not have. */
INLINED enum header
header_of_extension(uint8_t protocol)
{
	switch (protocol) {
	case 0:   /* hop by hop */
	case 60:  /* destination */
	case 135: /* mobility */
	case 139: /* HIP */
	case 140: /* Shim6 */
		return HEADER_EXTENSION;
	case 43:
		return HEADER_ROUTING;
	case 44:
		return HEADER_FRAGMENT;
	default:
		return HEADER_STOP;
	}
}

/* What a protocol number or next header announces; family is 4 or 6, the IP version around it. */
INLINED enum header
header_of_protocol(uint8_t family, uint8_t protocol)
{
	switch (protocol) {
	case 6:
		return HEADER_TCP;
	case 17:
		return HEADER_UDP;
	case PROTOCOL_IPV4: /* RFC 2003 */
		return HEADER_IPV4;
	case PROTOCOL_IPV6: /* RFC 2473, RFC 4213 */
		return HEADER_IPV6;
	case 47:
		return HEADER_GRE;
	case 51:
		return HEADER_AUTHENTICATION;
	case 137: /* RFC 4023 section 3 */
		return HEADER_MPLS;
	default:
		return family == 6 ? header_of_extension(protocol) : HEADER_STOP;
	}
}

/* A tunnel in UDP is known by its destination port. */
INLINED enum header
header_of_udp(uint16_t port)
{
	switch (port) {
	case 4789: /* RFC 7348 section 5 */
	case 8472: /* Linux before the port was assigned */
		return HEADER_VXLAN;
	case 4790:
		return HEADER_VXLAN_GPE;
	case 6081: /* RFC 8926 section 3.3 */
		return HEADER_GENEVE;
	case 2152: /* 3GPP TS 29.281 section 4.4.2 */
		return HEADER_GTPU;
	default:
		return HEADER_STOP;
	}
}

/* The next protocol of draft-ietf-nvo3-vxlan-gpe section 3. */
INLINED enum header
header_of_gpe(uint8_t protocol)
{
	switch (protocol) {
	case 1:
		return HEADER_IPV4;
	case 2:
		return HEADER_IPV6;
	case 3:
		return HEADER_ETHERNET;
	default:
		return HEADER_STOP;
	}
}

/* The frame type of ERSPAN type III, draft-foschiano-erspan section 4.3. */
INLINED enum header
header_of_mirrored(uint8_t type)
{
	switch (type) {
	case 0:
		return HEADER_ETHERNET;
	case 2:
		return HEADER_IP;
	default:
		return HEADER_STOP;
	}
}

#endif
