/*
 * Adding a session is one insert that does nothing where the key is there: a
 * new one, the common case, costs one row and one index entry and is never
 * looked up. Only a known one is read, to see whether more is seen of it now.
 */
#include "db/session.h"

#include <stdio.h>
#include <string.h>

#include "db/gather.h"
#include "db/inside.h"
#include "db/join.h"
#include "db/keep.h"
#include "db/outcome.h"
#include "db/removed.h"

#define FINDINGS_KNOWN_MAX 64 /* findings of one session that are read again */

static const char add_sensor[] = "INSERT INTO sensors (name) VALUES (?1) ON CONFLICT DO NOTHING";
static const char find_sensor[] = "SELECT id FROM sensors WHERE name = ?1";

int64_t
session_sensor(struct store *s, const char *name)
{
	struct sql *q = sql_use(s->file, add_sensor);

	sql_put_text(q, name);
	if (!sql_run(q))
		return 0;
	q = sql_use(s->file, find_sensor);
	sql_put_text(q, name);
	return sql_int(q, 0);
}

#define INSERT_SESSION                                                                           \
	"INSERT INTO sessions (sensor_id, start, \"end\", service, client, client_port, server," \
	" server_port, community_id, complete, gap_bytes, seen, outcome, ending, packets,"       \
	" client_bytes, server_bytes, banner, helo, extended, starttls_offered,"                 \
	" starttls_requested, starttls_accepted, tls_version, tls_cipher, tls_sni, tls_alpn,"    \
	" tls_resumed, tls_cert_sha256, tls_spki_sha256, tls_ja3, tls_ja4, mail_count,"          \
	" mail_from_domains, mail_rcpt_domains, domain, auth, encap)"                            \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "  \
	"?18,"                                                                                   \
	" ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35,"  \
	" ?36, ?37, ?38) ON CONFLICT "

static const char insert_session[] = INSERT_SESSION "DO NOTHING";
static const char replace_session[] = INSERT_SESSION
    "DO UPDATE SET \"end\" = excluded.\"end\", community_id = excluded.community_id,"
    " complete = excluded.complete, gap_bytes = excluded.gap_bytes, seen = excluded.seen,"
    " outcome = excluded.outcome, ending = excluded.ending, packets = excluded.packets,"
    " client_bytes = excluded.client_bytes, server_bytes = excluded.server_bytes,"
    " banner = excluded.banner, helo = excluded.helo, extended = excluded.extended,"
    " starttls_offered = excluded.starttls_offered,"
    " starttls_requested = excluded.starttls_requested,"
    " starttls_accepted = excluded.starttls_accepted, tls_version = excluded.tls_version,"
    " tls_cipher = excluded.tls_cipher, tls_sni = excluded.tls_sni,"
    " tls_alpn = excluded.tls_alpn, tls_resumed = excluded.tls_resumed,"
    " tls_cert_sha256 = excluded.tls_cert_sha256, tls_spki_sha256 = excluded.tls_spki_sha256,"
    " tls_ja3 = excluded.tls_ja3, tls_ja4 = excluded.tls_ja4, mail_count = excluded.mail_count,"
    " mail_from_domains = excluded.mail_from_domains,"
    " mail_rcpt_domains = excluded.mail_rcpt_domains, domain = excluded.domain,"
    " auth = excluded.auth, encap = excluded.encap";

static void
put_key(struct sql *q, const struct session_row *row)
{
	sql_put_int(q, row->sensor_id);
	sql_put_int(q, row->start);
	sql_put_int(q, row->end);
	sql_put_text(q, row->service);
	sql_put_text(q, row->client);
	sql_put_int(q, row->client_port);
	sql_put_text(q, row->server);
	sql_put_int(q, row->server_port);
}

static void
put_capture(struct sql *q, const struct session_row *row)
{
	sql_put_text(q, row->community_id);
	sql_put_int(q, row->complete);
	sql_put_int(q, row->gap_bytes);
	sql_put_text(q, row->seen);
	sql_put_text(q, row->outcome);
	sql_put_text(q, row->ending);
	sql_put_int(q, row->packets);
	sql_put_int(q, row->client_bytes);
	sql_put_int(q, row->server_bytes);
}

