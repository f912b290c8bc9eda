/* The gate in user space; see plain_gate.h. Marks are flows of a flow table in one queue. */
#include "dissector/plain_gate.h"

#include <stdlib.h>

#include "dissector/flow.h"
#include "dissector/gate.h"

struct mark {
	struct flow flow; /* first: it is a slot of the table */
	struct gate_count withheld;
};

struct plain_gate {
	struct flow_table marks;
	struct gate_count counts[GATE_VERDICTS];
	struct gate_rules rules;
	int64_t now; /* latest time of a packet, microseconds */
	uint64_t slots[];
};

struct gate_packet {
	struct bytes bytes;
	uint32_t wire_len;
	struct plain_gate *gate;
};

static bool
gate_load(const struct gate_packet *p, uint32_t at, void *to, uint32_t len)
{
	struct bytes rest = bytes_after(p->bytes, at);

	if (rest.len < len)
		return false;
	memcpy(to, rest.at, len);
	return true;
}

static struct mark *
mark_of(struct plain_gate *g, const struct flow_key *key)
{
	return (struct mark *)flow_find(&g->marks, key);
}

static void
count(struct gate_count *c, const struct gate_packet *p)
{
	c->packets++;
	c->bytes += p->wire_len;
}

static bool
gate_flow_is_settled(const struct gate_packet *p, const struct flow_key *key)
{
	struct mark *m = mark_of(p->gate, key);

	if (!m)
		return false;
	count(&m->withheld, p);
	flow_touch(&p->gate->marks, &m->flow, p->gate->now);
	return true;
}

static void
gate_flow_begins(const struct gate_packet *p, const struct flow_key *key)
{
	(void)plain_gate_forget(p->gate, key);
}

static void
gate_blur(const struct gate_packet *p, struct gate_walk *w)
{
	(void)p;
	(void)w;
}

struct plain_gate *
plain_gate_new(const struct plain_gate_config *config)
{
	size_t size = flow_table_size(config->flows, sizeof(struct mark));
	struct plain_gate *g = calloc(1, sizeof(*g) + size);

	if (!g)
		return NULL;
	flow_table_init(&g->marks, g->slots, config->flows, sizeof(struct mark), config->secret);
	gate_rules_watch(&g->rules, config->service);
	return g;
}

void
plain_gate_free(struct plain_gate *g)
{
	free(g);
}

enum gate_verdict
plain_gate_judge(struct plain_gate *g, const struct captured *packet)
{
	const struct gate_packet p = {packet->bytes, packet->wire_len, g};
	struct gate_walk w = gate_begin(header_first(packet->linktype));
	enum gate_verdict verdict;

	if (w.next == HEADER_STOP)
		return GATE_PASS; /* a link type that is not read: the dissector counts it */
	if (packet->time > g->now)
		g->now = packet->time;
	while (gate_goes_on(&w))
		gate_round(&p, &w);
	verdict = gate_end(&p, &w, &g->rules);
	if (verdict != GATE_PASS)
		count(&g->counts[verdict], &p);
	return verdict;
}

void
plain_gate_mark(struct plain_gate *g, const struct flow_key *key)
{
	if (mark_of(g, key))
		return;
	if (g->marks.in_use == g->marks.count)
		flow_remove(&g->marks, flow_oldest(&g->marks, QUEUE_YOUNG));
	(void)flow_add(&g->marks, key, g->now);
}

bool
plain_gate_forget(struct plain_gate *g, const struct flow_key *key)
{
	struct mark *m = mark_of(g, key);

	if (m)
		flow_remove(&g->marks, &m->flow);
	return m != NULL;
}

bool
plain_gate_flow(struct plain_gate *g, const struct flow_key *key, struct gate_count *out)
{
	const struct mark *m = mark_of(g, key);

	if (m)
		*out = m->withheld;
	return m != NULL;
}

void
plain_gate_counts(const struct plain_gate *g, struct gate_count out[GATE_VERDICTS])
{
	memcpy(out, g->counts, sizeof(g->counts));
}

uint32_t
plain_gate_marks(const struct plain_gate *g)
{
	return g->marks.in_use;
}
