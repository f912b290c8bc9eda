/* JA3 and JA4: the texts that are hashed, and how the digests go together. */
#include "dissector/fingerprint.h"

#include "tests/tls_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/*
 * A hello whose JA4 is published with its parts, under
 * t13d1011h2_61a7ad8aa9b6_3fcd1a44f3e3: ten ciphers, eleven extensions, SNI,
 * ALPN h2. GREASE is strewn in here, which must change nothing.
 */
#define CIPHERS \
	"\x1a\x1a\x13\x02\x13\x01\x13\x03\xc0\x30\xc0\x2c\xc0\x2f\xc0\x2b\xcc\xa9\xcc\xa8\x00\xff"
#define CIPHERS_SORTED "00ff,1301,1302,1303,c02b,c02c,c02f,c030,cca8,cca9"
#define EXTENSIONS_SORTED                               \
	"0005,000a,000b,000d,0017,0023,002b,002d,0033_" \
	"0503,0403,0807,0806,0805,0804,0601,0501,0401"

static struct client_hello
published_hello(struct build *body)
{
	struct build ext = {0};
	struct client_hello h;

	put_extension(&ext, 0x2a2a, "", 0);
	put_extension(&ext, 51, "", 0);
	put_extension(&ext, 0, "\0\x04\0\0\1x", 6);
	put_extension(&ext, 5, "", 0);
	put_extension(&ext, 10, "\0\6\x4a\x4a\x00\x1d\x00\x17", 8);
	put_extension(&ext, 11, "\2\0\1", 3);
	put_extension(&ext, 13,
		      "\0\x14\x6a\x6a\x05\x03\x04\x03\x08\x07\x08\x06\x08\x05\x08\x04"
		      "\x06\x01\x05\x01\x04\x01",
		      22);
	put_extension(&ext, 16, "\0\x0c\x02h2\x08http/1.1", 14);
	put_extension(&ext, 35, "", 0);
	put_extension(&ext, 23, "", 0);
	put_extension(&ext, 45, "", 0);
	put_extension(&ext, 43, "\6\x5a\x5a\x03\x04\x03\x03", 7);
	put_client_hello(body, 0x0303, BYTES(CIPHERS), &ext);
	assert_true(handshake_client_hello(built(body), &h));
	return h;
}

static void
ja3_has_five_fields_in_the_order_offered(void **state)
{
	static const char want[] = "771,4866-4865-4867-49200-49196-49199-49195-52393-52392-255,"
				   "51-0-5-10-11-13-16-35-23-45-43,29-23,0-1";
	struct build body = {0};
	struct client_hello h = published_hello(&body);
	char text[FINGERPRINT_TEXT_MAX];
	size_t len = fingerprint_ja3_text(&h, text);

	(void)state;
	assert_int_equal(len, sizeof(want) - 1);
	assert_memory_equal(text, want, len);
}

static void
ja3_of_a_bare_hello_keeps_its_commas(void **state)
{
	struct build body = {0};
	struct client_hello h;
	char text[FINGERPRINT_TEXT_MAX];

	(void)state;
	put_client_hello(&body, 0x0301, BYTES("\x00\x2f"), NULL);
	assert_true(handshake_client_hello(built(&body), &h));
	assert_int_equal(fingerprint_ja3_text(&h, text), 9);
	assert_memory_equal(text, "769,47,,,", 9);
}

static void
ja4_texts_are_as_published(void **state)
{
	struct build body = {0};
	struct client_hello h = published_hello(&body);
	struct ja4_text t;

	(void)state;
	assert_true(fingerprint_ja4_text(&h, &t));
	assert_string_equal(t.head, "t13d1011h2");
	assert_int_equal(t.ciphers_len, sizeof(CIPHERS_SORTED) - 1);
	assert_memory_equal(t.ciphers, CIPHERS_SORTED, t.ciphers_len);
	assert_int_equal(t.extensions_len, sizeof(EXTENSIONS_SORTED) - 1);
	assert_memory_equal(t.extensions, EXTENSIONS_SORTED, t.extensions_len);
}

/* Not SHA-256: knows the two texts above, and what their hashes begin with. */
static void
two_hashes(struct bytes in, uint8_t out[32])
{
	static const uint8_t of_ciphers[] = {0x61, 0xa7, 0xad, 0x8a, 0xa9, 0xb6};
	static const uint8_t of_extensions[] = {0x3f, 0xcd, 0x1a, 0x44, 0xf3, 0xe3};

	memset(out, 0xee, 32);
	if (bytes_equal(in, BYTES(CIPHERS_SORTED)))
		memcpy(out, of_ciphers, sizeof(of_ciphers));
	if (bytes_equal(in, BYTES(EXTENSIONS_SORTED)))
		memcpy(out, of_extensions, sizeof(of_extensions));
}

