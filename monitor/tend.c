/*
 * Where nothing was left to do, the next look is after some seconds or so many
 * sessions; where something was, after each batch. What was added sets how many
 * steps may follow: else a fast capture would outrun what removes.
 */
#include "monitor/tend.h"
#include "monitor/clock.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOK_MS       10000
#define BUSY_MS       1000
#define RESTART_MS    3600000  /* sessions added out of their order wait so long */
#define TELL_AGAIN_MS 86400000 /* that it is too large */
#define LOOK_ADDED    2000     /* sessions */
#define ADDED_A_STEP  32       /* a step removes twice as many */
#define STEPS_MAX     64
#define SPARED        (RETAIN_DAY / 24)

#define SLACK    INT64_C(3600000000)  /* microseconds: what a clock may be ahead of itself */
#define STANDING INT64_C(86400000000) /* then it must have been so for so long */

struct tend_clock
tend_clock(int64_t wall, int64_t steady)
{
	return (struct tend_clock){.believed = wall, .at = steady};
}

int64_t
tend_clock_time(struct tend_clock *c, int64_t wall, int64_t steady)
{
	int64_t expected = c->believed + (steady - c->at);

	if (wall > expected + SLACK) {
		if (c->ahead == 0)
			c->ahead = steady;
		if (steady - c->ahead < STANDING)
			return expected;
	}
	*c = tend_clock(wall, steady);
	return wall;
}

/*
 * Ages count from here. A capture's clock is never ahead of ours. On a tap the
 * newest session vouches for the clock, to begin with.
 */
static int64_t
reference(struct tending *t, struct store *s)
{
	const int64_t wall = clock_wall(), steady = clock_steady_us();
	int64_t newest;

	if (!t->is_by_newest && t->has_clock)
		return tend_clock_time(&t->clock, wall, steady);
	newest = retain_newest(s);
	newest = newest < wall ? newest : wall;
	t->clock = tend_clock(newest != INT64_MIN ? newest : wall, steady);
	t->has_clock = true;
	return newest;
}

void
tend_begin(struct tending *t, const struct retain_limits *limits, bool is_by_newest)
{
	*t = (struct tending){.is_by_newest = is_by_newest};
	t->is_on = limits->sessions > 0 || limits->evidence > 0 || limits->incidents > 0 ||
		   limits->bytes > 0;
	retain_begin(&t->retain, limits, INT64_MIN);
	t->retain.spared = SPARED;
	t->restarted = clock_steady();
	t->tried = t->restarted - LOOK_MS;
}

static void
complain(struct tending *t, const char *why)
{
	snprintf(t->complaint, sizeof(t->complaint), "%s", why);
	t->is_fresh = true;
}

static void
complain_of_size(struct tending *t, struct store *s, int64_t now)
{
	if (t->told != 0 && now - t->told < TELL_AGAIN_MS)
		return;
	t->told = now;
	snprintf(t->complaint, sizeof(t->complaint),
		 "%s: takes %" PRId64 " bytes, more than the %" PRId64 " of keep-size, and nothing "
		 "else may go: counts, incidents, what is known of servers and the last hour stay "
		 "(give it more with keep-size)",
		 store_path(s), retain_bytes(s), t->retain.limits.bytes);
	t->is_fresh = true;
}

static enum retained
take_step(struct tending *t, struct store *s, int64_t now)
{
	enum retained done;

	retain_at(&t->retain, reference(t, s));
	done = retain_step(s, &t->retain);
	if (done == RETAIN_FAILED && !t->has_failed)
		complain(t, store_error(s));
	if (done != RETAIN_BUSY)
		t->has_failed = done == RETAIN_FAILED;
	if (done == RETAIN_DONE && t->retain.is_short)
		complain_of_size(t, s, now);
	t->is_more = done == RETAIN_MORE;
	/* Somebody who writes is soon done. */
	t->tried = done == RETAIN_BUSY ? now - LOOK_MS + BUSY_MS : now;
	return done;
}

void
tend(struct tending *t, struct store *s, uint64_t added)
{
	const int64_t now = clock_steady();
	uint64_t wanted;

	t->added += added;
	if (!t->is_on || (!t->is_more && t->added < LOOK_ADDED && now - t->tried < LOOK_MS))
		return;
	wanted = 1 + t->added / ADDED_A_STEP;
	t->added = 0;
	if (now - t->restarted >= RESTART_MS) {
		retain_restart(&t->retain);
		t->restarted = now;
	}
	for (uint64_t i = 0; i < wanted && i < STEPS_MAX; i++)
		if (take_step(t, s, now) != RETAIN_MORE)
			break;
}

void
tend_to_end(struct tending *t, struct store *s)
{
	if (!t->is_on)
		return;
	retain_restart(&t->retain);
	t->retain.is_patient = true;
	while (take_step(t, s, clock_steady()) == RETAIN_MORE)
		;
}

const char *
tend_complaint(struct tending *t)
{
	if (!t->is_fresh)
		return NULL;
	t->is_fresh = false;
	return t->complaint;
}
