/*
 * The client's side of the dialogue: commands, AUTH data, message text; see
 * smtp_state.h. Message text must never be read as commands, so whatever is in
 * doubt is taken for text until the server's replies show otherwise.
 */
#include "dissector/command.h"
#include "dissector/padding.h"
#include "dissector/path.h"
#include "dissector/scrub.h"
#include "dissector/smtp_state.h"
#include "dissector/text.h"
#include "dissector/vocabulary.h"

#define DOT_LEN 3 /* message text that is no longer than this is its end alone */

/*
 * The signature of the PROXY protocol's version 2 reads as four lines, the last
 * of them QUIT: where the third and the fourth begin. Behind it stand what it is
 * about, in two bytes, and how much follows, in two.
 */
#define SIGNATURE_THIRD  4
#define SIGNATURE_FOURTH 7
#define HEADER_FORM_LEN  2
#define HEADER_LEN       4

/* Wait for this command's reply. */
static void
command_awaits(struct smtp *s, enum await kind)
{
	if (s->is_matched && !pending_push(&s->pending, kind))
		smtp_lose_match(s);
}

/* What came last was no command, and what reads like one is of the same making. */
static void
begin_prose(struct smtp_walk *w)
{
	w->s->is_prose = true;
	w->s->prose_peer = (uint32_t)w->in->peer_offset;
}

/* Whether that still goes on: the client had no answer since. */
static bool
is_prose(const struct smtp_walk *w)
{
	return w->s->is_prose && w->s->prose_peer == (uint32_t)w->in->peer_offset;
}

/* What reads like a command may be text: matching is lost, or it is no place for it. */
static bool
may_be_text(const struct smtp_walk *w)
{
	return !w->s->is_matched || is_prose(w) || w->s->facts.mail_count > 0;
}

/* Note a domain, once. */
static void
note_domain(struct smtp_walk *w, enum note tag, const struct path *path)
{
	struct names *names = &w->s->names;
	uint8_t name[PATH_DOMAIN_MAX];
	struct bytes domain = {name, path_domain(path, name)};

	/* "<>" and "<postmaster>" have no domain, RFC 5321 sections 4.5.5 and 4.5.1. */
	if (!path->has_at || is_prose(w))
		return;
	if (!w->s->is_matched && !path_is_dotted(domain))
		return;
	if (domain.len > 0 && names_has(names, w->l, tag, domain))
		return;
	if (domain.len == 0 || !names_add(names, w->l, tag, domain))
		smtp_count(&w->s->facts.domains_dropped, 1);
}

/*
 * Smuggled in behind STARTTLS: no sender's command, and a server that is right
 * drops it (RFC 3207 section 4.2), so it is no mail unless it is accepted.
 */
static bool
is_injected(const struct smtp_walk *w)
{
	return w->s->line_kind[SIDE_CLIENT] == LINE_INJECTED ||
	       w->s->line_kind[SIDE_CLIENT] == LINE_DOUBTFUL;
}

static void
command_mail(struct smtp_walk *w, const struct command *c)
{
	struct path path;

	command_awaits(w->s, AWAIT_MAIL);
	if (is_injected(w))
		return;
	smtp_count(&w->s->facts.mail_count, 1);
	w->s->facts.mail_after_tls |= w->s->is_behind_tls;
	if (!path_read(c->argument, &path))
		return;
	if (path_has_parameter(&path, BYTES("REQUIRETLS")))
		w->s->facts.requiretls_sent = true;
	note_domain(w, NOTE_FROM_DOMAIN, &path);
}

static void
command_rcpt(struct smtp_walk *w, const struct command *c)
{
	struct path path;

	command_awaits(w->s, AWAIT_RCPT);
	if (!is_injected(w) && path_read(c->argument, &path))
		note_domain(w, NOTE_RCPT_DOMAIN, &path);
}

static void
command_starttls(struct smtp_walk *w, bool is_anonymous)
{
	struct smtp *s = w->s;

	s->facts.is_anonymous_tls = is_anonymous;
	s->is_request_doubtful = !s->is_matched;
	/* Where matching is lost it may be text that quotes SMTP: what follows will tell. */
	if (s->is_matched)
		smtp_confirm_request(s);
	else
		smtp_doubt_request(s);
	command_awaits(s, AWAIT_STARTTLS);
	/* Asked again, for want of an answer: it is this one's that is waited for. */
	if (s->line_kind[SIDE_CLIENT] == LINE_LATE || !s->is_starttls_waiting)
		s->late_bytes = 0;
	if (s->is_starttls_waiting)
		return;
	s->is_starttls_waiting = true;
	s->starttls_peer = w->in->peer_offset;
	s->starttls_time = w->in->time;
	s->client_border = w->at;
}

