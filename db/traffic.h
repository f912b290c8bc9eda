/*
 * What was seen of one domain: how many sessions brought it mail, with which
 * server, and which of them failed. For the page of a domain and for its reports.
 *
 * A session is the domain's where it named it as its first recipient; where it
 * named none, as all do whose commands are encrypted, it may be the domain's if
 * its server is one of those that the caller names. SMTP between servers alone.
 *
 * Counts come from the hours and outlive the sessions; failures are gathered
 * from the sessions, once for all domains, and asked for one domain at a time. Times:
 * microseconds since the epoch, UTC.
 */
#ifndef DB_TRAFFIC_H
#define DB_TRAFFIC_H

#include "db/hourly.h"

/* A domain, and a span of whole hours. Text is borrowed. */
struct traffic_query {
	const char *domain;   /* A-labels, lower case */
	const char *servers;  /* JSON: addresses that take its mail, as inet_ntop writes them */
	int64_t since, until; /* the first hour, and that behind the last */
	int64_t step;         /* what one row sums up, in microseconds: whole hours, from 0 on */
};

/* What one server was seen with in one step. */
struct traffic_row {
	int64_t start; /* of the step */
	int64_t last;  /* the last of its hours with a session */
	const char *server;
	struct counts named;   /* sessions that named the domain */
	struct counts unnamed; /* ... that named none; only of the query's servers */
};

/* By step, then by server. False: store_error says why. */
bool traffic_walk(struct store *s, const struct traffic_query *q,
		  void (*tell)(void *ctx, const struct traffic_row *row), void *ctx);

/* Which findings tell why a session failed. */
struct traffic_kind {
	const char *name;
	bool is_breach; /* ... one that was encrypted, too */
	bool has_cause; /* its sentence tells more */
};

/* What to gather. */
struct traffic_span {
	int64_t since, until; /* of sessions by their start; until is not included */
	const char
	    *domain; /* those of other domains may be left out, as in struct filter; NULL: none */
	const struct traffic_kind
	    *kinds; /* of several findings of a session the first of these counts */
	size_t kind_count;
};

/*
 * Gather the sessions that failed: went in clear, broke at TLS, or have a breach.
 * Once for a store; what is gathered lies in a file that goes with it.
 */
bool traffic_gather(struct store *s, const struct traffic_span *span);

/* Sessions of one client with one server that failed in one way. */
struct traffic_failure {
	int64_t sessions;
	const char *client, *server;
	const char *kind;    /* NULL: no finding tells */
	const char *detail;  /* its sentence, where the kind has_cause; else "" */
	const char *outcome; /* of the sessions: "plaintext", "tls-failed", "encrypted" */
};

/*
 * Of what was gathered, a day's, which begins at q->since; q->until and q->step
 * are not looked at. Most sessions first.
 */
bool traffic_failures(struct store *s, const struct traffic_query *q,
		      void (*tell)(void *ctx, const struct traffic_failure *row), void *ctx);

#define TRAFFIC_DAY (24 * HOURLY_HOUR)

/* Incidents in the state open whose recipients are of the domain. */
struct traffic_incidents {
	int64_t open;  /* not muted, as in lists */
	int64_t muted; /* and how many besides that are */
};
bool traffic_incidents(struct store *s, const char *domain, struct traffic_incidents *out);

#endif
