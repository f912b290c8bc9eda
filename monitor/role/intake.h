/*
 * What the keeper does with a reader's messages: takes them as hostile, judges
 * the sessions in them, records them.
 *
 * One intake owns the database and serves any number of readers; each reader is
 * a peer, with the stage that says which of its messages may come next. Moves
 * no bytes (channel.h) and starts nothing.
 */
#ifndef MONITOR_ROLE_INTAKE_H
#define MONITOR_ROLE_INTAKE_H

#include <signal.h>

#include "monitor/role/blackbox.h"
#include "monitor/role/channel.h"
#include "monitor/role/keeper.h"
#include "monitor/role/role.h"
#include "monitor/role/session_message.h"

#define PEER_WHO_MAX 96 /* bytes of what a reader is called, NUL included */

/* What the reader has been asked, and has answered: which messages may come. */
enum stage {
	STAGE_STARTING,  /* it closes itself in */
	STAGE_IDLE,      /* it waits for a capture */
	STAGE_OPENING,   /* it has one */
	STAGE_READING,   /* and it is one indeed */
	STAGE_SKIPPING,  /* and it is one that the filter does not fit: it is to be left */
	STAGE_FINISHING, /* no more will come */
	STAGE_OVER       /* it has said all */
};

/* One reader, as the keeper sees it. */
struct peer {
	struct role_process process;
	struct channel *channel;
	enum stage stage;
	char who[PEER_WHO_MAX]; /* it, in lines for people */
	const char *capture;    /* the name of the one under way; NULL between them */
	uint64_t size;          /* of it; 0 where unknown */
	bool has_source;
	bool is_live;     /* it reads an interface: capture is its name from the start */
	bool is_absent;   /* ... which is not there, or not up, as it was told */
	uint64_t packets; /* of the capture under way, by its last progress */
	struct live_tally tally;
	struct live_tally told;    /* of it, what was told minute by minute */
	uint64_t sessions;         /* told, when they were over */
	struct blackbox *blackbox; /* of a live capture; NULL: none */
	bool has_complained;       /* it has said why it cannot start */
	bool is_stuck;             /* ... and has not captured since */
	unsigned words;            /* lines for people that it has said since its start */
	const char *complaint;     /* what the reader did wrong; NULL: nothing that it sent */
};

struct inquiry; /* monitor/role/inquiry.h */

struct intake {
	const struct keeper_config *config;
	struct keeper_result *result;
	struct recorder *recorder; /* NULL: not opened, or closed again */
	struct inquiry *inquiry;   /* told of each session; NULL: no policies are looked up */
	struct verdict *verdict;
	struct session_message *session;
	bool has_told_lacks; /* of live readers: each lacks the same */
};

/* False, and told, where there is no memory. */
bool intake_begin(struct intake *k, const struct keeper_config *config,
		  struct keeper_result *result);

/* Give all back; the recorder's counts go to the result. */
void intake_end(struct intake *k);

/*
 * Take one message. False where it is bad or comes when it may not, which is the
 * reader's fault, or where the database refused it: result->is_refused then.
 */
bool intake_take(struct intake *k, struct peer *p, enum message type, struct bytes body);

/*
 * The same of a session or a minute that is to be recorded later: whether it is a
 * good one, and comes when it may.
 */
bool intake_hear(struct intake *k, struct peer *p, enum message type, struct bytes body);

/* Open the database where it is not; false, and told, where it cannot be. */
bool intake_open_recorder(struct intake *k);

/* Commit what is under way and close the database; false, and told, where it refused. */
bool intake_close_recorder(struct intake *k);

/* The database has refused: tell it. Always false. */
bool intake_refused(struct intake *k);

/* That the database cannot be kept to its limits, in one line; NULL: nothing is to be told. */
const char *intake_complaint(const struct intake *k);

/* Tell it. */
void intake_complain(const struct intake *k);

/* Something failed. */
void intake_fail(struct intake *k);

/* Lines for people must not be written into the bar. */
void intake_clear_progress(const struct intake *k);

/*
 * Tell a reader what is wanted of it, which it must be told first. interface is
 * NULL for saved captures. False, and told, where the CA file is not to be had;
 * or where the reader is gone.
 */
bool intake_configure(struct intake *k, struct peer *p, const char *interface, uint16_t group);

/* It is the reader of a live interface: that of this number, from 0, among so many. */
void intake_name(struct peer *p, const char *interface, unsigned readers, unsigned number);

/* Start a reader, to be configured next. False, and told, where it cannot be. */
bool intake_start(const struct intake *k, struct peer *p);

/*
 * Close the channel to a reader and wait for its end. One that has not said all
 * is ended. True where its end was a good one; otherwise how says what became of
 * it, its own fault before its end, to follow its name. shared_socket, where not
 * NULL, is -1 before the channel's descriptor can become another's.
 */
bool intake_stop(const struct intake *k, struct peer *p, volatile sig_atomic_t *shared_socket,
		 char how[ROLE_HOW_MAX]);

/*
 * What is lost with a live reader that ended without a last word: connections
 * that it had begun and not told, and what it had read and counted since the last
 * minute that it told, to be on record in a minute of ours.
 */
struct capture_minute intake_loss(const struct peer *p);

#endif
