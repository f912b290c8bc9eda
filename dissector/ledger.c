/* Notes as tag, length, text, one behind the other in a chain; see ledger.h. */
#include "dissector/ledger.h"

#include <string.h>

#define NOTE_HEAD 3 /* one byte of tag, two of length */

/*
 * Bytes of notes that a session may have: no more than a part of what the pool
 * still has, so that one that names thousands does not starve the others.
 */
static uint32_t
notes_cap(const struct pool *p)
{
	uint64_t cap = (uint64_t)pool_left(p) * POOL_BLOCK_BYTES / 64;

	if (cap < LEDGER_NOTES_MIN)
		return LEDGER_NOTES_MIN;
	return cap < LEDGER_NOTES_MAX ? (uint32_t)cap : LEDGER_NOTES_MAX;
}

void
ledger_note(struct ledger *l, enum note tag, struct bytes text)
{
	uint16_t len = (uint16_t)(text.len < NOTE_MAX ? text.len : NOTE_MAX);
	uint8_t head[NOTE_HEAD] = {(uint8_t)tag, (uint8_t)(len >> 8), (uint8_t)(len & 0xff)};
	uint32_t before = l->notes->len;

	/* Both or neither: half a note would spoil the walk over those behind it. */
	if (before + NOTE_HEAD + len > notes_cap(l->pool) ||
	    !chain_append(l->pool, l->notes, (struct bytes){head, sizeof(head)})) {
		*l->is_short = true;
		return;
	}
	if (!chain_append(l->pool, l->notes, bytes_first(text, len))) {
		chain_cut(l->pool, l->notes, before);
		*l->is_short = true;
	}
}

/* The head of the next note; false at the end. */
static bool
note_head(struct chain_reader *r, enum note *tag, uint16_t *len)
{
	uint8_t head[NOTE_HEAD];

	if (chain_read(r, head, sizeof(head)) < sizeof(head))
		return false;
	*tag = (enum note)head[0];
	*len = (uint16_t)(head[1] << 8 | head[2]);
	return true;
}

/* Whether the next text.len bytes are text; reads on as far as they are. */
static bool
note_equals(struct chain_reader r, struct bytes text)
{
	while (text.len > 0) {
		struct bytes run = chain_read_run(&r, (uint32_t)text.len);

		if (run.len == 0 || memcmp(run.at, text.at, run.len) != 0)
			return false;
		text = bytes_after(text, run.len);
	}
	return true;
}

bool
ledger_has(const struct ledger *l, enum note tag, struct bytes text)
{
	struct chain_reader r = chain_reader(l->pool, l->notes);
	enum note here;
	uint16_t len;

	while (note_head(&r, &here, &len)) {
		if (here == tag && len == text.len && note_equals(r, text))
			return true;
		chain_read(&r, NULL, len);
	}
	return false;
}

bool
ledger_is(const struct ledger *l, uint32_t offset, enum note tag, struct bytes text)
{
	struct chain_reader r = chain_reader(l->pool, l->notes);
	enum note here;
	uint16_t len;

	chain_read(&r, NULL, offset);
	return note_head(&r, &here, &len) && here == tag && len == text.len && note_equals(r, text);
}

struct chain_reader
ledger_reader(const struct ledger *l)
{
	return chain_reader(l->pool, l->notes);
}

bool
ledger_next(struct chain_reader *r, struct note_text *out)
{
	if (!note_head(r, &out->tag, &out->len))
		return false;
	chain_read(r, out->text, out->len);
	return true;
}

void
ledger_conflict(struct ledger *l, const struct conflict *c)
{
	uint8_t text[sizeof(*c) + SAMPLE_MAX + SAMPLE_MAX];
	struct bytes first = bytes_first(c->first.text, SAMPLE_MAX);
	struct bytes second = bytes_first(c->second.text, SAMPLE_MAX);

	_Static_assert(sizeof(text) <= NOTE_MAX, "a conflict fits a note");
	memcpy(text, c, sizeof(*c));
	if (first.len)
		memcpy(text + sizeof(*c), first.at, first.len);
	if (second.len)
		memcpy(text + sizeof(*c) + first.len, second.at, second.len);
	ledger_note(l, NOTE_CONFLICT, (struct bytes){text, sizeof(*c) + first.len + second.len});
}

bool
ledger_read_conflict(const struct note_text *note, struct conflict *out)
{
	struct bytes texts;

	if (note->tag != NOTE_CONFLICT || note->len < sizeof(*out))
		return false;
	memcpy(out, note->text, sizeof(*out));
	texts = (struct bytes){note->text + sizeof(*out), note->len - sizeof(*out)};
	out->first.text = bytes_first(texts, out->first.text.len);
	out->second.text = bytes_after(texts, out->first.text.len);
	return true;
}
