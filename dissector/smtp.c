/*
 * Both sides' bytes to lines, message text and TLS; see smtp.h.
 *
 * TLS may begin at the start of any line: its first byte is no letter, so no
 * command or reply is mistaken for it. What is missing spoils what hangs on
 * it: behind a gap nothing absent is claimed, no reply is matched any more, and
 * the client's bytes are commands again only when the server's replies or a
 * plain command say so, for they may be message text.
 */
#include "dissector/scrub.h"
#include "dissector/smtp_state.h"
#include "dissector/text.h"
#include "dissector/tls.h"

#include <string.h>

_Static_assert(sizeof(struct smtp) <= SMTP_STATE_SIZE, "SMTP_STATE_SIZE is too small");
_Static_assert(LINE_CAP == SMTP_LINE_MAX, "one cap for lines");

#define TLS_LOOK 5 /* bytes that tls_looks_like needs at most */

/*
 * What a client says so long after a STARTTLS that nobody answered it says for
 * want of an answer, not ahead of it. Microseconds.
 */
#define STARTTLS_PATIENCE 2000000

void
smtp_init(struct smtp *s, bool is_lmtp, bool is_from_start)
{
	*s = (struct smtp){.is_lmtp = is_lmtp,
			   .is_from_start = is_from_start,
			   .is_whole = is_from_start,
			   .is_matched = is_from_start,
			   .mode = CLIENT_COMMANDS,
			   .is_greeting_past = !is_from_start,
			   .is_reply_broken = !is_from_start};
	if (!is_from_start)
		smtp_go_adrift(s);
	s->facts.requested = is_from_start ? FACT_NO : FACT_UNSEEN;
}

void
smtp_count(uint32_t *count, uint64_t n)
{
	*count = n < UINT32_MAX - *count ? *count + (uint32_t)n : UINT32_MAX;
}

bool
smtp_had(const struct smtp_input *in, uint64_t offset)
{
	return in->peer_offset == UINT64_MAX || in->peer_offset >= offset;
}

void
smtp_note(struct smtp_walk *w, enum note tag, struct bytes text)
{
	ledger_note(w->l, tag, bytes_first(text, SAMPLE_MAX));
}

/* A line that stands where TLS should begin, or may. */
static void
note_sample(struct smtp_walk *w, struct bytes line)
{
	struct smtp *s = w->s;
	enum side from = w->in->from;
	bool is_ahead = from == SIDE_CLIENT && s->line_kind[from] != LINE_AFTER;
	uint16_t *sampled = is_ahead ? &s->sampled_ahead : &s->sampled[from];

	if (s->line_kind[from] < LINE_LATE || *sampled >= SAMPLE_MAX)
		return;
	smtp_note(w,
		  is_ahead              ? NOTE_CLIENT_AHEAD
		  : from == SIDE_CLIENT ? NOTE_CLIENT_SAMPLE
					: NOTE_SERVER_SAMPLE,
		  line);
	*sampled = (uint16_t)(*sampled + line.len);
}

struct bytes
smtp_keep(struct smtp_walk *w, const struct line *line, void (*scrub)(uint8_t *, size_t))
{
	enum side from = w->in->from;
	struct bytes copy = {w->scrubbed, line->whole.len};

	if (copy.len > 0)
		memcpy(w->scrubbed, line->whole.at, copy.len);
	scrub(w->scrubbed, copy.len);
	evidence_line(w->l->evidence, w->l->kept, from, w->in->time, w->s->line_at[from], copy);
	note_sample(w, copy);
	return bytes_first(copy, line->text.len);
}

void
smtp_lose_match(struct smtp *s)
{
	s->is_matched = false;
	pending_clear(&s->pending);
}

/* Nothing absent is claimed any more that bytes now missing could have shown. */
static void
smtp_doubt(struct smtp *s)
{
	s->is_whole = false;
	/* What the client said since may be missing. */
	s->is_lax_go_ahead = false;
	/* What was in force when mail was sent stays. */
	if (s->facts.offered == FACT_NO && s->facts.mail_count == 0 &&
	    s->facts.requested != FACT_YES)
		s->facts.offered = FACT_UNSEEN;
}

