/*
 * The tables sensors, sessions, findings and, with each session that is new,
 * the incidents, hours and servers that it counts in.
 *
 * A session is known by its sensor, start, addresses, ports and service. What
 * is counted moves in the transaction that adds the session, so that a run
 * which was killed can be run again and counts as one.
 */
#ifndef DB_SESSION_H
#define DB_SESSION_H

#include "db/store.h"

/* Ranks as stored; the views show their names. */
enum severity_rank { RANK_INFO, RANK_NOTICE, RANK_WARNING, RANK_CRITICAL };
enum certainty_rank { RANK_POSSIBLE, RANK_PROBABLE, RANK_PROVEN };

/* A thing that a person can check. */
struct proof_row {
	const char *what, *value; /* printable */
	bool is_count; /* of all that was seen until then: that of a later session overtakes it */
};

/* What became of an incident when a finding joined it. */
enum incident_event {
	INCIDENT_UNTOUCHED, /* the session was in it already */
	INCIDENT_OPENED,
	INCIDENT_RAISED, /* in severity */
	INCIDENT_REOPENED,
	INCIDENT_TOUCHED /* one more session, nothing else */
};

/* One finding of a session. All text is printable; NULL only where said. */
struct finding_row {
	const char *kind; /* "starttls-missing" */
	enum severity_rank severity;
	enum certainty_rank certainty;
	const char *where;      /* "client-side", "server-side", "unknown" */
	const char *detail;     /* one sentence */
	const char *summary;    /* the incident's sentence, where this finding opens or raises it;
				   it ends in detail */
	const char *refuted_by; /* what would show it harmless */
	const char *title;      /* the kind in a few words: of a surge the sentence begins so */
	bool is_of_path; /* somebody on the way does so: it may have one cause at many servers */
	int64_t mute_id; /* of the mute that it falls under (db/mute.h); 0: none */
	const struct proof_row *proofs;
	size_t proof_count;
	/* Filled in by session_add where the session was new or longer. */
	int64_t incident_id;
	enum incident_event event;
	enum severity_rank before; /* INCIDENT_RAISED: the incident's severity until then */
	/* The surge that the incident is part of, which is to be told in its place: db/surge.h. */
	int64_t surge_id; /* 0: none, or one that is closed */
	enum incident_event surge_event;
	enum severity_rank surge_severity, surge_before; /* now, and until then */
};

/* One line of the dialogue, scrubbed and printable. */
struct line_row {
	int64_t time;
	bool from_server;
	const char *text;
};

/* One packet as kept: what must not be stored is blanked already. */
struct packet_row {
	int64_t time;
	bool from_server;
	uint32_t linktype, wire_len;
	const void *bytes;
	size_t len;
};

/* One certificate that the server sent, DER, leaf first. */
struct certificate_row {
	const void *der;
	size_t len;
};

/*
 * What was kept of a session's bytes. Stored for the first three sessions of
 * each incident and for its latest.
 */
struct exhibit {
	const struct line_row *lines;
	size_t line_count;
	const struct packet_row *packets;
	size_t packet_count;
	const struct certificate_row *certificates;
	size_t certificate_count;
	bool is_whole; /* nothing was lost or cut for room */
};

/* More of one session's exhibit is cut, last records first, and is_whole says so. */
#define EXHIBIT_BYTES_MAX (256u << 10)

