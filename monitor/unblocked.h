/*
 * Writing that never waits, for a process with more to do than to wait for whoever
 * reads what it prints: pipes and terminals whose other end has stopped reading.
 *
 * Knows no lines and keeps nothing: what is not taken is the caller's.
 */
#ifndef MONITOR_UNBLOCKED_H
#define MONITOR_UNBLOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A descriptor of ours for what fd leads to. Whoever else holds fd finds it as it
 * was: that it waits is a matter of what they share. -1, with errno, where there is none.
 */
int unblocked_open(int fd);

/* Whether what fits a page would be taken at once. */
bool unblocked_has_room(int fd);

/* As write(2) of some of it; EAGAIN where all would have to wait. */
ssize_t unblocked_write(int fd, const void *at, size_t len);

#endif