static void
put_dialogue(struct sql *q, const struct session_row *row)
{
	sql_put_text(q, row->banner);
	sql_put_text(q, row->helo);
	sql_put_maybe(q, row->extended);
	sql_put_maybe(q, row->offered);
	sql_put_maybe(q, row->requested);
	sql_put_maybe(q, row->accepted);
}

static void
put_tls(struct sql *q, const struct session_row *row)
{
	sql_put_text(q, row->tls_version);
	sql_put_text(q, row->tls_cipher);
	sql_put_text(q, row->tls_sni);
	sql_put_text(q, row->tls_alpn);
	sql_put_maybe(q, row->tls_resumed);
	sql_put_text(q, row->cert_sha256);
	sql_put_text(q, row->spki_sha256);
	sql_put_text(q, row->ja3);
	sql_put_text(q, row->ja4);
}

static bool
write_session(struct store *s, const char *text, const struct session_row *row)
{
	struct sql *q = sql_use(s->file, text);

	put_key(q, row);
	put_capture(q, row);
	put_dialogue(q, row);
	put_tls(q, row);
	if (row->mail_count < 0)
		sql_put_null(q);
	else
		sql_put_int(q, row->mail_count);
	sql_put_text(q, row->from_domains);
	sql_put_text(q, row->rcpt_domains);
	sql_put_text(q, row->domain);
	sql_put_text(q, row->auth);
	sql_put_text(q, row->encap);
	return sql_run(q);
}

/* A session that is judged again is not read whole: of it the table knows the outcome. */
static const char insert_finding[] =
    "INSERT INTO findings (session_id, incident_id, kind, severity, certainty, \"where\", detail,"
    " mute_id, outcome, start) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, 0),"
    " " OUTCOME_BIT("?9") ", ?10)";
static const char read_outcome[] = "UPDATE findings SET outcome = (SELECT " OUTCOME_BIT(
    "s.outcome") " FROM sessions s WHERE s.id = session_id) WHERE id = ?1";
static const char use_mute[] = "UPDATE mutes SET last = max(coalesce(last, 0), ?2) WHERE id = ?1";

static bool
add_outcome(struct store *s, int64_t finding)
{
	struct sql *q = sql_use(s->file, read_outcome);

	sql_put_int(q, finding);
	return sql_run(q);
}

static bool
write_finding(struct store *s, int64_t id, const struct session_row *row,
	      const struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, insert_finding);

	sql_put_int(q, id);
	sql_put_int(q, finding->incident_id);
	sql_put_text(q, finding->kind);
	sql_put_int(q, finding->severity);
	sql_put_int(q, finding->certainty);
	sql_put_text(q, finding->where);
	sql_put_text(q, finding->detail);
	sql_put_int(q, finding->mute_id);
	sql_put_text(q, row->outcome);
	sql_put_int(q, row->start);
	if (!sql_run(q) || (row->outcome == NULL && !add_outcome(s, sql_last_id(s->file))))
		return false;
	if (finding->mute_id == 0)
		return true;
	q = sql_use(s->file, use_mute);
	sql_put_int(q, finding->mute_id);
	sql_put_int(q, row->end);
	return sql_run(q);
}

/* The index of the first finding of this kind; finding_count where there is none. */
static size_t
find_kind(const struct session_row *row, const char *kind)
{
	size_t i;

	for (i = 0; i < row->finding_count; i++) {
		if (strcmp(row->findings[i].kind, kind) == 0)
			break;
	}
	return i;
}

/* A finding that a session had before it was replaced. */
struct known_finding {
	int64_t id;
	struct join_past past;
	size_t now; /* index of the finding of that kind now */
};

struct known {
	int64_t id;
	bool is_richer;  /* the row lacks nothing of it, and has more */
	bool may_refute; /* nor is more missing in between */
	struct known_finding findings[FINDINGS_KNOWN_MAX];
	size_t count;
};

static bool
leave(struct store *s, int64_t id, int64_t incident)
{
	return keep_leave(s, id, incident) && join_leave(s, incident);
}

/* Join the incident that the session was in for this kind, or the one that it belongs to now. */
static bool
join_known(struct store *s, int64_t id, const struct session_row *row, struct finding_row *finding,
	   const struct join_past *past)
{
	switch (join_again(s, row, finding, past)) {
	case JOINED:
		return true;
	case JOINED_NOT:
		return leave(s, id, past->incident) && join_new(s, row, finding);
	case JOINED_FAILED:
		break;
	}
	return false;
}

