#include "db/join.h"

#include <string.h>

#include "db/outcome.h"
#include "db/surge.h"

/* What an incident is now, before a finding joins. */
struct standing {
	int64_t id;
	int64_t severity, certainty;
	bool is_closed, has_key; /* has_key: its domain is the row's */
	int64_t sessions, first_seen, last_seen;
	bool has_outcome; /* some session in it has the row's */
	bool is_part;     /* of a surge, or one itself */
	bool is_muted;
};

static const char find_by_key[] =
    "SELECT id, severity, certainty, state = 'closed', 1, sessions, first_seen, last_seen, "
    "outcomes & " OUTCOME_BIT(
	"?6") ", parent IS NOT NULL, mute_id IS NOT NULL FROM incidents WHERE server = ?1"
	      " AND server_port = ?2 AND client_net = ?3 AND kind = ?4 AND domain = ?5";
/* Any key is that of a surge that is joined itself. */
#define IS_SURGE "(server = '' OR client_net = '')"
static const char find_by_id[] =
    "SELECT id, severity, certainty, state = 'closed', domain = ?2 OR " IS_SURGE ", sessions,"
    " first_seen, last_seen, outcomes & " OUTCOME_BIT(
	"?3") ", parent IS NOT NULL OR " IS_SURGE
	      ", mute_id IS NOT NULL FROM incidents WHERE id = ?1";

/* id is 0 where there is none. */
static bool
take_standing(struct sql *q, struct standing *out)
{
	*out = (struct standing){0};
	if (sql_row(q)) {
		out->id = sql_take_int(q);
		out->severity = sql_take_int(q);
		out->certainty = sql_take_int(q);
		out->is_closed = sql_take_int(q) != 0;
		out->has_key = sql_take_int(q) != 0;
		out->sessions = sql_take_int(q);
		out->first_seen = sql_take_int(q);
		out->last_seen = sql_take_int(q);
		out->has_outcome = sql_take_int(q) != 0;
		out->is_part = sql_take_int(q) != 0;
		out->is_muted = sql_take_int(q) != 0;
	}
	return sql_end(q);
}

static bool
find(struct store *s, const struct session_row *row, const struct finding_row *finding,
     struct standing *out)
{
	struct sql *q = sql_use(s->file, find_by_key);

	sql_put_text(q, row->server);
	sql_put_int(q, row->server_port);
	sql_put_text(q, row->client_net);
	sql_put_text(q, finding->kind);
	sql_put_text(q, row->domain);
	sql_put_text(q, row->outcome);
	return take_standing(q, out);
}

static bool
find_one(struct store *s, int64_t id, const struct session_row *row, struct standing *out)
{
	struct sql *q = sql_use(s->file, find_by_id);

	sql_put_int(q, id);
	sql_put_text(q, row->domain);
	sql_put_text(q, row->outcome);
	return take_standing(q, out);
}

static const char open_incident[] =
    "INSERT INTO incidents (kind, server, server_port, client_net, domain, sensor_id, service,"
    " client, severity, certainty, state, first_seen, last_seen, sessions, pruned, \"where\","
    " summary, refuted_by, opened, mute_id, outcomes, span) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
    " ?9, ?10, 'open', ?11, ?12, 1, 0, ?13, ?14, ?15, ?11, nullif(?16, 0), " OUTCOME_BIT(
	"?17") ","
	       " " SPAN_OF("?12", "?11") ")";

static bool
open_new(struct store *s, const struct session_row *row, struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, open_incident);

	sql_put_text(q, finding->kind);
	sql_put_text(q, row->server);
	sql_put_int(q, row->server_port);
	sql_put_text(q, row->client_net);
	sql_put_text(q, row->domain);
	sql_put_int(q, row->sensor_id);
	sql_put_text(q, row->service);
	sql_put_text(q, row->client);
	sql_put_int(q, finding->severity);
	sql_put_int(q, finding->certainty);
	sql_put_int(q, row->start);
	sql_put_int(q, row->end);
	sql_put_text(q, finding->where);
	sql_put_text(q, finding->summary);
	sql_put_text(q, finding->refuted_by);
	sql_put_int(q, finding->mute_id);
	sql_put_text(q, row->outcome);
	finding->event = INCIDENT_OPENED;
	if (!sql_run(q))
		return false;
	finding->incident_id = sql_last_id(s->file);
	return true;
}

