/*
 * Rows to an alert; see compose.h. Text of a row is borrowed for the call that tells
 * it, so that each step is done inside of the one before: the alert, its incident,
 * the latest session of that.
 */
#include "monitor/alert/compose.h"

#include <stdlib.h>
#include <string.h>

#include "db/incident.h"
#include "db/outbox.h"
#include "db/query.h"
#include "monitor/judge/judge.h"
#include "monitor/moment.h"

#define SENSOR_MAX   65                 /* bytes of a sensor's name, NUL included */
#define EVIDENCE_MAX ((size_t)64 << 10) /* bytes of all lines */

struct composition {
	struct store *store;
	struct alert alert;
	const struct composing *how;
	FILE *out;
	char text[EVIDENCE_MAX]; /* of the lines of evidence */
	size_t used;
	bool has_failed, is_rendered;
};

static int64_t
number_of(const struct row *row, const char *name)
{
	const char *value = row_value(row, name);

	return value == NULL ? 0 : strtoll(value, NULL, 10);
}

static int64_t
time_of(const struct row *row, const char *name)
{
	const char *value = row_value(row, name);
	int64_t time;

	return value != NULL && moment_parse(value, 0, &time) ? time : 0;
}

static const char *
keep(struct composition *c, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *kept = c->text + c->used;

	if (size > sizeof(c->text) - c->used)
		return NULL;
	memcpy(kept, text, size);
	c->used += size;
	return kept;
}

static void
on_evidence(void *ctx, const char *what, const char *value)
{
	struct composition *c = ctx;
	struct alert_line *line = &c->alert.evidence[c->alert.evidence_count];

	if (c->alert.evidence_count == ALERT_EVIDENCE)
		return;
	line->what = keep(c, what);
	line->value = keep(c, value);
	if (line->what != NULL && line->value != NULL)
		c->alert.evidence_count++;
}

static void
render(struct composition *c)
{
	c->is_rendered = alert_render(&c->alert, c->how->sink, c->how->host, c->out);
}

static bool
on_session(void *ctx, const struct row *row)
{
	struct composition *c = ctx;

	c->alert.community_id = row_value(row, "community_id");
	/* Of several clients or servers no one flow is. */
	if (c->alert.client != NULL && c->alert.server != NULL)
		c->alert.client_port = (uint16_t)number_of(row, "client_port");
	render(c);
	c->alert.community_id = NULL;
	return false;
}

static void
add_kind(struct alert *a)
{
	const struct kind *kind = a->kind != NULL ? judge_kind(a->kind) : NULL;

	a->advice = kind != NULL ? kind->advice : NULL;
	a->reference = kind != NULL ? kind->reference : NULL;
}

static void
take_incident(struct alert *a, const struct row *row)
{
	a->incident_json = row->json;
	a->kind = row_value(row, "kind");
	a->state = row_value(row, "state");
	a->certainty = row_value(row, "certainty");
	a->where = row_value(row, "where");
	a->first_seen = time_of(row, "first_seen");
	a->last_seen = time_of(row, "last_seen");
	a->sessions = number_of(row, "sessions");
	a->client = row_value(row, "client");
	a->server = row_value(row, "server");
	a->server_port = (uint16_t)number_of(row, "server_port");
	a->service = row_value(row, "service");
	a->domain = row_value(row, "domain");
	a->mx = row_value(row, "mx");
	a->summary = row_value(row, "summary");
	a->refuted_by = row_value(row, "refuted_by");
	add_kind(a);
}

static bool
on_incident(void *ctx, const struct row *row)
{
	struct composition *c = ctx;
	struct filter latest = FILTER_ALL;
	const int64_t id = c->alert.incident;

	take_incident(&c->alert, row);
	latest.incident = id;
	latest.limit = 1;
	if (!incident_evidence(c->store, id, on_evidence, c) ||
	    !query_sessions(c->store, &latest, on_session, c))
		c->has_failed = true;
	else if (!c->is_rendered) /* its sessions are removed by age */
		render(c);
	return false;
}

static void
compose_incident(struct composition *c)
{
	struct filter one = FILTER_ALL;

	one.id = c->alert.incident;
	one.with_json = true;
	if (!query_incidents(c->store, &one, on_incident, c))
		c->has_failed = true;
}

enum composed
compose(struct store *s, int64_t alert, const struct composing *how, FILE *out)
{
	static struct composition c; /* large */
	struct outbox_alert row;
	char sensor[SENSOR_MAX];

	c = (struct composition){.store = s, .how = how, .out = out};
	if (!outbox_read(s, alert, &row, sensor, sizeof(sensor)))
		return COMPOSED_FAILED;
	if (row.id == 0)
		return COMPOSED_NOT;
	c.alert = (struct alert){
	    .id = row.id,
	    .event = (enum alert_event)row.event,
	    .at = row.at,
	    .now = how->now,
	    .sensor = sensor[0] != '\0' ? sensor : NULL,
	    .incident = row.incident,
	    .severity = (enum severity)row.severity,
	    .before = (enum severity)row.before,
	    .held_back = row.held_back,
	    .held_since = row.held_since,
	};
	if (row.incident != 0)
		compose_incident(&c);
	else
		render(&c);
	if (c.has_failed)
		return COMPOSED_FAILED;
	return c.is_rendered ? COMPOSED : COMPOSED_NOT;
}
