/*
 * A saved capture, packet by packet: libpcap over a descriptor, pcap and
 * pcapng, plain or packed (unpack.h).
 *
 * Times become microseconds since the epoch. Where a capture ends too early or
 * is damaged, what comes before is handed out and the end says so. Never opens
 * a path, never looks into a packet.
 */
#ifndef MONITOR_CAPTURE_CAPTURE_H
#define MONITOR_CAPTURE_CAPTURE_H

#include "dissector/packet.h"
#include "monitor/role/message.h"

struct capture;

#define CAPTURE_WHY_MAX 256 /* bytes of a line on what is wrong, NUL included */

/*
 * Read the file header from descriptor, which is taken over in any case.
 * NULL, and a line in why, where it is no capture (or memory is refused): *end
 * is CAPTURE_FOREIGN then, or CAPTURE_TRUNCATED where its packed form ends
 * before it shows what is in it.
 */
struct capture *capture_open(int descriptor, enum capture_end *end, char why[CAPTURE_WHY_MAX]);

/* Closes the descriptor; NULL does nothing. */
void capture_close(struct capture *c);

/* Call wait before each read that may take long: from a pipe. NULL: nobody asks. */
void capture_on_wait(struct capture *c, void (*wait)(void *ctx), void *ctx);

/* The LINKTYPE_ value of files for libpcap's own number of a link type. */
uint32_t capture_linktype_of(int datalink);

/* Of every packet in it: LINKTYPE_ value. */
uint32_t capture_linktype(const struct capture *c);

/*
 * Hand up to most packets to tell, in the order of the file; each is borrowed
 * for the call. False at the end of the capture, whatever kind of end it is.
 */
bool capture_read(struct capture *c, int most,
		  void (*tell)(void *ctx, const struct captured *packet), void *ctx);

/* Bytes read of the file as it lies on disk. */
uint64_t capture_consumed(const struct capture *c);

/* How it ended, once capture_read returned false. Never CAPTURE_FOREIGN. */
enum capture_end capture_end(const struct capture *c);

/* What was wrong at its end; empty where nothing was. Borrowed until it is closed. */
const char *capture_why(const struct capture *c);

#endif
