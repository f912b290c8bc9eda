/*
 * Records and handshake of both sides to facts; see tls.h.
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
#include "dissector/tls.h"

#include "dissector/assembly.h"
#include "dissector/fingerprint.h"
#include "dissector/record.h"
#include "dissector/stray.h"

#include <string.h>

#define ALERT_WARNING       1 /* RFC 5246 section 7.2 */
#define ALERT_CLOSE_NOTIFY  0
#define ALERT_USER_CANCELED 90
#define ALERT_LEN           2
#define ALERT_LOST          0xff /* for half.alert_len: bytes of it are missing */

#define AT_UNKNOWN UINT64_MAX

#define HELLO_MIN 38 /* bytes of a hello's body: what both have, RFC 5246 section 7.4.1 */

#define VERSION_SSL2  0x0002
#define VERSION_TLS12 0x0303
#define VERSION_TLS13 0x0304

/* What protection adds to a TLS 1.3 record: the type and the tag, RFC 8446 section 5.2. */
#define CIPHER_AES_256_GCM_SHA384 0x1302
#define CIPHER_AES_128_CCM_8      0x1305
#define TAG_LEN                   16
#define TAG_LEN_CCM_8             8
#define HASH_LEN_SHA256           32
#define HASH_LEN_SHA384           48

/* The shortest record of TLS 1.3 that can hold a Finished, whatever the cipher. */
#define FINISHED_MIN (ASSEMBLY_HEAD_LEN + HASH_LEN_SHA256 + 1 + TAG_LEN_CCM_8)

/* One side. */
struct half {
	struct record_reader reader;
	struct assembly assembly;
	struct chain held;   /* a hello in SSL 2 form; later, bytes that are no TLS */
	uint64_t message_at; /* where the message under way began in the stream; AT_UNKNOWN */
	uint8_t alert[ALERT_LEN];
	uint8_t alert_len;      /* bytes of it read; ALERT_LOST */
	bool has_begun;         /* its hello has come, or may have */
	bool is_fed;            /* at least one byte was seen */
	bool is_lost;           /* its records cannot be followed any more */
	bool front_is_lost;     /* bytes were lost before the first one that was seen */
	bool has_strayed;       /* followed from its first byte on, to one that is no TLS */
	bool is_straying;       /* held gathers what came instead */
	bool has_closed;        /* its last record was an alert behind the handshake */
	bool is_handed_back;    /* what strayed is in the evidence by another's hand */
	bool has_changed;       /* sent ChangeCipherSpec */
	bool has_finished;      /* ... and a handshake record behind it: TLS 1.2 and before */
	bool may_have_finished; /* sent something that could hold a Finished, of whatever version */
	bool may_hide_alert;    /* sent something that could be an alert, and cannot be told */
};

struct tls {
	struct tls_facts facts;
	struct half halves[SIDES];
	int64_t stray_time;
	bool is_old;         /* TLS 1.2 or before, by a message that TLS 1.3 does not show */
	bool has_full;       /* a message that an abbreviated handshake does not have */
	bool has_early_data; /* offered by the client */
	bool has_certificate;
};

_Static_assert(sizeof(struct tls) <= TLS_STATE_SIZE, "a struct tls fits its place");
_Static_assert(_Alignof(struct tls) <= 8, "a struct tls needs no more alignment than it gets");
_Static_assert(HANDSHAKE_MESSAGE_MAX == ASSEMBLY_MAX, "messages are kept as far as promised");

/* What the functions below hand down: one call of tls_feed. */
struct feed {
	struct tls *t;
	struct half *h;
	struct ledger *l;
	const struct digests *d;
	const struct tls_input *in;
	uint64_t shown_from,
	    shown_to; /* read, and not yet handed to the evidence; equal for none */
};

/* What of the input was read so far goes to the evidence. */
static void
show(struct feed *f)
{
	if (f->shown_from != f->shown_to)
		evidence_tls(f->l->evidence, f->l->kept, f->in->from, f->shown_from,
			     f->shown_to - f->shown_from);
	f->shown_from = f->shown_to = 0;
}

