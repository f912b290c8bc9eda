/*
 * TCP packets made by hand, for tests: raw IPv4 and IPv6 with right checksums,
 * and a client and a server that keep their sequence numbers.
 */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <stdint.h>
#include <string.h>

#include "dissector/packet.h"

#define WIRE_PACKET_MAX 66000

/* One packet in memory. */
struct wire {
	size_t len;
	uint8_t bytes[WIRE_PACKET_MAX];
};

static inline void
wire_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void
wire_put32(uint8_t *at, uint32_t value)
{
	wire_put16(at, value >> 16);
	wire_put16(at + 2, value);
}

static inline uint32_t
wire_sum(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The IP header in front of a TCP segment of tcp_len bytes; returns its length. */
static inline size_t
wire_ip(const struct packet *p, uint8_t *ip, size_t tcp_len)
{
	if (p->source.family == 4) {
		memset(ip, 0, 20);
		ip[0] = 0x45;
		wire_put16(ip + 2, (uint32_t)(20 + tcp_len));
		wire_put16(ip + 4, p->ip_id);
		ip[8] = p->ttl;
		ip[9] = 6;
		memcpy(ip + 12, p->source.b, 4);
		memcpy(ip + 16, p->destination.b, 4);
		wire_put16(ip + 10, ~wire_sum(0, ip, 20) & 0xffff);
		return 20;
	}
	memset(ip, 0, 40);
	ip[0] = 0x60;
	wire_put16(ip + 4, (uint32_t)tcp_len);
	ip[6] = 6;
	ip[7] = p->ttl;
	memcpy(ip + 8, p->source.b, 16);
	memcpy(ip + 24, p->destination.b, 16);
	return 40;
}

/* The packet as raw IP, checksums right. */
static inline void
wire_make(const struct packet *p, struct wire *out)
{
	size_t ip_len = wire_ip(p, out->bytes, 20 + p->payload.len);
	uint8_t *tcp = out->bytes + ip_len;
	uint8_t pseudo[4] = {0, 6};
	size_t width = p->source.family == 4 ? 4 : 16;
	uint32_t sum;

	memset(tcp, 0, 20);
	wire_put16(tcp, p->source_port);
	wire_put16(tcp + 2, p->destination_port);
	wire_put32(tcp + 4, p->seq);
	wire_put32(tcp + 8, p->ack);
	tcp[12] = 5 << 4;
	tcp[13] = p->flags;
	wire_put16(tcp + 14, p->window);
	if (p->payload.len)
		memcpy(tcp + 20, p->payload.at, p->payload.len);
	out->len = ip_len + 20 + p->payload.len;
	wire_put16(pseudo + 2, (uint32_t)(20 + p->payload.len));
	sum = wire_sum(0, p->source.b, width);
	sum = wire_sum(sum, p->destination.b, width);
	sum = wire_sum(sum, pseudo, sizeof(pseudo));
	sum = wire_sum(sum, tcp, 20 + p->payload.len);
	wire_put16(tcp + 16, ~sum & 0xffff);
}

#endif
