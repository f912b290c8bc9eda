/*
 * RFC 8461 section 3.2:
 *
 *   sts-policy-record = sts-policy-field *WSP
 *                       *(sts-policy-term sts-policy-field *WSP) [sts-policy-term]
 *   sts-policy-term   = LF / CRLF
 *
 * with fields "version: STSv1", "mode: ...", "max_age: 1*10DIGIT", "mx: ["*."]
 * Domain" and others, ":" *WSP between key and value. Keys and values mind case.
 * The order is free; of all but mx the first counts. See sts_policy.h.
 */
#include "monitor/policy/sts_policy.h"

#include "dissector/text.h"
#include "monitor/policy/txt_record.h"
#include "monitor/utf8.h"

#define SECTION        "RFC 8461 section 3.2"
#define WEEK           604800
#define MAX_AGE_DIGITS 10

enum key { KEY_VERSION, KEY_MODE, KEY_MAX_AGE, KEY_MX, KEY_OTHER };

/* What has been read so far. */
struct reading {
	struct sts_policy *policy;
	struct problems *problems;
	bool is_strict;   /* nothing has broken the grammar */
	bool is_lenient;  /* nothing that a lenient sender cannot do without is wrong */
	bool has[KEY_MX]; /* seen, right or wrong */
};

struct line {
	struct bytes key, value;
	bool has_colon;
	bool is_strict; /* blanks stand where they may */
};

static const struct bytes keys[] = {
    [KEY_VERSION] = BYTES_INIT("version"),
    [KEY_MODE] = BYTES_INIT("mode"),
    [KEY_MAX_AGE] = BYTES_INIT("max_age"),
    [KEY_MX] = BYTES_INIT("mx"),
};

static const struct bytes modes[] = {
    [STS_MODE_NONE] = BYTES_INIT("none"),
    [STS_MODE_TESTING] = BYTES_INIT("testing"),
    [STS_MODE_ENFORCE] = BYTES_INIT("enforce"),
};

const char *
sts_mode_name(enum sts_mode mode)
{
	return (const char *)modes[mode].at;
}

bool
sts_mode_of(struct bytes name, enum sts_mode *out)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (bytes_equal(name, modes[i])) {
			*out = (enum sts_mode)i;
			return true;
		}
	return false;
}

/* The next line without its terminator; false at the end. What ends in CR alone has not ended. */
static bool
next_line(struct bytes *rest, struct bytes *line)
{
	size_t len = bytes_find(*rest, '\n');

	if (rest->len == 0)
		return false;
	*line = bytes_first(*rest, len);
	if (len < rest->len && len > 0 && line->at[len - 1] == '\r')
		line->len--;
	*rest = bytes_after(*rest, len + 1);
	return true;
}

static struct line
split(struct bytes in)
{
	size_t colon = bytes_find(in, ':');
	struct line line = {.key = bytes_first(in, colon), .has_colon = colon < in.len};

	line.is_strict = txt_is_name(line.key);
	line.key = text_trim(line.key);
	line.value = text_trim(bytes_after(in, colon + 1));
	return line;
}

static enum key
key_of(struct bytes name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (bytes_equal(name, keys[i]))
			return (enum key)i;
	return KEY_OTHER;
}

static bool
is_pattern(struct bytes in)
{
	if (bytes_equal(bytes_first(in, 2), BYTES("*.")))
		in = bytes_after(in, 2);
	return domain_is_ldh(in);
}

/* A value that both readings refuse. */
static void
refuse(struct reading *r, const char *key, struct bytes value, const char *want)
{
	r->is_strict = r->is_lenient = false;
	problems_add(r->problems, "The %s \"%s\" is not %s: the policy is invalid (" SECTION ").",
		     key, quoted(value).text, want);
}

static void
read_max_age(struct reading *r, struct bytes value)
{
	uint64_t seconds;

	if (value.len > MAX_AGE_DIGITS || !text_number(value, &seconds)) {
		refuse(r, "max_age", value, "a number of 1 to 10 digits");
		return;
	}
	if (seconds > STS_MAX_AGE_MAX) {
		r->is_strict = false;
		problems_add(r->problems,
			     "The max_age %s is above the maximum of %u seconds: the policy is "
			     "invalid (" SECTION ", erratum 7282); some senders take the maximum "
			     "instead.",
			     quoted(value).text, STS_MAX_AGE_MAX);
		seconds = STS_MAX_AGE_MAX;
	}
	r->policy->max_age = (uint32_t)seconds;
}

static void
read_mx(struct reading *r, struct bytes value)
{
	if (is_pattern(value)) {
		r->policy->mx_count++;
		return;
	}
	r->is_strict = false;
	problems_add(r->problems,
		     "The mx \"%s\" is not a host name in ASCII without a dot at its end, alone or "
		     "behind one \"*.\": the policy is invalid (" SECTION "); some senders ignore "
		     "that line alone.",
		     quoted(value).text);
}

