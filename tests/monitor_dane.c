/*
 * DANE for SMTP: RFC 7672, 7671, 6698. A number in parentheses is that of a case
 * that is known to be got wrong, of 30. Others are in monitor_answers.c (9-11, 16,
 * 17, 19-25) and monitor_policy.c (18); for 26 it takes a resolver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/dane.h"
#include "monitor/policy/tlsa_der.h"
#include "tests/certify.h"
#include "tests/exact.h"
#include "tests/openssl_dane.h"

#define HOST "mx.example.com"

/* A provider's tree: root over middle over leaf; renewed has leaf's key. */
static struct made root, middle, leaf, renewed, next, named_otherwise, unnamed, expired, stranger;
static struct certifier *reader;

static int
make_all(void **state)
{
	(void)state;
	x509_make(&root, &(struct making){.cn = "Root"});
	x509_make(&middle, &(struct making){.cn = "Middle", .issuer = &root});
	x509_make(&leaf, &(struct making){.cn = "x", .names = "DNS:" HOST, .issuer = &middle});
	x509_make(&renewed, &(struct making){.cn = "x",
					     .names = "DNS:" HOST,
					     .issuer = &middle,
					     .key = leaf.key,
					     .end = END + DAY});
	x509_make(&next, &(struct making){.cn = "x", .names = "DNS:" HOST, .issuer = &middle});
	x509_make(&named_otherwise,
		  &(struct making){.cn = HOST, .names = "DNS:example.com", .issuer = &middle});
	x509_make(&unnamed, &(struct making){.cn = HOST, .is_server = true, .issuer = &middle});
	x509_make(&expired,
		  &(struct making){
		      .cn = "x", .names = "DNS:" HOST, .issuer = &middle, .end = BEGIN + DAY});
	x509_make(&stranger, &(struct making){.cn = "Stranger"});
	reader = certifier(NULL, NULL);
	return 0;
}

static int
unmake_all(void **state)
{
	(void)state;
	x509_unmake(&root);
	x509_unmake(&middle);
	x509_unmake(&leaf);
	x509_unmake(&renewed);
	x509_unmake(&next);
	x509_unmake(&named_otherwise);
	x509_unmake(&unnamed);
	x509_unmake(&expired);
	x509_unmake(&stranger);
	certifier_free(reader);
	return 0;
}

/* A record, and the RDATA that it lies in. */
struct rdata {
	uint8_t bytes[4096];
	size_t len;
	struct tlsa tlsa;
};

static void
rdata_close(struct rdata *r)
{
	assert_true(tlsa_read((struct bytes){r->bytes, r->len}, &r->tlsa));
	tlsa_der_read(&r->tlsa);
}

/* The record that names m in this way, RFC 6698 section 2.1. */
static void
rdata_of(struct rdata *r, const struct made *m, unsigned usage, unsigned selector,
	 unsigned matching)
{
	uint8_t *full = NULL;
	int len = selector == 0 ? i2d_X509(m->x509, &full)
				: i2d_X509_PUBKEY(X509_get_X509_PUBKEY(m->x509), &full);
	unsigned digest_len = (unsigned)len;

	assert_in_range(len, 1, sizeof(r->bytes) - 3);
	r->bytes[0] = (uint8_t)usage;
	r->bytes[1] = (uint8_t)selector;
	r->bytes[2] = (uint8_t)matching;
	if (matching == 0)
		memcpy(r->bytes + 3, full, (size_t)len);
	else
		EVP_Digest(full, (size_t)len, r->bytes + 3, &digest_len,
			   matching == 1 ? EVP_sha256() : EVP_sha512(), NULL);
	OPENSSL_free(full);
	r->len = 3 + digest_len;
	rdata_close(r);
}

/* A record in numbers: whom it names, and how. */
struct naming {
	const struct made *made;
	unsigned usage, selector, matching;
};

static struct domain
domain_of(const char *text)
{
	struct domain d;

	assert_int_equal(domain_read(bytes_text(text), &d), DOMAIN_OK);
	return d;
}

#define RECORDS_MAX 4
#define CERTS_MAX   6

struct match_row {
	const char *name;
	struct naming records[RECORDS_MAX];
	const struct made *chain[CERTS_MAX];
	enum dane_match match;
};

