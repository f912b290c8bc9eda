/* How a live watch goes, in one line for people; and where that line stands. */
#ifndef MONITOR_ROLE_STATUS_H
#define MONITOR_ROLE_STATUS_H

#include "monitor/role/keeper.h"

#define STATUS_LINE_MAX 512 /* bytes, NUL included */

/* Without an end of line. */
void status_line(const struct live_tally *tally, const struct recorder_counts *recorded,
		 char out[STATUS_LINE_MAX]);

/* Put behind it what became of look-ups of policies. */
void status_add_lookups(const struct lookup_counts *lookups, char line[STATUS_LINE_MAX]);

/* A line on standard error that is written over and over. All zero: it stands nowhere yet. */
struct status_bar {
	bool is_shown;
	int64_t due; /* milliseconds of clock_steady */
};

/* Whether it is time to write it anew: once a second. */
bool status_bar_is_due(const struct status_bar *b);

/* Write line in its place. */
void status_bar_show(struct status_bar *b, const char *line);

/* Lines for people must not be written into it. */
void status_bar_clear(struct status_bar *b);

#endif
