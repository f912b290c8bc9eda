/* A finished conversation as one struct session; see facts.h. */
#include "dissector/facts.h"

#include <string.h>

#include "dissector/community.h"

/* A copy of the note's text that lasts until the next session. */
static struct bytes
keep(struct facts *f)
{
	struct bytes kept = {f->text + f->text_len, f->note.len};

	if (f->note.len > sizeof(f->text) - f->text_len)
		return (struct bytes){0};
	memcpy(f->text + f->text_len, f->note.text, f->note.len);
	f->text_len += f->note.len;
	return kept;
}

static void
keep_line(struct facts *f, struct bytes *lines, size_t *count, size_t max)
{
	if (*count < max)
		lines[(*count)++] = keep(f);
}

/* Samples come in pieces: those of one kind lie one behind the other in a buffer of their own. */
static void
keep_sample(struct facts *f, struct bytes *sample)
{
	struct bytes piece;

	if (sample->len >= SAMPLE_MAX)
		return;
	f->note.len = (uint16_t)(f->note.len < SAMPLE_MAX - sample->len ? f->note.len
									: SAMPLE_MAX - sample->len);
	if (sample->len && sample->at + sample->len != f->text + f->text_len) {
		/* Another note came between: move what there is to the end. */
		if (sample->len > sizeof(f->text) - f->text_len)
			return;
		memcpy(f->text + f->text_len, sample->at, sample->len);
		sample->at = f->text + f->text_len;
		f->text_len += sample->len;
	}
	piece = keep(f);
	if (sample->len == 0)
		sample->at = piece.at;
	sample->len += piece.len;
}

static void
keep_conflict(struct facts *f)
{
	struct session *s = &f->session;
	struct bytes text = keep(f);
	struct conflict *c = &s->conflicts[s->conflict_count];

	if (s->conflict_count == CONFLICTS_MAX || text.len == 0 ||
	    !ledger_read_conflict(&f->note, c))
		return;
	/* Its texts stand in the copy as they stand in the note. */
	if (c->first.text.len)
		c->first.text.at = text.at + (c->first.text.at - f->note.text);
	if (c->second.text.len)
		c->second.text.at = text.at + (c->second.text.at - f->note.text);
	s->conflict_count++;
}

static void
keep_struct(struct facts *f, void *out, size_t size)
{
	if (f->note.len == size)
		memcpy(out, f->note.text, size);
}

/* What follows fills the lists; names that do not, for want of room, are left out. */
static void
keep_certificate(struct facts *f)
{
	struct certificate_facts *c = &f->session.certificate;

	memset(c, 0, sizeof(*c));
	if (f->note.len != offsetof(struct certificate_facts, subject))
		return;
	memcpy(c, f->note.text, f->note.len);
	c->issuer_count = 0;
	f->are_names_whole = c->are_names_whole;
	c->are_names_whole = c->are_names_whole && c->name_count == 0;
	c->name_count = 0;
}

static void
keep_words(struct facts *f, char *out, size_t size)
{
	if (f->note.len < size)
		memcpy(out, f->note.text, f->note.len);
}

static void
keep_issuer(struct facts *f)
{
	struct certificate_facts *c = &f->session.certificate;

	if (c->issuer_count < ISSUERS_MAX)
		keep_struct(f, &c->issuers[c->issuer_count++], sizeof(c->issuers[0]));
}

static void
keep_names(struct facts *f)
{
	struct certificate_facts *c = &f->session.certificate;

	if (f->note.len > sizeof(c->names))
		return;
	memcpy(c->names, f->note.text, f->note.len);
	c->name_count = (uint8_t)(f->note.len / NAME_DIGEST);
	c->are_names_whole = f->are_names_whole;
}

_Static_assert(sizeof(struct certificate_facts) <= NOTE_MAX, "each part of it is one note");

static void
keep_note(struct facts *f)
{
	struct session *s = &f->session;

	switch (f->note.tag) {
	case NOTE_GREETING:
		keep_line(f, s->greeting, &s->greetings, GREETING_LINES_MAX);
		break;
	case NOTE_HELO:
		s->helo = keep(f);
		break;
	case NOTE_EHLO_START:
		s->ehlos = 0;
		break;
	case NOTE_EHLO_LINE:
		keep_line(f, s->ehlo, &s->ehlos, EHLO_LINES_MAX);
		break;
	case NOTE_AUTH:
		s->auth = keep(f);
		break;
	case NOTE_REFUSAL:
		s->refusal = keep(f);
		break;
	case NOTE_EHLO_REFUSAL:
		s->ehlo_refusal = keep(f);
		break;
	case NOTE_MASKED_VERB:
		s->masked_verb = keep(f);
		break;
	case NOTE_CLIENT_AHEAD:
		keep_sample(f, &s->client_ahead);
		break;
	case NOTE_CLIENT_SAMPLE:
		keep_sample(f, &s->client_sample);
		break;
	case NOTE_SERVER_SAMPLE:
		keep_sample(f, &s->server_sample);
		break;
	case NOTE_INTERRUPTION:
		s->interruption = keep(f);
		break;
	case NOTE_SNI:
		s->sni = keep(f);
		break;
	case NOTE_ALPN:
		s->alpn = keep(f);
		break;
	case NOTE_FROM_DOMAIN:
		keep_line(f, s->from_domains, &s->from_count, DOMAINS_MAX);
		break;
	case NOTE_RCPT_DOMAIN:
		keep_line(f, s->rcpt_domains, &s->rcpt_count, DOMAINS_MAX);
		break;
	case NOTE_CERTIFICATE:
		keep_certificate(f);
		break;
	case NOTE_SUBJECT:
		keep_words(f, s->certificate.subject, sizeof(s->certificate.subject));
		break;
	case NOTE_ISSUED_BY:
		keep_words(f, s->certificate.issuer, sizeof(s->certificate.issuer));
		break;
	case NOTE_ISSUER:
		keep_issuer(f);
		break;
	case NOTE_NAMES:
		keep_names(f);
		break;
	case NOTE_CONFLICT:
		keep_conflict(f);
		break;
	case NOTE_RESET:
		if (s->reset_count < RESETS_MAX)
			keep_struct(f, &s->resets[s->reset_count++], sizeof(struct reset));
		break;
	}
}

