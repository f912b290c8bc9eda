/*
 * The keeper: starts the reader, hands it captures, takes its messages as
 * hostile, judges the sessions in them and records them.
 *
 * Owns the database while it runs and the descriptors that it opens. Reads no
 * byte of a capture itself. Whatever the reader does, the keeper lives on to
 * say so, and what was recorded stays.
 */
#ifndef MONITOR_ROLE_KEEPER_H
#define MONITOR_ROLE_KEEPER_H

#include <stdio.h>

#include "dissector/dissector.h"
#include "monitor/record.h"
#include "monitor/role/message.h"
#include "monitor/role/printer.h"
#include "monitor/role/starter.h"

struct checker_config; /* monitor/role/checker_message.h */

struct keeper_config {
	const struct starter *starter; /* of readers; NULL: the keeper starts them itself */
	const char *db, *sensor;
	const char *ca_file;         /* NULL: the system's, where there is one */
	const char *const *captures; /* paths; "-": standard input */
	size_t capture_count;
	const uint8_t *service; /* 65,536, as in struct dissector_config */
	const char *user;       /* that readers become where they are root; NULL: the usual one */
	size_t memory;          /* bytes, for the dissector */
	uint32_t snaplen;       /* bytes of each packet that are looked at */
	const char *const *interfaces; /* to capture from, instead of reading captures */
	size_t interface_count;
	unsigned readers; /* of each interface, 1 to 64 */
	uint32_t buffer;  /* bytes of each one's ring */
	enum gate_choice gate;
	const struct sinks *sinks; /* that alerts go to; NULL: none is alerted */
	struct retain_limits
	    keep; /* of the database: those of captures count from its newest session */
	const struct checker_config *lookups;  /* of policies; NULL: none */
	const struct smart_hosts *smart_hosts; /* NULL: none */
	const struct mutes *mutes;             /* of the configuration; NULL: none */
	const char *metrics; /* of interfaces: where they are served, as endpoint_read takes it */
	const char *metrics_file; /* ... and written; NULL: nowhere */
	uint32_t gate_flows;      /* marks of each one's gate at most */
	bool has_status;          /* a line on standard error that shows how it goes */
	const char *expression;   /* packets to read, pcap-filter(7); NULL: all */
	FILE *json;               /* findings as lines; NULL: nowhere */
	struct printer
	    *printer; /* of interfaces, that json leads to; NULL: lines go where they may wait */
	/*
	 * How far a capture has come, as it goes on; NULL: nobody asks. size is 0
	 * where unknown; capture is NULL when lines for people are to follow.
	 */
	void (*progress)(void *ctx, const char *capture, uint64_t consumed, uint64_t size);
	/* Of interfaces: it went well before, and goes on whatever stands in its way at first. */
	bool goes_on;
	/* ... and so did this database: that it refuses at first is no fault of what was asked for.
	 */
	bool awaits_db;
	/* SIGHUP: whether to end it and begin anew; where not, that was told. */
	bool (*may_reload)(void *ctx);
	void *ctx;
};

/* How long look-ups took: those within so many milliseconds, and not within fewer; beyond: the
 * last.
 */
#define LOOKUP_BOUNDS                                                                    \
	{                                                                                \
		10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000 \
	}
#define LOOKUP_BUCKETS 14

/* Of look-ups: of a domain each. */
struct lookup_counts {
	uint64_t asked, answered; /* answered: whatever the answer */
	uint64_t failed;          /* of them, those of which something was not to be had */
	uint64_t lost;            /* with a checker that died; they are asked again */
	uint64_t left_out;        /* not asked for: too many at once */
	uint64_t waiting;         /* now */
	uint64_t
	    took[LOOKUP_BUCKETS]; /* of those answered, from asking the checker to its answer */
	uint64_t took_ms;         /* all of them, milliseconds */
};

struct keeper_result {
	bool is_failed;          /* something failed, and was told */
	bool is_interrupted;     /* by a signal: not all was read, and it was told */
	bool is_refused;         /* the database refused, and it was told */
	bool is_given_up;        /* for that, and before all was read */
	uint64_t captures;       /* read, if only in part; none where no database is to be had */
	uint64_t truncated;      /* of them, those that end in the middle of a packet */
	uint64_t packets, bytes; /* where a capture was not read whole: at least so many */
	struct dissector_counts dissected; /* what the readers said at their end */
	struct live_tally tally;           /* of live captures */
	bool is_to_reload;                 /* SIGHUP ended it: begin anew */
	bool is_unfit; /* of interfaces: it could not begin as it was asked for, and it was told */
	bool has_database; /* one was opened: recorded says what it came to */
	struct recorder_counts recorded;
	struct lookup_counts lookups;
};

/*
 * Read all the captures, in their order, as one stretch of traffic. SIGINT and
 * SIGTERM end it early but in order; a second one ends the process.
 */
void keeper_run(const struct keeper_config *config, struct keeper_result *out);

/*
 * Capture from all the interfaces until SIGINT or SIGTERM, which end it in
 * order. What a reader or an interface does, the others go on.
 */
void keeper_watch(const struct keeper_config *config, struct keeper_result *out);

#endif
