/* What should never have been sent in clear: passwords, and mail that demands TLS. */
#include "monitor/judge/kinds.h"
#include "monitor/judge/say.h"

bool
judge_credentials_exposed(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (!s->smtp.secret_sent)
		return false;

	rate(out, SEVERITY_WARNING, CERTAINTY_PROVEN, WHERE_UNKNOWN);
	say_detail(out, "The client sent a reusable secret in clear: AUTH %s outside TLS.",
		   said(s->auth).text);
	say_proof_bytes(out, "mechanism", s->auth);
	say_proof(out, "STARTTLS", "%s",
		  s->smtp.offered == FACT_YES  ? "offered"
		  : s->smtp.offered == FACT_NO ? "not offered"
					       : "offer not seen");
	say_proof_ehlo(out, s);
	return true;
}

bool
judge_requiretls_violation(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (!s->smtp.requiretls_sent)
		return false;

	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_UNKNOWN);
	say_detail(out, "The client sent MAIL with REQUIRETLS outside TLS; %s.",
		   s->smtp.mail_accepted ? "a MAIL in clear was accepted"
					 : "no MAIL in clear was seen accepted");
	say_proof(out, "MAIL in clear", "%u", s->smtp.mail_count);
	say_proof_lines(out, "recipient domains", s->rcpt_domains, s->rcpt_count);
	say_proof_ehlo(out, s);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}
