/* Stream bytes to lines. */
#include "dissector/line.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pool_block blocks[64];

struct want {
	const char *text;
	bool is_bare;
};

static const struct row {
	const char *name;
	struct bytes in;
	struct want lines[4];
	size_t count;
} rows[] = {
    {"CRLF", BYTES("ab\r\ncd\r\n"), {{"ab", false}, {"cd", false}}, 2},
    {"bare LF", BYTES("ab\ncd\r\n"), {{"ab", true}, {"cd", false}}, 2},
    {"empty lines", BYTES("\r\n\n"), {{"", false}, {"", true}}, 2},
    {"a CR alone ends nothing", BYTES("a\rb\r\n"), {{"a\rb", false}}, 1},
    {"CRs before the end are no text", BYTES("ab\r\r\r\n"), {{"ab", false}}, 1},
    {"unfinished", BYTES("ab\r\ncd"), {{"ab", false}}, 1},
    {"CR without its LF", BYTES("ab\r"), {{NULL, false}}, 0},
};

static void
lines_are_cut_where_they_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece <= rows[i].in.len; piece++) {
			struct line_reader r = {0};
			struct pool p;
			struct bytes rest = rows[i].in;
			size_t n = 0;

			pool_init(&p, blocks, sizeof(blocks));
			while (rest.len > 0) {
				struct bytes in = bytes_first(rest, piece);
				uint8_t room[LINE_CAP];
				struct line line;

				rest = bytes_after(rest, piece);
				while (in.len > 0 && line_read(&r, &p, &in, room, &line)) {
					const struct want *w = &rows[i].lines[n++];

					if (n > rows[i].count || line.text.len != strlen(w->text) ||
					    memcmp(line.text.at, w->text, line.text.len) != 0 ||
					    line.is_bare != w->is_bare)
						fail_msg("%s, by %zu", rows[i].name, piece);
				}
			}
			if (n != rows[i].count)
				fail_msg("%s, by %zu: %zu lines", rows[i].name, piece, n);
			line_drop(&r, &p);
			assert_int_equal(p.in_use, 0);
		}
}

static void
a_whole_line_is_read_in_place(void **state)
{
	struct bytes in = BYTES("ab\r\n"), all = in;
	struct line_reader r = {0};
	uint8_t room[LINE_CAP];
	struct line line;
	struct pool p;

	(void)state;
	pool_init(&p, NULL, 0);
	assert_true(line_read(&r, &p, &in, room, &line));
	assert_ptr_equal(line.text.at, all.at);
	assert_int_equal(line.whole.len, 4);
}

/* A line of len bytes, its end included, in pieces; what line_read makes of it. */
static struct line
read_long(size_t len, size_t piece, uint8_t room[LINE_CAP])
{
	uint8_t *text = malloc(len);
	struct bytes rest = {text, len};
	struct line_reader r = {0};
	struct line line = {0};
	struct pool p;

	pool_init(&p, blocks, sizeof(blocks));
	memset(text, 'a', len);
	text[len - 2] = '\r';
	text[len - 1] = '\n';
	while (rest.len > 0) {
		struct bytes in = bytes_first(rest, piece);

		rest = bytes_after(rest, piece);
		assert_int_equal(line_read(&r, &p, &in, room, &line), rest.len == 0);
	}
	assert_false(line_is_unfinished(&r));
	assert_int_equal(p.in_use, 0);
	line.text.at = line.whole.at = NULL; /* of a block that is gone */
	free(text);
	return line;
}

static void
a_line_beyond_the_cap_is_cut(void **state)
{
	static const size_t pieces[] = {1, 7, 1000, LINE_CAP, 2 * LINE_CAP};
	uint8_t room[LINE_CAP];

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct line whole = read_long(LINE_CAP, pieces[i], room);
		struct line cut = read_long(LINE_CAP + 1, pieces[i], room);
		struct line longer = read_long(2 * LINE_CAP, pieces[i], room);

		assert_false(whole.is_cut);
		assert_int_equal(whole.text.len, LINE_CAP - 2);
		assert_true(cut.is_cut);
		assert_int_equal(cut.whole.len, LINE_CAP);
		assert_true(longer.is_cut);
		assert_int_equal(longer.text.len, LINE_CAP);
	}
}

static void
an_empty_pool_loses_the_line_and_no_more(void **state)
{
	struct bytes first = BYTES("ab"), second = BYTES("cd\r\nef\r\n");
	struct line_reader r = {0};
	uint8_t room[LINE_CAP];
	struct line line;
	struct pool p;

	(void)state;
	pool_init(&p, NULL, 0);
	assert_false(line_read(&r, &p, &first, room, &line));
	assert_true(line_read(&r, &p, &second, room, &line));
	assert_true(line.is_lost);
	assert_true(line_read(&r, &p, &second, room, &line));
	assert_false(line.is_lost);
	assert_true(bytes_equal(line.text, BYTES("ef")));
}

static void
an_unfinished_line_can_be_had(void **state)
{
	struct bytes in = BYTES("ab\r");
	struct line_reader r = {0};
	uint8_t room[LINE_CAP];
	struct line line;
	struct pool p;

	(void)state;
	pool_init(&p, blocks, sizeof(blocks));
	assert_false(line_flush(&r, &p, room, &line));
	assert_false(line_read(&r, &p, &in, room, &line));
	assert_true(line_flush(&r, &p, room, &line));
	assert_true(bytes_equal(line.whole, BYTES("ab\r")));
	assert_false(line_is_unfinished(&r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_cut_where_they_end),
	    cmocka_unit_test(a_whole_line_is_read_in_place),
	    cmocka_unit_test(a_line_beyond_the_cap_is_cut),
	    cmocka_unit_test(an_empty_pool_loses_the_line_and_no_more),
	    cmocka_unit_test(an_unfinished_line_can_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
