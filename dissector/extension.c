/* One line of an EHLO reply; see extension.h. */
#include "dissector/extension.h"
#include "dissector/text.h"

struct bytes
extension_keyword(struct bytes line)
{
	return text_word(line);
}

bool
extension_is_starttls(struct bytes line)
{
	struct bytes keyword = extension_keyword(line);

	return text_equal(keyword, BYTES("STARTTLS")) &&
	       text_trim(bytes_after(line, keyword.len)).len == 0;
}
