/* The line on how it goes; see status.h. */
#include "monitor/role/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor/counted.h"

void
status_line(const struct live_tally *t, const struct recorder_counts *c, char out[STATUS_LINE_MAX])
{
	const size_t size = STATUS_LINE_MAX;

	snprintf(out, size, "%s, %" PRIu64 " withheld, %s under way, %s, %s opened, %s",
		 counted(t->packets, "packet").text, t->withheld, counted(t->flows, "flow").text,
		 counted(c->sessions_new + c->sessions_extended, "session").text,
		 counted(c->incidents_opened, "incident").text, counted(t->dropped, "drop").text);
	if (t->untold > 0)
		snprintf(out + strlen(out), size - strlen(out), ", %s not told",
			 counted(t->untold, "session").text);
}
