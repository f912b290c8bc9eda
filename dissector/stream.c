/*
 * One direction in order; see stream.h. Offsets are 64 bits wide and never
 * wrap; sequence numbers are met with only in stream_begin and stream_offset.
 */
#include "dissector/stream.h"

#include <string.h>

/* Which segment brought the bytes of the history up to `end`. */
struct origin {
	uint64_t end;
	int64_t time;
	uint16_t ip_id, window;
	uint8_t ttl, checksum, place, pad;
};

#define ORIGINS_MAX \
	(256 * sizeof(struct origin)) /* bytes of origins kept: tiny segments are not free */

void
waiting_room_init(struct waiting_room *r, void *memory, size_t size, struct pool *pool)
{
	*r = (struct waiting_room){.slots = memory, .pool = pool};
	r->count = (uint32_t)(size / sizeof(struct waiting));
}

static struct waiting *
room_at(const struct waiting_room *r, uint32_t ref)
{
	return ref ? &r->slots[ref - 1] : NULL;
}

static uint32_t
room_take(struct waiting_room *r)
{
	uint32_t ref = r->freed;

	if (ref)
		r->freed = r->slots[ref - 1].next;
	else if (r->fresh < r->count)
		ref = ++r->fresh;
	r->in_use += ref != 0;
	return ref;
}

static void
room_give(struct waiting_room *r, uint32_t ref)
{
	chain_clear(r->pool, &r->slots[ref - 1].payload);
	r->slots[ref - 1].next = r->freed;
	r->freed = ref;
	r->in_use--;
}

bool
stream_is_crowded(const struct stream *s, const struct waiting_room *r)
{
	/*
	 * A part of what is left of a quarter: the rest is kept for the few segments
	 * that each of a table full of flows may need at any time.
	 */
	uint32_t many = r->count / WAITING_ROOM_PART;
	uint32_t cap = r->in_use < many ? (many - r->in_use) / WAITING_ROOM_SHARE : 0;

	if (cap > STREAM_WAITING_MAX)
		cap = STREAM_WAITING_MAX;
	if (cap < STREAM_WAITING_MIN)
		cap = STREAM_WAITING_MIN;
	return s->waiting_count >= cap;
}

void
stream_begin(struct stream *s, uint32_t seq)
{
	s->is_begun = true;
	s->seq_base = seq;
}

void
stream_restart(struct stream *s, uint32_t seq)
{
	s->seq_base = seq;
	s->sent = s->shown = s->acked = 0;
}

void
stream_rebase(struct stream *s, struct stream *peer, struct waiting_room *r, uint32_t delta)
{
	s->seq_base -= delta;
	s->sent += delta;
	s->shown += delta;
	/* Of what lies in front nothing is known to be acknowledged. */
	s->acked += s->acked ? delta : 0;
	s->fin_offset += delta;
	for (uint32_t at = s->waiting; at; at = r->slots[at - 1].next)
		r->slots[at - 1].offset += delta;
	for (uint32_t at = peer->waiting; at; at = r->slots[at - 1].next)
		if (r->slots[at - 1].peer_offset != UINT64_MAX)
			r->slots[at - 1].peer_offset += delta;
}

void
stream_reach(struct stream *s, uint64_t offset, uint64_t end)
{
	s->shown = end;
	if (end == offset || (end < s->sent && offset != s->offset))
		return;
	if (s->acked > end)
		s->acked = end;
	if (end < s->sent)
		return;
	s->fin_doubted = s->fin_seen && end < s->fin_offset;
	s->sent = end;
}

bool
stream_has_ended(const struct stream *s)
{
	return s->fin_told && s->fin_acked && !s->fin_strange;
}

bool
stream_offset(const struct stream *s, uint32_t seq, uint64_t *offset)
{
	uint32_t next = s->seq_base + (uint32_t)s->offset;
	uint32_t ahead = seq - next;

	if (ahead <= STREAM_AHEAD_MAX) {
		*offset = s->offset + ahead;
		return true;
	}
	if (next - seq > s->offset)
		return false;
	*offset = s->offset - (next - seq);
	return true;
}

