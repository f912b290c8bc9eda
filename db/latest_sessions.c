/*
 * Of each profile of findings the sessions that began last; where an outcome
 * alone is asked for, those of it.
 */
#include "db/latest_inside.h"

#include <stdio.h>
#include <string.h>

#include "db/narrow.h"
#include "db/outcome.h"
#include "db/place.h"

#define FEW_OF_STATE (1000 / NARROW_PART)  /* incidents whose sessions are gathered */
#define GATHERED_MAX (20000 / NARROW_PART) /* sessions of those */
#define COMPARED_MAX (10000 / NARROW_PART) /* sessions looked at one by one */

/* SQL, laid out by hand. */
/* clang-format off */

/* The session is not looked at where no place is asked for, nor where it cannot name a domain. */
#define IS_OF_SESSION_IN_PLACE(client, server, domain) \
	"((" client " IS NULL AND " server " IS NULL AND " domain " IS NULL) OR ((" domain \
	" IS NULL OR f.outcome & " NAMED_OUTCOMES ") AND EXISTS (SELECT 1 FROM sessions s" \
	" WHERE s.id = f.session_id AND " SESSION_IN_PLACE("s", client, server, domain) ")))"

static const char next_found[] =
	"SELECT kind, severity, outcome FROM findings INDEXED BY findings_profile"
	" WHERE (kind, severity, outcome) >= (?1, ?2, ?3) ORDER BY kind, severity, outcome LIMIT 1";
static const char latest_found[] =
	"SELECT session_id, start FROM findings f INDEXED BY findings_profile WHERE kind = ?1"
	" AND severity = ?2 AND outcome = ?3 AND start >= ?4 AND start <= ?5 AND (?6 IS NULL OR"
	" (SELECT i.state FROM incidents i WHERE i.id = f.incident_id) = ?6)"
	" AND " IS_OF_SESSION_IN_PLACE("?7", "?8", "?9") " ORDER BY start DESC, session_id DESC";
static const char found_of_incident[] =
	"SELECT session_id, start FROM findings f WHERE incident_id = ?1 AND start >= ?2"
	" AND start <= ?3 AND severity >= ?4 AND (?5 = 0 OR outcome = ?5)"
	" AND " IS_OF_SESSION_IN_PLACE("?7", "?8", "?9") " LIMIT ?6";

/* Most outcomes hide what is named: of them those are walked that do not. */
#define LATEST_OF_OUTCOME(source, more) \
	"SELECT id, start FROM sessions s" source " WHERE outcome = ?1 AND start >= ?2" \
	" AND start <= ?3 AND " SESSION_IN_PLACE("s", "?4", "?5", "?6") more \
	" ORDER BY start DESC, id DESC"
static const char latest_of_outcome[] = LATEST_OF_OUTCOME("", "");
static const char latest_of_named[] =
	LATEST_OF_OUTCOME(" INDEXED BY sessions_named", " AND " IS_NAMED);

/* Most sessions have no finding: that is seen soonest, and the session itself is then not read. */
static const char session_holds[] =
	"SELECT 1 WHERE ((?5 IS NULL AND ?6 IS NULL AND ?7 = 0) OR EXISTS (SELECT 1 FROM findings f"
	" JOIN incidents i ON i.id = f.incident_id WHERE f.session_id = ?1"
	" AND (?5 IS NULL OR i.state = ?5) AND (?6 IS NULL OR f.kind = ?6) AND f.severity >= ?7))"
	" AND ((?2 IS NULL AND ?3 IS NULL AND ?4 IS NULL AND ?8 IS NULL) OR EXISTS (SELECT 1"
	" FROM sessions s WHERE id = ?1 AND (?8 IS NULL OR outcome = ?8)"
	" AND " SESSION_IN_PLACE("s", "?2", "?3", "?4") "))";

/* clang-format on */

static bool
find_found(struct search *h, struct profile *p)
{
	struct sql *q = sql_use(h->store->file, next_found);
	bool is_there;

	sql_put_text(q, p->kind);
	sql_put_int(q, p->severity);
	sql_put_int(q, p->outcomes);
	is_there = sql_row(q);
	if (is_there) {
		latest_take_word(q, p->kind);
		p->severity = sql_take_int(q);
		p->outcomes = sql_take_int(q);
	}
	h->is_failed |= !sql_end(q);
	return is_there && !h->is_failed;
}

static void
take_found(struct search *h, const struct profile *p)
{
	struct sql *q = sql_use(h->store->file, latest_found);

	sql_put_text(q, p->kind);
	sql_put_int(q, p->severity);
	sql_put_int(q, p->outcomes);
	sql_put_int(q, h->since);
	sql_put_int(q, h->until);
	sql_put_text(q, h->is_lazy ? NULL : h->filter->state);
	latest_put_places(h, q);
	latest_take_all(h, q);
}

