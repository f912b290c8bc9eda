/*
 * Reading a report. What a span is that was not asked for is what the hours
 * say: no clock is asked, so that an old capture reports as it did.
 */
#include "monitor/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/append.h"

#define TIME_MOST (INT64_MAX / 4) /* so that differences and steps never overflow */

const struct report_list_kind report_list_kinds[LISTS] = {
    [LIST_SERVERS] = {HOURLY_SERVER, HOURLY_MOST, "server", "Servers, most in clear first",
		      "Server"},
    [LIST_SERVERS_SHARE] = {HOURLY_SERVER, HOURLY_SHARE, "server",
			    "Servers with the greatest share in clear", "Server"},
    [LIST_CLIENTS] = {HOURLY_CLIENT, HOURLY_MOST, "client", "Client networks, most in clear first",
		      "Clients"},
    [LIST_CLIENTS_SHARE] = {HOURLY_CLIENT, HOURLY_SHARE, "client",
			    "Client networks with the greatest share in clear", "Clients"},
    [LIST_DOMAINS] = {HOURLY_DOMAIN, HOURLY_MOST, "domain",
		      "Recipient domains, most in clear first", "Domain"},
    [LIST_VERSIONS] = {HOURLY_TLS, HOURLY_MOST, "tls_version", "TLS versions", "TLS"},
    [LIST_SERVICES] = {HOURLY_SERVICE, HOURLY_MOST, "service", "Services", "Service"},
};

bool
report_has_share(const struct report *r, enum report_lists list)
{
	/* Of a TLS version it would be the share of those that had one, and of none 0. */
	return r->filter.domain == NULL && list != LIST_DOMAINS && list != LIST_VERSIONS;
}

bool
report_adds(const struct report *r, enum report_lists which)
{
	const struct report_list *most = which == LIST_SERVERS_SHARE   ? &r->lists[LIST_SERVERS]
					 : which == LIST_CLIENTS_SHARE ? &r->lists[LIST_CLIENTS]
								       : NULL;
	const struct report_list *list = &r->lists[which];

	if (list->count == 0 || most == NULL)
		return list->count > 0;
	for (size_t i = 0; i < list->count; i++)
		if (i >= most->count || strcmp(list->items[i].json, most->items[i].json) != 0)
			return true;
	return false;
}

/* The item behind the last; NULL, and the report has failed, where memory is refused. */
static void *
append(struct report *r, void *items, size_t *count, size_t size)
{
	void *item = append_item(items, count, size);

	r->has_failed |= item == NULL;
	return item;
}

static int64_t
bounded(int64_t number)
{
	return number < 0 ? 0 : number > FIGURES_MOST ? FIGURES_MOST : number;
}

/* A damaged file may hold anything; what is drawn is not less than nothing. */
static struct counts
sane(const struct counts *c)
{
	return (struct counts){
	    .sessions = bounded(c->sessions),
	    .encrypted = bounded(c->encrypted),
	    .plaintext = bounded(c->plaintext),
	    .failed = bounded(c->failed),
	    .no_mail = bounded(c->no_mail),
	    .partial = bounded(c->partial),
	};
}

static void
tell_hour(void *ctx, const struct hourly_row *row)
{
	struct report *r = ctx;
	struct figures_step *hour = append(r, &r->hours, &r->hour_count, sizeof(*hour));

	if (hour == NULL)
		return;
	*hour = (struct figures_step){row->hour, sane(&row->counts)};
	figures_add(&r->total, &hour->counts);
}

static void
tell_before(void *ctx, const struct hourly_row *row)
{
	struct report *r = ctx;
	const struct counts counts = sane(&row->counts);

	figures_add(&r->counts_before, &counts);
}

struct listing {
	struct report *r;
	struct report_list *list;
};

static void
tell_item(void *ctx, const struct hourly_row *row)
{
	const struct listing *l = ctx;
	struct report_list *list = l->list;
	struct report_item *item = append(l->r, &list->items, &list->count, sizeof(*item));

	if (item == NULL)
		return;
	item->counts = sane(&row->counts);
	item->json = strdup(row->json);
	item->key = row->key == NULL ? NULL : strdup(row->key);
	list->of = row->of;
	if (item->json == NULL || (item->key == NULL && row->key != NULL))
		l->r->has_failed = true;
}

static void
tell_incidents(void *ctx, const struct hourly_incidents *row)
{
	struct report *r = ctx;
	struct report_incidents *i = append(r, &r->incidents, &r->incident_count, sizeof(*i));

	if (i == NULL)
		return;
	snprintf(i->kind, sizeof(i->kind), "%s", row->kind);
	snprintf(i->json, sizeof(i->json), "%s", row->json);
	i->severity = row->severity;
	i->incidents = row->incidents;
	i->sessions = row->sessions;
}

