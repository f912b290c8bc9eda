/* One flow from its first packet to its last; see conversation.h. */
#include "dissector/conversation.h"

#include <string.h>

#include "dissector/opening.h"
#include "dissector/reset.h"
#include "dissector/route.h"
#include "dissector/sender.h"

struct ledger
conversation_ledger(struct conversation *c, struct workshop *w)
{
	return (struct ledger){
	    .pool = &w->pool,
	    .notes = &c->notes,
	    .evidence = &w->evidence,
	    .kept = &c->kept,
	    .is_short = &c->is_short,
	};
}

void
conversation_begin(struct conversation *c, const struct packet *p, bool source_is_client,
		   bool source_is_low, enum service service)
{
	c->client_is_low = source_is_client == source_is_low;
	c->service = (uint8_t)service;
	c->start = p->time;
	c->end = p->time;
	c->encap = p->encap;
}

static enum side
side_of(const struct conversation *c, bool source_is_low)
{
	return source_is_low == c->client_is_low ? SIDE_CLIENT : SIDE_SERVER;
}

/*
 * Whether the packet brings new bytes, behind where its sender stood: then he
 * has acknowledged no more than it does, whatever another claimed in his name.
 */
static bool
goes_on(const struct stream *s, const struct packet *p)
{
	uint64_t offset, end;

	if (p->payload.len == 0 || !s->is_begun || !stream_offset(s, p->seq, &offset))
		return false;
	end = offset + p->payload.len;
	return offset == s->offset && end > s->shown;
}

/* The sender's packet acknowledges that much of the peer's stream. */
static void
acknowledge(const struct stream *sender, struct stream *peer, const struct packet *p,
	    uint64_t offset)
{
	bool is_foreign = sender_is_foreign_ttl(sender, p->ttl);

	if (offset > peer->acked) {
		peer->acked = offset;
		peer->acked_strangely = is_foreign;
	} else if (offset < peer->acked && goes_on(sender, p)) {
		peer->acked = offset;
	} else if (offset == peer->acked && !is_foreign) {
		peer->acked_strangely = false;
	}
}

/* What the packet acknowledges, as offset in the peer's stream; UINT64_MAX where it is not known.
 */
static uint64_t
take_acknowledgement(struct conversation *c, enum side from, const struct packet *p)
{
	struct stream *peer = &c->exchange.streams[side_other(from)];
	uint64_t offset;

	if (!(p->flags & TCP_ACK) || !peer->is_begun || !stream_offset(peer, p->ack, &offset))
		return UINT64_MAX;
	if (offset <= peer->offset)
		peer->stood = p->time;
	/* A FIN takes a number of its own behind the last byte. */
	if (peer->fin_seen && offset > peer->fin_offset) {
		peer->fin_acked = offset == peer->fin_offset + 1;
		offset = peer->fin_offset;
	}
	acknowledge(&c->exchange.streams[from], peer, p, offset);
	/*
	 * Who stops at the end of the shorter version has not taken the longer. One
	 * who goes to the end of the longer may have its end behind the other's front.
	 */
	if (c->last_acted == ACTED_UNKNOWN && c->conflicts_kept &&
	    c->last_conflict_from == side_other(from)) {
		if (offset == c->first_end && c->first_end < c->second_end)
			c->last_acted = ACTED_FIRST;
		else if (offset == c->second_end && c->second_end < c->first_end)
			c->last_acted = ACTED_SECOND;
	}
	return offset;
}

/* A sender ends in one place: of two FINs the one is his that comes where he stands. */
static void
take_fin(struct conversation *c, enum side from, const struct packet *p, uint64_t offset)
{
	struct stream *s = &c->exchange.streams[from];
	uint64_t end = offset + p->payload.len + p->payload_cut;
	bool is_nearer = offset == s->offset && end < s->fin_offset;

	if (!(p->flags & TCP_FIN) || (s->fin_seen && !is_nearer) || end < s->offset)
		return;
	s->fin_seen = true;
	s->fin_acked = s->fin_doubted = false;
	s->fin_strange = sender_is_doubtful(s, p);
	s->fin_offset = end;
}

