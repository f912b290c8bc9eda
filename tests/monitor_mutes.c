/* [mute NAME] of the configuration file, mute add, and what a mute holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/alert/mute.h"
#include "tests/config_build.h"

/* 2026-03-01T00:00:00Z */
#define MARCH INT64_C(1772323200000000)

static void
a_whole_section_is_read(void **state)
{
	const struct mute *m;

	(void)state;
	assert_int_equal(parse("[mute lab]\n"
			       "kind = starttls-missing\nkind = starttls-masked\n"
			       "client = 192.0.2.0/24\nserver = 2001:db8::25\n"
			       "domain = .Example.NET\nseverity = warning\n"
			       "until = 2026-03-01T00:00:00Z\nwhy = scanner, ticket 7\n"
			       "[sink ops]\ntype = syslog\n"),
			 PARSED_RUN);
	assert_int_equal(o.mutes->count, 1);
	m = &o.mutes->at[0];
	assert_string_equal(m->name, "lab");
	assert_int_equal(m->scope.kinds.count, 2);
	assert_int_equal(m->scope.client_count, 1);
	assert_string_equal(m->servers.at[0], "2001:db8::25");
	assert_string_equal(m->scope.domains.at[0], ".example.net");
	assert_int_equal(m->severity, SEVERITY_WARNING);
	assert_true(m->until == MARCH);
	assert_string_equal(m->why, "scanner, ticket 7");
}

#define LAB "[mute lab]\n"

static void
what_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *config, *says;
	} rows[] = {
	    {LAB "why = x\n", "[mute lab] of line 1: it would mute everything"},
	    {LAB "client = ::/0\nwhy = x\n", "it would mute everything"},
	    {LAB "client = ::ffff:0:0/96\nwhy = x\n", "it would mute everything"},
	    {LAB "severity = notice\nuntil = never\nwhy = x\n", "it would mute everything"},
	    {LAB "client = 192.0.2.7\n", "why is missing"},
	    {LAB "client = 192.0.2.7\nwhy = \x01\n", "why: not one line"},
	    {LAB "kind = starttls-strip\nwhy = x\n", "did you mean"},
	    {LAB "client = 192.0.2.7/33\nwhy = x\n", "client 192.0.2.7/33: not an address"},
	    {LAB "server = mx.example.net\nwhy = x\n", "server mx.example.net: not an address"},
	    {LAB "domain = a@example.net\nwhy = x\n", "an address"},
	    {LAB "client = 192.0.2.7\nuntil = 7d\nwhy = x\n", "until 7d: not a time"},
	    {LAB "client = 192.0.2.7\nuntil = 2026-13-01\nwhy = x\n",
	     "until 2026-13-01: not a time"},
	    {LAB "client = 192.0.2.7\nwhy = x\nwhy = y\n", "why: given twice"},
	    {LAB "clients = 192.0.2.7\nwhy = x\n", "did you mean client?"},
	    {LAB "client = 192.0.2.7\nwhy = x\n" LAB, "there is one of this name already"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parse(rows[i].config) == PARSED_RUN || strstr(why, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].config, why);
	}
	/* All addresses are no limit, and no fault beside one. */
	assert_int_equal(parse(LAB "kind = banner-masked\nclient = 0.0.0.0/0\nwhy = x\n"),
			 PARSED_RUN);
	assert_int_equal(parse(LAB "client = ::/0\nserver = 192.0.2.1\nwhy = x\n"), PARSED_RUN);
}

static const struct scope_case stripped = {
    .kind = "starttls-missing",
    .client = "192.0.2.7",
    .server = "198.51.100.25",
    .domain = "mail.example.net",
    .severity = SEVERITY_WARNING,
};

