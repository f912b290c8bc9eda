/*
 * What programs of the gate's walk (gate.h) in the kernel have in common: a packet
 * starts at the entry of its link layer and goes on, a round each, by tail calls of
 * the same program; what is known by then lies in the packet's control block, which is
 * the filter's own while it runs.
 *
 * For gate.bpf.c and steer.bpf.c, each of which defines gate_load and the rest that
 * gate.h wants, and go_round.
 */
#ifndef MONITOR_CAPTURE_WALK_KERNEL_H
#define MONITOR_CAPTURE_WALK_KERNEL_H

#include <linux/bpf.h>

#define typeof __typeof__ /* the next header is GNU C */
#include <bpf/bpf_helpers.h>

#include "dissector/gate.h"
#include "monitor/capture/gate_entries.h"

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

/* What gate.h knows as a packet is the kernel's context; only who includes this looks into it. */
INLINED struct __sk_buff *
context(const struct gate_packet *p)
{
	return (struct __sk_buff *)(uintptr_t)p;
}

/* From where on offsets count, an enum bpf_hdr_start_off; for programs that chose it. */
INLINED uint32_t
walk_start(const struct __sk_buff *skb)
{
	return skb->cb[4] >> START_SHIFT;
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
	keep(context(p), w, walk_start(context(p)));
	__asm__ volatile("" : : : "memory"); /* nor does the compiler keep it at hand */
	*w = kept(context(p));
}

/* Where the tail call cannot be made, the verdict is otherwise. */
INLINED int
go_on(struct __sk_buff *skb, const struct gate_walk *w, uint32_t start, int otherwise)
{
	keep(skb, w, start);
	bpf_tail_call(skb, &rounds, 0);
	return otherwise;
}

/* The walk of a cooked packet, whose link header the kernel keeps to itself. */
INLINED struct gate_walk
begin_cooked(const struct __sk_buff *skb)
{
	uint16_t protocol = (uint16_t)skb->protocol;

	return gate_begin(header_of_cooked(0, gate_u16((const uint8_t *)&protocol)));
}

/* For GATE_ENTRIES: an entry for each link header, which enter() of who includes this begins at. */
#define ENTRY(name, header)                      \
	int enter_##name(struct __sk_buff *skb); \
	SEC("socket")                            \
	int enter_##name(struct __sk_buff *skb)  \
	{                                        \
		return enter(skb, header);       \
	}

#endif
