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
#include <linux/bpf.h>

#define typeof __typeof__ /* the next header is GNU C */
#include <bpf/bpf_helpers.h>

#include "monitor/capture/gate_entries.h"
#include "monitor/capture/steer_share.h"

#define ROUNDS_MASK 0xff /* of the last word kept; above it where offsets count from */
#define START_SHIFT 8

int go_round(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(uint32_t));
	__array(values, int(struct __sk_buff *));
} rounds SEC(".maps") = {
    .values = {go_round},
};

/* How many readers there are to be, in its one element. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} readers SEC(".maps");

/* What gate.h knows as a packet is the kernel's context. */
INLINED struct __sk_buff *
context(const struct gate_packet *p)
{
	return (struct __sk_buff *)(uintptr_t)p;
}

INLINED bool
gate_load(const struct gate_packet *p, uint32_t at, void *to, uint32_t len)
{
	uint32_t start = context(p)->cb[4] >> START_SHIFT;

	return bpf_skb_load_bytes_relative(p, at, to, len, start) == 0;
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

INLINED void
keep(struct __sk_buff *skb, const struct gate_walk *w, uint32_t start)
{
	skb->cb[0] = w->at;
	skb->cb[1] = w->addresses;
	skb->cb[2] = w->next;
	skb->cb[3] = w->family;
	skb->cb[4] = w->rounds | start << START_SHIFT;
}

INLINED struct gate_walk
kept(const struct __sk_buff *skb)
{
	return (struct gate_walk){
	    .at = skb->cb[0],
	    .addresses = skb->cb[1],
	    .next = skb->cb[2],
	    .family = (uint8_t)skb->cb[3],
	    .rounds = (uint8_t)(skb->cb[4] & ROUNDS_MASK),
	};
}

/* A verifier does not follow what goes through the packet's control block. */
INLINED void
gate_blur(const struct gate_packet *p, struct gate_walk *w)
{
	keep(context(p), w, context(p)->cb[4] >> START_SHIFT);
	__asm__ volatile("" : : : "memory"); /* nor does the compiler keep it at hand */
	*w = kept(context(p));
}

INLINED int
steer(const struct gate_packet *p, const struct gate_walk *w)
{
	uint32_t first = 0;
	const uint32_t *count = bpf_map_lookup_elem(&readers, &first);

	return count ? (int)steer_end(p, w, *count) : 0;
}

/* Ends only where the tail call cannot be made. */
INLINED int
go_on(struct __sk_buff *skb, const struct gate_walk *w, uint32_t start)
{
	keep(skb, w, start);
	bpf_tail_call(skb, &rounds, 0);
	return 0;
}

SEC("socket")
int
go_round(struct __sk_buff *skb)
{
	const struct gate_packet *p = (const struct gate_packet *)skb;
	struct gate_walk w = kept(skb);

	gate_round(p, &w);
	return gate_goes_on(&w) ? go_on(skb, &w, skb->cb[4] >> START_SHIFT) : steer(p, &w);
}

#define ENTRY(name, header)                               \
	int enter_##name(struct __sk_buff *skb);          \
	SEC("socket")                                     \
	int enter_##name(struct __sk_buff *skb)           \
	{                                                 \
		struct gate_walk w = gate_begin(header);  \
                                                          \
		return go_on(skb, &w, BPF_HDR_START_MAC); \
	}
GATE_ENTRIES(ENTRY)

int enter_cooked(struct __sk_buff *skb);

/* Of all interfaces together, each with a link header of its own: from behind it on. */
SEC("socket")
int
enter_cooked(struct __sk_buff *skb)
{
	uint16_t protocol = (uint16_t)skb->protocol;
	struct gate_walk w = gate_begin(header_of_cooked(0, gate_u16((const uint8_t *)&protocol)));

	return w.next == HEADER_STOP ? 0 : go_on(skb, &w, BPF_HDR_START_NET);
}

char terms[] SEC("license") = "ISC";
