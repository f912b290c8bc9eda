/*
 * The gate in user space: gate.h over captured bytes, with a table of marked
 * flows. For saved captures and where the kernel takes no program; given the
 * same packets and marks it says what the kernel's says.
 *
 * All its memory is asked for once. Where the table is full the mark that was
 * hit longest ago goes: its flow is read again, nothing else happens.
 */
#ifndef DISSECTOR_PLAIN_GATE_H
#define DISSECTOR_PLAIN_GATE_H

#include "dissector/flow_key.h"
#include "dissector/gate_rules.h"
#include "dissector/packet.h"

struct plain_gate;

struct plain_gate_config {
	uint32_t flows;         /* marks held at most, at least 1; about 100 bytes each */
	const uint8_t *service; /* 65536 of them, borrowed for the call: 0 is not watched */
	uint8_t secret[16];     /* random; keys the table */
};

/* NULL where memory is refused. */
struct plain_gate *plain_gate_new(const struct plain_gate_config *config);

/* NULL does nothing. */
void plain_gate_free(struct plain_gate *g);

/* Whether to read this packet, or why not; what is withheld is counted. */
enum gate_verdict plain_gate_judge(struct plain_gate *g, const struct captured *packet);

/*
 * That flow needs no more reading. A mark that is there already stays as it is.
 * Packets do not tell rivals apart: is_rival is 0 in every key here and below.
 */
void plain_gate_mark(struct plain_gate *g, const struct flow_key *key);

/* Take the mark away; false where there was none. */
bool plain_gate_forget(struct plain_gate *g, const struct flow_key *key);

/* What was withheld of that flow since it was marked; false where it bears no mark. */
bool plain_gate_flow(struct plain_gate *g, const struct flow_key *key, struct gate_count *out);

/* What was withheld, by verdict; that of GATE_PASS is zero. */
void plain_gate_counts(const struct plain_gate *g, struct gate_count out[GATE_VERDICTS]);

/* Marks that are held now. */
uint32_t plain_gate_marks(const struct plain_gate *g);

#endif
