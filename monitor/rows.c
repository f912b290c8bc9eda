/*
 * Wire text passes through text_printable exactly once, here; what the judge
 * wrote is printable already.
 *
 * Domains arrive lower-cased, in ASCII or UTF-8 (RFC 6531). Those beyond ASCII
 * become A-labels (RFC 5891 section 4.4); what is no valid name is kept as
 * printable text, so that nothing that was seen is lost.
 */
#include "monitor/rows.h"

#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "dissector/tls.h"
#include "monitor/address.h"
#include "monitor/alert/mute.h"

/*
 * Room for the text of one session. The largest part is its domains: 2048
 * names of at most 255 bytes, each byte at most 8 as "\\xNN" inside JSON;
 * then up to 512 lines of evidence of at most 2048 bytes, 4 each.
 */
#define ROOM           (10u << 20)
#define PRINTABLE_MAX  ((size_t)4) /* bytes that text_printable makes of one */
#define BANNER_MAX     512
#define DOMAIN_PRINTED (NAME_MAX_BYTES * PRINTABLE_MAX + 1)
#define SUMMARY_MAX    (DETAIL_MAX + 2 * INET6_ADDRSTRLEN + DOMAIN_PRINTED + 64)

struct rows {
	size_t used;
	const struct mutes *mutes; /* NULL: none */
	struct finding_row findings[FINDINGS_MAX];
	struct proof_row proofs[FINDINGS_MAX][PROOFS_MAX];
	struct exhibit exhibit;
	struct line_row lines[EVIDENCE_RECORDS_MAX];
	struct packet_row packets[EVIDENCE_RECORDS_MAX];
	struct certificate_row certificates[CHAIN_MAX];
	char room[ROOM];
};

struct rows *
rows_new(void)
{
	/* The room's pages are taken from the system when they are first used. */
	return calloc(1, sizeof(struct rows));
}

void
rows_free(struct rows *r)
{
	free(r);
}

/* The rest of the room, as a place to write text of at most want bytes and its NUL. */
static char *
room_at(struct rows *r, size_t want, size_t *cap)
{
	*cap = ROOM - r->used;
	if (*cap > want + 1)
		*cap = want + 1;
	return r->room + r->used;
}

/* Wire text, printable; at most most bytes of it. Full room yields "". */
static const char *
printable(struct rows *r, struct bytes wire, size_t most)
{
	size_t cap;
	char *out = room_at(r, most, &cap);

	if (cap == 0)
		return "";
	r->used += text_printable(wire, out, cap) + 1;
	return out;
}

/* The same, but NULL for what was not seen. */
static const char *
printable_or_null(struct rows *r, struct bytes wire)
{
	if (wire.at == NULL || wire.len == 0)
		return NULL;
	return printable(r, wire, SAMPLE_MAX * PRINTABLE_MAX);
}

static const char *
copied(struct rows *r, const char *text)
{
	size_t cap, len = strlen(text);
	char *out = room_at(r, len, &cap);

	if (cap < len + 1)
		return "";
	memcpy(out, text, len + 1);
	r->used += len + 1;
	return out;
}

static const char *
hexadecimal(struct rows *r, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char text[65];
	size_t i;

	for (i = 0; i < len && 2 * i + 2 < sizeof(text); i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * i] = '\0';
	return copied(r, text);
}

static const char *
address_of(struct rows *r, const struct address *a)
{
	char text[INET6_ADDRSTRLEN];

	address_text(a, text);
	return copied(r, text);
}

/* The network that stands for a client in an incident's key. */
static const char *
network_of_client(struct rows *r, const struct address *a)
{
	char text[NETWORK_TEXT_MAX];

	network_text(a, text);
	return copied(r, text);
}

static enum maybe
maybe_of(enum fact fact)
{
	switch (fact) {
	case FACT_UNSEEN:
		return MAYBE_NULL;
	case FACT_NO:
		return MAYBE_NO;
	case FACT_YES:
		return MAYBE_YES;
	}
	return MAYBE_NULL;
}

static const char *
seen_name(enum sides_seen seen)
{
	switch (seen) {
	case SEEN_BOTH:
		return "both";
	case SEEN_CLIENT:
		return "client";
	case SEEN_SERVER:
		return "server";
	}
	return "both";
}

