/*
 * The start leads the key: what is removed together lies together, and a session
 * of now is looked for behind all of them. The hash has no secret: two sessions
 * are confused only where a capture gives them the same microsecond, which is
 * not for those to choose whose packets are captured.
 */
#include "db/removed.h"

#include "db/inside.h"

#define FORGOTTEN_AT_ONCE "256"

#define FNV_BASIS 2166136261u /* FNV-1a of 32 bits */
#define FNV_PRIME 16777619u

static uint32_t
hash_byte(uint32_t hash, uint8_t byte)
{
	return (hash ^ byte) * FNV_PRIME;
}

static uint32_t
hash_int(uint32_t hash, int64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		hash = hash_byte(hash, (uint8_t)((uint64_t)value >> (8 * i)));
	return hash;
}

/* With its end, so that no two texts run into each other. */
static uint32_t
hash_text(uint32_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = hash_byte(hash, (uint8_t)*text);
	return hash_byte(hash, 0);
}

static uint32_t
hash_of(const struct session_row *row)
{
	uint32_t hash = hash_int(FNV_BASIS, row->sensor_id);

	hash = hash_int(hash, row->client_port);
	hash = hash_int(hash, row->server_port);
	hash = hash_text(hash, row->client);
	hash = hash_text(hash, row->server);
	return hash_text(hash, row->service);
}

static const char find[] = "SELECT EXISTS (SELECT 1 FROM removed WHERE start = ?1 AND hash = ?2),"
			   " ?1 < coalesce(horizon, ?1) FROM totals";

enum removed
removed_find(struct store *s, const struct session_row *row)
{
	struct sql *q = sql_use(s->file, find);
	enum removed found = REMOVED_FAILED;

	sql_put_int(q, row->start);
	sql_put_int(q, hash_of(row));
	if (sql_row(q)) {
		bool is_removed = sql_take_int(q) != 0;
		bool is_behind = sql_take_int(q) != 0;

		found = is_removed ? REMOVED_IS : is_behind ? REMOVED_BEHIND : REMOVED_NOT;
	}
	return sql_end(q) ? found : REMOVED_FAILED;
}

static const char read_key[] =
    "SELECT start, sensor_id, client_port, server_port, client, server, service FROM sessions"
    " WHERE id = ?1";
static const char remember[] = "INSERT OR IGNORE INTO removed (start, hash) VALUES (?1, ?2)";

bool
removed_add(struct store *s, int64_t id)
{
	struct sql *q = sql_use(s->file, read_key);
	struct session_row row = {0};
	uint32_t hash = 0;

	sql_put_int(q, id);
	if (sql_row(q)) {
		row.start = sql_take_int(q);
		row.sensor_id = sql_take_int(q);
		row.client_port = (uint16_t)sql_take_int(q);
		row.server_port = (uint16_t)sql_take_int(q);
		row.client = sql_take_text(q);
		row.server = sql_take_text(q);
		row.service = sql_take_text(q);
		hash = hash_of(&row);
	}
	if (!sql_end(q))
		return false;
	q = sql_use(s->file, remember);
	sql_put_int(q, row.start);
	sql_put_int(q, hash);
	return sql_run(q);
}

static const char find_last[] = "SELECT max(start), count(*) = " FORGOTTEN_AT_ONCE
				" FROM (SELECT start FROM removed WHERE start"
				" < ?1 ORDER BY start LIMIT " FORGOTTEN_AT_ONCE ")";
static const char *const forget[] = {
    "DELETE FROM removed WHERE start <= ?1",
    "UPDATE totals SET horizon = max(?1 + 1, coalesce(horizon, ?1 + 1))",
};

bool
removed_forget(struct store *s, int64_t before, bool *is_more)
{
	struct sql *q = sql_use(s->file, find_last);
	bool is_any = false;
	int64_t last = 0;

	sql_put_int(q, before);
	if (sql_row(q)) {
		is_any = sql_text(q, 0) != NULL;
		last = sql_take_int(q);
		*is_more |= sql_take_int(q) != 0;
	}
	if (!sql_end(q) || !is_any)
		return !sql_failed(s->file);
	for (size_t i = 0; i < sizeof(forget) / sizeof(forget[0]); i++) {
		q = sql_use(s->file, forget[i]);
		sql_put_int(q, last);
		if (!sql_run(q))
			return false;
	}
	return true;
}
