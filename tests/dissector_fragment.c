/*
 * fragment: pieces in every order, with what tries to confuse a receiver:
 * repeated, overlapping, missing, too many, too late.
 */
#include "dissector/fragment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PIECES    5
#define WHOLE_LEN (4 * 16 + 5) /* four pieces of sixteen bytes and one of five */
#define DATAGRAMS 4
#define SECOND    1000000
#define NO_PIECE  UINT32_MAX

static uint8_t content[WHOLE_LEN];

struct made {
	struct fragments *f;
	void *memory;
};

static struct made
make_table(void)
{
	static const uint8_t secret[16] = "fedcba987654321";
	struct made m;

	m.memory = malloc(fragments_size(DATAGRAMS));
	memset(m.memory, 0xa5, fragments_size(DATAGRAMS));
	m.f = fragments_init(m.memory, DATAGRAMS, secret);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7 + 1);
	return m;
}

/* A stretch of the content as a fragment of datagram id. */
static struct fragment
piece_of(uint32_t id, uint32_t offset, size_t len)
{
	struct fragment p = {
	    .time = SECOND,
	    .source = {.family = 4, .b = {192, 0, 2, 1}},
	    .destination = {.family = 4, .b = {192, 0, 2, 2}},
	    .protocol = 6,
	    .id = id,
	    .offset = offset,
	    .more = offset + len < WHOLE_LEN,
	    .payload = {content + offset, len},
	    .ttl = (uint8_t)(60 + offset / 16),
	};

	return p;
}

static struct fragment
numbered(uint32_t id, uint32_t n)
{
	return piece_of(id, n * 16, n == PIECES - 1 ? 5 : 16);
}

/* Add a piece from a block of just its size. */
static bool
add(struct fragments *f, struct fragment piece, struct datagram *out)
{
	uint8_t *block = malloc(piece.payload.len > 0 ? piece.payload.len : 1);
	bool is_whole;

	memcpy(block, piece.payload.at, piece.payload.len);
	piece.payload.at = block;
	is_whole = fragments_add(f, &piece, out);
	free(block);
	return is_whole;
}

static void
check_whole(const struct datagram *d)
{
	assert_int_equal(d->payload.len, WHOLE_LEN);
	assert_memory_equal(d->payload.at, content, WHOLE_LEN);
	assert_int_equal(d->protocol, 6);
	assert_int_equal(d->ttl, 60);
	assert_ptr_equal(d->headroom + FRAGMENT_HEADROOM, d->payload.at);
	memset(d->headroom, 0xff, FRAGMENT_HEADROOM);
}

/* The n-th of the orders of PIECES things. */
static void
order(uint32_t n, uint32_t *out)
{
	uint32_t left[PIECES];

	for (uint32_t i = 0; i < PIECES; i++)
		left[i] = i;
	for (uint32_t i = 0; i < PIECES; i++) {
		uint32_t pick = n % (PIECES - i);

		n /= PIECES - i;
		out[i] = left[pick];
		memmove(left + pick, left + pick + 1, (PIECES - i - pick - 1) * sizeof(*left));
	}
}

static void
pieces_in_every_order_make_the_datagram(void **state)
{
	struct made m = make_table();
	struct datagram d;
	uint32_t n[PIECES];

	(void)state;
	for (uint32_t i = 0; i < 120; i++) {
		order(i, n);
		for (uint32_t k = 0; k < PIECES - 1; k++)
			assert_false(add(m.f, numbered(i, n[k]), &d));
		assert_true(add(m.f, numbered(i, n[PIECES - 1]), &d));
		check_whole(&d);
	}
	assert_int_equal(fragments_counts(m.f).whole, 120);
	assert_int_equal(fragments_counts(m.f).pieces, 600);
	assert_int_equal(fragments_counts(m.f).evicted, 0);
	free(m.memory);
}

static void
a_missing_piece_keeps_the_datagram_back(void **state)
{
	struct made m = make_table();
	struct datagram d;

	(void)state;
	for (uint32_t missing = 0; missing < PIECES; missing++) {
		for (uint32_t k = 0; k < PIECES; k++) {
			if (k != missing)
				assert_false(add(m.f, numbered(missing, k), &d));
		}
	}
	free(m.memory);
}

