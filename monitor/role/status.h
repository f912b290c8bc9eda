/* How a live watch goes, in one line for people. */
#ifndef MONITOR_ROLE_STATUS_H
#define MONITOR_ROLE_STATUS_H

#include "monitor/record.h"
#include "monitor/role/message.h"

#define STATUS_LINE_MAX 512 /* bytes, NUL included */

/* Without an end of line. */
void status_line(const struct live_tally *tally, const struct recorder_counts *recorded,
		 char out[STATUS_LINE_MAX]);

#endif
