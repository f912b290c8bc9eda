/*
 * Answers of resolvers, read; and resolvers, named. That real servers' answers are
 * read so is tests/policy.t's to show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "monitor/policy/dns.h"
#include "monitor/policy/reach.h"
#include "tests/dns_build.h"

#define NAME "_mta-sts.example.com"
#define OK   0x8180 /* a response, recursion wanted and had */

static struct dns_build b;
static struct dns_message m;

/* In a block of its exact size, so that one byte too far is seen. */
static bool
reads(const char *name, enum dns_type type)
{
	uint8_t *exact = malloc(b.len);
	bool is_read;

	assert_non_null(exact);
	memcpy(exact, b.at, b.len);
	is_read = dns_message_read((struct bytes){exact, b.len}, name, type, &m);
	for (size_t i = 0; is_read && i < m.count; i++)
		m.rdata[i].at = b.at + (m.rdata[i].at - exact);
	m.all = build_view(&b);
	free(exact);
	return is_read;
}

static void
one_txt(unsigned flags)
{
	build_begin(&b, flags, NAME, DNS_TXT);
	build_count(&b, 1, 1);
	build_record(&b, NAME, DNS_TXT, 300, "\4abcd", 5);
}

static void
records_of_the_name_and_type_are_the_answer(void **state)
{
	(void)state;
	build_begin(&b, OK | 0x20, NAME, DNS_TXT);
	build_count(&b, 1, 3);
	build_record(&b, "_MTA-STS.example.COM", DNS_TXT, 300, "\1a", 2);
	build_record(&b, NAME, 46, 5, "signature", 9);
	build_record(&b, NAME, DNS_TXT, 200, "\1b", 2);
	assert_true(reads(NAME, DNS_TXT));
	assert_int_equal(m.code, 0);
	assert_true(m.is_authentic);
	assert_false(m.is_alias);
	assert_int_equal(m.count, 2);
	assert_memory_equal(m.rdata[1].at, "\1b", 2);
	assert_int_equal(m.ttl, 200);
}

static void
aliases_are_followed_in_any_order(void **state)
{
	(void)state;
	build_begin(&b, OK, NAME, DNS_TXT);
	build_count(&b, 1, 3);
	build_cname(&b, "b.example.com", "c.example.net", 20);
	build_record(&b, "c.example.net", DNS_TXT, 300, "\1a", 2);
	build_cname(&b, NAME, "b.example.com", 100);
	assert_true(reads(NAME, DNS_TXT));
	assert_true(m.is_alias);
	assert_string_equal(m.name, "c.example.net");
	assert_int_equal(m.count, 1);
	assert_int_equal(m.ttl, 20);
}

static void
a_question_for_an_alias_follows_none(void **state)
{
	(void)state;
	build_begin(&b, OK, NAME, DNS_CNAME);
	build_count(&b, 1, 1);
	build_cname(&b, NAME, "b.example.com", 20);
	assert_true(reads(NAME, DNS_CNAME));
	assert_false(m.is_alias);
	assert_int_equal(m.count, 1);
	assert_string_equal(m.name, NAME);
}

static void
an_alias_that_leads_in_circles_is_no_answer(void **state)
{
	(void)state;
	build_begin(&b, OK, NAME, DNS_TXT);
	build_count(&b, 1, 2);
	build_cname(&b, NAME, "b.example.com", 20);
	build_cname(&b, "b.example.com", NAME, 20);
	assert_false(reads(NAME, DNS_TXT));
}

static void
an_alias_out_of_form_is_not_nothing(void **state)
{
	(void)state;
	build_begin(&b, OK, NAME, DNS_TXT);
	build_count(&b, 1, 1);
	/* Behind the name there is more. */
	build_record(&b, NAME, DNS_CNAME, 20, "\1a\0x", 4);
	assert_false(reads(NAME, DNS_TXT));
}

static void
records_of_another_name_alone_are_not_nothing(void **state)
{
	(void)state;
	build_begin(&b, OK, NAME, DNS_TXT);
	build_count(&b, 1, 1);
	build_record(&b, "_mta-sts.example.net", DNS_TXT, 300, "\1a", 2);
	assert_false(reads(NAME, DNS_TXT));
}

static void
nothing_is_believed_as_long_as_the_zone_says(void **state)
{
	static const uint8_t soa[] = {1, 'n', 0, 1, 'h', 0, 0, 0, 0, 1, 0, 0, 0,
				      2, 0,   0, 0, 3,   0, 0, 0, 4, 0, 0, 0, 60};

	(void)state;
	build_begin(&b, OK | 3, NAME, DNS_TXT);
	build_count(&b, 2, 1);
	build_record(&b, "example.com", 6, 900, soa, sizeof(soa));
	assert_true(reads(NAME, DNS_TXT));
	assert_int_equal(m.code, DNS_CODE_NO_NAME);
	assert_int_equal(m.count, 0);
	assert_int_equal(m.ttl, 60);
}