/* What follows is message text, unless the reply refuses. */
static void
command_data(struct smtp *s, const struct line *line)
{
	command_awaits(s, AWAIT_DATA);
	s->mode = CLIENT_PEEK;
	s->content = CONTENT_AT_LINE;
	s->content_len = 0;
	s->ahead_lines = 0;
	s->is_text = s->is_confirmed = s->is_gapped = s->is_refused = false;
	s->may_have_ended = s->is_end_last = s->is_content_answered = false;
	/* Who ends his commands with a bare LF ends his text so: no other dot will come. */
	s->is_lax = line->is_bare;
}

/* RFC 3030 section 2: a chunk follows at once, whatever the reply will be. */
static void
command_bdat(struct smtp *s, const struct command *c)
{
	struct chunk chunk;

	if (!command_chunk(c->argument, &chunk)) {
		/* Servers refuse and read on; whether text follows nobody can say. */
		command_awaits(s, AWAIT_OTHER);
		s->mode = CLIENT_WARY;
		return;
	}
	command_awaits(s, chunk.is_last ? AWAIT_LAST_CHUNK : AWAIT_CHUNK);
	s->chunk_left = chunk.size;
	if (chunk.size > 0)
		s->mode = CLIENT_CHUNK;
}

void
smtp_credentials(struct smtp *s)
{
	s->facts.credentials_sent = true;
	s->facts.mail_after_tls |= s->is_behind_tls;
	if (s->auth_data < UINT8_MAX)
		s->auth_data++;
	if (s->is_secret && (!s->is_login || s->auth_data > 1))
		s->facts.secret_sent = true;
}

static void
command_auth(struct smtp_walk *w, const struct command *c)
{
	struct mechanism m = command_mechanism(c->argument);
	struct smtp *s = w->s;

	s->facts.auth_sent = true;
	command_awaits(s, AWAIT_AUTH);
	if (c->argument.len == 0)
		return;
	smtp_note(w, NOTE_AUTH, m.name);
	s->is_secret = m.is_reusable;
	s->is_login = text_equal(m.name, BYTES("LOGIN"));
	s->auth_data = 0;
	s->is_data_ahead = false;
	s->exchange = EXCHANGE_ASKED;
	if (m.is_initial_data)
		smtp_credentials(s);
}

/* RFC 4648 section 4: what data of an exchange is written in. */
static bool
is_base64(struct bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!text_is_alpha(in.at[i]) && !text_is_digit(in.at[i]) && in.at[i] != '+' &&
		    in.at[i] != '/' && in.at[i] != '=')
			return false;
	return in.len % 4 == 0;
}

/* One line of the client's in an AUTH exchange, RFC 4954 section 4. */
static void
auth_data(struct smtp_walk *w, const struct line *line)
{
	struct smtp *s = w->s;
	struct bytes data = text_trim(line->text);

	bool is_asked =
	    s->exchange == EXCHANGE_CHALLENGED || (!s->is_seen[SIDE_SERVER] && is_base64(data));

	smtp_keep(w, line, scrub_all);
	s->exchange = EXCHANGE_ASKED;
	if (data.len == 0 || bytes_equal(data, BYTES("*")) || bytes_equal(data, BYTES("=")))
		return;
	/* Sent ahead of the challenge: it depends on whether the mechanism is refused. */
	if (is_asked)
		smtp_credentials(s);
	else
		s->is_data_ahead = s->is_matched;
}

static void
command_helo(struct smtp_walk *w, const struct command *c, struct bytes scrubbed)
{
	struct smtp *s = w->s;
	struct bytes name = command_read(scrubbed).argument;

	s->facts.greeting_verb = c->verb == VERB_HELO   ? GREETING_HELO
				 : c->verb == VERB_EHLO ? GREETING_EHLO
							: GREETING_LHLO;
	if (c->verb == VERB_LHLO)
		s->is_lmtp = true;
	if (c->verb == VERB_HELO && s->facts.ehlo_refusal != 0)
		s->facts.helo_after_refusal = true;
	s->is_ehlo_late =
	    s->facts.mail_count > 0 || s->may_have_mail || s->facts.requested == FACT_YES;
	/* This reply will be in force, and may not be known for one. */
	if (c->verb != VERB_HELO && !s->is_matched && !s->is_ehlo_late)
		s->facts.offered = FACT_UNSEEN;
	if (!is_prose(w) && (!may_be_text(w) || path_is_dotted(name)))
		smtp_note(w, NOTE_HELO, name);
	command_awaits(s, c->verb == VERB_HELO ? AWAIT_HELO : AWAIT_EHLO);
}