/* Whether an incident may be raised by it: not one that is in force by a finding that is muted. */
static bool
is_heard(const struct standing *now, const struct finding_row *finding)
{
	return finding->mute_id == 0 || now->is_muted;
}

#define TOUCH                                                                               \
	"UPDATE incidents SET last_seen = max(last_seen, ?3), sessions = sessions + ?4,"    \
	" certainty = max(certainty, ?5), mute_id = iif(mute_id IS NULL, NULL, nullif(?6, " \
	"0))"
#define TOUCH_WHOLLY                                                                    \
	TOUCH ", first_seen = min(first_seen, ?2), span = " SPAN_OF(                    \
	    "max(last_seen, ?3)", "min(first_seen, ?2)") ", outcomes = outcomes | iif(" \
							 "id = ?1, " OUTCOME_BIT("?7") ", 0)"

/* Indexes that hold what stays as it is are not written. */
static const char touch_lightly[] = TOUCH " WHERE id = ?1";
static const char touch[] = TOUCH_WHOLLY " WHERE id = ?1";
/* What it is part of counts it, too. */
static const char touch_all[] = TOUCH_WHOLLY " WHERE id IN " SURGE_UP;

/* As SPAN_OF has it. */
static int
span_of(int64_t last, int64_t first)
{
	int digits = 1;

	for (int64_t rest = (last - first) / 60000000; rest >= 8; rest /= 8)
		digits++;
	return digits;
}

static const char *
touch_of(const struct session_row *row, const struct standing *now)
{
	const int64_t last = row->end > now->last_seen ? row->end : now->last_seen;

	if (now->is_part)
		return touch_all;
	if (now->has_outcome && row->start >= now->first_seen &&
	    span_of(last, now->first_seen) == span_of(now->last_seen, now->first_seen))
		return touch_lightly;
	return touch;
}

static bool
touch_one(struct store *s, const struct session_row *row, const struct finding_row *finding,
	  const struct standing *now, int count)
{
	const char *how = touch_of(row, now);
	struct sql *q = sql_use(s->file, how);

	sql_put_int(q, finding->incident_id);
	sql_put_int(q, row->start);
	sql_put_int(q, row->end);
	sql_put_int(q, count);
	sql_put_int(q, is_heard(now, finding) ? finding->certainty : RANK_POSSIBLE);
	sql_put_int(q, finding->mute_id);
	if (how != touch_lightly)
		sql_put_text(q, row->outcome);
	return sql_run(q);
}

/* The sentence is that of the gravest finding; a side once known is not lost. */
static const char raise[] =
    "UPDATE incidents SET severity = ?2, summary = iif(" IS_SURGE ", summary, ?3), refuted_by = ?4,"
    " \"where\" = iif(?5 = 'unknown', \"where\", ?5), opened = ?6 WHERE id = ?1";

static bool
raise_one(struct store *s, const struct session_row *row, const struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, raise);

	sql_put_int(q, finding->incident_id);
	sql_put_int(q, finding->severity);
	sql_put_text(q, finding->summary);
	sql_put_text(q, finding->refuted_by);
	sql_put_text(q, finding->where);
	sql_put_int(q, row->start);
	return sql_run(q);
}

/* The note of an incident that is left by its last session after somebody was told of it. */
#define WITHDRAWN \
	"'withdrawn: the session that it was of is judged another way since more of it is known'"

static const char reopen[] = "UPDATE incidents SET state = 'open', certainty = ?2, note ="
			     " nullif(note, " WITHDRAWN ") WHERE id = ?1";

static bool
reopen_one(struct store *s, const struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, reopen);

	sql_put_int(q, finding->incident_id);
	sql_put_int(q, finding->certainty);
	return sql_run(q);
}

static bool
join(struct store *s, const struct session_row *row, struct finding_row *finding,
     const struct standing *now, int count)
{
	bool is_heard_of = is_heard(now, finding);
	bool is_graver = is_heard_of && (int64_t)finding->severity > now->severity;
	bool is_surer = is_heard_of && (int64_t)finding->severity == now->severity &&
			(int64_t)finding->certainty > now->certainty;
	/* Who closed one that turns out to be graver closed another than it is. */
	bool is_recurring = finding->mute_id == 0 &&
			    ((now->is_closed && (count != 0 || is_graver)) || now->is_muted);

	finding->incident_id = now->id;
	finding->before = (enum severity_rank)now->severity;
	if (is_recurring)
		finding->event = INCIDENT_REOPENED;
	else if (is_graver)
		finding->event = INCIDENT_RAISED;
	else
		finding->event = count != 0 ? INCIDENT_TOUCHED : INCIDENT_UNTOUCHED;
	if (is_recurring && !reopen_one(s, finding))
		return false;
	if ((is_recurring || is_graver || is_surer) && !raise_one(s, row, finding))
		return false;
	if (!touch_one(s, row, finding, now, count))
		return false;
	return finding->mute_id != 0 || (!now->is_part && !is_graver && !is_recurring) ||
	       surge_settle(s, row, finding);
}

