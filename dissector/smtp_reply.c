/*
 * The server's side of the dialogue: each reply matched to its command, and
 * what it means there; see smtp_state.h. Where matching is lost, a reply says
 * only what its own text shows: smtp_unmatched.c.
 */
#include "dissector/extension.h"
#include "dissector/padding.h"
#include "dissector/scrub.h"
#include "dissector/smtp_state.h"

static bool
is_success(uint16_t code)
{
	return code >= 200 && code < 300;
}

/* No client was ever heard: the server's side alone is captured. */
static bool
is_alone(const struct smtp *s)
{
	return !s->is_seen[SIDE_CLIENT];
}

/* The commands at the front that may go without an answer: whether this code is theirs. */
static void
skip_doubtful(struct smtp *s, uint16_t code)
{
	/* What greets answers none of them. */
	if (!s->is_greeting_past && (code == 220 || code >= 400))
		return;
	while (pending_head(&s->pending) == AWAIT_DOUBTFUL && code < 500)
		pending_pop_run(&s->pending);
}

/*
 * Whether a reply of this code can answer such a command, RFC 5321 section
 * 4.3.2. STARTTLS is answered anything by those who do not want it to be used.
 */
static bool
code_fits(enum await kind, uint16_t code)
{
	switch (kind) {
	case AWAIT_HELO:
	case AWAIT_EHLO:
		return code == 250 || code >= 400;
	case AWAIT_AUTH:
		return code != 354;
	case AWAIT_DATA:
		return code != 334;
	case AWAIT_STARTTLS:
		return true;
	case AWAIT_NOTHING:
	case AWAIT_OTHER:
	case AWAIT_DOUBTFUL:
	case AWAIT_MAIL:
	case AWAIT_RCPT:
	case AWAIT_CONTENT:
	case AWAIT_CHUNK:
	case AWAIT_LAST_CHUNK:
	case AWAIT_RSET:
	case AWAIT_PRIVATE:
		return code < 300 || code >= 400;
	}
	return true;
}

/*
 * Replies run ahead of or behind their commands: one that no command is known
 * to have asked for, or one that cannot be its answer.
 */
static bool
is_out_of_step(const struct smtp *s, const struct reply_line *line)
{
	enum await kind = pending_head(&s->pending);

	if (kind == AWAIT_NOTHING)
		return line->code == 354 || !s->is_whole ||
		       (s->mode == CLIENT_CONTENT && s->is_content_answered);
	/* Several lines of 250, and EHLO is still to be answered: its reply, one too early. */
	if (kind == AWAIT_OTHER && line->code == 250 && !line->is_last &&
	    pending_has(&s->pending, AWAIT_EHLO))
		return true;
	return !code_fits(kind, line->code);
}

/* From here on a reply says only what it says by itself. */
static void
fall_out_of_step(struct smtp *s)
{
	smtp_lose_match(s);
	/* Text whose verdict is there, and more replies: what is taken for text are commands. */
	if (s->mode == CLIENT_CONTENT && s->is_content_answered && !s->is_gapped) {
		smtp_doubt_request(s);
		smtp_go_adrift(s);
	}
}

static bool
is_greeting_awaited(const struct smtp *s)
{
	enum await kind = pending_head(&s->pending);

	return kind == AWAIT_EHLO || kind == AWAIT_HELO;
}

/* What a reply that begins with this line answers. */
static enum reply_to
reply_answers(struct smtp *s, const struct reply_line *line)
{
	uint16_t code = line->code;
	bool is_asked;

	skip_doubtful(s, code);
	is_asked = s->is_matched && pending_head(&s->pending) != AWAIT_NOTHING;
	if (!s->is_greeting_past) {
		s->is_greeting_past = true;
		/* Some clients talk first; then a greeting is what looks like one. */
		if (!is_asked || code == 220 || code >= 400)
			return REPLY_GREETING;
	} else if (!is_asked && is_alone(s) && code < 400) {
		s->facts.requested = FACT_UNSEEN;
		smtp_lose_match(s);
	} else if (is_asked && code == 220 && is_greeting_awaited(s)) {
		/* A relay greets, and then the server behind it: the second is no answer. */
		return REPLY_TO_NOTHING;
	} else if (s->is_matched && is_out_of_step(s, line)) {
		fall_out_of_step(s);
		return REPLY_TO_NOTHING;
	}
	return is_asked ? REPLY_TO_COMMAND : REPLY_TO_NOTHING;
}

