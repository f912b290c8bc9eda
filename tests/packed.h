/* A message that a test or a fuzz target packs, to take it apart again. */
#ifndef TESTS_PACKED_H
#define TESTS_PACKED_H

#include "monitor/role/message.h"
#include "tests/demand.h"

static uint8_t memory[MESSAGE_MAX];

/* The body of the one message in memory, of this type, whole and with nothing behind it. */
static inline struct bytes
body_of(const struct packer *p, enum message wanted)
{
	struct bytes in = {memory, p->len}, body = {0};
	enum message type;

	demand(!p->is_short && message_take(&in, &type, &body) == GOT_WHOLE && in.len == 0 &&
	       type == wanted);
	return body;
}

#endif
