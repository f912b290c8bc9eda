/*
 * A session from the reader to the keeper and back to facts, for fuzz targets:
 * whatever the dissector tells must be accepted, or a hostile capture could have
 * its reader taken for one that was broken into.
 */
#ifndef TESTS_CROSS_H
#define TESTS_CROSS_H

#include <stdlib.h>

#include "monitor/role/session_message.h"

/* The session as the keeper has it; gone with the next call. e and kept may be NULL. */
static inline const struct session_message *
cross(const struct session *s, struct evidence *e, const struct evidence_list *kept)
{
	static struct session_message arrived;
	static uint8_t memory[MESSAGE_MAX];
	struct packer p = packer_over(memory, sizeof(memory));
	enum message type;
	struct bytes in, body;

	session_message_put(&p, s, e, kept);
	in = (struct bytes){memory, p.len};
	if (p.is_short || message_take(&in, &type, &body) != GOT_WHOLE || type != MESSAGE_SESSION ||
	    !session_message_get(body, &arrived))
		abort();
	return &arrived;
}

#endif
