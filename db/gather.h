/*
 * What a batch of sessions adds to the hours and the servers, gathered in
 * memory and written once a batch.
 *
 * Sums, least and greatest only: the outcome does not depend on where one
 * batch ends and the next begins.
 */
#ifndef DB_GATHER_H
#define DB_GATHER_H

#include "db/inside.h"
#include "db/session.h"

struct gather *gather_new(void);
void gather_free(struct gather *g);

/* Count a session. */
bool gather_add(struct store *s, const struct session_row *row);

/* What a session counted for before it was replaced. */
struct gather_past {
	int64_t start;
	const char *service, *server, *client_net, *outcome, *domain, *tls_version;
	uint16_t server_port;
	enum maybe offered, accepted;
};

/* Take a session's counts back; first and last seen stay. */
bool gather_remove(struct store *s, const struct gather_past *past);

/* Write it to the tables, in the transaction under way. */
bool gather_flush(struct store *s);

/* Forget it: the transaction was rolled back. */
void gather_drop(struct gather *g);

#endif
