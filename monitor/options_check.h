/*
 * What only the whole command line can tell: what is missing, what does not go
 * together, and what a command makes of settings that were meant for another.
 *
 * Private to options.c.
 */
#ifndef MONITOR_OPTIONS_CHECK_H
#define MONITOR_OPTIONS_CHECK_H

#include "monitor/flag.h"

/* All is taken, and may be changed still by what it means together; false: why is filled. */
bool options_check(struct taking *t);

#endif