/* Whether this reply's lines are an EHLO reply's, as far as can be said at its first. */
static bool
is_ehlo_reply(const struct smtp *s, const struct reply_line *line)
{
	if (s->facts.accepted == FACT_YES || s->is_ehlo_late || !is_success(line->code))
		return false;
	if (s->reply_to == REPLY_TO_COMMAND)
		return pending_head(&s->pending) == AWAIT_EHLO;
	/* Nothing but an EHLO reply has several lines of 250, or nearly nothing. */
	return s->reply_to == REPLY_TO_NOTHING && !s->is_matched && !s->is_reply_broken &&
	       line->code == 250 && !line->is_last;
}

static void
note_ehlo_line(struct smtp_walk *w, const struct reply_line *line, struct bytes text)
{
	struct smtp *s = w->s;

	if (s->reply.lines == 0) {
		if (!is_ehlo_reply(s, line)) {
			s->ehlo_lines = EHLO_LINES_MAX;
			return;
		}
		s->ehlo_lines = 0;
		/* By the letter a name; servers that forget theirs mean it. */
		s->is_offer_for_name |= extension_is_starttls(line->text);
		smtp_note(w, NOTE_EHLO_START, (struct bytes){0});
	} else if (extension_is_starttls(line->text)) {
		/* The first line names the server, RFC 5321 section 4.1.1.1. */
		s->is_offering = true;
	}
	/* What is blanked for being no keyword would pass for a masked one. */
	if (s->reply_to != REPLY_TO_COMMAND && s->reply.lines > 0 &&
	    !scrub_is_keyword_line(line->text))
		return;
	if (s->ehlo_lines < EHLO_LINES_MAX) {
		s->ehlo_lines++;
		smtp_note(w, NOTE_EHLO_LINE, text);
	}
}

/* An error reply to STARTTLS that quotes what the client did not send. */
static void
note_echo(struct smtp_walk *w, const struct reply_line *line)
{
	struct bytes echo;

	/* 421 and 454 quote nothing: there is no time, or no TLS. */
	if (line->code < 400 || line->code == 421 || line->code == 454)
		return;
	echo = padding_echo(line->text);
	if (echo.len == 0)
		return;
	w->s->facts.verb_echoed = true;
	smtp_note(w, NOTE_MASKED_VERB, echo);
}

/* RFC 5321 section 4.1.4: a new EHLO or HELO ends the transaction. */
static void
reply_to_ehlo(struct smtp_walk *w, struct bytes text)
{
	struct smtp *s = w->s;
	struct smtp_facts *f = &s->facts;

	s->rcpts = 0;
	if (!is_success(s->reply.code)) {
		f->ehlo_refusal = s->reply.code;
		/* One that was accepted before stays in force, RFC 5321 section 4.1.4. */
		if (f->extended != FACT_YES)
			f->extended = FACT_NO;
		smtp_note(w, NOTE_EHLO_REFUSAL, text);
		return;
	}
	f->extended = FACT_YES;
	s->is_offer_seen |= s->is_offering;
	/* The reply in force is the last before mail, STARTTLS or TLS. */
	if (f->accepted == FACT_YES || s->is_ehlo_late)
		return;
	if (s->is_offering)
		f->offered = FACT_YES;
	else
		f->offered = s->is_whole && !s->is_offer_for_name ? FACT_NO : FACT_UNSEEN;
}

