/*
 * What is kept after its sessions are gone, and what says which are gone.
 *
 * What of an incident is kept outlives the session that it is of: a row of kept
 * stays without its session, for the evidence. Each table is made anew, since
 * what a column refers to cannot be changed; the view on evidence goes for the
 * while, for a view on what is not there stops a renaming.
 */
#include "db/schema_steps.h"

/* clang-format off */

const char schema_retain[] =
"DROP VIEW v_incidents;"
"CREATE TABLE kept_anew (\n"
"	/* Of which sessions of an incident evidence is kept: places 1 to 3 are its first\n"
"	   sessions, 4 is the latest. */\n"
"	incident_id INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,"
"	place INTEGER NOT NULL CHECK (place BETWEEN 1 AND 4),"
"	session_id INTEGER REFERENCES sessions (id) ON DELETE SET NULL, /* NULL: its bytes are\n"
"	   removed by age, what can be checked of them is not */\n"
"	whole INTEGER NOT NULL, /* nothing of its bytes was lost or cut for room */\n"
"	\"end\" INTEGER NOT NULL, /* of the session */\n"
"	PRIMARY KEY (incident_id, place)"
") WITHOUT ROWID;\n"
"INSERT INTO kept_anew SELECT k.incident_id, k.place, k.session_id, k.whole, s.\"end\""
" FROM kept k JOIN sessions s ON s.id = k.session_id;"
"CREATE TABLE evidence_anew (\n"
"	/* What a person can check, of each session kept. */\n"
"	incident_id INTEGER NOT NULL, place INTEGER NOT NULL, seq INTEGER NOT NULL,"
"	what TEXT NOT NULL, value TEXT NOT NULL,"
"	PRIMARY KEY (incident_id, place, seq),"
"	FOREIGN KEY (incident_id, place) REFERENCES kept_anew (incident_id, place)"
" ON DELETE CASCADE"
") WITHOUT ROWID;\n"
"INSERT INTO evidence_anew SELECT incident_id, place, seq, what, value FROM evidence;"
"DROP TABLE evidence;"
"DROP TABLE kept;"
"ALTER TABLE kept_anew RENAME TO kept;"
"ALTER TABLE evidence_anew RENAME TO evidence;"
"CREATE INDEX kept_session ON kept (session_id);"
"CREATE INDEX kept_end ON kept (\"end\") WHERE session_id IS NOT NULL;"
"CREATE TABLE removed (\n"
"	/* Sessions that were counted and removed, so that they are not counted again when\n"
"	   their capture is read again: start, and a hash of what else they are known by. */\n"
"	start INTEGER NOT NULL, hash INTEGER NOT NULL,"
"	PRIMARY KEY (start, hash)"
") WITHOUT ROWID;\n"
"ALTER TABLE totals ADD COLUMN horizon INTEGER; /* which sessions were removed is forgotten\n"
"	before this time: none that began earlier is taken in. NULL: all are */\n"
VIEW_INCIDENTS;
