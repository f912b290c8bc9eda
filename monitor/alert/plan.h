/*
 * What of an outbox is to be sent now, what is held back and for how long, and
 * when what failed is tried again.
 *
 * Pure: the time is given, what waits is given, and it decides; writes and sends
 * nothing. Sinks that keep a state (Alertmanager) know neither rate nor quiet
 * hours: they group and silence by themselves, and have to know what is open.
 */
#ifndef MONITOR_ALERT_PLAN_H
#define MONITOR_ALERT_PLAN_H

#include "db/outbox.h"
#include "db/retain.h"
#include "monitor/alert/sink.h"

#define PLAN_AGAIN     INT64_C(1000000)   /* microseconds until a second try; doubled each time */
#define PLAN_AGAIN_MAX INT64_C(900000000) /* ... to a quarter of an hour */
#define PLAN_GIVE_UP   (7 * RETAIN_DAY)   /* an alert this old is given up when it fails again */

/* A sink that keeps a state is told what is open that often, which is to stand there for longer. */
#define PLAN_RENEW INT64_C(1200000000)

/* Microseconds: of the system's clock since the epoch, and of one that is never set. */
struct plan_time {
	int64_t wall, steady;
};

/* How a sink does. All zero: well. */
struct plan_health {
	unsigned failures;  /* in a row */
	int64_t not_before; /* by the clock that is never set */
};

/* It took a delivery, or refused that one alone; or it could take none. */
void plan_well(struct plan_health *h);
void plan_unwell(struct plan_health *h, int64_t steady);

/* Microseconds until a delivery that failed so often before, and now again, is tried again. */
int64_t plan_again(int64_t tries);

/* Whether one that failed now is given up. */
bool plan_gives_up(const struct outbox_delivery *d, int64_t now);

/* Whether at this time only what is critical is sent. */
bool plan_is_quiet(const struct sink *sink, int64_t now);

enum plan {
	PLAN_SEND,
	PLAN_HOLD_RATE,  /* it is held back, to be summed up: the rate is used up */
	PLAN_HOLD_QUIET, /* likewise: in quiet hours */
	PLAN_WAIT        /* the sink is unwell; or it is a summary, which has to wait for room */
};

/*
 * What is to become of a delivery that is due. usage is of the sink's last span. A
 * quarter of the rate is left to what is critical, so that nothing else uses it up.
 */
enum plan plan_delivery(const struct sink *sink, const struct plan_health *health,
			const struct outbox_usage *usage, const struct outbox_delivery *d,
			const struct plan_time *now);

enum plan_held {
	PLAN_KEEP,    /* it stays held back */
	PLAN_RELEASE, /* it waits again: of a single one there is no need of a summary */
	PLAN_SUM_UP
};

/* What is to become of what is held back. */
enum plan_held plan_held(const struct sink *sink, const struct outbox_usage *usage, int64_t now);

#endif
