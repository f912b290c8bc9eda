/*
 * The reader's own: what its two ways of reading (saved captures in reader.c,
 * a live interface in tap.c) share. For those two files alone.
 */
#ifndef MONITOR_ROLE_READING_H
#define MONITOR_ROLE_READING_H

#include "monitor/capture/capture.h"
#include "monitor/capture/gate.h"
#include "monitor/capture/live.h"
#include "monitor/role/blackbox.h"
#include "monitor/role/channel.h"
#include "monitor/role/session_message.h"

#define PACKETS_AT_ONCE 1024

#define SOURCE_PACKETS 8

/* What is known of the capture under way. */
struct reading {
	struct capture *capture;
	uint64_t packets, bytes, told; /* told: consumed bytes at the last progress */
	struct capture_source source;  /* as far as it is known */
	size_t first_count;
	bool is_source_told;
	struct capture_minute minute;
	bool has_minute;
	struct capture_minute before;                  /* what was counted when the minute began */
	struct capture_minute waiting[SOURCE_PACKETS]; /* over before the source was known */
	size_t waiting_count;
};

struct reader {
	struct channel *channel;
	struct certifier *certifier;
	struct digests digests;
	struct dissector *dissector;
	struct verdict *verdict;
	struct reading now;
	uint32_t snaplen; /* bytes of each packet that are looked at */
	bool has_filter;  /* the keeper answers an opened capture with one */
	struct expression *filter;
	bool is_alone; /* the keeper is gone: nothing more can be told */
	/* Of a live capture. */
	struct live *live;         /* NULL: saved captures are read */
	struct gate *gate;         /* NULL: none */
	struct live_losses losses; /* as looked at last */
	bool counts_interface;     /* of several readers it is us who count what it lost */
	uint64_t dropped;          /* packets, as counted so far */
	uint64_t by_interface;     /* of them, those that the interface or its driver lost */
	struct blackbox *blackbox; /* for the keeper to look into, should we crash; NULL: none */
	uint64_t untold;           /* sessions that the keeper was too slow to be told */
	bool is_finishing;         /* the keeper says that it is enough */
};

/*
 * Tell what was appended to the channel, now or in larger pieces. A saved
 * capture can wait until the keeper takes it; a live one cannot, and holds back
 * what does not go at once.
 */
void reader_sent(struct reader *r);
void reader_flush(struct reader *r);

/* Packets that the gate kept from us so far. */
uint64_t reader_withheld(const struct reader *r);

/* Count a packet, by minute, and dissect it, where it passes the filter. ctx is the reader. */
void reader_take(void *ctx, const struct captured *packet);

/* Where it is read should we crash: how many connections there were so far. */
void reader_note_flows(const struct reader *r);

/* So many packets were lost before they could be read, at that time. */
void reader_count_lost(struct reader *r, int64_t time, uint64_t packets);

/* Close the minute under way, and tell it. */
void reader_end_minute(struct reader *r);

/*
 * Hear which packets to read. False where there are none; or is_finishing, or
 * is_alone, where the keeper does not say so.
 */
bool reader_hear_filter(struct reader *r);

void reader_tell_ended(struct reader *r, enum capture_end end, const char *why);

/*
 * Read the interface until it fails, which is told, or the keeper says that it
 * is enough. False where the keeper is gone or says what it may not.
 */
bool tap_serve(struct reader *r);

#endif
