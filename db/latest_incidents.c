/*
 * Of each profile the incidents that were seen last. Where what is wanted ends at
 * a time, those under way then are told by how long they last.
 */
#include "db/latest_inside.h"

#include <stdio.h>
#include <string.h>

#include "db/narrow.h"
#include "db/outcome.h"
#include "db/place.h"

#define SPANS 14 /* that a number of microseconds may have */
/* Looked at for being under way at an end: of more, some are met soon going back from the latest.
 */
#define STRADDLING_MAX       (8000 / NARROW_PART)
#define STRADDLING_MAX_PLACE (30000 / NARROW_PART) /* where most of those met are elsewhere */
#define OWN_MAX              (5000 / NARROW_PART)  /* that name a domain themselves */

/* Of a number the text, for SQL. */
#define TEXT(number)   #number
#define TEXT_OF(macro) TEXT(macro)
#define OWN_MAX_TEXT   TEXT_OF(OWN_MAX)

/* SQL, laid out by hand. */
/* clang-format off */

/* Those that are part of none have an index of their own, and those that are. */
#define NEXT_PROFILE(index, is_of_it) \
	"SELECT kind, severity, state, outcomes FROM incidents INDEXED BY " index \
	" WHERE " is_of_it " AND (kind, severity, state, outcomes) >= (?1, ?2, ?3, ?4)" \
	" ORDER BY kind, severity, state, outcomes LIMIT 1"
#define OF_PROFILE(index, is_of_it) \
	" FROM incidents i INDEXED BY " index " WHERE " is_of_it \
	" AND kind = ?1 AND severity = ?2 AND state = ?3 AND outcomes = ?4 "
#define NEXT_MUTE(index, is_of_it) \
	"SELECT min(mute_id)" OF_PROFILE(index, is_of_it) "AND mute_id > ?5"

/*
 * Told by indexes alone, of all but those that name a domain: where few do so
 * themselves, their ids are known; the others have sessions that may name one.
 */
#define DOMAIN_OF_ITS_OWN(column) "(SELECT " column " FROM incidents WHERE domain > '' LIMIT " \
	OWN_MAX_TEXT ")"
#define MAY_NAME_DOMAIN(incident) \
	"(" incident ".outcomes & " NAMED_OUTCOMES " OR " incident ".id IN " DOMAIN_OF_ITS_OWN("id") \
	" OR (SELECT count(*) FROM " DOMAIN_OF_ITS_OWN("1") ") = " OWN_MAX_TEXT ")"
#define LATEST(index, is_of_it, more) \
	"SELECT id, last_seen" OF_PROFILE(index, is_of_it) "AND mute_id IS ?5 AND last_seen >= ?6" \
	" AND last_seen <= ?7 AND first_seen <= ?8 AND (?11 IS NULL OR " MAY_NAME_DOMAIN("i") ")" \
	" AND " INCIDENT_IN_PLACE("i", "?9", "?10", "?11") more \
	" ORDER BY last_seen DESC, id DESC"
#define WHOLE(statement) statement("incidents_whole", "parent IS NULL")
#define PARTS(statement) statement("incidents_parts", "parent IS NOT NULL")

/* What sums it up stands for it, where that is listed, too. */
#define IS_NOT_FOLDED "(SELECT p.state FROM incidents p WHERE p.id = i.parent) <> i.state"

/* Each for those that are whole, and for parts. */
enum whose { OF_WHOLE, OF_PARTS, OF_PARTS_UNFOLDED };
static const char next_profile[][512] = {
	[OF_WHOLE] = WHOLE(NEXT_PROFILE),
	[OF_PARTS] = PARTS(NEXT_PROFILE),
	[OF_PARTS_UNFOLDED] = PARTS(NEXT_PROFILE),
};
static const char next_mute[][512] = {
	[OF_WHOLE] = WHOLE(NEXT_MUTE),
	[OF_PARTS] = PARTS(NEXT_MUTE),
	[OF_PARTS_UNFOLDED] = PARTS(NEXT_MUTE),
};
static const char latest[][3072] = {
	[OF_WHOLE] = LATEST("incidents_whole", "parent IS NULL", ""),
	[OF_PARTS] = LATEST("incidents_parts", "parent IS NOT NULL", ""),
	[OF_PARTS_UNFOLDED] = LATEST("incidents_parts", "parent IS NOT NULL", " AND " IS_NOT_FOLDED),
};

