/*
 * Lists of rows for people and programs: a table, JSON Lines or CSV.
 */
#ifndef MONITOR_COMMAND_LIST_H
#define MONITOR_COMMAND_LIST_H

#include "monitor/alert/siem.h"
#include "monitor/options.h"
#include "monitor/table.h"

#define LIST_CELL_MAX 512 /* bytes of a cell of a table, NUL included */

/* A column of the table. */
struct list_column {
	struct table_column column;
	/* Fill in out (LIST_CELL_MAX bytes); NULL: the row's value called name, as it is. */
	void (*cell)(const struct row *row, char *out);
	const char *name;
};

struct list {
	const char *subject; /* "sessions": for messages */
	bool (*query)(struct store *s, const struct filter *f,
		      bool (*tell)(void *ctx, const struct row *row), void *ctx);
	const struct list_column *columns;
	size_t count; /* TABLE_COLUMNS_MAX at most */
	/* What a SIEM is told of a row; NULL where no such format can be asked for. */
	void (*siem)(struct store *s, const struct row *row, struct siem *out);
	const char *nothing; /* what an empty list means; NULL: "no such" of its subject */
};

/* Open o->db for reading and print what o->filter selects, as o->format says. An exit status. */
int list_run(const struct options *o, const struct list *list);

/* The database for reading; NULL after a message. */
struct store *list_store(const struct options *o);

/* Of an incident that sums up others: they do not have one client, or server, in common. */
#define LIST_SEVERAL "several"

/* Address and port of the server: "192.0.2.25:25", "[2001:db8::25]:25". For cells. */
void list_server(const struct row *row, char *out);

/*
 * The strings of a JSON array, or of the members called key of its objects,
 * with blanks between them; "-" where there is none.
 */
void list_words(const char *json, const char *key, char *out);

/* An RFC 3339 time of a row as "2026-03-01 12:00:00". */
void list_time(const char *time, char *out);

#endif