/* All of one incident, or more than GATHERED_MAX. Returns how many. */
static size_t
take_of_incident(struct search *h, int64_t incident)
{
	struct sql *q = sql_use(h->store->file, found_of_incident);
	size_t count = 0;

	sql_put_int(q, incident);
	sql_put_int(q, h->since);
	sql_put_int(q, h->until);
	sql_put_int(q, h->filter->severity);
	sql_put_int(q, h->outcome);
	sql_put_int(q, GATHERED_MAX + 1);
	latest_put_places(h, q);
	for (; sql_row(q); count++)
		latest_take(h, q);
	h->is_failed |= !sql_end(q);
	latest_let_go(h);
	return count;
}

/* False where they are too many. */
static bool
take_of_incidents(struct search *h, const struct hits *incidents)
{
	size_t count = 0;

	if (incidents->count > FEW_OF_STATE)
		return false;
	for (size_t i = 0; i < incidents->count && count <= GATHERED_MAX && !h->is_failed; i++)
		count += take_of_incident(h, incidents->all[i].id);
	return count <= GATHERED_MAX;
}

/*
 * The incidents of a kind that are in the filter's state: where they and their
 * sessions are few, those are taken, and that is all of the kind. Where they are
 * not, none of their sessions began after the last of them was seen.
 */
static bool
take_of_state(struct search *h, const char *kind)
{
	const struct filter f = {.since = h->filter->since,
				 .until = INT64_MAX,
				 .kind = kind,
				 .state = h->filter->state,
				 .with_parts = true,
				 .with_muted = true};
	struct latest_of few = {.most = FEW_OF_STATE + 1};
	struct hits incidents = {0};
	bool is_all;

	h->is_failed |= !latest_incidents(h->store, &f, &few, &incidents);
	h->until = h->filter->until;
	if (incidents.count > 0 && incidents.all[0].time < h->until)
		h->until = incidents.all[0].time;
	is_all = take_of_incidents(h, &incidents);
	hits_free(&incidents);
	return is_all;
}

static void
take_kinds(struct search *h)
{
	const struct filter *f = h->filter;
	struct profile p = {.severity = INT64_MIN, .outcomes = INT64_MIN};
	char kind[WORD_MAX] = ""; /* the last whose incidents were looked at */
	bool is_taken = false;

	if (f->kind != NULL)
		snprintf(p.kind, sizeof(p.kind), "%s", f->kind);
	while (h->steps_left > 0 && find_found(h, &p)) {
		if (f->kind != NULL && strcmp(p.kind, f->kind) != 0)
			return;
		if (f->state != NULL && strcmp(p.kind, kind) != 0) {
			snprintf(kind, sizeof(kind), "%s", p.kind);
			is_taken = take_of_state(h, kind);
		}
		if (!is_taken && latest_is_wanted(h, &p))
			take_found(h, &p);
		p.outcomes++;
	}
}

static void
take_outcome(struct search *h)
{
	const bool is_named = h->filter->domain != NULL;
	struct sql *q = sql_use(h->store->file, is_named ? latest_of_named : latest_of_outcome);

	sql_put_text(q, h->filter->outcome);
	sql_put_int(q, h->since);
	sql_put_int(q, h->until);
	latest_put_places(h, q);
	latest_take_all(h, q);
}

static bool
is_of_findings(const struct filter *f)
{
	return f->kind != NULL || f->severity != 0 || f->state != NULL;
}

bool
latest_is_of_sessions(const struct filter *f)
{
	return is_of_findings(f) || f->outcome != NULL;
}

bool
latest_sessions(struct store *s, const struct filter *f, struct latest_of *how, struct hits *out)
{
	struct search h = {.store = s,
			   .filter = f,
			   .how = *how,
			   .check = how->has_places || f->state != NULL ? session_holds : NULL,
			   .hits = out};

	latest_begin(&h);
	if (is_of_findings(f))
		take_kinds(&h);
	else
		take_outcome(&h);
	return latest_end(&h, how);
}

bool
latest_compared(struct store *s, const struct filter *f, const struct latest_of *how,
		struct hits *sessions, bool *is_whole)
{
	struct search h = {.store = s, .filter = f, .how = *how, .check = session_holds};
	size_t kept = 0, i;

	for (i = 0; i < sessions->count && kept < how->most && i < COMPARED_MAX && !h.is_failed;
	     i++) {
		const struct hit hit = sessions->all[i];

		if (latest_holds(&h, hit.id))
			sessions->all[kept++] = hit;
	}
	*is_whole = kept == how->most || i == sessions->count;
	sessions->count = kept;
	return !h.is_failed;
}
