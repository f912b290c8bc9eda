/*
 * What the keeper gives up once it has the starter: it keeps its user and the
 * files that it needs, and loses every network, every other program, and the
 * rest of the disk.
 *
 * The reader gives up more, and by other steps: sandbox.h.
 */
#ifndef MONITOR_ROLE_ENCLOSE_H
#define MONITOR_ROLE_ENCLOSE_H

#include <stdbool.h>
#include <stddef.h>

/* What it will need. Folders are meant where a file may be replaced by another of its name. */
struct enclosure {
	const char *db;              /* its folder: the log beside it, and what a crash leaves */
	const char *config;          /* to be read again; its folder */
	const char *ca_file;         /* its folder; NULL: those where systems have theirs */
	const char *metrics_file;    /* its folder, to write it anew; NULL: none */
	const char *const *captures; /* to read; "-" is open already */
	size_t capture_count;
	bool has_names; /* a filter may name services and protocols */
};

/* Where systems keep the authorities they trust, the first that exists counts; ends with NULL. */
extern const char *const enclose_ca_bundles[];

/*
 * Give it up, once in the life of a process. What is in force, and what is not
 * and why, goes to the log's details.
 */
void enclose_keeper(const struct enclosure *e);

/*
 * Whether those are in reach after enclose_keeper was called with the others, as
 * far as this can be seen without them; else *what is the one that is not.
 */
bool enclose_reaches(const struct enclosure *was, const struct enclosure *anew, const char **what);

#endif
