/*
 * Captured bytes to one TCP segment: link layer, tunnels, IPv4 and IPv6, TCP
 * header.
 *
 * Pure: everything it returns is borrowed from the captured bytes or, for a
 * datagram put together from fragments, from the fragment table. The outer
 * bound is always what was captured; what a header claims beyond that is known
 * as cut. Never follows a flow, never judges.
 */
#ifndef DISSECTOR_PACKET_H
#define DISSECTOR_PACKET_H

#include "dissector/bytes.h"
#include "dissector/header.h"

/* An IPv4 or IPv6 address; IPv4 in the first four bytes, the rest zero. */
struct address {
	uint8_t family; /* 4 or 6; 0 for none */
	uint8_t b[16];
};

/* What the packet came wrapped in, outermost first. */
enum wrap {
	WRAP_VLAN,   /* 802.1Q, 802.1ad and kin; id is the VLAN */
	WRAP_MPLS,   /* id is the bottom label */
	WRAP_PPPOE,  /* id is the session */
	WRAP_IPIP,   /* IPv4 or IPv6 inside IPv4 or IPv6 */
	WRAP_GRE,    /* id is the key, 0 without */
	WRAP_ERSPAN, /* id is the session */
	WRAP_VXLAN,  /* id is the VNI */
	WRAP_GENEVE, /* id is the VNI */
	WRAP_GTPU,   /* id is the TEID */
	WRAP_OTHER   /* a shim that carries no number of interest */
};

#define ENCAP_LAYERS_MAX 8  /* layers told; deeper ones are parsed, but not told */
#define PACKET_DEPTH_MAX 24 /* headers before TCP; more is PACKET_DEEP */

struct encap {
	uint8_t count;
	struct {
		uint8_t wrap; /* enum wrap */
		uint32_t id;
	} layer[ENCAP_LAYERS_MAX];
};

#define ENCAP_TEXT_MAX 160 /* bytes that encap_text needs at most, NUL included */

enum checksum {
	CHECKSUM_UNKNOWN, /* not all of the segment was captured, or none was sent */
	CHECKSUM_RIGHT,
	CHECKSUM_OFFLOADED, /* holds the pseudo-header's sum only: the sender's card fills it in */
	CHECKSUM_WRONG
};

struct packet {
	int64_t time;                       /* microseconds since the epoch, UTC */
	struct address source, destination; /* innermost */
	uint16_t source_port, destination_port;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window;      /* as sent, not scaled */
	uint8_t ttl;          /* hop limit for IPv6 */
	uint16_t ip_id;       /* IPv4; low 16 bits of the fragment identification or 0 for IPv6 */
	bool has_timestamp;   /* RFC 7323 section 3 */
	uint32_t timestamp;   /* TSval */
	struct bytes payload; /* as far as captured */
	uint32_t payload_cut; /* bytes of payload that were sent and not captured */
	struct encap encap;
	bool is_reassembled; /* put together from IP fragments */
	/*
	 * What comes before the payload, as captured, for evidence: from the
	 * link header; for a reassembled datagram from a rebuilt IP header, with
	 * link type LINKTYPE_RAW.
	 */
	uint32_t linktype;
	struct bytes headers;
	/* For packet_checksum: the TCP header and payload as far as captured. */
	struct bytes tcp;
	uint32_t tcp_len; /* length of TCP header and payload as sent */
};

/* Link types, as in the files of pcap (LINKTYPE_ values; DLT_ values where those differ). */
#define LINKTYPE_RAW 101

/* One packet as the capture gave it. */
struct captured {
	int64_t time; /* microseconds since the epoch, UTC */
	uint32_t linktype;
	uint32_t wire_len;  /* as sent */
	struct bytes bytes; /* as captured */
};

enum packet_got {
	PACKET_TCP,         /* a TCP segment: *out is filled */
	PACKET_OTHER,       /* well-formed as far as read, but no TCP */
	PACKET_HELD,        /* a fragment, kept until the others come */
	PACKET_CUT,         /* the capture ends inside the headers */
	PACKET_BAD,         /* a header contradicts itself */
	PACKET_DEEP,        /* more than PACKET_DEPTH_MAX headers */
	PACKET_LINK_UNKNOWN /* a link type that is not read */
};
#define PACKET_GOTS (PACKET_LINK_UNKNOWN + 1)

struct fragments; /* dissector/fragment.h */

/* Whether this link type is read at all. */
bool packet_link_is_known(uint32_t linktype);

/*
 * Read one captured packet down to its innermost TCP header. fragments may be
 * NULL: then fragments are PACKET_OTHER. What *out borrows lives until the
 * captured bytes go or, where is_reassembled, until the next call with the
 * same table.
 */
enum packet_got packet_read(const struct captured *in, struct fragments *fragments,
			    struct packet *out);

/* The TCP checksum against what was captured, RFC 9293 section 3.1. */
enum checksum packet_checksum(const struct packet *p);

/*
 * The wrapping as text, outermost first: "vlan:12", "vlan:12/vxlan:42/vlan:3";
 * empty for none. Returns the length; cap must be at least ENCAP_TEXT_MAX.
 */
size_t encap_text(const struct encap *e, char *out, size_t cap);

bool address_equal(const struct address *a, const struct address *b);

#endif
