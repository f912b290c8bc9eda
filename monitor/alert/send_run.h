/*
 * Alerts to programs: a sink's command, or sendmail for its recipients. The alert
 * is on standard input; there is no shell, an environment of PATH alone, a process
 * group of its own, and no more time than SINK_TIMEOUT, at which the group is killed.
 *
 * Exit status 0: it has it; any other, as 75 (EX_TEMPFAIL of sysexits.h): later, and
 * the first line of what it printed says why.
 */
#ifndef MONITOR_ALERT_SEND_RUN_H
#define MONITOR_ALERT_SEND_RUN_H

#include "monitor/alert/send.h"

#define SEND_RUN_OUTPUT 1024 /* bytes of output that are looked at; the rest is passed over */
#define SEND_RUN_LOOK   20   /* milliseconds between two looks whether it has ended */

extern const struct send_way send_run;

#endif
