/* Server lines to one reply; see reply.h. */
#include "dissector/reply.h"
#include "dissector/text.h"

#define CODE_LEN 3

bool
reply_line_read(struct bytes line, struct reply_line *out)
{
	uint64_t code;
	uint8_t separator = ' ';

	if (line.len < CODE_LEN || !text_number(bytes_first(line, CODE_LEN), &code))
		return false;
	/* RFC 5321 section 4.2 has 200 to 559; other protocols' 1xx is seen from some proxies. */
	if (code < 100 || code > 599)
		return false;
	if (line.len > CODE_LEN)
		separator = line.at[CODE_LEN];
	if (separator != '-' && !text_is_blank(separator))
		return false;
	out->code = (uint16_t)code;
	out->is_last = separator != '-';
	out->text = bytes_after(line, CODE_LEN + 1);
	return true;
}

bool
reply_add(struct reply *r, const struct reply_line *line)
{
	r->code = line->code;
	if (r->lines < UINT16_MAX)
		r->lines++;
	return line->is_last;
}