bool
stream_follow(struct stream *s, uint32_t seq, uint32_t len, uint64_t *offset)
{
	uint32_t ahead = seq - (s->seq_base + (uint32_t)s->offset);

	if (len == 0)
		return false;
	s->strays = s->strays && s->stray_seq == seq ? (uint8_t)(s->strays + 1) : 1;
	s->stray_seq = seq + len;
	/* Behind is nothing to follow: those are old segments. */
	if (s->strays < STREAM_STRAYS_MAX || ahead > UINT32_MAX / 2)
		return false;
	s->strays = 0;
	*offset = s->offset + ahead;
	return true;
}

static struct version
version_of_segment(const struct segment *seg, struct bytes text)
{
	return (struct version){
	    .time = seg->time,
	    .ttl = seg->ttl,
	    .ip_id = seg->ip_id,
	    .window = seg->window,
	    .checksum = (enum checksum)seg->checksum,
	    .text = bytes_first(text, SAMPLE_MAX),
	};
}

/* Tell that the overlap beginning at offset has other bytes in second than it had, in kept, before.
 */
static void
tell_overlap(const struct pool *p, const struct chain *kept, uint32_t at, struct overlap *o,
	     overlap_fn *tell, void *ctx)
{
	uint8_t text[SAMPLE_MAX];
	uint32_t want = o->len < SAMPLE_MAX ? o->len : SAMPLE_MAX;

	o->first.text = (struct bytes){text, chain_copy(p, kept, at, text, want)};
	tell(ctx, o);
}

/* Index of the first byte in which chain, from `at` on, differs from bytes; bytes.len where none
 * does. */
static uint32_t
first_difference(const struct pool *p, const struct chain *c, uint32_t at, struct bytes bytes)
{
	struct chain_reader r = chain_reader(p, c);
	uint32_t done = 0;

	chain_read(&r, NULL, at);
	while (done < bytes.len) {
		struct bytes run = chain_read_run(&r, (uint32_t)bytes.len - done);

		if (run.len == 0)
			break;
		if (memcmp(run.at, bytes.at + done, run.len) != 0) {
			for (size_t i = 0; run.at[i] == bytes.at[done]; i++)
				done++;
			return done;
		}
		done += (uint32_t)run.len;
	}
	return (uint32_t)bytes.len;
}

/* Who brought the byte at offset of the history. */
static struct origin
origin_in_history(const struct stream *s, const struct pool *p, uint64_t offset)
{
	struct chain_reader r = chain_reader(p, &s->origins);
	struct origin o = {0};

	while (chain_read(&r, &o, sizeof(o)) == sizeof(o) && o.end <= offset)
		continue;
	return o;
}

/* Compare bytes that lie at offset, all before the next byte in order, with the history. */
static void
compare_history(const struct stream *s, const struct pool *p, const struct segment *seg,
		struct bytes old, overlap_fn *tell, void *ctx)
{
	uint64_t begin = s->history_end - s->history.len;
	uint64_t offset = seg->offset;
	struct origin origin;
	struct overlap o;
	uint32_t at, differs;

	if (offset < begin) {
		old = bytes_after(old, (size_t)(begin - offset));
		offset = begin;
	}
	if (offset >= s->history_end)
		return;
	old = bytes_first(old, (size_t)(s->history_end - offset));
	at = (uint32_t)(offset - begin);
	differs = first_difference(p, &s->history, at, old);
	if (differs == old.len)
		return;
	origin = origin_in_history(s, p, offset + differs);
	o = (struct overlap){
	    .from = seg->from,
	    .offset = offset,
	    .first_difference = differs,
	    .first = {.time = origin.time,
		      .ttl = origin.ttl,
		      .ip_id = origin.ip_id,
		      .window = origin.window,
		      .checksum = (enum checksum)origin.checksum},
	    .second = version_of_segment(seg, old),
	    .len = (uint32_t)old.len,
	    .place = (enum place)origin.place,
	    .first_end = origin.end,
	    .second_end = seg->offset + seg->payload.len,
	};
	tell_overlap(p, &s->history, at, &o, tell, ctx);
}

