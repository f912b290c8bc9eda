/* Messages between keeper and checker; see checker_message.h. */
#include "monitor/role/checker_message.h"

#include "dissector/text.h"
#include "monitor/role/fields.h"

#define TLSA_FIXED 3 /* bytes before the data of a TLSA record */

static const struct field config_fields[] = {
    FIELD_BOOL(checker_config, dns.is_trusted),
    FIELD_BOOL(checker_config, is_private),
    FIELD_TEXT(checker_config, user),
};

static const struct field resolver_fields[] = {
    FIELD_ADDRESS(dns_resolver, address),
    FIELD_NUMBER(dns_resolver, port),
};

#define CACHED(form, m) FIELD_##form(lookup_request, cache.m)

static const struct field lookup_fields[] = {
    FIELD_TEXT(lookup_request, domain.text),
    CACHED(BOOL, is_known),
    CACHED(TEXT, id),
    FIELD_CHOICE(lookup_request, cache.mode, STS_MODE_ENFORCE),
    CACHED(NUMBER, max_age),
    CACHED(TIME, fetched),
    CACHED(RAW, digest),
    CACHED(BOOL, is_edited),
    FIELD_CHOICE(lookup_request, cache.trouble, STS_POLICY_BROKEN),
    CACHED(NUMBER, failures),
    CACHED(TIME, failing_since),
    CACHED(TIME, asked),
    CACHED(TIME, ask_after),
    CACHED(BOOL, wants_fetch),
    CACHED(TEXT, seen_id),
    CACHED(TEXT, refused_id),
    CACHED(TIME, fetch_after),
    FIELD_TIME(lookup_request, now),
    FIELD_NUMBER(lookup_request, origin),
    FIELD_BOOL(lookup_request, is_known),
};

static const struct field not_now_fields[] = {
    FIELD_TEXT(not_now, domain.text),
    FIELD_CHOICE(not_now, why, LOOKUPS_FULL),
};

#define ANSWER(m) FIELD_CHOICE(learnt, m, ANSWER_UNAVAILABLE)

static const struct field learnt_fields[] = {
    FIELD_TEXT(learnt, domain.text),
    FIELD_BOOL(learnt, is_part),
    FIELD_BOOL(learnt, can_be_secure),
    FIELD_BOOL(learnt, was_served),
    ANSWER(sts_answer),
    FIELD_NUMBER(learnt, sts_ttl),
    FIELD_CHOICE(learnt, sts_record.state, STS_RECORD_INVALID),
    FIELD_TEXT(learnt, sts_record.id),
    FIELD_CHOICE(learnt, fetch, LEARNT_NO_FETCH),
    ANSWER(tlsrpt_answer),
    FIELD_CHOICE(learnt, tlsrpt.state, TLSRPT_INVALID),
    ANSWER(mx_answer),
    FIELD_CHOICE(learnt, mx.form, MX_NULL),
    FIELD_BOOL(learnt, mx.is_whole),
    FIELD_TEXT(learnt, alias.text),
};

static const struct field host_fields[] = {
    FIELD_TEXT(mx_host, name.text),
    FIELD_NUMBER(mx_host, preference),
    FIELD_BOOL(mx_host, is_whole),
};

#define HOST_ANSWER(m) FIELD_CHOICE(learnt_host, m, ANSWER_UNAVAILABLE)

static const struct field asked_fields[] = {
    HOST_ANSWER(dane.address),
    FIELD_BOOL(learnt_host, dane.is_alias),
    HOST_ANSWER(dane.alias),
    HOST_ANSWER(dane.tlsa[DANE_BASE_EXPANDED]),
    HOST_ANSWER(dane.tlsa[DANE_BASE_ORIGINAL]),
    FIELD_TEXT(learnt_host, expanded.text),
};

/* One that may be asked for, and is written as such names are. */
static bool
is_good(const struct domain *d)
{
	struct domain again;

	return domain_read(domain_bytes(d), &again) == DOMAIN_OK && domain_equal(d, &again);
}

