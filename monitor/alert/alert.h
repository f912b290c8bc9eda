/*
 * An alert: what ops are told when an incident is opened, gets graver, comes
 * again or is over; and how it is written for a sink.
 *
 * Rendering is the keeper's: a courier gets the bytes that go out and knows
 * nothing of what they say. Pure: asks no clock, no database, no network. No
 * message text, local part or secret is in an incident, and so none in an alert.
 */
#ifndef MONITOR_ALERT_ALERT_H
#define MONITOR_ALERT_ALERT_H

#include <stdio.h>

#include "monitor/alert/sink.h"

enum alert_event {
	ALERT_OPENED,
	ALERT_RAISED,
	ALERT_REOPENED,
	ALERT_CLOSED,  /* for sinks that keep a state: Alertmanager's is resolved */
	ALERT_RENEWED, /* still open: likewise, before it would run out there */
	ALERT_SUMMARY, /* of what a rate or quiet hours held back */
	ALERT_TEST     /* of nothing: a person asked for it */
};

#define ALERT_EVIDENCE 64 /* lines at most; more are cut, and that is said */

struct alert_line {
	const char *what, *value;
};

/* All text is borrowed, UTF-8, and was printable when it was stored; NULL: not known. */
struct alert {
	int64_t id; /* of the outbox; stays the same when it is sent again */
	enum alert_event event;
	int64_t at;  /* microseconds since the epoch: of the event */
	int64_t now; /* ... of the writing: what runs out at a sink counts from it; 0: as at */
	const char *sensor;
	int64_t incident;          /* 0: none */
	const char *incident_json; /* as `incidents --json` has it, the contract's object */
	const char *kind, *state, *certainty, *where;
	enum severity severity, before; /* before: ALERT_RAISED: what it was */
	int64_t first_seen, last_seen, sessions;
	const char *client, *server, *service, *domain, *mx, *community_id;
	uint16_t server_port;
	uint16_t client_port; /* of the flow that community_id names; 0: not known */
	const char *summary, *refuted_by, *advice, *reference;
	struct alert_line evidence[ALERT_EVIDENCE];
	size_t evidence_count;
	int64_t held_back;  /* ALERT_SUMMARY: alerts that it stands for */
	int64_t held_since; /* ... the first of them */
};

const char *alert_event_name(enum alert_event event); /* "opened", ... */

/*
 * Write what goes to this sink: a line of JSON that ends in LF (file, exec, and
 * webhook of json, ecs, eve), a message of RFC 5424 without framing (syslog), a
 * body for Alertmanager or a chat, a message of RFC 5322 with its header (mail).
 * False where out cannot take it.
 */
bool alert_render(const struct alert *a, const struct sink *sink, const char *host, FILE *out);

#endif
