/* One line of an EHLO reply; see extension.h. */
#include "dissector/extension.h"
#include "dissector/text.h"

struct bytes
extension_keyword(struct bytes line)
{
	size_t n = 0;

	while (n < line.len && !text_is_blank(line.at[n]))
		n++;
	return bytes_first(line, n);
}

bool
extension_is_starttls(struct bytes line)
{
	struct bytes keyword = extension_keyword(line);

	return text_equal(keyword, BYTES("STARTTLS")) &&
	       text_trim(bytes_after(line, keyword.len)).len == 0;
}
