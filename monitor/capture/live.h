/*
 * A live interface, packet by packet: libpcap over the kernel's memory-mapped
 * ring.
 *
 * Everything that takes a privilege is done in live_open; afterwards a process
 * may close itself in and needs poll, the ring and the socket's counters alone.
 * Never writes to the network, never changes what the host itself receives.
 * Never looks into a packet.
 */
#ifndef MONITOR_CAPTURE_LIVE_H
#define MONITOR_CAPTURE_LIVE_H

#include "dissector/packet.h"

struct live;

#define LIVE_NAME_MAX   64  /* bytes of an interface's name, NUL included */
#define LIVE_WHY_MAX    320 /* bytes of a line on what is wrong, NUL included */
#define LIVE_WAIT_MS    100 /* packets are handed on within this time, however few */
#define LIVE_BUFFER_MIN (1u << 20)
#define LIVE_BUFFER_MAX (1u << 30)

struct live_config {
	const char *interface; /* "any": all of them */
	uint32_t snaplen;      /* bytes of each packet that are captured */
	uint32_t buffer;       /* bytes of the ring, LIVE_BUFFER_MIN to LIVE_BUFFER_MAX */
};

/* What was lost before it could be read, since the capture began, and what may be yet. */
struct live_losses {
	uint64_t ring; /* packets: the ring was full */
	uint64_t
	    interface;    /* packets: by the interface or its driver (device.h), to whoever reads */
	uint64_t waiting; /* packets in the ring, which are lost only if nobody reads them */
};

/*
 * Begin to capture. NULL, and a line in why that says what to do, where it
 * cannot be; *is_absent then tells whether the interface is only not there or
 * not up, so that trying again later is of use.
 */
struct live *live_open(const struct live_config *config, bool *is_absent, char why[LIVE_WHY_MAX]);

/* NULL does nothing. */
void live_close(struct live *l);

/*
 * What is to be known of how it is captured, and of what the interface itself loses, one after the
 * other; empty: nothing. Borrowed.
 */
#define LIVE_REMARKS 2
const char *live_remark(const struct live *l, size_t i);

/* Of every packet from it: LINKTYPE_ value. */
uint32_t live_linktype(const struct live *l);

/* The socket: poll it for packets. */
int live_descriptor(const struct live *l);

/*
 * It is given its share of the packets since that time, microseconds since the
 * epoch: what it captured before is not handed on. Before that time so many
 * packets of its share were lost.
 */
void live_share(struct live *l, int64_t since, uint64_t lost);

/*
 * Hand up to most packets to tell, each borrowed for the call, without waiting
 * for any. How many there were; -1 where the interface is gone or down, and
 * live_why says so.
 */
int live_read(struct live *l, int most, void (*tell)(void *ctx, const struct captured *packet),
	      void *ctx);

/* Whether the interface is up still, and of the link type and name that it was; no error says so.
 */
bool live_is_up(struct live *l);

/* Words for what went wrong. Borrowed. */
const char *live_why(struct live *l);

struct live_losses live_losses(struct live *l);

#endif
