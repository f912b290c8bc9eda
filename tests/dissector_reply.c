/* Server lines to one reply. */
#include "dissector/reply.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

static const struct {
	const char *name;
	struct bytes in;
	bool is_reply;
	uint16_t code;
	bool is_last;
	struct bytes text;
} rows[] = {
    {"last line", BYTES("250 ok"), true, 250, true, BYTES("ok")},
    {"line that is continued", BYTES("250-ok"), true, 250, false, BYTES("ok")},
    {"code alone", BYTES("250"), true, 250, true, BYTES("")},
    {"code and hyphen alone", BYTES("250-"), true, 250, false, BYTES("")},
    {"tab for the blank", BYTES("250\tok"), true, 250, true, BYTES("ok")},
    {"blanks belong to the text", BYTES("250-  ok "), true, 250, false, BYTES("  ok ")},
    {"NUL is text", BYTES("250 a\0b"), true, 250, true, BYTES("a\0b")},
    {"two digits", BYTES("25 ok"), false, 0, false, BYTES("")},
    {"four digits", BYTES("2500 ok"), false, 0, false, BYTES("")},
    {"no separator", BYTES("250ok"), false, 0, false, BYTES("")},
    {"blank in front", BYTES(" 250 ok"), false, 0, false, BYTES("")},
    {"no code", BYTES("hello"), false, 0, false, BYTES("")},
    {"nothing", BYTES(""), false, 0, false, BYTES("")},
    {"code below any", BYTES("099 ok"), false, 0, false, BYTES("")},
    {"code above any", BYTES("600 ok"), false, 0, false, BYTES("")},
};

static void
reply_lines_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply_line line = {0};
		bool is_reply = reply_line_read(rows[i].in, &line);

		if (is_reply != rows[i].is_reply)
			fail_msg("%s", rows[i].name);
		if (is_reply && (line.code != rows[i].code || line.is_last != rows[i].is_last ||
				 !bytes_equal(line.text, rows[i].text)))
			fail_msg("%s", rows[i].name);
	}
}

static void
the_last_lines_code_counts(void **state)
{
	static const struct reply_line lines[] = {
	    {220, false, {0}}, {250, false, {0}}, {554, true, {0}}};
	struct reply r = {0};

	(void)state;
	assert_false(reply_add(&r, &lines[0]));
	assert_false(reply_add(&r, &lines[1]));
	assert_true(reply_add(&r, &lines[2]));
	assert_int_equal(r.code, 554);
	assert_int_equal(r.lines, 3);
}

static void
the_count_of_lines_stops_at_its_end(void **state)
{
	const struct reply_line line = {250, false, {0}};
	struct reply r = {.lines = UINT16_MAX};

	(void)state;
	reply_add(&r, &line);
	assert_int_equal(r.lines, UINT16_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reply_lines_are_known),
	    cmocka_unit_test(the_last_lines_code_counts),
	    cmocka_unit_test(the_count_of_lines_stops_at_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
