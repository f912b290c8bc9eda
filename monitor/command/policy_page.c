/*
 * policy: a page that a postmaster can act on; see policy_view.h. What is
 * published, what of it is wrong, and what a sender does with each host.
 */
#include <stdarg.h>
#include <stdio.h>

#include "monitor/address.h"
#include "monitor/command/policy_view.h"
#include "monitor/counted.h"
#include "monitor/moment.h"
#include "monitor/table.h"

#define INDENT     2
#define WORDS_MAX  1024
#define TLSA_SHOWN 8 /* records of a host; whoever has more knows it */

/* A paragraph of the page, behind so many indents. */
__attribute__((format(printf, 2, 3))) static void
say(unsigned depth, const char *format, ...)
{
	char line[WORDS_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	table_item(stdout, table_width(stdout), depth * INDENT, line);
}

static void
say_problems(const struct problems *p)
{
	for (size_t i = 0; i < p->count; i++)
		say(1, "wrong: %s", p->text[i]);
	if (p->omitted > 0)
		say(1, "wrong: and %zu more.", p->omitted);
}

/* ---- MTA-STS ---- */

static const char *
mode_meaning(enum sts_mode mode)
{
	switch (mode) {
	case STS_MODE_ENFORCE:
		return "senders must not deliver where it is not kept";
	case STS_MODE_TESTING:
		return "senders report where it is not kept, and deliver all the same";
	case STS_MODE_NONE:
		break;
	}
	return "senders act as if there were no policy";
}

static void
say_policy(const struct policy_view *v)
{
	char fetched[MOMENT_TEXT_MAX], until[MOMENT_TEXT_MAX];
	struct sts_mx_walk walk = {v->sts.text};
	struct bytes pattern;

	moment_short_text(v->cache.fetched, fetched);
	moment_short_text(sts_cache_expires(&v->cache), until);
	say(1, "%s: %s (RFC 8461 section 5)", sts_mode_name(v->cache.mode),
	    mode_meaning(v->cache.mode));
	if (v->is_cached)
		say(1, "version %s, fetched at %s UTC, good until %s UTC", v->cache.id, fetched,
		    until);
	else
		say(1, "version %s, fetched now, good until %s UTC", v->cache.id, until);
	while (v->has_sts && sts_policy_next_mx(&walk, &pattern))
		say(1, "mx: %.*s", (int)pattern.len, (const char *)pattern.at);
}

/* Of a policy that is in force by what was fetched earlier: why by that alone. */
static const char *
trouble_words(enum sts_trouble trouble)
{
	switch (trouble) {
	case STS_FINE:
		break;
	case STS_RECORD_GONE:
		return "its record is gone: senders that do not know the policy find none";
	case STS_RECORD_BROKEN:
		return "its record cannot be used any more: senders that do not know the policy "
		       "find none";
	case STS_DISCOVERY_FAILED:
		return "whether its record is still there could not be learnt";
	case STS_FETCH_FAILED:
		return "it could not be fetched again: senders that do not know it have none";
	case STS_POLICY_BROKEN:
		return "what is published in its place is no policy by the letter";
	}
	return NULL;
}

static void
say_trouble(const struct policy_view *v)
{
	const char *words = v->is_cached ? trouble_words(v->cache.trouble) : NULL;
	char since[MOMENT_TEXT_MAX];

	if (words == NULL)
		return;
	moment_short_text(v->cache.failing_since, since);
	say(1,
	    "%s (%s, since %s; RFC 8461 section 10.2); those that know it keep to it until it "
	    "expires (section 5.1)",
	    words, counted(v->cache.failures, "time").text, since);
}

static void
say_no_policy(const struct policy_view *v)
{
	const struct learnt *l = v->learnt;

	if (!answer_is_known(l->sts_answer))
		say(1, "unavailable: whether there is a policy could not be learnt: the DNS %s",
		    l->sts_answer == ANSWER_BOGUS ? "fails validation (bogus)" : "gives no answer");
	else if (l->sts_record.state == STS_RECORD_ABSENT)
		say(1, "absent: no record at _mta-sts.%s (RFC 8461 section 3.1)", l->domain.text);
	else if (l->sts_record.state == STS_RECORD_INVALID)
		say(1, "invalid: the record cannot be used, so that senders act as if there were "
		       "none");
	else if (l->fetch == LEARNT_FETCHED)
		say(1, "invalid: version %s is no policy by the letter%s", l->sts_record.id,
		    v->has_sts ? "; some senders read it all the same" : "");
	else
		say(1, "unavailable: the record names version %s, and the policy cannot be fetched",
		    l->sts_record.id);
}

static void
say_expired(const struct policy_view *v)
{
	char then[MOMENT_TEXT_MAX];

	moment_short_text(v->expired, then);
	if (v->expired != 0)
		say(1, "a policy was known before, version %s in mode %s, and expired at %s UTC",
		    v->cache.id, sts_mode_name(v->cache.mode), then);
}

static void
say_sts(const struct policy_view *v)
{
	puts("MTA-STS");
	if (v->cache.is_known) {
		say_policy(v);
		say_trouble(v);
	} else {
		say_no_policy(v);
		say_expired(v);
	}
	say_problems(&v->learnt->sts_problems);
}

/* ---- Hosts ---- */

static void
say_addresses(const struct mx_host *host)
{
	char line[WORDS_MAX] = "", text[INET6_ADDRSTRLEN];
	size_t len = 0;

	for (size_t i = 0; i < host->address_count && len < sizeof(line) - 64; i++) {
		address_text(&host->addresses[i], text);
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s", i > 0 ? ", " : "",
					text);
	}
	if (host->address_count > 0)
		say(2, "addresses: %s%s", line, host->is_whole ? "" : " (there may be more)");
	else
		say(2, host->is_whole ? "wrong: it has no address (RFC 5321 section 5.1)"
				      : "addresses: unavailable");
}

