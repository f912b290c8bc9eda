/* Blank what must not be kept; see scrub.h. */
#include "dissector/scrub.h"
#include "dissector/command.h"
#include "dissector/path.h"
#include "dissector/reply.h"
#include "dissector/text.h"
#include "dissector/vocabulary.h"

#include <string.h>

#define NAME_DOTS_MIN 2 /* of a name that is taken for a server's wherever it stands */

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

/* An apostrophe is none: it may stand in a local part, RFC 5321 section 4.1.2. */
static bool
is_boundary(uint8_t c)
{
	return text_is_blank(c) || c == '<' || c == '"' || c == '(';
}

/* Whether the quote at line[at] is the text's own: a backslash stands before it. */
static bool
is_escaped(const uint8_t *line, size_t floor, size_t at)
{
	size_t i = at;

	while (i > floor && line[i - 1] == '\\')
		i--;
	return (at - i) % 2 == 1;
}

/* The last bracket or quote in front of line[at] that opens and does not close; at for none. */
static size_t
open_before(const uint8_t *line, size_t floor, size_t at)
{
	size_t bracket = at, quote = at;

	for (size_t i = floor; i < at; i++) {
		if (line[i] == '"' && !is_escaped(line, floor, i))
			quote = quote == at ? i : at;
		else if (line[i] == '<')
			bracket = i;
		else if (line[i] == '>')
			bracket = at;
	}
	return quote < bracket ? quote : bracket;
}

/* Where the local part that ends before line[at] begins; not before floor. */
static size_t
scrub_start(const uint8_t *line, size_t floor, size_t at)
{
	size_t i = at, open = open_before(line, floor, at);

	/* A quoted local part may hold anything, RFC 5321 section 4.1.2. */
	if (i > floor && line[i - 1] == '"') {
		size_t quote = i - 1;

		while (quote > floor &&
		       (line[quote - 1] != '"' || is_escaped(line, floor, quote - 1)))
			quote--;
		if (quote > floor)
			i = quote - 1;
	}
	while (i > floor && !is_boundary(line[i - 1]))
		i--;
	return open + 1 < i ? open + 1 : i;
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

/* What a value of a parameter is made of where it can be nobody's name. */
static bool
is_harmless_value(struct bytes value)
{
	static const struct bytes words[] = {
	    BYTES_INIT("7BIT"),    BYTES_INIT("8BITMIME"), BYTES_INIT("BINARYMIME"),
	    BYTES_INIT("FULL"),    BYTES_INIT("HDRS"),     BYTES_INIT("NEVER"),
	    BYTES_INIT("SUCCESS"), BYTES_INIT("FAILURE"),  BYTES_INIT("DELAY"),
	};

	while (value.len > 0) {
		size_t n = bytes_find(value, ','), i = 0;
		struct bytes word = bytes_first(value, n);
		const size_t count = sizeof(words) / sizeof(*words);

		while (i < word.len && (text_is_digit(word.at[i]) || word.at[i] == '-' ||
					word.at[i] == ';' || word.at[i] == ':'))
			i++;
		/* DELIVERBY's value ends with a letter or two, RFC 2852 section 4. */
		if (i > 0 && i + 2 >= word.len)
			i = word.len;
		for (size_t k = 0; i < word.len && k < count; k++)
			if (text_equal(word, words[k]))
				i = word.len;
		if (i < word.len)
			return false;
		value = bytes_after(value, n + 1);
	}
	return true;
}

/* How much of a parameter of MAIL or RCPT may be shown: its name if it is known, and its value. */
static size_t
parameter_shown(struct bytes word)
{
	static const struct {
		struct bytes name;
		bool is_harmless; /* its value names nobody */
	} known[] = {
	    {BYTES_INIT("SIZE"), true},       {BYTES_INIT("BODY"), true},
	    {BYTES_INIT("SMTPUTF8"), true},   {BYTES_INIT("REQUIRETLS"), true},
	    {BYTES_INIT("RET"), true},        {BYTES_INIT("NOTIFY"), true},
	    {BYTES_INIT("BY"), true},         {BYTES_INIT("HOLDFOR"), true},
	    {BYTES_INIT("HOLDUNTIL"), true},  {BYTES_INIT("MT-PRIORITY"), true},
	    {BYTES_INIT("RRVS"), true},       {BYTES_INIT("AUTH"), false}, /* RFC 4954 section 5 */
	    {BYTES_INIT("ENVID"), false},     /* RFC 3461 section 4.4 */
	    {BYTES_INIT("ORCPT"), false},     /* RFC 3461 section 4.2 */
	    {BYTES_INIT("SUBMITTER"), false}, /* RFC 4405 section 4 */
	    {BYTES_INIT("SOLICIT"), false},   {BYTES_INIT("TRANSID"), false},
	    {BYTES_INIT("XOORG"), false},
	};
	size_t n = bytes_find(word, '=');

	if (text_equal(word, BYTES("AUTH=<>")))
		return word.len;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (text_equal(bytes_first(word, n), known[i].name)) {
			if (known[i].is_harmless && is_harmless_value(bytes_after(word, n + 1)))
				return word.len;
			return n < word.len ? n + 1 : n;
		}
	/* What is no parameter at all may be a name gone astray. */
	return 0;
}

static void
scrub_parameters(uint8_t *line, struct bytes in)
{
	while (in.len > 0) {
		struct bytes word = bytes_first(in, command_word(in));

		scrub_part(line, bytes_after(word, parameter_shown(word)));
		in = text_trim(bytes_after(in, word.len));
	}
}

/* Bytes of a host's name, an address literal, or a source route. */
static bool
may_be_name(struct bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!text_is_alpha(in.at[i]) && !text_is_digit(in.at[i]) && in.at[i] < 0x80 &&
		    bytes_find(BYTES("-._:[]"), in.at[i]) == 6)
			return false;
	return in.len > 0;
}

