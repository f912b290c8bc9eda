/*
 * What a watch asks of the checker: the policies of the domains that mail is seen
 * for, and what becomes of the answers.
 *
 * Owns the checker's process, when each domain is asked for (agenda.h), and what
 * the answers lead to (known.h); these go to the recorder, which judges by them.
 * Nobody waits for it: without an answer a session is judged without a policy.
 */
#ifndef MONITOR_ROLE_INQUIRY_H
#define MONITOR_ROLE_INQUIRY_H

#include <poll.h>

#include "monitor/role/intake.h"
#include "monitor/role/status.h"

struct inquiry;

/*
 * By the look-ups of k->config, of live captures or saved ones; bar may be NULL. Both
 * outlive it. NULL, and told, where it cannot be.
 */
struct inquiry *inquiry_new(struct intake *k, struct status_bar *bar);

/* Ends the checker; what was asked is not answered. NULL does nothing. */
void inquiry_free(struct inquiry *q);

/*
 * A session was recorded: its recipients' domains, or where none was seen those that are
 * known to have its server, are asked for where what is known of them is not enough. False
 * where the database refused.
 */
bool inquiry_heard(struct inquiry *q, const struct session *s);

/* What to wait for; -1 while the database is away: what is told waits with the checker. */
struct pollfd inquiry_poll(const struct inquiry *q);

/* Milliseconds until inquiry_run is to be called, at most most. */
int inquiry_patience(const struct inquiry *q, int most);

/* Ask what is to be asked, hear what there is, record it. False where the database refused. */
bool inquiry_run(struct inquiry *q);

/* Domains of which an answer is still to come. */
size_t inquiry_pending(const struct inquiry *q);

struct lookup_counts inquiry_counts(const struct inquiry *q);

/* The checker serves; and how often it was started again. */
bool inquiry_is_up(const struct inquiry *q);
uint64_t inquiry_restarts(const struct inquiry *q);

/* It is over: tell what is not answered. */
void inquiry_tell_rest(struct inquiry *q);

#endif