/* One session. Text is printable; NULL where not seen. Times: microseconds since the epoch, UTC. */
struct session_row {
	int64_t sensor_id; /* of session_sensor */
	int64_t start, end;
	const char *service;
	const char *client, *server; /* addresses as inet_ntop writes them */
	uint16_t client_port, server_port;
	const char *client_net; /* "192.0.2.0/24", "2001:db8::/64": part of an incident's key */
	const char *community_id;
	bool complete;
	int64_t gap_bytes;
	const char *seen;    /* "both", "client", "server" */
	const char *outcome; /* "encrypted", ... */
	const char *ending;  /* "fin", "reset", "idle", "reused", "evicted", "capture" */
	int64_t packets, client_bytes, server_bytes;
	const char *banner, *helo;
	enum maybe extended, offered, requested, accepted;
	const char *tls_version, *tls_cipher, *tls_sni, *tls_alpn;
	enum maybe tls_resumed;
	const char *cert_sha256, *spki_sha256, *ja3, *ja4; /* hexadecimal, lower case, but ja4 */
	int64_t mail_count;                                /* -1: not seen */
	const char *from_domains, *rcpt_domains; /* JSON arrays of lower-case A-labels; NULL: not
						    seen */
	const char *domain;                      /* first of rcpt_domains; "" for none */
	const char *auth, *encap;
	struct finding_row *findings; /* one a kind; of several of one kind the first counts */
	size_t finding_count;
	const struct exhibit *exhibit; /* NULL: nothing was kept */
};

enum session_added {
	SESSION_NEW,
	SESSION_KNOWN,    /* it was there, and no more is seen of it now: nothing changed */
	SESSION_EXTENDED, /* it was there, but less of it, or not its end, was seen: replaced */
	SESSION_REMOVED,  /* it was there and was removed by age or size: nothing changed */
	SESSION_BEHIND, /* it began before the time of which is known what was removed: likewise */
	SESSION_FAILED  /* store_error says why; the transaction is rolled back */
};

/* The id of a sensor, added where it is new. Needs a transaction. 0 where it failed. */
int64_t session_sensor(struct store *s, const char *name);

/*
 * Add one session with its findings, in a transaction. *id is the session's; 0 where it is not
 * there, having been removed.
 * Where it was known, findings are neither read nor changed. It is extended
 * only by a view that lacks nothing of what was seen before; where more is
 * missing in between than before, findings that are not made again stay.
 */
enum session_added session_add(struct store *s, const struct session_row *row, int64_t *id);

/*
 * Count a session in what is known, once: *is_first tells whether it was not before.
 * One that another sensor saw too (the same addresses, ports and service, and a start within
 * a second) was, unless more of it is seen here.
 */
bool session_learn(struct store *s, int64_t id, bool *is_first);

/*
 * Put a finding in the place of the session's of that kind, in a transaction:
 * it leaves the one incident and joins the other, or its incident is raised.
 */
bool session_judge_again(struct store *s, int64_t id, const struct session_row *row,
			 const char *kind, struct finding_row *finding);

/* How a session's finding of a kind stands. */
struct session_standing {
	bool is_recorded; /* the session is there */
	bool is_found;    /* ... with such a finding */
	enum severity_rank severity;
	enum certainty_rank certainty;
};
bool session_standing(struct store *s, int64_t id, const char *kind, struct session_standing *out);

/* Add a finding of a kind that the session, which is there, has not, in a transaction. */
bool session_add_finding(struct store *s, int64_t id, const struct session_row *row,
			 struct finding_row *finding);

/*
 * Tell the findings of one session, or that of one kind (NULL: all), each as a JSON object of
 * time, sensor, service, client, client_port, server, server_port, session,
 * kind, severity, certainty, where, detail, incident (its id), surge (the id of the incident that
 * sums that one up, or null), muted (null, or the mute: id, name, until, why). In order of
 * adding.
 */
bool session_findings(struct store *s, int64_t id, const char *kind,
		      void (*tell)(void *ctx, const char *json), void *ctx);

/* Whether the incident's sentence tells one of this session's findings. */
bool session_is_teller(struct store *s, int64_t id, int64_t incident, bool *is_teller);

/* One minute of one capture source. */
struct capture_row {
	int64_t minute; /* its start, microseconds since the epoch */
	int64_t sensor_id;
	const char *source; /* "" for a live one. One capture is the first part of another
			       where its source begins the other's */
	int64_t packets, bytes, dropped, gaps;
	int64_t withheld, evicted, untold, crashed;
};

/*
 * Add a minute, in a transaction. A saved capture gives the minute's totals,
 * and giving them again changes nothing, nor does giving those of its first
 * part; a live one adds to what is there. Beyond 2^44 nothing is counted.
 */
bool session_capture(struct store *s, const struct capture_row *row);

#endif
