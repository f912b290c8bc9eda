/*
 * Certificates as MTA-STS wants them, of the policy host (RFC 8461 section 3.3)
 * and of an MX host (section 4.2). Numbers: see monitor_sts.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "monitor/policy/policy.h"
#include "tests/certify.h"

static struct made root, middle, other;
static struct certifier *reader, *without; /* ... a CA file */

static int
make_all(void **state)
{
	(void)state;
	x509_make(&root, &(struct making){.cn = "Root", .end = BEGIN + 3650 * DAY});
	x509_make(&middle, &(struct making){.cn = "Middle", .issuer = &root});
	x509_make(&other, &(struct making){.cn = "Another root"});
	reader = certifier(&root, NULL);
	without = certifier(NULL, NULL);
	return 0;
}

static int
unmake_all(void **state)
{
	(void)state;
	x509_unmake(&root);
	x509_unmake(&middle);
	x509_unmake(&other);
	certifier_free(reader);
	certifier_free(without);
	return 0;
}

static struct webpki
verify(const struct bytes *chain, size_t count, const char *host, int64_t time)
{
	struct certificate_facts facts = certify_at(reader, chain, count, "", time);
	struct domain d;
	struct webpki w;

	assert_int_equal(domain_read(bytes_text(host), &d), DOMAIN_OK);
	webpki_of(&facts, &d, &w);
	return w;
}

struct name_row {
	const char *name;
	const char *cn, *names; /* of the certificate */
	const char *host;
	enum fact named;
};

