/*
 * How a live watch goes, gathered from those who know it, as text for Prometheus.
 *
 * Asks; changes nothing and keeps nothing but the database's answers, which are asked for more
 * seldom.
 */
#ifndef MONITOR_ROLE_MEASURE_H
#define MONITOR_ROLE_MEASURE_H

#include "monitor/role/alerting.h"
#include "monitor/role/exporting.h"
#include "monitor/role/inquiry.h"
#include "monitor/role/posts.h"

#define MEASURE_DATABASE_MS 15000 /* between two looks at what the database holds */

struct measure {
	int64_t started;               /* microseconds since the epoch */
	struct recorder_gauges gauges; /* of the last look */
	bool has_gauges;
	int64_t due; /* of the next, by clock_steady */
};

/* Who is asked. */
struct measured {
	const struct keeper_config *config;
	const struct posts *posts;
	const struct recording *recording;
	const struct inquiry *inquiry;   /* NULL: no policies are looked up */
	const struct alerting *alerting; /* NULL: nobody is alerted */
	const struct exporting *exporting;
	const struct recorder_counts *recorded;
};

void measure_begin(struct measure *m);

/* The text, *len bytes, for free(3); NULL where memory is out. */
char *measure_text(struct measure *m, const struct measured *of, size_t *len);

#endif