static bool
add_findings(struct store *s, int64_t id, const struct session_row *row, const struct known *known)
{
	size_t i, k;

	for (i = 0; i < row->finding_count; i++) {
		struct finding_row *finding = &row->findings[i];
		bool is_joined;

		finding->incident_id = 0;
		finding->event = INCIDENT_UNTOUCHED;
		finding->surge_id = 0;
		if (find_kind(row, finding->kind) != i)
			continue; /* the first of a kind counts */
		for (k = 0; known != NULL && k < known->count && known->findings[k].now != i; k++)
			;
		if (known != NULL && k < known->count)
			is_joined = join_known(s, id, row, finding, &known->findings[k].past);
		else
			is_joined = join_new(s, row, finding);
		if (!is_joined || !write_finding(s, id, row, finding))
			return false;
	}
	return true;
}

static const char find_session[] =
    "SELECT id, \"end\", packets, client_bytes, server_bytes, seen, complete, gap_bytes, ending,"
    " outcome, domain, tls_version, starttls_offered + 1, starttls_accepted + 1 FROM sessions"
    " WHERE start = ?1 AND"
    " client_port = ?2 AND client = ?3 AND server = ?4 AND server_port = ?5 AND service = ?6 AND"
    " sensor_id = ?7";

/* By the capture, which ended or has not yet: its own end is not seen. */
static bool
is_cut_off(const char *ending)
{
	return strcmp(ending, "capture") == 0;
}

/* Compare the row with what is known, the next columns of find_session. */
static void
compare(struct sql *q, const struct session_row *row, struct known *out)
{
	const int64_t now[] = {row->end, row->packets, row->client_bytes, row->server_bytes};
	const char *seen;
	bool is_more = false, is_less = false;
	size_t i;

	for (i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
		int64_t before = sql_take_int(q);

		is_more |= now[i] > before;
		is_less |= now[i] < before;
	}
	seen = sql_take_text(q);
	if (strcmp(row->seen, seen) != 0) {
		is_more |= strcmp(row->seen, "both") == 0;
		is_less |= strcmp(row->seen, "both") != 0;
	}
	is_less |= (int64_t)row->complete < sql_take_int(q);
	out->may_refute = row->gap_bytes <= sql_take_int(q);
	/* One told under way has its end to come, maybe without another packet. */
	is_more |= is_cut_off(sql_take_text(q)) && !is_cut_off(row->ending);
	out->is_richer = is_more && !is_less;
}

/* Find the session that has the row's key; take its counts back where the row is richer. */
static bool
find_known(struct store *s, const struct session_row *row, struct known *out)
{
	struct sql *q = sql_use(s->file, find_session);
	struct gather_past past = {.start = row->start,
				   .service = row->service,
				   .server = row->server,
				   .client_net = row->client_net,
				   .server_port = row->server_port};
	bool is_good = true;

	sql_put_int(q, row->start);
	sql_put_int(q, row->client_port);
	sql_put_text(q, row->client);
	sql_put_text(q, row->server);
	sql_put_int(q, row->server_port);
	sql_put_text(q, row->service);
	sql_put_int(q, row->sensor_id);
	if (sql_row(q)) {
		out->id = sql_take_int(q);
		compare(q, row, out);
		past.outcome = sql_take_text(q);
		past.domain = sql_take_text(q);
		past.tls_version = sql_take_text(q);
		/* NULL reads as 0: the numbers are those of enum maybe. */
		past.offered = (enum maybe)sql_take_int(q);
		past.accepted = (enum maybe)sql_take_int(q);
		if (out->is_richer)
			is_good = gather_remove(s, &past);
	}
	return sql_end(q) && is_good && out->id != 0;
}

/* Whether an incident's sentence tells a finding: it ends in its detail. */
#define TELLS "substr(i.summary, -length(f.detail)) = f.detail"

/* The sentence is this session's where no other is in, or where it tells this client's finding. */
static const char findings_of[] =
    "SELECT f.id, f.kind, f.incident_id, i.sessions = 1 OR (i.client = ?2 AND " TELLS ")"
    " FROM findings f JOIN incidents i ON i.id = f.incident_id"
    " WHERE f.session_id = ?1 ORDER BY f.id";

