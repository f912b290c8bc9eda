#include "db/policy.h"

#include "db/inside.h"

static const char save_policy[] =
    "INSERT INTO policies (domain, learnt, mta_sts_status, mta_sts_id, mta_sts_mode,"
    " mta_sts_max_age, mta_sts_mx, mta_sts_fetched, mta_sts_expires, mta_sts_source,"
    " mta_sts_problems, mta_sts_text, mta_sts_digest, edited, trouble, failures, failing_since,"
    " asked, ask_after, wants_fetch, fetch_after, seen_id, refused_id, mx_form, mx_whole,"
    " tlsrpt_status, tlsrpt_rua, required)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
    " ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)"
    " ON CONFLICT (domain) DO UPDATE SET learnt = excluded.learnt,"
    " mta_sts_status = excluded.mta_sts_status, mta_sts_id = excluded.mta_sts_id,"
    " mta_sts_mode = excluded.mta_sts_mode, mta_sts_max_age = excluded.mta_sts_max_age,"
    " mta_sts_mx = excluded.mta_sts_mx, mta_sts_fetched = excluded.mta_sts_fetched,"
    " mta_sts_expires = excluded.mta_sts_expires, mta_sts_source = excluded.mta_sts_source,"
    " mta_sts_problems = excluded.mta_sts_problems, mta_sts_text = excluded.mta_sts_text,"
    " mta_sts_digest = excluded.mta_sts_digest, edited = excluded.edited,"
    " trouble = excluded.trouble, failures = excluded.failures,"
    " failing_since = excluded.failing_since, asked = excluded.asked,"
    " ask_after = excluded.ask_after, wants_fetch = excluded.wants_fetch,"
    " fetch_after = excluded.fetch_after, seen_id = excluded.seen_id,"
    " refused_id = excluded.refused_id, mx_form = excluded.mx_form,"
    " mx_whole = excluded.mx_whole, tlsrpt_status = excluded.tlsrpt_status,"
    " tlsrpt_rua = excluded.tlsrpt_rua, required = excluded.required"
    " RETURNING id";

static void
put_time(struct sql *q, int64_t time)
{
	if (time == 0)
		sql_put_null(q);
	else
		sql_put_int(q, time);
}

static void
put_max_age(struct sql *q, const struct policy_row *row)
{
	if (row->mode == NULL)
		sql_put_null(q);
	else
		sql_put_int(q, row->max_age);
}

static void
put_digest(struct sql *q, const struct policy_row *row)
{
	if (row->digest_len == 0)
		sql_put_null(q);
	else
		sql_put_blob(q, row->digest, row->digest_len);
}

/* Its id in the table; 0 where the database failed. */
static int64_t
save_row(struct store *s, const struct policy_row *row)
{
	struct sql *q = sql_use(s->file, save_policy);

	sql_put_text(q, row->domain);
	sql_put_int(q, row->learnt);
	sql_put_text(q, row->status);
	sql_put_text(q, row->id);
	sql_put_text(q, row->mode);
	put_max_age(q, row);
	sql_put_text(q, row->mx);
	put_time(q, row->fetched);
	put_time(q, row->expires);
	sql_put_text(q, row->source);
	sql_put_text(q, row->problems);
	sql_put_text(q, row->text);
	put_digest(q, row);
	sql_put_int(q, row->is_edited);
	sql_put_text(q, row->trouble);
	sql_put_int(q, row->failures);
	put_time(q, row->failing_since);
	put_time(q, row->asked);
	put_time(q, row->ask_after);
	sql_put_int(q, row->wants_fetch);
	put_time(q, row->fetch_after);
	sql_put_text(q, row->seen_id);
	sql_put_text(q, row->refused_id);
	sql_put_text(q, row->mx_form);
	sql_put_int(q, row->is_mx_whole);
	sql_put_text(q, row->tlsrpt_status);
	sql_put_text(q, row->tlsrpt_rua);
	sql_put_text(q, row->required);
	return sql_int(q, 0);
}

static const char save_tlsa[] = "INSERT INTO policy_tlsa (policy_id, place, base, seq, rdata, der)"
				" VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

static bool
save_records(struct store *s, int64_t id, size_t place, const struct policy_host_row *row)
{
	for (size_t i = 0; i < row->record_count; i++) {
		struct sql *q = sql_use(s->file, save_tlsa);

		sql_put_int(q, id);
		sql_put_int(q, (int64_t)place);
		sql_put_int(q, row->records[i].base);
		sql_put_int(q, (int64_t)i);
		sql_put_blob(q, row->records[i].rdata, row->records[i].len);
		sql_put_int(q, row->records[i].der);
		if (!sql_run(q))
			return false;
	}
	return true;
}

