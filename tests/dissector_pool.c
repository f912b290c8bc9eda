/* Pool and chains: what goes in comes out, what is given back can be had again, and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissector/pool.h"

#define BLOCKS 16

static struct pool pool;
static void *memory;

static int
setup(void **state)
{
	(void)state;
	memory = calloc(BLOCKS, sizeof(struct pool_block));
	pool_init(&pool, memory, BLOCKS * sizeof(struct pool_block));
	return memory ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

/* Bytes 0, 1, 2 ... so that a misplaced one shows. */
static struct bytes
pattern(size_t len)
{
	static uint8_t bytes[4096];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	return (struct bytes){bytes, len};
}

static void
assert_holds(const struct chain *c, struct bytes want)
{
	uint8_t got[4096];

	assert_int_equal(c->len, want.len);
	assert_int_equal(chain_copy(&pool, c, 0, got, sizeof(got)), want.len);
	if (want.len)
		assert_memory_equal(got, want.at, want.len);
}

static void
appended_pieces_come_out_as_one(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 300; piece += 37) {
		struct chain c = {0};
		struct bytes left = pattern(1500);

		while (left.len) {
			assert_true(chain_append(&pool, &c, bytes_first(left, piece)));
			left = bytes_after(left, piece);
		}
		assert_holds(&c, pattern(1500));
		chain_clear(&pool, &c);
		assert_int_equal(pool_left(&pool), BLOCKS);
	}
}

static void
a_full_pool_refuses_and_leaves_the_chain_as_it_was(void **state)
{
	struct chain c = {0};

	(void)state;
	assert_true(chain_append(&pool, &c, pattern((BLOCKS - 1) * POOL_BLOCK_BYTES)));
	assert_false(chain_append(&pool, &c, pattern(POOL_BLOCK_BYTES + 1)));
	assert_holds(&c, pattern((BLOCKS - 1) * POOL_BLOCK_BYTES));
	assert_int_equal(pool.refusals, 1);
	assert_int_equal(pool_left(&pool), 1);
	chain_clear(&pool, &c);
	assert_int_equal(pool_left(&pool), BLOCKS);
}

static void
dropping_from_the_front_gives_blocks_back(void **state)
{
	(void)state;
	for (uint32_t n = 0; n <= 1300; n += 13) {
		struct chain c = {0};

		assert_true(chain_append(&pool, &c, pattern(1300)));
		chain_drop(&pool, &c, n);
		assert_holds(&c, bytes_after(pattern(1300), n));
		assert_true(chain_append(&pool, &c, pattern(5)));
		assert_int_equal(c.len, 1305 - n);
		chain_clear(&pool, &c);
		assert_int_equal(pool_left(&pool), BLOCKS);
	}
}

static void
cutting_the_end_gives_blocks_back(void **state)
{
	(void)state;
	for (uint32_t skip = 0; skip < 600; skip += POOL_BLOCK_BYTES - 1) {
		for (uint32_t n = 0; n <= 1300 - skip; n += 21) {
			struct chain c = {0};

			assert_true(chain_append(&pool, &c, pattern(1300)));
			chain_drop(&pool, &c, skip);
			chain_cut(&pool, &c, n);
			assert_holds(&c, bytes_first(bytes_after(pattern(1300), skip), n));
			assert_true(chain_append(&pool, &c, pattern(300)));
			assert_int_equal(c.len, n + 300);
			chain_clear(&pool, &c);
			assert_int_equal(pool_left(&pool), BLOCKS);
		}
	}
}

static void
a_reader_passes_over_and_stops_at_the_end(void **state)
{
	struct chain c = {0};
	struct chain_reader r;
	uint8_t got[64];

	(void)state;
	assert_true(chain_append(&pool, &c, pattern(700)));
	r = chain_reader(&pool, &c);
	assert_int_equal(chain_read(&r, NULL, 600), 600);
	assert_int_equal(chain_read(&r, got, 64), 64);
	assert_memory_equal(got, pattern(700).at + 600, 64);
	assert_int_equal(chain_read(&r, got, 64), 36);
	assert_int_equal(chain_read(&r, got, 64), 0);
	assert_int_equal(chain_run(&pool, &c, 700).len, 0);
	chain_clear(&pool, &c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(appended_pieces_come_out_as_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_full_pool_refuses_and_leaves_the_chain_as_it_was,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(dropping_from_the_front_gives_blocks_back, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(cutting_the_end_gives_blocks_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_reader_passes_over_and_stops_at_the_end, setup,
					    teardown),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
