/* Each question has one place that answers it: which host, which certificate, which domain. */
#include "monitor/policy/destination.h"

#define VERSION_TLS12 0x0303

static bool
read_name(struct bytes name, struct domain *out)
{
	if (domain_read(name, out) == DOMAIN_OK)
		return true;
	*out = (struct domain){""};
	return false;
}

bool
destination_asked(const struct session *s, struct domain *asked)
{
	return read_name(s->sni, asked);
}

bool
destination_recipient(const struct session *s, size_t i, struct domain *domain)
{
	return read_name(s->rcpt_domains[i], domain);
}

/* The first word of a greeting or of an EHLO reply, RFC 5321 sections 4.2 and 4.1.1.1. */
static const struct mx_host *
host_in_line(const struct mx_set *mx, struct bytes line)
{
	struct domain name;

	if (domain_read(bytes_first(line, bytes_find(line, ' ')), &name) != DOMAIN_OK)
		return NULL;
	return mx_named(mx, &name);
}

/* To be told, and for nothing else. */
static void
note_called(const struct session *s, const struct mx_set *mx, struct destination *out)
{
	const struct mx_host *host = NULL;

	if (s->greetings > 0)
		host = host_in_line(mx, s->greeting[0]);
	if (host == NULL && s->ehlos > 0)
		host = host_in_line(mx, s->ehlo[0]);
	if (host != NULL)
		out->called = host->name;
}

/* A client asks for the TLSA base domain, RFC 7672 section 8.1, else for the name in the MX record.
 */
static const struct mx_host *
host_asked(const struct known_policy *known, const struct domain *asked)
{
	const struct mx_host *host = mx_named(&known->mx, asked);

	for (size_t i = 0; host == NULL && i < known->mx.count; i++)
		if (domain_equal(&known->expanded[i], asked))
			host = &known->mx.hosts[i];
	return host;
}

/* What the DNS said is of another time than the session. */
static bool
is_stale(const struct session *s, const struct known_policy *known)
{
	return s->start - known->learnt > DESTINATION_FRESH ||
	       known->learnt - s->start > DESTINATION_FRESH;
}

static bool
is_outdated(const struct session *s, const struct known_policy *known)
{
	return s->start - known->learnt > DESTINATION_RECHECK;
}

/* That it is none of the hosts is so by answers of its time alone. */
static void
find_address(const struct session *s, const struct known_policy *known, struct destination *out,
	     const struct mx_host **host)
{
	out->is_mx = mx_has_address(&known->mx, &s->server, host);
	if (out->is_mx != FACT_NO)
		return;
	out->is_mx_outdated = out->wants_recheck = is_outdated(s, known);
	if (is_stale(s, known))
		out->is_mx = FACT_UNSEEN;
}

/* NULL where it is none, or, HOST_BY_ADDRESS, any of those at the address. */
static const struct mx_host *
find_host(const struct session *s, const struct known_policy *known, struct destination *out)
{
	const struct mx_host *host, *asked = NULL;
	struct domain name;

	find_address(s, known, out, &host);
	if (destination_asked(s, &name))
		asked = host_asked(known, &name);
	if (host != NULL) {
		out->host_by = HOST_BY_ADDRESS;
		/* Of several at one address, the one that was meant. */
		return asked != NULL && mx_host_has(asked, &s->server) ? asked : NULL;
	}
	if (asked != NULL) {
		out->host_by = HOST_BY_NAME;
		out->is_mx = FACT_UNSEEN;
	}
	note_called(s, &known->mx, out);
	return asked;
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
	if (!answer_is_secure(known->dane[host].mx))
		return;
	d->names[d->name_count++] = known->domain;
	if (known->alias.text[0] != '\0')
		d->names[d->name_count++] = known->alias;
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
	if (!dane_is_unmatched(out->match) || !is_outdated(s, known))
		return;
	out->match = DANE_NOT_OBSERVABLE;
	out->wants_recheck = true;
}

/* That the policy does not name the host is so by a text of its time alone. */
static void
doubt_policy(const struct session *s, const struct known_policy *known, struct destination *out)
{
	if (out->policy.listed != FACT_NO || !sts_cache_is_doubtful(&known->cache, s->start))
		return;
	out->policy.listed = FACT_UNSEEN;
	out->wants_recheck = true;
}

/* RFC 8461 section 7.1: for the name in the MX record; RFC 7672 section 8.1: for the base domain.
 */
static bool
has_asked_for(const struct session *s, const struct known_policy *known, const struct mx_host *host)
{
	struct domain asked;

	return destination_asked(s, &asked) &&
	       (domain_equal(&host->name, &asked) ||
		domain_equal(&known->expanded[host - known->mx.hosts], &asked));
}

/*
 * Who asks for no name, or for another, gets whatever certificate the server shows to such, and
 * may have meant another of its names: "clients that don't send SNI information may not see the
 * expected certificate chain", RFC 7672 section 8.1; a server may choose by SNI alone, RFC 8461
 * section 7.1. That it is another's is held against nobody then.
 */
