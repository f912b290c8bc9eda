/*
 * struct session to bytes and back; see session_message.h. The plain members
 * stand in tables, those of fixed length first; arrays are a count and
 * their elements.
 */
#include "monitor/role/session_message.h"

#include <string.h>

#include "monitor/role/fields.h"

#define SESSION_CHOICE(m, most) FIELD_CHOICE(session, m, most)
#define SESSION_TEXT(m)         FIELD_VIEW(session, m, WIRE_TEXT_MAX)
#define SMTP_BOOL(m)            FIELD_BOOL(session, smtp.m)
#define SMTP_FACT(m)            FIELD_CHOICE(session, smtp.m, FACT_YES)
#define SMTP_NUMBER(m)          FIELD_NUMBER(session, smtp.m)
#define TLS_BOOL(m)             FIELD_BOOL(session, tls.m)
#define TLS_FACT(m)             FIELD_CHOICE(session, tls.m, FACT_YES)
#define TLS_NUMBER(m)           FIELD_NUMBER(session, tls.m)

static const struct field session_fields[] = {
    SESSION_CHOICE(service, SERVICE_LMTP),
    FIELD_NUMBER(session, client_port),
    FIELD_NUMBER(session, server_port),
    FIELD_TIME(session, start),
    FIELD_TIME(session, end),
    SESSION_CHOICE(ending, ENDING_CAPTURE),
    SESSION_CHOICE(ended_by, SIDE_SERVER),
    SESSION_CHOICE(seen, SEEN_SERVER),
    FIELD_BOOL(session, syn_seen),
    FIELD_BOOL(session, complete),
    FIELD_BOOL(session, clear_whole),
    FIELD_BOOL(session, mail_whole),
    SESSION_CHOICE(mail_requested, FACT_YES),
    SESSION_CHOICE(mail_granted, FACT_YES),
    FIELD_COUNT(session, gap_bytes),
    FIELD_COUNT(session, bytes[SIDE_CLIENT]),
    FIELD_COUNT(session, bytes[SIDE_SERVER]),
    FIELD_COUNT(session, packets),
    SMTP_NUMBER(greeting_code),
    SESSION_CHOICE(smtp.greeting_verb, GREETING_LHLO),
    SMTP_FACT(extended),
    SMTP_NUMBER(ehlo_refusal),
    SMTP_BOOL(helo_after_refusal),
    SMTP_FACT(offered),
    SMTP_FACT(requested),
    SMTP_FACT(accepted),
    SMTP_NUMBER(starttls_refusal),
    SMTP_NUMBER(starttls_requests),
    SMTP_BOOL(is_anonymous_tls),
    SMTP_NUMBER(mail_count),
    SMTP_BOOL(mail_accepted),
    SMTP_BOOL(message_sent),
    SMTP_BOOL(auth_sent),
    SMTP_BOOL(credentials_sent),
    SMTP_BOOL(secret_sent),
    SMTP_BOOL(requiretls_sent),
    SMTP_BOOL(quit_sent),
    SMTP_NUMBER(client_injected),
    SMTP_NUMBER(server_injected),
    SMTP_BOOL(client_text_after),
    SMTP_BOOL(mail_after_tls),
    SMTP_BOOL(server_text_after),
    SMTP_BOOL(verb_masked),
    SMTP_BOOL(verb_echoed),
    SMTP_NUMBER(commands),
    SMTP_NUMBER(replies),
    SMTP_NUMBER(replies_unmatched),
    SMTP_NUMBER(bare_lf_lines),
    SMTP_NUMBER(long_lines),
    SMTP_NUMBER(domains_dropped),
    TLS_BOOL(is_implicit),
    TLS_BOOL(client_hello),
    TLS_BOOL(server_hello),
    TLS_FACT(complete),
    SESSION_CHOICE(tls.failure, TLS_FAILED_SILENCE),
    SESSION_CHOICE(tls.failed_by, SIDE_SERVER),
    TLS_BOOL(alert.is_seen),
    TLS_BOOL(alert.is_encrypted),
    TLS_NUMBER(alert.level),
    TLS_NUMBER(alert.description),
    SESSION_CHOICE(tls.alert.by, SIDE_SERVER),
    TLS_NUMBER(offered_version),
    TLS_NUMBER(version),
    TLS_NUMBER(cipher),
    TLS_BOOL(is_fallback),
    TLS_BOOL(is_retried),
    TLS_FACT(resumed),
    SESSION_CHOICE(tls.sentinel, SENTINEL_TLS11),
    TLS_BOOL(is_interrupted),
    SESSION_CHOICE(tls.interrupted_by, SIDE_SERVER),
    FIELD_COUNT(session, tls.interrupted_at),
    TLS_BOOL(has_ja3),
    TLS_BOOL(has_ja4),
    FIELD_RAW(session, tls.ja3),
    FIELD_COUNT(session, tls.records[SIDE_CLIENT]),
    FIELD_COUNT(session, tls.records[SIDE_SERVER]),
    FIELD_NUMBER(session, conflicts_total),
    FIELD_BOOL(session, is_under_way),
    FIELD_BOOL(session, has_drops),
    FIELD_BOOL(session, certificate.is_seen),
    FIELD_ADDRESS(session, client),
    FIELD_ADDRESS(session, server),
    FIELD_TEXT(session, community_id),
    FIELD_TEXT(session, encap),
    FIELD_TEXT(session, tls.ja4),
    SESSION_TEXT(helo),
    SESSION_TEXT(auth),
    SESSION_TEXT(refusal),
    SESSION_TEXT(ehlo_refusal),
    SESSION_TEXT(masked_verb),
    SESSION_TEXT(client_ahead),
    SESSION_TEXT(client_sample),
    SESSION_TEXT(server_sample),
    SESSION_TEXT(interruption),
    SESSION_TEXT(sni),
    SESSION_TEXT(alpn),
};

