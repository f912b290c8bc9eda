/*
 * The index is one key a note: where the note stands in the ledger, and some
 * bits of a hash of what it says. A key that fits leads to its note; where that
 * says something else, which is rare unless somebody seeks it, all are looked at
 * as if there were no index. See names.h.
 */
#include "dissector/names.h"

#include <string.h>

#define OFFSET_BITS 18 /* of a key; the rest are the hash's */
#define OFFSET_MASK (((uint32_t)1 << OFFSET_BITS) - 1)

_Static_assert(LEDGER_NOTES_MAX - 1 <= OFFSET_MASK, "every note's place fits a key");
_Static_assert(POOL_BLOCK_BYTES % sizeof(uint32_t) == 0, "no key lies in two blocks");

/* FNV-1a, in the bits of a key that are not the place. */
static uint32_t
hash_bits(enum note tag, struct bytes name)
{
	uint32_t hash = 2166136261u ^ (uint32_t)tag;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ name.at[i]) * 16777619u;
	return (hash ^ hash << OFFSET_BITS) & ~OFFSET_MASK;
}

static bool
index_append(struct names *n, struct ledger *l, enum note tag, struct bytes name, uint32_t offset)
{
	uint32_t key = hash_bits(tag, name) | offset;

	return chain_append(l->pool, &n->index, (struct bytes){(const uint8_t *)&key, sizeof(key)});
}

/* Index what is noted already; without room for that there is no index. */
static void
index_build(struct names *n, struct ledger *l)
{
	struct chain_reader r = ledger_reader(l);
	struct note_text note;
	uint32_t offset = 0;

	while (ledger_next(&r, &note)) {
		if ((note.tag == NOTE_FROM_DOMAIN || note.tag == NOTE_RCPT_DOMAIN) &&
		    !index_append(n, l, note.tag, (struct bytes){note.text, note.len}, offset)) {
			chain_clear(l->pool, &n->index);
			return;
		}
		offset = l->notes->len - r.left;
	}
}

/* The first key of these bits; false where there is none. */
static bool
index_find(const struct names *n, const struct pool *p, uint32_t bits, uint32_t *key)
{
	struct chain_reader r = chain_reader(p, &n->index);
	struct bytes run;

	while ((run = chain_read_run(&r, POOL_BLOCK_BYTES)).len > 0)
		for (size_t i = 0; i < run.len; i += sizeof(*key)) {
			memcpy(key, run.at + i, sizeof(*key));
			if ((*key & ~OFFSET_MASK) == bits)
				return true;
		}
	return false;
}

bool
names_has(const struct names *n, const struct ledger *l, enum note tag, struct bytes name)
{
	uint32_t key;

	if (n->index.len == 0)
		return ledger_has(l, tag, name);
	if (!index_find(n, l->pool, hash_bits(tag, name), &key))
		return false;
	return ledger_is(l, key & OFFSET_MASK, tag, name) || ledger_has(l, tag, name);
}

bool
names_add(struct names *n, struct ledger *l, enum note tag, struct bytes name)
{
	uint16_t *count = tag == NOTE_FROM_DOMAIN ? &n->of_mail : &n->of_rcpt;
	uint32_t offset = l->notes->len;

	if (*count == DOMAINS_MAX)
		return false;
	++*count;
	ledger_note(l, tag, name);
	/* Refused: then it is not there, and will be asked for again. */
	if (l->notes->len == offset)
		return true;
	if (n->index.len == 0 && n->of_mail + n->of_rcpt > NAMES_PLAIN_MAX)
		index_build(n, l);
	else if (n->index.len > 0 && !index_append(n, l, tag, name, offset))
		chain_clear(l->pool, &n->index);
	return true;
}

void
names_clear(struct names *n, struct pool *p)
{
	chain_clear(p, &n->index);
}