static void
say_records(const struct tlsa_set *set)
{
	char text[TLSA_TEXT_MAX];

	for (size_t i = 0; i < set->count && i < TLSA_SHOWN; i++) {
		struct problems problems = {0};

		tlsa_text(&set->records[i], text);
		say(2, "TLSA %s", text);
		tlsa_explain(&set->records[i], &problems);
		for (size_t k = 0; k < problems.count; k++)
			say(3, "wrong: %s", problems.text[k]);
	}
	if (set->count > TLSA_SHOWN)
		say(2, "and %zu more", set->count - TLSA_SHOWN);
}

static const char *
dane_meaning(const struct policy *p, const struct learnt *l, bool is_recalled)
{
	switch (p->dane.state) {
	case DANE_USABLE:
		return p->dane.demand == DANE_DEMANDS_AUTHENTICITY
			   ? "usable"
			   : "usable, but the MX record is not secure: an attacker can name "
			     "another "
			     "host (RFC 7672 section 2.2.1)";
	case DANE_UNUSABLE:
		return "no record can be used: TLS is demanded, of whomever (RFC 7672 section 2.2)";
	case DANE_ABSENT:
		return "absent: proven that there is none";
	case DANE_INSECURE:
		if (is_recalled)
			return "insecure: the way to it is not signed, or was asked of no resolver "
			       "that is trusted with DNSSEC";
		return l->can_be_secure
			   ? "insecure: the way to it is not signed, so that records would not "
			     "count"
			   : "insecure: no resolver is on this machine or trusted with DNSSEC "
			     "(--resolver, --trust-resolver)";
	case DANE_BOGUS:
		return "bogus: signatures are wrong or expired; senders with DANE delay mail "
		       "(RFC 7672 section 2.1.2)";
	case DANE_UNKNOWN:
	case DANE_UNAVAILABLE:
		break;
	}
	return "unavailable: the DNS gives no answer; senders with DANE delay mail (RFC 7672 "
	       "section 2.1.2)";
}

/* What a sender does with the host that goes by DANE; NULL: as the others. */
static const char *
dane_action(const struct policy *p)
{
	switch (p->dane.demand) {
	case DANE_DEMANDS_AUTHENTICITY:
		return "deliver over TLS alone, to a certificate that the TLSA records name";
	case DANE_DEMANDS_ENCRYPTION:
		return "deliver over TLS alone, to any certificate";
	case DANE_DEMANDS_DELAY:
		return "do not use this host until its answers are there";
	case DANE_DEMANDS_IF_IT_LIKES:
		return "may hold the certificate against the TLSA records, and need not (RFC 7672 "
		       "section 2.2.1)";
	case DANE_DEMANDS_NOTHING:
		break;
	}
	return NULL;
}

/* The same by MTA-STS. */
static const char *
sts_action(const struct policy *p)
{
	if (p->sts == STS_MODE_NONE)
		return NULL;
	if (p->listed == FACT_NO)
		return p->sts == STS_MODE_ENFORCE
			   ? "do not deliver to this host: the policy does not name it"
			   : "deliver, and report that the policy does not name it";
	return p->sts == STS_MODE_ENFORCE
		   ? "deliver over TLS alone, to a certificate that is valid for it"
		   : "deliver, and report where TLS or the certificate fails";
}

