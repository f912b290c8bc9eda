/*
 * What is known of domains' policies while the program runs: a bounded number of
 * them, those used last. Owns deep copies.
 */
#ifndef MONITOR_POLICY_BOOK_H
#define MONITOR_POLICY_BOOK_H

#include "monitor/policy/destination.h"

#define BOOK_MAX 256 /* domains; each takes about 60 kB */

struct policy_book;

struct policy_book *book_new(void); /* NULL where memory is out */
void book_free(struct policy_book *b);

/* Put a copy in the place of what was known of its domain. False where memory is out. */
bool book_put(struct policy_book *b, const struct known_policy *known);

/* Borrowed until the next book_put; NULL where nothing is known. */
const struct known_policy *book_find(struct policy_book *b, struct bytes domain);

/* The domains that are there (destination_is_at), most at most; how many. Borrowed as above. */
size_t book_at(struct policy_book *b, const struct address *server, const struct domain *asked,
	       const struct known_policy **out, size_t most);

#endif