/* The end of the key that is the client's, or the server's. */
static struct endpoint
endpoint_of(const struct conversation *c, enum side side)
{
	const struct flow_key *key = &c->flow->key;
	bool is_low = c->client_is_low == (side == SIDE_CLIENT);
	struct endpoint e = {.address.family = (uint8_t)key->family};

	memcpy(e.address.b, is_low ? key->low : key->high, sizeof(e.address.b));
	e.port = is_low ? key->low_port : key->high_port;
	return e;
}

static void
name_ends(struct session *s, const struct conversation *c, const struct digests *d)
{
	struct endpoint client = endpoint_of(c, SIDE_CLIENT), server = endpoint_of(c, SIDE_SERVER);

	s->client = client.address;
	s->client_port = client.port;
	s->server = server.address;
	s->server_port = server.port;
	if (d->sha1)
		community_id(&client, &server, d->sha1, s->community_id);
	encap_text(&c->encap, s->encap, sizeof(s->encap));
}

/* What was captured of it, and what is known to be missing. */
static void
account(struct session *s, const struct conversation *c, const struct workshop *w,
	const struct tls_facts *tls)
{
	const struct stream *client = &c->exchange.streams[SIDE_CLIENT];
	const struct stream *server = &c->exchange.streams[SIDE_SERVER];
	bool ended = s->ending == ENDING_FIN || s->ending == ENDING_RESET;

	s->start = c->start;
	s->end = c->end;
	s->packets = c->packets;
	s->has_drops = c->losses != w->losses;
	s->gap_bytes = client->gap_bytes + server->gap_bytes;
	s->bytes[SIDE_CLIENT] = client->bytes;
	s->bytes[SIDE_SERVER] = server->bytes;
	s->seen = !server->is_seen ? SEEN_CLIENT : !client->is_seen ? SEEN_SERVER : SEEN_BOTH;
	s->syn_seen = conversation_is_from_syn(c);
	s->clear_whole = conversation_is_clear_whole(c);
	s->complete =
	    s->clear_whole && s->seen == SEEN_BOTH && (ended || (tls && tls->complete == FACT_YES));
	s->conflicts_total = c->conflicts;
}

/*
 * That STARTTLS was not asked for shows only where the client was heard, and
 * where it cannot have asked later: it had begun mail without, or had gone.
 */
static void
settle_request(struct session *s)
{
	bool is_cut = s->ending == ENDING_CAPTURE || s->ending == ENDING_EVICTED;

	if (s->smtp.requested != FACT_NO)
		return;
	if (s->seen == SEEN_SERVER ||
	    (is_cut && s->smtp.mail_count == 0 && !s->smtp.quit_sent && !s->smtp.credentials_sent))
		s->smtp.requested = FACT_UNSEEN;
}

/* What stood when it went in clear; an EHLO reply behind that says nothing of it. */
static void
settle_mail(struct session *s, const struct conversation *c)
{
	struct smtp_mail then = smtp_mail(conversation_smtp_const(c));

	s->mail_whole = c->is_mail_whole && then.is_settled &&
			(s->smtp.offered == then.offered || s->smtp.offered == FACT_UNSEEN);
	s->mail_requested = then.requested;
	s->mail_granted = then.accepted;
}

/* Where text came in TLS's place that is what ended the handshake, if nothing did before. */
static void
settle_tls(struct session *s, const struct conversation *c)
{
	if (c->tls_begun)
		s->tls = *tls_facts(conversation_tls_const(c));
	if (s->smtp.server_text_after && !c->is_tls_anew && s->tls.client_hello &&
	    s->tls.complete != FACT_YES && s->tls.failure == TLS_NOT_FAILED) {
		s->tls.complete = FACT_NO;
		s->tls.failure = TLS_FAILED_NOT_TLS;
		s->tls.failed_by = SIDE_SERVER;
	}
}

const struct session *
facts_build(struct facts *f, struct conversation *c, struct workshop *w, enum ending ending)
{
	struct ledger l = conversation_ledger(c, w);
	struct chain_reader r = ledger_reader(&l);
	struct session *s = &f->session;

	*s = (struct session){
	    .service = (enum service)c->service,
	    .ending = ending,
	    .ended_by = (enum side)c->ended_by,
	    .from_domains = f->from_domains,
	    .rcpt_domains = f->rcpt_domains,
	};
	f->text_len = 0;
	if (c->mode == MODE_SMTP) {
		s->smtp = *smtp_facts(conversation_smtp_const(c));
		settle_mail(s, c);
	}
	settle_tls(s, c);
	name_ends(s, c, w->digests);
	account(s, c, w, c->tls_begun ? &s->tls : NULL);
	settle_request(s);
	while (ledger_next(&r, &f->note))
		keep_note(f);
	if (s->conflict_count)
		s->conflicts[s->conflict_count - 1].acted = (enum acted)c->last_acted;
	return s;
}
