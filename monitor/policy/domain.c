/*
 * Names off the wire to struct domain; see domain.h.
 *
 * U-labels become A-labels by libidn2, without the transitional mapping that
 * would make one domain of two (RFC 5895; UTS 46 section 4). Everything is
 * checked again behind it, for what it maps may hold dots and blanks.
 */
#include "monitor/policy/domain.h"

#include <idn2.h>
#include <stdio.h>

#include "dissector/text.h"

/* U-labels may take more bytes than the A-labels that they become. */
#define WIRE_NAME_MAX 1024

/* RFC 6761 section 6.3 and 6.4, RFC 6762, RFC 7686 section 2, RFC 9476, RFC 3172. */
static const char *const special_use[] = {"local", "onion", "invalid", "localhost", "arpa", "alt"};

static bool
is_ascii(struct bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.at[i] >= 0x80)
			return false;
	return true;
}

static bool
is_label(struct bytes label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.at[0] == '-' ||
	    label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!text_is_alpha(label.at[i]) && !text_is_digit(label.at[i]) &&
		    label.at[i] != '-')
			return false;
	return true;
}

bool
domain_is_ldh(struct bytes name)
{
	struct bytes rest = name;
	size_t len;

	if (name.len == 0 || name.len > DOMAIN_NAME_MAX)
		return false;
	do {
		len = bytes_find(rest, '.');
		if (!is_label(bytes_first(rest, len)))
			return false;
		/* A dot at the very end leaves an empty label to be refused. */
		if (len + 1 == rest.len)
			return false;
		rest = bytes_after(rest, len + 1);
	} while (rest.len > 0);
	return true;
}

static struct bytes
last_label(struct bytes name)
{
	size_t start = name.len;

	while (start > 0 && name.at[start - 1] != '.')
		start--;
	return bytes_after(name, start);
}

static bool
is_all_digits(struct bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!text_is_digit(in.at[i]))
			return false;
	return true;
}

/* Four labels of digits alone are an address that lacks its brackets. */
static bool
is_address(struct bytes name)
{
	size_t dots = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] == '.')
			dots++;
		else if (!text_is_digit(name.at[i]))
			return false;
	}
	return dots == 3;
}

static enum domain_sort
sort_of(struct bytes name)
{
	struct bytes tld = last_label(name);

	if (is_address(name))
		return DOMAIN_ADDRESS;
	for (size_t i = 0; i < sizeof(special_use) / sizeof(special_use[0]); i++)
		if (bytes_equal(tld, (struct bytes){(const uint8_t *)special_use[i],
						    strlen(special_use[i])}))
			return DOMAIN_SPECIAL_USE;
	if (tld.len == name.len)
		return DOMAIN_SINGLE_LABEL;
	return is_all_digits(tld) ? DOMAIN_NUMERIC_TLD : DOMAIN_OK;
}

/* Fill *out from ASCII; false where it is no name. */
static bool
set_ascii(struct bytes name, struct domain *out)
{
	if (!domain_is_ldh(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		out->text[i] = (char)text_lower(name.at[i]);
	out->text[name.len] = '\0';
	return true;
}

/* The same from UTF-8. name holds no NUL. */
static bool
set_unicode(struct bytes name, struct domain *out)
{
	char text[WIRE_NAME_MAX + 1];
	char *labels = NULL;
	bool is_set = false;

	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	if (idn2_to_ascii_8z(text, &labels, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
		is_set = set_ascii(bytes_text(labels), out);
	idn2_free(labels);
	return is_set;
}

enum domain_sort
domain_read(struct bytes in, struct domain *out)
{
	enum domain_sort sort;

	*out = (struct domain){0};
	if (in.len > 0 && in.at[0] == '[')
		return DOMAIN_ADDRESS; /* RFC 5321 section 4.1.3 */
	if (in.len > 1 && in.at[in.len - 1] == '.')
		in.len--;
	if (in.len == 0 || in.len > WIRE_NAME_MAX || bytes_find(in, 0) < in.len)
		return DOMAIN_BAD;
	if (is_ascii(in) ? !set_ascii(in, out) : !set_unicode(in, out))
		return DOMAIN_BAD;
	sort = sort_of(domain_bytes(out));
	if (sort == DOMAIN_ADDRESS)
		*out = (struct domain){0};
	return sort;
}

bool
domain_prefix(const char *prefix, const struct domain *d, char out[DOMAIN_TEXT])
{
	return snprintf(out, DOMAIN_TEXT, "%s%s", prefix, d->text) <= DOMAIN_NAME_MAX;
}

struct bytes
domain_bytes(const struct domain *d)
{
	return bytes_text(d->text);
}

bool
domain_equal(const struct domain *a, const struct domain *b)
{
	return strcmp(a->text, b->text) == 0;
}