static void
reply_to_starttls(struct smtp_walk *w, struct bytes text)
{
	struct smtp *s = w->s;

	if (s->reply.code == 220) {
		smtp_go_ahead(w);
		return;
	}
	s->is_starttls_waiting = false;
	s->facts.starttls_refusal = s->reply.code;
	if (s->facts.accepted != FACT_YES) /* the last request's answer counts */
		s->facts.accepted =
		    pending_has(&s->pending, AWAIT_STARTTLS) ? FACT_UNSEEN : FACT_NO;
	smtp_note(w, NOTE_REFUSAL, text);
	s->is_lax_go_ahead = is_success(s->reply.code);
	if (s->is_tls[SIDE_CLIENT])
		smtp_take_lax_go_ahead(s);
}

void
smtp_confirm_content(struct smtp *s)
{
	s->is_confirmed = true;
	s->ahead_lines = 0;
	smtp_judge_content(s);
	/* A line that has begun is looked at when it is whole. */
	if (s->mode == CLIENT_PEEK && !line_is_unfinished(&s->lines[SIDE_CLIENT]))
		s->mode = CLIENT_CONTENT;
}

/* The same, and the verdict is awaited. */
static void
data_go_ahead(struct smtp *s)
{
	smtp_confirm_content(s);
	s->due = s->is_lmtp && s->rcpts > 0 ? s->rcpts : 1;
	/* It takes the place of the DATA just taken away. */
	if (!pending_put_front(&s->pending, AWAIT_CONTENT, 1))
		smtp_lose_match(s);
}

/*
 * DATA was refused. What came behind it before that was known the server read as
 * commands and answers line by line; it is taken for what it was meant to be.
 */
static void
data_refused(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	bool is_open = s->mode == CLIENT_PEEK || (s->mode == CLIENT_CONTENT && !s->is_confirmed);

	if (s->content_len > 0 && !s->is_confirmed) {
		smtp_doubt_request(s);
		if (!pending_put_front(&s->pending, AWAIT_DOUBTFUL, s->ahead_lines))
			smtp_lose_match(s);
	}
	if (!is_open)
		s->content_len = 0;
	if (is_open && s->content_len == 0) {
		/* A go-ahead with a wrong code is seen: then text follows. */
		s->mode = s->reply.code < 400 ? CLIENT_WARY : CLIENT_COMMANDS;
	} else if (is_open) {
		s->is_refused = s->is_content_answered = true;
		s->answered_end = w->at;
	}
}

void
smtp_answer_content(struct smtp_walk *w)
{
	struct smtp *s = w->s;

	if (s->mode != CLIENT_CONTENT || !s->is_confirmed)
		return;
	if (s->is_gapped && s->reply.code >= 400) {
		/* Some servers refuse before the end; whether it is among what is missing? */
		smtp_go_adrift(s);
		return;
	}
	if (s->is_end_last) {
		s->mode = CLIENT_COMMANDS;
		return;
	}
	s->is_content_answered = true;
	s->answered_end = w->at;
}

/* One of several replies to a message: RFC 2033 section 4.2 has one for each recipient. */
static bool
is_last_due(struct smtp *s)
{
	if (s->due > 1) {
		s->due--;
		return false;
	}
	s->due = 0;
	s->rcpts = 0;
	return true;
}

static void
reply_to_auth(struct smtp *s)
{
	if (s->reply.code == 334) {
		s->exchange = s->is_data_ahead ? EXCHANGE_ASKED : EXCHANGE_CHALLENGED;
		if (s->is_data_ahead)
			smtp_credentials(s);
		s->is_data_ahead = false;
		return;
	}
	s->exchange = EXCHANGE_NONE;
	pending_pop(&s->pending);
}