static void
read_known(struct reading *r, enum key key, struct bytes value)
{
	switch (key) {
	case KEY_VERSION:
		if (!bytes_equal(value, BYTES("STSv1")))
			refuse(r, "version", value, "\"STSv1\"");
		break;
	case KEY_MODE:
		if (!sts_mode_of(value, &r->policy->mode))
			refuse(r, "mode", value, "\"enforce\", \"testing\" or \"none\"");
		break;
	case KEY_MAX_AGE:
		read_max_age(r, value);
		break;
	case KEY_MX:
		read_mx(r, value);
		break;
	case KEY_OTHER:
		break;
	}
}

/* sts-policy-ext-value: characters, and blanks only between them. */
static bool
is_text(struct bytes in)
{
	size_t len;

	if (in.len == 0 || in.at[0] == ' ' || in.at[in.len - 1] == ' ')
		return false;
	for (; in.len > 0; in = bytes_after(in, len)) {
		len = utf8_character(in);
		if (len == 0)
			return false;
	}
	return true;
}

/* A field that does not count must still be text, sts-policy-ext-value. */
static void
read_other(struct reading *r, const struct line *line)
{
	if (is_text(line->value))
		return;
	r->is_strict = false;
	problems_add(r->problems,
		     "The value of \"%s\" is empty, holds a control character or is not UTF-8: the "
		     "policy is invalid (" SECTION "); some senders ignore that line alone.",
		     quoted(line->key).text);
}

static void
read_field(struct reading *r, const struct line *line)
{
	enum key key = key_of(line->key);

	if (key < KEY_MX && r->has[key]) {
		problems_add(r->problems,
			     "There is more than one \"%s\": the first counts (" SECTION ").",
			     (const char *)keys[key].at);
		key = KEY_OTHER;
	}
	if (key < KEY_MX)
		r->has[key] = true;
	if (key == KEY_OTHER)
		read_other(r, line);
	else
		read_known(r, key, line->value);
}

static void
read_line(struct reading *r, struct bytes in)
{
	struct line line = split(in);

	if (!line.is_strict || !line.has_colon) {
		r->is_strict = false;
		problems_add(r->problems,
			     in.len == 0
				 ? "There is an empty line: the policy is invalid (" SECTION
				   "); most senders skip it."
				 : "The line \"%s\" is not \"key: value\" with nothing before the "
				   "colon but the key: the policy is invalid (" SECTION
				   "); some senders are laxer.",
			     quoted(in).text);
	}
	if (line.has_colon)
		read_field(r, &line);
}

/* What is required and is not there. */
static void
check_whole(struct reading *r)
{
	for (size_t i = 0; i < KEY_MX; i++)
		if (!r->has[i]) {
			r->is_strict = r->is_lenient = false;
			problems_add(r->problems,
				     "There is no \"%s\": the policy is invalid (" SECTION ").",
				     (const char *)keys[i].at);
		}
	if (!r->is_lenient)
		return;
	if (r->policy->mode != STS_MODE_NONE && r->policy->mx_count == 0) {
		r->is_strict = r->is_lenient = false;
		problems_add(r->problems,
			     "There is no \"mx\" that can be used, which only mode none may do "
			     "without: the policy is invalid (" SECTION ").");
	}
	if (r->policy->mode != STS_MODE_NONE && r->policy->max_age < WEEK)
		problems_add(
		    r->problems,
		    "A max_age of %u seconds keeps the policy for a short time, in which "
		    "an attacker need only hold back its renewal; weeks are usual (" SECTION ").",
		    r->policy->max_age);
}

void
sts_policy_read(struct bytes in, struct sts_policy *out, struct problems *problems)
{
	struct reading r = {
	    .policy = out, .problems = problems, .is_strict = true, .is_lenient = true};
	static const struct bytes mark = BYTES_INIT("\xef\xbb\xbf");
	struct bytes rest = in, line;

	*out = (struct sts_policy){.text = in};
	if (in.len > STS_TEXT_MAX) {
		problems_add(problems,
			     "The policy is longer than 64 kilobytes: senders may refuse it, and "
			     "it is not read here (RFC 8461 section 3.3).");
		return;
	}
	if (bytes_equal(bytes_first(in, mark.len), mark)) {
		r.is_strict = false;
		rest = out->text = bytes_after(in, mark.len);
		problems_add(problems, "A byte order mark stands before the first line: the policy "
				       "is invalid (" SECTION "); some senders skip it.");
	}
	while (next_line(&rest, &line))
		read_line(&r, line);
	check_whole(&r);
	out->is_valid = r.is_strict;
	out->is_readable = r.is_lenient;
}

bool
sts_policy_next_mx(struct sts_mx_walk *walk, struct bytes *pattern)
{
	struct bytes in;

	while (next_line(&walk->rest, &in)) {
		struct line line = split(in);

		*pattern = line.value;
		if (line.has_colon && key_of(line.key) == KEY_MX && is_pattern(line.value))
			return true;
	}
	return false;
}
