/*
 * A secret by reference: the first line of a file. Never repeated in a message;
 * wiped where it was read.
 */
#ifndef MONITOR_ALERT_SECRET_FILE_H
#define MONITOR_ALERT_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_MAX 4096 /* bytes, NUL included */

/*
 * Read it into out, without blanks at its end. False: *why says why, in static text, and
 * out is wiped. What is empty, too long or holds control characters is none.
 */
bool secret_file_read(const char *path, char out[SECRET_MAX], const char **why);

#endif