static const char save_host[] =
    "INSERT INTO policy_hosts (policy_id, place, host, preference, expanded, addresses, whole,"
    " sts_match, dane, answers, tlsa) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

static bool
save_one_host(struct store *s, int64_t id, size_t place, const struct policy_host_row *row)
{
	struct sql *q = sql_use(s->file, save_host);

	sql_put_int(q, id);
	sql_put_int(q, (int64_t)place);
	sql_put_text(q, row->host);
	sql_put_int(q, row->preference);
	sql_put_text(q, row->expanded);
	sql_put_text(q, row->addresses);
	sql_put_int(q, row->is_whole);
	sql_put_maybe(q, row->sts_match);
	sql_put_text(q, row->dane);
	sql_put_text(q, row->answers);
	sql_put_text(q, row->tlsa);
	return sql_run(q) && save_records(s, id, place, row);
}

static const char save_places[] =
    "INSERT INTO policy_places (place, policy_id)"
    " SELECT host, policy_id FROM policy_hosts WHERE policy_id = ?1"
    " UNION SELECT expanded, policy_id FROM policy_hosts"
    " WHERE policy_id = ?1 AND expanded IS NOT NULL"
    " UNION SELECT a.value, h.policy_id FROM policy_hosts h, json_each(h.addresses) a"
    " WHERE h.policy_id = ?1";
static const char forget_places[] = "DELETE FROM policy_places WHERE policy_id = ?1";
static const char forget_hosts[] = "DELETE FROM policy_hosts WHERE policy_id = ?1";
static const char forget_tlsa[] = "DELETE FROM policy_tlsa WHERE policy_id = ?1";

static bool
run_for(struct store *s, const char *statement, int64_t id)
{
	struct sql *q = sql_use(s->file, statement);

	sql_put_int(q, id);
	return sql_run(q);
}

static bool
save_hosts(struct store *s, int64_t id, const struct policy_row *row)
{
	if (!run_for(s, forget_tlsa, id) || !run_for(s, forget_hosts, id) ||
	    !run_for(s, forget_places, id))
		return false;
	for (size_t i = 0; i < row->host_count; i++)
		if (!save_one_host(s, id, i, &row->hosts[i]))
			return false;
	return run_for(s, save_places, id);
}

/* The first that is known is a change from nothing, and nothing is none. */
static const char note_change[] =
    "INSERT INTO policy_changes (domain, time, mta_sts_id, mode, max_age, mx, source)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM (SELECT 1)"
    " LEFT JOIN (SELECT * FROM policy_changes WHERE domain = ?1 ORDER BY id DESC LIMIT 1) c"
    " WHERE c.mta_sts_id IS NOT ?3 OR c.mode IS NOT ?4 OR c.max_age IS NOT ?5 OR c.mx IS NOT ?6";
static const char trim_changes[] =
    "DELETE FROM policy_changes WHERE domain = ?1 AND id <= (SELECT id FROM policy_changes"
    " WHERE domain = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";

static bool
save_change(struct store *s, const struct policy_row *row, bool *is_change)
{
	struct sql *q = sql_use(s->file, note_change);

	sql_put_text(q, row->domain);
	sql_put_int(q, row->fetched != 0 ? row->fetched : row->learnt);
	sql_put_text(q, row->id);
	sql_put_text(q, row->mode);
	put_max_age(q, row);
	sql_put_text(q, row->mx);
	sql_put_text(q, row->source);
	if (!sql_run(q))
		return false;
	*is_change = sql_changes(s->file) > 0;
	if (!*is_change)
		return true;
	q = sql_use(s->file, trim_changes);
	sql_put_text(q, row->domain);
	sql_put_int(q, POLICY_CHANGES_MAX);
	return sql_run(q);
}

bool
policy_save(struct store *s, const struct policy_row *row, bool *is_change)
{
	bool changed = false;
	int64_t id;

	if (!s->is_in_transaction) {
		sql_fail(s->file, "a policy is saved outside of a transaction");
		return false;
	}
	id = save_row(s, row);
	if (id == 0 || !save_hosts(s, id, row) || !save_change(s, row, &changed))
		return false;
	if (is_change != NULL)
		*is_change = changed;
	return true;
}

