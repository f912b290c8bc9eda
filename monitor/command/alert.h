/*
 * What waxseal alert does beside reading the database.
 */
#ifndef MONITOR_COMMAND_ALERT_H
#define MONITOR_COMMAND_ALERT_H

#include "monitor/options.h"

/*
 * Send an alert of nothing through every sink, or the one that is named, by a courier
 * of its own, and say of each whether it took it. Neither needs the database nor
 * minds a watch that runs. An exit status.
 */
int alert_test(const struct options *o);

#endif
