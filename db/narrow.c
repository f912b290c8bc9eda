/*
 * Each part of a filter that names an address or a domain is a source of ids.
 * Addresses are asked by name: those that there are within the range that the
 * network's text begins with are stepped through in the index, and those that
 * match are asked for. All else that a filter has is asked for by db/latest.h.
 */
#include "db/narrow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/latest.h"
#include "db/place.h"
#include "db/surge.h"

#define FEW_AT_ONCE                                                                               \
	(3000 / NARROW_PART) /* of places; each of them can be looked at, whatever the rest holds \
			      */
#define NAMES_MAX (1000 / NARROW_PART) /* addresses or domains looked at; more are many */
#define GATHERED_MAX \
	(150000 / NARROW_PART) /* ids of one part, where another may have few of them, too */

/* Rows walked before what is held is compared: in an index, at a tenth or less of what one of those
 * costs. */
#define STEPS_MAX (150000 / NARROW_PART)

/* The rows of one part. */
struct found {
	struct store *store;
	const struct filter *filter;
	const struct hits *within; /* none but these are wanted, which are by id; NULL: any */
	struct hits hits;
	size_t looked; /* rows, wanted or not; more than GATHERED_MAX are many */
	bool is_many, is_failed;
	int64_t latest; /* start of the latest session; INT64_MIN, INT64_MAX: not known */
};

/* All rows of a statement: an id, and where it has times when that was. */
static void
take_ids(struct found *f, struct sql *q, bool has_time)
{
	while (sql_row(q)) {
		struct hit hit = {.id = sql_take_int(q)};

		if (has_time)
			hit.time = sql_take_int(q);
		if (!has_time || hit.time > f->latest)
			f->latest = has_time ? hit.time : INT64_MAX;
		f->is_many |= f->looked++ >= GATHERED_MAX;
		if (f->is_many)
			break;
		if (f->within == NULL || hits_have(f->within, hit.id))
			f->is_failed |= !hits_add(&f->hits, hit);
	}
	f->is_failed |= !sql_end(q);
}