static void
excuse_names(struct destination *d)
{
	if (d->webpki.named == FACT_NO)
		d->webpki.named = FACT_UNSEEN;
	if (d->match == DANE_WRONG_NAME)
		d->match = DANE_NOT_OBSERVABLE;
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
	    .dane = is_stale(s, known) ? NULL : &known->dane[which],
	    .time = s->start,
	};

	out->host = host->name;
	policy_judge(&c, &out->policy);
	doubt_policy(s, known, out);
	out->is_visible = is_visible(s);
	if (!out->is_visible)
		return;
	webpki_of(&s->certificate, &out->host, &out->webpki);
	match(s, known, which, out);
	if (!has_asked_for(s, known, host))
		excuse_names(out);
}

/* What is so of the domain, whatever the host. */
static void
begin(const struct session *s, const struct known_policy *known, struct destination *out)
{
	const struct sts_cache *cache = &known->cache;

	*out = (struct destination){
	    .domain = known->domain,
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
}

/* Does the one host demand less of a session, or the policy name it alone? */
static bool
is_laxer(const struct destination *a, const struct destination *b)
{
	if (destination_is_stricter(a, b) || destination_is_stricter(b, a))
		return destination_is_stricter(b, a);
	return a->policy.listed == FACT_YES && b->policy.listed != FACT_YES;
}

/*
 * Several at one address, and nothing tells which was meant: a client may use any, so that a
 * session need not have broken what one of them demands.
 */
static void
judge_hosts(const struct session *s, const struct known_policy *known, struct destination *out)
{
	const struct destination begun = *out;
	struct destination other;

	for (size_t i = 0; i < known->mx.count; i++) {
		if (!mx_host_has(&known->mx.hosts[i], &s->server))
			continue;
		other = begun;
		judge_host(s, known, &known->mx.hosts[i], &other);
		if (out->host.text[0] == '\0' || is_laxer(&other, out))
			*out = other;
	}
}

void
destination_of(const struct session *s, const struct known_policy *known, struct destination *out)
{
	const struct mx_host *host;

	begin(s, known, out);
	host = find_host(s, known, out);
	if (host != NULL)
		judge_host(s, known, host, out);
	else if (out->host_by == HOST_BY_ADDRESS)
		judge_hosts(s, known, out);
}

bool
destination_is_at(const struct known_policy *known, const struct address *server,
		  const struct domain *asked)
{
	if (asked->text[0] != '\0')
		return host_asked(known, asked) != NULL;
	return mx_has_address(&known->mx, server, NULL) == FACT_YES;
}

/* The visible certificate is all that the policy of this host wants. */
static bool
is_accepted(const struct destination *d)
{
	if (d->policy.required == REQUIRED_DANE)
		return d->match == DANE_MATCHED;
	return webpki_is_valid(&d->webpki) == FACT_YES;
}

/* The choice among those that are there. */
struct choice {
	struct destination best;
	bool is_made, is_accepted, is_mixed;
};

static void
weigh(struct choice *c, const struct destination *d)
{
	bool is_good = is_accepted(d);

	if (c->is_made &&
	    (destination_is_stricter(d, &c->best) || destination_is_stricter(&c->best, d)))
		c->is_mixed = true;
	if (!c->is_made || (is_good && !c->is_accepted) ||
	    (is_good == c->is_accepted && destination_is_stricter(d, &c->best)))
		c->best = *d;
	c->is_accepted = c->is_accepted || is_good;
	c->is_made = true;
}

static void
weigh_host(const struct session *s, const struct known_policy *known, const struct mx_host *host,
	   struct choice *c)
{
	struct destination d;

	begin(s, known, &d);
	d.is_by_host = true;
	d.host_by = mx_host_has(host, &s->server) ? HOST_BY_ADDRESS : HOST_BY_NAME;
	d.is_mx = d.host_by == HOST_BY_ADDRESS ? FACT_YES : FACT_UNSEEN;
	judge_host(s, known, host, &d);
	weigh(c, &d);
}

bool
destination_by_host(const struct session *s, const struct known_policy *const *known, size_t count,
		    struct destination *out)
{
	struct choice c = {.is_made = false};
	struct domain asked;
	bool is_asked = destination_asked(s, &asked);

	for (size_t i = 0; i < count && i < DESTINATIONS_MAX; i++) {
		const struct mx_set *mx = &known[i]->mx;

		/* An address may be another's by now; a name is what the client meant. */
		if (!is_asked && is_stale(s, known[i]))
			continue;
		if (is_asked && host_asked(known[i], &asked) != NULL)
			weigh_host(s, known[i], host_asked(known[i], &asked), &c);
		for (size_t k = 0; !is_asked && k < mx->count; k++)
			if (mx_host_has(&mx->hosts[k], &s->server))
				weigh_host(s, known[i], &mx->hosts[k], &c);
	}
	*out = c.best;
	out->is_shared = c.is_mixed || count >= DESTINATIONS_MAX;
	return c.is_made;
}

bool
destination_wants_recheck(const struct session *s, const struct known_policy *known)
{
	struct destination d = {.wants_recheck = false};

	if (s->rcpt_count > 0)
		destination_of(s, known, &d);
	else if (!destination_by_host(s, &known, 1, &d))
		return false;
	return d.wants_recheck;
}

bool
destination_is_stricter(const struct destination *a, const struct destination *b)
{
	if (a->policy.required != b->policy.required)
		return a->policy.required > b->policy.required;
	return a->policy.sts > b->policy.sts;
}
