/*
 * What the gate promises of every packet, with the dissector as judge: nothing
 * is withheld that it would take for a segment of a watched service, unless the
 * flow is marked.
 */
#ifndef TESTS_GATE_JUDGE_H
#define TESTS_GATE_JUDGE_H

#include "dissector/flow.h"
#include "dissector/fragment.h"
#include "dissector/plain_gate.h"

struct gate_judged {
	enum packet_got got;       /* what the dissector makes of the packet */
	enum gate_verdict verdict; /* what the gate says */
	const char *breach;        /* the promise that was broken; NULL: none */
	bool is_watched;           /* it is a segment of a watched service, with this key */
	struct flow_key key;
};

/* Of a segment that came in one piece; was_marked before the gate saw it. */
static inline const char *
gate_judge_segment(const struct gate_judged *j, uint8_t flags, bool was_marked)
{
	if (!j->is_watched)
		return j->verdict == GATE_PASS || j->verdict == GATE_UNWATCHED
			   ? NULL
			   : "unwatched TCP taken for something else";
	if (j->verdict == GATE_PASS)
		return NULL;
	if (j->verdict != GATE_SETTLED)
		return "a watched segment was withheld";
	if (flags & (TCP_SYN | TCP_FIN | TCP_RST))
		return "SYN, FIN or RST was withheld";
	return was_marked ? NULL : "a flow was withheld that bears no mark";
}

/* Both read one packet; service is what the gate was made with. */
static inline struct gate_judged
gate_judge(struct plain_gate *g, struct fragments *f, const struct captured *in,
	   const uint8_t *service)
{
	struct gate_judged j = {0};
	struct gate_count withheld;
	struct packet p;
	bool is_low, was_marked = false;

	j.got = packet_read(in, f, &p);
	if (j.got == PACKET_TCP) {
		j.key = flow_key_of(&p, &is_low);
		j.is_watched = service[p.source_port] || service[p.destination_port];
		was_marked = plain_gate_flow(g, &j.key, &withheld);
	}
	j.verdict = plain_gate_judge(g, in);
	if (j.got == PACKET_HELD || (j.got == PACKET_TCP && p.is_reassembled))
		j.breach = j.verdict == GATE_PASS ? NULL : "a fragment was withheld";
	else if (j.got == PACKET_TCP)
		j.breach = gate_judge_segment(&j, p.flags, was_marked);
	return j;
}

#endif
