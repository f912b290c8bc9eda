/*
 * What lists are narrowed by, and what is asked for by its client. Domains are
 * many to a session, and are asked for by their end.
 */
#include "db/schema_steps.h"

/* clang-format off */

#define FORGET_MENTIONS(name, event) \
"CREATE TRIGGER " name " AFTER " event " ON sessions BEGIN" \
" DELETE FROM mentions WHERE start = OLD.start AND session_id = OLD.id AND domain_id IN" \
" (SELECT d.id FROM domains d WHERE d.name IN (SELECT value FROM json_each(OLD.mail_from_domains)" \
" UNION SELECT value FROM json_each(OLD.mail_rcpt_domains))); END;"

const char schema_narrow[] =
"CREATE INDEX sessions_client ON sessions (client, start);"
"CREATE INDEX sessions_server ON sessions (server, start);"
"CREATE INDEX sessions_outcome ON sessions (outcome, start);"
"CREATE INDEX findings_kind ON findings (kind, session_id);"
"CREATE INDEX findings_severity ON findings (severity, session_id);"
"CREATE INDEX incidents_last ON incidents (last_seen, id);"
"CREATE INDEX incidents_first ON incidents (first_seen);"
"CREATE INDEX incidents_kind ON incidents (kind);"
"CREATE INDEX incidents_severity ON incidents (severity);"
"CREATE INDEX incidents_state ON incidents (state);"
"CREATE INDEX incidents_client ON incidents (client);"
"CREATE INDEX incidents_domain ON incidents (domain);"
"CREATE INDEX hourly_domain ON hourly (domain, server);"
"CREATE TABLE domains (\n"
"	/* Every domain of MAIL and RCPT; reversed, byte by byte, those of one lie together. */\n"
"	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, reversed TEXT NOT NULL"
");"
"CREATE INDEX domains_reversed ON domains (reversed);"
"CREATE TABLE mentions (\n"
"	/* Which sessions named it. */\n"
"	domain_id INTEGER NOT NULL, start INTEGER NOT NULL, session_id INTEGER NOT NULL,"
"	PRIMARY KEY (domain_id, start, session_id)"
") WITHOUT ROWID;"
"INSERT OR IGNORE INTO domains (name, reversed) SELECT value, reversed(value) FROM ("
"SELECT j.value FROM sessions s, json_each(s.mail_from_domains) j UNION"
" SELECT j.value FROM sessions s, json_each(s.mail_rcpt_domains) j UNION"
" SELECT domain FROM hourly WHERE domain <> '' UNION"
" SELECT domain FROM incidents WHERE domain <> '') WHERE value IS NOT NULL;"
"INSERT OR IGNORE INTO mentions SELECT d.id, s.start, s.id FROM sessions s,"
" json_each(s.mail_from_domains) j JOIN domains d ON d.name = j.value;"
"INSERT OR IGNORE INTO mentions SELECT d.id, s.start, s.id FROM sessions s,"
" json_each(s.mail_rcpt_domains) j JOIN domains d ON d.name = j.value;"
FORGET_MENTIONS("sessions_removed", "DELETE")
FORGET_MENTIONS("sessions_replaced", "UPDATE OF start, mail_from_domains, mail_rcpt_domains")

/* A client's pairs lie together: what it is known with is asked for more often than the reverse. */
"UPDATE subjects SET key = (SELECT 'pair ' || substr(rest, 1 + instr(rest, ' ')) || ' '"
" || server || ' ' || substr(rest, 1, instr(rest, ' ') - 1) FROM (SELECT"
" substr(subjects.key, 6, instr(substr(subjects.key, 6), ' ') - 1) AS server,"
" substr(subjects.key, 6 + instr(substr(subjects.key, 6), ' ')) AS rest))"
" WHERE key > 'pair ' AND key < 'pair!';";
