/* Where message text ends. */
#include "dissector/content.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

static const struct {
	struct bytes in;
	enum content_end end; /* the first */
	size_t left;          /* bytes behind it */
} rows[] = {
    {BYTES(".\r\n"), CONTENT_ENDS, 0},
    {BYTES("a\r\n.\r\nQUIT"), CONTENT_ENDS, 4},
    {BYTES("a\r\n..\r\n.\r\n"), CONTENT_ENDS, 0},
    {BYTES("a\r\n.b\r\n.\r\n"), CONTENT_ENDS, 0},
    {BYTES("a.\r\n.\r\n"), CONTENT_ENDS, 0},
    {BYTES("\r\r\n.\r\n"), CONTENT_ENDS, 0},
    {BYTES("a\n.\r\nb"), CONTENT_MAY_END, 1},
    {BYTES("a\n.\nb"), CONTENT_MAY_END, 1},
    {BYTES("a\r\n.\nb"), CONTENT_MAY_END, 1},
    {BYTES("a\r.\r\nb"), CONTENT_GOES_ON, 0},
    {BYTES("a\r\n.\rb\r\n"), CONTENT_GOES_ON, 0},
    {BYTES("a\r\n.\r\r\n"), CONTENT_GOES_ON, 0},
    {BYTES("a\r\n ."), CONTENT_GOES_ON, 0},
    {BYTES(""), CONTENT_GOES_ON, 0},
};

static void
only_a_dot_alone_ends_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece <= rows[i].in.len + 1; piece++) {
			enum content_state at = CONTENT_AT_LINE;
			enum content_end end = CONTENT_GOES_ON;
			struct bytes rest = rows[i].in;

			while (rest.len > 0 && end == CONTENT_GOES_ON) {
				struct bytes in = bytes_first(rest, piece);
				size_t len = in.len;

				end = content_read(&at, &in);
				rest = bytes_after(rest, len - in.len);
			}
			if (end != rows[i].end || rest.len != rows[i].left)
				fail_msg("row %zu, by %zu", i, piece);
		}
}

#define LONG 300 /* bytes: several of the steps in which text inside a line is passed over */

/* Where each sort of end stands behind a line of any length, read whole and byte by byte. */
static void
an_end_is_found_at_any_distance(void **state)
{
	static const struct bytes ends[] = {BYTES_INIT("\r\n.\r\n"), BYTES_INIT("\n.\n"),
					    BYTES_INIT("\r\n..\r\n"), BYTES_INIT(".\r\n.\r\n")};

	(void)state;
	for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++)
		for (size_t len = 1; len < LONG; len++) {
			uint8_t text[LONG + 32];
			struct bytes whole = {text, len + ends[e].len + 3}, rest = whole;
			enum content_state at = CONTENT_INSIDE, by_byte = CONTENT_INSIDE;
			enum content_end end, expected = CONTENT_GOES_ON;
			size_t taken = 0;

			memset(text, 'x', sizeof(text));
			memcpy(text + len, ends[e].at, ends[e].len);
			while (taken < whole.len && expected == CONTENT_GOES_ON) {
				struct bytes one = {text + taken++, 1};

				expected = content_read(&by_byte, &one);
			}
			end = content_read(&at, &rest);
			if (end != expected || whole.len - rest.len != taken || at != by_byte)
				fail_msg("end %zu behind %zu bytes", e, len);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_a_dot_alone_ends_text),
	    cmocka_unit_test(an_end_is_found_at_any_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
