#include "monitor/rejudge.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/judge/say.h"

static bool
find_by_host(struct policy_book *book, const struct session *s, struct destination *out)
{
	const struct known_policy *known[DESTINATIONS_MAX];
	struct domain asked;
	size_t count;

	destination_asked(s, &asked);
	count = book_at(book, &s->server, &asked, known, DESTINATIONS_MAX);
	return destination_by_host(s, known, count, out);
}

static bool
find_by_recipients(struct policy_book *book, const struct session *s, struct destination *out)
{
	bool is_known = false;

	for (size_t i = 0; i < s->rcpt_count && i < RECIPIENTS_MAX; i++) {
		const struct known_policy *known;
		struct destination d;
		struct domain domain;

		if (!destination_recipient(s, i, &domain))
			continue;
		known = book_find(book, domain_bytes(&domain));
		if (known == NULL)
			continue;
		destination_of(s, known, &d);
		if (!is_known || destination_is_stricter(&d, out))
			*out = d;
		is_known = true;
	}
	return is_known;
}

bool
rejudge_destination(struct policy_book *book, const struct smart_hosts *smart,
		    const struct session *s, struct destination *out)
{
	const struct known_policy *relay;
	enum fact is_smart = smart_hosts_find(smart, book, s, &relay);
	bool is_known;

	if (is_smart == FACT_YES) {
		if (relay != NULL)
			destination_of(s, relay, out);
		out->is_smart_host = true;
		return relay != NULL;
	}
	is_known =
	    s->rcpt_count > 0 ? find_by_recipients(book, s, out) : find_by_host(book, s, out);
	if (is_known && is_smart == FACT_UNSEEN && out->is_mx == FACT_NO)
		out->is_mx = FACT_UNSEEN;
	return is_known;
}

/* One pass, and where its verdicts lie. */
struct pass {
	const struct rejudge *j;
	struct verdict with, without, one; /* one: a single finding, to be made a row */
	struct session_row row;
	int64_t id;
	const struct domain *domain; /* whose policy was learnt */
	size_t at_host;              /* sessions that have no recipient of it */
};

static bool
is_for(const struct session *s, const struct domain *domain)
{
	struct domain recipient;

	for (size_t i = 0; i < s->rcpt_count; i++)
		if (destination_recipient(s, i, &recipient) && domain_equal(&recipient, domain))
			return true;
	return false;
}

static const struct finding *
found(const struct verdict *v, const struct kind *kind)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].kind == kind)
			return &v->findings[i];
	return NULL;
}

/* It holds only by the policy, or is graver by it. */
static bool
is_by_policy(const struct pass *p, const struct finding *f)
{
	const struct finding *old = found(&p->without, f->kind);

	return old == NULL || f->severity > old->severity || f->certainty > old->certainty;
}

/* Which finding of the session it takes the place of; NULL: of none. False: the database failed. */
static bool
find_old(struct pass *p, const struct finding *f, const char **kind, bool *is_new)
{
	struct session_standing at;

	*kind = f->kind->name;
	if (!session_standing(p->j->back.store, p->id, *kind, &at))
		return false;
	*is_new = at.is_recorded && !at.is_found;
	if (at.is_found)
		*is_new = at.severity < (enum severity_rank)f->severity ||
			  at.certainty < (enum certainty_rank)f->certainty;
	if (at.is_found || !*is_new)
		return true;
	*kind = NULL;
	/* Of missing and stripped a session has one. */
	if (strcmp(f->kind->name, "starttls-stripped") != 0)
		return true;
	if (!session_standing(p->j->back.store, p->id, "starttls-missing", &at))
		return false;
	if (at.is_found)
		*kind = "starttls-missing";
	return true;
}

static struct finding_row *
make_row(struct pass *p, const struct finding *f, const struct session *s)
{
	p->one.outcome = p->with.outcome;
	p->one.findings[0] = *f;
	p->one.count = 1;
	rows_of(p->j->back.rows, s, &p->one, NULL, &p->row);
	p->row.sensor_id = p->j->sensor_id;
	return &p->row.findings[0];
}

static bool
put(struct pass *p, struct finding *f, const struct session *s)
{
	const struct hindsight *back = &p->j->back;
	struct finding_row *row;
	const char *kind;
	bool is_new;

	if (!find_old(p, f, &kind, &is_new))
		return false;
	if (!is_new)
		return true;
	say_proof(f, "judged again", "when the policy was learnt");
	row = make_row(p, f, s);
	if (kind == NULL ? !session_add_finding(back->store, p->id, &p->row, row)
			 : !session_judge_again(back->store, p->id, &p->row, kind, row))
		return false;
	back->tell(back->ctx, &(struct hindsight_told){p->id, &p->row, f, row});
	if (kind == NULL || strcmp(kind, "starttls-missing") != 0)
		return true;
	return baseline_absolve(back->baseline, back->store, s);
}

static bool
judge_one(void *ctx, int64_t id, const struct session *s, const struct history *known)
{
	struct pass *p = ctx;
	struct judge_case c = {.session = s, .known = known};
	struct destination d = {.source = NULL};

	if (!is_for(s, p->domain) && p->at_host++ >= RECENT_AT_HOST)
		return true;
	if (!rejudge_destination(p->j->book, p->j->smart_hosts, s, &d))
		return true;
	judge_case(&c, &p->without);
	c.policy = &d;
	judge_case(&c, &p->with);
	p->id = id;
	for (size_t i = 0; i < p->with.count; i++) {
		struct finding *f = &p->with.findings[i];

		if (is_by_policy(p, f) && !put(p, f, s))
			return false;
	}
	return true;
}

#define KEYS_MAX (1 + MX_HOSTS_MAX * (2 + MX_ADDRESSES_MAX))

/* What its sessions may be found by: recent.h. Returns how many. */
static size_t
keys_of(const struct known_policy *known, struct bytes keys[KEYS_MAX])
{
	size_t count = 0;

	keys[count++] = domain_bytes(&known->domain);
	for (size_t i = 0; i < known->mx.count; i++) {
		const struct mx_host *host = &known->mx.hosts[i];

		keys[count++] = domain_bytes(&host->name);
		if (known->expanded[i].text[0] != '\0')
			keys[count++] = domain_bytes(&known->expanded[i]);
		for (size_t k = 0; k < host->address_count; k++)
			keys[count++] = (struct bytes){host->addresses[k].b,
						       host->addresses[k].family == 4 ? 4 : 16};
	}
	return count;
}

bool
rejudge(const struct rejudge *j, const struct known_policy *known)
{
	struct pass *p = calloc(1, sizeof(*p));
	struct bytes keys[KEYS_MAX];
	const struct recent_keys sought = {keys, keys_of(known, keys)};
	bool is_good;

	if (p == NULL)
		return false;
	p->j = j;
	p->domain = &known->domain;
	is_good = recent_walk(j->recent, &sought, judge_one, p);
	free(p);
	return is_good;
}
