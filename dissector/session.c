/* What a session came to, from its facts alone; see session.h. */
#include "dissector/session.h"

bool
smtp_went_in_clear(const struct smtp_facts *f)
{
	return f->mail_accepted || f->message_sent || f->credentials_sent;
}

/* A session that was only crowded out, by a new connection or by us, may have gone on unseen. */
bool
session_is_over(const struct session *s)
{
	switch (s->ending) {
	case ENDING_FIN:
	case ENDING_RESET:
	case ENDING_IDLE:
		return true;
	case ENDING_REUSED:
	case ENDING_EVICTED:
	case ENDING_CAPTURE:
		return s->smtp.quit_sent;
	}
	return false;
}

/* TLS should have begun, and how it went on is known to the end. */
static bool
tls_came_to_nothing(const struct session *s)
{
	if (s->tls.complete == FACT_NO)
		return true;
	/* The go-ahead was given, nobody began a handshake, and nothing of it can be missing. */
	return s->tls.complete == FACT_UNSEEN && !s->tls.client_hello && !s->tls.server_hello &&
	       session_is_over(s) && session_can_show_absence(s);
}

bool
session_can_show_absence(const struct session *s)
{
	return s->seen == SEEN_BOTH && s->syn_seen && s->clear_whole && !s->has_drops;
}

/* Of TLS behind mail in clear: whole, the capture might tell how it came to that. */
static bool
is_tls_seen(const struct session *s)
{
	return s->smtp.accepted == FACT_YES || s->tls.client_hello || s->tls.server_hello ||
	       s->tls.records[SIDE_CLIENT] > 0 || s->tls.records[SIDE_SERVER] > 0;
}

/* What went in clear did so with nothing missing before, and stayed the last word. */
static bool
is_settled_by_mail(const struct session *s)
{
	return s->mail_whole && !is_tls_seen(s);
}

bool
session_can_show_absence_before_mail(const struct session *s)
{
	return session_can_show_absence(s) || (is_settled_by_mail(s) && !s->has_drops);
}

/* A gap behind the mail may hold a STARTTLS, or another answer: that one came too late. */
bool
session_is_unrequested(const struct session *s)
{
	return s->smtp.requested == FACT_NO
		   ? session_can_show_absence_before_mail(s)
		   : s->smtp.requested == FACT_UNSEEN && s->mail_requested == FACT_NO &&
			 is_settled_by_mail(s) && !s->has_drops;
}

bool
session_is_unused(const struct session *s)
{
	return s->smtp.offered == FACT_YES && session_is_unrequested(s) &&
	       session_outcome(s) == OUTCOME_PLAINTEXT;
}

enum fact
session_acceptance(const struct session *s)
{
	if (s->smtp.accepted == FACT_UNSEEN && s->mail_granted == FACT_NO && is_settled_by_mail(s))
		return FACT_NO;
	return s->smtp.accepted;
}

enum outcome
session_outcome(const struct session *s)
{
	if (smtp_went_in_clear(&s->smtp))
		return OUTCOME_PLAINTEXT;
	if (s->tls.complete == FACT_YES)
		return OUTCOME_ENCRYPTED;
	if (s->smtp.accepted == FACT_YES || s->tls.is_implicit)
		return tls_came_to_nothing(s) ? OUTCOME_TLS_FAILED : OUTCOME_PARTIAL;
	return session_is_over(s) && session_can_show_absence(s) ? OUTCOME_NO_MAIL
								 : OUTCOME_PARTIAL;
}

const char *
service_name(enum service s)
{
	switch (s) {
	case SERVICE_NONE:
		return "none";
	case SERVICE_SMTP:
		return "smtp";
	case SERVICE_SUBMISSION:
		return "submission";
	case SERVICE_SUBMISSIONS:
		return "submissions";
	case SERVICE_LMTP:
		return "lmtp";
	}
	return "none";
}

const char *
outcome_name(enum outcome o)
{
	switch (o) {
	case OUTCOME_ENCRYPTED:
		return "encrypted";
	case OUTCOME_PLAINTEXT:
		return "plaintext";
	case OUTCOME_TLS_FAILED:
		return "tls-failed";
	case OUTCOME_NO_MAIL:
		return "no-mail";
	case OUTCOME_PARTIAL:
		return "partial";
	}
	return "partial";
}
