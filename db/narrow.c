/*
 * Each part of a filter is a source of ids. Addresses are asked by name: those
 * that there are within the range that the network's text begins with are
 * stepped through in the index, and those that match are asked for.
 */
#include "db/narrow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX    1000   /* addresses looked at, of one filter; more are many */
#define ID_TEXT      21     /* bytes of an id and its comma */
#define BEGUN_MAX    800000 /* incidents looked at in an index; of more some are listed soon */
#define OUTCOME_MAX  600000 /* sessions whose incidents are looked for */
#define GATHERED_MAX 150000 /* ids of one part, where another may have few of them, too */
#define HITS_ROOM    64     /* at first */

/* A row that a part of the filter has. */
struct hit {
	int64_t id;
	int64_t time; /* of a session its start, where that is known */
};

/* The rows of one part. */
struct found {
	struct store *store;
	const struct filter *filter;
	struct hit *hits; /* as large as has been needed; NULL: none were found yet */
	size_t count, room;
	size_t max, max_timed; /* more are many: of those without times, and with */
	bool has_times;
	bool is_many, is_failed;
	int64_t latest; /* start of the latest session; INT64_MAX: not known */
};

/* One more; false where memory is out. */
static bool
add_hit(struct found *f, struct hit hit)
{
	size_t room = f->room == 0 ? HITS_ROOM : 2 * f->room;
	struct hit *hits;

	if (f->count == f->room) {
		hits = realloc(f->hits, room * sizeof(*hits));
		if (hits == NULL)
			return false;
		f->hits = hits;
		f->room = room;
	}
	f->hits[f->count++] = hit;
	return true;
}

/* All rows of a statement: an id, and where it has times when that was. */
static void
take_ids(struct found *f, struct sql *q, bool has_time)
{
	while (sql_row(q)) {
		int64_t id = sql_take_int(q);
		int64_t time = has_time ? sql_take_int(q) : INT64_MAX;

		if (time > f->latest)
			f->latest = time;
		if (f->is_many || f->count >= (has_time ? f->max_timed : f->max)) {
			f->is_many = true;
			break;
		}
		if (!add_hit(f, (struct hit){id, time})) {
			f->is_failed = true;
			break;
		}
	}
	f->has_times = has_time;
	f->is_failed |= !sql_end(q);
}

/* How to step through the values of a column, and what each has. */
struct column {
	const char *next; /* the least value above ?1 and below ?2; NULL: not stepped through */
	const char *rows; /* of value ?1: ids; of sessions also their starts, the latest first */
	bool is_of_sessions;
};

static const struct column clients = {
    "SELECT min(client) FROM sessions WHERE client > ?1 AND client < ?2",
    "SELECT id, start FROM sessions WHERE client = ?1 AND start >= ?2 AND start <= ?3"
    " ORDER BY start DESC LIMIT ?4",
    true,
};
static const struct column servers = {
    "SELECT min(server) FROM sessions WHERE server > ?1 AND server < ?2",
    "SELECT id, start FROM sessions WHERE server = ?1 AND start >= ?2 AND start <= ?3"
    " ORDER BY start DESC LIMIT ?4",
    true,
};
static const struct column outcomes = {
    NULL,
    "SELECT id, start FROM sessions WHERE outcome = ?1 AND start >= ?2 AND start <= ?3"
    " ORDER BY start DESC LIMIT ?4",
    true,
};
static const struct column incident_clients = {
    "SELECT min(client) FROM incidents WHERE client > ?1 AND client < ?2",
    "SELECT id FROM incidents WHERE client = ?1 LIMIT ?2",
    false,
};
static const struct column incident_servers = {
    "SELECT min(server) FROM incidents WHERE server > ?1 AND server < ?2",
    "SELECT id FROM incidents WHERE server = ?1 LIMIT ?2",
    false,
};