static void
command_unknown(struct smtp_walk *w, const struct command *c)
{
	/*
	 * A balancer's line in front of the client's first, of the PROXY protocol: no
	 * command, but to servers that do not speak it.
	 */
	if (w->s->line_at[SIDE_CLIENT] == 0 && bytes_equal(c->word, BYTES("PROXY"))) {
		command_awaits(w->s, AWAIT_DOUBTFUL);
		return;
	}
	if (c->word.len == PADDING_LEN && c->argument.len == 0 && padding_is_word(c->word)) {
		w->s->facts.verb_masked = true;
		smtp_note(w, NOTE_MASKED_VERB, c->word);
	}
	command_awaits(w->s, AWAIT_OTHER);
	/* Exchange's XEXCH50 is followed by bytes of any sort, if 354 says so: who is to hear it?
	 */
	if (text_equal(c->word, BYTES("XEXCH50")) && !w->s->is_seen[SIDE_SERVER]) {
		smtp_doubt_request(w->s);
		smtp_go_adrift(w->s);
	}
}

static void
command_act(struct smtp_walk *w, const struct command *c, const struct line *line,
	    struct bytes scrubbed)
{
	switch (c->verb) {
	case VERB_HELO:
	case VERB_EHLO:
	case VERB_LHLO:
		command_helo(w, c, scrubbed);
		return;
	case VERB_STARTTLS:
	case VERB_ANONYMOUSTLS:
		command_starttls(w, c->verb == VERB_ANONYMOUSTLS);
		return;
	case VERB_MAIL:
		command_mail(w, c);
		return;
	case VERB_RCPT:
		command_rcpt(w, c);
		return;
	case VERB_DATA:
		command_data(w->s, line);
		return;
	case VERB_BDAT:
		command_bdat(w->s, c);
		return;
	case VERB_AUTH:
		command_auth(w, c);
		return;
	case VERB_QUIT:
		w->s->facts.quit_sent = true;
		command_awaits(w->s, AWAIT_OTHER);
		return;
	case VERB_RSET:
		command_awaits(w->s, AWAIT_RSET);
		return;
	case VERB_VRFY:
	case VERB_EXPN:
		command_awaits(w->s, AWAIT_PRIVATE);
		return;
	case VERB_UNKNOWN:
		command_unknown(w, c);
		return;
	case VERB_BLANK:
		/* Postfix answers 500, others are silent. */
		command_awaits(w->s, AWAIT_DOUBTFUL);
		return;
	case VERB_NOOP:
	case VERB_HELP:
	case VERB_ETRN:
	case VERB_XCLIENT:
	case VERB_XFORWARD:
		command_awaits(w->s, AWAIT_OTHER);
		return;
	}
}

/* Commands that a client waits behind for their answer, RFC 2920 section 3.1. */
static bool
ends_group(enum verb verb)
{
	return verb == VERB_EHLO || verb == VERB_HELO || verb == VERB_LHLO || verb == VERB_NOOP ||
	       verb == VERB_QUIT || verb == VERB_VRFY || verb == VERB_EXPN || verb == VERB_AUTH;
}

/* How much of a line must be blanked. */
static void (*line_scrubber(const struct smtp_walk *w, const struct command *c))(uint8_t *, size_t)
{
	const struct smtp *s = w->s;

	/* What follows a 334 is a secret, whoever asked for it. */
	if (s->is_challenged && !command_is_plain(c))
		return scrub_all;
	/* After AUTH a line that is no command may be a secret that went astray. */
	if (c->verb == VERB_UNKNOWN && s->facts.auth_sent)
		return scrub_all;
	if (is_prose(w))
		return scrub_verb;
	return may_be_text(w) ? scrub_doubtful_command : scrub_command;
}

