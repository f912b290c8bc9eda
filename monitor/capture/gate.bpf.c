/*
 * The gate in the kernel: gate.h as a socket filter of eBPF.
 *
 * Built on what every kernel keeps for programs of users (struct __sk_buff,
 * maps, four helpers): no kernel headers, no BTF of the kernel, no version to
 * match. It keeps the rules of verifiers back to Linux 4.14, the first to follow
 * offsets into map values that are not constant: 4096 instructions, no loop, no
 * function call, no global data, no helper or map younger than 4.10. Linux 5.10
 * and 6.1 were seen to take it. Made to verify as kernels before 5.3 do, without
 * asking which values matter, 5.10 follows 87,000 instructions; they allow 98,304
 * (4.14) and 131,072. A kernel that refuses it all the same is told of, and the
 * gate runs in user space.
 */
#include "monitor/capture/walk_kernel.h"

#define PASS (-1) /* all of the packet */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct gate_rules);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* the loader sets it */
	__type(key, struct flow_key);
	__type(value, struct gate_count);
} settled SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GATE_VERDICTS);
	__type(key, uint32_t);
	__type(value, struct gate_count);
} counts SEC(".maps");

INLINED bool
gate_load(const struct gate_packet *p, uint32_t at, void *to, uint32_t len)
{
	return bpf_skb_load_bytes(p, at, to, len) == 0;
}

INLINED bool
gate_flow_is_settled(const struct gate_packet *p, const struct flow_key *key)
{
	struct gate_count *withheld = bpf_map_lookup_elem(&settled, key);

	if (!withheld)
		return false;
	__sync_fetch_and_add(&withheld->packets, 1);
	__sync_fetch_and_add(&withheld->bytes, context(p)->len);
	return true;
}

INLINED void
gate_flow_begins(const struct gate_packet *p, const struct flow_key *key)
{
	(void)p;
	bpf_map_delete_elem(&settled, key);
}

/* Bytes of the packet to hand on: none, or as much as is wanted. */
INLINED int
decide(const struct gate_packet *p, const struct gate_walk *w)
{
	uint32_t key = 0;
	const struct gate_rules *r = bpf_map_lookup_elem(&rules, &key);
	struct gate_count *count;

	if (!r)
		return PASS; /* cannot be */
	key = gate_end(p, w, r);
	if (key == GATE_PASS)
		return (int)r->snaplen;
	count = bpf_map_lookup_elem(&counts, &key);
	if (count) {
		count->packets++;
		count->bytes += context(p)->len;
	}
	return 0;
}

SEC("socket")
int
go_round(struct __sk_buff *skb)
{
	const struct gate_packet *p = (const struct gate_packet *)skb;
	struct gate_walk w = kept(skb);

	gate_round(p, &w);
	return gate_goes_on(&w) ? go_on(skb, &w, 0, PASS) : decide(p, &w);
}

INLINED int
enter(struct __sk_buff *skb, uint32_t first)
{
	const struct gate_walk w = gate_begin(first);

	return go_on(skb, &w, 0, PASS);
}

/* A socket that is given link headers. */
GATE_ENTRIES(ENTRY)

int enter_cooked(struct __sk_buff *skb);

/*
 * A cooked socket is given packets from the network header on, and libpcap
 * writes the header that we know as SLL from what the kernel says beside them.
 */
SEC("socket")
int
enter_cooked(struct __sk_buff *skb)
{
	const struct gate_walk w = begin_cooked(skb);

	if (w.next == HEADER_STOP)
		return decide((const struct gate_packet *)skb, &w);
	return go_on(skb, &w, 0, PASS);
}

char terms[] SEC("license") = "ISC";
