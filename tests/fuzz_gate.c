/*
 * gate: any bytes as captured packets, through the gate and the dissector.
 *
 * Input: as that of fuzz_packet. Odd ports are watched; every other segment of
 * a watched service has its flow marked.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/gate_judge.h"
#include "tests/linktypes.h"

#define MARKS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct plain_gate *gate;
	struct fragments *fragments;
	uint8_t service[65536];
	uint32_t segments;
};

static size_t
feed(struct fuzz *f, const uint8_t *data, size_t size, int64_t time)
{
	size_t len = (size_t)(data[2] << 8 | data[3]);
	struct captured in = {.time = time, .linktype = linktypes[data[0] % LINKTYPES]};
	struct gate_judged judged;
	uint8_t *block;

	len = len < size - 4 ? len : size - 4;
	block = malloc(len > 0 ? len : 1);
	memcpy(block, data + 4, len);
	in.bytes = (struct bytes){block, len};
	in.wire_len = (uint32_t)len + data[1];
	judged = gate_judge(f->gate, f->fragments, &in, f->service);
	if (judged.breach)
		abort();
	if (judged.is_watched && f->segments++ % 2 == 0)
		plain_gate_mark(f->gate, &judged.key);
	if (plain_gate_marks(f->gate) > MARKS)
		abort();
	free(block);
	return 4 + len;
}

static struct fuzz *
prepare(void)
{
	static struct fuzz f;
	struct plain_gate_config config = {.flows = MARKS, .service = f.service};
	static void *memory;

	for (size_t port = 1; port < sizeof(f.service); port += 2)
		f.service[port] = 1;
	if (!memory)
		memory = malloc(fragments_size(FRAGMENT_DATAGRAMS_MIN));
	f.fragments = fragments_init(memory, FRAGMENT_DATAGRAMS_MIN, config.secret);
	f.gate = plain_gate_new(&config);
	f.segments = 0;
	return &f;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz *f = prepare();
	int64_t time = 0;

	for (size_t at = 0; size - at >= 4; time += FRAGMENT_WAIT_US / 8)
		at += feed(f, data + at, size - at, time);
	plain_gate_free(f->gate);
	return 0;
}
