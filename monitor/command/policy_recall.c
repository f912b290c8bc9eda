/*
 * What the database knows of a domain, in the form of what a look-up learns; see
 * policy_view.h.
 */
#include <string.h>

#include "monitor/command/policy_view.h"

/* What was asked of the record last, by what came of it. */
static void
recall_record(const struct sts_cache *c, struct learnt *l)
{
	l->sts_answer = ANSWER_INSECURE;
	l->sts_record.state = STS_RECORD_FOUND;
	memcpy(l->sts_record.id, c->seen_id, sizeof(l->sts_record.id));
	switch (c->trouble) {
	case STS_FINE:
		/* Without an id it was never seen, nor that there is none. */
		l->sts_answer = c->seen_id[0] != '\0' ? ANSWER_INSECURE : ANSWER_UNAVAILABLE;
		break;
	case STS_RECORD_GONE:
		l->sts_answer = ANSWER_ABSENT_INSECURE;
		l->sts_record.state = STS_RECORD_ABSENT;
		break;
	case STS_RECORD_BROKEN:
		l->sts_record.state = STS_RECORD_INVALID;
		break;
	case STS_DISCOVERY_FAILED:
		l->sts_answer = ANSWER_UNAVAILABLE;
		break;
	case STS_FETCH_FAILED:
		l->fetch = LEARNT_NO_FETCH;
		break;
	case STS_POLICY_BROKEN:
		l->fetch = LEARNT_FETCHED;
		break;
	}
}

static enum answer
mx_answer_of(const struct mx_set *mx)
{
	switch (mx->form) {
	case MX_UNKNOWN:
		break;
	case MX_LISTED:
	case MX_NULL:
		return ANSWER_INSECURE;
	case MX_IMPLICIT:
		return ANSWER_ABSENT_INSECURE;
	}
	return ANSWER_UNAVAILABLE;
}

/* Its records stay those of what is known. */
static void
recall_hosts(const struct known_policy *known, struct learnt *l)
{
	l->mx = known->mx;
	l->mx_answer = mx_answer_of(&known->mx);
	for (size_t i = 0; i < known->mx.count; i++) {
		l->hosts[i].dane = known->dane[i];
		l->hosts[i].expanded = known->expanded[i];
	}
}

struct learnt *
policy_recall(const struct known_policy *known)
{
	struct learnt *l = learnt_new(&known->domain);

	if (l == NULL)
		return NULL;
	l->was_served = true;
	recall_record(&known->cache, l);
	l->sts_problems = known->sts_problems;
	l->tlsrpt_answer = known->tlsrpt_answer;
	l->tlsrpt = known->tlsrpt;
	recall_hosts(known, l);
	return l;
}