/* A reply to one of the commands whose replies are not one to one; false for others. */
static bool
reply_is_one_of_many(struct smtp_walk *w, enum await kind)
{
	struct smtp *s = w->s;

	if (kind == AWAIT_AUTH) {
		reply_to_auth(s);
		return true;
	}
	if (kind == AWAIT_LAST_CHUNK && s->due == 0)
		s->due = s->is_lmtp && s->rcpts > 0 ? s->rcpts : 1;
	if (kind != AWAIT_CONTENT && kind != AWAIT_LAST_CHUNK)
		return false;
	if (kind == AWAIT_CONTENT)
		smtp_answer_content(w);
	if (is_last_due(s))
		pending_pop(&s->pending);
	return true;
}

/* A whole reply to the command at the front. */
static void
reply_to_command(struct smtp_walk *w, struct bytes text)
{
	struct smtp *s = w->s;
	enum await kind = pending_head(&s->pending);
	bool is_ok = is_success(s->reply.code);

	if (reply_is_one_of_many(w, kind))
		return;
	pending_pop(&s->pending);
	switch (kind) {
	case AWAIT_EHLO:
		reply_to_ehlo(w, text);
		return;
	case AWAIT_HELO:
		s->rcpts = 0;
		if (is_ok && s->facts.extended != FACT_YES)
			s->facts.extended = FACT_NO;
		return;
	case AWAIT_STARTTLS:
		reply_to_starttls(w, text);
		return;
	case AWAIT_MAIL:
		s->rcpts = 0;
		s->facts.mail_accepted |= is_ok;
		if (is_ok && s->facts.mail_count == 0)
			s->facts.mail_count = 1; /* one that was smuggled in was taken */
		return;
	case AWAIT_RCPT:
		if (is_ok && s->rcpts < UINT16_MAX)
			s->rcpts++;
		return;
	case AWAIT_DATA:
		if (s->reply.code == 354)
			data_go_ahead(s);
		else
			data_refused(w);
		return;
	case AWAIT_RSET:
		s->rcpts = 0;
		return;
	case AWAIT_DOUBTFUL:
		s->is_guess = pending_head(&s->pending) == AWAIT_EHLO;
		return;
	case AWAIT_NOTHING:
	case AWAIT_OTHER:
	case AWAIT_CHUNK:
	case AWAIT_PRIVATE:
	case AWAIT_CONTENT:
	case AWAIT_LAST_CHUNK:
	case AWAIT_AUTH:
		return;
	}
}

static void
reply_ends(struct smtp_walk *w, struct bytes text)
{
	struct smtp *s = w->s;

	smtp_count(&s->facts.replies, 1);
	s->is_go_ahead = s->is_guess = false;
	/* Text in answer to the client's TLS: it was no go-ahead. */
	if (s->is_lax_go_ahead && s->is_tls[SIDE_CLIENT]) {
		s->is_lax_go_ahead = false;
		s->facts.accepted = FACT_NO;
	}
	switch ((enum reply_to)s->reply_to) {
	case REPLY_GREETING:
		s->facts.greeting_code = s->reply.code;
		break;
	case REPLY_TO_COMMAND:
		reply_to_command(w, text);
		break;
	case REPLY_TO_NOTHING:
		if (s->is_matched)
			smtp_count(&s->facts.replies_unmatched, 1);
		else
			smtp_unmatched_reply(w);
		break;
	}
	s->reply = (struct reply){0};
	s->is_offering = s->is_reply_broken = false;
}

/* A reply of which it is not known what it answers: SMTP's own words may be shown. */
static void (*words_scrubber(const struct smtp *s, const struct reply_line *line))(uint8_t *,
										   size_t)
{
	if (line->code == 220)
		return scrub_reply_words;
	if (line->code != 250 || (line->is_last && s->reply.lines == 0))
		return scrub_reply_text;
	/* EXPN's is like it, RFC 5321 section 4.2.1; but the first line may name the server. */
	if (s->reply.lines > 0)
		return scrub_is_keyword_line(line->text) ? scrub_reply_words : scrub_reply_text;
	return is_alone(s) || s->line_kind[SIDE_SERVER] != LINE_ORDINARY ? scrub_ehlo_words
									 : scrub_reply_words;
}

