#include "db/servers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/inside.h"
#include "db/narrow.h"

#define PAIR_KEY_MAX (ADDRESS_RANGE_MAX + 8)
#define ENDPOINT_MAX (ADDRESS_RANGE_MAX + 8)
#define PAIRS_MAX    (20000 / NARROW_PART) /* of clients, looked at one by one */
#define DOMAINS_MAX  (1000 / NARROW_PART)  /* likewise */

struct search {
	struct store *store;
	const struct filter *filter;
	char first[PAIR_KEY_MAX],
	    last[PAIR_KEY_MAX];                /* keys that pairs of the clients lie between */
	bool has_many_pairs, has_many_domains; /* each server is asked */
	char *json;
	size_t len, room;
	bool is_failed;
};

/* SQL, laid out by hand. */
/* clang-format off */

/* Of a pair's key the address stands behind the word, and the server behind the address. */
#define PAIR_REST "substr(u.key, 6)"
#define PAIR_CLIENT "substr(" PAIR_REST ", 1, instr(" PAIR_REST ", ' ') - 1)"
#define PAIR_ENDPOINT "substr(u.key, 6 + instr(" PAIR_REST ", ' '))"
#define IS_PAIR "u.key > 'pair ' AND u.key < 'pair!'"
#define NODE "json_extract(k.value, '$[1]')"
#define IS_NODE(domain) \
	"json_extract(k.value, '$[0]') = 'node' AND in_domain(substr(" NODE ", 1, instr(" NODE \
	", ' ') - 1), " domain ")"

static const char keys[] =
	"SELECT s.server || ' ' || s.server_port, s.server FROM servers s WHERE s.last_seen >= ?1"
	" AND s.first_seen <= ?2 AND (?3 IS NULL OR in_network(s.server, ?3))"
	" AND (?4 IS NULL OR s.server || ' ' || s.server_port IN (SELECT " PAIR_ENDPOINT
	"  FROM subjects u WHERE u.key > ?5 AND u.key < ?6 AND in_network(" PAIR_CLIENT ", ?4)))"
	" AND (?7 IS NULL OR s.server IN (SELECT h.server FROM domains d JOIN hourly h"
	"  ON h.domain = d.name WHERE " NARROW_DOMAIN("?7", "?8") ")"
	"  OR s.server || ' ' || s.server_port IN (SELECT substr(u.key, 8) FROM subjects u, json_each("
	"   u.marks) k WHERE u.key > 'server ' AND u.key < 'server!' AND instr(u.marks, ?7)"
	"   AND " IS_NODE("coalesce(?8, ?7)") "))"
	" ORDER BY s.last_seen DESC, s.server, s.server_port LIMIT ?9";

static const char many_pairs[] =
	"SELECT 1 FROM subjects u WHERE u.key > ?1 AND u.key < ?2 LIMIT 1 OFFSET ?3";
static const char many_domains[] =
	"SELECT 1 FROM domains d WHERE " NARROW_DOMAIN("?1", "?2") " LIMIT 1 OFFSET ?3";
static const char has_pair[] =
	"SELECT 1 FROM subjects u INDEXED BY subjects_pair WHERE " PAIR_ENDPOINT " = ?1 AND "
	IS_PAIR " AND in_network(" PAIR_CLIENT ", ?2) LIMIT 1";
static const char next_domain[] =
	"SELECT min(domain) FROM hourly INDEXED BY hourly_server WHERE server = ?1 AND domain > ?2";
static const char has_node[] =
	"SELECT 1 FROM subjects u, json_each(u.marks) k WHERE u.key = 'server ' || ?1 AND "
	IS_NODE("?2") " LIMIT 1";

/* clang-format on */

/* Keys that those of a network's pairs lie between. */
static void
bound_pairs(struct search *h)
{
	const struct network *n = &h->filter->client;
	char low[ADDRESS_RANGE_MAX], high[ADDRESS_RANGE_MAX];
	bool is_address = network_is_address(n, low);

	if (!is_address)
		network_text_range(n, low, high);
	snprintf(h->first, PAIR_KEY_MAX, is_address ? "pair %s " : "pair %s", low);
	snprintf(h->last, PAIR_KEY_MAX, is_address ? "pair %s!" : "pair %s",
		 is_address ? low : high);
}

/* Whether there is a row; the statement's values are bound. */
static bool
is_any(struct search *h, struct sql *q)
{
	const bool is_there = sql_row(q);

	h->is_failed |= !sql_end(q);
	return is_there;
}

