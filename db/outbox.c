/*
 * What is due is found by an index on (sink, next_try): a new delivery is due
 * when its alert was written, so that what was tried and what was not come in
 * the order of their times, however many wait.
 */
#include "db/outbox.h"

#include <stdio.h>

#include "db/inside.h"
#include "db/surge.h"

#define FORGOTTEN_AT_ONCE "64"
#define HUSHED            "9223372036854775807" /* for when it was renewed: never stale */

/* ---- Writing ---- */

static const char add_alert[] =
    "INSERT INTO alerts (event, at, incident_id, severity, before, sensor_id, held_back,"
    " held_since) VALUES (?1, ?2, nullif(?3, 0), ?4, iif(?1 = 1, ?5, NULL), nullif(?6, 0),"
    " iif(?1 = 5, ?7, NULL), iif(?1 = 5, ?8, NULL))";
static const char add_delivery[] =
    "INSERT INTO deliveries (alert_id, sink, incident_id, counts, next_try)"
    " SELECT id, ?2, incident_id, event NOT IN (3, 4), at FROM alerts WHERE id = ?1";
/* One that is closed does not stand open, whatever is told of it. */
static const char stand[] = "INSERT INTO standing (sink, incident_id, renewed) SELECT ?1, id, ?3"
			    " FROM incidents WHERE id = ?2 AND state <> 'closed'"
			    " ON CONFLICT DO UPDATE SET renewed = ?3";
/* What it sums up need not be told any more, but that it is over. */
static const char sum_up_parts[] =
    "UPDATE deliveries SET state = 'summed', summary_id = ?2 WHERE state IN ('waiting', 'held')"
    " AND sink = ?3 AND incident_id IN " SURGE_DOWN " AND incident_id <> ?1 AND counts";

static bool
write_alert(struct store *s, struct outbox_alert *alert, int64_t sensor_id)
{
	struct sql *q = sql_use(s->file, add_alert);

	sql_put_int(q, alert->event);
	sql_put_int(q, alert->at);
	sql_put_int(q, alert->incident);
	sql_put_int(q, alert->severity);
	sql_put_int(q, alert->before);
	sql_put_int(q, sensor_id);
	sql_put_int(q, alert->held_back);
	sql_put_int(q, alert->held_since);
	if (!sql_run(q))
		return false;
	alert->id = sql_last_id(s->file);
	return true;
}

static bool
write_delivery(struct store *s, int64_t alert, const char *sink)
{
	struct sql *q = sql_use(s->file, add_delivery);

	sql_put_int(q, alert);
	sql_put_text(q, sink);
	return sql_run(q);
}

static bool
write_standing(struct store *s, const char *sink, int64_t incident, int64_t now)
{
	struct sql *q = sql_use(s->file, stand);

	sql_put_text(q, sink);
	sql_put_int(q, incident);
	sql_put_int(q, now);
	return sql_run(q);
}

static bool
take_parts(struct store *s, const struct outbox_alert *alert, const char *sink)
{
	struct sql *q = sql_use(s->file, sum_up_parts);

	sql_put_int(q, alert->incident);
	sql_put_int(q, alert->id);
	sql_put_text(q, sink);
	return sql_run(q);
}

static bool
needs_transaction(struct store *s)
{
	if (s->is_in_transaction)
		return true;
	sql_fail(s->file, "an alert was written outside of a transaction");
	return false;
}

bool
outbox_add(struct store *s, struct outbox_alert *alert, int64_t sensor_id,
	   const struct outbox_sink *sinks, size_t count)
{
	if (count == 0)
		return true;
	if (!needs_transaction(s) || !write_alert(s, alert, sensor_id))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!write_delivery(s, alert->id, sinks[i].name) ||
		    !take_parts(s, alert, sinks[i].name))
			return false;
		if (sinks[i].keeps_state &&
		    !write_standing(s, sinks[i].name, alert->incident, alert->at))
			return false;
	}
	return true;
}

/* ---- Reading ---- */

static const char find_due[] =
    "SELECT d.id, d.alert_id, d.incident_id, a.event, a.severity, a.at, d.tries, d.next_try FROM"
    " deliveries d CROSS JOIN alerts a ON a.id = d.alert_id WHERE d.sink = ?1 AND d.state ="
    " 'waiting' AND d.next_try <= ?2 AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE"
    " e.incident_id = d.incident_id AND e.sink = d.sink AND e.id < d.id AND e.state = 'waiting'"
    " AND e.state IN ('waiting', 'held')) ORDER BY d.next_try, d.id LIMIT ?3";

