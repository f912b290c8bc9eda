/*
 * Judging again: finds the sessions in the database that a new one sheds
 * another light on, and puts the new finding in the place of the old.
 */
#ifndef MONITOR_BASELINE_HINDSIGHT_H
#define MONITOR_BASELINE_HINDSIGHT_H

#include "db/store.h"
#include "monitor/baseline/baseline.h"
#include "monitor/judge/judge.h"
#include "monitor/recent.h"
#include "monitor/rows.h"

/* A session that was judged again: its id, and what it has now. */
struct hindsight_told {
	int64_t id;
	const struct session_row *session;
	const struct finding *finding;
	const struct finding_row *row;
};

struct hindsight {
	struct baseline *baseline;
	struct store *store;
	struct rows *rows;
	struct recent *recent; /* NULL: none is remembered */
	/* The policy that a recorded session's mail was to go by; *out is NULL where none is known.
	 * False: the database failed. */
	bool (*find_destination)(void *ctx, const struct session *s,
				 const struct destination **out);
	/* A session was judged again. */
	void (*tell)(void *ctx, const struct hindsight_told *told);
	void *ctx;
};

/*
 * After a new session was recorded: judge again what it tells of. Needs the
 * batch's transaction; false: the database failed, and store_error says why.
 */
bool hindsight(const struct hindsight *h, const struct judge_case *c, const struct verdict *v);

#endif