/* Where there are many already, the latest of each value is all that is wanted. */
static void
take_value(struct found *f, const struct column *c, const char *value)
{
	struct sql *q = sql_use(f->store->file, c->rows);

	sql_put_text(q, value);
	if (c->is_of_sessions) {
		sql_put_int(q, f->filter->since);
		sql_put_int(q, f->filter->until);
	}
	sql_put_int(q, f->is_many ? 1 : GATHERED_MAX + 1);
	take_ids(f, q, c->is_of_sessions);
}

/* The least address in a column above one, into it; false where there is none below the end. */
static bool
next_address(struct found *f, const struct column *c, char address[ADDRESS_RANGE_MAX],
	     const char *end)
{
	struct sql *q = sql_use(f->store->file, c->next);
	const char *next;
	bool is_there = false;

	sql_put_text(q, address);
	sql_put_text(q, end);
	if (sql_row(q)) {
		next = sql_take_text(q);
		is_there = next != NULL && strlen(next) < ADDRESS_RANGE_MAX;
		if (is_there)
			snprintf(address, ADDRESS_RANGE_MAX, "%s", next);
	}
	f->is_failed |= !sql_end(q);
	return is_there;
}

static void
take_network(struct found *f, const struct column *c, const struct network *n)
{
	char address[ADDRESS_RANGE_MAX], end[ADDRESS_RANGE_MAX];

	if (network_is_address(n, address)) {
		take_value(f, c, address);
		return;
	}
	network_text_range(n, address, end);
	for (int i = 0; !f->is_failed && next_address(f, c, address, end); i++) {
		if (i == NAMES_MAX) {
			f->is_many = true;
			f->latest = INT64_MAX;
			return;
		}
		if (network_holds(n, address))
			take_value(f, c, address);
	}
}

/* ---- The parts of a filter ---- */

void
narrow_put_domain(struct sql *q, const char *domain)
{
	bool has_dot = domain != NULL && domain[0] == '.';

	sql_put_text(q, has_dot ? domain + 1 : domain);
	sql_put_text(q, has_dot ? domain : NULL);
}

static void
take_text(struct found *f, const char *statement, const char *text)
{
	struct sql *q = sql_use(f->store->file, statement);

	sql_put_text(q, text);
	sql_put_int(q, GATHERED_MAX + 1);
	take_ids(f, q, false);
}

static void
take_int(struct found *f, const char *statement, int64_t value)
{
	struct sql *q = sql_use(f->store->file, statement);

	sql_put_int(q, value);
	sql_put_int(q, GATHERED_MAX + 1);
	take_ids(f, q, false);
}

static bool
sessions_by_client(struct found *f)
{
	if (f->filter->client.family == 0)
		return false;
	take_network(f, &clients, &f->filter->client);
	return true;
}

static bool
sessions_by_server(struct found *f)
{
	if (f->filter->server.family == 0)
		return false;
	take_network(f, &servers, &f->filter->server);
	return true;
}

static bool
sessions_by_outcome(struct found *f)
{
	if (f->filter->outcome == NULL)
		return false;
	take_value(f, &outcomes, f->filter->outcome);
	return true;
}

static bool
sessions_by_domain(struct found *f)
{
	static const char by_domain[] =
	    "SELECT m.session_id FROM domains d JOIN mentions m"
	    " ON m.domain_id = d.id WHERE " NARROW_DOMAIN(
		"?1", "?2") " AND m.start >= ?3 AND m.start <= ?4 LIMIT ?5";
	struct sql *q;

	if (f->filter->domain == NULL)
		return false;
	q = sql_use(f->store->file, by_domain);
	narrow_put_domain(q, f->filter->domain);
	sql_put_int(q, f->filter->since);
	sql_put_int(q, f->filter->until);
	sql_put_int(q, GATHERED_MAX + 1);
	take_ids(f, q, false);
	return true;
}

