/*
 * The alerts of a keeper; see alerting.h.
 *
 * What is read is read without a transaction; the first thing to be written begins
 * one, which is committed at the end of a run. Where that fails nothing of the run
 * counts: what was answered is still to be marked, and nothing new was given.
 */
#include "monitor/role/alerting.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/outbox.h"
#include "monitor/alert/compose.h"
#include "monitor/alert/hush.h"
#include "monitor/alert/queue.h"
#include "monitor/clock.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/role/turn.h"
#include "monitor/tend.h"

#define LOOK_MS    1000 /* others write to the outbox, too */
#define BUSY_MS    100  /* until what another process locked is tried again */
#define DUE_MOST   16   /* deliveries of one sink that are looked at, at a time */
#define ROUNDS     8    /* ... so often in a run */
#define RENEW_MOST 64
#define SET_BACK   INT64_C(1000000) /* microseconds: less is how clocks are kept right */
#define HOST_MAX   256

/* What is under way to one sink. */
struct slot {
	struct outbox_delivery delivery; /* its id is 0: none */
	bool is_answered;
	enum dispatched how;
	char why[DISPATCH_WHY_MAX];
	struct plan_health health;
};

struct alerting {
	const struct sinks *sinks;
	struct dispatcher *dispatcher;
	struct turns *turns;    /* NULL: nobody else serves these sinks */
	bool served[SINKS_MAX]; /* by this one, as of the run */
	struct slot slots[SINKS_MAX];
	struct plan_time now;    /* of the run; both are 0 before the first */
	struct tend_clock clock; /* to which ages count: one that jumps ahead gives nothing up */
	int64_t due;             /* of the next look, by the clock that is never set */
	bool is_ending, has_failed;
	bool has_begun, was_set_back;
	struct hush hush;
	char host[HOST_MAX];
};

/* ---- From start to end ---- */

static void
on_told(void *ctx, int64_t delivery, enum dispatched how, const char *why)
{
	struct alerting *a = ctx;

	for (size_t i = 0; i < a->sinks->count; i++) {
		struct slot *slot = &a->slots[i];

		if (slot->delivery.id != delivery || slot->is_answered)
			continue;
		slot->is_answered = true;
		slot->how = how;
		snprintf(slot->why, sizeof(slot->why), "%s", why == NULL ? "" : why);
		return;
	}
}

struct alerting *
alerting_new(const struct starter *starter, const char *user, const struct sinks *sinks,
	     const struct mutes *mutes)
{
	struct alerting *a = calloc(1, sizeof(*a));
	const struct dispatcher_config config = {
	    .starter = starter, .sinks = sinks, .user = user, .told = on_told, .ctx = a};

	if (a == NULL) {
		log_error("out of memory");
		return NULL;
	}
	a->sinks = sinks;
	a->hush.muting = MUTING_NONE;
	a->hush.muting.configured = mutes;
	a->hush.served = a->served;
	if (gethostname(a->host, sizeof(a->host) - 1) != 0)
		a->host[0] = '\0';
	a->dispatcher = dispatcher_new(&config);
	if (a->dispatcher != NULL)
		return a;
	free(a);
	return NULL;
}

void
alerting_share(struct alerting *a, const char *db)
{
	a->turns = turns_new(db);
}

void
alerting_free(struct alerting *a)
{
	if (a == NULL)
		return;
	dispatcher_free(a->dispatcher);
	turns_free(a->turns);
	hush_free(&a->hush);
	free(a);
}

void
alerting_stir(struct alerting *a)
{
	a->due = 0;
}

void
alerting_end_soon(struct alerting *a)
{
	a->is_ending = true;
}

bool
alerting_wants_store(const struct alerting *a)
{
	for (size_t i = 0; i < a->sinks->count; i++)
		if (a->slots[i].is_answered)
			return true;
	return false;
}

