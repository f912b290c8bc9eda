/*
 * What a store is made of, for db/ alone.
 */
#ifndef DB_INSIDE_H
#define DB_INSIDE_H

#include "db/sql.h"

struct counts; /* db/hourly.h */
struct gather; /* db/gather.h */
struct keep;   /* db/keep.h */

struct store {
	struct sql_file *file;
	struct gather *gather; /* NULL for one that is only read */
	struct keep *keep;     /* NULL likewise */
	char *path;
	char error[STORE_WHY_MAX]; /* what store_error lends */
	bool is_in_transaction;
};

/* The next six columns: sessions, encrypted, plaintext, failed, no_mail, partial. */
void counts_take(struct sql *q, struct counts *out);

#endif