/* ---- Configuration, and what to look up ---- */

void
checker_message_put_config(struct packer *p, const struct checker_config *c)
{
	size_t begun = message_begin(p, MESSAGE_CHECKER);

	fields_put(p, config_fields, FIELDS(config_fields), c);
	pack_u8(p, (uint8_t)c->dns.count);
	for (size_t i = 0; i < c->dns.count; i++)
		fields_put(p, resolver_fields, FIELDS(resolver_fields), &c->dns.resolvers[i]);
	message_end(p, begun);
}

bool
checker_message_get_config(struct bytes body, struct checker_config *out)
{
	struct cursor c = cursor_over(body);

	memset(out, 0, sizeof(*out));
	if (!fields_get(&c, config_fields, FIELDS(config_fields), out))
		return false;
	out->dns.count = cursor_u8(&c);
	if (out->dns.count > DNS_RESOLVERS_MAX)
		return false;
	for (size_t i = 0; i < out->dns.count; i++)
		if (!fields_get(&c, resolver_fields, FIELDS(resolver_fields),
				&out->dns.resolvers[i]) ||
		    out->dns.resolvers[i].port == 0)
			return false;
	return cursor_is_spent(&c);
}

void
checker_message_put_lookup(struct packer *p, const struct lookup_request *r)
{
	size_t begun = message_begin(p, MESSAGE_LOOKUP);

	fields_put(p, lookup_fields, FIELDS(lookup_fields), r);
	message_end(p, begun);
}

bool
checker_message_get_lookup(struct bytes body, struct lookup_request *out)
{
	struct cursor c = cursor_over(body);

	memset(out, 0, sizeof(*out));
	return fields_get(&c, lookup_fields, FIELDS(lookup_fields), out) && cursor_is_spent(&c) &&
	       is_good(&out->domain);
}

void
checker_message_put_not_now(struct packer *p, const struct not_now *n)
{
	size_t begun = message_begin(p, MESSAGE_NOT_NOW);

	fields_put(p, not_now_fields, FIELDS(not_now_fields), n);
	message_end(p, begun);
}

bool
checker_message_get_not_now(struct bytes body, struct not_now *out)
{
	struct cursor c = cursor_over(body);

	memset(out, 0, sizeof(*out));
	return fields_get(&c, not_now_fields, FIELDS(not_now_fields), out) && cursor_is_spent(&c) &&
	       is_good(&out->domain) && out->why != LOOKUPS_TAKEN;
}

/* ---- What was learnt: texts ---- */

/* A printable text that is no longer than size, NUL included, and not empty. */
static bool
get_text(struct cursor *c, char *out, size_t size)
{
	struct bytes text = cursor_vector16(c).rest;

	if (c->is_short || text.len == 0 || text.len >= size)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	memcpy(out, text.at, text.len);
	out[text.len] = '\0';
	return true;
}

static void
put_problems(struct packer *p, const struct problems *problems)
{
	pack_u8(p, (uint8_t)problems->count);
	pack_u32(p, problems->omitted < UINT32_MAX ? (uint32_t)problems->omitted : UINT32_MAX);
	for (size_t i = 0; i < problems->count; i++)
		pack_vector16(p, bytes_text(problems->text[i]));
}

static bool
get_problems(struct cursor *c, struct problems *out)
{
	size_t count = cursor_u8(c);

	out->omitted = cursor_u32(c);
	if (count > PROBLEMS_MAX)
		return false;
	while (out->count < count)
		if (!get_text(c, out->text[out->count++], PROBLEM_TEXT_MAX))
			return false;
	return true;
}

static void
put_rua(struct packer *p, const struct tlsrpt *t)
{
	pack_u8(p, (uint8_t)t->count);
	for (size_t i = 0; i < t->count; i++)
		pack_vector16(p, bytes_text(t->rua[i]));
}