bool
alerting_is_idle(const struct alerting *a)
{
	for (size_t i = 0; i < a->sinks->count; i++)
		if (a->slots[i].delivery.id != 0)
			return false;
	return true;
}

size_t
alerting_processes(const struct alerting *a, struct dispatcher_process out[DISPATCHER_PROCESSES])
{
	return dispatcher_processes(a->dispatcher, out);
}

int
alerting_descriptor(const struct alerting *a)
{
	return dispatcher_descriptor(a->dispatcher);
}

int
alerting_wait(const struct alerting *a)
{
	const int wait = dispatcher_wait(a->dispatcher);
	const int64_t look = (a->due - a->now.steady) / 1000;

	if (look <= 0)
		return 0;
	return wait >= 0 && wait < look ? wait : (int)look;
}

/* ---- Marking ---- */

/* The database failed: told once, until it does not. What was written of a run is gone. */
static void
fail(struct alerting *a, struct store *s)
{
	if (!a->has_failed)
		log_error("alerts: %s (tried again)", store_error(s));
	a->has_failed = true;
	a->due = a->now.steady + LOOK_MS * INT64_C(1000);
	store_rollback(s);
}

/* Whether something may be written now; where another process does, soon. */
static bool
may_write(struct alerting *a, struct store *s)
{
	if (store_is_in_transaction(s))
		return true;
	switch (store_begin_now(s)) {
	case MAYBE_YES:
		return true;
	case MAYBE_NO:
		a->due = a->now.steady + BUSY_MS * INT64_C(1000);
		return false;
	case MAYBE_NULL:
		break;
	}
	fail(a, s);
	return false;
}

/* What a person is to hear: the first failure, and what is given up. */
static void
tell_failure(const struct sink *sink, const struct slot *slot, bool is_given_up)
{
	const int64_t alert = slot->delivery.alert;

	if (is_given_up)
		log_error("sink %s: alert %" PRId64 " is given up: %s (waxseal alert retry %" PRId64
			  " tries it again)",
			  sink->name, alert, slot->why, alert);
	else if (slot->health.failures == 1)
		log_error("sink %s: takes nothing: %s (what waits is sent when it does; waxseal "
			  "alert list shows it)",
			  sink->name, slot->why);
}

static bool
gives_up(struct alerting *a, const struct slot *slot)
{
	return plan_gives_up(&slot->delivery,
			     tend_clock_time(&a->clock, a->now.wall, a->now.steady));
}

static bool
mark_failure(const struct alerting *a, struct store *s, const struct slot *slot, bool is_given_up)
{
	const struct outbox_delivery *d = &slot->delivery;
	const int64_t now = a->now.wall;

	return is_given_up ? outbox_failed(s, d->id, now, slot->why)
			   : outbox_later(s, d->id, now + plan_again(d->tries), slot->why);
}

/* Whether the delivery is of this database: another may have its name by now. */
static bool
find_alert(struct store *s, const struct outbox_delivery *d, bool *is_found)
{
	struct outbox_alert alert;
	char sensor[1]; /* not asked for */

	if (!outbox_read(s, d->alert, &alert, sensor, sizeof(sensor)))
		return false;
	*is_found = alert.id != 0 && alert.at == d->at;
	return true;
}

static bool
mark(struct alerting *a, struct store *s, const struct slot *slot)
{
	bool is_found;

	if (!find_alert(s, &slot->delivery, &is_found))
		return false;
	if (!is_found)
		return true;
	switch (slot->how) {
	case DISPATCH_SENT:
		return outbox_sent(s, slot->delivery.id, a->now.wall);
	case DISPATCH_REFUSED:
		return mark_failure(a, s, slot, true);
	case DISPATCH_LATER:
	case DISPATCH_LOST:
		break;
	}
	return mark_failure(a, s, slot, gives_up(a, slot));
}

