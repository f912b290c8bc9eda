/*
 * The least that reading a capture can cost: libpcap's loop with a callback
 * that does nothing but count. Prints packets and their bytes.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

struct counts {
	uint64_t packets, bytes;
};

static void
count(u_char *counts, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct counts *c = (struct counts *)(void *)counts;

	(void)bytes;
	c->packets++;
	c->bytes += header->len;
}

int
main(int argc, char **argv)
{
	struct counts counts = {0};
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture;

	if (argc != 2)
		return 2;
	capture = pcap_open_offline(argv[1], why);
	if (capture == NULL || pcap_loop(capture, -1, count, (u_char *)&counts) != 0) {
		fprintf(stderr, "empty_loop: %s\n", capture == NULL ? why : pcap_geterr(capture));
		return 1;
	}
	pcap_close(capture);
	printf("%" PRIu64 " %" PRIu64 "\n", counts.packets, counts.bytes);
	return 0;
}
