/*
 * The server is known by its address. Where names lead to other addresses by
 * place and hour, as with the largest providers, its own name serves: who calls
 * itself an MX host of the domain claims what the policy speaks of, and a relay
 * of somebody else's does not.
 */
#include "monitor/policy/destination.h"

#define VERSION_TLS12 0x0303

/* The first word of a greeting or of an EHLO reply, RFC 5321 sections 4.2 and 4.1.1.1. */
static bool
read_name(struct bytes line, struct domain *out)
{
	size_t len = 0;

	while (len < line.len && line.at[len] != ' ')
		len++;
	line.len = len;
	return domain_read(line, out) == DOMAIN_OK;
}

static const struct mx_host *
host_named(const struct mx_set *mx, const struct domain *name)
{
	for (size_t i = 0; i < mx->count; i++)
		if (domain_equal(&mx->hosts[i].name, name))
			return &mx->hosts[i];
	return NULL;
}

/* By the name that the client asked for, else by those that the server gave. */
static const struct mx_host *
host_by_name(const struct session *s, const struct mx_set *mx)
{
	const struct bytes names[] = {s->sni, s->greetings > 0 ? s->greeting[0] : BYTES(""),
				      s->ehlos > 0 ? s->ehlo[0] : BYTES("")};
	struct domain name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct mx_host *host =
		    read_name(names[i], &name) ? host_named(mx, &name) : NULL;

		if (host != NULL)
			return host;
	}
	return NULL;
}

static const struct mx_host *
find_host(const struct session *s, const struct known_policy *known, struct destination *out)
{
	const struct mx_host *host;

	out->is_mx = mx_has_address(&known->mx, &s->server, &host);
	if (host != NULL) {
		out->host_by = HOST_BY_ADDRESS;
		return host;
	}
	host = host_by_name(s, &known->mx);
	if (host != NULL) {
		out->host_by = HOST_BY_NAME;
		out->is_mx = FACT_UNSEEN;
	}
	return host;
}

/* Under TLS 1.3 a chain is not to be seen, whatever a message says. */
static bool
is_visible(const struct session *s)
{
	return s->certificate.is_seen && s->tls.version != 0 && s->tls.version <= VERSION_TLS12;
}

/* The names that an authority may vouch for, RFC 7672 section 3.2.2. */
static void
add_names(const struct known_policy *known, size_t host, struct dane_session *d,
	  const struct dane *dane)
{
	const struct domain *original = &known->mx.hosts[host].name;
	const struct domain *expanded = &known->expanded[host];

	d->names[d->name_count++] =
	    dane->base == DANE_BASE_EXPANDED && expanded->text[0] != '\0' ? *expanded : *original;
	if (answer_is_secure(known->dane[host].mx))
		d->names[d->name_count++] = known->domain;
}

static void
match(const struct session *s, const struct known_policy *known, size_t host,
      struct destination *out)
{
	struct dane_session d = {
	    .records = known->dane[host].records[out->policy.dane.base],
	    .certificate = &s->certificate,
	};

	if (out->policy.dane.demand != DANE_DEMANDS_AUTHENTICITY)
		return;
	add_names(known, host, &d, &out->policy.dane);
	out->match = dane_match(&d);
}

static void
judge_host(const struct session *s, const struct known_policy *known, const struct mx_host *host,
	   struct destination *out)
{
	size_t which = (size_t)(host - known->mx.hosts);
	const struct policy_case c = {
	    .cache = &known->cache,
	    .sts = known->cache.is_known ? &known->sts : NULL,
	    .host = &host->name,
	    .dane = &known->dane[which],
	    .time = s->start,
	};

	out->host = host->name;
	policy_judge(&c, &out->policy);
	out->is_visible = is_visible(s);
	if (!out->is_visible)
		return;
	webpki_of(&s->certificate, &out->host, &out->webpki);
	match(s, known, which, out);
}

void
destination_of(const struct session *s, const struct known_policy *known, struct destination *out)
{
	const struct sts_cache *cache = &known->cache;
	const struct mx_host *host;

	*out = (struct destination){
	    .domain = known->domain,
	    .is_smart_host = known->is_smart_host,
	    .form = known->mx.form,
	    .policy = {.sts = STS_MODE_NONE, .listed = FACT_UNSEEN},
	    .fetched = cache->is_known ? cache->fetched : 0,
	    .expires = sts_cache_expires(cache),
	    .learnt = known->learnt,
	    .source = known->source,
	    .is_suppressed =
		!known->is_resolver_failing && sts_cache_is_suppressed(cache, s->start),
	    .trouble = cache->trouble,
	    .failures = cache->failures,
	    .failing_since = cache->failing_since,
	    .match = DANE_NOT_OBSERVABLE,
	};
	memcpy(out->id, cache->id, sizeof(out->id));
	if (sts_cache_force(cache, s->start) == STS_FORCE_YES)
		out->mode = cache->mode;
	host = find_host(s, known, out);
	if (host != NULL)
		judge_host(s, known, host, out);
}

bool
destination_is_stricter(const struct destination *a, const struct destination *b)
{
	if (a->policy.required != b->policy.required)
		return a->policy.required > b->policy.required;
	return a->policy.sts > b->policy.sts;
}
