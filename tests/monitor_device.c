/* What an interface says that it lost, in files that stand in for those of /sys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/capture/device.h"

static char folder[] = "/tmp/waxseal-device-XXXXXX";

static int
prepare(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	return mkdir("statistics", 0700);
}

static int
clean_up(void **state)
{
	(void)state;
	unlink("statistics/rx_missed_errors");
	unlink("statistics/rx_fifo_errors");
	unlink("type");
	unlink("uevent");
	return rmdir("statistics") != 0 || chdir("/") != 0 || rmdir(folder) != 0;
}

/* Into the same file, as the kernel does it. */
static void
say(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static struct device
begin(void)
{
	struct device d;

	say("statistics/rx_missed_errors", "5000\n");
	say("statistics/rx_fifo_errors", "10\n");
	assert_true(device_open_at(&d, folder));
	return d;
}

static void
what_was_lost_before_is_not_counted(void **state)
{
	struct device d = begin();

	(void)state;
	assert_int_equal(device_lost(&d), 0);
	device_close(&d);
}

static void
both_counters_count_once(void **state)
{
	struct device d = begin();

	(void)state;
	say("statistics/rx_missed_errors", "5007\n");
	say("statistics/rx_fifo_errors", "12\n");
	assert_int_equal(device_lost(&d), 9);
	assert_int_equal(device_lost(&d), 0);
	say("statistics/rx_fifo_errors", "13\n");
	assert_int_equal(device_lost(&d), 1);
	device_close(&d);
}

static void
a_driver_that_was_reset_counts_anew(void **state)
{
	struct device d = begin();

	(void)state;
	say("statistics/rx_missed_errors", "3\n");
	assert_int_equal(device_lost(&d), 3);
	device_close(&d);
}

/* The interface is gone, or says what is no number: nothing is known, and nothing counted. */
static void
what_is_no_number_counts_nothing(void **state)
{
	static const char *const texts[] = {"", "-1\n", "many\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct device d = begin();

		say("statistics/rx_missed_errors", texts[i]);
		assert_int_equal(device_lost(&d), 0);
		say("statistics/rx_missed_errors", "5001\n");
		assert_int_equal(device_lost(&d), 1);
		device_close(&d);
	}
}

/* A tunnel's program may say at any time that it carries something else. */
static void
another_type_is_told(void **state)
{
	struct device d;

	(void)state;
	say("type", "65534\n");
	d = begin();
	assert_false(device_has_changed(&d));
	say("type", "1\n");
	assert_true(device_has_changed(&d));
	say("type", "");
	assert_false(device_has_changed(&d));
	device_close(&d);
	unlink("type");
	d = begin();
	assert_false(device_has_changed(&d));
	device_close(&d);
}

/* The interface may have been opened by another name that it has; what it is called then counts. */
static void
another_name_is_told(void **state)
{
	struct device d;

	(void)state;
	d = begin();
	assert_false(device_is_renamed(&d));
	device_close(&d);
	say("uevent", "DEVTYPE=vlan\nINTERFACE=eth1\nIFINDEX=3\n");
	d = begin();
	assert_false(device_is_renamed(&d));
	say("uevent", "DEVTYPE=vlan\nINTERFACE=eth10\nIFINDEX=3\n");
	assert_true(device_is_renamed(&d));
	say("uevent", "");
	assert_false(device_is_renamed(&d));
	device_close(&d);
}

static void
one_counter_is_enough(void **state)
{
	struct device d;

	(void)state;
	say("statistics/rx_missed_errors", "1\n");
	unlink("statistics/rx_fifo_errors");
	assert_true(device_open_at(&d, folder));
	say("statistics/rx_missed_errors", "2\n");
	assert_int_equal(device_lost(&d), 1);
	device_close(&d);
}

static void
without_statistics_nothing_is_counted(void **state)
{
	struct device d;

	(void)state;
	assert_false(device_open(&d, "no-such-interface"));
	assert_int_equal(device_lost(&d), 0);
	assert_false(device_open(&d, "../../.."));
	assert_int_equal(device_lost(&d), 0);
	device_none(&d);
	assert_int_equal(device_lost(&d), 0);
	device_close(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_lost_before_is_not_counted),
	    cmocka_unit_test(both_counters_count_once),
	    cmocka_unit_test(a_driver_that_was_reset_counts_anew),
	    cmocka_unit_test(what_is_no_number_counts_nothing),
	    cmocka_unit_test(one_counter_is_enough),
	    cmocka_unit_test(another_type_is_told),
	    cmocka_unit_test(another_name_is_told),
	    cmocka_unit_test(without_statistics_nothing_is_counted),
	};

	return cmocka_run_group_tests_name("device", tests, prepare, clean_up);
}
