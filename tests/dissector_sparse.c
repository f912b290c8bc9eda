/* State that is mostly zero: packed into few bytes, and back as it was. */
#include "dissector/sparse.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>

/* In blocks of their exact sizes, so that one byte too far shows. */
static size_t
there_and_back(const uint8_t *in, size_t len)
{
	uint8_t *packed = malloc(SPARSE_MAX(len) + 1), *exact, *out = malloc(len + 1);
	size_t packed_len;
	struct bytes rest;

	packed[SPARSE_MAX(len)] = 0xa5;
	memset(out, 0xee, len);
	packed_len = sparse_pack(in, len, packed);
	assert_int_equal(packed[SPARSE_MAX(len)], 0xa5);
	assert_true(packed_len <= SPARSE_MAX(len));
	exact = malloc(packed_len + 1);
	memcpy(exact, packed, packed_len);
	rest = (struct bytes){exact, packed_len};
	assert_true(sparse_unpack(&rest, out, len));
	assert_int_equal(rest.len, 0);
	if (len > 0)
		assert_memory_equal(out, in, len);
	for (size_t less = 0; less < packed_len; less++) {
		rest = (struct bytes){exact, less};
		assert_false(sparse_unpack(&rest, out, len));
	}
	free(exact);
	free(packed);
	free(out);
	return packed_len;
}

static void
whatever_goes_in_comes_out(void **state)
{
	uint8_t in[200];

	(void)state;
	srand(1);
	for (size_t len = 0; len <= sizeof(in); len++)
		for (int full = 0; full <= 8; full += 2) {
			for (size_t i = 0; i < len; i++)
				in[i] = rand() % 8 < full ? (uint8_t)rand() : 0;
			there_and_back(in, len);
		}
}

static void
zeros_take_next_to_nothing(void **state)
{
	uint8_t in[640] = {0};

	(void)state;
	assert_int_equal(there_and_back(in, sizeof(in)), 10);
	in[639] = 1;
	assert_int_equal(there_and_back(in, sizeof(in)), 12);
	in[632] = 1;
	assert_int_equal(there_and_back(in, sizeof(in)), 13);
}

static void
what_has_no_zero_is_an_eighth_longer_at_most(void **state)
{
	uint8_t in[640];

	(void)state;
	memset(in, 0xff, sizeof(in));
	assert_int_equal(there_and_back(in, sizeof(in)), 640 + 80 + 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whatever_goes_in_comes_out),
	    cmocka_unit_test(zeros_take_next_to_nothing),
	    cmocka_unit_test(what_has_no_zero_is_an_eighth_longer_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
