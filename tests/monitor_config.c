/* What the configuration file may be: long lines, pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/config_file.h"
#include "tests/config_build.h"

/* No file makes it take more memory than that, nor is the rest of one left out where there is none.
 */
static void
a_line_has_a_limit(void **state)
{
	static const char end_of_line[] = "\ndb = a\n";
	static char line[CONFIG_LINE_MAX + 16];
	char *argv[] = {"waxseal", "--config", "/dev/zero", "sessions"};

	(void)state;
	memset(line, '#', CONFIG_LINE_MAX);
	memcpy(line + CONFIG_LINE_MAX - 1, end_of_line, sizeof(end_of_line));
	assert_int_equal(parse(line), PARSED_RUN);
	assert_string_equal(o.db, "a");
	memset(line, '#', CONFIG_LINE_MAX);
	memcpy(line + CONFIG_LINE_MAX, end_of_line, sizeof(end_of_line));
	assert_int_equal(parse(line), PARSED_MISUSE);
	assert_non_null(strstr(why, ":1: "));
	assert_non_null(strstr(why, "too long"));
	options_free(&o);
	assert_int_equal(options_parse(4, argv, &o, why), PARSED_MISUSE);
	assert_non_null(strstr(why, "/dev/zero:1: "));
}

/* A watch that is to read it again must neither wait for ever nor go on without any setting. */
static void
a_pipe_is_read_that_somebody_writes_to(void **state)
{
	char fifo[sizeof(path) + 8], at[32];
	char *argv[] = {"waxseal", "--config", fifo, "sessions"};
	int ends[2];

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s.pipe", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	options_free(&o);
	alarm(180); /* where it waits */
	assert_int_equal(options_parse(4, argv, &o, why), PARSED_FAILED);
	alarm(0);
	assert_non_null(strstr(why, "nobody writes to"));
	assert_int_equal(unlink(fifo), 0);
	/* As a shell hands over what a command prints. */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "db = a\n", 7), 7);
	close(ends[1]);
	snprintf(at, sizeof(at), "/dev/fd/%d", ends[0]);
	argv[2] = at;
	options_free(&o);
	assert_int_equal(options_parse(4, argv, &o, why), PARSED_RUN);
	assert_string_equal(o.db, "a");
	close(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_has_a_limit),
	    cmocka_unit_test(a_pipe_is_read_that_somebody_writes_to),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
