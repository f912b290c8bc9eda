/*
 * Sessions are walked in order of their start, by a hand: those that are
 * evidence are passed over, and not looked at again each time. Evidence has an
 * index of its own; incidents are walked round and round.
 *
 * By size, what is nearest to the end of its own span goes first. So whichever
 * of the three a flood fills, each keeps its share.
 */
#include "db/retain.h"

#include "db/inside.h"
#include "db/keep.h"
#include "db/outbox.h"
#include "db/removed.h"

/* Of one step, counted in rows: some milliseconds. */
#define SESSIONS_LOOKED_AT 64
#define EVIDENCE_AT_ONCE   32          /* sessions, */
#define EVIDENCE_BYTES     (512 << 10) /* or those that reach so many bytes of packets */
#define ROWS_TEXT          "64"
#define PAGES_AT_ONCE      "64" /* moved, to give room back */
#define FREE_PAGES_MIN     1024 /* fewer are not worth moving others */
#define FREE_PART          8    /* nor is less than this part of the file: it will be needed */

/* No session is told of so long after its start that it is behind the horizon then. */
#define REMEMBERED_MIN RETAIN_DAY

const struct retain_limits retain_usual = {
    .sessions = 30 * RETAIN_DAY,
    .evidence = 90 * RETAIN_DAY,
    .incidents = 730 * RETAIN_DAY,
    .bytes = INT64_C(10) << 30,
};

static int64_t
before(int64_t now, int64_t limit)
{
	return limit == 0 || now < INT64_MIN + limit ? INT64_MIN : now - limit;
}

void
retain_at(struct retain *r, int64_t now)
{
	r->now = now;
	r->sessions = before(now, r->limits.sessions);
	r->evidence = before(now, r->limits.evidence);
	r->alerts = r->evidence;
	r->incidents = before(now, r->limits.incidents);
	r->removed = before(now, REMEMBERED_MIN);
	if (r->incidents < r->removed)
		r->removed = r->incidents;
}

void
retain_begin(struct retain *r, const struct retain_limits *limits, int64_t now)
{
	*r = (struct retain){.limits = *limits, .closed = INT64_MIN, .minutes = INT64_MIN};
	retain_at(r, now);
	retain_restart(r);
}

void
retain_restart(struct retain *r)
{
	r->hand = INT64_MIN;
	r->is_whole = true;
	r->is_bare = false;
	r->walk_removed = 0;
}

static const char newest_session[] = "SELECT start FROM sessions ORDER BY start DESC LIMIT 1";

int64_t
retain_newest(struct store *s)
{
	return sql_int(sql_use(s->file, newest_session), INT64_MIN);
}

static const char used_bytes[] =
    "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
    " pragma_freelist_count, pragma_page_size";

int64_t
retain_bytes(struct store *s)
{
	return sql_int(sql_use(s->file, used_bytes), -1);
}

/* ---- By size ---- */

static const char oldest_evidence[] =
    "SELECT \"end\" FROM kept WHERE session_id IS NOT NULL ORDER BY \"end\" LIMIT 1";
static const char oldest_session[] =
    "SELECT start FROM sessions WHERE start >= ?1 ORDER BY start LIMIT 1";
static const char oldest_alert[] =
    "SELECT at FROM alerts a WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.alert_id = a.id"
    " AND d.state IN ('waiting', 'held')) ORDER BY at LIMIT 1";
static const char oldest_removed[] = "SELECT start FROM removed ORDER BY start LIMIT 1";

static int64_t
find_session_from(struct store *s, int64_t start)
{
	struct sql *q = sql_use(s->file, oldest_session);

	sql_put_int(q, start);
	return sql_int(q, INT64_MAX);
}

/* The oldest session that may go, or one before it: from the hand on, else from the beginning. */
static int64_t
find_session(struct store *s, struct retain *r, int64_t last)
{
	int64_t found = find_session_from(s, r->hand);

	if (found < last || r->is_bare || r->hand == INT64_MIN)
		return found;
	retain_restart(r);
	return find_session_from(s, r->hand);
}

