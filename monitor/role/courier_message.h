/*
 * What keeper and courier send each other beside message.h: the sinks, what is to
 * be sent to them, what became of it. Each treats the other as taken over.
 *
 * A sink crosses with the settings that sending takes; whom it is for stays with
 * the keeper. Texts hold no control characters; what was said of a delivery is
 * printable.
 */
#ifndef MONITOR_ROLE_COURIER_MESSAGE_H
#define MONITOR_ROLE_COURIER_MESSAGE_H

#include "monitor/alert/send.h"
#include "monitor/role/message.h"

/* A sink as it crossed, one block for free(); the settings point into it. */
struct courier_sink {
	struct sink sink;
	const char *words[3 * SINK_WORDS_MAX];
	size_t word_count;
	char text[];
};

/* All sinks were told: this is what else a courier needs to know. */
struct courier_config {
	uint8_t sinks;               /* how many were */
	char user[SANDBOX_USER_MAX]; /* to become; empty: the usual one */
};

struct delivery {
	uint64_t id; /* up to INT64_MAX */
	uint8_t sink;
	struct bytes payload; /* borrowed; up to DISPATCH_PAYLOAD_MAX */
};

struct delivered {
	uint64_t id;
	uint8_t sink;
	struct send_outcome outcome; /* never DISPATCH_LOST */
};

/* Each appends one whole message. */
void courier_message_put_sink(struct packer *p, const struct sink *s);
void courier_message_put_config(struct packer *p, const struct courier_config *c);
void courier_message_put_delivery(struct packer *p, const struct delivery *d);
void courier_message_put_delivered(struct packer *p, const struct delivered *d);

/* NULL where it is bad, or memory is refused. */
struct courier_sink *courier_message_get_sink(struct bytes body);

/* Each reads one whole body; false where it is bad. */
bool courier_message_get_config(struct bytes body, struct courier_config *out);
bool courier_message_get_delivery(struct bytes body, struct delivery *out);
bool courier_message_get_delivered(struct bytes body, struct delivered *out);

#endif
