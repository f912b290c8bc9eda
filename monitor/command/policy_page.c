/*
 * policy: a page that a postmaster can act on; see policy_view.h. What is
 * published, what of it is wrong, and what a sender does with each host.
 */
#include <stdarg.h>
#include <stdio.h>

#include "monitor/address.h"
#include "monitor/command/policy_view.h"
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
	char until[MOMENT_TEXT_MAX];
	struct sts_mx_walk walk = {v->sts.text};
	struct bytes pattern;

	moment_short_text(sts_cache_expires(&v->cache), until);
	say(1, "%s: %s (RFC 8461 section 5)", sts_mode_name(v->cache.mode),
	    mode_meaning(v->cache.mode));
	say(1, "version %s, %s, good until %s", v->cache.id,
	    v->is_cached ? "fetched earlier" : "fetched now", until);
	while (v->has_sts && sts_policy_next_mx(&walk, &pattern))
		say(1, "mx: %.*s", (int)pattern.len, (const char *)pattern.at);
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
say_sts(const struct policy_view *v)
{
	puts("MTA-STS");
	if (v->cache.is_known)
		say_policy(v);
	else
		say_no_policy(v);
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
			say(3, "%s", problems.text[k]);
	}
	if (set->count > TLSA_SHOWN)
		say(2, "and %zu more", set->count - TLSA_SHOWN);
}

static const char *
dane_meaning(const struct policy *p, const struct learnt *l)
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

static const char *
sender_action(const struct policy *p)
{
	switch (p->dane.demand) {
	case DANE_DEMANDS_AUTHENTICITY:
		return "with DANE, deliver over TLS alone, to a certificate that the TLSA records "
		       "name";
	case DANE_DEMANDS_ENCRYPTION:
		return "with DANE, deliver over TLS alone, to any certificate";
	case DANE_DEMANDS_DELAY:
		return "with DANE, do not use this host until its answers are there";
	case DANE_DEMANDS_NOTHING:
	case DANE_DEMANDS_IF_IT_LIKES:
		break;
	}
	if (p->sts == STS_MODE_NONE)
		return "deliver, with TLS where it is offered and in clear where not";
	if (p->listed == FACT_NO)
		return p->sts == STS_MODE_ENFORCE
			   ? "with MTA-STS, do not deliver to this host: the policy does not name "
			     "it"
			   : "with MTA-STS, deliver, and report that the policy does not name it";
	return p->sts == STS_MODE_ENFORCE
		   ? "with MTA-STS, deliver over TLS alone, to a certificate that is valid for it"
		   : "with MTA-STS, deliver, and report where TLS or the certificate fails";
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
	say(2, "DANE: %s", dane_meaning(p, v->learnt));
	say_records(&v->learnt->hosts[i].dane.records[DANE_BASE_EXPANDED]);
	say_records(&v->learnt->hosts[i].dane.records[DANE_BASE_ORIGINAL]);
	say(2, "senders: %s", sender_action(p));
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
		break;
	}
	for (size_t i = 0; i < l->mx.count; i++)
		say_host(v, i);
	say_problems(&l->mx_problems);
}

static void
say_tlsrpt(const struct learnt *l)
{
	const char *status = tlsrpt_status(l->tlsrpt_answer, &l->tlsrpt);

	puts("TLSRPT");
	for (size_t i = 0; i < l->tlsrpt.count; i++)
		say(1, "reports go to %s", l->tlsrpt.rua[i]);
	if (l->tlsrpt.count == 0)
		say(1, "%s%s", status,
		    l->tlsrpt.state == TLSRPT_ABSENT && answer_is_known(l->tlsrpt_answer)
			? ": nobody tells this domain of failed TLS (RFC 8460 section 3)"
			: "");
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
				   : "not known: what is unavailable above may require something");
		break;
	}
}

void
policy_view_page(const struct policy_view *v)
{
	printf("%s\n\n", v->learnt->domain.text);
	say_sts(v);
	putchar('\n');
	say_mx(v);
	putchar('\n');
	say_tlsrpt(v->learnt);
	putchar('\n');
	say_required(v);
}
