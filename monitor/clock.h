/* What time it is, in the units that are used here. */
#ifndef MONITOR_CLOCK_H
#define MONITOR_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that nobody sets: for spans. */
int64_t clock_steady(void);

/* The same in microseconds. */
int64_t clock_steady_us(void);

/* Microseconds since the epoch, UTC; may jump. */
int64_t clock_wall(void);

#endif
