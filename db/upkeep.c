/*
 * Invariants are written as queries that yield a line for each violation, so
 * that checking is running them all.
 */
#include "db/upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/inside.h"
#include "db/outcome.h"

/* Each yields problems as text; LIMIT keeps a wrecked file from flooding the terminal. */
static const char *const invariants[] = {
    "SELECT 'incident ' || id || ': sessions counted: ' || sessions || ', removed: ' || pruned ||"
    " ', there: ' || n FROM (SELECT i.id, i.sessions, i.pruned, (SELECT"
    " count(*) FROM findings f WHERE f.incident_id = i.id) + (SELECT coalesce(sum(c.sessions), 0)"
    " FROM incidents c WHERE c.parent = i.id) AS n FROM incidents i) WHERE n +"
    " pruned <> sessions LIMIT 100",
    "SELECT 'incident ' || c.id || ' is part of ' || p.id || ', which sums up no surge of its kind'"
    " FROM incidents c JOIN incidents p ON p.id = c.parent WHERE p.kind <> c.kind OR"
    " (p.server <> '' AND p.client_net <> '') OR p.server NOT IN ('', c.server) OR"
    " p.client_net NOT IN ('', c.client_net) LIMIT 100",
    "SELECT 'finding ' || f.id || ' has another start or outcome than its session' FROM findings f"
    " JOIN sessions s ON s.id = f.session_id WHERE f.start <> s.start OR f.outcome <> " OUTCOME_BIT(
	"s.outcome") " LIMIT 100",
    "SELECT 'incident ' || id || ': outcomes: ' || outcomes || ', of its sessions: ' || n FROM ("
    "SELECT i.id, i.outcomes, coalesce(max(f.outcome & 1) | max(f.outcome & 2) | max(f.outcome &"
    " 4) | max(f.outcome & 8) | max(f.outcome & 16) | max(f.outcome & 32), 0) AS n FROM incidents i"
    " LEFT JOIN findings f ON f.incident_id = i.id GROUP BY i.id) WHERE outcomes <> n LIMIT 100",
    "SELECT 'incident ' || id || ' lasts otherwise than its span says' FROM incidents WHERE span <>"
    " " SPAN_OF("last_seen", "first_seen") " LIMIT 100",
    "SELECT 'hours: sessions counted: ' || h || ', there: ' || n FROM (SELECT (SELECT"
    " coalesce(sum(sessions), 0) FROM hourly) AS h, (SELECT count(*) FROM sessions) + (SELECT"
    " pruned FROM totals) AS n) WHERE h <> n",
    "SELECT 'servers: sessions counted: ' || h || ', there: ' || n FROM (SELECT (SELECT"
    " coalesce(sum(sessions), 0) FROM servers) AS h, (SELECT count(*) FROM sessions) + (SELECT"
    " pruned FROM totals) AS n) WHERE h <> n",
    "SELECT 'hour ' || s.hour || ' of ' || s.server || ': sessions counted: ' ||"
    " coalesce(h.sessions, 0) || ', there: ' || s.n FROM (SELECT start - (start % 3600000000 + "
    "3600000000) %"
    " 3600000000 AS hour, server, service, domain, count(*) AS n FROM sessions GROUP BY 1, 2, 3,"
    " 4) s LEFT JOIN hourly h ON h.hour = s.hour AND h.server = s.server AND h.service ="
    " s.service AND h.domain = s.domain WHERE coalesce(h.sessions < s.n, NOT EXISTS (SELECT 1"
    " FROM hourly_full f WHERE f.hour = s.hour AND f.what IN ('server', 'domain'))) LIMIT 100",
    "SELECT 'hours of clients: sessions counted: ' || c || ', of TLS versions: ' || t ||"
    " ', there: ' || n FROM (SELECT (SELECT coalesce(sum(sessions), 0) FROM hourly_clients) AS c,"
    " (SELECT coalesce(sum(sessions), 0) FROM hourly_tls) AS t, (SELECT count(*) FROM sessions) +"
    " (SELECT pruned - pruned_before FROM totals) AS n) WHERE c <> n OR t <> n",
    "SELECT 'hour ' || hour || ' of ' || subject || ': outcomes do not add up' FROM (SELECT hour,"
    " server AS subject, sessions - no_mail - partial >= encrypted + plaintext + failed AND"
    " min(sessions, encrypted, plaintext, failed, no_mail, partial) >= 0 AS is_good FROM hourly"
    " UNION ALL SELECT hour, client_net, sessions = encrypted + plaintext + failed + no_mail +"
    " partial AND min(sessions, encrypted, plaintext, failed, no_mail, partial) >= 0 FROM"
    " hourly_clients UNION ALL SELECT hour, version, sessions = encrypted + plaintext + failed +"
    " no_mail + partial AND min(sessions, encrypted, plaintext, failed, no_mail, partial) >= 0"
    " FROM hourly_tls) WHERE NOT is_good LIMIT 100",
    "SELECT 'session ' || id || ' ends before it starts' FROM sessions WHERE \"end\" < start"
    " LIMIT 100",
    "SELECT 'incident ' || k.incident_id || ' keeps session ' || k.session_id || ', which is not"
    " its own' FROM kept k WHERE k.session_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM findings f"
    " WHERE f.incident_id = k.incident_id AND f.session_id = k.session_id) LIMIT 100",
    "SELECT 'incident ' || k.incident_id || ' has another end of session ' || k.session_id FROM"
    " kept k JOIN sessions s ON s.id = k.session_id WHERE k.\"end\" <> s.\"end\" LIMIT 100",
    "SELECT 'sessions removed: counted: ' || pruned || ', remembered: ' || n FROM (SELECT pruned,"
    " (SELECT count(*) FROM removed) AS n FROM totals) WHERE n > pruned",
    "SELECT 'bytes of session ' || session_id || ' are kept for no incident' FROM (SELECT"
    " session_id FROM transcripts UNION SELECT session_id FROM packets UNION SELECT session_id"
    " FROM certificates) t WHERE NOT EXISTS (SELECT 1 FROM kept k WHERE k.session_id ="
    " t.session_id) LIMIT 100",
    "SELECT 'alert ' || a.id || ' is for no sink' FROM alerts a WHERE NOT EXISTS (SELECT 1 FROM"
    " deliveries d WHERE d.alert_id = a.id) LIMIT 100",
    "SELECT 'delivery ' || d.id || ' of alert ' || a.id || ' is of another incident' FROM"
    " deliveries d JOIN alerts a ON a.id = d.alert_id WHERE d.incident_id IS NOT a.incident_id"
    " LIMIT 100",
    "SELECT 'incident ' || s.incident_id || ' is over, and ' || s.sink || ' is not to hear of it'"
    " FROM standing s JOIN incidents i ON i.id = s.incident_id WHERE i.state = 'closed' LIMIT 100",
};

