/*
 * Lines for a program that reads them as they are made, and may be slow, or stop:
 * whoever makes them never waits for it.
 *
 * Owns a buffer of fixed size. A line that finds no room in it is left out, as a
 * whole, and counted. Says nothing to people.
 */
#ifndef MONITOR_ROLE_OUTLET_H
#define MONITOR_ROLE_OUTLET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OUTLET_ROOM ((size_t)1 << 20) /* bytes of lines that wait; a longer one is left out */

struct outlet;

/* fd stays the caller's, and as it was. NULL where memory or a descriptor is refused. */
struct outlet *outlet_new(int fd);

/* Where lines are printed to. Borrowed, and not to be closed. */
FILE *outlet_stream(struct outlet *o);

/*
 * Hand on as much as is taken now. False, with errno, where nothing will be taken
 * any more, once: what comes later is dropped, and not counted.
 */
bool outlet_push(struct outlet *o);

/* What to wait for with POLLOUT before there is use in pushing; -1: nothing waits. */
int outlet_descriptor(const struct outlet *o);

/* Lines that were left out so far. */
uint64_t outlet_left_out(const struct outlet *o);

/*
 * Push until all is taken, for so many milliseconds at most; what waits then is
 * left out. Returns the lines that were left out in all. NULL does nothing.
 */
uint64_t outlet_free(struct outlet *o, int patience);

#endif
