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

/*
 * From now on a line that standard error does not take at once is left out, and how
 * many were is told before the next: for a process that has more to do than to wait
 * until somebody reads them. Before what it leads to is out of reach.
 */
void log_never_wait(void);

/* text as it is, without an end of line, to standard error: for a line that is written over and
 * over.
 */
void log_raw(const char *text);

/* Something failed. Always shown. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something to know; not with -q. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How it is done; only with -v. */
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
