/*
 * One statement for each kind of figure; every filter lets all rows pass where
 * it is not bound. Hours lead each key, so that a span is one stretch of a table.
 */
#include "db/hourly.h"

#include "db/inside.h"

/* SQL, laid out by hand. */
/* clang-format off */

#define SUMS \
	"sum(sessions) AS sessions, sum(encrypted) AS encrypted, sum(plaintext) AS plaintext," \
	" sum(failed) AS failed, sum(no_mail) AS no_mail, sum(partial) AS partial"
#define MAIL "(encrypted + plaintext + failed)"

/* Values: 1 since, 2 until, 3 service, 4 server or client, 5 domain, 6 limit, 7 least. */
#define SPAN " WHERE hour >= ?1 AND hour <= ?2 AND (?3 IS NULL OR service = ?3)"
#define NETWORK_OF_CLIENT "substr(client_net, 1, instr(client_net, '/') - 1)"
#define OF_SERVERS " FROM hourly" SPAN " AND (?4 IS NULL OR in_network(server, ?4))" \
	" AND (?5 IS NULL OR in_domain(domain, ?5))"
#define OF_CLIENTS " FROM hourly_clients" SPAN \
	" AND (?4 IS NULL OR in_network(" NETWORK_OF_CLIENT ", ?4))"
#define OF_TLS " FROM hourly_tls" SPAN

#define TIMES(of) "SELECT hour, " SUMS of " GROUP BY hour ORDER BY hour"
static const char times_of_servers[] = TIMES(OF_SERVERS);
static const char times_of_clients[] = TIMES(OF_CLIENTS);

#define LIST(key, of, order) \
	"SELECT key, json_quote(key), count(*) OVER (), sessions, encrypted, plaintext, failed," \
	" no_mail, partial FROM (SELECT " key " AS key, " SUMS of " GROUP BY 1) " order ", key LIMIT ?6"
#define MOST "ORDER BY plaintext DESC, " MAIL " DESC, sessions DESC"
#define SHARE \
	"WHERE plaintext > 0 AND " MAIL " >= ?7" \
	" ORDER BY 1.0 * plaintext / " MAIL " DESC, plaintext DESC"

#define LISTS(key, of) { LIST(key, of, MOST), LIST(key, of, SHARE) }
#define LIST_MAX 1024 /* bytes of a statement */

static const char lists[][2][LIST_MAX] = {
	[HOURLY_SERVER] = LISTS("server", OF_SERVERS),
	[HOURLY_DOMAIN] = LISTS("domain", OF_SERVERS " AND domain <> ''"),
	[HOURLY_CLIENT] = LISTS("client_net", OF_CLIENTS),
	[HOURLY_TLS] = LISTS("nullif(version, '')", OF_TLS),
	[HOURLY_SERVICE] = LISTS("service", OF_SERVERS),
};
static const char services_of_clients[2][LIST_MAX] = LISTS("service", OF_CLIENTS);

/* An incident is of a client network as the counts are. */
#define OF_HOURS \
	" AND last_seen >= ?1 AND first_seen < ?2 AND (?3 IS NULL OR service = ?3)" \
	" AND (?4 IS NULL OR in_network(server, ?4)) AND (?5 IS NULL OR in_domain(domain, ?5))" \
	" AND (?6 IS NULL OR in_network(" NETWORK_OF_CLIENT ", ?6))"

/* A surge counts once; where it is asked for less than it sums up, its parts do. */
#define IS_COUNTED \
	"iif(coalesce(?4, ?5, ?6) IS NULL, parent IS NULL, NOT (server = '' OR client_net = ''))"

static const char open_incidents[] =
	"SELECT kind, json_quote(kind), severity, count(*), sum(sessions) FROM incidents WHERE state = 'open'"
	" AND mute_id IS NULL AND " IS_COUNTED OF_HOURS
	" GROUP BY severity, kind ORDER BY severity DESC, 4 DESC, kind";

static const char muted_incidents[] =
	"SELECT (SELECT count(*) FROM incidents WHERE mute_id IS NOT NULL" OF_HOURS "),"
	" (SELECT count(DISTINCT f.session_id) FROM findings f JOIN sessions s ON s.id = f.session_id"
	"  WHERE f.mute_id IS NOT NULL AND s.start >= ?1 AND s.start < ?2"
	"  AND (?3 IS NULL OR s.service = ?3) AND (?4 IS NULL OR in_network(s.server, ?4))"
	"  AND (?5 IS NULL OR in_domain(s.domain, ?5)) AND (?6 IS NULL OR in_network(s.client, ?6)))";

static const char losses[] =
	"SELECT coalesce(sum(packets), 0), coalesce(sum(dropped), 0) FROM capture"
	" WHERE minute >= ?1 AND minute < ?2";

/* clang-format on */