/* How to step through the values of a column, and what each has. */
struct column {
	const char *next; /* the least value above ?1 and below ?2 */
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
static const struct column incident_clients = {
    "SELECT min(client) FROM incidents WHERE client > ?1 AND client < ?2",
    "SELECT id FROM incidents WHERE client = ?1 LIMIT ?2",
    false,
};
/* A network is told as the address that it begins with, and a length. */
static const struct column incident_networks = {
    "SELECT min(client_net) FROM incidents WHERE client_net > ?1 AND client_net < ?2",
    "SELECT id FROM incidents WHERE client_net = ?1 LIMIT ?2",
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

/* An address, or a network of clients by that which it begins with. */
static bool
is_within(const struct network *n, const char *text)
{
	char address[ADDRESS_RANGE_MAX];

	snprintf(address, sizeof(address), "%s", text);
	address[strcspn(address, "/")] = '\0';
	return network_holds(n, address);
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
		if (is_within(n, address))
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

/* Each is looked up, whatever it has. */
static bool
has_many_domains(struct found *f)
{
	static const char many[] =
	    "SELECT 1 FROM domains d WHERE " NARROW_DOMAIN("?1", "?2") " LIMIT 1 OFFSET ?3";
	struct sql *q = sql_use(f->store->file, many);
	bool is_many;

	narrow_put_domain(q, f->filter->domain);
	sql_put_int(q, NAMES_MAX);
	is_many = sql_row(q);
	f->is_failed |= !sql_end(q);
	return is_many;
}

static bool
sessions_by_domain(struct found *f)
{
	static const char by_domain[] =
	    "SELECT m.session_id, m.start FROM domains d CROSS JOIN mentions m"
	    " ON m.domain_id = d.id WHERE " NARROW_DOMAIN(
		"?1", "?2") " AND m.start >= ?3 AND m.start <= ?4 LIMIT ?5";
	struct sql *q;

	if (f->filter->domain == NULL)
		return false;
	f->is_many = has_many_domains(f);
	if (f->is_many || f->is_failed)
		return true;
	q = sql_use(f->store->file, by_domain);
	narrow_put_domain(q, f->filter->domain);
	sql_put_int(q, f->filter->since);
	sql_put_int(q, f->filter->until);
	sql_put_int(q, GATHERED_MAX + 1);
	take_ids(f, q, true);
	f->latest = INT64_MAX; /* those of several domains come in no order */
	return true;
}

/* One source after the other: what it has, where that is not too much. False where it is no part of
 * the filter. */
typedef bool source(struct found *f);

static struct found
found_begin(const struct found *like)
{
	return (struct found){.store = like->store, .filter = like->filter, .latest = INT64_MIN};
}

/* The incidents of sessions, where those are not too many: mostly a few of them are in any. */
static bool
incidents_of(struct found *f, source *sessions)
{
	static const char of_sessions[] =
	    "SELECT DISTINCT incident_id FROM findings WHERE session_id IN"
	    " (SELECT value FROM json_each(?1)) LIMIT ?2";
	struct filter any_time = *f->filter;
	struct found inner = found_begin(f);
	char *ids = NULL;
	bool is_part;

	any_time.since = INT64_MIN;
	any_time.until = INT64_MAX;
	inner.filter = &any_time;
	is_part = sessions(&inner);
	f->is_many |= inner.is_many;
	f->is_failed |= inner.is_failed;
	if (is_part && !f->is_many && !f->is_failed) {
		ids = hits_text(&inner.hits);
		if (ids != NULL)
			take_text(f, of_sessions, ids);
		f->is_failed |= ids == NULL;
	}
	hits_free(&inner.hits);
	free(ids);
	return is_part;
}

/* Of one that sums up a surge the clients are of any network. */
static void
take_surges(struct found *f)
{
	struct sql *q =
	    sql_use(f->store->file,
		    "SELECT id FROM incidents i WHERE client_net = '' AND " INCIDENT_IN_PLACE(
			"i", "?1", "NULL", "NULL"));

	sql_put_network(q, &f->filter->client);
	take_ids(f, q, false);
}

/* An incident outlives its sessions: those that name an address or a domain themselves count, too.
 */
static bool
incidents_by_client(struct found *f)
{
	const struct network *client = &f->filter->client;

	if (client->family != 0 && !network_tells_clients_apart(client)) {
		take_network(f, &incident_networks, client);
		if (!f->is_many)
			take_surges(f);
		return true;
	}
	if (!incidents_of(f, sessions_by_client))
		return false;
	if (!f->is_many)
		take_network(f, &incident_clients, client);
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
incidents_by_surge(struct found *f)
{
	struct sql *q;

	if (f->filter->surge == 0)
		return false;
	q = sql_use(f->store->file,
		    "SELECT id FROM incidents WHERE id <> ?1 AND id IN " SURGE_DOWN);
	sql_put_int(q, f->filter->surge);
	take_ids(f, q, false);
	return true;
}

/* ---- All of a filter ---- */

/* How rows of a table are found. */
struct way {
	source *const *places;
	size_t place_count;
	/* By the rest of the filter; NULL: it has none that rows are found by. */
	bool (*latest)(struct store *s, const struct filter *f, struct latest_of *how,
		       struct hits *out);
	bool has_times; /* what places have is told with the time that it is listed by */
	size_t few;
};

/* What the places looked at so far have in common: held, once has_held. */
struct search {
	struct found held;
	bool has_held;
	bool has_many; /* a place has too many: rows have to be compared with it */
	bool is_done;  /* held is the list, but for rows that the rest of the filter has not */
	int64_t until;
};

static void
look_at(struct search *h, source *place)
{
	struct found next = found_begin(&h->held);

	if (h->has_held)
		hits_by_id(&h->held.hits);
	next.within = h->has_held ? &h->held.hits : NULL;
	if (!place(&next))
		return;
	if (next.is_many || next.is_failed) {
		h->has_many = true;
		h->held.is_failed |= next.is_failed;
		/* by when what is wanted began at the latest */
		if (next.latest != INT64_MIN && next.latest < h->until)
			h->until = next.latest;
		hits_free(&next.hits);
		return;
	}
	hits_free(&h->held.hits);
	h->held = next;
	h->has_held = true;
}

static void
look_at_places(struct search *h, const struct way *way)
{
	for (size_t i = 0; !h->held.is_failed && !h->is_done && i < way->place_count; i++) {
		look_at(h, way->places[i]);
		h->is_done = h->has_held && h->held.hits.count <= FEW_AT_ONCE;
	}
}

/* What the rest of the filter has, where that is few: places need not be asked for. Whether it is,
 * is told by as many steps. */
static void
look_at_rest(struct search *h, const struct way *way)
{
	struct latest_of how = {.most = FEW_AT_ONCE + 1, .steps = FEW_AT_ONCE + 1};

	h->held.is_failed |= !way->latest(h->held.store, h->held.filter, &how, &h->held.hits);
	h->is_done = !how.is_cut && h->held.hits.count <= FEW_AT_ONCE;
	if (!h->is_done)
		h->held.hits.count = 0;
}

/* The latest of what the rest of the filter has, and all places: as many as are listed. Left as it
 * is where that takes more than so many steps; 0: it may take any. */
static void
look_at_latest(struct search *h, const struct way *way, size_t steps)
{
	const struct filter *f = h->held.filter;
	struct latest_of how = {.most = f->limit > 0 ? (size_t)f->limit : way->few + 1,
				.has_places = h->has_many,
				.steps = steps};
	struct hits hits = {0};

	if (h->has_held) {
		hits_by_id(&h->held.hits);
		how.within = &h->held.hits;
	}
	h->held.is_failed |= !way->latest(h->held.store, f, &how, &hits);
	if (how.is_cut) {
		hits_free(&hits);
		return;
	}
	h->is_done = f->limit > 0 || hits.count <= way->few;
	hits_free(&h->held.hits);
	h->held.hits = hits;
}

/* Held is what places have in common: sessions, by their start. The latest of them are compared
 * with the filter one by one, which is done where as many are found as are listed. */
static void
look_at_held(struct search *h)
{
	const struct filter *f = h->held.filter;
	const struct latest_of how = {.most = (size_t)f->limit, .has_places = h->has_many};
	struct hits latest = {0};

	hits_cut(&h->held.hits, SIZE_MAX);
	for (size_t i = 0; i < h->held.hits.count && !h->held.is_failed; i++)
		h->held.is_failed |= !hits_add(&latest, h->held.hits.all[i]);
	h->held.is_failed |= !latest_compared(h->held.store, f, &how, &latest, &h->is_done);
	if (h->is_done) {
		hits_free(&h->held.hits);
		h->held.hits = latest;
	} else {
		hits_free(&latest);
	}
}

static bool
has_places(const struct filter *f)
{
	return f->client.family != 0 || f->server.family != 0 || f->domain != NULL || f->surge != 0;
}

static bool
is_going_on(const struct search *h)
{
	return !h->is_done && !h->held.is_failed;
}

/* Few of what is held may be in the rest, or few of the rest in what is held: each is tried for a
 * while, the cheaper first. */
static void
look_further(struct search *h, const struct way *way)
{
	const bool can_compare = h->has_held && way->has_times && h->held.filter->limit > 0;

	if (can_compare && way->latest != NULL)
		look_at_latest(h, way, STEPS_MAX);
	if (can_compare && is_going_on(h))
		look_at_held(h);
	if (is_going_on(h) && way->latest != NULL)
		look_at_latest(h, way, 0);
	else if (is_going_on(h) && h->has_held)
		h->is_done = h->held.hits.count <= way->few;
}

static bool
narrow(struct store *s, const struct filter *filter, const struct way *way, struct narrow *out)
{
	struct search h = {.held = {.store = s, .filter = filter}, .until = INT64_MAX};
	bool is_good;

	*out = (struct narrow){0};
	if (way->latest != NULL && has_places(filter))
		look_at_rest(&h, way);
	if (is_going_on(&h))
		look_at_places(&h, way);
	if (is_going_on(&h))
		look_further(&h, way);
	is_good = !h.held.is_failed;
	out->is_few = is_good && h.is_done;
	out->until = h.until;
	if (out->is_few)
		out->ids = hits_text(&h.held.hits);
	is_good &= !out->is_few || out->ids != NULL;
	hits_free(&h.held.hits);
	if (!is_good && !sql_failed(s->file))
		sql_fail(s->file, "no memory for the list");
	return is_good;
}

bool
narrow_sessions(struct store *s, const struct filter *f, struct narrow *out)
{
	static source *const places[] = {sessions_by_client, sessions_by_server,
					 sessions_by_domain};
	const struct way way = {.places = places,
				.place_count = sizeof(places) / sizeof(places[0]),
				.latest = latest_is_of_sessions(f) ? latest_sessions : NULL,
				.has_times = true,
				.few = NARROW_FEW};

	return narrow(s, f, &way, out);
}

bool
narrow_incidents(struct store *s, const struct filter *f, struct narrow *out)
{
	static source *const places[] = {incidents_by_surge, incidents_by_server,
					 incidents_by_client, incidents_by_domain};
	const struct way way = {.places = places,
				.place_count = sizeof(places) / sizeof(places[0]),
				.latest = latest_incidents,
				.few = NARROW_FEW_INCIDENTS};

	return narrow(s, f, &way, out);
}
