/*
 * Certificates against TLSA records; see dane.h. The reader made the digests and
 * followed the chain, by OpenSSL and behind its sandbox: here numbers are compared.
 */
#include <openssl/sha.h>

#include "monitor/policy/dane.h"
#include "monitor/policy/named.h"

/* A stronger digest of the same usage and selector leaves this one without a say. */
static bool
is_outdone(const struct tlsa_set *set, const struct tlsa *t)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct tlsa *other = &set->records[i];

		/* Full data is no digest. By number: SHA-512 is the larger, RFC 6698 section 7.4.
		 */
		if (t->matching != TLSA_FULL && other->usage == t->usage &&
		    other->selector == t->selector && other->matching > t->matching &&
		    tlsa_use(other) == TLSA_USABLE)
			return true;
	}
	return false;
}

static bool
names_it(const struct tlsa *t, const struct certificate_digests *d)
{
	bool is_key = t->selector == TLSA_PUBLIC_KEY;
	struct bytes sha256 = {is_key ? d->spki_sha256 : d->sha256, sizeof(d->sha256)};
	struct bytes sha512 = {is_key ? d->spki_sha512 : d->sha512, sizeof(d->sha512)};
	uint8_t digest[SHA256_DIGEST_LENGTH];

	if (t->matching == TLSA_SHA256)
		return bytes_equal(t->data, sha256);
	if (t->matching == TLSA_SHA512)
		return bytes_equal(bytes_first(t->data, SHA512_KEPT), sha512);
	SHA256(t->data.at, t->data.len, digest);
	return memcmp(digest, sha256.at, sizeof(digest)) == 0;
}

/* At the end of a good way: RFC 7672 section 3.2.3. */
static enum dane_match
match_names(const struct dane_session *s)
{
	enum dane_match match = DANE_WRONG_NAME;

	for (size_t i = 0; i < s->name_count && i < DANE_NAMES_MAX; i++) {
		enum fact is_named = named_has(s->certificate, &s->names[i]);

		if (is_named == FACT_YES)
			return DANE_MATCHED;
		if (is_named == FACT_UNSEEN)
			match = DANE_NOT_OBSERVABLE;
	}
	return match;
}

/* The authority that a DANE-TA record names, and the way there. */
static enum dane_match
match_authority(const struct dane_session *s, const struct tlsa *t)
{
	const struct certificate_facts *c = s->certificate;
	enum dane_match match = DANE_NO_MATCH;

	for (size_t i = 0; i < c->issuer_count && match == DANE_NO_MATCH; i++) {
		if (c->issuers[i].way == WAY_NONE || !names_it(t, &c->issuers[i].digests))
			continue;
		if (c->issuers[i].way == WAY_GOOD)
			match = match_names(s);
		else
			match =
			    c->issuers[i].way == WAY_BROKEN ? DANE_BROKEN_CHAIN : DANE_OUT_OF_DATE;
	}
	return match;
}

static bool
may_be(uint32_t issued_by, uint32_t subject)
{
	return issued_by == subject || issued_by == 0 || subject == 0;
}

/* Does any certificate on the way from the leaf name this subject as its issuer? */
static bool
may_issue(const struct certificate_facts *c, uint32_t subject)
{
	if (may_be(c->issued_by, subject))
		return true;
	for (size_t i = 0; i < c->issuer_count; i++)
		if (c->issuers[i].way != WAY_NONE && may_be(c->issuers[i].issued_by, subject))
			return true;
	return false;
}

/*
 * Could what names no certificate here name one that was not seen? An authority that the record
 * holds whole need not be sent, RFC 7671 section 5.2.2; then the chain ends in one that names it
 * as its issuer. A bare key has no name.
 */
static bool
may_name_another(const struct dane_session *s, const struct tlsa *t)
{
	const struct certificate_facts *c = s->certificate;

	if (!c->is_whole || c->issuer_count + 1 < c->chain_len)
		return true;
	return t->matching == TLSA_FULL &&
	       (t->selector == TLSA_PUBLIC_KEY || may_issue(c, t->subject));
}

/* Whoever is the authority: the leaf is out of date, or for another host. */
static enum dane_match
match_unseen(const struct dane_session *s)
{
	if (s->certificate->expired == FACT_YES)
		return DANE_OUT_OF_DATE;
	return match_names(s) == DANE_WRONG_NAME ? DANE_WRONG_NAME : DANE_NOT_OBSERVABLE;
}

static enum dane_match
match_record(const struct dane_session *s, const struct tlsa *t)
{
	enum dane_match match;

	if (t->usage == TLSA_DANE_EE)
		return names_it(t, &s->certificate->digests) ? DANE_MATCHED : DANE_NO_MATCH;
	match = match_authority(s, t);
	return match == DANE_NO_MATCH && may_name_another(s, t) ? match_unseen(s) : match;
}

/* Any one match suffices; what could not be seen could be one; a near miss tells more than none. */
static enum dane_match
better(enum dane_match a, enum dane_match b)
{
	if (a == DANE_MATCHED || b == DANE_MATCHED)
		return DANE_MATCHED;
	if (a == DANE_NOT_OBSERVABLE || b == DANE_NOT_OBSERVABLE)
		return DANE_NOT_OBSERVABLE;
	return a == DANE_NO_MATCH ? b : a;
}

bool
dane_is_unmatched(enum dane_match match)
{
	switch (match) {
	case DANE_NOT_OBSERVABLE:
	case DANE_NOT_APPLICABLE:
	case DANE_MATCHED:
		return false;
	case DANE_NO_MATCH:
	case DANE_WRONG_NAME:
	case DANE_OUT_OF_DATE:
	case DANE_BROKEN_CHAIN:
		return true;
	}
	return false;
}

enum dane_match
dane_match(const struct dane_session *s)
{
	enum dane_match match = DANE_NO_MATCH;

	if (!dane_has_usable(&s->records))
		return DANE_NOT_APPLICABLE;
	if (s->certificate == NULL || !s->certificate->is_seen || !s->certificate->is_parsed ||
	    s->name_count == 0)
		return DANE_NOT_OBSERVABLE;
	for (size_t i = 0; i < s->records.count && match != DANE_MATCHED; i++) {
		const struct tlsa *t = &s->records.records[i];

		if (tlsa_use(t) == TLSA_USABLE && !is_outdone(&s->records, t))
			match = better(match, match_record(s, t));
	}
	return match;
}