/* What was answered is marked and on record: the sink may have the next one. */
static void
settle(struct alerting *a, size_t sink)
{
	struct slot *slot = &a->slots[sink];

	switch (slot->how) {
	case DISPATCH_SENT:
		if (slot->health.failures > 0)
			log_note("sink %s: takes alerts again", a->sinks->at[sink].name);
		plan_well(&slot->health);
		break;
	case DISPATCH_REFUSED:
		plan_well(&slot->health);
		tell_failure(&a->sinks->at[sink], slot, true);
		break;
	case DISPATCH_LATER:
	case DISPATCH_LOST:
		plan_unwell(&slot->health, a->now.steady);
		tell_failure(&a->sinks->at[sink], slot, gives_up(a, slot));
		break;
	}
	slot->delivery.id = 0;
	slot->is_answered = false;
}

static bool
commit(struct alerting *a, struct store *s)
{
	if (!store_is_in_transaction(s))
		return true;
	if (!store_commit(s)) {
		fail(a, s);
		return false;
	}
	a->has_failed = false;
	return true;
}

/* Whether all that was answered is on record now. */
static bool
mark_answers(struct alerting *a, struct store *s)
{
	if (!alerting_wants_store(a))
		return true;
	if (!may_write(a, s))
		return false;
	for (size_t i = 0; i < a->sinks->count; i++)
		if (a->slots[i].is_answered && !mark(a, s, &a->slots[i])) {
			fail(a, s);
			return false;
		}
	if (!commit(a, s))
		return false;
	for (size_t i = 0; i < a->sinks->count; i++)
		if (a->slots[i].is_answered)
			settle(a, i);
	a->due = 0;
	return true;
}

/* ---- Giving ---- */

/* Have it sent; *is_bad: it cannot be written, whenever. */
static bool
give(struct alerting *a, struct store *s, size_t sink, const struct outbox_delivery *d,
     bool *is_bad)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	const struct composing how = {
	    .sink = &a->sinks->at[sink], .host = a->host, .now = a->now.wall};
	enum composed composed = COMPOSED_FAILED;
	bool is_given = false;

	if (out != NULL) {
		composed = compose(s, d->alert, &how, out);
		if (fclose(out) != 0)
			composed = COMPOSED_FAILED;
	}
	*is_bad = composed == COMPOSED_NOT || (composed == COMPOSED && size > DISPATCH_PAYLOAD_MAX);
	if (composed == COMPOSED && !*is_bad) {
		a->slots[sink].delivery = *d; /* it may be told before this returns */
		is_given = dispatcher_give(a->dispatcher, d->id, sink,
					   (struct bytes){(const uint8_t *)text, size});
		if (!is_given)
			a->slots[sink].delivery.id = 0;
	}
	free(text);
	return is_given;
}

/* What of one sink's outbox was looked at in a round. */
struct round {
	const struct sink *sink;
	struct outbox_usage usage;
	struct outbox_delivery due[DUE_MOST];
	size_t count;
	const struct outbox_delivery *next; /* to be sent; NULL: none */
	bool has_written;                   /* so that there may be more to see */
};

static bool
see_to_held(struct alerting *a, struct store *s, struct round *r)
{
	const int64_t now = a->now.wall;

	switch (plan_held(r->sink, &r->usage, now)) {
	case PLAN_KEEP:
		return true;
	case PLAN_RELEASE:
		r->has_written = true;
		return may_write(a, s) && outbox_release(s, r->sink->name, now);
	case PLAN_SUM_UP:
		r->has_written = true;
		return may_write(a, s) && outbox_sum_up(s, r->sink->name, now);
	}
	return true;
}

static bool
see_to_due(struct alerting *a, struct store *s, struct round *r, const struct plan_health *health)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct outbox_delivery *d = &r->due[i];
		enum plan plan = plan_delivery(r->sink, health, &r->usage, d, &a->now);

		if (plan == PLAN_SEND && r->next == NULL)
			r->next = d;
		if (plan != PLAN_HOLD_RATE && plan != PLAN_HOLD_QUIET)
			continue;
		r->has_written = true;
		if (!may_write(a, s) ||
		    !outbox_hold(s, d->id,
				 plan == PLAN_HOLD_RATE ? "beyond the rate: to be summed up"
							: "quiet hours: to be summed up"))
			return false;
	}
	return true;
}

