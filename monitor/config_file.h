/*
 * The configuration file: a setting a line, "name = value", the names being
 * those of flags; "#" begins a comment line. Sections (section.h) stand behind
 * them.
 *
 * Opens that one file and no other. What stands in it is hostile: each value
 * goes through the same checks as on the command line. Private to options.c and
 * completion/.
 */
#ifndef MONITOR_CONFIG_FILE_H
#define MONITOR_CONFIG_FILE_H

#include "monitor/flag.h"

#define CONFIG_DEFAULT  "/etc/waxseal.conf"
#define CONFIG_LINE_MAX 16384 /* bytes of a line with its end: several of the longest texts */

/*
 * Read --config, or the usual file where there is one, into t->out, whose
 * config names it then. PARSED_RUN; PARSED_MISUSE: a line is wrong, why says
 * which; PARSED_FAILED: it cannot be read.
 */
enum parsed config_file_read(struct taking *t);

#endif
