/* waxseal alert: the outbox, and whether sinks can be reached. */
#include <inttypes.h>
#include <string.h>

#include "db/outbox.h"
#include "monitor/command/alert.h"
#include "monitor/command/command.h"
#include "monitor/command/list.h"
#include "monitor/counted.h"
#include "monitor/log.h"

static void
time_cell(const struct row *row, char *out)
{
	list_time(row_value(row, "at"), out);
}

static void
next_cell(const struct row *row, char *out)
{
	list_time(row_value(row, "next_try"), out);
}

static int
list(const struct options *o)
{
	static const struct list_column columns[] = {
	    {{.title = "ID", .is_right = true}, NULL, "id"},
	    {{.title = "AT"}, time_cell, NULL},
	    {{.title = "EVENT"}, NULL, "event"},
	    {{.title = "SEVERITY"}, NULL, "severity"},
	    {{.title = "INCIDENT", .is_right = true, .spare = 2}, NULL, "incident"},
	    {{.title = "SINK", .least = 8}, NULL, "sink"},
	    {{.title = "STATE"}, NULL, "state"},
	    {{.title = "TRIES", .is_right = true, .spare = 4}, NULL, "tries"},
	    {{.title = "NEXT TRY", .spare = 3}, next_cell, NULL},
	    {{.title = "WHY", .least = 20}, NULL, "why"},
	};
	const struct list alerts = {
	    .subject = "alerts",
	    .nothing = o->filter.with_sent ? NULL
					   : "no alert waits, is held back or was given up (--all "
					     "lists those that were sent, too)",
	    .query = query_alerts,
	    .columns = columns,
	    .count = sizeof(columns) / sizeof(columns[0])};

	return list_run(o, &alerts);
}

static int
retry(const struct options *o)
{
	char why[STORE_WHY_MAX];
	struct store *s = store_open(o->db, STORE_WRITE, why, sizeof(why));
	int status = STATUS_FAILED;
	int64_t count = 0;

	if (s == NULL) {
		log_error("%s", why);
		return STATUS_FAILED;
	}
	if (!outbox_retry(s, o->id, &count))
		log_error("%s", store_error(s));
	else if (count == 0 && o->id != 0)
		log_error("alert %" PRId64 ": none of that number waits or was given up (waxseal "
			  "alert list shows those that do)",
			  o->id);
	else
		status = STATUS_DONE;
	if (status == STATUS_DONE)
		log_note("%s: %s to be tried again at once (by the watch that runs, or the next)",
			 o->db, counted((uint64_t)count, "alert").text);
	store_close(s);
	return status;
}

int
command_alert(const struct options *o)
{
	if (strcmp(o->action, "list") == 0)
		return list(o);
	if (strcmp(o->action, "retry") == 0)
		return retry(o);
	return alert_test(o);
}
