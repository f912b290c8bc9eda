/*
 * The lists. Every filter stands in one fixed WHERE clause and lets all rows
 * pass where it is not bound; the time range is plain comparison, so that the
 * index on time is used. The JSON text is made by SQLite, only for rows that
 * are told, and only where it is wanted.
 */
#include "db/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/inside.h"
#include "db/narrow.h"
#include "db/outcome.h"
#include "db/place.h"
#include "db/servers.h"
#include "db/surge.h"

#define COLUMNS_MAX 64 /* more than any list has */

/* SQL, laid out by hand. */
/* clang-format off */

/* Three-valued flags as text, and as JSON. */
#define FLAG(x)      "CASE v." x " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
#define FLAG_JSON(x) "CASE v." x " WHEN 1 THEN json('true') WHEN 0 THEN json('false') END"

#define SESSION_COLUMNS \
	"SELECT v.id, v.sensor, rfc3339(v.start) AS start, rfc3339(v.\"end\") AS \"end\"," \
	" v.service, v.client, v.client_port, v.server, v.server_port, v.community_id," \
	" " FLAG("complete") " AS complete, v.gap_bytes, v.seen, v.outcome, v.banner, v.helo," \
	" " FLAG("extended") " AS extended," \
	" " FLAG("starttls_offered") " AS starttls_offered," \
	" " FLAG("starttls_requested") " AS starttls_requested," \
	" " FLAG("starttls_accepted") " AS starttls_accepted," \
	" v.tls_version, v.tls_cipher, v.tls_sni, v.tls_alpn," \
	" " FLAG("tls_resumed") " AS tls_resumed," \
	" v.tls_cert_sha256, v.tls_spki_sha256, v.tls_ja3, v.tls_ja4," \
	" v.mail_count, v.mail_from_domains, v.mail_rcpt_domains, v.auth, v.encap, v.findings, "

#define SESSION_JSON \
	"CASE WHEN ?2 THEN json_object('id', v.id, 'sensor', v.sensor," \
	" 'start', rfc3339(v.start), 'end', rfc3339(v.\"end\"), 'service', v.service," \
	" 'client', v.client, 'client_port', v.client_port," \
	" 'server', v.server, 'server_port', v.server_port, 'community_id', v.community_id," \
	" 'complete', " FLAG_JSON("complete") ", 'gap_bytes', v.gap_bytes, 'seen', v.seen," \
	" 'outcome', v.outcome, 'banner', v.banner, 'helo', v.helo," \
	" 'extended', " FLAG_JSON("extended") "," \
	" 'starttls', json_object('offered', " FLAG_JSON("starttls_offered") "," \
	"  'requested', " FLAG_JSON("starttls_requested") "," \
	"  'accepted', " FLAG_JSON("starttls_accepted") ")," \
	" 'tls', json_object('version', v.tls_version, 'cipher', v.tls_cipher, 'sni', v.tls_sni," \
	"  'alpn', v.tls_alpn, 'resumed', " FLAG_JSON("tls_resumed") "," \
	"  'cert_sha256', v.tls_cert_sha256, 'spki_sha256', v.tls_spki_sha256," \
	"  'ja3', v.tls_ja3, 'ja4', v.tls_ja4)," \
	" 'mail', json_object('count', v.mail_count, 'from_domains', json(v.mail_from_domains)," \
	"  'rcpt_domains', json(v.mail_rcpt_domains))," \
	" 'auth', v.auth, 'encap', v.encap, 'findings', json(v.findings)) END "

/* Of sessions. */
#define SESSION_WHERE \
	" AND v.start >= ?3 AND v.start <= ?4 AND (?5 IS NULL OR v.outcome = ?5)" \
	" AND " SESSION_IN_PLACE("v", "?6", "?7", "?8") \
	" AND ((?9 IS NULL AND ?10 = 0 AND ?11 IS NULL) OR EXISTS (" \
	"  SELECT 1 FROM findings f JOIN incidents i ON i.id = f.incident_id" \
	"  WHERE f.session_id = v.id AND (?9 IS NULL OR f.kind = ?9) AND f.severity >= ?10" \
	"  AND (?11 IS NULL OR i.state = ?11)))"
#define SESSION_ORDER " ORDER BY v.start DESC, v.id DESC"
#define SESSION_FILTER SESSION_WHERE SESSION_ORDER " LIMIT ?12"

static const char all_sessions[] =
    SESSION_COLUMNS SESSION_JSON "FROM v_sessions v WHERE ?1 = 0" SESSION_FILTER;