/* Read the findings that the session had. */
static bool
read_findings(struct store *s, const struct session_row *row, struct known *known)
{
	struct sql *q = sql_use(s->file, findings_of);

	sql_put_int(q, known->id);
	sql_put_text(q, row->client);
	while (known->count < FINDINGS_KNOWN_MAX && sql_row(q)) {
		struct known_finding *f = &known->findings[known->count++];

		f->id = sql_take_int(q);
		f->now = find_kind(row, sql_take_text(q));
		f->past.incident = sql_take_int(q);
		f->past.is_teller = sql_take_int(q) != 0;
	}
	return sql_end(q);
}

static const char remove_finding[] = "DELETE FROM findings WHERE id = ?1";

/* Remove those that are made again, and those that did not stand up to more of the session. */
static bool
take_findings(struct store *s, const struct session_row *row, const struct known *known)
{
	size_t i;

	for (i = 0; i < known->count; i++) {
		const struct known_finding *f = &known->findings[i];
		bool is_made_again = f->now < row->finding_count;
		struct sql *q = sql_use(s->file, remove_finding);

		if (!is_made_again && !known->may_refute)
			continue;
		sql_put_int(q, f->id);
		if (!sql_run(q) || (!is_made_again && !leave(s, known->id, f->past.incident)))
			return false;
	}
	return true;
}

/* Both arrays, each domain once. */
#define NAMED "(SELECT value FROM json_each(?1) UNION SELECT value FROM json_each(?2))"

static const char add_domains[] =
    "INSERT OR IGNORE INTO domains (name, reversed) SELECT value, reversed(value) FROM " NAMED;
static const char add_mentions[] = "INSERT OR IGNORE INTO mentions (domain_id, start, session_id)"
				   " SELECT d.id, ?3, ?4 FROM domains d WHERE d.name IN " NAMED;

static bool
has_domains(const char *array)
{
	return array != NULL && strcmp(array, "[]") != 0;
}

/* What the session is found by, by domain; what it named before is forgotten by a trigger. */
static bool
mention(struct store *s, int64_t id, const struct session_row *row)
{
	struct sql *q;

	if (!has_domains(row->from_domains) && !has_domains(row->rcpt_domains))
		return true;
	q = sql_use(s->file, add_domains);
	sql_put_text(q, row->from_domains);
	sql_put_text(q, row->rcpt_domains);
	if (!sql_run(q))
		return false;
	q = sql_use(s->file, add_mentions);
	sql_put_text(q, row->from_domains);
	sql_put_text(q, row->rcpt_domains);
	sql_put_int(q, row->start);
	sql_put_int(q, id);
	return sql_run(q);
}

static bool
extend(struct store *s, const struct session_row *row, struct known *known)
{
	return write_session(s, replace_session, row) && mention(s, known->id, row) &&
	       gather_add(s, row) && read_findings(s, row, known) && take_findings(s, row, known) &&
	       add_findings(s, known->id, row, known) && keep_again(s, known->id, row) &&
	       keep_session(s, known->id, row);
}

static enum session_added
add_known(struct store *s, const struct session_row *row, int64_t *id)
{
	struct known known = {0};

	if (!find_known(s, row, &known))
		return SESSION_FAILED;
	*id = known.id;
	if (!known.is_richer)
		return SESSION_KNOWN;
	return extend(s, row, &known) ? SESSION_EXTENDED : SESSION_FAILED;
}

static const char take_back[] = "DELETE FROM sessions WHERE id = ?1";

/* A session just added was here before, or might have been: it is not to be counted again. */
static enum session_added
refuse_removed(struct store *s, int64_t *id, enum removed removed)
{
	struct sql *q = sql_use(s->file, take_back);

	sql_put_int(q, *id);
	*id = 0;
	if (removed == REMOVED_FAILED || !sql_run(q))
		return SESSION_FAILED;
	return removed == REMOVED_BEHIND ? SESSION_BEHIND : SESSION_REMOVED;
}

