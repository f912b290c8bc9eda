/*
 * Policy beside facts. Each kind needs the server to be known as a host of the
 * domain, but for mx-mismatch, which says that it is none; what TLS 1.3 hides is
 * held against nobody.
 *
 * Where no recipient was seen the host alone tells the domain. What the host then
 * owes to whoever brings mail (TLS, a certificate that holds) can be said; what
 * became of mail for that domain, as little as whether there was any, cannot.
 */
#include "monitor/judge/demand.h"

#include <stdio.h>
#include <string.h>

#include "monitor/counted.h"
#include "monitor/judge/kinds.h"
#include "monitor/judge/say.h"
#include "monitor/moment.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)

static bool
is_between_servers(const struct judge_case *c)
{
	return c->policy != NULL && c->session->service == SERVICE_SMTP;
}

static bool
is_mail_in_clear(const struct session *s)
{
	return session_outcome(s) == OUTCOME_PLAINTEXT &&
	       (s->smtp.mail_accepted || s->smtp.message_sent);
}

enum demand
demand_of(const struct judge_case *c)
{
	if (!is_between_servers(c) || c->policy->host_by == HOST_UNKNOWN)
		return DEMAND_NONE;
	if (c->policy->policy.required != REQUIRED_NONE)
		return DEMAND_TLS;
	return c->policy->policy.sts == STS_MODE_TESTING ? DEMAND_TESTING : DEMAND_NONE;
}

enum demand
demand_broken(const struct judge_case *c)
{
	if (!is_mail_in_clear(c->session) || c->policy == NULL)
		return DEMAND_NONE;
	if (c->policy->is_by_host && c->policy->policy.required != REQUIRED_DANE)
		return DEMAND_NONE;
	return demand_of(c);
}

/* TLS was used to its end: a client that gives up before has kept to the policy. */
static bool
is_encrypted(const struct session *s)
{
	return s->tls.complete == FACT_YES;
}

bool
demand_refuses_certificate(const struct judge_case *c)
{
	if (demand_of(c) != DEMAND_TLS || !is_encrypted(c->session))
		return false;
	if (c->policy->policy.required == REQUIRED_DANE)
		return dane_is_unmatched(c->policy->match);
	return webpki_is_valid(&c->policy->webpki) == FACT_NO;
}

bool
demand_accepts_certificate(const struct judge_case *c)
{
	return demand_of(c) == DEMAND_TLS && c->policy->match == DANE_MATCHED;
}

struct demand_words
demand_words(const struct judge_case *c)
{
	const struct destination *d = c->policy;
	struct demand_words w;

	if (d->policy.required == REQUIRED_DANE)
		snprintf(w.text, sizeof(w.text), "the TLSA records of %s", d->host.text);
	else
		snprintf(w.text, sizeof(w.text), "the MTA-STS policy of %s (%s)", d->domain.text,
			 sts_mode_name(d->policy.sts));
	return w;
}

/* How long before the session something was learnt; or after it, where the answer came later. */
static void
prove_age(const struct judge_case *c, const char *what, int64_t learnt, struct finding *out)
{
	int64_t age = c->session->start - learnt, size = age < 0 ? -age : age;
	bool is_short = size < 2 * MINUTE;
	char when[MOMENT_TEXT_MAX];

	moment_short_text(learnt, when);
	say_proof(out, what, "%lld %s %s the session, %s",
		  (long long)(size / (is_short ? SECOND : MINUTE)), is_short ? "s" : "min",
		  age < 0 ? "after" : "before", when);
}

static void
prove_sts(const struct judge_case *c, struct finding *out)
{
	const struct destination *d = c->policy;
	char until[MOMENT_TEXT_MAX];

	moment_short_text(d->expires, until);
	say_proof(out, "MTA-STS policy", "%s, mode %s, id %s, in force until %s", d->domain.text,
		  sts_mode_name(d->mode), d->id, until);
	say_proof(out, "policy's source", "https://mta-sts.%s/.well-known/mta-sts.txt%s",
		  d->domain.text,
		  d->source != NULL && strcmp(d->source, "cache") == 0 ? ", from the cache" : "");
	prove_age(c, "policy fetched", d->fetched, out);
}

