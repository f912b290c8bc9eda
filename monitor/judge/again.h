/*
 * Judging again: what a session tells of those that came shortly before it.
 * Pure: which of them, and what is to be said; reading and changing them is
 * the baseline's.
 */
#ifndef MONITOR_JUDGE_AGAIN_H
#define MONITOR_JUDGE_AGAIN_H

#include "monitor/judge/judge.h"

enum again {
	AGAIN_NOTHING,
	AGAIN_OTHERS,   /* others are offered it: what might have been a change was stripping */
	AGAIN_BACK,     /* everybody lost it, and it is back: that was no change that stays */
	AGAIN_FIRST,    /* the server does offer it: the first sessions lacked it */
	AGAIN_CLIENT,   /* this client is stripped: so it was before, when nothing told */
	AGAIN_CHANGED,  /* everybody lost it: what looked like stripping was a change */
	AGAIN_CHANGING, /* ... as far as is told yet */
	AGAIN_HIDDEN,   /* ... was a server that keeps it from some */
	AGAIN_MIXED     /* ... were machines that differ */
};

/* Which earlier sessions, and what becomes of them. */
struct rejudging {
	enum again why;
	const char *from, *to; /* names of kinds */
	const char *also;      /* likewise from that kind; NULL: from none */
	bool is_also_placed;   /* ... only where the side is known: LOSS_CHANGING */
	int64_t since, until;  /* by their start; both included */
	bool is_same_client;   /* of this client alone; else of anybody */
	bool is_open_only;     /* only what was possible */
	bool is_offered_only;  /* only of clients that were offered it before */
	bool is_new_only;      /* only of clients that never were */
};

/* What the session tells of earlier ones, by what was known before it and what was found. */
void judge_again(const struct judge_case *c, const struct verdict *v, struct rejudging *out);

/* The finding that takes the place of one of them, which began at that time. */
void judge_hindsight(const struct judge_case *c, const struct rejudging *r, int64_t began,
		     struct finding *out);

/* Whether a session kept its client from TLS in that way. */
bool judge_is_setback(const struct session *s, const struct verdict *v, enum setback setback);

/*
 * plaintext-fallback of a session that was judged before its cause, which began at
 * c->known->setback_time, was known. False where it is none.
 */
bool judge_fallback_again(const struct judge_case *c, struct finding *out);

/*
 * Whether these two had come to agree on this session's version of TLS as a habit by the
 * session before it, and nobody else gets less: then those of their sessions that got less
 * are to be looked at.
 */
bool judge_settles_version(const struct judge_case *c);

/*
 * tls-downgrade of an earlier session of theirs, beside the one that settles it. False where
 * its client offered no more, or it got no less.
 */
bool judge_downgrade_again(const struct judge_case *c, const struct session *earlier,
			   struct finding *out);

#endif
