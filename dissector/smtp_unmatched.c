/*
 * Replies of which it is not known what they answer: what each shows by itself, of
 * STARTTLS and of where the client stands; see smtp_state.h. Those that are matched
 * are read in smtp_reply.c.
 */
#include "dissector/smtp_state.h"

/* The client's bytes may be anything: what a reply makes of them. */
static void
unmatched_finds_client(struct smtp_walk *w, bool is_go_ahead)
{
	struct smtp *s = w->s;

	if (is_go_ahead) {
		s->mode = CLIENT_CONTENT;
		s->content = CONTENT_AT_LINE;
		s->content_len = 0;
		s->is_confirmed = true;
		s->is_data_open = false;
		s->is_lax = s->is_gapped = s->is_refused = false;
		s->may_have_ended = s->is_end_last = s->is_content_answered = false;
	} else if (s->reply.code < 400 && !s->is_data_open) {
		/*
		 * A refusal may come while text is still being sent; success does not,
		 * but behind DATA it may be that of a command before.
		 */
		s->is_content_answered = true;
		s->answered_end = w->at;
	}
}

/* Behind DATA the client sends text: which reply this is. */
static void
unmatched_in_content(struct smtp_walk *w, bool is_go_ahead)
{
	struct smtp *s = w->s;

	if (s->is_confirmed && is_go_ahead) {
		/* Another DATA's, whose command is among what is missing. */
		unmatched_finds_client(w, true);
	} else if (s->is_confirmed && s->is_content_answered && !s->is_gapped) {
		/* One more than the text has: what is taken for text are commands. */
		smtp_doubt_request(s);
		smtp_go_adrift(s);
		unmatched_finds_client(w, false);
	} else if (s->is_confirmed) {
		/* DATA ends what was pipelined: nothing else can be answered here. */
		smtp_answer_content(w);
	} else if (is_go_ahead) {
		smtp_confirm_content(s);
	} else {
		/* Of which command it was the verdict is not known. */
		smtp_doubt_request(s);
		smtp_go_adrift(s);
	}
}

/*
 * 354 to no DATA: one that is missing, or a command that others call by another
 * name (Exchange's XEXCH50), whose text need not end with a dot.
 */
static void
text_is_asked_for(struct smtp_walk *w)
{
	unmatched_finds_client(w, true);
	w->s->is_gapped = true;
}

/* DATA's own reply, or that of a command before it. */
static void
unmatched_in_peek(struct smtp *s)
{
	if (s->reply.code == 354) {
		smtp_confirm_content(s);
	} else if (s->reply.code >= 400) {
		/* Which of them was refused is not known. */
		smtp_doubt_request(s);
		smtp_go_adrift(s);
		s->is_data_open = true;
	}
}

/* Where the client's bytes are message text or may be: what a reply says of that. */
static void
unmatched_moves_client(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	bool is_go_ahead = s->reply.code == 354;

	switch ((enum client_mode)s->mode) {
	case CLIENT_ADRIFT:
	case CLIENT_WARY:
		unmatched_finds_client(w, is_go_ahead);
		return;
	case CLIENT_CONTENT:
		unmatched_in_content(w, is_go_ahead);
		return;
	case CLIENT_COMMANDS:
		/* Text was sent, and ended, before DATA was answered. */
		if (!s->is_confirmed && s->content_len > 0)
			(is_go_ahead ? smtp_confirm_content : smtp_doubt_request)(s);
		else if (is_go_ahead)
			text_is_asked_for(w);
		return;
	case CLIENT_PEEK:
		unmatched_in_peek(s);
		return;
	case CLIENT_CHUNK:
	case CLIENT_HEADER:
		return;
	}
}

/* Codes that refuse STARTTLS (RFC 3207 section 4, RFC 5321 section 4.2.4), and no message. */
static bool
is_refusal_of_starttls(uint16_t code)
{
	return code == 454 || (code >= 500 && code <= 504);
}

void
smtp_unmatched_reply(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	struct smtp_facts *f = &s->facts;
	uint16_t code = s->reply.code;

	if (s->exchange != EXCHANGE_NONE)
		s->exchange = code == 334 ? EXCHANGE_CHALLENGED : EXCHANGE_NONE;
	unmatched_moves_client(w);
	if (code == 220 && s->is_starttls_waiting) {
		if (s->is_request_doubtful)
			smtp_confirm_request(s);
		smtp_go_ahead(w);
		return;
	}
	if (s->is_starttls_waiting && s->is_request_doubtful && is_refusal_of_starttls(code))
		smtp_confirm_request(s);
	s->is_starttls_waiting = false;
	s->is_go_ahead = code == 220;
	if (code != 250 || s->reply.lines < 2 || f->accepted == FACT_YES || s->is_reply_broken)
		return;
	s->is_offer_seen |= s->is_offering;
	if (s->is_ehlo_late)
		return;
	if (s->is_offering) {
		f->offered = FACT_YES;
		f->extended = FACT_YES;
	} else {
		f->offered = FACT_UNSEEN;
	}
}
