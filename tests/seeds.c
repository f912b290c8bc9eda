/*
 * Captures to seeds of the dissector's fuzz targets:
 *
 *   seeds packets OUT CAPTURE...    one file a capture, for fuzz_dissector and fuzz_packet
 *
 * Each seed holds the first packets of a capture as fuzz_dissector reads them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#define SEED_PACKETS 40
#define SEED_BYTES   60000

static void
put16(FILE *out, unsigned value)
{
	fputc((int)(value >> 8 & 0xff), out);
	fputc((int)(value & 0xff), out);
}

static void
write_seed(pcap_t *pcap, FILE *out)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	size_t total = 0;

	fputc(0, out);
	for (int i = 0; i < SEED_PACKETS && pcap_next_ex(pcap, &h, &bytes) == 1; i++) {
		unsigned len = h->caplen < 65535 ? h->caplen : 65535;

		total += len;
		if (total > SEED_BYTES)
			break;
		put16(out, (unsigned)pcap_datalink(pcap));
		fputc(1, out);
		put16(out, len);
		fwrite(bytes, 1, len, out);
	}
}

static void
seed_of(const char *capture, const char *folder)
{
	char error[PCAP_ERRBUF_SIZE], path[4096];
	const char *name = strrchr(capture, '/');
	pcap_t *pcap = pcap_open_offline(capture, error);
	FILE *out;

	if (!pcap)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name ? name + 1 : capture);
	out = fopen(path, "wb");
	if (out) {
		write_seed(pcap, out);
		fclose(out);
	}
	pcap_close(pcap);
}

int
main(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "packets") != 0) {
		fprintf(stderr, "usage: seeds packets OUT CAPTURE...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		seed_of(argv[i], argv[2]);
	return 0;
}
