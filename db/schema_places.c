/*
 * Where domains take their mail, to find them by a server: of most sessions TLS
 * hides the recipients.
 */
#include "db/schema_steps.h"

/* clang-format off */

const char schema_places[] =
"CREATE TABLE policy_places (\n"
"	/* A row a name and an address of each MX host of a domain. */\n"
"	place TEXT NOT NULL, policy_id INTEGER NOT NULL REFERENCES policies (id),"
"	PRIMARY KEY (place, policy_id)"
") WITHOUT ROWID;\n"
"CREATE INDEX policy_places_of ON policy_places (policy_id);"
"INSERT INTO policy_places (place, policy_id)"
" SELECT host, policy_id FROM policy_hosts"
" UNION SELECT expanded, policy_id FROM policy_hosts WHERE expanded IS NOT NULL"
" UNION SELECT a.value, h.policy_id FROM policy_hosts h, json_each(h.addresses) a;";
