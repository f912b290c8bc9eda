/*
 * Sections of the configuration file: "[sink ops]", and settings below it up to
 * the next section or the end.
 *
 * A section is of a kind, which has a row in section.c, and has a name of its
 * own. Reads and checks; opens nothing. Private to config_file.c, help.c and the
 * files that describe a kind.
 */
#ifndef MONITOR_SECTION_H
#define MONITOR_SECTION_H

#include "monitor/flag.h"

#define SECTION_NAME_MAX 32 /* letters of a name */

struct setting {
	const char *name;
	const char *value; /* what it takes, in documentation */
	/* Check value and put it into subject; false: why is filled. value lives as long as t->out.
	 */
	bool (*take)(struct taking *t, void *subject, const char *value);
	bool may_repeat;
	const char *help;
};

struct section_kind {
	const char *name;
	const struct setting *settings;
	size_t count; /* at most 64 */
	/* What the settings of one with this name go to; NULL: why is filled. */
	void *(*begin)(struct taking *t, const char *name);
	/* What only the whole section tells; false: why is filled. */
	bool (*end)(struct taking *t, void *subject);
	const char *command; /* whose help lists the settings; NULL: its options tell them */
};

extern const struct section_kind *const section_kinds[];
extern const size_t section_kind_count;

/* What is being read. */
struct section {
	const struct section_kind *kind; /* NULL: before the first section */
	const char *name;
	void *subject;
	size_t line;   /* that it began at */
	uint64_t seen; /* a bit for each setting that was given */
};

/* "[kind name]", without blanks around it, at this line; the section before it is at its end. */
bool section_begin(struct taking *t, struct section *s, struct bytes head, size_t line);

/* A setting in the section. */
bool section_take(struct taking *t, struct section *s, struct bytes name, const char *value);

/* The section ends; where none began nothing is to be done. What is wrong names it. */
bool section_end(struct taking *t, struct section *s);

#endif