/* One that goes by both goes by DANE where it applies, RFC 8461 section 2. */
static void
say_senders(const struct mx_host *host, const struct policy *p)
{
	const char *dane = dane_action(p), *sts = sts_action(p);

	if (host->is_whole && host->address_count == 0) {
		say(2, "senders: cannot deliver to it");
		return;
	}
	if (dane != NULL)
		say(2, "senders with DANE: %s", dane);
	if (sts != NULL)
		say(2, "senders with MTA-STS%s: %s", dane != NULL ? " alone" : "", sts);
	say(2, "%s: deliver, with TLS where it is offered and in clear where not",
	    dane != NULL || sts != NULL ? "other senders" : "senders");
}

static void
say_host(const struct policy_view *v, size_t i)
{
	const struct mx_host *host = &v->learnt->mx.hosts[i];
	const struct policy *p = &v->hosts[i];

	if (v->learnt->mx.form == MX_LISTED)
		say(1, "%s (preference %u)", host->name.text, (unsigned)host->preference);
	else
		say(1, "%s", host->name.text);
	say_addresses(host);
	if (p->listed != FACT_UNSEEN)
		say(2, p->listed == FACT_YES ? "MTA-STS: the policy names it"
					     : "MTA-STS: wrong: no mx of the policy covers it (RFC "
					       "8461 section 4.1)");
	say(2, "DANE: %s", dane_meaning(p, v->learnt, v->is_recalled));
	say_records(&v->learnt->hosts[i].dane.records[DANE_BASE_EXPANDED]);
	say_records(&v->learnt->hosts[i].dane.records[DANE_BASE_ORIGINAL]);
	say_senders(host, p);
}

/* All of the hosts are known, and each fails the policy. */
static bool
is_none_listed(const struct policy_view *v)
{
	for (size_t i = 0; i < v->learnt->mx.count; i++)
		if (v->hosts[i].listed != FACT_NO)
			return false;
	return v->learnt->mx.count > 0 && v->learnt->mx.is_whole;
}

static void
say_mx(const struct policy_view *v)
{
	const struct learnt *l = v->learnt;

	puts("MX");
	switch (l->mx.form) {
	case MX_UNKNOWN:
		say(1, "unavailable: the DNS %s",
		    l->mx_answer == ANSWER_BOGUS ? "fails validation (bogus); senders with DANE "
						   "delay mail (RFC 7672 section 2.1.2)"
						 : "gives no answer");
		break;
	case MX_IMPLICIT:
		say(1, "absent: mail goes to the domain's own address (RFC 5321 section 5.1)");
		break;
	case MX_NULL:
		say(1, "null: the domain takes no mail (RFC 7505)");
		break;
	case MX_LISTED:
		if (l->mx.count == 0)
			say(1,
			    "no MX record names a host that mail can go to (RFC 5321 section 5.1)");
		break;
	}
	for (size_t i = 0; i < l->mx.count; i++)
		say_host(v, i);
	if (is_none_listed(v))
		say(1,
		    "wrong: none of these hosts is one that the policy names: senders with MTA-STS "
		    "%s (RFC 8461 section 5)",
		    v->cache.mode == STS_MODE_ENFORCE ? "deliver no mail to this domain"
						      : "report each delivery as failed");
	say_problems(&l->mx_problems);
}

static const char *
tlsrpt_meaning(const struct learnt *l)
{
	if (!answer_is_known(l->tlsrpt_answer))
		return "unavailable: whether it wants reports could not be learnt";
	switch (l->tlsrpt.state) {
	case TLSRPT_ABSENT:
		return "absent: nobody tells this domain of failed TLS (RFC 8460 section 3)";
	case TLSRPT_INVALID:
		return "invalid: the record cannot be used, so that nobody sends reports (RFC 8460 "
		       "section 3)";
	case TLSRPT_FOUND:
		break;
	}
	return "present: and names no destination that is known here";
}

static void
say_tlsrpt(const struct learnt *l)
{
	puts("TLSRPT");
	for (size_t i = 0; i < l->tlsrpt.count; i++)
		say(1, "reports go to %s", l->tlsrpt.rua[i]);
	if (l->tlsrpt.count == 0)
		say(1, "%s", tlsrpt_meaning(l));
	say_problems(&l->tlsrpt_problems);
}

