/*
 * Walks over a command line: what is a flag, what is its value, what is a word.
 *
 * Knows the shapes of flags ("-vq", "-rFILE", "--name=value", "--") and no
 * flag's meaning; who walks decides what is to be done with each. Private to
 * options.c.
 */
#ifndef MONITOR_COMMAND_LINE_H
#define MONITOR_COMMAND_LINE_H

#include "monitor/flag.h"

/* What stands at one place of the command line. */
struct found {
	const struct flag *flag; /* NULL: a word */
	const char *shown;       /* the argument */
	const char *value;       /* of the flag, or the word */
};

/* Called with each flag and each word of a command line; false, and why filled, ends the walk. */
typedef bool command_line_visit(struct taking *t, const struct found *f);

/*
 * Visit what stands behind argv[0], in order. groups: those of the command,
 * where it is known already; else 0. False: why is filled.
 */
bool command_line_walk(struct taking *t, uint32_t groups, command_line_visit *each);

#endif
