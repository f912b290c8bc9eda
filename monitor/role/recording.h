/*
 * The database of a live watch: what readers tell goes into it, and once more
 * where the batch that it was in is lost.
 *
 * Where the database refuses, it is tried again, ever more seldom; until then no
 * reader is to be heard. Owns what is not committed yet. Starts nobody and waits
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
	int64_t due;      /* when the database is tried again, by clock_steady; 0: it is in order */
	int64_t again;    /* how long to wait, should it refuse */
	int64_t look_due; /* whether the database is where it was */
	int moved_looks;  /* how often in a row it was not */
};

/* Both outlive it. False, and told, where memory is refused. */
bool recording_begin(struct recording *r, struct intake *k, struct status_bar *bar);

/* Give its memory back. Of one that is all zero, too. */
void recording_end(struct recording *r);

/* The database takes nothing now. */
bool recording_is_away(const struct recording *r);

/*
 * Take a message of a reader. False where it is bad or comes when it may not, which
 * is the reader's fault, or where the database refused: recording_is_away then.
 */
bool recording_take(struct recording *r, struct peer *p, enum message type, struct bytes body);

/* The same of one that no reader sent; kept for later where the database is away. */
void recording_note(struct recording *r, enum message type, struct bytes body);

/* The database has refused: wait before it is tried again. */
void recording_refused(struct recording *r);

/* What is due: commit, follow the database's name, open it again. */
void recording_tend(struct recording *r);

/* Milliseconds until a batch is to be committed; -1: none is open. */
int recording_patience(const struct recording *r);

/* The last batch. Returns how many messages it could not take, which are not kept. */
uint64_t recording_close(struct recording *r);

#endif
