/*
 * The tables alerts, deliveries and standing: what sinks are to be told, what
 * they were told, and what counts as open with those that keep a state.
 *
 * An alert is written in the transaction of the incident that it is of, with a
 * delivery for each sink, by its name. Deliveries of one incident to one sink
 * are taken in their order. That an incident is over (closed, or part of a
 * surge) is written by a trigger, whoever closes it. Decides nothing of when
 * what is sent (monitor/alert/plan.h), knows no sink but by name, and asks no
 * clock but in that trigger.
 */
#ifndef DB_OUTBOX_H
#define DB_OUTBOX_H

#include "db/session.h"

#define OUTBOX_WHY_MAX  256  /* bytes of why a delivery failed, NUL included */
#define OUTBOX_SINK_MAX 64   /* bytes of a sink's name, NUL included */
#define OUTBOX_URGENT   (-1) /* next_try of what a person wants tried at once */

/* As stored, and in the order of enum alert_event. */
enum outbox_event {
	OUTBOX_OPENED,
	OUTBOX_RAISED,
	OUTBOX_REOPENED,
	OUTBOX_CLOSED,
	OUTBOX_RENEWED,
	OUTBOX_SUMMARY
};

struct outbox_alert {
	int64_t id; /* filled in */
	enum outbox_event event;
	int64_t at;                          /* microseconds since the epoch */
	int64_t incident;                    /* 0: none */
	enum severity_rank severity, before; /* before: OUTBOX_RAISED: what it was */
	int64_t held_back;                   /* OUTBOX_SUMMARY: alerts that it stands for */
	int64_t held_since;                  /* ... when the first of them was */
};

struct outbox_sink {
	const char *name;
	bool keeps_state; /* it is to hear when the incident is over, and that it is not */
};

/*
 * Write an alert for these sinks, in a transaction. What still waits of the incidents that a
 * surge sums up is summed up with it. No sink: nothing is written.
 */
bool outbox_add(struct store *s, struct outbox_alert *alert, int64_t sensor_id,
		const struct outbox_sink *sinks, size_t count);

/* One alert for one sink, that waits. */
struct outbox_delivery {
	int64_t id, alert, incident; /* incident is 0 where there is none */
	enum outbox_event event;
	enum severity_rank severity;
	int64_t at;    /* of the alert */
	int64_t tries; /* so far */
	int64_t next_try;
};

/*
 * The deliveries to that sink that may be tried at that time, the longest due first, none before
 * an earlier one of its incident. room holds most of them. False where the database failed.
 */
bool outbox_due(struct store *s, const char *sink, int64_t now, struct outbox_delivery *room,
		size_t most, size_t *count);

/* Likewise of all sinks: when the next may be tried; INT64_MAX: none waits. */
bool outbox_next(struct store *s, const char *sink, int64_t *next_try);

/* From and to: microseconds since the epoch, the first of them not in it. */
struct outbox_span {
	int64_t since, until;
};

/*
 * What a sink took in a span, and what is held back from it. What it took by a clock that was
 * ahead is in no span that ends now.
 */
struct outbox_usage {
	int64_t sent;   /* alerts of an incident that opened, rose or opened again, and summaries */
	int64_t oldest; /* when the first of these was; 0: none */
	int64_t held;
	int64_t held_since;         /* when the first alert held was; 0: none */
	enum severity_rank gravest; /* of these */
};
bool outbox_usage(struct store *s, const char *sink, const struct outbox_span *span,
		  struct outbox_usage *out);

/* The alert with this id; its id is 0 where there is none. sensor: OUTBOX_SINK_MAX + 1 bytes. */
bool outbox_read(struct store *s, int64_t id, struct outbox_alert *out, char *sensor,
		 size_t sensor_size);

/* ---- What became of it: each in a transaction. A delivery that is gone is no failure. ---- */

/* The sink took it. What was held back of its incident before is told by it. */
bool outbox_sent(struct store *s, int64_t delivery, int64_t now);
/* To be tried again at next_try. */
bool outbox_later(struct store *s, int64_t delivery, int64_t next_try, const char *why);
/* It is given up. */
bool outbox_failed(struct store *s, int64_t delivery, int64_t now, const char *why);
/* It is held back, for a summary. */
bool outbox_hold(struct store *s, int64_t delivery, const char *why);
/* What is held back from a sink waits again: it need not be summed up. */
bool outbox_release(struct store *s, const char *sink, int64_t now);
/* What is held back from a sink is summed up in an alert of its own, which waits. */
bool outbox_sum_up(struct store *s, const char *sink, int64_t now);

/* Whether something stands open with a sink that heard of it before that time last. */
bool outbox_has_stale(struct store *s, const char *sink, int64_t before);

/*
 * Have told again what stands open with a sink that heard of it before that time last, and
 * to which nothing of it waits: at most so many. *count: how many there were.
 */
bool outbox_renew(struct store *s, const char *sink, int64_t before, int64_t now, int64_t most,
		  int64_t *count);

/* What stands with a sink: it is open there, or was until it was muted. Text is borrowed. */
struct outbox_standing {
	int64_t incident;
	bool is_hushed;
	enum severity_rank severity;
	const char *kind, *client, *server, *domain; /* "": not known, or several */
};
bool outbox_walk_standing(struct store *s, const char *sink,
			  void (*tell)(void *ctx, const struct outbox_standing *at), void *ctx);

/*
 * Have a sink told that an incident which stands with it is over, for it is muted; and that
 * it is open after all: it is stale then. Each in a transaction. What is raised or reopened
 * meanwhile is hushed no more.
 */
bool outbox_hush(struct store *s, const char *sink, int64_t incident, enum severity_rank severity,
		 int64_t now);
bool outbox_unhush(struct store *s, const char *sink, int64_t incident);

/* What is to be tried later than that is to be tried now: the clock was set back. */
bool outbox_wake(struct store *s, int64_t later_than, int64_t now);

/* What was given up of an alert, or of all (id 0), waits again, to be tried at once. *count:
 * how many; one that waits already counts, too. A transaction of its own. */
bool outbox_retry(struct store *s, int64_t alert, int64_t *count);

/* Tell each sink that something waits for, and how much. */
bool outbox_walk_sinks(struct store *s, void (*tell)(void *ctx, const char *sink, int64_t waiting),
		       void *ctx);

/*
 * Remove some of the alerts of before a time, in a transaction, but those that wait since after
 * the other. *is_more is set where there may be others.
 */
bool outbox_forget(struct store *s, int64_t before, int64_t waiting_before, bool *is_more);

#endif
