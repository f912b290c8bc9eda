/*
 * Text where TLS should begin. After the last line of the 220 to STARTTLS the
 * next byte of either side is TLS, RFC 3207 section 4.2; behind STARTTLS itself
 * nothing may be pipelined, RFC 3207 section 4 and RFC 2920 section 3.1.
 */
#include "monitor/counted.h"
#include "monitor/judge/kinds.h"
#include "monitor/judge/say.h"

#include <inttypes.h>

#include "dissector/text.h"

/* What came from the client is QUIT and nothing else. */
static bool
is_quit(const struct session *s, struct bytes text)
{
	while (text.len > 0 && (text.at[text.len - 1] == '\r' || text.at[text.len - 1] == '\n'))
		text.len--;
	return s->smtp.quit_sent && text_equal(text_trim(text), BYTES("QUIT"));
}

/* All that the server said in TLS's place is one line, with which one hangs up. */
static bool
is_farewell(const struct session *s)
{
	struct bytes text = s->server_sample;

	return (text_starts(text, BYTES("421 ")) || text_starts(text, BYTES("221 "))) &&
	       bytes_find(text, '\n') + 1 >= text.len;
}

/* An alert ended the handshake, or may have: among what is missing. */
static bool
may_have_ended(const struct session *s)
{
	return s->tls.failure == TLS_FAILED_ALERT || !session_can_show_absence(s);
}

/*
 * One end only took its leave: checkers ask for STARTTLS to see whether it is
 * there, and QUIT in text; so do ends whose handshake an alert has ended, and
 * such as give it up themselves. Nothing was sent that TLS should have covered.
 */
static bool
is_leave_alone(const struct session *s)
{
	if (!s->smtp.client_text_after)
		return may_have_ended(s) && is_farewell(s);
	if (!is_quit(s, s->client_sample))
		return false;
	return !s->tls.client_hello || s->tls.failure == TLS_FAILED_ALERT ||
	       s->server_sample.len == 0 || (may_have_ended(s) && is_farewell(s));
}

/* TLS was complete, and its end was no end of the connection. */
static bool
has_mail_after_tls(const struct session *s)
{
	return s->smtp.mail_after_tls && s->smtp.accepted == FACT_YES &&
	       s->tls.complete == FACT_YES && !s->tls.is_interrupted;
}

static void
say_mail_after_tls(const struct session *s, struct finding *out)
{
	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_UNKNOWN);
	say_detail(out, "STARTTLS was answered 220 and TLS was established; an alert closed it, "
			"and behind that the client sent mail or a secret in text on the same "
			"connection.");
	say_proof(out, "TLS records", "%" PRIu64 " from the client, %" PRIu64 " from the server",
		  s->tls.records[SIDE_CLIENT], s->tls.records[SIDE_SERVER]);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
}

bool
judge_plaintext_after_starttls(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	bool both = s->smtp.client_text_after && s->smtp.server_text_after;
	enum side by = s->smtp.client_text_after ? SIDE_CLIENT : SIDE_SERVER;

	if (has_mail_after_tls(s)) {
		say_mail_after_tls(s, out);
		return true;
	}
	if (!s->smtp.client_text_after && !s->smtp.server_text_after)
		return false;
	if (is_leave_alone(s))
		return false;

	/*
	 * Text in place of the ServerHello came from the server's side. Why a
	 * client goes on in text the packets do not say: maybe it never got the 220.
	 */
	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN,
	     by == SIDE_SERVER ? WHERE_SERVER_SIDE : WHERE_UNKNOWN);
	say_detail(out, "STARTTLS was answered 220, and the %s went on in text instead of TLS: %s.",
		   both ? "client and the server" : side_name(by),
		   said(by == SIDE_CLIENT ? s->client_sample : s->server_sample).text);
	if (s->client_sample.len > 0)
		say_proof_bytes(out, "client's bytes behind the 220", s->client_sample);
	if (s->server_sample.len > 0)
		say_proof_bytes(out, "server's bytes behind the 220", s->server_sample);
	say_proof(out, "ClientHello", "%s", s->tls.client_hello ? "seen" : "not seen");
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}

/*
 * An empty line is no command: it changes nothing wherever it is read. What is
 * kept of the text must be all that came.
 */
static bool
is_blank_alone(const struct session *s)
{
	for (size_t i = 0; i < s->client_ahead.len; i++)
		if (s->client_ahead.at[i] != '\r' && s->client_ahead.at[i] != '\n')
			return false;
	return s->client_ahead.len >= s->smtp.client_injected;
}

/*
 * The server waited for TLS that never came, said so and hung up: 421 is what
 * it may say at any time, RFC 5321 section 4.2.1. Or it answers the QUIT that the
 * client had sent too early. One line and nothing else.
 */
static bool
is_farewell_alone(const struct session *s)
{
	return !s->tls.client_hello && !s->smtp.client_text_after && is_farewell(s) &&
	       s->ended_by == SIDE_SERVER &&
	       (s->ending == ENDING_FIN || s->ending == ENDING_RESET) &&
	       (s->smtp.quit_sent || text_starts(s->server_sample, BYTES("421 "))) &&
	       s->server_sample.len >= s->smtp.server_injected;
}

bool
judge_command_injection(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	/* Who pipelines QUIT behind STARTTLS asks nothing of the server that could do harm. */
	if (s->smtp.client_injected == 0 || is_blank_alone(s) || is_quit(s, s->client_ahead))
		return false;

	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_CLIENT_SIDE);
	say_detail(out,
		   "Behind STARTTLS and before the server's answer came %s of text from "
		   "the client's side: %s.",
		   counted(s->smtp.client_injected, "byte").text, said(s->client_ahead).text);
	say_proof(out, "bytes", "%u", s->smtp.client_injected);
	say_proof_bytes(out, "text behind STARTTLS", s->client_ahead);
	say_proof(out, "STARTTLS", "%s",
		  s->smtp.accepted == FACT_YES  ? "answered 220"
		  : s->smtp.accepted == FACT_NO ? "refused"
						: "answer not seen");
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}

bool
judge_response_injection(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (s->smtp.server_injected == 0 || is_farewell_alone(s))
		return false;

	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_SERVER_SIDE);
	say_detail(out,
		   "Behind the 220 to STARTTLS and before the client's first byte came %s "
		   "of text from the server's side: %s.",
		   counted(s->smtp.server_injected, "byte").text, said(s->server_sample).text);
	say_proof(out, "bytes", "%u", s->smtp.server_injected);
	say_proof_bytes(out, "text behind the 220", s->server_sample);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}
