/*
 * An alert of the outbox with all that the database has of its incident, as the
 * bytes that go to a sink.
 *
 * Reads the database; what the bytes look like is alert_render's.
 */
#ifndef MONITOR_ALERT_COMPOSE_H
#define MONITOR_ALERT_COMPOSE_H

#include "db/store.h"
#include "monitor/alert/alert.h"

enum composed {
	COMPOSED,
	COMPOSED_NOT,   /* out could not take it, or the alert or its incident is gone */
	COMPOSED_FAILED /* the database did; store_error says why */
};

/* Write the alert with this id as it goes to that sink now. host: the name of this machine. */
enum composed compose(struct store *s, int64_t alert, const struct sink *sink, const char *host,
		      FILE *out);

#endif
