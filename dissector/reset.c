/*
 * Resets, believed or doubted; see reset.h. A receiver believes one in sequence
 * alone (RFC 9293 section 3.10.7.4, RFC 5961 section 3.2); whoever forges one
 * must meet that, and is then contradicted by the sender whom he imitates.
 */
#include "dissector/reset.h"

#include "dissector/sender.h"

/* Whether a reset to a side whose stream never began answers what the other sent, RFC 9293
 * section 3.10.7.3. */
static bool
is_refusal(const struct conversation *c, enum side from, const struct packet *p)
{
	const struct stream *peer = &c->exchange.streams[side_other(from)];

	return !(p->flags & TCP_ACK) || !peer->is_begun || p->ack == peer->seq_base ||
	       p->ack == peer->seq_base + (uint32_t)peer->sent;
}

/* A reset that the receiver must believe: in sequence, RFC 5961 section 3.2. */
static bool
is_in_sequence(const struct stream *s, uint64_t offset)
{
	return offset == s->offset || offset == s->sent || offset == s->acked ||
	       (s->fin_seen && offset == s->fin_offset + 1);
}

/*
 * What of the packet is not its supposed sender's. The TTL is a sign by itself;
 * IP-ID and window are only together, and of a sender who counts his packets.
 */
static uint8_t
reset_contradictions(const struct stream *s, const struct packet *p)
{
	uint8_t found = 0;

	if (!s->is_seen)
		return 0;
	found |= sender_is_new_ttl(s, p->ttl) ? RESET_TTL_DIFFERS : 0;
	found |= sender_is_far_ip_id(s, p) ? RESET_IP_ID_DIFFERS : 0;
	found |= sender_is_new_window(s, p) ? RESET_WINDOW_DIFFERS : 0;
	if (found & RESET_TTL_DIFFERS)
		return found;
	if (!sender_counts(s) || found != (RESET_IP_ID_DIFFERS | RESET_WINDOW_DIFFERS))
		return 0;
	return found;
}

void
reset_keep(struct conversation *c, struct workshop *w)
{
	struct ledger l = conversation_ledger(c, w);

	if (!c->reset.contradictions || c->resets_kept >= RESETS_MAX)
		return;
	c->resets_kept++;
	ledger_note(&l, NOTE_RESET, (struct bytes){(const uint8_t *)&c->reset, sizeof(c->reset)});
	c->reset.contradictions = 0;
}

void
reset_believe(struct conversation *c)
{
	c->has_early_reset = false;
	c->has_reset = true;
	if (!c->has_end) {
		c->has_end = true;
		c->ended_by = (uint8_t)c->reset.from;
	}
}

/*
 * A reset. One out of sequence may have overtaken what comes before it: it is
 * believed when its place is reached, or when nothing more comes.
 */
void
reset_take(struct conversation *c, enum side from, const struct packet *p)
{
	const struct stream *s = &c->exchange.streams[from];
	uint64_t offset = 0;
	bool is_now;

	if (c->has_reset)
		return;
	if (!s->is_begun)
		is_now = is_refusal(c, from, p);
	else if (stream_offset(s, p->seq, &offset))
		is_now = is_in_sequence(s, offset);
	else
		return;
	if (c->has_early_reset && !is_now)
		return;
	c->reset_offset = offset;
	c->is_early_followed = false;
	if (s->is_begun)
		c->exchange.streams[from].shown = offset;
	c->reset = (struct reset){
	    .from = from,
	    .time = p->time,
	    .ttl = p->ttl,
	    .usual_ttl = s->ttl_low,
	    .ip_id = p->ip_id,
	    .last_ip_id = s->ip_id,
	    .window = p->window,
	    .contradictions = reset_contradictions(s, p),
	};
	c->has_early_reset = true;
	if (is_now)
		reset_believe(c);
}

/*
 * After a reset its supposed sender goes on where it stood: it never sent the
 * reset. (What begins elsewhere may be of a new connection with the same ports,
 * whose first number lies not far ahead: RFC 6528 section 3.)
 */
void
reset_doubt(struct conversation *c, struct workshop *w, const struct segment *seg)
{
	if (!c->has_reset || seg->from != c->reset.from || seg->payload.len == 0 ||
	    seg->offset != c->reset_offset)
		return;
	c->reset.contradictions |= RESET_DATA_FOLLOWED;
	c->reset.bytes_after += (uint32_t)seg->payload.len;
	reset_keep(c, w);
	c->has_reset = false;
	c->has_end = false;
}
