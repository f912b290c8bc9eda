/*
 * What the database keeps of one incident, whole in memory: a few sessions'
 * lines, packets and proofs. The database caps how much that is.
 */
#ifndef MONITOR_COMMAND_KEPT_H
#define MONITOR_COMMAND_KEPT_H

#include "db/incident.h"

struct kept_session {
	int64_t id;    /* 0: its bytes are removed by age, and only proofs are left */
	bool is_whole; /* nothing of it was lost or cut for room */
	size_t first_line, line_count;
};

struct kept_proof {
	size_t session; /* index of its session */
	char *what, *value;
	bool is_count; /* of all that was seen until then */
};

struct kept_line {
	int64_t time;
	bool from_server;
	char *text;
};

struct kept_packet {
	size_t session; /* index of its session */
	int64_t time;
	bool from_server;
	uint32_t linktype, wire_len;
	uint8_t *bytes;
	size_t len;
	size_t number; /* in order of telling */
};

struct kept {
	int64_t incident;              /* of which it is: of a surge, one that it sums up */
	struct kept_session *sessions; /* each once */
	struct kept_proof *proofs;     /* by session */
	struct kept_line *lines;       /* by session, then time */
	struct kept_packet *packets;   /* by time */
	size_t session_count, proof_count, line_count, packet_count;
	bool has_failed; /* private: memory was refused */
};

/*
 * All that is kept of the incident with this id, or of the one that stands for it; NULL, and one
 * line in why (STORE_WHY_MAX bytes), where it cannot be had. Nothing kept is no failure.
 */
struct kept *kept_read(struct store *s, int64_t id, char *why);

/* How many sessions have bytes; those of the others were removed by age. */
size_t kept_with_bytes(const struct kept *k);

/* The first line of the session with this index at this time or later: an index of lines. */
size_t kept_find_line(const struct kept *k, size_t session, int64_t time);

/* NULL does nothing. */
void kept_free(struct kept *k);

#endif
