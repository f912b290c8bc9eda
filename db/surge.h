/*
 * Surges: one cause, many keys. Where within an hour the same kind opens many
 * incidents of one client network, of one server, or of many of both, they are
 * summed up under one parent, which is told in their place.
 *
 * A parent is an incident of the same kind, whose key leaves open what differs
 * in its children: the server, the client network, or both; the domain always.
 * It counts their sessions, is as grave as the gravest, and may itself be part
 * of a wider one. One that is closed has no child that is not. Everything here
 * is part of the transaction under way.
 */
#ifndef DB_SURGE_H
#define DB_SURGE_H

#include "db/inside.h"
#include "db/session.h"

#define SURGE_WINDOW INT64_C(3600000000) /* microseconds between its sessions, at most */

/*
 * Incidents that one hour may open along one client network or one server; more
 * are a surge. Of both, where it is grave and somebody on the way does it: more
 * servers than that and more client networks.
 */
#define SURGE_KEYS 10

/* Children of one parent. Sessions of further keys join it themselves, so that forged keys do not
 * fill the file with incidents. */
#define SURGE_CHILDREN 1000

/* SQL: the ids of incident ?1 and of all that it is part of; and of all that is part of it. */
#define SURGE_UP                                                                                 \
	"(WITH RECURSIVE up (id) AS (VALUES (?1) UNION SELECT i.parent FROM up JOIN incidents i" \
	" ON i.id = up.id WHERE i.parent IS NOT NULL) SELECT id FROM up)"
#define SURGE_DOWN                                                                             \
	"(WITH RECURSIVE down (id) AS (VALUES (?1) UNION SELECT i.id FROM down JOIN incidents" \
	" i ON i.parent = down.id) SELECT id FROM down)"

/*
 * The surge under way that a finding of a new key is to join itself, since it
 * takes no more children. *id is 0 where there is no such.
 */
bool surge_find_full(struct store *s, const struct session_row *row,
		     const struct finding_row *finding, int64_t *id);

/*
 * The finding has joined its incident, and its event says how: the incident
 * becomes part of a surge under way, or makes one with others, or leaves one
 * that is closed. What it is part of becomes as grave. Fills in what of it is
 * to be told.
 */
bool surge_settle(struct store *s, const struct session_row *row, struct finding_row *finding);

/* An incident leaves what it is part of, where that is closed. */
bool surge_leave_closed(struct store *s, int64_t incident);

#endif