/* Only where a certificate was seen: most sessions have none, and it is a third of the bytes. */
static const struct field certificate_fields[] = {
    FIELD_BOOL(certificate_facts, is_parsed),
    FIELD_BOOL(certificate_facts, is_whole),
    FIELD_NUMBER(certificate_facts, chain_len),
    FIELD_RAW(certificate_facts, digests),
    FIELD_TIME(certificate_facts, not_before),
    FIELD_TIME(certificate_facts, not_after),
    FIELD_CHOICE(certificate_facts, expired, FACT_YES),
    FIELD_CHOICE(certificate_facts, self_signed, FACT_YES),
    FIELD_CHOICE(certificate_facts, trusted, FACT_YES),
    FIELD_CHOICE(certificate_facts, name_matches, FACT_YES),
    FIELD_TEXT(certificate_facts, subject),
    FIELD_TEXT(certificate_facts, issuer),
    FIELD_BOOL(certificate_facts, is_named_by_cn),
    FIELD_BOOL(certificate_facts, are_names_whole),
    FIELD_NUMBER(certificate_facts, issued_by),
};

static const struct field issuer_fields[] = {
    FIELD_CHOICE(certificate_issuer, way, WAY_BROKEN),
    FIELD_RAW(certificate_issuer, digests),
    FIELD_NUMBER(certificate_issuer, issued_by),
};

