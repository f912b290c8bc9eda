#include "monitor/baseline/hindsight.h"

#include <stdio.h>
#include <string.h>

#include "db/past.h"
#include "monitor/address.h"
#include "monitor/baseline/parties.h"
#include "monitor/baseline/retell.h"
#include "monitor/judge/again.h"

#define AGAIN_MAX   64  /* sessions at a time; those before them stay as they are */
#define LOOKED_AT   500 /* to find them */
#define FIRST_LOWER 2   /* sessions of a lower version before the first of the best */

struct found {
	const struct rejudging *wanted;
	const char *client;
	bool is_placed_only;
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
	    (f->is_placed_only && !row->is_placed) ||
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
	h->tell(h->ctx, &(struct hindsight_told){id, &past.row, &f, &row});
	return true;
}

/* All that were found of one kind. *count: how many. */
static bool
replace_all(const struct hindsight *h, const struct judge_case *c, const struct rejudging *wanted,
	    bool is_placed_only, size_t *count)
{
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];
	struct found found = {.wanted = wanted, .client = client, .is_placed_only = is_placed_only};
	const struct past_query query = {.server = server,
					 .server_port = c->session->server_port,
					 .kind = wanted->from,
					 .since = wanted->since,
					 .limit = LOOKED_AT};

	address_text(&c->session->client, client);
	address_text(&c->session->server, server);
	if (!past_find(h->store, &query, note, &found))
		return false;
	for (size_t i = 0; i < found.count; i++)
		if (!replace(h, c, wanted, found.ids[i], found.began[i]))
			return false;
	*count = found.count;
	return true;
}

static bool
look_at_offer(const struct hindsight *h, const struct judge_case *c, const struct verdict *v)
{
	struct rejudging wanted;
	size_t count;

	judge_again(c, v, &wanted);
	if (wanted.why == AGAIN_NOTHING)
		return true;
	if (!replace_all(h, c, &wanted, false, &count))
		return false;
	if (wanted.also != NULL) {
		wanted.from = wanted.also;
		return replace_all(h, c, &wanted, wanted.is_also_placed, &count);
	}
	if (wanted.why == AGAIN_FIRST && count > 0)
		return baseline_absolve(h->baseline, h->store, c->session);
	return true;
}

/* Sessions of one client that might be judged again. */
struct others {
	int64_t ids[LOOKED_AT];
	size_t count;
};

static void
note_other(void *ctx, int64_t session)
{
	struct others *o = ctx;

	if (o->count < LOOKED_AT)
		o->ids[o->count++] = session;
}

/* What began before its cause was told, and goes by it. */
struct relapse {
	int64_t id;
	enum same same;
	char endpoint[ENDPOINT_TEXT_MAX];
	bool is_counted; /* as a habit of the client at this server */
};

struct relapses {
	struct relapse at[AGAIN_MAX];
	size_t count;
};

/* How a session and one with a setback belong together. False: not at all. */
static bool
is_same(const struct parties *p, const struct session *s, const struct party_names *names,
	enum same *out)
{
	char domain[MARK_VALUE_MAX];

	*out = SAME_SERVER;
	if (strcmp(p->endpoint, names->at[0]) == 0)
		return true;
	for (size_t i = 1; i < names->count; i++) {
		*out = SAME_NAME;
		if (strcmp(p->node_name, names->at[i]) == 0)
			return true;
		*out = SAME_DOMAIN;
		for (size_t k = 0; k < s->rcpt_count; k++) {
			mark_value(s->rcpt_domains[k], domain);
			if (strcmp(domain, names->at[i]) == 0)
				return true;
		}
	}
	return false;
}

static void
note_alarm(void *ctx, const char *kind)
{
	const struct kind *k = judge_kind(kind);
	bool *is_suspect = ctx;

	*is_suspect |= k == NULL || !k->is_own_doing;
}

/* Whether a session was learnt, and not under suspicion. */
static bool
find_learnt(const struct hindsight *h, int64_t id, const struct retold *r, bool *out)
{
	bool is_suspect = false;

	if (!past_alarms(h->store, id, note_alarm, &is_suspect))
		return false;
	*out = r->facts.is_learnt && !is_suspect;
	return true;
}

/* Take it up where it goes by one of the names and has no such finding yet. */
static bool
consider(const struct hindsight *h, int64_t id, const struct party_names *names,
	 struct relapses *out)
{
	struct relapse *relapse = &out->at[out->count];
	struct session_standing standing, unused;
	struct retold r;
	struct parties p;

	if (out->count == AGAIN_MAX)
		return true;
	if (!retell(h->store, id, &r))
		return false;
	if (!r.is_whole)
		return true;
	parties_of(&r.session, &p);
	if (!is_same(&p, &r.session, names, &relapse->same))
		return true;
	/* Unused, it was learnt as that: see learn_request. */
	if (!session_standing(h->store, id, "plaintext-fallback", &standing) ||
	    !session_standing(h->store, id, "starttls-unused", &unused) ||
	    !find_learnt(h, id, &r, &relapse->is_counted))
		return false;
	relapse->is_counted &= unused.is_found;
	relapse->id = id;
	snprintf(relapse->endpoint, sizeof(relapse->endpoint), "%s", p.endpoint);
	out->count += !standing.is_found;
	return true;
}

/* How many of them are counted at the server of one: what is not known of it without them. */
static unsigned
counted_with(const struct relapses *all, const struct relapse *one)
{
	unsigned count = 0;

	for (size_t i = 0; i < all->count; i++)
		count += all->at[i].is_counted && strcmp(all->at[i].endpoint, one->endpoint) == 0;
	return count;
}

