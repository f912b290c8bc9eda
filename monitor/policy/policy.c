/* MTA-STS and DANE together; see policy.h. */
#include "monitor/policy/policy.h"

const char *
policy_required_name(enum policy_required r)
{
	static const char *const names[] = {
	    [REQUIRED_NONE] = "none",
	    [REQUIRED_MTA_STS] = "mta-sts",
	    [REQUIRED_DANE] = "dane",
	};

	return names[r];
}

static bool
is_dane_required(const struct dane *d)
{
	return d->demand == DANE_DEMANDS_AUTHENTICITY || d->demand == DANE_DEMANDS_ENCRYPTION;
}

static enum policy_required
required_of(const struct policy *p)
{
	if (is_dane_required(&p->dane))
		return REQUIRED_DANE;
	return p->sts == STS_MODE_ENFORCE ? REQUIRED_MTA_STS : REQUIRED_NONE;
}

void
policy_judge(const struct policy_case *c, struct policy *out)
{
	*out = (struct policy){.sts = STS_MODE_NONE, .listed = FACT_UNSEEN};
	if (sts_cache_force(c->cache, c->time) == STS_FORCE_YES && c->sts != NULL)
		out->sts = c->cache->mode;
	if (out->sts != STS_MODE_NONE)
		out->listed = sts_match_host(c->sts, c->host) ? FACT_YES : FACT_NO;
	if (c->dane != NULL)
		dane_judge(c->dane, &out->dane);
	out->required = required_of(out);
}

enum policy_required
policy_of_domain(const struct policy *hosts, size_t count)
{
	enum policy_required least = count > 0 ? REQUIRED_DANE : REQUIRED_NONE;

	for (size_t i = 0; i < count; i++)
		if (hosts[i].required < least)
			least = hosts[i].required;
	return least;
}

enum sts_verdict
policy_sts_verdict(const struct policy *p, enum fact encrypted, const struct webpki *w)
{
	if (p->sts == STS_MODE_NONE)
		return STS_NOT_APPLICABLE;
	if (p->listed == FACT_NO)
		return STS_FAILS_MX;
	if (encrypted == FACT_NO)
		return STS_FAILS_TLS;
	if (w->named == FACT_NO)
		return STS_FAILS_NAME;
	if (w->current == FACT_NO)
		return STS_FAILS_DATE;
	if (w->trusted == FACT_NO)
		return STS_FAILS_TRUST;
	return encrypted == FACT_YES && webpki_is_valid(w) == FACT_YES ? STS_KEPT : STS_NOT_SEEN;
}