void
smtp_doubt_request(struct smtp *s)
{
	if (s->facts.requested == FACT_NO)
		s->facts.requested = FACT_UNSEEN;
	/* Refused once, it may have been asked for again. */
	if (s->facts.accepted == FACT_NO)
		s->facts.accepted = FACT_UNSEEN;
}

void
smtp_confirm_request(struct smtp *s)
{
	s->is_request_doubtful = false;
	s->facts.requested = FACT_YES;
	if (s->facts.starttls_requests < UINT16_MAX)
		s->facts.starttls_requests++;
	/* The last request's answer counts. */
	if (s->facts.accepted == FACT_NO)
		s->facts.accepted = FACT_UNSEEN;
	/* Who offered it once took it back, in another reply, from nobody. */
	if (s->is_offer_seen)
		s->facts.offered = FACT_YES;
}

void
smtp_go_adrift(struct smtp *s)
{
	smtp_lose_match(s);
	s->mode = CLIENT_ADRIFT;
	s->exchange = EXCHANGE_NONE;
	s->is_content_answered = false;
	s->is_bare_before = true;
	s->is_data_open = false;
}

void
smtp_lose_server(struct smtp *s)
{
	smtp_doubt(s);
	/* The reply that was to be in force is lost. */
	if (pending_has(&s->pending, AWAIT_EHLO) && s->facts.accepted != FACT_YES &&
	    !s->is_ehlo_late)
		s->facts.offered = FACT_UNSEEN;
	smtp_lose_match(s);
	/* Whether DATA was refused, and what follows are commands, is not known any more. */
	if (s->mode == CLIENT_PEEK) {
		smtp_go_adrift(s);
		s->is_data_open = true;
	}
	if (s->mode == CLIENT_ADRIFT || (!s->is_confirmed && s->content_len > 0))
		smtp_doubt_request(s);
	s->is_greeting_past = true;
	s->at_border[SIDE_SERVER] = false;
	s->is_go_ahead = false;
	s->is_reply_broken = true;
	s->reply = (struct reply){0};
}

void
smtp_lose_client(struct smtp *s)
{
	smtp_doubt_request(s);
	smtp_doubt(s);
	if (s->mode == CLIENT_CONTENT && s->is_confirmed) {
		/* The dot may be among what is missing; the verdict will tell. */
		s->is_gapped = true;
		s->is_end_last = false;
		s->content = CONTENT_INSIDE;
		return;
	}
	smtp_go_adrift(s);
	s->at_border[SIDE_CLIENT] = s->at_border[SIDE_SERVER] = false;
}

void
smtp_gap(struct smtp *s, struct ledger *l, enum side from, uint64_t len)
{
	if (len == 0 || s->is_tls[from])
		return;
	s->kept_len[from] = 0;
	line_drop(&s->lines[from], l->pool);
	s->line_kind[from] = LINE_ORDINARY;
	/* An EHLO, or its reply, may be among what is missing. */
	if (s->facts.extended == FACT_NO)
		s->facts.extended = FACT_UNSEEN;
	if (from == SIDE_SERVER) {
		smtp_lose_server(s);
		return;
	}
	/* Inside a chunk nothing but message text can be missing. */
	if (s->mode == CLIENT_CHUNK && len <= s->chunk_left) {
		s->chunk_left -= len;
		s->facts.message_sent = true;
		if (s->chunk_left == 0)
			s->mode = CLIENT_COMMANDS;
		return;
	}
	smtp_lose_client(s);
}

