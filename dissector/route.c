/*
 * The bytes of a flow to the layers that read them; see route.h. TLS from the
 * first byte is told by that byte (RFC 8314 section 3.3); TLS behind STARTTLS
 * begins where the dialogue says so (RFC 3207 section 4).
 */
#include "dissector/route.h"

#include <assert.h>
#include <string.h>

#include "dissector/command.h"
#include "dissector/reply.h"
#include "dissector/scrub.h"
#include "dissector/stray.h"
#include "dissector/text.h"
#include "dissector/vocabulary.h"

#define KEYWORD_MAX 20 /* letters of one that nobody knows */

static void give_smtp(struct bench *b, enum side from, const struct segment *seg);

/* What stands in TLS's place and is no text of the dialogue: shown as far as it may be. */
static void
note_stray(struct bench *b, enum side from, struct bytes stray)
{
	struct ledger l = conversation_ledger(b->c, b->w);
	uint8_t text[SAMPLE_MAX];

	stray = bytes_first(stray, sizeof(text));
	memcpy(text, stray.at, stray.len);
	stray_scrub(text, stray.len, from);
	ledger_note(&l, from == SIDE_CLIENT ? NOTE_CLIENT_SAMPLE : NOTE_SERVER_SAMPLE,
		    (struct bytes){text, stray.len});
}

/* What began as TLS is a dialogue of which the beginning was not read. */
static void
begin_dialogue(struct conversation *c)
{
	c->mode = MODE_SMTP;
	c->is_from_start = false;
	smtp_init(conversation_smtp(c), c->service == SERVICE_LMTP, false);
}

/* Where these bytes are text of the dialogue the session goes on in clear, and is read on. */
static bool
give_text(struct bench *b, enum side from, const struct segment *seg, struct bytes text)
{
	struct conversation *c = b->c;
	bool is_instead = tls_facts(conversation_tls(c))->complete == FACT_NO;
	struct segment rest = *seg;

	assert(text.at != NULL);
	if (c->mode == MODE_TLS && is_instead && from == SIDE_CLIENT && text_is_alpha(text.at[0]))
		begin_dialogue(c);
	if (c->mode != MODE_SMTP ||
	    !smtp_resume(conversation_smtp(c), from, text.at[0], is_instead))
		return false;
	tls_hand_back(conversation_tls(c), from);
	rest.offset += seg->payload.len - text.len;
	rest.payload = text;
	give_smtp(b, from, &rest);
	return true;
}

/* A side's TLS has ended in something else. */
static void
give_stray(struct bench *b, enum side from, const struct segment *seg, struct bytes stray)
{
	if (!give_text(b, from, seg, stray) &&
	    tls_facts(conversation_tls(b->c))->complete == FACT_NO)
		note_stray(b, from, stray);
}

static void
begin_tls(struct conversation *c)
{
	bool is_implicit = c->mode == MODE_TLS && c->is_from_start;
	bool is_due =
	    is_implicit || (c->mode == MODE_SMTP && c->is_from_start && !c->has_clear_gap &&
			    smtp_facts(conversation_smtp(c))->accepted == FACT_YES);

	tls_init(conversation_tls(c), is_implicit, is_due);
	c->tls_begun = true;
	if (c->mode == MODE_SMTP)
		c->tls_requests = smtp_facts(conversation_smtp(c))->starttls_requests;
}

