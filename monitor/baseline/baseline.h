/*
 * The baseline: what earlier sessions showed of a server, of a client, and of
 * the two together, and what of it the judge is told beside a session.
 *
 * Learns what was judged: what a session under suspicion lacks never becomes
 * the norm. Lives in the database and survives restarts; a bounded part of it
 * is in memory. All calls but new, free and drop need the batch's transaction;
 * false: the database failed, and store_error says why, or memory is out.
 */
#ifndef MONITOR_BASELINE_BASELINE_H
#define MONITOR_BASELINE_BASELINE_H

#include "db/store.h"
#include "monitor/judge/judge.h"

struct baseline;
struct party_names; /* monitor/baseline/parties.h */

struct baseline *baseline_new(void);
void baseline_free(struct baseline *b);

/* What is known beside this session. */
bool baseline_ask(struct baseline *b, struct store *store, const struct session *s,
		  struct history *out);

/* Count a session that is new, with what was known beside it and what was found. */
bool baseline_learn(struct baseline *b, struct store *store, const struct judge_case *c,
		    const struct verdict *v);

/* Every name under which the client of this session, which failed so, may come again. */
bool baseline_names(struct baseline *b, struct store *store, const struct session *s,
		    const struct verdict *v, struct party_names *out);

/* Whether a client was ever offered STARTTLS by this session's server. */
bool baseline_was_offered(struct baseline *b, struct store *store, const struct session *s,
			  const char *client, bool *out);

/* When this server last gave somebody who offered more less than this session's version of TLS;
 * 0: never, as far as is known. */
bool baseline_last_lower(struct baseline *b, struct store *store, const struct session *s,
			 int64_t *out);

/* What this server lacked before was not its own doing: it no longer counts. */
bool baseline_absolve(struct baseline *b, struct store *store, const struct session *s);

/*
 * A session that was learnt lately was found to be an attack with hindsight: in clear, or of a
 * lower version of TLS. That is no habit of these two.
 */
bool baseline_take_back(struct baseline *b, struct store *store, const struct session *s);

/* Write what was learnt, before the batch is committed. */
bool baseline_flush(struct baseline *b, struct store *store);

/* The batch was rolled back. */
void baseline_drop(struct baseline *b);

#endif
