/*
 * The rules of RFC 7672 section 2.2 over answers of the DNS; see dane.h. What
 * certificates have to do with it is in dane_match.c.
 */
#include "monitor/policy/dane.h"

#include <stdio.h>

bool
dane_owner(const struct domain *base, uint16_t port, char out[DOMAIN_TEXT])
{
	char prefix[sizeof("_65535._tcp.")];

	snprintf(prefix, sizeof(prefix), "_%u._tcp.", (unsigned)port);
	return domain_prefix(prefix, base, out);
}

/* The address is not secure, yet the host's own CNAME may be: then its name is a base domain. */
static bool
is_alias_only(const struct dane_answers *a)
{
	return a->address == ANSWER_INSECURE && a->is_alias;
}

static enum dane_question
next_tlsa(const struct dane_answers *a)
{
	enum answer expanded = a->tlsa[DANE_BASE_EXPANDED];

	if (a->address == ANSWER_SECURE) {
		if (expanded == ANSWER_UNASKED)
			return DANE_ASK_TLSA_EXPANDED;
		/* Secure records settle it, and so does a failure, which may hide some. */
		if (!a->is_alias || expanded == ANSWER_SECURE || !answer_is_known(expanded))
			return DANE_ASK_NOTHING;
	}
	return a->tlsa[DANE_BASE_ORIGINAL] == ANSWER_UNASKED ? DANE_ASK_TLSA_ORIGINAL
							     : DANE_ASK_NOTHING;
}

enum dane_question
dane_next(const struct dane_answers *a)
{
	if (a->mx == ANSWER_UNASKED)
		return DANE_ASK_MX;
	if (!answer_is_known(a->mx))
		return DANE_ASK_NOTHING;
	if (a->address == ANSWER_UNASKED)
		return DANE_ASK_ADDRESS;
	if (a->address == ANSWER_SECURE)
		return next_tlsa(a);
	if (!is_alias_only(a))
		return DANE_ASK_NOTHING;
	if (a->alias == ANSWER_UNASKED)
		return DANE_ASK_ALIAS;
	return a->alias == ANSWER_SECURE ? next_tlsa(a) : DANE_ASK_NOTHING;
}

/* What an answer that is not secure records comes to. */
static enum dane_state
state_of(enum answer a)
{
	switch (a) {
	case ANSWER_UNASKED:
		return DANE_UNKNOWN;
	case ANSWER_SECURE:
	case ANSWER_ABSENT:
		return DANE_ABSENT;
	case ANSWER_INSECURE:
	case ANSWER_ABSENT_INSECURE:
		return DANE_INSECURE;
	case ANSWER_BOGUS:
		return DANE_BOGUS;
	case ANSWER_UNAVAILABLE:
		return DANE_UNAVAILABLE;
	}
	return DANE_UNKNOWN;
}

bool
dane_has_usable(const struct tlsa_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (tlsa_use(&set->records[i]) == TLSA_USABLE)
			return true;
	return false;
}

static bool
has_secure_records(const struct dane_answers *a, enum dane_base base)
{
	/* An answer without a record that can be read is one all the same: section 2.2. */
	return a->tlsa[base] == ANSWER_SECURE;
}

/* All questions about the host are answered, and its address or its alias is secure. */
static enum dane_state
judge_tlsa(const struct dane_answers *a, enum dane_base *base)
{
	enum dane_state expanded = state_of(a->tlsa[DANE_BASE_EXPANDED]), original;

	*base = DANE_BASE_EXPANDED;
	if (a->address == ANSWER_SECURE && has_secure_records(a, *base))
		return dane_has_usable(&a->records[*base]) ? DANE_USABLE : DANE_UNUSABLE;
	if (a->address == ANSWER_SECURE &&
	    (!a->is_alias || expanded == DANE_BOGUS || expanded == DANE_UNAVAILABLE))
		return expanded;
	*base = DANE_BASE_ORIGINAL;
	if (has_secure_records(a, *base))
		return dane_has_usable(&a->records[*base]) ? DANE_USABLE : DANE_UNUSABLE;
	original = state_of(a->tlsa[DANE_BASE_ORIGINAL]);
	/* No proof at one of the two is no proof. */
	if (a->address == ANSWER_SECURE && expanded == DANE_INSECURE && original == DANE_ABSENT)
		return expanded;
	return original;
}

static enum dane_state
judge_host(const struct dane_answers *a, enum dane_base *base)
{
	if (a->address == ANSWER_SECURE)
		return judge_tlsa(a, base);
	if (!is_alias_only(a))
		return state_of(a->address);
	if (a->alias == ANSWER_SECURE)
		return judge_tlsa(a, base);
	/* The alias is there, for it was followed: to say "absent" now is no proof of anything. */
	return answer_is_known(a->alias) ? DANE_INSECURE : state_of(a->alias);
}

static enum dane_demand
demand_of(enum dane_state state, bool is_mx_secure)
{
	switch (state) {
	case DANE_USABLE:
		return is_mx_secure ? DANE_DEMANDS_AUTHENTICITY : DANE_DEMANDS_IF_IT_LIKES;
	case DANE_UNUSABLE:
		return is_mx_secure ? DANE_DEMANDS_ENCRYPTION : DANE_DEMANDS_IF_IT_LIKES;
	case DANE_BOGUS:
	case DANE_UNAVAILABLE:
		return DANE_DEMANDS_DELAY;
	case DANE_UNKNOWN:
	case DANE_ABSENT:
	case DANE_INSECURE:
		break;
	}
	return DANE_DEMANDS_NOTHING;
}

void
dane_judge(const struct dane_answers *a, struct dane *out)
{
	*out = (struct dane){.state = DANE_UNKNOWN};
	if (dane_next(a) != DANE_ASK_NOTHING)
		return;
	out->state = answer_is_known(a->mx) ? judge_host(a, &out->base) : state_of(a->mx);
	out->demand = demand_of(out->state, answer_is_secure(a->mx));
}

const char *
dane_state_name(enum dane_state s)
{
	static const char *const names[] = {
	    [DANE_UNKNOWN] = "unknown",         [DANE_USABLE] = "usable",
	    [DANE_UNUSABLE] = "unusable",       [DANE_ABSENT] = "absent",
	    [DANE_INSECURE] = "insecure",       [DANE_BOGUS] = "bogus",
	    [DANE_UNAVAILABLE] = "unavailable",
	};

	return names[s];
}
