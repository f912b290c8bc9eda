/* waxseal sessions: one line a session, the latest first. */
#include <string.h>

#include "monitor/command/command.h"
#include "monitor/command/list.h"

static void
start_cell(const struct row *row, char *out)
{
	list_time(row_value(row, "start"), out);
}

static bool
is(const struct row *row, const char *name, const char *value)
{
	const char *has = row_value(row, name);

	return has != NULL && strcmp(has, value) == 0;
}

/* How far STARTTLS came, in a word; "-" where it was not seen. */
static void
starttls_cell(const struct row *row, char *out)
{
	const char *word = "-";

	if (is(row, "starttls_accepted", "true"))
		word = "accepted";
	else if (is(row, "starttls_accepted", "false"))
		word = "refused";
	else if (is(row, "starttls_requested", "true"))
		word = "requested";
	else if (is(row, "starttls_offered", "false"))
		word = "not offered";
	else if (is(row, "starttls_offered", "true"))
		word = is(row, "starttls_requested", "false") ? "not used" : "offered";
	snprintf(out, LIST_CELL_MAX, "%s", word);
}

static void
to_cell(const struct row *row, char *out)
{
	list_words(row_value(row, "mail_rcpt_domains"), NULL, out);
}

static void
findings_cell(const struct row *row, char *out)
{
	list_words(row_value(row, "findings"), "kind", out);
}

static const struct list_column columns[] = {
    {{.title = "ID", .is_right = true}, NULL, "id"},
    {{.title = "START"}, start_cell, NULL},
    {{.title = "OUTCOME"}, NULL, "outcome"},
    {{.title = "SERVICE", .spare = 4}, NULL, "service"},
    {{.title = "CLIENT", .least = 12}, NULL, "client"},
    {{.title = "SERVER", .least = 14}, list_server, NULL},
    {{.title = "STARTTLS", .spare = 2}, starttls_cell, NULL},
    {{.title = "TLS", .spare = 5}, NULL, "tls_version"},
    {{.title = "MAILS", .is_right = true, .spare = 6}, NULL, "mail_count"},
    {{.title = "TO", .least = 10, .spare = 3}, to_cell, NULL},
    {{.title = "FINDINGS", .least = 16, .spare = 1}, findings_cell, NULL},
};

static void
siem(struct store *s, const struct row *row, struct siem *out)
{
	(void)s;
	siem_of_session(row, out);
}

int
command_sessions(const struct options *o)
{
	static const struct list list = {
	    "sessions", query_sessions, columns, sizeof(columns) / sizeof(columns[0]), siem, NULL};

	return list_run(o, &list);
}
