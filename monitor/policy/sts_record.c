/*
 * RFC 8461 section 3.1:
 *
 *   sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]
 *   sts-field       = sts-id / sts-extension
 *   sts-id          = %s"id=" 1*32(ALPHA / DIGIT)
 *
 * Of fields with one name the first counts. See sts_record.h.
 */
#include "monitor/policy/sts_record.h"

#include "dissector/text.h"

#define SECTION "RFC 8461 section 3.1"

static const struct bytes version = BYTES_INIT("v=STSv1");

static bool
is_id(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!text_is_alpha(value.at[i]) && !text_is_digit(value.at[i]))
			return false;
	return value.len > 0 && value.len <= STS_ID_MAX;
}

/* An id, the first or a further one; false where it makes the record invalid. */
static bool
read_id(struct bytes value, struct sts_record *out, struct problems *problems)
{
	if (out->id[0] != '\0') {
		problems_add(problems,
			     "The TXT record has more than one id: the first, \"%s\", counts (RFC "
			     "8461 section 3.2).",
			     out->id);
		return txt_check_value(BYTES("id"), value, SECTION, problems);
	}
	if (!is_id(value)) {
		problems_add(problems,
			     "The id \"%s\" is not 1 to 32 letters and digits: the record is "
			     "invalid (" SECTION ").",
			     quoted(value).text);
		return false;
	}
	memcpy(out->id, value.at, value.len);
	out->id[value.len] = '\0';
	return true;
}

static bool
read_field(struct bytes name, struct bytes value, struct sts_record *out, struct problems *problems)
{
	if (bytes_equal(name, BYTES("id")))
		return read_id(value, out, problems);
	return txt_check_value(name, value, SECTION, problems);
}

static bool
read_fields(struct bytes rest, struct sts_record *out, struct problems *problems)
{
	struct bytes name, value;
	enum txt_field got;

	while ((got = txt_next(&rest, &name, &value)) == TXT_FIELD)
		if (!read_field(name, value, out, problems))
			return false;
	if (got == TXT_BAD) {
		problems_add(problems,
			     "The TXT record is not a list of \"key=value\" between semicolons: it "
			     "is invalid (" SECTION ").");
		return false;
	}
	if (out->id[0] == '\0')
		problems_add(
		    problems,
		    "The TXT record has no \"id=\" (in lower case): it is invalid (" SECTION ").");
	return out->id[0] != '\0';
}

void
sts_record_read(const struct txt_records *in, struct sts_record *out, struct problems *problems)
{
	struct bytes rest;

	*out = (struct sts_record){.state = STS_RECORD_ABSENT};
	switch (txt_choose(in, version, SECTION, &rest, problems)) {
	case TXT_NONE:
		return;
	case TXT_SEVERAL:
		out->state = STS_RECORD_INVALID;
		return;
	case TXT_ONE:
		break;
	}
	if (read_fields(rest, out, problems))
		out->state = STS_RECORD_FOUND;
	else
		*out = (struct sts_record){.state = STS_RECORD_INVALID};
}