static bool
sessions_by_kind(struct found *f)
{
	if (f->filter->kind == NULL)
		return false;
	take_text(f, "SELECT session_id FROM findings WHERE kind = ?1 LIMIT ?2", f->filter->kind);
	return true;
}

static bool
sessions_by_severity(struct found *f)
{
	if (f->filter->severity == 0)
		return false;
	take_int(f, "SELECT session_id FROM findings WHERE severity >= ?1 LIMIT ?2",
		 f->filter->severity);
	return true;
}

static bool
sessions_by_state(struct found *f)
{
	if (f->filter->state == NULL)
		return false;
	take_text(f,
		  "SELECT g.session_id FROM incidents i JOIN findings g ON g.incident_id = i.id"
		  " WHERE i.state = ?1 LIMIT ?2",
		  f->filter->state);
	return true;
}

/* One source after the other: what it has, where that is few. False where it is no part of the
 * filter. */
typedef bool source(struct found *f);

static void
found_begin(struct found *f)
{
	f->count = 0;
	f->is_many = f->has_times = false;
	f->latest = INT64_MIN;
}

/* As JSON; NULL where memory is out. */
static char *
text_of(const struct found *f)
{
	char *text = malloc(f->count * ID_TEXT + 3), *at = text;

	if (text == NULL)
		return NULL;
	*at++ = '[';
	for (size_t i = 0; i < f->count; i++)
		at += snprintf(at, ID_TEXT + 1, "%s%lld", i == 0 ? "" : ",",
			       (long long)f->hits[i].id);
	*at++ = ']';
	*at = '\0';
	return text;
}

/* The incidents of sessions, where those are not too many: mostly a few of them are in any. */
static bool
incidents_of(struct found *f, source *sessions)
{
	static const char of_sessions[] =
	    "SELECT DISTINCT incident_id FROM findings WHERE session_id IN"
	    " (SELECT value FROM json_each(?1)) LIMIT ?2";
	struct filter any_time = *f->filter;
	struct found inner = {
	    .store = f->store, .filter = &any_time, .max = GATHERED_MAX, .max_timed = GATHERED_MAX};
	char *ids = NULL;
	bool is_part;

	any_time.since = INT64_MIN;
	any_time.until = INT64_MAX;
	found_begin(&inner);
	is_part = sessions(&inner);
	f->is_many |= inner.is_many;
	f->is_failed |= inner.is_failed;
	if (is_part && !f->is_many && !f->is_failed) {
		ids = text_of(&inner);
		if (ids != NULL)
			take_text(f, of_sessions, ids);
		f->is_failed |= ids == NULL;
	}
	free(inner.hits);
	free(ids);
	return is_part;
}

/* An incident outlives its sessions: those that name an address or a domain themselves count, too.
 */
static bool
incidents_by_client(struct found *f)
{
	if (!incidents_of(f, sessions_by_client))
		return false;
	if (!f->is_many)
		take_network(f, &incident_clients, &f->filter->client);
	return true;
}

static bool
incidents_by_server(struct found *f)
{
	if (f->filter->server.family == 0)
		return false;
	take_network(f, &incident_servers, &f->filter->server);
	return true;
}

/* By the index on outcomes and that on findings alone: even of many sessions few are in any. */
static bool
incidents_by_outcome(struct found *f)
{
	static const char many[] = "SELECT 1 FROM sessions WHERE outcome = ?1 LIMIT 1 OFFSET ?2";
	static const char of_outcome[] =
	    "SELECT DISTINCT g.incident_id FROM sessions s CROSS JOIN findings g"
	    " ON g.session_id = s.id WHERE s.outcome = ?1 LIMIT ?2";
	struct sql *q;

	if (f->filter->outcome == NULL)
		return false;
	q = sql_use(f->store->file, many);
	sql_put_text(q, f->filter->outcome);
	sql_put_int(q, OUTCOME_MAX);
	f->is_many = sql_row(q);
	f->is_failed |= !sql_end(q);
	if (!f->is_many && !f->is_failed)
		take_text(f, of_outcome, f->filter->outcome);
	return true;
}

