/* SYNs, and what stands for them; see opening.h. */
#include "dissector/opening.h"

#include "dissector/sender.h"

/* The SYN of a stream that is begun was seen. */
static void
meet_syn(struct stream *s, const struct packet *p)
{
	if (!s->syn_seen)
		sender_begin(s, p->ttl);
	s->syn_seen = true;
}

void
opening_in_the_middle(struct conversation *c, enum side from, uint32_t seq)
{
	struct stream *s = &c->exchange.streams[from];

	stream_begin(s, seq);
	s->awaits_syn = true;
}

/* The SYN came behind data that it precedes. False where it can't be that data's. */
static bool
take_late_syn(struct conversation *c, struct waiting_room *r, enum side from,
	      const struct packet *p)
{
	struct stream *s = &c->exchange.streams[from];
	uint32_t delta = s->seq_base - (p->seq + 1);

	if (!s->awaits_syn || delta > STREAM_AHEAD_MAX)
		return false;
	stream_rebase(s, &c->exchange.streams[side_other(from)], r, delta);
	meet_syn(s, p);
	s->awaits_syn = false;
	return true;
}

/*
 * Whether the server's stream was begun by what is not of this connection: here
 * comes the answer to the client's SYN. A server that still knows an older one
 * first says where that stood, RFC 9293 section 3.5.1.
 */
static bool
is_answer_to_syn(const struct conversation *c, enum side from, const struct packet *p)
{
	const struct stream *client = &c->exchange.streams[SIDE_CLIENT];
	const struct stream *server = &c->exchange.streams[SIDE_SERVER];

	return from == SIDE_SERVER && p->flags & TCP_ACK && client->syn_seen &&
	       p->ack == client->seq_base && !server->syn_seen && server->offset == 0;
}

/* The server's stream begins here, and what came in its name before is none of it. */
static void
begin_server_anew(struct conversation *c, struct waiting_room *r, const struct packet *p)
{
	struct stream *s = &c->exchange.streams[SIDE_SERVER];

	stream_drop_all(s, r);
	stream_restart(s, p->seq + 1);
	s->fin_seen = s->fin_acked = s->awaits_syn = false;
	meet_syn(s, p);
}

bool
opening_syn(struct conversation *c, struct waiting_room *r, enum side from, const struct packet *p)
{
	struct stream *s = &c->exchange.streams[from];

	/* A SYN-ACK names where the client begins, whether its SYN was captured or not. */
	if (from == SIDE_SERVER && p->flags & TCP_ACK && !c->exchange.streams[SIDE_CLIENT].is_begun)
		opening_in_the_middle(c, SIDE_CLIENT, p->ack);
	if (!s->is_begun) {
		stream_begin(s, p->seq + 1);
		meet_syn(s, p);
		return true;
	}
	if (take_late_syn(c, r, from, p))
		return true;
	if (s->seq_base == p->seq + 1) {
		meet_syn(s, p); /* sent again, or overtaken by what it began */
		return true;
	}
	if (is_answer_to_syn(c, from, p)) {
		begin_server_anew(c, r, p);
		return true;
	}
	if (from == SIDE_SERVER && s->syn_seen && s->offset == 0 && s->sent == 0) {
		/* Two SYN-ACKs: the client's acknowledgement will tell which is believed. */
		c->other_isn = p->seq + 1;
		c->other_ttl = p->ttl;
		c->has_other_isn = true;
		return false;
	}
	return false;
}

/* Whether the packet goes by the numbers of the SYN-ACK that is not believed. */
static bool
is_for_other_start(const struct conversation *c, enum side from, const struct packet *p)
{
	if (!c->has_other_isn || p->flags & TCP_SYN)
		return false;
	return from == SIDE_CLIENT ? p->flags & TCP_ACK && p->ack == c->other_isn
				   : p->payload.len > 0 && p->seq == c->other_isn;
}

void
opening_settle(struct conversation *c, enum side from, const struct packet *p)
{
	struct stream *server = &c->exchange.streams[SIDE_SERVER];
	uint32_t isn = server->seq_base;
	uint8_t ttl = server->ttl_first;

	if (server->offset > 0 || server->waiting || !is_for_other_start(c, from, p))
		return;
	stream_restart(server, c->other_isn);
	sender_begin(server, c->other_ttl);
	c->other_isn = isn;
	c->other_ttl = ttl;
}

/* Whether a SYN behind this number could begin a new connection: not one that is just where this
 * one goes on (RFC 6528 section 3: nobody chooses such), which asks for a challenge alone. */
static bool
is_fresh_isn(const struct stream *s, uint32_t seq)
{
	uint64_t offset;

	return !stream_offset(s, seq, &offset) || (offset != s->offset && offset != s->sent);
}

bool
opening_is_another(const struct conversation *c, const struct packet *p, bool is_over)
{
	bool by_server = (p->flags & TCP_ACK) != 0;
	const struct stream *s = &c->exchange.streams[by_server ? SIDE_SERVER : SIDE_CLIENT];

	if (s->is_begun && s->seq_base == p->seq + 1)
		return false; /* sent again */
	if (s->awaits_syn && s->seq_base - (p->seq + 1) <= STREAM_AHEAD_MAX)
		return false; /* overtaken by what it began */
	return is_over || (!by_server && s->is_begun && is_fresh_isn(s, p->seq + 1));
}
