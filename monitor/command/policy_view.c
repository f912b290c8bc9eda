/* From what was learnt to what is shown; see policy_view.h. */
#include "monitor/command/policy_view.h"

static void
conclude_sts(struct policy_view *v)
{
	struct sts_event events[LEARNT_EVENTS];
	size_t count = learnt_sts_events(v->learnt, v->now, events);
	struct problems again = {0}; /* said by learnt_sts_events */

	for (size_t i = 0; i < count; i++)
		v->cache = sts_cache_after(v->cache, &events[i]);
	v->has_sts = false;
	if (v->learnt->fetch == LEARNT_FETCHED) {
		sts_policy_read(v->learnt->text, &v->sts, &again);
		v->has_sts = v->sts.is_readable;
	}
	v->is_cached = v->learnt->fetch != LEARNT_FETCHED && v->cache.is_known;
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
