/*
 * What is known of one domain's MTA-STS policy over time: the cache of RFC 8461
 * sections 3.3, 5.1 and 10.2 as a state machine of pure functions.
 *
 * A struct sts_cache is a value: the caller keeps it, with the text of the policy
 * beside it, and asks sts_cache_next what to do. Times are microseconds from the
 * caller's clock, which may jump. A policy stays in force until its max_age is
 * over, whatever becomes of its record: nothing that an attacker can hold back
 * ends it sooner.
 */
#ifndef MONITOR_POLICY_STS_CACHE_H
#define MONITOR_POLICY_STS_CACHE_H

#include "monitor/policy/sts_policy.h"
#include "monitor/policy/sts_record.h"

#define STS_DIGEST_MAX 32 /* of the policy's text, SHA-256 */

/* In microseconds. */
#define STS_SECOND       INT64_C(1000000)
#define STS_REFRESH      (86400 * STS_SECOND) /* "once per day", section 10.2 */
#define STS_ASK_MIN      (300 * STS_SECOND)   /* the record is asked for no more often */
#define STS_ASK_MAX      STS_REFRESH
#define STS_BACK_OFF     (300 * STS_SECOND) /* "five minutes or longer", section 3.3 */
#define STS_BACK_OFF_MAX (3600 * STS_SECOND)
#define STS_EARLY        (600 * STS_SECOND) /* a session that brought up the question, and its like */

#define STS_RECHECK (60 * STS_SECOND)

/* Failures in a row, and over how long, that are more than an accident. */
#define STS_REPEATEDLY 3
#define STS_LASTING    (2 * STS_BACK_OFF)

/* What has come of asking. */
enum sts_event_kind {
	STS_SAW_RECORD, /* id is set */
	STS_NO_RECORD,  /* a definite answer: there is none */
	STS_BAD_RECORD, /* several, or one that is invalid */
	STS_NO_ANSWER,  /* discovery failed: SERVFAIL, timeout, bogus */
	STS_SAW_POLICY, /* fetched and valid: mode, max_age and digest are set */
	STS_NO_POLICY,  /* the fetch failed, or was answered by something else */
	STS_BAD_POLICY  /* fetched, and invalid */
};

struct sts_event {
	enum sts_event_kind kind;
	int64_t time;
	uint32_t ttl; /* seconds, of the answer on the record: how long to believe it */
	char id[STS_ID_MAX + 1];
	enum sts_mode mode;
	uint32_t max_age; /* seconds */
	uint8_t digest[STS_DIGEST_MAX];
};

/* Why what is known is not fresh. */
enum sts_trouble {
	STS_FINE,
	STS_RECORD_GONE,
	STS_RECORD_BROKEN,
	STS_DISCOVERY_FAILED,
	STS_FETCH_FAILED,
	STS_POLICY_BROKEN
};

/* All zero: nothing is known, and everything is to be asked. */
struct sts_cache {
	/* The policy that was fetched last, in force or not. */
	bool is_known;
	char id[STS_ID_MAX + 1]; /* of the record that led to it */
	enum sts_mode mode;
	uint32_t max_age; /* seconds */
	int64_t fetched;
	uint8_t digest[STS_DIGEST_MAX];
	bool is_edited; /* the text changed under one id, which section 3.1 forbids */

	/* What goes on. */
	enum sts_trouble trouble;
	uint32_t failures; /* in a row */
	int64_t failing_since;
	int64_t asked;                   /* the record, and it was answered; 0 never */
	int64_t ask_after;               /* the record */
	bool wants_fetch;                /* of the policy that seen_id speaks of */
	char seen_id[STS_ID_MAX + 1];    /* in the record that was seen last */
	char refused_id[STS_ID_MAX + 1]; /* the fetch of which failed last */
	int64_t fetch_after;             /* ... and is not tried again before */
};

/* The next state. */
struct sts_cache sts_cache_after(struct sts_cache c, const struct sts_event *e);

enum sts_step { STS_WAIT, STS_ASK_RECORD, STS_FETCH_POLICY };

/* What to do now, where somebody wants to know or a policy is to be kept fresh. */
enum sts_step sts_cache_next(const struct sts_cache *c, int64_t now);

/*
 * What to do before a session at time is said to fail the policy: a record that
 * was last seen before then may have a new id by now, section 5.1. As
 * sts_cache_next otherwise; the record is asked for STS_RECHECK apart.
 */
enum sts_step sts_cache_next_for_failure(const struct sts_cache *c, int64_t time, int64_t now);

/*
 * May a policy that does not name an MX host at time do so by now? Texts are edited under one id,
 * which section 3.1 forbids: not where it was fetched STS_BACK_OFF before or later, nor where
 * fetching it anew failed, for then it is in force as it was.
 */
bool sts_cache_is_doubtful(const struct sts_cache *c, int64_t time);

enum sts_force {
	STS_FORCE_NONE,    /* no policy is known */
	STS_FORCE_NOT_YET, /* it was fetched more than STS_EARLY after time: who knows */
	STS_FORCE_YES,
	STS_FORCE_EXPIRED
};

/* Is the policy in force at a time, that of a session? */
enum sts_force sts_cache_force(const struct sts_cache *c, int64_t time);

/* When it ceases to be; 0 where none is known. */
int64_t sts_cache_expires(const struct sts_cache *c);

/*
 * Does somebody seem to hold the policy back: one that is in force, its mode not
 * none, and its record gone, or discovery or fetch failed STS_REPEATEDLY in a row
 * for STS_LASTING (section 10.2)? Whether the resolver fails for all domains alike the caller must
 * know.
 */
bool sts_cache_is_suppressed(const struct sts_cache *c, int64_t now);

/*
 * The contract's word for mta_sts.status: the mode that is in force, else
 * "absent", "invalid", or "unavailable" for all that could not be learnt.
 */
const char *sts_cache_status(const struct sts_cache *c, int64_t now);

#endif
