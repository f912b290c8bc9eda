/* What resolvers say of a signed domain, through the checker; see facts.h. */
#include "dissector/bytes.h"
#include "monitor/command/asking.h"
#include "monitor/doctor/facts.h"

void
facts_resolver(const struct options *o, struct resolver_facts *out)
{
	struct lookup_request request = {.now = o->now, .is_known = true};
	struct learnt *l;

	*out = (struct resolver_facts){.is_asked = !o->watch.no_lookups};
	if (!out->is_asked ||
	    domain_read(bytes_text(FACTS_SIGNED_DOMAIN), &request.domain) != DOMAIN_OK)
		return;
	l = asking_once(&o->watch, &request);
	if (l == NULL)
		return;
	out->answers = l->was_served ? FACT_YES : FACT_NO;
	out->is_believed = l->can_be_secure ? FACT_YES : FACT_NO;
	out->answer = l->mx_answer;
	learnt_free(l);
}
