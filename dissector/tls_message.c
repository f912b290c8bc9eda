/* Messages of a handshake to facts; see tls_message.h. */
#include "dissector/tls_message.h"

#include "dissector/fingerprint.h"
#include "dissector/tls_outcome.h"

#include <string.h>

#define HELLO_MIN 38 /* bytes of a hello's body: what both have, RFC 5246 section 7.4.1 */

_Static_assert(HANDSHAKE_MESSAGE_MAX == ASSEMBLY_MAX, "messages are kept as far as promised");

/* What a client's hello looks like. Not told where another may have come before: the one after a
 * retry differs, RFC 8446 section 4.1.2. */
static void
take_fingerprints(struct tls_walk *w, const struct client_hello *hello)
{
	struct tls_facts *facts = &w->t->facts;
	char text[FINGERPRINT_TEXT_MAX];
	size_t len;

	if (w->h->assembly.has_lost)
		return;
	if (w->d->md5) {
		len = fingerprint_ja3_text(hello, text);
		facts->has_ja3 = len > 0;
		if (len > 0)
			w->d->md5((struct bytes){(const uint8_t *)text, len}, facts->ja3);
	}
	if (w->d->sha256)
		facts->has_ja4 = fingerprint_ja4(hello, w->d->sha256, facts->ja4);
}

static bool
take_client_hello(struct tls_walk *w, struct bytes body)
{
	struct tls_facts *facts = &w->t->facts;
	struct client_hello hello;

	if (!handshake_client_hello(body, &hello))
		return false;
	/* The first one counts; the one after a retry offers the same. */
	if (facts->client_hello)
		return true;
	facts->client_hello = true;
	facts->offered_version = handshake_offered_version(&hello);
	facts->is_fallback = handshake_is_fallback(&hello);
	w->t->has_early_data = hello.has_early_data || w->h->assembly.has_lost;
	if (hello.sni.len > 0 && hello.sni.len <= NAME_MAX_BYTES)
		ledger_note(w->l, NOTE_SNI, hello.sni);
	take_fingerprints(w, &hello);
	return true;
}

