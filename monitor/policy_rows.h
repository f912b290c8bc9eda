/*
 * What is known of a domain's policy as rows of the database, and back after a
 * restart. Knows no SQL. What a row says is checked like anything else that comes
 * from outside: a file may have been written by anybody.
 */
#ifndef MONITOR_POLICY_ROWS_H
#define MONITOR_POLICY_ROWS_H

#include "db/policy.h"
#include "monitor/policy/book.h"

/*
 * Save it, in a transaction. *is_change, unless NULL: the MTA-STS policy is
 * another than before. False: the database failed, or memory is out.
 */
bool policy_rows_save(struct store *s, const struct known_policy *known, bool *is_change);

/* Put what the database knows of a domain into the book. False as above; nothing known is true. */
bool policy_rows_load(struct store *s, struct bytes domain, struct policy_book *book);

/*
 * The same for the domains that have an MX host where a session went whose recipients
 * were not seen (destination_asked), DESTINATIONS_MAX at most.
 */
bool policy_rows_load_at(struct store *store, const struct session *s, struct policy_book *book);

#endif
