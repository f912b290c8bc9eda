/*
 * Captures to seeds of fuzz targets, one file a capture in folder OUT:
 *
 *   seeds packet OUT CAPTURE...       for fuzz_packet
 *   seeds dissector OUT CAPTURE...    for fuzz_dissector, and a second file
 *                                     with what was said on one connection
 *
 * Each holds the first packets of its capture, written as the target reads them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "dissector/packet.h"
#include "tests/linktypes.h"

#define SEED_PACKETS 60
#define SEED_BYTES   12000
#define STEP_BYTES   255 /* of one step of a dialogue */

/* What a dialogue is told apart by, once it has begun. */
struct dialogue {
	bool has_begun;
	struct packet opener; /* its first packet; its client's side is that of the higher port */
};

static void
put16(FILE *out, size_t value)
{
	fputc((int)(value >> 8 & 0xff), out);
	fputc((int)(value & 0xff), out);
}

static struct captured
captured(pcap_t *pcap, const struct pcap_pkthdr *h, const u_char *bytes)
{
	int link = pcap_datalink(pcap);

	return (struct captured){
	    .linktype = link == DLT_RAW ? LINKTYPE_RAW : (uint32_t)link,
	    .wire_len = h->len,
	    .bytes = {bytes, h->caplen < 65535 ? h->caplen : 65535},
	};
}

static void
put_for_packet(FILE *out, const struct captured *in)
{
	size_t link = 0, cut = in->wire_len - in->bytes.len;

	while (link < LINKTYPES - 1 && linktypes[link] != in->linktype)
		link++;
	fputc((int)link, out);
	fputc(in->wire_len < in->bytes.len ? 0 : cut < 255 ? (int)cut : 255, out);
	put16(out, in->bytes.len);
	fwrite(in->bytes.at, 1, in->bytes.len, out);
}

static void
put_for_dissector(FILE *out, const struct captured *in)
{
	put16(out, in->linktype);
	fputc(1, out);
	put16(out, in->bytes.len);
	fwrite(in->bytes.at, 1, in->bytes.len, out);
}

static void
put_step(FILE *out, const struct packet *p)
{
	struct bytes rest = p->payload;
	int what = p->source_port < p->destination_port ? 1 : 0;

	if (rest.len == 0 && (p->flags & 7) == 0)
		return;
	do {
		struct bytes piece = bytes_first(rest, STEP_BYTES);

		rest = bytes_after(rest, piece.len);
		/* FIN, SYN, RST are bits 0 to 2 of the TCP flags, RFC 9293 section 3.1. */
		if (rest.len == 0)
			what |= (p->flags & 1 ? 2 : 0) | (p->flags & 4) | (p->flags & 2 ? 8 : 0);
		fputc(what, out);
		fputc(0, out);
		fputc((int)piece.len, out);
		if (piece.len > 0)
			fwrite(piece.at, 1, piece.len, out);
	} while (rest.len > 0);
}

static void
put_for_dialogue(FILE *out, const struct captured *in, struct dialogue *d)
{
	struct packet p;

	if (packet_read(in, NULL, &p) != PACKET_TCP)
		return;
	if (!d->has_begun) {
		uint16_t port =
		    p.source_port < p.destination_port ? p.source_port : p.destination_port;

		d->has_begun = true;
		d->opener = p;
		fputc(1, out);
		fputc(4 | (port == 465 ? 1 : 0) | (port == 24 ? 2 : 0), out);
	}
	if ((p.source_port ^ p.destination_port) ==
	    (d->opener.source_port ^ d->opener.destination_port))
		put_step(out, &p);
}

/* said may be NULL: then the target reads packets alone. */
static void
write_seed(pcap_t *pcap, FILE *out, FILE *said)
{
	struct dialogue dialogue = {0};
	struct pcap_pkthdr *h;
	const u_char *bytes;
	size_t total = 0;

	if (said)
		fputc(0, out);
	for (int i = 0; i < SEED_PACKETS && pcap_next_ex(pcap, &h, &bytes) == 1; i++) {
		struct captured in = captured(pcap, h, bytes);

		total += in.bytes.len;
		if (total > SEED_BYTES)
			break;
		if (said) {
			put_for_dissector(out, &in);
			put_for_dialogue(said, &in, &dialogue);
		} else {
			put_for_packet(out, &in);
		}
	}
}

static FILE *
create(const char *folder, const char *capture, const char *ending)
{
	const char *name = strrchr(capture, '/');
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s%s", folder, name ? name + 1 : capture, ending);
	return fopen(path, "wb");
}

static void
seed_of(const char *capture, const char *folder, bool is_dissector)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(capture, error);
	FILE *out, *said;

	if (!pcap)
		return;
	out = create(folder, capture, "");
	said = is_dissector ? create(folder, capture, ".said") : NULL;
	if (out && (said || !is_dissector))
		write_seed(pcap, out, said);
	if (out)
		fclose(out);
	if (said)
		fclose(said);
	pcap_close(pcap);
}

int
main(int argc, char **argv)
{
	bool is_dissector = argc > 2 && strcmp(argv[1], "dissector") == 0;

	if (argc < 3 || (!is_dissector && strcmp(argv[1], "packet") != 0)) {
		fprintf(stderr, "usage: seeds packet|dissector OUT CAPTURE...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		seed_of(argv[i], argv[2], is_dissector);
	return 0;
}
