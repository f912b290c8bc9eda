/*
 * The handshake: whether it came to an end, what it settled on, what broke into
 * it, and what the certificate is worth. All of it is presence: it was seen.
 */
#include "dissector/tls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor/counted.h"
#include "monitor/judge/again.h"
#include "monitor/judge/demand.h"
#include "monitor/judge/kinds.h"
#include "monitor/judge/loss.h"
#include "monitor/judge/say.h"
#include "monitor/moment.h"

#define ALERT_INAPPROPRIATE_FALLBACK 86 /* RFC 7507 section 6 */
#define VERSION_TLS12                0x0303
#define VERSION_NONE                 0
#define VERSION_SSL2                 0x0002

#define NAME_TEXT_MAX 64
#define RENEWAL_TIME  (30 * HISTORY_DAY) /* how long before its end one is renewed */

#define FARM_NAMES      3 /* machines that offered STARTTLS at one address */
#define FALLEN_NETWORKS 2 /* others that get less and nobody better: it is the server's; and */
#define FALLEN_SETTLED  4 /* that was told often enough */

/* A name, or the number where there is none. */
struct named {
	char text[NAME_TEXT_MAX];
};

static struct named
named(const char *name, unsigned number, const char *what)
{
	struct named n;

	if (name != NULL)
		snprintf(n.text, sizeof(n.text), "%s", name);
	else
		snprintf(n.text, sizeof(n.text), "%s 0x%04x", what, number);
	return n;
}

static struct named
version_named(uint16_t version)
{
	return named(tls_version_name(version), version, "version");
}

static struct named
cipher_named(uint16_t cipher)
{
	return named(tls_cipher_name(cipher), cipher, "cipher suite");
}

/* What the two hellos said, as far as they were seen. */
static void
say_proof_hellos(struct finding *out, const struct session *s)
{
	if (s->tls.offered_version != VERSION_NONE)
		say_proof(out, "client offered at best", "%s",
			  version_named(s->tls.offered_version).text);
	if (!s->tls.server_hello)
		return;
	say_proof(out, "server chose", "%s with %s", version_named(s->tls.version).text,
		  cipher_named(s->tls.cipher).text);
}

static void
say_alert(struct finding *out, const struct session *s)
{
	const struct tls_alert *alert = &s->tls.alert;

	if (alert->is_encrypted || !alert->is_seen) {
		say_more(out, " by an alert from the %s that is encrypted and so cannot be named",
			 side_name(s->tls.failed_by));
		return;
	}
	say_more(out, " by the alert %s (%u) from the %s",
		 named(tls_alert_name(alert->description), alert->description, "alert").text,
		 alert->description, side_name(alert->by));
}

/* How the handshake ended; false where it did not, or only fell silent. */
static bool
say_failure(struct finding *out, const struct session *s)
{
	const char *by = side_name(s->tls.failed_by);
	struct bytes sample = s->tls.failed_by == SIDE_CLIENT ? s->client_sample : s->server_sample;

	switch (s->tls.failure) {
	case TLS_NOT_FAILED:
	case TLS_FAILED_SILENCE:
		return false;
	case TLS_FAILED_ALERT:
		say_alert(out, s);
		return true;
	case TLS_FAILED_RESET:
		say_more(out, " by a reset from the %s's address", by);
		return true;
	case TLS_FAILED_FIN:
		say_more(out, ": the %s closed the connection", by);
		return true;
	case TLS_FAILED_NOT_TLS:
		say_more(out, ": the %s sent bytes that are no TLS", by);
		if (sample.len > 0)
			say_more(out, ", %s", said(sample).text);
		return true;
	}
	return false;
}

/*
 * The 220 was the last: an end was seen and not one byte of TLS before it. That
 * none came is absence; a client that says QUIT has left of its own accord.
 */
static bool
has_ended_before_tls(const struct session *s)
{
	const struct tls_facts *t = &s->tls;

	return s->smtp.accepted == FACT_YES && t->complete == FACT_UNSEEN &&
	       t->version == VERSION_NONE && !t->client_hello && !t->server_hello &&
	       t->records[SIDE_CLIENT] == 0 && t->records[SIDE_SERVER] == 0 &&
	       (s->ending == ENDING_FIN || s->ending == ENDING_RESET) && !s->smtp.quit_sent &&
	       session_can_show_absence(s);
}