static void
repeated_and_overlapping_pieces_that_agree_do_no_harm(void **state)
{
	struct made m = make_table();
	struct datagram d;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		assert_false(add(m.f, numbered(1, 4), &d));
		assert_false(add(m.f, numbered(1, 2), &d));
		assert_false(add(m.f, piece_of(1, 8, 32), &d));
		assert_false(add(m.f, piece_of(1, 16, 8), &d));
	}
	assert_false(add(m.f, piece_of(1, 40, 24), &d));
	assert_true(add(m.f, piece_of(1, 0, 16), &d));
	check_whole(&d);
	assert_int_equal(fragments_counts(m.f).overlaps, 0);
	assert_int_equal(fragments_counts(m.f).bad, 0);
	free(m.memory);
}

/* A mirror port gives every packet twice. */
static void
pieces_of_a_datagram_given_out_start_no_new_one(void **state)
{
	struct made m = make_table();
	struct datagram d;
	int whole = 0;

	(void)state;
	for (uint32_t k = 0; k < PIECES; k++) {
		whole += add(m.f, numbered(1, k), &d);
		whole += add(m.f, numbered(1, k), &d);
	}
	assert_int_equal(whole, 1);
	assert_int_equal(fragments_counts(m.f).repeated, 1);
	free(m.memory);
}

static void
an_identification_may_be_used_again(void **state)
{
	struct made m = make_table();
	struct datagram d;

	(void)state;
	for (uint32_t k = 0; k < PIECES; k++)
		add(m.f, numbered(1, k), &d);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] ^= 0xff;
	for (uint32_t k = 0; k < PIECES - 1; k++)
		assert_false(add(m.f, numbered(1, k), &d));
	assert_true(add(m.f, numbered(1, PIECES - 1), &d));
	check_whole(&d);
	assert_int_equal(fragments_counts(m.f).overlaps, 0);
	free(m.memory);
}

/* RFC 5722 section 4: the datagram, and what still comes of it. */
static void
an_overlap_that_differs_drops_the_datagram(void **state)
{
	static const struct {
		uint32_t offset;
		size_t len;
	} rows[] = {{16, 16}, {8, 16}, {24, 16}, {0, 48}, {16, 8}};
	struct datagram d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m = make_table();
		struct fragment other = piece_of(1, rows[i].offset, rows[i].len);
		uint8_t changed[48];

		memcpy(changed, other.payload.at, rows[i].len);
		for (size_t k = 0; k < rows[i].len; k++)
			changed[k] ^= 0x20;
		other.payload.at = changed;
		assert_false(add(m.f, numbered(1, 1), &d));
		assert_false(add(m.f, other, &d));
		assert_int_equal(fragments_counts(m.f).overlaps, 1);
		for (uint32_t k = 0; k < PIECES; k++)
			assert_false(add(m.f, numbered(1, k), &d));
		assert_int_equal(fragments_counts(m.f).repeated, PIECES);
		free(m.memory);
	}
}

static void
a_piece_that_fits_nowhere_is_bad(void **state)
{
	static const struct {
		const char *name;
		uint32_t offset;
		size_t len;
		bool more;
		uint32_t before; /* the piece seen first */
	} rows[] = {
	    {"empty", 16, 0, true, NO_PIECE},
	    {"not in eights", 16, 12, true, NO_PIECE},
	    {"past the largest", FRAGMENT_BYTES_MAX - 7, 16, false, NO_PIECE},
	    {"a second end, nearer", 32, 16, false, 4},
	    {"a second end, farther", 64, 16, false, 4},
	    {"past the end", 64, 8, true, 4},
	    {"an end before what is there", 16, 8, false, 3},
	};
	static const uint8_t bytes[16];
	struct datagram d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m = make_table();
		struct fragment piece = piece_of(1, 0, 16);

		print_message("  %s\n", rows[i].name);
		if (rows[i].before != NO_PIECE)
			assert_false(add(m.f, numbered(1, rows[i].before), &d));
		piece.offset = rows[i].offset;
		piece.more = rows[i].more;
		piece.payload = (struct bytes){bytes, rows[i].len};
		assert_false(add(m.f, piece, &d));
		assert_int_equal(fragments_counts(m.f).bad, 1);
		/* It does no harm to the datagram. */
		for (uint32_t k = 0; k < PIECES; k++) {
			if (add(m.f, numbered(1, k), &d))
				check_whole(&d);
		}
		assert_int_equal(fragments_counts(m.f).whole, 1);
		free(m.memory);
	}
}

