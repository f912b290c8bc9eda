/*
 * Records out of hostile bytes. The first byte says how they are cut; whatever
 * the cut, the same bytes must come out as payload.
 */
#include "dissector/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t payload, records, ended;
	bool is_stray;
};

static struct sum
read_in_steps(struct bytes in, size_t step)
{
	struct record_reader r = {0};
	struct record_part part;
	struct sum sum = {0};

	for (size_t at = 0; at < in.len && !sum.is_stray; at += step) {
		struct bytes piece = bytes_first(bytes_after(in, at), step);
		enum record_sign sign;

		while ((sign = record_read(&r, &piece, &part)) == RECORD_PART) {
			sum.records += part.begins;
			sum.ended += part.ends;
			for (size_t i = 0; i < part.fragment.len; i++)
				sum.payload = sum.payload * 31 + part.fragment.at[i] + 1;
		}
		sum.is_stray = sign == RECORD_STRAY;
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole, cut;

	if (size < 1)
		return 0;
	whole = read_in_steps((struct bytes){data + 1, size - 1}, size);
	cut = read_in_steps((struct bytes){data + 1, size - 1}, (size_t)data[0] + 1);
	if (whole.payload != cut.payload || whole.records != cut.records ||
	    whole.ended != cut.ended || whole.is_stray != cut.is_stray)
		abort();
	return 0;
}
