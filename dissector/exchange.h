/*
 * Both directions of a flow in causal order: what an end had acknowledged is
 * delivered before what it then said.
 *
 * So the layers above never meet a reply before its command, whatever order
 * the capture has. Decides how long to wait for what is missing, and when to
 * call it a gap. Owns the two streams; knows nothing of what the bytes mean.
 */
#ifndef DISSECTOR_EXCHANGE_H
#define DISSECTOR_EXCHANGE_H

#include "dissector/stream.h"

/*
 * How long a segment waits for missing bytes: little where the other end has
 * acknowledged them (they will not be sent again: the capture lost or
 * reordered them), long where they may come as a retransmission (RFC 6298
 * section 2.5 bounds its timer at 60 s and more).
 */
#define EXCHANGE_WAIT_ACKED_US 2000000
#define EXCHANGE_WAIT_SENT_US  120000000

#define EXCHANGE_BYTES_MAX                                                                      \
	262144                   /* of one direction that may wait, while the pool is not short \
				  */
#define EXCHANGE_BYTES_MIN 16384 /* ... and however short it is */

/* What comes out. Each is called in order; what it is given is borrowed for the call. */
struct exchange_sink {
	void *ctx;
	/* Before bytes: what they are taken for, by what came before them. */
	enum place (*place)(void *ctx, enum side from);
	void (*bytes)(void *ctx, enum side from, const struct segment *seg);
	void (*gap)(void *ctx, enum side from, uint64_t len);
	/* This side's first bytes come next, and were not its first: its SYN was not captured. */
	void (*headless)(void *ctx, enum side from);
	void (*fin)(void *ctx, enum side from);
	overlap_fn *overlap;
};

struct exchange {
	struct stream streams[SIDES];
};

/*
 * Take in one segment, its offset by stream_offset, and deliver it if its turn
 * has come. What it leaves of *seg means nothing. exchange_drain is to follow.
 */
void exchange_segment(struct exchange *x, struct waiting_room *r, struct segment *seg,
		      const struct exchange_sink *sink);

/* Deliver what can be; where something waited for too long, pass over what is missing. */
void exchange_drain(struct exchange *x, struct waiting_room *r, int64_t now,
		    const struct exchange_sink *sink);

/* Nothing more will come: deliver all, with gaps where bytes are missing. */
void exchange_flush(struct exchange *x, struct waiting_room *r, const struct exchange_sink *sink);

/* Whether anything waits. */
bool exchange_is_waiting(const struct exchange *x);

void exchange_clear(struct exchange *x, struct waiting_room *r);

#endif
