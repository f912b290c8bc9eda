/* Both directions in causal order; see exchange.h. */
#include "dissector/exchange.h"

#include "dissector/sender.h"

bool
exchange_is_waiting(const struct exchange *x)
{
	return x->streams[SIDE_CLIENT].waiting || x->streams[SIDE_SERVER].waiting;
}

/* Whether a side's data came before its SYN: until that comes nothing is known to be the start. */
static bool
awaits_syn(const struct exchange *x)
{
	return x->streams[SIDE_CLIENT].awaits_syn || x->streams[SIDE_SERVER].awaits_syn;
}

/*
 * Whether what this sender had acknowledged was delivered. Where the other side
 * was never seen there is nothing to wait for.
 */
static bool
is_caused(const struct exchange *x, enum side from, uint64_t peer_offset)
{
	const struct stream *peer = &x->streams[side_other(from)];
	/* A FIN is acknowledged like one byte more. */
	bool has_fin = peer->fin_seen && peer->offset >= peer->fin_offset;

	return !peer->is_seen || peer_offset == UINT64_MAX || peer_offset <= peer->offset + has_fin;
}

static void
pass(struct exchange *x, struct waiting_room *r, enum side from, uint64_t len,
     const struct exchange_sink *sink)
{
	if (len == 0)
		return;
	stream_pass(&x->streams[from], r->pool, len);
	sink->gap(sink->ctx, from, len);
}

/* Bytes that were sent behind a segment and not captured: missing, unless another copy waits. */
static void
pass_cut(struct exchange *x, struct waiting_room *r, enum side from, uint32_t cut,
	 const struct exchange_sink *sink)
{
	const struct stream *s = &x->streams[from];
	const struct waiting *next = stream_first(s, r);
	uint64_t len = cut;

	if (next && next->offset < s->offset + len)
		len = next->offset > s->offset ? next->offset - s->offset : 0;
	pass(x, r, from, len, sink);
}

static void
deliver(struct exchange *x, struct waiting_room *r, enum side from, struct segment *seg,
	const struct exchange_sink *sink)
{
	seg->place = (uint8_t)sink->place(sink->ctx, from);
	if (seg->payload.len) {
		sink->bytes(sink->ctx, from, seg);
		stream_deliver(&x->streams[from], r->pool, seg);
	}
	if (seg->cut)
		pass_cut(x, r, from, seg->cut, sink);
}

/* The first segment that waits, which is next in order: run by run, since it lies in blocks. */
static void
deliver_first(struct exchange *x, struct waiting_room *r, enum side from,
	      const struct exchange_sink *sink)
{
	struct stream *s = &x->streams[from];
	struct waiting first = *stream_first(s, r);
	struct chain_reader reader = chain_reader(r->pool, &first.payload);
	struct segment seg = {
	    .from = from,
	    .time = first.time,
	    .offset = first.offset,
	    .peer_offset = first.peer_offset,
	    .ip_id = first.ip_id,
	    .window = first.window,
	    .ttl = first.ttl,
	    .checksum = first.checksum,
	};
	uint64_t behind = s->offset - first.offset; /* bytes a gap has already passed over */
	struct bytes run;

	chain_read(&reader, NULL,
		   (uint32_t)(behind < first.payload.len ? behind : first.payload.len));
	seg.offset = s->offset;
	while ((run = chain_read_run(&reader, POOL_BLOCK_BYTES)).len > 0) {
		seg.payload = run;
		deliver(x, r, from, &seg, sink);
		seg.offset += run.len;
	}
	stream_drop_first(s, r);
	if (first.cut)
		pass_cut(x, r, from, first.cut, sink);
}

static bool
is_next(const struct exchange *x, const struct waiting_room *r, enum side from)
{
	const struct waiting *first = stream_first(&x->streams[from], r);

	return first && first->offset <= x->streams[from].offset;
}

/*
 * It is next, what caused it was delivered, and it is sound: a receiver drops a
 * segment whose checksum is wrong, so one that looks so counts only once it is
 * acknowledged. (Captures whose payloads were edited look so, too.)
 */
static bool
is_ready(const struct exchange *x, const struct waiting_room *r, enum side from)
{
	const struct waiting *first = stream_first(&x->streams[from], r);

	return is_next(x, r, from) && !awaits_syn(x) && is_caused(x, from, first->peer_offset) &&
	       (!first->is_doubtful || x->streams[from].acked > first->offset);
}

static void
tell_fin(struct exchange *x, enum side from, const struct exchange_sink *sink)
{
	struct stream *s = &x->streams[from];

	if (!s->fin_seen || s->fin_told || s->offset < s->fin_offset)
		return;
	s->fin_told = true;
	sink->fin(sink->ctx, from);
}

