/*
 * What became of the offer of STARTTLS: missing, masked, stripped; refused,
 * unused. Of the first three only the most telling is told: a mask says how it
 * was done, a cut that the packets show says that it was done.
 */
#include "monitor/counted.h"
#include "monitor/judge/demand.h"
#include "monitor/judge/kinds.h"
#include "monitor/judge/loss.h"
#include "monitor/judge/mask.h"
#include "monitor/judge/say.h"

#include <string.h>

#include "dissector/text.h"

#define REFUSAL_MIN       400 /* the least code that says no, RFC 5321 section 4.2.1 */
#define REFUSALS_IN_A_ROW 3   /* of one client that does not come often are no rate limit */
#define USED_BUT_ONCE     6   /* uses that one session without does not belie */

/* The EHLO reply as the mask module wants it. */
static struct mask
mask_in(const struct session *s)
{
	struct mask_input in = {s->greeting, s->greetings, s->ehlo, s->ehlos};
	struct mask m;

	mask_of(&in, &m);
	return m;
}

/*
 * Where the order of the lines leaves it open, what the server has at other
 * times may tell: of its extensions of eight letters, one is the line.
 */
static void
ask_history(const struct history *h, struct mask *m)
{
	if (m->form != MASK_PADDING || !h->has_extensions ||
	    (m->hides != HIDES_MAYBE && m->hides != HIDES_LIKELY))
		return;
	if (h->offered.yes > 0 && h->missing_eight == 0) {
		m->hides = HIDES_LIKELY;
		m->why = "of what this server offers at other times STARTTLS alone has this "
			 "length and is missing";
	} else if (h->offered.yes == 0 && h->missing_eight > 0) {
		m->hides = HIDES_OTHER;
		m->why = "this server never offered STARTTLS, and another extension of this "
			 "length that it has is missing";
	}
}

/*
 * The reply has a mask that hides STARTTLS. That a masked line stands there is
 * presence, so this holds in a capture with losses too; that nothing is offered
 * beside it is what FACT_NO says of the whole reply.
 */
static bool
is_masked(const struct judge_case *c, struct mask *m)
{
	const struct session *s = c->session;

	*m = (struct mask){0};
	if (s->smtp.extended != FACT_YES || s->smtp.offered != FACT_NO)
		return false;
	*m = mask_in(s);
	ask_history(c->known, m);
	return m->form != MASK_NONE && m->hides != HIDES_OTHER;
}

/* The client had a whole EHLO reply without STARTTLS, sent it all the same, and got a 220. */
static bool
is_accepted_unoffered(const struct session *s)
{
	return s->smtp.extended == FACT_YES && s->smtp.offered == FACT_NO &&
	       s->smtp.requested == FACT_YES && s->smtp.accepted == FACT_YES &&
	       !s->smtp.is_anonymous_tls && session_can_show_absence(s);
}

/*
 * Two versions of the reply came, one with STARTTLS and one without, and the
 * session went on without TLS: the version that was to win has won.
 */
static const struct conflict *
cut_in_conflict(const struct session *s, bool *in_first)
{
	if (!session_is_unrequested(s) || session_outcome(s) != OUTCOME_PLAINTEXT)
		return NULL;
	return conflict_over_starttls(s, in_first);
}

static bool
is_stripped(const struct session *s)
{
	bool in_first;

	return is_accepted_unoffered(s) || cut_in_conflict(s, &in_first) != NULL;
}

static void
say_how_it_ended(struct finding *out, const struct session *s)
{
	say_proof(out, "outcome", "%s, %u MAIL in clear", outcome_name(session_outcome(s)),
		  s->smtp.mail_count);
}

/* The whole reply was seen without STARTTLS, and nothing was encrypted. */
static bool
is_lacking(const struct judge_case *c, struct mask *m)
{
	const struct session *s = c->session;
	enum outcome outcome = session_outcome(s);

	if (s->smtp.offered != FACT_NO || s->smtp.extended != FACT_YES ||
	    !session_can_show_absence_before_mail(s) || s->tls.complete == FACT_YES)
		return false;
	if (outcome != OUTCOME_PLAINTEXT && outcome != OUTCOME_NO_MAIL)
		return false;
	return !is_masked(c, m);
}

/*
 * The policy says that this host does TLS, so that somebody took the offer away.
 * Not where machines that differ, or a change for all, explain it: detections.md.
 */
