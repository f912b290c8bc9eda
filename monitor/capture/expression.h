/*
 * A pcap-filter(7) expression as the program that the reader runs.
 *
 * Compiling may ask for names (/etc/services, /etc/hosts, DNS), so that it is
 * the keeper's: the reader gets instructions, checks them as the kernel would,
 * and can do no more with them than let a packet through or not.
 */
#ifndef MONITOR_CAPTURE_EXPRESSION_H
#define MONITOR_CAPTURE_EXPRESSION_H

#include "dissector/packet.h"

#define EXPRESSION_MAX     4096 /* instructions: BPF_MAXINSNS, what Linux runs on a socket */
#define EXPRESSION_WHY_MAX 256  /* bytes of a line on what is wrong, NUL included */

/* Classic BPF, McCanne and Jacobson 1993. None: every packet is let through. */
struct expression {
	uint32_t count;
	struct instruction {
		uint16_t code;
		uint8_t jt, jf;
		uint32_t k;
	} instructions[EXPRESSION_MAX];
};

/* Compile text for packets of this link type. False, and a line in why, where that cannot be. */
bool expression_compile(const char *text, uint32_t linktype, struct expression *out,
			char why[EXPRESSION_WHY_MAX]);

/* Whether there is a link type that is read and that text makes sense for; else a line in why. */
bool expression_is_sound(const char *text, char why[EXPRESSION_WHY_MAX]);

/* Whether every jump, load and division keeps in bounds, and it ends. */
bool expression_is_safe(const struct expression *e);

/* Whether a safe one lets this packet through. */
bool expression_passes(const struct expression *e, const struct captured *packet);

#endif
