/*
 * A role that another process starts, configures and hears, and starts again
 * where it dies: after a second, doubled with each that dies without having done
 * anything, up to five minutes.
 *
 * Never waits for it. Owns its process and the socket to it; what is said on it
 * is its user's affair, but for how the sandbox came out and why the role cannot
 * serve.
 */
#ifndef MONITOR_ROLE_WARD_H
#define MONITOR_ROLE_WARD_H

#include "monitor/role/channel.h"
#include "monitor/role/starter.h"

#define WARD_AGAIN     1000   /* milliseconds until a dead one has a successor */
#define WARD_AGAIN_MAX 300000 /* ... doubled with each that dies without an answer */

struct ward_config {
	const struct starter *starter; /* who starts it; NULL: this process itself */
	const char *role;              /* its name in the table of roles */
	const char *task;              /* "looks policies up": cannot start what ... */
	const char *loss;              /* "what it was asked is lost": told where it dies */
	size_t held;                   /* bytes that it need not have taken yet */
	/* Tell it what it needs to know, first of all; false, after a message, where that fails. */
	bool (*configure)(void *ctx, struct channel *c);
	/* A message of one that is ready; false: it may not say that, and is ended. */
	bool (*take)(void *ctx, enum message type, struct bytes body);
	/* It is gone, with all that it had not answered. */
	void (*lost)(void *ctx);
	/* A line for people is to follow; NULL: nobody asks. */
	void (*speaks)(void *ctx);
	void *ctx;
};

/* Its members are ward.c's; channel is NULL while there is none, and process.pid 0. */
struct ward {
	struct ward_config config;
	struct role_process process;
	struct channel *channel;
	bool is_ready;     /* it has closed itself in */
	bool has_failed;   /* it gave a reason, and starting it again will not help */
	unsigned failures; /* in a row, without anything done between */
	int64_t again;     /* when to start another one, milliseconds */
	uint64_t starts;
};

/* Starts it. False, after a message, where that is not to be. config is copied. */
bool ward_begin(struct ward *w, const struct ward_config *config);

/* Ends it, and lost is not called; nothing is left to be freed. */
void ward_end(struct ward *w);

/* To be polled for reading, and for writing where ward_wants_out; -1 while there is none. */
int ward_descriptor(const struct ward *w);
bool ward_wants_out(const struct ward *w);

/* Milliseconds until ward_run is to be called at the latest; -1: none. */
int ward_wait(const struct ward *w);

/* Send and hear what there is, and start another one where it is time. */
void ward_run(struct ward *w);

/* It does its work; and how often it was started again. */
bool ward_is_up(const struct ward *w);
uint64_t ward_restarts(const struct ward *w);

/* It has done something: the next that dies has a successor soon. */
void ward_did(struct ward *w);

/* End it, for it does not do what it should, as complaint says; another one follows. */
void ward_replace(struct ward *w, const char *complaint);

/* It asked for a successor, which follows in WARD_AGAIN; lost is not called. */
void ward_renew(struct ward *w);

#endif
