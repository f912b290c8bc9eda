/*
 * Text overwritten or refused so that STARTTLS is never reached: the command
 * itself, EHLO, the greeting.
 */
#include "monitor/judge/kinds.h"

#include <inttypes.h>

#include "monitor/judge/loss.h"
#include "monitor/judge/mask.h"
#include "monitor/judge/say.h"
#include "monitor/policy/destination.h"

#include "dissector/text.h"

/* These two say that the server has no time, or no TLS; neither quotes what it did not understand.
 */
bool
command_is_echoed(const struct session *s)
{
	return s->smtp.verb_echoed && s->smtp.starttls_refusal != REPLY_CLOSING &&
	       s->smtp.starttls_refusal != REPLY_UNAVAILABLE;
}

/* Before an EHLO reply nobody asks for STARTTLS: a bot sends anything. */
bool
command_arrives_masked(const struct session *s)
{
	return s->smtp.verb_masked && s->smtp.extended == FACT_YES;
}

/* The command left the client whole and comes back mutilated: it was changed behind the tap. */
static void
say_echo(const struct session *s, struct finding *out)
{
	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_SERVER_SIDE);
	out->refuted_by = "A server that answers STARTTLS so when it is asked from a place next to "
			  "it: then the server's own text has the padding in it.";
	say_detail(out,
		   "The client sent STARTTLS, and the server's error reply %s quotes %s, which "
		   "the client never sent: it was changed between this tap and the server.",
		   said(s->refusal).text, said(s->masked_verb).text);
	say_proof(out, "where",
		  "between this tap and the server: the client's own bytes are whole");
	say_proof_bytes(out, "error reply", s->refusal);
	say_proof(out, "reply code", "%u", s->smtp.starttls_refusal);
}

static void
say_padding(const struct session *s, struct finding *out)
{
	bool is_offered = s->smtp.offered == FACT_YES;

	rate(out, SEVERITY_CRITICAL, is_offered ? CERTAINTY_PROVEN : CERTAINTY_POSSIBLE,
	     WHERE_CLIENT_SIDE);
	say_detail(out,
		   "A command of the client arrives as %s: padding of the length of STARTTLS, ",
		   said(s->masked_verb).text);
	if (is_offered)
		say_more(out, "which the server had offered: it was changed between the client "
			      "and this tap.");
	else
		say_more(out, "though the EHLO reply, as far as it was seen, does not offer "
			      "STARTTLS; other commands have eight letters too.");
	say_proof(out, "where", "between the client and this tap%s",
		  is_offered ? "" : ", where it was changed at all");
	if (s->refusal.len > 0)
		say_proof_bytes(out, "server's reply", s->refusal);
}

bool
judge_starttls_command_masked(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	bool is_echo = command_is_echoed(s);

	if (!is_echo && !command_arrives_masked(s))
		return false;
	if (is_echo)
		say_echo(s, out);
	else
		say_padding(s, out);
	say_proof_bytes(out, is_echo ? "quoted verb" : "verb as it arrived", s->masked_verb);
	say_proof_ehlo(out, s);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}

static bool
greets_as_esmtp(const struct session *s)
{
	for (size_t i = 0; i < s->greetings; i++)
		if (text_find(s->greeting[i], BYTES("ESMTP")) < s->greeting[i].len)
			return true;
	return false;
}

/* The greeting lost what makes a client use EHLO, and was not always so. */
static bool
is_greeting_changed(const struct judge_case *c)
{
	const struct session *s = c->session;

	if (s->greetings == 0)
		return false;
	if (mask_of_greeting(s->greeting, s->greetings))
		return tally_is_steady(&c->known->readable);
	return !greets_as_esmtp(s) && tally_is_steady(&c->known->esmtp);
}

/* EHLO was never tried: the greeting kept a client from it that is known to speak it here. */
static bool
is_kept_from_ehlo(const struct judge_case *c)
{
	const struct session *s = c->session;

	return s->smtp.greeting_verb == GREETING_HELO && s->smtp.ehlo_refusal == 0 &&
	       session_can_show_absence_before_mail(s) && is_greeting_changed(c) &&
	       (c->known->extended_of_client.yes > 0 || tally_is_steady(&c->known->extended));
}

/*
 * What a server calls itself is its own word. It has the history of that name where the DNS says
 * that the host of the name has this address.
 */
static bool
is_host_greeted(const struct judge_case *c)
{
	const struct destination *d = c->policy;
	struct bytes line = c->session->greetings > 0 ? c->session->greeting[0] : BYTES("");
	struct domain name;

	return d != NULL && d->host_by == HOST_BY_ADDRESS &&
	       domain_read(text_word(text_trim(line)), &name) == DOMAIN_OK &&
	       domain_equal(&name, &d->host);
}

