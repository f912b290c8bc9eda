/*
 * A descriptor as a stdio stream of plain bytes, whatever it was packed with:
 * gzip (RFC 1952, any number of members), zstd (RFC 8878, any number of
 * frames), or nothing. Told apart by their first bytes, without seeking.
 *
 * Memory is bounded: a zstd window over 128 MiB is refused. Hostile input may
 * end early or lie; it is told, what came before it is still handed out.
 */
#ifndef MONITOR_CAPTURE_UNPACK_H
#define MONITOR_CAPTURE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct unpack;

/*
 * Take the descriptor over; NULL, with errno, where memory is refused (the
 * descriptor stays the caller's then). The stream is read through
 * unpack_stream and closed with it: *u goes when it is closed.
 */
struct unpack *unpack_new(int descriptor);

/* The stream. Closing it closes the descriptor and frees u. */
FILE *unpack_stream(struct unpack *u);

/*
 * Call wait before each read that may take long, where the descriptor is no
 * file but a pipe or a socket.
 */
void unpack_on_wait(struct unpack *u, void (*wait)(void *ctx), void *ctx);

/* Bytes read from the descriptor so far. */
uint64_t unpack_consumed(const struct unpack *u);

/* The packed form ends in the middle. */
bool unpack_is_cut(const struct unpack *u);

/* Why it cannot be unpacked further, or read; NULL where nothing is wrong. */
const char *unpack_error(const struct unpack *u);

#endif
