/*
 * One captured packet to one TCP segment: header after header, each by its own
 * reader (link, internet, tunnel), up to a stated depth; then TCP itself, RFC
 * 9293 section 3.1, and its checksum.
 *
 * TCP that is quoted in an ICMP error is no segment and is not looked for.
 */
#include "dissector/packet.h"
#include "dissector/internet.h"
#include "dissector/link.h"
#include "dissector/tunnel.h"

#include <stdio.h>
#include <string.h>

#define TCP_HEADER_MIN   20
#define OPTION_END       0
#define OPTION_NOTHING   1
#define OPTION_TIMES     8 /* RFC 7323 section 3 */
#define OPTION_TIMES_LEN 10

typedef enum header reader(struct walk *w);

static reader *const readers[] = {
    [HEADER_ETHERNET] = link_ethernet,
    [HEADER_FDDI] = link_fddi,
    [HEADER_LLC] = link_llc,
    [HEADER_VLAN] = link_vlan,
    [HEADER_ETAG] = link_etag,
    [HEADER_VNTAG] = link_vntag,
    [HEADER_METADATA] = link_metadata,
    [HEADER_FABRICPATH] = link_fabricpath,
    [HEADER_MPLS] = link_mpls,
    [HEADER_PPPOE] = link_pppoe,
    [HEADER_PPP] = link_ppp,
    [HEADER_HDLC] = link_hdlc,
    [HEADER_SLL] = link_sll,
    [HEADER_SLL2] = link_sll2,
    [HEADER_LOOPBACK] = link_loopback,
    [HEADER_NFLOG] = link_nflog,
    [HEADER_IP] = internet_any,
    [HEADER_IPV4] = internet_v4,
    [HEADER_IPV6] = internet_v6,
    [HEADER_EXTENSION] = internet_extension,
    [HEADER_ROUTING] = internet_routing,
    [HEADER_FRAGMENT] = internet_fragment,
    [HEADER_AUTHENTICATION] = internet_authentication,
    [HEADER_UDP] = tunnel_udp,
    [HEADER_GRE] = tunnel_gre,
    [HEADER_ERSPAN2] = tunnel_erspan2,
    [HEADER_ERSPAN3] = tunnel_erspan3,
    [HEADER_VXLAN] = tunnel_vxlan,
    [HEADER_VXLAN_GPE] = tunnel_vxlan_gpe,
    [HEADER_GENEVE] = tunnel_geneve,
    [HEADER_GTPU] = tunnel_gtpu,
};

