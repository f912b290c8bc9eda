/* One client line to verb and argument; see command.h. */
#include "dissector/command.h"
#include "dissector/text.h"

#define MECHANISM_MAX 20 /* RFC 4422 section 3.1 */

static const struct {
	struct bytes word;
	enum verb verb;
} verbs[] = {
    {BYTES("HELO"), VERB_HELO},
    {BYTES("EHLO"), VERB_EHLO},
    {BYTES("LHLO"), VERB_LHLO},
    {BYTES("STARTTLS"), VERB_STARTTLS},
    {BYTES("X-ANONYMOUSTLS"), VERB_ANONYMOUSTLS},
    {BYTES("MAIL"), VERB_MAIL},
    {BYTES("RCPT"), VERB_RCPT},
    {BYTES("DATA"), VERB_DATA},
    {BYTES("BDAT"), VERB_BDAT},
    {BYTES("RSET"), VERB_RSET},
    {BYTES("NOOP"), VERB_NOOP},
    {BYTES("QUIT"), VERB_QUIT},
    {BYTES("HELP"), VERB_HELP},
    {BYTES("AUTH"), VERB_AUTH},
    {BYTES("VRFY"), VERB_VRFY},
    {BYTES("EXPN"), VERB_EXPN},
    {BYTES("ETRN"), VERB_ETRN},
    {BYTES("XCLIENT"), VERB_XCLIENT},
    {BYTES("XFORWARD"), VERB_XFORWARD},
};

/* Mechanisms whose data is the secret itself, or a token that stands for it. */
static const struct bytes reusable[] = {
    BYTES("PLAIN"),     BYTES("LOGIN"),        BYTES("XOAUTH"),
    BYTES("XOAUTH2"),   BYTES("OAUTHBEARER"),  BYTES("X-GOOGLE-TOKEN"),
    BYTES("XYMCOOKIE"), BYTES("XYMCOOKIEB64"), BYTES("PLAIN-CLIENTTOKEN"),
};

size_t
command_word(struct bytes in)
{
	size_t n = 0;

	while (n < in.len && !text_is_blank(in.at[n]))
		n++;
	return n;
}

struct command
command_read(struct bytes line)
{
	struct command c = {VERB_UNKNOWN, {0}, {0}};
	size_t n;

	line = text_trim(line);
	n = command_word(line);
	c.word = bytes_first(line, n);
	c.argument = text_trim(bytes_after(line, n));
	if (n == 0)
		c.verb = VERB_BLANK;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (text_equal(c.word, verbs[i].word))
			c.verb = verbs[i].verb;
	return c;
}

bool
command_is_plain(const struct command *c)
{
	struct chunk chunk;

	switch (c->verb) {
	case VERB_HELO:
	case VERB_EHLO:
	case VERB_LHLO:
		return c->argument.len > 0 && command_word(c->argument) == c->argument.len;
	case VERB_MAIL:
		return text_starts(c->argument, BYTES("FROM:"));
	case VERB_RCPT:
		return text_starts(c->argument, BYTES("TO:"));
	case VERB_STARTTLS:
	case VERB_ANONYMOUSTLS:
	case VERB_DATA:
	case VERB_RSET:
	case VERB_NOOP:
	case VERB_QUIT:
		return c->argument.len == 0;
	case VERB_BDAT:
		return command_chunk(c->argument, &chunk);
	case VERB_AUTH:
		return command_mechanism(c->argument).name.len > 0;
	case VERB_UNKNOWN:
	case VERB_BLANK:
	case VERB_HELP:
	case VERB_VRFY:
	case VERB_EXPN:
	case VERB_ETRN:
	case VERB_XCLIENT:
	case VERB_XFORWARD:
		return false;
	}
	return false;
}

bool
command_chunk(struct bytes argument, struct chunk *out)
{
	size_t n = command_word(argument);
	struct bytes behind = text_trim(bytes_after(argument, n));

	out->is_last = text_equal(behind, BYTES("LAST"));
	if (behind.len > 0 && !out->is_last)
		return false;
	return text_number(bytes_first(argument, n), &out->size) && out->size <= CHUNK_MAX;
}

/* Only what can be a name is one: a secret must not be taken for it. */
static bool
mechanism_is_name(struct bytes word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!text_is_alpha(word.at[i]) && !text_is_digit(word.at[i]) && word.at[i] != '-' &&
		    word.at[i] != '_')
			return false;
	return word.len > 0 && word.len <= MECHANISM_MAX;
}

struct mechanism
command_mechanism(struct bytes argument)
{
	size_t n = command_word(argument);
	struct bytes initial = text_trim(bytes_after(argument, n));
	struct mechanism m = {0};

	if (mechanism_is_name(bytes_first(argument, n)))
		m.name = bytes_first(argument, n);
	m.has_initial = initial.len > 0;
	/* A lone "=" is an initial response of no length, RFC 4954 section 4. */
	m.is_initial_data =
	    m.has_initial && !bytes_equal(initial, BYTES("=")) && !bytes_equal(initial, BYTES("*"));
	for (size_t i = 0; i < sizeof(reusable) / sizeof(reusable[0]); i++)
		if (text_equal(m.name, reusable[i]))
			m.is_reusable = true;
	return m;
}
