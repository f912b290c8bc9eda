/* Scrubbing of bytes that are no TLS; see stray.h. */
#include "dissector/stray.h"

#include "dissector/scrub.h"

static bool
is_line_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/* The end of a line that is not whole may be the beginning of a name. */
static void
blank_cut(uint8_t *text, size_t len)
{
	while (len > 0 && text[len - 1] != ' ' && !is_line_end(text[len - 1]))
		text[--len] = 'x';
}

static void
scrub_server(uint8_t *line, size_t len)
{
	scrub_reply_by_code(line, len);
	if (!is_line_end(line[len - 1]))
		blank_cut(line, len);
}

void
stray_scrub(uint8_t *text, size_t len, enum side from)
{
	bool is_first = true;

	while (len > 0) {
		size_t line = bytes_find((struct bytes){text, len}, '\n');

		line += line < len;
		if (from == SIDE_SERVER)
			scrub_server(text, line);
		else if (is_first)
			scrub_verb(text, line);
		else
			scrub_all(text, line);
		is_first = false;
		text += line;
		len -= line;
	}
}
