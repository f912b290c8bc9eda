/* The time by which packets are handled; see steady.h. */
#include "dissector/steady.h"

#define STEP_BACK_US 60000000 /* a clock that steps back further is believed */
#define LEAP_US      60000000 /* one that leaps ahead further, once several packets in a row do */
#define LEAP_PAIR    2        /* ... two, up to steady.pair_us */
#define LEAP_PACKETS 16       /* ... beyond */
#define LEAP_MOST_US INT64_C(3600000000) /* more than anything waits for: see steady_take */

void
steady_init(struct steady *s, int64_t pair_us)
{
	*s = (struct steady){.now = INT64_MIN, .pair_us = pair_us};
}

void
steady_expire(struct steady *s, int64_t now)
{
	if (now + s->skew > s->now)
		s->now = now + s->skew;
}

void
steady_step(struct steady *s, int64_t by)
{
	s->skew -= by;
}

/* How far a run of packets that all leap ahead may be believed; INT64_MIN: not yet. */
static int64_t
agreed_time(const struct steady *s, int64_t time)
{
	int64_t both = s->leap < time ? s->leap : time;

	if (s->leaps >= LEAP_PAIR && both - s->now <= s->pair_us)
		return both;
	return s->leaps >= LEAP_PACKETS ? s->leap_low : INT64_MIN;
}

/* Go on to that time; what is further ahead than anything waits for goes into the skew. */
static void
go_on(struct steady *s, int64_t time)
{
	int64_t excess = time - s->now - LEAP_MOST_US;

	if (excess <= 0) {
		s->now = time;
		return;
	}
	s->now += LEAP_MOST_US;
	s->skew -= excess;
	s->leap_low -= excess;
	s->leap -= excess;
}

bool
steady_take(struct steady *s, int64_t packet_time)
{
	int64_t time = packet_time + s->skew, agreed;
	bool has_leapt = false;

	if (s->now != INT64_MIN && time > s->now + LEAP_US) {
		s->leap_low = s->leaps == 0 || time < s->leap_low ? time : s->leap_low;
		s->leaps++;
		agreed = agreed_time(s, time);
		s->leap = time;
		if (agreed == INT64_MIN)
			return false;
		/* This packet may itself leap ahead of that. */
		go_on(s, agreed);
		time = packet_time + s->skew;
		has_leapt = true;
		s->leaps = 1;
		s->leap_low = time;
		if (time > s->now + LEAP_US)
			return true;
	}
	s->leaps = 0;
	if (s->now == INT64_MIN || time > s->now)
		s->now = time;
	else if (time < s->now - STEP_BACK_US)
		s->skew += s->now - time;
	return has_leapt;
}
