/*
 * A batch's changes are kept as a plain list and, at its end, sorted once by
 * server and once for each table of hours, so that each row is written once.
 * Sorting needs no hash that a stranger could fill with collisions.
 */
#include "db/gather.h"

#include <stdlib.h>
#include <string.h>

#include "db/tally.h"

#define CHANGES_MAX 4096       /* more are written early */
#define TEXTS_MAX   (1u << 20) /* bytes of their text; more are written early */

struct change {
	uint32_t order; /* in which it came */
	int sign;       /* +1, or -1 for what is taken back */
	int64_t start, end;
	uint16_t port;
	/* In texts; or NULL. */
	const char *service, *server, *client_net, *domain, *version, *banner;
	enum maybe offered, accepted;
	const char *outcome; /* in texts */
};

struct gather {
	size_t count, used;
	struct tally_run run; /* while hours are written */
	struct change changes[CHANGES_MAX];
	char texts[TEXTS_MAX];
};

struct gather *
gather_new(void)
{
	return calloc(1, sizeof(struct gather));
}

void
gather_free(struct gather *g)
{
	free(g);
}

void
gather_drop(struct gather *g)
{
	if (g == NULL)
		return;
	g->count = 0;
	g->used = 0;
}

static int64_t
hour_of(int64_t time)
{
	int64_t part = time % HOURLY_HOUR;

	return time - part - (part < 0 ? HOURLY_HOUR : 0);
}

/* Copy *text into texts and point it there. False where it does not fit. */
static bool
copy(struct gather *g, const char **text)
{
	size_t len;

	if (*text == NULL)
		return true;
	len = strlen(*text) + 1;
	if (len > TEXTS_MAX - g->used)
		return false;
	*text = memcpy(g->texts + g->used, *text, len);
	g->used += len;
	return true;
}

static bool
push(struct gather *g, struct change c)
{
	size_t used = g->used;

	if (g->count < CHANGES_MAX && copy(g, &c.service) && copy(g, &c.server) &&
	    copy(g, &c.client_net) && copy(g, &c.domain) && copy(g, &c.version) &&
	    copy(g, &c.banner) && copy(g, &c.outcome)) {
		c.order = (uint32_t)g->count;
		g->changes[g->count++] = c;
		return true;
	}
	g->used = used;
	return false;
}

static bool
add(struct store *s, const struct change *c)
{
	if (push(s->gather, *c))
		return true;
	if (!gather_flush(s))
		return false;
	if (push(s->gather, *c))
		return true;
	sql_fail(s->file, "a session's text is too long to be counted");
	return false;
}

bool
gather_add(struct store *s, const struct session_row *row)
{
	struct change c = {
	    .sign = 1,
	    .start = row->start,
	    .end = row->end,
	    .port = row->server_port,
	    .service = row->service,
	    .server = row->server,
	    .client_net = row->client_net,
	    .domain = row->domain,
	    .version = row->tls_version,
	    .banner = row->banner,
	    .offered = row->offered,
	    .accepted = row->accepted,
	    .outcome = row->outcome,
	};

	return add(s, &c);
}

bool
gather_remove(struct store *s, const struct gather_past *past)
{
	struct change c = {
	    .sign = -1,
	    .start = past->start,
	    .end = INT64_MIN, /* moves no last_seen */
	    .port = past->server_port,
	    .service = past->service,
	    .server = past->server,
	    .client_net = past->client_net,
	    .domain = past->domain,
	    .version = past->tls_version,
	    .offered = past->offered,
	    .accepted = past->accepted,
	    .outcome = past->outcome,
	};

	return add(s, &c);
}

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
by_hour(const struct change *a, const struct change *b)
{
	return compare(hour_of(a->start), hour_of(b->start));
}

