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

#endif
