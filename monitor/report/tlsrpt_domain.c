/* A report for each day; see tlsrpt_domain.h. */
#include "monitor/report/tlsrpt_domain.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/append.h"
#include "monitor/mx_text.h"
#include "monitor/report/tlsrpt_policy.h"
#include "monitor/report/tlsrpt_result.h"

/* One domain under way. */
struct run {
	const struct tlsrpt_job *job;
	const struct known_policy *known;
	struct tlsrpt_policies policies;
	char servers[MX_TEXT_MAX];           /* JSON */
	int64_t host_sessions[MX_HOSTS_MAX]; /* of the day, as far as they succeeded or failed */
	bool has_day, has_failed;
	int64_t day;
	struct tlsrpt_failure *failures;
	size_t failure_count, omitted;
};

/* NULL where the server is none of the MX hosts. */
static const struct mx_host *
host_of(const struct run *r, const char *server)
{
	const struct mx_host *host;

	mx_text_has(&r->known->mx, server, &host);
	return host;
}

static size_t
policy_of(const struct run *r, const struct mx_host *host)
{
	return host == NULL ? TLSRPT_OF_DOMAIN : r->policies.of_host[host - r->known->mx.hosts];
}

/* ---- Failures ---- */

/* NULL where there is no room, or no memory. */
static struct tlsrpt_failure *
next_failure(struct run *r)
{
	struct tlsrpt_failure *f;

	if (r->failure_count == TLSRPT_FAILURES_MAX) {
		r->omitted++;
		return NULL;
	}
	f = append_item(&r->failures, &r->failure_count, sizeof(*f));
	r->has_failed |= f == NULL;
	return f;
}

/* What was encrypted counts as a success until here. */
static void
count_breach(struct tlsrpt_policy *p, int64_t sessions)
{
	p->successes -= sessions < p->successes ? sessions : p->successes;
	p->failures += sessions;
}

static void
tell_failure(void *ctx, const struct traffic_failure *row)
{
	struct run *r = ctx;
	const struct mx_host *host = host_of(r, row->server);
	size_t policy = policy_of(r, host);
	struct tlsrpt_policy *p = &r->policies.at[policy];
	bool is_encrypted = strcmp(row->outcome, "encrypted") == 0;
	struct tlsrpt_failure *f;

	if (is_encrypted && (row->kind == NULL || !tlsrpt_is_breach(row->kind, p->type)))
		return;
	if (is_encrypted)
		count_breach(p, row->sessions);
	f = next_failure(r);
	if (f == NULL)
		return;
	f->policy = policy;
	f->result = tlsrpt_result(row->kind, row->detail);
	f->sessions = row->sessions;
	f->host = host == NULL ? NULL : host->name.text;
	snprintf(f->client, sizeof(f->client), "%s", row->client);
	snprintf(f->server, sizeof(f->server), "%s", row->server);
	snprintf(f->reason, sizeof(f->reason), "%s", row->kind == NULL ? row->outcome : row->kind);
}

/* ---- Failures of policies, section 4.3.2: of no session, and no session is said to have failed
 * ----
 */

