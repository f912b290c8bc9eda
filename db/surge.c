/*
 * A parent is found by its key, like any incident: '' stands for what differs.
 * So there is one for each client network, one for each server and one for all,
 * of each kind, and a surge that comes again is the same incident.
 */
#include "db/surge.h"

#include <string.h>

#include "db/outcome.h"

/* What the children have in common. */
enum axis { AXIS_NETWORK, AXIS_SERVER, AXIS_NEITHER, AXES };

static bool
is_possible(enum axis axis, const struct finding_row *finding)
{
	if (axis == AXIS_NEITHER)
		return finding->is_of_path && finding->severity >= RANK_WARNING;
	/* What alarms nobody is ordinary, and ordinary things are many. */
	return finding->severity >= RANK_NOTICE;
}

/* The parameters ?1 to ?7 of the statements about one axis: a parent's key, and what fits it. */
static void
put_axis(struct sql *q, enum axis axis, const struct session_row *row,
	 const struct finding_row *finding)
{
	sql_put_text(q, axis == AXIS_SERVER ? row->server : "");
	sql_put_int(q, axis == AXIS_SERVER ? row->server_port : 0);
	sql_put_text(q, axis == AXIS_NETWORK ? row->client_net : "");
	sql_put_text(q, finding->kind);
	sql_put_int(q, row->start - SURGE_WINDOW);
	sql_put_int(q, row->start + SURGE_WINDOW);
	sql_put_text(q, finding->where);
}

/* One cause for many servers and many networks is on one side. */
#define IS_NEAR "last_seen >= ?5 AND first_seen <= ?6 AND (?1 || ?3 <> '' OR \"where\" = ?7)"

static const char find_parent[] =
    "SELECT id, state = 'closed', " IS_NEAR ", (SELECT count(*) FROM incidents c WHERE c.parent ="
    " i.id) FROM incidents i WHERE server = ?1 AND server_port = ?2 AND client_net = ?3 AND"
    " kind = ?4 AND domain = ''";

/* A parent as it stands. */
struct parent {
	int64_t id; /* 0: there is none */
	bool is_closed;
	bool is_near; /* it was seen within the hour, and fits */
	int64_t children;
};

static bool
find(struct store *s, enum axis axis, const struct session_row *row,
     const struct finding_row *finding, struct parent *out)
{
	struct sql *q = sql_use(s->file, find_parent);

	*out = (struct parent){0};
	put_axis(q, axis, row, finding);
	if (sql_row(q)) {
		out->id = sql_take_int(q);
		out->is_closed = sql_take_int(q) != 0;
		out->is_near = sql_take_int(q) != 0;
		out->children = sql_take_int(q);
	}
	return sql_end(q);
}

/* The narrowest surge under way that the finding fits; its id is 0 where there is none. */
static bool
find_under_way(struct store *s, const struct session_row *row, const struct finding_row *finding,
	       struct parent *out)
{
	*out = (struct parent){0};
	for (enum axis axis = 0; axis < AXES; axis++) {
		if (!is_possible(axis, finding))
			continue;
		if (!find(s, axis, row, finding, out))
			return false;
		if (out->id != 0 && out->is_near && !out->is_closed)
			return true;
	}
	out->id = 0;
	return true;
}

bool
surge_find_full(struct store *s, const struct session_row *row, const struct finding_row *finding,
		int64_t *id)
{
	struct parent parent;

	*id = 0;
	if (!find_under_way(s, row, finding, &parent))
		return false;
	if (parent.children >= SURGE_CHILDREN)
		*id = parent.id;
	return true;
}

/* Count anew, after children came. */
static const char recount[] =
    "UPDATE incidents SET sessions = pruned + n + (SELECT count(*) FROM findings WHERE incident_id"
    " = ?1), first_seen = iif(sessions = 0, c.first, min(incidents.first_seen, c.first)),"
    " last_seen = iif(sessions = 0, c.last, max(incidents.last_seen, c.last)),"
    " severity = max(incidents.severity, c.gravest), certainty = max(incidents.certainty,"
    " c.surest), \"where\" = iif(c.sides = 1, c.side, 'unknown') FROM (SELECT sum(sessions) AS n,"
    " min(first_seen) AS first, max(last_seen) AS last,"
    " max(iif(state = 'closed', 0, severity)) AS gravest,"
    " max(iif(state = 'closed', 0, certainty)) AS surest, count(DISTINCT \"where\") AS sides,"
    " max(\"where\") AS side FROM incidents WHERE parent = ?1) c WHERE id = ?1 AND c.n IS NOT NULL";
static const char respan[] =
    "UPDATE incidents SET span = " SPAN_OF("last_seen", "first_seen") " WHERE id = ?1";
