/* Records of both sides, and what stands where one should begin; see tls.h. */
#include "dissector/tls.h"

#include "dissector/stray.h"
#include "dissector/tls_message.h"
#include "dissector/tls_outcome.h"

/* What of the input was read so far goes to the evidence. */
static void
show(struct tls_walk *w)
{
	if (w->shown_from != w->shown_to)
		evidence_tls(w->l->evidence, w->l->kept, w->in->from, w->shown_from,
			     w->shown_to - w->shown_from);
	w->shown_from = w->shown_to = 0;
}

void
tls_vouch(struct tls_walk *w, uint64_t from, uint64_t to)
{
	if (from < w->shown_from || from > w->shown_to)
		show(w);
	if (w->shown_from == w->shown_to)
		w->shown_from = from;
	w->shown_to = to;
}

enum got
tls_looks_like(struct bytes in)
{
	struct record ignored;
	enum got got = record_head(bytes_first(in, RECORD_HEAD_LEN), &ignored);

	if (got != GOT_BAD)
		return got;
	return record_head_v2(bytes_first(in, RECORD_HEAD_LEN), &ignored);
}

void
tls_init(struct tls *t, bool is_implicit, bool is_due)
{
	*t = (struct tls){.facts.is_implicit = is_implicit};
	t->halves[SIDE_CLIENT].has_begun = t->halves[SIDE_SERVER].has_begun = !is_due;
}

static void
read_alert(struct tls_walk *w, struct bytes fragment, uint64_t at)
{
	struct tls_half *h = w->h;

	if (h->reader.record.len == ALERT_LEN)
		tls_vouch(w, at, at + fragment.len);
	while (h->alert_len < ALERT_LEN && fragment.len > 0) {
		h->alert[h->alert_len++] = fragment.at[0];
		fragment = bytes_after(fragment, 1);
	}
}

/* The last byte of a record has gone by, captured or not. */
static void
end_record(struct tls *t, struct ledger *l, enum side from)
{
	tls_outcome_record(t, from);
	if (t->halves[from].reader.record.type == RECORD_V2_HELLO)
		tls_message_end_v2(t, l, from);
}

/* The header of a record was just read; its payload begins at this offset. */
static void
begin_record(struct tls_walk *w, uint64_t at)
{
	const struct record *r = &w->h->reader.record;
	uint64_t head_len = r->type == RECORD_V2_HELLO ? 2 : RECORD_HEAD_LEN;

	w->t->facts.records[w->in->from]++;
	w->h->alert_len = 0;
	/* Nothing may stand between the pieces of a message, RFC 8446 section 5.1. */
	if (r->type != RECORD_HANDSHAKE)
		w->h->message_at = r->type == RECORD_V2_HELLO ? at : AT_UNKNOWN;
	if (!tls_outcome_is_known(w->t))
		tls_vouch(w, at - head_len, at);
}

/*
 * Whether a record that is no handshake may come before its side's hello: what
 * is not encrypted yet has its own length, RFC 8446 sections 5 and 6.
 */
static bool
may_come_first(const struct record *r)
{
	switch (r->type) {
	case RECORD_CHANGE_CIPHER_SPEC:
		return r->len == 1;
	case RECORD_ALERT:
		return r->len == ALERT_LEN;
	case RECORD_HANDSHAKE:
	case RECORD_V2_HELLO:
		return true;
	case RECORD_APPLICATION_DATA:
	case RECORD_HEARTBEAT:
		return false;
	}
	return false;
}

/*
 * Payload in clear is read; all other is gone by already. False where this side
 * cannot have begun like that.
 */
static bool
read_fragment(struct tls_walk *w, struct bytes fragment, uint64_t at)
{
	const struct record *r = &w->h->reader.record;

	if (!w->h->has_begun && !w->h->front_is_lost && !may_come_first(r))
		return false;
	switch (r->type) {
	case RECORD_ALERT:
		read_alert(w, fragment, at);
		break;
	case RECORD_HANDSHAKE:
		return tls_is_sealed(w->t, w->h) || tls_message_read(w, fragment, at);
	case RECORD_V2_HELLO:
		w->h->has_begun = true;
		tls_message_read_v2(w, fragment);
		break;
	case RECORD_CHANGE_CIPHER_SPEC:
		if (r->len == 1)
			tls_vouch(w, at, at + fragment.len);
		break;
	case RECORD_APPLICATION_DATA:
	case RECORD_HEARTBEAT:
		break;
	}
	return true;
}