void
stream_compare(struct stream *s, const struct pool *p, struct segment *seg, overlap_fn *tell,
	       void *ctx)
{
	uint64_t behind = s->offset > seg->offset ? s->offset - seg->offset : 0;
	struct bytes old = bytes_first(seg->payload, (size_t)behind);

	if (behind == 0)
		return;
	/*
	 * A keep-alive probe repeats the last byte, with any value: RFC 9293
	 * section 3.8.4 asks for one garbage octet of some peers.
	 */
	if (!seg->is_doubtful && (seg->payload.len > 1 || behind > 1))
		compare_history(s, p, seg, old, tell, ctx);
	seg->payload = bytes_after(seg->payload, old.len);
	if (seg->payload.len == 0)
		seg->cut =
		    behind - old.len >= seg->cut ? 0 : seg->cut - (uint32_t)(behind - old.len);
	seg->offset = s->offset;
}

/* Put a piece of seg in the list behind *link. */
static bool
insert(struct stream *s, struct waiting_room *r, uint32_t *link, const struct segment *piece)
{
	uint32_t ref;
	struct waiting *w;

	if (s->waiting_count >= STREAM_WAITING_MAX || !(ref = room_take(r)))
		return false;
	w = room_at(r, ref);
	*w = (struct waiting){
	    .next = *link,
	    .cut = piece->cut,
	    .time = piece->time,
	    .offset = piece->offset,
	    .peer_offset = piece->peer_offset,
	    .ip_id = piece->ip_id,
	    .window = piece->window,
	    .ttl = piece->ttl,
	    .checksum = piece->checksum,
	    .is_doubtful = piece->is_doubtful,
	};
	if (!chain_append(r->pool, &w->payload, piece->payload)) {
		room_give(r, ref);
		return false;
	}
	*link = ref;
	s->waiting_count++;
	s->waiting_bytes += (uint32_t)piece->payload.len;
	return true;
}

/* Compare the part of seg that w holds already. */
static void
compare_waiting(const struct waiting_room *r, const struct waiting *w, const struct segment *seg,
		overlap_fn *tell, void *ctx)
{
	uint64_t begin = w->offset > seg->offset ? w->offset : seg->offset;
	struct bytes part = bytes_after(seg->payload, (size_t)(begin - seg->offset));
	uint32_t at = (uint32_t)(begin - w->offset), differs;
	struct overlap o;

	part = bytes_first(part, w->payload.len - at);
	differs = first_difference(r->pool, &w->payload, at, part);
	if (differs == part.len)
		return;
	o = (struct overlap){
	    .from = seg->from,
	    .offset = begin,
	    .first_difference = differs,
	    .first = {.time = w->time,
		      .ttl = w->ttl,
		      .ip_id = w->ip_id,
		      .window = w->window,
		      .checksum = (enum checksum)w->checksum},
	    .second = version_of_segment(seg, part),
	    .len = (uint32_t)part.len,
	    .first_end = w->offset + w->payload.len,
	    .second_end = seg->offset + seg->payload.len,
	};
	tell_overlap(r->pool, &w->payload, at, &o, tell, ctx);
}

/* The part of seg that lies in [from, to). */
static struct segment
piece_of(const struct segment *seg, uint64_t from, uint64_t to)
{
	struct segment piece = *seg;

	piece.offset = from;
	piece.payload = bytes_first(bytes_after(seg->payload, (size_t)(from - seg->offset)),
				    (size_t)(to - from));
	if (to != seg->offset + seg->payload.len)
		piece.cut = 0;
	return piece;
}

bool
stream_wait(struct stream *s, struct waiting_room *r, const struct segment *seg, overlap_fn *tell,
	    void *ctx)
{
	uint64_t at = seg->offset, end = seg->offset + seg->payload.len;
	uint32_t *link = &s->waiting;

	while (*link && at < end) {
		struct waiting *w = &r->slots[*link - 1];
		uint64_t w_end = w->offset + w->payload.len;

		if (w->offset > at) {
			struct segment piece = piece_of(seg, at, w->offset < end ? w->offset : end);

			if (!insert(s, r, link, &piece))
				return false;
			at = piece.offset + piece.payload.len;
			link = &r->slots[*link - 1].next;
			continue;
		}
		if (w_end > at) {
			if (!seg->is_doubtful)
				compare_waiting(r, w, seg, tell, ctx);
			at = w_end;
		}
		link = &w->next;
	}
	if (at < end) {
		struct segment piece = piece_of(seg, at, end);

		return insert(s, r, link, &piece);
	}
	return true;
}

