/*
 * Text overwritten or refused so that STARTTLS is never reached: the command
 * itself, EHLO, the greeting.
 */
#include "monitor/judge/kinds.h"
#include "monitor/judge/mask.h"
#include "monitor/judge/say.h"

/* The command left the client whole and comes back mutilated: it was changed behind the tap. */
static void
say_echo(const struct session *s, struct finding *out)
{
	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_SERVER_SIDE);
	say_detail(out,
		   "The client sent STARTTLS, and the server's error reply %s quotes %s, which "
		   "the client never sent.",
		   said(s->refusal).text, said(s->masked_verb).text);
	say_proof_bytes(out, "error reply", s->refusal);
	say_proof(out, "reply code", "%u", s->smtp.starttls_refusal);
}

static void
say_padding(const struct session *s, struct finding *out)
{
	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_CLIENT_SIDE);
	say_detail(out,
		   "A command of the client arrives as %s: eight letters of padding where only "
		   "STARTTLS has eight letters.",
		   said(s->masked_verb).text);
	if (s->refusal.len > 0)
		say_proof_bytes(out, "server's reply", s->refusal);
}

bool
judge_starttls_command_masked(const struct session *s, struct finding *out)
{
	if (s->smtp.verb_echoed)
		say_echo(s, out);
	else if (s->smtp.verb_masked)
		say_padding(s, out);
	else
		return false;
	say_proof_bytes(out, s->smtp.verb_echoed ? "quoted verb" : "verb as it arrived",
			s->masked_verb);
	say_proof_ehlo(out, s);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}

bool
judge_ehlo_suppressed(const struct session *s, struct finding *out)
{
	if (!s->smtp.helo_after_refusal || s->smtp.ehlo_refusal < 500 ||
	    s->smtp.greeting_verb != GREETING_HELO)
		return false;

	rate(out, SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	say_detail(out,
		   "EHLO was answered %u %s, and the client fell back to HELO, which cannot "
		   "offer STARTTLS.",
		   s->smtp.ehlo_refusal, said(s->ehlo_refusal).text);
	say_proof(out, "reply code", "%u", s->smtp.ehlo_refusal);
	say_proof_bytes(out, "reply text", s->ehlo_refusal);
	say_proof_lines(out, "greeting", s->greeting, s->greetings);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}

bool
judge_banner_masked(const struct session *s, struct finding *out)
{
	if (!mask_of_greeting(s->greeting, s->greetings))
		return false;

	rate(out, SEVERITY_NOTICE, CERTAINTY_PROVEN, WHERE_SERVER_SIDE);
	say_detail(out, "The server's greeting is overwritten with asterisks: %u %s",
		   s->smtp.greeting_code, said(s->greeting[0]).text);
	if (s->smtp.greeting_verb == GREETING_HELO)
		say_more(out, "; the client used HELO, which cannot offer STARTTLS");
	say_more(out, ".");
	say_proof_lines(out, "greeting", s->greeting, s->greetings);
	say_proof_ehlo(out, s);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}
