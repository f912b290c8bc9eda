/*
 * Options that say whom look-ups ask, and how, as what the checker is told; and
 * one look-up by itself, for commands that explain.
 */
#ifndef MONITOR_COMMAND_ASKING_H
#define MONITOR_COMMAND_ASKING_H

#include "monitor/options.h"
#include "monitor/role/checker_message.h"

void asking_config(const struct watch_options *w, struct checker_config *out);

/*
 * Look one domain up, by a checker of its own, and wait for what comes of it: for
 * learnt_free. NULL, after a message, where nothing was learnt.
 */
struct learnt *asking_once(const struct watch_options *w, const struct lookup_request *r);

#endif
