/* The life of a cached policy; see sts_cache.h. */
#include "monitor/policy/sts_cache.h"

static int64_t
clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* Doubled with each failure in a row. */
static int64_t
back_off(uint32_t failures)
{
	int64_t wait = STS_BACK_OFF;

	for (uint32_t i = 1; i < failures && wait < STS_BACK_OFF_MAX; i++)
		wait *= 2;
	return clamp(wait, STS_BACK_OFF, STS_BACK_OFF_MAX);
}

int64_t
sts_cache_expires(const struct sts_cache *c)
{
	return c->is_known ? c->fetched + (int64_t)c->max_age * STS_SECOND : 0;
}

enum sts_force
sts_cache_force(const struct sts_cache *c, int64_t time)
{
	if (!c->is_known)
		return STS_FORCE_NONE;
	if (time < c->fetched - STS_EARLY)
		return STS_FORCE_NOT_YET;
	return time < sts_cache_expires(c) ? STS_FORCE_YES : STS_FORCE_EXPIRED;
}

/* Daily, and before it expires where that is sooner. */
static bool
is_refresh_due(const struct sts_cache *c, int64_t now)
{
	int64_t half = (int64_t)c->max_age * STS_SECOND / 2;

	return now >= c->fetched + (half < STS_REFRESH ? half : STS_REFRESH);
}

static struct sts_cache
with_failure(struct sts_cache c, const struct sts_event *e, enum sts_trouble trouble)
{
	if (c.failures == 0)
		c.failing_since = e->time;
	if (c.failures < UINT32_MAX)
		c.failures++;
	c.trouble = trouble;
	c.wants_fetch = false;
	return c;
}

/* The record was seen: is there something to fetch? */
static struct sts_cache
with_record(struct sts_cache c, const struct sts_event *e)
{
	memcpy(c.seen_id, e->id, sizeof(c.seen_id));
	c.wants_fetch = sts_cache_force(&c, e->time) != STS_FORCE_YES || strcmp(c.id, e->id) != 0 ||
			is_refresh_due(&c, e->time);
	if (!c.wants_fetch) {
		c.trouble = STS_FINE;
		c.failures = 0;
	}
	return c;
}

static struct sts_cache
with_policy(struct sts_cache c, const struct sts_event *e)
{
	bool is_same_id = c.is_known && strcmp(c.id, c.seen_id) == 0;

	c.is_edited =
	    is_same_id && (memcmp(c.digest, e->digest, sizeof(c.digest)) != 0 || c.is_edited);
	c.is_known = true;
	memcpy(c.id, c.seen_id, sizeof(c.id));
	c.mode = e->mode;
	c.max_age = e->max_age < STS_MAX_AGE_MAX ? e->max_age : STS_MAX_AGE_MAX;
	c.fetched = e->time;
	memcpy(c.digest, e->digest, sizeof(c.digest));
	c.trouble = STS_FINE;
	c.failures = 0;
	c.wants_fetch = false;
	c.refused_id[0] = '\0';
	return c;
}

static struct sts_cache
with_failed_fetch(struct sts_cache c, const struct sts_event *e, enum sts_trouble trouble)
{
	c = with_failure(c, e, trouble);
	memcpy(c.refused_id, c.seen_id, sizeof(c.refused_id));
	c.fetch_after = e->time + back_off(c.failures);
	c.ask_after = c.fetch_after;
	return c;
}

struct sts_cache
sts_cache_after(struct sts_cache c, const struct sts_event *e)
{
	/* Until when an answer on the record is believed. */
	int64_t believed = e->time + clamp((int64_t)e->ttl * STS_SECOND, STS_ASK_MIN, STS_ASK_MAX);

	if (e->kind == STS_SAW_RECORD || e->kind == STS_NO_RECORD || e->kind == STS_BAD_RECORD)
		c.asked = e->time;
	switch (e->kind) {
	case STS_SAW_RECORD:
		c = with_record(c, e);
		c.ask_after = believed;
		break;
	case STS_NO_RECORD:
		c = with_failure(c, e, STS_RECORD_GONE);
		c.ask_after = believed;
		break;
	case STS_BAD_RECORD:
		c = with_failure(c, e, STS_RECORD_BROKEN);
		c.ask_after = believed;
		break;
	case STS_NO_ANSWER:
		c = with_failure(c, e, STS_DISCOVERY_FAILED);
		c.ask_after = e->time + back_off(c.failures);
		break;
	case STS_SAW_POLICY:
		return with_policy(c, e);
	case STS_NO_POLICY:
		return with_failed_fetch(c, e, STS_FETCH_FAILED);
	case STS_BAD_POLICY:
		return with_failed_fetch(c, e, STS_POLICY_BROKEN);
	}
	return c;
}

/* A moment further ahead than any is put was put by a clock that has been set back since. */
static bool
has_come(int64_t moment, int64_t now)
{
	return now >= moment || moment - now > STS_ASK_MAX;
}

/* The fetch of this very version failed lately. */
static bool
is_held_back(const struct sts_cache *c, int64_t now)
{
	return strcmp(c->refused_id, c->seen_id) == 0 && !has_come(c->fetch_after, now);
}

/* It had less time than its record: there is nothing to judge by until it is fetched again. */
static bool
is_over(const struct sts_cache *c, int64_t now)
{
	return c->trouble == STS_FINE && sts_cache_force(c, now) == STS_FORCE_EXPIRED &&
	       now - c->asked >= STS_RECHECK;
}

enum sts_step
sts_cache_next(const struct sts_cache *c, int64_t now)
{
	if (c->wants_fetch && !is_held_back(c, now))
		return STS_FETCH_POLICY;
	return has_come(c->ask_after, now) || is_over(c, now) ? STS_ASK_RECORD : STS_WAIT;
}

/* The record was seen before the session, or by a clock that has been set back since. */
static bool
is_recheck_due(const struct sts_cache *c, int64_t time, int64_t now)
{
	if (c->trouble == STS_DISCOVERY_FAILED)
		return false; /* asked for again soon enough */
	return c->asked > now || (c->asked <= time && now - c->asked >= STS_RECHECK);
}

enum sts_step
sts_cache_next_for_failure(const struct sts_cache *c, int64_t time, int64_t now)
{
	enum sts_step step = sts_cache_next(c, now);

	return step == STS_WAIT && is_recheck_due(c, time, now) ? STS_ASK_RECORD : step;
}

bool
sts_cache_is_doubtful(const struct sts_cache *c, int64_t time)
{
	return c->trouble == STS_FINE && time - c->fetched > STS_BACK_OFF;
}

bool
sts_cache_is_suppressed(const struct sts_cache *c, int64_t now)
{
	if (sts_cache_force(c, now) != STS_FORCE_YES || c->mode == STS_MODE_NONE)
		return false;
	return c->trouble == STS_RECORD_GONE ||
	       (c->failures >= STS_REPEATEDLY && now - c->failing_since >= STS_LASTING);
}

const char *
sts_cache_status(const struct sts_cache *c, int64_t now)
{
	/* With a max_age of 0 it is over at once, and published all the same. */
	if (sts_cache_force(c, now) == STS_FORCE_YES || (c->is_known && c->fetched == now))
		return sts_mode_name(c->mode);
	switch (c->trouble) {
	case STS_RECORD_GONE:
		return "absent";
	case STS_RECORD_BROKEN:
	case STS_POLICY_BROKEN:
		return "invalid";
	case STS_FINE:
	case STS_DISCOVERY_FAILED:
	case STS_FETCH_FAILED:
		break;
	}
	return "unavailable";
}