bool
outbox_due(struct store *s, const char *sink, int64_t now, struct outbox_delivery *room,
	   size_t most, size_t *count)
{
	struct sql *q = sql_use(s->file, find_due);

	*count = 0;
	sql_put_text(q, sink);
	sql_put_int(q, now);
	sql_put_int(q, (int64_t)most);
	while (*count < most && sql_row(q)) {
		struct outbox_delivery *d = &room[(*count)++];

		d->id = sql_take_int(q);
		d->alert = sql_take_int(q);
		d->incident = sql_take_int(q);
		d->event = (enum outbox_event)sql_take_int(q);
		d->severity = (enum severity_rank)sql_take_int(q);
		d->at = sql_take_int(q);
		d->tries = sql_take_int(q);
		d->next_try = sql_take_int(q);
	}
	return sql_end(q);
}

static const char find_next[] = "SELECT next_try FROM deliveries WHERE sink = ?1 AND state ="
				" 'waiting' ORDER BY next_try LIMIT 1";

bool
outbox_next(struct store *s, const char *sink, int64_t *next_try)
{
	struct sql *q = sql_use(s->file, find_next);

	sql_put_text(q, sink);
	*next_try = sql_int(q, INT64_MAX);
	return !sql_failed(s->file);
}

static const char count_sent[] =
    "SELECT count(*), min(done) FROM deliveries WHERE sink = ?1 AND state = 'sent' AND counts AND"
    " done > ?2 AND done <= ?3";
static const char count_held[] = "SELECT count(*), min(a.at), max(a.severity) FROM deliveries d"
				 " CROSS JOIN alerts a ON a.id = d.alert_id WHERE d.sink = ?1 AND"
				 " d.state = 'held'";

bool
outbox_usage(struct store *s, const char *sink, const struct outbox_span *span,
	     struct outbox_usage *out)
{
	struct sql *q = sql_use(s->file, count_sent);

	*out = (struct outbox_usage){0};
	sql_put_text(q, sink);
	sql_put_int(q, span->since);
	sql_put_int(q, span->until);
	if (sql_row(q)) {
		out->sent = sql_take_int(q);
		out->oldest = sql_take_int(q);
	}
	if (!sql_end(q))
		return false;
	q = sql_use(s->file, count_held);
	sql_put_text(q, sink);
	if (sql_row(q)) {
		out->held = sql_take_int(q);
		out->held_since = sql_take_int(q);
		out->gravest = (enum severity_rank)sql_take_int(q);
	}
	return sql_end(q);
}

static const char read_alert[] =
    "SELECT a.id, a.event, a.at, a.incident_id, a.severity, coalesce(a.before, a.severity),"
    " a.held_back, a.held_since, (SELECT n.name FROM sensors n WHERE n.id = coalesce(a.sensor_id,"
    " (SELECT i.sensor_id FROM incidents i WHERE i.id = a.incident_id))) FROM alerts a WHERE a.id"
    " = ?1";

bool
outbox_read(struct store *s, int64_t id, struct outbox_alert *out, char *sensor, size_t sensor_size)
{
	struct sql *q = sql_use(s->file, read_alert);

	*out = (struct outbox_alert){0};
	sensor[0] = '\0';
	sql_put_int(q, id);
	if (sql_row(q)) {
		const char *name;

		out->id = sql_take_int(q);
		out->event = (enum outbox_event)sql_take_int(q);
		out->at = sql_take_int(q);
		out->incident = sql_take_int(q);
		out->severity = (enum severity_rank)sql_take_int(q);
		out->before = (enum severity_rank)sql_take_int(q);
		out->held_back = sql_take_int(q);
		out->held_since = sql_take_int(q);
		name = sql_take_text(q);
		snprintf(sensor, sensor_size, "%s", name == NULL ? "" : name);
	}
	return sql_end(q);
}

static const char waiting_sinks[] = "SELECT sink, count(*) FROM deliveries WHERE state IN"
				    " ('waiting', 'held') GROUP BY sink ORDER BY sink";

bool
outbox_walk_sinks(struct store *s, void (*tell)(void *ctx, const char *sink, int64_t waiting),
		  void *ctx)
{
	struct sql *q = sql_use(s->file, waiting_sinks);

	while (sql_row(q)) {
		const char *sink = sql_take_text(q);

		tell(ctx, sink, sql_take_int(q));
	}
	return sql_end(q);
}

/* ---- What became of it ---- */

static const char mark_sent[] = "UPDATE deliveries SET state = 'sent', done = ?2, tries = tries +"
				" 1, why = NULL WHERE id = ?1";
/* What an incident was before is told with what it is now. */
static const char sum_up_earlier[] =
    "UPDATE deliveries SET state = 'summed', summary_id = n.alert_id FROM (SELECT alert_id, sink,"
    " incident_id AS incident FROM deliveries WHERE id = ?1) n WHERE deliveries.state = 'held' AND"
    " deliveries.state IN ('waiting', 'held') AND deliveries.incident_id = n.incident AND"
    " deliveries.sink = n.sink AND deliveries.id < ?1";