bool
packet_link_is_known(uint32_t linktype)
{
	return header_first(linktype) != HEADER_STOP;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* Options that contradict themselves end the search; the segment stands. */
static void
read_options(struct packet *p, struct bytes options)
{
	const uint8_t *at = options.at, *end = options.at + options.len;

	while (at < end && *at != OPTION_END) {
		if (*at == OPTION_NOTHING) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			return;
		if (at[0] == OPTION_TIMES && at[1] == OPTION_TIMES_LEN) {
			p->has_timestamp = true;
			p->timestamp = walk_u32(at + 2);
			return;
		}
		at += at[1];
	}
}

static enum packet_got
read_tcp(struct walk *w)
{
	struct packet *p = w->out;
	struct bytes tcp = w->rest;
	size_t tcp_len = w->sent, header_len;
	const uint8_t *at = walk_peek(w, TCP_HEADER_MIN);

	if (!at)
		return w->got;
	header_len = (at[12] >> 4) * (size_t)4;
	if (header_len < TCP_HEADER_MIN)
		return PACKET_BAD;
	if (!walk_take(w, header_len))
		return w->got;
	p->source_port = walk_u16(at);
	p->destination_port = walk_u16(at + 2);
	p->seq = walk_u32(at + 4);
	p->ack = walk_u32(at + 8);
	p->flags = at[13];
	p->window = walk_u16(at + 14);
	p->has_timestamp = false;
	p->timestamp = 0;
	read_options(p, (struct bytes){at + TCP_HEADER_MIN, header_len - TCP_HEADER_MIN});
	p->payload = w->rest;
	p->payload_cut = (uint32_t)(w->sent - w->rest.len);
	p->headers = (struct bytes){w->begin, (size_t)(w->rest.at - w->begin)};
	p->tcp = tcp;
	p->tcp_len = (uint32_t)tcp_len;
	return PACKET_TCP;
}

enum packet_got
packet_read(const struct captured *in, struct fragments *fragments, struct packet *out)
{
	enum header next = header_first(in->linktype);
	struct walk w = {
	    .rest = in->bytes,
	    .sent = in->wire_len > in->bytes.len ? in->wire_len : in->bytes.len,
	    .out = out,
	    .fragments = fragments,
	    .begin = in->bytes.at,
	    .got = PACKET_LINK_UNKNOWN,
	};

	out->time = in->time;
	out->linktype = in->linktype;
	out->source.family = 0;
	out->is_reassembled = false;
	memset(&out->encap, 0, sizeof(out->encap));
	for (int depth = 0; next != HEADER_STOP; depth++) {
		if (next == HEADER_TCP)
			return read_tcp(&w);
		if (depth == PACKET_DEPTH_MAX)
			return PACKET_DEEP;
		next = readers[next](&w);
	}
	return w.got;
}

/* Sixteen-bit words in network order, added; the last odd byte counts as the high one. */
static uint64_t
sum_words(struct bytes in)
{
	uint64_t sum = 0;
	uint32_t word;
	size_t i = 0;

	/* Folded to sixteen bits, sums of wider words in this host's order are the same but for
	 * the order of the two bytes (RFC 1071 section 2). */
	for (; i + sizeof(word) <= in.len; i += sizeof(word)) {
		memcpy(&word, in.at + i, sizeof(word));
		sum += word;
	}
	if (i < in.len) {
		word = 0;
		memcpy(&word, in.at + i, in.len - i);
		sum += word;
	}
	return sum;
}

static uint16_t
fold(uint64_t sum)
{
	uint8_t bytes[2];
	uint16_t word;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	word = (uint16_t)sum;
	memcpy(bytes, &word, sizeof(word));
	return walk_u16(bytes);
}

/* Of the addresses and the protocol, the length left out; in network order, RFC 9293 section 3.1.
 */
static uint32_t
pseudo_sum(const struct packet *p)
{
	size_t len = p->source.family == 4 ? 4 : 16;

	return 6u + fold(sum_words((struct bytes){p->source.b, len}) +
			 sum_words((struct bytes){p->destination.b, len}));
}

static uint16_t
fold_ordered(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

enum checksum
packet_checksum(const struct packet *p)
{
	uint32_t pseudo = pseudo_sum(p), with_length;
	uint16_t field;

	if (p->tcp.len < p->tcp_len || p->tcp.len < TCP_HEADER_MIN)
		return CHECKSUM_UNKNOWN;
	field = walk_u16(p->tcp.at + 16);
	with_length = pseudo + (p->tcp_len >> 16) + (p->tcp_len & 0xffff);
	if (fold_ordered(with_length + fold(sum_words(p->tcp))) == 0xffff)
		return CHECKSUM_RIGHT;
	if (field == 0)
		return CHECKSUM_UNKNOWN;
	/* What is left for the card: segmentation leaves the length out too. */
	if (field == fold_ordered(with_length) || field == fold_ordered(pseudo))
		return CHECKSUM_OFFLOADED;
	return CHECKSUM_WRONG;
}

static const char *
wrap_name(enum wrap wrap)
{
	switch (wrap) {
	case WRAP_VLAN:
		return "vlan";
	case WRAP_MPLS:
		return "mpls";
	case WRAP_PPPOE:
		return "pppoe";
	case WRAP_IPIP:
		return "ipip";
	case WRAP_GRE:
		return "gre";
	case WRAP_ERSPAN:
		return "erspan";
	case WRAP_VXLAN:
		return "vxlan";
	case WRAP_GENEVE:
		return "geneve";
	case WRAP_GTPU:
		return "gtpu";
	case WRAP_OTHER:
		return "other";
	}
	return "other";
}

/* IPIP and shims have no number; a GRE header without a key has none either. */
static bool
has_number(enum wrap wrap, uint32_t id)
{
	return wrap != WRAP_IPIP && wrap != WRAP_OTHER && (wrap != WRAP_GRE || id != 0);
}

size_t
encap_text(const struct encap *e, char *out, size_t cap)
{
	size_t len = 0;
	enum wrap wrap;

	out[0] = '\0';
	for (uint8_t i = 0; i < e->count && i < ENCAP_LAYERS_MAX && cap >= ENCAP_TEXT_MAX; i++) {
		wrap = (enum wrap)e->layer[i].wrap;
		len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? "/" : "",
					wrap_name(wrap));
		if (has_number(wrap, e->layer[i].id))
			len +=
			    (size_t)snprintf(out + len, cap - len, ":%u", (unsigned)e->layer[i].id);
	}
	return len;
}