/* NULL sorts as "". */
static int
compare_text(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int
by_hour_and_server(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int order = by_hour(a, b);

	if (order == 0)
		order = strcmp(a->server, b->server);
	if (order == 0)
		order = strcmp(a->service, b->service);
	return order != 0 ? order : strcmp(a->domain, b->domain);
}

static int
by_hour_and_client(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int order = by_hour(a, b);

	if (order == 0)
		order = compare_text(a->client_net, b->client_net);
	return order != 0 ? order : strcmp(a->service, b->service);
}

static int
by_hour_and_version(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int order = by_hour(a, b);

	if (order == 0)
		order = compare_text(a->version, b->version);
	return order != 0 ? order : strcmp(a->service, b->service);
}

static int
by_server(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int order = strcmp(a->server, b->server);

	if (order == 0)
		order = compare(a->port, b->port);
	return order;
}

/* qsort may swap equals: the order of arrival decides whose banner counts. */
static int
by_server_in_order(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int order = by_server(x, y);

	return order != 0 ? order : compare(a->order, b->order);
}

static int
is_outcome(const struct change *c, const char *name)
{
	return strcmp(c->outcome, name) == 0 ? c->sign : 0;
}

struct sums {
	struct counts counts;
	int64_t offered, not_offered, accepted, refused;
};

static void
sum(struct sums *to, const struct change *c)
{
	to->counts.sessions += c->sign;
	to->counts.encrypted += is_outcome(c, "encrypted");
	to->counts.plaintext += is_outcome(c, "plaintext");
	to->counts.failed += is_outcome(c, "tls-failed");
	to->counts.no_mail += is_outcome(c, "no-mail");
	to->counts.partial += is_outcome(c, "partial");
	to->offered += c->offered == MAYBE_YES ? c->sign : 0;
	to->not_offered += c->offered == MAYBE_NO ? c->sign : 0;
	to->accepted += c->accepted == MAYBE_YES ? c->sign : 0;
	to->refused += c->accepted == MAYBE_NO ? c->sign : 0;
}

/* changes[0..count) count for one row of the table of hours that is written now. */
static bool
write_counts(struct store *s, const struct tally_key *key, const struct change *changes,
	     size_t count)
{
	struct sums sums = {0};
	size_t i;

	for (i = 0; i < count; i++)
		sum(&sums, &changes[i]);
	return tally_add(s, &s->gather->run, key, &sums.counts);
}

/* changes[0..count) are of one hour, server, service and domain. */
static bool
write_hour(struct store *s, const struct change *changes, size_t count)
{
	const struct tally_key key = {
	    .hour = hour_of(changes->start),
	    .subject = changes->server,
	    .service = changes->service,
	    .domain = changes->domain,
	};

	return write_counts(s, &key, changes, count);
}

/* changes[0..count) are of one hour, client network and service. */
static bool
write_client(struct store *s, const struct change *changes, size_t count)
{
	const struct tally_key key = {
	    .hour = hour_of(changes->start),
	    .subject = changes->client_net == NULL ? "" : changes->client_net,
	    .service = changes->service,
	};

	return write_counts(s, &key, changes, count);
}

/* changes[0..count) are of one hour, TLS version and service. */
static bool
write_version(struct store *s, const struct change *changes, size_t count)
{
	const struct tally_key key = {
	    .hour = hour_of(changes->start),
	    .subject = changes->version == NULL ? "" : changes->version,
	    .service = changes->service,
	};

	return write_counts(s, &key, changes, count);
}

static const char upsert_server[] =
    "INSERT INTO servers (server, server_port, service, first_seen, last_seen, sessions, offered,"
    "  not_offered, accepted, refused, encrypted, plaintext, failed, tls_version, banner,"
    "  banner_seen)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    " ON CONFLICT DO UPDATE SET"
    "  service = iif(excluded.last_seen >= last_seen, excluded.service, service),"
    "  first_seen = min(first_seen, excluded.first_seen),"
    "  last_seen = max(last_seen, excluded.last_seen),"
    "  sessions = sessions + excluded.sessions, offered = offered + excluded.offered,"
    "  not_offered = not_offered + excluded.not_offered,"
    "  accepted = accepted + excluded.accepted, refused = refused + excluded.refused,"
    "  encrypted = encrypted + excluded.encrypted, plaintext = plaintext + excluded.plaintext,"
    "  failed = failed + excluded.failed,"
    "  tls_version = max(coalesce(tls_version, excluded.tls_version),"
    "   coalesce(excluded.tls_version, tls_version)),"
    "  banner = iif(excluded.banner_seen >= banner_seen, coalesce(excluded.banner, banner),"
    "   banner),"
    "  banner_seen = max(banner_seen, excluded.banner_seen)";

/* What is not a sum: the least, the greatest, the latest. */
struct extremes {
	int64_t first, last, banner_seen;
	const char *service, *version, *banner;
};

static void
widen(struct extremes *e, const struct change *c)
{
	if (c->sign < 0)
		return;
	if (c->start < e->first)
		e->first = c->start;
	if (c->end >= e->last) {
		e->last = c->end;
		e->service = c->service;
	}
	if (c->banner != NULL && c->end >= e->banner_seen) {
		e->banner_seen = c->end;
		e->banner = c->banner;
	}
	/* The names of versions sort as the versions do: SSLv3, TLSv1.0, ... TLSv1.3. */
	if (c->version != NULL && (e->version == NULL || strcmp(c->version, e->version) > 0))
		e->version = c->version;
}

/* changes[0..count) are of one server and port, in order. */
static bool
write_server(struct store *s, const struct change *changes, size_t count)
{
	struct sql *q = sql_use(s->file, upsert_server);
	struct sums n = {0};
	struct extremes e = {INT64_MAX, INT64_MIN, INT64_MIN, changes->service, NULL, NULL};
	size_t i;

	for (i = 0; i < count; i++) {
		sum(&n, &changes[i]);
		widen(&e, &changes[i]);
	}
	sql_put_text(q, changes->server);
	sql_put_int(q, changes->port);
	sql_put_text(q, e.service);
	sql_put_int(q, e.first);
	sql_put_int(q, e.last);
	sql_put_int(q, n.counts.sessions);
	sql_put_int(q, n.offered);
	sql_put_int(q, n.not_offered);
	sql_put_int(q, n.accepted);
	sql_put_int(q, n.refused);
	sql_put_int(q, n.counts.encrypted);
	sql_put_int(q, n.counts.plaintext);
	sql_put_int(q, n.counts.failed);
	sql_put_text(q, e.version);
	sql_put_text(q, e.banner);
	sql_put_int(q, e.banner_seen);
	return sql_run(q);
}

/* Sort the changes, and write each run of equals once. */
static bool
write_runs(struct store *s, int (*sort)(const void *, const void *),
	   int (*same)(const void *, const void *),
	   bool (*write)(struct store *, const struct change *, size_t))
{
	struct gather *g = s->gather;
	size_t from, to;

	qsort(g->changes, g->count, sizeof(g->changes[0]), sort);
	for (from = 0; from < g->count; from = to) {
		for (to = from + 1; to < g->count; to++) {
			if (same(&g->changes[from], &g->changes[to]) != 0)
				break;
		}
		if (!write(s, &g->changes[from], to - from))
			return false;
	}
	return true;
}

/* Write all that hours are counted by. */
static bool
write_hours(struct store *s)
{
	static const struct {
		enum tally tally;
		int (*sort)(const void *, const void *);
		bool (*write)(struct store *, const struct change *, size_t);
	} tables[] = {
	    {TALLY_SERVERS, by_hour_and_server, write_hour},
	    {TALLY_CLIENTS, by_hour_and_client, write_client},
	    {TALLY_TLS, by_hour_and_version, write_version},
	};
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		s->gather->run = TALLY_RUN(tables[i].tally);
		if (!write_runs(s, tables[i].sort, tables[i].sort, tables[i].write))
			return false;
	}
	return true;
}

bool
gather_flush(struct store *s)
{
	struct gather *g = s->gather;
	size_t i;

	if (g->count == 0)
		return true;
	if (!write_runs(s, by_server_in_order, by_server, write_server) || !write_hours(s))
		return false;
	for (i = 0; i < g->count; i++) {
		if (g->changes[i].sign < 0 && !tally_sweep(s, hour_of(g->changes[i].start)))
			return false;
	}
	gather_drop(g);
	return true;
}