/* Of one span those that can be under way at ?3, and that are. */
#define OF_SPAN "FROM incidents i INDEXED BY incidents_span WHERE span = ?1 AND first_seen >= ?2" \
	" AND first_seen <= ?3"
static const char maybe_straddling[] = "SELECT count(*) FROM (SELECT 1 " OF_SPAN " LIMIT ?4)";
static const char straddling[] =
	"SELECT id, last_seen " OF_SPAN " AND last_seen > ?3 AND last_seen >= ?4"
	" AND (?5 IS NULL OR kind = ?5) AND severity >= ?6 AND (?7 IS NULL OR state = ?7)"
	" AND (?8 = 0 OR outcomes & ?8) AND (?9 OR mute_id IS NULL)"
	" AND (parent IS NULL OR ?10 OR (?7 IS NOT NULL AND " IS_NOT_FOLDED "))"
	" ORDER BY last_seen DESC, id DESC";

static const char incident_holds[] =
	"SELECT 1 FROM incidents i WHERE id = ?1 AND " INCIDENT_IN_PLACE("i", "?2", "?3", "?4")
	" AND (?5 IS NULL OR state = ?5) AND (?6 IS NULL OR kind = ?6) AND severity >= ?7"
	" AND (?8 IS NULL OR outcomes & " OUTCOME_BIT("?8") ")";

/* clang-format on */

static void
put_profile(struct sql *q, const struct profile *p)
{
	sql_put_text(q, p->kind);
	sql_put_int(q, p->severity);
	sql_put_text(q, p->state);
	sql_put_int(q, p->outcomes);
}

/* The first profile that is no less, into it. False where there is none. */
static bool
find_profile(struct search *h, enum whose whose, struct profile *p)
{
	struct sql *q = sql_use(h->store->file, next_profile[whose]);
	bool is_there;

	put_profile(q, p);
	is_there = sql_row(q);
	if (is_there) {
		latest_take_word(q, p->kind);
		p->severity = sql_take_int(q);
		latest_take_word(q, p->state);
		p->outcomes = sql_take_int(q);
	}
	h->is_failed |= !sql_end(q);
	return is_there && !h->is_failed;
}

static void
take_latest(struct search *h, enum whose whose, const struct profile *p, int64_t mute)
{
	struct sql *q = sql_use(h->store->file, latest[whose]);

	put_profile(q, p);
	if (mute == 0)
		sql_put_null(q);
	else
		sql_put_int(q, mute);
	sql_put_int(q, h->since);
	sql_put_int(q, h->until);
	sql_put_int(q, h->filter->until);
	latest_put_places(h, q);
	latest_take_all(h, q);
}

/* The mute behind one, of those that incidents of the profile fall under; 0 where there is none. */
static int64_t
find_mute(struct search *h, enum whose whose, const struct profile *p, int64_t mute)
{
	struct sql *q = sql_use(h->store->file, next_mute[whose]);

	put_profile(q, p);
	sql_put_int(q, mute);
	return sql_int(q, 0);
}

static void
take_profiles(struct search *h, enum whose whose)
{
	struct profile p = {.severity = INT64_MIN};

	if (h->filter->kind != NULL)
		snprintf(p.kind, sizeof(p.kind), "%s", h->filter->kind);
	while (h->steps_left > 0 && find_profile(h, whose, &p)) {
		if (h->filter->kind != NULL && strcmp(p.kind, h->filter->kind) != 0)
			return;
		if (latest_is_wanted(h, &p) &&
		    (h->filter->state == NULL || strcmp(p.state, h->filter->state) == 0)) {
			int64_t mute = 0;

			do {
				take_latest(h, whose, &p, mute);
				mute = h->filter->with_muted ? find_mute(h, whose, &p, mute) : 0;
			} while (mute != 0 && !h->is_failed);
		}
		p.outcomes++;
	}
}

