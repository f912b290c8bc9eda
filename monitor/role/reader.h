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

/* Serve until the keeper closes the socket or says it is done; the status to exit with. */
int reader_main(int socket);

#endif