/* What strayed is complete, or as much as is kept: scrub it, tell it. */
static void
tell_stray(struct tls *t, struct ledger *l, enum side from)
{
	struct tls_half *h = &t->halves[from];
	uint8_t text[SAMPLE_MAX];
	struct bytes scrubbed = {text, chain_copy(l->pool, &h->held, 0, text, sizeof(text))};

	h->is_straying = false;
	chain_clear(l->pool, &h->held);
	stray_scrub(text, scrubbed.len, from);
	ledger_note(l, NOTE_INTERRUPTION, scrubbed);
	if (!h->is_handed_back)
		evidence_line(l->evidence, l->kept, from, t->stray_time, t->facts.interrupted_at,
			      scrubbed);
}

/* An address may be cut anywhere: what strays is gathered before it is scrubbed. */
static void
gather_stray(struct tls *t, struct ledger *l, enum side from, struct bytes in)
{
	struct tls_half *h = &t->halves[from];
	bool has_room;

	if (!h->is_straying)
		return;
	has_room = chain_append(l->pool, &h->held, bytes_first(in, SAMPLE_MAX - h->held.len));
	if (!has_room)
		*l->is_short = true;
	if (!has_room || h->held.len == SAMPLE_MAX)
		tell_stray(t, l, from);
}

/*
 * Bytes that are no record: what was held of them as a header, and rest.
 * Returns how many of them came with this input.
 */
static size_t
stray(struct tls_walk *w, struct bytes rest)
{
	struct tls_facts *facts = &w->t->facts;
	struct bytes head = {w->h->reader.head, w->h->reader.head_len};
	size_t before = w->in->bytes.len - rest.len;
	bool is_over = tls_is_closed(w->t);

	/* Who has closed may go on in clear: that stands behind the TLS stream, not inside it. */
	if (facts->complete == FACT_YES && !facts->is_interrupted && !is_over) {
		facts->is_interrupted = true;
		facts->interrupted_by = w->in->from;
		facts->interrupted_at = w->in->offset + before - head.len;
		w->t->stray_time = w->in->time;
		w->h->is_straying = true;
		gather_stray(w->t, w->l, w->in->from, head);
		gather_stray(w->t, w->l, w->in->from, rest);
	}
	/* Behind lost bytes it may be the middle of a record. */
	if (!w->h->front_is_lost)
		tls_outcome_fail(w->t, TLS_FAILED_NOT_TLS, w->in->from);
	w->h->has_strayed = !w->h->front_is_lost;
	assembly_clear(&w->h->assembly, w->l->pool);
	w->h->is_lost = true;
	return w->h->front_is_lost || head.len > before ? 0 : rest.len + head.len;
}

/* The record that was begun is none: what stands where its payload should is something else. */
static size_t
stray_inside(struct tls_walk *w, struct bytes fragment, struct bytes rest)
{
	w->t->facts.records[w->in->from]--;
	return stray(w, bytes_after(w->in->bytes, w->in->bytes.len - rest.len - fragment.len));
}

/* Read on to the end of the input, or to what is no record: how many bytes that leaves. */
static size_t
read_records(struct tls_walk *w)
{
	struct tls_half *h = w->h;
	struct bytes rest = w->in->bytes;
	struct record_part part;

	while (!h->is_lost) {
		enum record_sign sign = record_read(&h->reader, &rest, &part);
		uint64_t at;

		if (sign == RECORD_STRAY)
			return stray(w, rest);
		if (sign != RECORD_PART)
			return 0;
		at = w->in->offset + (w->in->bytes.len - rest.len) - part.fragment.len;
		if (part.begins)
			begin_record(w, at);
		if ((part.fragment.len > 0 || part.ends) && !read_fragment(w, part.fragment, at))
			return stray_inside(w, part.fragment, rest);
		if (part.ends)
			end_record(w->t, w->l, w->in->from);
	}
	return 0;
}

