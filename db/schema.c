/*
 * Which steps there are, and how a file is brought through them: whose it is,
 * which version it has, and the upgrade in one transaction. What a step makes
 * stands in its own file; what holds for all of them, in schema_steps.h.
 */
#include "db/schema.h"

#include <stdio.h>

#include "db/schema_steps.h"

const char *const schema_steps[] = {
    schema_tables,      /* makes version 1 */
    schema_known,       /* 2 */
    schema_capture,     /* 3 */
    schema_known_marks, /* 4 */
    schema_narrow,      /* 5 */
    schema_retain,      /* 6 */
    schema_hourly,      /* 7 */
    schema_surge,       /* 8 */
    schema_policy,      /* 9 */
    schema_places,      /* 10 */
    schema_lists,       /* 11 */
    schema_outbox,      /* 12 */
    schema_mute,        /* 13 */
    schema_mute_each,   /* 14 */
    schema_policy_der,  /* 15 */
    schema_found,       /* 16 */
    schema_servers,     /* 17 */
};

const size_t schema_step_count = sizeof(schema_steps) / sizeof(schema_steps[0]);

int64_t
schema_version(struct sql_file *f)
{
	return sql_int(sql_use(f, "PRAGMA user_version"), -1);
}

bool
schema_is_empty(struct sql_file *f)
{
	return sql_int(sql_use(f, "PRAGMA page_count"), -1) == 0;
}

/* Ours, or empty; with a reason where not. */
static bool
is_ours(struct sql_file *f, int64_t version)
{
	int64_t id = sql_int(sql_use(f, "PRAGMA application_id"), -1);
	int64_t objects = sql_int(sql_use(f, "SELECT count(*) FROM sqlite_schema"), -1);

	if (version < 0 || id < 0 || objects < 0)
		return false;
	if (id == SCHEMA_APPLICATION_ID || (id == 0 && version == 0 && objects == 0))
		return true;
	sql_fail(f, "an SQLite database, but not one of waxseal (give another file with --db)");
	return false;
}

static bool
fail_version(struct sql_file *f, int64_t version, size_t count)
{
	char why[STORE_WHY_MAX];

	if (version > (int64_t)count)
		snprintf(why, sizeof(why),
			 "its schema is version %lld, this program knows up to %zu (upgrade "
			 "waxseal, and start it again)",
			 (long long)version, count);
	else if (version == 0)
		snprintf(why, sizeof(why),
			 "empty, nothing was recorded in it yet ('waxseal watch' does)");
	else
		snprintf(why, sizeof(why),
			 "its schema is version %lld, this program's is %zu (run 'waxseal db "
			 "check' as one who may write to it: that upgrades it)",
			 (long long)version, count);
	sql_fail(f, why);
	return false;
}

bool
schema_is_of(struct sql_file *f, size_t count)
{
	int64_t version = schema_version(f);

	return version == (int64_t)count || (version >= 0 && fail_version(f, version, count));
}

static bool
step(struct sql_file *f, const char *const *steps, size_t from, size_t count)
{
	char mark[96];
	size_t i;

	for (i = from; i < count; i++) {
		if (!sql_exec(f, steps[i]))
			return false;
	}
	/* A pragma takes no bound values; these are numbers of our own. */
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %zu",
		 SCHEMA_APPLICATION_ID, count);
	return sql_exec(f, mark);
}

/* The version is read again under the write lock: another process may have been faster. */
static bool
upgrade(struct sql_file *f, const char *const *steps, size_t count)
{
	char why[STORE_WHY_MAX];
	int64_t version;

	if (!sql_exec(f, "BEGIN IMMEDIATE"))
		return false;
	version = schema_version(f);
	if (version > (int64_t)count)
		fail_version(f, version, count);
	else if (version >= 0 && step(f, steps, (size_t)version, count) && sql_exec(f, "COMMIT"))
		return true;
	snprintf(why, sizeof(why), "%s", sql_why(f));
	sql_exec(f, "ROLLBACK");
	sql_fail(f, why);
	return false;
}

bool
schema_settle(struct sql_file *f, const char *const *steps, size_t count, bool may_upgrade)
{
	int64_t version = schema_version(f);

	if (!is_ours(f, version))
		return false;
	if (version == (int64_t)count)
		return true;
	if (version > (int64_t)count || !may_upgrade)
		return fail_version(f, version, count);
	return upgrade(f, steps, count);
}
