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

/* Where it goes, and where and when it is written: microseconds since the epoch. */
struct composing {
	const struct sink *sink;
	const char *host; /* the name of this machine */
	int64_t now;
};

/* Write the alert with this id as it goes to that sink. */
enum composed compose(struct store *s, int64_t alert, const struct composing *how, FILE *out);

#endif