/* The bytes of this side's stream from one offset to another may be shown. */
static void
vouch(struct feed *f, uint64_t from, uint64_t to)
{
	if (from < f->shown_from || from > f->shown_to)
		show(f);
	if (f->shown_from == f->shown_to)
		f->shown_from = from;
	f->shown_to = to;
}

enum got
tls_looks_like(struct bytes in)
{
	struct record ignored;
	enum got got = record_head(bytes_first(in, RECORD_HEAD_LEN), &ignored);

	if (got != GOT_BAD)
		return got;
	return record_head_v2(bytes_first(in, RECORD_HEAD_LEN), &ignored);
}

void
tls_init(struct tls *t, bool is_implicit, bool is_due)
{
	*t = (struct tls){.facts.is_implicit = is_implicit};
	t->halves[SIDE_CLIENT].has_begun = t->halves[SIDE_SERVER].has_begun = !is_due;
}

static bool
is_decided(const struct tls_facts *f)
{
	return f->complete != FACT_UNSEEN || f->failure != TLS_NOT_FAILED;
}

/* TLS 1.2 or before, for certain. */
static bool
is_old(const struct tls *t)
{
	return t->is_old || (t->facts.version != 0 && t->facts.version <= VERSION_TLS12);
}

static bool
is_new(const struct tls *t)
{
	return t->facts.version == VERSION_TLS13;
}

/*
 * This side's handshake records are encrypted, as far as is known. In TLS 1.3
 * ChangeCipherSpec means nothing (RFC 8446 section D.4): after a retry both
 * hellos still come in clear behind it.
 */
static bool
is_sealed(const struct tls *t, const struct half *h)
{
	return h->has_changed && !is_new(t) && !t->facts.is_retried;
}

/* Nothing that this side said in records can be missing. */
static bool
is_followed(const struct half *h)
{
	return !h->is_lost && !h->front_is_lost;
}

static bool
cannot_have_finished(const struct half *h)
{
	return h->is_fed && is_followed(h) && !h->may_have_finished;
}

/* No handshake can have been complete so far, captured or not. */
static bool
is_excluded(const struct tls *t)
{
	const struct half *c = &t->halves[SIDE_CLIENT], *s = &t->halves[SIDE_SERVER];

	if (!c->is_fed && !s->is_fed)
		return is_followed(c) && is_followed(s);
	return cannot_have_finished(c) || cannot_have_finished(s);
}

static bool
hears_alerts(const struct half *h)
{
	return is_followed(h) && !h->may_hide_alert;
}

/* The handshake has ended before it was complete, if it can be known. */
static void
fail(struct tls *t, enum tls_failure how, enum side by)
{
	if (is_decided(&t->facts) || !is_excluded(t))
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
	if (is_decided(&t->facts) || !is_excluded(t))
		return;
	t->facts.alert = alert;
	fail(t, TLS_FAILED_ALERT, alert.by);
}

static void
set_resumed(struct tls *t, bool is_resumed)
{
	if (t->facts.resumed == FACT_UNSEEN)
		t->facts.resumed = is_resumed ? FACT_YES : FACT_NO;
}

/* What a client's hello looks like. Not told where another may have come before: the one after a
 * retry differs, RFC 8446 section 4.1.2. */
static void
take_fingerprints(struct feed *f, const struct client_hello *hello)
{
	struct tls_facts *facts = &f->t->facts;
	char text[FINGERPRINT_TEXT_MAX];
	size_t len;

	if (f->h->assembly.has_lost)
		return;
	if (f->d->md5) {
		len = fingerprint_ja3_text(hello, text);
		facts->has_ja3 = len > 0;
		if (len > 0)
			f->d->md5((struct bytes){(const uint8_t *)text, len}, facts->ja3);
	}
	if (f->d->sha256)
		facts->has_ja4 = fingerprint_ja4(hello, f->d->sha256, facts->ja4);
}

