/*
 * The table of subcommands, and the functions behind it: one file each.
 *
 * Each function does what struct options asks, writes its own messages, and
 * returns the exit status of the program.
 */
#ifndef MONITOR_COMMAND_COMMAND_H
#define MONITOR_COMMAND_COMMAND_H

#include "monitor/options.h"

/* Exit statuses, as the contract has them. */
enum status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_MISUSE = 2, STATUS_FAIL_ON_MET = 3 };

int command_watch(const struct options *o);
int command_incidents(const struct options *o);
int command_show(const struct options *o);
int command_sessions(const struct options *o);
int command_servers(const struct options *o);
int command_report(const struct options *o);
int command_policy(const struct options *o);
int command_export(const struct options *o);
int command_ack(const struct options *o);
int command_close(const struct options *o);
int command_reopen(const struct options *o);
int command_alert(const struct options *o);
int command_doctor(const struct options *o);
int command_mute(const struct options *o);
int command_db(const struct options *o);

/* What may follow a command beside flags. */
enum operands {
	OPERANDS_NONE,
	OPERANDS_FILES,  /* behind -r */
	OPERANDS_ID,     /* of an incident, needed */
	OPERANDS_ACTION, /* of the database, needed */
	OPERANDS_ALERT,  /* what to do with alerts, needed */
	OPERANDS_MUTE,   /* an action on mutes; list where none is given */
	OPERANDS_DOMAIN  /* needed */
};

/* A row of the table. */
struct command {
	const char *name;
	int (*run)(const struct options *o);
	const char *line;     /* one line of help */
	const char *synopsis; /* what follows the name */
	enum operands operands;
	uint32_t flags; /* FLAG_ bits of monitor/flag.h: the flags it takes */
};

extern const struct command commands[];
extern const size_t command_count;

/* The row of that name; NULL where there is none. */
const struct command *command_find(const char *name);

#endif
