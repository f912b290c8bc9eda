/* Stream bytes to lines; see line.h. */
#include "dissector/line.h"

#include <string.h>

bool
line_is_unfinished(const struct line_reader *r)
{
	return r->held.len > 0 || r->is_cut || r->is_lost;
}

void
line_drop(struct line_reader *r, struct pool *p)
{
	chain_clear(p, &r->held);
	*r = (struct line_reader){0};
}

/* Keep a piece of a line that has not ended yet, up to the cap. */
static void
line_hold(struct line_reader *r, struct pool *p, struct bytes piece)
{
	struct bytes part = bytes_first(piece, LINE_CAP - r->held.len);

	if (r->is_lost || piece.len == 0)
		return;
	if (part.len < piece.len)
		r->is_cut = true;
	if (part.len > 0 && !chain_append(p, &r->held, part)) {
		chain_clear(p, &r->held);
		r->is_lost = true;
	}
}

/* Put what is held and the last piece together in room. */
static void
line_join(struct line_reader *r, struct pool *p, struct bytes piece, uint8_t room[LINE_CAP],
	  struct line *out)
{
	uint32_t held = chain_copy(p, &r->held, 0, room, LINE_CAP);
	struct bytes part = bytes_first(piece, LINE_CAP - held);

	if (part.len > 0)
		memcpy(room + held, part.at, part.len);
	out->whole = (struct bytes){room, held + part.len};
	out->is_cut = r->is_cut || part.len < piece.len;
	out->is_lost = r->is_lost;
	if (out->is_lost)
		out->whole.len = 0;
	line_drop(r, p);
}

/* Find the text in front of the line's end. */
static void
line_trim(struct line *out)
{
	struct bytes text = out->whole;

	if (!out->is_cut && text.len > 0 && text.at[text.len - 1] == '\n') {
		text.len--;
		out->is_bare = text.len == 0 || text.at[text.len - 1] != '\r';
		while (text.len > 0 && text.at[text.len - 1] == '\r')
			text.len--;
	}
	out->text = text;
}

bool
line_read(struct line_reader *r, struct pool *p, struct bytes *in, uint8_t room[LINE_CAP],
	  struct line *out)
{
	size_t end = bytes_find(*in, '\n');
	bool has_end = end < in->len;
	struct bytes piece = bytes_first(*in, has_end ? end + 1 : end);

	*in = bytes_after(*in, piece.len);
	if (!has_end) {
		line_hold(r, p, piece);
		return false;
	}
	*out = (struct line){0};
	if (line_is_unfinished(r)) {
		line_join(r, p, piece, room, out);
	} else {
		out->whole = bytes_first(piece, LINE_CAP);
		out->is_cut = piece.len > LINE_CAP;
	}
	line_trim(out);
	return true;
}

bool
line_flush(struct line_reader *r, struct pool *p, uint8_t room[LINE_CAP], struct line *out)
{
	if (!line_is_unfinished(r))
		return false;
	*out = (struct line){0};
	line_join(r, p, (struct bytes){0}, room, out);
	out->text = out->whole;
	return true;
}
