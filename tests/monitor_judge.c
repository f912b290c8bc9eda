/*
 * What one session shows by itself: every kind where it holds, and every
 * ordinary thing where none may. A row changes an ordinary session and names
 * all that must be found in it, and nothing else.
 */
#include "monitor/judge/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LINES(s, field, count, ...)                                \
	do {                                                       \
		static const char *const lines_[] = {__VA_ARGS__}; \
		(s)->count = sizeof(lines_) / sizeof(lines_[0]);   \
		for (size_t i_ = 0; i_ < (s)->count; i_++)         \
			(s)->field[i_] = view(lines_[i_]);         \
	} while (0)
#define GREETING(s, ...) LINES(s, greeting, greetings, __VA_ARGS__)
#define EHLO(s, ...)     LINES(s, ehlo, ehlos, __VA_ARGS__)

static struct bytes
view(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* Postfix without TLS takes a mail in clear; all of it captured. */
static void
plain(struct session *s)
{
	*s = (struct session){.service = SERVICE_SMTP,
			      .seen = SEEN_BOTH,
			      .syn_seen = true,
			      .complete = true,
			      .clear_whole = true,
			      .ending = ENDING_FIN};
	s->smtp.greeting_code = 220;
	s->smtp.greeting_verb = GREETING_EHLO;
	s->smtp.extended = FACT_YES;
	s->smtp.offered = FACT_NO;
	s->smtp.requested = FACT_NO;
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = true;
	s->smtp.message_sent = true;
	s->smtp.quit_sent = true;
	s->helo = view("out.example.org");
	GREETING(s, "mx.example.net ESMTP Postfix");
	EHLO(s, "mx.example.net", "PIPELINING", "SIZE 10240000", "VRFY", "ETRN",
	     "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING");
}

/* The same server with STARTTLS, which the client does not use. */
static void
unused(struct session *s)
{
	plain(s);
	s->smtp.offered = FACT_YES;
	EHLO(s, "mx.example.net", "PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "STARTTLS",
	     "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING");
}

/* STARTTLS offered, asked for, accepted; nothing of TLS yet. */
static void
accepted(struct session *s)
{
	unused(s);
	s->smtp.mail_count = 0;
	s->smtp.mail_accepted = false;
	s->smtp.message_sent = false;
	s->smtp.quit_sent = false;
	s->smtp.requested = FACT_YES;
	s->smtp.accepted = FACT_YES;
	s->smtp.starttls_requests = 1;
}

/* ... and a TLS 1.3 handshake that completed. */
static void
encrypted(struct session *s)
{
	accepted(s);
	s->tls.client_hello = true;
	s->tls.server_hello = true;
	s->tls.complete = FACT_YES;
	s->tls.offered_version = 0x0304;
	s->tls.version = 0x0304;
	s->tls.cipher = 0x1302;
}

static void
failed(struct session *s, enum tls_failure how, enum side by)
{
	encrypted(s);
	s->tls.server_hello = false;
	s->tls.complete = FACT_NO;
	s->tls.failure = how;
	s->tls.failed_by = by;
}

/* missing, masked, stripped */

static void
masked(struct session *s)
{
	plain(s);
	EHLO(s, "mx.example.net", "PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "XXXXXXXX",
	     "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING");
}

static void
masked_server_side_only(struct session *s)
{
	masked(s);
	s->seen = SEEN_SERVER;
	s->smtp.requested = FACT_UNSEEN;
}

static void
masked_unknown(struct session *s)
{
	plain(s);
	GREETING(s, "mx.example.net ESMTP");
	EHLO(s, "mx.example.net", "XXXXXXXA", "SIZE 1000000", "HELP");
}

static void
masked_and_accepted_all_the_same(struct session *s)
{
	encrypted(s);
	masked_unknown(s);
	s->smtp.mail_accepted = s->smtp.message_sent = false;
	s->smtp.requested = s->smtp.accepted = FACT_YES;
	s->tls.complete = FACT_YES;
}

static void
near_miss(struct session *s)
{
	plain(s);
	EHLO(s, "mx.example.net", "PIPELINING", "STARTTLX", "DSN");
}

static void
masked_chunking(struct session *s)
{
	plain(s);
	GREETING(s, "mx Microsoft ESMTP MAIL Service, Version: 6.0.3790.1830");
	EHLO(s, "mx.example Hello [192.0.2.7]", "XXXA", "SIZE", "ETRN", "PIPELINING", "DSN",
	     "ENHANCEDSTATUSCODES", "8bitmime", "BINARYMIME", "XXXXXXXB", "XXXC",
	     "XXXXXXXXXXXXXXXXXXXXXXXD", "XXXXXXXXXXXE", "AUTH GSSAPI NTLM LOGIN", "XXXXXXXXXF",
	     "XXXXXXXXXXXG", "XXXXXXH", "XI");
}

static void
accepted_unoffered(struct session *s)
{
	plain(s);
	s->smtp.mail_accepted = s->smtp.message_sent = false;
	s->smtp.requested = s->smtp.accepted = FACT_YES;
	s->smtp.starttls_requests = 1;
	s->tls.complete = FACT_YES;
	s->tls.client_hello = s->tls.server_hello = true;
	s->tls.offered_version = s->tls.version = 0x0304;
	s->tls.cipher = 0x1301;
}

static void
refused_unoffered(struct session *s)
{
	plain(s);
	s->smtp.requested = FACT_YES;
	s->smtp.accepted = FACT_NO;
	s->smtp.starttls_refusal = 502;
	s->refusal = view("5.5.1 command not implemented");
}

static struct conflict
ehlo_conflict(const char *first, const char *second)
{
	struct conflict c = {.from = SIDE_SERVER, .place = PLACE_EHLO, .offset = 64, .len = 20};

	c.first.ttl = 64;
	c.first.text = view(first);
	c.second.ttl = 57;
	c.second.text = view(second);
	return c;
}

static void
cut_by_conflict(struct session *s)
{
	plain(s);
	s->conflicts[0] = ehlo_conflict("XXX\r\n250 DSN\r\n", "STARTTLS\r\n250 DSN\r\n");
	s->conflict_count = s->conflicts_total = 1;
}

/* The versions share their first letter, the S of SIZE. */
static void
cut_by_conflict_inside_the_word(struct session *s)
{
	unused(s);
	s->conflicts[0] = ehlo_conflict("TARTTLS\r\n250 DSN\r\n", "IZE 1000\r\n250 DSN\r\n");
	s->conflict_count = s->conflicts_total = 1;
}

static void
conflict_that_failed(struct session *s)
{
	encrypted(s);
	s->conflicts[0] = ehlo_conflict("STARTTLS\r\n250 DSN\r\n", "XXX\r\n250 DSN\r\n");
	s->conflict_count = s->conflicts_total = 1;
}

/* refused, unused, suppressed */

static void
refused(struct session *s)
{
	unused(s);
	s->smtp.requested = FACT_YES;
	s->smtp.accepted = FACT_NO;
	s->smtp.starttls_refusal = 454;
	s->refusal = view("4.7.0 Error: too many new TLS sessions from 192.0.2.7");
}

/* No answer ever came, and mail went in clear. */
static void
never_answered(struct session *s)
{
	refused(s);
	s->smtp.accepted = FACT_UNSEEN;
	s->smtp.starttls_refusal = 0;
	s->refusal = (struct bytes){0};
}

/* The same, where the answer may be among what is missing. */
static void
answer_not_captured(struct session *s)
{
	never_answered(s);
	s->clear_whole = s->complete = false;
}

/* A part of the message is missing, and nothing before it: a STARTTLS, or an answer, in there came
 * too late. */
static void
lose_of_message(struct session *s)
{
	s->clear_whole = s->complete = false;
	s->mail_whole = true;
	s->gap_bytes = 1448;
	s->ending = ENDING_IDLE;
	s->mail_requested = s->smtp.requested;
	s->mail_granted = s->smtp.accepted;
	if (s->smtp.requested == FACT_NO)
		s->smtp.requested = FACT_UNSEEN;
	if (s->smtp.accepted == FACT_NO)
		s->smtp.accepted = FACT_UNSEEN;
}

static void
missing_with_a_gap_in_the_message(struct session *s)
{
	plain(s);
	lose_of_message(s);
}

static void
missing_with_drops_and_a_gap_in_the_message(struct session *s)
{
	missing_with_a_gap_in_the_message(s);
	s->has_drops = true;
}

static void
unused_with_a_gap_in_the_message(struct session *s)
{
	unused(s);
	lose_of_message(s);
}

static void
unused_with_drops_and_a_gap_in_the_message(struct session *s)
{
	unused_with_a_gap_in_the_message(s);
	s->has_drops = true;
}

static void
refused_with_a_gap_in_the_message(struct session *s)
{
	refused(s);
	lose_of_message(s);
}

static void
refused_with_a_gap_before_the_mail(struct session *s)
{
	refused_with_a_gap_in_the_message(s);
	s->mail_whole = false;
}

static void
never_answered_with_a_gap_in_the_message(struct session *s)
{
	never_answered(s);
	lose_of_message(s);
}

/* Mail went in clear, STARTTLS came behind it, and the answer may be among what is missing. */
static void
asked_for_late_and_answer_not_captured(struct session *s)
{
	never_answered_with_a_gap_in_the_message(s);
	s->mail_requested = FACT_NO;
}

/* ... so that it was not known, when the mail was accepted, what the answer would be. */
static void
asked_for_beside_the_mail_and_answer_not_captured(struct session *s)
{
	never_answered_with_a_gap_in_the_message(s);
	s->mail_requested = FACT_UNSEEN;
}

/* Mail went in clear; STARTTLS was refused behind it, and may have been accepted behind that. */
static void
refused_behind_the_mail_with_a_gap(struct session *s)
{
	refused_with_a_gap_in_the_message(s);
	s->mail_requested = FACT_NO;
	s->mail_granted = FACT_UNSEEN;
}

/* Whether STARTTLS was asked for before the mail was not known without the gap either. */
static void
doubtful_before_the_mail_with_a_gap(struct session *s)
{
	unused_with_a_gap_in_the_message(s);
	s->mail_requested = FACT_UNSEEN;
}

/* Behind the mail STARTTLS was asked for, in the gap: the client does use it. */
static void
unused_with_tls_behind_the_gap(struct session *s)
{
	unused_with_a_gap_in_the_message(s);
	s->tls.records[SIDE_CLIENT] = 1;
}

static void
missing_with_tls_behind_the_gap(struct session *s)
{
	missing_with_a_gap_in_the_message(s);
	s->tls.records[SIDE_SERVER] = 1;
}

static void
refused_with_tls_behind_the_gap(struct session *s)
{
	refused_with_a_gap_in_the_message(s);
	s->tls.client_hello = true;
}

static void
cut_by_conflict_with_a_gap_in_the_message(struct session *s)
{
	cut_by_conflict(s);
	lose_of_message(s);
}

static void
refused_then_gone(struct session *s)
{
	refused(s);
	s->smtp.starttls_refusal = 421;
	s->smtp.mail_count = 0;
	s->smtp.mail_accepted = s->smtp.message_sent = false;
}

/* Not a refusal, and not the go-ahead either: the client waits for 220 in vain. */
static void
answered_neither_yes_nor_no(struct session *s)
{
	refused(s);
	s->smtp.starttls_refusal = 250;
	s->refusal = view("2.0.0 Ok");
}

static void
answered_wrongly_and_encrypted_all_the_same(struct session *s)
{
	encrypted(s);
	s->smtp.accepted = FACT_NO;
	s->smtp.starttls_refusal = 250;
	s->refusal = view("2.0.0 Ok");
}

static void
echoed(struct session *s)
{
	refused(s);
	s->smtp.starttls_refusal = 500;
	s->smtp.verb_echoed = true;
	s->refusal = view("5.5.1 Command unrecognized: \"XXXXXXXX\"");
	s->masked_verb = view("XXXXXXXX");
}

static void
quit_at_once(struct session *s)
{
	plain(s);
	s->smtp.greeting_verb = GREETING_NONE;
	s->smtp.extended = s->smtp.offered = FACT_UNSEEN;
	s->smtp.mail_count = 0;
	s->smtp.mail_accepted = s->smtp.message_sent = false;
	s->ehlos = 0;
}

/* Under a rate limit nobody says what he did not understand. */
static void
echo_in_a_rate_limit(struct session *s)
{
	echoed(s);
	s->smtp.starttls_refusal = 454;
	s->refusal = view("4.7.0 TLS not available ********");
}

static void
verb_masked(struct session *s)
{
	unused(s);
	s->smtp.verb_masked = true;
	s->masked_verb = view("XXXXXXXX");
}

static void
verb_masked_unoffered(struct session *s)
{
	plain(s);
	s->smtp.verb_masked = true;
	s->masked_verb = view("XXXXXXXX");
}

/* A bot that sends anything: no EHLO reply, so no STARTTLS to hide. */
static void
verb_masked_before_ehlo(struct session *s)
{
	quit_at_once(s);
	s->smtp.verb_masked = true;
	s->masked_verb = view("xxxxxxxx");
}

static void
helo_forced(struct session *s)
{
	plain(s);
	s->smtp.greeting_verb = GREETING_HELO;
	s->smtp.extended = FACT_NO;
	s->smtp.offered = FACT_UNSEEN;
	s->smtp.ehlo_refusal = 502;
	s->smtp.helo_after_refusal = true;
	s->ehlo_refusal = view("command not implemented");
	s->ehlos = 0;
}

static void
helo_after_421(struct session *s)
{
	helo_forced(s);
	s->smtp.ehlo_refusal = 421;
}

static void
helo_of_its_own_accord(struct session *s)
{
	helo_forced(s);
	s->smtp.ehlo_refusal = 0;
	s->smtp.helo_after_refusal = false;
}

static void
ehlo_again_after_helo(struct session *s)
{
	encrypted(s);
	s->smtp.ehlo_refusal = 503;
	s->smtp.helo_after_refusal = true;
}

static void
banner(struct session *s)
{
	helo_of_its_own_accord(s);
	GREETING(s, "**************************2**0*0*** *****");
}

static void
banner_decorated(struct session *s)
{
	encrypted(s);
	GREETING(s, "*****************************", "mx.example.net ESMTP Postfix",
		 "no unsolicited mail", "*****************************");
}

/* TLS */

static void
failed_by_alert(struct session *s)
{
	failed(s, TLS_FAILED_ALERT, SIDE_SERVER);
	s->tls.alert =
	    (struct tls_alert){.is_seen = true, .level = 2, .description = 40, .by = SIDE_SERVER};
}

static void
failed_by_encrypted_alert(struct session *s)
{
	failed(s, TLS_FAILED_ALERT, SIDE_CLIENT);
	s->tls.server_hello = true;
	s->tls.alert = (struct tls_alert){.is_seen = true, .is_encrypted = true, .by = SIDE_CLIENT};
}

static void
failed_by_reset(struct session *s)
{
	failed(s, TLS_FAILED_RESET, SIDE_SERVER);
	s->ending = ENDING_RESET;
}

static void
failed_by_fin(struct session *s)
{
	failed(s, TLS_FAILED_FIN, SIDE_SERVER);
}

static void
failed_by_silence(struct session *s)
{
	failed(s, TLS_FAILED_SILENCE, SIDE_SERVER);
	s->ending = ENDING_IDLE;
}

/* The 220 came, and not one byte of TLS behind it. */
static void
closed_after_220(struct session *s)
{
	accepted(s);
	s->ended_by = SIDE_CLIENT;
}

static void
reset_after_220(struct session *s)
{
	accepted(s);
	s->ending = ENDING_RESET;
	s->ended_by = SIDE_SERVER;
}

static void
silent_after_220(struct session *s)
{
	accepted(s);
	s->ending = ENDING_IDLE;
}

static void
capture_ended_after_220(struct session *s)
{
	accepted(s);
	s->ending = ENDING_CAPTURE;
}

static void
closed_after_220_seen_from_one_side(struct session *s)
{
	accepted(s);
	s->seen = SEEN_SERVER;
}

static void
closed_after_220_with_a_gap(struct session *s)
{
	accepted(s);
	s->clear_whole = s->complete = false;
}

/* The server waits for TLS in vain, says so and hangs up. */
static void
timeout_after_220(struct session *s)
{
	closed_after_220(s);
	s->ended_by = SIDE_SERVER;
	s->server_sample = view("421 4.4.2 mx.example.net Error: timeout exceeded\r\n");
	s->smtp.server_injected = (uint32_t)s->server_sample.len;
}

static void
timeout_and_more_after_220(struct session *s)
{
	timeout_after_220(s);
	s->server_sample = view("421 4.4.2 timeout\r\n250 AUTH PLAIN\r\n");
	s->smtp.server_injected = (uint32_t)s->server_sample.len;
}

static void
timeout_before_the_client_hello(struct session *s)
{
	timeout_after_220(s);
	s->tls.client_hello = true;
	s->tls.complete = FACT_NO;
	s->tls.failure = TLS_FAILED_FIN;
}

static void
failed_implicit(struct session *s)
{
	failed(s, TLS_FAILED_FIN, SIDE_SERVER);
	s->service = SERVICE_SUBMISSIONS;
	memset(&s->smtp, 0, sizeof(s->smtp));
	s->ehlos = s->greetings = 0;
	s->tls.is_implicit = true;
}

static void
text_for_server_hello(struct session *s)
{
	failed(s, TLS_FAILED_NOT_TLS, SIDE_SERVER);
	s->smtp.server_text_after = true;
	s->server_sample = view("454 TLS not available due to temporary reason\r\n");
}

static void
client_went_on_in_text(struct session *s)
{
	accepted(s);
	s->tls.complete = FACT_NO;
	s->tls.failure = TLS_FAILED_NOT_TLS;
	s->smtp.client_text_after = true;
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = true;
	s->client_sample = view("EHLO out.example.org\r\n");
}

static void
quit_after_220(struct session *s)
{
	accepted(s);
	s->smtp.client_text_after = s->smtp.server_text_after = true;
	s->smtp.quit_sent = true;
	s->client_sample = view("QUIT\r\n");
	s->server_sample = view("221 bye\r\n");
}

/* ... behind an alert that ended the handshake. */
static void
leave_taken_behind_an_alert(struct session *s)
{
	failed(s, TLS_FAILED_ALERT, SIDE_CLIENT);
	s->tls.client_hello = true;
	s->smtp.client_text_after = s->smtp.server_text_after = true;
	s->smtp.quit_sent = true;
	s->client_sample = view("QUIT\r\n");
	s->server_sample = view("221 bye\r\n");
}

static void
farewell_behind_an_alert(struct session *s)
{
	failed(s, TLS_FAILED_ALERT, SIDE_SERVER);
	s->tls.client_hello = true;
	s->smtp.server_text_after = true;
	s->ended_by = SIDE_SERVER;
	s->server_sample = view("221 bye\r\n");
}

/* ... which crosses the client's own end, or its reset. */
static void
farewell_to_one_who_has_left(struct session *s)
{
	farewell_behind_an_alert(s);
	s->ended_by = SIDE_CLIENT;
	s->server_sample = view("421 4.7.0 mx.example.net TLS failed\r\n");
}

/* ... of which neither the alert nor the end was captured. */
static void
farewell_behind_a_gap(struct session *s)
{
	farewell_to_one_who_has_left(s);
	s->tls.failure = TLS_FAILED_NOT_TLS;
	s->clear_whole = s->complete = false;
	s->ending = ENDING_IDLE;
}

/* ... and nothing is missing: it stands where the ServerHello should. */
static void
farewell_for_server_hello(struct session *s)
{
	farewell_behind_a_gap(s);
	s->clear_whole = s->complete = true;
}

/* The handshake was under way, and nobody answered. */
static void
leave_taken_amid_the_handshake(struct session *s)
{
	failed(s, TLS_FAILED_NOT_TLS, SIDE_CLIENT);
	s->tls.client_hello = true;
	s->smtp.client_text_after = s->smtp.quit_sent = true;
	s->client_sample = view("QUIT\r\n");
}

/* An alert may be among what is missing. */
static void
leave_taken_behind_a_gap(struct session *s)
{
	leave_taken_amid_the_handshake(s);
	s->clear_whole = s->complete = false;
	s->smtp.server_text_after = true;
	s->server_sample = view("221 bye\r\n");
}

/* Nothing is missing: the server's text was no answer to it, or may have been none. */
static void
leave_taken_of_a_server_in_text(struct session *s)
{
	leave_taken_behind_a_gap(s);
	s->clear_whole = s->complete = true;
}

static void
leave_taken_behind_a_refusal(struct session *s)
{
	leave_taken_behind_a_gap(s);
	s->server_sample = view("454 TLS not available\r\n221 bye\r\n");
}

static void
text_behind_an_alert(struct session *s)
{
	leave_taken_behind_an_alert(s);
	s->client_sample = view("EHLO out.example.org\r\n");
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = true;
}

static void
mail_behind_tls(struct session *s)
{
	encrypted(s);
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = s->smtp.mail_after_tls = true;
}

static void
leave_taken_behind_tls(struct session *s)
{
	encrypted(s);
	s->smtp.quit_sent = true;
}

static void
interrupted(struct session *s)
{
	encrypted(s);
	s->tls.is_interrupted = true;
	s->tls.interrupted_by = SIDE_SERVER;
	s->interruption = view("454 TLS not available\r\n");
}

static void
commands_injected(struct session *s)
{
	encrypted(s);
	s->smtp.client_injected = 6;
	s->client_ahead = view("RSET\r\n");
}

static void
commands_injected_and_text_goes_on(struct session *s)
{
	client_went_on_in_text(s);
	s->smtp.client_injected = 6;
	s->client_ahead = view("RSET\r\n");
}

static void
blank_lines_behind_starttls(struct session *s)
{
	encrypted(s);
	s->smtp.client_injected = 4;
	s->client_ahead = view("\r\n\r\n");
}

/* A checker's, which never meant to go on. */
static void
leave_taken_behind_starttls(struct session *s)
{
	refused_then_gone(s);
	s->smtp.quit_sent = true;
	s->smtp.client_injected = 6;
	s->client_ahead = view("QUIT\r\n");
}

static void
leave_taken_and_more_behind_starttls(struct session *s)
{
	leave_taken_behind_starttls(s);
	s->smtp.client_injected = 12;
	s->client_ahead = view("RSET\r\nQUIT\r\n");
}

/* What is kept ends before what came. */
static void
blank_lines_and_more_behind_starttls(struct session *s)
{
	blank_lines_behind_starttls(s);
	s->smtp.client_injected = 10;
}

static void
replies_injected(struct session *s)
{
	encrypted(s);
	s->smtp.server_injected = 20;
	s->server_sample = view("250-mx\r\n250 AUTH X\r\n");
}

static void
downgraded(struct session *s)
{
	encrypted(s);
	s->tls.version = 0x0303;
	s->tls.cipher = 0xc02f;
	s->tls.sentinel = SENTINEL_TLS12;
}

static void
sentinel_for_an_old_client(struct session *s)
{
	downgraded(s);
	s->tls.offered_version = 0x0303;
}

static void
sentinel_without_the_client_hello(struct session *s)
{
	downgraded(s);
	s->tls.client_hello = false;
	s->tls.offered_version = 0;
}

static void
downgraded_to_tls11(struct session *s)
{
	downgraded(s);
	s->tls.version = 0x0302;
	s->tls.cipher = 0xc013;
	s->tls.sentinel = SENTINEL_TLS11;
}

static void
fallback_refused(struct session *s)
{
	failed_by_alert(s);
	s->tls.is_fallback = true;
	s->tls.offered_version = 0x0303;
	s->tls.alert.description = 86;
}

static void
tls_10(struct session *s)
{
	encrypted(s);
	s->tls.offered_version = s->tls.version = 0x0301;
	s->tls.cipher = 0x002f;
}

static void
ssl_3(struct session *s)
{
	tls_10(s);
	s->tls.offered_version = s->tls.version = 0x0300;
}

static void
suite(struct session *s, uint16_t cipher)
{
	encrypted(s);
	s->tls.offered_version = s->tls.version = 0x0303;
	s->tls.cipher = cipher;
}

static void
rc4(struct session *s)
{
	suite(s, 0x0005);
}

static void
triple_des(struct session *s)
{
	suite(s, 0x000a);
}

static void
single_des(struct session *s)
{
	suite(s, 0x0009);
}

static void
export_suite(struct session *s)
{
	suite(s, 0x0003);
}

static void
anonymous_suite(struct session *s)
{
	suite(s, 0xc019);
}

static void
null_suite(struct session *s)
{
	suite(s, 0x003b);
}

static void
suite_of_ssl_3(struct session *s)
{
	suite(s, 0xfeff);
}

static void
suite_in_order(struct session *s)
{
	suite(s, 0xc030);
}

static void
suite_not_yet_named(struct session *s)
{
	suite(s, 0x5a5b);
}

static void
old_version_only_offered(struct session *s)
{
	failed_by_fin(s);
	s->tls.offered_version = 0x0301;
}

static void
old_version_refused_by_the_client(struct session *s)
{
	failed_by_alert(s);
	s->tls.server_hello = true;
	s->tls.alert.by = s->tls.failed_by = SIDE_CLIENT;
	s->tls.alert.description = 70;
	s->tls.version = 0x0301;
	s->tls.cipher = 0x002f;
}

static void
old_version_with_the_end_unseen(struct session *s)
{
	tls_10(s);
	s->tls.complete = FACT_UNSEEN;
	s->ending = ENDING_CAPTURE;
	s->complete = false;
}

/* The client may have refused it, in what is missing. */
static void
old_version_with_the_end_lost(struct session *s)
{
	old_version_with_the_end_unseen(s);
	s->clear_whole = false;
}

static void
ssl_2(struct session *s)
{
	accepted(s);
	s->tls.client_hello = true;
	s->tls.offered_version = 0x0303;
	s->tls.version = 0x0002;
}

static void
good_certificate(struct session *s)
{
	suite(s, 0xc030);
	s->certificate = (struct certificate_facts){.is_seen = true,
						    .is_parsed = true,
						    .expired = FACT_NO,
						    .self_signed = FACT_NO,
						    .trusted = FACT_YES,
						    .name_matches = FACT_YES};
}

static void
certificate_of_nobody_checked(struct session *s)
{
	good_certificate(s);
	s->certificate.trusted = s->certificate.name_matches = FACT_UNSEEN;
}

static void
expired(struct session *s)
{
	good_certificate(s);
	s->certificate.expired = FACT_YES;
}

static void
self_signed(struct session *s)
{
	good_certificate(s);
	s->certificate.self_signed = FACT_YES;
	s->certificate.trusted = FACT_NO;
}

/* Put into the CA file by whoever runs this monitor. */
static void
self_signed_and_trusted(struct session *s)
{
	good_certificate(s);
	s->certificate.self_signed = FACT_YES;
}

static void
wrong_name(struct session *s)
{
	good_certificate(s);
	s->certificate.name_matches = FACT_NO;
}

/* TCP */

static void
conflict_at(struct session *s, enum place place)
{
	encrypted(s);
	s->conflicts[0] = ehlo_conflict("abc", "xyz");
	s->conflicts[0].place = place;
	s->conflict_count = s->conflicts_total = 1;
}

/* What is the same in both versions is longer than what a sentence quotes. */
static void
conflict_far_inside(struct session *s)
{
	encrypted(s);
	s->conflicts[0] = ehlo_conflict(
	    "250-mx.example.net at your service\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n"
	    "250-VRFY\r\n250-ETRN\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n250 DSN\r\n",
	    "250-mx.example.net at your service\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n"
	    "250-VRFY\r\n250-ETRN\r\n250-ENHANCEDSTATUSCODES\r\n250-XXXXXXXX\r\n250 DSN\r\n");
	s->conflict_count = s->conflicts_total = 1;
}

/* ... on one line. */
static void
conflict_far_inside_a_line(struct session *s)
{
	static char first[301], second[302];

	memset(first, 'a', 300);
	memcpy(second, first, 300);
	memcpy(first + 290, "first", 5);
	memcpy(second + 290, "second", 6);
	conflict_at(s, PLACE_COMMAND);
	s->conflicts[0].first.text = view(first);
	s->conflicts[0].second.text = view(second);
}

static void
conflict_in_message(struct session *s)
{
	conflict_at(s, PLACE_MESSAGE);
}

static void
conflict_in_greeting(struct session *s)
{
	conflict_at(s, PLACE_GREETING);
}

static void
conflict_in_starttls(struct session *s)
{
	conflict_at(s, PLACE_STARTTLS);
}

static void
conflict_in_tls(struct session *s)
{
	conflict_at(s, PLACE_TLS);
}

static void
reset_with(struct session *s, uint8_t contradictions)
{
	unused(s);
	s->smtp.mail_accepted = s->smtp.message_sent = s->smtp.quit_sent = false;
	s->ending = ENDING_RESET;
	s->resets[0] = (struct reset){
	    .from = SIDE_SERVER, .ttl = 255, .usual_ttl = 57, .contradictions = contradictions};
	s->reset_count = 1;
}

static void
reset_and_data(struct session *s)
{
	reset_with(s, RESET_DATA_FOLLOWED);
	s->resets[0].bytes_after = 40;
}

static void
reset_from_elsewhere(struct session *s)
{
	reset_with(s, RESET_TTL_DIFFERS);
}

static void
reset_from_elsewhere_after_quit(struct session *s)
{
	reset_with(s, RESET_TTL_DIFFERS);
	s->smtp.quit_sent = true;
}

/* As Linux sends them, IP-ID 0 and window 0: the dissector finds nothing in that. */
static void
reset_of_a_kernel(struct session *s)
{
	reset_with(s, 0);
}

/* Kept only of a sender who counts his packets, and where both tell. */
static void
reset_with_another_ip_id_and_window(struct session *s)
{
	reset_with(s, RESET_IP_ID_DIFFERS | RESET_WINDOW_DIFFERS);
	s->resets[0].ip_id = 4711;
	s->resets[0].window = 512;
}

/* secrets */

static void
secret(struct session *s)
{
	plain(s);
	s->smtp.auth_sent = s->smtp.credentials_sent = s->smtp.secret_sent = true;
	s->auth = view("PLAIN");
}

static void
challenge_only(struct session *s)
{
	plain(s);
	s->smtp.auth_sent = s->smtp.credentials_sent = true;
	s->auth = view("CRAM-MD5");
}

static void
requiretls(struct session *s)
{
	unused(s);
	s->smtp.requiretls_sent = true;
}

/* ordinary things */

static void
greylisted(struct session *s)
{
	unused(s);
	s->smtp.mail_accepted = s->smtp.message_sent = false;
}

static void
quit_after_ehlo(struct session *s)
{
	greylisted(s);
	s->smtp.mail_count = 0;
}

static void
gap_before_the_end(struct session *s)
{
	unused(s);
	s->complete = s->clear_whole = false;
	s->gap_bytes = 1460;
}

static void
missing_with_a_gap(struct session *s)
{
	plain(s);
	s->complete = s->clear_whole = false;
}

static void
reply_not_seen_whole(struct session *s)
{
	plain(s);
	s->smtp.offered = FACT_UNSEEN;
}

static void
server_side_only(struct session *s)
{
	plain(s);
	s->seen = SEEN_SERVER;
	s->complete = false;
	s->smtp.requested = FACT_UNSEEN;
	s->smtp.mail_accepted = s->smtp.message_sent = false;
}

static void
client_side_only(struct session *s)
{
	plain(s);
	s->seen = SEEN_CLIENT;
	s->complete = false;
	s->smtp.offered = s->smtp.extended = FACT_UNSEEN;
	s->ehlos = s->greetings = 0;
}

static void
begun_before_the_capture(struct session *s)
{
	plain(s);
	s->syn_seen = s->complete = s->clear_whole = false;
	s->smtp.offered = s->smtp.extended = s->smtp.requested = FACT_UNSEEN;
	s->ehlos = s->greetings = 0;
}

static void
cut_off(struct session *s, enum ending ending)
{
	plain(s);
	s->ending = ending;
	s->complete = false;
	s->smtp.quit_sent = s->smtp.mail_accepted = s->smtp.message_sent = false;
}

static void
under_way_at_the_end(struct session *s)
{
	cut_off(s, ENDING_CAPTURE);
}

static void
addresses_reused(struct session *s)
{
	cut_off(s, ENDING_REUSED);
}

static void
evicted(struct session *s)
{
	cut_off(s, ENDING_EVICTED);
}

static void
handshake_under_way_at_the_end(struct session *s)
{
	encrypted(s);
	s->ending = ENDING_CAPTURE;
	s->tls.complete = FACT_UNSEEN;
}

static void
handshake_with_a_gap(struct session *s)
{
	encrypted(s);
	s->tls.complete = FACT_UNSEEN;
	s->tls.server_hello = false;
	s->clear_whole = s->complete = false;
}

static void
exchange_anonymous_tls(struct session *s)
{
	accepted_unoffered(s);
	s->smtp.is_anonymous_tls = true;
	EHLO(s, "mx Hello", "SIZE", "X-ANONYMOUSTLS", "CHUNKING");
}

static void
starttls_after_helo(struct session *s)
{
	accepted_unoffered(s);
	s->smtp.greeting_verb = GREETING_HELO;
	s->smtp.extended = FACT_NO;
	s->smtp.offered = FACT_UNSEEN;
	s->ehlos = 0;
}

static void
starttls_with_the_reply_unseen(struct session *s)
{
	accepted_unoffered(s);
	s->smtp.offered = FACT_UNSEEN;
	s->ehlos = 0;
}

static void
starttls_with_a_gap(struct session *s)
{
	accepted_unoffered(s);
	s->clear_whole = s->complete = false;
}

static void
implicit_tls(struct session *s)
{
	encrypted(s);
	memset(&s->smtp, 0, sizeof(s->smtp));
	s->ehlos = s->greetings = 0;
	s->service = SERVICE_SUBMISSIONS;
	s->tls.is_implicit = true;
}

static void
empty(struct session *s)
{
	memset(s, 0, sizeof(*s));
}

#define KINDS_MAX 3

struct expected {
	const char *kind;
	enum severity severity;
	enum certainty certainty;
	enum where where;
};

#define INFO     SEVERITY_INFO
#define NOTICE   SEVERITY_NOTICE
#define WARNING  SEVERITY_WARNING
#define CRITICAL SEVERITY_CRITICAL
#define POSSIBLE CERTAINTY_POSSIBLE
#define PROBABLE CERTAINTY_PROBABLE
#define PROVEN   CERTAINTY_PROVEN
#define MISSING                                                   \
	{                                                         \
		"starttls-missing", INFO, POSSIBLE, WHERE_UNKNOWN \
	}
#define UNUSED                                                   \
	{                                                        \
		"starttls-unused", INFO, POSSIBLE, WHERE_UNKNOWN \
	}
#define HANDSHAKE                                                     \
	{                                                             \
		"tls-handshake-failed", NOTICE, PROVEN, WHERE_UNKNOWN \
	}
#define OBSOLETE                                              \
	{                                                     \
		"tls-obsolete", NOTICE, PROVEN, WHERE_UNKNOWN \
	}
#define CERTIFICATE                                                \
	{                                                          \
		"certificate-invalid", INFO, PROVEN, WHERE_UNKNOWN \
	}
#define CONFLICT(s)                                          \
	{                                                    \
		"segment-conflict", s, PROVEN, WHERE_UNKNOWN \
	}
#define RESET                                                      \
	{                                                          \
		"reset-injected", WARNING, PROBABLE, WHERE_UNKNOWN \
	}

static const struct {
	void (*build)(struct session *s);
	const char *name;
	struct expected expected[KINDS_MAX + 1];
} rows[] = {
#define ROW(build, ...)             \
	{                           \
		build, #build,      \
		{                   \
			__VA_ARGS__ \
		}                   \
	}
    ROW(plain, MISSING),
    ROW(masked, {"starttls-masked", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(masked_server_side_only, {"starttls-masked", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(masked_unknown, {"starttls-masked", CRITICAL, POSSIBLE, WHERE_SERVER_SIDE}),
    ROW(masked_and_accepted_all_the_same, {"starttls-masked", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(near_miss, {"starttls-masked", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(masked_chunking, MISSING),
    ROW(accepted_unoffered, {"starttls-stripped", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(refused_unoffered, MISSING),
    ROW(cut_by_conflict, {"starttls-stripped", CRITICAL, PROVEN, WHERE_UNKNOWN},
	CONFLICT(CRITICAL)),
    ROW(cut_by_conflict_inside_the_word, {"starttls-stripped", CRITICAL, PROVEN, WHERE_UNKNOWN},
	CONFLICT(CRITICAL)),
    ROW(conflict_that_failed, CONFLICT(CRITICAL)),
    ROW(refused, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(never_answered, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(answer_not_captured),
    ROW(missing_with_a_gap_in_the_message, MISSING),
    ROW(missing_with_drops_and_a_gap_in_the_message, {0}),
    ROW(unused_with_a_gap_in_the_message, UNUSED),
    ROW(unused_with_drops_and_a_gap_in_the_message, {0}),
    ROW(refused_with_a_gap_in_the_message, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(refused_with_a_gap_before_the_mail, {0}),
    ROW(never_answered_with_a_gap_in_the_message,
	{"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(asked_for_late_and_answer_not_captured, {0}),
    ROW(asked_for_beside_the_mail_and_answer_not_captured, {0}),
    ROW(refused_behind_the_mail_with_a_gap, {0}),
    ROW(doubtful_before_the_mail_with_a_gap, {0}),
    ROW(unused_with_tls_behind_the_gap, {0}),
    ROW(missing_with_tls_behind_the_gap, {0}),
    ROW(refused_with_tls_behind_the_gap, {0}),
    ROW(cut_by_conflict_with_a_gap_in_the_message,
	{"starttls-stripped", CRITICAL, PROVEN, WHERE_UNKNOWN}, CONFLICT(CRITICAL)),
    ROW(refused_then_gone, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(answered_neither_yes_nor_no, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(echo_in_a_rate_limit, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(echoed, {"starttls-command-masked", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(verb_masked, {"starttls-command-masked", CRITICAL, PROVEN, WHERE_CLIENT_SIDE}),
    ROW(verb_masked_unoffered, {"starttls-command-masked", CRITICAL, POSSIBLE, WHERE_CLIENT_SIDE},
	MISSING),
    ROW(unused, UNUSED),
    ROW(helo_forced, {"ehlo-suppressed", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(banner, {"banner-masked", NOTICE, PROVEN, WHERE_SERVER_SIDE}),
    ROW(failed_by_alert, HANDSHAKE),
    ROW(failed_by_encrypted_alert, HANDSHAKE),
    ROW(failed_by_reset, HANDSHAKE),
    ROW(failed_by_fin, HANDSHAKE),
    ROW(closed_after_220, HANDSHAKE),
    ROW(reset_after_220, HANDSHAKE),
    ROW(timeout_after_220, HANDSHAKE),
    ROW(timeout_and_more_after_220, HANDSHAKE,
	{"response-injection", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(timeout_before_the_client_hello, HANDSHAKE,
	{"response-injection", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(failed_implicit, HANDSHAKE),
    ROW(text_for_server_hello, HANDSHAKE,
	{"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(client_went_on_in_text, {"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_UNKNOWN}),
    ROW(text_behind_an_alert, HANDSHAKE,
	{"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_UNKNOWN}),
    ROW(mail_behind_tls, {"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_UNKNOWN}),
    ROW(leave_taken_behind_an_alert, HANDSHAKE),
    ROW(farewell_behind_an_alert, HANDSHAKE),
    ROW(farewell_to_one_who_has_left, HANDSHAKE),
    ROW(farewell_behind_a_gap, HANDSHAKE),
    ROW(farewell_for_server_hello, HANDSHAKE,
	{"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(leave_taken_amid_the_handshake, HANDSHAKE),
    ROW(leave_taken_behind_a_gap, HANDSHAKE),
    ROW(leave_taken_of_a_server_in_text, HANDSHAKE,
	{"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_UNKNOWN}),
    ROW(leave_taken_behind_a_refusal, HANDSHAKE,
	{"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_UNKNOWN}),
    ROW(leave_taken_behind_tls),
    ROW(interrupted, {"tls-interrupted", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(leave_taken_behind_starttls, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN}),
    ROW(leave_taken_and_more_behind_starttls, {"starttls-refused", NOTICE, POSSIBLE, WHERE_UNKNOWN},
	{"command-injection", CRITICAL, PROVEN, WHERE_CLIENT_SIDE}),
    ROW(commands_injected, {"command-injection", CRITICAL, PROVEN, WHERE_CLIENT_SIDE}),
    ROW(commands_injected_and_text_goes_on,
	{"plaintext-after-starttls", CRITICAL, PROVEN, WHERE_UNKNOWN},
	{"command-injection", CRITICAL, PROVEN, WHERE_CLIENT_SIDE}),
    ROW(blank_lines_and_more_behind_starttls,
	{"command-injection", CRITICAL, PROVEN, WHERE_CLIENT_SIDE}),
    ROW(replies_injected, {"response-injection", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(downgraded, {"tls-downgrade", CRITICAL, PROVEN, WHERE_SERVER_SIDE}),
    ROW(downgraded_to_tls11, {"tls-downgrade", CRITICAL, PROVEN, WHERE_SERVER_SIDE}, OBSOLETE),
    ROW(fallback_refused, HANDSHAKE, {"tls-downgrade", WARNING, PROBABLE, WHERE_UNKNOWN}),
    ROW(tls_10, OBSOLETE),
    ROW(ssl_3, OBSOLETE),
    ROW(ssl_2, OBSOLETE),
    ROW(old_version_with_the_end_unseen, OBSOLETE),
    ROW(old_version_with_the_end_lost),
    ROW(old_version_refused_by_the_client, HANDSHAKE),
    ROW(rc4, OBSOLETE),
    ROW(triple_des, OBSOLETE),
    ROW(single_des, OBSOLETE),
    ROW(export_suite, OBSOLETE),
    ROW(anonymous_suite, OBSOLETE),
    ROW(null_suite, OBSOLETE),
    ROW(suite_of_ssl_3, OBSOLETE),
    ROW(expired, CERTIFICATE),
    ROW(self_signed, CERTIFICATE),
    ROW(wrong_name, CERTIFICATE),
    ROW(conflict_in_message, CONFLICT(WARNING)),
    ROW(conflict_in_greeting, CONFLICT(CRITICAL)),
    ROW(conflict_in_starttls, CONFLICT(CRITICAL)),
    ROW(conflict_far_inside, CONFLICT(CRITICAL)),
    ROW(conflict_far_inside_a_line, CONFLICT(WARNING)),
    ROW(reset_and_data, RESET),
    ROW(reset_from_elsewhere, RESET),
    ROW(secret, MISSING, {"credentials-exposed", WARNING, PROVEN, WHERE_UNKNOWN}),
    ROW(requiretls, UNUSED, {"requiretls-violation", CRITICAL, PROVEN, WHERE_UNKNOWN}),
    /* What must not alarm. */
    ROW(encrypted, {0}),
    ROW(implicit_tls, {0}),
    ROW(empty, {0}),
    ROW(greylisted, {0}),
    ROW(quit_after_ehlo, {0}),
    ROW(quit_after_220, {0}),
    ROW(silent_after_220, {0}),
    ROW(capture_ended_after_220, {0}),
    ROW(closed_after_220_seen_from_one_side, {0}),
    ROW(closed_after_220_with_a_gap, {0}),
    ROW(answered_wrongly_and_encrypted_all_the_same, {0}),
    ROW(verb_masked_before_ehlo, {0}),
    ROW(blank_lines_behind_starttls, {0}),
    ROW(self_signed_and_trusted, {0}),
    ROW(gap_before_the_end, {0}),
    ROW(missing_with_a_gap, {0}),
    ROW(reply_not_seen_whole, {0}),
    ROW(server_side_only, {0}),
    ROW(client_side_only, {0}),
    ROW(begun_before_the_capture, {0}),
    ROW(under_way_at_the_end, {0}),
    ROW(addresses_reused, {0}),
    ROW(evicted, {0}),
    ROW(handshake_under_way_at_the_end, {0}),
    ROW(handshake_with_a_gap, {0}),
    ROW(failed_by_silence, {0}),
    ROW(old_version_only_offered, HANDSHAKE),
    ROW(exchange_anonymous_tls, {0}),
    ROW(starttls_after_helo, {0}),
    ROW(starttls_with_the_reply_unseen, {0}),
    ROW(starttls_with_a_gap, {0}),
    ROW(helo_of_its_own_accord, {0}),
    ROW(helo_after_421, {0}),
    ROW(ehlo_again_after_helo, {0}),
    ROW(banner_decorated, {0}),
    ROW(sentinel_for_an_old_client, {0}),
    ROW(sentinel_without_the_client_hello, {0}),
    ROW(suite_in_order, {0}),
    ROW(suite_not_yet_named, {0}),
    ROW(good_certificate, {0}),
    ROW(certificate_of_nobody_checked, {0}),
    ROW(conflict_in_tls, {0}),
    ROW(reset_of_a_kernel, {0}),
    ROW(reset_with_another_ip_id_and_window, RESET),
    ROW(reset_from_elsewhere_after_quit, {0}),
    ROW(challenge_only, MISSING),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Too large for the stack of a test. */
static struct session session;
static struct verdict verdict;

static const struct finding *
found(const char *kind)
{
	for (size_t i = 0; i < verdict.count; i++)
		if (strcmp(verdict.findings[i].kind->name, kind) == 0)
			return &verdict.findings[i];
	return NULL;
}

static void
judge(void (*build)(struct session *s))
{
	build(&session);
	judge_session(&session, &verdict);
}

static void
each_session_shows_its_kinds_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		size_t expected = 0;

		judge(rows[i].build);
		for (; rows[i].expected[expected].kind != NULL; expected++) {
			const struct expected *e = &rows[i].expected[expected];
			const struct finding *f = found(e->kind);

			if (f == NULL)
				fail_msg("%s: no %s", rows[i].name, e->kind);
			else if (f->severity != e->severity || f->certainty != e->certainty ||
				 f->where != e->where)
				fail_msg("%s: %s is %s, %s, %s", rows[i].name, e->kind,
					 severity_name(f->severity), certainty_name(f->certainty),
					 where_name(f->where));
		}
		if (verdict.count != expected)
			fail_msg("%s: %zu findings, the first %s", rows[i].name, verdict.count,
				 verdict.findings[0].kind->name);
	}
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* False where 1 stands before a plural. */
static bool
agrees_in_number(const char *text)
{
	static const char *const wrong[] = {" 1 bytes", " 1 lines", " 1 times"};
	char line[SAMPLE_MAX * 4 + DETAIL_MAX];

	snprintf(line, sizeof(line), " %s", text);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (strstr(line, wrong[i]) != NULL)
			return false;
	return true;
}

static void
each_finding_is_one_printable_sentence_with_proofs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		judge(rows[i].build);
		for (size_t k = 0; k < verdict.count; k++) {
			const struct finding *f = &verdict.findings[k];
			size_t len = strlen(f->detail);

			if (len == 0 || f->detail[len - 1] != '.' || !is_printable(f->detail) ||
			    !agrees_in_number(f->detail))
				fail_msg("%s: \"%s\"", rows[i].name, f->detail);
			if (f->proof_count == 0)
				fail_msg("%s: %s has no proof", rows[i].name, f->kind->name);
			for (size_t p = 0; p < f->proof_count; p++)
				if (f->proofs[p].what[0] == '\0' ||
				    !is_printable(f->proofs[p].value) ||
				    !agrees_in_number(f->proofs[p].value))
					fail_msg("%s: proof %zu", rows[i].name, p);
		}
	}
}

static void
hostile_bytes_stay_inside_the_fields(void **state)
{
	static uint8_t noise[4096];
	struct bytes wire = {noise, sizeof(noise)};

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 7);
	noise[0] = '*';
	masked(&session);
	for (size_t i = 0; i < GREETING_LINES_MAX; i++)
		session.greeting[i] = wire;
	session.greetings = GREETING_LINES_MAX;
	session.ehlos = EHLO_LINES_MAX;
	for (size_t i = 6; i < EHLO_LINES_MAX; i++)
		session.ehlo[i] = wire;
	session.smtp.verb_echoed = session.smtp.client_text_after = true;
	session.smtp.server_text_after = session.smtp.secret_sent = true;
	session.smtp.client_injected = session.smtp.server_injected = 4096;
	session.smtp.requiretls_sent = true;
	session.tls.is_interrupted = true;
	session.refusal = session.masked_verb = session.client_sample = wire;
	session.client_ahead = wire;
	session.server_sample = session.interruption = session.auth = wire;
	session.conflict_count = 1;
	session.conflicts[0] = ehlo_conflict("a", "b");
	session.conflicts[0].first.text = session.conflicts[0].second.text = wire;
	judge_session(&session, &verdict);
	assert_in_range(verdict.count, 8, FINDINGS_MAX);
	for (size_t i = 0; i < verdict.count; i++) {
		assert_true(is_printable(verdict.findings[i].detail));
		assert_in_range(strlen(verdict.findings[i].detail), 1, DETAIL_MAX - 1);
		for (size_t p = 0; p < verdict.findings[i].proof_count; p++)
			assert_true(is_printable(verdict.findings[i].proofs[p].value));
	}
}

static void
a_detail_carries_the_telling_bytes(void **state)
{
	static const struct {
		void (*build)(struct session *s);
		const char *kind, *words;
	} telling[] = {
	    {masked, "starttls-masked", "Line 6 of the EHLO reply is \"XXXXXXXX\""},
	    {masked_unknown, "starttls-masked", "is \"XXXXXXXA\", which may hide STARTTLS: other"},
	    {masked_and_accepted_all_the_same, "starttls-masked",
	     "in place of STARTTLS; the client sent STARTTLS all the same"},
	    {masked_chunking, "starttls-missing", "overwritten, but does not hide STARTTLS"},
	    {refused_unoffered, "starttls-missing", "answered 502"},
	    {never_answered, "starttls-refused", "never answered"},
	    {refused, "starttls-refused", "454 \"4.7.0 Error: too many new TLS sessions"},
	    {echoed, "starttls-command-masked", "quotes \"XXXXXXXX\""},
	    {echoed, "starttls-command-masked", "changed between this tap and the server"},
	    {helo_forced, "ehlo-suppressed", "502 \"command not implemented\""},
	    {failed_by_alert, "tls-handshake-failed", "handshake_failure (40) from the server"},
	    {failed_implicit, "tls-handshake-failed", "implicit TLS"},
	    {text_for_server_hello, "plaintext-after-starttls", "454 TLS not available"},
	    {commands_injected, "command-injection", "\"RSET\\x0d\\x0a\""},
	    {commands_injected_and_text_goes_on, "command-injection", "\"RSET\\x0d\\x0a\""},
	    {commands_injected_and_text_goes_on, "plaintext-after-starttls",
	     "TLS: \"EHLO out.example.org\\x0d\\x0a\""},
	    {downgraded, "tls-downgrade", "offered TLSv1.3, the ServerHello chose TLSv1.2"},
	    {rc4, "tls-obsolete", "TLS_RSA_WITH_RC4_128_SHA"},
	    {self_signed, "certificate-invalid", "self-signed, issued by nobody"},
	    {secret, "credentials-exposed", "AUTH \"PLAIN\""},
	    {reset_from_elsewhere, "reset-injected", "the TTL is 255 and not 57"},
	    {answered_neither_yes_nor_no, "starttls-refused",
	     "answered 250 \"2.0.0 Ok\", which is neither yes nor no"},
	    {verb_masked, "starttls-command-masked", "which the server had offered"},
	    {verb_masked, "starttls-command-masked", "changed between the client and this tap"},
	    {verb_masked_unoffered, "starttls-command-masked", "does not offer STARTTLS"},
	    {closed_after_220, "tls-handshake-failed",
	     "the client closed the connection before any byte of TLS"},
	    {reset_after_220, "tls-handshake-failed",
	     "the connection was reset before any byte of TLS, ended by the server"},
	    {timeout_after_220, "tls-handshake-failed", "the server closed the connection"},
	    {ssl_2, "tls-obsolete", "The server answered in SSLv2"},
	    {tls_10, "tls-obsolete", "The session settled on TLSv1.0"},
	    {old_version_with_the_end_unseen, "tls-obsolete", "The server chose TLSv1.0"},
	    {conflict_far_inside, "segment-conflict",
	     "first \"250-STARTTLS\\x0d\\x0a250 DSN\\x0d\\x0a\", then \"250-XXXXXXXX\\x0d"},
	    {conflict_far_inside_a_line, "segment-conflict", "first \"firstaaaaa\", then \"second"},
	    {unused, "starttls-unused", "no STARTTLS of the client was seen"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
		const struct finding *f;

		judge(telling[i].build);
		f = found(telling[i].kind);
		if (f == NULL || strstr(f->detail, telling[i].words) == NULL)
			fail_msg("%s: \"%s\"", telling[i].words, f != NULL ? f->detail : "");
	}
}

static const char *
proof(const char *kind, const char *what)
{
	const struct finding *f = found(kind);

	for (size_t i = 0; f != NULL && i < f->proof_count; i++)
		if (strcmp(f->proofs[i].what, what) == 0)
			return f->proofs[i].value;
	return "";
}

static void
what_would_refute_it_fits_the_finding(void **state)
{
	static const struct {
		void (*build)(struct session *s);
		const char *kind, *words;
	} refuted[] = {
	    {verb_masked, "starttls-command-masked", "A client that really sends the padding"},
	    {echoed, "starttls-command-masked", "A server that answers STARTTLS so"},
	    {accepted_unoffered, "starttls-stripped", "without ever offering it"},
	    {cut_by_conflict, "starttls-stripped", "A proxy"},
	    {tls_10, "tls-obsolete", "the server's hello"},
	    {masked, "starttls-masked", "The same EHLO reply"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refuted) / sizeof(refuted[0]); i++) {
		const struct finding *f;

		judge(refuted[i].build);
		f = found(refuted[i].kind);
		assert_non_null(f);
		if (strstr(f->refuted_by, refuted[i].words) == NULL)
			fail_msg("%s: \"%s\"", refuted[i].kind, f->refuted_by);
	}
}

static void
which_version_was_acted_upon_is_told_from_later_bytes(void **state)
{
	(void)state;
	judge(conflict_that_failed);
	assert_non_null(strstr(proof("segment-conflict", "acted upon"), "took the first version"));
	judge(cut_by_conflict);
	assert_non_null(strstr(proof("segment-conflict", "acted upon"), "took the first version"));
	session.conflicts[0].acted = ACTED_SECOND;
	judge_session(&session, &verdict);
	assert_non_null(strstr(proof("segment-conflict", "acted upon"), "took the second version"));
	judge(conflict_in_message);
	assert_non_null(strstr(proof("segment-conflict", "acted upon"), "nothing captured tells"));
}

static void
the_table_has_every_kind_in_full(void **state)
{
	static const char *const kinds[] = {
	    "starttls-missing",     "starttls-stripped",
	    "starttls-masked",      "starttls-command-masked",
	    "starttls-refused",     "ehlo-suppressed",
	    "banner-masked",        "starttls-unused",
	    "tls-handshake-failed", "plaintext-after-starttls",
	    "tls-interrupted",      "command-injection",
	    "response-injection",   "tls-downgrade",
	    "tls-obsolete",         "certificate-invalid",
	    "plaintext-fallback",   "certificate-changed",
	    "segment-conflict",     "reset-injected",
	    "credentials-exposed",  "requiretls-violation",
	    "sts-violation",        "sts-mx-mismatch",
	    "sts-suppressed",       "dane-violation",
	    "mx-mismatch",
	};

	(void)state;
	assert_int_equal(judge_kind_count, sizeof(kinds) / sizeof(kinds[0]));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *k = judge_kind(kinds[i]);

		assert_non_null(k);
		assert_true(strlen(k->title) > 10 && strlen(k->meaning) > 10);
		assert_true(strlen(k->refuted_by) > 10 && strlen(k->advice) > 10);
		assert_non_null(strstr(k->reference, " section "));
	}
	assert_null(judge_kind("no-such-kind"));
}

static void
severities_are_known_by_name(void **state)
{
	enum severity s;

	(void)state;
	assert_true(severity_of("critical", &s));
	assert_int_equal(s, SEVERITY_CRITICAL);
	assert_true(severity_of("info", &s));
	assert_int_equal(s, SEVERITY_INFO);
	assert_false(severity_of("Critical", &s));
	assert_false(severity_of("", &s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_session_shows_its_kinds_and_no_others),
	    cmocka_unit_test(each_finding_is_one_printable_sentence_with_proofs),
	    cmocka_unit_test(hostile_bytes_stay_inside_the_fields),
	    cmocka_unit_test(a_detail_carries_the_telling_bytes),
	    cmocka_unit_test(what_would_refute_it_fits_the_finding),
	    cmocka_unit_test(which_version_was_acted_upon_is_told_from_later_bytes),
	    cmocka_unit_test(the_table_has_every_kind_in_full),
	    cmocka_unit_test(severities_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
