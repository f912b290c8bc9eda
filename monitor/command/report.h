/*
 * Reports that are files, not one stream.
 */
#ifndef MONITOR_COMMAND_REPORT_H
#define MONITOR_COMMAND_REPORT_H

#include "monitor/options.h"

/* waxseal report --format tlsrpt. An exit status. */
int report_tlsrpt(const struct options *o);

#endif