static void
say_no_handshake(struct finding *out, const struct session *s)
{
	const char *by = side_name(s->ended_by);

	rate(out, SEVERITY_NOTICE, CERTAINTY_PROVEN, WHERE_UNKNOWN);
	say_detail(out, "STARTTLS was accepted, and ");
	if (s->ending == ENDING_RESET)
		say_more(out, "the connection was reset before any byte of TLS, ended by the %s.",
			 by);
	else
		say_more(out, "the %s closed the connection before any byte of TLS.", by);
	if (s->server_sample.len > 0)
		say_proof_bytes(out, "server's bytes", s->server_sample);
	say_proof_ehlo(out, s);
	say_proof_capture(out, s);
}

bool
judge_tls_handshake_failed(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	/* No handshake was begun: plaintext-after-starttls tells it, where it matters. */
	if (s->smtp.client_text_after && !s->tls.client_hello)
		return false;
	if (has_ended_before_tls(s)) {
		say_no_handshake(out, s);
		return true;
	}
	if (s->tls.complete != FACT_NO || (s->smtp.accepted != FACT_YES && !s->tls.is_implicit))
		return false;

	rate(out, SEVERITY_NOTICE, CERTAINTY_PROVEN, WHERE_UNKNOWN);
	say_detail(out, "%s, and the handshake ended before it was complete",
		   s->tls.is_implicit ? "TLS began with the connection's first byte (implicit TLS)"
				      : "STARTTLS was accepted");
	if (!say_failure(out, s))
		return false;
	say_more(out, "; %s.",
		 s->tls.server_hello   ? "the ServerHello had been seen"
		 : s->tls.client_hello ? "the ClientHello had been seen, no ServerHello"
				       : "no ClientHello was seen whole");
	say_proof_hellos(out, s);
	if (s->tls.failed_by == SIDE_SERVER && s->server_sample.len > 0)
		say_proof_bytes(out, "server's bytes", s->server_sample);
	say_proof(out, "TLS records", "%" PRIu64 " from the client, %" PRIu64 " from the server",
		  s->tls.records[SIDE_CLIENT], s->tls.records[SIDE_SERVER]);
	if (s->sni.len > 0)
		say_proof_bytes(out, "server name asked for", s->sni);
	say_proof_capture(out, s);
	return true;
}

bool
judge_tls_interrupted(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (!s->tls.is_interrupted)
		return false;

	rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN,
	     s->tls.interrupted_by == SIDE_SERVER ? WHERE_SERVER_SIDE : WHERE_CLIENT_SIDE);
	say_detail(out,
		   "Inside the established TLS stream, in sequence, came bytes from the %s's "
		   "side that are no TLS record: %s.",
		   side_name(s->tls.interrupted_by), said(s->interruption).text);
	say_proof_bytes(out, "bytes in place of a record", s->interruption);
	say_proof(out, "offset in that side's stream", "%" PRIu64, s->tls.interrupted_at);
	say_proof_hellos(out, s);
	return true;
}

/*
 * The server could do better, by its own sign, and the client had offered
 * better, RFC 8446 section 4.1.3. A client that offered no more than was chosen
 * makes a newer server set the sign too: that is how it should be.
 */
static bool
sentinel_contradicts(const struct tls_facts *t)
{
	if (!t->client_hello || !t->server_hello || t->version == VERSION_NONE ||
	    t->offered_version <= t->version)
		return false;
	switch (t->sentinel) {
	case SENTINEL_NONE:
		return false;
	case SENTINEL_TLS12:
		return true;
	case SENTINEL_TLS11:
		return t->version < VERSION_TLS12;
	}
	return false;
}

static bool
is_inappropriate_fallback(const struct tls_facts *t)
{
	return t->alert.is_seen && !t->alert.is_encrypted && t->alert.by == SIDE_SERVER &&
	       t->alert.description == ALERT_INAPPROPRIATE_FALLBACK;
}

/* Nine of ten times, three at least. */
static bool
is_mostly(const struct tally *t)
{
	return t->yes >= TALLY_STEADY && t->yes * 10 >= (t->yes + t->no) * 9;
}

/*
 * This client and this server agreed on better as a habit, and the client offered
 * it again. Not where machines of the server differ; nor for each client anew
 * where it was set back for all.
 */
static bool
is_below_habit(const struct judge_case *c)
{
	const struct tls_facts *t = &c->session->tls;
	const struct history *h = c->known;

	return t->client_hello && t->server_hello && t->version != VERSION_NONE &&
	       h->best_version > t->version && t->offered_version >= h->best_version &&
	       is_mostly(&h->best) && !h->is_lower_elsewhere && h->networks_fallen < FALLEN_SETTLED;
}