static enum dane_match
match_at(const struct match_row *row, int64_t time, const char *second_name)
{
	static struct rdata rdata[RECORDS_MAX];
	struct tlsa records[RECORDS_MAX];
	struct bytes chain[CERTS_MAX];
	size_t certs = 0;
	struct certificate_facts facts;
	enum dane_match match;
	bool is_known, is_taken;
	struct dane_session s = {
	    .certificate = &facts, .names = {domain_of(HOST)}, .name_count = 1};

	if (second_name != NULL)
		s.names[s.name_count++] = domain_of(second_name);
	s.records.records = records;
	for (; s.records.count < RECORDS_MAX && row->records[s.records.count].made;
	     s.records.count++) {
		const struct naming *n = &row->records[s.records.count];

		rdata_of(&rdata[s.records.count], n->made, n->usage, n->selector, n->matching);
		records[s.records.count] = rdata[s.records.count].tlsa;
	}
	for (; certs < CERTS_MAX && row->chain[certs]; certs++)
		chain[certs] = row->chain[certs]->bytes;
	facts = certify_at(reader, chain, certs, "", time);
	match = dane_match(&s);
	/* OpenSSL, which has all at once, never says the opposite. */
	is_taken = openssl_dane(&s, chain, certs, time, &is_known);
	assert_true(is_known);
	if (match > DANE_NOT_APPLICABLE && is_taken != (match == DANE_MATCHED))
		fail_msg("%s: OpenSSL says %d", row->name, is_taken);
	return match;
}

static void
match_rows(const struct match_row *rows, size_t count, int64_t time, const char *second_name)
{
	for (size_t i = 0; i < count; i++) {
		enum dane_match match = match_at(&rows[i], time, second_name);

		if (match != rows[i].match)
			fail_msg("%s: %d", rows[i].name, (int)match);
	}
}

/* RFC 7672 section 3.1.1, RFC 7671 section 5.1. */
static void
dane_ee_looks_at_the_leaf_alone(void **state)
{
	const struct match_row rows[] = {
	    {"(1) 3 1 1", {{&leaf, 3, 1, 1}}, {&leaf, &middle}, DANE_MATCHED},
	    {"(1) 3 1 2", {{&leaf, 3, 1, 2}}, {&leaf, &middle}, DANE_MATCHED},
	    {"(1) 3 0 1", {{&leaf, 3, 0, 1}}, {&leaf, &middle}, DANE_MATCHED},
	    {"(1) the leaf alone", {{&leaf, 3, 1, 1}}, {&leaf}, DANE_MATCHED},
	    {"(1) another key", {{&next, 3, 1, 1}}, {&leaf, &middle}, DANE_NO_MATCH},
	    {"(1) an authority's key is no leaf's",
	     {{&middle, 3, 1, 1}},
	     {&leaf, &middle},
	     DANE_NO_MATCH},
	    {"(2) 3 0 1, renewed", {{&leaf, 3, 0, 1}}, {&renewed, &middle}, DANE_NO_MATCH},
	    {"(2) 3 1 1, renewed with its key",
	     {{&leaf, 3, 1, 1}},
	     {&renewed, &middle},
	     DANE_MATCHED},
	    {"(4) 3 1 0", {{&leaf, 3, 1, 0}}, {&leaf, &middle}, DANE_MATCHED},
	    {"(4) 3 1 0, renewed with its key", {{&leaf, 3, 1, 0}}, {&renewed}, DANE_MATCHED},
	    {"(4) 3 1 0, another", {{&next, 3, 1, 0}}, {&leaf, &middle}, DANE_NO_MATCH},
	    {"3 0 0", {{&leaf, 3, 0, 0}}, {&leaf, &middle}, DANE_MATCHED},
	    {"3 0 0, renewed", {{&leaf, 3, 0, 0}}, {&renewed, &middle}, DANE_NO_MATCH},
	    {"(8) names do not matter",
	     {{&named_otherwise, 3, 1, 1}},
	     {&named_otherwise},
	     DANE_MATCHED},
	    {"(8) a self-signed leaf", {{&root, 3, 1, 1}}, {&root}, DANE_MATCHED},
	    {"(15) the old key and the next",
	     {{&leaf, 3, 1, 1}, {&next, 3, 1, 1}},
	     {&next},
	     DANE_MATCHED},
	    {"(15) in the other order",
	     {{&next, 3, 1, 1}, {&leaf, 3, 1, 1}},
	     {&next},
	     DANE_MATCHED},
	    {"(29) the same record twice",
	     {{&leaf, 3, 1, 1}, {&leaf, 3, 1, 1}},
	     {&leaf},
	     DANE_MATCHED},
	    {"(29) the same wrong one twice",
	     {{&next, 3, 1, 1}, {&next, 3, 1, 1}},
	     {&leaf},
	     DANE_NO_MATCH},
	};

	(void)state;
	match_rows(rows, sizeof(rows) / sizeof(rows[0]), BEGIN + DAY / 2, NULL);
}

