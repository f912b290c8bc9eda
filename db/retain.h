/*
 * Keeping to limits of age and size, in small steps beside the recording.
 *
 * A session goes by its age, unless its bytes are evidence: then it stays as
 * long as these. What can be checked, in words, stays with the incident. Hours
 * and servers keep their counts. A step is one transaction of bounded work,
 * counted in rows; killed half-way, what is removed is removed. Never asks a
 * clock.
 */
#ifndef DB_RETAIN_H
#define DB_RETAIN_H

#include "db/store.h"

/* How long each is kept, in microseconds; and how large a file is to be. 0: no limit. */
struct retain_limits {
	int64_t sessions;  /* since their end, and the minutes of the capture */
	int64_t evidence;  /* since the end of its session; and alerts since they were written */
	int64_t incidents; /* since last seen, once no session of them is left */
	int64_t bytes;     /* that are in use; free pages do not count */
};

#define RETAIN_DAY INT64_C(86400000000)

/* Alerts that wait are tried for a week: until then no age or size takes them. */
#define RETAIN_WAITING (8 * RETAIN_DAY)

/* What a monitor keeps where nothing else is said. */
extern const struct retain_limits retain_usual;

/* What is to go, and how far it has come. Zeroed but for what is set, it begins anew. */
struct retain {
	/* What ended, or was last seen, before these times goes; INT64_MIN: nothing does. */
	int64_t sessions, evidence, incidents;
	int64_t alerts;  /* written before; what still waits has RETAIN_WAITING, too */
	int64_t closed;  /* incidents that are closed go before incidents do */
	int64_t removed; /* the memory of sessions removed */
	struct retain_limits limits;
	int64_t now;     /* by size the oldest go; ages count from here */
	int64_t spared;  /* by size nothing goes that is younger; 0: all may */
	bool is_patient; /* a lock is waited for */
	/* Private: where the walks are. */
	int64_t hand, incident_hand;
	bool is_whole; /* this walk began at the oldest session */
	bool is_bare;  /* and such a walk found none to remove */
	int64_t walk_removed;
	int64_t minutes; /* of the capture: those before go with the sessions of theirs */
	/* Filled in, and summed over steps. */
	int64_t removed_sessions, removed_evidence, removed_incidents;
	bool is_short; /* it takes more than limits.bytes, and there is nothing left that may go */
};

/* Set what is to go by age, at this time, and begin at the oldest. */
void retain_begin(struct retain *r, const struct retain_limits *limits, int64_t now);

/* The same as time goes on. */
void retain_at(struct retain *r, int64_t now);

/* The walk over sessions begins anew: some may have been added behind it. */
void retain_restart(struct retain *r);

/* When the newest session began; INT64_MIN where there is none, or on failure. */
int64_t retain_newest(struct store *s);

enum retained {
	RETAIN_DONE, /* nothing more is to go now */
	RETAIN_MORE,
	RETAIN_BUSY,  /* another process is writing: nothing was done */
	RETAIN_FAILED /* store_error says why; the step is rolled back */
};

/* One step, in a transaction of its own. */
enum retained retain_step(struct store *s, struct retain *r);

/* Bytes of the file that are in use; -1 where it cannot be read. */
int64_t retain_bytes(struct store *s);

#endif
