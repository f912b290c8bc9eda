/*
 * Sending to one sink: what all ways of it have in common.
 *
 * Nothing here waits. A way opens what it needs before its process is closed in,
 * then takes one payload at a time, is stepped when its descriptor is ready or its
 * time has come, and ends with an outcome. Knows nothing of what it sends; never
 * repeats a secret.
 */
#ifndef MONITOR_ALERT_SEND_H
#define MONITOR_ALERT_SEND_H

#include <poll.h>

#include "monitor/alert/resolve.h"
#include "monitor/alert/sink.h"

#define DISPATCH_PAYLOAD_MAX ((size_t)256 << 10) /* bytes of one */
#define DISPATCH_WHY_MAX     248                 /* bytes of a line, NUL included */
#define SEND_WAIT_MAX        3600                /* seconds that a sink may ask for */

enum dispatched {
	DISPATCH_SENT,    /* the sink took it */
	DISPATCH_LATER,   /* it could not now: to be tried again, why is told */
	DISPATCH_REFUSED, /* it never will take this one, as 400 Bad Request says */
	DISPATCH_LOST     /* the courier died: perhaps it was sent */
};

struct send_outcome {
	enum dispatched how;
	uint32_t wait;              /* seconds that the sink asks to be left alone */
	bool wants_renewal;         /* what was opened is of no use any more */
	char why[DISPATCH_WHY_MAX]; /* empty where it was sent */
};

struct send;

struct send_way {
	/* Before its process is closed in. What fails is kept for the outcome of each payload. */
	void (*open)(struct send *s);
	/* Begin with s->payload; may finish at once. */
	void (*begin)(struct send *s);
	/* Its descriptor is ready, or s->wake has come. */
	void (*step)(struct send *s);
	/* The time is over: let go of what is under way; may finish, where it can say why. */
	void (*give_up)(struct send *s);
	void (*close)(struct send *s);
};

/* What all of one process share. */
struct send_means {
	struct resolve *resolve;
	struct webhooks *webhooks;
	const char *user; /* that programs run as where their sink names none */
};

struct send {
	const struct sink *sink;
	const struct send_way *way;
	const struct send_means *means;
	void *own; /* the way's */
	bool is_busy;
	struct bytes payload; /* owned; while it is busy */
	int64_t deadline;     /* milliseconds of the steady clock */
	int64_t wake;         /* likewise: to be stepped then; 0: not for the time's sake */
	int descriptor;       /* to be waited for; -1: none */
	short events;
	bool was_replaced; /* what was opened for it is not what its name leads to any more */
	struct send_outcome outcome;
};

/* The way to a sink of this type; whether it takes programs, which a runner alone executes. */
const struct send_way *send_way_of(const struct sink *s);
bool send_takes_program(const struct sink *s);

/* It is over; why is a format, made printable and cut; NULL where it was sent. */
__attribute__((format(printf, 3, 4))) void send_finish(struct send *s, enum dispatched how,
						       const char *why, ...);

/* The same, and what was opened when the process began is to be opened anew. */
__attribute__((format(printf, 2, 3))) void send_finish_stale(struct send *s, const char *why, ...);

#endif