/* RFC 7671 section 9: per usage and selector, the strongest digest and full data alone count. */
static void
a_weaker_digest_does_not_count(void **state)
{
	const struct match_row rows[] = {
	    {"(3) SHA-256 fits, SHA-512 does not",
	     {{&leaf, 3, 1, 1}, {&next, 3, 1, 2}},
	     {&leaf},
	     DANE_NO_MATCH},
	    {"(3) in the other order",
	     {{&next, 3, 1, 2}, {&leaf, 3, 1, 1}},
	     {&leaf},
	     DANE_NO_MATCH},
	    {"(3) SHA-512 fits, SHA-256 does not",
	     {{&next, 3, 1, 1}, {&leaf, 3, 1, 2}},
	     {&leaf},
	     DANE_MATCHED},
	    {"(3) full data counts beside any",
	     {{&leaf, 3, 1, 0}, {&next, 3, 1, 2}},
	     {&leaf},
	     DANE_MATCHED},
	    {"(3) another selector is another matter",
	     {{&leaf, 3, 1, 1}, {&next, 3, 0, 2}},
	     {&leaf},
	     DANE_MATCHED},
	    {"(3) another usage is another matter",
	     {{&leaf, 3, 1, 1}, {&root, 2, 1, 2}},
	     {&leaf},
	     DANE_MATCHED},
	};

	(void)state;
	match_rows(rows, sizeof(rows) / sizeof(rows[0]), BEGIN + DAY / 2, NULL);
}

