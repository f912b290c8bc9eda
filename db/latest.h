/*
 * The latest rows of a filter by what has few values: kind, severity, state,
 * outcome, mute; and by time.
 *
 * An index has those values ahead of the time: each combination that there is
 * gives its latest rows, and none is looked at that the filter does not hold. So
 * it costs the same whether many rows match, few, none, or only such as are long
 * past. Addresses and domains are looked up elsewhere (db/narrow.h), or compared
 * here, row by row. Reads only.
 */
#ifndef DB_LATEST_H
#define DB_LATEST_H

#include "db/hits.h"
#include "db/inside.h"
#include "db/query.h"

/* How the rows are asked for, beside the filter. */
struct latest_of {
	size_t most;               /* no more than these; the filter's limit is left aside */
	const struct hits *within; /* none but these, which are by id; NULL: any */
	bool has_places;           /* compare the filter's addresses and domain, too */
	size_t steps;              /* rows walked at most; 0: as many as it takes. It may give up
				      sooner, where it would walk past too many others */
	bool is_cut;               /* filled in: there were more, and what was found is not all */
};

/* The latest rows as they are listed, into out. False: store_error says why, or memory is out. */
bool latest_incidents(struct store *s, const struct filter *f, struct latest_of *how,
		      struct hits *out);

/* Likewise, of a filter that latest_is_of_sessions. */
bool latest_sessions(struct store *s, const struct filter *f, struct latest_of *how,
		     struct hits *out);

/*
 * Of sessions that go by time, the latest first, those stay that are in the
 * filter, but for its time: no more than how->most, each looked at itself, and
 * compared with its places where how->has_places. *is_whole: these are all, or
 * most; otherwise there were too many to look at. Likewise.
 */
bool latest_compared(struct store *s, const struct filter *f, const struct latest_of *how,
		     struct hits *sessions, bool *is_whole);

/* Whether it asks for what sessions are found by here: an outcome, or what was found of them. */
bool latest_is_of_sessions(const struct filter *f);

#endif