static const char *
ending_name(enum ending ending)
{
	switch (ending) {
	case ENDING_FIN:
		return "fin";
	case ENDING_RESET:
		return "reset";
	case ENDING_IDLE:
		return "idle";
	case ENDING_REUSED:
		return "reused";
	case ENDING_EVICTED:
		return "evicted";
	case ENDING_CAPTURE:
		return "capture";
	}
	return "capture";
}

/* A number that has no name is told as it is on the wire. */
static const char *
named(struct rows *r, const char *name, uint16_t number)
{
	char text[8];

	if (name != NULL)
		return name;
	snprintf(text, sizeof(text), "0x%04x", number);
	return copied(r, text);
}

static bool
is_ascii(struct bytes text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.at[i] >= 0x80 || text.at[i] == 0)
			return false;
	}
	return true;
}

/* A domain as its A-labels where it has them, else printable. */
static void
domain_text(struct bytes wire, char out[DOMAIN_PRINTED])
{
	uint8_t name[NAME_MAX_BYTES + 1];
	char *labels = NULL;

	wire = bytes_first(wire, NAME_MAX_BYTES);
	if (!is_ascii(wire) && bytes_find(wire, 0) == wire.len) {
		memcpy(name, wire.at, wire.len);
		name[wire.len] = 0;
		if (idn2_to_ascii_8z((const char *)name, &labels,
				     IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
			wire = bytes_text(labels);
	}
	text_printable(bytes_first(wire, NAME_MAX_BYTES), out, DOMAIN_PRINTED);
	idn2_free(labels);
}

/* A list of domains as a JSON array is being written. */
struct array {
	char *at;
	size_t len, cap;
	size_t count;
	struct {
		size_t at, len;
	} names[DOMAINS_MAX]; /* where each stands, as written */
};

/* Printable text as a JSON string, RFC 8259 section 7. Returns its length. */
static size_t
quote(const char *text, char out[2 * DOMAIN_PRINTED + 2])
{
	size_t len = 0;

	out[len++] = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			out[len++] = '\\';
		out[len++] = *text;
	}
	out[len++] = '"';
	return len;
}

static bool
is_there(const struct array *a, const char *quoted, size_t len)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		if (a->names[i].len == len && memcmp(a->at + a->names[i].at, quoted, len) == 0)
			return true;
	}
	return false;
}

/* Add a name, which fits. */
static void
append(struct array *a, const char *quoted, size_t len)
{
	if (a->count != 0)
		a->at[a->len++] = ',';
	a->names[a->count].at = a->len;
	a->names[a->count++].len = len;
	memcpy(a->at + a->len, quoted, len);
	a->len += len;
}

/* The domains as a JSON array, each once, in order. */
static const char *
domains_text(struct rows *r, const struct bytes *domains, size_t count)
{
	char domain[DOMAIN_PRINTED], quoted[2 * DOMAIN_PRINTED + 2];
	struct array a;
	bool is_mixed = false;
	size_t i, len;

	if (count > DOMAINS_MAX)
		count = DOMAINS_MAX;
	a.len = a.count = 0;
	a.at = room_at(r, count * (sizeof(quoted) + 1) + 2, &a.cap);
	if (count == 0 || a.cap < 3)
		return "[]";
	a.at[a.len++] = '[';
	for (i = 0; i < count; i++) {
		domain_text(domains[i], domain);
		len = quote(domain, quoted);
		/*
		 * The dissector tells each once; only U-labels can have become
		 * one that was there, or have made one that comes in A-labels.
		 */
		is_mixed |= !is_ascii(domains[i]);
		if (is_mixed && is_there(&a, quoted, len))
			continue;
		if (len + 3 > a.cap - a.len)
			break; /* comma, name, bracket and NUL must fit */
		append(&a, quoted, len);
	}
	a.at[a.len++] = ']';
	a.at[a.len++] = '\0';
	r->used += a.len;
	return a.at;
}

/* No more mail in clear can follow: the session is over, or TLS is due for the rest of it. */
static bool
is_mail_over(const struct session *s)
{
	return session_is_over(s) || s->smtp.accepted == FACT_YES || s->tls.complete == FACT_YES;
}

/*
 * What the client said of mail. That it said nothing is known only where none
 * of it can be missing, nor be still to come; else it was not seen.
 */
