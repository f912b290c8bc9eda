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
	if (n + 1 == word.len && n > 0 && word.at[n] >= 'A' && word.at[n] <= 'Z')
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

/* One of the two is the other with one byte put in somewhere. */
static bool
word_is_longer_by_one(struct bytes longer, struct bytes shorter)
{
	size_t i = 0;

	if (longer.len != shorter.len + 1)
		return false;
	while (i < shorter.len && text_lower(longer.at[i]) == text_lower(shorter.at[i]))
		i++;
	return text_equal(bytes_after(longer, i + 1), bytes_after(shorter, i));
}

static bool
word_is_near_miss(struct bytes word)
{
	struct bytes verb = BYTES("STARTTLS");

	if (word.len == verb.len) {
		size_t n = word_differs(word, verb);

		return n == 1 || n == 2;
	}
	return word_is_longer_by_one(word, verb) || word_is_longer_by_one(verb, word);
}

/* What stands right before a quoted verb. */
static bool
is_quoted(struct bytes text, size_t at)
{
	if (at == 0)
		return false;
	if (text.at[at - 1] == ' ')
		return at > 1 && text.at[at - 2] == ':';
	return bytes_find(BYTES("\"'`<[(:"), text.at[at - 1]) < 7;
}

struct bytes
padding_echo(struct bytes text)
{
	size_t at = 0;

	while (at < text.len) {
		struct bytes word = bytes_after(text, at);
		size_t n = 0;

		while (n < word.len && is_word(word.at[n]))
			n++;
		word = bytes_first(word, n);
		/* A full stop that ends the sentence is no part of the verb. */
		while (word.len > 0 && word.at[word.len - 1] == '.')
			word.len--;
		if (word.len >= PADDING_ECHO_MIN && padding_is_word(word))
			return word;
		if (word_is_near_miss(word) && is_quoted(text, at))
			return word;
		at += n + 1;
	}
	return (struct bytes){0};
}
