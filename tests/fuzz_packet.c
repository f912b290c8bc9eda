/*
 * packet: any bytes as captured packets, through one fragment table.
 *
 * Input: packets one after the other, each a link type (its index below), the
 * bytes cut off by the capture, a length of two bytes, and the bytes.
 */
#include "dissector/fragment.h"
#include "dissector/packet.h"
#include "tests/demand.h"
#include "tests/linktypes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What packet.h promises of every segment. */
static void
check(const struct captured *in, const struct packet *p)
{
	char text[ENCAP_TEXT_MAX];

	demand(p->source.family == p->destination.family);
	demand(p->source.family == 4 || p->source.family == 6);
	demand(p->headers.at + p->headers.len == p->tcp.at + p->tcp.len - p->payload.len);
	demand(p->tcp.len >= 20 && p->tcp.len >= p->payload.len);
	demand(p->tcp.len + p->payload_cut == p->tcp_len);
	demand(p->is_reassembled ? p->linktype == LINKTYPE_RAW
				 : p->linktype == in->linktype && p->headers.at == in->bytes.at);
	demand(p->payload_cut == 0 || packet_checksum(p) == CHECKSUM_UNKNOWN);
	demand(packet_checksum(p) <= CHECKSUM_WRONG);
	demand(encap_text(&p->encap, text, sizeof(text)) == strlen(text));
}

static size_t
feed(struct fragments *f, const uint8_t *data, size_t size, int64_t time)
{
	size_t len = (size_t)(data[2] << 8 | data[3]);
	struct captured in = {.time = time, .linktype = linktypes[data[0] % LINKTYPES]};
	struct packet p;
	uint8_t *block;

	len = len < size - 4 ? len : size - 4;
	block = malloc(len > 0 ? len : 1);
	memcpy(block, data + 4, len);
	in.bytes = (struct bytes){block, len};
	in.wire_len = (uint32_t)len + data[1];
	if (packet_read(&in, f, &p) == PACKET_TCP)
		check(&in, &p);
	free(block);
	return 4 + len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[16];
	static void *memory;
	struct fragments *f;
	int64_t time = 0;

	if (!memory)
		memory = malloc(fragments_size(FRAGMENT_DATAGRAMS_MIN));
	f = fragments_init(memory, FRAGMENT_DATAGRAMS_MIN, secret);
	for (size_t at = 0; size - at >= 4; time += FRAGMENT_WAIT_US / 8)
		at += feed(f, data + at, size - at, time);
	return 0;
}
