/* Answers of the DNS; see answer.h. */
#include "monitor/policy/answer.h"

bool
answer_is_present(enum answer a)
{
	return a == ANSWER_SECURE || a == ANSWER_INSECURE;
}

bool
answer_is_secure(enum answer a)
{
	return a == ANSWER_SECURE || a == ANSWER_ABSENT;
}

bool
answer_is_known(enum answer a)
{
	return answer_is_present(a) || a == ANSWER_ABSENT || a == ANSWER_ABSENT_INSECURE;
}

/* The one that comes first in this order says it all. */
enum answer
answer_join(enum answer a, enum answer b)
{
	static const enum answer order[] = {
	    ANSWER_INSECURE,    ANSWER_SECURE,          ANSWER_UNASKED, ANSWER_BOGUS,
	    ANSWER_UNAVAILABLE, ANSWER_ABSENT_INSECURE, ANSWER_ABSENT};

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return ANSWER_UNASKED;
}