void
smtp_take_lax_go_ahead(struct smtp *s)
{
	if (!s->is_lax_go_ahead)
		return;
	/* Who offers nothing and says yes to everything means it only with TLS of its own. */
	if (s->facts.offered == FACT_NO && !s->is_tls[SIDE_SERVER]) {
		s->facts.accepted = FACT_UNSEEN;
		return;
	}
	s->is_lax_go_ahead = false;
	s->facts.accepted = FACT_YES;
	s->facts.starttls_refusal = 0;
}

/* What this side's TLS is to the facts. */
static void
begin_tls(struct smtp *s, enum side from)
{
	s->is_tls[from] = true;
	/* One-sided or behind a gap: a 220, then TLS, can have been but one thing. */
	if (from == SIDE_SERVER && s->is_go_ahead)
		s->facts.accepted = FACT_YES;
	smtp_take_lax_go_ahead(s);
	/* TLS right behind it: the line that reads STARTTLS was one. */
	if (from == SIDE_CLIENT && s->is_request_doubtful && s->is_starttls_waiting)
		smtp_confirm_request(s);
}

/* The client has waited long enough for the answer to STARTTLS. */
static bool
is_out_of_patience(const struct smtp_walk *w)
{
	return w->s->is_starttls_waiting && w->in->time - w->s->starttls_time > STARTTLS_PATIENCE;
}

/* What sort of line the client begins now. */
static enum line_kind
client_line_kind(const struct smtp_walk *w)
{
	const struct smtp *s = w->s;

	if (s->at_border[SIDE_CLIENT])
		return smtp_had(w->in, s->go_ahead_end) ? LINE_AFTER : LINE_INJECTED;
	if (!s->is_starttls_waiting || s->mode == CLIENT_ADRIFT)
		return LINE_ORDINARY;
	if (is_out_of_patience(w))
		return s->is_whole && s->is_seen[SIDE_SERVER] ? LINE_LATE : LINE_ORDINARY;
	/* Input comes in causal order: had the answer been had, it had been read here. */
	if (s->is_matched && s->is_seen[SIDE_SERVER])
		return LINE_INJECTED;
	if (w->in->peer_offset != UINT64_MAX && w->in->peer_offset <= s->starttls_peer)
		return s->is_matched ? LINE_INJECTED : LINE_DOUBTFUL;
	return LINE_ORDINARY;
}

static enum line_kind
server_line_kind(const struct smtp_walk *w)
{
	const struct smtp *s = w->s;
	bool has_answer;

	if (!s->at_border[SIDE_SERVER])
		return LINE_ORDINARY;
	has_answer = w->in->peer_offset == UINT64_MAX ? s->is_tls[SIDE_CLIENT] || s->has_answered
						      : w->in->peer_offset > s->client_border;
	return has_answer ? LINE_AFTER : LINE_INJECTED;
}

/* The next byte begins a line. */
static void
begin_line(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	enum side from = w->in->from;

	s->line_at[from] = w->at;
	if (from == SIDE_SERVER) {
		s->line_kind[from] = (uint8_t)server_line_kind(w);
		if (s->line_kind[from] == LINE_AFTER)
			s->facts.server_text_after = true;
		return;
	}
	if (s->mode == CLIENT_ADRIFT && s->is_content_answered && smtp_had(w->in, s->answered_end))
		s->mode = CLIENT_WARY;
	/* Which of its commands the next reply answers is not known. */
	if (s->is_matched && is_out_of_patience(w))
		smtp_lose_match(s);
	s->line_kind[from] = (uint8_t)client_line_kind(w);
	if (s->line_kind[from] == LINE_AFTER) {
		s->facts.client_text_after = true;
		s->at_border[SIDE_CLIENT] = s->at_border[SIDE_SERVER] = false;
	}
}

/* Count what was sent where TLS should begin. */
static void
count_injected(struct smtp *s, enum side from, uint64_t end)
{
	enum line_kind kind = (enum line_kind)s->line_kind[from];
	uint64_t len = end - s->line_at[from];

	if (kind == LINE_ORDINARY || kind == LINE_AFTER)
		return;
	if (from == SIDE_SERVER) {
		smtp_count(&s->facts.server_injected, len);
		return;
	}
	s->client_border = end;
	if (kind == LINE_INJECTED)
		smtp_count(&s->facts.client_injected, len);
	else if (kind == LINE_LATE)
		smtp_count(&s->late_bytes, len);
}