static void
ja4_is_the_readable_part_and_two_short_hashes(void **state)
{
	struct build body = {0}, bare = {0};
	struct client_hello h = published_hello(&body);
	char ja4[JA4_LEN + 1];

	(void)state;
	assert_true(fingerprint_ja4(&h, two_hashes, ja4));
	assert_string_equal(ja4, "t13d1011h2_61a7ad8aa9b6_3fcd1a44f3e3");
	/* Without extensions there is nothing to hash: zeros. */
	put_client_hello(&bare, 0x0301, BYTES("\x00\x2f"), NULL);
	assert_true(handshake_client_hello(built(&bare), &h));
	assert_true(fingerprint_ja4(&h, two_hashes, ja4));
	assert_string_equal(ja4, "t10i010000_eeeeeeeeeeee_000000000000");
}

static void
ja4_shows_the_ends_of_the_first_protocol(void **state)
{
	static const struct {
		struct bytes alpn;
		const char *shown;
	} rows[] = {
	    {BYTES("h2"), "h2"},
	    {BYTES("http/1.1"), "h1"},
	    {BYTES("x"), "xx"},
	    {BYTES("\xab"), "ab"},
	    {BYTES("\xab\xcd"), "ad"},
	    {BYTES("\x30\xab"), "3b"},
	    {BYTES("\x30\x31\xab\xcd"), "3d"},
	    {{0}, "00"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client_hello h = {.legacy_version = 0x0303, .alpn = rows[i].alpn};
		struct ja4_text t;

		assert_true(fingerprint_ja4_text(&h, &t));
		assert_memory_equal(t.head + 8, rows[i].shown, 2);
	}
}

static void
ja4_names_the_highest_version(void **state)
{
	static const struct {
		uint16_t legacy;
		struct bytes versions;
		const char *shown;
	} rows[] = {
	    {0x0303, BYTES("\x03\x03\xfa\xfa\x03\x04"), "13"},
	    {0x0303, {0}, "12"},
	    {0x0302, {0}, "11"},
	    {0x0301, {0}, "10"},
	    {0x0300, {0}, "s3"},
	    {0x0303, BYTES("\x7f\x1c\x03\x03"), "00"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client_hello h = {.legacy_version = rows[i].legacy,
					 .versions = rows[i].versions};
		struct ja4_text t;

		assert_true(fingerprint_ja4_text(&h, &t));
		assert_memory_equal(t.head + 1, rows[i].shown, 2);
	}
}

static void
a_hello_beyond_measure_has_no_fingerprint(void **state)
{
	static uint8_t many[8000];
	struct build body = {0};
	struct client_hello h;
	struct ja4_text t;
	char text[FINGERPRINT_TEXT_MAX];

	(void)state;
	memset(many, 0x77, sizeof(many));
	put_client_hello(&body, 0x0303, (struct bytes){many, sizeof(many)}, NULL);
	assert_true(handshake_client_hello(built(&body), &h));
	assert_int_equal(fingerprint_ja3_text(&h, text), 0);
	assert_false(fingerprint_ja4_text(&h, &t));
}

static void
counts_stop_at_ninety_nine(void **state)
{
	uint8_t many[240];
	struct build body = {0};
	struct client_hello h;
	struct ja4_text t;

	(void)state;
	/* Descending, so that the order is turned round. */
	for (size_t i = 0; i < sizeof(many); i += 2) {
		many[i] = (uint8_t)(240 - i);
		many[i + 1] = 0x01;
	}
	put_client_hello(&body, 0x0303, (struct bytes){many, sizeof(many)}, NULL);
	assert_true(handshake_client_hello(built(&body), &h));
	assert_true(fingerprint_ja4_text(&h, &t));
	assert_memory_equal(t.head + 4, "99", 2);
	for (size_t i = 5; i < t.ciphers_len; i += 5)
		assert_true(memcmp(t.ciphers + i - 5, t.ciphers + i, 4) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ja3_has_five_fields_in_the_order_offered),
	    cmocka_unit_test(ja3_of_a_bare_hello_keeps_its_commas),
	    cmocka_unit_test(ja4_texts_are_as_published),
	    cmocka_unit_test(ja4_is_the_readable_part_and_two_short_hashes),
	    cmocka_unit_test(ja4_shows_the_ends_of_the_first_protocol),
	    cmocka_unit_test(ja4_names_the_highest_version),
	    cmocka_unit_test(a_hello_beyond_measure_has_no_fingerprint),
	    cmocka_unit_test(counts_stop_at_ninety_nine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
