/* Tallies; see history.h. */
#include "monitor/judge/history.h"

unsigned
tally_recent_yes(const struct tally *t)
{
	unsigned count = 0;

	for (unsigned i = 0; i < t->recent_count; i++)
		count += t->recent >> i & 1;
	return count;
}

bool
tally_is_steady(const struct tally *t)
{
	return t->yes >= TALLY_STEADY &&
	       tally_recent_yes(t) * 100 >= (unsigned)t->recent_count * TALLY_STEADY_PART;
}
