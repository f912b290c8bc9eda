/* Names off the wire, and the record of where reports go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/domain.h"
#include "monitor/policy/tlsrpt.h"
#include "tests/exact.h"

#define TEN   "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define L63   SIXTY "abc"

struct name_row {
	const char *name;
	struct bytes in;
	enum domain_sort sort;
	const char *text; /* "" where there is none */
};

static void
names_off_the_wire_are_sorted(void **state)
{
	static const struct name_row rows[] = {
	    {"plain", BYTES_INIT("example.net"), DOMAIN_OK, "example.net"},
	    {"case does not matter, RFC 4343", BYTES_INIT("Mail.EXAMPLE.net"), DOMAIN_OK,
	     "mail.example.net"},
	    {"a dot at its end", BYTES_INIT("example.net."), DOMAIN_OK, "example.net"},
	    {"two dots at its end", BYTES_INIT("example.net.."), DOMAIN_BAD, ""},
	    {"a dot alone", BYTES_INIT("."), DOMAIN_BAD, ""},
	    {"a dot in front", BYTES_INIT(".example.net"), DOMAIN_BAD, ""},
	    {"an empty label", BYTES_INIT("example..net"), DOMAIN_BAD, ""},
	    {"nothing", BYTES_INIT(""), DOMAIN_BAD, ""},
	    {"digits in front, RFC 1123 section 2.1", BYTES_INIT("3com.example"), DOMAIN_OK,
	     "3com.example"},
	    {"a hyphen in front", BYTES_INIT("-a.example"), DOMAIN_BAD, ""},
	    {"a hyphen behind", BYTES_INIT("a-.example"), DOMAIN_BAD, ""},
	    {"an underscore", BYTES_INIT("a_b.example"), DOMAIN_BAD, ""},
	    {"a blank", BYTES_INIT("a b.example"), DOMAIN_BAD, ""},
	    {"a slash", BYTES_INIT("a.example/x"), DOMAIN_BAD, ""},
	    {"a port", BYTES_INIT("a.example:25"), DOMAIN_BAD, ""},
	    {"a user", BYTES_INIT("u@a.example"), DOMAIN_BAD, ""},
	    {"a NUL", BYTES_INIT("a.example\0.b.example"), DOMAIN_BAD, ""},
	    {"a NUL behind U-labels", BYTES_INIT("\xc3\xbc.example\0.b.example"), DOMAIN_BAD, ""},
	    {"a line's end", BYTES_INIT("a.example\r\n"), DOMAIN_BAD, ""},
	    {"the longest label", BYTES_INIT(L63 ".example"), DOMAIN_OK, L63 ".example"},
	    {"a label too long", BYTES_INIT(L63 "d.example"), DOMAIN_BAD, ""},
	    {"the longest name", BYTES_INIT(L63 "." L63 "." L63 "." SIXTY "a"), DOMAIN_OK,
	     L63 "." L63 "." L63 "." SIXTY "a"},
	    {"a name too long", BYTES_INIT(L63 "." L63 "." L63 "." SIXTY "ab"), DOMAIN_BAD, ""},
	    {"U-labels, RFC 5891",
	     BYTES_INIT("b\xc3\xbc"
			"cher.example"),
	     DOMAIN_OK, "xn--bcher-kva.example"},
	    {"U-labels in capitals",
	     BYTES_INIT("B\xc3\x9c"
			"CHER.example"),
	     DOMAIN_OK, "xn--bcher-kva.example"},
	    {"A-labels", BYTES_INIT("XN--BCHER-KVA.example"), DOMAIN_OK, "xn--bcher-kva.example"},
	    {"sharp s is not ss, RFC 5894 section 7.2", BYTES_INIT("fa\xc3\x9f.example"), DOMAIN_OK,
	     "xn--fa-hia.example"},
	    {"a wide dot maps to a dot",
	     BYTES_INIT("\xc3\xbc.a\xe3\x80\x82"
			"example"),
	     DOMAIN_OK, "xn--tda.a.example"},
	    {"no UTF-8",
	     BYTES_INIT("b\xfc"
			"cher.example"),
	     DOMAIN_BAD, ""},
	    {"IPv4 literal, RFC 5321 section 4.1.3", BYTES_INIT("[192.0.2.1]"), DOMAIN_ADDRESS, ""},
	    {"IPv6 literal", BYTES_INIT("[IPv6:2001:db8::1]"), DOMAIN_ADDRESS, ""},
	    {"an address without brackets", BYTES_INIT("192.0.2.1"), DOMAIN_ADDRESS, ""},
	    {"IPv6 without brackets", BYTES_INIT("2001:db8::1"), DOMAIN_BAD, ""},
	    {"one label", BYTES_INIT("intranet"), DOMAIN_SINGLE_LABEL, "intranet"},
	    {"one label and a dot", BYTES_INIT("net."), DOMAIN_SINGLE_LABEL, "net"},
	    {"digits as the last label", BYTES_INIT("host.123"), DOMAIN_NUMERIC_TLD, "host.123"},
	    {"five labels of digits", BYTES_INIT("1.2.3.4.5"), DOMAIN_NUMERIC_TLD, "1.2.3.4.5"},
	    {"RFC 6762", BYTES_INIT("printer.local"), DOMAIN_SPECIAL_USE, "printer.local"},
	    {"in capitals", BYTES_INIT("printer.LOCAL."), DOMAIN_SPECIAL_USE, "printer.local"},
	    {"RFC 7686", BYTES_INIT("abc.onion"), DOMAIN_SPECIAL_USE, "abc.onion"},
	    {"RFC 6761 section 6.4", BYTES_INIT("x.invalid"), DOMAIN_SPECIAL_USE, "x.invalid"},
	    {"RFC 6761 section 6.3", BYTES_INIT("x.localhost"), DOMAIN_SPECIAL_USE, "x.localhost"},
	    {"localhost itself", BYTES_INIT("localhost"), DOMAIN_SPECIAL_USE, "localhost"},
	    {"reverse names, RFC 3172", BYTES_INIT("1.2.0.192.in-addr.arpa"), DOMAIN_SPECIAL_USE,
	     "1.2.0.192.in-addr.arpa"},
	    {"RFC 9476", BYTES_INIT("x.alt"), DOMAIN_SPECIAL_USE, "x.alt"},
	    {"special only as the last label", BYTES_INIT("local.example"), DOMAIN_OK,
	     "local.example"},
	    {"not its like", BYTES_INIT("a.notlocal"), DOMAIN_OK, "a.notlocal"},
	    {"RFC 6761 section 6.2: as any other", BYTES_INIT("mx.test"), DOMAIN_OK, "mx.test"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in = exact(rows[i].in);
		struct domain d;
		enum domain_sort sort = domain_read(in, &d);

		exact_free(in);
		if (sort != rows[i].sort || strcmp(d.text, rows[i].text) != 0)
			fail_msg("%s: sort %d, \"%s\"", rows[i].name, (int)sort, d.text);
	}
}

/* 253 characters, and what a name off the wire may be at most, of two bytes each. */
static void
over_long_names_are_refused_before_they_are_copied(void **state)
{
	static uint8_t text[70000];
	struct domain d;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	assert_int_equal(domain_read((struct bytes){text, sizeof(text)}, &d), DOMAIN_BAD);
	memset(text, 'a', sizeof(text));
	assert_int_equal(domain_read((struct bytes){text, sizeof(text)}, &d), DOMAIN_BAD);
	assert_int_equal(domain_read((struct bytes){text, 254}, &d), DOMAIN_BAD);
}

static void
a_prefix_must_leave_a_name(void **state)
{
	char out[DOMAIN_TEXT];
	struct domain d;

	(void)state;
	domain_read(BYTES("example.net"), &d);
	assert_true(domain_prefix("_mta-sts.", &d, out));
	assert_string_equal(out, "_mta-sts.example.net");
	/* 244 and 9 are 253. */
	domain_read(BYTES(L63 "." L63 "." L63 "." TEN TEN TEN TEN TEN "ab"), &d);
	assert_true(domain_prefix("_mta-sts.", &d, out));
	domain_read(BYTES(L63 "." L63 "." L63 "." TEN TEN TEN TEN TEN "abc"), &d);
	assert_false(domain_prefix("_mta-sts.", &d, out));
}

#define LONG_URI "https://a.example/" SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY

struct tlsrpt_row {
	const char *name;
	struct bytes records[3];
	enum tlsrpt_state state;
	const char *rua[3];
};

/* RFC 8460 section 3. */
static void
the_record_says_where_reports_go(void **state)
{
	static const struct tlsrpt_row rows[] = {
	    {"by mail",
	     {BYTES_INIT("v=TLSRPTv1;rua=mailto:r@a.example")},
	     TLSRPT_FOUND,
	     {"mailto:r@a.example"}},
	    {"by HTTPS, blanks, a last semicolon",
	     {BYTES_INIT("v=TLSRPTv1; rua=https://a.example/v1/r ; ")},
	     TLSRPT_FOUND,
	     {"https://a.example/v1/r"}},
	    {"two, with blanks around the comma",
	     {BYTES_INIT("v=TLSRPTv1; rua=mailto:r@a.example , https://a.example/r")},
	     TLSRPT_FOUND,
	     {"mailto:r@a.example", "https://a.example/r"}},
	    {"two fields: the grammar has 1*(field-delim tlsrpt-field)",
	     {BYTES_INIT("v=TLSRPTv1; rua=mailto:a@a.example; rua=mailto:b@a.example")},
	     TLSRPT_FOUND,
	     {"mailto:a@a.example", "mailto:b@a.example"}},
	    {"an equals sign in a URI",
	     {BYTES_INIT("v=TLSRPTv1; rua=mailto:r@a.example?subject=x")},
	     TLSRPT_FOUND,
	     {"mailto:r@a.example?subject=x"}},
	    {"fields that are not known are ignored",
	     {BYTES_INIT("v=TLSRPTv1; x=1; rua=mailto:r@a.example; y=2")},
	     TLSRPT_FOUND,
	     {"mailto:r@a.example"}},
	    {"others beside it are dropped",
	     {BYTES_INIT("v=spf1 -all"), BYTES_INIT("v=TLSRPTv1; rua=mailto:r@a.example"),
	      BYTES_INIT("v=TLSRPTv10; rua=mailto:x@a.example")},
	     TLSRPT_FOUND,
	     {"mailto:r@a.example"}},
	    {"no record", {{0}}, TLSRPT_ABSENT, {0}},
	    {"another record", {BYTES_INIT("v=spf1 -all")}, TLSRPT_ABSENT, {0}},
	    {"version in lower case",
	     {BYTES_INIT("v=tlsrptv1; rua=mailto:r@a.example")},
	     TLSRPT_ABSENT,
	     {0}},
	    {"two of them are none",
	     {BYTES_INIT("v=TLSRPTv1; rua=mailto:r@a.example"),
	      BYTES_INIT("v=TLSRPTv1; rua=mailto:s@a.example")},
	     TLSRPT_INVALID,
	     {0}},
	    {"no rua", {BYTES_INIT("v=TLSRPTv1; x=1")}, TLSRPT_INVALID, {0}},
	    {"an empty rua", {BYTES_INIT("v=TLSRPTv1; rua=")}, TLSRPT_INVALID, {0}},
	    {"RUA is another field",
	     {BYTES_INIT("v=TLSRPTv1; RUA=mailto:r@a.example")},
	     TLSRPT_INVALID,
	     {0}},
	    {"another scheme",
	     {BYTES_INIT("v=TLSRPTv1; rua=http://a.example/")},
	     TLSRPT_INVALID,
	     {0}},
	    {"no scheme", {BYTES_INIT("v=TLSRPTv1; rua=r@a.example")}, TLSRPT_INVALID, {0}},
	    {"an exclamation point must be encoded",
	     {BYTES_INIT("v=TLSRPTv1; rua=mailto:r@a.example!10m")},
	     TLSRPT_INVALID,
	     {0}},
	    {"a comma at the end",
	     {BYTES_INIT("v=TLSRPTv1; rua=mailto:r@a.example,")},
	     TLSRPT_INVALID,
	     {0}},
	    {"a blank before the URI",
	     {BYTES_INIT("v=TLSRPTv1; rua= mailto:r@a.example")},
	     TLSRPT_INVALID,
	     {0}},
	    {"a scheme's case does not matter, RFC 3986 section 3.1",
	     {BYTES_INIT("v=TLSRPTv1; rua=MAILTO:r@a.example")},
	     TLSRPT_FOUND,
	     {"MAILTO:r@a.example"}},
	    {"a URI longer than is kept",
	     {BYTES_INIT("v=TLSRPTv1; rua=" LONG_URI ",mailto:r@a.example")},
	     TLSRPT_FOUND,
	     {"mailto:r@a.example"}},
	};
	static struct tlsrpt out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problems problems = {0};
		struct txt_records in = {rows[i].records, 0};
		size_t uris = 0;

		while (in.count < 3 && rows[i].records[in.count].len > 0)
			in.count++;
		tlsrpt_read(&in, &out, &problems);
		while (uris < 3 && rows[i].rua[uris] != NULL)
			uris++;
		if (out.state != rows[i].state || out.count != uris)
			fail_msg("%s: state %d, %zu", rows[i].name, (int)out.state, out.count);
		for (size_t u = 0; u < uris; u++)
			assert_string_equal(out.rua[u], rows[i].rua[u]);
		if (out.state == TLSRPT_INVALID && problems.count == 0)
			fail_msg("%s: does not say why", rows[i].name);
	}
}

static void
problems_are_bounded_printable_and_told_once(void **state)
{
	static struct problems p;

	(void)state;
	memset(&p, 0, sizeof(p));
	problems_add(&p, "One.");
	problems_add(&p, "One.");
	assert_int_equal(p.count, 1);
	for (int i = 0; i < 40; i++)
		problems_add(&p, "Number %d.", i);
	assert_int_equal(p.count, PROBLEMS_MAX);
	assert_int_equal(p.omitted, 41 - PROBLEMS_MAX);
	assert_string_equal(quoted(BYTES("a\x1b[2J\n")).text, "a\\x1b[2J\\x0a");
	assert_string_equal(quoted(BYTES(SIXTY TEN)).text, SIXTY "...");
	assert_true(strlen(quoted(BYTES("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1")).text) <
		    PROBLEM_WIRE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_off_the_wire_are_sorted),
	    cmocka_unit_test(over_long_names_are_refused_before_they_are_copied),
	    cmocka_unit_test(a_prefix_must_leave_a_name),
	    cmocka_unit_test(the_record_says_where_reports_go),
	    cmocka_unit_test(problems_are_bounded_printable_and_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
