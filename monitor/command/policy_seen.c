/* See policy_seen.h. */
#include "monitor/command/policy_seen.h"

#include <stdio.h>
#include <string.h>

#include "db/traffic.h"
#include "monitor/mx_text.h"
#include "monitor/report/figures.h"

#define EVER (100000 * TRAFFIC_DAY) /* one step: to the year 2243 */

struct reading {
	const struct mx_set *mx;
	struct policy_seen *out;
};

/* Its place, with most sessions first; the last one makes way where there is no room. */
static struct policy_seen_server *
make_room(struct policy_seen *seen, int64_t sessions)
{
	size_t place = seen->count;

	while (place > 0 && seen->servers[place - 1].counts.sessions < sessions)
		place--;
	if (place == POLICY_SEEN_SERVERS)
		return NULL;
	if (seen->count < POLICY_SEEN_SERVERS)
		seen->count++;
	memmove(&seen->servers[place + 1], &seen->servers[place],
		(seen->count - 1 - place) * sizeof(seen->servers[0]));
	return &seen->servers[place];
}

static void
tell(void *ctx, const struct traffic_row *row)
{
	const struct reading *r = ctx;
	struct policy_seen *seen = r->out;
	struct policy_seen_server *server;
	struct counts counts = row->named;

	figures_add(&counts, &row->unnamed);
	figures_add(&seen->total, &counts);
	seen->named += row->named.sessions;
	seen->last = row->last > seen->last ? row->last : seen->last;
	seen->of++;
	server = make_room(seen, counts.sessions);
	if (server == NULL)
		return;
	snprintf(server->server, sizeof(server->server), "%s", row->server);
	server->is_mx = mx_text_has(r->mx, row->server, &server->host);
	server->counts = counts;
	server->last = row->last;
}

bool
policy_seen_read(struct store *s, const char *domain, const struct mx_set *mx,
		 struct policy_seen *out)
{
	char servers[MX_TEXT_MAX];
	const struct traffic_query q = {
	    .domain = domain, .servers = servers, .since = 0, .until = EVER, .step = EVER};
	struct reading r = {mx, out};

	*out = (struct policy_seen){.count = 0};
	mx_text_addresses(mx, servers);
	return traffic_walk(s, &q, tell, &r) && traffic_incidents(s, domain, &out->incidents);
}
