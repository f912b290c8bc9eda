/*
 * The hourly counts that outlive the sessions: by server and recipient domain,
 * by network of clients, by TLS version.
 *
 * An hour has a bounded number of rows, however many servers, domains and
 * networks somebody invents: once it has as many as it may, whoever has no row
 * in it counts as TALLY_OTHER from then on. Since no row is ever made in an
 * hour that was full once, all that counts for a subject is in one place, and
 * can be taken back from there.
 */
#ifndef DB_TALLY_H
#define DB_TALLY_H

#include "db/hourly.h"
#include "db/inside.h"

#define TALLY_OTHER "(other)" /* no server or network has this name */

/* Rows of an hour; db/schema_hourly.c has the same numbers. */
#define TALLY_ROWS_MAX     4096 /* of servers, of domains, of client networks */
#define TALLY_VERSIONS_MAX 64   /* of TLS versions, whose numbers a packet can make up */

enum tally { TALLY_SERVERS, TALLY_CLIENTS, TALLY_TLS };

/* Rows of one table that are added to hour by hour: what is known of the hour under way. */
struct tally_run {
	enum tally tally;
	int64_t hour;
	int64_t left[2]; /* rows that the hour may have more; of domains; -1: not looked up */
};

#define TALLY_RUN(which) ((struct tally_run){.tally = (which), .left = {-1, -1}})

/* What a row is known by. */
struct tally_key {
	int64_t hour;        /* its start, microseconds since the epoch */
	const char *subject; /* the server, the network of clients, the version ("" for none) */
	const char *service;
	const char *domain; /* TALLY_SERVERS: of the first recipient, "" for none; else unused */
};

/*
 * Add counts, which may be below 0 for what is taken back, in the transaction
 * under way. A run must not outlive it, nor what others add in it.
 */
bool tally_add(struct store *s, struct tally_run *run, const struct tally_key *key,
	       const struct counts *counts);

/* Remove an hour's rows that no session is left in, after some were taken back. */
bool tally_sweep(struct store *s, int64_t hour);

#endif