/* One look at what a sink is to have. False: it cannot be gone on with now. */
static bool
look_once(struct alerting *a, struct store *s, size_t sink, struct round *r)
{
	const struct outbox_span span = {
	    .since = a->now.wall - a->sinks->at[sink].rate_span,
	    .until = a->now.wall,
	};

	*r = (struct round){.sink = &a->sinks->at[sink]};
	return outbox_usage(s, r->sink->name, &span, &r->usage) && see_to_held(a, s, r) &&
	       outbox_due(s, r->sink->name, a->now.wall, r->due, DUE_MOST, &r->count) &&
	       see_to_due(a, s, r, &a->slots[sink].health);
}

/* A look, and another where the first held back what it saw; what is to be sent stands in r. */
static bool
look(struct alerting *a, struct store *s, size_t sink, struct round *r)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (!look_once(a, s, sink, r))
			return false;
		if (!r->has_written || r->next != NULL)
			return true;
	}
	a->due = 0; /* there may be more */
	return true;
}

static bool
renew(struct alerting *a, struct store *s, const struct sink *sink)
{
	const int64_t now = a->now.wall;
	int64_t count;

	if (!queue_keeps_state(sink) || !outbox_has_stale(s, sink->name, now - PLAN_RENEW))
		return true;
	return may_write(a, s) &&
	       outbox_renew(s, sink->name, now - PLAN_RENEW, now, RENEW_MOST, &count);
}

/* It cannot be written: nobody can be sent it. */
static bool
give_up(struct alerting *a, struct store *s, const struct sink *sink,
	const struct outbox_delivery *d)
{
	static const char why[] = "cannot be written for this sink";

	log_error("sink %s: alert %" PRId64 " is given up: it %s (please report it)", sink->name,
		  d->alert, why);
	return may_write(a, s) && outbox_failed(s, d->id, a->now.wall, why) && commit(a, s);
}

/* What another watch of this database serves is its own. */
static bool
is_served_here(const struct alerting *a, size_t sink)
{
	return a->turns == NULL || turns_take(a->turns, a->sinks->at[sink].name);
}

static bool
serve(struct alerting *a, struct store *s, size_t sink)
{
	struct round r;
	bool is_bad;

	if (a->slots[sink].delivery.id != 0 || !a->served[sink])
		return true;
	if (!renew(a, s, &a->sinks->at[sink]) || !look(a, s, sink, &r))
		return false;
	/* What is given is in the file as it is given. */
	if (!commit(a, s))
		return false;
	if (r.next == NULL || !dispatcher_is_free(a->dispatcher, sink) ||
	    give(a, s, sink, r.next, &is_bad) || !is_bad)
		return true;
	return give_up(a, s, r.sink, r.next);
}

/* What was muted while it stands open with a sink is over there. */
static bool
see_to_mutes(struct alerting *a, struct store *s)
{
	struct hush_change changes[HUSH_MOST];
	size_t count;

	if (!hush_is_due(&a->hush, s, a->sinks, a->now.wall))
		return true;
	if (!hush_find(&a->hush, s, a->sinks, a->now.wall, changes, &count))
		return false;
	if (count == 0 ||
	    (may_write(a, s) && hush_apply(s, changes, count, a->now.wall) && commit(a, s)))
		return true;
	hush_again(&a->hush);
	return false;
}

static void
tell_stranger(void *ctx, const char *name, int64_t waiting)
{
	const struct alerting *a = ctx;

	for (size_t i = 0; i < a->sinks->count; i++)
		if (strcmp(a->sinks->at[i].name, name) == 0)
			return;
	log_note("sink %s: is not configured, and %s for it wait (they are sent when it is, or go "
		 "with their age)",
		 name, counted((uint64_t)waiting, "alert").text);
}

