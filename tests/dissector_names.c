/* The domains of one session: each once, few or many, with room for an index or without. */
#include "dissector/names.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define BLOCKS (1 << 15)

struct rig {
	struct pool pool;
	struct chain notes;
	struct ledger ledger;
	bool is_short;
	struct names names;
};

static void
rig_up(struct rig *r, size_t blocks)
{
	static struct pool_block memory[BLOCKS];

	*r = (struct rig){0};
	pool_init(&r->pool, memory, blocks * sizeof(memory[0]));
	r->ledger = (struct ledger){.pool = &r->pool, .notes = &r->notes, .is_short = &r->is_short};
}

static void
rig_down(struct rig *r)
{
	names_clear(&r->names, &r->pool);
	chain_clear(&r->pool, &r->notes);
	assert_int_equal(r->pool.in_use, 0);
}

static struct bytes
name_of(unsigned int i)
{
	static char name[32];

	snprintf(name, sizeof(name), "d%u.example", i);
	return bytes_text(name);
}

/* Add so many to each tag, other notes between them; all must be known from then on. */
static void
add_and_find(struct rig *r, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		ledger_note(&r->ledger, NOTE_EHLO_LINE, name_of(i));
		assert_false(names_has(&r->names, &r->ledger, NOTE_RCPT_DOMAIN, name_of(i)));
		assert_true(names_add(&r->names, &r->ledger, NOTE_RCPT_DOMAIN, name_of(i)));
		assert_false(names_has(&r->names, &r->ledger, NOTE_FROM_DOMAIN, name_of(i)));
		assert_true(names_add(&r->names, &r->ledger, NOTE_FROM_DOMAIN, name_of(i)));
		for (unsigned int k = i - i % 7; k <= i; k++) {
			assert_true(names_has(&r->names, &r->ledger, NOTE_RCPT_DOMAIN, name_of(k)));
			assert_true(names_has(&r->names, &r->ledger, NOTE_FROM_DOMAIN, name_of(k)));
		}
	}
	for (unsigned int i = 0; i < count; i++)
		assert_true(names_has(&r->names, &r->ledger, NOTE_RCPT_DOMAIN, name_of(i)));
	assert_false(r->is_short);
}

static void
many_names_are_known_each_once(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, BLOCKS);
	add_and_find(&r, DOMAINS_MAX);
	assert_int_equal(r.names.index.len, 2 * DOMAINS_MAX * sizeof(uint32_t));
	assert_false(names_add(&r.names, &r.ledger, NOTE_RCPT_DOMAIN, name_of(DOMAINS_MAX)));
	assert_false(names_has(&r.names, &r.ledger, NOTE_RCPT_DOMAIN, name_of(DOMAINS_MAX)));
	rig_down(&r);
}

static void
few_names_take_no_room_of_their_own(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, BLOCKS);
	add_and_find(&r, NAMES_PLAIN_MAX / 2);
	assert_int_equal(r.names.index.len, 0);
	rig_down(&r);
}

/* 16,000 keys differ: among so many names that are not there some fit one that is. */
static void
a_key_that_fits_by_chance_is_not_believed(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, BLOCKS);
	add_and_find(&r, 500);
	for (unsigned int i = 500; i < 100000; i++)
		assert_false(names_has(&r.names, &r.ledger, NOTE_RCPT_DOMAIN, name_of(i)));
	rig_down(&r);
}

/* Somewhere on the way the last block goes to the notes. */
static void
without_room_for_an_index_all_are_known_still(void **state)
{
	(void)state;
	for (size_t blocks = 4; blocks < 40; blocks++) {
		struct rig r;
		unsigned int i;

		rig_up(&r, blocks);
		for (i = 0; i < 600 && !r.is_short; i++)
			assert_true(names_add(&r.names, &r.ledger, NOTE_RCPT_DOMAIN, name_of(i)));
		assert_true(r.is_short);
		for (unsigned int k = 0; k + 1 < i; k++)
			assert_true(names_has(&r.names, &r.ledger, NOTE_RCPT_DOMAIN, name_of(k)));
		assert_false(names_has(&r.names, &r.ledger, NOTE_RCPT_DOMAIN, name_of(i)));
		rig_down(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_names_are_known_each_once),
	    cmocka_unit_test(few_names_take_no_room_of_their_own),
	    cmocka_unit_test(a_key_that_fits_by_chance_is_not_believed),
	    cmocka_unit_test(without_room_for_an_index_all_are_known_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