static bool
take_client_hello(struct feed *f, struct bytes body)
{
	struct tls_facts *facts = &f->t->facts;
	struct client_hello hello;

	if (!handshake_client_hello(body, &hello))
		return false;
	/* The first one counts; the one after a retry offers the same. */
	if (facts->client_hello)
		return true;
	facts->client_hello = true;
	facts->offered_version = handshake_offered_version(&hello);
	facts->is_fallback = handshake_is_fallback(&hello);
	f->t->has_early_data = hello.has_early_data || f->h->assembly.has_lost;
	if (hello.sni.len > 0 && hello.sni.len <= NAME_MAX_BYTES)
		ledger_note(f->l, NOTE_SNI, hello.sni);
	take_fingerprints(f, &hello);
	return true;
}

static bool
take_server_hello(struct feed *f, struct bytes body)
{
	struct tls_facts *facts = &f->t->facts;
	struct server_hello hello;

	if (!handshake_server_hello(body, &hello))
		return false;
	if (facts->server_hello)
		return true;
	if (hello.is_retry) {
		facts->is_retried = true;
		return true;
	}
	facts->server_hello = true;
	facts->version = hello.version;
	facts->cipher = hello.cipher;
	facts->sentinel = hello.sentinel;
	if (is_new(f->t))
		set_resumed(f->t, hello.has_psk);
	else if (hello.alpn.len > 0)
		ledger_note(f->l, NOTE_ALPN, hello.alpn);
	return true;
}

/* The server name noted last. */
static struct bytes
noted_sni(const struct ledger *l, uint8_t out[NAME_MAX_BYTES])
{
	struct chain_reader notes = ledger_reader(l);
	struct bytes sni = {0};
	struct note_text note;

	while (ledger_next(&notes, &note)) {
		if (note.tag != NOTE_SNI || note.len > NAME_MAX_BYTES)
			continue;
		memcpy(out, note.text, note.len);
		sni = (struct bytes){out, note.len};
	}
	return sni;
}

/* A SEQUENCE of just this length, as every certificate is: X.690 section 8.1. */
static bool
is_der(struct bytes in)
{
	struct cursor c = cursor_over(in);
	uint8_t tag = cursor_u8(&c), form = cursor_u8(&c);
	uint32_t len = form == 0x81   ? cursor_u8(&c)
		       : form == 0x82 ? cursor_u16(&c)
		       : form == 0x83 ? cursor_u24(&c)
				      : form;

	return !c.is_short && tag == 0x30 && c.rest.len == len;
}

static bool
are_der(const struct bytes *chain, size_t count)
{
	while (count > 0)
		if (!is_der(chain[--count]))
			return false;
	return true;
}

static struct bytes
text_of(const char *text, size_t size)
{
	return (struct bytes){(const uint8_t *)text, strnlen(text, size)};
}

/* Most chains are short, and most names few. */
static void
note_certificate(struct ledger *l, const struct certificate_facts *c)
{
	size_t names =
	    c->name_count < CERTIFICATE_NAMES_MAX ? c->name_count : CERTIFICATE_NAMES_MAX;

	ledger_note(
	    l, NOTE_CERTIFICATE,
	    (struct bytes){(const uint8_t *)c, offsetof(struct certificate_facts, subject)});
	ledger_note(l, NOTE_SUBJECT, text_of(c->subject, sizeof(c->subject)));
	ledger_note(l, NOTE_ISSUED_BY, text_of(c->issuer, sizeof(c->issuer)));
	for (size_t i = 0; i < c->issuer_count && i < ISSUERS_MAX; i++)
		ledger_note(l, NOTE_ISSUER,
			    (struct bytes){(const uint8_t *)&c->issuers[i], sizeof(c->issuers[i])});
	if (names > 0)
		ledger_note(l, NOTE_NAMES, (struct bytes){c->names[0], names * NAME_DIGEST});
}

