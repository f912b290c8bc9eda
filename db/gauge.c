/* What the tables hold now; see gauge.h. */
#include "db/gauge.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "db/inside.h"

static const char open_incidents[] =
    "SELECT kind, severity, count(*) FROM incidents WHERE state = 'open' AND parent IS NULL"
    " AND mute_id IS NULL GROUP BY kind, severity";

bool
gauge_incidents(struct store *s,
		void (*tell)(void *ctx, const char *kind, enum severity_rank severity,
			     int64_t open),
		void *ctx)
{
	struct sql *q = sql_use(s->file, open_incidents);

	while (sql_row(q)) {
		const char *kind = sql_take_text(q);
		int64_t severity = sql_take_int(q);

		if (kind != NULL && severity >= RANK_INFO && severity <= RANK_CRITICAL)
			tell(ctx, kind, (enum severity_rank)severity, sql_take_int(q));
	}
	return sql_end(q);
}

static const char muted_incidents[] =
    "SELECT count(*) FROM incidents WHERE mute_id IS NOT NULL AND state = 'open'";

bool
gauge_muted(struct store *s, uint64_t *out)
{
	const int64_t count = sql_int(sql_use(s->file, muted_incidents), -1);

	*out = count < 0 ? 0 : (uint64_t)count;
	return count >= 0;
}

static const char open_deliveries[] =
    "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'held'),"
    " count(*) FILTER (WHERE state = 'failed') FROM deliveries"
    " WHERE state IN ('waiting', 'held', 'failed')";

bool
gauge_deliveries(struct store *s, struct gauge_deliveries *out)
{
	struct sql *q = sql_use(s->file, open_deliveries);

	*out = (struct gauge_deliveries){0};
	if (sql_row(q)) {
		out->waiting = (uint64_t)sql_take_int(q);
		out->held = (uint64_t)sql_take_int(q);
		out->failed = (uint64_t)sql_take_int(q);
	}
	return sql_end(q);
}

static uint64_t
bytes_of(const char *path, const char *suffix)
{
	char name[PATH_MAX];
	struct stat s;

	if (snprintf(name, sizeof(name), "%s%s", path, suffix) >= PATH_MAX || stat(name, &s) != 0)
		return 0;
	return (uint64_t)s.st_size;
}

uint64_t
gauge_bytes(const struct store *s)
{
	return bytes_of(s->path, "") + bytes_of(s->path, "-wal");
}
