/* Where message text ends; see content.h. */
#include "dissector/content.h"

/* How things stand behind a line feed. */
static enum content_end
content_line(enum content_state *state)
{
	switch (*state) {
	case CONTENT_CR:
		*state = CONTENT_AT_LINE;
		return CONTENT_GOES_ON;
	case CONTENT_DOT_CR:
		*state = CONTENT_AT_LINE;
		return CONTENT_ENDS;
	case CONTENT_DOT:
	case CONTENT_BARE_DOT:
	case CONTENT_BARE_DOT_CR:
		*state = CONTENT_BARE_LINE;
		return CONTENT_MAY_END;
	case CONTENT_AT_LINE:
	case CONTENT_INSIDE:
	case CONTENT_BARE_LINE:
		*state = CONTENT_BARE_LINE;
		return CONTENT_GOES_ON;
	}
	return CONTENT_GOES_ON;
}

/* How things stand behind one more byte that is no line feed. */
static enum content_state
content_after(enum content_state state, uint8_t c)
{
	if (c == '\r') {
		if (state == CONTENT_DOT)
			return CONTENT_DOT_CR;
		return state == CONTENT_BARE_DOT ? CONTENT_BARE_DOT_CR : CONTENT_CR;
	}
	if (c == '.' && state == CONTENT_AT_LINE)
		return CONTENT_DOT;
	if (c == '.' && state == CONTENT_BARE_LINE)
		return CONTENT_BARE_DOT;
	return CONTENT_INSIDE;
}

#define STRIDE 64 /* bytes looked at in one go: a loop of fixed length becomes a few wide steps */

/* Whether a dot stands behind a line feed within in[0 .. STRIDE]. */
static bool
has_dot_line(const uint8_t *in)
{
	uint8_t found = 0;

	for (size_t i = 0; i < STRIDE; i++)
		found |= (uint8_t)((in[i] == '\n') & (in[i + 1] == '.'));
	return found != 0;
}

/* Index of the first dot behind a line feed, the first byte aside; in.len where there is none. */
static size_t
find_dot_line(struct bytes in)
{
	size_t at = 0;

	while (in.len - at > STRIDE && !has_dot_line(in.at + at))
		at += STRIDE;
	for (; at + 1 < in.len; at++)
		if (in.at[at] == '\n' && in.at[at + 1] == '.')
			return at + 1;
	return in.len;
}

/*
 * From inside a line, pass over all before the next line that begins with a
 * dot: nothing else can matter. The last two bytes passed tell how things stand
 * there.
 */
static enum content_state
content_skip(struct bytes *in)
{
	struct bytes passed = bytes_first(*in, find_dot_line(*in));
	enum content_state state = CONTENT_INSIDE;

	*in = bytes_after(*in, passed.len);
	if (passed.len == 0)
		return state;
	if (passed.at[passed.len - 1] == '\r')
		state = CONTENT_CR;
	else if (passed.at[passed.len - 1] == '\n')
		state = passed.len > 1 && passed.at[passed.len - 2] == '\r' ? CONTENT_AT_LINE
									    : CONTENT_BARE_LINE;
	return state;
}

enum content_end
content_read(enum content_state *state, struct bytes *in)
{
	while (in->len > 0) {
		uint8_t c;

		if (*state == CONTENT_INSIDE) {
			*state = content_skip(in);
			if (in->len == 0)
				break;
		}
		c = in->at[0];
		*in = bytes_after(*in, 1);
		if (c == '\n') {
			enum content_end end = content_line(state);

			if (end != CONTENT_GOES_ON)
				return end;
		} else {
			*state = content_after(*state, c);
		}
	}
	return CONTENT_GOES_ON;
}
