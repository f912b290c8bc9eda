/*
 * RFC 8460 section 3:
 *
 *   tlsrpt-record = tlsrpt-version 1*(field-delim tlsrpt-field) [field-delim]
 *   tlsrpt-field  = tlsrpt-rua / tlsrpt-extension
 *   tlsrpt-rua    = %s"rua=" tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)
 *
 * where commas, exclamation points and semicolons in a URI must be encoded. The
 * grammar allows several rua fields: all count. See tlsrpt.h.
 */
#include "monitor/policy/tlsrpt.h"

#include "dissector/text.h"

#define SECTION "RFC 8460 section 3"

static const struct bytes version = BYTES_INIT("v=TLSRPTv1");

/* The characters of RFC 3986 section 2, less "!" and what a delimiter would end. */
static bool
is_uri_character(uint8_t c)
{
	return c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}!", c) == NULL;
}

static bool
is_uri(struct bytes uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if (!is_uri_character(uri.at[i]))
			return false;
	/* A scheme's case does not matter, RFC 3986 section 3.1. */
	return (text_starts(uri, BYTES("mailto:")) && uri.len > sizeof("mailto:") - 1) ||
	       (text_starts(uri, BYTES("https://")) && uri.len > sizeof("https://") - 1);
}

static void
keep_uri(struct bytes uri, struct tlsrpt *out, struct problems *problems)
{
	if (out->count == TLSRPT_URIS_MAX || uri.len >= TLSRPT_URI_MAX) {
		problems_add(problems,
			     "The destination \"%s\" is over-long or one of too many, and not kept "
			     "here; " SECTION " sets no limit.",
			     quoted(uri).text);
		return;
	}
	memcpy(out->rua[out->count], uri.at, uri.len);
	out->rua[out->count++][uri.len] = '\0';
}

/* All URIs of one rua field; false where one is none. */
static bool
read_rua(struct bytes value, struct tlsrpt *out, struct problems *problems)
{
	bool is_last = false, is_first = true;

	for (; !is_last; is_first = false) {
		size_t len = bytes_find(value, ',');
		struct bytes uri = bytes_first(value, len);

		/* Blanks belong to the commas. */
		if (!is_first)
			uri = text_trim(uri);
		is_last = len == value.len;
		if (!is_last)
			while (uri.len > 0 && text_is_blank(uri.at[uri.len - 1]))
				uri.len--;
		if (!is_uri(uri)) {
			problems_add(problems,
				     "The destination \"%s\" is not a mailto: or https: URI: the "
				     "record is invalid (" SECTION ").",
				     quoted(uri).text);
			return false;
		}
		keep_uri(uri, out, problems);
		value = bytes_after(value, len + 1);
	}
	return true;
}

static bool
read_fields(struct bytes rest, struct tlsrpt *out, struct problems *problems)
{
	struct bytes name, value;
	enum txt_field got;
	bool has_rua = false;

	while ((got = txt_next(&rest, &name, &value)) == TXT_FIELD) {
		bool is_rua = bytes_equal(name, BYTES("rua"));

		has_rua = has_rua || is_rua;
		if (is_rua ? !read_rua(value, out, problems)
			   : !txt_check_value(name, value, SECTION, problems))
			return false;
	}
	if (got == TXT_BAD)
		problems_add(problems,
			     "The TXT record is not a list of \"key=value\" between semicolons: it "
			     "is invalid (" SECTION ").");
	else if (!has_rua)
		problems_add(problems,
			     "The TXT record has no \"rua=\": it is invalid (" SECTION ").");
	return got == TXT_END && has_rua;
}

void
tlsrpt_read(const struct txt_records *in, struct tlsrpt *out, struct problems *problems)
{
	struct bytes rest;

	*out = (struct tlsrpt){.state = TLSRPT_ABSENT};
	switch (txt_choose(in, version, SECTION, &rest, problems)) {
	case TXT_NONE:
		return;
	case TXT_SEVERAL:
		out->state = TLSRPT_INVALID;
		return;
	case TXT_ONE:
		break;
	}
	if (read_fields(rest, out, problems))
		out->state = TLSRPT_FOUND;
	else
		*out = (struct tlsrpt){.state = TLSRPT_INVALID};
}

const char *
tlsrpt_status(enum answer answer, const struct tlsrpt *t)
{
	if (!answer_is_known(answer))
		return "unavailable";
	switch (t->state) {
	case TLSRPT_FOUND:
		return "present";
	case TLSRPT_INVALID:
		return "invalid";
	case TLSRPT_ABSENT:
		break;
	}
	return "absent";
}