static const char renewed[] =
    "UPDATE standing SET renewed = ?2 FROM deliveries d WHERE d.id = ?1 AND standing.sink = d.sink"
    " AND standing.incident_id = d.incident_id AND standing.renewed < " HUSHED;
/* That it is still so is no event worth keeping. */
static const char forget_renewal[] = "DELETE FROM alerts WHERE event = 4 AND id = (SELECT alert_id"
				     " FROM deliveries WHERE id = ?1)";

static bool
run_with(struct store *s, const char *text, int64_t id)
{
	struct sql *q = sql_use(s->file, text);

	sql_put_int(q, id);
	return sql_run(q);
}

static bool
run_at(struct store *s, const char *text, int64_t id, int64_t now)
{
	struct sql *q = sql_use(s->file, text);

	sql_put_int(q, id);
	sql_put_int(q, now);
	return sql_run(q);
}

bool
outbox_sent(struct store *s, int64_t delivery, int64_t now)
{
	return needs_transaction(s) && run_at(s, mark_sent, delivery, now) &&
	       run_with(s, sum_up_earlier, delivery) && run_at(s, renewed, delivery, now) &&
	       run_with(s, forget_renewal, delivery);
}

static bool
run_why(struct store *s, const char *text, int64_t id, int64_t time, const char *why)
{
	struct sql *q = sql_use(s->file, text);

	sql_put_int(q, id);
	sql_put_int(q, time);
	sql_put_text(q, why);
	return needs_transaction(s) && sql_run(q);
}

/* What was summed up meanwhile stays so. */
static const char mark_later[] = "UPDATE deliveries SET tries = tries + 1, next_try = ?2, why = ?3"
				 " WHERE id = ?1 AND state = 'waiting'";
static const char mark_failed[] = "UPDATE deliveries SET state = 'failed', tries = tries + 1, done"
				  " = ?2, why = ?3 WHERE id = ?1 AND state = 'waiting'";
static const char mark_held[] = "UPDATE deliveries SET state = 'held', why = ?3 WHERE id = ?1 AND"
				" state = 'waiting' AND ?2 = 0";

bool
outbox_later(struct store *s, int64_t delivery, int64_t next_try, const char *why)
{
	return run_why(s, mark_later, delivery, next_try, why);
}

bool
outbox_failed(struct store *s, int64_t delivery, int64_t now, const char *why)
{
	return run_why(s, mark_failed, delivery, now, why) && run_at(s, renewed, delivery, now) &&
	       run_with(s, forget_renewal, delivery);
}

bool
outbox_hold(struct store *s, int64_t delivery, const char *why)
{
	return run_why(s, mark_held, delivery, 0, why);
}

static const char release_held[] = "UPDATE deliveries SET state = 'waiting', next_try = ?2, why ="
				   " NULL WHERE sink = ?1 AND state = 'held'";

bool
outbox_release(struct store *s, const char *sink, int64_t now)
{
	struct sql *q = sql_use(s->file, release_held);

	sql_put_text(q, sink);
	sql_put_int(q, now);
	return needs_transaction(s) && sql_run(q);
}

static const char sum_up_held[] = "UPDATE deliveries SET state = 'summed', summary_id = ?2 WHERE"
				  " sink = ?1 AND state = 'held'";

bool
outbox_sum_up(struct store *s, const char *sink, int64_t now)
{
	struct outbox_usage usage;
	const struct outbox_span none = {.since = now, .until = now};
	struct outbox_alert alert = {.event = OUTBOX_SUMMARY, .at = now};
	struct sql *q;

	if (!needs_transaction(s) || !outbox_usage(s, sink, &none, &usage))
		return false;
	if (usage.held == 0)
		return true;
	alert.severity = usage.gravest;
	alert.held_back = usage.held;
	alert.held_since = usage.held_since;
	if (!write_alert(s, &alert, 0) || !write_delivery(s, alert.id, sink))
		return false;
	q = sql_use(s->file, sum_up_held);
	sql_put_text(q, sink);
	sql_put_int(q, alert.id);
	return sql_run(q);
}

/* ---- What stands ---- */

static const char find_standing[] =
    "SELECT s.incident_id, i.severity FROM standing s CROSS JOIN incidents i ON i.id ="
    " s.incident_id WHERE s.sink = ?1 AND s.renewed < ?2 AND NOT EXISTS (SELECT 1 FROM deliveries"
    " d WHERE d.incident_id = s.incident_id AND d.sink = s.sink AND d.state = 'waiting' AND"
    " d.state IN ('waiting', 'held')) ORDER BY s.renewed LIMIT 1";

