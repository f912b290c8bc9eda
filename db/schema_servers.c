/*
 * Servers by what many are asked for: a wide network of clients, and a domain
 * with many below it. Going from the server, one row answers.
 */
#include "db/schema_steps.h"

/* clang-format off */

const char schema_servers[] =
"CREATE INDEX subjects_pair ON subjects (substr(key, 6 + instr(substr(key, 6), ' ')))"
"	WHERE key > 'pair ' AND key < 'pair!';"
"CREATE INDEX hourly_server ON hourly (server, domain);";
