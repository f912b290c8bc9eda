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

/* Each yields problems as text; LIMIT keeps a wrecked file from flooding the terminal. */
static const char *const invariants[] = {
    "SELECT 'incident ' || id || ': sessions counted: ' || sessions || ', removed: ' || pruned ||"
    " ', there: ' || n FROM (SELECT i.id, i.sessions, i.pruned, (SELECT"
    " count(*) FROM findings f WHERE f.incident_id = i.id) AS n FROM incidents i) WHERE n +"
    " pruned <> sessions LIMIT 100",
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
    " s.service AND h.domain = s.domain WHERE h.sessions IS NULL OR h.sessions < s.n LIMIT 100",
    "SELECT 'session ' || id || ' ends before it starts' FROM sessions WHERE \"end\" < start"
    " LIMIT 100",
    "SELECT 'incident ' || k.incident_id || ' keeps session ' || k.session_id || ', which is not"
    " its own' FROM kept k WHERE NOT EXISTS (SELECT 1 FROM findings f WHERE f.incident_id ="
    " k.incident_id AND f.session_id = k.session_id) LIMIT 100",
    "SELECT 'bytes of session ' || session_id || ' are kept for no incident' FROM (SELECT"
    " session_id FROM transcripts UNION SELECT session_id FROM packets UNION SELECT session_id"
    " FROM certificates) t WHERE NOT EXISTS (SELECT 1 FROM kept k WHERE k.session_id ="
    " t.session_id) LIMIT 100",
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
    " UNION ALL SELECT 'sessions pruned', (SELECT pruned FROM totals)"
    " UNION ALL SELECT 'first session', (SELECT rfc3339(min(start)) FROM sessions)"
    " UNION ALL SELECT 'last session', (SELECT rfc3339(max(start)) FROM sessions)"
    " UNION ALL SELECT 'findings', (SELECT count(*) FROM findings)"
    " UNION ALL SELECT 'incidents open', (SELECT count(*) FROM incidents WHERE state = 'open')"
    " UNION ALL SELECT 'incidents acked', (SELECT count(*) FROM incidents WHERE state = 'acked')"
    " UNION ALL SELECT 'incidents closed',"
    "  (SELECT count(*) FROM incidents WHERE state = 'closed')"
    " UNION ALL SELECT 'sessions kept', (SELECT count(DISTINCT session_id) FROM kept)"
    " UNION ALL SELECT 'packets kept', (SELECT count(*) FROM packets)"
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

/* Oldest first, some thousands at a time: no transaction grows without bound. */
static const char find_cut[] =
    "SELECT max(start) FROM (SELECT start FROM sessions WHERE start < ?1 AND \"end\" < ?1 ORDER BY"
    " start LIMIT 5000)";

/* Those that go: of the oldest, those that ended before. The times are ?1 and ?2. */
#define CUT "start <= ?1 AND \"end\" < ?2"

static const char count_cut[] = "SELECT count(*) FROM sessions WHERE " CUT;

static const char *const prune_steps[] = {
    "UPDATE incidents SET pruned = pruned + g.n FROM (SELECT f.incident_id AS id, count(*) AS n"
    " FROM sessions s CROSS JOIN findings f ON f.session_id = s.id WHERE " CUT " GROUP BY"
    " f.incident_id) g WHERE incidents.id = g.id",
    "UPDATE totals SET pruned = pruned + (SELECT count(*) FROM sessions WHERE " CUT ")",
    ("DELETE FROM sessions WHERE " CUT),
    "DELETE FROM capture WHERE minute <= ?1 AND minute < ?2",
};
static const char prune_incidents[] =
    "DELETE FROM incidents WHERE state = 'closed' AND sessions = pruned";

static bool
prune_cut(struct store *s, int64_t cut, int64_t before, struct prune *p)
{
	struct sql *q = sql_use(s->file, count_cut);
	int64_t sessions;
	size_t i;

	sql_put_int(q, cut);
	sql_put_int(q, before);
	sessions = sql_int(q, -1);
	for (i = 0; sessions >= 0 && i < sizeof(prune_steps) / sizeof(prune_steps[0]); i++) {
		q = sql_use(s->file, prune_steps[i]);
		sql_put_int(q, cut);
		sql_put_int(q, before);
		if (!sql_run(q))
			return false;
	}
	if (sessions < 0 || !sql_run(sql_use(s->file, prune_incidents)))
		return false;
	p->sessions += sessions;
	p->incidents += sql_changes(s->file);
	return true;
}

/* Remove some of the oldest that ended before; *is_more: there were any. */
static bool
prune_some(struct store *s, int64_t before, struct prune *p, bool *is_more)
{
	struct sql *q;
	int64_t cut;

	if (!store_begin(s))
		return false;
	q = sql_use(s->file, find_cut);
	sql_put_int(q, before);
	cut = INT64_MIN;
	*is_more = false;
	if (sql_row(q)) {
		*is_more = sql_text(q, 0) != NULL;
		cut = sql_take_int(q);
	}
	if (!sql_end(q) || (*is_more && !prune_cut(s, cut, before, p))) {
		store_rollback(s);
		return false;
	}
	return store_commit(s);
}

static int64_t
file_bytes(struct store *s)
{
	return sql_int(sql_use(s->file, "SELECT page_count * page_size FROM pragma_page_count,"
					" pragma_page_size"),
		       -1);
}

static int64_t
used_bytes(struct store *s)
{
	return sql_int(sql_use(s->file, "SELECT (page_count - freelist_count) * page_size FROM"
					" pragma_page_count, pragma_freelist_count,"
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

bool
upkeep_prune(struct store *s, struct prune *p)
{
	bool is_more = true;

	p->sessions = 0;
	p->incidents = 0;
	if (!can_reach(s, p->bytes))
		return false;
	p->bytes_before = file_bytes(s);
	while (is_more) {
		if (!prune_some(s, p->before, p, &is_more))
			return false;
	}
	is_more = p->bytes > 0;
	while (is_more && used_bytes(s) > p->bytes) {
		if (!prune_some(s, INT64_MAX, p, &is_more))
			return false;
	}
	if (!sql_exec(s->file, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"))
		return false;
	p->bytes_after = file_bytes(s);
	p->is_short = p->bytes > 0 && p->bytes_after > p->bytes;
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