/* By their names several machines answer at this address: a habit there is none of a machine. */
static bool
is_farm(const struct history *h)
{
	return h->nodes >= FARM_NAMES;
}

static void
say_farm(const struct history *h, struct finding *out)
{
	rate(out, SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
	say_more(out, "; by their names %s answer here, which may differ",
		 counted_grouped(h->nodes, "machine").text);
	out->refuted_by = "The machine of the name in the EHLO reply giving others no better, too: "
			  "ask it from another place.";
}

/* Less than these two agreed on before: taken from this client, or lost by all. */
static void
say_below_habit(const struct judge_case *c, struct finding *out)
{
	const struct tls_facts *t = &c->session->tls;
	const struct history *h = c->known;

	/* What the client offered passed the tap whole. */
	rate(out, SEVERITY_WARNING, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE);
	say_detail(out,
		   "The client offered %s, the ServerHello chose %s, and these two agreed "
		   "on %s in %" PRIu32 " of %" PRIu32 " sessions before",
		   version_named(t->offered_version).text, version_named(t->version).text,
		   version_named(h->best_version).text, h->best.yes, h->best.yes + h->best.no);
	if (h->networks_fallen >= FALLEN_NETWORKS) {
		rate(out, SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
		say_more(out,
			 "; %s got less, too, and nobody got better since: the server seems to "
			 "have been set back, unless it is done near the server",
			 counted_grouped(h->networks_fallen, "other client network").text);
		out->refuted_by = "The server's operator having changed nothing: then it is done "
				  "near the server. Ask it from a place next to it.";
	} else if (is_farm(h)) {
		say_farm(h, out);
	}
	say_more(out, ".");
	say_proof_tally(out, "better agreed on", &h->best);
}

bool
judge_settles_version(const struct judge_case *c)
{
	const struct tls_facts *t = &c->session->tls;
	const struct history *h = c->known;
	struct tally before = h->best;

	if (t->complete != FACT_YES || t->version != h->best_version || before.yes == 0)
		return false;
	before.yes--;
	return is_mostly(&h->best) && !is_mostly(&before) && !h->is_lower_elsewhere && !is_farm(h);
}

bool
judge_downgrade_again(const struct judge_case *c, const struct session *earlier,
		      struct finding *out)
{
	const struct tls_facts *t = &earlier->tls;
	const struct history *h = c->known;
	bool is_in_between = earlier->start > h->best.first;
	char when[MOMENT_TEXT_MAX];

	if (t->version == VERSION_NONE || t->version >= h->best_version ||
	    t->offered_version < h->best_version)
		return false;

	*out = (struct finding){.kind = judge_kind("tls-downgrade")};
	out->refuted_by = out->kind->refuted_by;
	/* Where it was so from the first on, the server may have been upgraded. */
	rate(out, SEVERITY_WARNING, is_in_between ? CERTAINTY_PROBABLE : CERTAINTY_POSSIBLE,
	     WHERE_SERVER_SIDE);
	say_detail(out,
		   "With hindsight: the client offered %s, the ServerHello chose %s, and these two "
		   "agreed on %s in %" PRIu32 " of %" PRIu32 " sessions %s.",
		   version_named(t->offered_version).text, version_named(t->version).text,
		   version_named(h->best_version).text, h->best.yes, h->best.yes + h->best.no,
		   is_in_between ? "before and since" : "since");
	moment_short_text(c->session->start, when);
	say_proof(out, "judged again", "after the session at %s", when);
	moment_short_text(earlier->start, when);
	say_proof(out, "lower version", "the session at %s", when);
	say_proof_tally(out, "better agreed on", &h->best);
	return true;
}

bool
judge_tls_downgrade(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;

	if (sentinel_contradicts(&s->tls)) {
		/* The server was offered less than what passed the tap. */
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_SERVER_SIDE);
		say_detail(out,
			   "The client offered %s, the ServerHello chose %s, and its random "
			   "ends in the sign of a server that supports %s or better.",
			   version_named(s->tls.offered_version).text,
			   version_named(s->tls.version).text,
			   s->tls.sentinel == SENTINEL_TLS12 ? "TLSv1.3" : "TLSv1.2");
		say_proof(out, "ServerHello.random ends in", "44 4f 57 4e 47 52 44 %s",
			  s->tls.sentinel == SENTINEL_TLS12 ? "01" : "00");
	} else if (is_inappropriate_fallback(&s->tls)) {
		rate(out, SEVERITY_WARNING, CERTAINTY_PROBABLE, WHERE_UNKNOWN);
		say_detail(out,
			   "The client fell back to %s, and the server refused with the alert "
			   "inappropriate_fallback: it supports better.",
			   version_named(s->tls.offered_version).text);
		say_proof(out, "TLS_FALLBACK_SCSV", "%s",
			  s->tls.is_fallback ? "offered" : "not seen");
	} else if (is_below_habit(c)) {
		say_below_habit(c, out);
	} else {
		return false;
	}
	say_proof_hellos(out, s);
	return true;
}

/* Suites of SSL 3 and of drafts that IANA never registered by these numbers, all of them weak. */
static bool
is_weak_by_number(uint16_t cipher)
{
	static const uint16_t weak[] = {
	    0x001c, 0x001d,                         /* FORTEZZA with NULL, with its own cipher */
	    0x0060, 0x0061, 0x0062, 0x0063,         /* EXPORT1024 and RC4 of a draft of 1998 */
	    0x0064, 0x0065, 0x0066, 0xc0b4, 0xc0b5, /* TLS_SHA256_SHA256 and kin: no encryption */
	    0xfefe, 0xfeff, 0xffe0, 0xffe1,         /* DES and 3DES of SSL 3 in FIPS mode */
	};

	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		if (weak[i] == cipher)
			return true;
	return false;
}

/* What of the suite's IANA name says that it is weak; NULL for nothing. */
static const char *
weak_part(uint16_t cipher)
{
	static const char *const parts[] = {"NULL", "EXPORT", "EXPORT1024", "anon",
					    "RC4",  "DES",    "DES40",      "3DES"};
	const char *name = tls_cipher_name(cipher);

	while (name != NULL && *name != '\0') {
		size_t len = strcspn(name, "_");

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (strlen(parts[i]) == len && memcmp(parts[i], name, len) == 0)
				return parts[i];
		name += name[len] == '_' ? len + 1 : len;
	}
	return is_weak_by_number(cipher) ? "a suite outside the registry" : NULL;
}

/* What the server chose, and whether it came to be used. */
static void
say_choice(struct finding *out, const struct session *s)
{
	if (!s->tls.server_hello) {
		say_detail(out, "The server answered in %s", version_named(s->tls.version).text);
		return;
	}
	say_detail(out, "%s %s with %s",
		   s->tls.complete == FACT_YES ? "The session settled on" : "The server chose",
		   version_named(s->tls.version).text, cipher_named(s->tls.cipher).text);
	if (s->tls.complete != FACT_YES)
		say_more(out, ", and the end of the handshake was not seen");
}

bool
judge_tls_obsolete(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	const char *weak = s->tls.server_hello ? weak_part(s->tls.cipher) : NULL;
	bool is_old = s->tls.version < VERSION_TLS12;

	/* A hello in SSL 2 form is none of TLS: its version alone is known. */
	if (s->tls.version == VERSION_NONE ||
	    (!s->tls.server_hello && s->tls.version != VERSION_SSL2))
		return false;
	/* One end refused it, or may have, unseen: nothing was protected by it then. */
	if (s->tls.complete == FACT_NO ||
	    (s->tls.complete == FACT_UNSEEN && !session_can_show_absence(s)))
		return false;
	if (!is_old && weak == NULL)
		return false;

	rate(out, SEVERITY_NOTICE, CERTAINTY_PROVEN, WHERE_UNKNOWN);
	say_choice(out, s);
	if (is_old)
		say_more(out, "; this version is no longer to be used");
	if (weak != NULL)
		say_more(out, "; %s makes the suite one that protects little or nothing", weak);
	say_more(out, ".");
	say_proof_hellos(out, s);
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}

/* Each fault of the certificate, behind one another. Returns how many. */
static int
say_faults(struct finding *out, const struct session *s)
{
	const struct {
		bool holds;
		const char *words;
	} faults[] = {
	    {s->certificate.expired == FACT_YES, "outside its validity period"},
	    /* One that the CA file names is trusted for itself, RFC 5280 section 6.1.1. */
	    {s->certificate.self_signed == FACT_YES && s->certificate.trusted != FACT_YES,
	     "self-signed"},
	    {s->certificate.trusted == FACT_NO, "issued by nobody in the trust store"},
	    {s->certificate.name_matches == FACT_NO, "not for the name that was asked for"},
	};
	int count = 0;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].holds)
			say_more(out, "%s%s", count++ > 0 ? ", " : "", faults[i].words);
	return count;
}

