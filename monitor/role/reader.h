/*
 * The reader: hostile captures in, messages out.
 *
 * Holds a descriptor of the capture it reads and the socket to the keeper, and
 * nothing else: it opens nothing, connects to nothing, starts nothing. What it
 * needs comes by message; then it closes itself in, before the first byte of a
 * capture.
 */
#ifndef MONITOR_ROLE_READER_H
#define MONITOR_ROLE_READER_H

#include "monitor/role/sandbox.h"

/*
 * Serve on the box's socket until the keeper closes it or says it is done; the
 * status to exit with. box has the most that it may do.
 */
int reader_main(const struct sandbox *box);

#endif
