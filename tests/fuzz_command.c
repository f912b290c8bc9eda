/* One client line: verb, arguments, and that scrubbing keeps no local part. */
#include "dissector/command.h"
#include "dissector/padding.h"
#include "dissector/path.h"
#include "dissector/scrub.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t name[PATH_DOMAIN_MAX], *copy = malloc(size ? size : 1);
	struct command c;
	struct chunk chunk;
	struct path path;

	if (copy == NULL)
		return 0;
	while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r'))
		size--;
	c = command_read((struct bytes){data, size});
	memcpy(copy, data, size);
	scrub_command(copy, size);
	command_is_plain(&c);
	command_chunk(c.argument, &chunk);
	command_mechanism(c.argument);
	padding_is_word(c.word);
	if (path_read(c.argument, &path)) {
		path_domain(&path, name);
		path_has_parameter(&path, BYTES("REQUIRETLS"));
		if (c.verb == VERB_MAIL || c.verb == VERB_RCPT)
			for (size_t i = 0; i < path.local.len; i++)
				if (copy[(size_t)(path.local.at - data) + i] != 'x')
					abort();
	}
	free(copy);
	return 0;
}
