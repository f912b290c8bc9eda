/*
 * Mail in clear soon after encryption failed: what the failure was for, where
 * somebody caused it.
 */
#include <stdio.h>

#include "monitor/judge/again.h"
#include "monitor/judge/demand.h"
#include "monitor/judge/kinds.h"
#include "monitor/judge/loss.h"
#include "monitor/judge/say.h"
#include "monitor/moment.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)

static const char *
setback_words(enum setback setback)
{
	switch (setback) {
	case SETBACK_NONE:
		break;
	case SETBACK_FAILED:
		return "a TLS handshake of this client failed";
	case SETBACK_REFUSED:
		return "this client's STARTTLS was refused";
	case SETBACK_SUPPRESSED:
		return "this client's EHLO was refused";
	}
	return "nothing happened";
}

static const char *
same_words(enum same same)
{
	switch (same) {
	case SAME_SERVER:
		return "the same server";
	case SAME_NAME:
		return "a server of the same name";
	case SAME_DOMAIN:
		return "a server of the same recipient domain";
	}
	return "the same server";
}

/* A client that sends in clear here all the time does not fall back to it. */
static bool
is_habit(const struct tally *used)
{
	return used->no >= TALLY_STEADY && tally_recent_yes(used) * 2 < used->recent_count;
}

/* Where the server always does so, and the client goes on in clear each time, nobody fell back. */
static bool
is_ordinary(const struct judge_case *c)
{
	switch (c->known->setback) {
	case SETBACK_NONE:
		return true;
	case SETBACK_FAILED:
		return false;
	case SETBACK_REFUSED:
		return c->session->smtp.requested == FACT_YES &&
		       !tally_is_steady(&c->known->accepted);
	case SETBACK_SUPPRESSED:
		return !tally_is_steady(&c->known->extended);
	}
	return true;
}

static bool
is_fallback(const struct judge_case *c)
{
	const struct session *s = c->session;

	return !is_ordinary(c) && session_outcome(s) == OUTCOME_PLAINTEXT &&
	       (s->smtp.mail_accepted || s->smtp.message_sent) && !is_habit(&c->known->used);
}

/* How long after its setback the client came: "1 s", "5 min". */
struct lapse {
	char text[32];
};

static struct lapse
lapse(int64_t time)
{
	struct lapse l;

	if (time < SECOND)
		snprintf(l.text, sizeof(l.text), "less than 1 s");
	else if (time < 2 * MINUTE)
		snprintf(l.text, sizeof(l.text), "%lld s", (long long)(time / SECOND));
	else
		snprintf(l.text, sizeof(l.text), "%lld min", (long long)(time / MINUTE));
	return l;
}

static void
say_fallback(const struct judge_case *c, const char *opening, struct finding *out)
{
	const struct history *h = c->known;
	char when[MOMENT_TEXT_MAX];

	rate(out, SEVERITY_WARNING, CERTAINTY_PROBABLE, WHERE_UNKNOWN);
	moment_short_text(h->setback_time, when);
	say_detail(out, "%s client sent mail in clear %s after %s at %s.", opening,
		   lapse(c->session->start - h->setback_time).text, setback_words(h->setback),
		   same_words(h->setback_same));
	if (demand_broken(c) == DEMAND_TLS) {
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROBABLE, WHERE_UNKNOWN);
		demand_prove(c, out);
	}
	say_proof(out, "before", "%s at %s, %s", setback_words(h->setback),
		  same_words(h->setback_same), when);
	say_proof(out, "mail in clear", "%u MAIL", c->session->smtp.mail_count);
	say_proof_tally(out, "STARTTLS used by this client at this server", &h->used);
}

bool
judge_plaintext_fallback(const struct judge_case *c, struct finding *out)
{
	if (!is_fallback(c))
		return false;

	say_fallback(c, "The", out);
	say_proof_ehlo(out, c->session);
	say_proof_capture(out, c->session);
	return true;
}

bool
judge_fallback_again(const struct judge_case *c, struct finding *out)
{
	char when[MOMENT_TEXT_MAX];

	if (!is_fallback(c))
		return false;

	*out = (struct finding){.kind = judge_kind("plaintext-fallback")};
	out->refuted_by = out->kind->refuted_by;
	moment_short_text(c->known->setback_time, when);
	say_proof(out, "judged again", "after the session at %s", when);
	moment_short_text(c->session->start, when);
	say_proof(out, "in clear", "the session at %s", when);
	say_fallback(c, "With hindsight: the", out);
	return true;
}
