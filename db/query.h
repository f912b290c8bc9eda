/*
 * Lists for people and programs: sessions, incidents, servers, one incident whole.
 *
 * Each row is told once, as named columns in text for tables and CSV and, where
 * asked for, as the JSON object of the contract. Reads only; needs no
 * transaction (a list is one statement and so sees one state of the file).
 */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include "db/match.h"
#include "db/store.h"

/*
 * What to list. All zero but until lists everything: use FILTER_ALL to begin.
 * Text is borrowed for the call; NULL does not filter.
 */
struct filter {
	int64_t id;           /* this one alone; 0: any */
	int64_t incident;     /* sessions only: of this incident, or what it sums up; 0: any */
	int64_t surge;        /* incidents only: those that this one sums up; 0: any */
	bool with_parts;      /* incidents only: those, too, that one which is listed sums up */
	bool with_sent;       /* alerts only: those, too, that are done with */
	int64_t since, until; /* microseconds, both included; a session by its start, an incident
				 where first to last seen overlaps */
	const char *kind;     /* with a finding of this kind */
	int severity;         /* this or worse: 0 info, 1 notice, 2 warning, 3 critical */
	const char *state; /* "open", "acked", "closed": the incident's, or one the session is in */
	struct network client, server; /* of an incident: its first client, or any of a session */
	const char *domain;  /* lower-case A-labels; with a leading dot its subdomains too: any
				domain of MAIL or RCPT, of an incident's sessions as well */
	const char *outcome; /* the session's, or one of the incident's sessions' */
	int64_t limit;       /* most recent first; 0: no limit */
	bool with_muted;     /* incidents only: those, too, that are muted */
	bool with_json;      /* fill in row.json */
};

#define FILTER_ALL ((struct filter){.since = INT64_MIN, .until = INT64_MAX})

/*
 * One row, borrowed for the call. names are those of the JSON objects,
 * flattened ("starttls_offered", "tls_version", "mail_rcpt_domains"), in the order
 * of the view; times are RFC 3339 with microseconds, flags "true" or "false",
 * lists are JSON arrays. A value is NULL where not seen.
 */
struct row {
	const char *json; /* NULL unless asked for */
	const char *const *names;
	const char *const *values;
	size_t count;
};

/* The value of the column with that name; NULL where it is not seen, or there is none. */
const char *row_value(const struct row *row, const char *name);

/*
 * Most recent first: sessions by start, incidents by last seen. tell returns
 * false to end the list early, which is no failure. False: store_error says why.
 */
bool query_sessions(struct store *s, const struct filter *f,
		    bool (*tell)(void *ctx, const struct row *row), void *ctx);
bool query_incidents(struct store *s, const struct filter *f,
		     bool (*tell)(void *ctx, const struct row *row), void *ctx);

/*
 * Alerts for each sink, as v_alerts has them: what waits, is held back or was given up, in
 * that order, each the latest first; with_sent: what was sent or summed up, too. What
 * filters: with_sent, limit.
 */
bool query_alerts(struct store *s, const struct filter *f,
		  bool (*tell)(void *ctx, const struct row *row), void *ctx);

/*
 * Servers, last seen first. What filters: since and until (by first and last
 * seen), server, client (one that is known with it), domain (of its names, or
 * of mail that it took) and limit.
 */
bool query_servers(struct store *s, const struct filter *f,
		   bool (*tell)(void *ctx, const struct row *row), void *ctx);

#endif