static bool
incidents_by_domain(struct found *f)
{
	static const char named[] =
	    "SELECT i.id FROM domains d JOIN incidents i ON i.domain = d.name"
	    " WHERE " NARROW_DOMAIN("?1", "?2") " LIMIT ?3";
	struct sql *q;

	if (!incidents_of(f, sessions_by_domain))
		return false;
	if (f->is_many)
		return true;
	q = sql_use(f->store->file, named);
	narrow_put_domain(q, f->filter->domain);
	sql_put_int(q, GATHERED_MAX + 1);
	take_ids(f, q, false);
	return true;
}

static bool
incidents_by_kind(struct found *f)
{
	if (f->filter->kind == NULL)
		return false;
	take_text(f, "SELECT id FROM incidents WHERE kind = ?1 LIMIT ?2", f->filter->kind);
	return true;
}

static bool
incidents_by_severity(struct found *f)
{
	if (f->filter->severity == 0)
		return false;
	take_int(f, "SELECT id FROM incidents WHERE severity >= ?1 LIMIT ?2", f->filter->severity);
	return true;
}

static bool
incidents_by_state(struct found *f)
{
	if (f->filter->state == NULL)
		return false;
	take_text(f, "SELECT id FROM incidents WHERE state = ?1 LIMIT ?2", f->filter->state);
	return true;
}

/* How many parts the filter has of those that can be asked. */
static size_t
parts_of(const struct filter *f)
{
	return (size_t)(f->client.family != 0) + (f->server.family != 0) + (f->domain != NULL) +
	       (f->kind != NULL) + (f->state != NULL) + (f->severity != 0) + (f->outcome != NULL);
}

/* The list is the latest of all that began before an end, and no more is asked of them. */
static bool
is_end_alone(const struct filter *f)
{
	return parts_of(f) == 0 && f->limit > 0 && f->surge == 0;
}

/* By the index alone; going by time, nearly all begin after that end. */
static void
take_latest_begun(struct found *f)
{
	static const char many[] = "SELECT 1 FROM incidents INDEXED BY incidents_first"
				   " WHERE first_seen <= ?1 LIMIT 1 OFFSET ?2";
	static const char latest[] =
	    "SELECT id FROM incidents INDEXED BY incidents_first WHERE first_seen <= ?1"
	    " AND last_seen >= ?2 AND (?3 OR parent IS NULL)"
	    " ORDER BY last_seen DESC, id DESC LIMIT ?4";
	struct sql *q = sql_use(f->store->file, many);

	sql_put_int(q, f->filter->until);
	sql_put_int(q, BEGUN_MAX);
	f->is_many = sql_row(q);
	f->is_failed |= !sql_end(q);
	if (f->is_many || f->is_failed)
		return;
	q = sql_use(f->store->file, latest);
	sql_put_int(q, f->filter->until);
	sql_put_int(q, f->filter->since);
	sql_put_int(q, f->filter->with_parts);
	sql_put_int(q, f->filter->limit);
	take_ids(f, q, false);
}

static bool
incidents_by_begin(struct found *f)
{
	if (f->filter->until == INT64_MAX)
		return false;
	if (is_end_alone(f->filter))
		take_latest_begun(f);
	else
		take_int(f, "SELECT id FROM incidents WHERE first_seen <= ?1 LIMIT ?2",
			 f->filter->until);
	return true;
}

static int
by_id(const void *a, const void *b)
{
	int64_t x = ((const struct hit *)a)->id, y = ((const struct hit *)b)->id;

	return (x > y) - (x < y);
}

/* As sessions are listed: the latest first. */
static int
by_time(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return x->time != y->time ? (x->time < y->time) - (x->time > y->time) : by_id(b, a);
}

