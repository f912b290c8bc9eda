/*
 * Sessions that are recorded, looked for and read again where a later one sheds another
 * light on them. Reads only; what is changed of them is session.h's.
 */
#ifndef DB_PAST_H
#define DB_PAST_H

#include "db/session.h"

/* Which earlier findings to look for: the latest sessions first. */
struct past_query {
	const char *server, *kind;
	uint16_t server_port;
	int64_t since; /* by the start of their session */
	int64_t limit;
};
struct past_row {
	int64_t session, start;
	const char *client;
	enum certainty_rank certainty;
	bool is_placed; /* on which side of the tap is known */
};
bool past_find(struct store *s, const struct past_query *query,
	       void (*tell)(void *ctx, const struct past_row *row), void *ctx);

/* A session that has a finding of that kind, as far as its incidents are made of it. */
#define PAST_TEXT_MAX 64
struct past_session {
	struct session_row row; /* its texts are those below */
	char service[PAST_TEXT_MAX], client[PAST_TEXT_MAX], server[PAST_TEXT_MAX];
	char client_net[PAST_TEXT_MAX], domain[1100];
};
bool past_read(struct store *s, int64_t id, const char *kind, struct past_session *out);

/* Which sessions of a client to look for: the latest first. */
struct past_client_query {
	const char *client, *outcome;
	const char *server; /* NULL: any */
	uint16_t server_port;
	int64_t after, until; /* by their start */
	int64_t limit;
};
bool past_of_client(struct store *s, const struct past_client_query *query,
		    void (*tell)(void *ctx, int64_t session), void *ctx);

/* A session as it stands: what of it may be judged again. */
#define PAST_RECIPIENTS 8 /* domains; more are not read */
struct past_facts {
	struct session_row row; /* its texts are those below, NULL where not seen; no client_net */
	bool is_learnt;
	char service[PAST_TEXT_MAX], client[PAST_TEXT_MAX], server[PAST_TEXT_MAX];
	char seen[8], outcome[16], tls_version[16], ja4[40], auth[64], domain[1100];
	char banner[2100];
	char recipients[PAST_RECIPIENTS * 1100]; /* domains, a line each; empty for none */
};
bool past_facts(struct store *s, int64_t id, struct past_facts *out);

/* Tell the kinds of a session's findings that are warnings or worse. */
bool past_alarms(struct store *s, int64_t id, void (*tell)(void *ctx, const char *kind), void *ctx);

#endif