static void
the_largest_datagram_fits(void **state)
{
	struct made m = make_table();
	uint8_t *big = malloc(FRAGMENT_BYTES_MAX);
	struct fragment piece = piece_of(1, 0, 16);
	struct datagram d;
	bool is_whole = false;

	(void)state;
	for (size_t i = 0; i < FRAGMENT_BYTES_MAX; i++)
		big[i] = (uint8_t)(i ^ i >> 8);
	for (uint32_t at = 0; at < FRAGMENT_BYTES_MAX; at += 1480) {
		size_t left = FRAGMENT_BYTES_MAX - at;

		piece.offset = at;
		piece.more = left > 1480;
		piece.payload = (struct bytes){big + at, piece.more ? 1480 : left};
		is_whole = add(m.f, piece, &d);
	}
	assert_true(is_whole);
	assert_int_equal(d.payload.len, FRAGMENT_BYTES_MAX);
	assert_memory_equal(d.payload.at, big, FRAGMENT_BYTES_MAX);
	free(big);
	free(m.memory);
}

static void
too_many_pieces_drop_the_datagram(void **state)
{
	static const uint8_t bytes[8];
	struct made m = make_table();
	struct fragment piece = piece_of(1, 0, 16);
	struct datagram d;

	(void)state;
	piece.payload = (struct bytes){bytes, 8};
	for (uint32_t i = 0; i < FRAGMENT_PIECES_MAX; i++) {
		piece.offset = i * 16; /* every other eight bytes: nothing can be merged */
		assert_false(add(m.f, piece, &d));
	}
	assert_int_equal(fragments_counts(m.f).bad, 0);
	piece.offset = FRAGMENT_PIECES_MAX * 16;
	assert_false(add(m.f, piece, &d));
	assert_int_equal(fragments_counts(m.f).bad, 1);
	assert_false(add(m.f, piece, &d));
	assert_int_equal(fragments_counts(m.f).repeated, 1);
	free(m.memory);
}

static void
a_full_table_gives_up_the_longest_wait(void **state)
{
	struct made m = make_table();
	struct datagram d;

	(void)state;
	for (uint32_t id = 0; id < DATAGRAMS; id++) {
		for (uint32_t k = 1; k < PIECES; k++)
			assert_false(add(m.f, numbered(id, k), &d));
	}
	assert_false(add(m.f, numbered(DATAGRAMS, 1), &d));
	assert_int_equal(fragments_counts(m.f).evicted, 1);
	assert_true(add(m.f, numbered(1, 0), &d));
	check_whole(&d);
	/* What was given out makes room before what waits. */
	assert_true(add(m.f, numbered(2, 0), &d));
	assert_false(add(m.f, numbered(0, 0), &d));
	assert_int_equal(fragments_counts(m.f).evicted, 1);
	assert_true(add(m.f, numbered(3, 0), &d));
	free(m.memory);
}

static void
what_waits_too_long_expires(void **state)
{
	struct made m = make_table();
	struct datagram d;
	struct fragment late = numbered(1, 0);

	(void)state;
	for (uint32_t k = 1; k < PIECES; k++)
		assert_false(add(m.f, numbered(1, k), &d));
	late.time += FRAGMENT_WAIT_US + 1;
	assert_false(add(m.f, late, &d));
	assert_int_equal(fragments_counts(m.f).expired, 1);
	for (uint32_t k = 1; k < PIECES; k++) {
		late = numbered(1, k);
		late.time += INT64_C(2) * FRAGMENT_WAIT_US; /* just in time after the last */
		assert_int_equal(add(m.f, late, &d), k == PIECES - 1);
	}
	free(m.memory);
}