/* A route is made of domains: "@a,@b:". */
static bool
may_be_route(struct bytes in)
{
	while (in.len > 0) {
		size_t n = bytes_find(in, '@');

		if (n > 1 || n == in.len || (n == 1 && in.at[0] != ','))
			return false;
		in = bytes_after(in, n + 1);
		n = bytes_find(in, ',');
		if (!may_be_name(bytes_first(in, n)))
			return false;
		in = bytes_after(in, n);
	}
	return true;
}

/* What is hardly a word of text. */
static bool
is_dotted(struct bytes name)
{
	return may_be_name(name) && path_is_dotted(name);
}

static void
scrub_path(uint8_t *line, struct bytes argument, bool is_doubtful)
{
	uint8_t name[PATH_DOMAIN_MAX];
	struct path path;

	if (!path_read(argument, &path)) {
		scrub_part(line, argument);
		return;
	}
	if (!may_be_route(path.route))
		scrub_part(line, path.route);
	scrub_part(line, path.local);
	if (path_domain(&path, name) == 0 || (is_doubtful && !is_dotted(path.domain)))
		scrub_part(line, path.domain);
	scrub_parameters(line, path.parameters);
}

/* The name behind HELO or EHLO; some clients say an address there, whatever its local part. */
static void
scrub_name(uint8_t *line, struct bytes argument, bool is_doubtful)
{
	size_t name = argument.len;

	while (name > 0 && argument.at[name - 1] != '@')
		name--;
	if (name > 0)
		scrub_part(line, bytes_first(argument, name - 1));
	argument = bytes_after(argument, name);
	if (!may_be_name(argument) || (is_doubtful && !is_dotted(argument)))
		scrub_part(line, argument);
}

static void
scrub_client(uint8_t *line, size_t len, bool is_doubtful)
{
	struct command c;
	struct chunk chunk;

	len = scrub_length(line, len);
	c = command_read((struct bytes){line, len});
	switch (c.verb) {
	case VERB_MAIL:
	case VERB_RCPT:
		scrub_path(line, c.argument, is_doubtful);
		return;
	case VERB_AUTH: {
		struct mechanism m = command_mechanism(c.argument);

		scrub_part(line, text_trim(bytes_after(c.argument, m.name.len)));
		return;
	}
	case VERB_UNKNOWN:
		/* It may be anything: message text, or a secret. */
		if (!vocabulary_is_verb(c.word))
			scrub_part(line, c.word);
		scrub_part(line, c.argument);
		return;
	case VERB_BDAT:
		if (!command_chunk(c.argument, &chunk))
			scrub_part(line, c.argument);
		return;
	case VERB_HELO:
	case VERB_EHLO:
	case VERB_LHLO:
	case VERB_ETRN:
		scrub_name(line, c.argument, is_doubtful);
		return;
	case VERB_VRFY:
	case VERB_EXPN:
	case VERB_XCLIENT:
	case VERB_XFORWARD:
	case VERB_NOOP:
	case VERB_HELP:
	case VERB_BLANK:
	case VERB_STARTTLS:
	case VERB_ANONYMOUSTLS:
	case VERB_DATA:
	case VERB_RSET:
	case VERB_QUIT:
		scrub_part(line, c.argument);
		return;
	}
}

void
scrub_command(uint8_t *line, size_t len)
{
	scrub_client(line, len, false);
}

void
scrub_doubtful_command(uint8_t *line, size_t len)
{
	scrub_client(line, len, true);
}

void
scrub_verb(uint8_t *line, size_t len)
{
	struct command c;

	len = scrub_length(line, len);
	c = command_read((struct bytes){line, len});
	if (!vocabulary_is_verb(c.word))
		scrub_part(line, c.word);
	scrub_part(line, c.argument);
}

