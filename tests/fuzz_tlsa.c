/*
 * TLSA records against a chain. The input is the time of the session in seconds
 * (4), a count of records (1), each RDATA with 2 of length in front, then
 * certificates (2 of length each).
 *
 * What numbers say of a chain is checked against what OpenSSL's own DANE says of it
 * (tests/openssl_dane.h): where both know, they agree.
 */
#include "monitor/certificate.h"
#include "monitor/policy/tlsa_der.h"
#include "monitor/policy/webpki.h"
#include "tests/demand.h"
#include "tests/openssl_dane.h"

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

/* What numbers say, OpenSSL says too. */
static void
check_match(const struct dane_session *s, const struct bytes *chain, size_t count, int64_t time)
{
	enum dane_match match = dane_match(s);
	bool is_known, is_taken;

	demand((match == DANE_NOT_APPLICABLE) == !dane_has_usable(&s->records));
	demand(s->certificate->is_parsed || match <= DANE_NOT_APPLICABLE);
	if (match <= DANE_NOT_APPLICABLE)
		return;
	is_taken = openssl_dane(s, chain, count, time, &is_known);
	if (is_known)
		demand(is_taken == (match == DANE_MATCHED));
}

static void
check_host(const struct certificate_facts *facts, const struct domain *host)
{
	struct webpki out;

	webpki_of(facts, host, &out);
	demand(out.trusted == FACT_UNSEEN); /* no CA file */
	demand(webpki_is_valid(&out) != FACT_YES);
}

/* What the reader finds in the chain, without a CA file. */
static struct certificate_facts
read_chain(const struct bytes *chain, size_t count, int64_t time)
{
	static struct certifier *c;
	struct certificate_facts facts;
	struct digests d;
	char why[128];

	if (c == NULL)
		c = certifier_new(NULL, why, sizeof(why));
	demand(c != NULL);
	d = certifier_digests(c);
	d.certificate(d.ctx, chain, count, BYTES(""), time, &facts);
	return facts;
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
	struct cursor c = cursor_over((struct bytes){data, size});
	int64_t time = (int64_t)cursor_u32(&c) * 1000000;
	size_t count = cursor_u8(&c) % (RECORDS_MAX + 1);
	struct bytes rdata[RECORDS_MAX], chain[CERTS_MAX];
	struct tlsa records[RECORDS_MAX];
	struct certificate_facts facts;
	struct dane_session s = {.records = {records, 0}, .certificate = &facts, .name_count = 1};

	demand(domain_read(BYTES("mx.example.com"), &s.names[0]) == DOMAIN_OK);
	count = read_all(&c, rdata, count);
	for (size_t i = 0; i < count; i++)
		if (tlsa_read(rdata[i], &records[s.records.count])) {
			tlsa_der_read(&records[s.records.count]);
			check_record(&records[s.records.count++]);
		}
	count = read_all(&c, chain, CERTS_MAX);
	facts = read_chain(chain, count, time);
	check_match(&s, chain, count, time);
	check_host(&facts, &s.names[0]);
	s.certificate = NULL;
	demand(dane_match(&s) ==
	       (dane_has_usable(&s.records) ? DANE_NOT_OBSERVABLE : DANE_NOT_APPLICABLE));
	return 0;
}
