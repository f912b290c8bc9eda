/*
 * One end of the socket between two roles: messages in large writes and large
 * reads, and descriptors beside them.
 *
 * Owns the socket and a buffer each way. Back-pressure is the socket's: a send
 * waits until the other end reads; an offer never waits, and what it cannot send
 * stays here, up to the room there is. Checks framing, not bodies.
 */
#ifndef MONITOR_ROLE_CHANNEL_H
#define MONITOR_ROLE_CHANNEL_H

#include "monitor/role/message.h"

struct channel;

/* What waiting for a message came to. */
enum heard {
	HEARD_MESSAGE,
	HEARD_END,         /* the other end is closed, between two messages */
	HEARD_BAD,         /* what came is no message, or ends inside one */
	HEARD_INTERRUPTED, /* a signal came first */
	HEARD_NOTHING,     /* nor did anything else, in the time given */
	HEARD_FAILED       /* errno says why */
};

/* Takes the socket over. NULL where memory is refused; the socket stays the caller's then. */
struct channel *channel_new(int socket);

/*
 * Room for so many bytes, beside one message, that the other end is too slow to
 * take; before channel_offer is first called. False where memory is refused.
 */
bool channel_hold(struct channel *c, size_t bytes);

/* Closes the socket; NULL does nothing. */
void channel_free(struct channel *c);

/*
 * Where to append messages, with room for one of MESSAGE_MAX. Call
 * channel_sent behind each; what is appended is sent when enough has come
 * together.
 */
struct packer *channel_out(struct channel *c);

/* False where the other end is gone. */
bool channel_sent(struct channel *c);

/* Send now what is still held back; false where the other end is gone. */
bool channel_flush(struct channel *c);

/* The same, and a descriptor beside the first byte of it. The descriptor stays the caller's. */
bool channel_flush_with(struct channel *c, int descriptor);

/* Send what goes without waiting and hold the rest; false where the other end is gone. */
bool channel_offer(struct channel *c);

/* The socket, to be polled. */
int channel_descriptor(const struct channel *c);

/* Bytes held back, and whether there is room for one more message of any size. */
size_t channel_held(const struct channel *c);
bool channel_has_room(const struct channel *c);

/* Wait for the next message. *body is borrowed until the next call. */
enum heard channel_hear(struct channel *c, enum message *type, struct bytes *body);

/* The same, but bytes are waited for no longer than so many milliseconds; -1: for ever. */
enum heard channel_hear_within(struct channel *c, int milliseconds, enum message *type,
			       struct bytes *body);

/* The descriptor that came last, now the caller's; -1 where there is none. */
int channel_take_descriptor(struct channel *c);

#endif