/* Whether they are certificates by their form, too. */
static bool
take_certificates(struct feed *f, struct bytes body)
{
	struct bytes chain[CHAIN_MAX];
	uint8_t name[NAME_MAX_BYTES];
	struct certificate_facts facts;
	size_t count = handshake_certificates(body, chain, CHAIN_MAX);
	bool is_shown = count > 0 && are_der(chain, count);

	if (count == 0 || f->t->has_certificate || is_new(f->t))
		return is_shown;
	f->t->has_certificate = true;
	for (size_t i = 0; is_shown && i < count; i++)
		evidence_certificate(f->l->evidence, f->l->kept, f->in->time, chain[i]);
	/* The note is all its bytes, those between the fields too. */
	memset(&facts, 0, sizeof(facts));
	facts.is_seen = true;
	facts.chain_len = (uint8_t)count;
	if (f->d->sha256)
		f->d->sha256(chain[0], facts.digests.sha256);
	if (f->d->certificate)
		f->d->certificate(f->d->ctx, chain, count, noted_sni(f->l, name), f->in->time,
				  &facts);
	note_certificate(f->l, &facts);
	return is_shown;
}

/* A body that was kept: whether it is what its type says. */
static bool
take_body(struct feed *f, uint8_t type)
{
	uint8_t text[HANDSHAKE_MESSAGE_MAX];
	struct chain_reader reader = chain_reader(f->l->pool, &f->h->assembly.held);
	struct bytes body = {text, chain_read(&reader, text, sizeof(text))};

	switch (type) {
	case MESSAGE_CLIENT_HELLO:
		return take_client_hello(f, body);
	case MESSAGE_SERVER_HELLO:
		return take_server_hello(f, body);
	case MESSAGE_CERTIFICATE:
		return take_certificates(f, body);
	}
	return false;
}

/* What the type alone tells: TLS 1.3 shows nothing in clear but its hellos, and an abbreviated
 * handshake nothing between the server's hello and its ChangeCipherSpec but a ticket. */
static void
take_type(struct feed *f, uint8_t type)
{
	enum side from = f->in->from;
	bool is_full = from == SIDE_CLIENT
			   ? type == MESSAGE_CLIENT_KEY_EXCHANGE
			   : type == MESSAGE_CERTIFICATE || type == MESSAGE_SERVER_KEY_EXCHANGE ||
				 type == MESSAGE_SERVER_HELLO_DONE;

	if (!is_full || is_new(f->t) || f->t->facts.is_retried)
		return;
	f->t->is_old = f->t->has_full = true;
	set_resumed(f->t, false);
}

/* A message has ended, at this offset. */
static void
end_message(struct feed *f, const struct message *m, uint64_t at)
{
	/* A hello is the first thing that a side says: nothing is missing before it. */
	if (m->type == MESSAGE_CLIENT_HELLO || m->type == MESSAGE_SERVER_HELLO) {
		f->h->front_is_lost = false;
		f->h->has_begun = true;
	}
	take_type(f, m->type);
	if (m->is_whole && take_body(f, m->type) && f->h->message_at != AT_UNKNOWN)
		vouch(f, f->h->message_at, at);
}

/*
 * Whether what was read of the first message may be this side's hello: its type,
 * a length that one can have, and the major version that all of them share.
 */
static bool
may_be_hello(const struct feed *f)
{
	const struct assembly *a = &f->h->assembly;
	struct cursor c = cursor_over((struct bytes){a->head, a->head_len});
	uint8_t major;

	if (a->head_len == 0)
		return true;
	if (cursor_u8(&c) !=
	    (f->in->from == SIDE_CLIENT ? MESSAGE_CLIENT_HELLO : MESSAGE_SERVER_HELLO))
		return false;
	if (a->head_len < ASSEMBLY_HEAD_LEN)
		return true;
	if (cursor_u24(&c) < HELLO_MIN)
		return false;
	/* Of a body that is lost, or too long to be kept, nothing is held. */
	return chain_copy(f->l->pool, &a->held, 0, &major, 1) == 0 || major == 3;
}

/* The server may ask for a hello at any time, by a message without a body: RFC 5246
 * section 7.4.1.1. */