static const char find_wider[] = "SELECT parent FROM incidents WHERE id = ?1";

/* That one, and what it is part of. */
static bool
count_anew(struct store *s, int64_t id)
{
	while (id != 0) {
		struct sql *q = sql_use(s->file, recount);

		sql_put_int(q, id);
		if (!sql_run(q))
			return false;
		q = sql_use(s->file, respan);
		sql_put_int(q, id);
		if (!sql_run(q))
			return false;
		q = sql_use(s->file, find_wider);
		sql_put_int(q, id);
		id = sql_int(q, 0);
	}
	return !sql_failed(s->file);
}

/* How an incident is bound up in surges. */
struct place {
	int64_t parent;    /* 0: none */
	int64_t told;      /* the widest that is not closed, be it itself; 0: none */
	int64_t severity;  /* of that one */
	bool is_in_widest; /* ... which is one of many servers and many networks */
};

static const char find_place[] =
    "SELECT (SELECT parent FROM incidents WHERE id = ?1), id, severity, server = '' AND client_net"
    " = '' FROM incidents WHERE id IN " SURGE_UP " AND (server = '' OR client_net = '') AND state"
    " <> 'closed' ORDER BY server = '' AND client_net = '' DESC LIMIT 1";

static bool
find_place_of(struct store *s, int64_t incident, struct place *out)
{
	struct sql *q = sql_use(s->file, find_place);

	*out = (struct place){0};
	sql_put_int(q, incident);
	if (sql_row(q)) {
		out->parent = sql_take_int(q);
		out->told = sql_take_int(q);
		out->severity = sql_take_int(q);
		out->is_in_widest = sql_take_int(q) != 0;
	}
	return sql_end(q);
}

/* An acknowledged surge is not news by another key. */
static const char take_one[] =
    "UPDATE incidents SET parent = ?2, state = iif(state = 'open', (SELECT p.state FROM incidents p"
    " WHERE p.id = ?2), state) WHERE id = ?1";

static bool
take(struct store *s, int64_t parent, const struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, take_one);

	sql_put_int(q, finding->incident_id);
	sql_put_int(q, parent);
	return sql_run(q) && count_anew(s, parent);
}

/* Incidents opened within the hour, each of a key of its own, that no surge has taken. */
#define FITS                                                                                       \
	"kind = ?4 AND opened BETWEEN ?5 AND ?6 AND parent IS NULL AND severity >= 1 AND state <>" \
	" 'closed' AND server <> '' AND client_net <> '' AND mute_id IS NULL"
#define FITS_WIDELY \
	"kind = ?4 AND severity >= 2 AND state <> 'closed' AND \"where\" = ?7 AND mute_id IS NULL"

static const char count_of_network[] =
    "SELECT count(*) > ?8 FROM (SELECT 1 FROM incidents WHERE client_net = ?3 AND " FITS
    " LIMIT ?8 + 1)";
static const char count_of_server[] =
    "SELECT count(*) > ?8 FROM (SELECT 1 FROM incidents WHERE server = ?1 AND server_port = ?2 AND"
    " " FITS " LIMIT ?8 + 1)";
static const char count_of_both[] =
    "SELECT count(DISTINCT server || ' ' || server_port) > ?8 AND count(DISTINCT client_net) > ?8"
    " FROM incidents WHERE " FITS_WIDELY " AND opened BETWEEN ?5 AND ?6 AND server <> '' AND"
    " client_net <> ''";

static const char adopt_of_network[] =
    "UPDATE incidents SET parent = ?8, state = iif(state = 'open', ?9, state) WHERE client_net ="
    " ?3 AND " FITS;
static const char adopt_of_server[] =
    "UPDATE incidents SET parent = ?8, state = iif(state = 'open', ?9, state) WHERE server = ?1"
    " AND server_port = ?2 AND " FITS;
/* Narrower surges come whole. */
static const char adopt_of_both[] =
    "UPDATE incidents SET parent = ?8, state = iif(state = 'open', ?9, state) WHERE " FITS_WIDELY
    " AND parent IS NULL AND id <> ?8 AND iif(server <> '' AND client_net <> '', opened BETWEEN ?5"
    " AND ?6, last_seen >= ?5 AND first_seen <= ?6)";

static const struct {
	const char *count, *adopt;
} statements[AXES] = {
    [AXIS_NETWORK] = {count_of_network, adopt_of_network},
    [AXIS_SERVER] = {count_of_server, adopt_of_server},
    [AXIS_NEITHER] = {count_of_both, adopt_of_both},
};

