/*
 * What follows a command that is no flag: an id, a domain, an action and what
 * it is done to.
 *
 * Checks each word by itself; which are needed is options_check.h's. Private to
 * options.c and options_check.c.
 */
#ifndef MONITOR_OPERAND_H
#define MONITOR_OPERAND_H

#include "monitor/flag.h"

/* The actions of these commands, for messages. */
#define ACTIONS_DB    "check, stats, prune, backup FILE"
#define ACTIONS_ALERT "test [SINK], list, retry [ID]"
#define ACTIONS_MUTE  "list, add, remove ID"

/* Take the next of them for the command, which is known; false: why is filled. */
bool operand_take(struct taking *t, const char *word);

#endif