static enum session_added
add(struct store *s, const struct session_row *row, int64_t *id)
{
	enum removed removed;

	if (!write_session(s, insert_session, row))
		return SESSION_FAILED;
	if (sql_changes(s->file) == 0)
		return add_known(s, row, id);
	*id = sql_last_id(s->file);
	removed = removed_find(s, row);
	if (removed != REMOVED_NOT)
		return refuse_removed(s, id, removed);
	if (mention(s, *id, row) && gather_add(s, row) && add_findings(s, *id, row, NULL) &&
	    (row->finding_count == 0 || keep_session(s, *id, row)))
		return SESSION_NEW;
	return SESSION_FAILED;
}

enum session_added
session_add(struct store *s, const struct session_row *row, int64_t *id)
{
	enum session_added added = SESSION_FAILED;

	*id = 0;
	if (s->is_in_transaction)
		added = add(s, row, id);
	else
		sql_fail(s->file, "a session was added outside of a transaction");
	if (added == SESSION_FAILED)
		store_rollback(s);
	return added;
}

#define CLOCKS_APART "1000000" /* microseconds: what two sensors' clocks may differ by */

/* Who sees one session alone cannot see it twice: then there is nothing to look for. */
static const char learn[] =
    "UPDATE sessions AS s SET learnt = 1 WHERE id = ?1 AND learnt = 0 AND NOT EXISTS (SELECT 1 FROM"
    " sensors n CROSS JOIN sessions o WHERE n.id <> s.sensor_id AND o.client = s.client AND o.start"
    " BETWEEN s.start - " CLOCKS_APART " AND s.start + " CLOCKS_APART " AND o.sensor_id = n.id AND"
    " o.client_port = s.client_port AND +o.server = s.server AND o.server_port = s.server_port AND"
    " o.service = s.service AND o.learnt AND o.complete >= s.complete AND o.seen IN ('both',"
    " s.seen))";

bool
session_learn(struct store *s, int64_t id, bool *is_first)
{
	struct sql *q = sql_use(s->file, learn);

	sql_put_int(q, id);
	if (!sql_run(q))
		return false;
	*is_first = sql_changes(s->file) == 1;
	return true;
}

static const char find_finding[] =
    "SELECT id, incident_id FROM findings WHERE session_id = ?1 AND kind = ?2";

bool
session_judge_again(struct store *s, int64_t id, const struct session_row *row, const char *kind,
		    struct finding_row *finding)
{
	struct sql *q = sql_use(s->file, find_finding);
	struct join_past past = {0};
	int64_t old = 0;

	sql_put_int(q, id);
	sql_put_text(q, kind);
	if (sql_row(q)) {
		old = sql_take_int(q);
		past.incident = sql_take_int(q);
	}
	if (!sql_end(q) || old == 0)
		return false;
	q = sql_use(s->file, remove_finding);
	sql_put_int(q, old);
	if (!sql_run(q))
		return false;
	if (strcmp(kind, finding->kind) == 0)
		return join_known(s, id, row, finding, &past) &&
		       write_finding(s, id, row, finding) && keep_more(s, id, finding);
	return join_new(s, row, finding) && write_finding(s, id, row, finding) &&
	       keep_early(s, id, finding) && leave(s, id, past.incident);
}

static const char find_standing[] =
    "SELECT f.id IS NOT NULL, f.severity, f.certainty FROM sessions s LEFT JOIN findings f ON"
    " f.session_id = s.id AND f.kind = ?2 WHERE s.id = ?1";

bool
session_standing(struct store *s, int64_t id, const char *kind, struct session_standing *out)
{
	struct sql *q = sql_use(s->file, find_standing);

	*out = (struct session_standing){0};
	sql_put_int(q, id);
	sql_put_text(q, kind);
	if (sql_row(q)) {
		out->is_recorded = true;
		out->is_found = sql_take_int(q) != 0;
		out->severity = (enum severity_rank)sql_take_int(q);
		out->certainty = (enum certainty_rank)sql_take_int(q);
	}
	return sql_end(q);
}

bool
session_add_finding(struct store *s, int64_t id, const struct session_row *row,
		    struct finding_row *finding)
{
	return join_new(s, row, finding) && write_finding(s, id, row, finding) &&
	       keep_early(s, id, finding);
}

