/*
 * A switch's mirror session, as programs for tc at the egress of an interface: each frame that
 * leaves there is wrapped, as a whole in GRE or in a VLAN, or from its IP header on in GRE.
 *
 * The kernel's own devices for that are not in every kernel; VXLAN's is, and is used.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stdint.h>

#define typeof __typeof__ /* the next header is GNU C */
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETHERNET  14
#define IP        20
#define GRE       4
#define VLAN      12
#define TYPE_IP   0x0800
#define TYPE_TEB  0x6558 /* Ethernet in GRE, RFC 7637 section 3.2 */
#define TYPE_VLAN 0x8100

int in_vlan(struct __sk_buff *skb);
int in_gre(struct __sk_buff *skb);
int in_gretap(struct __sk_buff *skb);

SEC("vlan")
int
in_vlan(struct __sk_buff *skb)
{
	return bpf_skb_vlan_push(skb, bpf_htons(TYPE_VLAN), VLAN) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}

static __always_inline void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* RFC 1071, over a header that is even. */
static __always_inline uint16_t
checksum(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (int i = 0; i < IP; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Headers of IP and GRE for what follows the first Ethernet header, which has room for them. */
static __always_inline int
put_gre(struct __sk_buff *skb, uint16_t type)
{
	const uint8_t ethernet_type[2] = {TYPE_IP >> 8, TYPE_IP & 0xff};
	uint8_t outer[IP + GRE] = {
	    0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 47, 0, 0, 203, 0, 113, 1, 203, 0, 113, 3,
	};

	put16(outer + 2, (uint16_t)(skb->len - ETHERNET));
	put16(outer + 10, checksum(outer));
	put16(outer + IP + 2, type);
	if (bpf_skb_store_bytes(skb, ETHERNET - 2, ethernet_type, 2, 0) != 0 ||
	    bpf_skb_store_bytes(skb, ETHERNET, outer, sizeof(outer), 0) != 0)
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}

SEC("gre")
int
in_gre(struct __sk_buff *skb)
{
	uint16_t type = bpf_ntohs((uint16_t)skb->protocol);

	if (bpf_skb_adjust_room(skb, IP + GRE, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE) != 0)
		return TC_ACT_SHOT; /* what is not IP stays away */
	return put_gre(skb, type);
}

SEC("gretap")
int
in_gretap(struct __sk_buff *skb)
{
	const uint8_t ends[ETHERNET] = {2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1};

	if (bpf_skb_change_head(skb, ETHERNET + IP + GRE, 0) != 0 ||
	    bpf_skb_store_bytes(skb, 0, ends, sizeof(ends), 0) != 0)
		return TC_ACT_SHOT;
	return put_gre(skb, TYPE_TEB);
}

char terms[] SEC("license") = "ISC";
