/* A configuration of the test's own, read as the program reads it. */
#ifndef TESTS_CONFIG_BUILD_H
#define TESTS_CONFIG_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor/options.h"

static struct options o;
static char why[OPTIONS_WHY_MAX];
static char path[] = "/tmp/waxseal-config-XXXXXX";

/* Into o, which is freed at the next one and at the end; what is wrong with it into why. */
static inline enum parsed
parse(const char *config)
{
	char *argv[] = {"waxseal", "--config", path, "incidents"};
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(config, file);
	fclose(file);
	options_free(&o);
	return options_parse(4, argv, &o, why);
}

/* Of the group of tests: make the file, and remove it. */
static inline int
begin(void **state)
{
	const int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static inline int
end(void **state)
{
	(void)state;
	options_free(&o);
	return unlink(path);
}

#endif
