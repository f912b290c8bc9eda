/* Options that say whom look-ups ask, and how, as what the checker is told. */
#ifndef MONITOR_COMMAND_ASKING_H
#define MONITOR_COMMAND_ASKING_H

#include "monitor/options.h"
#include "monitor/role/checker_message.h"

void asking_config(const struct watch_options *w, struct checker_config *out);

#endif