static bool
may_be_request(const struct feed *f)
{
	const struct assembly *a = &f->h->assembly;
	static const uint8_t request[ASSEMBLY_HEAD_LEN] = {MESSAGE_HELLO_REQUEST};

	return f->in->from == SIDE_SERVER && memcmp(a->head, request, a->head_len) == 0;
}

/* Whether what this side sent so far may be handshake: its hello is the first of it. */
static bool
may_go_on(const struct feed *f)
{
	return f->h->has_begun || f->h->front_is_lost || may_be_hello(f) || may_be_request(f);
}

/* Whether the fragment, whose first byte stands at this offset, may be handshake. */
static bool
read_handshake(struct feed *f, struct bytes fragment, uint64_t at)
{
	static const uint32_t wanted[SIDES] = {
	    [SIDE_CLIENT] = 1u << MESSAGE_CLIENT_HELLO,
	    [SIDE_SERVER] = 1u << MESSAGE_SERVER_HELLO | 1u << MESSAGE_CERTIFICATE,
	};
	uint64_t refusals = f->l->pool->refusals;
	uint64_t end = at + fragment.len;
	struct message m;

	if (f->h->assembly.head_len == 0)
		f->h->message_at = at;
	while (assembly_read(&f->h->assembly, f->l->pool, wanted[f->in->from], &fragment, &m)) {
		if (!may_go_on(f))
			return false;
		end_message(f, &m, end - fragment.len);
		f->h->message_at = end - fragment.len;
	}
	if (f->l->pool->refusals > refusals)
		*f->l->is_short = true;
	return may_go_on(f);
}

static void
read_alert(struct feed *f, struct bytes fragment, uint64_t at)
{
	struct half *h = f->h;

	if (h->reader.record.len == ALERT_LEN)
		vouch(f, at, at + fragment.len);
	while (h->alert_len < ALERT_LEN && fragment.len > 0) {
		h->alert[h->alert_len++] = fragment.at[0];
		fragment = bytes_after(fragment, 1);
	}
}

/* Keep bytes of a hello in SSL 2 form. */
static void
read_v2(struct feed *f, struct bytes fragment)
{
	if (fragment.len > 0 && !chain_append(f->l->pool, &f->h->held, fragment)) {
		*f->l->is_short = true;
		f->h->is_lost = true;
		chain_clear(f->l->pool, &f->h->held);
	}
}

/* The server's answer in SSL 2 means that nothing here will be TLS; the client's only begins so. */
static void
end_v2(struct tls *t, struct ledger *l, enum side from)
{
	struct half *h = &t->halves[from];
	uint8_t text[RECORD_V2_MAX];
	struct chain_reader reader = chain_reader(l->pool, &h->held);
	struct bytes body = {text, chain_read(&reader, text, sizeof(text))};
	struct v2_hello hello;

	chain_clear(l->pool, &h->held);
	if (from == SIDE_SERVER) {
		t->facts.version = VERSION_SSL2;
		t->halves[SIDE_CLIENT].is_lost = t->halves[SIDE_SERVER].is_lost = true;
		return;
	}
	if (!handshake_v2_hello(body, &hello))
		return;
	evidence_tls(l->evidence, l->kept, from, h->message_at, h->reader.record.len);
	t->facts.client_hello = true;
	t->facts.offered_version = hello.version;
	for (struct cursor c = cursor_over(hello.ciphers); c.rest.len > 0;)
		t->facts.is_fallback |= cursor_u24(&c) == CIPHER_FALLBACK_SCSV;
}

/* The server changes over before anything that only a full handshake has, RFC 5246 section 7.3. */
static void
end_change(struct tls *t, enum side from)
{
	struct half *h = &t->halves[from];

	if (from == SIDE_SERVER && !h->has_changed && t->facts.server_hello && is_old(t) &&
	    !t->has_full && !h->assembly.has_lost)
		set_resumed(t, true);
	h->has_changed = true;
}

/*
 * Alerts in clear are two bytes; sealed ones are longer, for they carry a MAC.
 * A warning lets the handshake go on, but for the two that end it.
 */