static void
prove_host(const struct judge_case *c, struct finding *out)
{
	const struct destination *d = c->policy;

	if (d->host_by == HOST_UNKNOWN)
		return;
	say_proof(out, "MX host", "%s, by %s%s", d->host.text,
		  d->host_by == HOST_BY_ADDRESS ? "its address"
						: "the name that the client asked for",
		  d->is_smart_host ? "; a smart host" : "");
	if (d->is_by_host)
		say_proof(out, "policy's domain", "%s, by its MX host: no recipient was seen",
			  d->domain.text);
}

void
demand_prove(const struct judge_case *c, struct finding *out)
{
	const struct destination *d = c->policy;

	if (d->policy.required == REQUIRED_DANE) {
		say_proof(out, "TLSA records", "%s: %s, validated by DNSSEC", d->host.text,
			  dane_state_name(d->policy.dane.state));
		prove_age(c, "records looked up", d->learnt, out);
	} else if (d->mode != STS_MODE_NONE) {
		prove_sts(c, out);
	}
	prove_host(c, out);
}

/* By the mode: testing asks to be told, and for nothing else (RFC 8461 section 5). */
static void
rate_sts(const struct judge_case *c, enum severity severity, struct finding *out)
{
	rate(out, c->policy->mode == STS_MODE_ENFORCE ? severity : SEVERITY_NOTICE,
	     CERTAINTY_PROBABLE, WHERE_UNKNOWN);
}

/* What MTA-STS says of it, that the host is not named aside: sts-mx-mismatch tells that. */
static enum sts_verdict
verdict_of(const struct judge_case *c)
{
	const struct session *s = c->session;
	struct policy p = c->policy->policy;

	p.listed = FACT_UNSEEN;
	if (is_mail_in_clear(s))
		return c->policy->is_by_host ? STS_NOT_SEEN
					     : policy_sts_verdict(&p, FACT_NO, &c->policy->webpki);
	if (!is_encrypted(s) || c->policy->is_shared)
		return STS_NOT_SEEN;
	return policy_sts_verdict(&p, FACT_YES, &c->policy->webpki);
}

/* NULL where nothing fails. */
static const char *
verdict_words(enum sts_verdict verdict)
{
	switch (verdict) {
	case STS_NOT_APPLICABLE:
	case STS_KEPT:
	case STS_NOT_SEEN:
	case STS_FAILS_MX:
		break;
	case STS_FAILS_TLS:
		return "Mail went in clear";
	case STS_FAILS_NAME:
		return "TLS was used with a certificate that is not for the MX host";
	case STS_FAILS_DATE:
		return "TLS was used with a certificate that is out of date";
	case STS_FAILS_TRUST:
		return "TLS was used with a certificate that no known authority issued";
	}
	return NULL;
}

static void
prove_session(struct finding *out, const struct session *s)
{
	say_proof(out, "outcome", "%s, %u MAIL in clear", outcome_name(session_outcome(s)),
		  s->smtp.mail_count);
	say_proof_ehlo(out, s);
	say_proof_capture(out, s);
}

bool
judge_sts_violation(const struct judge_case *c, struct finding *out)
{
	const char *words;

	if (!is_between_servers(c) || c->policy->host_by == HOST_UNKNOWN)
		return false;
	words = verdict_words(verdict_of(c));
	if (words == NULL)
		return false;
	rate_sts(c, SEVERITY_CRITICAL, out);
	say_detail(out, "%s to %s, though the MTA-STS policy of %s is in force in mode %s.", words,
		   c->policy->host.text, c->policy->domain.text, sts_mode_name(c->policy->mode));
	prove_sts(c, out);
	prove_host(c, out);
	if (!is_mail_in_clear(c->session))
		say_proof_asked(out, c->session);
	prove_session(out, c->session);
	return true;
}

bool
judge_sts_mx_mismatch(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (!is_between_servers(c) || c->policy->host_by == HOST_UNKNOWN || c->policy->is_by_host ||
	    c->policy->is_smart_host || c->policy->policy.listed != FACT_NO)
		return false;
	if (!is_mail_in_clear(s) && !is_encrypted(s))
		return false;
	rate_sts(c, SEVERITY_CRITICAL, out);
	say_detail(out,
		   "Mail for %s went to %s, which no mx pattern of its MTA-STS policy (mode %s) "
		   "covers.",
		   c->policy->domain.text, c->policy->host.text, sts_mode_name(c->policy->mode));
	prove_sts(c, out);
	prove_host(c, out);
	prove_session(out, s);
	return true;
}

