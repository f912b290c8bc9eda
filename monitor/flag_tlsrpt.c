/* Flags of reports of RFC 8460: where they go, and who they are from; see flag_take.h. */
#include <string.h>

#include "dissector/text.h"
#include "monitor/flag_take.h"

#define ORGANIZATION_MAX 255 /* bytes */
#define LOCAL_PART_MAX   64  /* bytes, RFC 5321 section 4.5.3.1.1 */
#define ID_MAX           128 /* bytes */

bool
take_directory(struct taking *t, const char *value)
{
	t->out->tlsrpt.directory = value;
	return *value != '\0' || flag_refuse(t, "--directory: an empty name is none of a folder");
}

bool
take_gzip(struct taking *t, const char *value)
{
	(void)value;
	t->out->tlsrpt.is_gzip = true;
	return true;
}

/* RFC 5322 section 3.2.3, but for the dots between. */
static bool
is_atom(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.at[i];

		if (!text_is_alpha(c) && !text_is_digit(c) &&
		    (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL))
			return false;
	}
	return text.len > 0;
}

/* Local part and domain of an addr-spec, RFC 5322 section 3.4.1; quoted ones are not for us. */
static bool
is_local_part(struct bytes text)
{
	size_t dot;

	if (text.len > LOCAL_PART_MAX)
		return false;
	while ((dot = bytes_find(text, '.')) < text.len) {
		if (!is_atom(bytes_first(text, dot)))
			return false;
		text = bytes_after(text, dot + 1);
	}
	return is_atom(text);
}

bool
take_contact_info(struct taking *t, const char *value)
{
	const struct bytes address = bytes_text(value);
	const size_t at = bytes_find(address, '@');
	struct domain domain;

	t->out->tlsrpt.contact_info = value;
	if (is_local_part(bytes_first(address, at)) &&
	    domain_read(bytes_after(address, at + 1), &domain) == DOMAIN_OK)
		return true;
	return flag_refuse(t, "--contact-info %.64s: no mail address (postmaster@example.org)",
			   value);
}

bool
take_organization_name(struct taking *t, const char *value)
{
	t->out->tlsrpt.organization_name = value;
	if (*value == '\0')
		return flag_refuse(t, "--organization-name: it is empty (leave it out)");
	return flag_line(t, "organization-name", value, ORGANIZATION_MAX);
}

bool
take_submitter(struct taking *t, const char *value)
{
	struct domain domain;

	if (domain_read(bytes_text(value), &domain) != DOMAIN_OK)
		return flag_refuse(t, "--submitter %.64s: not the name of a domain (example.org)",
				   value);
	t->out->tlsrpt.submitter = flag_keep(t, domain.text, strlen(domain.text));
	return t->out->tlsrpt.submitter != NULL;
}

bool
take_report_id(struct taking *t, const char *value)
{
	const size_t length = strlen(value);
	bool is_plain = length > 0 && length <= ID_MAX;

	for (size_t i = 0; i < length; i++)
		if (value[i] <= ' ' || value[i] > '~')
			is_plain = false;
	t->out->tlsrpt.report_id = value;
	return is_plain ||
	       flag_refuse(t, "--report-id: not 1 to %d printable characters without blanks",
			   ID_MAX);
}
