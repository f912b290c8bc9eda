/* waxseal incidents: one line an incident, the latest first. */
#include <stdio.h>

#include "monitor/command/command.h"
#include "monitor/command/list.h"

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

static const struct list_column columns[] = {
    {{.title = "ID", .is_right = true}, NULL, "id"},
    {{.title = "SEVERITY"}, NULL, "severity"},
    {{.title = "CERTAINTY", .spare = 4}, NULL, "certainty"},
    {{.title = "STATE", .spare = 1}, NULL, "state"},
    {{.title = "LAST SEEN"}, last_cell, NULL},
    {{.title = "SESSIONS", .is_right = true, .spare = 5}, NULL, "sessions"},
    {{.title = "KIND", .least = 14}, NULL, "kind"},
    {{.title = "CLIENT", .least = 10, .spare = 2}, client_cell, NULL},
    {{.title = "SERVER", .least = 14}, list_server, NULL},
    {{.title = "DOMAIN", .least = 10, .spare = 3}, NULL, "domain"},
};

int
command_incidents(const struct options *o)
{
	static const struct list list = {"incidents", query_incidents, columns,
					 sizeof(columns) / sizeof(columns[0])};

	return list_run(o, &list);
}