/* One line that is a command for certain. */
static void
client_command(struct smtp_walk *w, const struct command *c, const struct line *line)
{
	struct smtp *s = w->s;
	struct bytes scrubbed;

	/* A client waits for EHLO's answer, RFC 2920 section 3.1: it took that one for it. */
	if (s->is_guess)
		smtp_lose_match(s);
	scrubbed = smtp_keep(w, line, line_scrubber(w, c));
	s->is_challenged = s->is_guess = s->is_lax_go_ahead = false;
	if (c->verb == VERB_UNKNOWN && !vocabulary_is_verb(c->word))
		begin_prose(w);
	if (c->verb != VERB_BLANK)
		smtp_count(&s->facts.commands, 1);
	if (line->is_bare)
		smtp_count(&s->facts.bare_lf_lines, 1);
	if (line->is_cut)
		smtp_count(&s->facts.long_lines, 1);
	command_act(w, c, line, scrubbed);
	/* In the middle of things, who goes on there is no client, but text that quotes one. */
	if (!s->is_matched && s->is_seen[SIDE_SERVER] && ends_group(c->verb))
		begin_prose(w);
}

void
smtp_judge_content(struct smtp *s)
{
	if (s->content_len > DOT_LEN && (s->is_confirmed || s->is_text))
		s->facts.message_sent = true;
}

/* Message text was passed; while its go-ahead is not there, its lines are counted. */
static void
content_count(struct smtp *s, struct bytes passed)
{
	size_t len = s->content_len + passed.len;

	s->content_len = (uint8_t)(len < UINT8_MAX ? len : UINT8_MAX);
	smtp_judge_content(s);
	if (s->is_confirmed)
		return;
	while (passed.len > 0 && s->ahead_lines < PENDING_RUN_MAX) {
		size_t n = bytes_find(passed, '\n');

		if (n < passed.len)
			s->ahead_lines++;
		passed = bytes_after(passed, n + 1);
	}
}

/* Only what hardly a message begins with: a client that gives up behind DATA sends it. */
static bool
is_giving_up(const struct smtp *s, const struct command *c)
{
	if (c->argument.len > 0)
		return false;
	return c->verb == VERB_QUIT || c->verb == VERB_RSET || c->verb == VERB_NOOP ||
	       (c->verb == VERB_STARTTLS && s->is_seen[SIDE_SERVER]);
}

/* The first line behind DATA, before its reply: text, unless shown otherwise. */
static void
content_begins(struct smtp *s, const struct line *line, bool is_plain)
{
	enum content_state state = CONTENT_AT_LINE;
	struct bytes in = line->whole;
	enum content_end end;

	if (is_plain && !s->is_confirmed && !s->is_seen[SIDE_SERVER]) {
		/* A message that quotes SMTP, or DATA was refused: there is no telling. */
		smtp_doubt_request(s);
		smtp_go_adrift(s);
		return;
	}
	s->mode = CLIENT_CONTENT;
	s->is_text = !is_plain;
	end = content_read(&state, &in);
	content_count(s, line->whole);
	/* The end of a line that is cut was passed over. */
	s->content = (uint8_t)(line->is_cut ? CONTENT_AT_LINE : state);
	s->is_end_last = s->may_have_ended = end == CONTENT_MAY_END;
	if (end == CONTENT_ENDS || (end == CONTENT_MAY_END && s->is_lax))
		s->mode = CLIENT_COMMANDS;
}

/* A line of what may be anything. */
static void
adrift_line(struct smtp *s, const struct line *line, const struct command *c)
{
	/* No line of message text is a dot alone, RFC 5321 section 4.5.2. */
	if (bytes_equal(line->whole, BYTES(".\r\n")) && !s->is_bare_before) {
		s->mode = CLIENT_WARY;
		s->is_data_open = false;
	} else if (c->verb == VERB_DATA && c->argument.len == 0) {
		/* If it is one, text follows up to the next such dot. */
		s->is_data_open = true;
		s->is_content_answered = false;
	} else if (c->verb == VERB_MAIL) {
		s->may_have_mail = true;
	}
	s->is_bare_before = line->is_bare;
}

/* A line that is no plain command, where commands were to be expected. */
static void
wary_line(struct smtp_walk *w, const struct line *line)
{
	struct smtp *s = w->s;

	if (s->is_matched) {
		command_awaits(s, AWAIT_DOUBTFUL);
		begin_prose(w);
		return;
	}
	/* The reply that spoke for commands was MAIL's or RCPT's, and this is text. */
	smtp_go_adrift(s);
	s->is_bare_before = line->is_bare;
}