/* Read the front of w->rest as a line, or as the next part of one. */
static void
read_line(struct smtp_walk *w)
{
	enum side from = w->in->from;
	size_t before = w->rest.len;
	struct line line;
	bool is_whole;

	if (!line_is_unfinished(&w->s->lines[from]))
		begin_line(w);
	is_whole = line_read(&w->s->lines[from], w->l->pool, &w->rest, w->room, &line);
	w->at += before - w->rest.len;
	if (!is_whole)
		return;
	count_injected(w->s, from, w->at);
	if (from == SIDE_CLIENT)
		smtp_client_line(w, &line);
	else
		smtp_server_line(w, &line);
	w->s->line_kind[from] = LINE_ORDINARY;
}

/* An unfinished line will not be finished: it counts where it stands in TLS's place. */
static void
close_line(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	enum side from = w->in->from;
	struct line line;

	if (s->line_kind[from] < LINE_LATE ||
	    !line_flush(&s->lines[from], w->l->pool, w->room, &line))
		return;
	count_injected(s, from, s->line_at[from] + line.whole.len);
	smtp_keep(w, &line, from == SIDE_CLIENT ? scrub_command : scrub_reply_by_code);
	s->line_kind[from] = LINE_ORDINARY;
}

void
smtp_go_ahead(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	struct smtp_input client = {.from = SIDE_CLIENT, .time = w->in->time};
	const struct smtp_input *server = w->in;

	w->in = &client;
	close_line(w);
	w->in = server;
	line_drop(&s->lines[SIDE_CLIENT], w->l->pool);
	/* What was pipelined behind STARTTLS the server must forget, RFC 3207 section 6. */
	if (pending_head(&s->pending) != AWAIT_NOTHING)
		smtp_lose_match(s);
	s->mode = CLIENT_COMMANDS;
	s->exchange = EXCHANGE_NONE;
	s->facts.accepted = FACT_YES;
	s->is_starttls_waiting = false;
	/* It came after all: ahead of it was said what was said for want of it. */
	if (s->is_whole)
		smtp_count(&s->facts.client_injected, s->late_bytes);
	s->late_bytes = 0;
	s->go_ahead_end = w->at;
	s->at_border[SIDE_CLIENT] = s->at_border[SIDE_SERVER] = true;
}

/* Bytes kept back were text after all: they are the front of a line. */
static void
read_kept(struct smtp_walk *w)
{
	enum side from = w->in->from;
	struct bytes rest = w->rest;
	uint64_t at = w->at;
	uint8_t kept[TLS_LOOK];

	w->rest = (struct bytes){kept, w->s->kept_len[from]};
	memcpy(kept, w->s->kept[from], w->rest.len);
	w->at = at - w->rest.len;
	w->s->kept_len[from] = 0;
	while (w->rest.len > 0)
		read_line(w);
	w->rest = rest;
	w->at = at;
}

static bool
is_text(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\r' || c == '\n' || c == '\t';
}

/*
 * Whether TLS may begin here at all. Where nothing is missing it may only behind
 * a 220, or behind a STARTTLS whose answer is under way: bytes that merely look
 * so must not end the reading of the dialogue.
 */
static bool
may_be_tls(const struct smtp *s, enum side from)
{
	if (!s->is_whole || s->facts.accepted == FACT_YES)
		return true;
	if (from == SIDE_CLIENT)
		return s->is_starttls_waiting || !s->is_seen[SIDE_SERVER] ||
		       s->facts.requested == FACT_YES;
	return s->is_go_ahead || !s->is_seen[SIDE_CLIENT] ||
	       (s->is_lax_go_ahead && s->is_tls[SIDE_CLIENT]);
}

