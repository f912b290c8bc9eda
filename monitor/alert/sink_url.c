/* URLs of webhooks; see sink_url.h. */
#include "monitor/alert/sink_url.h"

#include "dissector/text.h"

/* The part of a URL that names who is asked, RFC 3986 section 3.2; empty where it is no HTTP URL.
 */
static struct bytes
authority_of(struct bytes url)
{
	static const struct bytes schemes[] = {BYTES_INIT("https://"), BYTES_INIT("http://")};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (text_starts(url, schemes[i])) {
			const struct bytes rest = bytes_after(url, schemes[i].len);
			size_t end = 0;

			while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?' &&
			       rest.at[end] != '#')
				end++;
			return bytes_first(rest, end);
		}
	return (struct bytes){0};
}

const char *
sink_url_fault(const char *url)
{
	const struct bytes authority = authority_of(bytes_text(url));

	if (authority.len == 0)
		return "not a URL of https:// or http://";
	if (bytes_find(authority, '@') < authority.len)
		return "holds a user or a password, which others could see (put it into a file: "
		       "token-file, or header-file)";
	return NULL;
}