static void
put_mail(struct rows *r, const struct session *s, struct session_row *out)
{
	bool is_whole = s->clear_whole && is_mail_over(s);

	out->domain = "";
	out->mail_count = -1;
	if (s->seen == SEEN_SERVER)
		return;
	if (is_whole || s->smtp.mail_count != 0)
		out->mail_count = s->smtp.mail_count;
	if (is_whole || s->from_count != 0)
		out->from_domains = domains_text(r, s->from_domains, s->from_count);
	if (is_whole || s->rcpt_count != 0)
		out->rcpt_domains = domains_text(r, s->rcpt_domains, s->rcpt_count);
	if (s->rcpt_count != 0) {
		char domain[DOMAIN_PRINTED];

		domain_text(s->rcpt_domains[0], domain);
		out->domain = copied(r, domain);
	}
}

/* The greeting on one line. */
static const char *
banner_text(struct rows *r, const struct session *s)
{
	uint8_t wire[BANNER_MAX];
	size_t i, len = 0;

	if (s->greetings == 0)
		return NULL;
	for (i = 0; i < s->greetings && len < sizeof(wire); i++) {
		struct bytes line = bytes_first(s->greeting[i], sizeof(wire) - len);

		if (line.len != 0)
			memcpy(wire + len, line.at, line.len);
		len += line.len;
		if (i + 1 < s->greetings && len < sizeof(wire))
			wire[len++] = ' ';
	}
	return printable(r, (struct bytes){wire, len}, BANNER_MAX * PRINTABLE_MAX);
}

static void
put_tls(struct rows *r, const struct session *s, struct session_row *out)
{
	const struct tls_facts *t = &s->tls;
	const struct certificate_facts *c = &s->certificate;

	if (t->version != 0)
		out->tls_version = named(r, tls_version_name(t->version), t->version);
	if (t->server_hello)
		out->tls_cipher = named(r, tls_cipher_name(t->cipher), t->cipher);
	out->tls_sni = printable_or_null(r, s->sni);
	out->tls_alpn = printable_or_null(r, s->alpn);
	out->tls_resumed = maybe_of(t->resumed);
	if (c->is_seen && c->is_parsed) {
		out->cert_sha256 = hexadecimal(r, c->digests.sha256, sizeof(c->digests.sha256));
		out->spki_sha256 =
		    hexadecimal(r, c->digests.spki_sha256, sizeof(c->digests.spki_sha256));
	}
	if (t->has_ja3)
		out->ja3 = hexadecimal(r, t->ja3, sizeof(t->ja3));
	if (t->has_ja4)
		out->ja4 = t->ja4;
}

static void
put_dialogue(struct rows *r, const struct session *s, struct session_row *out)
{
	out->banner = banner_text(r, s);
	out->helo = printable_or_null(r, s->helo);
	out->extended = maybe_of(s->smtp.extended);
	out->offered = maybe_of(s->smtp.offered);
	out->requested = maybe_of(s->smtp.requested);
	out->accepted = maybe_of(s->smtp.accepted);
	out->auth = printable_or_null(r, s->auth);
	put_mail(r, s, out);
}

static void
put_flow(struct rows *r, const struct session *s, enum outcome outcome, struct session_row *out)
{
	out->start = s->start;
	out->end = s->end < s->start ? s->start : s->end;
	out->service = service_name(s->service);
	out->client = address_of(r, &s->client);
	out->client_port = s->client_port;
	out->client_net = network_of_client(r, &s->client);
	out->server = address_of(r, &s->server);
	out->server_port = s->server_port;
	out->community_id = s->community_id[0] == '\0' ? NULL : s->community_id;
	out->complete = s->complete;
	out->gap_bytes = (int64_t)s->gap_bytes;
	out->seen = seen_name(s->seen);
	out->outcome = outcome_name(outcome);
	out->ending = ending_name(s->ending);
	out->packets = (int64_t)s->packets;
	out->client_bytes = (int64_t)s->bytes[SIDE_CLIENT];
	out->server_bytes = (int64_t)s->bytes[SIDE_SERVER];
	out->encap = s->encap[0] == '\0' ? NULL : s->encap;
}

/* Who, to whom, and what: the finding's sentence alone names nobody. */
static const char *
summary_text(struct rows *r, const struct session_row *row, const struct finding *f)
{
	bool is_v6 = strchr(row->server, ':') != NULL;
	bool has_domain = row->domain[0] != '\0';
	char text[SUMMARY_MAX];

	snprintf(text, sizeof(text), "%s to %s%s%s:%u%s%s%s: %s", row->client, is_v6 ? "[" : "",
		 row->server, is_v6 ? "]" : "", row->server_port, has_domain ? " (mail for " : "",
		 row->domain, has_domain ? ")" : "", f->detail);
	return copied(r, text);
}

