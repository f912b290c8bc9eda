/* What a chain is said to be: made here, judged by monitor/certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/name_hash.h"
#include "tests/certify.h"

static struct made root, leaf, other, alone, addressed;

static int
make_all(void **state)
{
	(void)state;
	x509_make(&root, &(struct making){.cn = "Root of the test"});
	x509_make(&other, &(struct making){.cn = "Another root"});
	x509_make(&leaf, &(struct making){.cn = "mx.example.net",
					  .names = "DNS:mx.example.net,DNS:*.example.org",
					  .issuer = &root});
	x509_make(&addressed,
		  &(struct making){.cn = "mx anna+a@a.example", .email = "\"bert, b\"@b.example"});
	x509_make(&alone, &(struct making){.cn = "mx\tone\\two", .names = "DNS:alone.example.net"});
	return 0;
}

static int
unmake_all(void **state)
{
	(void)state;
	x509_unmake(&root);
	x509_unmake(&other);
	x509_unmake(&leaf);
	x509_unmake(&alone);
	x509_unmake(&addressed);
	return 0;
}

static void
digests_are_those_of_their_standards(void **state)
{
	/* "abc": RFC 1321 appendix A.5, RFC 6234 section 8.5 (FIPS 180-4). */
	static const uint8_t md5[16] = {0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0,
					0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72};
	static const uint8_t sha1[20] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81,
					 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50,
					 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
	static const uint8_t sha256[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
					   0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
					   0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
					   0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	struct certifier *c = certifier(NULL, NULL);
	struct digests d = certifier_digests(c);
	uint8_t out[32];

	(void)state;
	d.md5(BYTES("abc"), out);
	assert_memory_equal(out, md5, sizeof(md5));
	d.sha1(BYTES("abc"), out);
	assert_memory_equal(out, sha1, sizeof(sha1));
	d.sha256(BYTES("abc"), out);
	assert_memory_equal(out, sha256, sizeof(sha256));
	certifier_free(c);
}

static void
validity_is_judged_at_the_time_of_the_session(void **state)
{
	static const struct {
		const char *name;
		int64_t time;
		enum fact expired;
	} rows[] = {
	    {"a microsecond before it begins", BEGIN - 1, FACT_YES},
	    {"its first moment", BEGIN, FACT_NO},
	    {"the end of its last second", END + 999999, FACT_NO},
	    {"the second after", END + 1000000, FACT_YES},
	    {"long before", 0, FACT_YES},
	    {"within, again", BEGIN + DAY, FACT_NO},
	};
	struct certifier *c = certifier(&root, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct certificate_facts f =
		    certify_at(c, &leaf.bytes, 1, "mx.example.net", rows[i].time);

		if (f.expired != rows[i].expired)
			fail_msg("%s", rows[i].name);
		assert_int_equal(f.not_before, BEGIN);
		assert_int_equal(f.not_after, END);
	}
	certifier_free(c);
}