static bool
is_stripped_by_policy(const struct judge_case *c, enum loss loss)
{
	return demand_of(c) != DEMAND_NONE && loss != LOSS_MIXED && loss != LOSS_NODES &&
	       loss != LOSS_CHANGED && loss != LOSS_CHANGING;
}

bool
judge_starttls_missing(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	enum loss loss = loss_of(c);
	struct mask m;

	if (!is_lacking(c, &m) || is_stripped(s) || loss_is_stripping(loss) ||
	    is_stripped_by_policy(c, loss))
		return false;

	rate(out, SEVERITY_INFO, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	say_detail(out,
		   "The server's EHLO reply of %s does not offer STARTTLS, and the "
		   "session was not encrypted",
		   counted(s->ehlos, "line").text);
	if (m.form != MASK_NONE)
		say_more(out, "; its line %s is overwritten, but does not hide STARTTLS: %s",
			 said(s->ehlo[m.line]).text, m.why);
	if (s->smtp.requested == FACT_YES && s->smtp.starttls_refusal != 0)
		say_more(out, "; the client asked for it all the same and was answered %u",
			 s->smtp.starttls_refusal);
	loss_explain(c, loss, out);
	say_more(out, ".");
	say_proof_ehlo(out, s);
	say_how_it_ended(out, s);
	say_proof_capture(out, s);
	if (loss != LOSS_NONE)
		loss_prove(c, loss, out);
	return true;
}

static enum certainty
mask_certainty(const struct session *s, const struct mask *m)
{
	/* The server took STARTTLS, though its reply names no such thing: that settles it. */
	if (is_accepted_unoffered(s))
		return CERTAINTY_PROVEN;
	switch (m->hides) {
	case HIDES_STARTTLS:
		return CERTAINTY_PROVEN;
	case HIDES_LIKELY:
		return CERTAINTY_PROBABLE;
	case HIDES_MAYBE:
	case HIDES_OTHER:
		return CERTAINTY_POSSIBLE;
	}
	return CERTAINTY_POSSIBLE;
}

/* What the line hides, and why. That the server took STARTTLS settles it, whatever else it may be.
 */
static void
say_mask(const struct session *s, const struct mask *m, struct finding *out)
{
	bool is_settled = is_accepted_unoffered(s);

	say_detail(out, "Line %zu of the EHLO reply is %s%s", m->line + 1,
		   said(s->ehlo[m->line]).text,
		   out->certainty == CERTAINTY_POSSIBLE ? ", which may hide STARTTLS"
							: " in place of STARTTLS");
	if (m->hides != HIDES_MAYBE || !is_settled)
		say_more(out, ": %s", m->why);
	if (m->software != NULL)
		say_more(out, " (%s)", m->software);
	if (is_settled)
		say_more(out,
			 "; the client sent STARTTLS all the same, and the server accepted it");
	say_more(out, ".");
	say_proof_bytes(out, "masked line", s->ehlo[m->line]);
	say_proof_ehlo(out, s);
	say_proof_lines(out, "greeting", s->greeting, s->greetings);
	if (is_settled)
		return;
	say_proof(out, "reason", "%s", m->why);
	if (m->hides != HIDES_STARTTLS && m->other.len > 0)
		say_proof_bytes(out, "could be instead", m->other);
}

bool
judge_starttls_masked(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	struct mask m;

	if (!is_masked(c, &m))
		return false;
	/* The reply came from the server's side of the tap, as it is. */
	rate(out, SEVERITY_CRITICAL, mask_certainty(s, &m), WHERE_SERVER_SIDE);
	say_mask(s, &m, out);
	say_how_it_ended(out, s);
	say_proof_capture(out, s);
	return true;
}

/* Testing alone is a notice; beside history it adds nothing, and takes nothing away. */
static void
rate_by_policy(const struct judge_case *c, bool is_by_history, struct finding *out)
{
	if (demand_of(c) == DEMAND_TLS)
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROBABLE,
		     is_by_history ? out->where : WHERE_UNKNOWN);
	else if (!is_by_history)
		rate(out, SEVERITY_NOTICE, CERTAINTY_PROBABLE, WHERE_UNKNOWN);
}

