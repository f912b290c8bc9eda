/*
 * Records of both sides to what the handshake came to; see tls_outcome.h.
 *
 * When is a handshake complete? In TLS 1.2 and before: when each side has sent
 * ChangeCipherSpec and behind it a handshake record, which can only be its
 * Finished (RFC 5246 section 7.4.9). In TLS 1.3: when the client has answered
 * the ServerHello with a protected record that is long enough for a Finished
 * (RFC 8446 section 4.4.4); a client that shows a certificate is taken at the
 * record which begins that flight. An alert behind that, which the server may
 * send when it could not verify what it got, does not undo it: on the wire the
 * handshake was seen to its end.
 *
 * And when has it failed? Only what cannot have been complete: one side was
 * followed record by record from its first byte, and sent nothing that could
 * be its Finished. How it failed is said only where no alert of either side
 * can have been missed.
 */
#include "dissector/tls_outcome.h"
#include "dissector/tls.h"

#define ALERT_WARNING       1 /* RFC 5246 section 7.2 */
#define ALERT_CLOSE_NOTIFY  0
#define ALERT_USER_CANCELED 90

/* What protection adds to a TLS 1.3 record: the type and the tag, RFC 8446 section 5.2. */
#define CIPHER_AES_256_GCM_SHA384 0x1302
#define CIPHER_AES_128_CCM_8      0x1305
#define TAG_LEN                   16
#define TAG_LEN_CCM_8             8
#define HASH_LEN_SHA256           32
#define HASH_LEN_SHA384           48

/* The shortest record of TLS 1.3 that can hold a Finished, whatever the cipher. */
#define FINISHED_MIN (ASSEMBLY_HEAD_LEN + HASH_LEN_SHA256 + 1 + TAG_LEN_CCM_8)

bool
tls_outcome_is_known(const struct tls *t)
{
	return t->facts.complete != FACT_UNSEEN || t->facts.failure != TLS_NOT_FAILED;
}

/* TLS 1.2 or before, for certain. */
static bool
is_old(const struct tls *t)
{
	return t->is_old || (t->facts.version != 0 && t->facts.version <= VERSION_TLS12);
}

/* Nothing that this side said in records can be missing. */
static bool
is_followed(const struct tls_half *h)
{
	return !h->is_lost && !h->front_is_lost;
}

static bool
cannot_have_finished(const struct tls_half *h)
{
	return h->is_fed && is_followed(h) && !h->may_have_finished;
}

/* No handshake can have been complete so far, captured or not. */
static bool
is_excluded(const struct tls *t)
{
	const struct tls_half *c = &t->halves[SIDE_CLIENT], *s = &t->halves[SIDE_SERVER];

	if (!c->is_fed && !s->is_fed)
		return is_followed(c) && is_followed(s);
	return cannot_have_finished(c) || cannot_have_finished(s);
}

static bool
hears_alerts(const struct tls_half *h)
{
	return is_followed(h) && !h->may_hide_alert;
}

void
tls_outcome_fail(struct tls *t, enum tls_failure how, enum side by)
{
	if (tls_outcome_is_known(t) || !is_excluded(t))
		return;
	t->facts.complete = FACT_NO;
	if (how != TLS_FAILED_ALERT &&
	    (!hears_alerts(&t->halves[SIDE_CLIENT]) || !hears_alerts(&t->halves[SIDE_SERVER])))
		return;
	t->facts.failure = how;
	t->facts.failed_by = by;
}

static void
fail_by_alert(struct tls *t, struct tls_alert alert)
{
	if (tls_outcome_is_known(t) || !is_excluded(t))
		return;
	t->facts.alert = alert;
	tls_outcome_fail(t, TLS_FAILED_ALERT, alert.by);
}

void
tls_outcome_resumed(struct tls *t, bool is_resumed)
{
	if (t->facts.resumed == FACT_UNSEEN)
		t->facts.resumed = is_resumed ? FACT_YES : FACT_NO;
}

/* What the protection adds to a record's plaintext, bytes. */
static size_t
seal_len(const struct tls *t)
{
	return 1 + (t->facts.cipher == CIPHER_AES_128_CCM_8 ? TAG_LEN_CCM_8 : TAG_LEN);
}

