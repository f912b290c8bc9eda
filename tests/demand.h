/* What a fuzz target demands of what it was told. */
#ifndef TESTS_DEMAND_H
#define TESTS_DEMAND_H

#include <stdbool.h>
#include <stdlib.h>

static inline void
demand(bool holds)
{
	if (!holds)
		abort();
}

/* Text for people: printable ASCII. */
static inline void
demand_printable(const char *text)
{
	for (; *text != '\0'; text++)
		demand(*text >= 0x20 && *text <= 0x7e);
}

#endif