/* RFC 7672 section 3.1.2, RFC 7671 section 5.2. */
static void
dane_ta_wants_the_authority_the_name_and_the_date(void **state)
{
	const struct match_row rows[] = {
	    {"(5) 2 1 1 of the intermediate", {{&middle, 2, 1, 1}}, {&leaf, &middle}, DANE_MATCHED},
	    {"(5) 2 0 1 of the intermediate", {{&middle, 2, 0, 1}}, {&leaf, &middle}, DANE_MATCHED},
	    {"(5) which is not in the chain", {{&middle, 2, 1, 1}}, {&leaf}, DANE_NO_MATCH},
	    {"(5) of the root, which is",
	     {{&root, 2, 1, 1}},
	     {&leaf, &middle, &root},
	     DANE_MATCHED},
	    {"(5) of the root, which is not", {{&root, 2, 1, 1}}, {&leaf, &middle}, DANE_NO_MATCH},
	    {"(6) 2 0 0", {{&middle, 2, 0, 0}}, {&leaf, &middle}, DANE_MATCHED},
	    {"(6) 2 0 0 of the root", {{&root, 2, 0, 0}}, {&leaf, &middle, &root}, DANE_MATCHED},
	    {"(6) 2 1 0, RFC 7671 section 5.2.3",
	     {{&middle, 2, 1, 0}},
	     {&leaf, &middle},
	     DANE_MATCHED},
	    {"(6) 2 0 0 not in the chain: it may well lead there",
	     {{&middle, 2, 0, 0}},
	     {&leaf},
	     DANE_NOT_OBSERVABLE},
	    {"(6) 2 0 0 not in the chain, which ends below it",
	     {{&root, 2, 0, 0}},
	     {&leaf, &middle},
	     DANE_NOT_OBSERVABLE},
	    {"(6) 2 0 0 not in the chain, which ends below another",
	     {{&root, 2, 0, 0}},
	     {&leaf},
	     DANE_NO_MATCH},
	    {"(6) 2 0 0 not in the chain of a self-signed leaf",
	     {{&middle, 2, 0, 0}},
	     {&root},
	     DANE_NO_MATCH},
	    {"(6) 2 0 0 not in the chain, and one below it that is not on the way",
	     {{&root, 2, 0, 0}},
	     {&stranger, &middle},
	     DANE_NO_MATCH},
	    {"(6) 2 0 0 not in the chain, for another host",
	     {{&middle, 2, 0, 0}},
	     {&named_otherwise},
	     DANE_WRONG_NAME},
	    {"(6) 2 1 0 not in the chain, for another host",
	     {{&middle, 2, 1, 0}},
	     {&named_otherwise},
	     DANE_WRONG_NAME},
	    {"(6) 2 0 0 not in the chain, and another that cannot be its end",
	     {{&middle, 2, 0, 0}, {&stranger, 2, 0, 0}},
	     {&leaf},
	     DANE_NOT_OBSERVABLE},
	    {"(6) 2 1 0 not in the chain", {{&middle, 2, 1, 0}}, {&leaf}, DANE_NOT_OBSERVABLE},
	    {"(6) 2 0 0 not in the chain, another that matches",
	     {{&root, 2, 0, 0}, {&middle, 2, 1, 1}},
	     {&leaf, &middle},
	     DANE_MATCHED},
	    {"an authority that is sent, and not on the way",
	     {{&root, 2, 1, 1}},
	     {&next, &root},
	     DANE_NO_MATCH},
	    {"an authority that is sent behind others",
	     {{&middle, 2, 1, 1}},
	     {&leaf, &root, &next, &middle},
	     DANE_MATCHED},
	    {"more than are looked at",
	     {{&middle, 2, 1, 1}},
	     {&leaf, &root, &next, &renewed, &middle},
	     DANE_NOT_OBSERVABLE},
	    {"the leaf sent twice is no authority",
	     {{&leaf, 2, 1, 1}},
	     {&leaf, &leaf},
	     DANE_NO_MATCH},
	    {"(7) another name",
	     {{&middle, 2, 1, 1}},
	     {&named_otherwise, &middle},
	     DANE_WRONG_NAME},
	    {"(7) no DNS name: the CN counts, RFC 7672 section 3.2.3",
	     {{&middle, 2, 1, 1}},
	     {&unnamed, &middle},
	     DANE_MATCHED},
	    {"a self-signed leaf", {{&middle, 2, 1, 1}}, {&root}, DANE_NO_MATCH},
	    {"a leaf that is its own authority",
	     {{&leaf, 2, 1, 1}},
	     {&next, &middle},
	     DANE_NO_MATCH},
	    {"any one match suffices",
	     {{&next, 3, 1, 1}, {&middle, 2, 1, 1}},
	     {&leaf, &middle},
	     DANE_MATCHED},
	};
	const struct match_row by_domain = {
	    "the next-hop domain", {{&middle, 2, 1, 1}}, {&named_otherwise, &middle}, DANE_MATCHED};

	(void)state;
	match_rows(rows, sizeof(rows) / sizeof(rows[0]), BEGIN + DAY / 2, NULL);
	/* RFC 7672 section 3.2.2: the domain of the mail is a name of the server, too. */
	match_rows(&by_domain, 1, BEGIN + DAY / 2, "example.com");
}

/* (8) RFC 7672 sections 3.1.1 and 3.1.2, at the time of the session. */
static void
dates_matter_to_dane_ta_alone(void **state)
{
	const struct match_row ee = {"3 1 1", {{&expired, 3, 1, 1}}, {&expired, &middle}, 0};
	const struct match_row ta = {"2 1 1", {{&middle, 2, 1, 1}}, {&expired, &middle}, 0};
	const struct match_row unseen = {"2 0 0", {{&middle, 2, 0, 0}}, {&expired}, 0};

	(void)state;
	assert_int_equal(match_at(&ee, BEGIN + 2 * DAY, NULL), DANE_MATCHED);
	assert_int_equal(match_at(&ee, BEGIN - 2 * DAY, NULL), DANE_MATCHED);
	assert_int_equal(match_at(&ta, BEGIN + 2 * DAY, NULL), DANE_OUT_OF_DATE);
	assert_int_equal(match_at(&ta, BEGIN - 2 * DAY, NULL), DANE_OUT_OF_DATE);
	assert_int_equal(match_at(&ta, BEGIN + DAY / 2, NULL), DANE_MATCHED);
	/* An authority that was not sent. */
	assert_int_equal(match_at(&unseen, BEGIN + 2 * DAY, NULL), DANE_OUT_OF_DATE);
	assert_int_equal(match_at(&unseen, BEGIN + DAY / 2, NULL), DANE_NOT_OBSERVABLE);
}

