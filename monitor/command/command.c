/* The table of subcommands; see command.h. */
#include "monitor/command/command.h"

#include <string.h>

#include "monitor/flag.h"

const struct command commands[] = {
    {"watch", command_watch, "analyse saved captures or live traffic",
     "-r FILE ... | -i IFACE ... [OPTION ...]", OPERANDS_FILES, FLAG_WATCH},
    {"incidents", command_incidents, "list incidents", "[FILTER ...]", OPERANDS_NONE,
     FLAG_LIST | FLAG_SURGES | FLAG_JSON | FLAG_CSV},
    {"show", command_show, "one incident: what, why we think so, what to do", "ID", OPERANDS_ID,
     FLAG_JSON},
    {"sessions", command_sessions, "list sessions", "[FILTER ...]", OPERANDS_NONE,
     FLAG_LIST | FLAG_SESSION | FLAG_JSON | FLAG_CSV},
    {"servers", command_servers, "what each mail server is known to offer", "[FILTER ...]",
     OPERANDS_NONE, FLAG_SERVERS | FLAG_JSON | FLAG_CSV},
    {"report", command_report, "how much of the mail was encrypted, by time, server and more",
     "[FILTER ...] [--format FORMAT]", OPERANDS_NONE, FLAG_REPORT | FLAG_JSON | FLAG_CSV},
    {"policy", command_policy, "MTA-STS, DANE and TLSRPT of a domain, explained",
     "DOMAIN [OPTION ...]", OPERANDS_DOMAIN, FLAG_POLICY | FLAG_JSON},
    {"export", command_export, "the incident's packets, as a capture Wireshark opens", "ID -w FILE",
     OPERANDS_ID, FLAG_OUTPUT},
    {"ack", command_ack, "mark an incident as seen", "ID [--note TEXT]", OPERANDS_ID, FLAG_NOTE},
    {"close", command_close, "mark an incident as done with", "ID [--note TEXT]", OPERANDS_ID,
     FLAG_NOTE},
    {"reopen", command_reopen, "mark an incident as open again", "ID [--note TEXT]", OPERANDS_ID,
     FLAG_NOTE},
    {"alert", command_alert, "alerts that wait or failed, and those of a test",
     "test [SINK] | list | retry [ID]", OPERANDS_ALERT, FLAG_ALERT | FLAG_JSON | FLAG_CSV},
    {"doctor", command_doctor, "what stands in the way of a good watch, and what to do",
     "[-i IFACE ...] [OPTION ...]", OPERANDS_NONE, FLAG_DOCTOR | FLAG_POLICY | FLAG_JSON},
    {"mute", command_mute, "what is known and alarms nobody",
     "[list | add WHAT --why TEXT | remove ID]", OPERANDS_MUTE, FLAG_MUTE | FLAG_JSON},
    {"db", command_db, "care of the database", "check | stats | prune | backup FILE",
     OPERANDS_ACTION, FLAG_PRUNE},
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