/* The server changes over before anything that only a full handshake has, RFC 5246 section 7.3. */
static void
end_change(struct tls *t, enum side from)
{
	struct tls_half *h = &t->halves[from];

	if (from == SIDE_SERVER && !h->has_changed && t->facts.server_hello && is_old(t) &&
	    !t->has_full && !h->assembly.has_lost)
		tls_outcome_resumed(t, true);
	h->has_changed = true;
}

/*
 * Alerts in clear are two bytes; sealed ones are longer, for they carry a MAC.
 * A warning lets the handshake go on, but for the two that end it.
 */
static void
end_alert(struct tls *t, enum side from)
{
	struct tls_half *h = &t->halves[from];
	struct tls_alert alert = {.is_seen = true, .by = from};

	if (tls_is_sealed(t, h) && h->reader.record.len != ALERT_LEN) {
		alert.is_encrypted = true;
		fail_by_alert(t, alert);
		return;
	}
	if (h->alert_len != ALERT_LEN) {
		h->may_hide_alert = true;
		return;
	}
	alert.level = h->alert[0];
	alert.description = h->alert[1];
	/* This one may be the answer to an alert of the peer that was missed. */
	if (alert.description == ALERT_CLOSE_NOTIFY && !hears_alerts(&t->halves[!from]))
		return;
	if (alert.level != ALERT_WARNING || alert.description == ALERT_CLOSE_NOTIFY ||
	    alert.description == ALERT_USER_CANCELED)
		fail_by_alert(t, alert);
}

/*
 * A protected record of TLS 1.3 before the handshake is complete. Where early
 * data was offered (RFC 8446 section 2.3) it may still be under way, so that
 * only a record of just a Finished's length will do.
 */
static void
end_protected(struct tls *t, enum side from, size_t len)
{
	size_t seal = seal_len(t);
	size_t hash =
	    t->facts.cipher == CIPHER_AES_256_GCM_SHA384 ? HASH_LEN_SHA384 : HASH_LEN_SHA256;
	size_t finished = ASSEMBLY_HEAD_LEN + hash + seal;
	bool may_be_early = t->has_early_data || !t->facts.client_hello;

	if (len == ALERT_LEN + seal && from == SIDE_CLIENT && may_be_early)
		t->halves[from].may_hide_alert = true;
	else if (len == ALERT_LEN + seal)
		fail_by_alert(
		    t, (struct tls_alert){.is_seen = true, .is_encrypted = true, .by = from});
	else if (from == SIDE_CLIENT && (may_be_early ? len == finished : len >= finished))
		t->facts.complete = FACT_YES;
}

static void
end_application_data(struct tls *t, enum side from)
{
	struct tls_half *h = &t->halves[from];
	size_t len = h->reader.record.len;

	if (tls_outcome_is_known(t))
		return;
	if (tls_is_new(t))
		end_protected(t, from, len);
	else if (t->facts.version == 0)
		h->may_hide_alert = true;
	if (len >= FINISHED_MIN)
		h->may_have_finished = true;
}

static void
end_handshake(struct tls *t, enum side from)
{
	struct tls_half *h = &t->halves[from];

	if (!tls_is_sealed(t, h))
		return;
	h->has_finished = h->may_have_finished = true;
	if (!tls_outcome_is_known(t) && is_old(t) && t->halves[SIDE_CLIENT].has_finished &&
	    t->halves[SIDE_SERVER].has_finished)
		t->facts.complete = FACT_YES;
}

/* Whether the record is an alert, or in TLS 1.3 no longer than one: RFC 8446 section 6.1. */
static bool
is_closing(const struct tls *t, const struct record *r)
{
	if (t->facts.complete != FACT_YES)
		return false;
	return r->type == RECORD_ALERT || (tls_is_new(t) && r->type == RECORD_APPLICATION_DATA &&
					   r->len == ALERT_LEN + seal_len(t));
}

void
tls_outcome_record(struct tls *t, enum side from)
{
	t->halves[from].has_closed = is_closing(t, &t->halves[from].reader.record);
	switch (t->halves[from].reader.record.type) {
	case RECORD_CHANGE_CIPHER_SPEC:
		end_change(t, from);
		break;
	case RECORD_ALERT:
		end_alert(t, from);
		break;
	case RECORD_HANDSHAKE:
		end_handshake(t, from);
		break;
	case RECORD_APPLICATION_DATA:
		end_application_data(t, from);
		break;
	case RECORD_V2_HELLO:
	case RECORD_HEARTBEAT:
		break;
	}
}
