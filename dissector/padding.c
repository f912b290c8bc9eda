/* Padding where words should be; see padding.h. */
#include "dissector/padding.h"
#include "dissector/text.h"

static bool
is_padding(uint8_t c)
{
	return c == 'X' || c == 'x' || c == '*';
}

bool
padding_is_word(struct bytes word)
{
	size_t n = 0;

	while (n < word.len && is_padding(word.at[n]))
		n++;
	if (n + 1 == word.len && n > 0 && text_is_alpha(word.at[n]))
		n++;
	return n > 0 && n == word.len;
}

/* Bytes that are part of a word in an error text; a NUL may stand for a letter. */
static bool
is_word(uint8_t c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '*' || c == '-' || c == '_' ||
	       c == '@' || c == '.' || c == '\0' || c >= 0x80;
}

/* Letters that differ at the same place. */
static size_t
word_differs(struct bytes a, struct bytes b)
{
	size_t n = 0;

	for (size_t i = 0; i < a.len && i < b.len; i++)
		n += text_lower(a.at[i]) != text_lower(b.at[i]);
	return n;
}

/* One of the two is the other with one byte put in somewhere, which is no dash between words. */
static bool
word_is_longer_by_one(struct bytes longer, struct bytes shorter)
{
	size_t i = 0;

	if (longer.len != shorter.len + 1)
		return false;
	while (i < shorter.len && text_lower(longer.at[i]) == text_lower(shorter.at[i]))
		i++;
	if (longer.at[i] == '-' || longer.at[i] == '_' || longer.at[i] == '.')
		return false;
	return text_equal(bytes_after(longer, i + 1), bytes_after(shorter, i));
}

bool
padding_is_near_miss(struct bytes word)
{
	struct bytes verb = BYTES("STARTTLS");

	if (word.len == verb.len) {
		size_t n = word_differs(word, verb);

		return n == 1 || n == 2;
	}
	return word_is_longer_by_one(word, verb) || word_is_longer_by_one(verb, word);
}

/* A word and what stands before and behind it. */
struct placed {
	struct bytes before, word, behind;
};

/* In quotes, in brackets that hold nothing else, or behind a colon: as a verb is quoted. */
static bool
is_quoted(const struct placed *p)
{
	static const uint8_t brackets[][2] = {{'<', '>'}, {'(', ')'}, {'[', ']'}};
	uint8_t last;

	if (p->before.len == 0)
		return false;
	last = p->before.at[p->before.len - 1];
	if (last == ' ')
		return p->before.len > 1 && p->before.at[p->before.len - 2] == ':';
	for (size_t i = 0; i < sizeof(brackets) / sizeof(brackets[0]); i++)
		if (last == brackets[i][0])
			return p->behind.len > 0 && p->behind.at[0] == brackets[i][1];
	return last == '"' || last == '\'' || last == '`' || last == ':';
}

/* The text begins with it; an enhanced status code (RFC 3463) before it does not count. */
static bool
is_first(const struct placed *p)
{
	size_t n = 0;

	while (n < p->before.len && (text_is_digit(p->before.at[n]) || p->before.at[n] == '.'))
		n++;
	return n == p->before.len || (n + 1 == p->before.len && p->before.at[n] == ' ');
}

/* A word alone that the text ends with; what closes a sentence behind it does not count. */
static bool
is_last(const struct placed *p)
{
	for (size_t n = 0; n < p->behind.len; n++)
		if (!text_is_blank(p->behind.at[n]) &&
		    bytes_find(BYTES(".!?\r"), p->behind.at[n]) == 4)
			return false;
	return p->before.len > 0 && p->before.at[p->before.len - 1] == ' ';
}

/* Padding as long as STARTTLS where a verb is named. Square brackets hold addresses. */
static bool
is_padded_echo(const struct placed *p)
{
	bool first, last;

	if (p->word.len != PADDING_LEN || !padding_is_word(p->word))
		return false;
	if (is_quoted(p))
		return p->before.at[p->before.len - 1] != '[';
	first = is_first(p);
	last = is_last(p);
	/* Both: the text is nothing else, and so quotes nothing. */
	return first != last;
}

/* The next word at or behind index at; its word is empty at the text's end. */
static struct placed
next_word(struct bytes text, size_t at)
{
	size_t end;

	while (at < text.len && !is_word(text.at[at]))
		at++;
	end = at;
	while (end < text.len && is_word(text.at[end]))
		end++;
	/* A full stop that ends the sentence is no part of the verb. */
	while (end > at + 1 && text.at[end - 1] == '.')
		end--;
	return (struct placed){bytes_first(text, at), bytes_after(bytes_first(text, end), at),
			       bytes_after(text, end)};
}

struct bytes
padding_echo(struct bytes text)
{
	struct placed p = next_word(text, 0);
	struct bytes echo = {0};
	bool is_decorated = false;

	while (p.word.len > 0) {
		if (padding_is_near_miss(p.word) && is_quoted(&p))
			return p.word;
		if (padding_is_word(p.word) && p.word.len >= PADDING_RUN_MIN) {
			/* A second run: stars on both sides of a sentence. */
			is_decorated = is_decorated || echo.len > 0 || !is_padded_echo(&p);
			echo = p.word;
		}
		p = next_word(text, text.len - p.behind.len);
	}
	if (is_decorated)
		return (struct bytes){0};
	return echo;
}
