/* The clocks of the system; see clock.h. */
#include "monitor/clock.h"

#include <time.h>

static int64_t
microseconds(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_steady(void)
{
	return microseconds(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_steady_us(void)
{
	return microseconds(CLOCK_MONOTONIC);
}

int64_t
clock_wall(void)
{
	return microseconds(CLOCK_REALTIME);
}
