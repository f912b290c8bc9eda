/* One flow from its first packet to its last; see conversation.h. */
#include "dissector/conversation.h"

#include <string.h>

#include "dissector/scrub.h"
#include "dissector/text.h"

static enum side
other(enum side side)
{
	return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

static struct smtp *
smtp_of(struct conversation *c)
{
	return (struct smtp *)(void *)c->smtp;
}

static struct tls *
tls_of(struct conversation *c)
{
	return (struct tls *)(void *)c->tls;
}

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

/* A conversation and the workshop, as one context for the exchange's calls. */
struct bench {
	struct conversation *c;
	struct workshop *w;
	bool had_overlap; /* this packet brought other bytes than were there */
};

/* ---- What the bytes are ---- */

static void
give_tls(struct bench *b, enum side from, const struct segment *seg, struct bytes bytes)
{
	struct conversation *c = b->c;
	struct ledger l = conversation_ledger(c, b->w);
	struct tls_input in = {
	    .from = from,
	    .time = seg->time,
	    .offset = seg->offset + (seg->payload.len - bytes.len),
	    .bytes = bytes,
	    .peer_offset = seg->peer_offset,
	};

	if (!c->tls_begun) {
		tls_init(tls_of(c), c->mode == MODE_TLS);
		c->tls_begun = true;
	}
	c->exchange.streams[from].history_done = true;
	if (c->is_tls_short[from]) {
		c->is_tls_short[from] = false;
		tls_gap(tls_of(c), &l, from, 1);
	}
	if (bytes.len)
		tls_feed(tls_of(c), &l, b->w->digests, &in);
}

/* Bytes that the dialogue kept back, and which turned out to be TLS, lie right before the rest. */
static void
give_tls_behind_smtp(struct bench *b, enum side from, const struct segment *seg, struct bytes rest)
{
	uint8_t kept[8];
	size_t n = smtp_take_back(smtp_of(b->c), from, kept);
	struct segment front = *seg;

	if (n) {
		front.offset = seg->offset + (seg->payload.len - rest.len) - n;
		front.payload = (struct bytes){kept, n};
		give_tls(b, from, &front, front.payload);
	}
	if (rest.len)
		give_tls(b, from, seg, rest);
}

static void
give_smtp(struct bench *b, enum side from, const struct segment *seg)
{
	struct ledger l = conversation_ledger(b->c, b->w);
	struct smtp_input in = {
	    .from = from,
	    .time = seg->time,
	    .offset = seg->offset,
	    .bytes = seg->payload,
	    .peer_offset = seg->peer_offset,
	};
	size_t used = 0;

	if (!smtp_side_is_tls(smtp_of(b->c), from))
		used = smtp_feed(smtp_of(b->c), &l, &in);
	if (smtp_side_is_tls(smtp_of(b->c), from))
		give_tls_behind_smtp(b, from, seg, bytes_after(seg->payload, used));
}

static void
give(struct bench *b, enum side from, const struct segment *seg)
{
	switch ((enum mode)b->c->mode) {
	case MODE_SMTP:
		give_smtp(b, from, seg);
		break;
	case MODE_TLS:
		give_tls(b, from, seg, seg->payload);
		break;
	case MODE_FRESH:
	case MODE_LOST:
		break;
	}
}

/* Whether each side that was seen was seen from its SYN on. */
static bool
is_from_start(const struct conversation *c)
{
	for (int side = 0; side < SIDES; side++) {
		const struct stream *s = &c->exchange.streams[side];

		if (s->is_seen && !s->syn_seen)
			return false;
	}
	return true;
}

/* Decide by the first bytes of the connection, RFC 8314 section 3.3: TLS, or a dialogue. */
static void
set_mode(struct bench *b, enum got tls, uint8_t first)
{
	struct conversation *c = b->c;

	if (tls != GOT_WHOLE) {
		c->mode = MODE_SMTP;
		smtp_init(smtp_of(c), c->service == SERVICE_LMTP, is_from_start(c));
		return;
	}
	/* In the middle of a connection only a hello can be read from its first byte on. */
	c->mode = is_from_start(c) || first == 0x16 ? MODE_TLS : MODE_LOST;
}

/* Give what was kept back to the layer that is now known. */
static void
give_held(struct bench *b)
{
	struct conversation *c = b->c;
	enum side from = (enum side)c->held_from;
	struct segment seg = {
	    .from = from,
	    .time = c->end,
	    .offset = c->exchange.streams[from].offset - c->held,
	    .peer_offset = UINT64_MAX,
	    .payload = {c->hold, c->held},
	};

	if (c->held)
		give(b, from, &seg);
	c->held = 0;
}

/* The first bytes: keep them back as long as they could be the beginning of a record. */
static bool
decide(struct bench *b, enum side from, const struct segment *seg)
{
	struct conversation *c = b->c;
	uint8_t front[CONVERSATION_HOLD];
	size_t n = c->held && c->held_from == from ? c->held : 0;
	struct bytes more = bytes_first(seg->payload, sizeof(front) - n);
	enum got got;

	memcpy(front, c->hold, n);
	memcpy(front + n, more.at, more.len);
	got = tls_looks_like((struct bytes){front, n + more.len});
	if (got == GOT_PART && n + seg->payload.len < sizeof(front)) {
		memcpy(c->hold, front, n + more.len);
		c->held = (uint8_t)(n + more.len);
		c->held_from = (uint8_t)from;
		return false;
	}
	set_mode(b, got, front[0]);
	give_held(b);
	return true;
}

/* ---- What the exchange tells ---- */

static enum place
on_place(void *ctx, enum side from)
{
	const struct conversation *c = ((struct bench *)ctx)->c;

	if (c->mode == MODE_TLS)
		return PLACE_TLS;
	if (c->mode != MODE_SMTP)
		return from == SIDE_SERVER ? PLACE_GREETING : PLACE_OTHER;
	if (smtp_side_is_tls((const struct smtp *)(const void *)c->smtp, from))
		return PLACE_TLS;
	return smtp_place((const struct smtp *)(const void *)c->smtp, from);
}

static void
on_bytes(void *ctx, enum side from, const struct segment *seg)
{
	struct bench *b = ctx;

	if (b->c->mode == MODE_FRESH && !decide(b, from, seg))
		return;
	give(b, from, seg);
}

static void
on_gap(void *ctx, enum side from, uint64_t len)
{
	struct bench *b = ctx;
	struct conversation *c = b->c;
	struct ledger l = conversation_ledger(c, b->w);

	b->w->gaps++;
	b->w->gap_bytes += len;
	if (c->mode == MODE_FRESH) {
		set_mode(b, GOT_BAD, 0);
		give_held(b);
	}
	if (!c->tls_begun || !tls_is_decided(tls_of(c)))
		c->has_clear_gap = true;
	if (c->mode == MODE_TLS || (c->mode == MODE_SMTP && smtp_side_is_tls(smtp_of(c), from))) {
		if (c->tls_begun)
			tls_gap(tls_of(c), &l, from, len);
	} else if (c->mode == MODE_SMTP) {
		c->is_tls_short[from] = smtp_facts(smtp_of(c))->requested == FACT_YES ||
					smtp_facts(smtp_of(c))->accepted == FACT_YES;
		smtp_gap(smtp_of(c), &l, from, len);
	}
}

static void
on_fin(void *ctx, enum side from)
{
	struct conversation *c = ((struct bench *)ctx)->c;

	if (!c->has_end) {
		c->has_end = true;
		c->ended_by = (uint8_t)from;
	}
}

/* What the overlap lies in: by what it was taken for, else by what either version says. */
static enum place
place_of(const struct overlap *o)
{
	if (o->place != PLACE_OTHER && o->place != PLACE_COMMAND)
		return o->place;
	if (o->from == SIDE_SERVER)
		return o->place;
	for (int i = 0; i < 2; i++) {
		struct bytes text = i == 0 ? o->first.text : o->second.text;

		if (text_starts(text, BYTES("STARTTLS")))
			return PLACE_STARTTLS;
		if (text_starts(text, BYTES("EHLO")) || text_starts(text, BYTES("HELO")))
			return PLACE_EHLO;
		if (text_starts(text, BYTES("AUTH")))
			return PLACE_AUTH;
	}
	return o->place;
}

/* Blank in each line of text, which may begin and end in the middle of one, what must not be kept.
 */
static void
scrub_text(enum side from, uint8_t *text, size_t len)
{
	while (len > 0) {
		size_t line = bytes_find((struct bytes){text, len}, '\n');

		line += line < len;
		if (from == SIDE_CLIENT)
			scrub_command(text, line);
		else
			scrub_reply(text, line);
		text += line;
		len -= line;
	}
}

/* Message text and secrets are not kept, in no version; of the rest no local part. */
static struct bytes
scrubbed(enum side from, enum place place, struct bytes text, uint8_t *out)
{
	if (place == PLACE_MESSAGE || place == PLACE_AUTH)
		return (struct bytes){0};
	memcpy(out, text.at, text.len);
	scrub_text(from, out, text.len);
	return (struct bytes){out, text.len};
}

static void
on_overlap(void *ctx, const struct overlap *o)
{
	struct bench *b = ctx;
	struct conversation *c = b->c;
	struct ledger l = conversation_ledger(c, b->w);
	uint8_t first[SAMPLE_MAX], second[SAMPLE_MAX];
	struct conflict conflict = {
	    .from = o->from,
	    .place = place_of(o),
	    .offset = o->offset + o->first_difference,
	    .len = o->len - o->first_difference,
	    .first = o->first,
	    .second = o->second,
	};

	b->had_overlap = true;
	c->conflicts++;
	if (c->conflicts_kept >= CONFLICTS_MAX)
		return;
	c->conflicts_kept++;
	conflict.first.text = scrubbed(o->from, conflict.place, o->first.text, first);
	conflict.second.text = scrubbed(o->from, conflict.place, o->second.text, second);
	ledger_conflict(&l, &conflict);
	c->last_conflict_from = (uint8_t)o->from;
	c->first_end = o->first_end;
	c->second_end = o->second_end;
	c->last_acted = ACTED_UNKNOWN;
	if (o->first_end != o->second_end && c->exchange.streams[o->from].acked == o->first_end)
		c->last_acted = ACTED_FIRST;
}

static struct exchange_sink
sink_of(struct bench *b)
{
	return (struct exchange_sink){
	    .ctx = b,
	    .place = on_place,
	    .bytes = on_bytes,
	    .gap = on_gap,
	    .fin = on_fin,
	    .overlap = on_overlap,
	};
}

/* ---- What a packet brings ---- */

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

void
conversation_succeed(struct conversation *c, uint32_t isn, int64_t start)
{
	struct stream *client = &c->exchange.streams[SIDE_CLIENT];

	stream_begin(client, isn);
	client->syn_seen = true;
	client->is_seen = true;
	client->ttl_high = UINT8_MAX; /* its TTL was not kept: any will do */
	c->start = start;
}

/* What the packet acknowledges, as offset in the peer's stream; UINT64_MAX where it is not known.
 */
static uint64_t
take_acknowledgement(struct conversation *c, enum side from, const struct packet *p)
{
	struct stream *peer = &c->exchange.streams[other(from)];
	uint64_t offset;

	if (!(p->flags & TCP_ACK) || !peer->is_begun || !stream_offset(peer, p->ack, &offset))
		return UINT64_MAX;
	/* A FIN takes a number of its own behind the last byte. */
	if (peer->fin_seen && offset > peer->fin_offset)
		offset = peer->fin_offset;
	if (offset > peer->acked)
		peer->acked = offset;
	if (c->last_acted == ACTED_UNKNOWN && c->conflicts_kept &&
	    c->last_conflict_from == other(from) && c->first_end != c->second_end) {
		if (offset == c->first_end)
			c->last_acted = ACTED_FIRST;
		else if (offset == c->second_end)
			c->last_acted = ACTED_SECOND;
	}
	return offset;
}

/* What this sender's packets have in common, to know another's by. */
static void
learn_sender(struct stream *s, const struct packet *p)
{
	if (!s->is_seen || p->ttl < s->ttl_low)
		s->ttl_low = p->ttl;
	if (!s->is_seen || p->ttl > s->ttl_high)
		s->ttl_high = p->ttl;
	s->ip_id = p->ip_id;
	s->window = p->window;
	s->is_seen = true;
}

static void
begin_stream(struct stream *s, uint32_t seq, bool by_syn)
{
	stream_begin(s, seq);
	s->syn_seen = by_syn;
}

/*
 * A SYN or SYN-ACK. False where the packet belongs to another connection:
 * either a new one that may take this one's place, or a forged one.
 */
static bool
take_syn(struct conversation *c, enum side from, const struct packet *p)
{
	struct stream *s = &c->exchange.streams[from];

	if (!s->is_begun) {
		begin_stream(s, p->seq + 1, true);
		return true;
	}
	if (s->seq_base == p->seq + 1) {
		s->syn_seen = true; /* sent again, or overtaken by what it began */
		return true;
	}
	if (from == SIDE_SERVER && s->syn_seen && s->offset == 0 && s->sent == 0) {
		/* Two SYN-ACKs: the client's acknowledgement will tell which is believed. */
		c->other_isn = p->seq + 1;
		c->has_other_isn = true;
		return false;
	}
	if (from == SIDE_CLIENT) {
		c->new_isn = p->seq + 1;
		c->new_start = p->time;
		c->has_new_isn = true;
	}
	return false;
}

/* Whether the packet shows that a SYN seen within this connection was answered: RFC 9293
 * section 3.6.1. */
static bool
is_successor(const struct conversation *c, enum side from, const struct packet *p)
{
	if (!c->has_new_isn)
		return false;
	if (from == SIDE_SERVER)
		return p->flags & TCP_SYN && p->flags & TCP_ACK && p->ack == c->new_isn;
	return !(p->flags & TCP_SYN) && p->seq == c->new_isn && p->payload.len > 0;
}

/* Of two SYN-ACKs the one that the client acknowledges is its server's. */
static void
settle_server_start(struct conversation *c, enum side from, const struct packet *p)
{
	struct stream *server = &c->exchange.streams[SIDE_SERVER];

	if (from != SIDE_CLIENT || !(p->flags & TCP_ACK) || server->offset > 0 || server->waiting)
		return;
	if (c->has_other_isn && p->ack == c->other_isn) {
		stream_begin(server, c->other_isn);
		c->has_other_isn = false;
	}
}

/* Whether a reset to a side whose stream never began answers what the other sent, RFC 9293
 * section 3.10.7.3. */
static bool
is_refusal(const struct conversation *c, enum side from, const struct packet *p)
{
	const struct stream *peer = &c->exchange.streams[other(from)];

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

static uint8_t
reset_contradictions(const struct stream *s, const struct packet *p)
{
	uint8_t found = 0;

	if (!s->is_seen || (p->ttl + CONVERSATION_TTL_DRIFT >= s->ttl_low &&
			    p->ttl <= s->ttl_high + CONVERSATION_TTL_DRIFT))
		return 0;
	found = RESET_TTL_DIFFERS;
	/* These alone prove nothing: many stacks send resets with an IP-ID and a window of zero. */
	if (p->ip_id && (uint16_t)(p->ip_id - s->ip_id + CONVERSATION_IP_ID_DRIFT) >
			    2 * CONVERSATION_IP_ID_DRIFT)
		found |= RESET_IP_ID_DIFFERS;
	if (p->window && p->window != s->window)
		found |= RESET_WINDOW_DIFFERS;
	return found;
}

static void
keep_reset(struct conversation *c, struct workshop *w)
{
	struct ledger l = conversation_ledger(c, w);

	if (!c->reset.contradictions || c->resets_kept >= RESETS_MAX)
		return;
	c->resets_kept++;
	ledger_note(&l, NOTE_RESET, (struct bytes){(const uint8_t *)&c->reset, sizeof(c->reset)});
	c->reset.contradictions = 0;
}

static void
believe_reset(struct conversation *c)
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
static void
take_reset(struct conversation *c, enum side from, const struct packet *p)
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
		believe_reset(c);
}

/*
 * After a reset its supposed sender goes on where it stood: it never sent the
 * reset. (What begins elsewhere may be of a new connection with the same ports,
 * whose first number lies not far ahead: RFC 6528 section 3.)
 */
static void
doubt_reset(struct conversation *c, struct workshop *w, const struct segment *seg)
{
	if (!c->has_reset || seg->from != c->reset.from || seg->payload.len == 0 ||
	    seg->offset != c->reset_offset)
		return;
	c->reset.contradictions |= RESET_DATA_FOLLOWED;
	c->reset.bytes_after += (uint32_t)seg->payload.len;
	keep_reset(c, w);
	c->has_reset = false;
	c->has_end = false;
}

static void
take_fin(struct conversation *c, enum side from, const struct packet *p, uint64_t offset)
{
	struct stream *s = &c->exchange.streams[from];
	uint64_t end = offset + p->payload.len + p->payload_cut;

	if (!(p->flags & TCP_FIN) || s->fin_seen || end < s->offset)
		return;
	s->fin_seen = true;
	s->fin_offset = end;
}

/* What comes is the text of a message, which is followed to its end but not looked at. */
static bool
is_in_message(const struct conversation *c)
{
	return c->mode == MODE_SMTP &&
	       smtp_is_in_message((const struct smtp *)(const void *)c->smtp);
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
			   c->exchange.streams[other(seg->from)].is_seen;
	w->checksum_wrong += seg->is_doubtful;
}

static void
take_payload(struct bench *b, enum side from, const struct packet *p, struct segment *seg)
{
	struct conversation *c = b->c;
	struct stream *s = &c->exchange.streams[from];
	struct exchange_sink sink = sink_of(b);
	uint64_t end = seg->offset + p->payload.len + p->payload_cut;

	if (p->payload.len || p->payload_cut) {
		c->has_payload = true;
		if (end > s->sent)
			s->sent = end;
		doubt_reset(c, b->w, seg);
		exchange_segment(&c->exchange, &b->w->room, seg, &sink);
	}
	exchange_drain(&c->exchange, &b->w->room, p->time, &sink);
	if (c->has_early_reset && c->exchange.streams[c->reset.from].offset == c->reset_offset)
		believe_reset(c);
}

/* Both ends have closed, and all before that was delivered. */
static bool
is_closed(const struct conversation *c)
{
	return c->exchange.streams[SIDE_CLIENT].fin_told &&
	       c->exchange.streams[SIDE_SERVER].fin_told;
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
		scrub_text(from, text, own.len);
		own.at = text;
	}
	evidence_packet(&b->w->evidence, &b->c->kept, from, offset, p, own);
}