bool
hourly_has(enum hourly_by by, const struct hourly_filter *f)
{
	const bool is_of_servers = f->server.family != 0 || f->domain != NULL;
	const bool is_of_clients = f->client.family != 0;

	switch (by) {
	case HOURLY_SERVER:
	case HOURLY_DOMAIN:
		return !is_of_clients;
	case HOURLY_CLIENT:
		return !is_of_servers;
	case HOURLY_TLS:
		return !is_of_servers && !is_of_clients;
	case HOURLY_SERVICE:
		break;
	}
	return true;
}

bool
hourly_begin(struct store *s)
{
	return sql_exec(s->file, "BEGIN");
}

void
hourly_end(struct store *s)
{
	/* Nothing was written; what is told is why a read failed, if it did. */
	if (!sql_failed(s->file))
		sql_exec(s->file, "ROLLBACK");
}

static void
put_filter(struct sql *q, const struct hourly_filter *f)
{
	sql_put_int(q, f->since);
	sql_put_int(q, f->until);
	sql_put_text(q, f->service);
	sql_put_network(q, f->client.family != 0 ? &f->client : &f->server);
}

void
counts_take(struct sql *q, struct counts *out)
{
	out->sessions = sql_take_int(q);
	out->encrypted = sql_take_int(q);
	out->plaintext = sql_take_int(q);
	out->failed = sql_take_int(q);
	out->no_mail = sql_take_int(q);
	out->partial = sql_take_int(q);
}

bool
hourly_times(struct store *s, const struct hourly_filter *f,
	     void (*tell)(void *ctx, const struct hourly_row *row), void *ctx)
{
	const bool is_of_clients = f->client.family != 0;
	struct sql *q = sql_use(s->file, is_of_clients ? times_of_clients : times_of_servers);
	struct hourly_row row = {0};

	put_filter(q, f);
	if (!is_of_clients)
		sql_put_text(q, f->domain);
	while (sql_row(q)) {
		row.hour = sql_take_int(q);
		counts_take(q, &row.counts);
		tell(ctx, &row);
	}
	return sql_end(q);
}

bool
hourly_list(struct store *s, const struct hourly_query *query, const struct hourly_filter *f,
	    void (*tell)(void *ctx, const struct hourly_row *row), void *ctx)
{
	const bool is_of_clients = f->client.family != 0 && query->by == HOURLY_SERVICE;
	struct sql *q = sql_use(s->file, is_of_clients ? services_of_clients[query->order]
						       : lists[query->by][query->order]);
	struct hourly_row row = {0};

	put_filter(q, f);
	sql_put_text(q, f->domain);
	sql_put_int(q, query->limit);
	if (query->order == HOURLY_SHARE)
		sql_put_int(q, query->least);
	while (sql_row(q)) {
		row.key = sql_take_text(q);
		row.json = sql_take_text(q);
		row.of = sql_take_int(q);
		counts_take(q, &row.counts);
		tell(ctx, &row);
	}
	return sql_end(q);
}

/* The end of the last hour; as far as there can be one. */
static int64_t
end_of(const struct hourly_filter *f)
{
	return f->until > INT64_MAX - HOURLY_HOUR ? INT64_MAX : f->until + HOURLY_HOUR;
}

static void
put_hours(struct sql *q, const struct hourly_filter *f)
{
	sql_put_int(q, f->since);
	sql_put_int(q, end_of(f));
	sql_put_text(q, f->service);
	sql_put_network(q, &f->server);
	sql_put_text(q, f->domain);
	sql_put_network(q, &f->client);
}

bool
hourly_muted(struct store *s, const struct hourly_filter *f, struct hourly_muted *out)
{
	struct sql *q = sql_use(s->file, muted_incidents);

	put_hours(q, f);
	if (sql_row(q)) {
		out->incidents = sql_take_int(q);
		out->sessions = sql_take_int(q);
	}
	return sql_end(q);
}

bool
hourly_incidents(struct store *s, const struct hourly_filter *f,
		 void (*tell)(void *ctx, const struct hourly_incidents *row), void *ctx)
{
	struct sql *q = sql_use(s->file, open_incidents);
	struct hourly_incidents row;

	put_hours(q, f);
	while (sql_row(q)) {
		row.kind = sql_take_text(q);
		row.json = sql_take_text(q);
		row.severity = (int)sql_take_int(q);
		row.incidents = sql_take_int(q);
		row.sessions = sql_take_int(q);
		tell(ctx, &row);
	}
	return sql_end(q);
}

bool
hourly_capture(struct store *s, const struct hourly_filter *f, struct hourly_capture *out)
{
	struct sql *q = sql_use(s->file, losses);

	sql_put_int(q, f->since);
	sql_put_int(q, end_of(f));
	if (sql_row(q)) {
		out->packets = sql_take_int(q);
		out->dropped = sql_take_int(q);
	}
	return sql_end(q);
}

static const char uncounted[] = "SELECT pruned_before FROM totals";

bool
hourly_uncounted(struct store *s, int64_t *out)
{
	*out = sql_int(sql_use(s->file, uncounted), -1);
	return *out >= 0;
}
