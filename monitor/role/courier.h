/*
 * The courier: sends alerts to sinks, for the keeper. It reaches the network, and
 * of files those alone that it opened before it closed itself in; no database, no
 * packet.
 *
 * What it sends are bytes that it was given; what a sink answers it reads bounded
 * and tells in a line. The keeper's end is dispatcher.h.
 */
#ifndef MONITOR_ROLE_COURIER_H
#define MONITOR_ROLE_COURIER_H

#include "monitor/role/sandbox.h"

/* Bytes of address space: a payload for each sink, authorities, and libraries. */
#define COURIER_MEMORY ((size_t)512 << 20)

/* Serve on the box's socket until the keeper closes it; the status to exit with. */
int courier_main(const struct sandbox *box);

#endif