static bool
put_new(const struct hindsight *h, int64_t id, const struct retold *r, struct finding *f,
	bool is_counted)
{
	struct finding_row row;

	rows_finding(h->rows, &r->facts.row, f, &row);
	if (!session_add_finding(h->store, id, &r->facts.row, &row))
		return false;
	h->tell(h->ctx, &(struct hindsight_told){id, &r->facts.row, f, &row});
	return !is_counted || baseline_take_back(h->baseline, h->store, &r->session);
}

/* Judge one by the setback, as if that had been known. */
static bool
judge_relapse(const struct hindsight *h, const struct relapses *all, struct relapse *relapse,
	      enum setback setback, int64_t time)
{
	struct retold r;
	struct history known;
	struct judge_case c = {.session = &r.session, .known = &known};
	struct finding f;
	unsigned counted = counted_with(all, relapse);
	bool is_counted = relapse->is_counted;

	if (!retell(h->store, relapse->id, &r) ||
	    !baseline_ask(h->baseline, h->store, &r.session, &known) ||
	    !h->find_destination(h->ctx, &r.session, &c.policy))
		return false;
	known.setback = setback;
	known.setback_same = relapse->same;
	known.setback_time = time;
	tally_take_back(&known.used, false, counted);
	if (!judge_fallback_again(&c, &f))
		return true;
	relapse->is_counted = false;
	if (h->recent != NULL)
		recent_know(h->recent, relapse->id, &known);
	return put_new(h, relapse->id, &r, &f, is_counted);
}

static enum setback
setback_of(const struct judge_case *c, const struct verdict *v)
{
	static const enum setback all[] = {SETBACK_FAILED, SETBACK_REFUSED, SETBACK_SUPPRESSED};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (judge_is_setback(c->session, v, all[i]))
			return all[i];
	return SETBACK_NONE;
}

/*
 * A connection that was reset is told some seconds after its end, for what contradicts
 * the reset: a client that comes back at once, in clear, was judged by then.
 */
static bool
look_at_setback(const struct hindsight *h, const struct judge_case *c, const struct verdict *v)
{
	const struct session *s = c->session;
	enum setback setback = setback_of(c, v);
	char client[INET6_ADDRSTRLEN];
	struct past_client_query query = {.client = client,
					  .outcome = "plaintext",
					  .after = s->start,
					  .until = s->start + HISTORY_WINDOW,
					  .limit = LOOKED_AT};
	struct others others = {.count = 0};
	struct relapses relapses = {.count = 0};
	struct party_names names = {0};

	if (setback == SETBACK_NONE)
		return true;
	address_text(&s->client, client);
	if (!past_of_client(h->store, &query, note_other, &others) ||
	    !baseline_names(h->baseline, h->store, s, v, &names))
		return false;
	for (size_t i = 0; i < others.count; i++)
		if (!consider(h, others.ids[i], &names, &relapses))
			return false;
	for (size_t i = 0; i < relapses.count; i++)
		if (!judge_relapse(h, &relapses, &relapses.at[i], setback, s->start))
			return false;
	return true;
}

/* Put it where the session has none yet. */
static bool
put_downgrade(const struct hindsight *h, int64_t id, const struct retold *r, struct finding *f)
{
	struct session_standing standing;
	bool is_learnt;

	if (!session_standing(h->store, id, f->kind->name, &standing) ||
	    !find_learnt(h, id, r, &is_learnt))
		return false;
	return standing.is_found || put_new(h, id, r, f, is_learnt);
}

/* Those before their first with better count: more than a few, and the server rather was upgraded.
 */
static bool
count_before(const struct hindsight *h, const struct judge_case *c, const struct others *others,
	     unsigned *out)
{
	struct finding f;

	*out = 0;
	for (size_t i = 0; i < others->count; i++) {
		struct retold r;

		if (!retell(h->store, others->ids[i], &r))
			return false;
		*out += r.is_whole && r.session.start < c->known->best.first &&
			judge_downgrade_again(c, &r.session, &f);
	}
	return true;
}

static bool
judge_lower(const struct hindsight *h, const struct judge_case *c, const struct others *others)
{
	struct finding f;
	unsigned before;

	if (!count_before(h, c, others, &before))
		return false;
	for (size_t i = 0; i < others->count; i++) {
		struct retold r;

		if (!retell(h->store, others->ids[i], &r))
			return false;
		if (!r.is_whole || !judge_downgrade_again(c, &r.session, &f) ||
		    (r.session.start < c->known->best.first && before > FIRST_LOWER))
			continue;
		if (!put_downgrade(h, others->ids[i], &r, &f))
			return false;
	}
	return true;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A server that is known to do better did so before that was known, too. */
static bool
look_at_version(const struct hindsight *h, const struct judge_case *c)
{
	const struct session *s = c->session;
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];
	struct past_client_query query = {.client = client,
					  .server = server,
					  .server_port = s->server_port,
					  .outcome = "encrypted",
					  .limit = LOOKED_AT};
	struct others others = {.count = 0};

	if (!judge_settles_version(c))
		return true;
	if (!baseline_last_lower(h->baseline, h->store, s, &query.until))
		return false;
	query.after = later(c->known->best.first - HISTORY_WINDOW, s->start - HISTORY_DAY);
	if (query.until <= query.after)
		return true;
	address_text(&s->client, client);
	address_text(&s->server, server);
	return past_of_client(h->store, &query, note_other, &others) && judge_lower(h, c, &others);
}

bool
hindsight(const struct hindsight *h, const struct judge_case *c, const struct verdict *v)
{
	return look_at_offer(h, c, v) && look_at_setback(h, c, v) && look_at_version(h, c);
}
