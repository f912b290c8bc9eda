/*
 * Strings and lists of JSON: what is written is one string to any reader, and
 * comes back as it went.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/json.h"

struct string_row {
	const char *name, *in, *out;
};

static void
a_string_is_escaped(void **state)
{
	static const struct string_row rows[] = {
	    {"plain", "example.net", "\"example.net\""},
	    {"empty", "", "\"\""},
	    {"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
	    {"controls", "a\nb\x1f", "\"a\\u000ab\\u001f\""},
	    {"UTF-8",
	     "Stra\xc3\x9f"
	     "e",
	     "\"Stra\xc3\x9f"
	     "e\""},
	    {"no UTF-8",
	     "a\xff"
	     "b\xc3",
	     "\"a\\ufffdb\\ufffd\""},
	    {"a surrogate", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		json_put_text(out, rows[i].in);
		assert_int_equal(fclose(out), 0);
		print_message("%s\n", rows[i].name);
		assert_string_equal(text, rows[i].out);
		free(text);
	}
}

static void
a_list_comes_back(void **state)
{
	static const char *const texts[] = {"mx1.example.net", "", "a \"b\" \\c", "["};
	char buffer[128], text[32];
	struct json_list list = json_list_over(buffer, sizeof(buffer));
	const char *at = buffer;

	(void)state;
	assert_string_equal(buffer, "[]");
	for (size_t i = 0; i < 4; i++)
		assert_true(json_list_add(
		    &list, (struct bytes){(const uint8_t *)texts[i], strlen(texts[i])}));
	assert_string_equal(buffer, "[\"mx1.example.net\",\"\",\"a \\\"b\\\" \\\\c\",\"[\"]");
	for (size_t i = 0; i < 4; i++) {
		assert_true(json_list_next(&at, text, sizeof(text)));
		assert_string_equal(text, texts[i]);
	}
	assert_false(json_list_next(&at, text, sizeof(text)));
}

/* What does not fit is left out whole, and what is there stays an array. */
static void
a_list_stays_in_its_buffer(void **state)
{
	(void)state;
	for (size_t size = 3; size < 24; size++) {
		char *buffer = malloc(size);
		struct json_list list;
		bool fits;

		assert_non_null(buffer);
		list = json_list_over(buffer, size);
		fits = json_list_add(&list, BYTES("ab\"c"));
		/* ["ab\"c"] and NUL */
		assert_int_equal(fits, size >= 10);
		fits = json_list_add(&list, BYTES("d")) && fits;
		assert_int_equal(fits, size >= 14);
		assert_int_equal(buffer[0], '[');
		assert_int_equal(buffer[strlen(buffer) - 1], ']');
		free(buffer);
	}
}

/* A file may have been written by anybody. */
static void
a_broken_list_ends(void **state)
{
	static const char *const rows[] = {"", "[", "[]", "null", "[\"abc", "[\"abc\\", "]"};
	char text[8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = rows[i];

		assert_false(json_list_next(&at, text, sizeof(text)));
	}
	assert_false(json_list_next(&(const char *){NULL}, text, sizeof(text)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_string_is_escaped),
	    cmocka_unit_test(a_list_comes_back),
	    cmocka_unit_test(a_list_stays_in_its_buffer),
	    cmocka_unit_test(a_broken_list_ends),
	};

	return cmocka_run_group_tests_name("JSON", tests, NULL, NULL);
}
