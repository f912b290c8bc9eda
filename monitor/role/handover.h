/*
 * A struct, and at most one descriptor beside it, from one process of this
 * program to another. Both ends are the same executable: the bytes are the
 * struct's own.
 *
 * For what roles say to each other before either has read a byte of a packet;
 * afterwards they speak in messages (message.h).
 */
#ifndef MONITOR_ROLE_HANDOVER_H
#define MONITOR_ROLE_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "dissector/bytes.h"

/*
 * Send some of these bytes, with flags as of send(2), and that descriptor beside
 * the first, which stays the caller's; -1: none. Returns how many; -1, with errno.
 */
ssize_t handover_send_some(int socket, struct bytes bytes, int descriptor, int flags);

/* Send so many bytes, and that descriptor in the same way. False, with errno. */
bool handover_send(int socket, const void *at, size_t len, int descriptor);

/*
 * Wait for just so many bytes. *descriptor is what came beside them, now the
 * caller's; -1 where none did. False where the other end is gone or says less.
 */
bool handover_receive(int socket, void *at, size_t len, int *descriptor);

#endif
