/*
 * Subjects as text, in memory: a bounded copy of rows of the database.
 *
 * Bounded in bytes; what was not asked for longest makes room. Owns copies of
 * what it is given. Holds nothing that the database does not, so that all of
 * it may be thrown away at any time. Keyed with a secret, so that nobody can
 * choose the collisions.
 */
#ifndef MONITOR_BASELINE_SHELF_H
#define MONITOR_BASELINE_SHELF_H

#include <stdbool.h>
#include <stddef.h>

#include "db/known.h"

struct shelf;

/* At most so many bytes, its own overhead included. NULL where memory is out. */
struct shelf *shelf_new(size_t bytes_max);
void shelf_free(struct shelf *s);

/* Fill in the rest of *out by out->key; its text is lent until the next call. False: not there. */
bool shelf_find(struct shelf *s, struct subject_row *out);

/* Put a copy, in place of one with the same key. Where memory is out the row is just not there. */
void shelf_put(struct shelf *s, const struct subject_row *row);

void shelf_remove(struct shelf *s, const char *key);
void shelf_empty(struct shelf *s);

/* Bytes taken. */
size_t shelf_bytes(const struct shelf *s);

#endif
