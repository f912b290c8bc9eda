#include "db/known.h"

#include "db/inside.h"

#define SWEEP_SUBJECTS 500 /* looked at in one go */

static const char find_subject[] =
    "SELECT id, first_seen, last_seen, sessions, marks FROM subjects WHERE key = ?1";

bool
known_find(struct store *s, const char *key, void (*tell)(void *ctx, const struct subject_row *row),
	   void *ctx)
{
	struct sql *q = sql_use(s->file, find_subject);
	struct subject_row row = {.key = key};

	sql_put_text(q, key);
	if (sql_row(q)) {
		row.id = sql_take_int(q);
		row.first_seen = sql_take_int(q);
		row.last_seen = sql_take_int(q);
		row.sessions = sql_take_int(q);
		row.marks = sql_take_text(q);
		tell(ctx, &row);
	}
	return sql_end(q);
}

static const char add_subject[] =
    "INSERT INTO subjects (key, first_seen, last_seen, sessions, marks)"
    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET first_seen = excluded.first_seen,"
    " last_seen = excluded.last_seen, sessions = excluded.sessions, marks = excluded.marks"
    " RETURNING id";
static const char change_subject[] =
    "UPDATE subjects SET first_seen = ?2, last_seen = ?3, sessions = ?4, marks = ?5 WHERE id = ?1";

bool
known_save(struct store *s, struct subject_row *row)
{
	struct sql *q = sql_use(s->file, row->id == 0 ? add_subject : change_subject);

	if (row->id == 0)
		sql_put_text(q, row->key);
	else
		sql_put_int(q, row->id);
	sql_put_int(q, row->first_seen);
	sql_put_int(q, row->last_seen);
	sql_put_int(q, row->sessions);
	sql_put_text(q, row->marks);
	if (row->id != 0)
		return sql_run(q);
	row->id = sql_int(q, 0);
	return row->id != 0;
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
    " (sessions < ?5 OR last_seen - first_seen < ?6))) RETURNING key";

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
	while (sql_row(q))
		sweep->gone(sweep->ctx, sql_take_text(q));
	if (!sql_end(q))
		return false;
	sweep->hand = end;
	return true;
}