static const char integrity[] = "PRAGMA integrity_check";
static const char references[] =
    "SELECT 'a row of ' || \"table\" || ' names a row of ' || parent || ' that is not there'"
    " FROM pragma_foreign_key_check LIMIT 100";

/* Tell each row of a query that is not "ok"; -1 where it failed. */
static int
tell_problems(struct store *s, const char *text, void (*tell)(void *ctx, const char *problem),
	      void *ctx)
{
	struct sql *q = sql_use(s->file, text);
	int count = 0;

	while (sql_row(q)) {
		const char *problem = sql_take_text(q);

		if (problem == NULL || strcmp(problem, "ok") == 0)
			continue;
		tell(ctx, problem);
		count++;
	}
	return sql_end(q) ? count : -1;
}

int
upkeep_check(struct store *s, void (*tell)(void *ctx, const char *problem), void *ctx)
{
	int sum = tell_problems(s, integrity, tell, ctx);
	size_t i;

	/* What a damaged file counts says nothing. */
	if (sum != 0)
		return sum;
	sum = tell_problems(s, references, tell, ctx);
	for (i = 0; sum >= 0 && i < sizeof(invariants) / sizeof(invariants[0]); i++) {
		int count = tell_problems(s, invariants[i], tell, ctx);

		sum = count < 0 ? -1 : sum + count;
	}
	return sum;
}

static const char figures[] =
    "SELECT 'schema version', (SELECT user_version FROM pragma_user_version)"
    " UNION ALL SELECT 'file size', page_count * page_size FROM pragma_page_count,"
    "  pragma_page_size"
    " UNION ALL SELECT 'free inside', freelist_count * page_size FROM pragma_freelist_count,"
    "  pragma_page_size"
    " UNION ALL SELECT 'sessions', (SELECT count(*) FROM sessions)"
    " UNION ALL SELECT 'sessions removed', (SELECT pruned FROM totals)"
    " UNION ALL SELECT 'removed, remembered', (SELECT count(*) FROM removed)"
    " UNION ALL SELECT 'none taken in before', (SELECT rfc3339(horizon) FROM totals WHERE horizon"
    "  IS NOT NULL)"
    " UNION ALL SELECT 'first session', (SELECT rfc3339(min(start)) FROM sessions)"
    " UNION ALL SELECT 'last session', (SELECT rfc3339(max(start)) FROM sessions)"
    " UNION ALL SELECT 'findings', (SELECT count(*) FROM findings)"
    " UNION ALL SELECT 'incidents open', (SELECT count(*) FROM incidents WHERE state = 'open')"
    " UNION ALL SELECT 'incidents acked', (SELECT count(*) FROM incidents WHERE state = 'acked')"
    " UNION ALL SELECT 'incidents closed',"
    "  (SELECT count(*) FROM incidents WHERE state = 'closed')"
    " UNION ALL SELECT 'oldest incident', (SELECT rfc3339(min(last_seen)) FROM incidents)"
    " UNION ALL SELECT 'sessions kept', (SELECT count(DISTINCT session_id) FROM kept)"
    " UNION ALL SELECT 'oldest evidence', (SELECT rfc3339(min(\"end\")) FROM kept WHERE session_id"
    "  IS NOT NULL)"
    " UNION ALL SELECT 'packets kept', (SELECT count(*) FROM packets)"
    " UNION ALL SELECT 'alerts', (SELECT count(*) FROM alerts)"
    " UNION ALL SELECT 'alerts to be sent', (SELECT count(*) FROM deliveries WHERE state IN"
    "  ('waiting', 'held'))"
    " UNION ALL SELECT 'alerts given up', (SELECT count(*) FROM deliveries WHERE state = 'failed')"
    " UNION ALL SELECT 'servers', (SELECT count(*) FROM servers)";