/* What comes is the text of a message, which is followed to its end but not looked at. */
static bool
is_in_message(const struct conversation *c)
{
	return c->mode == MODE_SMTP && smtp_is_in_message(conversation_smtp_const(c));
}

/*
 * Look at the checksum of a segment in clear. Where every checksum of this
 * sender is wrong it is the capture that has them so (offload, edited captures);
 * where the other end is not captured nothing would tell that it was received.
 */
static void
doubt_checksum(struct conversation *c, struct workshop *w, const struct packet *p,
	       struct segment *seg)
{
	struct stream *s = &c->exchange.streams[seg->from];
	enum checksum checksum;

	if (p->payload.len == 0 || conversation_is_settled(c) || is_in_message(c))
		return;
	checksum = packet_checksum(p);
	seg->checksum = (uint8_t)checksum;
	if (checksum == CHECKSUM_RIGHT)
		s->checksum_right = true;
	seg->is_doubtful = checksum == CHECKSUM_WRONG && s->checksum_right &&
			   c->exchange.streams[side_other(seg->from)].is_seen;
	w->checksum_wrong += seg->is_doubtful;
}

static void
take_payload(struct bench *b, enum side from, const struct packet *p, struct segment *seg)
{
	struct conversation *c = b->c;
	struct exchange_sink sink = route_sink(b);
	uint64_t end = seg->offset + p->payload.len + p->payload_cut;

	stream_reach(&c->exchange.streams[from], seg->offset, end);
	if (p->payload.len || p->payload_cut) {
		c->has_payload = true;
		c->is_early_followed |= c->has_early_reset && from == c->reset.from;
		reset_doubt(c, b->w, seg);
		exchange_segment(&c->exchange, &b->w->room, seg, &sink);
	}
	exchange_drain(&c->exchange, &b->w->room, p->time, &sink);
	if (c->has_early_reset && c->exchange.streams[c->reset.from].offset == c->reset_offset)
		reset_believe(c);
}

/* Both ends have closed, and all before that was delivered. */
static bool
is_closed(const struct conversation *c)
{
	return c->exchange.streams[SIDE_CLIENT].fin_told &&
	       c->exchange.streams[SIDE_SERVER].fin_told;
}

/* The layers above the connection have ended, too: nothing more was to come. */
static bool
has_said_goodbye(const struct conversation *c)
{
	if (c->tls_begun && tls_is_closed(conversation_tls_const(c)))
		return true;
	return c->mode == MODE_SMTP && smtp_facts(conversation_smtp_const(c))->quit_sent;
}

/* This side's FIN was acknowledged, and looks like the other packets of its sender. */
static bool
is_own_end(const struct stream *s)
{
	return s->fin_acked && !s->fin_strange;
}

/*
 * How it stands behind this packet. FINs and what acknowledges them may be
 * forged, all of them: they end what is under way at once only where the ends
 * had taken leave of each other.
 */
static enum after
after_segment(const struct conversation *c)
{
	if (!is_closed(c))
		return AFTER_OPEN;
	return has_said_goodbye(c) && is_own_end(&c->exchange.streams[SIDE_CLIENT]) &&
		       is_own_end(&c->exchange.streams[SIDE_SERVER])
		   ? AFTER_CLOSED
		   : AFTER_CLOSING;
}

/* Packets that may become evidence: not of a message's text, not once all is ciphertext. */
static bool
is_worth_keeping(const struct conversation *c, const struct packet *p)
{
	if (conversation_is_settled(c))
		return (p->flags & (TCP_RST | TCP_FIN)) != 0;
	if (is_in_message(c))
		return (p->flags & (TCP_RST | TCP_FIN)) != 0;
	return p->payload.len || p->flags & (TCP_SYN | TCP_FIN | TCP_RST);
}

static void
keep_packet(struct bench *b, enum side from, const struct packet *p, uint64_t offset)
{
	uint8_t text[EVIDENCE_PAYLOAD_MAX];
	struct bytes own = {0};

	if (b->had_overlap) {
		own = bytes_first(p->payload, sizeof(text));
		memcpy(text, own.at, own.len);
		route_scrub(from, b->overlap, text, own.len);
		own.at = text;
	}
	evidence_packet(&b->w->evidence, &b->c->kept, from, offset, p, own);
}