/* The segment's place in its stream; a first one without SYN begins the stream where it stands. */
static bool
place_segment(struct conversation *c, enum side from, const struct packet *p, struct segment *seg)
{
	struct stream *s = &c->exchange.streams[from];
	uint32_t seq = p->seq + (p->flags & TCP_SYN ? 1 : 0);

	if (!s->is_begun)
		begin_stream(s, seq, false);
	if (stream_offset(s, seq, &seg->offset)) {
		s->strays = 0;
		return true;
	}
	return stream_follow(s, seq, (uint32_t)p->payload.len + p->payload_cut, &seg->offset);
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
	if (!place_segment(c, from, p, &seg))
		return AFTER_OPEN;
	offset = seg.offset;
	learn_sender(&c->exchange.streams[from], p);
	take_fin(c, from, p, offset);
	take_payload(b, from, p, &seg);
	if (keep)
		keep_packet(b, from, p, offset);
	return is_closed(c) ? AFTER_CLOSED : AFTER_OPEN;
}

enum after
conversation_packet(struct conversation *c, struct workshop *w, const struct packet *p,
		    bool source_is_low)
{
	enum side from = source_is_low == c->client_is_low ? SIDE_CLIENT : SIDE_SERVER;
	struct bench b = {.c = c, .w = w};
	enum after after;

	if (is_successor(c, from, p))
		return AFTER_REUSED;
	if (p->flags & TCP_SYN && !take_syn(c, from, p))
		return AFTER_OPEN;
	c->packets++;
	c->end = p->time > c->end ? p->time : c->end;
	settle_server_start(c, from, p);
	if (p->flags & TCP_RST) {
		take_reset(c, from, p);
		evidence_packet(&w->evidence, &c->kept, from, c->exchange.streams[from].offset, p,
				(struct bytes){0});
		c->exchange.streams[from].is_seen = true;
		return c->has_reset ? AFTER_RESET : AFTER_OPEN;
	}
	after = take_segment(&b, from, p);
	return c->has_reset ? AFTER_RESET : after;
}

