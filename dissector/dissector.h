/*
 * The front door: captured packets in, facts of mail sessions out.
 *
 * All memory is asked for once, in dissector_new, within the budget given;
 * feeding never allocates. A session that is under way and silent takes some 700
 * bytes of it, in clear or behind its handshake; 1 GiB holds a million. Where
 * room runs out the flow that has been idle longest goes first, is told as
 * evicted, and is counted. No I/O, no clock
 * (time comes with the packets), no globals: the same packets give the same
 * facts.
 */
#ifndef DISSECTOR_DISSECTOR_H
#define DISSECTOR_DISSECTOR_H

#include "dissector/evidence.h"
#include "dissector/flow_key.h"
#include "dissector/fragment.h"
#include "dissector/tls.h"

struct dissector;

#define DISSECTOR_BUDGET_MIN (8u << 20) /* bytes; less is refused */

/*
 * Who may withhold what need not be read, gate.h; all NULL where nobody does.
 * A SYN, a FIN and a RST of a flow always come.
 */
struct dissector_gate {
	/* Nothing of this flow needs to be read any more. It may be told so again. */
	void (*withhold)(void *ctx, const struct flow_key *key);
	/* It is over, or another begins between the same ends: all is wanted again. */
	void (*admit)(void *ctx, const struct flow_key *key);
	/* Packets of it that were withheld so far, so that one that goes on is not idle. */
	uint64_t (*withheld)(void *ctx, const struct flow_key *key);
	void *ctx;
};

struct dissector_config {
	size_t budget;          /* bytes of memory in all */
	uint8_t secret[16];     /* random; keys every table */
	uint8_t service[65536]; /* enum service of each server port; SERVICE_NONE: not watched */
	struct digests digests;
	bool has_reports; /* dissector_report will be called */
	struct dissector_gate gate;
	/*
	 * A session is over, or (s->is_under_way) dissector_report was called. s and what it points
	 * to are borrowed for the call; so is the evidence, to be walked with evidence_walk. NULL:
	 * nothing is told.
	 */
	void (*session)(void *ctx, const struct session *s, struct evidence *e,
			const struct evidence_list *kept);
	void *ctx;
};

struct dissector_counts {
	uint64_t packets, bytes;   /* fed; bytes as on the wire */
	uint64_t got[PACKET_GOTS]; /* by enum packet_got */
	uint64_t segments;         /* TCP on a watched port */
	uint64_t
	    checksum_wrong;   /* segments whose checksum is wrong where this sender's are right */
	uint64_t flows;       /* begun */
	uint64_t flows_open;  /* now */
	uint64_t flows_empty; /* ended without a byte of payload: no session */
	uint64_t sessions;    /* told */
	uint64_t evicted;     /* flows ended for room */
	uint64_t gaps, gap_bytes;
	uint64_t pool_refusals; /* times the pool was empty */
	uint64_t wait_refusals; /* segments ahead of their turn for which there was no room */
	struct fragment_counts fragments;
};

/* NULL where the budget is below DISSECTOR_BUDGET_MIN or memory is refused. config is copied. */
struct dissector *dissector_new(const struct dissector_config *config);

/*
 * One packet, in order of capture. Its time may step back: up to a minute it counts as the latest
 * seen, beyond the clock was set. No session waits longer for that, or shorter, before it is
 * silent.
 */
void dissector_feed(struct dissector *d, const struct captured *in);

/* Time has passed without packets: end what has been idle long. Microseconds since the epoch. */
void dissector_expire(struct dissector *d, int64_t now);

/*
 * The clock that stamps packets is known to have been set, ahead by so many microseconds (back
 * where less than 0), before the packet that is fed next: no time passed with that, and nothing
 * ends of it.
 */
void dissector_step(struct dissector *d, int64_t by);

/*
 * Tell, as under way, the sessions in which something was decided since the
 * last call; where they are many they are told without it.
 */
void dissector_report(struct dissector *d);

/* Packets were lost before they could be fed: nothing absent from a session under way is proven. */
void dissector_note_loss(struct dissector *d);

/* The capture ends: every session under way is told. */
void dissector_finish(struct dissector *d);

struct dissector_counts dissector_counts(const struct dissector *d);

/* Two of them, for who asks at each packet: flows begun, and those that ended empty. */
struct dissector_flows {
	uint64_t begun, empty;
};
struct dissector_flows dissector_flows(const struct dissector *d);

void dissector_free(struct dissector *d);

#endif