static bool
are_pairs_many(struct search *h)
{
	struct sql *q;

	if (h->filter->client.family == 0)
		return false;
	q = sql_use(h->store->file, many_pairs);
	sql_put_text(q, h->first);
	sql_put_text(q, h->last);
	sql_put_int(q, PAIRS_MAX);
	return is_any(h, q);
}

static bool
are_domains_many(struct search *h)
{
	struct sql *q;

	if (h->filter->domain == NULL)
		return false;
	q = sql_use(h->store->file, many_domains);
	narrow_put_domain(q, h->filter->domain);
	sql_put_int(q, DOMAINS_MAX);
	return is_any(h, q);
}

static bool
is_of_client(struct search *h, const char *endpoint)
{
	struct sql *q = sql_use(h->store->file, has_pair);

	sql_put_text(q, endpoint);
	sql_put_network(q, &h->filter->client);
	return is_any(h, q);
}

/* Those that a server took mail of are stepped through. */
static bool
took_mail_of_domain(struct search *h, const char *server)
{
	char domain[256] = ""; /* bytes of a name, and of '(other)' */
	bool is_found = false, is_there = true;

	while (is_there && !is_found && !h->is_failed) {
		struct sql *q = sql_use(h->store->file, next_domain);
		const char *next;

		sql_put_text(q, server);
		sql_put_text(q, domain);
		next = sql_row(q) ? sql_take_text(q) : NULL;
		is_there = next != NULL;
		if (is_there)
			snprintf(domain, sizeof(domain), "%s", next);
		is_found = is_there && domain_matches(domain, h->filter->domain);
		h->is_failed |= !sql_end(q);
	}
	return is_found;
}

static bool
is_named_so(struct search *h, const char *endpoint)
{
	struct sql *q = sql_use(h->store->file, has_node);

	sql_put_text(q, endpoint);
	sql_put_text(q, h->filter->domain);
	return is_any(h, q);
}

/* The domain first: its steps stay in an index, while each pair has to be read. */
static bool
is_wanted(struct search *h, const char *endpoint, const char *server)
{
	return (!h->has_many_domains || took_mail_of_domain(h, server) ||
		is_named_so(h, endpoint)) &&
	       (!h->has_many_pairs || is_of_client(h, endpoint));
}

/* One more of the array; endpoints need no escapes. */
static void
put_endpoint(struct search *h, const char *endpoint)
{
	const size_t needed = h->len + strlen(endpoint) + 5;
	char *json = h->json;

	if (needed > h->room) {
		json = realloc(h->json, 2 * needed);
		if (json == NULL) {
			h->is_failed = true;
			return;
		}
		h->json = json;
		h->room = 2 * needed;
	}
	h->len += (size_t)snprintf(json + h->len, h->room - h->len, "%s\"%s\"]",
				   h->len == 0 ? "[" : ",", endpoint) -
		  1; /* the next takes the place of the bracket */
}

static struct sql *
use_keys(struct search *h)
{
	static const struct network any = {0};
	const struct filter *f = h->filter;
	const bool is_asked = h->has_many_pairs || h->has_many_domains;
	struct sql *q = sql_use(h->store->file, keys);

	sql_put_int(q, f->since);
	sql_put_int(q, f->until);
	sql_put_network(q, &f->server);
	sql_put_network(q, h->has_many_pairs ? &any : &f->client);
	sql_put_text(q, h->first);
	sql_put_text(q, h->last);
	narrow_put_domain(q, h->has_many_domains ? NULL : f->domain);
	sql_put_int(q, is_asked || f->limit == 0 ? -1 : f->limit);
	return q;
}

char *
servers_find(struct store *s, const struct filter *f)
{
	struct search h = {.store = s, .filter = f, .json = strdup("[]")};
	int64_t count = 0;
	struct sql *q;

	h.is_failed = h.json == NULL;
	bound_pairs(&h);
	h.has_many_pairs = are_pairs_many(&h);
	h.has_many_domains = are_domains_many(&h);
	q = use_keys(&h);
	while (!h.is_failed && (f->limit == 0 || count < f->limit) && sql_row(q)) {
		char endpoint[ENDPOINT_MAX], server[ADDRESS_RANGE_MAX];

		snprintf(endpoint, sizeof(endpoint), "%s", sql_take_text(q));
		snprintf(server, sizeof(server), "%s", sql_take_text(q));
		if (!is_wanted(&h, endpoint, server))
			continue;
		put_endpoint(&h, endpoint);
		count++;
	}
	if (sql_end(q) && !h.is_failed)
		return h.json;
	free(h.json);
	if (!sql_failed(s->file))
		sql_fail(s->file, "no memory for the list");
	return NULL;
}
