/*
 * Which servers a filter holds, before what is known of each is looked up.
 *
 * A client's pairs and a domain's hours name their servers, where those are not
 * too many. Where they are, the servers are gone through as they are listed, and
 * each is asked whether it has one. Reads only.
 */
#ifndef DB_SERVERS_H
#define DB_SERVERS_H

#include "db/query.h"

/*
 * As they are listed, and as many, as JSON: ["198.51.100.25 25", ...], the
 * caller's to free. NULL: store_error says why, or memory is out.
 */
char *servers_find(struct store *s, const struct filter *f);

#endif