/* Text went on where a handshake failed, and led to another STARTTLS: it has its own TLS. */
static void
leave_failed_tls(struct bench *b)
{
	struct conversation *c = b->c;

	if (!c->tls_begun || tls_facts(conversation_tls(c))->complete != FACT_NO ||
	    smtp_facts(conversation_smtp(c))->starttls_requests <= c->tls_requests)
		return;
	tls_clear(conversation_tls(c), &b->w->pool);
	memset(c->tls, 0, sizeof(c->tls));
	c->tls_begun = false;
	c->is_tls_anew = true;
}

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
	size_t stray = 0;

	if (!c->tls_begun) {
		begin_tls(c);
	}
	if (c->is_tls_short[from]) {
		c->is_tls_short[from] = false;
		tls_gap(conversation_tls(c), &l, from, 1);
	}
	if (bytes.len && tls_awaits_text(conversation_tls(c), from)) {
		give_text(b, from, seg, bytes);
		return;
	}
	if (bytes.len)
		stray = tls_feed(conversation_tls(c), &l, b->w->digests, &in);
	if (stray)
		give_stray(b, from, seg, bytes_after(bytes, bytes.len - stray));
	/* The handshake is in clear, and compared like all that is; what it protects is not. */
	if (conversation_is_settled(c))
		c->exchange.streams[from].history_done = true;
}

/* Bytes that the dialogue kept back, and which turned out to be TLS, lie right before the rest. */
static void
give_tls_behind_smtp(struct bench *b, enum side from, const struct segment *seg, struct bytes rest)
{
	uint8_t kept[8];
	size_t n = smtp_take_back(conversation_smtp(b->c), from, kept);
	struct segment front = *seg;

	if (n) {
		front.offset = seg->offset + (seg->payload.len - rest.len) - n;
		front.payload = (struct bytes){kept, n};
		give_tls(b, from, &front, front.payload);
	}
	if (rest.len)
		give_tls(b, from, seg, rest);
}

/* Where mail goes in clear by it, what comes behind can be missing without a doubt of how it came
 * to that. */
