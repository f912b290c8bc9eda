/*
 * Judged sessions to rows: what the keeper hands to the database.
 *
 * Turns facts and findings into the rows of db/, a batch a transaction. Knows
 * no SQL, reads no packet. What comes in was checked by the message decoder;
 * wire text is made printable here.
 */
#ifndef MONITOR_RECORD_H
#define MONITOR_RECORD_H

#include <stdio.h>

#include "db/gauge.h"
#include "db/retain.h"
#include "dissector/evidence.h"
#include "monitor/judge/judge.h"

struct recorder;
struct sinks;        /* monitor/alert/sink.h */
struct mutes;        /* monitor/alert/mute.h */
struct known_policy; /* monitor/policy/destination.h */
struct smart_hosts;  /* monitor/policy/smart_hosts.h */

/* One minute of one capture source: of a saved capture the whole minute, told once. */
struct capture_minute {
	int64_t minute; /* microseconds since the epoch, start of the minute */
	uint64_t packets, bytes;
	uint64_t dropped; /* packets lost before they could be read */
	uint64_t gaps;
	uint64_t withheld; /* packets that the gate found to need no reading */
	uint64_t evicted;  /* flows given up for room */
	uint64_t untold;   /* sessions that the keeper was too slow to be told */
	uint64_t crashed;  /* flows lost with a reader that ended */
};

/* The evidence of one session, whole in memory. */
struct evidence_view {
	const struct evidence_item *items;
	size_t count;
	bool is_whole; /* nothing of it was overwritten */
};

/* What became of a session. */
enum recorded {
	RECORDED_NEW,
	RECORDED_KNOWN,    /* it was there already: nothing changed */
	RECORDED_EXTENDED, /* it was there, but shorter */
	RECORDED_FAILED    /* the database refused; recorder_error says why */
};

/*
 * Open the database (made where it is absent). sensor names the tap; source
 * tells one capture from another within it, so that the minutes of a capture
 * read twice are counted once. NULL, and one line in why, where it cannot be.
 */
struct recorder *recorder_open(const char *path, const char *sensor, char *why, size_t why_size);

/*
 * Keep the database to these limits, between batches. is_by_newest: ages count from
 * its newest session, as is right for captures of long ago.
 */
void recorder_keep(struct recorder *r, const struct retain_limits *limits, bool is_by_newest);

/* All that is to go by them now, at the end of what is read. */
void recorder_keep_now(struct recorder *r);

/* That the limits cannot be kept to, once, in one line; NULL: nothing is to be told. */
const char *recorder_complaint(struct recorder *r);

/* Queue alerts for these, borrowed, from now on; NULL: for none. */
void recorder_alert(struct recorder *r, const struct sinks *sinks);

/* What is muted now; all 0 where another process is writing. */
struct recorder_mutes {
	size_t in_force; /* that have not ended */
	size_t left_out; /* of the database, and of no effect: more than MUTES_MAX */
};

/*
 * Hold findings against these mutes, borrowed, and those in the database, from now on; what
 * is added there later holds from the next batch on. NULL: against the latter alone. False
 * where the database refused.
 */
bool recorder_mutes(struct recorder *r, const struct mutes *configured, struct recorder_mutes *out);

/* The database, for what is no record, between batches: NULL while one is open. */
struct store *recorder_store(struct recorder *r);

/* The capture that what follows comes from; "" is a live one. */
void recorder_source(struct recorder *r, const char *source);

/*
 * Judge one session beside what is known of its server and client. False where
 * the database refused; recorder_error says why.
 */
bool recorder_judge(struct recorder *r, const struct session *s, struct verdict *out);

/*
 * Record one session and its findings, and learn from it when it is over, once. Commits every batch
 * of its own accord. json: where not NULL each finding is written there as one JSON line.
 */
enum recorded recorder_session(struct recorder *r, const struct session *s, const struct verdict *v,
			       const struct evidence_view *evidence, FILE *json);

/*
 * Policies will be asked for: sessions are remembered from now on, to be judged again
 * by the answers, for so many microseconds by the newest (RECENT_WINDOW). False where
 * memory is out.
 */
bool recorder_expect_policies(struct recorder *r, int64_t window);