/* An EDNS failure must not read as "there is none". */
static void
the_upper_bits_of_the_code_count(void **state)
{
	(void)state;
	build_begin(&b, OK, NAME, DNS_TXT);
	build_count(&b, 3, 1);
	build_record(&b, "", 41, 0x01000000, "", 0); /* BADVERS, 16 */
	assert_true(reads(NAME, DNS_TXT));
	assert_int_equal(m.code, 16);
}

static void
what_is_no_answer_to_the_question_is_not_read(void **state)
{
	(void)state;
	one_txt(OK);
	assert_true(reads(NAME, DNS_TXT));
	assert_false(reads("_mta-sts.example.net", DNS_TXT));
	assert_false(reads(NAME, DNS_MX));
	one_txt(0x0100); /* a question */
	assert_false(reads(NAME, DNS_TXT));
	one_txt(OK | 0x0200); /* truncated */
	assert_false(reads(NAME, DNS_TXT));
	one_txt(OK | 0x2800); /* an update */
	assert_false(reads(NAME, DNS_TXT));
	one_txt(OK);
	b.at[5] = 0; /* no question */
	assert_false(reads(NAME, DNS_TXT));
}

static void
one_that_is_cut_or_longer_than_it_says_is_not_read(void **state)
{
	size_t len;

	(void)state;
	one_txt(OK);
	len = b.len;
	for (b.len = 1; b.len < len; b.len++)
		assert_false(reads(NAME, DNS_TXT));
	b.len = len;
	assert_true(reads(NAME, DNS_TXT));
	build_bytes(&b, "x", 1);
	assert_false(reads(NAME, DNS_TXT));
}

static void
more_records_than_are_kept_is_no_answer(void **state)
{
	(void)state;
	for (unsigned count = DNS_RECORDS_MAX; count <= DNS_RECORDS_MAX + 1; count++) {
		build_begin(&b, OK, "a.b", DNS_TXT);
		build_count(&b, 1, count);
		for (unsigned i = 0; i < count; i++)
			build_record(&b, "a.b", DNS_TXT, 1, "\0", 1);
		assert_int_equal(reads("a.b", DNS_TXT), count == DNS_RECORDS_MAX);
	}
}

static void
mx_records_have_their_hosts_expanded(void **state)
{
	char host[DNS_NAME_TEXT];
	uint16_t preference;

	(void)state;
	build_begin(&b, OK, "example.com", DNS_MX);
	build_count(&b, 1, 4);
	build_record(&b, "example.com", DNS_MX, 1, "\0\12\2mx\xc0\x0c", 7);
	build_record(&b, "example.com", DNS_MX, 1, "\0\0\0", 3);
	build_record(&b, "example.com", DNS_MX, 1, "\0\1\2mx\0more", 10);
	build_record(&b, "example.com", DNS_MX, 1, "\0", 1);
	assert_true(reads("example.com", DNS_MX));
	assert_true(dns_message_mx(&m, 0, &preference, host));
	assert_int_equal(preference, 10);
	assert_string_equal(host, "mx.example.com");
	assert_true(dns_message_mx(&m, 1, &preference, host));
	assert_string_equal(host, "");
	assert_false(dns_message_mx(&m, 2, &preference, host));
	assert_false(dns_message_mx(&m, 3, &preference, host));
}

