/* One line of an EHLO reply: what is an offer of STARTTLS, and what only looks like one. */
#include "dissector/extension.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

static const struct {
	struct bytes line;
	bool is_offer;
} rows[] = {
    {BYTES("STARTTLS"), true},       {BYTES("starttls"), true},    {BYTES("StartTLS"), true},
    {BYTES("STARTTLS  "), true},     {BYTES("STARTTLS\t"), true},  {BYTES("STARTTLSX"), false},
    {BYTES("XSTARTTLS"), false},     {BYTES(" STARTTLS"), false},  {BYTES("\tSTARTTLS"), false},
    {BYTES("STARTTL"), false},       {BYTES("STARTTLX"), false},   {BYTES("STARTTLS\0"), false},
    {BYTES("STARTTL\0"), false},     {BYTES("X STARTTLS"), false}, {BYTES("STARTTLS now"), false},
    {BYTES("-STARTTLS"), false},     {BYTES("XXXXXXXX"), false},   {BYTES(""), false},
    {BYTES("AUTH STARTTLS"), false},
};

static void
only_the_whole_keyword_at_its_place_is_an_offer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (extension_is_starttls(rows[i].line) != rows[i].is_offer)
			fail_msg("%.*s", (int)rows[i].line.len, (const char *)rows[i].line.at);
}

static void
a_keyword_ends_at_the_first_blank(void **state)
{
	(void)state;
	assert_true(bytes_equal(extension_keyword(BYTES("SIZE 1000")), BYTES("SIZE")));
	assert_true(bytes_equal(extension_keyword(BYTES("AUTH=LOGIN X")), BYTES("AUTH=LOGIN")));
	assert_int_equal(extension_keyword(BYTES(" SIZE")).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_the_whole_keyword_at_its_place_is_an_offer),
	    cmocka_unit_test(a_keyword_ends_at_the_first_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