/* One of the things that may go for room. */
struct class
{
	int64_t *cut; /* what is before it goes */
	int64_t last; /* and may be set to this at most */
	int64_t oldest, span;
};

static double
part_of_span(const struct class *c, int64_t now)
{
	return ((double)now - (double)c->oldest) / (double)c->span;
}

/*
 * Where the file is too large, let the oldest of one class go beside what is
 * too old. *is_over: it is too large, and something can go.
 */
static void
press(struct store *s, struct retain *r, struct retain *cuts, bool *is_over)
{
	const int64_t newest = retain_newest(s), now = newest < r->now ? newest : r->now;
	const bool is_all = r->spared == 0;
	const int64_t last = is_all ? INT64_MAX : before(now, r->spared);
	const struct retain_limits *l = &r->limits, *u = &retain_usual;
	struct class classes[] = {
	    {&cuts->evidence, last, sql_int(sql_use(s->file, oldest_evidence), INT64_MAX),
	     l->evidence > 0 ? l->evidence : u->evidence},
	    {&cuts->sessions, last, find_session(s, r, last),
	     l->sessions > 0 ? l->sessions : u->sessions},
	    {&cuts->alerts, last, sql_int(sql_use(s->file, oldest_alert), INT64_MAX),
	     l->evidence > 0 ? l->evidence : u->evidence},
	    {&cuts->removed, is_all ? INT64_MAX : before(now, REMEMBERED_MIN),
	     sql_int(sql_use(s->file, oldest_removed), INT64_MAX),
	     l->incidents > 0 ? l->incidents : u->incidents},
	};
	struct class *first = NULL;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct class *c = &classes[i];

		if (c->oldest < c->last &&
		    (first == NULL || part_of_span(c, now) > part_of_span(first, now)))
			first = c;
	}
	*is_over = first != NULL;
	r->is_short = first == NULL;
	if (first != NULL)
		*first->cut = first->last;
}

/* ---- By age ---- */

static const char find_evidence[] = "SELECT DISTINCT s.id, s.start, k.\"end\" FROM kept k JOIN "
				    "sessions s ON s.id = k.session_id WHERE k.session_id IS"
				    " NOT NULL AND k.\"end\" < ?1 ORDER BY k.\"end\" LIMIT ?2";

static const char packet_bytes[] =
    "SELECT coalesce(sum(length(bytes)), 0) FROM packets WHERE session_id = ?1";

/* The sessions whose bytes are the oldest, as many as a step may free. */
struct batch {
	int64_t ids[EVIDENCE_AT_ONCE], starts[EVIDENCE_AT_ONCE];
	size_t count;
};

static bool
find_oldest_evidence(struct store *s, int64_t cut, struct batch *out)
{
	struct sql *q = sql_use(s->file, find_evidence);

	out->count = 0;
	sql_put_int(q, cut);
	sql_put_int(q, EVIDENCE_AT_ONCE);
	while (out->count < EVIDENCE_AT_ONCE && sql_row(q)) {
		out->ids[out->count] = sql_take_int(q);
		out->starts[out->count++] = sql_take_int(q);
	}
	return sql_end(q);
}

/* Let go of the bytes of some sessions; these are sessions like others then. */
static bool
free_evidence(struct store *s, struct retain *r, int64_t cut, bool *is_more)
{
	struct batch batch;
	int64_t bytes = 0;
	size_t i;

	if (!find_oldest_evidence(s, cut, &batch))
		return false;
	for (i = 0; i < batch.count && bytes < EVIDENCE_BYTES; i++) {
		struct sql *q = sql_use(s->file, packet_bytes);

		sql_put_int(q, batch.ids[i]);
		bytes += sql_int(q, 0);
		if (!keep_forget(s, batch.ids[i]))
			return false;
		if (batch.starts[i] < r->hand)
			r->hand = batch.starts[i];
	}
	r->removed_evidence += (int64_t)i;
	r->is_bare &= i == 0;
	*is_more |= i == EVIDENCE_AT_ONCE || i < batch.count;
	return true;
}

