#include "db/latest_inside.h"

#include <stdio.h>
#include <string.h>

#include "db/outcome.h"

static int64_t
bit_of(struct store *s, const char *outcome)
{
	struct sql *q;

	if (outcome == NULL)
		return 0;
	q = sql_use(s->file, "SELECT " OUTCOME_BIT("?1"));
	sql_put_text(q, outcome);
	return sql_int(q, -1);
}

void
latest_begin(struct search *h)
{
	h->outcome = bit_of(h->store, h->filter->outcome);
	h->since = h->filter->since;
	h->until = h->filter->until;
	h->is_lazy = h->how.within != NULL;
	h->hits->count = 0;
	h->steps_left = h->how.steps == 0 ? SIZE_MAX : h->how.steps;
}

bool
latest_end(struct search *h, struct latest_of *how)
{
	how->is_cut = h->steps_left == 0;
	hits_cut(h->hits, h->how.most);
	return !h->is_failed && !sql_failed(h->store->file);
}

void
latest_take_word(struct sql *q, char word[WORD_MAX])
{
	const char *text = sql_take_text(q);

	snprintf(word, WORD_MAX, "%s", text == NULL ? "" : text);
}

static void
put_places(struct sql *q, const struct filter *f)
{
	sql_put_network(q, &f->client);
	sql_put_network(q, &f->server);
	sql_put_text(q, f->domain);
}

void
latest_put_places(struct search *h, struct sql *q)
{
	static const struct filter none;

	put_places(q, h->how.has_places && !h->is_lazy ? h->filter : &none);
}

bool
latest_holds(struct search *h, int64_t id)
{
	static const struct filter none;
	const struct filter *f = h->filter;
	struct sql *q = sql_use(h->store->file, h->check);
	bool is_there;

	sql_put_int(q, id);
	put_places(q, h->how.has_places ? f : &none);
	sql_put_text(q, f->state);
	sql_put_text(q, f->kind);
	sql_put_int(q, f->severity);
	sql_put_text(q, f->outcome);
	is_there = sql_row(q);
	h->is_failed |= !sql_end(q);
	return is_there;
}

static bool
is_row_wanted(struct search *h, int64_t id)
{
	return (h->how.within == NULL || hits_have(h->how.within, id)) &&
	       (!h->is_lazy || h->check == NULL || latest_holds(h, id));
}

bool
latest_take(struct search *h, struct sql *q)
{
	struct hit hit = {.id = sql_take_int(q)};

	hit.time = sql_take_int(q);
	if (!is_row_wanted(h, hit.id))
		return false;
	h->is_failed |= !hits_add(h->hits, hit);
	return true;
}

void
latest_let_go(struct search *h)
{
	const size_t most = h->how.most;

	if (h->hits->count <= most)
		return;
	hits_cut(h->hits, most);
	if (h->hits->count == most && h->hits->all[most - 1].time > h->since)
		h->since = h->hits->all[most - 1].time;
}

void
latest_take_all(struct search *h, struct sql *q)
{
	size_t count = 0;

	for (; count < h->how.most && h->steps_left > 0 && sql_row(q); h->steps_left--)
		count += latest_take(h, q);
	h->is_failed |= !sql_end(q);
	latest_let_go(h);
}

bool
latest_is_wanted(const struct search *h, const struct profile *p)
{
	const struct filter *f = h->filter;

	return (f->kind == NULL || strcmp(p->kind, f->kind) == 0) && p->severity >= f->severity &&
	       (h->outcome == 0 || (p->outcomes & h->outcome) != 0);
}