static bool
get_rua(struct cursor *c, struct tlsrpt *out)
{
	size_t count = cursor_u8(c);

	if (count > TLSRPT_URIS_MAX || (count > 0 && out->state != TLSRPT_FOUND))
		return false;
	while (out->count < count)
		if (!get_text(c, out->rua[out->count++], TLSRPT_URI_MAX))
			return false;
	return true;
}

/* ---- Hosts ---- */

static void
put_addresses(struct packer *p, const struct mx_host *host)
{
	static const struct field address[] = {{0, FORM_ADDRESS, sizeof(struct address), 0}};

	pack_u8(p, (uint8_t)host->address_count);
	for (size_t i = 0; i < host->address_count; i++)
		fields_put(p, address, 1, &host->addresses[i]);
}

static bool
get_addresses(struct cursor *c, struct mx_host *out)
{
	static const struct field address[] = {{0, FORM_ADDRESS, sizeof(struct address), 0}};

	out->address_count = cursor_u8(c);
	if (out->address_count > MX_ADDRESSES_MAX)
		return false;
	for (size_t i = 0; i < out->address_count; i++)
		if (!fields_get(c, address, 1, &out->addresses[i]))
			return false;
	return true;
}

static void
put_records(struct packer *p, const struct tlsa_set *set)
{
	pack_u16(p, (uint16_t)set->count);
	for (size_t i = 0; i < set->count; i++) {
		const struct tlsa *t = &set->records[i];

		pack_u16(p, (uint16_t)(TLSA_FIXED + t->data.len));
		pack_u8(p, t->usage);
		pack_u8(p, t->selector);
		pack_u8(p, t->matching);
		pack_bytes(p, t->data);
		pack_u8(p, t->is_der);
		pack_u32(p, t->subject);
	}
}

/* What was found in data that is there in full, and of no other. */
static bool
get_record(struct cursor *c, struct tlsa *out)
{
	struct bytes rdata = cursor_vector16(c).rest;
	uint8_t is_der = cursor_u8(c);
	uint32_t subject = cursor_u32(c);

	if (c->is_short || !tlsa_read(rdata, out) || is_der > 1 ||
	    (is_der == 1 && (out->matching != TLSA_FULL || out->data.len == 0)) ||
	    (subject != 0 && (is_der == 0 || out->selector != TLSA_CERTIFICATE)))
		return false;
	out->is_der = is_der == 1;
	out->subject = subject;
	return true;
}

static bool
get_records(struct cursor *c, struct learnt *out, size_t host, enum dane_base base)
{
	struct tlsa records[LEARNT_TLSA_RECORDS];
	size_t count = cursor_u16(c);

	if (count > LEARNT_TLSA_RECORDS ||
	    (count > 0 && !answer_is_present(out->hosts[host].dane.tlsa[base])))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!get_record(c, &records[i]))
			return false;
	return count == 0 || learnt_set_tlsa(out, host, base, records, count);
}

static void
put_host(struct packer *p, const struct mx_host *host, const struct learnt_host *asked)
{
	fields_put(p, host_fields, FIELDS(host_fields), host);
	put_addresses(p, host);
	fields_put(p, asked_fields, FIELDS(asked_fields), asked);
	put_records(p, &asked->dane.records[DANE_BASE_EXPANDED]);
	put_records(p, &asked->dane.records[DANE_BASE_ORIGINAL]);
}

static bool
get_host(struct cursor *c, struct learnt *out, size_t i)
{
	struct mx_host *host = &out->mx.hosts[i];
	struct learnt_host *asked = &out->hosts[i];

	asked->dane.mx = out->mx_answer;
	return fields_get(c, host_fields, FIELDS(host_fields), host) && is_good(&host->name) &&
	       get_addresses(c, host) && fields_get(c, asked_fields, FIELDS(asked_fields), asked) &&
	       (asked->expanded.text[0] == '\0' || is_good(&asked->expanded)) &&
	       get_records(c, out, i, DANE_BASE_EXPANDED) &&
	       get_records(c, out, i, DANE_BASE_ORIGINAL);
}