static const char one_session[] =
    SESSION_COLUMNS SESSION_JSON "FROM v_sessions v WHERE v.id = ?1" SESSION_FILTER;
/* Few, by their ids: what is told of each is gathered only where it is listed. */
#define FEW_IDS "(SELECT DISTINCT value AS id FROM json_each(?1)) k CROSS JOIN"
static const char few_sessions[] =
    SESSION_COLUMNS SESSION_JSON "FROM (SELECT v.id FROM " FEW_IDS " sessions v ON v.id = k.id"
				 " WHERE 1" SESSION_FILTER ") t CROSS JOIN v_sessions v"
				 " ON v.id = t.id" SESSION_ORDER;
static const char sessions_of_incident[] =
    SESSION_COLUMNS SESSION_JSON "FROM findings g CROSS JOIN v_sessions v ON v.id = g.session_id "
				 "WHERE g.incident_id IN " SURGE_DOWN SESSION_FILTER;

#define INCIDENT_COLUMNS \
	"SELECT v.id, v.kind, v.severity, v.certainty, v.state," \
	" rfc3339(v.first_seen) AS first_seen, rfc3339(v.last_seen) AS last_seen, v.sessions," \
	" v.client, v.server, v.server_port, v.service, v.domain, v.mx, v.\"where\", v.summary," \
	" v.evidence, v.refuted_by, v.note, v.client_net, v.sensor, v.parent, v.surge," \
	" v.mute, v.mute_name, rfc3339(v.mute_until) AS mute_until, v.mute_why, "

#define INCIDENT_JSON \
	"CASE WHEN ?2 THEN json_object('id', v.id, 'kind', v.kind, 'severity', v.severity," \
	" 'certainty', v.certainty, 'state', v.state, 'first_seen', rfc3339(v.first_seen)," \
	" 'last_seen', rfc3339(v.last_seen), 'sessions', v.sessions, 'client', v.client," \
	" 'server', v.server, 'server_port', v.server_port, 'service', v.service," \
	" 'domain', v.domain, 'mx', v.mx, 'where', v.\"where\", 'summary', v.summary," \
	" 'evidence', json(v.evidence), 'refuted_by', v.refuted_by, 'note', v.note," \
	" 'parent', v.parent, 'surge', v.surge, 'muted', iif(v.mute IS NULL, NULL," \
	"  json_object('id', v.mute, 'name', v.mute_name, 'until', rfc3339(v.mute_until)," \
	"  'why', v.mute_why))) END "

/* What sums it up is listed in its place, and not by what it alone has: an address, a domain. */
#define IS_FOLDED \
	"(?5 IS NULL AND ?6 IS NULL AND ?7 IS NULL AND ?8 IS NULL AND (?11 IS NULL OR ?11 =" \
	" (SELECT p.state FROM incidents p WHERE p.id = i.parent)))"

/* What ?14 sums up. */
#define SURGE_BELOW \
	"(WITH RECURSIVE down (id) AS (VALUES (?14) UNION SELECT b.id FROM down JOIN incidents b" \
	" ON b.parent = down.id) SELECT id FROM down)"

#define INCIDENT_WHERE \
	" AND v.last_seen >= ?3 AND v.first_seen <= ?4" \
	" AND (?5 IS NULL OR i.outcomes & " OUTCOME_BIT("?5") ")" \
	" AND " INCIDENT_IN_PLACE("i", "?6", "?7", "?8") \
	" AND (?9 IS NULL OR v.kind = ?9) AND i.severity >= ?10" \
	" AND (?11 IS NULL OR v.state = ?11) AND (?13 OR i.parent IS NULL OR NOT " IS_FOLDED ")" \
	" AND (?14 = 0 OR v.id <> ?14 AND v.id IN " SURGE_BELOW ")" \
	" AND (?15 OR i.mute_id IS NULL)"
#define INCIDENT_ORDER " ORDER BY v.last_seen DESC, v.id DESC"
#define INCIDENT_FILTER INCIDENT_WHERE INCIDENT_ORDER " LIMIT ?12"

/* The table stands beside its view for the rank of the severity, which the view shows by name. */
static const char all_incidents[] = INCIDENT_COLUMNS INCIDENT_JSON
    "FROM v_incidents v CROSS JOIN incidents i ON i.id = v.id WHERE ?1 = 0" INCIDENT_FILTER;