/* The segment's place in its stream. */
static bool
place_segment(struct bench *b, enum side from, const struct packet *p, struct segment *seg)
{
	struct conversation *c = b->c;
	struct stream *s = &c->exchange.streams[from];
	uint32_t seq = p->seq + (p->flags & TCP_SYN ? 1 : 0);

	if (!s->is_begun)
		opening_in_the_middle(c, from, seq);
	/* One that was overtaken by what it precedes. */
	if (s->awaits_syn && s->seq_base - seq <= STREAM_AHEAD_MAX)
		stream_rebase(s, &c->exchange.streams[side_other(from)], &b->w->room,
			      s->seq_base - seq);
	if (stream_offset(s, seq, &seg->offset)) {
		s->strays = 0;
		return true;
	}
	return stream_follow(s, seq, (uint32_t)p->payload.len + p->payload_cut, &seg->offset);
}

/*
 * Whether what has no place in its stream shows that the stream is followed by
 * wrong numbers: it goes by the other SYN-ACK's, or goes on behind what had no
 * place either, and no end of the stream will say otherwise. One alone is a late
 * copy, or forged.
 */
static void
take_stray(struct bench *b, enum side from, const struct packet *p)
{
	struct conversation *c = b->c;
	struct ledger l = conversation_ledger(c, b->w);

	if (p->payload.len <= 1 || conversation_is_settled(c))
		return;
	c->exchange.streams[from].has_strayed |= c->exchange.streams[from].strays > 1;
	if (!c->has_other_isn || from != SIDE_SERVER || p->seq - c->other_isn > STREAM_AHEAD_MAX)
		return;
	c->has_clear_gap = true;
	/* What it answers is answered, if not in what is read. */
	if (c->mode == MODE_SMTP)
		smtp_gap(conversation_smtp(c), &l, from, p->payload.len);
}

/* Its supposed sender goes on behind a FIN: RFC 9293 section 3.6 leaves that to nobody but a
 * forger. */
static void
doubt_fin(struct conversation *c, enum side from, const struct packet *p, uint64_t offset)
{
	struct stream *s = &c->exchange.streams[from];

	/* A byte in the FIN's own place is a keep-alive, RFC 9293 section 3.8.4. */
	if (!s->fin_told || p->payload.len <= 1 || offset > s->fin_offset ||
	    offset + p->payload.len <= s->fin_offset)
		return;
	s->fin_seen = s->fin_acked = s->fin_told = false;
	c->has_end = false;
}

static enum after
take_segment(struct bench *b, enum side from, const struct packet *p)
{
	struct conversation *c = b->c;
	struct segment seg = {
	    .from = from,
	    .time = p->time,
	    .payload = p->payload,
	    .cut = p->payload_cut,
	    .ip_id = p->ip_id,
	    .window = p->window,
	    .ttl = p->ttl,
	};
	bool keep = is_worth_keeping(c, p);
	uint64_t offset;

	doubt_checksum(c, b->w, p, &seg);
	seg.peer_offset = take_acknowledgement(c, from, p);
	if (!place_segment(b, from, p, &seg)) {
		take_stray(b, from, p);
		return AFTER_OPEN;
	}
	offset = seg.offset;
	doubt_fin(c, from, p, offset);
	take_fin(c, from, p, offset);
	sender_learn(&c->exchange.streams[from], p,
		     p->payload.len > 0 && offset == c->exchange.streams[from].offset);
	take_payload(b, from, p, &seg);
	if (keep)
		keep_packet(b, from, p, offset);
	return after_segment(c);
}

/* Bytes of both sides that are looked at for what breaks into the ciphertext. */
#define LOOKED_AT ((uint64_t)128 << 10)

bool
conversation_may_be_withheld(const struct conversation *c)
{
	const struct stream *client = &c->exchange.streams[SIDE_CLIENT];
	const struct stream *server = &c->exchange.streams[SIDE_SERVER];

	return conversation_is_settled(c) && !c->has_reset && client->waiting == 0 &&
	       server->waiting == 0 && client->bytes + server->bytes >= LOOKED_AT;
}

/*
 * Of a flow whose packets are withheld come its ends, whose places cannot be
 * judged, and what was on its way when that began.
 */