/* Once: what waits for nobody, and what a clock that was set back meanwhile keeps waiting. */
static bool
begin(struct alerting *a, struct store *s)
{
	if (a->has_begun)
		return true;
	if (!outbox_walk_sinks(s, tell_stranger, a) || !may_write(a, s) ||
	    !outbox_wake(s, a->now.wall + 2 * PLAN_AGAIN_MAX, a->now.wall) || !commit(a, s))
		return false;
	a->has_begun = true;
	return true;
}

/* What waits for a time that the clock was set back from, perhaps by years, waits no longer. */
static bool
wake(struct alerting *a, struct store *s)
{
	if (!a->was_set_back)
		return true;
	if (!may_write(a, s) || !outbox_wake(s, a->now.wall, a->now.wall) || !commit(a, s))
		return false;
	a->was_set_back = false;
	return true;
}

static void
look_at_clock(struct alerting *a, const struct plan_time *now)
{
	const bool is_first = a->now.steady == 0;

	if (is_first)
		a->clock = tend_clock(now->wall, now->steady);
	else if (now->wall - a->now.wall < now->steady - a->now.steady - SET_BACK)
		a->was_set_back = true;
	a->now = *now;
}

void
alerting_run(struct alerting *a, struct store *store, const struct plan_time *now)
{
	bool is_good;

	look_at_clock(a, now);
	dispatcher_run(a->dispatcher);
	/* Without it nothing can be done, however urgent. */
	if ((store == NULL || a->is_ending) && a->due < now->steady + BUSY_MS * INT64_C(1000))
		a->due = now->steady + BUSY_MS * INT64_C(1000);
	if (store == NULL || !mark_answers(a, store) || a->is_ending || now->steady < a->due)
		return;
	a->due = now->steady + LOOK_MS * INT64_C(1000);
	for (size_t i = 0; i < a->sinks->count; i++)
		a->served[i] = is_served_here(a, i);
	is_good = begin(a, store) && wake(a, store) && see_to_mutes(a, store);
	for (size_t i = 0; is_good && i < a->sinks->count; i++)
		is_good = serve(a, store, i);
	/* Where it is locked it is soon tried again, and nothing was written. */
	if (!is_good && a->due > a->now.steady + BUSY_MS * INT64_C(1000))
		fail(a, store);
}

/* ---- At the end ---- */

static struct plan_time
time_now(void)
{
	return (struct plan_time){.wall = clock_wall(), .steady = clock_steady_us()};
}

/* Whether something could be given now to a sink that is well. */
static bool
has_due(const struct alerting *a, struct store *s)
{
	for (size_t i = 0; i < a->sinks->count; i++) {
		int64_t next_try;

		if (a->now.steady >= a->slots[i].health.not_before && a->served[i] &&
		    outbox_next(s, a->sinks->at[i].name, &next_try) && next_try <= a->now.wall)
			return true;
	}
	return false;
}

static void
wait_for_it(const struct alerting *a)
{
	struct pollfd end = {.fd = alerting_descriptor(a), .events = POLLIN};
	const int wait = alerting_wait(a);

	poll(&end, 1, wait < BUSY_MS ? wait : BUSY_MS);
}

void
alerting_finish(struct alerting *a, struct store *store, int64_t give_ms, int64_t wait_ms)
{
	const int64_t began = clock_steady();

	for (;;) {
		const struct plan_time now = time_now();
		const int64_t passed = clock_steady() - began;

		if (passed >= give_ms)
			alerting_end_soon(a);
		alerting_stir(a);
		alerting_run(a, store, &now);
		if (passed >= give_ms + wait_ms ||
		    (alerting_is_idle(a) && (a->is_ending || !has_due(a, store))))
			return;
		wait_for_it(a);
	}
}

void
alerting_tend(struct alerting *a, struct store *store)
{
	const struct plan_time now = time_now();

	alerting_run(a, store, &now);
}
