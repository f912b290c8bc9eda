/*
 * The time that ages count to: a clock that is wrong removes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/tend.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)
#define NOW    (56 * YEAR)
#define SINCE  (7 * HOUR) /* what the clock that is never set shows then */

static void
a_clock_that_goes_on_is_believed(void **state)
{
	struct tend_clock c = tend_clock(NOW, SINCE);

	(void)state;
	for (int64_t t = 0; t < 30 * DAY; t += 6 * HOUR)
		assert_int_equal(tend_clock_time(&c, NOW + t, SINCE + t), NOW + t);
	assert_int_equal(tend_clock_time(&c, NOW + 30 * DAY + HOUR, SINCE + 30 * DAY),
			 NOW + 30 * DAY + HOUR);
}

static void
one_that_is_years_ahead_for_a_moment_is_not(void **state)
{
	struct tend_clock c = tend_clock(NOW, SINCE);

	(void)state;
	assert_int_equal(tend_clock_time(&c, NOW + 10 * YEAR, SINCE + SECOND), NOW + SECOND);
	assert_int_equal(tend_clock_time(&c, NOW + 10 * YEAR, SINCE + HOUR), NOW + HOUR);
	assert_int_equal(tend_clock_time(&c, NOW + DAY, SINCE + DAY), NOW + DAY);
	/* A day of it begins anew each time. */
	assert_int_equal(tend_clock_time(&c, NOW + 10 * YEAR, SINCE + 2 * DAY), NOW + 2 * DAY);
	assert_int_equal(tend_clock_time(&c, NOW + 10 * YEAR, SINCE + 3 * DAY - SECOND),
			 NOW + 3 * DAY - SECOND);
}

static void
one_that_stays_ahead_is_believed_after_a_day(void **state)
{
	struct tend_clock c = tend_clock(NOW, SINCE);

	(void)state;
	for (int64_t t = HOUR; t < 25 * HOUR; t += HOUR)
		assert_int_equal(tend_clock_time(&c, NOW + YEAR + t, SINCE + t), NOW + t);
	assert_int_equal(tend_clock_time(&c, NOW + YEAR + DAY + HOUR, SINCE + DAY + HOUR),
			 NOW + YEAR + DAY + HOUR);
	assert_int_equal(tend_clock_time(&c, NOW + YEAR + 2 * DAY, SINCE + 2 * DAY),
			 NOW + YEAR + 2 * DAY);
}

static void
one_that_is_set_back_is_believed_at_once(void **state)
{
	struct tend_clock c = tend_clock(NOW, SINCE);

	(void)state;
	assert_int_equal(tend_clock_time(&c, NOW - YEAR, SINCE + SECOND), NOW - YEAR);
	assert_int_equal(tend_clock_time(&c, NOW - YEAR + DAY, SINCE + SECOND + DAY),
			 NOW - YEAR + DAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_clock_that_goes_on_is_believed),
	    cmocka_unit_test(one_that_is_years_ahead_for_a_moment_is_not),
	    cmocka_unit_test(one_that_stays_ahead_is_believed_after_a_day),
	    cmocka_unit_test(one_that_is_set_back_is_believed_at_once),
	};

	return cmocka_run_group_tests_name("monitor_tend", tests, NULL, NULL);
}