static const char has_stale[] = "SELECT EXISTS (SELECT 1 FROM standing WHERE sink = ?1 AND renewed"
				" < ?2)";

bool
outbox_has_stale(struct store *s, const char *sink, int64_t before)
{
	struct sql *q = sql_use(s->file, has_stale);

	sql_put_text(q, sink);
	sql_put_int(q, before);
	return sql_int(q, 0) != 0;
}

/* One; *is_done where there is none. */
static bool
renew_one(struct store *s, const char *sink, int64_t before, int64_t now, bool *is_done)
{
	struct sql *q = sql_use(s->file, find_standing);
	struct outbox_alert alert = {.event = OUTBOX_RENEWED, .at = now};

	sql_put_text(q, sink);
	sql_put_int(q, before);
	*is_done = !sql_row(q);
	if (!*is_done) {
		alert.incident = sql_take_int(q);
		alert.severity = (enum severity_rank)sql_take_int(q);
	}
	if (!sql_end(q) || *is_done)
		return !sql_failed(s->file);
	return write_alert(s, &alert, 0) && write_delivery(s, alert.id, sink);
}

bool
outbox_renew(struct store *s, const char *sink, int64_t before, int64_t now, int64_t most,
	     int64_t *count)
{
	bool is_done = false;

	*count = 0;
	if (!needs_transaction(s))
		return false;
	while (*count < most && !is_done) {
		if (!renew_one(s, sink, before, now, &is_done))
			return false;
		*count += !is_done;
	}
	return true;
}

static const char walk_standing[] =
    "SELECT s.incident_id, s.renewed = " HUSHED ", i.severity, i.kind, i.client, i.server, i.domain"
    " FROM standing s CROSS JOIN incidents i ON i.id = s.incident_id WHERE s.sink = ?1";

bool
outbox_walk_standing(struct store *s, const char *sink,
		     void (*tell)(void *ctx, const struct outbox_standing *at), void *ctx)
{
	struct sql *q = sql_use(s->file, walk_standing);

	sql_put_text(q, sink);
	while (sql_row(q)) {
		struct outbox_standing at;

		at.incident = sql_take_int(q);
		at.is_hushed = sql_take_int(q) != 0;
		at.severity = (enum severity_rank)sql_take_int(q);
		at.kind = sql_take_text(q);
		at.client = sql_take_text(q);
		at.server = sql_take_text(q);
		at.domain = sql_take_text(q);
		tell(ctx, &at);
	}
	return sql_end(q);
}

bool
outbox_hush(struct store *s, const char *sink, int64_t incident, enum severity_rank severity,
	    int64_t now)
{
	struct outbox_alert alert = {
	    .event = OUTBOX_CLOSED, .at = now, .incident = incident, .severity = severity};

	return needs_transaction(s) && write_alert(s, &alert, 0) &&
	       write_delivery(s, alert.id, sink) && write_standing(s, sink, incident, INT64_MAX);
}

bool
outbox_unhush(struct store *s, const char *sink, int64_t incident)
{
	return needs_transaction(s) && write_standing(s, sink, incident, 0);
}

/* ---- By people, and by age ---- */

static const char wake[] =
    "UPDATE deliveries SET next_try = ?2 WHERE state = 'waiting' AND next_try > ?1";

bool
outbox_wake(struct store *s, int64_t later_than, int64_t now)
{
	return needs_transaction(s) && run_at(s, wake, later_than, now);
}

static const char retry[] = "UPDATE deliveries SET state = 'waiting', next_try = -1, tries = 0,"
			    " done = NULL WHERE state IN ('waiting', 'failed') AND (?1 = 0 OR"
			    " alert_id = ?1)";

bool
outbox_retry(struct store *s, int64_t alert, int64_t *count)
{
	if (!store_begin(s))
		return false;
	if (!run_with(s, retry, alert)) {
		store_rollback(s);
		return false;
	}
	*count = sql_changes(s->file);
	return store_commit(s);
}

static const char forget[] =
    "DELETE FROM alerts WHERE id IN (SELECT a.id FROM alerts a WHERE a.at < ?1 AND (a.at < ?2 OR"
    " NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.alert_id = a.id AND d.state IN ('waiting',"
    " 'held'))) ORDER BY a.at LIMIT " FORGOTTEN_AT_ONCE ")";

bool
outbox_forget(struct store *s, int64_t before, int64_t waiting_before, bool *is_more)
{
	if (!run_at(s, forget, before, waiting_before))
		return false;
	*is_more |= sql_changes(s->file) == 64;
	return true;
}
