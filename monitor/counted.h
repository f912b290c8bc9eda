/* A number and what is counted, for people: "1 session", "0 sessions", "3 sessions". */
#ifndef MONITOR_COUNTED_H
#define MONITOR_COUNTED_H

#include <stdint.h>

struct counted {
	char text[64];
};

/* noun is one whose plural ends in s; what does not fit is cut. */
struct counted counted(uint64_t number, const char *noun);

/* The same in prose, thousands apart: "1,204 sessions"; and the number alone. */
struct counted counted_grouped(uint64_t number, const char *noun);
struct counted grouped(uint64_t number);

#endif
