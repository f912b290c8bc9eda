/* Scrubbing of bytes that are no TLS; see stray.h. */
#include "dissector/stray.h"

#include "dissector/text.h"

#include <string.h>

static bool
is_line_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/*
 * Whether c may stand in a local part without quotes, RFC 5321 section 4.1.2
 * and RFC 6531 section 3.3. More than the text allows, so that a lax sender's
 * address does not slip through.
 */
static bool
is_local(uint8_t c)
{
	static const char outside[] = "<>()[],;:\\\"@";

	return c > ' ' && c != 0x7f && !memchr(outside, c, sizeof(outside) - 1);
}

/* Blank the local part that ends before end; it may be quoted. */
static void
blank_local(uint8_t *text, size_t end)
{
	size_t at = end;

	if (at > 0 && text[at - 1] == '"') {
		for (at--; at > 0 && text[at - 1] != '"' && !is_line_end(text[at - 1]);)
			text[--at] = 'x';
		return;
	}
	while (at > 0 && is_local(text[at - 1]))
		text[--at] = 'x';
}

/* What may be the beginning of an address at the very end: a word, or all behind a bracket or
 * quote.
 */
static void
blank_cut(uint8_t *text, size_t len)
{
	size_t word = len, from;

	while (word > 0 && is_local(text[word - 1]))
		word--;
	for (from = word; from > 0 && !is_line_end(text[from - 1]); from--)
		if (text[from - 1] == '<' || text[from - 1] == '"')
			word = from;
	memset(text + word, 'x', len - word);
}

static void
blank_addresses(uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '@')
			blank_local(text, i);
	blank_cut(text, len);
}

static void
blank_behind_verb(uint8_t *text, size_t len)
{
	size_t verb = 0;

	while (verb < len && text_is_alpha(text[verb]))
		verb++;
	/* A longer run of letters, or one that goes on otherwise, is no verb. */
	if (verb > STRAY_VERB_MAX || (verb < len && text[verb] != ' ' && !is_line_end(text[verb])))
		verb = 0;
	for (size_t i = verb; i < len; i++)
		if (!is_line_end(text[i]) && text[i] != ' ')
			text[i] = 'x';
}

void
stray_scrub(uint8_t *text, size_t len, enum side from)
{
	switch (from) {
	case SIDE_SERVER:
		blank_addresses(text, len);
		break;
	case SIDE_CLIENT:
		blank_behind_verb(text, len);
		break;
	}
}
