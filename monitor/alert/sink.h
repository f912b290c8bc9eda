/*
 * A sink: where alerts go, and which, as the configuration's [sink NAME] says.
 *
 * Checked settings, no more: opens nothing and sends nothing. Secrets are named
 * by the file that holds them and are not in here.
 */
#ifndef MONITOR_ALERT_SINK_H
#define MONITOR_ALERT_SINK_H

#include "monitor/alert/scope.h"

#define SINKS_MAX      32
#define SINK_RATE_MAX  10000               /* alerts in the span */
#define SINK_RATE      30                  /* ... unless it is said */
#define SINK_RATE_SPAN INT64_C(3600000000) /* microseconds: an hour */
#define SINK_TIMEOUT   10000               /* milliseconds for one delivery */
#define SINK_ARGUMENTS 32                  /* of a command, with its path */
#define SINK_WORDS_MAX 32                  /* headers, files of them, recipients: of each */
#define SINK_TEXT_MAX  4096                /* bytes of one setting, and of a word of it */
#define SINK_PORT_LOG  514                 /* RFC 5426 section 3.3, RFC 3164's over TCP */
#define SINK_PORT_TLS  6514                /* RFC 5425 section 4.1 */

enum sink_type { SINK_NONE, SINK_SYSLOG, SINK_FILE, SINK_WEBHOOK, SINK_EXEC, SINK_MAIL };

/* How a syslog sink is reached. */
enum sink_carrier {
	CARRIER_LOCAL, /* a socket of this machine */
	CARRIER_UDP,   /* RFC 5426 */
	CARRIER_TCP,   /* RFC 6587, octet counting */
	CARRIER_TLS    /* RFC 5425 */
};

/* What an alert is written as: JSON is the contract's object; the last two are of syslog alone. */
enum sink_format {
	SINK_JSON,
	SINK_ECS, /* Elastic Common Schema */
	SINK_EVE, /* as Suricata's EVE */
	SINK_ALERTMANAGER,
	SINK_CHAT, /* one text, as Slack, Mattermost and others take it */
	SINK_RFC5424,
	SINK_SYSLOG3 /* as syslog(3) writes it, which is what journald reads */
};

struct sink {
	const char *name;
	enum sink_type type;
	struct scope scope;
	uint32_t rate;     /* alerts that are sent in a span; the rest is summed up; 0: no limit */
	int64_t rate_span; /* microseconds */
	/* Minutes of the day, UTC, between which only what is critical is sent; equal: none. */
	int quiet_from, quiet_until;

	enum sink_carrier carrier; /* syslog */
	const char *host;          /* syslog, but for CARRIER_LOCAL; name or address */
	uint16_t port;
	int facility;              /* syslog: RFC 5424 section 6.2.1 */
	const char *path;          /* file: absolute; syslog: the local socket */
	enum sink_format format;   /* file, webhook, syslog */
	const char *url;           /* webhook: https, or http; NULL: url_file has it */
	const char *url_file;      /* webhook: whose first line it is */
	struct words headers;      /* webhook: "Name: value" */
	struct words header_files; /* webhook: "Name: /path", whose first line is the value */
	const char *token_file;    /* webhook: Authorization: Bearer; its first line */
	const char *ca_file;       /* webhook, syslog by TLS; NULL: the system's */
	const char *command[SINK_ARGUMENTS + 1]; /* exec; [0] is an absolute path; ends in NULL */
	struct words recipients;                 /* mail; as it was given: syslog */
	const char *from;                        /* mail; NULL: sendmail's choice */
	const char *sendmail;                    /* mail: absolute path */
	const char *user; /* exec and mail: run as; NULL: the user that parses */
};

struct sinks {
	struct sink *at; /* SINKS_MAX */
	size_t count;
};

/* For who has none: how to set one, with the path of the configuration to be filled in. */
#define SINK_ADVICE "set one in %s: a line \"[sink ops]\", and \"type = syslog\" below it"

const char *sink_type_name(enum sink_type type);

void sinks_free(struct sinks *sinks);

#endif