static void
rate_by_name(const struct judge_case *c, struct finding *out)
{
	if (!c->known->is_greeted_name_offering)
		return;
	say_more(out, "; a server of the name in its greeting offers it at another address");
	if (!is_host_greeted(c))
		return;
	rate(out, SEVERITY_WARNING, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE);
	say_more(out, ", and by the DNS this is one of its addresses");
	say_proof(out, "host of this address by the DNS", "%s", c->policy->host.text);
}

static void
rate_suppression(const struct judge_case *c, struct finding *out)
{
	bool is_habit = tally_is_steady(&c->known->extended_of_client) ||
			(tally_is_steady(&c->known->extended) &&
			 c->known->extended_of_client.no == 0 && !is_kept_from_ehlo(c));

	rate(out, SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	if (is_habit)
		rate(out, SEVERITY_WARNING, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE);
	say_proof_tally(out, "EHLO of this client accepted here", &c->known->extended_of_client);
	say_proof_tally(out, "EHLO accepted here", &c->known->extended);
}

/* In this connection it was refused for good. */
static bool
is_refused_ehlo(const struct session *s)
{
	return s->smtp.helo_after_refusal && s->smtp.ehlo_refusal >= REFUSED_FOR_GOOD &&
	       s->smtp.greeting_verb == GREETING_HELO;
}

/*
 * Mail in clear by HELO of a client that uses STARTTLS here: its EHLO was changed before it
 * reached the tap, or a connection before this one broke at it. Another name is another
 * machine behind the client's address.
 */
static bool
is_out_of_habit(const struct judge_case *c)
{
	const struct session *s = c->session;

	return s->smtp.greeting_verb == GREETING_HELO && session_outcome(s) == OUTCOME_PLAINTEXT &&
	       session_can_show_absence_before_mail(s) && tally_is_steady(&c->known->used) &&
	       tally_is_steady(&c->known->extended_of_client) && c->known->is_known_helo;
}

static void
say_kept(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	rate_suppression(c, out);
	say_detail(out,
		   "The greeting %s is not as it was, and the client, which speaks "
		   "EHLO here at other times, used HELO, which cannot offer STARTTLS.",
		   said(s->greeting[0]).text);
}

static void
say_out_of_habit(const struct judge_case *c, struct finding *out)
{
	const struct tally *used = &c->known->used;

	rate_suppression(c, out);
	rate(out, SEVERITY_WARNING, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	out->refuted_by = "The client's own log: that it sent HELO by its own choice, as after a "
			  "change of its settings or its software.";
	say_detail(out,
		   "The client used HELO, which cannot offer STARTTLS, and sent in clear, though "
		   "it spoke EHLO and used STARTTLS here in %" PRIu32 " of %" PRIu32 " sessions.",
		   used->yes, used->yes + used->no);
	say_proof_tally(out, "used by this client at this server", used);
}

static void
say_refused(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	rate_suppression(c, out);
	say_detail(out,
		   "EHLO was answered %u %s, and the client fell back to HELO, which cannot "
		   "offer STARTTLS",
		   s->smtp.ehlo_refusal, said(s->ehlo_refusal).text);
	rate_by_name(c, out);
	say_more(out, ".");
	say_proof(out, "reply code", "%u", s->smtp.ehlo_refusal);
	say_proof_bytes(out, "reply text", s->ehlo_refusal);
}

bool
judge_ehlo_suppressed(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	bool is_refused = is_refused_ehlo(s);

	if (is_refused)
		say_refused(c, out);
	else if (is_kept_from_ehlo(c))
		say_kept(c, out);
	else if (is_out_of_habit(c))
		say_out_of_habit(c, out);
	else
		return false;
	say_proof_lines(out, "greeting", s->greeting, s->greetings);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	/* A reply is presence; that EHLO was never tried is absence. */
	if (!is_refused)
		say_proof_capture(out, s);
	return true;
}

bool
judge_banner_masked(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (!mask_of_greeting(s->greeting, s->greetings))
		return false;

	rate(out, SEVERITY_NOTICE, CERTAINTY_PROVEN, WHERE_SERVER_SIDE);
	say_detail(out, "The server's greeting is overwritten with asterisks: %u %s",
		   s->smtp.greeting_code, said(s->greeting[0]).text);
	if (s->smtp.greeting_verb == GREETING_HELO)
		say_more(out, "; the client used HELO, which cannot offer STARTTLS");
	if (c->known->readable.yes > 0)
		say_more(out, "; it was readable in %u of %u sessions before",
			 c->known->readable.yes, c->known->readable.yes + c->known->readable.no);
	say_more(out, ".");
	say_proof_tally(out, "greeting readable", &c->known->readable);
	say_proof_lines(out, "greeting", s->greeting, s->greetings);
	say_proof_ehlo(out, s);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}