static void
resolvers_are_addresses_with_or_without_a_port(void **state)
{
	static const struct {
		const char *text;
		uint8_t family; /* 0: refused */
		uint16_t port;
	} rows[] = {
	    {"192.0.2.53", 4, 53},
	    {"192.0.2.53:5353", 4, 5353},
	    {"2001:db8::53", 6, 53},
	    {"[2001:db8::53]", 6, 53},
	    {"[2001:db8::53]:5353", 6, 5353},
	    {"192.0.2.53:", 0, 0},
	    {"192.0.2.53:0", 0, 0},
	    {"192.0.2.53:65536", 0, 0},
	    {"192.0.2.53:53x", 0, 0},
	    {"192.0.2", 0, 0},
	    {"[2001:db8::53", 0, 0},
	    {"[2001:db8::53]x", 0, 0},
	    {"[192.0.2.53]:x", 0, 0},
	    {"ns.example.com", 0, 0},
	    {"", 0, 0},
	    {":53", 0, 0},
	    {"[]", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_resolver r;
		bool is_read = dns_resolver_read(rows[i].text, &r);

		if (is_read != (rows[i].family != 0) ||
		    (is_read && (r.address.family != rows[i].family || r.port != rows[i].port)))
			fail_msg("%s", rows[i].text);
	}
}

/* Each border of each block of RFC 6890's registries, from both sides. */
static void
only_public_addresses_are_reached(void **state)
{
	static const struct {
		const char *text;
		bool is_public;
	} rows[] = {
	    {"0.0.0.0", false},
	    {"0.255.255.255", false},
	    {"1.0.0.0", true},
	    {"9.255.255.255", true},
	    {"10.0.0.0", false},
	    {"10.255.255.255", false},
	    {"11.0.0.0", true},
	    {"100.63.255.255", true},
	    {"100.64.0.0", false},
	    {"100.127.255.255", false},
	    {"100.128.0.0", true},
	    {"127.0.0.1", false},
	    {"126.255.255.255", true},
	    {"128.0.0.0", true},
	    {"169.253.255.255", true},
	    {"169.254.169.254", false},
	    {"169.255.0.0", true},
	    {"172.15.255.255", true},
	    {"172.16.0.0", false},
	    {"172.31.255.255", false},
	    {"172.32.0.0", true},
	    {"192.0.0.1", false},
	    {"192.0.1.0", true},
	    {"192.0.2.255", false},
	    {"192.0.3.0", true},
	    {"192.88.99.1", false},
	    {"192.167.255.255", true},
	    {"192.168.0.0", false},
	    {"192.168.255.255", false},
	    {"192.169.0.0", true},
	    {"198.17.255.255", true},
	    {"198.18.0.0", false},
	    {"198.19.255.255", false},
	    {"198.20.0.0", true},
	    {"198.51.100.1", false},
	    {"203.0.113.1", false},
	    {"203.0.114.0", true},
	    {"223.255.255.255", true},
	    {"224.0.0.0", false},
	    {"239.1.1.1", false},
	    {"240.0.0.0", false},
	    {"255.255.255.255", false},
	    {"::", false},
	    {"::1", false},
	    {"::ffff:127.0.0.1", false},
	    {"::ffff:8.8.8.8", false},
	    {"::8.8.8.8", false},
	    {"64:ff9b::7f00:1", false},
	    {"64:ff9b:1::a00:1", false},
	    {"100::1", false},
	    {"1fff::1", false},
	    {"2000::1", true},
	    {"2001::1", false},
	    {"2001:1ff::1", false},
	    {"2001:200::1", true},
	    {"2001:db7::1", true},
	    {"2001:db8::1", false},
	    {"2001:db9::1", true},
	    {"2002:7f00:1::", false},
	    {"2003::1", true},
	    {"2a00:1450::1", true},
	    {"3ffe::1", true},
	    {"3fff::1", false},
	    {"3fff:1000::1", true},
	    {"4000::1", false},
	    {"fc00::1", false},
	    {"fdff::1", false},
	    {"fe80::1", false},
	    {"fec0::1", false},
	    {"ff02::1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_resolver r;

		assert_true(dns_resolver_read(rows[i].text, &r));
		if (reach_is_public(&r.address) != rows[i].is_public)
			fail_msg("%s", rows[i].text);
	}
	assert_false(reach_is_public(&(struct address){0}));
}

static void
only_loopback_is_here(void **state)
{
	static const struct {
		const char *text;
		bool is_here;
	} rows[] = {{"127.0.0.1", true},  {"127.0.0.53", true},        {"::1", true},
		    {"128.0.0.1", false}, {"::ffff:127.0.0.1", false}, {"::2", false},
		    {"10.0.0.1", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_resolver r;

		assert_true(dns_resolver_read(rows[i].text, &r));
		if (dns_is_here(&r.address) != rows[i].is_here)
			fail_msg("%s", rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_of_the_name_and_type_are_the_answer),
	    cmocka_unit_test(aliases_are_followed_in_any_order),
	    cmocka_unit_test(a_question_for_an_alias_follows_none),
	    cmocka_unit_test(an_alias_that_leads_in_circles_is_no_answer),
	    cmocka_unit_test(an_alias_out_of_form_is_not_nothing),
	    cmocka_unit_test(records_of_another_name_alone_are_not_nothing),
	    cmocka_unit_test(nothing_is_believed_as_long_as_the_zone_says),
	    cmocka_unit_test(the_upper_bits_of_the_code_count),
	    cmocka_unit_test(what_is_no_answer_to_the_question_is_not_read),
	    cmocka_unit_test(one_that_is_cut_or_longer_than_it_says_is_not_read),
	    cmocka_unit_test(more_records_than_are_kept_is_no_answer),
	    cmocka_unit_test(mx_records_have_their_hosts_expanded),
	    cmocka_unit_test(resolvers_are_addresses_with_or_without_a_port),
	    cmocka_unit_test(only_public_addresses_are_reached),
	    cmocka_unit_test(only_loopback_is_here),
	};

	return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
