/*
 * Words for people, on standard error, one line a message:
 *
 *     waxseal: eth0: cannot capture: permission denied (run as root, or give CAP_NET_RAW)
 *
 * Subject, what failed, why, what to do; lower case, no full stop. Bytes that
 * are not printable ASCII leave as "\xNN", so a file name or wire text cannot
 * steer a terminal. Never exits, never touches standard output.
 */
#ifndef MONITOR_LOG_H
#define MONITOR_LOG_H

#define LOG_LINE_MAX 2048 /* bytes of a message; what is longer is cut and ends in "..." */

/* -1: errors alone; 0: what people should know; 1 and up: details too. 0 at start. */
void log_set_verbosity(int verbosity);
int log_verbosity(void);

/* Something failed. Always shown. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something to know; not with -q. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How it is done; only with -v. */
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
