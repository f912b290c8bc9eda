/*
 * The keeper's end of the exporter, and the file of metrics: gives both the text, now and then.
 *
 * Owns the process and the socket. Never waits for it: where it has not taken a text yet it is
 * given none. The file is written whole
 * and renamed into place, so that nobody reads half of one. Knows nothing of what the text says.
 */
#ifndef MONITOR_ROLE_EXPORTING_H
#define MONITOR_ROLE_EXPORTING_H

#include <poll.h>

#include "monitor/role/keeper.h"
#include "monitor/role/status.h"
#include "monitor/role/ward.h"

#define EXPORTING_EACH_MS      1000  /* between two texts to the exporter */
#define EXPORTING_FILE_EACH_MS 15000 /* ... to the file */

struct exporting {
	const struct keeper_config *config;
	struct status_bar *bar;
	struct ward ward;      /* meaningful where config->metrics is not NULL */
	bool has_given;        /* a text, which the exporter need not have taken yet */
	bool is_file_told;     /* that the file cannot be written */
	int64_t due, file_due; /* by clock_steady */
};

/* Both outlive it. Starts the exporter: what stands in its way is told, and the watch goes on. */
void exporting_begin(struct exporting *e, const struct keeper_config *config,
		     struct status_bar *bar);

/* Ends the process; and where the watch is over for good removes the file, which says it goes on.
 */
void exporting_end(struct exporting *e, bool is_for_good);

/* Whether it is time for a text. */
bool exporting_is_due(const struct exporting *e);

/* What to wait for; -1: nothing. */
struct pollfd exporting_poll(const struct exporting *e);

/* Hear it, and start one where it is time. */
void exporting_run(struct exporting *e);

/* This is how it goes. */
void exporting_give(struct exporting *e, struct bytes text);

#endif