static const char *const remove_session[] = {
    "UPDATE incidents SET pruned = pruned + 1 WHERE id IN (SELECT incident_id FROM findings WHERE"
    " session_id = ?1)",
    "DELETE FROM sessions WHERE id = ?1",
};
static const char count_removed[] = "UPDATE totals SET pruned = pruned + ?1";

static bool
remove_one(struct store *s, int64_t id)
{
	if (!removed_add(s, id))
		return false;
	for (size_t i = 0; i < sizeof(remove_session) / sizeof(remove_session[0]); i++) {
		struct sql *q = sql_use(s->file, remove_session[i]);

		sql_put_int(q, id);
		if (!sql_run(q))
			return false;
	}
	return true;
}

/* What the hand passes over, and which of it is to go. */
struct stretch {
	int64_t ids[SESSIONS_LOOKED_AT];
	size_t count, looked;
	int64_t last; /* start of the last one looked at */
	int64_t last_removed;
};

static const char look[] =
    "SELECT start, id, \"end\" < ?2 AND NOT EXISTS (SELECT 1 FROM kept k WHERE k.session_id = s.id)"
    " FROM sessions s WHERE start >= ?1 AND start < ?2 ORDER BY start LIMIT ?3";

static bool
look_at_sessions(struct store *s, int64_t hand, int64_t cut, struct stretch *out)
{
	struct sql *q = sql_use(s->file, look);

	*out = (struct stretch){.last_removed = INT64_MIN};
	sql_put_int(q, hand);
	sql_put_int(q, cut);
	sql_put_int(q, SESSIONS_LOOKED_AT);
	while (out->looked < SESSIONS_LOOKED_AT && sql_row(q)) {
		int64_t id;

		out->looked++;
		out->last = sql_take_int(q);
		id = sql_take_int(q);
		if (sql_take_int(q) == 0)
			continue;
		out->ids[out->count++] = id;
		out->last_removed = out->last;
	}
	return sql_end(q);
}

static void
move_hand(struct retain *r, const struct stretch *seen, int64_t cut)
{
	r->walk_removed += (int64_t)seen->count;
	if (seen->looked == SESSIONS_LOOKED_AT) {
		/* So many of one microsecond that all stay: whoever is behind them waits. */
		bool is_stuck = seen->count == 0 && seen->last == r->hand;

		r->hand = seen->last + is_stuck;
		return;
	}
	r->hand = cut > r->hand ? cut : r->hand;
	r->is_bare |= r->is_whole && r->walk_removed == 0;
	r->is_whole = false;
}

static bool
remove_sessions(struct store *s, struct retain *r, int64_t cut, bool *is_more)
{
	struct stretch seen;
	struct sql *q;

	if (!look_at_sessions(s, r->hand, cut, &seen))
		return false;
	for (size_t i = 0; i < seen.count; i++)
		if (!remove_one(s, seen.ids[i]))
			return false;
	q = sql_use(s->file, count_removed);
	sql_put_int(q, (int64_t)seen.count);
	if (seen.count > 0 && !sql_run(q))
		return false;
	r->removed_sessions += (int64_t)seen.count;
	if (seen.last_removed > r->minutes)
		r->minutes = seen.last_removed;
	move_hand(r, &seen, cut);
	*is_more |= seen.looked == SESSIONS_LOOKED_AT;
	return true;
}

/* Minutes that were over before. */
static const char remove_minutes_before[] =
    "DELETE FROM capture WHERE minute < ?1 - 60000000 AND minute <= (SELECT max(minute) FROM "
    "(SELECT"
    " minute FROM capture ORDER BY minute LIMIT " ROWS_TEXT "))";

static bool
remove_minutes(struct store *s, int64_t cut)
{
	struct sql *q = sql_use(s->file, remove_minutes_before);

	if (cut < INT64_MIN + 60000000)
		return true;
	sql_put_int(q, cut);
	return sql_run(q);
}