/* The offer is missing, and history, policy or both say that it was there. */
static void
say_stripped(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	enum loss loss = loss_of(c);
	bool is_by_history = loss_is_stripping(loss), is_by_policy = is_stripped_by_policy(c, loss);

	if (is_by_history)
		loss_say(c, loss, out);
	else
		say_detail(out,
			   "The server's EHLO reply of %s does not offer STARTTLS, which %s "
			   "promise%s.",
			   counted(s->ehlos, "line").text, demand_words(c).text,
			   c->policy->policy.required == REQUIRED_DANE ? "" : "s");
	if (is_by_policy) {
		rate_by_policy(c, is_by_history, out);
		demand_prove(c, out);
	}
	if (is_by_history)
		loss_prove(c, loss, out);
	say_proof_ehlo(out, s);
	say_how_it_ended(out, s);
	say_proof_capture(out, s);
}

bool
judge_starttls_stripped(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	struct mask m;
	bool in_first = false;
	const struct conflict *cut = cut_in_conflict(s, &in_first);

	if (is_masked(c, &m))
		return false;
	if (is_accepted_unoffered(s)) {
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_SERVER_SIDE);
		say_detail(out,
			   "The EHLO reply of %s does not offer STARTTLS; the client "
			   "sent STARTTLS all the same, and the server accepted it.",
			   counted(s->ehlos, "line").text);
	} else if (cut != NULL) {
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_UNKNOWN);
		say_detail(out,
			   "The EHLO reply came twice: STARTTLS stands in the %s version and not "
			   "in the %s, and the client went on without TLS.",
			   in_first ? "first" : "second", in_first ? "second" : "first");
		out->refuted_by = "A proxy or a broken device that sends a reply again with other "
				  "words: then both versions come from the same place, with "
				  "the same TTL, and other servers behind it show them too.";
		say_proof_bytes(out, "first version", cut->first.text);
		say_proof_bytes(out, "second version", cut->second.text);
	} else if (is_lacking(c, &m) &&
		   (loss_is_stripping(loss_of(c)) || is_stripped_by_policy(c, loss_of(c)))) {
		say_stripped(c, out);
		return true;
	} else {
		return false;
	}
	say_proof_ehlo(out, s);
	say_proof(out, "STARTTLS", "sent %s, %s", counted(s->smtp.starttls_requests, "time").text,
		  s->smtp.accepted == FACT_YES ? "accepted" : "never accepted");
	say_how_it_ended(out, s);
	say_proof_capture(out, s);
	return true;
}

/* The reply names the keyword by which the client asked. */
static bool
was_offered(const struct session *s)
{
	if (!s->smtp.is_anonymous_tls)
		return s->smtp.offered == FACT_YES;
	for (size_t i = 1; i < s->ehlos; i++)
		if (text_equal(text_trim(s->ehlo[i]), BYTES("X-ANONYMOUSTLS")))
			return true;
	return false;
}

/* It was offered and not taken up by the server; how it answered instead stays open. */
static bool
is_refused(const struct session *s)
{
	/* Some go on to TLS after another code than 220: then nothing was refused. */
	if (s->smtp.requested != FACT_YES || session_acceptance(s) != FACT_NO ||
	    s->tls.complete == FACT_YES || s->smtp.starttls_refusal == 0 || !was_offered(s))
		return false;
	/* An echo of what the client never sent says more: starttls-command-masked. */
	return !command_is_echoed(s) && !command_arrives_masked(s);
}

/* The text of the refusal says that the client asks too often, or the server has too much to do. */
static bool
says_rate_limit(struct bytes text)
{
	static const char *const words[] = {"too many",  "rate", "limit",
					    "slow down", "busy", "load"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct bytes word = {(const uint8_t *)words[i], strlen(words[i])};

		if (text_find(text, word) < text.len)
			return true;
	}
	return false;
}

/*
 * A refusal for want of time is ordinary: it says so, and the client does come
 * often, or it was no loss, since no mail went in clear.
 */
static bool
is_rate_limited(const struct judge_case *c)
{
	const struct session *s = c->session;

	if (s->smtp.starttls_refusal != REPLY_CLOSING &&
	    s->smtp.starttls_refusal != REPLY_UNAVAILABLE)
		return false;
	if (session_outcome(s) != OUTCOME_PLAINTEXT)
		return true;
	return says_rate_limit(s->refusal) &&
	       (c->known->is_burst || c->known->refusals < REFUSALS_IN_A_ROW);
}

/* Beside a server that is known to accept it a refusal is more than its mood. */
static void
rate_refusal(const struct judge_case *c, struct finding *out)
{
	const struct tally *accepted = &c->known->accepted;

	rate(out, SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	if (tally_is_steady(accepted)) {
		say_proof_tally(out, "accepted by this server", accepted);
		if (!is_rate_limited(c))
			rate(out, SEVERITY_WARNING, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE);
	}
	if (demand_broken(c) == DEMAND_TLS) {
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE);
		demand_prove(c, out);
	}
}

