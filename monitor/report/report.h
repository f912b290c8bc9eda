/*
 * A report: how much of the mail of a span was encrypted, all of it read into
 * memory at one state of the database, and the writers that give it a form.
 *
 * A writer reads the report alone and writes to a stream alone; what the
 * figures mean in words is report_words', once for all of them.
 */
#ifndef MONITOR_REPORT_REPORT_H
#define MONITOR_REPORT_REPORT_H

#include <stdio.h>

#include "monitor/report/figures.h"

#define REPORT_LIMIT    10          /* rows of a list, where nothing else is asked for */
#define REPORT_LEAST    FIGURES_FEW /* sessions with mail of one whose share counts */
#define REPORT_KIND_MAX 64

/* What to report of. */
struct report_query {
	struct hourly_filter filter; /* since and until are taken as they are and rounded here */
	bool has_since;              /* else from the first hour there is */
	bool has_until;              /* else to the last */
	int64_t limit;               /* rows of each list; 0: REPORT_LIMIT */
	size_t mutes;                /* that are in force, to be told */
};

/* The lists of a report. */
enum report_lists {
	LIST_SERVERS,
	LIST_SERVERS_SHARE,
	LIST_CLIENTS,
	LIST_CLIENTS_SHARE,
	LIST_DOMAINS,
	LIST_VERSIONS,
	LIST_SERVICES,
	LISTS
};

struct report_item {
	char *key;  /* NULL: there is none (no TLS) */
	char *json; /* the key as a JSON value */
	struct counts counts;
};

struct report_list {
	bool is_known; /* there are such figures for what was asked */
	struct report_item *items;
	size_t count;
	int64_t of; /* how many there are in all */
};

struct report_incidents {
	char kind[REPORT_KIND_MAX], json[REPORT_KIND_MAX]; /* the latter as a JSON value */
	int severity;
	int64_t incidents, sessions;
};

struct report {
	struct hourly_filter filter; /* as asked for; its text is borrowed */
	int64_t start, end;          /* full hours */
	bool has_start, has_end;     /* of nothing seen there may be neither */
	int64_t before, middle;      /* of what is compared: the hours from before on, up to middle,
					with those from middle to end */
	struct counts total, counts_before, counts_now;
	bool is_halved;             /* no span was asked for: its halves are compared */
	struct figures_step *hours; /* those with sessions, in order */
	size_t hour_count;
	int64_t width;              /* of the steps */
	struct figures_step *steps; /* from the first to the last hour with sessions */
	size_t step_count;
	struct report_list lists[LISTS];
	struct report_incidents *incidents; /* open ones, not muted, worst first */
	size_t incident_count;
	struct hourly_muted muted;
	size_t mutes; /* in force */
	struct hourly_capture capture;
	int64_t uncounted; /* see hourly_uncounted */
	bool has_failed;   /* private: memory was refused */
};

/* By what a list is made, and what people call it. */
struct report_list_kind {
	enum hourly_by by;
	enum hourly_order order;
	const char *name;  /* of its rows' key in JSON and CSV */
	const char *title; /* of the list */
	const char *head;  /* of its first column, for people */
};
extern const struct report_list_kind report_list_kinds[LISTS];

/* NULL, and one line in why (STORE_WHY_MAX bytes), where it cannot be had. */
struct report *report_read(struct store *s, const struct report_query *query, char *why);
void report_free(struct report *r); /* NULL does nothing */

/* Sentences for people. */
#define REPORT_WORDS_MAX 512
#define REPORT_NOTES_MAX 7

struct report_words {
	char title[REPORT_WORDS_MAX];  /* of what, from when to when */
	char result[REPORT_WORDS_MAX]; /* "1,204 of 1,310 sessions with mail were encrypted: 91.9%"
					*/
	char beside[REPORT_WORDS_MAX]; /* what is no part of it; "" where nothing */
	char trend[REPORT_WORDS_MAX];
	char notes[REPORT_NOTES_MAX][REPORT_WORDS_MAX]; /* how to read it */
	size_t note_count;
};
void report_words(const struct report *r, struct report_words *out);

/* What a share of these counts would say nothing of: a domain is seen in clear alone. */
bool report_has_share(const struct report *r, enum report_lists list);

/* Whether a person learns something from a list: not where the one before it begins so. */
bool report_adds(const struct report *r, enum report_lists list);

/* The writers. */
void report_text(const struct report *r, FILE *out); /* tables for a terminal */
void report_json(const struct report *r, FILE *out); /* JSON Lines */
void report_csv(const struct report *r, FILE *out);
void report_html(const struct report *r, FILE *out); /* one page that needs nothing else */

#endif