/* Whether the reply to this command speaks of servers and extensions, if it is its reply. */
static bool
is_public(const struct smtp *s, enum await kind)
{
	/* Behind mail a body that was taken for commands may have put them out of step. */
	if (kind == AWAIT_STARTTLS)
		return s->facts.mail_count == 0;
	return (kind == AWAIT_EHLO || kind == AWAIT_HELO) && !s->is_ehlo_late;
}

/*
 * How much of a line must be blanked. Text is shown only where it names servers
 * and extensions; all others may quote a mailbox in whatever way, or a secret.
 */
static void (*reply_scrubber(const struct smtp *s, const struct reply_line *line))(uint8_t *,
										   size_t)
{
	enum await kind = pending_head(&s->pending);

	if (line->code == 334 || line->code == 235 || line->code == 535)
		return scrub_reply_text;
	if (scrub_is_of_address(line->text))
		return scrub_reply_text;
	/* Text where TLS should begin is the evidence itself, unless it may name a mailbox. */
	if (s->line_kind[SIDE_SERVER] != LINE_ORDINARY && scrub_is_of_session(line->code))
		return scrub_reply;
	if (s->line_kind[SIDE_SERVER] != LINE_ORDINARY)
		return words_scrubber(s, line);
	switch ((enum reply_to)s->reply_to) {
	case REPLY_GREETING:
		return scrub_reply;
	case REPLY_TO_COMMAND:
		if (is_public(s, kind))
			return scrub_reply;
		if (kind == AWAIT_EHLO || kind == AWAIT_HELO || kind == AWAIT_STARTTLS)
			return scrub_is_of_session(line->code) ? scrub_reply
							       : words_scrubber(s, line);
		return scrub_reply_text;
	case REPLY_TO_NOTHING:
		break;
	}
	return words_scrubber(s, line);
}

static void
note_greeting_line(struct smtp_walk *w, struct bytes text)
{
	if (w->s->greeting_lines == GREETING_LINES_MAX)
		return;
	w->s->greeting_lines++;
	smtp_note(w, NOTE_GREETING, text);
}

static void
reply_line(struct smtp_walk *w, const struct line *line, const struct reply_line *read)
{
	struct smtp *s = w->s;
	struct bytes text;

	if (s->reply.lines == 0)
		s->reply_to = (uint8_t)reply_answers(s, read);
	text = smtp_keep(w, line, reply_scrubber(s, read));
	text = bytes_after(text, (size_t)(line->text.len - read->text.len));
	if (s->reply_to == REPLY_GREETING)
		note_greeting_line(w, text);
	else
		note_ehlo_line(w, read, text);
	if (s->reply_to == REPLY_TO_COMMAND && pending_head(&s->pending) == AWAIT_STARTTLS)
		note_echo(w, read);
	if (reply_add(&s->reply, read))
		reply_ends(w, text);
}

void
smtp_server_line(struct smtp_walk *w, const struct line *line)
{
	struct smtp *s = w->s;
	struct reply_line read;

	s->is_prose = s->is_challenged = false;
	if (line->is_lost) {
		*w->l->is_short = true;
		smtp_lose_server(s);
		return;
	}
	if (line->is_bare)
		smtp_count(&s->facts.bare_lf_lines, 1);
	if (line->is_cut)
		smtp_count(&s->facts.long_lines, 1);
	/* Lines that are none of a reply are passed over, as common clients do. */
	if (!reply_line_read(line->text, &read)) {
		/* Or the end of one whose beginning is missing, and may name anybody. */
		smtp_keep(w, line, scrub_all);
		return;
	}
	s->is_challenged = read.code == 334;
	reply_line(w, line, &read);
}
