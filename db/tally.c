/*
 * A row that is there takes what is added; only where it is not does it matter
 * how many the hour has, which is then counted, at most once a run of rows of
 * one hour.
 *
 * A domain beyond the most counts for its server under TALLY_OTHER; a server
 * beyond the most counts as TALLY_OTHER, without its domains.
 */
#include "db/tally.h"

#include <string.h>

/* Values: 1 hour, 2 subject, 3 service, 4 domain, 5 and on the counts. */
#define ADD_COUNTS                                                                   \
	" SET sessions = sessions + ?5, encrypted = encrypted + ?6,"                 \
	" plaintext = plaintext + ?7, failed = failed + ?8, no_mail = no_mail + ?9," \
	" partial = partial + ?10 WHERE hour = ?1"
#define COUNTS "sessions, encrypted, plaintext, failed, no_mail, partial"

static const char add_server[] =
    "UPDATE hourly" ADD_COUNTS " AND server = ?2 AND service = ?3 AND domain = ?4";
static const char make_server[] = "INSERT INTO hourly (hour, server, service, domain, " COUNTS
				  ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

static const char add_client[] =
    "UPDATE hourly_clients" ADD_COUNTS " AND client_net = ?2 AND service = ?3";
static const char make_client[] = "INSERT INTO hourly_clients (hour, client_net, service, " COUNTS
				  ") VALUES (?1, ?2, ?3, ?5, ?6, ?7, ?8, ?9, ?10)";

static const char add_version[] =
    "UPDATE hourly_tls" ADD_COUNTS " AND version = ?2 AND service = ?3";
static const char make_version[] = "INSERT INTO hourly_tls (hour, version, service, " COUNTS
				   ") VALUES (?1, ?2, ?3, ?5, ?6, ?7, ?8, ?9, ?10)";

/* How many rows an hour has, as far as that matters: ?2 at most. */
#define COUNT_ROWS(from) "SELECT count(*) FROM (SELECT 1 FROM " from " LIMIT ?2)"
#define IS_DOMAIN        "domain NOT IN ('', '" TALLY_OTHER "')"

static const char count_servers[] = COUNT_ROWS("hourly WHERE hour = ?1 AND NOT " IS_DOMAIN);
static const char count_domains[] = COUNT_ROWS("hourly WHERE hour = ?1 AND " IS_DOMAIN);
static const char count_clients[] = COUNT_ROWS("hourly_clients WHERE hour = ?1");
static const char count_versions[] = COUNT_ROWS("hourly_tls WHERE hour = ?1");

struct table {
	const char *add, *make;
};

static const struct table tables[] = {
    [TALLY_SERVERS] = {add_server, make_server},
    [TALLY_CLIENTS] = {add_client, make_client},
    [TALLY_TLS] = {add_version, make_version},
};

/* What there may be only so many of in an hour. */
struct bound {
	const char *what; /* in hourly_full */
	const char *count;
	int64_t most;
};

static const struct bound bound_servers = {"server", count_servers, TALLY_ROWS_MAX};
static const struct bound bound_domains = {"domain", count_domains, TALLY_ROWS_MAX};
static const struct bound bound_clients = {"client", count_clients, TALLY_ROWS_MAX};
static const struct bound bound_versions = {"tls", count_versions, TALLY_VERSIONS_MAX};

static bool
has_domain(const struct tally_key *key)
{
	return strcmp(key->domain, "") != 0 && strcmp(key->domain, TALLY_OTHER) != 0;
}

static const struct bound *
bound_of(enum tally tally, const struct tally_key *key)
{
	switch (tally) {
	case TALLY_SERVERS:
		return has_domain(key) ? &bound_domains : &bound_servers;
	case TALLY_CLIENTS:
		return &bound_clients;
	case TALLY_TLS:
		break;
	}
	return &bound_versions;
}

/* Where what has no row counts in a full hour. */
static struct tally_key
fold(enum tally tally, const struct tally_key *key)
{
	struct tally_key to = *key;

	if (tally == TALLY_SERVERS && has_domain(key)) {
		to.domain = TALLY_OTHER;
		return to;
	}
	to.subject = TALLY_OTHER;
	to.domain = "";
	return to;
}