/*
 * What is known of a domain (lower case): borrowed until the next call of anything
 * here. NULL in *out where that is nothing. False where the database refused, and
 * before recorder_expect_policies nothing is known.
 */
bool recorder_known_policy(struct recorder *r, struct bytes domain,
			   const struct known_policy **out);

/* What goes to one of these is judged by its policy, not by the recipients'. Copied. */
void recorder_smart_hosts(struct recorder *r, const struct smart_hosts *h);

/*
 * The policy of a domain was learnt, or is another now: what goes there is judged
 * by it from now on, also after a restart, and what went there in the last minutes
 * is judged again. Nothing happens before recorder_expect_policies. json as of recorder_session.
 * False where the database refused, or memory is out.
 */
bool recorder_policy(struct recorder *r, const struct known_policy *known, FILE *json);

/*
 * The same of the domains that have an MX host where a session went that was judged just
 * now, and whose recipients were not seen: fills most of out at most, and returns how many.
 */
size_t recorder_known_at(struct recorder *r, const struct session *s,
			 const struct known_policy **out, size_t most);

/*
 * Tell the domains, at most so many, whose MTA-STS policy is in force at now and is to
 * be fetched anew lest it expire. False where the database refused.
 */
bool recorder_policies_due(struct recorder *r, int64_t now, int64_t most,
			   void (*tell)(void *ctx, const char *domain), void *ctx);

#define RECORDER_POLICIES_MAX 100000 /* domains */

/*
 * Forget domains of which no answer told since before, and those beyond
 * RECORDER_POLICIES_MAX, the oldest first; none whose policy is in force at now. To be
 * called every minute or so. False where the database refused.
 */
bool recorder_forget_policies(struct recorder *r, int64_t before, int64_t now);

bool recorder_minute(struct recorder *r, const struct capture_minute *m);

/* Commit what is under way. False where the database refused. */
bool recorder_flush(struct recorder *r);

/*
 * While a batch is open nobody else can write. Milliseconds until it is to
 * end, -1 where none is open; and end it where they are over, or remove what is
 * too old where none is open.
 */
int recorder_patience(const struct recorder *r);
bool recorder_settle(struct recorder *r);

/* Whether the database's name leads to another file by now, or to none. */
bool recorder_has_moved(const struct recorder *r);

/* Why the last call failed, one line: what, why, what to do. */
const char *recorder_error(const struct recorder *r);

/* What this run came to, for the summary: what is committed, and what was refused. */
struct recorder_counts {
	uint64_t sessions_new, sessions_known, sessions_extended;
	uint64_t sessions_behind;  /* not kept: they began before what the database remembers of */
	uint64_t sessions_refused; /* not kept: the database refused them, or their batch */
	uint64_t incidents_opened, incidents_raised, incidents_reopened;
	uint64_t incidents_touched; /* findings that joined an incident and changed no more of it */
	uint64_t alerts;            /* queued, each once for all its sinks */
	uint64_t incidents_muted;   /* opened under a mute; counted nowhere else */
	uint64_t findings[4];       /* by severity, known sessions included */
	uint64_t muted[4];          /* of these, under a mute */
	uint64_t outcomes[5];       /* by outcome, known sessions included */
	/* Since they are over, once each, however often they are told: by service and outcome. */
	uint64_t over[SERVICES][5];
	/* Incidents opened, by place of their kind in judge_kinds, and severity; surges, too. */
	uint64_t opened[FINDINGS_MAX][4];
	uint64_t gaps, crashed; /* as in struct capture_minute, of all minutes */
};
struct recorder_counts recorder_counts(const struct recorder *r);

/* What the database holds now. */
struct recorder_gauges {
	uint64_t open[FINDINGS_MAX][4]; /* incidents, as opened of recorder_counts; not muted */
	uint64_t muted;                 /* open incidents that are */
	struct gauge_deliveries deliveries;
	uint64_t bytes;
};

/* False where the database failed; nothing else comes of that. */
bool recorder_gauges(struct recorder *r, struct recorder_gauges *out);

/* Flush and close; NULL does nothing. False where the last commit failed. */
bool recorder_close(struct recorder *r);

#endif
