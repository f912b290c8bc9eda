/*
 * What the destination's policy demands of one session, for the kinds that rest
 * on it and for those that it raises. Pure.
 */
#ifndef MONITOR_JUDGE_DEMAND_H
#define MONITOR_JUDGE_DEMAND_H

#include "monitor/judge/judge.h"
#include "monitor/policy/destination.h"

enum demand {
	DEMAND_NONE,    /* no policy is known, or it is not known to be of this server */
	DEMAND_TESTING, /* MTA-STS in testing mode: a notice, never more */
	DEMAND_TLS      /* MTA-STS in enforce mode, or secure TLSA records */
};

/*
 * Of mail between servers alone: what a client submits, and what is delivered
 * by LMTP, no policy of the recipient's domain speaks of.
 */
enum demand demand_of(const struct judge_case *c);

/*
 * The same, where mail was sent in clear: DEMAND_NONE where it was not, and where its
 * domain was not seen, unless the host's own TLSA records demand TLS of all mail.
 */
enum demand demand_broken(const struct judge_case *c);

/* The policy demands a certificate that holds, TLS was used, and the visible one does not. */
bool demand_refuses_certificate(const struct judge_case *c);

/* The TLSA records of the host name the visible certificate: whatever else it lacks is no fault. */
bool demand_accepts_certificate(const struct judge_case *c);

/* "the MTA-STS policy of example.net (enforce)", "the TLSA records of mx.example.net". */
#define DEMAND_TEXT_MAX 320
struct demand_words {
	char text[DEMAND_TEXT_MAX];
};
struct demand_words demand_words(const struct judge_case *c);

/* What it rests on: the policy, where it is from, and its age at the time of the session. */
void demand_prove(const struct judge_case *c, struct finding *out);

#endif
