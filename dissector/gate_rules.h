/*
 * What the gate (gate.h) goes by, and what it says: shared by the kernel's
 * program, which has these as the values of its maps, and by us.
 */
#ifndef DISSECTOR_GATE_RULES_H
#define DISSECTOR_GATE_RULES_H

#include <stdint.h>

struct gate_rules {
	uint32_t snaplen;         /* bytes that the kernel hands on of a packet that passes */
	uint8_t watched[1 << 13]; /* a bit for each port */
};

enum gate_verdict {
	GATE_PASS,
	GATE_OTHER,     /* withheld: it carries no TCP */
	GATE_UNWATCHED, /* withheld: TCP, and neither port is a watched service's */
	GATE_SETTLED    /* withheld: its flow needs no more reading */
};
#define GATE_VERDICTS (GATE_SETTLED + 1)

/* What was withheld. */
struct gate_count {
	uint64_t packets, bytes; /* bytes as sent, from where the capture begins */
};

/* Watch the ports whose service is not zero, of all 65536. */
static inline void
gate_rules_watch(struct gate_rules *rules, const uint8_t *service)
{
	for (uint32_t port = 0; port < 65536; port++) {
		if (service[port] != 0)
			rules->watched[port >> 3] |= (uint8_t)(1 << (port & 7));
	}
}

#endif