const struct waiting *
stream_first(const struct stream *s, const struct waiting_room *r)
{
	return room_at(r, s->waiting);
}

/* Take the segment that *link leads to out of the list. */
static void
unlink_waiting(struct stream *s, struct waiting_room *r, uint32_t *link)
{
	uint32_t ref = *link;
	struct waiting *w = room_at(r, ref);

	*link = w->next;
	s->waiting_count--;
	s->waiting_bytes -= w->payload.len;
	room_give(r, ref);
}

void
stream_drop_first(struct stream *s, struct waiting_room *r)
{
	if (s->waiting)
		unlink_waiting(s, r, &s->waiting);
}

void
stream_drop_last(struct stream *s, struct waiting_room *r)
{
	uint32_t *link = &s->waiting;

	if (!s->waiting)
		return;
	while (r->slots[*link - 1].next)
		link = &r->slots[*link - 1].next;
	unlink_waiting(s, r, link);
}

void
stream_drop_all(struct stream *s, struct waiting_room *r)
{
	while (s->waiting)
		stream_drop_first(s, r);
}

void
stream_retract(struct stream *s, struct waiting_room *r, const struct segment *seg)
{
	uint64_t end = seg->offset + seg->payload.len;
	uint32_t *link = &s->waiting;

	while (*link && r->slots[*link - 1].offset < end) {
		struct waiting *w = &r->slots[*link - 1];

		if (w->is_doubtful && w->offset + w->payload.len > seg->offset)
			unlink_waiting(s, r, link);
		else
			link = &w->next;
	}
}

/* Shorten the history and the origins to their caps, and each to what the other covers. */
static void
trim_history(struct stream *s, struct pool *p)
{
	struct origin o;
	uint64_t begin = s->history_end - s->history.len;

	if (s->history.len > STREAM_HISTORY_MAX)
		begin = s->history_end - STREAM_HISTORY_MAX;
	while (chain_copy(p, &s->origins, 0, &o, sizeof(o)) == sizeof(o) &&
	       (o.end <= begin || s->origins.len > ORIGINS_MAX)) {
		chain_drop(p, &s->origins, sizeof(o));
		begin = o.end > begin ? o.end : begin;
	}
	chain_drop(p, &s->history, (uint32_t)(begin - (s->history_end - s->history.len)));
}

static void
remember(struct stream *s, struct pool *p, const struct segment *seg)
{
	struct origin o = {
	    .end = s->offset,
	    .time = seg->time,
	    .ip_id = seg->ip_id,
	    .window = seg->window,
	    .ttl = seg->ttl,
	    .checksum = seg->checksum,
	    .place = seg->place,
	};

	if (s->history_end != s->offset - seg->payload.len)
		stream_forget(s, p);
	s->history_end = s->offset;
	if (!chain_append(p, &s->history, seg->payload) ||
	    !chain_append(p, &s->origins, (struct bytes){(const uint8_t *)&o, sizeof(o)})) {
		stream_forget(s, p);
		return;
	}
	trim_history(s, p);
}

void
stream_deliver(struct stream *s, struct pool *p, const struct segment *seg)
{
	s->offset += seg->payload.len;
	s->bytes += seg->payload.len;
	if (!s->history_done)
		remember(s, p, seg);
}

void
stream_pass(struct stream *s, struct pool *p, uint64_t len)
{
	s->offset += len;
	s->gap_bytes += len;
	stream_forget(s, p);
}

void
stream_forget(struct stream *s, struct pool *p)
{
	chain_clear(p, &s->history);
	chain_clear(p, &s->origins);
	s->history_end = s->offset;
}

void
stream_clear(struct stream *s, struct waiting_room *r)
{
	stream_drop_all(s, r);
	stream_forget(s, r->pool);
}
