/* Flags of the command that adds a mute; see flag_take.h. */
#include <stdlib.h>

#include "monitor/alert/mute.h"
#include "monitor/flag_take.h"

/* That which is being described; NULL, and why filled, where memory is out. */
static struct mute *
described(struct taking *t)
{
	if (t->out->mute == NULL) {
		t->out->mute = malloc(sizeof(*t->out->mute));
		if (t->out->mute == NULL)
			flag_refuse(t, "out of memory");
		else
			*t->out->mute = MUTE_ALL;
	}
	return t->out->mute;
}

#define TAKER(name)                                                \
	bool take_mute_##name(struct taking *t, const char *value) \
	{                                                          \
		struct mute *m = described(t);                     \
                                                                   \
		return m != NULL && mute_take_##name(t, m, value); \
	}

TAKER(kind)
TAKER(client)
TAKER(server)
TAKER(domain)
TAKER(severity)
TAKER(until)
TAKER(why)