static size_t
feed_smtp(struct conversation *c, struct ledger *l, const struct smtp_input *in)
{
	struct smtp *s = conversation_smtp(c);
	bool was_in_clear = smtp_is_in_clear(s);
	size_t used = smtp_feed(s, l, in);

	if (!was_in_clear && smtp_is_in_clear(s))
		c->is_mail_whole = conversation_is_answered(c) && conversation_is_clear_whole(c);
	return used;
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
	struct smtp *s = conversation_smtp(b->c);
	bool was_text = !smtp_side_is_tls(s, SIDE_CLIENT) && !smtp_side_is_tls(s, SIDE_SERVER);
	size_t used = 0;

	if (!smtp_side_is_tls(s, from))
		used = feed_smtp(b->c, &l, &in);
	if (!smtp_side_is_tls(s, from))
		return;
	if (was_text)
		leave_failed_tls(b);
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

	c->is_from_start = is_from_start(c);
	if (tls != GOT_WHOLE) {
		c->mode = MODE_SMTP;
		smtp_init(conversation_smtp(c), c->service == SERVICE_LMTP, c->is_from_start);
		return;
	}
	/* In the middle of a connection only a hello can be read from its first byte on. */
	c->mode = c->is_from_start || first == 0x16 ? MODE_TLS : MODE_LOST;
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

static enum place
on_place(void *ctx, enum side from)
{
	const struct conversation *c = ((struct bench *)ctx)->c;

	if (c->mode == MODE_TLS)
		return PLACE_TLS;
	if (c->mode != MODE_SMTP)
		return from == SIDE_SERVER ? PLACE_GREETING : PLACE_OTHER;
	if (smtp_side_is_tls(conversation_smtp_const(c), from))
		return PLACE_TLS;
	return smtp_place(conversation_smtp_const(c), from);
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
	if (!c->tls_begun || !tls_is_decided(conversation_tls(c)))
		c->has_clear_gap = true;
	if (c->mode == MODE_TLS ||
	    (c->mode == MODE_SMTP && smtp_side_is_tls(conversation_smtp(c), from))) {
		if (c->tls_begun)
			tls_gap(conversation_tls(c), &l, from, len);
	} else if (c->mode == MODE_SMTP) {
		c->is_tls_short[from] = smtp_facts(conversation_smtp(c))->requested == FACT_YES ||
					smtp_facts(conversation_smtp(c))->accepted == FACT_YES;
		smtp_gap(conversation_smtp(c), &l, from, len);
	}
}

/* The dialogue was begun as if nothing were missing, by the other side's first bytes. */
static void
on_headless(void *ctx, enum side from)
{
	struct conversation *c = ((struct bench *)ctx)->c;

	if (c->mode == MODE_FRESH || !c->is_from_start)
		return;
	c->is_from_start = false;
	on_gap(ctx, from, 1);
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

void
route_settle(struct bench *b)
{
	if (b->c->mode != MODE_FRESH || b->c->held == 0)
		return;
	set_mode(b, GOT_BAD, 0);
	give_held(b);
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

static bool
is_whole(const uint8_t *line, size_t len)
{
	return len > 0 && line[len - 1] == '\n';
}

/* One line of the server's; in_front is where the text begins, perhaps in the middle of one. */
static void
scrub_server_line(enum place place, bool in_front, uint8_t *line, size_t len)
{
	struct reply_line read;
	bool is_end_cut = !is_whole(line, len);
	size_t code = 0;

	if (reply_line_read((struct bytes){line, len - !is_end_cut}, &read)) {
		if (!is_end_cut && place != PLACE_EHLO && scrub_is_of_session(read.code)) {
			scrub_reply(line, len);
			return;
		}
		if (!is_end_cut) {
			scrub_ehlo_words(line, len);
			return;
		}
		code = read.text.len > 0 ? (size_t)(read.text.at - line) : len;
	}
	scrub_piece(line + code, len - code, in_front && code == 0, is_end_cut);
}

/* The text of a line that is whole and one of a reply of 250; *goes_on where it is not the last. */
static struct bytes
ehlo_text(const uint8_t *line, size_t len, bool *goes_on)
{
	struct reply_line read;

	*goes_on = false;
	if (len < 2 || line[len - 1] != '\n' ||
	    !reply_line_read((struct bytes){line, len - 1 - (line[len - 2] == '\r')}, &read) ||
	    read.code != 250)
		return (struct bytes){0};
	*goes_on = !read.is_last;
	return read.text;
}

/* What a keyword looks like that nobody knows, or that somebody made of another. */
static bool
is_capitals(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!(text.at[i] >= 'A' && text.at[i] <= 'Z') && !text_is_digit(text.at[i]) &&
		    text.at[i] != '-')
			return false;
	return text.len > 0 && text.len <= KEYWORD_MAX;
}

static void
scrub_server_lines(enum place place, uint8_t *text, size_t len)
{
	bool in_front = true, in_list = false;

	while (len > 0) {
		size_t line = bytes_find((struct bytes){text, len}, '\n');
		struct bytes said;
		bool is_keyword, goes_on;

		line += line < len;
		said = ehlo_text(text, line, &goes_on);
		is_keyword = scrub_is_keyword_line(said);
		/* Behind keywords stands another, of whatever sort. */
		if (place != PLACE_EHLO || !in_list || !is_capitals(said))
			scrub_server_line(place, in_front, text, line);
		in_list = goes_on && (in_list || is_keyword);
		in_front = false;
		text += line;
		len -= line;
	}
}

/* The client's lines: verbs alone, and none behind what is no command or leads to other things. */
static void
scrub_client_lines(enum place place, uint8_t *text, size_t len)
{
	bool in_front = true, is_over = false;

	while (len > 0) {
		size_t line = bytes_find((struct bytes){text, len}, '\n');
		size_t said = line - (line > 0 && text[line - 1] == '\r');
		struct command c = command_read((struct bytes){text, said});

		line += line < len;
		if (is_over)
			scrub_all(text, line);
		else if (in_front && place == PLACE_EHLO && c.verb == VERB_EHLO &&
			 is_whole(text, line))
			scrub_doubtful_command(text, line);
		else if (!in_front || c.argument.len > 0 || !vocabulary_is_end(c.word))
			scrub_verb(text, line);
		is_over |= c.verb == VERB_UNKNOWN || c.verb == VERB_DATA || c.verb == VERB_BDAT ||
			   c.verb == VERB_AUTH;
		in_front = false;
		text += line;
		len -= line;
	}
}

void
route_scrub(enum side from, enum place place, uint8_t *text, size_t len)
{
	if (place != PLACE_GREETING && place != PLACE_EHLO && place != PLACE_STARTTLS)
		memset(text, 'x', len);
	else if (from == SIDE_CLIENT)
		scrub_client_lines(place, text, len);
	else
		scrub_server_lines(place, text, len);
}

/*
 * What an overlap may be shown as: EHLO only where it was taken for one, for it
 * may be text of a message that reads so. Without the SYN the server's first
 * bytes need be no greeting.
 */
static enum place
shown_as(const struct conversation *c, const struct overlap *o)
{
	if (o->place == PLACE_GREETING && !c->exchange.streams[o->from].syn_seen)
		return PLACE_OTHER;
	if (place_of(o) == PLACE_STARTTLS)
		return PLACE_STARTTLS;
	return o->place;
}

/* Message text and secrets are not kept, in no version; of the rest no local part. */
static struct bytes
scrubbed(enum side from, enum place place, struct bytes text, uint8_t *out)
{
	if (place == PLACE_MESSAGE || place == PLACE_AUTH)
		return (struct bytes){0};
	memcpy(out, text.at, text.len);
	route_scrub(from, place, out, text.len);
	return (struct bytes){out, text.len};
}

/*
 * What is blanked in one version and stands in the other too is blanked there: a
 * byte that differs may have made an address unlike one. Whether there was any.
 */
static bool
blank_alike(const struct overlap *o, uint8_t *first, uint8_t *second)
{
	struct bytes a = o->first.text, b = o->second.text;
	bool has_blanked = false;

	for (size_t i = 0; i < a.len && i < b.len; i++) {
		if (a.at[i] != b.at[i] || first[i] == second[i])
			continue;
		first[i] = second[i] = 'x';
		has_blanked = true;
	}
	return has_blanked;
}

static void
on_overlap(void *ctx, const struct overlap *o)
{
	struct bench *b = ctx;
	struct conversation *c = b->c;
	struct ledger l = conversation_ledger(c, b->w);
	uint8_t first[SAMPLE_MAX], second[SAMPLE_MAX];
	enum place shown = shown_as(c, o);
	struct conflict conflict = {
	    .from = o->from,
	    .place = place_of(o),
	    .offset = o->offset + o->first_difference,
	    .len = o->len - o->first_difference,
	    .first = o->first,
	    .second = o->second,
	};

	b->overlap = b->had_overlap && b->overlap != shown ? PLACE_OTHER : shown;
	b->had_overlap = true;
	c->conflicts++;
	if (c->conflicts_kept >= CONFLICTS_MAX)
		return;
	c->conflicts_kept++;
	conflict.first.text = scrubbed(o->from, shown, o->first.text, first);
	conflict.second.text = scrubbed(o->from, shown, o->second.text, second);
	/* EHLO's reply names no mailbox, and of a client verbs alone are shown. */
	if (conflict.first.text.len > 0 && o->from == SIDE_SERVER && shown != PLACE_EHLO &&
	    blank_alike(o, first, second))
		b->overlap = PLACE_OTHER;
	ledger_conflict(&l, &conflict);
	c->last_conflict_from = (uint8_t)o->from;
	c->first_end = o->first_end;
	c->second_end = o->second_end;
	c->last_acted = ACTED_UNKNOWN;
	/* Acknowledged before the second came. */
	if (c->exchange.streams[o->from].acked >= o->first_end)
		c->last_acted = ACTED_FIRST;
}

struct exchange_sink
route_sink(struct bench *b)
{
	return (struct exchange_sink){
	    .ctx = b,
	    .place = on_place,
	    .bytes = on_bytes,
	    .gap = on_gap,
	    .headless = on_headless,
	    .fin = on_fin,
	    .overlap = on_overlap,
	};
}
