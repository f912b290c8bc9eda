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

/* What tells a courier from a runner, which serves as it does: runner.h. */
struct courier_kind {
	bool is_runner; /* it has the sinks that take programs, and a courier the others */
	/* What is laid before it opens anything, and when it has all. */
	void (*approach)(const struct sandbox *box, int error[LAYERS]);
	void (*enter)(const struct sandbox *box, int error[LAYERS]);
};

int courier_serve(const struct sandbox *box, const struct courier_kind *kind);

/* Serve on the box's socket until the keeper closes it; the status to exit with. */
int courier_main(const struct sandbox *box);

#endif