void
rows_mute(struct rows *r, const struct mutes *mutes)
{
	r->mutes = mutes;
}

/* The id of the mute that a finding falls under; 0: none. */
static int64_t
mute_of(const struct rows *r, const struct session_row *row, const struct finding *f)
{
	const struct scope_case c = {.kind = f->kind->name,
				     .client = row->client,
				     .server = row->server,
				     .domain = row->domain,
				     .severity = f->severity};
	const struct mute *m = r->mutes == NULL ? NULL : mutes_find(r->mutes, &c, row->start);

	return m == NULL ? 0 : m->id;
}

static void
put_finding(struct rows *r, size_t i, const struct session_row *row, const struct finding *f)
{
	size_t k;

	for (k = 0; k < f->proof_count && k < PROOFS_MAX; k++)
		r->proofs[i][k] = (struct proof_row){f->proofs[k].what, f->proofs[k].value,
						     f->proofs[k].is_count};
	r->findings[i] = (struct finding_row){
	    .kind = f->kind->name,
	    .severity = (enum severity_rank)f->severity,
	    .certainty = (enum certainty_rank)f->certainty,
	    .where = where_name(f->where),
	    .detail = f->detail,
	    .summary = summary_text(r, row, f),
	    .refuted_by = f->refuted_by,
	    .title = f->kind->title,
	    .is_of_path = !f->kind->is_own_doing,
	    .proofs = r->proofs[i],
	    .proof_count = k,
	    .mute_id = mute_of(r, row, f),
	};
}

static void
put_findings(struct rows *r, const struct verdict *v, struct session_row *out)
{
	size_t i;

	for (i = 0; i < v->count && i < FINDINGS_MAX; i++)
		put_finding(r, i, out, &v->findings[i]);
	out->findings = r->findings;
	out->finding_count = i;
}

void
rows_finding(struct rows *r, const struct session_row *row, const struct finding *f,
	     struct finding_row *out)
{
	r->used = 0;
	put_finding(r, 0, row, f);
	*out = r->findings[0];
}

static void
put_item(struct rows *r, const struct evidence_item *item)
{
	struct exhibit *e = &r->exhibit;
	bool from_server = item->from == SIDE_SERVER;

	switch (item->kind) {
	case EVIDENCE_LINE:
		if (e->line_count == EVIDENCE_RECORDS_MAX)
			break;
		r->lines[e->line_count++] =
		    (struct line_row){item->time, from_server,
				      printable(r, item->bytes, item->bytes.len * PRINTABLE_MAX)};
		return;
	case EVIDENCE_PACKET:
		if (e->packet_count == EVIDENCE_RECORDS_MAX)
			break;
		r->packets[e->packet_count++] =
		    (struct packet_row){item->time,     item->from == SIDE_SERVER,
					item->linktype, item->wire_len,
					item->bytes.at, item->bytes.len};
		return;
	case EVIDENCE_CERTIFICATE:
		if (e->certificate_count == CHAIN_MAX)
			break;
		r->certificates[e->certificate_count++] =
		    (struct certificate_row){item->bytes.at, item->bytes.len};
		return;
	}
	e->is_whole = false;
}

static void
put_exhibit(struct rows *r, const struct evidence_view *evidence, struct session_row *out)
{
	size_t i;

	if (evidence == NULL || out->finding_count == 0)
		return;
	r->exhibit = (struct exhibit){.lines = r->lines,
				      .packets = r->packets,
				      .certificates = r->certificates,
				      .is_whole = evidence->is_whole};
	for (i = 0; i < evidence->count; i++)
		put_item(r, &evidence->items[i]);
	out->exhibit = &r->exhibit;
}

void
rows_of(struct rows *r, const struct session *s, const struct verdict *v,
	const struct evidence_view *evidence, struct session_row *out)
{
	r->used = 0;
	*out = (struct session_row){0};
	put_flow(r, s, v->outcome, out);
	put_dialogue(r, s, out);
	put_tls(r, s, out);
	put_findings(r, v, out);
	put_exhibit(r, evidence, out);
}