/* Deliver as long as anything can be. */
static void
deliver_ready(struct exchange *x, struct waiting_room *r, const struct exchange_sink *sink)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (int side = 0; side < SIDES; side++) {
			while (is_ready(x, r, (enum side)side)) {
				deliver_first(x, r, (enum side)side, sink);
				moved = true;
			}
		}
	}
	tell_fin(x, SIDE_CLIENT, sink);
	tell_fin(x, SIDE_SERVER, sink);
}

/* The side whose first waiting segment came first. Something must wait. */
static enum side
longest_waiting(const struct exchange *x, const struct waiting_room *r)
{
	const struct waiting *client = stream_first(&x->streams[SIDE_CLIENT], r);
	const struct waiting *server = stream_first(&x->streams[SIDE_SERVER], r);

	if (!client || (server && server->time < client->time))
		return SIDE_SERVER;
	return SIDE_CLIENT;
}

/* They were not captured: the streams are read from where they were met. */
static void
give_up_syns(struct exchange *x, const struct exchange_sink *sink)
{
	for (int side = 0; side < SIDES; side++) {
		if (!x->streams[side].awaits_syn)
			continue;
		x->streams[side].awaits_syn = false;
		sink->headless(sink->ctx, (enum side)side);
	}
}

/*
 * Whether a segment that lies ahead is another's than its sender's: its TTL is
 * not his, and he was seen to stand in front of its end since it came.
 */
static bool
is_refuted(const struct stream *s, const struct waiting *w)
{
	return sender_is_foreign_ttl(s, w->ttl) && s->shown < w->offset + w->payload.len;
}

/* Pass over what keeps the segment that has waited longest from being delivered. */
static void
unblock(struct exchange *x, struct waiting_room *r, const struct exchange_sink *sink)
{
	enum side from = longest_waiting(x, r);
	const struct waiting *first = stream_first(&x->streams[from], r);
	const struct stream *peer = &x->streams[side_other(from)];
	const struct waiting *peer_first = stream_first(peer, r);
	uint64_t until = first->peer_offset;

	if (awaits_syn(x)) {
		give_up_syns(x, sink);
		return;
	}
	if (!is_next(x, r, from) && is_refuted(&x->streams[from], first)) {
		stream_drop_first(&x->streams[from], r);
		return;
	}
	if (!is_next(x, r, from)) {
		pass(x, r, from, first->offset - x->streams[from].offset, sink);
		return;
	}
	/*
	 * Each waits for the other: no honest pair does, so arrival decides. So it
	 * does where the peer was since seen to stand before what this one says that
	 * it had. Or all that is missing is one number behind the peer's last byte: a
	 * FIN that was not captured.
	 */
	if (is_caused(x, from, until) || is_next(x, r, side_other(from)) ||
	    (peer->acked < until && !peer_first) ||
	    (until == peer->offset + 1 && !peer_first && !peer->fin_seen)) {
		deliver_first(x, r, from, sink);
		return;
	}
	if (peer_first && peer_first->offset < until)
		until = peer_first->offset;
	pass(x, r, side_other(from), until - peer->offset, sink);
}

/* What one direction may hold back, by what the pool still has. */
static bool
is_full(const struct stream *s, const struct waiting_room *r)
{
	uint64_t cap = (uint64_t)pool_left(r->pool) * POOL_BLOCK_BYTES / 16;

	if (cap > EXCHANGE_BYTES_MAX)
		cap = EXCHANGE_BYTES_MAX;
	if (cap < EXCHANGE_BYTES_MIN)
		cap = EXCHANGE_BYTES_MIN;
	return s->waiting_bytes > cap || stream_is_crowded(s, r);
}

/* Whether what is missing next was acknowledged: then it will not be sent again. */
static bool
is_acknowledged(const struct stream *s)
{
	return s->acked > s->offset && !s->acked_strangely;
}

static bool
is_overdue(const struct exchange *x, const struct waiting_room *r, int64_t now)
{
	enum side from = longest_waiting(x, r);
	const struct stream *s = &x->streams[from];
	int64_t since = stream_first(s, r)->time;

	/* Blocked by order of cause: what it waits for is acknowledged by itself. */
	if (is_next(x, r, from) || is_acknowledged(s))
		return now - since > EXCHANGE_WAIT_ACKED_US;
	/* A receiver who says that he lacks it, too, is still sent it. */
	if (s->stood > since)
		since = s->stood;
	return now - since > EXCHANGE_WAIT_SENT_US;
}

/*
 * Whether what waits ahead may rather be given up than what is missing in front
 * of it, which nobody has acknowledged: in the dialogue, where no honest end has
 * so much under way, and where he is heard who would acknowledge it. Who sends
 * the text of a message fills a hole at once.
 */
static bool
is_hole_kept(const struct exchange *x, enum side from, const struct exchange_sink *sink)
{
	const struct stream *s = &x->streams[from];
	enum place place = sink->place(sink->ctx, from);

	return x->streams[side_other(from)].is_seen && !is_acknowledged(s) &&
	       place != PLACE_MESSAGE && place != PLACE_TLS;
}

