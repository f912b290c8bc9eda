/*
 * A recorded session as facts again, so that it can be judged by what a later one tells.
 *
 * What the database does not keep is not seen here, but for this: of a plaintext session
 * without AUTH it was mail that went in clear, and the server's name is that of its greeting
 * (RFC 5321 section 4.2), since the lines of its EHLO reply are not kept.
 */
#ifndef MONITOR_BASELINE_RETELL_H
#define MONITOR_BASELINE_RETELL_H

#include "db/past.h"
#include "dissector/session.h"
#include "monitor/address.h"

struct retold {
	struct past_facts facts; /* its row is whole but for what is of findings */
	bool is_whole;           /* addresses and service are such as this program writes */
	struct session session;  /* borrows from the rest, which must not move */
	struct bytes recipients[PAST_RECIPIENTS];
	char client_net[NETWORK_TEXT_MAX];
};

/* Read the session of that id. False: the database failed, or there is none. */
bool retell(struct store *store, int64_t id, struct retold *out);

#endif
