/* A number and what is counted; see counted.h. */
#include "monitor/counted.h"

#include <inttypes.h>
#include <stdio.h>

struct counted
counted(uint64_t number, const char *noun)
{
	struct counted c;

	snprintf(c.text, sizeof(c.text), "%" PRIu64 " %s%s", number, noun, number == 1 ? "" : "s");
	return c;
}
