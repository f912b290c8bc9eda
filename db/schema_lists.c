/*
 * Incidents by when they began, with what a list of the latest of them needs:
 * none of them is looked at itself.
 */
#include "db/schema_steps.h"

/* clang-format off */

const char schema_lists[] =
"DROP INDEX incidents_first;"
"CREATE INDEX incidents_first ON incidents (first_seen, last_seen, parent);";
