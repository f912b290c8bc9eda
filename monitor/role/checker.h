/*
 * The checker: asks the DNS and fetches policies, for the keeper. It reaches the
 * network and nothing else: no file, no database, no packet.
 *
 * What it is asked for are names that were validated, and it validates them again;
 * what it tells is believed by nobody who does not check it. The keeper's end is
 * asker.h.
 */
#ifndef MONITOR_ROLE_CHECKER_H
#define MONITOR_ROLE_CHECKER_H

#include "monitor/role/sandbox.h"

/* Bytes of address space: all look-ups at their largest, and libraries. */
#define CHECKER_MEMORY ((size_t)512 << 20)

/* Serve on the box's socket until the keeper closes it; the status to exit with. */
int checker_main(const struct sandbox *box);

#endif