bool
upkeep_stats(struct store *s, void (*tell)(void *ctx, const char *name, const char *value),
	     void *ctx)
{
	struct sql *q = sql_use(s->file, figures);

	tell(ctx, "file", s->path);
	while (sql_row(q)) {
		const char *name = sql_take_text(q);
		const char *value = sql_take_text(q);

		tell(ctx, name, value == NULL ? "" : value);
	}
	return sql_end(q);
}

static int64_t
file_bytes(struct store *s)
{
	return sql_int(sql_use(s->file, "SELECT page_count * page_size FROM pragma_page_count,"
					" pragma_page_size"),
		       -1);
}

/* Each table and index takes a page at least, and the first page is the schema's. */
static const char least_bytes[] = "SELECT (1 + count(*)) * (SELECT page_size FROM pragma_page_size)"
				  " FROM sqlite_schema WHERE rootpage > 0";

static bool
can_reach(struct store *s, int64_t bytes)
{
	int64_t least = sql_int(sql_use(s->file, least_bytes), -1);
	char why[STORE_WHY_MAX];

	if (least < 0)
		return false;
	if (bytes == 0 || bytes >= least)
		return true;
	snprintf(why, sizeof(why),
		 "cannot be made as small as that: an empty one takes %lld bytes (nothing was "
		 "removed)",
		 (long long)least);
	sql_fail(s->file, why);
	return false;
}

/* All that is to go; each step lets others in. */
static bool
remove_all(struct store *s, struct retain *r)
{
	enum retained done;

	do
		done = retain_step(s, r);
	while (done == RETAIN_MORE);
	/* Incidents of which no session is left now may have been passed before. */
	if (done != RETAIN_DONE)
		return false;
	r->incident_hand = 0;
	do
		done = retain_step(s, r);
	while (done != RETAIN_FAILED && r->incident_hand != 0);
	return done != RETAIN_FAILED;
}

static const char free_pages[] = "SELECT freelist_count FROM pragma_freelist_count";
static const char is_incremental[] = "SELECT auto_vacuum = 2 FROM pragma_auto_vacuum";

/*
 * Give free pages back: a file of before is written anew, after which it can do as others do,
 * which give back a few at a time.
 */
static bool
shrink(struct store *s)
{
	if (sql_int(sql_use(s->file, is_incremental), 0) == 0 &&
	    !sql_exec(s->file, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM"))
		return false;
	while (sql_int(sql_use(s->file, free_pages), 0) > 0)
		if (!sql_exec(s->file, "PRAGMA incremental_vacuum(1000)"))
			return false;
	return sql_exec(s->file, "PRAGMA wal_checkpoint(TRUNCATE)");
}

bool
upkeep_prune(struct store *s, struct prune *p)
{
	struct retain r;

	p->sessions = 0;
	p->incidents = 0;
	if (!can_reach(s, p->limits.bytes))
		return false;
	p->bytes_before = file_bytes(s);
	retain_begin(&r, &p->limits, p->now);
	r.is_patient = true;
	r.closed = p->before;
	r.sessions = p->before > r.sessions ? p->before : r.sessions;
	r.evidence = p->before > r.evidence ? p->before : r.evidence;
	r.alerts = r.evidence;
	if (!remove_all(s, &r) || !shrink(s))
		return false;
	p->sessions = r.removed_sessions;
	p->incidents = r.removed_incidents;
	p->bytes_after = file_bytes(s);
	p->is_short = r.is_short;
	return p->bytes_before >= 0 && p->bytes_after >= 0;
}

static bool
fail_backup(struct store *s, const char *path)
{
	char why[STORE_WHY_MAX];

	snprintf(why, sizeof(why), "cannot back up to %s: %s", path,
		 errno == EEXIST ? "it exists already (give a new name)" : strerror(errno));
	sql_fail(s->file, why);
	return false;
}

static const char vacuum_into[] = "VACUUM INTO ?1";

bool
upkeep_backup(struct store *s, const char *path)
{
	/* Made here, so that no file is ever overwritten and only its owner can read it. */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct sql *q;
	bool is_good;

	if (fd == -1)
		return fail_backup(s, path);
	q = sql_use(s->file, vacuum_into);
	sql_put_text(q, path);
	is_good = sql_run(q);
	/* SQLite does not wait for the disk here; a backup that is told as done is on it. */
	if (is_good && fsync(fd) != 0)
		is_good = fail_backup(s, path);
	close(fd);
	if (!is_good)
		unlink(path);
	return is_good;
}
