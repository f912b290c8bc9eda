/* RFC 8461 section 4.2 by OpenSSL; see webpki.h. */
#include "monitor/policy/webpki.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "monitor/presented.h"

/* A wildcard is the whole left-most label; of subject names none counts, RFC 8461 section 4.2. */
#define HOST_FLAGS (X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

static enum fact
is_named(X509 *leaf, const struct domain *host)
{
	struct bytes name = domain_bytes(host);

	/* To OpenSSL no name is any name. */
	if (name.len == 0)
		return FACT_UNSEEN;
	switch (X509_check_host(leaf, host->text, name.len, HOST_FLAGS, NULL)) {
	case 1:
		return FACT_YES;
	case 0:
		return FACT_NO;
	default:
		return FACT_UNSEEN;
	}
}

static enum fact
is_current(const X509 *leaf, int64_t time)
{
	int64_t not_before, not_after;

	if (!presented_validity(leaf, &not_before, &not_after))
		return FACT_UNSEEN;
	return presented_is_expired(not_before, not_after, time) ? FACT_NO : FACT_YES;
}

void
webpki_verify(X509_STORE *store, const struct webpki_session *s, struct webpki *out)
{
	struct presented p;

	*out = (struct webpki){FACT_UNSEEN, FACT_UNSEEN, FACT_UNSEEN};
	if (!s->is_visible || !presented_read(s->chain, s->chain_count, &p))
		return;
	out->named = is_named(p.leaf, s->host);
	out->current = is_current(p.leaf, s->time);
	if (store != NULL)
		out->trusted = presented_is_trusted(&p, store, s->time, NULL);
	/* What is missing of the chain could be the intermediate that is missing. */
	if (out->trusted == FACT_NO && !(s->is_chain_whole && p.is_whole))
		out->trusted = FACT_UNSEEN;
	presented_free(&p);
	ERR_clear_error();
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