static enum after
take_end(struct conversation *c, enum side from, const struct packet *p)
{
	struct stream *s = &c->exchange.streams[from];

	if (!(p->flags & (TCP_FIN | TCP_RST)))
		return AFTER_OPEN;
	if (!c->has_end) {
		c->has_end = true;
		c->ended_by = (uint8_t)from;
	}
	if (p->flags & TCP_RST) {
		c->has_reset = true;
		return AFTER_RESET;
	}
	s->fin_seen = s->fin_acked = s->fin_told = true;
	s->fin_offset = s->offset;
	return is_closed(c) ? AFTER_CLOSED : AFTER_OPEN;
}

enum after
conversation_packet(struct conversation *c, struct workshop *w, const struct packet *p,
		    bool source_is_low)
{
	enum side from = side_of(c, source_is_low);
	struct bench b = {.c = c, .w = w};
	enum after after;

	if (p->flags & TCP_SYN && !opening_syn(c, &w->room, from, p))
		return AFTER_OPEN;
	c->packets++;
	c->end = p->time > c->end ? p->time : c->end;
	if (c->is_withheld)
		return take_end(c, from, p);
	opening_settle(c, from, p);
	if (p->flags & TCP_RST) {
		reset_take(c, from, p);
		if (c->has_reset || c->has_early_reset)
			take_acknowledgement(c, from, p);
		evidence_packet(&w->evidence, &c->kept, from, c->exchange.streams[from].offset, p,
				(struct bytes){0});
		c->exchange.streams[from].is_seen = true;
		return c->has_reset ? AFTER_RESET : AFTER_OPEN;
	}
	after = take_segment(&b, from, p);
	return c->has_reset ? AFTER_RESET : after;
}

/* Whether the packet may still belong to a connection that is over, by its place. */
static bool
is_late(const struct conversation *c, enum side from, const struct packet *p)
{
	const struct stream *s = &c->exchange.streams[from];
	uint64_t offset;

	if (p->payload.len == 0 || !s->is_begun)
		return true;
	if (!stream_offset(s, p->seq, &offset))
		return false;
	/* What goes on over the end of a told session is not dropped: it is its rest. */
	if (c->is_told && s->fin_told && p->payload.len > 1 && offset <= s->fin_offset &&
	    offset + p->payload.len > s->fin_offset)
		return false;
	return !(s->fin_told && offset > s->fin_offset);
}

bool
conversation_is_another(const struct conversation *c, const struct packet *p, bool source_is_low,
			bool is_over)
{
	if (p->flags & TCP_SYN)
		return opening_is_another(c, p, is_over);
	return is_over && !is_late(c, side_of(c, source_is_low), p);
}

uint32_t
conversation_distance(const struct conversation *c, const struct packet *p, bool source_is_low)
{
	enum side from = side_of(c, source_is_low);
	const struct stream *s = &c->exchange.streams[from];
	const struct stream *peer = &c->exchange.streams[side_other(from)];
	uint32_t ahead;

	if (s->is_begun && p->flags & TCP_SYN)
		ahead = p->seq + 1 - s->seq_base;
	else if (s->is_begun)
		ahead = p->seq - (s->seq_base + (uint32_t)s->sent);
	else if (peer->is_begun && p->flags & TCP_ACK)
		ahead = p->ack - (peer->seq_base + (uint32_t)peer->sent);
	else
		return UINT32_MAX;
	return ahead < 0 - ahead ? ahead : 0 - ahead;
}

bool
conversation_is_leaving(const struct conversation *c)
{
	const struct stream *client = &c->exchange.streams[SIDE_CLIENT];
	const struct stream *server = &c->exchange.streams[SIDE_SERVER];

	return has_said_goodbye(c) && ((client->fin_told && !client->fin_strange) ||
				       (server->fin_told && !server->fin_strange));
}

bool
conversation_is_answered(const struct conversation *c)
{
	return c->exchange.streams[SIDE_CLIENT].is_seen && c->exchange.streams[SIDE_SERVER].is_seen;
}

