/* Whether all fail alike; see outage.h. */
#include "monitor/policy/outage.h"

static bool
has(const struct outage_failing *f, uint64_t domain)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->domains[i] == domain)
			return true;
	return false;
}

void
outage_note(struct outage *o, enum outage_of kind, uint64_t domain, bool is_good)
{
	struct outage_failing *f = &o->of[kind];

	if (is_good)
		f->count = 0;
	else if (f->count < OUTAGE_OTHERS + 1 && !has(f, domain))
		f->domains[f->count++] = domain;
}

bool
outage_is_general(const struct outage *o, enum outage_of kind, uint64_t domain)
{
	const struct outage_failing *f = &o->of[kind];

	return f->count - (has(f, domain) ? 1 : 0) >= OUTAGE_OTHERS;
}
