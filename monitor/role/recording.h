/*
 * The database of a live watch: what readers tell goes into it, and once more
 * where the batch that it was in is lost.
 *
 * Where the database refuses, it is tried again, ever more seldom; until then no
 * reader is to be heard, but at the end. Owns what is not committed yet. Starts nobody and waits
 * for nothing.
 */
#ifndef MONITOR_ROLE_RECORDING_H
#define MONITOR_ROLE_RECORDING_H

#include "monitor/role/backlog.h"
#include "monitor/role/intake.h"
#include "monitor/role/status.h"

struct recording {
	struct intake *intake;
	struct status_bar *bar;
	struct backlog backlog;
	uint64_t untold;    /* sessions that found no room there */
	uint64_t set_aside; /* records that wait in a file: spool.h */
	bool is_ending;
	int64_t due;      /* when the database is tried again, by clock_steady; 0: it is in order */
	int64_t again;    /* how long to wait, should it refuse */
	int64_t look_due; /* whether the database is where it was */
	int moved_looks;  /* how often in a row it was not */
};

/* Both outlive it. False, and told, where memory is refused. */
bool recording_begin(struct recording *r, struct intake *k, struct status_bar *bar);

/* Give its memory back. Of one that is all zero, too. */
void recording_end(struct recording *r);

/*
 * Open the database, and record what an earlier watch could not. False, and told,
 * where that cannot be.
 */
bool recording_open(struct recording *r);

/* The database takes nothing now. */
bool recording_is_away(const struct recording *r);

/* From now on readers are heard to their end, whatever the database takes. */
void recording_end_soon(struct recording *r);

/* No reader is to be heard: what they say piles up with them. */
bool recording_is_deaf(const struct recording *r);

/*
 * Take a message of a reader. False where it is bad or comes when it may not, which
 * is the reader's fault, or where the database refused: recording_is_deaf then.
 */
bool recording_take(struct recording *r, struct peer *p, enum message type, struct bytes body);

/* The same of one that no reader sent; kept for later where the database is away. */
void recording_note(struct recording *r, enum message type, struct bytes body);

/* The database has refused: wait before it is tried again. */
void recording_refused(struct recording *r);

/* What is due: commit, follow the database's name, open it again. */
void recording_tend(struct recording *r);

/* Commit what is under way now. */
void recording_commit(struct recording *r);

/* Milliseconds until a batch is to be committed; -1: none is open. */
int recording_patience(const struct recording *r);

/*
 * The last batch. What the database does not take waits in a file for the next
 * watch. Returns how many messages could not even be kept there.
 */
uint64_t recording_close(struct recording *r);

#endif
