/* Lines in pieces: the first byte is the length of a piece, the second the pool's blocks. */
#include "dissector/line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pool_block blocks[16];
	struct bytes rest = {data, size};
	struct line_reader r = {0};
	uint8_t room[LINE_CAP];
	struct line line;
	struct pool p;
	size_t piece;

	if (size < 2)
		return 0;
	piece = data[0] ? data[0] : 256;
	pool_init(&p, blocks, (data[1] % 17u) * sizeof(blocks[0]));
	for (rest = bytes_after(rest, 2); rest.len > 0; rest = bytes_after(rest, piece)) {
		struct bytes in = bytes_first(rest, piece);

		while (in.len > 0 && line_read(&r, &p, &in, room, &line))
			if (line.text.len > line.whole.len || line.whole.len > LINE_CAP)
				abort();
	}
	line_flush(&r, &p, room, &line);
	if (p.in_use != 0)
		abort();
	return 0;
}
