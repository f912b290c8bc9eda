/*
 * The signals of a live watch, read like messages: SIGINT, SIGTERM, SIGHUP and
 * SIGUSR1. What they are to do is the keeper's to say.
 */
#ifndef MONITOR_ROLE_SIGNALS_H
#define MONITOR_ROLE_SIGNALS_H

#include <stdbool.h>

/*
 * From the first moment of the program: SIGHUP and SIGUSR1 wait until signals_catch, for they
 * would end it. SIGINT and SIGTERM are meant to.
 */
void signals_hold(void);

/* No live watch comes of it: what waits has its usual effect now, and so has what comes. */
void signals_let_go(void);

/* The descriptor that is readable where there is one; -1, and told, where none is to be had. */
int signals_catch(void);

/* The number of the next one; 0: there is none now. */
int signals_next(int descriptor);

/*
 * Close it; -1 does nothing. What comes meanwhile waits for the next where the
 * watch goes on, or may. Otherwise what has come is forgotten, and what comes has its usual effect.
 */
void signals_release(int descriptor, bool goes_on);

#endif
