/* Blank what must not be kept; see scrub.h. */
#include "dissector/scrub.h"
#include "dissector/command.h"
#include "dissector/path.h"
#include "dissector/reply.h"
#include "dissector/text.h"

#include <string.h>

#define VERB_LEN_MAX 16 /* of an unknown verb that is shown */

/* Length without the line end. */
static size_t
scrub_length(const uint8_t *line, size_t len)
{
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	return len;
}

/* Blank a view that lies inside line. */
static void
scrub_part(uint8_t *line, struct bytes part)
{
	if (part.len > 0)
		memset(line + (part.at - line), 'x', part.len);
}

static bool
is_boundary(uint8_t c)
{
	return text_is_blank(c) || c == '<' || c == '"' || c == '\'' || c == '(';
}

/* Where the local part that ends before line[at] begins; not before floor. */
static size_t
scrub_start(const uint8_t *line, size_t floor, size_t at)
{
	size_t i = at;

	/* A quoted local part may hold anything, RFC 5321 section 4.1.2. */
	if (i > floor && line[i - 1] == '"') {
		size_t quote = i - 1;

		while (quote > floor && line[quote - 1] != '"')
			quote--;
		if (quote > floor)
			i = quote - 1;
	}
	while (i > floor && !is_boundary(line[i - 1]))
		i--;
	return i;
}

static void
scrub_addresses(uint8_t *line, size_t len)
{
	size_t floor = 0;

	for (size_t i = 0; i < len; i++) {
		size_t start;

		if (line[i] != '@')
			continue;
		start = scrub_start(line, floor, i);
		memset(line + start, 'x', i - start);
		floor = i + 1;
	}
}

/* Blank what stands in angle brackets without an '@': a local part alone. */
static void
scrub_brackets(uint8_t *line, size_t len)
{
	struct bytes in = {line, len};
	size_t at = 0;

	while ((at += bytes_find(bytes_after(in, at), '<')) < len) {
		struct bytes inside = bytes_after(in, ++at);

		inside.len = bytes_find(inside, '>');
		if (at + inside.len < len && bytes_find(inside, '@') == inside.len)
			scrub_part(line, inside);
		at += inside.len;
	}
}

/* Whether a parameter of MAIL or RCPT is one that names nobody, whatever its value. */
static bool
is_harmless_parameter(struct bytes word)
{
	static const struct bytes known[] = {
	    BYTES_INIT("SIZE"),   BYTES_INIT("BODY"),       BYTES_INIT("SMTPUTF8"),
	    BYTES_INIT("NOTIFY"), BYTES_INIT("REQUIRETLS"), BYTES_INIT("RET"),
	    BYTES_INIT("BY"),     BYTES_INIT("HOLDFOR"),    BYTES_INIT("MT-PRIORITY"),
	};
	struct bytes keyword = bytes_first(word, bytes_find(word, '='));

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (text_equal(keyword, known[i]))
			return true;
	return false;
}

/*
 * AUTH=, ENVID= and ORCPT= name mailboxes (RFC 4954 section 5, RFC 3461 sections
 * 4.2 and 4.4), and what is no parameter at all may be a name gone astray.
 */
static void
scrub_parameters(uint8_t *line, struct bytes in)
{
	while (in.len > 0) {
		struct bytes word = bytes_first(in, command_word(in));
		bool is_nobody = text_equal(word, BYTES("AUTH=<>"));

		if (!is_nobody && !is_harmless_parameter(word))
			scrub_part(line, bytes_after(word, bytes_find(word, '=') < word.len
							       ? bytes_find(word, '=') + 1
							       : 0));
		in = text_trim(bytes_after(in, word.len));
	}
}

static void
scrub_path(uint8_t *line, struct bytes argument)
{
	struct path path;

	if (!path_read(argument, &path)) {
		scrub_part(line, argument);
		return;
	}
	scrub_part(line, path.local);
	scrub_parameters(line, path.parameters);
	if (path.parameters.len > 0)
		scrub_addresses(line + (path.parameters.at - line), path.parameters.len);
}

/* A line that is no known command may be anything: a verb is shown, no more. */
static void
scrub_unknown(uint8_t *line, const struct command *c)
{
	bool is_verb = c->word.len <= VERB_LEN_MAX;

	for (size_t i = 0; is_verb && i < c->word.len; i++)
		is_verb =
		    text_is_alpha(c->word.at[i]) || c->word.at[i] == '-' || c->word.at[i] == '*';
	if (!is_verb)
		scrub_part(line, c->word);
	scrub_part(line, c->argument);
}

void
scrub_command(uint8_t *line, size_t len)
{
	struct command c;

	len = scrub_length(line, len);
	c = command_read((struct bytes){line, len});
	switch (c.verb) {
	case VERB_MAIL:
	case VERB_RCPT:
		scrub_path(line, c.argument);
		return;
	case VERB_AUTH: {
		struct mechanism m = command_mechanism(c.argument);

		scrub_part(line, bytes_after(c.argument, m.name.len));
		return;
	}
	case VERB_UNKNOWN:
		scrub_unknown(line, &c);
		return;
	case VERB_VRFY:
	case VERB_EXPN:
	case VERB_XCLIENT:
	case VERB_XFORWARD:
	case VERB_NOOP:
	case VERB_HELP:
		scrub_part(line, c.argument);
		return;
	case VERB_BLANK:
	case VERB_HELO:
	case VERB_EHLO:
	case VERB_LHLO:
	case VERB_STARTTLS:
	case VERB_ANONYMOUSTLS:
	case VERB_DATA:
	case VERB_BDAT:
	case VERB_RSET:
	case VERB_QUIT:
	case VERB_ETRN:
		scrub_addresses(line, len);
		return;
	}
}

void
scrub_reply(uint8_t *line, size_t len)
{
	struct reply_line read;

	len = scrub_length(line, len);
	/* "354 End data with <CR><LF>.<CR><LF>" names nobody. */
	if (!reply_line_read((struct bytes){line, len}, &read) || read.code != 354)
		scrub_brackets(line, len);
	scrub_addresses(line, len);
}

/* Length of the enhanced status code in front, RFC 2034 section 4; 0 where there is none. */
static size_t
enhanced_code(struct bytes text)
{
	size_t len = command_word(text), dots = 0;

	if (len < 5 || len > 9 || text.at[0] < '2' || text.at[0] > '5')
		return 0;
	for (size_t i = 0; i < len; i++) {
		dots += text.at[i] == '.';
		if (text.at[i] != '.' && !text_is_digit(text.at[i]))
			return 0;
	}
	return dots == 2 ? len : 0;
}

void
scrub_reply_text(uint8_t *line, size_t len)
{
	struct reply_line read;

	len = scrub_length(line, len);
	if (reply_line_read((struct bytes){line, len}, &read))
		scrub_part(line, bytes_after(read.text, enhanced_code(read.text)));
	else
		scrub_all(line, len);
}

void
scrub_all(uint8_t *line, size_t len)
{
	len = scrub_length(line, len);
	if (len > 0)
		memset(line, 'x', len);
}
