/* What is to be sent when; see plan.h. */
#include "monitor/alert/plan.h"

#include "monitor/alert/queue.h"

#define MINUTE  INT64_C(60000000)
#define MINUTES 1440 /* of a day */
#define RESERVE 4    /* this part of the rate is for what is critical */

int64_t
plan_again(int64_t tries)
{
	int64_t again = PLAN_AGAIN;

	for (int64_t i = 0; i < tries && again < PLAN_AGAIN_MAX; i++)
		again *= 2;
	return again < PLAN_AGAIN_MAX ? again : PLAN_AGAIN_MAX;
}

void
plan_well(struct plan_health *h)
{
	*h = (struct plan_health){0};
}

void
plan_unwell(struct plan_health *h, int64_t steady)
{
	h->not_before = steady + plan_again(h->failures);
	if (h->failures < UINT16_MAX)
		h->failures++;
}

bool
plan_gives_up(const struct outbox_delivery *d, int64_t now)
{
	return now - d->at >= PLAN_GIVE_UP;
}

bool
plan_is_quiet(const struct sink *sink, int64_t now)
{
	const int minute = (int)(now / MINUTE % MINUTES);

	if (sink->quiet_from <= sink->quiet_until)
		return minute >= sink->quiet_from && minute < sink->quiet_until;
	return minute >= sink->quiet_from || minute < sink->quiet_until; /* past midnight */
}

static bool
has_room(const struct sink *sink, const struct outbox_usage *usage, enum severity_rank severity)
{
	const uint32_t reserve = severity == RANK_CRITICAL ? 0 : sink->rate / RESERVE;

	return sink->rate == 0 || usage->sent < (int64_t)(sink->rate - reserve);
}

static bool
is_silent(const struct sink *sink, enum severity_rank severity, int64_t now)
{
	return severity != RANK_CRITICAL && plan_is_quiet(sink, now);
}

enum plan
plan_delivery(const struct sink *sink, const struct plan_health *health,
	      const struct outbox_usage *usage, const struct outbox_delivery *d,
	      const struct plan_time *now)
{
	const bool is_exempt =
	    d->event == OUTBOX_CLOSED || d->event == OUTBOX_RENEWED || queue_keeps_state(sink);
	const bool is_silenced = is_silent(sink, d->severity, now->wall);
	const bool fits = !is_silenced && has_room(sink, usage, d->severity);

	if (d->next_try == OUTBOX_URGENT)
		return PLAN_SEND;
	if (now->steady < health->not_before)
		return PLAN_WAIT;
	if (is_exempt || fits)
		return PLAN_SEND;
	/* No summary of summaries: there are few of them. */
	if (d->event == OUTBOX_SUMMARY)
		return PLAN_WAIT;
	return is_silenced ? PLAN_HOLD_QUIET : PLAN_HOLD_RATE;
}

enum plan_held
plan_held(const struct sink *sink, const struct outbox_usage *usage, int64_t now)
{
	if (usage->held == 0 || is_silent(sink, usage->gravest, now) ||
	    !has_room(sink, usage, usage->gravest))
		return PLAN_KEEP;
	return usage->held == 1 ? PLAN_RELEASE : PLAN_SUM_UP;
}