static const char few_incidents[] =
    INCIDENT_COLUMNS INCIDENT_JSON "FROM (SELECT v.id FROM " FEW_IDS " incidents i ON i.id = k.id"
				   " CROSS JOIN incidents v ON v.id = i.id WHERE 1" INCIDENT_FILTER
				   ") t CROSS JOIN v_incidents v ON v.id = t.id" INCIDENT_ORDER;
static const char one_incident[] = INCIDENT_COLUMNS INCIDENT_JSON
    "FROM v_incidents v CROSS JOIN incidents i ON i.id = v.id WHERE v.id = ?1" INCIDENT_FILTER;

/* The name that the latest client of a server asked for that names itself nowhere: of those at
 * port 465. Of the latest sessions at the address a few are looked at, however many there are. */
#define ASKED_FOR \
	"CASE WHEN v.banner IS NULL AND v.names = '[]' THEN (SELECT l.tls_sni FROM (SELECT" \
	" s.server_port, s.tls_sni, s.outcome FROM sessions s WHERE s.server = v.server" \
	" ORDER BY s.start DESC LIMIT 100) l WHERE l.server_port = v.server_port AND" \
	" l.outcome = 'encrypted' LIMIT 1) END"

static const char all_servers[] =
    "SELECT v.server, v.server_port, v.service, rfc3339(v.first_seen) AS first_seen,"
    " rfc3339(v.last_seen) AS last_seen, v.sessions, v.starttls_offered,"
    " v.starttls_not_offered, v.starttls_accepted, v.starttls_refused, v.encrypted,"
    " v.plaintext, v.failed, v.tls_version, v.banner,"
    " rfc3339(v.offered_since) AS offered_since, rfc3339(v.last_offered) AS last_offered,"
    " rfc3339(v.last_not_offered) AS last_not_offered, v.clients, v.clients_without, v.names,"
    " v.extensions, v.keys, " ASKED_FOR " AS asked_for,"
    " CASE WHEN ?1 THEN json_object('server', v.server, 'server_port', v.server_port,"
    "  'service', v.service, 'names', json(v.names), 'first_seen', rfc3339(v.first_seen),"
    "  'last_seen', rfc3339(v.last_seen), 'sessions', v.sessions,"
    "  'starttls', json_object('offered', v.starttls_offered,"
    "   'not_offered', v.starttls_not_offered, 'accepted', v.starttls_accepted,"
    "   'refused', v.starttls_refused, 'since', rfc3339(v.offered_since),"
    "   'last_offered', rfc3339(v.last_offered),"
    "   'last_not_offered', rfc3339(v.last_not_offered),"
    "   'clients', json(v.clients), 'clients_without', json(v.clients_without)),"
    "  'encrypted', v.encrypted, 'plaintext', v.plaintext,"
    "  'failed', v.failed, 'tls_version', v.tls_version, 'banner', v.banner,"
    "  'extensions', json(v.extensions), 'keys', json(v.keys),"
    "  'asked_for', " ASKED_FOR ") END"
    " FROM json_each(?2) k CROSS JOIN v_servers v ON v.server = substr(k.value, 1, instr(k.value, ' ')"
    " - 1) AND v.server_port = CAST(substr(k.value, instr(k.value, ' ') + 1) AS INTEGER)"
    " ORDER BY v.last_seen DESC, v.server, v.server_port";

static const char all_alerts[] =
    "SELECT v.id, v.event, rfc3339(v.at) AS at, v.incident, v.kind, v.severity, v.severity_before,"
    " v.sensor, v.sink, v.state, v.tries, rfc3339(v.next_try) AS next_try, v.why,"
    " rfc3339(v.sent_at) AS sent_at, v.summed_in, v.held_back, rfc3339(v.held_since) AS held_since,"
    " CASE WHEN ?1 THEN json_object('id', v.id, 'event', v.event, 'at', rfc3339(v.at), 'incident',"
    " v.incident, 'kind', v.kind, 'severity', v.severity, 'severity_before', v.severity_before,"
    " 'sensor', v.sensor, 'sink', v.sink, 'state', v.state, 'tries', v.tries, 'next_try',"
    " rfc3339(v.next_try), 'why', v.why, 'sent_at', rfc3339(v.sent_at), 'summed_in', v.summed_in,"
    " 'held_back', v.held_back, 'held_since', rfc3339(v.held_since)) END FROM v_alerts v WHERE ?2"
    " OR v.state IN ('waiting', 'held', 'failed') ORDER BY CASE v.state WHEN 'waiting' THEN 0"
    " WHEN 'held' THEN 1 WHEN 'failed' THEN 2 ELSE 3 END, v.id DESC, v.sink LIMIT ?3";

