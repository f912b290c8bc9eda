/*
 * Mutes, held against what stands open with sinks that keep a state: what is muted
 * is over there, and open again when the mute has ended or is removed.
 *
 * The incident itself stays as it is. Decides what is to be written to the outbox
 * and writes it when it is told to; sends nothing.
 */
#ifndef MONITOR_ALERT_HUSH_H
#define MONITOR_ALERT_HUSH_H

#include "db/outbox.h"
#include "monitor/alert/muting.h"
#include "monitor/alert/sink.h"

#define HUSH_MOST  64                /* changes at a time */
#define HUSH_AGAIN INT64_C(60000000) /* microseconds: mutes end by themselves, too */

/* All zero but muting: MUTING_NONE, whose configured its user sets. */
struct hush {
	struct muting muting;
	int64_t looked;     /* microseconds since the epoch; 0: to be looked at at once */
	const bool *served; /* of each sink: it is this one's to serve; NULL: all are */
};

/* A standing incident that is to be hushed; or is so, and is not to be. */
struct hush_change {
	const char *sink; /* borrowed from the sinks */
	int64_t incident;
	enum severity_rank severity;
	bool is_hushed; /* from now on */
};

/* Whether there may be something to change: others wrote to the database, or time has gone by. */
bool hush_is_due(const struct hush *h, struct store *s, const struct sinks *sinks, int64_t now);

/*
 * What is to be changed at that time, up to HUSH_MOST into room. Where there are fewer they
 * are all, and it is not due again for now. False: the database failed.
 */
bool hush_find(struct hush *h, struct store *s, const struct sinks *sinks, int64_t now,
	       struct hush_change *room, size_t *count);

/* Change them, in a transaction. False: the database failed. */
bool hush_apply(struct store *s, const struct hush_change *changes, size_t count, int64_t now);

/* What was found was not changed: it is due again. */
void hush_again(struct hush *h);

void hush_free(struct hush *h);

#endif