static void
trust_needs_a_chain_to_the_ca_file(void **state)
{
	const struct {
		const char *name;
		const struct made *trusted[2], *leaf;
		enum fact expected;
	} rows[] = {
	    {"no CA file", {NULL, NULL}, &leaf, FACT_UNSEEN},
	    {"its root", {&root, NULL}, &leaf, FACT_YES},
	    {"its root comes second", {&other, &root}, &leaf, FACT_YES},
	    {"another root", {&other, NULL}, &leaf, FACT_NO},
	    {"self-signed, unknown", {&root, NULL}, &alone, FACT_NO},
	    {"self-signed, given", {&alone, NULL}, &alone, FACT_YES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct certifier *c = certifier(rows[i].trusted[0], rows[i].trusted[1]);
		struct certificate_facts f =
		    certify_at(c, &rows[i].leaf->bytes, 1, "", BEGIN + DAY);

		if (f.trusted != rows[i].expected)
			fail_msg("%s: %d", rows[i].name, f.trusted);
		certifier_free(c);
	}
}

static void
an_expired_leaf_of_a_trusted_chain_is_expired_and_not_untrusted(void **state)
{
	struct certifier *c = certifier(&alone, NULL);
	struct certificate_facts f = certify_at(c, &alone.bytes, 1, "", END + DAY);

	(void)state;
	assert_int_equal(f.expired, FACT_YES);
	assert_int_equal(f.trusted, FACT_YES);
	certifier_free(c);
}

static void
names_match_as_in_rfc_6125(void **state)
{
	static const struct {
		const char *sni;
		enum fact expected;
	} rows[] = {
	    {"mx.example.net", FACT_YES},     {"MX.Example.NET", FACT_YES},
	    {"example.net", FACT_NO},         {"a.example.org", FACT_YES},
	    {"a.b.example.org", FACT_NO},     {"example.org", FACT_NO},
	    {"mx.example.net.evil", FACT_NO}, {"", FACT_UNSEEN},
	};
	struct certifier *c = certifier(&root, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (certify_at(c, &leaf.bytes, 1, rows[i].sni, BEGIN).name_matches !=
		    rows[i].expected)
			fail_msg("%s", rows[i].sni);
	certifier_free(c);
}

static void
the_leaf_is_told_with_its_digests_and_names(void **state)
{
	const struct bytes chain[] = {leaf.bytes, root.bytes};
	struct certifier *c = certifier(&root, NULL);
	struct certificate_facts f = certify_at(c, chain, 2, "mx.example.net", BEGIN);
	uint8_t expected[32], *spki = NULL;
	int len = i2d_PUBKEY(leaf.key, &spki);

	(void)state;
	assert_true(f.is_seen && f.is_parsed);
	assert_int_equal(f.chain_len, 2);
	assert_int_equal(f.self_signed, FACT_NO);
	EVP_Digest(leaf.bytes.at, leaf.bytes.len, expected, NULL, EVP_sha256(), NULL);
	assert_memory_equal(f.digests.sha256, expected, 32);
	EVP_Digest(spki, (size_t)len, expected, NULL, EVP_sha256(), NULL);
	assert_memory_equal(f.digests.spki_sha256, expected, 32);
	OPENSSL_free(spki);
	assert_non_null(strstr(f.subject, "mx.example.net"));
	assert_non_null(strstr(f.issuer, "Root of the test"));
	certifier_free(c);
}

static void
a_self_signed_leaf_is_known_as_such_and_its_name_is_printable(void **state)
{
	struct certifier *c = certifier(NULL, NULL);
	struct certificate_facts f = certify_at(c, &alone.bytes, 1, "", BEGIN);

	(void)state;
	assert_int_equal(f.self_signed, FACT_YES);
	for (const char *p = f.subject; *p != '\0'; p++)
		assert_in_range(*p, 0x20, 0x7e);
	assert_non_null(strstr(f.subject, "one"));
	certifier_free(c);
}

static void
a_name_shows_no_local_part(void **state)
{
	struct certifier *c = certifier(NULL, NULL);
	struct certificate_facts f = certify_at(c, &addressed.bytes, 1, "", BEGIN);

	(void)state;
	assert_string_equal(f.subject,
			    "CN = xxxxxxxxxx@a.example,emailAddress = xxxxxxxxxxxx@b.example");
	assert_string_equal(f.issuer, f.subject);
	certifier_free(c);
}

static void
what_is_no_certificate_is_seen_and_not_parsed(void **state)
{
	uint8_t longer[sizeof(leaf.der) + 1];
	const struct bytes rows[] = {
	    {0},
	    BYTES("\x30\x82\xff\xff"),
	    BYTES("not DER at all"),
	    {leaf.der, leaf.bytes.len - 1}, /* cut */
	    {longer, leaf.bytes.len + 1},   /* a byte behind it */
	};
	struct certifier *c = certifier(&root, NULL);

	(void)state;
	memcpy(longer, leaf.der, leaf.bytes.len);
	longer[leaf.bytes.len] = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct certificate_facts f = certify_at(c, &rows[i], 1, "mx.example.net", BEGIN);

		assert_true(f.is_seen && !f.is_parsed);
		assert_int_equal(f.trusted, FACT_UNSEEN);
		assert_int_equal(f.expired, FACT_UNSEEN);
		assert_int_equal(f.name_matches, FACT_UNSEEN);
	}
	certifier_free(c);
}

static void
a_file_without_a_certificate_is_refused_with_words(void **state)
{
	FILE *file = tmpfile();
	char why[128] = "";

	(void)state;
	fputs("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n", file);
	rewind(file);
	assert_null(certifier_new(file, why, sizeof(why)));
	assert_string_not_equal(why, "");
	fclose(file);
}

/* What policies are held against: names as digests, and each authority with the way to it. */
static void
the_chain_is_told_of_by_names_digests_and_ways(void **state)
{
	static struct made middle, below, late;
	struct certifier *c = certifier(NULL, NULL);
	struct bytes chain[5];
	struct certificate_facts f;
	uint8_t expected[64];
	unsigned len;

	(void)state;
	x509_make(&middle, &(struct making){.cn = "Middle", .issuer = &root});
	x509_make(&below, &(struct making){.cn = "x", .names = "DNS:a.example", .issuer = &middle});
	x509_make(&late, &(struct making){.cn = "x",
					  .names = "DNS:a.example",
					  .issuer = &middle,
					  .begin = BEGIN + 10 * DAY});
	chain[0] = below.bytes;
	chain[1] = middle.bytes;
	chain[2] = root.bytes;
	chain[3] = other.bytes;
	chain[4] = other.bytes;
	f = certify_at(c, chain, 4, "", BEGIN + DAY);
	assert_true(f.is_whole && !f.is_named_by_cn && f.are_names_whole);
	assert_int_equal(f.name_count, 1);
	assert_int_equal(f.issuer_count, 3);
	assert_int_equal(f.issuers[0].way, WAY_GOOD);
	assert_int_equal(f.issuers[1].way, WAY_GOOD);
	assert_int_equal(f.issuers[2].way, WAY_NONE);
	assert_int_equal(f.issued_by, name_hash(X509_get_subject_name(middle.x509)));
	assert_int_equal(f.issuers[0].issued_by, name_hash(X509_get_subject_name(root.x509)));
	assert_true(f.issued_by != 0 && f.issued_by != f.issuers[0].issued_by);
	EVP_Digest(middle.der, middle.bytes.len, expected, &len, EVP_sha512(), NULL);
	assert_memory_equal(f.issuers[0].digests.sha512, expected, SHA512_KEPT);
	EVP_Digest(root.der, root.bytes.len, expected, &len, EVP_sha256(), NULL);
	assert_memory_equal(f.issuers[1].digests.sha256, expected, 32);

	f = certify_at(c, chain, 5, "", BEGIN + DAY);
	assert_int_equal(f.issuer_count, 3);
	assert_int_equal(f.chain_len, 5);

	/* Remembered, and yet told by the time of each session. */
	chain[0] = late.bytes;
	f = certify_at(c, chain, 3, "", BEGIN + 11 * DAY);
	assert_int_equal(f.issuers[0].way, WAY_GOOD);
	f = certify_at(c, chain, 3, "", BEGIN + DAY);
	assert_int_equal(f.issuers[0].way, WAY_OUT_OF_DATE);

	f = certify_at(c, &alone.bytes, 1, "", BEGIN + DAY);
	assert_int_equal(f.issuer_count, 0);
	f = certify_at(c, &addressed.bytes, 1, "", BEGIN + DAY);
	assert_true(f.is_named_by_cn);
	assert_int_equal(f.name_count, 0); /* no host is called so */
	x509_unmake(&middle);
	x509_unmake(&below);
	x509_unmake(&late);
	certifier_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digests_are_those_of_their_standards),
	    cmocka_unit_test(validity_is_judged_at_the_time_of_the_session),
	    cmocka_unit_test(trust_needs_a_chain_to_the_ca_file),
	    cmocka_unit_test(an_expired_leaf_of_a_trusted_chain_is_expired_and_not_untrusted),
	    cmocka_unit_test(names_match_as_in_rfc_6125),
	    cmocka_unit_test(the_leaf_is_told_with_its_digests_and_names),
	    cmocka_unit_test(a_self_signed_leaf_is_known_as_such_and_its_name_is_printable),
	    cmocka_unit_test(a_name_shows_no_local_part),
	    cmocka_unit_test(what_is_no_certificate_is_seen_and_not_parsed),
	    cmocka_unit_test(a_file_without_a_certificate_is_refused_with_words),
	    cmocka_unit_test(the_chain_is_told_of_by_names_digests_and_ways),
	};

	return cmocka_run_group_tests(tests, make_all, unmake_all);
}