static const char find_incidents_end[] =
    "SELECT max(id) FROM (SELECT id FROM incidents WHERE id > ?1 ORDER BY id LIMIT " ROWS_TEXT ")";
/* Not before all who are to hear of it did: what waits has an age of its own. */
static const char remove_incidents_of[] =
    "DELETE FROM incidents WHERE id > ?1 AND id <= ?2 AND sessions = pruned AND (last_seen < ?3 OR"
    " (state = 'closed' AND last_seen < ?4)) AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE"
    " d.incident_id = incidents.id AND d.state IN ('waiting', 'held'))";

/* Some in the order of their ids; the hand is 0 again behind the last. */
static bool
remove_incidents(struct store *s, struct retain *r)
{
	struct sql *q = sql_use(s->file, find_incidents_end);
	int64_t end;

	sql_put_int(q, r->incident_hand);
	end = sql_int(q, 0); /* NULL reads as 0: behind the last */
	q = sql_use(s->file, remove_incidents_of);
	sql_put_int(q, r->incident_hand);
	sql_put_int(q, end);
	sql_put_int(q, r->incidents);
	sql_put_int(q, r->closed);
	if (!sql_run(q))
		return false;
	r->removed_incidents += end == 0 ? 0 : sql_changes(s->file);
	r->incident_hand = end;
	return true;
}

/* Of alerts those that wait go later, if at all. */
static bool
remove_alerts(struct store *s, int64_t now, int64_t cut, bool *is_more)
{
	int64_t waiting = before(now, RETAIN_WAITING);

	return outbox_forget(s, cut, cut < waiting ? cut : waiting, is_more);
}

/* ---- Room ---- */

static const char free_pages[] =
    "SELECT iif(auto_vacuum = 2, freelist_count, 0), page_count FROM pragma_auto_vacuum,"
    " pragma_freelist_count, pragma_page_count";

/* Free pages are used again; where they are many, some go back to the file system. */
static bool
give_back(struct store *s, bool *is_more)
{
	struct sql *q = sql_use(s->file, free_pages);
	int64_t unused = 0, pages = 0;

	if (sql_row(q)) {
		unused = sql_take_int(q);
		pages = sql_take_int(q);
	}
	if (!sql_end(q))
		return false;
	if (unused < FREE_PAGES_MIN || unused < pages / FREE_PART)
		return true;
	*is_more = true;
	return sql_exec(s->file, "PRAGMA incremental_vacuum(" PAGES_AT_ONCE ")");
}

static bool
step(struct store *s, struct retain *r, bool *is_more)
{
	struct retain cuts = *r;
	int64_t used = r->limits.bytes == 0 ? 0 : retain_bytes(s);

	r->is_short = false;
	if (used > r->limits.bytes)
		press(s, r, &cuts, is_more);
	return used >= 0 && free_evidence(s, r, cuts.evidence, is_more) &&
	       remove_sessions(s, r, cuts.sessions, is_more) &&
	       remove_minutes(s, r->minutes > r->sessions ? r->minutes : r->sessions) &&
	       remove_alerts(s, r->now, cuts.alerts, is_more) && remove_incidents(s, r) &&
	       removed_forget(s, cuts.removed, is_more) && give_back(s, is_more);
}

enum retained
retain_step(struct store *s, struct retain *r)
{
	enum maybe begun;
	bool is_more = false;

	if (r->is_patient)
		begun = store_begin(s) ? MAYBE_YES : MAYBE_NULL;
	else
		begun = store_begin_now(s);
	if (begun != MAYBE_YES)
		return begun == MAYBE_NO ? RETAIN_BUSY : RETAIN_FAILED;
	if (!step(s, r, &is_more)) {
		store_rollback(s);
		retain_restart(r);
		return RETAIN_FAILED;
	}
	if (!store_commit(s))
		return RETAIN_FAILED;
	return is_more ? RETAIN_MORE : RETAIN_DONE;
}