/* Sections 3.3 and 4.2: a DNS-ID, RFC 6125; a wildcard is the whole left-most label. */
static void
a_dns_name_must_be_the_hosts(void **state)
{
	static const struct name_row rows[] = {
	    {"the name", "x", "DNS:mta-sts.example.com", "mta-sts.example.com", FACT_YES},
	    {"case", "x", "DNS:MTA-STS.Example.com", "mta-sts.example.com", FACT_YES},
	    {"the second of two", "x", "DNS:a.example,DNS:mta-sts.example.com",
	     "mta-sts.example.com", FACT_YES},
	    {"(28) a CN and no names", "mta-sts.example.com", NULL, "mta-sts.example.com", FACT_NO},
	    {"(28) a CN and another name", "mta-sts.example.com", "DNS:www.example.com",
	     "mta-sts.example.com", FACT_NO},
	    {"(28) a CN and a name that is no DNS name", "mta-sts.example.com",
	     "email:a@example.com", "mta-sts.example.com", FACT_NO},
	    {"(29) a wildcard", "x", "DNS:*.example.com", "mta-sts.example.com", FACT_YES},
	    {"(29) a wildcard of one label", "x", "DNS:*.example.com", "mta-sts.a.example.com",
	     FACT_NO},
	    {"(29) a wildcard of no label", "x", "DNS:*.example.com", "example.com", FACT_NO},
	    {"(29) a part of a label", "x", "DNS:mta*.example.com", "mta-sts.example.com", FACT_NO},
	    {"(29) a wildcard inside", "x", "DNS:mta-sts.*.com", "mta-sts.example.com", FACT_NO},
	    {"(30) a wildcard above the domain", "x", "DNS:*.com", "mta-sts.example.com", FACT_NO},
	    {"(31) the provider's name", "x", "DNS:sts.provider.example", "mta-sts.example.com",
	     FACT_NO},
	    {"the recipient's domain is not the MX host", "x", "DNS:example.com", "mx.example.com",
	     FACT_NO},
	    {"(60) an MX host, CN alone", "mx.example.com", NULL, "mx.example.com", FACT_NO},
	    {"a wildcard right before a top-level domain", "x", "DNS:*.com", "example.com",
	     FACT_NO},
	    {"names that no host has", "x", "DNS:a b,DNS:*,DNS:-.example.com,DNS:mx.example.com.",
	     "mx.example.com", FACT_NO},
	    {"a URI is no DNS name", "x", "URI:https://mx.example.com/", "mx.example.com", FACT_NO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made leaf;
		struct webpki w;

		x509_make(&leaf, &(struct making){.cn = rows[i].cn,
						  .names = rows[i].names,
						  .is_server = true,
						  .issuer = &root});
		w = verify(&leaf.bytes, 1, rows[i].host, BEGIN + DAY);
		if (w.named != rows[i].named || w.trusted != FACT_YES || w.current != FACT_YES ||
		    webpki_is_valid(&w) != rows[i].named)
			fail_msg("%s: %d %d %d", rows[i].name, (int)w.named, (int)w.trusted,
				 (int)w.current);
		x509_unmake(&leaf);
	}
}

/* (32) Judged at the time of the session, RFC 5280 section 4.1.2.5. */
static void
a_certificate_must_be_current(void **state)
{
	struct made leaf;
	struct webpki w;

	(void)state;
	x509_make(&leaf,
		  &(struct making){.cn = "x", .names = "DNS:mx.example.com", .issuer = &root});
	w = verify(&leaf.bytes, 1, "mx.example.com", END + DAY);
	assert_int_equal(w.current, FACT_NO);
	assert_int_equal(w.trusted, FACT_YES);
	assert_int_equal(webpki_is_valid(&w), FACT_NO);
	w = verify(&leaf.bytes, 1, "mx.example.com", BEGIN - 1);
	assert_int_equal(w.current, FACT_NO);
	w = verify(&leaf.bytes, 1, "mx.example.com", END);
	assert_int_equal(w.current, FACT_YES);
	x509_unmake(&leaf);
}

/* (33) A missing intermediate, another root, no root: sections 3.3 and 4.2. */
static void
a_chain_must_lead_to_an_authority(void **state)
{
	struct made leaf, alone, foreign;
	struct bytes chain[2];
	struct webpki w;

	(void)state;
	x509_make(&leaf,
		  &(struct making){.cn = "x", .names = "DNS:mx.example.com", .issuer = &middle});
	x509_make(&alone, &(struct making){.cn = "x", .names = "DNS:mx.example.com"});
	x509_make(&foreign,
		  &(struct making){.cn = "x", .names = "DNS:mx.example.com", .issuer = &other});
	chain[0] = leaf.bytes;
	chain[1] = middle.bytes;
	w = verify(chain, 2, "mx.example.com", BEGIN + DAY);
	assert_int_equal(webpki_is_valid(&w), FACT_YES);
	w = verify(chain, 1, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.trusted, FACT_NO);
	w = verify(&alone.bytes, 1, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.trusted, FACT_NO);
	w = verify(&foreign.bytes, 1, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.trusted, FACT_NO);
	x509_unmake(&leaf);
	x509_unmake(&alone);
	x509_unmake(&foreign);
}

/* What was not seen is no, of nothing. */
static void
what_is_not_visible_is_not_judged(void **state)
{
	static const struct bytes garbage = BYTES_INIT("0\x82\x01");
	const struct certificate_facts unseen = {.is_seen = false};
	struct certificate_facts facts;
	struct made leaf;
	struct domain d, nothing = {""};
	struct bytes chain[CHAIN_MAX];
	struct webpki w;

	(void)state;
	domain_read(BYTES("mx.example.com"), &d);
	x509_make(&leaf,
		  &(struct making){.cn = "x", .names = "DNS:mx.example.com", .issuer = &middle});
	webpki_of(&unseen, &d, &w); /* TLS 1.3 */
	assert_int_equal(webpki_is_valid(&w), FACT_UNSEEN);
	assert_int_equal(w.named, FACT_UNSEEN);

	chain[0] = leaf.bytes;
	chain[1] = garbage; /* what cannot be read may be the intermediate */
	w = verify(chain, 2, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.trusted, FACT_UNSEEN);
	assert_int_equal(w.named, FACT_YES);
	assert_int_equal(webpki_is_valid(&w), FACT_UNSEEN);

	/* So may what stands behind the last one that is read. */
	for (size_t i = 1; i < CHAIN_MAX; i++)
		chain[i] = other.bytes;
	w = verify(chain, CHAIN_MAX, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.trusted, FACT_UNSEEN);
	w = verify(chain, CHAIN_MAX - 1, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.trusted, FACT_NO);

	chain[1] = middle.bytes;
	facts = certify_at(without, chain, 2, "", BEGIN + DAY); /* no CA file */
	webpki_of(&facts, &d, &w);
	assert_int_equal(w.trusted, FACT_UNSEEN);
	assert_int_equal(webpki_is_valid(&w), FACT_UNSEEN);
	webpki_of(&facts, &nothing, &w); /* no host */
	assert_int_equal(w.named, FACT_UNSEEN);
	chain[0] = garbage;
	w = verify(chain, 2, "mx.example.com", BEGIN + DAY);
	assert_int_equal(webpki_is_valid(&w), FACT_UNSEEN);
	assert_int_equal(w.current, FACT_UNSEEN);
	x509_unmake(&leaf);
}

/* More names than are kept: who is not among them may have been left out. */
static void
a_name_that_may_be_left_out_is_not_missed(void **state)
{
	static char names[CERTIFICATE_NAMES_MAX * 24 + 64];
	struct made leaf;
	struct webpki w;
	size_t used = 0;

	(void)state;
	for (int i = 0; i < CERTIFICATE_NAMES_MAX; i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%sDNS:h%d.example",
					 i > 0 ? "," : "", i);
	x509_make(&leaf, &(struct making){.cn = "x", .names = names, .issuer = &root});
	w = verify(&leaf.bytes, 1, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.named, FACT_NO);
	x509_unmake(&leaf);
	snprintf(names + used, sizeof(names) - used, ",DNS:last.example");
	x509_make(&leaf, &(struct making){.cn = "x", .names = names, .issuer = &root});
	w = verify(&leaf.bytes, 1, "h103.example", BEGIN + DAY);
	assert_int_equal(w.named, FACT_YES);
	w = verify(&leaf.bytes, 1, "last.example", BEGIN + DAY);
	assert_int_equal(w.named, FACT_UNSEEN);
	w = verify(&leaf.bytes, 1, "mx.example.com", BEGIN + DAY);
	assert_int_equal(w.named, FACT_UNSEEN);
	x509_unmake(&leaf);
}

struct verdict_row {
	const char *name;
	enum sts_mode mode;
	enum fact listed, encrypted;
	struct webpki webpki; /* trusted, current, named */
	enum sts_verdict verdict;
};

#define Y FACT_YES
#define N FACT_NO
#define U FACT_UNSEEN

/* Section 4: the host by its name in the MX record, then TLS, then its certificate. */
static void
a_session_keeps_to_a_policy_or_fails_it(void **state)
{
	static const struct verdict_row rows[] = {
	    {"all is well", STS_MODE_ENFORCE, Y, Y, {Y, Y, Y}, STS_KEPT},
	    {"(59) MX mismatch, valid certificate",
	     STS_MODE_ENFORCE,
	     N,
	     Y,
	     {Y, Y, Y},
	     STS_FAILS_MX},
	    {"(60) MX match, certificate for another name",
	     STS_MODE_ENFORCE,
	     Y,
	     Y,
	     {Y, Y, N},
	     STS_FAILS_NAME},
	    {"expired", STS_MODE_ENFORCE, Y, Y, {Y, N, Y}, STS_FAILS_DATE},
	    {"not trusted", STS_MODE_ENFORCE, Y, Y, {N, Y, Y}, STS_FAILS_TRUST},
	    {"in clear", STS_MODE_ENFORCE, Y, N, {U, U, U}, STS_FAILS_TLS},
	    {"TLS 1.3: nothing seen, nothing claimed",
	     STS_MODE_ENFORCE,
	     Y,
	     Y,
	     {U, U, U},
	     STS_NOT_SEEN},
	    {"too little seen", STS_MODE_ENFORCE, Y, U, {U, U, U}, STS_NOT_SEEN},
	    {"no CA file", STS_MODE_ENFORCE, Y, Y, {U, Y, Y}, STS_NOT_SEEN},
	    {"testing is told alike", STS_MODE_TESTING, Y, N, {U, U, U}, STS_FAILS_TLS},
	    {"none", STS_MODE_NONE, U, N, {U, U, U}, STS_NOT_APPLICABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy p = {.sts = rows[i].mode, .listed = rows[i].listed};

		if (policy_sts_verdict(&p, rows[i].encrypted, &rows[i].webpki) != rows[i].verdict)
			fail_msg("%s", rows[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_dns_name_must_be_the_hosts),
	    cmocka_unit_test(a_certificate_must_be_current),
	    cmocka_unit_test(a_chain_must_lead_to_an_authority),
	    cmocka_unit_test(what_is_not_visible_is_not_judged),
	    cmocka_unit_test(a_name_that_may_be_left_out_is_not_missed),
	    cmocka_unit_test(a_session_keeps_to_a_policy_or_fails_it),
	};

	return cmocka_run_group_tests(tests, make_all, unmake_all);
}
