/* Fields between semicolons; see txt_record.h. */
#include "monitor/policy/txt_record.h"

#include "dissector/text.h"

bool
txt_join(struct bytes rdata, uint8_t *out, size_t cap, struct bytes *joined)
{
	struct cursor c = cursor_over(rdata);
	size_t len = 0;

	*joined = (struct bytes){0};
	while (c.rest.len > 0) {
		struct bytes string = cursor_vector8(&c).rest;

		if (c.is_short || string.len > cap - len)
			return false;
		if (string.len > 0)
			memcpy(out + len, string.at, string.len);
		len += string.len;
	}
	*joined = (struct bytes){out, len};
	return true;
}

static bool
begins(struct bytes in, struct bytes with)
{
	return bytes_equal(bytes_first(in, with.len), with);
}

/* A record that was dropped, though its author may have meant it. */
static void
tell_near_miss(struct bytes record, struct bytes version, const char *section,
	       struct problems *problems)
{
	struct bytes trimmed = text_trim(record);

	if (!text_starts(trimmed, version))
		return;
	if (bytes_after(trimmed, version.len).len > 0 &&
	    (text_is_alpha(trimmed.at[version.len]) || text_is_digit(trimmed.at[version.len])))
		return; /* another version */
	problems_add(problems,
		     "The TXT record \"%s\" is ignored: it does not begin with \"%.*s;\" to the "
		     "letter (%s); a sender that allows blanks or case there would read it.",
		     quoted(record).text, (int)version.len, (const char *)version.at, section);
}

enum txt_found
txt_choose(const struct txt_records *in, struct bytes version, const char *section,
	   struct bytes *out, struct problems *problems)
{
	size_t found = 0;

	*out = (struct bytes){0};
	for (size_t i = 0; i < in->count; i++) {
		struct bytes rest = bytes_after(in->records[i], version.len);

		if (!begins(in->records[i], version) || rest.len == 0 || rest.at[0] != ';') {
			tell_near_miss(in->records[i], version, section, problems);
			continue;
		}
		if (found++ == 0)
			*out = rest;
	}
	if (found == 0)
		return TXT_NONE;
	if (found == 1)
		return TXT_ONE;
	*out = (struct bytes){0};
	problems_add(
	    problems,
	    "%zu TXT records begin with \"%.*s;\" where there must be exactly one: senders "
	    "act as if there were none (%s).",
	    found, (int)version.len, (const char *)version.at, section);
	return TXT_SEVERAL;
}

bool
txt_is_name(struct bytes name)
{
	if (name.len == 0 || name.len > TXT_FIELD_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.at[i];

		if (text_is_alpha(c) || text_is_digit(c))
			continue;
		if (i == 0 || (c != '_' && c != '-' && c != '.'))
			return false;
	}
	return true;
}

static struct bytes
skip_blanks(struct bytes in)
{
	while (in.len > 0 && text_is_blank(in.at[0]))
		in = bytes_after(in, 1);
	return in;
}

enum txt_field
txt_next(struct bytes *rest, struct bytes *name, struct bytes *value)
{
	/* A record from txt_choose, and what is left behind a field, begins with a delimiter. */
	struct bytes in = skip_blanks(bytes_after(*rest, 1)), field;
	size_t len, equals;

	if (rest->len == 0)
		return TXT_END;
	*rest = in;
	if (in.len == 0)
		return TXT_END;
	len = bytes_find(in, ';');
	field = bytes_first(in, len);
	*rest = bytes_after(in, len);
	/* Those before the next delimiter are its own. */
	while (rest->len > 0 && field.len > 0 && text_is_blank(field.at[field.len - 1]))
		field.len--;
	equals = bytes_find(field, '=');
	*name = bytes_first(field, equals);
	*value = bytes_after(field, equals + 1);
	return equals < field.len && txt_is_name(*name) ? TXT_FIELD : TXT_BAD;
}

static bool
is_extension_value(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.at[i];

		if (c <= 0x20 || c >= 0x7f || c == ';' || c == '=')
			return false;
	}
	return value.len > 0;
}

bool
txt_check_value(struct bytes name, struct bytes value, const char *section,
		struct problems *problems)
{
	if (is_extension_value(value))
		return true;
	problems_add(problems,
		     "The value of \"%s\" is empty or holds a blank, \"=\" or a byte that is not "
		     "printable: the record is invalid (%s).",
		     quoted(name).text, section);
	return false;
}