bool
join_new(struct store *s, const struct session_row *row, struct finding_row *finding)
{
	struct standing now;
	int64_t full;

	if (!find(s, row, finding, &now))
		return false;
	if (now.id != 0)
		return join(s, row, finding, &now, 1);
	if (finding->mute_id != 0)
		return open_new(s, row, finding);
	if (!surge_find_full(s, row, finding, &full))
		return false;
	if (full != 0)
		return find_one(s, full, row, &now) && join(s, row, finding, &now, 1);
	return open_new(s, row, finding) && surge_settle(s, row, finding);
}

static const char rename_key[] = "UPDATE incidents SET domain = ?2 WHERE id = ?1";

/* The key is another now: JOINED where the incident could take it. */
static enum joined
move_key(struct store *s, const struct session_row *row, const struct finding_row *finding,
	 const struct standing *now)
{
	struct sql *q;
	struct standing other;

	if (!find(s, row, finding, &other))
		return JOINED_FAILED;
	if (other.id != 0 || now->sessions != 1)
		return JOINED_NOT;
	q = sql_use(s->file, rename_key);
	sql_put_int(q, now->id);
	sql_put_text(q, row->domain);
	return sql_run(q) ? JOINED : JOINED_FAILED;
}

static const char retell[] =
    "UPDATE incidents SET summary = iif(" IS_SURGE ", summary, ?2), refuted_by = ?3 WHERE id = ?1";

static bool
retell_one(struct store *s, const struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, retell);

	sql_put_int(q, finding->incident_id);
	sql_put_text(q, finding->summary);
	sql_put_text(q, finding->refuted_by);
	return sql_run(q);
}

enum joined
join_again(struct store *s, const struct session_row *row, struct finding_row *finding,
	   const struct join_past *past)
{
	enum joined moved = JOINED;
	struct standing now;

	if (!find_one(s, past->incident, row, &now))
		return JOINED_FAILED;
	if (!now.has_key)
		moved = move_key(s, row, finding, &now);
	if (moved != JOINED)
		return moved;
	if (!join(s, row, finding, &now, 0) || (past->is_teller && !retell_one(s, finding)))
		return JOINED_FAILED;
	return JOINED;
}

static const char leave[] = "UPDATE incidents SET sessions = sessions - 1 WHERE id IN " SURGE_UP;
#define IS_NOTHING "sessions = 0 AND state = 'open' AND note IS NULL"
/* Whoever was told of it shall find it, and read that it is nothing. */
static const char withdraw[] =
    "UPDATE incidents SET state = 'closed', note = " WITHDRAWN " WHERE id IN " SURGE_UP
    " AND " IS_NOTHING " AND EXISTS (SELECT 1 FROM deliveries d JOIN alerts a ON a.id = d.alert_id"
    " WHERE a.incident_id = incidents.id AND d.state = 'sent')";
/* Who was not told yet need not be; that it is over is told all the same. */
static const char hush[] =
    "DELETE FROM deliveries WHERE counts AND state IN ('waiting', 'held') AND incident_id IN"
    " (SELECT id FROM incidents WHERE id IN " SURGE_UP " AND sessions = 0 AND note = " WITHDRAWN
    ")";
static const char hush_alerts[] =
    "DELETE FROM alerts WHERE incident_id IN (SELECT id FROM incidents WHERE id IN " SURGE_UP
    " AND sessions = 0 AND note = " WITHDRAWN ") AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE"
    " d.alert_id = alerts.id)";
static const char forget[] = "DELETE FROM incidents WHERE id IN " SURGE_UP " AND " IS_NOTHING;

bool
join_leave(struct store *s, int64_t incident)
{
	const char *const steps[] = {leave, withdraw, hush, hush_alerts, forget};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct sql *q = sql_use(s->file, steps[i]);

		sql_put_int(q, incident);
		if (!sql_run(q))
			return false;
	}
	return true;
}
