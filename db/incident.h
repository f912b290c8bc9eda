/*
 * One incident: its state, and all that was kept to show and export it.
 *
 * What it is in a row is told by query_incidents with filter.id, its sessions
 * by query_sessions with filter.incident.
 */
#ifndef DB_INCIDENT_H
#define DB_INCIDENT_H

#include "db/session.h"

enum incident_changed {
	INCIDENT_CHANGED,
	INCIDENT_ABSENT, /* no incident has this id */
	INCIDENT_FAILED  /* store_error says why */
};

/*
 * Set the state: "open", "acked" or "closed". note: NULL leaves the one that is
 * there, anything else replaces it (printable text). A transaction of its own.
 *
 * What a surge sums up goes with it: closing closes all of it; otherwise those
 * change that were in the state that it was in, so that what a person decided
 * of one of them stays. One that is not closed leaves a surge that is.
 */
enum incident_changed incident_set_state(struct store *s, int64_t id, const char *state,
					 const char *note);

/* Whether there is an incident with this id: MAYBE_NULL where the database failed. */
enum maybe incident_exists(struct store *s, int64_t id);

/*
 * The incident whose evidence is shown for this one: itself, or of a surge that
 * has none of its own the gravest that it sums up, of those the first. 0 where
 * there is none, -1 where the database failed.
 */
int64_t incident_exemplar(struct store *s, int64_t id);

/*
 * What was kept, in order: of the first sessions, then of the latest, each by
 * time. What is told is borrowed for the call. False where the database
 * failed. tell may be NULL for what is not wanted.
 */
struct incident_teller {
	/* Once before the records of each session; 0 is one whose bytes are gone: it has proofs. */
	void (*session)(void *ctx, int64_t session_id, bool is_whole);
	void (*proof)(void *ctx, const struct proof_row *proof);
	void (*line)(void *ctx, const struct line_row *line);
	void (*packet)(void *ctx, const struct packet_row *packet);
	void (*certificate)(void *ctx, const struct certificate_row *certificate);
	void *ctx;
};
bool incident_walk(struct store *s, int64_t id, const struct incident_teller *teller);

/* Tell what can be checked, in order, as v_incidents has it: both are borrowed for the call. */
bool incident_evidence(struct store *s, int64_t id,
		       void (*tell)(void *ctx, const char *what, const char *value), void *ctx);

/* How many packets are kept of it; -1 where the database failed. */
int64_t incident_packets(struct store *s, int64_t id);

#endif