static void
sort(struct found *f, int (*order)(const void *a, const void *b))
{
	if (f->count > 1)
		qsort(f->hits, f->count, sizeof(*f->hits), order);
}

/* What both have. */
static void
intersect(struct found *held, struct found *other)
{
	size_t kept = 0, k = 0;

	sort(held, by_id);
	sort(other, by_id);
	for (size_t i = 0; i < held->count; i++) {
		while (k < other->count && other->hits[k].id < held->hits[i].id)
			k++;
		if (k < other->count && other->hits[k].id == held->hits[i].id)
			held->hits[kept++] = held->hits[i];
	}
	held->count = kept;
}

/* Of a filter with this part alone the list is the latest of it, as many as are wanted. */
static void
keep_latest(struct found *f)
{
	size_t limit = f->filter->limit <= 0 ? f->count : (size_t)f->filter->limit;

	if (!f->has_times || f->count <= limit)
		return;
	sort(f, by_time);
	f->count = limit;
}

/* What the parts looked at so far have in common: held, once has_held. */
struct search {
	struct found held, next;
	bool has_held;
	bool is_alone; /* the filter has one part */
	size_t few;
	int64_t until;
};

static bool
is_few(const struct search *h)
{
	return h->has_held && h->held.count <= h->few;
}

static void
look_at(struct search *h, source *part)
{
	struct found *next = h->has_held ? &h->next : &h->held;

	found_begin(next);
	if (!part(next) || next->is_failed)
		return;
	if (next->is_many) {
		/* by when what is wanted began at the latest */
		if (next->latest != INT64_MIN && next->latest < h->until)
			h->until = next->latest;
		return;
	}
	if (h->is_alone)
		keep_latest(next);
	if (h->has_held)
		intersect(&h->held, next);
	h->has_held = true;
}

static bool
narrow(struct store *s, const struct filter *filter, source *const *sources, size_t count,
       size_t few, struct narrow *out)
{
	size_t parts = parts_of(filter);
	size_t max = parts > 1 ? GATHERED_MAX : few;
	size_t max_timed = filter->limit > 0 ? GATHERED_MAX : max;
	const struct found nothing = {
	    .store = s, .filter = filter, .max = max, .max_timed = max_timed};
	struct search h = {.held = nothing,
			   .next = nothing,
			   .is_alone = parts == 1,
			   .few = few,
			   .until = INT64_MAX};
	bool is_good = true;

	*out = (struct narrow){0};
	for (size_t i = 0; is_good && !is_few(&h) && i < count; i++) {
		look_at(&h, sources[i]);
		is_good = !h.held.is_failed && !h.next.is_failed;
	}
	out->is_few = is_good && is_few(&h);
	out->until = h.until;
	if (out->is_few)
		out->ids = text_of(&h.held);
	is_good &= !out->is_few || out->ids != NULL;
	free(h.held.hits);
	free(h.next.hits);
	if (!is_good && !sql_failed(s->file))
		sql_fail(s->file, "no memory for the list");
	return is_good;
}

bool
narrow_sessions(struct store *s, const struct filter *f, struct narrow *out)
{
	static source *const sources[] = {
	    sessions_by_client, sessions_by_server,   sessions_by_domain, sessions_by_kind,
	    sessions_by_state,  sessions_by_severity, sessions_by_outcome};

	return narrow(s, f, sources, sizeof(sources) / sizeof(sources[0]), NARROW_FEW, out);
}

bool
narrow_incidents(struct store *s, const struct filter *f, struct narrow *out)
{
	static source *const sources[] = {
	    incidents_by_kind,   incidents_by_state,  incidents_by_begin,  incidents_by_severity,
	    incidents_by_server, incidents_by_client, incidents_by_domain, incidents_by_outcome};

	return narrow(s, f, sources, sizeof(sources) / sizeof(sources[0]), NARROW_FEW_INCIDENTS,
		      out);
}
