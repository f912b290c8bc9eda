/*
 * How a finding joins its incident, and leaves it.
 *
 * The key of an incident is kind, server address and port, client network and
 * recipient domain. Severity and certainty only rise while it is not closed; a
 * closed one that recurs is open again, as grave as what recurred.
 */
#ifndef DB_JOIN_H
#define DB_JOIN_H

#include "db/inside.h"
#include "db/session.h"

/* Find or open the incident of a finding, and count the session in it. */
bool join_new(struct store *s, const struct session_row *row, struct finding_row *finding);

/* The session is in incident already, and is longer now: nothing is counted. */
bool join_again(struct store *s, const struct session_row *row, struct finding_row *finding,
		int64_t incident);

/*
 * A session's finding did not stand up to more of the session: it is counted
 * out. An incident with nothing left that nobody has touched is removed.
 */
bool join_leave(struct store *s, int64_t incident);

#endif
