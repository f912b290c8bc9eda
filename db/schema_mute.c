/* What is known and is not to alarm anybody: db/mute.h. */
#include "db/schema_incidents.h"

/* clang-format off */

#define MUTE_REST \
"	kinds TEXT NOT NULL, clients TEXT NOT NULL, servers TEXT NOT NULL, domains TEXT NOT NULL, /*\n" \
"		words with a blank between them; '': all */\n" \
"	severity INTEGER NOT NULL, /* up to which it mutes */\n" \
"	until INTEGER, /* sessions that began later are not muted; NULL: never ends */\n" \
"	why TEXT NOT NULL," \
"	added INTEGER NOT NULL, removed INTEGER," \
"	last INTEGER /* latest end of a session that it muted */\n"

#define VIEW_MUTES \
"CREATE VIEW v_mutes AS\n" \
"/* A row a mute. */\n" \
"SELECT\n" \
"	m.id, m.name, /* NULL: added by command */\n" \
"	m.kinds, m.clients, m.servers, m.domains, /* words with a blank between them; '': all */\n" \
"	" SEVERITY("m.severity") " AS severity, /* up to which it mutes */\n" \
"	m.until, /* NULL: never ends */\n" \
"	m.why, m.added, m.removed,\n" \
"	(SELECT count(*) FROM incidents i WHERE i.mute_id = m.id OR i.id IN (SELECT f.incident_id FROM" \
" findings f WHERE f.mute_id = m.id)) AS incidents, /* that hold sessions which it muted */\n" \
"	(SELECT count(DISTINCT f.session_id) FROM findings f WHERE f.mute_id = m.id) AS sessions, /* of\n" \
"		those that are kept */\n" \
"	m.last /* latest end of such a session; NULL: there was none */\n" \
"FROM mutes m;"

#define MUTE_OF_INCIDENT \
",\n" \
"	i.mute_id AS mute, /* id in v_mutes of the mute that all of its sessions fell under, or the\n" \
"		latest of them where there were several; NULL: it is not muted */\n" \
"	(SELECT m.name FROM mutes m WHERE m.id = i.mute_id) AS mute_name, /* NULL: by command */\n" \
"	(SELECT m.until FROM mutes m WHERE m.id = i.mute_id) AS mute_until, /* NULL: never ends */\n" \
"	(SELECT m.why FROM mutes m WHERE m.id = i.mute_id) AS mute_why"

const char schema_mute[] =
"CREATE TABLE mutes (\n"
"	/* A row a mute; one that is removed stays, since incidents name it. */\n"
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
"	name TEXT UNIQUE, /* of the configuration's [mute NAME]; NULL: added by command */\n"
MUTE_REST
");"
"ALTER TABLE findings ADD COLUMN mute_id INTEGER REFERENCES mutes (id); /* NULL: not muted */"
"ALTER TABLE incidents ADD COLUMN mute_id INTEGER REFERENCES mutes (id); /* likewise */"
"CREATE INDEX findings_muted ON findings (mute_id, incident_id) WHERE mute_id IS NOT NULL;"
"CREATE INDEX incidents_muted ON incidents (mute_id) WHERE mute_id IS NOT NULL;"
VIEW_MUTES
"DROP VIEW v_incidents;"
VIEW_INCIDENTS_OF_SURGES(MUTE_OF_INCIDENT) ";";

/* A table that others refer to is made anew: what refers to it is set aside meanwhile. */
#define SET_ASIDE(table) \
"CREATE TABLE mutes_of_" table " AS SELECT id, mute_id FROM " table " WHERE mute_id IS NOT NULL;" \
"UPDATE " table " SET mute_id = NULL WHERE mute_id IS NOT NULL;"
#define PUT_BACK(table) \
"UPDATE " table " SET mute_id = m.mute_id FROM mutes_of_" table " m WHERE m.id = " table ".id;" \
"DROP TABLE mutes_of_" table ";"

/* Watches of one database may each have a [mute NAME] of that name that is another. */
const char schema_mute_each[] =
"DROP VIEW v_mutes;"
"DROP VIEW v_incidents;"
SET_ASIDE("findings")
SET_ASIDE("incidents")
"CREATE TABLE mutes_before AS SELECT * FROM mutes;"
"DROP TABLE mutes;"
"CREATE TABLE mutes (\n"
"	/* A row a mute, which never becomes another: one that is removed or changed stays, since\n"
"	   incidents name it. */\n"
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
"	name TEXT, /* of a configuration's [mute NAME]; NULL: added by command */\n"
MUTE_REST
");"
"CREATE INDEX mutes_name ON mutes (name) WHERE name IS NOT NULL;"
"INSERT INTO mutes SELECT * FROM mutes_before;"
"DROP TABLE mutes_before;"
PUT_BACK("findings")
PUT_BACK("incidents")
VIEW_MUTES
VIEW_INCIDENTS_OF_SURGES(MUTE_OF_INCIDENT) ";"
"DROP VIEW v_findings;"
VIEW_FINDINGS(",\n"
"	f.mute_id AS mute, /* id in v_mutes of the mute that it falls under; NULL: it is not muted */\n"
"	(SELECT m.name FROM mutes m WHERE m.id = f.mute_id) AS mute_name, /* NULL: by command */\n"
"	(SELECT m.why FROM mutes m WHERE m.id = f.mute_id) AS mute_why") ";";
