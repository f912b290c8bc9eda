/*
 * The gate of a live capture: packets that are not worth reading are withheld
 * by the kernel, or by the same code here where the kernel does not take it.
 *
 * How to use it: gate_new while there is privilege; after pcap_activate,
 * gate_attach with pcap_fileno's descriptor and pcap_datalink's link type, once
 * for each handle. It replaces the socket's filter, and pcap_setfilter replaces
 * it: a filter expression is to be run on what pcap_next gives. Ask gate_passes
 * of every packet, also of a saved capture's. gate_mark a flow when its session
 * is decided and all that is left is ciphertext; gate_forget it when the session
 * ends. Then, whatever the gate does, the same sessions are seen.
 *
 * Of a marked flow SYN, FIN and RST still come, with all that lies between
 * missing: that is no gap of the capture, and the flow is not idle while
 * gate_flow counts on. A mark may go by itself: by a SYN, or for room. Then
 * packets come again, and the flow may be marked again. What was queued before
 * a mark or an attachment comes all the same.
 *
 * A mark is one of two ends: of rivals (flow_key.is_rival, which is not looked
 * at here) it withholds both. So neither is to be marked, or marked again, while
 * the other is still read.
 *
 * The other way round: a mark that is set while a SYN of the same two endpoints
 * still waits in the queue holds for the new connection too. Its reader sees
 * that SYN later and must gate_forget; what was withheld by then is missing from
 * the new session as if it had been lost, and its facts are "not seen".
 *
 * Never allocates, opens or prints after gate_new. What it asks of the kernel
 * then are setsockopt (gate_attach) and bpf with BPF_MAP_LOOKUP_ELEM,
 * BPF_MAP_UPDATE_ELEM and BPF_MAP_DELETE_ELEM; a sandbox must let these through
 * or answer with an error. Kernels before 5.19 want CAP_BPF (before 5.8,
 * CAP_SYS_ADMIN) for them too, where kernel.unprivileged_bpf_disabled is set:
 * then flows are marked in user space alone, and the kernel withholds the rest.
 */
#ifndef MONITOR_CAPTURE_GATE_H
#define MONITOR_CAPTURE_GATE_H

#include "dissector/flow_key.h"
#include "dissector/gate_rules.h"
#include "dissector/packet.h"

struct gate;

#define GATE_WHY_MAX       256     /* bytes of a line on what the kernel refused, NUL included */
#define GATE_FLOWS_DEFAULT 65536   /* marks: some 15 MB, half of it the kernel's */
#define GATE_FLOWS_MAX     4194304 /* more is taken as this */

struct gate_config {
	bool with_kernel;       /* try there first; false for saved captures */
	uint32_t flows;         /* marks held at most, at least 1 */
	uint32_t snaplen;       /* bytes that the kernel hands on of each packet; not 0 */
	const uint8_t *service; /* 65536 of them, borrowed for the call: 0 is not watched */
	uint8_t secret[16];     /* random; keys the table in user space */
};

/* Whether this program holds a gate for the kernel, for --version. */
bool gate_is_built(void);

/*
 * NULL where memory is refused. Where the kernel was wanted and does not take
 * it, why is a line that says so and what would help, and all is done in user
 * space; else why is empty.
 */
struct gate *gate_new(const struct gate_config *config, char why[GATE_WHY_MAX]);

/* NULL does nothing. Sockets are the caller's, who closes them first. */
void gate_free(struct gate *g);

/*
 * Withhold at this packet socket, of that LINKTYPE_. False, and a line in why,
 * where its packets are left to gate_passes.
 */
bool gate_attach(struct gate *g, int socket, uint32_t linktype, char why[GATE_WHY_MAX]);

/* Whether every socket so far withholds in the kernel, and flows are marked there. */
bool gate_is_in_kernel(const struct gate *g);

/* Whether to read this packet. Costs nothing where the kernel has decided. */
bool gate_passes(struct gate *g, const struct captured *packet);

/* That flow needs no more reading. To mark it twice is to mark it once. */
void gate_mark(struct gate *g, const struct flow_key *key);

/* That flow is over, or begins anew. */
void gate_forget(struct gate *g, const struct flow_key *key);

/* What was withheld of that flow since it was marked; false where it bears no mark (any more). */
bool gate_flow(struct gate *g, const struct flow_key *key, struct gate_count *out);

/* What was withheld in all, by verdict, in the kernel and here; that of GATE_PASS is zero. */
void gate_counts(struct gate *g, struct gate_count out[GATE_VERDICTS]);

#endif
