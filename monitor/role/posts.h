/*
 * The readers of all interfaces of a live watch: started, heard in turn, told to
 * end, and started again where they die, ever more seldom.
 *
 * Owns the processes and channels. What they say goes to the recording; what a dead
 * one took with it is told and put on record. Waits for nobody: the loop is
 * keeper_live.c's.
 */
#ifndef MONITOR_ROLE_POSTS_H
#define MONITOR_ROLE_POSTS_H

#include <poll.h>

#include "monitor/role/recording.h"

struct post; /* one reader of one interface, whether it runs or is to be started again */

struct posts {
	struct intake *intake;
	struct recording *recording;
	struct status_bar *bar;
	struct post *at;
	size_t count;
	bool is_ending;  /* they were told to end */
	bool has_failed; /* all is to end: it cannot go on as it was asked for */
	bool is_unfit;   /* ... nor begin */
};

/* One for each reader of each interface; all three outlive it. False, and told: no memory. */
bool posts_begin(struct posts *p, struct intake *k, struct recording *r, struct status_bar *bar);

/* Give their memory back, when none is running. Of one that is all zero, too. */
void posts_end(struct posts *p);

bool posts_are_running(const struct posts *p); /* at least one */

/* Start those whose time it is. */
void posts_start(struct posts *p);

/* Tell all that run to end, once; and end those that still run. */
void posts_tell_to_end(struct posts *p);
void posts_end_late(struct posts *p);

/* End those that have said nothing for too long. */
void posts_end_silent(struct posts *p);

/* What to wait for: fills one of out for each, posts->count in all. */
void posts_poll(const struct posts *p, struct pollfd *out);

/* Hear those that have something to say, until the database refuses. */
void posts_hear(struct posts *p, const struct pollfd *polled);

/* Milliseconds until one is to be started, at most most. */
int posts_patience(const struct posts *p, int most);

struct live_tally posts_tally(const struct posts *p);

/* One of them, as it is now. */
struct post_state {
	const char *interface; /* borrowed */
	unsigned number;       /* among the readers of its interface, from 0 */
	bool is_capturing;
	uint64_t restarts;
	struct live_tally tally; /* since the watch began, of those before it, too */
};
struct post_state posts_state(const struct posts *p, size_t i);

#endif
