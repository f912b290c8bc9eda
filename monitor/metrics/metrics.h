/*
 * How a live watch goes, as text that Prometheus reads: its exposition format, version 0.0.4.
 *
 * Pure: numbers in, text out. Each family is there from the beginning, with all of its
 * series at 0, so that the first one is a change. Labels have fixed sets of values but for the
 * names of the sensor and of interfaces, which the operator gave: no address, no domain, and
 * nothing that the wire said.
 */
#ifndef MONITOR_METRICS_METRICS_H
#define MONITOR_METRICS_METRICS_H

#include <stdio.h>

#include "monitor/role/keeper.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8" /* as a MIME type */

struct metrics_interface {
	const char *name;
	struct live_tally tally; /* of all its readers, since the watch began */
};

struct metrics_process {
	const char *process;   /* "keeper", "reader" ... */
	const char *interface; /* of a reader; NULL */
	unsigned number;       /* of a reader: among those of its interface, from 0 */
	bool is_up;            /* it can do its work now */
	uint64_t restarts;
};

struct metrics {
	const char *version;
	const char *sensor;
	int64_t started, now; /* microseconds since the epoch */
	const struct metrics_interface *interfaces;
	size_t interface_count;
	const struct metrics_process *processes;
	size_t process_count;
	struct recorder_counts recorded;
	const struct lookup_counts *lookups;    /* NULL: policies are not looked up */
	const struct recorder_gauges *database; /* NULL: it could not be asked */
	bool is_database_up;                    /* it takes records */
};

/* Write all of it. */
void metrics_write(FILE *out, const struct metrics *m);

#endif
