/*
 * Alerts into the outbox: which of what became of incidents is news, and whose.
 *
 * Works in the transaction that the incident is written in, so that neither is
 * there without the other. Sends nothing, decides nothing of when.
 */
#ifndef MONITOR_ALERT_QUEUE_H
#define MONITOR_ALERT_QUEUE_H

#include "db/outbox.h"
#include "monitor/alert/alert.h"

/* A finding that joined its incident. */
struct queue_case {
	const struct session_row *session;
	const struct finding_row *finding; /* as session_add and its like left it */
	int64_t sensor_id;                 /* that saw it */
	int64_t now;                       /* microseconds since the epoch */
};

/* Whether a sink is to hear that an incident is over, and is told again while it is not. */
bool queue_keeps_state(const struct sink *sink);

/*
 * Queue what of it is news for each sink in whose scope it lies: of the surge that
 * the incident is part of, where there is one, else of the incident. A muted finding is none.
 * *alerts counts what was queued. False: the database failed.
 */
bool queue_finding(struct store *s, const struct sinks *sinks, const struct queue_case *c,
		   uint64_t *alerts);

#endif
