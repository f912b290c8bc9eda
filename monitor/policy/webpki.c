/* RFC 8461 section 4.2; see webpki.h. */
#include "monitor/policy/webpki.h"

#include "monitor/policy/named.h"

static enum fact
opposite(enum fact f)
{
	return f == FACT_UNSEEN ? f : f == FACT_YES ? FACT_NO : FACT_YES;
}

void
webpki_of(const struct certificate_facts *c, const struct domain *host, struct webpki *out)
{
	*out = (struct webpki){FACT_UNSEEN, FACT_UNSEEN, FACT_UNSEEN};
	if (!c->is_seen || !c->is_parsed)
		return;
	out->current = opposite(c->expired);
	if (c->trusted == FACT_YES || c->is_whole)
		out->trusted = c->trusted;
	/* No host is not to be named by no DNS name. */
	if (c->is_named_by_cn)
		out->named = host->text[0] != '\0' ? FACT_NO : FACT_UNSEEN;
	else
		out->named = named_has(c, host);
}

enum fact
webpki_is_valid(const struct webpki *w)
{
	if (w->trusted == FACT_NO || w->current == FACT_NO || w->named == FACT_NO)
		return FACT_NO;
	if (w->trusted == FACT_UNSEEN || w->current == FACT_UNSEEN || w->named == FACT_UNSEEN)
		return FACT_UNSEEN;
	return FACT_YES;
}
