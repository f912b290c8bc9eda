/*
 * What a server is called in a session without an EHLO reply, which would say it: where EHLO
 * is refused, or was never tried.
 *
 * A greeting is the server's own word, or whoever's changed it for this one session. So an
 * address keeps the name that its EHLO replies gave it, whatever it is greeted with, and of
 * several the greeting at most chooses one. Only at an address that has none its word is taken,
 * and it never makes a name's history: it is told, and tells where mail in clear went.
 */
#ifndef MONITOR_BASELINE_CALLED_H
#define MONITOR_BASELINE_CALLED_H

#include "monitor/baseline/parties.h"

/* Host names, as values of marks; empty: none. At most one of the two is there. */
struct called {
	char known[MARK_VALUE_MAX];   /* of the address, by EHLO replies before that time */
	char greeted[MARK_VALUE_MAX]; /* by the greeting alone */
};

/* Both are empty where the session has an EHLO reply. */
void called_of(const struct session *s, const struct parties *p, const struct subject *server,
	       struct called *out);

#endif
