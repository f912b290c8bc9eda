/*
 * The keeper's end of the checker: starts it, asks it, hears it, and starts
 * another one where it dies.
 *
 * Never waits for it. Owns the process and the socket; judges nothing of what it
 * hears but whether it may be said.
 */
#ifndef MONITOR_ROLE_ASKER_H
#define MONITOR_ROLE_ASKER_H

#include "monitor/role/checker_message.h"
#include "monitor/role/ward.h"

#define ASKER_HELD ((size_t)4 << 20) /* bytes of questions that the checker has not taken yet */

struct asker_config {
	const struct starter *starter; /* who starts it; NULL: this process itself */
	struct checker_config checker;
	const char *ca_file; /* NULL: the system's */
	/* What was learnt, in a part (learnt.h) and whole, or whole at once; it is the callee's,
	 * for learnt_free. */
	void (*learnt)(void *ctx, struct learnt *learnt);
	/* It was not looked up, and may be asked for again. */
	void (*not_now)(void *ctx, const struct not_now *n);
	/* The checker died: of all that was asked and not answered there will be no word. */
	void (*lost)(void *ctx);
	/* A line for people is to follow; NULL: nobody asks. */
	void (*speaks)(void *ctx);
	void *ctx;
};

struct asker;

/* Starts it. NULL, after a message, where that is not to be. config is copied. */
struct asker *asker_new(const struct asker_config *config);

/* Ends it. NULL does nothing. */
void asker_free(struct asker *a);

/* False where it is not there now, or has too much to do already. */
bool asker_ask(struct asker *a, const struct lookup_request *r);

/* To be polled for reading, and for writing where asker_wants_out; -1 while there is none. */
int asker_descriptor(const struct asker *a);
bool asker_wants_out(const struct asker *a);

/* Milliseconds until asker_run is to be called at the latest; -1: none. */
int asker_wait(const struct asker *a);

/* Send and hear what there is, and start another one where it is time. */
void asker_run(struct asker *a);

/* End it, for it does not do what it should, as complaint says; another one follows. */
void asker_replace(struct asker *a, const char *complaint);

/* It serves; and how often it was started again. */
bool asker_is_up(const struct asker *a);
uint64_t asker_restarts(const struct asker *a);

/* Its process; 0 while there is none. */
pid_t asker_pid(const struct asker *a);

/* It cannot serve, said why, and starting it again will not help until something is changed. */
bool asker_has_failed(const struct asker *a);

#endif