static void
end_alert(struct tls *t, enum side from)
{
	struct half *h = &t->halves[from];
	struct tls_alert alert = {.is_seen = true, .by = from};

	if (is_sealed(t, h) && h->reader.record.len != ALERT_LEN) {
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
	size_t seal = 1 + (t->facts.cipher == CIPHER_AES_128_CCM_8 ? TAG_LEN_CCM_8 : TAG_LEN);
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
	struct half *h = &t->halves[from];
	size_t len = h->reader.record.len;

	if (is_decided(&t->facts))
		return;
	if (is_new(t))
		end_protected(t, from, len);
	else if (t->facts.version == 0)
		h->may_hide_alert = true;
	if (len >= FINISHED_MIN)
		h->may_have_finished = true;
}

static void
end_handshake(struct tls *t, enum side from)
{
	struct half *h = &t->halves[from];

	if (!is_sealed(t, h))
		return;
	h->has_finished = h->may_have_finished = true;
	if (!is_decided(&t->facts) && is_old(t) && t->halves[SIDE_CLIENT].has_finished &&
	    t->halves[SIDE_SERVER].has_finished)
		t->facts.complete = FACT_YES;
}

/* Whether the record is an alert, or in TLS 1.3 no longer than one: RFC 8446 section 6.1. */
static bool
is_closing(const struct tls *t, const struct record *r)
{
	size_t seal = 1 + (t->facts.cipher == CIPHER_AES_128_CCM_8 ? TAG_LEN_CCM_8 : TAG_LEN);

	if (t->facts.complete != FACT_YES)
		return false;
	return r->type == RECORD_ALERT ||
	       (is_new(t) && r->type == RECORD_APPLICATION_DATA && r->len == ALERT_LEN + seal);
}

/* The last byte of a record has gone by, captured or not. */
static void
end_record(struct tls *t, struct ledger *l, enum side from)
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
		end_v2(t, l, from);
		break;
	case RECORD_HEARTBEAT:
		break;
	}
}

/* The header of a record was just read; its payload begins at this offset. */
static void
begin_record(struct feed *f, uint64_t at)
{
	const struct record *r = &f->h->reader.record;
	uint64_t head_len = r->type == RECORD_V2_HELLO ? 2 : RECORD_HEAD_LEN;

	f->t->facts.records[f->in->from]++;
	f->h->alert_len = 0;
	/* Nothing may stand between the pieces of a message, RFC 8446 section 5.1. */
	if (r->type != RECORD_HANDSHAKE)
		f->h->message_at = r->type == RECORD_V2_HELLO ? at : AT_UNKNOWN;
	if (!is_decided(&f->t->facts))
		vouch(f, at - head_len, at);
}

/*
 * Whether a record that is no handshake may come before its side's hello: what
 * is not encrypted yet has its own length, RFC 8446 sections 5 and 6.
 */
static bool
may_come_first(const struct record *r)
{
	switch (r->type) {
	case RECORD_CHANGE_CIPHER_SPEC:
		return r->len == 1;
	case RECORD_ALERT:
		return r->len == ALERT_LEN;
	case RECORD_HANDSHAKE:
	case RECORD_V2_HELLO:
		return true;
	case RECORD_APPLICATION_DATA:
	case RECORD_HEARTBEAT:
		return false;
	}
	return false;
}

/*
 * Payload in clear is read; all other is gone by already. False where this side
 * cannot have begun like that.
 */
static bool
read_fragment(struct feed *f, struct bytes fragment, uint64_t at)
{
	const struct record *r = &f->h->reader.record;

	if (!f->h->has_begun && !f->h->front_is_lost && !may_come_first(r))
		return false;
	switch (r->type) {
	case RECORD_ALERT:
		read_alert(f, fragment, at);
		break;
	case RECORD_HANDSHAKE:
		return is_sealed(f->t, f->h) || read_handshake(f, fragment, at);
	case RECORD_V2_HELLO:
		f->h->has_begun = true;
		read_v2(f, fragment);
		break;
	case RECORD_CHANGE_CIPHER_SPEC:
		if (r->len == 1)
			vouch(f, at, at + fragment.len);
		break;
	case RECORD_APPLICATION_DATA:
	case RECORD_HEARTBEAT:
		break;
	}
	return true;
}

