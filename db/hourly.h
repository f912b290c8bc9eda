/*
 * Reading the hourly counts, for reports: by hour, server, recipient domain,
 * client network, TLS version and service; and what stands beside them, open
 * incidents and losses of the tap.
 *
 * Sessions are never read: how long it takes depends on how many hours,
 * servers and networks there were, not on how many sessions.
 */
#ifndef DB_HOURLY_H
#define DB_HOURLY_H

#include "db/match.h"
#include "db/store.h"

#define HOURLY_HOUR INT64_C(3600000000) /* microseconds */

/* Sessions, all and by outcome. */
struct counts {
	int64_t sessions, encrypted, plaintext, failed, no_mail, partial;
};

/*
 * Which hours count, and what in them. Counts are kept by server and domain, by
 * client, and by TLS version, not by two of these: with server or domain set
 * there are none of clients, with client set none of servers and domains, and
 * with any of them none of TLS versions. Text is borrowed; NULL does not filter.
 */
struct hourly_filter {
	int64_t since, until; /* starts of hours, microseconds, both included */
	const char *service;
	struct network server, client; /* client: CLIENT_BITS_4 or CLIENT_BITS_6 at most */
	const char *domain;            /* as in struct filter */
};

enum hourly_by { HOURLY_SERVER, HOURLY_DOMAIN, HOURLY_CLIENT, HOURLY_TLS, HOURLY_SERVICE };

/* Whether there are such counts for this filter. */
bool hourly_has(enum hourly_by by, const struct hourly_filter *f);

enum hourly_order {
	HOURLY_MOST, /* most in clear first, then the busiest */
	HOURLY_SHARE /* greatest share in clear first; those with any, and with enough mail */
};

/* What to list of what is counted by something. */
struct hourly_query {
	enum hourly_by by;
	enum hourly_order order;
	int64_t least; /* HOURLY_SHARE: sessions with mail, encrypted, failed or in clear */
	int64_t limit;
};

/* One row, borrowed for the call. */
struct hourly_row {
	int64_t hour;     /* of hourly_times: its start */
	const char *key;  /* of hourly_list: NULL where none (no TLS) */
	const char *json; /* the key as a JSON value */
	int64_t of;       /* how many rows there are without the limit */
	struct counts counts;
};

/* From begin to end all reads see one state of the file. */
bool hourly_begin(struct store *s);
void hourly_end(struct store *s);

/* Hours with sessions, in order of time. False: store_error says why. */
bool hourly_times(struct store *s, const struct hourly_filter *f,
		  void (*tell)(void *ctx, const struct hourly_row *row), void *ctx);

/* Where hourly_has. */
bool hourly_list(struct store *s, const struct hourly_query *query, const struct hourly_filter *f,
		 void (*tell)(void *ctx, const struct hourly_row *row), void *ctx);

/* Open incidents of one kind and severity, not muted, that were seen in these hours. */
struct hourly_incidents {
	const char *kind, *json; /* the kind as text, and as a JSON value */
	int severity;            /* 0 info, 1 notice, 2 warning, 3 critical */
	int64_t incidents, sessions;
};
bool hourly_incidents(struct store *s, const struct hourly_filter *f,
		      void (*tell)(void *ctx, const struct hourly_incidents *row), void *ctx);

/* Incidents that are muted, and were seen in these hours; and findings under a mute of sessions
 * that began in them and are kept, as sessions. */
struct hourly_muted {
	int64_t incidents, sessions;
};
bool hourly_muted(struct store *s, const struct hourly_filter *f, struct hourly_muted *out);

/* What the taps delivered and lost in these hours, of anybody's. */
struct hourly_capture {
	int64_t packets, dropped;
};
bool hourly_capture(struct store *s, const struct hourly_filter *f, struct hourly_capture *out);

/* Sessions of before there were counts by client and TLS version, which have none there. */
bool hourly_uncounted(struct store *s, int64_t *out);

#endif