bool
conversation_is_settled(const struct conversation *c)
{
	const struct tls *t = (const struct tls *)(const void *)c->tls;

	return c->mode == MODE_LOST || (c->tls_begun && tls_facts(t)->complete == FACT_YES);
}

void
conversation_settle(struct conversation *c, struct workshop *w)
{
	stream_forget(&c->exchange.streams[SIDE_CLIENT], &w->pool);
	stream_forget(&c->exchange.streams[SIDE_SERVER], &w->pool);
}

/* ---- The end ---- */

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
	for (int side = 0; side < SIDES; side++)
		if (!c->exchange.streams[side].is_seen)
			tls_gap(tls_of(c), l, (enum side)side, 1);
	tls_finish(tls_of(c), l, ending, (enum side)c->ended_by);
}

enum ending
conversation_finish(struct conversation *c, struct workshop *w, enum ending ending)
{
	struct bench b = {.c = c, .w = w};
	struct exchange_sink sink = sink_of(&b);
	struct ledger l = conversation_ledger(c, w);

	exchange_flush(&c->exchange, &w->room, &sink);
	/* Out of sequence to the end, but nothing came behind it. */
	if (c->has_early_reset && !is_closed(c) &&
	    c->reset_offset >= c->exchange.streams[c->reset.from].offset)
		believe_reset(c);
	if (c->mode == MODE_FRESH && c->held) {
		set_mode(&b, GOT_BAD, 0);
		give_held(&b);
	}
	keep_reset(c, w);
	ending = ending_of(c, ending);
	if (c->mode == MODE_SMTP)
		smtp_finish(smtp_of(c), &l);
	if (c->tls_begun)
		finish_tls(c, &l, ending);
	return ending;
}

void
conversation_clear(struct conversation *c, struct workshop *w)
{
	exchange_clear(&c->exchange, &w->room);
	if (c->mode == MODE_SMTP)
		smtp_clear(smtp_of(c), &w->pool);
	if (c->tls_begun)
		tls_clear(tls_of(c), &w->pool);
	chain_clear(&w->pool, &c->notes);
}
