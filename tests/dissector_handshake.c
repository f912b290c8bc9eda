/* Handshake messages to structs, and the names of the registries. */
#include "dissector/cipher.h"
#include "dissector/handshake.h"
#include "dissector/tls.h"

#include "tests/tls_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define RANDOM_PLAIN "0123456789abcdef0123456789abcdef"

static void
assert_bytes(struct bytes got, struct bytes want)
{
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.at, want.at, want.len);
}

static void
put_all_client_extensions(struct build *ext)
{
	put_extension(ext, 0x0a0a, "", 0);
	put_extension(ext, 0, "\0\x0f\x00\0\x0cmx.example.n", 17);
	put_extension(ext, 10, "\0\4\x00\x1d\x00\x17", 6);
	put_extension(ext, 11, "\1\0", 2);
	put_extension(ext, 13, "\0\2\x04\x03", 4);
	put_extension(ext, 16, "\0\x09\x02h2\x05other", 11);
	put_extension(ext, 43, "\6\x7a\x7a\x03\x03\x03\x04", 7);
	put_extension(ext, 42, "", 0);
}

static void
a_client_hello_is_read(void **state)
{
	struct build ext = {0}, body = {0};
	struct client_hello h;

	(void)state;
	put_all_client_extensions(&ext);
	put_client_hello(&body, 0x0303, BYTES("\x13\x01\x56\x00\xc0\x2f"), &ext);
	assert_true(handshake_client_hello(built(&body), &h));
	assert_int_equal(h.legacy_version, 0x0303);
	assert_bytes(h.ciphers, BYTES("\x13\x01\x56\x00\xc0\x2f"));
	assert_bytes(h.sni, BYTES("mx.example.n"));
	assert_true(h.has_sni);
	assert_bytes(h.alpn, BYTES("h2"));
	assert_bytes(h.groups, BYTES("\x00\x1d\x00\x17"));
	assert_bytes(h.point_formats, BYTES("\0"));
	assert_bytes(h.signature_algorithms, BYTES("\x04\x03"));
	assert_true(h.has_early_data);
	assert_int_equal(handshake_offered_version(&h), 0x0304);
	assert_true(handshake_is_fallback(&h));
}

static void
a_client_hello_may_end_before_extensions(void **state)
{
	struct build body = {0};
	struct client_hello h;

	(void)state;
	put_client_hello(&body, 0x0301, BYTES("\x00\x2f"), NULL);
	assert_true(handshake_client_hello(built(&body), &h));
	assert_int_equal(handshake_offered_version(&h), 0x0301);
	assert_false(h.has_sni);
	assert_false(handshake_is_fallback(&h));
}

/* RFC 8446 section 4.2.1: without the list no more than TLS 1.2. */
static void
tls13_is_offered_by_the_list_alone(void **state)
{
	struct build body = {0};
	struct client_hello h;

	(void)state;
	put_client_hello(&body, 0x0304, BYTES("\x13\x01"), NULL);
	assert_true(handshake_client_hello(built(&body), &h));
	assert_int_equal(handshake_offered_version(&h), 0x0303);
}

static void
no_cut_hello_is_read(void **state)
{
	struct build ext = {0}, body = {0};

	(void)state;
	put_all_client_extensions(&ext);
	put_client_hello(&body, 0x0303, BYTES("\x13\x01"), &ext);
	for (size_t len = 0; len < body.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);
		struct client_hello h;
		/* The one place where a hello may end early: before its extensions. */
		bool may_end = len == body.len - ext.len - 2;

		assert_non_null(copy);
		memcpy(copy, body.at, len);
		if (handshake_client_hello((struct bytes){copy, len}, &h) != may_end)
			fail_msg("cut at %zu", len);
		free(copy);
	}
}

