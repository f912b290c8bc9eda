/* Bytes that repeat themselves: packed into fewer, and back as they were. */
#include "dissector/repeat.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>

/* In blocks of their exact sizes, so that one byte too far shows. */
static size_t
there_and_back(struct bytes in)
{
	uint8_t *packed = malloc(REPEAT_MAX(in.len) + 1), *exact, *out = malloc(in.len + 1);
	size_t packed_len;
	struct bytes rest;

	packed[REPEAT_MAX(in.len)] = 0xa5;
	packed_len = repeat_pack(in, packed);
	assert_int_equal(packed[REPEAT_MAX(in.len)], 0xa5);
	assert_true(packed_len <= REPEAT_MAX(in.len));
	exact = malloc(packed_len + 1);
	memcpy(exact, packed, packed_len);
	rest = (struct bytes){exact, packed_len};
	assert_true(repeat_unpack(&rest, out, in.len));
	assert_int_equal(rest.len, 0);
	if (in.len > 0)
		assert_memory_equal(out, in.at, in.len);
	for (size_t less = 0; less < packed_len; less++) {
		rest = (struct bytes){exact, less};
		assert_false(repeat_unpack(&rest, out, in.len));
	}
	free(exact);
	free(packed);
	free(out);
	return packed_len;
}

/* Of few letters, so that much of it repeats, or of many. */
static void
whatever_goes_in_comes_out(void **state)
{
	uint8_t in[700];

	(void)state;
	srand(1);
	for (size_t len = 0; len <= sizeof(in); len++)
		for (int letters = 1; letters <= 256; letters *= 4) {
			for (size_t i = 0; i < len; i++)
				in[i] = (uint8_t)(rand() % letters);
			there_and_back((struct bytes){in, len});
		}
}

static void
what_was_said_before_takes_three_bytes(void **state)
{
	(void)state;
	assert_int_equal(there_and_back(BYTES("STARTTLS")), 1 + 8);
	assert_int_equal(there_and_back(BYTES("STARTTLSSTARTTLS")), 1 + 8 + 3);
	assert_int_equal(there_and_back(BYTES("aaaaaaaaaaaaaaaa")), 1 + 1 + 3);
	assert_int_equal(there_and_back(BYTES("abcdXabcdY")), 1 + 5 + 3 + 1 + 1);
}

static void
what_is_broken_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct bytes in;
	} broken[] = {
	    {"from in front of the beginning", BYTES_INIT("\x00"
							  "a"
							  "\x80\x00\x02")},
	    {"from itself", BYTES_INIT("\x00"
				       "a"
				       "\x80\x00\x00")},
	    {"more than is wanted", BYTES_INIT("\x00"
					       "a"
					       "\xff\x00\x01")},
	    {"more text than is wanted", BYTES_INIT("\x05"
						    "abcdef")},
	    {"nothing", BYTES_INIT("")},
	};
	uint8_t out[5];

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct bytes in = broken[i].in;

		print_message("%s\n", broken[i].name);
		assert_false(repeat_unpack(&in, out, sizeof(out)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whatever_goes_in_comes_out),
	    cmocka_unit_test(what_was_said_before_takes_three_bytes),
	    cmocka_unit_test(what_is_broken_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
