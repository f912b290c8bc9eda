/*
 * MTA-STS on paper: the record, the answer of the web server, the policy's text,
 * hosts against patterns. RFC 8461.
 *
 * A number in parentheses is that of a case that is known to be got wrong, of 67.
 * Others are in monitor_webpki.c (28-33, 59, 60) and monitor_policy.c (15-18, 58,
 * 61-67); for 35, 37 and 39 it takes a network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/sts_fetch.h"
#include "monitor/policy/sts_match.h"
#include "monitor/policy/sts_record.h"
#include "tests/exact.h"

#define ID32 "abcdefghijABCDEFGHIJ012345678901"
#define TEN  "abcdefghij"
#define X250                                                                                    \
	TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN \
	    TEN TEN TEN

struct record_row {
	const char *name;
	struct bytes records[3];
	enum sts_record_state state;
	const char *id;
};

static void
sts_record_rows(const struct record_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes copies[3];
		struct txt_records in = {copies, 0};
		struct problems problems = {0};
		struct sts_record out;

		for (; in.count < 3 && rows[i].records[in.count].len > 0; in.count++)
			copies[in.count] = exact(rows[i].records[in.count]);
		sts_record_read(&in, &out, &problems);
		for (size_t k = 0; k < in.count; k++)
			exact_free(copies[k]);
		if (out.state != rows[i].state || strcmp(out.id, rows[i].id) != 0)
			fail_msg("%s: state %d, id \"%s\"", rows[i].name, (int)out.state, out.id);
		if (out.state == STS_RECORD_INVALID &&
		    (problems.count == 0 || strstr(problems.text[0], "RFC 8461") == NULL))
			fail_msg("%s: does not say why", rows[i].name);
	}
}

/* RFC 8461 section 3.1: what does not begin with "v=STSv1;" is dropped; one must be left. */
static void
of_many_records_one_is_meant(void **state)
{
	static const struct record_row rows[] = {
	    {"the example of section 3.1",
	     {BYTES_INIT("v=STSv1; id=20160831085700Z;")},
	     STS_RECORD_FOUND,
	     "20160831085700Z"},
	    {"(1) an SPF record beside it",
	     {BYTES_INIT("v=STSv1; id=1"), BYTES_INIT("v=spf1")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(1) in the other order",
	     {BYTES_INIT("v=spf1"), BYTES_INIT("v=STSv1; id=1")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(2) two of them",
	     {BYTES_INIT("v=STSv1; id=1"), BYTES_INIT("v=STSv1; id=2")},
	     STS_RECORD_INVALID,
	     ""},
	    {"(2) two of them, one broken",
	     {BYTES_INIT("v=STSv1; id=1"), BYTES_INIT("v=STSv1;")},
	     STS_RECORD_INVALID,
	     ""},
	    {"(2) the same twice",
	     {BYTES_INIT("v=STSv1; id=1"), BYTES_INIT("v=STSv1; id=1")},
	     STS_RECORD_INVALID,
	     ""},
	    {"(3) another version",
	     {BYTES_INIT("v=STSv1; id=1"), BYTES_INIT("v=STSv10; id=2")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(4) a version without ';'",
	     {BYTES_INIT("v=STSv1; id=1"), BYTES_INIT("v=STSv1")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(4) ... alone", {BYTES_INIT("v=STSv1")}, STS_RECORD_ABSENT, ""},
	    {"(5) V in capitals", {BYTES_INIT("V=STSv1; id=1")}, STS_RECORD_ABSENT, ""},
	    {"(5) a version in lower case", {BYTES_INIT("v=stsv1; id=1")}, STS_RECORD_ABSENT, ""},
	    {"(6) a blank in front", {BYTES_INIT(" v=STSv1;id=1")}, STS_RECORD_ABSENT, ""},
	    {"erratum 6285: a blank before ';'",
	     {BYTES_INIT("v=STSv1 ; id=1")},
	     STS_RECORD_ABSENT,
	     ""},
	    {"(7) the id in front", {BYTES_INIT("id=1; v=STSv1")}, STS_RECORD_ABSENT, ""},
	    {"(21) a wildcard record of something else",
	     {BYTES_INIT("v=spf1 -all")},
	     STS_RECORD_ABSENT,
	     ""},
	    {"no record at all", {{0}}, STS_RECORD_ABSENT, ""},
	};

	(void)state;
	sts_record_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* RFC 8461 section 3.1, the grammar. */
static void
a_record_keeps_to_the_grammar(void **state)
{
	static const struct record_row rows[] = {
	    {"(8) an empty id", {BYTES_INIT("v=STSv1; id=")}, STS_RECORD_INVALID, ""},
	    {"(8) a hyphen in the id", {BYTES_INIT("v=STSv1; id=a-b")}, STS_RECORD_INVALID, ""},
	    {"(8) an id of 32", {BYTES_INIT("v=STSv1; id=" ID32)}, STS_RECORD_FOUND, ID32},
	    {"(8) an id of 33", {BYTES_INIT("v=STSv1; id=" ID32 "x")}, STS_RECORD_INVALID, ""},
	    {"no id", {BYTES_INIT("v=STSv1;")}, STS_RECORD_INVALID, ""},
	    {"ID in capitals is another field",
	     {BYTES_INIT("v=STSv1; ID=1")},
	     STS_RECORD_INVALID,
	     ""},
	    {"(9) two ids: the first", {BYTES_INIT("v=STSv1; id=1; id=2")}, STS_RECORD_FOUND, "1"},
	    {"(9) a bad id first", {BYTES_INIT("v=STSv1; id=-; id=2")}, STS_RECORD_INVALID, ""},
	    {"another field first", {BYTES_INIT("v=STSv1; x=1; id=2")}, STS_RECORD_FOUND, "2"},
	    {"no blanks at all", {BYTES_INIT("v=STSv1;id=1")}, STS_RECORD_FOUND, "1"},
	    {"blanks around ';'",
	     {BYTES_INIT("v=STSv1; \t id=1 \t; \tx=1")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(11) two semicolons", {BYTES_INIT("v=STSv1;;id=1")}, STS_RECORD_INVALID, ""},
	    {"(11) two semicolons at the end",
	     {BYTES_INIT("v=STSv1;id=1;;")},
	     STS_RECORD_INVALID,
	     ""},
	    {"(12) a field without value",
	     {BYTES_INIT("v=STSv1; id=1; foo")},
	     STS_RECORD_INVALID,
	     ""},
	    {"(12) an empty value", {BYTES_INIT("v=STSv1; id=1; foo=")}, STS_RECORD_INVALID, ""},
	    {"(13) a blank in a value",
	     {BYTES_INIT("v=STSv1; id=1; x=a b")},
	     STS_RECORD_INVALID,
	     ""},
	    {"(13) an equals sign in a value",
	     {BYTES_INIT("v=STSv1; id=1; x=a=b")},
	     STS_RECORD_INVALID,
	     ""},
	    {"a blank before '='", {BYTES_INIT("v=STSv1; id =1")}, STS_RECORD_INVALID, ""},
	    {"a blank behind '='", {BYTES_INIT("v=STSv1; id= 1")}, STS_RECORD_INVALID, ""},
	    {"(14) not ASCII", {BYTES_INIT("v=STSv1; id=1; x=\xc3\xbc")}, STS_RECORD_INVALID, ""},
	    {"(14) not ASCII in the id",
	     {BYTES_INIT("v=STSv1; id=\xc3\xbc")},
	     STS_RECORD_INVALID,
	     ""},
	    {"a NUL in the id", {BYTES_INIT("v=STSv1; id=1\0002")}, STS_RECORD_INVALID, ""},
	    {"a field's name of 32",
	     {BYTES_INIT("v=STSv1; id=1; " ID32 "=1")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"a field's name of 33",
	     {BYTES_INIT("v=STSv1; id=1; " ID32 "x=1")},
	     STS_RECORD_INVALID,
	     ""},
	    {"a field's name that begins with '_'",
	     {BYTES_INIT("v=STSv1; id=1; _x=1")},
	     STS_RECORD_INVALID,
	     ""},
	    {"a field's name with all it may have",
	     {BYTES_INIT("v=STSv1; id=1; 0a_-.=1")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(19) more than 255 bytes",
	     {BYTES_INIT("v=STSv1; id=1; x=" X250 X250)},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(20) ';' and blanks at the end",
	     {BYTES_INIT("v=STSv1; id=1 ; \t")},
	     STS_RECORD_FOUND,
	     "1"},
	    {"(20) blanks alone at the end",
	     {BYTES_INIT("v=STSv1; id=1 ")},
	     STS_RECORD_INVALID,
	     ""},
	};

	(void)state;
	sts_record_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

struct join_row {
	const char *name;
	struct bytes rdata;
	bool is_joined;
	const char *text;
};

/* (10) RFC 8461 section 3.1, RFC 1035 section 3.3.14: joined without blanks. */
static void
strings_of_a_record_are_joined_as_they_are(void **state)
{
	static const struct join_row rows[] = {
	    {"one", BYTES_INIT("\x0cv=STSv1;id=1"), true, "v=STSv1;id=1"},
	    {"(10) two",
	     BYTES_INIT("\x0av=STSv1; i\x03"
			"d=1"),
	     true, "v=STSv1; id=1"},
	    {"(10) no blank between them", BYTES_INIT("\x08v=STSv1;\x04id=1\x03x=2"), true,
	     "v=STSv1;id=1x=2"},
	    {"an empty one between",
	     BYTES_INIT("\x02"
			"ab\0\x02"
			"cd"),
	     true, "abcd"},
	    {"empty", BYTES_INIT("\0"), true, ""},
	    {"none", BYTES_INIT(""), true, ""},
	    {"cut", BYTES_INIT("\x0cv=STSv1;id="), false, ""},
	    {"cut in the second",
	     BYTES_INIT("\x02"
			"ab\x03"
			"cd"),
	     false, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in = exact(rows[i].rdata), joined;
		uint8_t *out = malloc(in.len ? in.len : 1);
		bool is_joined = txt_join(in, out, in.len, &joined);

		if (is_joined != rows[i].is_joined ||
		    !bytes_equal(joined, (struct bytes){(const uint8_t *)rows[i].text,
							strlen(rows[i].text)}))
			fail_msg("%s", rows[i].name);
		free(out);
		exact_free(in);
	}
}

/* (10), (19) What was joined is read as one. */
static void
a_record_of_several_strings_is_one_text(void **state)
{
	static const uint8_t rdata[] = "\x0av=STSv1; i\xff"
				       "d=1; x=" X250 "a\x0b; yy=zzzzzz";
	uint8_t out[sizeof(rdata)], tiny[8];
	struct problems problems = {0};
	struct bytes joined = {0};
	struct txt_records in = {&joined, 1};
	struct sts_record r;

	(void)state;
	assert_true(txt_join((struct bytes){rdata, 11}, out, sizeof(out), &joined));
	assert_true(txt_join((struct bytes){rdata, 11 + 256}, out, sizeof(out), &joined));
	assert_int_equal(joined.len, 10 + 255);
	sts_record_read(&in, &r, &problems);
	assert_int_equal(r.state, STS_RECORD_FOUND);
	assert_string_equal(r.id, "1");
	assert_false(txt_join((struct bytes){rdata, 11}, tiny, sizeof(tiny), &joined));
	assert_int_equal(joined.len, 0);
}

#define HEAD    "version: STSv1\nmode: enforce\n"
#define TAIL    "mx: mx.example.com\nmax_age: 604800\n"
#define GOOD    HEAD TAIL
#define NONE    "version: STSv1\nmode: none\n"
#define AGE(n)  "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: " n "\n"
#define MX(p)   "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: " p "\n"
#define WITH(l) GOOD l

/* What a text is by the grammar, and what a lenient sender makes of it. */
enum reading { VALID, LENIENT, INVALID };

struct text_row {
	const char *name;
	struct bytes text;
	enum reading reading;
	enum sts_mode mode; /* of one that is not INVALID, as the rest */
	uint32_t max_age;
	size_t mx_count;
};

static void
sts_text_rows(const struct text_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct text_row *r = &rows[i];
		struct problems problems = {0};
		struct bytes in = exact(r->text);
		struct sts_policy p;

		sts_policy_read(in, &p, &problems);
		exact_free(in);
		if (p.is_valid != (r->reading == VALID) || p.is_readable != (r->reading != INVALID))
			fail_msg("%s: valid %d, readable %d: %s", r->name, p.is_valid,
				 p.is_readable, problems.text[0]);
		if (r->reading != VALID &&
		    (problems.count == 0 || strstr(problems.text[0], "RFC 8461") == NULL))
			fail_msg("%s: does not say why", r->name);
		if (p.is_readable &&
		    (p.mode != r->mode || p.max_age != r->max_age || p.mx_count != r->mx_count))
			fail_msg("%s: %d %u %zu", r->name, (int)p.mode, p.max_age, p.mx_count);
	}
}

#define E STS_MODE_ENFORCE

/* RFC 8461 section 3.2; erratum 6253. */
static void
lines_end_in_lf_or_crlf(void **state)
{
	static const struct text_row rows[] = {
	    {"(40) LF", BYTES_INIT(GOOD), VALID, E, 604800, 1},
	    {"(40) CRLF",
	     BYTES_INIT("version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmax_age: "
			"604800\r\n"),
	     VALID, E, 604800, 1},
	    {"(40) both",
	     BYTES_INIT("version: STSv1\r\nmode: enforce\nmx: a.example\r\nmax_age: "
			"604800\n"),
	     VALID, E, 604800, 1},
	    {"(40) none at the end",
	     BYTES_INIT("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 604800"), VALID, E,
	     604800, 1},
	    {"(40) CR alone",
	     BYTES_INIT("version: STSv1\rmode: enforce\rmx: a.example\rmax_age: "
			"604800\r"),
	     INVALID, 0, 0, 0},
	    {"(40) CR alone at the end", BYTES_INIT(WITH("note: x\r")), LENIENT, E, 604800, 1},
	    {"(40) CR CR LF", BYTES_INIT("version: STSv1\r\r\nmode: enforce\n" TAIL), INVALID, 0, 0,
	     0},
	    {"(41) a byte order mark", BYTES_INIT("\xef\xbb\xbf" GOOD), LENIENT, E, 604800, 1},
	    {"(42) an empty line in the middle", BYTES_INIT(HEAD "\n" TAIL), LENIENT, E, 604800, 1},
	    {"(42) an empty line at the end", BYTES_INIT(GOOD "\n"), LENIENT, E, 604800, 1},
	    {"(42) an empty line in front", BYTES_INIT("\n" GOOD), LENIENT, E, 604800, 1},
	    {"(42) a line of blanks", BYTES_INIT(HEAD " \n" TAIL), LENIENT, E, 604800, 1},
	    {"a line without colon", BYTES_INIT(HEAD "comment\n" TAIL), LENIENT, E, 604800, 1},
	    {"nothing", BYTES_INIT(""), INVALID, 0, 0, 0},
	    {"HTML", BYTES_INIT("<!DOCTYPE html>\n<html></html>\n"), INVALID, 0, 0, 0},
	};

	(void)state;
	sts_text_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* RFC 8461 section 3.2: sts-policy-field-delim = ":" *WSP; %s is to the letter. */
static void
keys_and_values_are_to_the_letter(void **state)
{
	static const struct text_row rows[] = {
	    {"(43) no blank", BYTES_INIT("version:STSv1\nmode:enforce\n" TAIL), VALID, E, 604800,
	     1},
	    {"(43) many blanks", BYTES_INIT("version: \t STSv1 \t\nmode:\tenforce\t\n" TAIL), VALID,
	     E, 604800, 1},
	    {"(43) a blank before the colon", BYTES_INIT("version: STSv1\nmode : enforce\n" TAIL),
	     LENIENT, E, 604800, 1},
	    {"(43) a blank before the key", BYTES_INIT("version: STSv1\n mode: enforce\n" TAIL),
	     LENIENT, E, 604800, 1},
	    {"(44) Mode is another key", BYTES_INIT("version: STSv1\nMode: enforce\n" TAIL),
	     INVALID, 0, 0, 0},
	    {"(44) Enforce is no mode", BYTES_INIT("version: STSv1\nmode: Enforce\n" TAIL), INVALID,
	     0, 0, 0},
	    {"(45) enforced is no mode", BYTES_INIT("version: STSv1\nmode: enforced\n" TAIL),
	     INVALID, 0, 0, 0},
	    {"report was one in drafts", BYTES_INIT("version: STSv1\nmode: report\n" TAIL), INVALID,
	     0, 0, 0},
	    {"(46) two modes: the first", BYTES_INIT(HEAD "mode: none\n" TAIL), VALID, E, 604800,
	     1},
	    {"(46) a bad mode first", BYTES_INIT("version: STSv1\nmode: x\nmode: enforce\n" TAIL),
	     INVALID, 0, 0, 0},
	    {"(46) a bad one second", BYTES_INIT(HEAD "mode: x\n" TAIL), VALID, E, 604800, 1},
	    {"(46) two max_age: the first", BYTES_INIT(GOOD "max_age: 1\n"), VALID, E, 604800, 1},
	    {"(47) version last", BYTES_INIT("mode: enforce\n" TAIL "version: STSv1\n"), VALID, E,
	     604800, 1},
	    {"(47) no version", BYTES_INIT("mode: enforce\n" TAIL), INVALID, 0, 0, 0},
	    {"STSv2", BYTES_INIT("version: STSv2\nmode: enforce\n" TAIL), INVALID, 0, 0, 0},
	    {"stsv1", BYTES_INIT("version: stsv1\nmode: enforce\n" TAIL), INVALID, 0, 0, 0},
	    {"testing", BYTES_INIT("version: STSv1\nmode: testing\n" TAIL), VALID, STS_MODE_TESTING,
	     604800, 1},
	    {"no mode", BYTES_INIT("version: STSv1\n" TAIL), INVALID, 0, 0, 0},
	    {"(54) another key, with UTF-8",
	     BYTES_INIT(WITH("note: gr\xc3\xbc\xc3\x9f"
			     "e\n")),
	     VALID, E, 604800, 1},
	    {"(54) four bytes of UTF-8", BYTES_INIT(WITH("note: \xf0\x9f\x93\xa7 x\n")), VALID, E,
	     604800, 1},
	    {"(54) Latin-1",
	     BYTES_INIT(WITH("note: gr\xfc\xdf"
			     "e\n")),
	     LENIENT, E, 604800, 1},
	    {"(54) a surrogate", BYTES_INIT(WITH("note: \xed\xa0\x80\n")), LENIENT, E, 604800, 1},
	    {"(54) a form too long", BYTES_INIT(WITH("note: \xc0\xaf\n")), LENIENT, E, 604800, 1},
	    {"(54) cut in a character", BYTES_INIT(WITH("note: \xf0\x9f\x93")), LENIENT, E, 604800,
	     1},
	    {"an empty value", BYTES_INIT(WITH("note:\n")), LENIENT, E, 604800, 1},
	    {"a colon in a value", BYTES_INIT(WITH("note: a:b\n")), VALID, E, 604800, 1},
	    {"a key of 32", BYTES_INIT(WITH(ID32 ": x\n")), VALID, E, 604800, 1},
	    {"a key of 33", BYTES_INIT(WITH(ID32 "x: x\n")), LENIENT, E, 604800, 1},
	    {"(55) a NUL in a mode", BYTES_INIT("version: STSv1\nmode: enforce\0\n" TAIL), INVALID,
	     0, 0, 0},
	    {"(55) a NUL in another value", BYTES_INIT(WITH("note: a\0b\n")), LENIENT, E, 604800,
	     1},
	    {"(55) a tab in another value", BYTES_INIT(WITH("note: a\tb\n")), LENIENT, E, 604800,
	     1},
	};

	(void)state;
	sts_text_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* RFC 8461 section 3.2: 1*10DIGIT, at most 31557600; erratum 7282. */
static void
max_age_has_a_form_and_a_range(void **state)
{
	static const struct text_row rows[] = {
	    {"(48) 0", BYTES_INIT(AGE("0")), VALID, E, 0, 1},
	    {"(48) -1", BYTES_INIT(AGE("-1")), INVALID, 0, 0, 0},
	    {"(48) +1", BYTES_INIT(AGE("+1")), INVALID, 0, 0, 0},
	    {"(48) the largest", BYTES_INIT(AGE("31557600")), VALID, E, 31557600, 1},
	    {"(48) one more", BYTES_INIT(AGE("31557601")), LENIENT, E, 31557600, 1},
	    {"(48) ten digits", BYTES_INIT(AGE("9999999999")), LENIENT, E, 31557600, 1},
	    {"(48) eleven digits", BYTES_INIT(AGE("10000000000")), INVALID, 0, 0, 0},
	    {"(48) eleven digits, ten of them zero", BYTES_INIT(AGE("00000000001")), INVALID, 0, 0,
	     0},
	    {"(48) ten digits, nine of them zero", BYTES_INIT(AGE("0000604800")), VALID, E, 604800,
	     1},
	    {"(48) 1e6", BYTES_INIT(AGE("1e6")), INVALID, 0, 0, 0},
	    {"(48) 0x10", BYTES_INIT(AGE("0x10")), INVALID, 0, 0, 0},
	    {"(48) a blank behind it", BYTES_INIT(AGE("604800 ")), VALID, E, 604800, 1},
	    {"(48) a blank in it", BYTES_INIT(AGE("604 800")), INVALID, 0, 0, 0},
	    {"(48) a fraction", BYTES_INIT(AGE("604800.0")), INVALID, 0, 0, 0},
	    {"(48) empty", BYTES_INIT(AGE("")), INVALID, 0, 0, 0},
	    {"no max_age", BYTES_INIT(HEAD "mx: mx.example.com\n"), INVALID, 0, 0, 0},
	    {"(53) none without mx, and short", BYTES_INIT(NONE "max_age: 60\n"), VALID,
	     STS_MODE_NONE, 60, 0},
	    {"(53) none with mx", BYTES_INIT(NONE TAIL), VALID, STS_MODE_NONE, 604800, 1},
	    {"(53) enforce without mx", BYTES_INIT(HEAD "max_age: 604800\n"), INVALID, 0, 0, 0},
	    {"(53) testing without mx",
	     BYTES_INIT("version: STSv1\nmode: testing\nmax_age: "
			"604800\n"),
	     INVALID, 0, 0, 0},
	};

	(void)state;
	sts_text_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* RFC 8461 section 3.2: sts-policy-mx-value = ["*."] Domain, RFC 5321 section 4.1.2. */
static void
an_mx_is_a_host_or_all_of_one_label(void **state)
{
	static const struct text_row rows[] = {
	    {"a wildcard", BYTES_INIT(MX("*.example.com")), VALID, E, 604800, 1},
	    {"two lines", BYTES_INIT(GOOD "mx: *.example.net\n"), VALID, E, 604800, 2},
	    {"in capitals", BYTES_INIT(MX("MX.Example.COM")), VALID, E, 604800, 1},
	    {"A-labels", BYTES_INIT(MX("mx.xn--bcher-kva.example")), VALID, E, 604800, 1},
	    {"(49) a dot at the end", BYTES_INIT(MX("*.example.com.")), INVALID, 0, 0, 0},
	    {"(49) ... beside a good one", BYTES_INIT(GOOD "mx: a.example.com.\n"), LENIENT, E,
	     604800, 1},
	    {"(50) two wildcards", BYTES_INIT(MX("*.*.example.com")), INVALID, 0, 0, 0},
	    {"(50) a part of a label", BYTES_INIT(MX("m*.example.com")), INVALID, 0, 0, 0},
	    {"(50) a wildcard alone", BYTES_INIT(MX("*")), INVALID, 0, 0, 0},
	    {"(50) a wildcard and a dot", BYTES_INIT(MX("*.")), INVALID, 0, 0, 0},
	    {"(50) a wildcard inside", BYTES_INIT(MX("a.*.example.com")), INVALID, 0, 0, 0},
	    {"(50) a dot in front", BYTES_INIT(MX(".example.com")), INVALID, 0, 0, 0},
	    {"(51) U-labels",
	     BYTES_INIT(MX("mx.b\xc3\xbc"
			   "cher.example")),
	     INVALID, 0, 0, 0},
	    {"an underscore", BYTES_INIT(MX("mx_1.example.com")), INVALID, 0, 0, 0},
	    {"an address literal", BYTES_INIT(MX("[192.0.2.1]")), INVALID, 0, 0, 0},
	    {"two in one line", BYTES_INIT(MX("a.example.com, b.example.com")), INVALID, 0, 0, 0},
	    {"empty", BYTES_INIT(MX("")), INVALID, 0, 0, 0},
	    {"MX is another key", BYTES_INIT(HEAD "MX: a.example\nmax_age: 604800\n"), INVALID, 0,
	     0, 0},
	};

	(void)state;
	sts_text_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* (56) RFC 8461 section 3.3: 64 kilobytes are the limit, and there is no other. */
static void
many_mx_lines_are_walked_and_too_many_are_refused(void **state)
{
	static char text[1600000];
	struct problems problems = {0};
	struct sts_policy p;
	struct domain host;
	size_t len = 0, lines = 0;

	(void)state;
	len += (size_t)snprintf(text, sizeof(text), HEAD "max_age: 604800\n");
	while (len + 20 < STS_TEXT_MAX)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "mx: %05zu.example\n",
					lines++);
	sts_policy_read((struct bytes){(const uint8_t *)text, len}, &p, &problems);
	assert_true(p.is_valid);
	assert_int_equal(p.mx_count, lines);
	domain_read(BYTES("03000.example"), &host);
	assert_true(sts_match_host(&p, &host));
	domain_read(BYTES("99999.example"), &host);
	assert_false(sts_match_host(&p, &host));

	for (; lines < 100000; lines++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "mx: a.example\n");
	sts_policy_read((struct bytes){(const uint8_t *)text, len}, &p, &problems);
	assert_false(p.is_valid);
	assert_false(p.is_readable);
}

/* A hostile text tells no more than fits, and nothing that is not printable. */
static void
problems_of_a_text_are_bounded(void **state)
{
	static char text[STS_TEXT_MAX];
	struct problems problems = {0};
	struct sts_policy p;
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; len + 16 < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "mx: \x1b[%u\n", i);
	sts_policy_read((struct bytes){(const uint8_t *)text, len}, &p, &problems);
	assert_int_equal(problems.count, PROBLEMS_MAX);
	assert_true(problems.omitted > 1000);
	for (size_t i = 0; i < problems.count; i++)
		assert_null(strchr(problems.text[i], '\x1b'));
}

struct match_row {
	const char *name;
	struct bytes pattern, host;
	bool matches;
};

/* RFC 8461 section 4.1. */
static void
hosts_match_patterns(void **state)
{
	static const struct match_row rows[] = {
	    {"the same", BYTES_INIT("mx.example.com"), BYTES_INIT("mx.example.com"), true},
	    {"(52) case", BYTES_INIT("MX.example.COM"), BYTES_INIT("mx.EXAMPLE.com"), true},
	    {"(52) a host of U-labels", BYTES_INIT("mx.xn--bcher-kva.example"),
	     BYTES_INIT("mx.b\xc3\xbc"
			"cher.example"),
	     true},
	    {"a host with a dot at its end", BYTES_INIT("mx.example.com"),
	     BYTES_INIT("mx.example.com."), true},
	    {"(57) one label", BYTES_INIT("*.example.com"), BYTES_INIT("a.example.com"), true},
	    {"(57) no label", BYTES_INIT("*.example.com"), BYTES_INIT("example.com"), false},
	    {"(57) two labels", BYTES_INIT("*.example.com"), BYTES_INIT("a.b.example.com"), false},
	    {"(57) a part of a label", BYTES_INIT("*.example.com"), BYTES_INIT("anexample.com"),
	     false},
	    {"no wildcard, below it", BYTES_INIT("example.com"), BYTES_INIT("a.example.com"),
	     false},
	    {"no wildcard, its end", BYTES_INIT("mx.example.com"), BYTES_INIT("example.com"),
	     false},
	    {"(52) a wildcard in capitals", BYTES_INIT("*.EXAMPLE.com"),
	     BYTES_INIT("a.example.com"), true},
	    {"another domain", BYTES_INIT("*.example.com"), BYTES_INIT("a.example.net"), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct problems problems = {0};
		struct sts_policy p;
		struct domain host;

		snprintf(text, sizeof(text), HEAD "max_age: 604800\nmx: other.example\nmx: %.*s\n",
			 (int)rows[i].pattern.len, (const char *)rows[i].pattern.at);
		sts_policy_read(bytes_text(text), &p, &problems);
		assert_true(p.is_valid);
		assert_int_equal(domain_read(rows[i].host, &host), DOMAIN_OK);
		if (sts_match_host(&p, &host) != rows[i].matches)
			fail_msg("%s", rows[i].name);
	}
}

struct fetch_row {
	const char *name;
	struct sts_response response;
	enum sts_fetch fetch;
};

#define PLAIN BYTES_INIT("text/plain")

/* RFC 8461 section 3.3. */
static void
what_a_web_server_answers_is_judged(void **state)
{
	static const struct fetch_row rows[] = {
	    {"as it should be", {200, PLAIN, {0}, 100}, STS_FETCH_OK},
	    {"(22) 301, to the same host or not", {301, PLAIN, {0}, 100}, STS_FETCH_REDIRECT},
	    {"(22) 302", {302, PLAIN, {0}, 100}, STS_FETCH_REDIRECT},
	    {"(23) 304: nothing comes from a cache", {304, PLAIN, {0}, 0}, STS_FETCH_REDIRECT},
	    {"(22) 308", {308, PLAIN, {0}, 100}, STS_FETCH_REDIRECT},
	    {"(24) 204", {204, PLAIN, {0}, 0}, STS_FETCH_STATUS},
	    {"(24) 206", {206, PLAIN, {0}, 100}, STS_FETCH_STATUS},
	    {"(38) 403 of a shield against robots", {403, PLAIN, {0}, 100}, STS_FETCH_STATUS},
	    {"404", {404, PLAIN, {0}, 100}, STS_FETCH_STATUS},
	    {"500", {500, PLAIN, {0}, 100}, STS_FETCH_STATUS},
	    {"no HTTP at all", {0, {0}, {0}, 100}, STS_FETCH_STATUS},
	    {"(25) text/html", {200, BYTES_INIT("text/html"), {0}, 100}, STS_FETCH_TYPE},
	    {"(25) text/plainer", {200, BYTES_INIT("text/plainer"), {0}, 100}, STS_FETCH_TYPE},
	    {"(26) no type", {200, {0}, {0}, 100}, STS_FETCH_TYPE},
	    {"(27) case, and a charset that is ignored",
	     {200, BYTES_INIT("Text/Plain; charset=iso-8859-1"), {0}, 100},
	     STS_FETCH_OK},
	    {"(27) blanks",
	     {200, BYTES_INIT(" text/plain ;charset=utf-8"), {0}, 100},
	     STS_FETCH_OK},
	    {"(34) 65536 bytes", {200, PLAIN, {0}, 65536}, STS_FETCH_OK},
	    {"(34) 65537 bytes", {200, PLAIN, {0}, 65537}, STS_FETCH_LONG},
	    {"(36) gzip", {200, PLAIN, BYTES_INIT("gzip"), 100}, STS_FETCH_ENCODED},
	    {"(36) identity", {200, PLAIN, BYTES_INIT("Identity"), 100}, STS_FETCH_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problems problems = {0};
		enum sts_fetch fetch = sts_fetch_judge(&rows[i].response, &problems);

		if (fetch != rows[i].fetch || (problems.count == 0) != (fetch == STS_FETCH_OK))
			fail_msg("%s: %d", rows[i].name, (int)fetch);
	}
}

/* (34) The longest text is read, one byte more is not. */
static void
the_longest_text_is_read(void **state)
{
	static char text[STS_TEXT_MAX + 2];
	struct problems problems = {0};
	struct sts_policy p;
	size_t len = sizeof(GOOD "note: ") - 1;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, GOOD "note: ", len);
	sts_policy_read((struct bytes){(const uint8_t *)text, STS_TEXT_MAX}, &p, &problems);
	assert_true(p.is_valid);
	sts_policy_read((struct bytes){(const uint8_t *)text, STS_TEXT_MAX + 1}, &p, &problems);
	assert_false(p.is_valid);
}

/* RFC 8461 sections 3.3 and 8.2. */
static void
the_address_of_a_policy_is_made_of_the_domain(void **state)
{
	char url[STS_URL_MAX];
	struct domain d;

	(void)state;
	domain_read(BYTES("Example.COM."), &d);
	assert_true(sts_fetch_url(&d, url));
	assert_string_equal(url, "https://mta-sts.example.com/.well-known/mta-sts.txt");
	memset(&d, 0, sizeof(d));
	memset(d.text, 'a', 246);
	assert_false(sts_fetch_url(&d, url));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_many_records_one_is_meant),
	    cmocka_unit_test(a_record_keeps_to_the_grammar),
	    cmocka_unit_test(strings_of_a_record_are_joined_as_they_are),
	    cmocka_unit_test(a_record_of_several_strings_is_one_text),
	    cmocka_unit_test(lines_end_in_lf_or_crlf),
	    cmocka_unit_test(keys_and_values_are_to_the_letter),
	    cmocka_unit_test(max_age_has_a_form_and_a_range),
	    cmocka_unit_test(an_mx_is_a_host_or_all_of_one_label),
	    cmocka_unit_test(many_mx_lines_are_walked_and_too_many_are_refused),
	    cmocka_unit_test(problems_of_a_text_are_bounded),
	    cmocka_unit_test(hosts_match_patterns),
	    cmocka_unit_test(what_a_web_server_answers_is_judged),
	    cmocka_unit_test(the_longest_text_is_read),
	    cmocka_unit_test(the_address_of_a_policy_is_made_of_the_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
