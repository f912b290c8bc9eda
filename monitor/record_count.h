/*
 * What a batch comes to, counted as its rows are written. Pure: owns nothing,
 * and what it counts becomes the run's where its caller commits.
 */
#ifndef MONITOR_RECORD_COUNT_H
#define MONITOR_RECORD_COUNT_H

#include "monitor/record.h"

/* How many sessions are in it, new or not. */
uint64_t record_count_sessions(const struct recorder_counts *c);

/* A session that is recorded, and what was found of it; row is filled in by db/session.h. */
void record_count(struct recorder_counts *c, const struct session *s, const struct session_row *row,
		  const struct verdict *v);

/* One finding that is recorded, of an earlier session: what became of its incident, and of the
   surge that sums that up. */
void record_count_finding(struct recorder_counts *c, const struct finding_row *f);

#endif
