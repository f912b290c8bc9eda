/*
 * How a finding joins its incident, and leaves it.
 *
 * The key of an incident is kind, server address and port, client network and
 * recipient domain. Severity and certainty only rise while it is not closed; a
 * closed one that recurs is open again, as grave as what recurred; and so is one of
 * which more becomes known, by which it is graver than it was when it was closed.
 *
 * A finding under a mute changes no more of an incident that is not muted than its
 * count, and has no part in surges. An incident is muted while all of its findings
 * were; the first that is not opens it again.
 */
#ifndef DB_JOIN_H
#define DB_JOIN_H

#include "db/inside.h"
#include "db/session.h"

/* Find or open the incident of a finding, and count the session in it. */
bool join_new(struct store *s, const struct session_row *row, struct finding_row *finding);

/* How a finding of a session stood before more of the session was seen. */
struct join_past {
	int64_t incident;
	bool is_teller; /* the incident's sentence is of this session */
};

enum joined {
	JOINED,
	JOINED_NOT,   /* its key is another incident's now: leave this one, and join anew */
	JOINED_FAILED /* the database did */
};

/*
 * The session is in an incident already: nothing is counted, and the sentence
 * is told again where it is this session's. Its recipient may have been learnt
 * since; an incident of this session alone gets the new key.
 */
enum joined join_again(struct store *s, const struct session_row *row, struct finding_row *finding,
		       const struct join_past *past);

/*
 * A session's finding did not stand up to more of the session: it is counted
 * out. An incident with nothing left that nobody has touched is removed, or closed
 * with a note where a sink was told of it; what waits of it then is not told.
 */
bool join_leave(struct store *s, int64_t incident);

#endif
