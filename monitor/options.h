/*
 * The command line, the environment and the configuration file as one struct.
 *
 * Owns the lists of struct options; the strings are borrowed from argv, or
 * live as long as the struct. Says what was asked, with every number, time,
 * address and name already checked; opens nothing but the configuration file,
 * prints nothing, does nothing.
 */
#ifndef MONITOR_OPTIONS_H
#define MONITOR_OPTIONS_H

#include "db/query.h"
#include "db/upkeep.h"
#include "dissector/session.h"
#include "monitor/capture/live.h"
#include "monitor/judge/judge.h"
#include "monitor/policy/smart_hosts.h"
#include "monitor/role/message.h"

struct sinks;   /* monitor/alert/sink.h */
struct mute;    /* monitor/alert/mute.h */
struct mutes;   /* likewise */
struct command; /* monitor/command/command.h */

#define OPTIONS_WHY_MAX 512 /* bytes of a line that says what is wrong, NUL included */
#define MEMORY_DEFAULT  ((size_t)256 << 20) /* bytes, --memory */
#define BUFFER_DEFAULT  (32u << 20)         /* bytes, --buffer */
#define SNAPLEN_DEFAULT 262144
#define SNAPLEN_MIN     96 /* less would cut the headers of a tunnelled packet */
#define READERS_MAX     64

enum format {
	FORMAT_TABLE,
	FORMAT_JSON,
	FORMAT_CSV,
	FORMAT_HTML,   /* reports alone */
	FORMAT_TLSRPT, /* reports alone, as files: RFC 8460 */
	FORMAT_ECS,    /* lists of incidents and sessions alone: Elastic Common Schema */
	FORMAT_EVE     /* ... as Suricata's EVE */
};

/* A list of words, in the order of the command line. */
struct words {
	const char **at;
	size_t count;
};

struct watch_options {
	struct words files;      /* -r; "-" is standard input, once at most */
	struct words interfaces; /* -i */
	const char *expression;  /* -f; NULL: none */
	uint8_t service[65536];  /* enum service of each server port, for dissector_config */
	unsigned readers;        /* 1 to READERS_MAX */
	enum gate_choice gate;
	uint32_t gate_flows; /* 1 to GATE_FLOWS_MAX */
	uint32_t buffer;  /* bytes of a live capture's ring, LIVE_BUFFER_MIN to LIVE_BUFFER_MAX */
	uint32_t snaplen; /* bytes, SNAPLEN_MIN to SNAPLEN_DEFAULT */
	bool alerts;      /* those sinks that there are */
	bool no_alerts;   /* --no-alerts */
	bool lookups;     /* policies are to be looked up */
	bool no_lookups;  /* --no-lookups: that was asked for */
	struct words resolvers; /* --resolver; each fits dns_resolver_read */
	bool trust_resolver;    /* --trust-resolver */
	bool lookup_private;    /* --lookup-private */
	struct smart_hosts smart_hosts;
	const char *metrics;      /* --metrics, which endpoint_read takes; NULL: not served */
	const char *metrics_file; /* --metrics-file; NULL: not written */
	const char *ca_file;      /* NULL: none */
	bool has_fail_on;
	enum severity fail_on; /* that or worse */
	bool is_json;          /* --json: findings as lines on standard output */
	bool has_progress;     /* --progress */
	const char *sensor;    /* printable, 1 to 64 bytes; "default" without --sensor */
	const char *user;      /* that readers become; NULL: the usual one */
	size_t memory;         /* bytes, at least DISSECTOR_BUDGET_MIN */
	/*
	 * Where these stand, to begin a line on what is wrong with them: "FILE:LINE: " of the
	 * configuration, or "".
	 */
	const char *expression_at, *user_at, *ca_file_at;
};

/* Reports of RFC 8460. What is NULL was not given. */
struct tlsrpt_options {
	const char *directory;    /* where the files go; given where format is FORMAT_TLSRPT */
	const char *contact_info; /* an addr-spec; likewise */
	const char *organization_name;
	const char *submitter; /* a domain */
	const char *report_id; /* what each begins with */
	bool is_gzip;
};

struct options {
	const struct command *command; /* never NULL after PARSED_RUN */
	const char *db;                /* path of the database */
	bool has_db;                   /* --db stood on the command line */
	const char *config;            /* path of the configuration file, which may not be there */
	int verbosity;                 /* -1 with -q, 0, and one more for each -v */
	enum format format;            /* --json, --csv, --format */
	struct filter filter;          /* of lists; its with_json is left to the command */
	const char *service;           /* report --service; NULL: every */
	struct watch_options watch;
	struct tlsrpt_options tlsrpt; /* report */
	int64_t id;                   /* of an incident, 1 and up: show, export, ack, close, reopen;
					 of an alert: alert retry, 0: all; of a mute: mute remove */
	struct domain domain;         /* policy: one that may be asked for; else empty */
	const char *note;             /* --note; NULL: none */
	const char *output;           /* -w, or the operand of db backup; NULL: none */
	struct sinks *sinks;          /* where alerts go; NULL: nowhere */
	struct mutes *mutes;          /* of the configuration; NULL: none */
	struct mute *mute;            /* that mute add is to add; NULL: nothing was given of it */
	const char *action;           /* db: "check", "stats", "prune", "backup";
					 alert: "test", "list", "retry"; mute: "list", "add", "remove" */
	const char *sink;             /* alert test: its name; NULL: all */
	struct retain_limits keep;    /* in force for this command; 0: no limit */
	int64_t before;               /* db prune --before; INT64_MIN: not given */
	int64_t now;                  /* when it was asked for, microseconds since the epoch */
	int argc;                     /* what was parsed, to be parsed anew */
	char *const *argv;
	struct words texts; /* private: strings that argv does not hold */
};

/* What a command line came to. */
enum parsed {
	PARSED_RUN,     /* do it */
	PARSED_HELP,    /* --help: of out->command, or of the program where that is NULL */
	PARSED_VERSION, /* --version */
	PARSED_MISUSE,  /* it is wrong; why says how and what to do, one line */
	PARSED_FAILED   /* it is right but cannot be had: the configuration file, memory */
};

/*
 * Read a command line. argv[0] is the program. *out is to be given to
 * options_free whatever is returned. why holds OPTIONS_WHY_MAX bytes.
 */
enum parsed options_parse(int argc, char *const argv[], struct options *out, char *why);

void options_free(struct options *o);

#endif
