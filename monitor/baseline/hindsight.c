#include "monitor/baseline/hindsight.h"

#include <stdio.h>
#include <string.h>

#include "monitor/address.h"
#include "monitor/judge/again.h"

#define AGAIN_MAX 64  /* sessions at a time; those before them stay as they are */
#define LOOKED_AT 500 /* to find them */

struct found {
	const struct rejudging *wanted;
	const char *client;
	int64_t ids[AGAIN_MAX], began[AGAIN_MAX];
	size_t count;
};

static void
note(void *ctx, const struct past_row *row)
{
	struct found *f = ctx;

	if (f->count == AGAIN_MAX || row->start > f->wanted->until ||
	    row->certainty == RANK_PROVEN ||
	    (f->wanted->is_open_only && row->certainty != RANK_POSSIBLE) ||
	    (f->wanted->is_same_client && strcmp(row->client, f->client) != 0))
		return;
	f->ids[f->count] = row->session;
	f->began[f->count++] = row->start;
}

static bool
replace(struct store *store, struct rows *rows, const struct rejudging *r, int64_t id,
	const struct finding *f, const struct hindsight_told *told)
{
	struct past_session past;
	struct finding_row row;

	if (!session_past(store, id, r->from, &past))
		return false;
	rows_finding(rows, &past.row, f, &row);
	if (!session_judge_again(store, id, &past.row, r->from, &row))
		return false;
	told->finding(told->ctx, id, f, &row);
	return true;
}

bool
hindsight(struct baseline *b, struct store *store, struct rows *rows, const struct judge_case *c,
	  const struct verdict *v, const struct hindsight_told *told)
{
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];
	struct rejudging wanted;
	struct found found = {.wanted = &wanted, .client = client};
	struct past_query query = {.server = server, .server_port = c->session->server_port};
	struct finding f;

	judge_again(c, v, &wanted);
	if (wanted.why == AGAIN_NOTHING)
		return true;
	address_text(&c->session->client, client);
	address_text(&c->session->server, server);
	query.kind = wanted.from;
	query.since = wanted.since;
	query.limit = LOOKED_AT;
	if (!session_find_past(store, &query, note, &found))
		return false;
	for (size_t i = 0; i < found.count; i++) {
		judge_hindsight(c, &wanted, found.began[i], &f);
		if (!replace(store, rows, &wanted, found.ids[i], &f, told))
			return false;
	}
	if (wanted.why == AGAIN_FIRST && found.count > 0)
		return baseline_absolve(b, store, c->session);
	return true;
}