/*
 * Asked for, never answered, and then mail in clear: whoever swallows the
 * question, or its answer, gets what a refusal gets him.
 */
static bool
is_swallowed(const struct session *s)
{
	return s->smtp.requested == FACT_YES && session_acceptance(s) == FACT_UNSEEN &&
	       was_offered(s) &&
	       (session_can_show_absence(s) ||
		(s->mail_requested == FACT_YES && session_can_show_absence_before_mail(s))) &&
	       session_outcome(s) == OUTCOME_PLAINTEXT && !command_arrives_masked(s);
}

bool
judge_starttls_refused(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	const char *verb = s->smtp.is_anonymous_tls ? "X-ANONYMOUSTLS" : "STARTTLS";

	if (is_swallowed(s)) {
		rate_refusal(c, out);
		say_detail(out,
			   "%s was offered, the client asked for it and was never answered; it "
			   "then went on in clear.",
			   verb);
		say_proof_ehlo(out, s);
		say_how_it_ended(out, s);
		return true;
	}
	if (!is_refused(s))
		return false;
	rate_refusal(c, out);
	say_detail(out, "%s was offered, the client asked for it, and was answered %u %s", verb,
		   s->smtp.starttls_refusal, said(s->refusal).text);
	if (s->smtp.starttls_refusal < REFUSAL_MIN)
		say_more(out, ", which is neither yes nor no");
	say_more(out, "%s.",
		 session_outcome(s) == OUTCOME_PLAINTEXT ? "; it then went on in clear" : "");
	say_proof(out, "reply code", "%u", s->smtp.starttls_refusal);
	say_proof_bytes(out, "reply text", s->refusal);
	say_proof_ehlo(out, s);
	say_how_it_ended(out, s);
	return true;
}

/*
 * A habit; or one but for a single session. That one raised no alarm if it came
 * before the habit did, and may as well have been the first of an attack.
 */
static bool
is_habit_of_use(const struct tally *used)
{
	unsigned yes = tally_recent_yes(used);

	return tally_is_steady(used) || (yes >= USED_BUT_ONCE && used->recent_count - yes == 1);
}

/*
 * It used to use it here: what was offered at this tap may have been taken away
 * before it reached the client. Another name is another machine behind the
 * client's address.
 */
static void
say_habit(const struct judge_case *c, struct finding *out)
{
	const struct tally *used = &c->known->used;

	say_proof_tally(out, "used by this client at this server", used);
	if (!c->known->is_known_helo) {
		say_more(out, "; under another name this client's address uses it here");
		return;
	}
	rate(out, SEVERITY_WARNING, CERTAINTY_POSSIBLE, WHERE_CLIENT_SIDE);
	say_more(out, ", though it used STARTTLS here in %u of %u sessions", used->yes,
		 used->yes + used->no);
	out->refuted_by = "The client's own log: that it was offered STARTTLS and chose not to use "
			  "it, after a change of its settings or an earlier failure.";
}

static void
say_unused_by_policy(const struct judge_case *c, struct finding *out)
{
	if (demand_broken(c) == DEMAND_TLS)
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROBABLE, out->where);
	else if (out->severity < SEVERITY_NOTICE)
		rate(out, SEVERITY_NOTICE, CERTAINTY_PROBABLE, out->where);
	say_more(out, ", against %s", demand_words(c).text);
	demand_prove(c, out);
}

bool
judge_starttls_unused(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (!session_is_unused(s))
		return false;
	if (command_arrives_masked(s) || is_stripped(s))
		return false;

	rate(out, SEVERITY_INFO, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	say_detail(
	    out,
	    "The server offered STARTTLS, no STARTTLS of the client was seen, and the client sent "
	    "%s in clear",
	    s->smtp.mail_count > 0 ? "mail" : "credentials");
	if (is_habit_of_use(&c->known->used))
		say_habit(c, out);
	if (demand_broken(c) != DEMAND_NONE)
		say_unused_by_policy(c, out);
	say_more(out, ".");
	say_proof_ehlo(out, s);
	say_proof_bytes(out, "client's name", s->helo);
	say_how_it_ended(out, s);
	say_proof_capture(out, s);
	return true;
}
