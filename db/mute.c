/* Mutes in the database; see mute.h. */
#include "db/mute.h"

#include "db/inside.h"

/*
 * One of a configuration is there already where another watch, or this one before, put the very
 * same: nothing is written then, which would be news to other watches.
 */
static const char put_new[] =
    "INSERT INTO mutes (name, kinds, clients, servers, domains, severity, until, why, added)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE ?1 IS NULL OR NOT EXISTS (SELECT 1 FROM mutes"
    " WHERE name = ?1 AND (kinds, clients, servers, domains, severity, why) ="
    " (?2, ?3, ?4, ?5, ?6, ?8) AND until IS ?7)";

static struct sql *
use(struct store *s, const char *text, const struct mute_row *row)
{
	struct sql *q = sql_use(s->file, text);

	sql_put_text(q, row->name);
	sql_put_text(q, row->kinds);
	sql_put_text(q, row->clients);
	sql_put_text(q, row->servers);
	sql_put_text(q, row->domains);
	sql_put_int(q, row->severity);
	if (row->until == INT64_MAX)
		sql_put_null(q);
	else
		sql_put_int(q, row->until);
	sql_put_text(q, row->why);
	return q;
}

bool
mute_put(struct store *s, struct mute_row *row, int64_t now)
{
	struct sql *q = use(s, put_new, row);

	sql_put_int(q, now);
	if (!sql_run(q))
		return false;
	if (row->name == NULL)
		row->id = sql_last_id(s->file);
	return true;
}

static const char find[] = "SELECT name IS NOT NULL FROM mutes WHERE id = ?1 AND removed IS NULL";
static const char take_away[] = "UPDATE mutes SET removed = ?2 WHERE id = ?1";

/* In the transaction. */
static enum mute_removed
remove_one(struct store *s, int64_t id, int64_t now)
{
	struct sql *q = sql_use(s->file, find);
	bool is_there, is_configured;

	sql_put_int(q, id);
	is_there = sql_row(q);
	is_configured = is_there && sql_take_int(q) != 0;
	if (!sql_end(q))
		return MUTE_FAILED;
	if (!is_there)
		return MUTE_ABSENT;
	if (is_configured)
		return MUTE_CONFIGURED;
	q = sql_use(s->file, take_away);
	sql_put_int(q, id);
	sql_put_int(q, now);
	return sql_run(q) ? MUTE_REMOVED : MUTE_FAILED;
}

enum mute_removed
mute_remove(struct store *s, int64_t id, int64_t now)
{
	enum mute_removed removed;

	if (!store_begin(s))
		return MUTE_FAILED;
	removed = remove_one(s, id, now);
	if (removed == MUTE_REMOVED)
		return store_commit(s) ? MUTE_REMOVED : MUTE_FAILED;
	store_rollback(s);
	return removed;
}

static const char drop_ended[] =
    "UPDATE mutes SET removed = ?1 WHERE id = (SELECT id FROM mutes WHERE name IS NULL AND removed"
    " IS NULL AND until <= ?1 ORDER BY until, id LIMIT 1)";

enum maybe
mute_drop_ended(struct store *s, int64_t now)
{
	struct sql *q = sql_use(s->file, drop_ended);

	sql_put_int(q, now);
	if (!sql_run(q))
		return MAYBE_NULL;
	return sql_changes(s->file) > 0 ? MAYBE_YES : MAYBE_NO;
}

#define ROW                                                                               \
	"SELECT id, name, kinds, clients, servers, domains, m.severity, coalesce(until, " \
	"9223372036854775807), why, coalesce(last, 0), "
#define IN_PLACE " WHERE removed IS NULL ORDER BY id"

static const char all[] = ROW "0, 0 FROM mutes m" IN_PLACE;
static const char all_with_use[] =
    ROW "v.incidents, v.sessions FROM (SELECT id AS of, incidents, sessions FROM v_mutes) v JOIN"
	" mutes m ON m.id = v.of" IN_PLACE;

bool
mute_walk(struct store *s, bool with_use, void (*tell)(void *ctx, const struct mute_row *row),
	  void *ctx)
{
	struct sql *q = sql_use(s->file, with_use ? all_with_use : all);
	struct mute_row row;

	while (sql_row(q)) {
		row.id = sql_take_int(q);
		row.name = sql_take_text(q);
		row.kinds = sql_take_text(q);
		row.clients = sql_take_text(q);
		row.servers = sql_take_text(q);
		row.domains = sql_take_text(q);
		row.severity = (enum severity_rank)sql_take_int(q);
		row.until = sql_take_int(q);
		row.why = sql_take_text(q);
		row.last = sql_take_int(q);
		row.incidents = sql_take_int(q);
		row.sessions = sql_take_int(q);
		tell(ctx, &row);
	}
	return sql_end(q);
}

static const char added[] = "SELECT count(*) FROM mutes WHERE name IS NULL AND removed IS NULL";

int64_t
mute_added(struct store *s)
{
	return sql_int(sql_use(s->file, added), -1);
}

static const char muted[] = "SELECT count(*) FROM incidents WHERE mute_id IS NOT NULL";

int64_t
mute_incidents(struct store *s)
{
	return sql_int(sql_use(s->file, muted), -1);
}

int64_t
mute_version(struct store *s)
{
	return sql_int(sql_use(s->file, "PRAGMA data_version"), -1);
}