/*
 * At the start of a line: whether the bytes are dealt with, being TLS, or too
 * few to tell, or text of which some had been kept back.
 */
static bool
look_for_tls(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	enum side from = w->in->from;
	uint8_t *kept = s->kept[from], probe[TLS_LOOK];
	size_t n = s->kept_len[from];
	struct bytes part = bytes_first(w->rest, TLS_LOOK - n);
	enum got got;

	/* Message text, most likely, which may hold anything. */
	if (from == SIDE_CLIENT && s->mode == CLIENT_ADRIFT && s->is_data_open)
		return false;
	/* Text, and no more to say. */
	if (n == 0 && w->rest.at[0] >= 0x20 && w->rest.at[0] < 0x7f)
		return false;
	if (n == 0 && !may_be_tls(s, from))
		return false;
	memcpy(probe, kept, n);
	memcpy(probe + n, part.at, part.len);
	got = tls_looks_like((struct bytes){probe, n + part.len});
	/* Where TLS is due and no text comes, what comes is a failed handshake's. */
	if (got == GOT_WHOLE || (got == GOT_BAD && s->at_border[from] && !is_text(probe[0]))) {
		begin_tls(s, from);
		return true;
	}
	if (got == GOT_PART && n + part.len < TLS_LOOK) {
		memcpy(kept + n, part.at, part.len);
		s->kept_len[from] = (uint8_t)(n + part.len);
		w->rest = bytes_after(w->rest, part.len);
		w->at += part.len;
		return true;
	}
	if (n == 0)
		return false;
	read_kept(w);
	return true;
}

static void
read_text(struct smtp_walk *w)
{
	if (!line_is_unfinished(&w->s->lines[w->in->from]) && look_for_tls(w))
		return;
	read_line(w);
}

static void
read_client(struct smtp_walk *w)
{
	switch ((enum client_mode)w->s->mode) {
	case CLIENT_CONTENT:
		smtp_content(w);
		return;
	case CLIENT_CHUNK:
		smtp_chunk(w);
		return;
	case CLIENT_HEADER:
		smtp_header(w);
		return;
	case CLIENT_COMMANDS:
	case CLIENT_PEEK:
	case CLIENT_WARY:
	case CLIENT_ADRIFT:
		read_text(w);
		return;
	}
}

size_t
smtp_feed(struct smtp *s, struct ledger *l, const struct smtp_input *in)
{
	struct smtp_walk w;

	if (s->is_tls[in->from])
		return 0;
	s->time = in->time;
	w.s = s;
	w.l = l;
	w.in = in;
	w.rest = in->bytes;
	w.at = in->offset;
	if (in->bytes.len > 0)
		s->is_seen[in->from] = true;
	while (w.rest.len > 0 && !s->is_tls[in->from]) {
		if (in->from == SIDE_CLIENT)
			read_client(&w);
		else
			read_text(&w);
		smtp_note_mail(s);
	}
	return in->bytes.len - w.rest.len;
}

bool
smtp_side_is_tls(const struct smtp *s, enum side from)
{
	return s->is_tls[from];
}

size_t
smtp_take_back(struct smtp *s, enum side from, uint8_t *out)
{
	size_t n = s->kept_len[from];

	if (!s->is_tls[from])
		return 0;
	memcpy(out, s->kept[from], n);
	s->kept_len[from] = 0;
	return n;
}

bool
smtp_resume(struct smtp *s, enum side from, uint8_t first, bool is_instead)
{
	/* No more than a byte may be there yet; what is no command or reply is passed over. */
	if (!(from == SIDE_SERVER ? text_is_digit(first) : text_is_alpha(first)))
		return false;
	s->is_tls[from] = false;
	s->kept_len[from] = 0;
	s->at_border[from] = is_instead && s->facts.accepted == FACT_YES;
	if (from == SIDE_SERVER) {
		s->has_answered = true;
		return true;
	}
	s->mode = CLIENT_WARY;
	s->exchange = EXCHANGE_NONE;
	s->is_starttls_waiting = false;
	s->is_behind_tls |= !is_instead;
	return true;
}