/* What strayed is complete, or as much as is kept: scrub it, tell it. */
static void
tell_stray(struct tls *t, struct ledger *l, enum side from)
{
	struct half *h = &t->halves[from];
	uint8_t text[SAMPLE_MAX];
	struct bytes scrubbed = {text, chain_copy(l->pool, &h->held, 0, text, sizeof(text))};

	h->is_straying = false;
	chain_clear(l->pool, &h->held);
	stray_scrub(text, scrubbed.len, from);
	ledger_note(l, NOTE_INTERRUPTION, scrubbed);
	if (!h->is_handed_back)
		evidence_line(l->evidence, l->kept, from, t->stray_time, t->facts.interrupted_at,
			      scrubbed);
}

/* An address may be cut anywhere: what strays is gathered before it is scrubbed. */
static void
gather_stray(struct tls *t, struct ledger *l, enum side from, struct bytes in)
{
	struct half *h = &t->halves[from];
	bool has_room;

	if (!h->is_straying)
		return;
	has_room = chain_append(l->pool, &h->held, bytes_first(in, SAMPLE_MAX - h->held.len));
	if (!has_room)
		*l->is_short = true;
	if (!has_room || h->held.len == SAMPLE_MAX)
		tell_stray(t, l, from);
}

/*
 * Bytes that are no record: what was held of them as a header, and rest.
 * Returns how many of them came with this input.
 */
static size_t
stray(struct feed *f, struct bytes rest)
{
	struct tls_facts *facts = &f->t->facts;
	struct bytes head = {f->h->reader.head, f->h->reader.head_len};
	size_t before = f->in->bytes.len - rest.len;
	bool is_over = tls_is_closed(f->t);

	/* Who has closed may go on in clear: that stands behind the TLS stream, not inside it. */
	if (facts->complete == FACT_YES && !facts->is_interrupted && !is_over) {
		facts->is_interrupted = true;
		facts->interrupted_by = f->in->from;
		facts->interrupted_at = f->in->offset + before - head.len;
		f->t->stray_time = f->in->time;
		f->h->is_straying = true;
		gather_stray(f->t, f->l, f->in->from, head);
		gather_stray(f->t, f->l, f->in->from, rest);
	}
	/* Behind lost bytes it may be the middle of a record. */
	if (!f->h->front_is_lost)
		fail(f->t, TLS_FAILED_NOT_TLS, f->in->from);
	f->h->has_strayed = !f->h->front_is_lost;
	assembly_clear(&f->h->assembly, f->l->pool);
	f->h->is_lost = true;
	return f->h->front_is_lost || head.len > before ? 0 : rest.len + head.len;
}

/* The record that was begun is none: what stands where its payload should is something else. */
static size_t
stray_inside(struct feed *f, struct bytes fragment, struct bytes rest)
{
	f->t->facts.records[f->in->from]--;
	return stray(f, bytes_after(f->in->bytes, f->in->bytes.len - rest.len - fragment.len));
}

/* Read on to the end of the input, or to what is no record: how many bytes that leaves. */
static size_t
read_records(struct feed *f)
{
	struct half *h = f->h;
	struct bytes rest = f->in->bytes;
	struct record_part part;

	while (!h->is_lost) {
		enum record_sign sign = record_read(&h->reader, &rest, &part);
		uint64_t at;

		if (sign == RECORD_STRAY)
			return stray(f, rest);
		if (sign != RECORD_PART)
			return 0;
		at = f->in->offset + (f->in->bytes.len - rest.len) - part.fragment.len;
		if (part.begins)
			begin_record(f, at);
		if ((part.fragment.len > 0 || part.ends) && !read_fragment(f, part.fragment, at))
			return stray_inside(f, part.fragment, rest);
		if (part.ends)
			end_record(f->t, f->l, f->in->from);
	}
	return 0;
}

