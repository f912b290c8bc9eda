/* Messages in memory, framed as on the socket; see backlog.h. */
#include "monitor/role/backlog.h"

#include <stdlib.h>

bool
backlog_begin(struct backlog *b)
{
	*b = (struct backlog){.at = malloc(BACKLOG_MAX)};
	return b->at != NULL;
}

void
backlog_end(struct backlog *b)
{
	free(b->at);
	*b = (struct backlog){0};
}

bool
backlog_keep(struct backlog *b, enum message type, struct bytes body)
{
	/* Where sessions find no room any more, what counts them does. */
	const size_t kept_free = type == MESSAGE_SESSION ? BACKLOG_RESERVE : 0;
	struct packer p = {.at = b->at, .cap = BACKLOG_MAX - kept_free, .len = b->len};
	size_t begun = message_begin(&p, type);

	pack_bytes(&p, body);
	message_end(&p, begun);
	if (p.is_short)
		return false;
	b->len = p.len;
	b->count++;
	return true;
}

void
backlog_clear(struct backlog *b)
{
	b->len = 0;
	b->count = 0;
}

struct bytes
backlog_bytes(const struct backlog *b)
{
	return (struct bytes){b->at, b->len};
}

bool
backlog_next(struct bytes *in, enum message *type, struct bytes *body)
{
	return in->len > 0 && message_take(in, type, body) == GOT_WHOLE;
}
