/* The line on how it goes; see status.h. */
#include "monitor/role/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor/clock.h"
#include "monitor/counted.h"
#include "monitor/log.h"

#define EACH 1000 /* milliseconds */

void
status_line(const struct live_tally *t, const struct recorder_counts *c, char out[STATUS_LINE_MAX])
{
	const size_t size = STATUS_LINE_MAX;

	snprintf(out, size, "%s, %" PRIu64 " withheld, %s under way, %s, %s opened, %s",
		 counted(t->packets, "packet").text, t->withheld, counted(t->flows, "flow").text,
		 counted(c->sessions_new + c->sessions_extended, "session").text,
		 counted(c->incidents_opened, "incident").text, counted(t->dropped, "drop").text);
	if (c->incidents_muted > 0)
		snprintf(out + strlen(out), size - strlen(out), ", %s muted",
			 counted(c->incidents_muted, "incident").text);
	if (t->untold > 0)
		snprintf(out + strlen(out), size - strlen(out), ", %s not told",
			 counted(t->untold, "session").text);
}

void
status_add_lookups(const struct lookup_counts *lookups, char line[STATUS_LINE_MAX])
{
	size_t len = strlen(line);

	snprintf(line + len, STATUS_LINE_MAX - len,
		 ", %s asked, %" PRIu64 " answered, %" PRIu64 " failed, %" PRIu64 " waiting",
		 counted(lookups->asked, "look-up").text, lookups->answered, lookups->failed,
		 lookups->waiting);
}

bool
status_bar_is_due(const struct status_bar *b)
{
	return clock_steady() >= b->due;
}

void
status_bar_show(struct status_bar *b, const char *line)
{
	char text[STATUS_LINE_MAX + 8];

	snprintf(text, sizeof(text), "\r\033[K%s", line);
	log_raw(text);
	b->is_shown = true;
	b->due = clock_steady() + EACH;
}

void
status_bar_clear(struct status_bar *b)
{
	if (b->is_shown)
		log_raw("\r\033[K");
	b->is_shown = false;
}
