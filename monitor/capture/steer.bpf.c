/*
 * Which of the readers of an interface a packet is for: both directions of an
 * innermost flow go to the same one, whatever wraps it.
 *
 * The walk is the gate's (gate.h); at its end stands no verdict but the number of
 * a reader. The kernel takes its remainder by the count of those that are there,
 * which changes nothing where that is as large: who comes beside them is given
 * nothing (place.h).
 *
 * It runs where the kernel has already passed over the link header, so that it
 * loads from an end of its own choice: bpf_skb_load_bytes_relative, Linux 4.18.
 * The rules of gate.bpf.c hold for the rest.
 */
#include "monitor/capture/steer_share.h"
#include "monitor/capture/walk_kernel.h"

#define FIRST 0 /* reader: of what cannot be followed */

/* How many readers there are to be, in its one element. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} readers SEC(".maps");

INLINED bool
gate_load(const struct gate_packet *p, uint32_t at, void *to, uint32_t len)
{
	return bpf_skb_load_bytes_relative(p, at, to, len, walk_start(context(p))) == 0;
}

/* Nothing is marked here, and nothing withheld. */
INLINED bool
gate_flow_is_settled(const struct gate_packet *p, const struct flow_key *key)
{
	(void)p;
	(void)key;
	return false;
}

INLINED void
gate_flow_begins(const struct gate_packet *p, const struct flow_key *key)
{
	(void)p;
	(void)key;
}

INLINED int
steer(const struct gate_packet *p, const struct gate_walk *w)
{
	uint32_t first = 0;
	const uint32_t *count = bpf_map_lookup_elem(&readers, &first);

	return count ? (int)steer_end(p, w, *count) : FIRST;
}

SEC("socket")
int
go_round(struct __sk_buff *skb)
{
	const struct gate_packet *p = (const struct gate_packet *)skb;
	struct gate_walk w = kept(skb);

	gate_round(p, &w);
	return gate_goes_on(&w) ? go_on(skb, &w, walk_start(skb), FIRST) : steer(p, &w);
}

INLINED int
enter(struct __sk_buff *skb, uint32_t first)
{
	const struct gate_walk w = gate_begin(first);

	return go_on(skb, &w, BPF_HDR_START_MAC, FIRST);
}

GATE_ENTRIES(ENTRY)

int enter_cooked(struct __sk_buff *skb);

/* Of all interfaces together, each with a link header of its own: from behind it on. */
SEC("socket")
int
enter_cooked(struct __sk_buff *skb)
{
	const struct gate_walk w = begin_cooked(skb);

	return w.next == HEADER_STOP ? FIRST : go_on(skb, &w, BPF_HDR_START_NET, FIRST);
}

char terms[] SEC("license") = "ISC";