static void
say_proof_certificate(struct finding *out, const struct session *s)
{
	const struct certificate_facts *c = &s->certificate;
	char begin[MOMENT_TEXT_MAX], end[MOMENT_TEXT_MAX], now[MOMENT_TEXT_MAX];
	char hash[2 * sizeof(c->digests.sha256) + 1];

	moment_text(c->not_before, begin);
	moment_text(c->not_after, end);
	moment_text(s->start, now);
	for (size_t i = 0; i < sizeof(c->digests.sha256); i++)
		snprintf(hash + 2 * i, 3, "%02x", c->digests.sha256[i]);
	/* The fields are the certificate's own text: wire bytes, however printable they should be.
	 */
	say_proof_bytes(
	    out, "subject",
	    (struct bytes){(const uint8_t *)c->subject, strnlen(c->subject, sizeof(c->subject))});
	say_proof_bytes(
	    out, "issuer",
	    (struct bytes){(const uint8_t *)c->issuer, strnlen(c->issuer, sizeof(c->issuer))});
	say_proof(out, "valid", "%s to %s; session at %s", begin, end, now);
	say_proof(out, "SHA-256", "%s", hash);
	say_proof_asked(out, s);
}

bool
judge_certificate_invalid(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	int faults;

	if (!s->certificate.is_seen || !s->certificate.is_parsed || demand_accepts_certificate(c))
		return false;

	rate(out, SEVERITY_INFO, CERTAINTY_PROVEN, WHERE_UNKNOWN);
	say_detail(out, "The server's certificate is ");
	faults = say_faults(out, s);
	if (demand_refuses_certificate(c)) {
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROVEN, WHERE_UNKNOWN);
		say_more(out, "%snot what %s demand%s", faults > 0 ? ", and " : "",
			 demand_words(c).text,
			 c->policy->policy.required == REQUIRED_DANE ? "" : "s");
		demand_prove(c, out);
	} else if (faults == 0) {
		return false;
	}
	say_more(out, ".");
	say_proof_certificate(out, s);
	return true;
}