static void
broken_client_hellos_are_none(void **state)
{
	struct build odd = {0}, none = {0}, old = {0}, more = {0};
	struct client_hello h;

	(void)state;
	put_client_hello(&odd, 0x0303, BYTES("\x13\x01\x13"), NULL);
	put_client_hello(&none, 0x0303, BYTES(""), NULL);
	put_client_hello(&old, 0x0203, BYTES("\x13\x01"), NULL);
	put_client_hello(&more, 0x0303, BYTES("\x13\x01"), &(struct build){0});
	put(&more, "x", 1);
	assert_false(handshake_client_hello(built(&odd), &h));
	assert_false(handshake_client_hello(built(&none), &h));
	assert_false(handshake_client_hello(built(&old), &h));
	assert_false(handshake_client_hello(built(&more), &h));
}

struct server_row {
	const char *name;
	uint16_t legacy;
	const char *random;
	struct bytes extension; /* type and body as on the wire; empty for none */
	struct server_hello want;
};

/* SHA-256 of "HelloRetryRequest" as RFC 8446 section 4.1.3 prints it. */
#define RANDOM_RETRY                                                       \
	"\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91" \
	"\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C"

static void
server_hellos_are_read(void **state)
{
	static const struct server_row rows[] = {
	    {"TLS 1.2", 0x0303, RANDOM_PLAIN, {0}, {.version = 0x0303}},
	    {"SSL 3", 0x0300, RANDOM_PLAIN, {0}, {.version = 0x0300}},
	    {"TLS 1.3", 0x0303, RANDOM_PLAIN, BYTES("\0\x2b\0\2\3\4"), {.version = 0x0304}},
	    {"draft 28", 0x0303, RANDOM_PLAIN, BYTES("\0\x2b\0\2\x7f\x1c"), {.version = 0x0304}},
	    {"resumed",
	     0x0303,
	     RANDOM_PLAIN,
	     BYTES("\0\x29\0\2\0\0"),
	     {.version = 0x0303, .has_psk = true}},
	    {"retry",
	     0x0303,
	     RANDOM_RETRY,
	     BYTES("\0\x2b\0\2\3\4"),
	     {.version = 0x0304, .is_retry = true}},
	    {"could do TLS 1.3",
	     0x0303,
	     "0123456789abcdef01234567DOWNGRD\x01",
	     {0},
	     {.version = 0x0303, .sentinel = SENTINEL_TLS12}},
	    {"could do TLS 1.2",
	     0x0302,
	     "0123456789abcdef01234567DOWNGRD\x00",
	     {0},
	     {.version = 0x0302, .sentinel = SENTINEL_TLS11}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct server_row *row = &rows[i];
		struct build ext = {0}, body = {0};
		struct server_hello h;

		put(&ext, row->extension.at, row->extension.len);
		put_server_hello(&body, row->legacy, row->random, 0xc02f, ext.len ? &ext : NULL);
		if (!handshake_server_hello(built(&body), &h) || h.version != row->want.version ||
		    h.is_retry != row->want.is_retry || h.has_psk != row->want.has_psk ||
		    h.sentinel != row->want.sentinel || h.cipher != 0xc02f)
			fail_msg("%s", row->name);
	}
}

static void
the_protocol_that_the_server_chose_is_read(void **state)
{
	struct build ext = {0}, body = {0};
	struct server_hello h;

	(void)state;
	put_extension(&ext, 16, "\0\5\4smtp", 7);
	put_server_hello(&body, 0x0303, RANDOM_PLAIN, 0xc02f, &ext);
	assert_true(handshake_server_hello(built(&body), &h));
	assert_bytes(h.alpn, BYTES("smtp"));
}

static void
ssl2_hellos_are_read(void **state)
{
	struct bytes in = BYTES("\x01\x03\x01\x00\x06\x00\x00\x00\x10"
				"\x00\x00\x2f\x07\x00\xc0"
				"0123456789abcdef");
	struct v2_hello h;

	(void)state;
	assert_true(handshake_v2_hello(in, &h));
	assert_int_equal(h.version, 0x0301);
	assert_bytes(h.ciphers, BYTES("\x00\x00\x2f\x07\x00\xc0"));
	for (size_t len = 0; len < in.len; len++)
		assert_false(handshake_v2_hello(bytes_first(in, len), &h));
}

static void
certificates_come_leaf_first_and_no_more_than_asked(void **state)
{
	struct bytes in = BYTES("\0\0\x0b\0\0\4leaf\0\0\1c");
	struct bytes der[2];

	(void)state;
	assert_int_equal(handshake_certificates(in, der, 2), 2);
	assert_bytes(der[0], BYTES("leaf"));
	assert_bytes(der[1], BYTES("c"));
	assert_int_equal(handshake_certificates(in, der, 1), 1);
	assert_int_equal(handshake_certificates(BYTES("\0\0\0"), der, 2), 0);
	for (size_t len = 0; len < in.len; len++)
		assert_int_equal(handshake_certificates(bytes_first(in, len), der, 2), 0);
	/* The list's length holds, that of a certificate does not. */
	assert_int_equal(handshake_certificates(BYTES("\0\0\4\0\0\2c"), der, 2), 0);
}

/* RFC 8701 section 2. */
static void
sixteen_values_are_grease(void **state)
{
	int count = 0;

	(void)state;
	for (uint32_t value = 0; value <= UINT16_MAX; value++)
		count += handshake_is_grease((uint16_t)value);
	assert_int_equal(count, 16);
	assert_true(handshake_is_grease(0x0a0a));
	assert_true(handshake_is_grease(0xfafa));
	assert_false(handshake_is_grease(0x0a1a));
}

static void
the_ciphers_are_sorted_and_each_is_found(void **state)
{
	size_t found = 0;

	(void)state;
	for (size_t i = 1; i < cipher_count; i++)
		assert_true(cipher_names[i - 1].id < cipher_names[i].id);
	for (uint32_t id = 0; id <= UINT16_MAX; id++)
		found += tls_cipher_name((uint16_t)id) != NULL;
	assert_int_equal(found, cipher_count);
}

static void
names_are_those_of_the_registries(void **state)
{
	(void)state;
	assert_string_equal(tls_cipher_name(0x0000), "TLS_NULL_WITH_NULL_NULL");
	assert_string_equal(tls_cipher_name(0x0005), "TLS_RSA_WITH_RC4_128_SHA");
	assert_string_equal(tls_cipher_name(0x002f), "TLS_RSA_WITH_AES_128_CBC_SHA");
	assert_string_equal(tls_cipher_name(0x1302), "TLS_AES_256_GCM_SHA384");
	assert_string_equal(tls_cipher_name(0x5600), "TLS_FALLBACK_SCSV");
	assert_string_equal(tls_cipher_name(0xc030), "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
	assert_string_equal(tls_cipher_name(0xcca8), "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
	assert_null(tls_cipher_name(0x0a0a));
	assert_null(tls_cipher_name(0xffff));
	assert_string_equal(tls_version_name(0x0300), "SSLv3");
	assert_string_equal(tls_version_name(0x0304), "TLSv1.3");
	assert_null(tls_version_name(0));
	assert_string_equal(tls_alert_name(0), "close_notify");
	assert_string_equal(tls_alert_name(40), "handshake_failure");
	assert_string_equal(tls_alert_name(86), "inappropriate_fallback");
	assert_null(tls_alert_name(255));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_client_hello_is_read),
	    cmocka_unit_test(a_client_hello_may_end_before_extensions),
	    cmocka_unit_test(tls13_is_offered_by_the_list_alone),
	    cmocka_unit_test(no_cut_hello_is_read),
	    cmocka_unit_test(broken_client_hellos_are_none),
	    cmocka_unit_test(server_hellos_are_read),
	    cmocka_unit_test(the_protocol_that_the_server_chose_is_read),
	    cmocka_unit_test(ssl2_hellos_are_read),
	    cmocka_unit_test(certificates_come_leaf_first_and_no_more_than_asked),
	    cmocka_unit_test(sixteen_values_are_grease),
	    cmocka_unit_test(the_ciphers_are_sorted_and_each_is_found),
	    cmocka_unit_test(names_are_those_of_the_registries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