static void
time_that_steps_back_expires_nothing(void **state)
{
	struct made m = make_table();
	struct fragment piece = numbered(1, 0);
	struct datagram d;

	(void)state;
	piece.time = INT64_MAX;
	assert_false(add(m.f, piece, &d));
	for (uint32_t k = 1; k < PIECES; k++) {
		piece = numbered(1, k);
		piece.time = INT64_MIN;
		assert_int_equal(add(m.f, piece, &d), k == PIECES - 1);
	}
	assert_int_equal(fragments_counts(m.f).expired, 0);
	free(m.memory);
}

/* RFC 791 section 3.2 tells datagrams apart by the protocol too, RFC 8200 section 4.5 does not. */
static void
datagrams_are_told_apart_by_their_keys(void **state)
{
	static const struct {
		const char *name;
		uint32_t id;
		uint8_t family, protocol, last; /* of the address */
		bool same;
	} rows[] = {
	    {"the same", 1, 4, 6, 1, true},       {"IPv4, other protocol", 1, 4, 17, 1, false},
	    {"other source", 1, 4, 6, 9, false},  {"other identification", 2, 4, 6, 1, false},
	    {"IPv6, the same", 1, 6, 6, 1, true}, {"IPv6, other protocol", 1, 6, 17, 1, true},
	};
	struct datagram d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m = make_table();
		struct fragment first = piece_of(1, 0, 16), second = piece_of(1, 16, 53);

		print_message("  %s\n", rows[i].name);
		first.source.family = second.source.family = rows[i].family;
		second.protocol = rows[i].protocol;
		second.source.b[3] = rows[i].last;
		second.id = rows[i].id;
		assert_false(add(m.f, first, &d));
		assert_int_equal(add(m.f, second, &d), rows[i].same);
		if (rows[i].same)
			check_whole(&d); /* the first piece's protocol is the datagram's */
		free(m.memory);
	}
}

/* As in a tunnel whose datagrams were split on the way: both with the same key at worst. */
static void
a_piece_may_lie_in_the_datagram_given_out(void **state)
{
	struct made m = make_table();
	struct datagram d;
	struct fragment piece;

	(void)state;
	for (uint32_t id = 10; id < 10 + DATAGRAMS - 1; id++)
		assert_false(add(m.f, numbered(id, 0), &d)); /* no slot is free */
	for (uint32_t k = 0; k < PIECES; k++)
		add(m.f, numbered(1, k), &d);
	for (uint32_t k = 0; k < 3; k++) {
		piece = piece_of(1, 0, 16);
		piece.payload = (struct bytes){d.payload.at + 8, 56};
		piece.more = false;
		assert_true(fragments_add(m.f, &piece, &d));
		assert_int_equal(d.payload.len, 56);
		assert_memory_equal(d.payload.at, content + 8, 56);
		for (uint32_t n = 0; n < PIECES; n++)
			add(m.f, numbered(1, n), &d);
		check_whole(&d);
	}
	free(m.memory);
}

static void
a_table_for_too_few_is_none(void **state)
{
	static const uint8_t secret[16];
	uint64_t memory[8];

	(void)state;
	assert_int_equal(fragments_size(FRAGMENT_DATAGRAMS_MIN - 1), 0);
	assert_null(fragments_init(memory, FRAGMENT_DATAGRAMS_MIN - 1, secret));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_in_every_order_make_the_datagram),
	    cmocka_unit_test(a_missing_piece_keeps_the_datagram_back),
	    cmocka_unit_test(repeated_and_overlapping_pieces_that_agree_do_no_harm),
	    cmocka_unit_test(pieces_of_a_datagram_given_out_start_no_new_one),
	    cmocka_unit_test(an_identification_may_be_used_again),
	    cmocka_unit_test(an_overlap_that_differs_drops_the_datagram),
	    cmocka_unit_test(a_piece_that_fits_nowhere_is_bad),
	    cmocka_unit_test(the_largest_datagram_fits),
	    cmocka_unit_test(too_many_pieces_drop_the_datagram),
	    cmocka_unit_test(a_full_table_gives_up_the_longest_wait),
	    cmocka_unit_test(what_waits_too_long_expires),
	    cmocka_unit_test(time_that_steps_back_expires_nothing),
	    cmocka_unit_test(datagrams_are_told_apart_by_their_keys),
	    cmocka_unit_test(a_piece_may_lie_in_the_datagram_given_out),
	    cmocka_unit_test(a_table_for_too_few_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