static const char find_policy[] =
    "SELECT id, domain, learnt, mta_sts_status, mta_sts_id, mta_sts_mode, mta_sts_max_age,"
    " mta_sts_mx, mta_sts_fetched, mta_sts_expires, mta_sts_source, mta_sts_problems,"
    " mta_sts_text, mta_sts_digest, edited, trouble, failures, failing_since, asked, ask_after,"
    " wants_fetch, fetch_after, seen_id, refused_id, mx_form, mx_whole, tlsrpt_status,"
    " tlsrpt_rua, required FROM policies WHERE domain = ?1";

static void
take_policy(struct sql *q, struct policy_row *row)
{
	row->domain = sql_take_text(q);
	row->learnt = sql_take_int(q);
	row->status = sql_take_text(q);
	row->id = sql_take_text(q);
	row->mode = sql_take_text(q);
	row->max_age = sql_take_int(q);
	row->mx = sql_take_text(q);
	row->fetched = sql_take_int(q);
	row->expires = sql_take_int(q);
	row->source = sql_take_text(q);
	row->problems = sql_take_text(q);
	row->text = sql_take_text(q);
	row->digest = sql_take_blob(q, &row->digest_len);
	row->is_edited = sql_take_int(q) != 0;
	row->trouble = sql_take_text(q);
	row->failures = sql_take_int(q);
	row->failing_since = sql_take_int(q);
	row->asked = sql_take_int(q);
	row->ask_after = sql_take_int(q);
	row->wants_fetch = sql_take_int(q) != 0;
	row->fetch_after = sql_take_int(q);
	row->seen_id = sql_take_text(q);
	row->refused_id = sql_take_text(q);
	row->mx_form = sql_take_text(q);
	row->is_mx_whole = sql_take_int(q) != 0;
	row->tlsrpt_status = sql_take_text(q);
	row->tlsrpt_rua = sql_take_text(q);
	row->required = sql_take_text(q);
}

static const char find_tlsa[] = "SELECT base, rdata, der FROM policy_tlsa WHERE policy_id = ?1"
				" AND place = ?2 ORDER BY base, seq";

static bool
tell_records(struct store *s, int64_t id, int64_t place, const struct policy_teller *teller)
{
	struct sql *q = sql_use(s->file, find_tlsa);

	sql_put_int(q, id);
	sql_put_int(q, place);
	while (sql_row(q)) {
		struct policy_tlsa_row row = {.base = sql_take_int(q) != 0};

		row.rdata = sql_take_blob(q, &row.len);
		row.der = sql_take_int(q);
		teller->tlsa(teller->ctx, (size_t)place, &row);
	}
	return sql_end(q);
}

static const char find_hosts[] =
    "SELECT host, preference, expanded, addresses, whole, sts_match, dane, answers, tlsa"
    " FROM policy_hosts WHERE policy_id = ?1 ORDER BY place";

static enum maybe
take_maybe(struct sql *q)
{
	const char *text = sql_take_text(q);

	return text == NULL ? MAYBE_NULL : *text == '0' ? MAYBE_NO : MAYBE_YES;
}

static bool
tell_hosts(struct store *s, int64_t id, const struct policy_teller *teller)
{
	struct sql *q = sql_use(s->file, find_hosts);
	bool is_fine = true;

	sql_put_int(q, id);
	for (int64_t place = 0; is_fine && sql_row(q); place++) {
		struct policy_host_row row = {.host = sql_take_text(q)};

		row.preference = sql_take_int(q);
		row.expanded = sql_take_text(q);
		row.addresses = sql_take_text(q);
		row.is_whole = sql_take_int(q) != 0;
		row.sts_match = take_maybe(q);
		row.dane = sql_take_text(q);
		row.answers = sql_take_text(q);
		row.tlsa = sql_take_text(q);
		teller->host(teller->ctx, &row);
		is_fine = teller->tlsa == NULL || tell_records(s, id, place, teller);
	}
	return sql_end(q) && is_fine;
}

bool
policy_find(struct store *s, const char *domain, const struct policy_teller *teller)
{
	struct sql *q = sql_use(s->file, find_policy);
	struct policy_row row = {0};
	int64_t id = 0;

	sql_put_text(q, domain);
	if (sql_row(q)) {
		id = sql_take_int(q);
		take_policy(q, &row);
		teller->policy(teller->ctx, &row);
	}
	if (!sql_end(q))
		return false;
	return id == 0 || teller->host == NULL || tell_hosts(s, id, teller);
}

