/*
 * The bytes kept of incidents' sessions: of the first three, and of the latest.
 *
 * The first ones are written at once. The latest of an incident may change
 * with every session, so a batch remembers candidates and writes, when it
 * ends, only those that stayed the latest.
 */
#ifndef DB_KEEP_H
#define DB_KEEP_H

#include "db/inside.h"
#include "db/session.h"

#define KEEP_FIRST  3 /* places 1 to 3 */
#define KEEP_LATEST 4

struct keep *keep_new(void);
void keep_free(struct keep *k);

/* A session with id has joined its findings' incidents: those not INCIDENT_UNTOUCHED. */
bool keep_session(struct store *s, int64_t id, const struct session_row *row);

/* A session with id was replaced: where its bytes are kept, keep the new ones. */
bool keep_again(struct store *s, int64_t id, const struct session_row *row);

/* A session has joined an incident late: it takes one of the first places, where one is free. */
bool keep_early(struct store *s, int64_t id, const struct finding_row *finding);

/* A session was judged again: where it is kept, what is to be checked of the new finding joins what
 * was to be of the old. */
bool keep_more(struct store *s, int64_t id, const struct finding_row *finding);

/* A session has left an incident. */
bool keep_leave(struct store *s, int64_t id, int64_t incident);

/*
 * A session's bytes are too old: they go, and what can be checked of them stays with the incidents
 * until another session takes the place.
 */
bool keep_forget(struct store *s, int64_t id);

/* Write the latest ones, in the transaction under way. */
bool keep_flush(struct store *s);

/* Forget them: the transaction was rolled back. */
void keep_drop(struct keep *k);

#endif