static void
add_policy_failure(struct run *r, size_t policy, const char *result, const char *reason,
		   int64_t sessions)
{
	struct tlsrpt_failure *f = sessions == 0 ? NULL : next_failure(r);

	if (f == NULL)
		return;
	f->policy = policy;
	f->result = result;
	f->sessions = sessions;
	snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

static bool
is_certificate_at_fault(const struct problems *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (strncmp(p->text[i], "The policy host", 15) == 0 &&
		    strstr(p->text[i], " has a certificate ") != NULL)
			return true;
	return false;
}

/* Why there is none in force, as far as it was so on this day. */
static void
add_sts_failure(struct run *r)
{
	const struct sts_cache *c = &r->known->cache;
	const struct tlsrpt_policy *p = &r->policies.at[TLSRPT_OF_DOMAIN];
	const int64_t sessions = p->successes + p->failures;

	if (p->strings != NULL || r->day > r->known->learnt ||
	    r->day + TRAFFIC_DAY <= c->failing_since)
		return;
	switch (c->trouble) {
	case STS_FINE:
	case STS_RECORD_GONE:
		return;
	case STS_RECORD_BROKEN:
		add_policy_failure(r, TLSRPT_OF_DOMAIN, "sts-policy-invalid", "record-invalid",
				   sessions);
		return;
	case STS_POLICY_BROKEN:
		add_policy_failure(r, TLSRPT_OF_DOMAIN, "sts-policy-invalid", "policy-invalid",
				   sessions);
		return;
	case STS_DISCOVERY_FAILED:
		add_policy_failure(r, TLSRPT_OF_DOMAIN, "sts-policy-fetch-error",
				   "discovery-failed", sessions);
		return;
	case STS_FETCH_FAILED:
		add_policy_failure(r, TLSRPT_OF_DOMAIN,
				   is_certificate_at_fault(&r->known->sts_problems)
				       ? "sts-webpki-invalid"
				       : "sts-policy-fetch-error",
				   "fetch-failed", sessions);
		return;
	}
}

/* The records are known as they were when they were asked for last. */
static void
add_dane_failures(struct run *r)
{
	const bool is_day = r->known->learnt >= r->day && r->known->learnt < r->day + TRAFFIC_DAY;

	for (size_t i = 0; is_day && i < r->known->mx.count; i++) {
		const enum dane_state state = r->policies.hosts[i].dane.state;
		const size_t before = r->failure_count;

		if (state == DANE_BOGUS)
			add_policy_failure(r, r->policies.of_host[i], "dnssec-invalid", "bogus",
					   r->host_sessions[i]);
		if (state == DANE_UNUSABLE)
			add_policy_failure(r, r->policies.of_host[i], "tlsa-invalid", "unusable",
					   r->host_sessions[i]);
		if (r->failure_count > before)
			r->failures[before].host = r->known->mx.hosts[i].name.text;
	}
}

/* ---- Days ---- */

static struct traffic_query
query_of(const struct run *r)
{
	return (struct traffic_query){
	    .domain = r->known->domain.text,
	    .servers = r->servers,
	    .since = r->job->since,
	    .until = r->job->until,
	    .step = TRAFFIC_DAY,
	};
}

static bool
tell_day(struct run *r)
{
	const struct tlsrpt_report report = {
	    .sender = r->job->sender,
	    .domain = r->known->domain.text,
	    .day = r->day,
	    .policies = r->policies.at,
	    .policy_count = r->policies.count,
	    .failures = r->failures,
	    .failure_count = r->failure_count,
	};

	for (size_t i = 0; i < report.policy_count; i++)
		if (report.policies[i].successes + report.policies[i].failures > 0)
			return r->job->tell(r->job->ctx, &report, r->omitted);
	return true;
}

static void
end_day(struct run *r)
{
	struct traffic_query q = query_of(r);

	if (!r->has_day || r->has_failed)
		return;
	q.since = r->day;
	r->has_failed = !traffic_failures(r->job->store, &q, tell_failure, r) || r->has_failed;
	add_sts_failure(r);
	add_dane_failures(r);
	r->has_failed = r->has_failed || !tell_day(r);
}

static void
begin_day(struct run *r, int64_t day)
{
	r->has_day = true;
	r->day = day;
	r->failure_count = r->omitted = 0;
	free(r->failures);
	r->failures = NULL;
	memset(r->host_sessions, 0, sizeof(r->host_sessions));
	r->has_failed = r->has_failed || !tlsrpt_policies_on(&r->policies, r->job->store, day);
}

/* A damaged file may hold anything. */
static int64_t
sane(int64_t count)
{
	return count < 0 ? 0 : count > FIGURES_MOST ? FIGURES_MOST : count;
}

static void
tell_server(void *ctx, const struct traffic_row *row)
{
	struct run *r = ctx;
	const struct mx_host *host = host_of(r, row->server);
	const struct counts *a = &row->named, *b = &row->unnamed;
	const int64_t successes = sane(a->encrypted) + sane(b->encrypted);
	const int64_t failures =
	    sane(a->plaintext) + sane(b->plaintext) + sane(a->failed) + sane(b->failed);
	struct tlsrpt_policy *p;

	if (!r->has_day || r->day != row->start) {
		end_day(r);
		begin_day(r, row->start);
	}
	p = &r->policies.at[policy_of(r, host)];
	p->successes = sane(p->successes + successes);
	p->failures = sane(p->failures + failures);
	if (host != NULL)
		r->host_sessions[host - r->known->mx.hosts] += successes + failures;
}

bool
tlsrpt_domain(const struct tlsrpt_job *job, const struct known_policy *known)
{
	struct run *r = calloc(1, sizeof(*r));
	struct traffic_query q;
	bool is_good;

	if (r == NULL)
		return false;
	r->job = job;
	r->known = known;
	mx_text_addresses(&known->mx, r->servers);
	q = query_of(r);
	r->has_failed = !tlsrpt_policies_of(&r->policies, known);
	is_good = !r->has_failed && traffic_walk(job->store, &q, tell_server, r);
	end_day(r);
	is_good = is_good && !r->has_failed;
	tlsrpt_policies_free(&r->policies);
	free(r->failures);
	free(r);
	return is_good;
}