/* A member's name cannot stand in parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define VERSION(v)                                                             \
	FIELD_TIME(conflict, v.time), FIELD_NUMBER(conflict, v.ttl),           \
	    FIELD_NUMBER(conflict, v.ip_id), FIELD_NUMBER(conflict, v.window), \
	    FIELD_CHOICE(conflict, v.checksum, CHECKSUM_WRONG),                \
	    FIELD_VIEW(conflict, v.text, SAMPLE_MAX)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field conflict_fields[] = {
    FIELD_CHOICE(conflict, from, SIDE_SERVER),
    FIELD_CHOICE(conflict, place, PLACE_TLS),
    FIELD_COUNT(conflict, offset),
    FIELD_NUMBER(conflict, len),
    FIELD_CHOICE(conflict, acted, ACTED_SECOND),
    VERSION(first),
    VERSION(second),
};

static const struct field reset_fields[] = {
    FIELD_CHOICE(reset, from, SIDE_SERVER),
    FIELD_TIME(reset, time),
    FIELD_NUMBER(reset, ttl),
    FIELD_NUMBER(reset, usual_ttl),
    FIELD_NUMBER(reset, ip_id),
    FIELD_NUMBER(reset, last_ip_id),
    FIELD_NUMBER(reset, window),
    FIELD_NUMBER(reset, contradictions),
    FIELD_NUMBER(reset, bytes_after),
};

static const struct field item_fields[] = {
    FIELD_CHOICE(evidence_item, kind, EVIDENCE_CERTIFICATE),
    FIELD_CHOICE(evidence_item, from, SIDE_SERVER),
    FIELD_TIME(evidence_item, time),
    FIELD_COUNT(evidence_item, offset),
    FIELD_NUMBER(evidence_item, linktype),
    FIELD_NUMBER(evidence_item, wire_len),
};

static void
put_views(struct packer *p, const struct bytes *views, size_t count, size_t most_len)
{
	pack_u16(p, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		pack_vector16(p, bytes_first(views[i], most_len));
}

static bool
get_views(struct cursor *c, struct bytes *views, size_t *count, size_t most, size_t most_len)
{
	*count = cursor_u16(c);
	if (*count > most)
		return false;
	for (size_t i = 0; i < *count; i++) {
		views[i] = cursor_vector16(c).rest;
		if (views[i].len > most_len)
			return false;
	}
	return !c->is_short;
}

static size_t
at_most(size_t count, size_t most)
{
	return count < most ? count : most;
}

static void
put_certificate(struct packer *p, const struct certificate_facts *c)
{
	size_t issuers = at_most(c->issuer_count, ISSUERS_MAX);
	size_t names = at_most(c->name_count, CERTIFICATE_NAMES_MAX);

	fields_put(p, certificate_fields, FIELDS(certificate_fields), c);
	pack_u8(p, (uint8_t)issuers);
	for (size_t i = 0; i < issuers; i++)
		fields_put(p, issuer_fields, FIELDS(issuer_fields), &c->issuers[i]);
	pack_vector16(p, (struct bytes){c->names[0], names * sizeof(c->names[0])});
}

static bool
get_certificate(struct cursor *c, struct certificate_facts *out)
{
	struct bytes names;

	if (!fields_get(c, certificate_fields, FIELDS(certificate_fields), out))
		return false;
	out->issuer_count = cursor_u8(c);
	if (out->issuer_count > ISSUERS_MAX)
		return false;
	for (size_t i = 0; i < out->issuer_count; i++)
		if (!fields_get(c, issuer_fields, FIELDS(issuer_fields), &out->issuers[i]))
			return false;
	names = cursor_vector16(c).rest;
	if (names.len > sizeof(out->names) || names.len % NAME_DIGEST != 0)
		return false;
	if (names.len > 0)
		memcpy(out->names, names.at, names.len);
	out->name_count = (uint8_t)(names.len / NAME_DIGEST);
	return !c->is_short;
}

static void
put_lists(struct packer *p, const struct session *s)
{
	size_t conflicts = at_most(s->conflict_count, CONFLICTS_MAX);
	size_t resets = at_most(s->reset_count, RESETS_MAX);

	put_views(p, s->greeting, at_most(s->greetings, GREETING_LINES_MAX), WIRE_TEXT_MAX);
	put_views(p, s->ehlo, at_most(s->ehlos, EHLO_LINES_MAX), WIRE_TEXT_MAX);
	put_views(p, s->from_domains, at_most(s->from_count, DOMAINS_MAX), NAME_MAX_BYTES);
	put_views(p, s->rcpt_domains, at_most(s->rcpt_count, DOMAINS_MAX), NAME_MAX_BYTES);
	pack_u8(p, (uint8_t)conflicts);
	for (size_t i = 0; i < conflicts; i++)
		fields_put(p, conflict_fields, FIELDS(conflict_fields), &s->conflicts[i]);
	pack_u8(p, (uint8_t)resets);
	for (size_t i = 0; i < resets; i++)
		fields_put(p, reset_fields, FIELDS(reset_fields), &s->resets[i]);
}

static bool
get_lists(struct cursor *c, struct session_message *out)
{
	struct session *s = &out->session;

	s->from_domains = out->from_domains;
	s->rcpt_domains = out->rcpt_domains;
	if (!get_views(c, s->greeting, &s->greetings, GREETING_LINES_MAX, WIRE_TEXT_MAX) ||
	    !get_views(c, s->ehlo, &s->ehlos, EHLO_LINES_MAX, WIRE_TEXT_MAX) ||
	    !get_views(c, out->from_domains, &s->from_count, DOMAINS_MAX, NAME_MAX_BYTES) ||
	    !get_views(c, out->rcpt_domains, &s->rcpt_count, DOMAINS_MAX, NAME_MAX_BYTES))
		return false;
	s->conflict_count = cursor_u8(c);
	if (s->conflict_count > CONFLICTS_MAX)
		return false;
	for (size_t i = 0; i < s->conflict_count; i++)
		if (!fields_get(c, conflict_fields, FIELDS(conflict_fields), &s->conflicts[i]))
			return false;
	s->reset_count = cursor_u8(c);
	if (s->reset_count > RESETS_MAX)
		return false;
	for (size_t i = 0; i < s->reset_count; i++)
		if (!fields_get(c, reset_fields, FIELDS(reset_fields), &s->resets[i]))
			return false;
	return !c->is_short;
}

/* Evidence on its way into a message. */
struct sending {
	struct packer *p;
	size_t left; /* of EVIDENCE_BYTES_MAX */
	uint16_t count;
	bool is_cut; /* something was left out for room */
};

