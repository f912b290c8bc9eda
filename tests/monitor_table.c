/* Tables, paragraphs and lines of CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/csv.h"
#include "monitor/table.h"

static const struct table_column columns[] = {
    {.title = "ID", .is_right = true},
    {.title = "NAME", .least = 4},
    {.title = "EXTRA", .spare = 1},
    {.title = "LAST", .least = 4},
};

static char *printed;
static size_t printed_length;

static FILE *
begin(void)
{
	FILE *out;

	free(printed);
	printed = NULL;
	out = open_memstream(&printed, &printed_length);
	assert_non_null(out);
	return out;
}

static const char *const first[] = {"7", "some.long.name", "aa", "the end"};
static const char *const second[] = {"12", "b", NULL, "x"};

static void
print_table(unsigned width)
{
	FILE *out = begin();
	struct table *t = table_new(out, width, columns, 4);

	assert_non_null(t);
	assert_true(table_row(t, first));
	assert_true(table_row(t, second));
	table_free(t);
	fclose(out);
}

static void
a_table_fits_its_width(void **state)
{
	static const struct {
		unsigned width;
		const char *expected;
	} rows[] = {
	    {0, "ID  NAME            EXTRA  LAST\n"
		" 7  some.long.name  aa     the end\n"
		"12  b               -      x\n"},
	    {34, "ID  NAME            EXTRA  LAST\n"
		 " 7  some.long.name  aa     the end\n"
		 "12  b               -      x\n"},
	    /* The widest column shrinks first. */
	    {30, "ID  NAME        EXTRA  LAST\n"
		 " 7  some.long~  aa     the end\n"
		 "12  b           -      x\n"},
	    {21, "ID  NAME  EXTRA  LAST\n"
		 " 7  som~  aa     the~\n"
		 "12  b     -      x\n"},
	    /* Then what can be spared goes, and the others have its room. */
	    {20, "ID  NAME     LAST\n"
		 " 7  some.l~  the end\n"
		 "12  b        x\n"},
	    /* In the end the line itself is cut. */
	    {9, "ID  NAME\n"
		" 7  som~\n"
		"12  b\n"},
	    {1, "~\n7\n~\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_table(rows[i].width);
		print_message("width %u\n%s", rows[i].width, printed);
		assert_string_equal(printed, rows[i].expected);
	}
}

static void
no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (unsigned width = 1; width < 60; width++) {
		print_table(width);
		for (const char *line = printed; *line != '\0'; line = strchr(line, '\n') + 1)
			assert_true(strcspn(line, "\n") <= width);
	}
}

static void
a_table_without_rows_prints_nothing(void **state)
{
	FILE *out = begin();

	(void)state;
	table_free(table_new(out, 0, columns, 4));
	table_free(NULL);
	fclose(out);
	assert_string_equal(printed, "");
}

static void
rows_beyond_those_held_follow_at_once(void **state)
{
	FILE *out = begin();
	struct table *t = table_new(out, 0, columns, 4);
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < TABLE_HELD_MAX + 1; i++)
		assert_true(table_row(t, second));
	fflush(out);
	for (const char *c = printed; *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(lines, TABLE_HELD_MAX + 2);
	/* A later cell that is wider stands whole where nothing is cut. */
	assert_true(table_row(t, first));
	table_free(t);
	fclose(out);
	assert_non_null(strstr(printed, " 7  some.long.name  aa"));
}

static void
a_file_is_no_terminal(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	setenv("COLUMNS", "40", 1);
	assert_non_null(file);
	assert_int_equal(table_width(file), 0);
	fclose(file);
}

static void
a_paragraph_breaks_between_words(void **state)
{
	static const struct {
		unsigned width, indent;
		const char *text, *expected;
	} rows[] = {
	    {10, 2, "aa bb cc dd", "  aa bb cc\n  dd\n"},
	    {10, 2, "  aa   bb  ", "  aa bb\n"},
	    {5, 2, "aaaaaaaaaa b", "  aaaaaaaaaa\n  b\n"},
	    {10, 2, "", ""},
	    {1, 0, "a b", "a\nb\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *out = begin();

		table_paragraph(out, rows[i].width, rows[i].indent, rows[i].text);
		fclose(out);
		assert_string_equal(printed, rows[i].expected);
	}
}

static void
an_item_breaks_at_blanks_and_keeps_the_others(void **state)
{
	static const struct {
		unsigned width;
		const char *text, *expected;
	} rows[] = {
	    {0, "aa  bb cc dd ee", "  aa  bb cc dd ee\n"},
	    {12, "aa  bb cc", "  aa  bb cc\n"},
	    {12, "aa  bb cc dd ee", "  aa  bb cc\n    dd ee\n"},
	    {10, "aa  bb ccccccc d", "  aa  bb\n    ccccccc\n    d\n"},
	    {6, "aaaaaaaaaa b", "  aaaaaaaaaa\n    b\n"},
	    {6, "aa bb", "  aa\n    bb\n"},
	    {1, "a b", "  a\n    b\n"},
	    {10, "", "  \n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *out = begin();

		table_item(out, rows[i].width, 2, rows[i].text);
		fclose(out);
		assert_string_equal(printed, rows[i].expected);
	}
}

static void
csv_quotes_what_must_be_quoted(void **state)
{
	static const struct {
		const char *name, *fields[2], *expected;
	} rows[] = {
	    {"plain", {"a", "b"}, "a,b\n"},
	    {"not seen", {NULL, "b"}, ",b\n"},
	    {"empty", {"", "b"}, "\"\",b\n"},
	    {"comma", {"a,b", "c"}, "\"a,b\",c\n"},
	    {"quote", {"a\"b", "c"}, "\"a\"\"b\",c\n"},
	    {"line end", {"a\nb", "c\r"}, "\"a\nb\",\"c\r\"\n"},
	    {"blanks", {" a ", "b"}, "\" a \",b\n"},
	    {"formula", {"=1+1", "@x"}, "'=1+1,'@x\n"},
	    {"formula with a comma", {"=a,b", "+x"}, "\"'=a,b\",'+x\n"},
	    {"numbers are none", {"-5", "-1.5"}, "-5,-1.5\n"},
	    {"a sign alone is", {"-", "+"}, "'-,'+\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *out = begin();

		csv_line(out, rows[i].fields, 2);
		fclose(out);
		print_message("%s\n", rows[i].name);
		assert_string_equal(printed, rows[i].expected);
	}
}

static int
end(void **state)
{
	(void)state;
	free(printed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table_fits_its_width),
	    cmocka_unit_test(no_line_is_wider_than_the_terminal),
	    cmocka_unit_test(a_table_without_rows_prints_nothing),
	    cmocka_unit_test(rows_beyond_those_held_follow_at_once),
	    cmocka_unit_test(a_file_is_no_terminal),
	    cmocka_unit_test(a_paragraph_breaks_between_words),
	    cmocka_unit_test(an_item_breaks_at_blanks_and_keeps_the_others),
	    cmocka_unit_test(csv_quotes_what_must_be_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