/* Whatever sums a part up, the part is listed: by what it alone has, or because it is asked for. */
static bool
are_parts_listed(const struct filter *f)
{
	return f->with_parts || f->surge != 0 || f->outcome != NULL || f->domain != NULL ||
	       f->client.family != 0 || f->server.family != 0;
}

/* Those last seen in a stretch of time. */
static void
take_seen(struct search *h, int64_t since, int64_t until)
{
	if (since > h->since)
		h->since = since;
	h->until = until;
	take_profiles(h, OF_WHOLE);
	if (are_parts_listed(h->filter))
		take_profiles(h, OF_PARTS);
	else if (h->filter->state != NULL)
		take_profiles(h, OF_PARTS_UNFOLDED);
}

/* What lasts so long and is under way at an end began at this time, or later. */
static int64_t
earliest_begin(int64_t end, int span)
{
	int64_t longest = INT64_C(60000000);

	for (int i = 0; i < span; i++)
		longest = longest > INT64_MAX / 8 ? INT64_MAX : 8 * longest;
	return end < INT64_MIN + longest ? INT64_MIN : end - longest;
}

/* How many began early enough; more than that is all the same. */
static int64_t
count_straddling(struct search *h, int64_t most)
{
	int64_t count = 0;

	for (int span = 1; span <= SPANS && count <= most; span++) {
		struct sql *q = sql_use(h->store->file, maybe_straddling);

		sql_put_int(q, span);
		sql_put_int(q, earliest_begin(h->filter->until, span));
		sql_put_int(q, h->filter->until);
		sql_put_int(q, most + 1);
		count += sql_int(q, 0);
		h->is_failed |= sql_failed(h->store->file);
	}
	return count;
}

static void
take_straddling(struct search *h, int span)
{
	const struct filter *f = h->filter;
	const bool was_lazy = h->is_lazy;
	struct sql *q = sql_use(h->store->file, straddling);

	sql_put_int(q, span);
	sql_put_int(q, earliest_begin(f->until, span));
	sql_put_int(q, f->until);
	sql_put_int(q, h->since);
	sql_put_text(q, f->kind);
	sql_put_int(q, f->severity);
	sql_put_text(q, f->state);
	sql_put_int(q, h->outcome);
	sql_put_int(q, f->with_muted);
	sql_put_int(q, are_parts_listed(f));
	h->is_lazy = true; /* all of them are read before the latest is told */
	latest_take_all(h, q);
	h->is_lazy = was_lazy;
}

/* Of those seen behind the end the ones that had begun by then. */
static void
take_under_way(struct search *h)
{
	const bool has_place = h->how.has_places || h->how.within != NULL;
	const int64_t most = has_place ? STRADDLING_MAX_PLACE : STRADDLING_MAX;
	const int64_t until = h->filter->until;

	if (until == INT64_MAX)
		return;
	if (count_straddling(h, most) <= most) {
		for (int span = 1; span <= SPANS && h->steps_left > 0 && !h->is_failed; span++)
			take_straddling(h, span);
	} else if (h->how.steps != 0) {
		h->steps_left = 0;
	} else {
		take_seen(h, until + 1, INT64_MAX);
	}
}

static void
take_over_by_then(struct search *h)
{
	h->since = h->filter->since;
	take_seen(h, h->since, h->filter->until);
}

/*
 * An incident is of a stretch of time where it began before the end of that and
 * was last seen behind its begin. By the time that it was last seen: first those
 * under way at the end, then those that were over by then. Where many are under
 * way at once, one meets them soon going back from the latest; where a search is
 * to end soon, they are too many for it, and it begins with what is met soonest.
 */
bool
latest_incidents(struct store *s, const struct filter *f, struct latest_of *how, struct hits *out)
{
	struct search h = {.store = s,
			   .filter = f,
			   .how = *how,
			   .check = how->has_places ? incident_holds : NULL,
			   .hits = out};

	latest_begin(&h);
	if (how->steps != 0) {
		take_over_by_then(&h);
		if (h.steps_left > 0)
			take_under_way(&h);
	} else {
		take_under_way(&h);
		if (!h.is_failed && out->count < how->most)
			take_over_by_then(&h);
	}
	return latest_end(&h, how);
}
