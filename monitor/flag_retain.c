/* Flags that say how long and how much is kept; see flag_take.h. */
#include "monitor/flag_take.h"
#include "monitor/limit.h"
#include "monitor/moment.h"

#define KEEP_SIZE_MIN (UINT64_C(1) << 20) /* bytes; counts alone take some */

bool
take_before(struct taking *t, const char *value)
{
	if (moment_parse(value, t->now, &t->out->before))
		return true;
	return flag_refuse(t, "--before %s: not a time (90d, 52w or 2026-03-01)", value);
}

static bool
take_span(struct taking *t, const char *option, const char *value, int64_t *out)
{
	if (limit_span(value, out))
		return true;
	return flag_refuse(t, "--%s %s: not how long (36h, 30d, 12w, 2y, or never)", option, value);
}

bool
take_keep_sessions(struct taking *t, const char *value)
{
	return take_span(t, "keep-sessions", value, &t->keep[t->source].sessions);
}

bool
take_keep_evidence(struct taking *t, const char *value)
{
	return take_span(t, "keep-evidence", value, &t->keep[t->source].evidence);
}

bool
take_keep_incidents(struct taking *t, const char *value)
{
	return take_span(t, "keep-incidents", value, &t->keep[t->source].incidents);
}

bool
take_keep_size(struct taking *t, const char *value)
{
	uint64_t size = 0;

	if (!limit_is_none(value) && !flag_size(value, KEEP_SIZE_MIN, &size))
		return flag_refuse(
		    t, "--keep-size %s: not a size of at least 1M (500M, 10G, or never)", value);
	t->keep[t->source].bytes = (int64_t)size;
	return true;
}