static const char *
trouble_words(enum sts_trouble trouble)
{
	switch (trouble) {
	case STS_FINE:
		break;
	case STS_RECORD_GONE:
		return "its TXT record is gone";
	case STS_RECORD_BROKEN:
		return "its TXT record is none any more";
	case STS_DISCOVERY_FAILED:
		return "asking for its TXT record fails";
	case STS_FETCH_FAILED:
		return "fetching it fails";
	case STS_POLICY_BROKEN:
		return "what is fetched is no policy any more";
	}
	return "it cannot be found";
}

bool
judge_sts_suppressed(const struct judge_case *c, struct finding *out)
{
	const struct destination *d = c->policy;
	char since[MOMENT_TEXT_MAX];

	if (!is_between_servers(c) || !d->is_suppressed)
		return false;
	rate_sts(c, SEVERITY_WARNING, out);
	moment_short_text(d->failing_since, since);
	say_detail(out,
		   "The MTA-STS policy of %s (mode %s) is known and has not expired, and %s since "
		   "%s.",
		   d->domain.text, sts_mode_name(d->mode), trouble_words(d->trouble), since);
	say_proof_count(out, "trouble", "%s: %s in a row", trouble_words(d->trouble),
			counted(d->failures, "time").text);
	prove_sts(c, out);
	return true;
}

/* What was wrong with the certificate; NULL: nothing that was seen. */
static const char *
match_words(enum dane_match match)
{
	switch (match) {
	case DANE_NOT_OBSERVABLE:
	case DANE_NOT_APPLICABLE:
	case DANE_MATCHED:
		break;
	case DANE_NO_MATCH:
		return "a certificate that none of its TLSA records names";
	case DANE_WRONG_NAME:
		return "a certificate for another host";
	case DANE_OUT_OF_DATE:
		return "a certificate that is out of date";
	case DANE_BROKEN_CHAIN:
		return "a certificate whose chain to the named authority does not hold";
	}
	return NULL;
}

bool
judge_dane_violation(const struct judge_case *c, struct finding *out)
{
	const struct destination *d = c->policy;
	const struct session *s = c->session;

	if (demand_of(c) == DEMAND_NONE || d->policy.required != REQUIRED_DANE)
		return false;
	if (is_mail_in_clear(s))
		say_detail(out, "Mail%s%s went in clear to %s, whose TLSA records demand TLS.",
			   d->is_by_host ? "" : " for ", d->is_by_host ? "" : d->domain.text,
			   d->host.text);
	else if (is_encrypted(s) && match_words(d->match) != NULL)
		say_detail(out, "TLS was used to %s with %s.", d->host.text, match_words(d->match));
	else
		return false;
	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROBABLE, WHERE_UNKNOWN);
	demand_prove(c, out);
	if (!is_mail_in_clear(s))
		say_proof_asked(out, s);
	prove_session(out, s);
	return true;
}

bool
judge_mx_mismatch(const struct judge_case *c, struct finding *out)
{
	const struct destination *d = c->policy;
	const struct session *s = c->session;
	bool is_sign;

	if (!is_between_servers(c) || d->is_smart_host || c->known->is_smart_host ||
	    d->is_mx != FACT_NO || d->is_mx_outdated || d->host_by != HOST_UNKNOWN ||
	    !is_mail_in_clear(s))
		return false;
	/* That it went in clear is another sign where the domain enforces TLS. */
	is_sign = d->mode == STS_MODE_ENFORCE;
	rate(out, is_sign ? SEVERITY_WARNING : SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	say_detail(out, "Mail for %s went to a server that is none of its MX hosts%s%s",
		   d->domain.text, d->form == MX_NULL ? ": the domain takes no mail" : "",
		   is_sign ? ", and in clear, though its MTA-STS policy is in force" : "");
	/* At another address it may well be so, and an attacker would say so, too. */
	if (d->called.text[0] != '\0')
		say_more(out, "; it calls itself %s, which nothing but its own word bears out",
			 d->called.text);
	say_more(out, ".");
	prove_age(c, "MX hosts looked up", d->learnt, out);
	if (is_sign)
		prove_sts(c, out);
	prove_session(out, s);
	return true;
}