static void
send_item(void *ctx, const struct evidence_item *item)
{
	struct sending *s = ctx;
	size_t kept = item->kind == EVIDENCE_PACKET ? EVIDENCE_BYTES_KEPT : 0;

	if (s->count == EVIDENCE_RECORDS_MAX || item->bytes.len > EVIDENCE_ITEM_MAX ||
	    s->left < kept || item->bytes.len > s->left - kept) {
		s->is_cut = true;
		return;
	}
	s->left -= item->bytes.len;
	s->count++;
	fields_put(s->p, item_fields, FIELDS(item_fields), item);
	pack_vector24(s->p, item->bytes);
}

static void
put_evidence(struct packer *p, struct evidence *evidence, const struct evidence_list *kept)
{
	struct sending sending = {.p = p, .left = EVIDENCE_BYTES_MAX};
	struct packer head = *p;
	bool is_whole = true;

	/* How many there are is known behind them. */
	pack_u8(p, 0);
	pack_u16(p, 0);
	if (evidence != NULL && kept != NULL)
		is_whole = evidence_walk(evidence, kept, send_item, &sending);
	pack_u8(&head, is_whole && !sending.is_cut && (kept == NULL || kept->dropped == 0));
	pack_u16(&head, sending.count);
}

static bool
get_evidence(struct cursor *c, struct session_message *out)
{
	uint8_t is_whole = cursor_u8(c);
	size_t count = cursor_u16(c), total = 0;

	if (is_whole > 1 || count > EVIDENCE_RECORDS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct evidence_item *item = &out->items[i];

		if (!fields_get(c, item_fields, FIELDS(item_fields), item))
			return false;
		item->bytes = cursor_vector24(c).rest;
		total += item->bytes.len;
		if (item->bytes.len > EVIDENCE_ITEM_MAX || total > EVIDENCE_BYTES_MAX)
			return false;
	}
	out->evidence = (struct evidence_view){out->items, count, is_whole};
	return !c->is_short;
}

void
session_message_put(struct packer *p, const struct session *s, struct evidence *evidence,
		    const struct evidence_list *kept)
{
	size_t begun = message_begin(p, MESSAGE_SESSION);

	fields_put(p, session_fields, FIELDS(session_fields), s);
	if (s->certificate.is_seen)
		put_certificate(p, &s->certificate);
	put_lists(p, s);
	put_evidence(p, evidence, kept);
	message_end(p, begun);
}

bool
session_message_get(struct bytes body, struct session_message *out)
{
	struct cursor c = cursor_over(body);
	struct session *s = &out->session;

	*s = (struct session){0};
	if (!fields_get(&c, session_fields, FIELDS(session_fields), s))
		return false;
	if (s->certificate.is_seen && !get_certificate(&c, &s->certificate))
		return false;
	return get_lists(&c, out) && get_evidence(&c, out) && cursor_is_spent(&c);
}