size_t
tls_feed(struct tls *t, struct ledger *l, const struct digests *d, const struct tls_input *in)
{
	struct half *h = &t->halves[in->from];
	struct feed f = {.t = t, .h = h, .l = l, .d = d, .in = in};
	size_t left;

	h->is_fed |= in->bytes.len > 0;
	gather_stray(t, l, in->from, in->bytes);
	left = read_records(&f);
	show(&f);
	return left;
}

void
tls_hand_back(struct tls *t, enum side from)
{
	t->halves[from].is_handed_back = true;
}

/* The gap lies in this payload: what it may have hidden. */
static void
miss_fragment(struct tls *t, struct ledger *l, struct half *h, uint64_t len)
{
	switch (h->reader.record.type) {
	case RECORD_ALERT:
		h->alert_len = ALERT_LOST;
		break;
	case RECORD_HANDSHAKE:
		if (!is_sealed(t, h))
			assembly_gap(&h->assembly, l->pool, len);
		break;
	case RECORD_V2_HELLO: /* is too short now to be read as one */
	case RECORD_CHANGE_CIPHER_SPEC:
	case RECORD_APPLICATION_DATA:
	case RECORD_HEARTBEAT:
		break;
	}
}

void
tls_gap(struct tls *t, struct ledger *l, enum side from, uint64_t len)
{
	struct half *h = &t->halves[from];
	struct record_part part;

	if (len == 0)
		return;
	if (h->is_straying)
		tell_stray(t, l, from);
	if (h->is_lost)
		return;
	if (!h->is_fed) {
		h->front_is_lost = true;
		return;
	}
	if (!record_gap(&h->reader, len, &part)) {
		assembly_clear(&h->assembly, l->pool);
		chain_clear(l->pool, &h->held);
		h->is_lost = true;
		return;
	}
	/* Its hello may have been in what is missing. */
	h->has_begun = true;
	miss_fragment(t, l, h, len);
	if (part.ends)
		end_record(t, l, from);
}

/* Followed for a while, and then lost: what the other side said meanwhile may be lost with it. */
static bool
is_torn(const struct half *h)
{
	return h->is_fed && h->is_lost;
}

void
tls_finish(struct tls *t, struct ledger *l, enum ending ending, enum side by)
{
	for (int side = 0; side < SIDES; side++)
		if (t->halves[side].is_straying)
			tell_stray(t, l, (enum side)side);
	if (is_torn(&t->halves[SIDE_CLIENT]) || is_torn(&t->halves[SIDE_SERVER]))
		return;
	switch (ending) {
	case ENDING_FIN:
		fail(t, TLS_FAILED_FIN, by);
		break;
	case ENDING_RESET:
		fail(t, TLS_FAILED_RESET, by);
		break;
	case ENDING_IDLE:
		fail(t, TLS_FAILED_SILENCE, by);
		break;
	case ENDING_REUSED:
	case ENDING_EVICTED:
	case ENDING_CAPTURE:
		break;
	}
}

bool
tls_awaits_text(const struct tls *t, enum side from)
{
	const struct half *h = &t->halves[from];

	return t->facts.complete == FACT_NO && h->has_strayed && !h->is_handed_back;
}

bool
tls_is_closed(const struct tls *t)
{
	return t->halves[SIDE_CLIENT].has_closed || t->halves[SIDE_SERVER].has_closed;
}

bool
tls_is_decided(const struct tls *t)
{
	return is_decided(&t->facts);
}

const struct tls_facts *
tls_facts(const struct tls *t)
{
	return &t->facts;
}

void
tls_chains(struct tls *t, struct chain *out[TLS_CHAINS])
{
	for (size_t side = 0; side < SIDES; side++) {
		out[2 * side] = &t->halves[side].assembly.held;
		out[2 * side + 1] = &t->halves[side].held;
	}
}

void
tls_clear(struct tls *t, struct pool *p)
{
	for (int side = 0; side < SIDES; side++) {
		assembly_clear(&t->halves[side].assembly, p);
		chain_clear(p, &t->halves[side].held);
	}
}