/* Make a side that is full less so. */
static void
relieve(struct exchange *x, struct waiting_room *r, enum side from,
	const struct exchange_sink *sink)
{
	struct stream *s = &x->streams[from];

	r->refusals++;
	if (!is_next(x, r, from) && !awaits_syn(x) && is_hole_kept(x, from, sink))
		stream_drop_last(s, r);
	else
		unblock(x, r, sink);
}

/* Go on where something must not wait any longer; false where nothing must. */
static bool
hurry(struct exchange *x, struct waiting_room *r, int64_t now, const struct exchange_sink *sink)
{
	if (!exchange_is_waiting(x))
		return false;
	for (int side = 0; side < SIDES; side++)
		if (x->streams[side].waiting && is_full(&x->streams[side], r)) {
			relieve(x, r, (enum side)side, sink);
			return true;
		}
	if (!is_overdue(x, r, now))
		return false;
	unblock(x, r, sink);
	return true;
}

void
exchange_drain(struct exchange *x, struct waiting_room *r, int64_t now,
	       const struct exchange_sink *sink)
{
	deliver_ready(x, r, sink);
	while (hurry(x, r, now, sink))
		deliver_ready(x, r, sink);
}

/* Deliver all that waits, with gaps where bytes are missing. */
static void
flush_waiting(struct exchange *x, struct waiting_room *r, const struct exchange_sink *sink)
{
	deliver_ready(x, r, sink);
	while (exchange_is_waiting(x)) {
		unblock(x, r, sink);
		deliver_ready(x, r, sink);
	}
}

void
exchange_segment(struct exchange *x, struct waiting_room *r, struct segment *seg,
		 const struct exchange_sink *sink)
{
	struct stream *s = &x->streams[seg->from];

	if (!seg->is_doubtful && s->waiting)
		stream_retract(s, r, seg);
	stream_compare(s, r->pool, seg, sink->overlap, sink->ctx);
	if (seg->payload.len == 0 && seg->cut == 0)
		return;
	if (seg->offset == s->offset && !seg->is_doubtful && !exchange_is_waiting(x) &&
	    !awaits_syn(x) && is_caused(x, seg->from, seg->peer_offset)) {
		deliver(x, r, seg->from, seg, sink);
		return;
	}
	if (stream_wait(s, r, seg, sink->overlap, sink->ctx))
		return;
	r->refusals++;
	if (!awaits_syn(x) && is_hole_kept(x, seg->from, sink)) {
		if (seg->offset > s->offset)
			return; /* as if it had not been captured */
		stream_drop_all(s, r);
		if (stream_wait(s, r, seg, sink->overlap, sink->ctx))
			return;
	}
	/* No room to wait: go on with what there is. */
	flush_waiting(x, r, sink);
	stream_compare(s, r->pool, seg, sink->overlap, sink->ctx);
	if (seg->offset > s->offset)
		pass(x, r, seg->from, seg->offset - s->offset, sink);
	deliver(x, r, seg->from, seg, sink);
}

/* Bytes at the end that were acknowledged, or whose sender stood or closed behind them, and which
 * were never captured. */
static void
pass_tail(struct exchange *x, struct waiting_room *r, enum side from,
	  const struct exchange_sink *sink)
{
	struct stream *s = &x->streams[from];
	uint64_t end = s->acked > s->shown ? s->acked : s->shown;

	if (s->fin_seen && (!s->fin_doubted || s->acked >= s->fin_offset))
		end = s->fin_offset;
	else if (end == s->offset + 1)
		end = s->offset; /* a FIN that was not captured is acknowledged like a byte */
	if (s->is_begun && end > s->offset)
		pass(x, r, from, end - s->offset, sink);
}

/*
 * What waits behind the end of a stream on which both ends agree is nobody's:
 * its sender has closed in front of it, and the other one had all up to there.
 */
static void
drop_behind_end(struct stream *s, struct waiting_room *r)
{
	if (stream_has_ended(s))
		stream_drop_all(s, r);
}

void
exchange_flush(struct exchange *x, struct waiting_room *r, const struct exchange_sink *sink)
{
	deliver_ready(x, r, sink);
	drop_behind_end(&x->streams[SIDE_CLIENT], r);
	drop_behind_end(&x->streams[SIDE_SERVER], r);
	flush_waiting(x, r, sink);
	pass_tail(x, r, SIDE_CLIENT, sink);
	pass_tail(x, r, SIDE_SERVER, sink);
	tell_fin(x, SIDE_CLIENT, sink);
	tell_fin(x, SIDE_SERVER, sink);
}

void
exchange_clear(struct exchange *x, struct waiting_room *r)
{
	stream_clear(&x->streams[SIDE_CLIENT], r);
	stream_clear(&x->streams[SIDE_SERVER], r);
}
