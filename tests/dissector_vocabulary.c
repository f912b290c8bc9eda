/* Words of SMTP: which of them servers are known to list. */
#include "dissector/vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

static void
what_servers_are_known_to_send_is_told_from_any_word(void **state)
{
	(void)state;
	assert_true(vocabulary_is_extension(BYTES("8BITMIME")));
	assert_true(vocabulary_is_extension(BYTES("vrfy")));
	assert_true(vocabulary_is_extension(BYTES("STARTTLS")));
	assert_false(vocabulary_is_extension(BYTES("STARTTLX")));
	assert_false(vocabulary_is_extension(BYTES("8BITMIM")));
	assert_false(vocabulary_is_extension(BYTES("VRFYX")));
	assert_false(vocabulary_is_extension(BYTES("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_servers_are_known_to_send_is_told_from_any_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