/* RFC 5280 section 6.1: of the path, not of what it ends at. */
static void
the_dates_of_an_authority_do_not_matter(void **state)
{
	static struct made brief, under;
	const struct match_row rows[] = {
	    {"an authority out of date", {{&brief, 2, 1, 1}}, {&under, &brief}, DANE_MATCHED},
	    {"... that is not where it ends",
	     {{&root, 2, 1, 1}},
	     {&under, &brief, &root},
	     DANE_OUT_OF_DATE},
	};

	(void)state;
	x509_make(&brief, &(struct making){.cn = "Brief", .issuer = &root, .end = BEGIN + DAY});
	x509_make(&under, &(struct making){.cn = "x", .names = "DNS:" HOST, .issuer = &brief});
	match_rows(rows, sizeof(rows) / sizeof(rows[0]), BEGIN + 2 * DAY, NULL);
	x509_unmake(&brief);
	x509_unmake(&under);
}

/* RFC 7672 section 3.1.3: PKIX-TA and PKIX-EE are left out; RFC 6698 section 4.1. */
static void
records_that_cannot_be_used_are_left_out(void **state)
{
	const struct match_row rows[] = {
	    {"(9) 1 1 1 alone", {{&leaf, 1, 1, 1}}, {&leaf}, DANE_NOT_APPLICABLE},
	    {"(9) 0 1 1 alone", {{&middle, 0, 1, 1}}, {&leaf, &middle}, DANE_NOT_APPLICABLE},
	    {"(10) 1 1 1 fits, 3 1 1 does not",
	     {{&leaf, 1, 1, 1}, {&next, 3, 1, 1}},
	     {&leaf},
	     DANE_NO_MATCH},
	    {"(10) 3 1 1 fits, 1 1 1 does not",
	     {{&next, 1, 1, 1}, {&leaf, 3, 1, 1}},
	     {&leaf},
	     DANE_MATCHED},
	    {"(12) one that cannot be used is as good as none",
	     {{&leaf, 3, 1, 3}, {&next, 3, 1, 1}},
	     {&leaf},
	     DANE_NO_MATCH},
	    {"(10) 1 1 2 does not make 3 1 1 the weaker",
	     {{&next, 1, 1, 2}, {&leaf, 3, 1, 1}},
	     {&leaf},
	     DANE_MATCHED},
	};

	(void)state;
	match_rows(rows, sizeof(rows) / sizeof(rows[0]), BEGIN + DAY / 2, NULL);
}

/* (30) What the tap cannot see is neither a match nor none. */
static void
what_is_not_visible_is_not_judged(void **state)
{
	static struct rdata r;
	static const struct bytes garbage = BYTES_INIT("0\x82\x01");
	const struct certificate_facts nothing = {.is_seen = false};
	struct bytes chain[2] = {leaf.bytes, garbage};
	struct certificate_facts facts = certify_at(reader, chain, 1, "", BEGIN + DAY);
	struct tlsa record;
	struct dane_session s = {
	    .records = {&record, 1}, .names = {domain_of(HOST)}, .name_count = 1};

	(void)state;
	rdata_of(&r, &leaf, 3, 1, 1);
	record = r.tlsa;
	assert_int_equal(dane_match(&s), DANE_NOT_OBSERVABLE); /* TLS 1.3 */
	s.certificate = &nothing;
	assert_int_equal(dane_match(&s), DANE_NOT_OBSERVABLE);
	s.certificate = &facts;
	assert_int_equal(dane_match(&s), DANE_MATCHED);

	/* Of a chain that was not read whole an authority may be missing, but not the leaf. */
	facts = certify_at(reader, chain, 2, "", BEGIN + DAY);
	rdata_of(&r, &middle, 2, 1, 1);
	record = r.tlsa;
	assert_int_equal(dane_match(&s), DANE_NOT_OBSERVABLE);
	rdata_of(&r, &next, 3, 1, 1);
	record = r.tlsa;
	assert_int_equal(dane_match(&s), DANE_NO_MATCH);

	/* What OpenSSL cannot read a client might. */
	chain[0] = garbage;
	facts = certify_at(reader, chain, 2, "", BEGIN + DAY);
	rdata_of(&r, &leaf, 3, 1, 1);
	record = r.tlsa;
	assert_int_equal(dane_match(&s), DANE_NOT_OBSERVABLE);
}