/* Where a SYN came too late, what it began was read as if begun in the middle. */
bool
conversation_is_from_syn(const struct conversation *c)
{
	const struct stream *client = &c->exchange.streams[SIDE_CLIENT];
	const struct stream *server = &c->exchange.streams[SIDE_SERVER];

	return (!client->is_seen || client->syn_seen) && (!server->is_seen || server->syn_seen) &&
	       (c->mode == MODE_FRESH || c->is_from_start);
}

/* Some of the stream's bytes may have been among those that had no place in it. */
static bool
may_have_strayed(const struct stream *s)
{
	return s->has_strayed && !stream_has_ended(s);
}

bool
conversation_is_clear_whole(const struct conversation *c)
{
	return conversation_is_from_syn(c) && !c->has_clear_gap && !c->is_short &&
	       c->mode != MODE_LOST && !may_have_strayed(&c->exchange.streams[SIDE_CLIENT]) &&
	       !may_have_strayed(&c->exchange.streams[SIDE_SERVER]);
}

bool
conversation_is_settled(const struct conversation *c)
{
	const struct tls *t = conversation_tls_const(c);

	return c->mode == MODE_LOST || (c->tls_begun && tls_facts(t)->complete == FACT_YES);
}

void
conversation_settle(struct conversation *c, struct workshop *w)
{
	stream_forget(&c->exchange.streams[SIDE_CLIENT], &w->pool);
	stream_forget(&c->exchange.streams[SIDE_SERVER], &w->pool);
}

/* What ended it, as far as the packets tell. */
static enum ending
ending_of(const struct conversation *c, enum ending otherwise)
{
	const struct stream *client = &c->exchange.streams[SIDE_CLIENT];
	const struct stream *server = &c->exchange.streams[SIDE_SERVER];

	if (c->has_reset && !is_closed(c))
		return ENDING_RESET;
	if (client->fin_told || server->fin_told)
		return ENDING_FIN;
	return otherwise;
}

/* A side that was never captured was not silent: what it said is missing. */
static void
finish_tls(struct conversation *c, struct ledger *l, enum ending ending)
{
	for (int side = 0; side < SIDES; side++) {
		if (!c->exchange.streams[side].is_seen || c->is_tls_short[side])
			tls_gap(conversation_tls(c), l, (enum side)side, 1);
		/* What the other side made of what is lost may be lost with it. */
		if (c->is_tls_short[side])
			ending = ENDING_CAPTURE;
	}
	tls_finish(conversation_tls(c), l, ending, (enum side)c->ended_by);
}

enum ending
conversation_finish(struct conversation *c, struct workshop *w, enum ending ending)
{
	struct bench b = {.c = c, .w = w};
	struct exchange_sink sink = route_sink(&b);
	struct ledger l = conversation_ledger(c, w);
	bool was_reached = c->exchange.streams[c->reset.from].sent == c->reset_offset;

	exchange_flush(&c->exchange, &w->room, &sink);
	/* Out of sequence to the end, but nothing came behind it: what lies between is lost. */
	if (c->has_early_reset && !is_closed(c) && (!c->is_early_followed || was_reached) &&
	    c->reset_offset >= c->exchange.streams[c->reset.from].offset)
		reset_believe(c);
	route_settle(&b);
	reset_keep(c, w);
	ending = ending_of(c, ending);
	if (c->mode == MODE_SMTP)
		smtp_finish(conversation_smtp(c), &l);
	if (c->tls_begun)
		finish_tls(c, &l, ending);
	return ending;
}

void
conversation_reduce(struct conversation *c)
{
	struct conversation rest = {
	    .flow = c->flow,
	    .client_is_low = c->client_is_low,
	    .is_contested = c->is_contested,
	    .is_succeeded = c->is_succeeded,
	    .is_told = true,
	    .mode = MODE_LOST,
	    .end = c->end,
	    .exchange = c->exchange,
	};

	*c = rest;
}

void
conversation_clear(struct conversation *c, struct workshop *w)
{
	exchange_clear(&c->exchange, &w->room);
	if (c->mode == MODE_SMTP)
		smtp_clear(conversation_smtp(c), &w->pool);
	if (c->tls_begun)
		tls_clear(conversation_tls(c), &w->pool);
	chain_clear(&w->pool, &c->notes);
}