static enum place
server_place(const struct smtp *s)
{
	if (!s->is_greeting_past || (s->reply.lines > 0 && s->reply_to == REPLY_GREETING))
		return PLACE_GREETING;
	if (s->is_starttls_waiting || s->at_border[SIDE_SERVER])
		return PLACE_STARTTLS;
	switch (pending_head(&s->pending)) {
	case AWAIT_HELO:
	case AWAIT_EHLO:
		return PLACE_EHLO;
	case AWAIT_STARTTLS:
		return PLACE_STARTTLS;
	case AWAIT_AUTH:
		return PLACE_AUTH;
	case AWAIT_NOTHING:
		return s->is_matched ? PLACE_COMMAND : PLACE_OTHER;
	case AWAIT_OTHER:
	case AWAIT_DOUBTFUL:
	case AWAIT_MAIL:
	case AWAIT_RCPT:
	case AWAIT_DATA:
	case AWAIT_CONTENT:
	case AWAIT_CHUNK:
	case AWAIT_LAST_CHUNK:
	case AWAIT_RSET:
	case AWAIT_PRIVATE:
		return PLACE_COMMAND;
	}
	return PLACE_OTHER;
}

enum place
smtp_place(const struct smtp *s, enum side from)
{
	if (s->is_tls[from])
		return PLACE_TLS;
	if (from == SIDE_SERVER)
		return server_place(s);
	switch ((enum client_mode)s->mode) {
	case CLIENT_CONTENT:
	case CLIENT_CHUNK:
	case CLIENT_PEEK:
		return PLACE_MESSAGE;
	case CLIENT_HEADER:
	case CLIENT_WARY:
	case CLIENT_ADRIFT:
		return PLACE_OTHER;
	case CLIENT_COMMANDS:
		break;
	}
	if (s->exchange != EXCHANGE_NONE)
		return PLACE_AUTH;
	if (s->is_starttls_waiting || s->at_border[SIDE_CLIENT])
		return PLACE_STARTTLS;
	if (s->facts.greeting_verb == GREETING_NONE)
		return PLACE_EHLO;
	/* Behind an offer, and before any mail, the client asks for TLS. */
	if (s->facts.offered == FACT_YES && s->facts.mail_count == 0 &&
	    s->facts.requested != FACT_YES)
		return PLACE_STARTTLS;
	return PLACE_COMMAND;
}

bool
smtp_is_in_message(const struct smtp *s)
{
	return !s->is_tls[SIDE_CLIENT] && s->mode != CLIENT_COMMANDS;
}

void
smtp_finish(struct smtp *s, struct ledger *l)
{
	/* Behind a DATA that was never answered there may have been commands. */
	if (!s->is_confirmed && s->content_len > 0 &&
	    (s->is_seen[SIDE_SERVER] || s->mode == CLIENT_CONTENT))
		smtp_doubt_request(s);
	for (int side = 0; side < SIDES; side++) {
		struct smtp_input in = {.from = (enum side)side, .time = s->time};
		struct smtp_walk w;

		w.s = s;
		w.l = l;
		w.in = &in;
		if (!s->is_tls[side])
			close_line(&w);
	}
}

const struct smtp_facts *
smtp_facts(const struct smtp *s)
{
	return &s->facts;
}

unsigned
smtp_rcpt_domains(const struct smtp *s)
{
	return s->names.of_rcpt;
}

void
smtp_chains(struct smtp *s, struct chain *out[SMTP_CHAINS])
{
	for (int side = 0; side < SIDES; side++)
		out[side] = &s->lines[side].held;
	out[SIDES] = &s->names.index;
}

void
smtp_clear(struct smtp *s, struct pool *p)
{
	for (int side = 0; side < SIDES; side++)
		line_drop(&s->lines[side], p);
	names_clear(&s->names, p);
}