/*
 * Exim greets "Hello ident at host", and others greet by whatever name the
 * client gave: who stands there is shown only where it is a domain.
 */
static void
scrub_greeted(uint8_t *line, size_t len)
{
	struct bytes in = {line, len}, name, behind;
	size_t hello = text_find(in, BYTES("Hello "));

	if (hello == len)
		return;
	name = text_trim(bytes_after(in, hello + 6));
	behind = text_trim(bytes_after(name, command_word(name)));
	name = bytes_first(name, command_word(name));
	while (name.len > 0 && bytes_find(BYTES(".,;!:"), name.at[name.len - 1]) < 5)
		name.len--;
	if (text_starts(behind, BYTES("at ")) || !is_dotted(name))
		scrub_part(line, name);
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
	scrub_greeted(line, len);
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
		scrub_part(line, text_trim(bytes_after(read.text, enhanced_code(read.text))));
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

bool
scrub_is_of_session(uint16_t code)
{
	return code == 220 || code == 221 || code == 421 || code == 454 ||
	       (code >= 500 && code <= 504);
}

void
scrub_reply_by_code(uint8_t *line, size_t len)
{
	struct reply_line read;

	if (reply_line_read((struct bytes){line, scrub_length(line, len)}, &read) &&
	    scrub_is_of_session(read.code))
		scrub_reply(line, len);
	else
		scrub_reply_text(line, len);
}

bool
scrub_is_of_address(struct bytes text)
{
	return enhanced_code(text) > 0 && (text.at[2] == '1' || text.at[2] == '2') &&
	       text.at[1] == '.' && text.at[3] == '.';
}

static bool
is_in_word(uint8_t c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_' || c == '*' ||
	       c >= 0x80;
}

/* A word of which the front or the end may be missing. */
static bool
is_keyword_piece(struct bytes word, bool is_front_cut, bool is_end_cut)
{
	return vocabulary_is_keyword(word) || (is_front_cut && vocabulary_is_end(word)) ||
	       (is_end_cut && vocabulary_is_begin(word));
}

void
scrub_piece(uint8_t *text, size_t len, bool is_front_cut, bool is_end_cut)
{
	bool is_behind_keyword = false;
	size_t at = 0;

	len = scrub_length(text, len);
	while (at < len) {
		struct bytes word = {text + at, 0};
		uint64_t number;

		if (!is_in_word(text[at])) {
			/* Signs may be secret, too, but for those that part words. */
			if (bytes_find(BYTES(" \t.,:;=!"), text[at]) == 8)
				text[at] = 'x';
			at++;
			continue;
		}
		while (at + word.len < len && is_in_word(word.at[word.len]))
			word.len++;
		/* SIZE's number, or a limit's; elsewhere it may be a local part. */
		if (!is_behind_keyword || !text_number(word, &number)) {
			is_behind_keyword = is_keyword_piece(word, is_front_cut && at == 0,
							     is_end_cut && at + word.len == len);
			if (!is_behind_keyword && !vocabulary_is_of_session(word))
				scrub_part(text, word);
		}
		at += word.len;
	}
}

bool
scrub_is_keyword_line(struct bytes text)
{
	struct bytes word = bytes_first(text, command_word(text));

	word = bytes_first(word, bytes_find(word, '='));
	return vocabulary_is_keyword(word);
}

/* Length of the name in front of a reply's text that is taken for a server's. */
static size_t
server_name(const struct reply_line *read, bool may_be_alone)
{
	struct bytes name = bytes_first(read->text, command_word(read->text));
	size_t dots = 0;

	if (!may_be_name(name) || name.at[0] >= 0x80)
		return 0;
	for (size_t i = 0; i < name.len; i++)
		dots += name.at[i] == '.';
	if (dots >= NAME_DOTS_MIN)
		return name.len;
	return may_be_alone && !read->is_last && name.len == read->text.len ? name.len : 0;
}

static void
scrub_words(uint8_t *line, size_t len, bool may_be_alone)
{
	struct reply_line read;
	size_t shown;

	len = scrub_length(line, len);
	if (!reply_line_read((struct bytes){line, len}, &read)) {
		scrub_piece(line, len, false, false);
		return;
	}
	shown = enhanced_code(read.text);
	/* Behind an enhanced code nobody names himself. */
	if (shown == 0)
		shown = server_name(&read, may_be_alone);
	read.text = bytes_after(read.text, shown);
	if (read.text.len > 0)
		scrub_piece(line + (read.text.at - line), read.text.len, false, false);
}

void
scrub_reply_words(uint8_t *line, size_t len)
{
	scrub_words(line, len, false);
}

void
scrub_ehlo_words(uint8_t *line, size_t len)
{
	scrub_words(line, len, true);
}
