/* Entries by key, in order of use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/baseline/lru.h"

#define ENTRIES 96 /* in 16 chains: several in each */
#define STEPS   20000

struct entry {
	struct lru_link link;
	char key[16];
};

struct rig {
	struct lru *table;
	struct entry entries[ENTRIES];
};

static const char *
key_of(const struct lru_link *link)
{
	return ((const struct entry *)link)->key;
}

static int
set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){.table = lru_new(0, key_of)};
	assert_non_null(rig.table);
	for (size_t i = 0; i < ENTRIES; i++)
		snprintf(rig.entries[i].key, sizeof(rig.entries[i].key), "key %zu", i);
	*state = &rig;
	return 0;
}

static int
tear_down(void **state)
{
	struct rig *rig = *state;

	lru_free(rig->table);
	return 0;
}

static void
add(struct rig *rig, size_t i)
{
	struct entry *e = &rig->entries[i];

	lru_add(rig->table, &e->link, lru_hash(rig->table, e->key));
}

static struct entry *
find(const struct rig *rig, size_t i)
{
	char key[16];

	snprintf(key, sizeof(key), "key %zu", i);
	return (struct entry *)lru_find(rig->table, key, lru_hash(rig->table, key));
}

/* It holds these and nothing else, the latest used first. */
static void
assert_holds(const struct rig *rig, const size_t *want, size_t count)
{
	struct lru_link *e = lru_newest(rig->table), *newer = NULL;
	bool is_there[ENTRIES] = {false};

	assert_int_equal(lru_count(rig->table), count);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(e, &rig->entries[want[i]].link);
		assert_ptr_equal(e->newer, newer);
		is_there[want[i]] = true;
		newer = e;
		e = e->older;
	}
	assert_null(e);
	assert_ptr_equal(lru_oldest(rig->table), newer);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_ptr_equal(find(rig, i), is_there[i] ? &rig->entries[i] : NULL);
}

static void
an_empty_table_has_nothing(void **state)
{
	assert_holds(*state, NULL, 0);
}

static void
what_was_used_last_is_the_newest(void **state)
{
	struct rig *rig = *state;

	for (size_t i = 0; i < 3; i++)
		add(rig, i);
	assert_holds(rig, (const size_t[]){2, 1, 0}, 3);
	lru_use(rig->table, &rig->entries[0].link); /* the oldest */
	assert_holds(rig, (const size_t[]){0, 2, 1}, 3);
	lru_use(rig->table, &rig->entries[2].link); /* one between */
	assert_holds(rig, (const size_t[]){2, 0, 1}, 3);
	lru_use(rig->table, &rig->entries[2].link); /* the newest */
	assert_holds(rig, (const size_t[]){2, 0, 1}, 3);
}

static void
an_entry_goes_from_any_place(void **state)
{
	struct rig *rig = *state;

	for (size_t gone = 0; gone < ENTRIES; gone++) {
		size_t want[ENTRIES], count = 0;

		for (size_t i = 0; i < ENTRIES; i++)
			add(rig, i);
		lru_remove(rig->table, &rig->entries[gone].link);
		for (size_t i = ENTRIES; i-- > 0;)
			if (i != gone)
				want[count++] = i;
		assert_holds(rig, want, count);
		while (lru_newest(rig->table) != NULL)
			lru_remove(rig->table, lru_newest(rig->table));
		assert_holds(rig, NULL, 0);
	}
}

/* Two keys of one hash are two keys. */
static void
a_collision_is_told_apart(void **state)
{
	struct rig *rig = *state;

	for (size_t i = 0; i < 3; i++)
		lru_add(rig->table, &rig->entries[i].link, 7);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(lru_find(rig->table, rig->entries[i].key, 7),
				 &rig->entries[i].link);
	assert_null(lru_find(rig->table, rig->entries[3].key, 7));
}

static void
list_remove(size_t *list, size_t *count, size_t at)
{
	memmove(list + at, list + at + 1, (*count - at - 1) * sizeof(*list));
	(*count)--;
}

static void
list_push(size_t *list, size_t *count, size_t value)
{
	memmove(list + 1, list, *count * sizeof(*list));
	list[0] = value;
	(*count)++;
}

/* Beside a plain list that is searched from its front. */
static void
any_course_keeps_the_order_of_use(void **state)
{
	struct rig *rig = *state;
	size_t list[ENTRIES], count = 0, at;
	uint32_t random = 1;

	for (size_t step = 0; step < STEPS; step++) {
		size_t i;

		random = random * 1664525u + 1013904223u;
		i = (random >> 8) % ENTRIES;
		for (at = 0; at < count && list[at] != i; at++)
			;
		if (at == count) {
			add(rig, i);
		} else {
			list_remove(list, &count, at);
			if ((random >> 30) == 0) {
				lru_remove(rig->table, &rig->entries[i].link);
				continue;
			}
			lru_use(rig->table, &rig->entries[i].link);
		}
		list_push(list, &count, i);
		if (step % 16 == 0)
			assert_holds(rig, list, count);
	}
	assert_holds(rig, list, count);
}

/* A power of two, at least what is asked for, at least 16. */
static void
chains_are_as_many_as_asked_for(void **state)
{
	static const struct {
		size_t asked, chains;
	} rows[] = {{0, 16}, {16, 16}, {17, 32}, {1000, 1024}, {1024, 1024}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lru *t = lru_new(rows[i].asked, key_of);

		assert_non_null(t);
		assert_int_equal(lru_bytes(t), rows[i].chains * sizeof(void *));
		lru_free(t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_empty_table_has_nothing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_was_used_last_is_the_newest, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_entry_goes_from_any_place, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_collision_is_told_apart, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(any_course_keeps_the_order_of_use, set_up, tear_down),
	    cmocka_unit_test(chains_are_as_many_as_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
