/* waxseal servers: one line a server, what it is known to offer and to whom. */
#include <stdlib.h>
#include <string.h>

#include "monitor/baseline/parties.h"
#include "monitor/command/command.h"
#include "monitor/command/list.h"
#include "monitor/policy/domain.h"

/* In parentheses: the name that the text begins with. Left as it is where that is none. */
static void
put_claimed(const char *text, char *out)
{
	struct domain host;

	if (text != NULL && domain_read(parties_name_in(bytes_text(text)), &host) == DOMAIN_OK)
		snprintf(out, LIST_CELL_MAX, "(%s)", host.text);
}

/* By its EHLO replies; else by the greeting, else by what a client asks for. */
static void
name_cell(const struct row *row, char *out)
{
	list_words(row_value(row, "names"), NULL, out);
	if (strcmp(out, "-") != 0)
		return;
	put_claimed(row_value(row, "asked_for"), out);
	put_claimed(row_value(row, "banner"), out);
}

static void
since_cell(const struct row *row, char *out)
{
	list_time(row_value(row, "offered_since"), out);
}

static void
last_cell(const struct row *row, char *out)
{
	list_time(row_value(row, "last_seen"), out);
}

static bool
is_zero(const char *number)
{
	return number == NULL || strcmp(number, "0") == 0;
}

/* In how many of the sessions whose whole reply was seen. */
static void
offered_cell(const struct row *row, char *out)
{
	const char *yes = row_value(row, "starttls_offered");
	const char *no = row_value(row, "starttls_not_offered");

	if (is_zero(yes) && is_zero(no))
		snprintf(out, LIST_CELL_MAX, "-");
	else if (is_zero(no))
		snprintf(out, LIST_CELL_MAX, "always");
	else if (is_zero(yes))
		snprintf(out, LIST_CELL_MAX, "never");
	else
		snprintf(out, LIST_CELL_MAX, "%s of %llu", yes,
			 strtoull(yes, NULL, 10) + strtoull(no, NULL, 10));
}

static void
clients_cell(const struct row *row, char *out)
{
	list_words(row_value(row, "clients"), NULL, out);
}

static void
without_cell(const struct row *row, char *out)
{
	list_words(row_value(row, "clients_without"), NULL, out);
}

static const struct list_column columns[] = {
    {{.title = "SERVER", .least = 14}, list_server, NULL},
    {{.title = "NAME", .least = 12, .spare = 2}, name_cell, NULL},
    {{.title = "SESSIONS", .is_right = true}, NULL, "sessions"},
    {{.title = "STARTTLS"}, offered_cell, NULL},
    {{.title = "SINCE", .spare = 4}, since_cell, NULL},
    {{.title = "TLS", .spare = 5}, NULL, "tls_version"},
    {{.title = "PLAINTEXT", .is_right = true, .spare = 6}, NULL, "plaintext"},
    {{.title = "LAST SEEN"}, last_cell, NULL},
    {{.title = "OFFERED TO", .least = 14, .spare = 3}, clients_cell, NULL},
    {{.title = "NOT TO", .least = 14, .spare = 1}, without_cell, NULL},
};

int
command_servers(const struct options *o)
{
	static const struct list list = {
	    "servers", query_servers, columns, sizeof(columns) / sizeof(columns[0]), NULL, NULL};

	return list_run(o, &list);
}