static bool
write_counts(struct store *s, const char *text, const struct tally_key *key,
	     const struct counts *counts)
{
	struct sql *q = sql_use(s->file, text);

	sql_put_int(q, key->hour);
	sql_put_text(q, key->subject);
	sql_put_text(q, key->service);
	sql_put_text(q, key->domain);
	sql_put_int(q, counts->sessions);
	sql_put_int(q, counts->encrypted);
	sql_put_int(q, counts->plaintext);
	sql_put_int(q, counts->failed);
	sql_put_int(q, counts->no_mail);
	sql_put_int(q, counts->partial);
	return sql_run(q);
}

static const char find_full[] = "SELECT 1 FROM hourly_full WHERE hour = ?1 AND what = ?2";
static const char mark_full[] = "INSERT INTO hourly_full (hour, what) VALUES (?1, ?2)";

/* How many rows more the hour may have: none for good once it was full. -1 where it failed. */
static int64_t
look_up_room(struct store *s, const struct bound *bound, int64_t hour)
{
	struct sql *q = sql_use(s->file, find_full);
	int64_t is_full, count;

	sql_put_int(q, hour);
	sql_put_text(q, bound->what);
	is_full = sql_int(q, 0);
	if (is_full != 0 || sql_failed(s->file))
		return is_full != 0 ? 0 : -1;
	q = sql_use(s->file, bound->count);
	sql_put_int(q, hour);
	sql_put_int(q, bound->most);
	count = sql_int(q, -1);
	if (count != bound->most)
		return count < 0 ? -1 : bound->most - count;
	q = sql_use(s->file, mark_full);
	sql_put_int(q, hour);
	sql_put_text(q, bound->what);
	return sql_run(q) ? 0 : -1;
}

/* Whether the hour may have a row for the key; it is counted as there then. */
static enum maybe
take_room(struct store *s, struct tally_run *run, const struct tally_key *key)
{
	const struct bound *bound = bound_of(run->tally, key);
	int64_t *left = &run->left[bound == &bound_domains];

	/* The one that finds no place left looks again, which marks the hour as full. */
	if (*left < 0)
		*left = look_up_room(s, bound, key->hour);
	if (*left <= 0)
		return *left == 0 ? MAYBE_NO : MAYBE_NULL;
	--*left;
	if (*left == 0)
		*left = -1;
	return MAYBE_YES;
}

static bool
is_zero(const struct counts *c)
{
	return c->sessions == 0 && c->encrypted == 0 && c->plaintext == 0 && c->failed == 0 &&
	       c->no_mail == 0 && c->partial == 0;
}

/* Add to the row that is there; *is_there: there is one. */
static bool
add_to_row(struct store *s, enum tally tally, const struct tally_key *key,
	   const struct counts *counts, bool *is_there)
{
	bool is_good = write_counts(s, tables[tally].add, key, counts);

	*is_there = is_good && sql_changes(s->file) > 0;
	return is_good;
}

bool
tally_add(struct store *s, struct tally_run *run, const struct tally_key *key,
	  const struct counts *counts)
{
	struct tally_key at = *key;
	bool is_there;

	if (run->hour != key->hour)
		*run = TALLY_RUN(run->tally);
	run->hour = key->hour;
	if (is_zero(counts))
		return true;
	/* Folding ends at the latest with the other servers, which are always given a row. */
	while (add_to_row(s, run->tally, &at, counts, &is_there)) {
		enum maybe has_room = MAYBE_YES;

		if (is_there)
			return true;
		if (strcmp(at.subject, TALLY_OTHER) != 0)
			has_room = take_room(s, run, &at);
		if (has_room == MAYBE_NULL)
			return false;
		if (has_room == MAYBE_YES)
			return write_counts(s, tables[run->tally].make, &at, counts);
		at = fold(run->tally, &at);
	}
	return false;
}

static const char *const sweep_texts[] = {
    "DELETE FROM hourly WHERE hour = ?1 AND sessions = 0",
    "DELETE FROM hourly_clients WHERE hour = ?1 AND sessions = 0",
    "DELETE FROM hourly_tls WHERE hour = ?1 AND sessions = 0",
};

bool
tally_sweep(struct store *s, int64_t hour)
{
	for (size_t i = 0; i < sizeof(sweep_texts) / sizeof(sweep_texts[0]); i++) {
		struct sql *q = sql_use(s->file, sweep_texts[i]);

		sql_put_int(q, hour);
		if (!sql_run(q))
			return false;
	}
	return true;
}
