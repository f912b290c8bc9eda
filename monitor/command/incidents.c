/* waxseal incidents: one line an incident, the latest first. */
#include <stdio.h>
#include <stdlib.h>

#include "db/mute.h"
#include "monitor/command/command.h"
#include "monitor/command/list.h"
#include "monitor/counted.h"
#include "monitor/log.h"

static void
last_cell(const struct row *row, char *out)
{
	list_time(row_value(row, "last_seen"), out);
}

static void
client_cell(const struct row *row, char *out)
{
	const char *client = row_value(row, "client");

	snprintf(out, LIST_CELL_MAX, "%s", client == NULL ? LIST_SEVERAL : client);
}

static void
state_cell(const struct row *row, char *out)
{
	snprintf(out, LIST_CELL_MAX, "%s",
		 row_value(row, "mute") != NULL ? "muted" : row_value(row, "state"));
}

static const struct list_column columns[] = {
    {{.title = "ID", .is_right = true}, NULL, "id"},
    {{.title = "SEVERITY"}, NULL, "severity"},
    {{.title = "CERTAINTY", .spare = 4}, NULL, "certainty"},
    {{.title = "STATE", .spare = 1}, state_cell, NULL},
    {{.title = "LAST SEEN"}, last_cell, NULL},
    {{.title = "SESSIONS", .is_right = true, .spare = 5}, NULL, "sessions"},
    {{.title = "KIND", .least = 14}, NULL, "kind"},
    {{.title = "CLIENT", .least = 10, .spare = 2}, client_cell, NULL},
    {{.title = "SERVER", .least = 14}, list_server, NULL},
    {{.title = "DOMAIN", .least = 10, .spare = 3}, NULL, "domain"},
};

static bool
take_flow(void *ctx, const struct row *session)
{
	siem_take_flow(ctx, session);
	return false;
}

/* Of its sessions the latest stands for it: a line of a SIEM has one flow. */
static void
siem(struct store *s, const struct row *row, struct siem *out)
{
	struct filter latest = FILTER_ALL;

	siem_of_incident(row, out);
	latest.incident = strtoll(row_value(row, "id"), NULL, 10);
	latest.limit = 1;
	query_sessions(s, &latest, take_flow, out);
}

/* Muted is not unseen: what is left out is told. */
static void
tell_muted(const struct options *o)
{
	struct store *s = list_store(o);
	int64_t count;

	if (s == NULL)
		return;
	count = mute_incidents(s);
	if (count > 0)
		log_note("%s: %s, not listed here (--muted lists them, too; waxseal mute says why)",
			 o->db, counted((uint64_t)count, "muted incident").text);
	store_close(s);
}

int
command_incidents(const struct options *o)
{
	static const struct list list = {"incidents", query_incidents,
					 columns,     sizeof(columns) / sizeof(columns[0]),
					 siem,        NULL};
	const int status = list_run(o, &list);

	if (status == STATUS_DONE && o->format == FORMAT_TABLE && !o->filter.with_muted)
		tell_muted(o);
	return status;
}
