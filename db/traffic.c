/*
 * The hours have an index by domain, server and hour: what is asked of one domain
 * is a few stretches of it, however many others there are.
 */
#include "db/traffic.h"

#include "db/inside.h"

/* SQL, laid out by hand. */
/* clang-format off */

#define SUM_IF(which, column) "sum(iif(is_named = " which ", " column ", 0))"
#define SUMS(which) \
	SUM_IF(which, "sessions") ", " SUM_IF(which, "encrypted") ", " SUM_IF(which, "plaintext") ", " \
	SUM_IF(which, "failed") ", " SUM_IF(which, "no_mail") ", " SUM_IF(which, "partial")
#define HOURS(is_named) \
	"SELECT " is_named " AS is_named, hour, server, sessions, encrypted, plaintext, failed, no_mail," \
	" partial FROM hourly WHERE hour >= ?3 AND hour < ?4 AND service = 'smtp'"
#define FLOOR(time, step) time " - (" time " % " step " + " step ") % " step

static const char walk[] =
	"SELECT " FLOOR("hour", "?5") ", server, max(hour), " SUMS("1") ", " SUMS("0")
	" FROM (" HOURS("1") " AND domain = ?1 UNION ALL "
	HOURS("0") " AND domain = '' AND server IN (SELECT value FROM json_each(?2)))"
	" GROUP BY 1, 2 ORDER BY 1, 2";

static const char make_tables[] =
	"CREATE TEMP TABLE traffic_kinds (kind TEXT PRIMARY KEY, rank INTEGER, is_breach INTEGER,"
	" has_cause INTEGER) WITHOUT ROWID;"
	"CREATE TEMP TABLE traffic_failures (domain TEXT, day INTEGER, server TEXT, client TEXT,"
	" outcome TEXT, kind TEXT, detail TEXT, sessions INTEGER);";
static const char make_index[] =
	"CREATE INDEX temp.traffic_failures_of ON traffic_failures (domain, day, server);";

static const char add_kind[] = "INSERT INTO traffic_kinds VALUES (?1, ?2, ?3, ?4)";

/* Values: 1 since, 2 until, 3 domain. The sort of a group is done in files where it is large. */
#define IN_SPAN \
	" AND s.start >= ?1 AND s.start < ?2 AND s.service = 'smtp'" \
	" AND (?3 IS NULL OR s.domain = '' OR in_domain(s.domain, ?3))"
#define ADD_FAILURES(sessions) \
	"INSERT INTO traffic_failures SELECT x.domain, " FLOOR("x.start", "86400000000") ", x.server," \
	" x.client, x.outcome, f.kind, iif(k.has_cause, f.detail, ''), count(*) FROM (" sessions ") x" \
	" LEFT JOIN findings f ON f.id = x.finding LEFT JOIN traffic_kinds k ON k.kind = f.kind" \
	" GROUP BY 1, 2, 3, 4, 5, 6, 7"
static const char add_failed[] = ADD_FAILURES(
	"SELECT s.domain, s.start, s.server, s.client, s.outcome, (SELECT g.id FROM findings g"
	"  JOIN traffic_kinds r ON r.kind = g.kind WHERE g.session_id = s.id ORDER BY r.rank LIMIT 1)"
	"  AS finding"
	" FROM sessions s WHERE s.outcome IN ('plaintext', 'tls-failed')" IN_SPAN);
static const char add_breaches[] = ADD_FAILURES(
	"SELECT s.domain, s.start, s.server, s.client, s.outcome, g.id AS finding, min(r.rank)"
	" FROM traffic_kinds r CROSS JOIN findings g ON g.kind = r.kind"
	"  CROSS JOIN sessions s ON s.id = g.session_id"
	" WHERE r.is_breach AND s.outcome = 'encrypted'" IN_SPAN " GROUP BY s.id");

#define FAILURES \
	"SELECT sessions, client, server, kind, detail, outcome FROM traffic_failures WHERE day = ?3"
static const char failures[] =
	"SELECT sum(sessions), client, server, kind, detail, outcome FROM ("
	FAILURES " AND domain = ?1 UNION ALL "
	FAILURES " AND domain = '' AND server IN (SELECT value FROM json_each(?2)))"
	" GROUP BY 2, 3, 4, 5, 6 ORDER BY 1 DESC, 2, 3, 4, 5, 6";

static const char incidents[] =
	"SELECT count(*) FILTER (WHERE mute_id IS NULL), count(*) FILTER (WHERE mute_id IS NOT NULL)"
	" FROM incidents WHERE domain = ?1 AND state = 'open'";

/* clang-format on */

static void
put_domain(struct sql *q, const struct traffic_query *query)
{
	sql_put_text(q, query->domain);
	sql_put_text(q, query->servers);
	sql_put_int(q, query->since);
}

bool
traffic_walk(struct store *s, const struct traffic_query *query,
	     void (*tell)(void *ctx, const struct traffic_row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, walk);

	put_domain(q, query);
	sql_put_int(q, query->until);
	sql_put_int(q, query->step);
	while (sql_row(q)) {
		struct traffic_row row = {.start = sql_take_int(q)};

		row.server = sql_take_text(q);
		row.last = sql_take_int(q);
		counts_take(q, &row.named);
		counts_take(q, &row.unnamed);
		tell(ctx, &row);
	}
	return sql_end(q);
}

static bool
put_kinds(struct store *s, const struct traffic_span *span)
{
	for (size_t i = 0; i < span->kind_count; i++) {
		struct sql *q = sql_use(s->file, add_kind);

		sql_put_text(q, span->kinds[i].name);
		sql_put_int(q, (int64_t)i);
		sql_put_int(q, span->kinds[i].is_breach);
		sql_put_int(q, span->kinds[i].has_cause);
		if (!sql_run(q))
			return false;
	}
	return true;
}

static bool
run_over(struct store *s, const char *statement, const struct traffic_span *span)
{
	struct sql *q = sql_use(s->file, statement);

	sql_put_int(q, span->since);
	sql_put_int(q, span->until);
	sql_put_text(q, span->domain);
	return sql_run(q);
}

bool
traffic_gather(struct store *s, const struct traffic_span *span)
{
	return sql_exec(s->file, make_tables) && put_kinds(s, span) &&
	       run_over(s, add_failed, span) && run_over(s, add_breaches, span) &&
	       sql_exec(s->file, make_index);
}

bool
traffic_failures(struct store *s, const struct traffic_query *query,
		 void (*tell)(void *ctx, const struct traffic_failure *row), void *ctx)
{
	struct sql *q = sql_use(s->file, failures);

	put_domain(q, query);
	while (sql_row(q)) {
		struct traffic_failure row = {.sessions = sql_take_int(q)};

		row.client = sql_take_text(q);
		row.server = sql_take_text(q);
		row.kind = sql_take_text(q);
		row.detail = sql_take_text(q);
		row.outcome = sql_take_text(q);
		tell(ctx, &row);
	}
	return sql_end(q);
}

bool
traffic_incidents(struct store *s, const char *domain, struct traffic_incidents *out)
{
	struct sql *q = sql_use(s->file, incidents);

	sql_put_text(q, domain);
	*out = (struct traffic_incidents){0};
	if (sql_row(q)) {
		out->open = sql_take_int(q);
		out->muted = sql_take_int(q);
	}
	return sql_end(q);
}