static const char open_parent[] =
    "INSERT INTO incidents (server, server_port, client_net, kind, opened, domain, sensor_id,"
    " service, client, severity, certainty, state, first_seen, last_seen, sessions, pruned,"
    " \"where\", summary, refuted_by) VALUES (?1, ?2, ?3, ?4, ?8, '', ?9, ?10, ?11, ?12, ?13,"
    " 'open', ?8, ?8, 0, 0, ?7, ?14, ?15)";

static bool
open_new(struct store *s, enum axis axis, const struct session_row *row,
	 const struct finding_row *finding, int64_t *id)
{
	struct sql *q = sql_use(s->file, open_parent);

	put_axis(q, axis, row, finding);
	sql_put_int(q, row->start);
	sql_put_int(q, row->sensor_id);
	sql_put_text(q, row->service);
	sql_put_text(q, axis == AXIS_NETWORK ? row->client : "");
	sql_put_int(q, finding->severity);
	sql_put_int(q, finding->certainty);
	sql_put_text(q, finding->title);
	sql_put_text(q, finding->refuted_by);
	if (!sql_run(q))
		return false;
	*id = sql_last_id(s->file);
	return true;
}

static const char reopen[] = "UPDATE incidents SET state = 'open', severity = ?2, certainty = ?3,"
			     " opened = ?4 WHERE id = ?1";

static bool
reopen_one(struct store *s, const struct session_row *row, const struct finding_row *finding,
	   int64_t id)
{
	struct sql *q = sql_use(s->file, reopen);

	sql_put_int(q, id);
	sql_put_int(q, finding->severity);
	sql_put_int(q, finding->certainty);
	sql_put_int(q, row->start);
	return sql_run(q) && surge_leave_closed(s, id);
}

static const char read_state[] = "SELECT state FROM incidents WHERE id = ?1";

/* All that fits becomes part of it. */
static bool
adopt(struct store *s, enum axis axis, const struct session_row *row,
      const struct finding_row *finding, int64_t parent)
{
	struct sql *q = sql_use(s->file, read_state);
	bool is_acked = false;

	sql_put_int(q, parent);
	if (sql_row(q))
		is_acked = strcmp(sql_take_text(q), "acked") == 0;
	if (!sql_end(q))
		return false;
	q = sql_use(s->file, statements[axis].adopt);
	put_axis(q, axis, row, finding);
	sql_put_int(q, parent);
	sql_put_text(q, is_acked ? "acked" : "open");
	return sql_run(q) && count_anew(s, parent);
}

/* The parent is told already: it is news where something that it takes in is graver than it was. */
static bool
adopt_more(struct store *s, enum axis axis, const struct session_row *row,
	   struct finding_row *finding, int64_t parent, enum incident_event *event)
{
	struct place before, after;

	if (!find_place_of(s, parent, &before) || !adopt(s, axis, row, finding, parent) ||
	    !find_place_of(s, parent, &after))
		return false;
	finding->surge_before = (enum severity_rank)before.severity;
	*event = after.severity > before.severity ? INCIDENT_RAISED : INCIDENT_TOUCHED;
	return true;
}

/* Many are there along this axis: there is a parent now. *event: what that is to it. */
static bool
begin(struct store *s, enum axis axis, const struct session_row *row, struct finding_row *finding,
      enum incident_event *event)
{
	struct parent parent;

	if (!find(s, axis, row, finding, &parent))
		return false;
	if (parent.id == 0) {
		*event = INCIDENT_OPENED;
		if (!open_new(s, axis, row, finding, &parent.id))
			return false;
	} else if (parent.is_closed) {
		*event = INCIDENT_REOPENED;
		if (!reopen_one(s, row, finding, parent.id))
			return false;
	} else {
		return adopt_more(s, axis, row, finding, parent.id, event);
	}
	return adopt(s, axis, row, finding, parent.id);
}

static const char is_of_side[] =
    "SELECT \"where\" = ?2 AND severity >= 2 FROM incidents WHERE id = ?1";

/*
 * Whether one of many servers and many networks would take it in: FITS_WIDELY. Else what becomes
 * of that one is no news of the incident, which is told by itself or with what it is part of.
 */
static bool
fits_widely(struct store *s, int64_t id, const struct finding_row *finding, bool *out)
{
	struct sql *q = sql_use(s->file, is_of_side);
	int64_t is_one;

	sql_put_int(q, id);
	sql_put_text(q, finding->where);
	is_one = sql_int(q, -1);
	*out = is_one > 0;
	return is_one >= 0;
}

/* See whether the incident makes a surge with others along one axis. */
static bool
look(struct store *s, enum axis axis, const struct session_row *row, struct finding_row *finding,
     enum incident_event *event)
{
	struct place place;
	struct sql *q;
	int64_t is_many;
	bool fits = true;

