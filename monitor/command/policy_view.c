/* From what was learnt to what is shown; see policy_view.h. */
#include "monitor/command/policy_view.h"

/* The text that was fetched now, where no policy is in force that was fetched earlier. */
static void
take_text(struct policy_view *v)
{
	struct problems again = {0}; /* said by learnt_sts_events */

	if (v->is_cached && v->known != NULL) {
		v->sts = v->known->sts;
		v->has_sts = true;
	} else if (v->learnt->fetch == LEARNT_FETCHED && !v->is_recalled) {
		sts_policy_read(v->learnt->text, &v->sts, &again);
		v->has_sts = v->sts.is_readable;
	}
}

static void
conclude_sts(struct policy_view *v)
{
	struct sts_event events[LEARNT_EVENTS];
	size_t count = v->is_recalled ? 0 : learnt_sts_events(v->learnt, v->now, events);

	if (v->known != NULL)
		v->cache = v->known->cache;
	for (size_t i = 0; i < count; i++)
		v->cache = sts_cache_after(v->cache, &events[i]);
	if (v->cache.is_edited)
		problems_add(&v->learnt->sts_problems,
			     "The policy's text was changed and its id, \"%s\", was not: senders "
			     "that know that id do not fetch it again (RFC 8461 section 3.1).",
			     v->cache.id);
	/* What has expired is as if it had never been, RFC 8461 section 3.3; what is published now
	 * is shown, be it over at once. */
	if (sts_cache_force(&v->cache, v->now) != STS_FORCE_YES && v->cache.fetched != v->now) {
		v->expired = sts_cache_expires(&v->cache);
		v->cache.is_known = false;
	}
	v->is_cached = v->cache.is_known && (v->is_recalled || v->cache.fetched != v->now);
	take_text(v);
}

static void
conclude_hosts(struct policy_view *v)
{
	const struct mx_set *mx = &v->learnt->mx;
	struct policy_case c = {
	    .cache = &v->cache, .sts = v->has_sts ? &v->sts : NULL, .time = v->now};
	struct policy none;

	for (size_t i = 0; i < mx->count; i++) {
		c.host = &mx->hosts[i].name;
		c.dane = &v->learnt->hosts[i].dane;
		policy_judge(&c, &v->hosts[i]);
	}
	v->required = policy_of_domain(v->hosts, mx->count);
	if (mx->count > 0 || mx->form == MX_NULL)
		return;
	/* Its hosts are not known; that a policy is in force holds for any. */
	c.host = &v->learnt->domain;
	c.dane = NULL;
	policy_judge(&c, &none);
	v->required = none.required;
}

void
policy_view_conclude(struct policy_view *v)
{
	conclude_sts(v);
	conclude_hosts(v);
}

const char *
policy_view_dane_status(const struct policy *p)
{
	return dane_state_name(p->dane.state == DANE_UNKNOWN ? DANE_UNAVAILABLE : p->dane.state);
}
