/*
 * Lists of what was found, without a look at each row: what a filter compares
 * stands in the index itself, ahead of the time that a list goes by. The few
 * values that each of those columns has are stepped through, and of each the
 * latest rows are all that is read (db/latest.c).
 */
#include "db/outcome.h"
#include "db/schema_steps.h"

/* clang-format off */

/* Incidents by what a filter compares; not one of them is looked at itself. */
#define BY_PROFILE(name, where) \
"CREATE INDEX " name " ON incidents (kind, severity, state, outcomes, mute_id, last_seen, id," \
" first_seen, parent) WHERE " where ";"

#define SPAN(row) SPAN_OF(row "last_seen", row "first_seen")

/* Another finding of the row's incident has the outcome that this one had. */
#define STILL_HAS(row) \
	"EXISTS (SELECT 1 FROM findings f WHERE f.incident_id = " row ".incident_id" \
	" AND f.outcome = OLD.outcome)"

const char schema_found[] =
"ALTER TABLE incidents ADD COLUMN outcomes INTEGER NOT NULL DEFAULT 0; /* of its sessions, a bit\n"
"	each: 1 encrypted, 2 plaintext, 4 tls-failed, 8 no-mail, 16 partial */"
"ALTER TABLE incidents ADD COLUMN span INTEGER NOT NULL DEFAULT 1; /* octal digits of the minutes\n"
"	from first to last seen */"
"ALTER TABLE findings ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0; /* the session's, as a bit */"
"ALTER TABLE findings ADD COLUMN start INTEGER NOT NULL DEFAULT 0; /* the session's */"
"UPDATE findings SET (outcome, start) = (SELECT " OUTCOME_BIT("s.outcome") ", s.start FROM sessions s"
" WHERE s.id = session_id);"
"UPDATE incidents SET span = " SPAN("") ", outcomes = coalesce((SELECT max(f.outcome & 1)"
" | max(f.outcome & 2) | max(f.outcome & 4) | max(f.outcome & 8) | max(f.outcome & 16)"
" | max(f.outcome & 32)"
" FROM findings f WHERE f.incident_id = incidents.id), 0);"

"DROP INDEX findings_kind;"
"DROP INDEX findings_severity;"
"DROP INDEX findings_incident;"
"CREATE INDEX findings_incident ON findings (incident_id, outcome, session_id);"
"CREATE INDEX findings_profile ON findings (kind, severity, outcome, start, session_id, incident_id);"
"DROP INDEX incidents_kind;"
"DROP INDEX incidents_severity;"
"DROP INDEX incidents_state;"
"DROP INDEX incidents_first;"
BY_PROFILE("incidents_whole", "parent IS NULL")
BY_PROFILE("incidents_parts", "parent IS NOT NULL")
"CREATE INDEX incidents_span ON incidents (span, first_seen);"
"CREATE INDEX incidents_client_net ON incidents (client_net);"
"CREATE INDEX sessions_named ON sessions (outcome, start) WHERE (mail_rcpt_domains <> '[]' OR"
" mail_from_domains <> '[]');"

/* What adds rows says it all itself: a trigger would make each of these statements dearer. */
"CREATE TRIGGER findings_turned AFTER UPDATE OF outcome ON findings BEGIN"
" UPDATE incidents SET outcomes = outcomes & ~iif(" STILL_HAS("NEW") ", 0, OLD.outcome) | NEW.outcome"
" WHERE id = NEW.incident_id; END;"
"CREATE TRIGGER findings_removed AFTER DELETE ON findings WHEN NOT " STILL_HAS("OLD") " BEGIN"
" UPDATE incidents SET outcomes = outcomes & ~OLD.outcome WHERE id = OLD.incident_id; END;"
"CREATE TRIGGER sessions_turned AFTER UPDATE OF outcome, start ON sessions WHEN NEW.outcome <>"
" OLD.outcome OR NEW.start <> OLD.start BEGIN"
" UPDATE findings SET outcome = " OUTCOME_BIT("NEW.outcome") ", start = NEW.start WHERE session_id ="
" NEW.id; END;";