/* Trust in other words: by the store where one was given, else by whether it signed itself. */
static bool
is_worth_less(const struct session *s)
{
	const struct certificate_facts *c = &s->certificate;

	return c->self_signed == FACT_YES || c->trusted == FACT_NO;
}

/* The old one had time left, and what came is not just its successor. */
static bool
is_replaced(const struct judge_case *c)
{
	const struct history *h = c->known;
	bool is_trust_lost = h->key.yes > 0 && is_worth_less(c->session);

	if (h->is_known_key || h->key.yes + h->key.no < TALLY_STEADY)
		return false;
	if (h->key_until - c->session->start < RENEWAL_TIME)
		return false;
	return is_trust_lost || !h->is_known_issuer;
}

/* Not the server's, by what is known of it. */
static void
say_whose_key(const struct history *h, struct finding *out)
{
	if (h->key_networks == 1 && h->other_key_networks > 1)
		say_more(out,
			 "was shown to one client network alone, %" PRIu32
			 " others were shown another",
			 h->other_key_networks);
	else
		say_more(out, "is none of those seen before");
}

bool
judge_certificate_changed(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	char until[MOMENT_TEXT_MAX];
	bool is_trust_lost;

	if (!s->certificate.is_seen || !s->certificate.is_parsed || !is_replaced(c))
		return false;

	is_trust_lost = c->known->key.yes > 0 && is_worth_less(s);
	rate(out, is_trust_lost ? SEVERITY_WARNING : SEVERITY_NOTICE, CERTAINTY_PROBABLE,
	     WHERE_SERVER_SIDE);
	moment_short_text(c->known->key_until, until);
	say_detail(out, "The key of the server's certificate ");
	say_whose_key(c->known, out);
	say_more(out, ", and this is no renewal: %s%s%s, and the old one was good until %s.",
		 is_trust_lost ? "it is self-signed or issued by nobody in the trust store, as "
				 "the old one was not"
			       : "",
		 is_trust_lost && !c->known->is_known_issuer ? "; " : "",
		 c->known->is_known_issuer ? "" : "its issuer is another", until);
	say_proof_tally(out, "other keys seen", &c->known->key);
	say_proof_certificate(out, s);
	return true;
}