/* A signature, a purpose or a constraint on the way fails: that is no way, RFC 7671 section 5.2. */
static void
a_way_that_is_broken_leads_nowhere(void **state)
{
	static struct made fake, below;
	const struct match_row rows[] = {
	    {"below a leaf", {{&leaf, 2, 1, 1}}, {&below, &leaf}, DANE_BROKEN_CHAIN},
	    {"signed by another in its name",
	     {{&middle, 2, 1, 1}},
	     {&fake, &middle},
	     DANE_BROKEN_CHAIN},
	};
	struct made impostor;

	(void)state;
	x509_make(&below, &(struct making){.cn = "y", .names = "DNS:" HOST, .issuer = &leaf});
	x509_make(&impostor, &(struct making){.cn = "Middle"});
	x509_make(&fake, &(struct making){.cn = "x", .names = "DNS:" HOST, .issuer = &impostor});
	match_rows(rows, 2, BEGIN + DAY / 2, NULL);
	x509_unmake(&below);
	x509_unmake(&fake);
	x509_unmake(&impostor);
}

/* (28) As many records as one answer over TCP can hold. */
static void
a_great_many_records_are_matched(void **state)
{
	enum { MANY = 1400 };
	static uint8_t rdata[MANY][35];
	static struct tlsa records[MANY];
	static struct rdata good;
	const struct certificate_facts facts = certify_at(reader, &leaf.bytes, 1, "", BEGIN + DAY);
	struct dane_session s = {.records = {records, MANY},
				 .certificate = &facts,
				 .names = {domain_of(HOST)},
				 .name_count = 1};

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		rdata[i][0] = 3;
		rdata[i][1] = rdata[i][2] = 1;
		rdata[i][3] = (uint8_t)i;
		rdata[i][4] = (uint8_t)(i >> 8);
		assert_true(tlsa_read((struct bytes){rdata[i], sizeof(rdata[i])}, &records[i]));
	}
	assert_int_equal(dane_match(&s), DANE_NO_MATCH);
	rdata_of(&good, &leaf, 3, 1, 1);
	records[MANY - 1] = good.tlsa;
	assert_int_equal(dane_match(&s), DANE_MATCHED);
}

struct use_row {
	const char *name;
	unsigned usage, selector, matching;
	size_t len; /* of data */
	enum tlsa_use use;
};

