/*
 * The database kept to its limits beside the recording: a step now and then,
 * as many as what is added makes needed.
 *
 * Decides when; what a step removes is db/retain.h's. Asks the clocks. Works
 * between batches, and leaves alone a database that another process is writing
 * to.
 */
#ifndef MONITOR_TEND_H
#define MONITOR_TEND_H

#include "db/retain.h"

/*
 * The time that ages count to. The system's clock may be years ahead: for a moment, or from the
 * start of a machine until it is set; what is removed by then does not come back.
 */
struct tend_clock {
	int64_t believed; /* microseconds since the epoch, at: */
	int64_t at;       /* microseconds of a clock that is never set */
	int64_t
	    ahead; /* since when the system's clock is ahead of that, by the same; 0: it is not */
};

/* The clock showed this time. */
struct tend_clock tend_clock(int64_t wall, int64_t steady);

/*
 * What time it is, where the system's clock shows wall. Back it may be set at once, ahead by more
 * than an hour it is believed when it has been so for a day.
 */
int64_t tend_clock_time(struct tend_clock *c, int64_t wall, int64_t steady);

struct tending {
	struct retain retain;
	struct tend_clock clock;
	bool has_clock;
	bool is_on;
	bool is_by_newest;        /* ages count from the newest session, where that is before now */
	bool is_more;             /* the last step left something to do */
	uint64_t added;           /* sessions, since the last look */
	int64_t tried, restarted; /* milliseconds of the monotonic clock */
	int64_t told;             /* when it was told that it is too large; 0: never */
	bool has_failed;          /* and that was told */
	bool is_fresh;            /* complaint is to be told */
	char complaint[STORE_WHY_MAX];
};

/* Keep to these limits from now on. Without any, tending does nothing. */
void tend_begin(struct tending *t, const struct retain_limits *limits, bool is_by_newest);

/* Outside of a transaction, after so many sessions were added, or every now and then. */
void tend(struct tending *t, struct store *s, uint64_t added);

/* At the end of a run that has an end: all that is to go. */
void tend_to_end(struct tending *t, struct store *s);

/* What is to be told now, in one line; NULL: nothing. Told once. */
const char *tend_complaint(struct tending *t);

#endif
