#include "db/past.h"

#include <stdio.h>

#include "db/inside.h"

static const char find_past[] =
    "SELECT f.session_id, s.start, s.client, f.certainty FROM incidents i CROSS JOIN findings f ON"
    " f.incident_id = i.id CROSS JOIN sessions s ON s.id = f.session_id WHERE i.server = ?1 AND"
    " i.server_port = ?2 AND i.kind = ?3 AND i.last_seen >= ?4 AND s.start >= ?4 AND f.kind = ?3"
    " ORDER BY s.start DESC, s.id DESC LIMIT ?5";

bool
past_find(struct store *s, const struct past_query *query,
	  void (*tell)(void *ctx, const struct past_row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, find_past);
	struct past_row row;

	sql_put_text(q, query->server);
	sql_put_int(q, query->server_port);
	sql_put_text(q, query->kind);
	sql_put_int(q, query->since);
	sql_put_int(q, query->limit);
	while (sql_row(q)) {
		row.session = sql_take_int(q);
		row.start = sql_take_int(q);
		row.client = sql_take_text(q);
		row.certainty = (enum certainty_rank)sql_take_int(q);
		tell(ctx, &row);
	}
	return sql_end(q);
}

static const char read_past[] =
    "SELECT s.sensor_id, s.start, s.\"end\", s.server_port, s.service, s.client, s.server,"
    " i.client_net, s.domain FROM sessions s JOIN findings f ON f.session_id = s.id AND f.kind = ?2"
    " JOIN incidents i ON i.id = f.incident_id WHERE s.id = ?1";

static const char *
copy_text(struct sql *q, char *out, size_t size)
{
	snprintf(out, size, "%s", sql_take_text(q));
	return out;
}

bool
past_read(struct store *s, int64_t id, const char *kind, struct past_session *out)
{
	struct sql *q = sql_use(s->file, read_past);

	out->row = (struct session_row){0};
	sql_put_int(q, id);
	sql_put_text(q, kind);
	if (sql_row(q)) {
		out->row.sensor_id = sql_take_int(q);
		out->row.start = sql_take_int(q);
		out->row.end = sql_take_int(q);
		out->row.server_port = (uint16_t)sql_take_int(q);
		out->row.service = copy_text(q, out->service, sizeof(out->service));
		out->row.client = copy_text(q, out->client, sizeof(out->client));
		out->row.server = copy_text(q, out->server, sizeof(out->server));
		out->row.client_net = copy_text(q, out->client_net, sizeof(out->client_net));
		out->row.domain = copy_text(q, out->domain, sizeof(out->domain));
	}
	return sql_end(q) && out->row.service != NULL;
}
