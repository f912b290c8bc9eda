/*
 * The lists. Every filter stands in one fixed WHERE clause and lets all rows
 * pass where it is not bound; the time range is plain comparison, so that the
 * index on time is used. The JSON text is made by SQLite, only for rows that
 * are told, and only where it is wanted.
 */
#include "db/query.h"

#include <string.h>

#include "db/inside.h"

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

#define SESSION_FILTER \
	" AND v.start >= ?3 AND v.start <= ?4 AND (?5 IS NULL OR v.outcome = ?5)" \
	" AND (?6 IS NULL OR in_network(v.client, ?6))" \
	" AND (?7 IS NULL OR in_network(v.server, ?7))" \
	" AND (?8 IS NULL" \
	"  OR EXISTS (SELECT 1 FROM json_each(v.mail_rcpt_domains) WHERE in_domain(value, ?8))" \
	"  OR EXISTS (SELECT 1 FROM json_each(v.mail_from_domains) WHERE in_domain(value, ?8)))" \
	" AND ((?9 IS NULL AND ?10 = 0 AND ?11 IS NULL) OR EXISTS (" \
	"  SELECT 1 FROM findings f JOIN incidents i ON i.id = f.incident_id" \
	"  WHERE f.session_id = v.id AND (?9 IS NULL OR f.kind = ?9) AND f.severity >= ?10" \
	"  AND (?11 IS NULL OR i.state = ?11)))" \
	" ORDER BY v.start DESC, v.id DESC LIMIT ?12"

static const char all_sessions[] =
    SESSION_COLUMNS SESSION_JSON "FROM v_sessions v WHERE ?1 = 0" SESSION_FILTER;
static const char one_session[] =
    SESSION_COLUMNS SESSION_JSON "FROM v_sessions v WHERE v.id = ?1" SESSION_FILTER;
static const char sessions_of_incident[] =
    SESSION_COLUMNS SESSION_JSON "FROM findings g CROSS JOIN v_sessions v ON v.id = g.session_id "
				 "WHERE g.incident_id = ?1" SESSION_FILTER;

#define INCIDENT_COLUMNS \
	"SELECT v.id, v.kind, v.severity, v.certainty, v.state," \
	" rfc3339(v.first_seen) AS first_seen, rfc3339(v.last_seen) AS last_seen, v.sessions," \
	" v.client, v.server, v.server_port, v.service, v.domain, v.mx, v.\"where\", v.summary," \
	" v.evidence, v.refuted_by, v.note, v.client_net, v.sensor, "

#define INCIDENT_JSON \
	"CASE WHEN ?2 THEN json_object('id', v.id, 'kind', v.kind, 'severity', v.severity," \
	" 'certainty', v.certainty, 'state', v.state, 'first_seen', rfc3339(v.first_seen)," \
	" 'last_seen', rfc3339(v.last_seen), 'sessions', v.sessions, 'client', v.client," \
	" 'server', v.server, 'server_port', v.server_port, 'service', v.service," \
	" 'domain', v.domain, 'mx', v.mx, 'where', v.\"where\", 'summary', v.summary," \
	" 'evidence', json(v.evidence), 'refuted_by', v.refuted_by, 'note', v.note) END "

#define INCIDENT_FILTER \
	" AND v.last_seen >= ?3 AND v.first_seen <= ?4" \
	" AND (?5 IS NULL OR EXISTS (SELECT 1 FROM findings f JOIN sessions s" \
	"  ON s.id = f.session_id WHERE f.incident_id = v.id AND s.outcome = ?5))" \
	" AND (?6 IS NULL OR in_network(v.client, ?6)" \
	"  OR EXISTS (SELECT 1 FROM findings f JOIN sessions s ON s.id = f.session_id" \
	"  WHERE f.incident_id = v.id AND in_network(s.client, ?6)))" \
	" AND (?7 IS NULL OR in_network(v.server, ?7))" \
	" AND (?8 IS NULL OR in_domain(v.domain, ?8)" \
	"  OR EXISTS (SELECT 1 FROM findings f JOIN sessions s ON s.id = f.session_id" \
	"  WHERE f.incident_id = v.id AND (" \
	"   EXISTS (SELECT 1 FROM json_each(s.mail_rcpt_domains) WHERE in_domain(value, ?8))" \
	"   OR EXISTS (SELECT 1 FROM json_each(s.mail_from_domains) WHERE in_domain(value, ?8)))))" \
	" AND (?9 IS NULL OR v.kind = ?9) AND i.severity >= ?10" \
	" AND (?11 IS NULL OR v.state = ?11) ORDER BY v.last_seen DESC, v.id DESC LIMIT ?12"

