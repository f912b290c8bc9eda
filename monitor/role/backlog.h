/*
 * Messages that are recorded in a batch which is not committed yet: should it be
 * lost, they can be taken again.
 *
 * Owns its bytes, up to a bound. Knows no message's meaning.
 */
#ifndef MONITOR_ROLE_BACKLOG_H
#define MONITOR_ROLE_BACKLOG_H

#include "monitor/role/message.h"

#define BACKLOG_MAX     ((size_t)16 << 20) /* bytes */
#define BACKLOG_RESERVE ((size_t)64 << 10) /* of them, that no session takes */

struct backlog {
	uint8_t *at; /* BACKLOG_MAX bytes of framed messages, one behind the other */
	size_t len;
	uint64_t count;
};

/* False where memory is refused. */
bool backlog_begin(struct backlog *b);

void backlog_end(struct backlog *b);

/* Keep a message; false where there is no room: the batch is to be committed first. */
bool backlog_keep(struct backlog *b, enum message type, struct bytes body);

/* They are committed. */
void backlog_clear(struct backlog *b);

/* The message at *in, which is moved behind it; false at the end. Begin with backlog_bytes. */
struct bytes backlog_bytes(const struct backlog *b);
bool backlog_next(struct bytes *in, enum message *type, struct bytes *body);

#endif
