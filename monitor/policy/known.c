/* What is known of a domain after a look-up; see known.h. */
#include "monitor/policy/known.h"

/* It tells of the network, and not of the domain. */
static bool
is_by_outage(const struct sts_event *e, const struct known_outage *outage)
{
	return (e->kind == STS_NO_ANSWER && outage->is_dns) ||
	       (e->kind == STS_NO_POLICY && outage->is_fetch);
}

static void
take_sts(struct learnt *learnt, const struct known_outage *outage, int64_t now,
	 struct known_policy *out)
{
	struct sts_event events[LEARNT_EVENTS];
	size_t count = learnt_sts_events(learnt, now, events);
	struct problems again = {0}; /* said by learnt_sts_events */

	for (size_t i = 0; i < count; i++) {
		if (is_by_outage(&events[i], outage))
			continue;
		out->cache = sts_cache_after(out->cache, &events[i]);
		if (events[i].kind != STS_SAW_POLICY)
			continue;
		sts_policy_read(learnt->text, &out->sts, &again);
		out->source = "network";
	}
}

static enum dane_demand
demand_of(const struct dane_answers *a)
{
	struct dane d;

	dane_judge(a, &d);
	return d.demand;
}

/* A host that demanded something by its records, and these cannot be had, or are bogus. */
static bool
hides_demand(const struct known_policy *before, const struct learnt *learnt, size_t host)
{
	const struct mx_host *old = mx_named(&before->mx, &learnt->mx.hosts[host].name);
	enum dane_demand was;

	if (old == NULL)
		return false;
	was = demand_of(&before->dane[old - before->mx.hosts]);
	return (was == DANE_DEMANDS_AUTHENTICITY || was == DANE_DEMANDS_ENCRYPTION) &&
	       demand_of(&learnt->hosts[host].dane) == DANE_DEMANDS_DELAY;
}

/* Whoever can hold an answer back ends no demand by it, RFC 7672 section 2.1.2: it has its time. */
static bool
are_hosts_kept(const struct known_policy *before, const struct learnt *learnt, int64_t now)
{
	bool hides = false;

	for (size_t i = 0; i < learnt->mx.count; i++)
		hides = hides || hides_demand(before, learnt, i);
	return hides && now >= before->learnt && now - before->learnt <= DESTINATION_FRESH;
}

static bool
has_new_address(const struct mx_host *old, const struct mx_host *host)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (old->address_count > 0 && !mx_host_has(old, &host->addresses[i]))
			return true;
	return false;
}

/*
 * Where not all of its addresses could be had, and where there is another than before: it may
 * have many, that take turns. What was so a moment ago, in a part of the same answer, is so still.
 */
static void
keep_addresses(const struct mx_host *old, bool is_moment, struct mx_host *host)
{
	if (has_new_address(old, host) || (is_moment && !old->is_whole))
		host->is_whole = false;
	for (size_t k = 0; !host->is_whole && k < old->address_count; k++)
		mx_add_address(host, &old->addresses[k]);
}

static void
keep_all_addresses(const struct known_policy *before, int64_t now, struct mx_set *mx)
{
	const bool is_moment = now - before->learnt <= DESTINATION_RECHECK;

	for (size_t i = 0; i < mx->count; i++) {
		const struct mx_host *old = mx_named(&before->mx, &mx->hosts[i].name);

		if (old != NULL)
			keep_addresses(old, is_moment, &mx->hosts[i]);
	}
}

static void
take_hosts(const struct known_policy *before, const struct learnt *learnt, int64_t now,
	   struct known_policy *out)
{
	if (!answer_is_known(learnt->mx_answer) ||
	    (before != NULL && are_hosts_kept(before, learnt, now)))
		return;
	out->learnt = now;
	out->mx = learnt->mx;
	out->alias = learnt->alias;
	if (before != NULL)
		keep_all_addresses(before, now, &out->mx);
	for (size_t i = 0; i < MX_HOSTS_MAX; i++) {
		out->dane[i] = learnt->hosts[i].dane;
		out->expanded[i] = learnt->hosts[i].expanded;
	}
}

/* What is shown to people alone. */
static void
take_words(const struct learnt *learnt, struct known_policy *out)
{
	if (answer_is_known(learnt->sts_answer))
		out->sts_problems = learnt->sts_problems;
	if (!answer_is_known(learnt->tlsrpt_answer))
		return;
	out->tlsrpt_answer = learnt->tlsrpt_answer;
	out->tlsrpt = learnt->tlsrpt;
}

/* By a resolver's bare word: no record, no MX, no address. Where mail goes to, something is. */
static bool
is_said_not_to_be(const struct learnt *l)
{
	return l->sts_answer == ANSWER_ABSENT_INSECURE && l->mx_answer == ANSWER_ABSENT_INSECURE &&
	       l->mx.form == MX_IMPLICIT && l->hosts[0].dane.address == ANSWER_ABSENT_INSECURE;
}

void
known_after(const struct known_policy *before, struct learnt *learnt,
	    const struct known_outage *outage, int64_t now, struct known_policy *out)
{
	if (before != NULL)
		*out = *before;
	else
		*out = (struct known_policy){.domain = learnt->domain, .source = "network"};
	if (!learnt->is_part)
		out->is_resolver_failing = outage->is_dns || outage->is_fetch;
	if (before != NULL && known_says_something(before) && is_said_not_to_be(learnt))
		return;
	take_sts(learnt, outage, now, out);
	take_hosts(before, learnt, now, out);
	take_words(learnt, out);
}

bool
known_says_something(const struct known_policy *known)
{
	if (known->cache.is_known || known->cache.seen_id[0] != '\0')
		return true;
	switch (known->mx.form) {
	case MX_LISTED:
	case MX_NULL:
		return true;
	case MX_IMPLICIT:
		return known->mx.count > 0 && known->mx.hosts[0].address_count > 0;
	case MX_UNKNOWN:
		break;
	}
	return false;
}

bool
known_doubts_policy(const struct known_policy *known, int64_t now)
{
	if (sts_cache_force(&known->cache, now) != STS_FORCE_YES ||
	    known->cache.mode == STS_MODE_NONE || !sts_cache_is_doubtful(&known->cache, now))
		return false;
	for (size_t i = 0; i < known->mx.count; i++)
		if (!sts_match_host(&known->sts, &known->mx.hosts[i].name))
			return true;
	return false;
}

/* Also by a clock that has been set back since. */
static bool
is_old(const struct known_policy *known, int64_t now)
{
	return now - known->learnt >= KNOWN_FRESH || known->learnt > now;
}

bool
known_is_due(const struct known_policy *known, int64_t now)
{
	return is_old(known, now) || sts_cache_next(&known->cache, now) != STS_WAIT;
}

/* A session that began at time is about to be held against the policy in force, and fails. */
static bool
is_due_for_failure(const struct known_policy *known, int64_t time, int64_t now)
{
	return sts_cache_force(&known->cache, time) == STS_FORCE_YES &&
	       sts_cache_next_for_failure(&known->cache, time, now) != STS_WAIT;
}

bool
known_is_due_for(const struct known_policy *known, const struct session *s, int64_t now)
{
	if (known_is_due(known, now) || destination_wants_recheck(s, known))
		return true;
	return session_outcome(s) == OUTCOME_PLAINTEXT && is_due_for_failure(known, s->start, now);
}
