/* Who may fetch now: what hangs takes no more than its share, and known policies find room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "monitor/policy/slots.h"

#define NEW   true
#define KNOWN false

static const uint8_t secret[16] = "not so secret 1";
static struct slots slots;
static int64_t now;

static int
set_up(void **state)
{
	(void)state;
	slots_begin(&slots, secret);
	now = 1000;
	return 0;
}

/* One more from a.b.c.1, where time is no matter. */
static bool
take(bool is_new, int a, int b, int c)
{
	const struct address at = {4, {(uint8_t)a, (uint8_t)b, (uint8_t)c, 1}};
	struct slot slot;

	now += SLOTS_NETWORK_APART;
	return slots_take(&slots, &(struct slots_request){&at, 1, is_new}, now, &slot);
}

static int
count_regions(bool is_new, int from)
{
	int count = 0;

	while (take(is_new, from + count, 1, 1))
		count++;
	return count;
}

static void
what_hangs_leaves_slots_to_known_policies(void **state)
{
	(void)state;
	assert_int_equal(count_regions(NEW, 1), SLOTS_NEW_MAX);
	assert_int_equal(count_regions(KNOWN, 100), SLOTS_MAX - SLOTS_NEW_MAX);
	assert_false(take(KNOWN, 200, 1, 1));
}

static void
and_of_each_network(void **state)
{
	(void)state;
	for (int i = 0; i < SLOTS_NETWORK_NEW_MAX; i++)
		assert_true(take(NEW, 45, 1, 1));
	assert_false(take(NEW, 45, 1, 1));
	for (int i = SLOTS_NETWORK_NEW_MAX; i < SLOTS_NETWORK_MAX; i++)
		assert_true(take(KNOWN, 45, 1, 1));
	assert_false(take(KNOWN, 45, 1, 1));
	assert_true(take(NEW, 45, 1, 2));
}

static void
and_of_each_region(void **state)
{
	int c = 0;

	(void)state;
	for (; c < SLOTS_REGION_NEW_MAX; c++)
		assert_true(take(NEW, 45, 1, c));
	assert_false(take(NEW, 45, 1, c));
	for (; c < SLOTS_REGION_MAX; c++)
		assert_true(take(KNOWN, 45, 1, c));
	assert_false(take(KNOWN, 45, 1, c));
	assert_true(take(NEW, 45, 2, c));
}

/* IPv6: a region is a /32, a network a /64. */
static void
addresses_of_six_have_larger_ones(void **state)
{
	struct slot slot;

	(void)state;
	for (uint8_t i = 0; i <= SLOTS_REGION_NEW_MAX; i++) {
		const struct address at = {6, {0x20, 1, 0x0d, 0xb8, i, 0, 0, i}};

		assert_int_equal(
		    slots_take(&slots, &(struct slots_request){&at, 1, NEW}, ++now, &slot),
		    i < SLOTS_REGION_NEW_MAX);
	}
}

/* One that may connect to several counts in each; where one is full it has none. */
static void
who_has_many_addresses_takes_room_at_each(void **state)
{
	const struct address both[] = {{4, {45, 1, 1, 1}}, {4, {46, 1, 1, 1}}, {4, {46, 1, 1, 2}}};
	const struct slots_request request = {both, 3, NEW};
	struct slot held[SLOTS_NETWORK_NEW_MAX], none;

	(void)state;
	for (int i = 0; i < SLOTS_NETWORK_NEW_MAX; i++) {
		now += SLOTS_NETWORK_APART;
		assert_true(slots_take(&slots, &request, now, &held[i]));
		assert_int_equal(held[i].network_count, 2);
	}
	assert_false(take(NEW, 45, 1, 1));
	assert_false(take(NEW, 46, 1, 1));
	now += SLOTS_NETWORK_APART;
	assert_false(slots_take(&slots, &request, now, &none));
	slots_give(&slots, &held[0]);
	assert_true(take(NEW, 45, 1, 1));
	/* There is no room at one of the two: the other's is not taken. */
	now += SLOTS_NETWORK_APART;
	assert_false(slots_take(&slots, &request, now, &none));
	assert_true(take(NEW, 46, 1, 1));
	assert_int_equal(slots.taken, SLOTS_NETWORK_NEW_MAX + 1);
}

static void
one_network_is_not_connected_to_at_once(void **state)
{
	const struct address at = {4, {45, 1, 1, 1}};
	const struct slots_request request = {&at, 1, KNOWN};
	struct slot slot;

	(void)state;
	assert_true(slots_take(&slots, &request, now, &slot));
	assert_false(slots_take(&slots, &request, now + SLOTS_NETWORK_APART - 1, &slot));
	assert_true(slots_take(&slots, &request, now + SLOTS_NETWORK_APART, &slot));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(what_hangs_leaves_slots_to_known_policies, set_up),
	    cmocka_unit_test_setup(and_of_each_network, set_up),
	    cmocka_unit_test_setup(and_of_each_region, set_up),
	    cmocka_unit_test_setup(addresses_of_six_have_larger_ones, set_up),
	    cmocka_unit_test_setup(who_has_many_addresses_takes_room_at_each, set_up),
	    cmocka_unit_test_setup(one_network_is_not_connected_to_at_once, set_up),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
