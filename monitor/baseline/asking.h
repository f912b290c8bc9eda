/*
 * One asking of what is known beside a session, for monitor/baseline/recall*.c alone.
 */
#ifndef MONITOR_BASELINE_ASKING_H
#define MONITOR_BASELINE_ASKING_H

#include "monitor/baseline/inside.h"
#include "monitor/baseline/parties.h"

struct asking {
	const struct session *session;
	const struct parties *parties;
	const struct subject *server, *pair, *network;
	struct history *out;
};

static inline struct tally
tally_of(const struct asking *a, const struct subject *s, enum mark_kind kind, const char *value)
{
	return mark_tally(subject_mark(s, kind, value), a->session->start);
}

/* So, then not, then so again: of the last ones, from the latest back. */
static inline bool
is_by_turns(const struct tally *t)
{
	unsigned turns = 0;
	bool wanted = true;

	for (unsigned i = 0; i < t->recent_count && turns < 3; i++) {
		if ((t->recent >> i & 1) != wanted)
			continue;
		turns++;
		wanted = !wanted;
	}
	return turns == 3;
}

/* What of the versions of TLS, and of the keys, that the server showed. */
void recall_version(const struct asking *a);
void recall_key(const struct asking *a);

#endif