/* Whether the line ends the signature of a balancer's header, at the client's first byte. */
static bool
ends_signature(const struct smtp_walk *w, const struct line *line)
{
	struct smtp *s = w->s;
	uint64_t at = s->line_at[SIDE_CLIENT];
	bool is_third = at == SIGNATURE_THIRD &&
			bytes_equal(line->whole, (struct bytes){(const uint8_t *)"\0\r\n", 3});

	if (s->is_from_start && is_third && s->facts.commands == 0)
		s->is_header_begun = true;
	return s->is_header_begun && at == SIGNATURE_FOURTH &&
	       bytes_equal(line->whole, BYTES("QUIT\n"));
}

/* What was read so far is no command of anybody's, and is answered by nobody. */
static void
begin_header(struct smtp *s)
{
	s->mode = CLIENT_HEADER;
	s->header_len = 0;
	s->chunk_left = 0;
	s->is_header_begun = s->is_prose = false;
	s->facts.commands = 0;
	pending_clear(&s->pending);
}

void
smtp_client_line(struct smtp_walk *w, const struct line *line)
{
	struct smtp *s = w->s;
	struct command c = command_read(line->text);
	bool is_plain = !line->is_cut && command_is_plain(&c);

	if (line->is_lost) {
		*w->l->is_short = true;
		smtp_lose_client(s);
		return;
	}
	if (ends_signature(w, line)) {
		begin_header(s);
		return;
	}
	switch ((enum client_mode)s->mode) {
	case CLIENT_ADRIFT:
		adrift_line(s, line, &c);
		return;
	case CLIENT_WARY:
		if (!is_plain) {
			wary_line(w, line);
			return;
		}
		s->mode = CLIENT_COMMANDS;
		break;
	case CLIENT_PEEK:
		if (s->is_confirmed || !is_giving_up(s, &c)) {
			content_begins(s, line, is_plain);
			return;
		}
		s->mode = CLIENT_COMMANDS;
		break;
	case CLIENT_COMMANDS:
		break;
	case CLIENT_CONTENT:
	case CLIENT_CHUNK:
	case CLIENT_HEADER:
		return;
	}
	if (s->exchange != EXCHANGE_NONE && !is_plain) {
		auth_data(w, line);
		return;
	}
	s->exchange = EXCHANGE_NONE;
	client_command(w, &c, line);
}

/* The end of the text was not where we look for it, but the verdict is there and known. */
static bool
content_is_over(const struct smtp_walk *w)
{
	const struct smtp *s = w->s;

	return s->is_content_answered && (s->is_refused || s->may_have_ended || s->is_gapped) &&
	       smtp_had(w->in, s->answered_end);
}

void
smtp_content(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	enum content_state state = (enum content_state)s->content;
	struct bytes passed = w->rest;
	enum content_end end;

	if (content_is_over(w)) {
		s->mode = s->is_gapped ? CLIENT_WARY : CLIENT_COMMANDS;
		s->content_len = 0;
		return;
	}
	end = content_read(&state, &w->rest);
	passed.len -= w->rest.len;
	w->at += passed.len;
	s->content = (uint8_t)state;
	content_count(s, passed);
	s->is_end_last = end == CONTENT_MAY_END && w->rest.len == 0;
	if (end == CONTENT_MAY_END)
		s->may_have_ended = true;
	if (end == CONTENT_ENDS || (end == CONTENT_MAY_END && s->is_lax))
		s->mode = CLIENT_COMMANDS;
}

void
smtp_chunk(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	size_t n = w->rest.len < s->chunk_left ? w->rest.len : (size_t)s->chunk_left;

	s->facts.message_sent = true;
	s->chunk_left -= n;
	w->rest = bytes_after(w->rest, n);
	w->at += n;
	if (s->chunk_left == 0)
		s->mode = CLIENT_COMMANDS;
}

void
smtp_header(struct smtp_walk *w)
{
	struct smtp *s = w->s;
	size_t n;

	for (; s->header_len < HEADER_LEN && w->rest.len > 0; s->header_len++) {
		if (s->header_len >= HEADER_FORM_LEN)
			s->chunk_left = s->chunk_left << 8 | w->rest.at[0];
		w->rest = bytes_after(w->rest, 1);
		w->at++;
	}
	if (s->header_len < HEADER_LEN)
		return;
	n = w->rest.len < s->chunk_left ? w->rest.len : (size_t)s->chunk_left;
	s->chunk_left -= n;
	w->rest = bytes_after(w->rest, n);
	w->at += n;
	if (s->chunk_left == 0)
		s->mode = CLIENT_COMMANDS;
}
