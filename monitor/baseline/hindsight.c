#include "monitor/baseline/hindsight.h"

#include <stdio.h>
#include <string.h>

#include "db/past.h"
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

/* Whether this one is wanted by what is known of its client, too. */
static bool
is_wanted(const struct hindsight *h, const struct judge_case *c, const struct rejudging *r,
	  const char *client, bool *out)
{
	bool was_offered = r->is_offered_only;

	if ((r->is_offered_only || r->is_new_only) &&
	    !baseline_was_offered(h->baseline, h->store, c->session, client, &was_offered))
		return false;
	*out = was_offered == r->is_offered_only;
	return true;
}

static bool
replace(const struct hindsight *h, const struct judge_case *c, const struct rejudging *r,
	int64_t id, int64_t began)
{
	struct past_session past;
	struct finding_row row;
	struct finding f;
	bool is_one;

	if (!past_read(h->store, id, r->from, &past) || !is_wanted(h, c, r, past.client, &is_one))
		return false;
	if (!is_one)
		return true;
	judge_hindsight(c, r, began, &f);
	rows_finding(h->rows, &past.row, &f, &row);
	if (!session_judge_again(h->store, id, &past.row, r->from, &row))
		return false;
	h->tell(h->ctx, id, &f, &row);
	return true;
}

bool
hindsight(const struct hindsight *h, const struct judge_case *c, const struct verdict *v)
{
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];
	struct rejudging wanted;
	struct found found = {.wanted = &wanted, .client = client};
	struct past_query query = {.server = server, .server_port = c->session->server_port};

	judge_again(c, v, &wanted);
	if (wanted.why == AGAIN_NOTHING)
		return true;
	address_text(&c->session->client, client);
	address_text(&c->session->server, server);
	query.kind = wanted.from;
	query.since = wanted.since;
	query.limit = LOOKED_AT;
	if (!past_find(h->store, &query, note, &found))
		return false;
	for (size_t i = 0; i < found.count; i++)
		if (!replace(h, c, &wanted, found.ids[i], found.began[i]))
			return false;
	if (wanted.why == AGAIN_FIRST && found.count > 0)
		return baseline_absolve(h->baseline, h->store, c->session);
	return true;
}
