#include "db/past.h"

#include <stdio.h>

#include "db/inside.h"

static const char find_past[] =
    "SELECT f.session_id, s.start, s.client, f.certainty,"
    " f.\"where\" <> 'unknown' FROM incidents i CROSS JOIN findings f ON"
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
		row.is_placed = sql_take_int(q) != 0;
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

#define LOOKED_THROUGH "5000" /* sessions of a client: one that sends all day has many more */

static const char find_of_client[] =
    "SELECT id FROM (SELECT id, start, server, server_port, outcome FROM sessions WHERE client = ?1"
    " AND start > ?2 AND start <= ?3 ORDER BY start DESC LIMIT " LOOKED_THROUGH ") WHERE outcome ="
    " ?4 AND (?5 IS NULL OR (server = ?5 AND server_port = ?6)) ORDER BY start DESC LIMIT ?7";

bool
past_of_client(struct store *s, const struct past_client_query *query,
	       void (*tell)(void *ctx, int64_t session), void *ctx)
{
	struct sql *q = sql_use(s->file, find_of_client);

	sql_put_text(q, query->client);
	sql_put_int(q, query->after);
	sql_put_int(q, query->until);
	sql_put_text(q, query->outcome);
	sql_put_text(q, query->server);
	sql_put_int(q, query->server_port);
	sql_put_int(q, query->limit);
	while (sql_row(q))
		tell(ctx, sql_take_int(q));
	return sql_end(q);
}

/* What of it is read, in order; a NULL of what may be unseen reads as 0. */
static const char read_facts[] =
    "SELECT sensor_id, start, \"end\", server_port, complete, learnt, coalesce(mail_count, -1),"
    " extended + 1, starttls_offered + 1, starttls_requested + 1, starttls_accepted + 1, service,"
    " client, server, domain, seen, outcome, banner, tls_version, tls_ja4, auth, (SELECT"
    " group_concat(value, char(10)) FROM (SELECT value FROM json_each(mail_rcpt_domains) LIMIT ?2))"
    " FROM sessions WHERE id = ?1";

static const char *
copy_or_null(struct sql *q, char *out, size_t size)
{
	const char *text = sql_take_text(q);

	snprintf(out, size, "%s", text == NULL ? "" : text);
	return text == NULL ? NULL : out;
}

static void
take_numbers(struct sql *q, struct past_facts *out)
{
	struct session_row *row = &out->row;

	row->sensor_id = sql_take_int(q);
	row->start = sql_take_int(q);
	row->end = sql_take_int(q);
	row->server_port = (uint16_t)sql_take_int(q);
	row->complete = sql_take_int(q) != 0;
	out->is_learnt = sql_take_int(q) != 0;
	row->mail_count = sql_take_int(q);
	/* The numbers are those of enum maybe. */
	row->extended = (enum maybe)sql_take_int(q);
	row->offered = (enum maybe)sql_take_int(q);
	row->requested = (enum maybe)sql_take_int(q);
	row->accepted = (enum maybe)sql_take_int(q);
}

static void
take_texts(struct sql *q, struct past_facts *out)
{
	struct session_row *row = &out->row;

	row->service = copy_text(q, out->service, sizeof(out->service));
	row->client = copy_text(q, out->client, sizeof(out->client));
	row->server = copy_text(q, out->server, sizeof(out->server));
	row->domain = copy_text(q, out->domain, sizeof(out->domain));
	row->seen = copy_text(q, out->seen, sizeof(out->seen));
	row->outcome = copy_text(q, out->outcome, sizeof(out->outcome));
	row->banner = copy_or_null(q, out->banner, sizeof(out->banner));
	row->tls_version = copy_or_null(q, out->tls_version, sizeof(out->tls_version));
	row->ja4 = copy_or_null(q, out->ja4, sizeof(out->ja4));
	row->auth = copy_or_null(q, out->auth, sizeof(out->auth));
	(void)copy_or_null(q, out->recipients, sizeof(out->recipients));
}

bool
past_facts(struct store *s, int64_t id, struct past_facts *out)
{
	struct sql *q = sql_use(s->file, read_facts);

	out->row = (struct session_row){0};
	sql_put_int(q, id);
	sql_put_int(q, PAST_RECIPIENTS);
	if (sql_row(q)) {
		take_numbers(q, out);
		take_texts(q, out);
	}
	return sql_end(q) && out->row.service != NULL;
}

static const char find_alarms[] =
    "SELECT kind FROM findings WHERE session_id = ?1 AND severity >= ?2";

bool
past_alarms(struct store *s, int64_t id, void (*tell)(void *ctx, const char *kind), void *ctx)
{
	struct sql *q = sql_use(s->file, find_alarms);

	sql_put_int(q, id);
	sql_put_int(q, RANK_WARNING);
	while (sql_row(q))
		tell(ctx, sql_take_text(q));
	return sql_end(q);
}
