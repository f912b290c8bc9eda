/*
 * An EHLO reply without STARTTLS beside what is known of the server: whether
 * the offer was lost, who lost it, and which innocent explanation fits.
 *
 * Pure. The caller has made sure that the whole reply was seen.
 */
#ifndef MONITOR_JUDGE_LOSS_H
#define MONITOR_JUDGE_LOSS_H

#include "monitor/judge/judge.h"

enum loss {
	LOSS_NONE,     /* nobody was ever offered it */
	LOSS_MIXED,    /* clients are offered it by turns: machines behind the address differ */
	LOSS_NODES,    /* the machine that answers is another than those that offered it */
	LOSS_HIDDEN,   /* the server keeps it from this client, as it always did */
	LOSS_CHANGED,  /* everybody lost it at once: the server changed */
	LOSS_CHANGING, /* likewise, so lately that who was offered it may be yet to be told */
	LOSS_UNSURE,   /* never offered to this client, and nobody to compare with at the time */
	LOSS_ONCE,     /* it was offered once or seldom: little to compare with */
	LOSS_STRANGER, /* a machine that no other network met has not offered it for long */
	LOSS_NEW,      /* never offered to this client, and to others at the same time */
	LOSS_OPEN, /* it was offered as a habit, and nobody else came since: stripped or changed */
	LOSS_NEAR_CLIENT, /* this client's network lost it at several servers at once */
	LOSS_OTHERS,      /* others are still offered it */
	LOSS_ALONE        /* it was offered as a habit, and there are no others to ask */
};

/* Where it says that somebody took it away. */
static inline bool
loss_is_stripping(enum loss loss)
{
	return loss >= LOSS_ONCE;
}

enum loss loss_of(const struct judge_case *c);

/* The client's network never was offered what this server offers as a habit. */
bool loss_is_of_new(const struct history *h);

/* Of a session that is offered it: it ends a loss for all, of a day at most, after a clean habit.
 */
bool loss_ends(const struct judge_case *c);

/* Of a session that is offered it: all that came shortly before it lost it, as far as is told. */
bool loss_was_of_all(const struct judge_case *c);

/* Rate, and tell what happened, of one that is stripping. */
void loss_say(const struct judge_case *c, enum loss loss, struct finding *out);

/* More of a sentence of starttls-missing, where there is an innocent explanation to tell. */
void loss_explain(const struct judge_case *c, enum loss loss, struct finding *out);

/* What it rests on: the numbers, where it was done as far as comparing tells, and each in detail.
 */
void loss_prove(const struct judge_case *c, enum loss loss, struct finding *out);

/* Of it what does not depend on the client. */
void loss_prove_server(const struct history *h, struct finding *out);

/* "1204 of 1204 sessions since 2026-03-03 10:00:00": what a tally says, for proofs. */
void say_proof_tally(struct finding *out, const char *what, const struct tally *t);

#endif