/* RFC 6698 section 2.1, RFC 7672 section 3.1. */
static void
records_that_cannot_be_used_are_told_apart(void **state)
{
	static const struct use_row rows[] = {
	    {"3 1 1", 3, 1, 1, 32, TLSA_USABLE},
	    {"2 0 2", 2, 0, 2, 64, TLSA_USABLE},
	    {"(11) 31 bytes", 3, 1, 1, 31, TLSA_LENGTH},
	    {"(11) 33 bytes", 3, 1, 1, 33, TLSA_LENGTH},
	    {"(11) 63 bytes", 3, 1, 2, 63, TLSA_LENGTH},
	    {"(11) a SHA-256 that is called SHA-512", 3, 1, 2, 32, TLSA_LENGTH},
	    {"(11) a SHA-512 that is called SHA-256", 3, 1, 1, 64, TLSA_LENGTH},
	    {"(11) no data", 3, 1, 1, 0, TLSA_LENGTH},
	    {"(11) no data in full", 3, 1, 0, 0, TLSA_LENGTH},
	    {"full data that is no key", 3, 1, 0, 32, TLSA_DATA},
	    {"full data that is no certificate", 2, 0, 0, 32, TLSA_DATA},
	    {"(12) matching type 3", 3, 1, 3, 32, TLSA_MATCHING},
	    {"(12) matching type 255", 3, 1, 255, 32, TLSA_MATCHING},
	    {"(13) selector 2", 3, 2, 1, 32, TLSA_SELECTOR},
	    {"(13) selector 255", 3, 255, 1, 32, TLSA_SELECTOR},
	    {"(14) usage 4", 4, 1, 1, 32, TLSA_USAGE},
	    {"(14) usage 255", 255, 1, 1, 32, TLSA_USAGE},
	    {"(9) usage 0", 0, 0, 1, 32, TLSA_PKIX},
	    {"(9) usage 1", 1, 1, 1, 32, TLSA_PKIX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[128] = {(uint8_t)rows[i].usage, (uint8_t)rows[i].selector,
				      (uint8_t)rows[i].matching};
		struct bytes rdata = exact((struct bytes){bytes, 3 + rows[i].len});
		struct problems problems = {0};
		struct tlsa t;

		assert_true(tlsa_read(rdata, &t));
		tlsa_der_read(&t);
		if (tlsa_use(&t) != rows[i].use)
			fail_msg("%s: %d", rows[i].name, (int)tlsa_use(&t));
		tlsa_explain(&t, &problems);
		if (rows[i].use != TLSA_USABLE &&
		    (problems.count != 1 || strstr(problems.text[0], "RFC ") == NULL))
			fail_msg("%s: does not say why", rows[i].name);
		exact_free(rdata);
	}
}

static void
rdata_is_read_and_written(void **state)
{
	struct bytes rdata = exact(BYTES("\3\1\2\0\xab\xff"));
	uint8_t large[3 + 65] = {2, 0, 0};
	char text[TLSA_TEXT_MAX];
	struct tlsa t;

	(void)state;
	assert_true(tlsa_read(rdata, &t));
	tlsa_text(&t, text);
	assert_string_equal(text, "3 1 2 00abff");
	exact_free(rdata);
	assert_true(tlsa_read(BYTES("\xff\xff\xff"), &t));
	tlsa_text(&t, text);
	assert_string_equal(text, "255 255 255 ");
	assert_true(tlsa_read((struct bytes){large, sizeof(large)}, &t));
	tlsa_text(&t, text);
	assert_int_equal(strlen(text), 6 + 128 + 3);
	assert_string_equal(text + 6 + 128, "...");
	assert_false(tlsa_read(BYTES("\3\1"), &t));
	assert_false(tlsa_read(BYTES(""), &t));
}

/* Full data must be whole, and nothing more: bytes behind it are not part of it. */
static void
full_data_must_be_whole(void **state)
{
	static struct rdata r;

	(void)state;
	for (unsigned selector = 0; selector < 2; selector++) {
		rdata_of(&r, &leaf, 3, selector, 0);
		assert_int_equal(tlsa_use(&r.tlsa), TLSA_USABLE);
		r.len++;
		rdata_close(&r);
		assert_int_equal(tlsa_use(&r.tlsa), TLSA_DATA);
		r.len -= 2;
		rdata_close(&r);
		assert_int_equal(tlsa_use(&r.tlsa), TLSA_DATA);
	}
}

/* (27) The records of port 587 are not those of port 25: RFC 6698 section 3. */
static void
records_belong_to_a_port(void **state)
{
	struct domain d = domain_of("MX.example.com.");
	char out[DOMAIN_TEXT];

	(void)state;
	assert_true(dane_owner(&d, 25, out));
	assert_string_equal(out, "_25._tcp.mx.example.com");
	assert_true(dane_owner(&d, 65535, out));
	assert_string_equal(out, "_65535._tcp.mx.example.com");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dane_ee_looks_at_the_leaf_alone),
	    cmocka_unit_test(a_weaker_digest_does_not_count),
	    cmocka_unit_test(dane_ta_wants_the_authority_the_name_and_the_date),
	    cmocka_unit_test(dates_matter_to_dane_ta_alone),
	    cmocka_unit_test(the_dates_of_an_authority_do_not_matter),
	    cmocka_unit_test(records_that_cannot_be_used_are_left_out),
	    cmocka_unit_test(what_is_not_visible_is_not_judged),
	    cmocka_unit_test(a_way_that_is_broken_leads_nowhere),
	    cmocka_unit_test(a_great_many_records_are_matched),
	    cmocka_unit_test(records_that_cannot_be_used_are_told_apart),
	    cmocka_unit_test(rdata_is_read_and_written),
	    cmocka_unit_test(full_data_must_be_whole),
	    cmocka_unit_test(records_belong_to_a_port),
	};

	return cmocka_run_group_tests(tests, make_all, unmake_all);
}
