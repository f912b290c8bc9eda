/*
 * An incident or a session as other programs' schemas have it: one line of
 * Elastic Common Schema or of Suricata's EVE.
 *
 * The object of our own stands in each line whole, as "waxseal": what a schema has
 * no field for is not lost. Pure; owns the few words that it makes.
 */
#ifndef MONITOR_ALERT_SIEM_H
#define MONITOR_ALERT_SIEM_H

#include "db/query.h"
#include "monitor/alert/alert.h"
#include "monitor/json.h"
#include "monitor/moment.h"

#define SIEM_ID_MAX 64

/* All text may be NULL: not known. */
struct siem {
	bool is_session;              /* else an incident, or an alert of none */
	const char *event;            /* what became of the incident; NULL: it is listed */
	const char *at, *start, *end; /* RFC 3339 */
	const char *sensor, *host;    /* the tap's name, and the machine's */
	const char *client, *server;  /* addresses */
	const char *client_port, *server_port;
	const char *service, *server_name, *community_id;
	const char *own; /* JSON of our own */

	/* Of an incident. */
	const char *id, *kind, *severity, *certainty, *domain, *summary;

	/* Of a session. */
	const char *outcome, *helo;
	const char *tls_version, *tls_cipher, *tls_sni, *tls_alpn, *tls_resumed;
	const char *cert_sha256, *ja3, *ja4;

	char moments[3][MOMENT_TEXT_MAX];
	char numbers[3][SIEM_ID_MAX];
	char flow[2][SIEM_ID_MAX]; /* of an incident that is listed: its latest session's */
};

/* Fill *out, which borrows from a and host; own is the caller's to fill in. */
void siem_of_alert(const struct alert *a, const char *host, struct siem *out);

/* Likewise from a row of query_incidents or query_sessions, with its JSON. */
void siem_of_incident(const struct row *row, struct siem *out);
void siem_of_session(const struct row *row, struct siem *out);

/* Take over which flow the latest session of an incident was. */
void siem_take_flow(struct siem *out, const struct row *session);

/* A line, with LF. */
void siem_put_ecs(const struct siem *s, FILE *out);
void siem_put_eve(const struct siem *s, FILE *out);

/* Whether text is an address, and of which family: 4, 6; else 0. */
int siem_family(const char *text);

/* A member whose value is a number in text; none where it is not known. */
void siem_member_number(struct json_object *o, const char *name, const char *number);

/* A member that is "true" or "false" in text; none where it is not known. */
void siem_member_flag(struct json_object *o, const char *name, const char *flag);

/* Begin "tls", to be ended; false, and nothing, where no handshake was seen to begin. */
bool siem_tls_begin(struct json_object *o, const struct siem *s, struct json_object *out);

/* "waxseal": the event, where there is one, and the object of our own. */
void siem_member_own(struct json_object *o, const struct siem *s);

#endif