/* The table stands beside its view for the rank of the severity, which the view shows by name. */
static const char all_incidents[] = INCIDENT_COLUMNS INCIDENT_JSON
    "FROM v_incidents v CROSS JOIN incidents i ON i.id = v.id WHERE ?1 = 0" INCIDENT_FILTER;
static const char one_incident[] = INCIDENT_COLUMNS INCIDENT_JSON
    "FROM v_incidents v CROSS JOIN incidents i ON i.id = v.id WHERE v.id = ?1" INCIDENT_FILTER;

/* Which, before what is known of each is looked up; a client by the subjects of it with each. */
#define PAIR "'pair ' || s.server || ' ' || s.server_port"
#define SERVER_KEYS \
	"SELECT s.server, s.server_port FROM servers s WHERE s.last_seen >= ?2" \
	" AND s.first_seen <= ?3 AND (?4 IS NULL OR in_network(s.server, ?4))" \
	" AND (?5 IS NULL OR EXISTS (SELECT 1 FROM subjects u WHERE u.key > " PAIR " || ' '" \
	"  AND u.key < " PAIR " || '!' AND in_network(substr(u.key, length(" PAIR ") + 2), ?5)))" \
	" AND (?6 IS NULL OR s.server IN (SELECT server FROM hourly WHERE in_domain(domain, ?6))" \
	"  OR EXISTS (SELECT 1 FROM subjects u, json_each(u.marks) k WHERE" \
	"  u.key = 'server ' || s.server || ' ' || s.server_port" \
	"  AND json_extract(k.value, '$[0]') = 'node'" \
	"  AND in_domain(substr(json_extract(k.value, '$[1]'), 1," \
	"   instr(json_extract(k.value, '$[1]'), ' ') - 1), ?6)))" \
	" ORDER BY s.last_seen DESC, s.server, s.server_port LIMIT ?7"

static const char all_servers[] =
    "SELECT v.server, v.server_port, v.service, rfc3339(v.first_seen) AS first_seen,"
    " rfc3339(v.last_seen) AS last_seen, v.sessions, v.starttls_offered,"
    " v.starttls_not_offered, v.starttls_accepted, v.starttls_refused, v.encrypted,"
    " v.plaintext, v.failed, v.tls_version, v.banner,"
    " rfc3339(v.offered_since) AS offered_since, rfc3339(v.last_offered) AS last_offered,"
    " rfc3339(v.last_not_offered) AS last_not_offered, v.clients, v.clients_without, v.names,"
    " v.extensions, v.keys,"
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
    "  'extensions', json(v.extensions), 'keys', json(v.keys)) END"
    " FROM (" SERVER_KEYS ") k CROSS JOIN v_servers v ON v.server = k.server"
    " AND v.server_port = k.server_port ORDER BY v.last_seen DESC, v.server, v.server_port";

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

static void
put_network(struct sql *q, const struct network *n)
{
	if (n->family == 0)
		sql_put_null(q);
	else
		sql_put_blob(q, n, sizeof(*n));
}

/* What sessions and incidents are filtered by, in the order of both clauses. */
static void
put_filter(struct sql *q, int64_t key, const struct filter *f)
{
	sql_put_int(q, key);
	sql_put_int(q, f->with_json);
	sql_put_int(q, f->since);
	sql_put_int(q, f->until);
	sql_put_text(q, f->outcome);
	put_network(q, &f->client);
	put_network(q, &f->server);
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

bool
query_sessions(struct store *s, const struct filter *f,
	       bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct sql *q;

	if (f->id != 0)
		q = sql_use(s->file, one_session);
	else if (f->incident != 0)
		q = sql_use(s->file, sessions_of_incident);
	else
		q = sql_use(s->file, all_sessions);
	put_filter(q, f->id != 0 ? f->id : f->incident, f);
	return list(q, tell, ctx);
}

bool
query_incidents(struct store *s, const struct filter *f,
		bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, f->id != 0 ? one_incident : all_incidents);

	put_filter(q, f->id, f);
	return list(q, tell, ctx);
}

bool
query_servers(struct store *s, const struct filter *f,
	      bool (*tell)(void *ctx, const struct row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, all_servers);

	sql_put_int(q, f->with_json);
	sql_put_int(q, f->since);
	sql_put_int(q, f->until);
	put_network(q, &f->server);
	put_network(q, &f->client);
	sql_put_text(q, f->domain);
	sql_put_int(q, f->limit == 0 ? -1 : f->limit);
	return list(q, tell, ctx);
}
