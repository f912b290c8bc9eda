/* Incidents that sum up a surge of others. */
#include "db/schema_incidents.h"

/* clang-format off */

const char schema_surge[] =
"ALTER TABLE incidents ADD COLUMN parent INTEGER REFERENCES incidents (id) ON DELETE SET NULL;"
"ALTER TABLE incidents ADD COLUMN opened INTEGER NOT NULL DEFAULT 0; /* start of the session that\n"
"	opened it, or opened it again */"
"UPDATE incidents SET opened = first_seen;"
"ALTER TABLE evidence ADD COLUMN is_count INTEGER NOT NULL DEFAULT 0; /* of all seen until then */"
"CREATE INDEX incidents_parent ON incidents (parent) WHERE parent IS NOT NULL;"
"CREATE INDEX incidents_of_network ON incidents (client_net, kind, opened)"
"	WHERE parent IS NULL AND severity >= 1;"
"CREATE INDEX incidents_of_server ON incidents (server, server_port, kind, opened)"
"	WHERE parent IS NULL AND severity >= 1;"
"CREATE INDEX incidents_grave ON incidents (kind, opened) WHERE severity >= 2;"
"CREATE TRIGGER incidents_removed AFTER DELETE ON incidents WHEN old.parent IS NOT NULL BEGIN\n"
"	/* What a parent counts stays counted, as its sessions do when they are removed by age. */\n"
"	UPDATE incidents SET pruned = pruned + old.sessions WHERE id = old.parent;"
"END;"

/* The columns of before; of a surge what cannot be told is NULL, and its sentence counts. */
"DROP VIEW v_incidents;"
VIEW_INCIDENTS_OF_SURGES("") ";";
