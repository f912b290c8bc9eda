/* Lists of rows; see list.h. */
#include "monitor/command/list.h"

#include <stdio.h>
#include <string.h>

#include "monitor/command/command.h"
#include "monitor/csv.h"
#include "monitor/log.h"
#include "monitor/output.h"

#define SECONDS_LENGTH 19 /* of "2026-03-01T12:00:00" */

/* One list under way. */
struct listing {
	const struct list *list;
	enum format format;
	struct store *store;
	struct table *table;
	uint64_t rows;
	bool has_failed; /* memory is refused */
};

struct store *
list_store(const struct options *o)
{
	char why[STORE_WHY_MAX];
	struct store *s = store_open(o->db, STORE_READ, why, sizeof(why));

	if (s == NULL)
		log_error("%s", why);
	return s;
}

void
list_server(const struct row *row, char *out)
{
	const char *address = row_value(row, "server");
	const char *port = row_value(row, "server_port");
	const bool is_long = address != NULL && strchr(address, ':') != NULL;

	if (address == NULL) {
		snprintf(out, LIST_CELL_MAX, LIST_SEVERAL);
		return;
	}
	snprintf(out, LIST_CELL_MAX, "%s%s%s:%s", is_long ? "[" : "", address, is_long ? "]" : "",
		 port == NULL ? "" : port);
}

void
list_time(const char *time, char *out)
{
	snprintf(out, LIST_CELL_MAX, "%.*s", SECONDS_LENGTH, time == NULL ? "-" : time);
	if (strlen(out) == SECONDS_LENGTH)
		out[10] = ' ';
}

/* The string that begins behind a quote, without its escapes; returns what follows it. */
static const char *
unquote(const char *at, char *out, size_t *length)
{
	for (; *at != '\0' && *at != '"'; at++) {
		/* Printable text holds no escapes but those of the quote and the backslash. */
		if (*at == '\\' && at[1] != '\0')
			at++;
		if (*length < LIST_CELL_MAX - 1)
			out[(*length)++] = *at;
	}
	return *at == '\0' ? at : at + 1;
}

void
list_words(const char *json, const char *key, char *out)
{
	char before[64] = "\"";
	size_t length = 0;

	/* Inside a string a quote is escaped, so this matches nowhere but where it is meant. */
	if (key != NULL)
		snprintf(before, sizeof(before), "\"%s\":\"", key);
	while (json != NULL && (json = strstr(json, before)) != NULL) {
		if (length > 0 && length < LIST_CELL_MAX - 1)
			out[length++] = ' ';
		json = unquote(json + strlen(before), out, &length);
	}
	out[length] = '\0';
	if (length == 0)
		snprintf(out, LIST_CELL_MAX, "-");
}

static bool
tell_table(struct listing *l, const struct row *row)
{
	char text[TABLE_COLUMNS_MAX][LIST_CELL_MAX];
	const char *cells[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < l->list->count; i++) {
		const struct list_column *c = &l->list->columns[i];

		if (c->cell == NULL) {
			cells[i] = row_value(row, c->name);
			continue;
		}
		c->cell(row, text[i]);
		cells[i] = text[i];
	}
	l->has_failed = !table_row(l->table, cells);
	return !l->has_failed;
}

static void
tell_siem(struct listing *l, const struct row *row)
{
	struct siem siem;

	l->list->siem(l->store, row, &siem);
	if (l->format == FORMAT_ECS)
		siem_put_ecs(&siem, stdout);
	else
		siem_put_eve(&siem, stdout);
}

static bool
tell(void *ctx, const struct row *row)
{
	struct listing *l = ctx;

	switch (l->format) {
	case FORMAT_TABLE:
		if (!tell_table(l, row))
			return false;
		break;
	case FORMAT_JSON:
		puts(row->json);
		break;
	case FORMAT_CSV:
		if (l->rows == 0)
			csv_line(stdout, row->names, row->count);
		csv_line(stdout, row->values, row->count);
		break;
	case FORMAT_ECS:
	case FORMAT_EVE:
		tell_siem(l, row);
		break;
	case FORMAT_HTML:
	case FORMAT_TLSRPT:
		break; /* no list is one */
	}
	l->rows++;
	return output_is_fine();
}

static bool
table_begin(struct listing *l, struct table_column columns[TABLE_COLUMNS_MAX])
{
	for (size_t i = 0; i < l->list->count; i++)
		columns[i] = l->list->columns[i].column;
	l->table = table_new(stdout, table_width(stdout), columns, l->list->count);
	return l->table != NULL;
}

int
list_run(const struct options *o, const struct list *list)
{
	struct listing l = {.list = list, .format = o->format};
	struct table_column columns[TABLE_COLUMNS_MAX];
	struct filter filter = o->filter;
	struct store *s = list_store(o);
	int status = STATUS_DONE;

	if (s == NULL)
		return STATUS_FAILED;
	l.store = s;
	filter.with_json = o->format != FORMAT_TABLE && o->format != FORMAT_CSV;
	/* Programs sum up for themselves. */
	filter.with_parts |= o->format != FORMAT_TABLE;
	l.has_failed = o->format == FORMAT_TABLE && !table_begin(&l, columns);
	if (!l.has_failed && !list->query(s, &filter, tell, &l)) {
		log_error("%s", store_error(s));
		status = STATUS_FAILED;
	}
	if (l.has_failed) {
		log_error("%s: out of memory", list->subject);
		status = STATUS_FAILED;
	}
	table_free(l.table);
	if (status == STATUS_DONE && l.rows == 0 && o->format == FORMAT_TABLE)
		log_note("%s: %s%s", o->db, list->nothing != NULL ? list->nothing : "no such ",
			 list->nothing != NULL ? "" : list->subject);
	store_close(s);
	return status;
}