static int64_t
hour_of(int64_t time)
{
	time = time > TIME_MOST ? TIME_MOST : time < -TIME_MOST ? -TIME_MOST : time;
	return figures_floor(time, HOURLY_HOUR);
}

/* The hours of the span, and where it begins and ends. */
static bool
read_hours(struct store *s, const struct report_query *query, struct report *r)
{
	struct hourly_filter *f = &r->filter;

	f->since = hour_of(f->since);
	f->until = hour_of(f->until);
	if (!hourly_times(s, f, tell_hour, r) || r->has_failed)
		return false;
	r->start = f->since;
	r->end = f->until + HOURLY_HOUR;
	r->has_start = r->hour_count > 0 || query->has_since;
	r->has_end = r->hour_count > 0 || query->has_until;
	if (r->hour_count > 0 && !query->has_since)
		r->start = r->hours[0].start;
	if (r->hour_count > 0 && !query->has_until)
		r->end = r->hours[r->hour_count - 1].start + HOURLY_HOUR;
	return true;
}

static bool
read_before(struct store *s, struct report *r)
{
	struct hourly_filter f = r->filter;

	r->middle = r->start;
	r->before = r->start - (r->end - r->start);
	r->counts_now = r->total;
	f.since = r->before;
	f.until = r->start - HOURLY_HOUR;
	return r->hour_count == 0 || hourly_times(s, &f, tell_before, r);
}

static void
halve(struct report *r)
{
	if (r->hour_count == 0)
		return;
	r->is_halved = true;
	r->before = r->start;
	r->middle = r->start + figures_floor((r->end - r->start) / 2, HOURLY_HOUR);
	for (size_t i = 0; i < r->hour_count; i++)
		figures_add(r->hours[i].start < r->middle ? &r->counts_before : &r->counts_now,
			    &r->hours[i].counts);
}

static bool
sum_up(struct report *r)
{
	const int64_t last = r->hour_count > 0 ? r->hours[r->hour_count - 1].start : 0;

	if (r->hour_count == 0)
		return true;
	r->width = figures_width(r->hours[0].start, last + HOURLY_HOUR);
	r->step_count = figures_count(r->hours[0].start, last, r->width);
	r->steps = calloc(r->step_count, sizeof(*r->steps));
	r->has_failed = r->steps == NULL;
	if (!r->has_failed)
		figures_sum(r->hours, r->hour_count, r->width, r->steps, r->step_count);
	return !r->has_failed;
}

static bool
read_lists(struct store *s, int64_t limit, struct report *r)
{
	for (size_t i = 0; i < LISTS; i++) {
		const struct report_list_kind *kind = &report_list_kinds[i];
		const struct hourly_query query = {kind->by, kind->order, REPORT_LEAST,
						   limit == 0 ? REPORT_LIMIT : limit};
		struct listing l = {r, &r->lists[i]};

		/* Where only what went in clear counts, the share of each is the same. */
		l.list->is_known = hourly_has(kind->by, &r->filter) &&
				   (kind->order == HOURLY_MOST || r->filter.domain == NULL);
		if (l.list->is_known &&
		    (!hourly_list(s, &query, &r->filter, tell_item, &l) || r->has_failed))
			return false;
	}
	return true;
}

static bool
read_all(struct store *s, const struct report_query *query, struct report *r)
{
	bool is_good = read_hours(s, query, r);

	if (is_good && query->has_since)
		is_good = read_before(s, r);
	else
		halve(r);
	return is_good && sum_up(r) && read_lists(s, query->limit, r) &&
	       hourly_incidents(s, &r->filter, tell_incidents, r) &&
	       hourly_muted(s, &r->filter, &r->muted) &&
	       hourly_capture(s, &r->filter, &r->capture) && hourly_uncounted(s, &r->uncounted) &&
	       !r->has_failed;
}

struct report *
report_read(struct store *s, const struct report_query *query, char *why)
{
	struct report *r = calloc(1, sizeof(*r));
	bool is_good;

	snprintf(why, STORE_WHY_MAX, "report: cannot be made: out of memory");
	if (r == NULL)
		return NULL;
	r->filter = query->filter;
	r->mutes = query->mutes;
	is_good = hourly_begin(s) && read_all(s, query, r);
	if (!is_good && !r->has_failed)
		snprintf(why, STORE_WHY_MAX, "%s", store_error(s));
	hourly_end(s);
	if (is_good)
		return r;
	report_free(r);
	return NULL;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < LISTS; i++) {
		for (size_t k = 0; k < r->lists[i].count; k++) {
			free(r->lists[i].items[k].key);
			free(r->lists[i].items[k].json);
		}
		free(r->lists[i].items);
	}
	free(r->hours);
	free(r->steps);
	free(r->incidents);
	free(r);
}
