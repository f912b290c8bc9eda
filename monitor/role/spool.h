/*
 * What a live watch has heard and cannot record before it ends, since the database
 * takes nothing: framed messages in a file beside it, until a watch of the same
 * sensor begins, or the database is back.
 *
 * Owns the file "DB.pending-SENSOR", for its owner alone. Knows no message's meaning.
 */
#ifndef MONITOR_ROLE_SPOOL_H
#define MONITOR_ROLE_SPOOL_H

#include <limits.h>
#include <stdbool.h>

#include "dissector/bytes.h"

#define SPOOL_MAX        ((size_t)64 << 20) /* bytes of the file: more is not kept */
#define SPOOL_ID_LEN     32                 /* hex digits that no other such file has */
#define SPOOL_SOURCE_MAX 64

struct spool {
	char path[PATH_MAX];
	int descriptor; /* locked: two may write one database */
	uint8_t *at;
	size_t len;
};

/*
 * Keep these messages behind those that are there, all or none, and on disk when it
 * returns. False, with errno, where that cannot be. path holds PATH_MAX bytes, and
 * is where.
 */
bool spool_keep(const char *db, const char *sensor, struct bytes messages, char *path);

/* Those that are kept; false where there are none. What is there and cannot be taken is told. */
bool spool_open(const char *db, const char *sensor, struct spool *out);

struct bytes spool_bytes(const struct spool *s);

/*
 * Name the message at this place of spool_bytes: what is recorded under this name is
 * there once, however often the file is found again by a watch that died before
 * spool_close. What is put behind later changes no name.
 */
void spool_source(const struct spool *s, const uint8_t *at, char source[SPOOL_SOURCE_MAX]);

/* They are recorded, and the file goes; or it stays as it is. */
void spool_close(struct spool *s, bool is_recorded);

#endif
