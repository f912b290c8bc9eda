/* One server line: code and text, extension, echo, and scrubbing. */
#include "dissector/extension.h"
#include "dissector/padding.h"
#include "dissector/reply.h"
#include "dissector/scrub.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply_line line;
	struct reply r = {0};
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	scrub_reply(copy, size);
	scrub_reply_text(copy, size);
	if (reply_line_read((struct bytes){data, size}, &line)) {
		reply_add(&r, &line);
		extension_is_starttls(line.text);
		if (padding_echo(line.text).len > line.text.len)
			abort();
	}
	free(copy);
	return 0;
}