static void
each_limit_narrows_it(void **state)
{
	static const struct {
		const char *settings;
		bool holds;
	} rows[] = {
	    {"client = 192.0.2.0/24", true},
	    {"client = 192.0.2.8", false},
	    {"client = ::ffff:192.0.2.0/120", true},
	    {"client = ::ffff:192.0.2.8", false},
	    {"client = 192.0.2.8\nclient = 192.0.2.7", true},
	    {"client = 192.0.2.7\nserver = 198.51.100.26", false},
	    {"kind = starttls-missing\nclient = 192.0.2.7\nserver = 198.51.100.25\n"
	     "domain = .example.net",
	     true},
	    {"kind = starttls-masked\nclient = 192.0.2.7", false},
	    {"domain = example.net", false},
	    {"client = 192.0.2.7\nseverity = warning", true},
	    /* What is worse than that is told. */
	    {"client = 192.0.2.7\nseverity = notice", false},
	    {"client = 192.0.2.7\nuntil = 2026-03-01T00:00:00.000001Z", true},
	    {"client = 192.0.2.7\nuntil = 2026-03-01", false},
	    {"client = 192.0.2.7\nuntil = never", true},
	};
	char config[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(config, sizeof(config), LAB "%s\nwhy = x\n", rows[i].settings);
		if (parse(config) != PARSED_RUN)
			fail_msg("%s: %s", config, why);
		if ((mutes_find(o.mutes, &stripped, MARCH) != NULL) != rows[i].holds)
			fail_msg("%s", rows[i].settings);
	}
}

static void
it_is_the_same_out_of_the_database(void **state)
{
	static struct mute_text text;
	struct mute_row row;
	struct mute back;

	(void)state;
	assert_int_equal(parse(LAB "kind = starttls-missing\nkind = starttls-masked\n"
				   "client = 192.0.2.0/24\nserver = 198.51.100.25\n"
				   "domain = .example.net\nuntil = 2027-01-01\nwhy = x y\n"),
			 PARSED_RUN);
	assert_true(mute_row_of(&o.mutes->at[0], &text, &row));
	assert_string_equal(row.kinds, "starttls-missing starttls-masked");
	assert_true(mute_of_row(&row, &back));
	assert_string_equal(back.name, "lab");
	assert_string_equal(back.why, "x y");
	assert_int_equal(back.scope.kinds.count, 2);
	assert_true(back.until == o.mutes->at[0].until);
	assert_non_null(mutes_find(&(struct mutes){.at = &back, .count = 1}, &stripped, MARCH));
	mute_free(&back);
}

/* A row that another program changed must not mute more than was meant. */
static void
a_row_that_is_none_mutes_nothing(void **state)
{
	static const struct mute_row rows[] = {
	    {.kinds = "", .clients = "", .servers = "", .domains = ""},
	    {.kinds = "", .clients = "everybody", .servers = "", .domains = ""},
	    {.kinds = "", .clients = "192.0.2.7  192.0.2.8", .servers = "", .domains = ""},
	    {.kinds = " ", .clients = "", .servers = "", .domains = ""},
	    {.kinds = "", .clients = "192.0.2.7/99", .servers = "", .domains = ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mute_row row = rows[i];
		struct mute m;

		row.why = "x";
		row.severity = RANK_CRITICAL;
		row.until = INT64_MAX;
		if (mute_of_row(&row, &m))
			fail_msg("row %zu", i);
	}
}

/* More than fit a row are refused, not cut: what is cut off would be told, or all be held. */
static void
a_list_that_does_not_fit_is_refused(void **state)
{
	char config[16384] = LAB "why = x\n";

	(void)state;
	for (int i = 0; i < 200; i++)
		snprintf(config + strlen(config), sizeof(config) - strlen(config),
			 "domain = a-name-of-some-length-%03d.department.example.net\n", i);
	assert_int_not_equal(parse(config), PARSED_RUN);
	assert_non_null(strstr(why, "too long a list"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_section_is_read),
	    cmocka_unit_test(what_is_wrong_is_refused),
	    cmocka_unit_test(each_limit_narrows_it),
	    cmocka_unit_test(it_is_the_same_out_of_the_database),
	    cmocka_unit_test(a_row_that_is_none_mutes_nothing),
	    cmocka_unit_test(a_list_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests_name("monitor_mutes", tests, begin, end);
}
