/*
 * The tables and the documented views, as numbered steps that only go forward.
 */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include "db/sql.h"

/* "WXSL": what tells our files from other SQLite databases (PRAGMA application_id). */
#define SCHEMA_APPLICATION_ID 1465406284

/* Step n (counting from 0) makes version n + 1 of version n. Constant SQL. */
extern const char *const schema_steps[];
extern const size_t schema_step_count;

/*
 * Look whose file it is and bring it to version count, in one transaction,
 * which may be no transaction at all where it is there already. An empty file
 * is version 0. With may_upgrade false an older file is a failure. False:
 * sql_why says why, and the file is as it was.
 */
bool schema_settle(struct sql_file *f, const char *const *steps, size_t count, bool may_upgrade);

/* False, and sql_why says why, where the file is not, or no longer, of this version. */
bool schema_is_of(struct sql_file *f, size_t count);

/* Nothing is in the file yet, not even another program's. */
bool schema_is_empty(struct sql_file *f);

/* The version of the file. */
int64_t schema_version(struct sql_file *f);

#endif
