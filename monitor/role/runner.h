/*
 * The runner: executes the commands of sinks, and sendmail, for the keeper; those
 * that were configured, by the number of their sink, and nothing else. No shell;
 * the alert is what they read; time and output are bounded.
 *
 * What it executes must be free to do its work, so most of a sandbox is left out:
 * programs inherit it, and set-group-ID ones, as Postfix's postdrop, would not get
 * their group. It opens no file, has no database and reads nothing but the keeper's
 * messages and what programs print; started as root it keeps of root's rights those to
 * become a sink's user and to end what runs too long. The keeper's end is dispatcher.h.
 */
#ifndef MONITOR_ROLE_RUNNER_H
#define MONITOR_ROLE_RUNNER_H

#include "monitor/role/sandbox.h"

/* Serve on the box's socket until the keeper closes it; the status to exit with. */
int runner_main(const struct sandbox *box);

#endif