/* clang-format on */

const char *
row_value(const struct row *row, const char *name)
{
	size_t i;

	for (i = 0; i < row->count; i++) {
		if (strcmp(row->names[i], name) == 0)
			return row->values[i];
	}
	return NULL;
}

/* What sessions and incidents are filtered by, in the order of both clauses, behind the key. */
static void
put_filter(struct sql *q, const struct filter *f, int64_t until)
{
	sql_put_int(q, f->with_json);
	sql_put_int(q, f->since);
	sql_put_int(q, until);
	sql_put_text(q, f->outcome);
	sql_put_network(q, &f->client);
	sql_put_network(q, &f->server);
	sql_put_text(q, f->domain);
	sql_put_text(q, f->kind);
	sql_put_int(q, f->severity);
	sql_put_text(q, f->state);
	sql_put_int(q, f->limit == 0 ? -1 : f->limit);
}

/* The last column is the JSON text; those before it are told by name. */
static bool
list(struct sql *q, bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	const char *names[COLUMNS_MAX], *values[COLUMNS_MAX];
	struct row row = {.names = names, .values = values};
	bool is_wanted = true;
	size_t i;

	while (is_wanted && sql_row(q)) {
		row.count = sql_columns(q) - 1;
		for (i = 0; i < row.count; i++) {
			names[i] = sql_name(q, i);
			values[i] = sql_text(q, i);
		}
		row.json = sql_text(q, row.count);
		is_wanted = tell(ctx, &row);
	}
	return sql_end(q);
}

/* Of incidents alone: how those that one sums up are listed. */
static void
put_surge(struct sql *q, const char *statement, const struct filter *f)
{
	if (statement != one_incident && statement != few_incidents && statement != all_incidents)
		return;
	sql_put_int(q, f->with_parts || f->id != 0 || f->surge != 0);
	sql_put_int(q, f->surge);
	sql_put_int(q, f->with_muted || f->id != 0);
}

/* By id. */
static bool
list_one(struct store *s, const char *statement, int64_t id, const struct filter *f,
	 bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, statement);

	sql_put_int(q, id);
	put_filter(q, f, f->until);
	put_surge(q, statement, f);
	return list(q, tell, ctx);
}

/* All of them by time, or the few that the filter can hold at all. */
static bool
list_narrowed(struct store *s, const char *all, const char *few, struct narrow *n,
	      const struct filter *f, bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, n->is_few ? few : all);
	bool is_good;

	if (n->is_few)
		sql_put_text(q, n->ids);
	else
		sql_put_int(q, 0);
	put_filter(q, f, f->until < n->until ? f->until : n->until);
	put_surge(q, n->is_few ? few : all, f);
	is_good = list(q, tell, ctx);
	free(n->ids);
	return is_good;
}

bool
query_sessions(struct store *s, const struct filter *f,
	       bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct narrow n;

	if (f->id != 0)
		return list_one(s, one_session, f->id, f, tell, ctx);
	if (f->incident != 0)
		return list_one(s, sessions_of_incident, f->incident, f, tell, ctx);
	return narrow_sessions(s, f, &n) &&
	       list_narrowed(s, all_sessions, few_sessions, &n, f, tell, ctx);
}

bool
query_incidents(struct store *s, const struct filter *f,
		bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct narrow n;

	if (f->id != 0)
		return list_one(s, one_incident, f->id, f, tell, ctx);
	return narrow_incidents(s, f, &n) &&
	       list_narrowed(s, all_incidents, few_incidents, &n, f, tell, ctx);
}

bool
query_alerts(struct store *s, const struct filter *f,
	     bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, all_alerts);

	sql_put_int(q, f->with_json);
	sql_put_int(q, f->with_sent);
	sql_put_int(q, f->limit == 0 ? -1 : f->limit);
	return list(q, tell, ctx);
}

bool
query_servers(struct store *s, const struct filter *f,
	      bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	char *found = servers_find(s, f);
	struct sql *q;
	bool is_good;

	if (found == NULL)
		return false;
	q = sql_use(s->file, all_servers);
	sql_put_int(q, f->with_json);
	sql_put_text(q, found);
	is_good = list(q, tell, ctx);
	free(found);
	return is_good;
}
