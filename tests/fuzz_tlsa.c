/*
 * TLSA records against a chain. The input is the time of the session in seconds
 * (4), a count of records (1), each RDATA with 2 of length in front, then
 * certificates (2 of length each).
 *
 * Where all records are DANE-EE(3) by digest, what OpenSSL says is checked against
 * the rule itself, RFC 7671 section 9 with it.
 */
#include <openssl/evp.h>

#include "monitor/policy/dane.h"
#include "monitor/policy/webpki.h"
#include "monitor/presented.h"
#include "tests/demand.h"

#define RECORDS_MAX 16
#define CERTS_MAX   8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_record(const struct tlsa *t)
{
	struct problems problems = {0};
	char text[TLSA_TEXT_MAX];

	tlsa_text(t, text);
	demand(strlen(text) < sizeof(text));
	tlsa_explain(t, &problems);
	demand(problems.count > 0 || tlsa_use(t) == TLSA_USABLE);
	for (size_t i = 0; i < problems.count; i++)
		demand_printable(problems.text[i]);
}

/* All usable ones are DANE-EE(3), by digest. */
static bool
is_plain(const struct tlsa_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (tlsa_use(&set->records[i]) == TLSA_USABLE &&
		    (set->records[i].usage != TLSA_DANE_EE ||
		     set->records[i].matching == TLSA_FULL))
			return false;
	return true;
}

static bool
is_digest_of(const struct tlsa *t, X509 *leaf)
{
	uint8_t *full = NULL, digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int full_len = t->selector == TLSA_CERTIFICATE
			   ? i2d_X509(leaf, &full)
			   : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &full);
	bool is_same;

	demand(full_len > 0);
	EVP_Digest(full, (size_t)full_len, digest, &len,
		   t->matching == TLSA_SHA256 ? EVP_sha256() : EVP_sha512(), NULL);
	is_same = bytes_equal(t->data, (struct bytes){digest, len});
	OPENSSL_free(full);
	return is_same;
}

static bool
has_stronger(const struct tlsa_set *set, const struct tlsa *than)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->records[i].selector == than->selector &&
		    set->records[i].matching > than->matching &&
		    tlsa_use(&set->records[i]) == TLSA_USABLE)
			return true;
	return false;
}

static bool
is_match(const struct tlsa_set *set, X509 *leaf)
{
	for (size_t i = 0; i < set->count; i++)
		if (tlsa_use(&set->records[i]) == TLSA_USABLE &&
		    !has_stronger(set, &set->records[i]) && is_digest_of(&set->records[i], leaf))
			return true;
	return false;
}

static void
check_match(const struct dane_session *s, enum dane_match match)
{
	struct presented p;

	demand((match == DANE_NOT_APPLICABLE) == !dane_has_usable(&s->records));
	if (!is_plain(&s->records) || match == DANE_NOT_APPLICABLE)
		return;
	if (!presented_read(s->chain, s->chain_count, &p)) {
		demand(match == DANE_NOT_OBSERVABLE);
		return;
	}
	if (match != DANE_NOT_OBSERVABLE)
		demand(match == (is_match(&s->records, p.leaf) ? DANE_MATCHED : DANE_NO_MATCH));
	presented_free(&p);
}

static void
check_host(const struct dane_session *s)
{
	static X509_STORE *store;
	struct webpki_session w = {.is_visible = true,
				   .chain = s->chain,
				   .chain_count = s->chain_count,
				   .is_chain_whole = true,
				   .host = &s->names[0],
				   .time = s->time};
	struct webpki out;

	if (store == NULL)
		store = X509_STORE_new();
	webpki_verify(store, &w, &out);
	demand(out.trusted != FACT_YES);
	demand(webpki_is_valid(&out) != FACT_YES);
}

static size_t
read_all(struct cursor *c, struct bytes *out, size_t max)
{
	size_t count = 0;

	while (count < max && c->rest.len > 0) {
		struct bytes one = cursor_vector16(c).rest;

		if (!c->is_short)
			out[count++] = one;
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dane_matcher *matcher;
	struct cursor c = cursor_over((struct bytes){data, size});
	struct bytes rdata[RECORDS_MAX], chain[CERTS_MAX];
	struct tlsa records[RECORDS_MAX];
	struct dane_session s = {.is_visible = true,
				 .chain = chain,
				 .is_chain_whole = true,
				 .name_count = 1,
				 .time = (int64_t)cursor_u32(&c) * 1000000};
	size_t count = cursor_u8(&c) % (RECORDS_MAX + 1);

	if (matcher == NULL)
		matcher = dane_matcher_new();
	demand(matcher != NULL && domain_read(BYTES("mx.example.com"), &s.names[0]) == DOMAIN_OK);
	count = read_all(&c, rdata, count);
	s.records.records = records;
	for (size_t i = 0; i < count; i++)
		if (tlsa_read(rdata[i], &records[s.records.count]))
			check_record(&records[s.records.count++]);
	s.chain_count = read_all(&c, chain, CERTS_MAX);
	check_match(&s, dane_match(matcher, &s));
	check_host(&s);
	s.is_visible = false;
	demand(dane_match(matcher, &s) ==
	       (dane_has_usable(&s.records) ? DANE_NOT_OBSERVABLE : DANE_NOT_APPLICABLE));
	return 0;
}