size_t
tls_feed(struct tls *t, struct ledger *l, const struct digests *d, const struct tls_input *in)
{
	struct tls_half *h = &t->halves[in->from];
	struct tls_walk w = {.t = t, .h = h, .l = l, .d = d, .in = in};
	size_t left;

	h->is_fed |= in->bytes.len > 0;
	gather_stray(t, l, in->from, in->bytes);
	left = read_records(&w);
	show(&w);
	return left;
}

void
tls_hand_back(struct tls *t, enum side from)
{
	t->halves[from].is_handed_back = true;
}

/* The gap lies in this payload: what it may have hidden. */
static void
miss_fragment(struct tls *t, struct ledger *l, struct tls_half *h, uint64_t len)
{
	switch (h->reader.record.type) {
	case RECORD_ALERT:
		h->alert_len = ALERT_LOST;
		break;
	case RECORD_HANDSHAKE:
		if (!tls_is_sealed(t, h))
			assembly_gap(&h->assembly, l->pool, len);
		break;
	case RECORD_V2_HELLO: /* is too short now to be read as one */
	case RECORD_CHANGE_CIPHER_SPEC:
	case RECORD_APPLICATION_DATA:
	case RECORD_HEARTBEAT:
		break;
	}
}

void
tls_gap(struct tls *t, struct ledger *l, enum side from, uint64_t len)
{
	struct tls_half *h = &t->halves[from];
	struct record_part part;

	if (len == 0)
		return;
	if (h->is_straying)
		tell_stray(t, l, from);
	if (h->is_lost)
		return;
	if (!h->is_fed) {
		h->front_is_lost = true;
		return;
	}
	if (!record_gap(&h->reader, len, &part)) {
		assembly_clear(&h->assembly, l->pool);
		chain_clear(l->pool, &h->held);
		h->is_lost = true;
		return;
	}
	/* Its hello may have been in what is missing. */
	h->has_begun = true;
	miss_fragment(t, l, h, len);
	if (part.ends)
		end_record(t, l, from);
}

/* Followed for a while, and then lost: what the other side said meanwhile may be lost with it. */
static bool
is_torn(const struct tls_half *h)
{
	return h->is_fed && h->is_lost;
}

void
tls_finish(struct tls *t, struct ledger *l, enum ending ending, enum side by)
{
	for (int side = 0; side < SIDES; side++)
		if (t->halves[side].is_straying)
			tell_stray(t, l, (enum side)side);
	if (is_torn(&t->halves[SIDE_CLIENT]) || is_torn(&t->halves[SIDE_SERVER]))
		return;
	switch (ending) {
	case ENDING_FIN:
		tls_outcome_fail(t, TLS_FAILED_FIN, by);
		break;
	case ENDING_RESET:
		tls_outcome_fail(t, TLS_FAILED_RESET, by);
		break;
	case ENDING_IDLE:
		tls_outcome_fail(t, TLS_FAILED_SILENCE, by);
		break;
	case ENDING_REUSED:
	case ENDING_EVICTED:
	case ENDING_CAPTURE:
		break;
	}
}

bool
tls_awaits_text(const struct tls *t, enum side from)
{
	const struct tls_half *h = &t->halves[from];

	return t->facts.complete == FACT_NO && h->has_strayed && !h->is_handed_back;
}

bool
tls_is_closed(const struct tls *t)
{
	return t->halves[SIDE_CLIENT].has_closed || t->halves[SIDE_SERVER].has_closed;
}

bool
tls_is_decided(const struct tls *t)
{
	return tls_outcome_is_known(t);
}

const struct tls_facts *
tls_facts(const struct tls *t)
{
	return &t->facts;
}

void
tls_chains(struct tls *t, struct chain *out[TLS_CHAINS])
{
	for (size_t side = 0; side < SIDES; side++) {
		out[2 * side] = &t->halves[side].assembly.held;
		out[2 * side + 1] = &t->halves[side].held;
	}
}

void
tls_clear(struct tls *t, struct pool *p)
{
	for (int side = 0; side < SIDES; side++) {
		assembly_clear(&t->halves[side].assembly, p);
		chain_clear(p, &t->halves[side].held);
	}
}
