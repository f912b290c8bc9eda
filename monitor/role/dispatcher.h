/*
 * The keeper's end of the courier, and of the runner where a sink takes programs:
 * starts them, gives them what is to be sent, hears what became of it, and starts
 * another one where one dies.
 *
 * Never waits for them. Owns the processes and the sockets; knows neither the
 * database nor what is in an alert. What was given and not answered when a
 * courier dies is told, so that it is given again: at least once.
 */
#ifndef MONITOR_ROLE_DISPATCHER_H
#define MONITOR_ROLE_DISPATCHER_H

#include "monitor/alert/send.h"
#include "monitor/role/starter.h"

struct dispatcher_config {
	const struct starter *starter; /* who starts it; NULL: this process itself */
	const struct sinks *sinks;     /* borrowed as long as the dispatcher lives */
	const char *user;              /* that the courier becomes; NULL: the usual one */
	/* What became of a delivery; why is printable, and of length 0 where it was sent. */
	void (*told)(void *ctx, int64_t delivery, enum dispatched how, const char *why);
	void *ctx;
};

struct dispatcher;

/* Starts a courier. NULL, after a message, where that is not to be. config is copied. */
struct dispatcher *dispatcher_new(const struct dispatcher_config *config);

/* Ends it; what it has not answered is not told. NULL does nothing. */
void dispatcher_free(struct dispatcher *d);

/*
 * Have it sent to that sink (index into sinks); delivery is above 0. One is under way
 * for each sink at a time, so that they arrive in order; false where there is one, where
 * the sink asked to be left alone for a while (up to SEND_WAIT_MAX), or no courier now.
 */
bool dispatcher_give(struct dispatcher *d, int64_t delivery, size_t sink, struct bytes payload);
bool dispatcher_is_free(const struct dispatcher *d, size_t sink);

/* To be polled for reading: that there is something to be written shows there as well. */
int dispatcher_descriptor(const struct dispatcher *d);

/* Milliseconds until dispatcher_run is to be called at the latest; -1: none. */
int dispatcher_wait(const struct dispatcher *d);

/* Send and hear what there is, and start another one where it is time. */
void dispatcher_run(struct dispatcher *d);

#define DISPATCHER_PROCESSES 2

/* How one of its processes does. */
struct dispatcher_process {
	const char *role;
	bool is_up; /* it does its work */
	uint64_t restarts;
};

/* Of those that its sinks need; returns how many. */
size_t dispatcher_processes(const struct dispatcher *d,
			    struct dispatcher_process out[DISPATCHER_PROCESSES]);

/* The courier's process, and the runner's; 0 while there is none. */
pid_t dispatcher_pid(const struct dispatcher *d);
pid_t dispatcher_runner_pid(const struct dispatcher *d);

#endif