static const char findings_json[] =
    "SELECT json_object('time', rfc3339(time), 'sensor', sensor, 'service', service, 'client',"
    " client, 'client_port', client_port, 'server', server, 'server_port', server_port, 'session',"
    " session, 'kind', kind, 'severity', severity, 'certainty', certainty, 'where', \"where\","
    " 'detail', detail, 'incident', incident, 'surge', (SELECT parent FROM incidents i WHERE i.id ="
    " incident), 'muted', (SELECT json_object('id', m.id, 'name', m.name, 'until',"
    " rfc3339(m.until), 'why', m.why) FROM findings f JOIN mutes m ON m.id = f.mute_id WHERE f.id ="
    " v.id)) FROM v_findings v WHERE session = ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY id";

bool
session_findings(struct store *s, int64_t id, const char *kind,
		 void (*tell)(void *ctx, const char *json), void *ctx)
{
	struct sql *q = sql_use(s->file, findings_json);

	sql_put_int(q, id);
	sql_put_text(q, kind);
	while (sql_row(q))
		tell(ctx, sql_take_text(q));
	return sql_end(q);
}

static const char tells[] = "SELECT EXISTS (SELECT 1 FROM findings f, incidents i WHERE"
			    " f.session_id = ?1 AND i.id = ?2 AND f.detail <> '' AND " TELLS ")";

bool
session_is_teller(struct store *s, int64_t id, int64_t incident, bool *is_teller)
{
	struct sql *q = sql_use(s->file, tells);
	int64_t found;

	sql_put_int(q, id);
	sql_put_int(q, incident);
	found = sql_int(q, -1);
	*is_teller = found > 0;
	return found >= 0;
}

/* The first part of a capture has no minutes that the whole has not. */
static const char remove_parts[] =
    "DELETE FROM capture WHERE minute = ?1 AND sensor_id = ?2 AND source <> '' AND source <> ?3 AND"
    " substr(?3, 1, length(source)) = source";
#define MINUTE_COLUMNS                                                                             \
	"INSERT INTO capture (minute, sensor_id, source, packets, bytes, dropped, gaps, withheld," \
	" evicted, untold, crashed)"

static const char add_totals[] = MINUTE_COLUMNS
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE NOT EXISTS (SELECT 1 FROM capture"
    " WHERE minute = ?1 AND sensor_id = ?2 AND source <> ?3 AND substr(source, 1, length(?3)) = ?3)"
    " ON CONFLICT DO UPDATE SET"
    " packets = max(packets, excluded.packets), bytes = max(bytes, excluded.bytes),"
    " dropped = max(dropped, excluded.dropped), gaps = max(gaps, excluded.gaps),"
    " withheld = max(withheld, excluded.withheld), evicted = max(evicted, excluded.evicted),"
    " untold = max(untold, excluded.untold), crashed = max(crashed, excluded.crashed)";

/* What one minute holds at most, so that those of a year add up without an overflow. */
#define MINUTE_MOST      (INT64_C(1) << 44)
#define MINUTE_MOST_TEXT "17592186044416"
#define ADDED(name)      name " = min(" name " + excluded." name ", " MINUTE_MOST_TEXT ")"
/* SQL, laid out by hand. */
/* clang-format off */
static const char add_live[] = MINUTE_COLUMNS
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO UPDATE SET "
    ADDED("packets") ", " ADDED("bytes") ", " ADDED("dropped") ", " ADDED("gaps") ", "
    ADDED("withheld") ", " ADDED("evicted") ", " ADDED("untold") ", " ADDED("crashed");
/* clang-format on */

static void
put_count(struct sql *q, int64_t count)
{
	sql_put_int(q, count < MINUTE_MOST ? count : MINUTE_MOST);
}

bool
session_capture(struct store *s, const struct capture_row *row)
{
	bool is_live = row->source[0] == '\0';
	struct sql *q = sql_use(s->file, remove_parts);

	sql_put_int(q, row->minute);
	sql_put_int(q, row->sensor_id);
	sql_put_text(q, row->source);
	if (!is_live && !sql_run(q))
		return false;
	q = sql_use(s->file, is_live ? add_live : add_totals);
	sql_put_int(q, row->minute);
	sql_put_int(q, row->sensor_id);
	sql_put_text(q, row->source);
	put_count(q, row->packets);
	put_count(q, row->bytes);
	put_count(q, row->dropped);
	put_count(q, row->gaps);
	put_count(q, row->withheld);
	put_count(q, row->evicted);
	put_count(q, row->untold);
	put_count(q, row->crashed);
	return sql_run(q);
}