/* By preference, and as many as the form of the MX has. */
static bool
get_hosts(struct cursor *c, struct learnt *out)
{
	size_t count = cursor_u8(c);

	if (count > MX_HOSTS_MAX || (out->mx.form == MX_UNKNOWN) == answer_is_known(out->mx_answer))
		return false;
	if (out->mx.form == MX_IMPLICIT ? count != 1 : out->mx.form != MX_LISTED && count != 0)
		return false;
	for (; out->mx.count < count; out->mx.count++) {
		size_t i = out->mx.count;

		if (!get_host(c, out, i))
			return false;
		if (i > 0 && out->mx.hosts[i - 1].preference > out->mx.hosts[i].preference)
			return false;
	}
	return out->mx.form != MX_IMPLICIT || domain_equal(&out->mx.hosts[0].name, &out->domain);
}

/* ---- The whole ---- */

void
checker_message_put_learnt(struct packer *p, const struct learnt *l)
{
	size_t begun = message_begin(p, MESSAGE_LEARNT);

	fields_put(p, learnt_fields, FIELDS(learnt_fields), l);
	pack_vector24(p, l->text);
	put_problems(p, &l->sts_problems);
	put_problems(p, &l->tlsrpt_problems);
	put_problems(p, &l->mx_problems);
	put_rua(p, &l->tlsrpt);
	pack_u8(p, (uint8_t)l->mx.count);
	for (size_t i = 0; i < l->mx.count; i++)
		put_host(p, &l->mx.hosts[i], &l->hosts[i]);
	message_end(p, begun);
}

/* An id where there is a record, and only of the form that one has. */
static bool
is_record_good(const struct sts_record *r)
{
	for (const char *c = r->id; *c != '\0'; c++)
		if (!text_is_alpha((uint8_t)*c) && !text_is_digit((uint8_t)*c))
			return false;
	return (r->state == STS_RECORD_FOUND) == (r->id[0] != '\0');
}

static bool
get_policy(struct cursor *c, struct learnt *out)
{
	struct bytes text = cursor_vector24(c).rest;

	if (c->is_short || text.len > STS_TEXT_MAX ||
	    (text.len > 0 && out->fetch != LEARNT_FETCHED) ||
	    (out->fetch != LEARNT_NOT_TRIED && out->sts_record.state != STS_RECORD_FOUND))
		return false;
	return out->fetch != LEARNT_FETCHED || learnt_set_text(out, text);
}

/* A part says nothing of the policy, and something of the hosts. */
static bool
is_part_good(const struct learnt *l)
{
	return !l->is_part ||
	       (answer_is_known(l->mx_answer) && l->sts_answer == ANSWER_UNASKED &&
		l->sts_record.state == STS_RECORD_ABSENT && l->fetch == LEARNT_NOT_TRIED &&
		l->tlsrpt_answer == ANSWER_UNASKED && l->tlsrpt.state == TLSRPT_ABSENT);
}

static bool
get_learnt(struct cursor *c, struct learnt *out)
{
	return fields_get(c, learnt_fields, FIELDS(learnt_fields), out) && is_good(&out->domain) &&
	       (out->alias.text[0] == '\0' || is_good(&out->alias)) && is_part_good(out) &&
	       is_record_good(&out->sts_record) && get_policy(c, out) &&
	       get_problems(c, &out->sts_problems) && get_problems(c, &out->tlsrpt_problems) &&
	       get_problems(c, &out->mx_problems) && get_rua(c, &out->tlsrpt) &&
	       get_hosts(c, out) && cursor_is_spent(c);
}

struct learnt *
checker_message_get_learnt(struct bytes body)
{
	static const struct domain none = {0};
	struct cursor c = cursor_over(body);
	struct learnt *l = learnt_new(&none);

	if (l != NULL && get_learnt(&c, l))
		return l;
	learnt_free(l);
	return NULL;
}
