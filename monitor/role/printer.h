/*
 * Findings of a live watch as lines on standard output, for a program that may be
 * slow, stop reading, or go: nothing waits for it, and what it misses is told.
 *
 * Owns the outlet (outlet.h) between the two; outlives a watch that begins anew.
 */
#ifndef MONITOR_ROLE_PRINTER_H
#define MONITOR_ROLE_PRINTER_H

#include <stdio.h>

struct printer;

/* Before what standard output leads to is out of reach. NULL, and told, where it cannot be. */
struct printer *printer_new(void);

/* Where lines are printed to. Borrowed. */
FILE *printer_stream(const struct printer *p);

/* Hand on what is taken now; tell what is to be told. */
void printer_tend(struct printer *p);

/* What to wait for with POLLOUT; -1: there is nothing to hand on. */
int printer_descriptor(const struct printer *p);

/* Hand on the last, for a second at most, and tell what was left out. NULL does nothing. */
void printer_free(struct printer *p);

#endif
