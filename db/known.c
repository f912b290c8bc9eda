#include "db/known.h"

#include "db/inside.h"

#define SWEEP_SUBJECTS 500 /* looked at in one go */

static const char find_subject[] =
    "SELECT id, first_seen, last_seen, sessions FROM subjects WHERE key = ?1";
static const char find_known[] =
    "SELECT what, value, yes, no, yes_before, no_before, recent, recent_count, first, since,"
    " last_yes, last_no, turned, until FROM known WHERE subject_id = ?1";

static void
take_known(struct sql *q, struct known_row *out)
{
	out->what = sql_take_text(q);
	out->value = sql_take_text(q);
	out->yes = sql_take_int(q);
	out->no = sql_take_int(q);
	out->yes_before = sql_take_int(q);
	out->no_before = sql_take_int(q);
	out->recent = sql_take_int(q);
	out->recent_count = sql_take_int(q);
	out->first = sql_take_int(q);
	out->since = sql_take_int(q);
	out->last_yes = sql_take_int(q);
	out->last_no = sql_take_int(q);
	out->turned = sql_take_int(q);
	out->until = sql_take_int(q);
}

bool
known_find(struct store *s, struct subject_row *out,
	   void (*tell)(void *ctx, const struct known_row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, find_subject);
	struct known_row row;

	out->id = 0;
	sql_put_text(q, out->key);
	if (sql_row(q)) {
		out->id = sql_take_int(q);
		out->first_seen = sql_take_int(q);
		out->last_seen = sql_take_int(q);
		out->sessions = sql_take_int(q);
	}
	if (!sql_end(q) || out->id == 0)
		return !sql_failed(s->file);
	q = sql_use(s->file, find_known);
	sql_put_int(q, out->id);
	while (sql_row(q)) {
		take_known(q, &row);
		tell(ctx, &row);
	}
	return sql_end(q);
}

static const char add_subject[] =
    "INSERT INTO subjects (key, first_seen, last_seen, sessions) VALUES (?1, ?2, ?3, ?4) ON"
    " CONFLICT DO UPDATE SET first_seen = excluded.first_seen, last_seen = excluded.last_seen,"
    " sessions = excluded.sessions RETURNING id";
static const char change_subject[] =
    "UPDATE subjects SET first_seen = ?2, last_seen = ?3, sessions = ?4 WHERE id = ?1";

bool
known_save_subject(struct store *s, struct subject_row *row)
{
	struct sql *q = sql_use(s->file, row->id == 0 ? add_subject : change_subject);

	if (row->id == 0)
		sql_put_text(q, row->key);
	else
		sql_put_int(q, row->id);
	sql_put_int(q, row->first_seen);
	sql_put_int(q, row->last_seen);
	sql_put_int(q, row->sessions);
	if (row->id != 0)
		return sql_run(q);
	row->id = sql_int(q, 0);
	return row->id != 0;
}

static const char save_known[] =
    "INSERT OR REPLACE INTO known (subject_id, what, value, yes, no, yes_before, no_before, recent,"
    " recent_count, first, since, last_yes, last_no, turned, until) VALUES (?1, ?2, ?3, ?4, ?5, "
    "?6, ?7,"
    " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

bool
known_save(struct store *s, int64_t subject, const struct known_row *row)
{
	struct sql *q = sql_use(s->file, save_known);

	sql_put_int(q, subject);
	sql_put_text(q, row->what);
	sql_put_text(q, row->value);
	sql_put_int(q, row->yes);
	sql_put_int(q, row->no);
	sql_put_int(q, row->yes_before);
	sql_put_int(q, row->no_before);
	sql_put_int(q, row->recent);
	sql_put_int(q, row->recent_count);
	sql_put_int(q, row->first);
	sql_put_int(q, row->since);
	sql_put_int(q, row->last_yes);
	sql_put_int(q, row->last_no);
	sql_put_int(q, row->turned);
	sql_put_int(q, row->until);
	return sql_run(q);
}

static const char remove_known[] =
    "DELETE FROM known WHERE subject_id = ?1 AND what = ?2 AND value = ?3";

bool
known_remove(struct store *s, int64_t subject, const char *what, const char *value)
{
	struct sql *q = sql_use(s->file, remove_known);

	sql_put_int(q, subject);
	sql_put_text(q, what);
	sql_put_text(q, value);
	return sql_run(q);
}

int64_t
known_count(struct store *s)
{
	return sql_int(sql_use(s->file, "SELECT count(*) FROM subjects"), -1);
}

static const char find_end[] =
    "SELECT max(id) FROM (SELECT id FROM subjects WHERE id > ?1 ORDER BY id LIMIT ?2)";
static const char remove_subjects[] =
    "DELETE FROM subjects WHERE id > ?1 AND id <= ?2 AND (last_seen < ?3 OR (last_seen < ?4 AND"
    " (sessions < ?5 OR last_seen - first_seen < ?6)))";

bool
known_sweep(struct store *s, struct known_sweep *sweep)
{
	struct sql *q = sql_use(s->file, find_end);
	int64_t end;

	sql_put_int(q, sweep->hand);
	sql_put_int(q, SWEEP_SUBJECTS);
	end = sql_int(q, 0); /* NULL reads as 0: behind the last */
	if (sql_failed(s->file))
		return false;
	q = sql_use(s->file, remove_subjects);
	sql_put_int(q, sweep->hand);
	sql_put_int(q, end);
	sql_put_int(q, sweep->forgotten);
	sql_put_int(q, sweep->weak);
	sql_put_int(q, sweep->weak_sessions);
	sql_put_int(q, sweep->weak_span);
	if (!sql_run(q))
		return false;
	sweep->removed = end == 0 ? 0 : sql_changes(s->file);
	sweep->hand = end;
	return true;
}
