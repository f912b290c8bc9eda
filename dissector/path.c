/* The argument of MAIL and RCPT; see path.h. */
#include "dissector/path.h"
#include "dissector/command.h"
#include "dissector/text.h"

/*
 * Index of the first byte for which is_end holds outside quotes and address
 * literals, or in.len. Quoting as in RFC 5321 section 4.1.2.
 */
static size_t
path_find(struct bytes in, bool (*is_end)(uint8_t))
{
	bool is_quoted = false, is_literal = false;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.at[i];

		if (is_quoted && c == '\\')
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && c == '[')
			is_literal = true;
		else if (!is_quoted && c == ']')
			is_literal = false;
		else if (!is_quoted && !is_literal && is_end(c))
			return i;
	}
	return in.len;
}

static bool
is_bracket(uint8_t c)
{
	return c == '>';
}

static bool
is_colon(uint8_t c)
{
	return c == ':';
}

static bool
is_at(uint8_t c)
{
	return c == '@';
}

/* Split a mailbox at the '@' before its domain: the last one outside quotes. */
static void
path_split(struct bytes mailbox, struct path *out)
{
	size_t at = mailbox.len, from = 0;

	while (from < mailbox.len) {
		from += path_find(bytes_after(mailbox, from), is_at);
		if (from < mailbox.len)
			at = from++;
	}
	/* Quotes that never close: the last '@' of all. */
	for (size_t i = mailbox.len; at == mailbox.len && i > 0; i--)
		if (mailbox.at[i - 1] == '@') {
			at = i - 1;
			break;
		}
	out->local = bytes_first(mailbox, at);
	out->has_at = at < mailbox.len;
	out->domain = bytes_after(mailbox, at + 1);
}

bool
path_read(struct bytes argument, struct path *out)
{
	struct bytes in, mailbox;
	size_t end;

	*out = (struct path){0};
	if (text_starts(argument, BYTES("FROM")))
		in = text_trim(bytes_after(argument, 4));
	else if (text_starts(argument, BYTES("TO")))
		in = text_trim(bytes_after(argument, 2));
	else
		return false;
	if (in.len > 0 && in.at[0] == ':')
		in = text_trim(bytes_after(in, 1));
	if (in.len > 0 && in.at[0] == '<') {
		in = bytes_after(in, 1);
		end = path_find(in, is_bracket);
	} else {
		end = path_find(in, text_is_blank);
	}
	/* Quotes or brackets that never close, or no closing bracket: up to the first blank. */
	if (end == in.len) {
		end = command_word(in);
		end = bytes_find(bytes_first(in, end), '>');
	}
	mailbox = text_trim(bytes_first(in, end));
	out->parameters =
	    text_trim(bytes_after(in, end < in.len && in.at[end] == '>' ? end + 1 : end));
	if (mailbox.len > 0 && mailbox.at[0] == '@') {
		size_t colon = path_find(mailbox, is_colon);

		if (colon < mailbox.len) {
			out->route = bytes_first(mailbox, colon + 1);
			mailbox = bytes_after(mailbox, colon + 1);
		}
	}
	path_split(mailbox, out);
	return true;
}

/* Bytes that may stand in a domain; what is not ASCII is RFC 6531 section 3.3's. */
static bool
domain_may_hold(uint8_t c)
{
	return c >= 0x80 || text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '.' ||
	       c == '_';
}

static bool
literal_may_hold(uint8_t c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '.' || c == ':' || c == '-';
}

size_t
path_domain(const struct path *p, uint8_t out[PATH_DOMAIN_MAX])
{
	struct bytes d = p->domain;
	bool is_literal = d.len > 2 && d.at[0] == '[' && d.at[d.len - 1] == ']';

	if (!is_literal && d.len > 0 && d.at[d.len - 1] == '.')
		d.len--;
	if (d.len == 0 || d.len > PATH_DOMAIN_MAX)
		return 0;
	for (size_t i = 0; i < d.len; i++) {
		bool is_frame = is_literal && (i == 0 || i == d.len - 1);

		if (!is_frame &&
		    !(is_literal ? literal_may_hold(d.at[i]) : domain_may_hold(d.at[i])))
			return 0;
		out[i] = text_lower(d.at[i]);
	}
	return d.len;
}

bool
path_is_dotted(struct bytes name)
{
	size_t dot = bytes_find(name, '.');

	return name.len > 0 && (name.at[0] == '[' || (dot > 0 && dot + 1 < name.len));
}

bool
path_has_parameter(const struct path *p, struct bytes keyword)
{
	struct bytes in = p->parameters;

	while (in.len > 0) {
		size_t n = command_word(in);

		if (text_equal(bytes_first(in, n), keyword))
			return true;
		in = text_trim(bytes_after(in, n));
	}
	return false;
}