	if (!is_possible(axis, finding))
		return true;
	if (!find_place_of(s, finding->incident_id, &place))
		return false;
	if (axis == AXIS_NEITHER ? place.is_in_widest : place.told != 0)
		return true;
	if (axis == AXIS_NEITHER &&
	    !fits_widely(s, place.told != 0 ? place.told : finding->incident_id, finding, &fits))
		return false;
	if (!fits)
		return true;
	q = sql_use(s->file, statements[axis].count);
	put_axis(q, axis, row, finding);
	sql_put_int(q, SURGE_KEYS);
	is_many = sql_int(q, -1);
	return is_many < 0 ? false : is_many == 0 || begin(s, axis, row, finding, event);
}

/* What a finding of that severity is to a surge that is told already. */
static enum incident_event
event_of(const struct place *told, const struct finding_row *finding)
{
	return (int64_t)finding->severity > told->severity ? INCIDENT_RAISED : INCIDENT_TOUCHED;
}

static bool
take_under_way(struct store *s, const struct session_row *row, struct finding_row *finding,
	       enum incident_event *event)
{
	struct parent parent;
	struct place place;

	if (!find_under_way(s, row, finding, &parent))
		return false;
	if (parent.id == 0)
		return true;
	if (!find_place_of(s, parent.id, &place))
		return false;
	*event = event_of(&place, finding);
	finding->surge_before = (enum severity_rank)place.severity;
	return take(s, parent.id, finding);
}

/* The incident is news: of a surge under way, or of one that begins, or by itself. */
static bool
place_anew(struct store *s, const struct session_row *row, struct finding_row *finding,
	   enum incident_event *event)
{
	struct place place;

	if (!surge_leave_closed(s, finding->incident_id) ||
	    !find_place_of(s, finding->incident_id, &place))
		return false;
	if (place.told == 0 && !take_under_way(s, row, finding, event))
		return false;
	for (enum axis axis = 0; axis < AXES; axis++)
		if (!look(s, axis, row, finding, event))
			return false;
	return true;
}

static const char raise[] = "UPDATE incidents SET severity = ?2 WHERE id IN " SURGE_UP
			    " AND state <> 'closed' AND severity < ?2";

static bool
raise_all(struct store *s, const struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, raise);

	sql_put_int(q, finding->incident_id);
	sql_put_int(q, finding->severity);
	return sql_run(q);
}

bool
surge_settle(struct store *s, const struct session_row *row, struct finding_row *finding)
{
	enum incident_event event = INCIDENT_TOUCHED;
	struct place place;

	/* What is ordinary is most of what there is. */
	if (finding->event == INCIDENT_OPENED && finding->severity < RANK_NOTICE)
		return true;
	if ((finding->event == INCIDENT_OPENED || finding->event == INCIDENT_REOPENED ||
	     finding->event == INCIDENT_RAISED) &&
	    !place_anew(s, row, finding, &event))
		return false;
	if (!find_place_of(s, finding->incident_id, &place) || !raise_all(s, finding))
		return false;
	/* What joined a surge itself has raised it already. */
	if (place.told == finding->incident_id && finding->event == INCIDENT_RAISED) {
		event = INCIDENT_RAISED;
		finding->surge_before = finding->before;
	} else if (event == INCIDENT_TOUCHED) {
		event = event_of(&place, finding);
		finding->surge_before = (enum severity_rank)place.severity;
	}
	finding->surge_severity = (int64_t)finding->severity > place.severity
				      ? finding->severity
				      : (enum severity_rank)place.severity;
	if (event == INCIDENT_TOUCHED && finding->event == INCIDENT_UNTOUCHED)
		event = INCIDENT_UNTOUCHED;
	finding->surge_id = place.told;
	finding->surge_event = event;
	return true;
}

/* The incidents that ?1 is part of. */
#define ABOVE "id IN " SURGE_UP " AND id <> ?1"

static const char is_above_closed[] =
    "SELECT EXISTS (SELECT 1 FROM incidents WHERE " ABOVE " AND state = 'closed')";
static const char count_out[] = "UPDATE incidents SET sessions = sessions - (SELECT c.sessions FROM"
				" incidents c WHERE c.id = ?1) WHERE " ABOVE;
static const char cut_loose[] = "UPDATE incidents SET parent = NULL WHERE id = ?1";

bool
surge_leave_closed(struct store *s, int64_t incident)
{
	static const char *const steps[] = {count_out, cut_loose};
	struct sql *q = sql_use(s->file, is_above_closed);
	int64_t is_closed;

	sql_put_int(q, incident);
	is_closed = sql_int(q, -1);
	for (size_t i = 0; is_closed > 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
		q = sql_use(s->file, steps[i]);
		sql_put_int(q, incident);
		if (!sql_run(q))
			return false;
	}
	return is_closed >= 0;
}