/* No answer is missing that could require something. */
static bool
is_known(const struct policy_view *v)
{
	const struct learnt *l = v->learnt;
	bool is_sts_known =
	    v->cache.is_known || (answer_is_known(l->sts_answer) && l->fetch != LEARNT_NO_FETCH);

	for (size_t i = 0; i < l->mx.count; i++)
		if (v->hosts[i].dane.demand == DANE_DEMANDS_DELAY)
			return false;
	return is_sts_known && answer_is_known(l->mx_answer);
}

static void
say_required(const struct policy_view *v)
{
	puts("Required");
	switch (v->required) {
	case REQUIRED_DANE:
		say(1, "dane: each host demands TLS by DANE");
		break;
	case REQUIRED_MTA_STS:
		say(1, "mta-sts: mail in clear, or to a certificate that is not valid, breaks the "
		       "policy");
		break;
	case REQUIRED_NONE:
		say(1, is_known(v) ? "none: mail in clear breaks nothing that this domain publishes"
				   : "not known: what is bogus or unavailable above may require "
				     "something");
		break;
	}
}

/* ---- What was seen ---- */

/* "38 encrypted, 2 in clear, 1 failed at TLS": what there was of it. */
static void
outcomes(const struct counts *c, char out[WORDS_MAX])
{
	const struct {
		int64_t count;
		const char *words;
	} rows[] = {
	    {c->encrypted, "encrypted"},    {c->plaintext, "in clear"},
	    {c->failed, "failed at TLS"},   {c->no_mail, "without mail"},
	    {c->partial, "not seen whole"},
	};
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].count > 0)
			len += (size_t)snprintf(
			    out + len, WORDS_MAX - len, "%s%s %s", len > 0 ? ", " : "",
			    grouped((uint64_t)rows[i].count).text, rows[i].words);
}

static void
say_server(const struct policy_seen_server *s)
{
	char words[WORDS_MAX];
	const char *what = s->is_mx == FACT_NO ? "none of its MX hosts"
			   : s->host == NULL   ? "not known to be one of its MX hosts"
					       : s->host->name.text;

	outcomes(&s->counts, words);
	say(1, "%s (%s): %s: %s", s->server, what,
	    counted_grouped((uint64_t)s->counts.sessions, "session").text, words);
}

static void
say_traffic(const struct policy_view *v)
{
	const struct policy_seen *seen = v->seen;
	const int64_t unnamed = seen->total.sessions - seen->named;
	char words[WORDS_MAX], last[MOMENT_TEXT_MAX];

	if (seen->named > 0)
		say(1, "%s named it as a recipient",
		    counted_grouped((uint64_t)seen->named, "session").text);
	if (unnamed > 0)
		say(1,
		    "%s with its MX hosts named nobody in clear: they may have been for it, or "
		    "for another domain of these hosts",
		    counted_grouped((uint64_t)unnamed, "session").text);
	outcomes(&seen->total, words);
	moment_short_text(seen->last, last);
	say(1, "in all %s; the last in the hour from %s", words, last);
	for (size_t i = 0; i < seen->count; i++)
		say_server(&seen->servers[i]);
	if (seen->of > seen->count)
		say(1, "and %s with fewer sessions",
		    counted_grouped(seen->of - seen->count, "server").text);
}

static void
say_seen(const struct policy_view *v)
{
	puts("Seen by the tap");
	if (v->seen->of > 0)
		say_traffic(v);
	else
		say(1, "nothing: no session named it, and none was with its MX hosts");
	if (v->seen->incidents.open > 0)
		say(1, "%s open (waxseal incidents --state open --domain %s)",
		    counted_grouped((uint64_t)v->seen->incidents.open, "incident").text,
		    v->learnt->domain.text);
	if (v->seen->incidents.muted > 0)
		say(1, "%s muted (waxseal incidents --muted --state open --domain %s)",
		    counted_grouped((uint64_t)v->seen->incidents.muted, "incident").text,
		    v->learnt->domain.text);
}

static void
say_title(const struct policy_view *v)
{
	char since[MOMENT_TEXT_MAX];

	puts(v->learnt->domain.text);
	if (v->is_recalled) {
		moment_short_text(v->known->learnt, since);
		say(0, "Nothing was asked now: this is what was known at %s UTC.", since);
	}
	putchar('\n');
}

void
policy_view_page(const struct policy_view *v)
{
	say_title(v);
	say_sts(v);
	putchar('\n');
	say_mx(v);
	putchar('\n');
	say_tlsrpt(v->learnt);
	putchar('\n');
	say_required(v);
	if (v->seen == NULL)
		return;
	putchar('\n');
	say_seen(v);
}
