/*
 * The alerts of a keeper: takes from the outbox what is due, has it rendered and
 * sent by the courier, and marks what became of it.
 *
 * Works between the recorder's batches and never waits for anybody: what another
 * process locks is marked later. At most one delivery is under way for each sink, and
 * the next is given when the last one is marked, so that a crash sends no more than
 * one twice. Owns the dispatcher; the database, the sinks and the mutes are borrowed.
 */
#ifndef MONITOR_ROLE_ALERTING_H
#define MONITOR_ROLE_ALERTING_H

#include "db/store.h"
#include "monitor/alert/mute.h"
#include "monitor/alert/plan.h"
#include "monitor/role/dispatcher.h"

struct alerting;

/*
 * starter and user as of dispatcher_config; mutes: of the configuration, NULL: none. NULL,
 * after a message, where that is not to be.
 */
struct alerting *alerting_new(const struct starter *starter, const char *user,
			      const struct sinks *sinks, const struct mutes *mutes);

/*
 * Others may serve sinks of this database, too, whose path is db: of each name one does at a
 * time. Without memory for that all are served.
 */
void alerting_share(struct alerting *a, const char *db);

/* Ends the courier; what is under way waits, and is sent again. NULL does nothing. */
void alerting_free(struct alerting *a);

/*
 * Do what is to be done at this time. store: NULL where the database is away or a batch is
 * open: what is sent is heard, and no more given.
 */
void alerting_run(struct alerting *a, struct store *store, const struct plan_time *now);

/* The same, now. */
void alerting_tend(struct alerting *a, struct store *store);

/*
 * At the end: give what is due for so long, then wait for what is under way, as long as
 * that. This waits; it returns as soon as nothing is left to do.
 */
void alerting_finish(struct alerting *a, struct store *store, int64_t give_ms, int64_t wait_ms);

/* Something was written to the outbox: look at once. */
void alerting_stir(struct alerting *a);

/* Something was sent and is not marked: the recorder's batch should end. */
bool alerting_wants_store(const struct alerting *a);

/* Give no more: what is under way is heard. And whether nothing is, or is to be marked. */
void alerting_end_soon(struct alerting *a);
bool alerting_is_idle(const struct alerting *a);

/* Of its dispatcher. */
size_t alerting_processes(const struct alerting *a,
			  struct dispatcher_process out[DISPATCHER_PROCESSES]);

/* To be polled as of the dispatcher; and milliseconds until alerting_run is due. */
int alerting_descriptor(const struct alerting *a);
int alerting_wait(const struct alerting *a);

#endif