static bool
take_server_hello(struct tls_walk *w, struct bytes body)
{
	struct tls_facts *facts = &w->t->facts;
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
	if (tls_is_new(w->t))
		tls_outcome_resumed(w->t, hello.has_psk);
	else if (hello.alpn.len > 0)
		ledger_note(w->l, NOTE_ALPN, hello.alpn);
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
take_certificates(struct tls_walk *w, struct bytes body)
{
	struct bytes chain[CHAIN_MAX];
	uint8_t name[NAME_MAX_BYTES];
	struct certificate_facts facts;
	size_t count = handshake_certificates(body, chain, CHAIN_MAX);
	bool is_shown = count > 0 && are_der(chain, count);

	if (count == 0 || w->t->has_certificate || tls_is_new(w->t))
		return is_shown;
	w->t->has_certificate = true;
	for (size_t i = 0; is_shown && i < count; i++)
		evidence_certificate(w->l->evidence, w->l->kept, w->in->time, chain[i]);
	/* The note is all its bytes, those between the fields too. */
	memset(&facts, 0, sizeof(facts));
	facts.is_seen = true;
	facts.chain_len = (uint8_t)count;
	if (w->d->sha256)
		w->d->sha256(chain[0], facts.digests.sha256);
	if (w->d->certificate)
		w->d->certificate(w->d->ctx, chain, count, noted_sni(w->l, name), w->in->time,
				  &facts);
	note_certificate(w->l, &facts);
	return is_shown;
}

/* A body that was kept: whether it is what its type says. */
static bool
take_body(struct tls_walk *w, uint8_t type)
{
	uint8_t text[HANDSHAKE_MESSAGE_MAX];
	struct chain_reader reader = chain_reader(w->l->pool, &w->h->assembly.held);
	struct bytes body = {text, chain_read(&reader, text, sizeof(text))};

	switch (type) {
	case MESSAGE_CLIENT_HELLO:
		return take_client_hello(w, body);
	case MESSAGE_SERVER_HELLO:
		return take_server_hello(w, body);
	case MESSAGE_CERTIFICATE:
		return take_certificates(w, body);
	}
	return false;
}

/* What the type alone tells: TLS 1.3 shows nothing in clear but its hellos, and an abbreviated
 * handshake nothing between the server's hello and its ChangeCipherSpec but a ticket. */
static void
take_type(struct tls_walk *w, uint8_t type)
{
	enum side from = w->in->from;
	bool is_full = from == SIDE_CLIENT
			   ? type == MESSAGE_CLIENT_KEY_EXCHANGE
			   : type == MESSAGE_CERTIFICATE || type == MESSAGE_SERVER_KEY_EXCHANGE ||
				 type == MESSAGE_SERVER_HELLO_DONE;

	if (!is_full || tls_is_new(w->t) || w->t->facts.is_retried)
		return;
	w->t->is_old = w->t->has_full = true;
	tls_outcome_resumed(w->t, false);
}

/* A message has ended, at this offset. */
static void
end_message(struct tls_walk *w, const struct message *m, uint64_t at)
{
	/* A hello is the first thing that a side says: nothing is missing before it. */
	if (m->type == MESSAGE_CLIENT_HELLO || m->type == MESSAGE_SERVER_HELLO) {
		w->h->front_is_lost = false;
		w->h->has_begun = true;
	}
	take_type(w, m->type);
	if (m->is_whole && take_body(w, m->type) && w->h->message_at != AT_UNKNOWN)
		tls_vouch(w, w->h->message_at, at);
}

/*
 * Whether what was read of the first message may be this side's hello: its type,
 * a length that one can have, and the major version that all of them share.
 */
static bool
may_be_hello(const struct tls_walk *w)
{
	const struct assembly *a = &w->h->assembly;
	struct cursor c = cursor_over((struct bytes){a->head, a->head_len});
	uint8_t major;

	if (a->head_len == 0)
		return true;
	if (cursor_u8(&c) !=
	    (w->in->from == SIDE_CLIENT ? MESSAGE_CLIENT_HELLO : MESSAGE_SERVER_HELLO))
		return false;
	if (a->head_len < ASSEMBLY_HEAD_LEN)
		return true;
	if (cursor_u24(&c) < HELLO_MIN)
		return false;
	/* Of a body that is lost, or too long to be kept, nothing is held. */
	return chain_copy(w->l->pool, &a->held, 0, &major, 1) == 0 || major == 3;
}

/* The server may ask for a hello at any time, by a message without a body: RFC 5246
 * section 7.4.1.1. */
static bool
may_be_request(const struct tls_walk *w)
{
	const struct assembly *a = &w->h->assembly;
	static const uint8_t request[ASSEMBLY_HEAD_LEN] = {MESSAGE_HELLO_REQUEST};

	return w->in->from == SIDE_SERVER && memcmp(a->head, request, a->head_len) == 0;
}

/* Whether what this side sent so far may be handshake: its hello is the first of it. */
static bool
may_go_on(const struct tls_walk *w)
{
	return w->h->has_begun || w->h->front_is_lost || may_be_hello(w) || may_be_request(w);
}

bool
tls_message_read(struct tls_walk *w, struct bytes fragment, uint64_t at)
{
	static const uint32_t wanted[SIDES] = {
	    [SIDE_CLIENT] = 1u << MESSAGE_CLIENT_HELLO,
	    [SIDE_SERVER] = 1u << MESSAGE_SERVER_HELLO | 1u << MESSAGE_CERTIFICATE,
	};
	uint64_t refusals = w->l->pool->refusals;
	uint64_t end = at + fragment.len;
	struct message m;

	if (w->h->assembly.head_len == 0)
		w->h->message_at = at;
	while (assembly_read(&w->h->assembly, w->l->pool, wanted[w->in->from], &fragment, &m)) {
		if (!may_go_on(w))
			return false;
		end_message(w, &m, end - fragment.len);
		w->h->message_at = end - fragment.len;
	}
	if (w->l->pool->refusals > refusals)
		*w->l->is_short = true;
	return may_go_on(w);
}

void
tls_message_read_v2(struct tls_walk *w, struct bytes fragment)
{
	if (fragment.len > 0 && !chain_append(w->l->pool, &w->h->held, fragment)) {
		*w->l->is_short = true;
		w->h->is_lost = true;
		chain_clear(w->l->pool, &w->h->held);
	}
}

void
tls_message_end_v2(struct tls *t, struct ledger *l, enum side from)
{
	struct tls_half *h = &t->halves[from];
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
