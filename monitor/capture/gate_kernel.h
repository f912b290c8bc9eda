/*
 * The gate in the kernel: its program loaded, attached to sockets, its maps
 * asked and told, through libbpf. The object file is part of this program;
 * nothing is read from disk but the number of processors.
 *
 * On its own because <linux/bpf.h> and <pcap.h> cannot stand in one file.
 */
#ifndef MONITOR_CAPTURE_GATE_KERNEL_H
#define MONITOR_CAPTURE_GATE_KERNEL_H

#include <stdbool.h>

#include "dissector/flow_key.h"
#include "dissector/gate_rules.h"

struct gate_kernel;

struct gate_kernel_config {
	uint32_t flows;         /* marks held at most */
	uint32_t snaplen;       /* bytes handed on of each packet that passes */
	const uint8_t *service; /* 65536 of them, borrowed for the call: 0 is not watched */
};

/* Whether there was a compiler for it when this program was built. */
bool gate_kernel_is_built(void);

/* NULL, with errno, where it is not built (ENOTSUP), the kernel refuses, or memory. */
struct gate_kernel *gate_kernel_new(const struct gate_kernel_config *config);

/* Sockets that it was attached to lose it only when they close; after this they pass all. */
void gate_kernel_free(struct gate_kernel *k);

/* The program for packets that begin as on this link type; -1 where there is none. */
int gate_kernel_program(const struct gate_kernel *k, uint32_t linktype);

/* The same as a live socket is given them: without the header that libpcap adds itself. */
int gate_kernel_live_program(const struct gate_kernel *k, uint32_t linktype);

/* Set the filter of a packet socket of that link type; false, with errno. */
bool gate_kernel_attach(const struct gate_kernel *k, int socket, uint32_t linktype);

/* As in plain_gate.h; false, with errno, where the kernel refuses (ENOENT: it bears no mark). */
bool gate_kernel_mark(const struct gate_kernel *k, const struct flow_key *key);
bool gate_kernel_forget(const struct gate_kernel *k, const struct flow_key *key);
bool gate_kernel_flow(const struct gate_kernel *k, const struct flow_key *key,
		      struct gate_count *out);
bool gate_kernel_counts(const struct gate_kernel *k, struct gate_count out[GATE_VERDICTS]);

#endif