static const char find_at[] =
    "SELECT p.domain FROM policy_places l JOIN policies p ON p.id = l.policy_id"
    " WHERE l.place = ?1 ORDER BY l.policy_id DESC LIMIT ?2";

bool
policy_walk_at(struct store *s, const char *place, int64_t most,
	       void (*tell)(void *ctx, const char *domain), void *ctx)
{
	struct sql *q = sql_use(s->file, find_at);

	sql_put_text(q, place);
	sql_put_int(q, most);
	while (sql_row(q))
		tell(ctx, sql_take_text(q));
	return sql_end(q);
}

static const char find_domains[] =
    "SELECT domain FROM policies WHERE ?1 IS NULL OR in_domain(domain, ?1) ORDER BY domain";

bool
policy_walk_domains(struct store *s, const char *filter,
		    bool (*tell)(void *ctx, const char *domain), void *ctx)
{
	struct sql *q = sql_use(s->file, find_domains);
	bool goes_on = true;

	sql_put_text(q, filter);
	while (goes_on && sql_row(q))
		goes_on = tell(ctx, sql_take_text(q));
	return sql_end(q);
}

static const char find_changes[] =
    "SELECT time, mta_sts_id, mode, ifnull(max_age, -1), mx, source FROM policy_changes"
    " WHERE domain = ?1 ORDER BY id DESC LIMIT ?2";

bool
policy_walk_changes(struct store *s, const char *domain, int64_t limit,
		    void (*tell)(void *ctx, const struct policy_change_row *row), void *ctx)
{
	struct sql *q = sql_use(s->file, find_changes);

	sql_put_text(q, domain);
	sql_put_int(q, limit);
	while (sql_row(q)) {
		struct policy_change_row row = {.time = sql_take_int(q)};

		row.id = sql_take_text(q);
		row.mode = sql_take_text(q);
		row.max_age = sql_take_int(q);
		row.mx = sql_take_text(q);
		row.source = sql_take_text(q);
		tell(ctx, &row);
	}
	return sql_end(q);
}

static const char find_due[] =
    "SELECT domain FROM policies WHERE mta_sts_mode IN ('enforce', 'testing')"
    " AND mta_sts_expires > ?1 AND mta_sts_fetched + min(mta_sts_max_age * 500000, ?2) <= ?1"
    " AND ifnull(ask_after, 0) <= ?1 AND ifnull(fetch_after, 0) <= ?1"
    " ORDER BY mta_sts_expires, id LIMIT ?3";

bool
policy_walk_due(struct store *s, int64_t now, int64_t most,
		void (*tell)(void *ctx, const char *domain), void *ctx)
{
	struct sql *q = sql_use(s->file, find_due);

	sql_put_int(q, now);
	sql_put_int(q, POLICY_REFRESH);
	sql_put_int(q, most);
	while (sql_row(q))
		tell(ctx, sql_take_text(q));
	return sql_end(q);
}

static const char find_since[] =
    "SELECT learnt FROM policies ORDER BY learnt DESC LIMIT 1 OFFSET ?1";

bool
policy_since(struct store *s, int64_t most, int64_t *since)
{
	struct sql *q = sql_use(s->file, find_since);

	*since = INT64_MIN;
	sql_put_int(q, most);
	if (sql_row(q))
		*since = sql_take_int(q) + 1;
	return sql_end(q);
}

#define OLD_POLICIES                                                                     \
	"SELECT id FROM policies WHERE learnt < ?1 AND ifnull(mta_sts_expires, 0) <= ?2" \
	" ORDER BY learnt, id LIMIT ?3"

/* In order: the last removes what the others are found by. */
static const char *const sweeps[] = {
    "DELETE FROM policy_tlsa WHERE policy_id IN (" OLD_POLICIES ")",
    "DELETE FROM policy_hosts WHERE policy_id IN (" OLD_POLICIES ")",
    "DELETE FROM policy_places WHERE policy_id IN (" OLD_POLICIES ")",
    "DELETE FROM policy_changes WHERE domain IN (SELECT domain FROM policies WHERE id IN"
    " (" OLD_POLICIES "))",
    "DELETE FROM policies WHERE id IN (" OLD_POLICIES ")",
};

bool
policy_sweep(struct store *s, int64_t before, int64_t now, int64_t *count)
{
	*count = 0;
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
		struct sql *q = sql_use(s->file, sweeps[i]);

		sql_put_int(q, before);
		sql_put_int(q, now);
		sql_put_int(q, POLICY_SWEEP);
		if (!sql_run(q))
			return false;
	}
	*count = sql_changes(s->file);
	return true;
}
