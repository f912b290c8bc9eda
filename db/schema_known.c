/*
 * What is known of servers and clients from earlier sessions, in two steps: a
 * row a mark, and then a row a subject.
 */
#include "db/schema_steps.h"

/* clang-format off */

#define KNOWN(columns) \
	"FROM subjects u JOIN known k ON k.subject_id = u.id WHERE u.key = 'server ' || s.server ||" \
	" ' ' || s.server_port AND k.what = " columns

const char schema_known[] =
"ALTER TABLE sessions ADD COLUMN learnt INTEGER NOT NULL DEFAULT 0; /* it counts in what is known */"
"CREATE TABLE subjects (\n"
"	/* Whom something is known of: a server, a server and a client, a client, its network,\n"
"	   a name. The key says which: 'server 198.51.100.25 25', 'pair 198.51.100.25 25\n"
"	   192.0.2.7', 'client 192.0.2.7', 'network 192.0.2.0/24', 'name mx1.example.net'. */\n"
"	id INTEGER PRIMARY KEY,"
"	key TEXT NOT NULL UNIQUE,"
"	first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, sessions INTEGER NOT NULL"
");\n"
"CREATE TABLE known (\n"
"	/* What earlier sessions showed of a subject, counted. Two spans count, the one under way\n"
"	   and the one before it; what is older is forgotten. */\n"
"	subject_id INTEGER NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,"
"	what TEXT NOT NULL, value TEXT NOT NULL, /* 'offered', '': how often; 'key', its hash ... */\n"
"	yes INTEGER NOT NULL, no INTEGER NOT NULL, /* in the span under way */\n"
"	yes_before INTEGER NOT NULL, no_before INTEGER NOT NULL,"
"	recent INTEGER NOT NULL, recent_count INTEGER NOT NULL, /* the last ones, a bit each */\n"
"	first INTEGER NOT NULL, since INTEGER NOT NULL, /* first ever; start of the span */\n"
"	last_yes INTEGER NOT NULL, last_no INTEGER NOT NULL, /* 0: never */\n"
"	turned INTEGER NOT NULL, /* since when it is as it was last */\n"
"	until INTEGER NOT NULL, /* of a key: when its certificate ends */\n"
"	PRIMARY KEY (subject_id, what, value)"
") WITHOUT ROWID;"

/* The columns of before, and what the baseline has. */
"DROP VIEW v_servers;"
"CREATE VIEW v_servers AS\n"
"/* A row a server address and port: what it was seen to offer, in all sessions ever. */\n"
"SELECT\n"
"	s.server, s.server_port, s.service,\n"
"	s.first_seen, s.last_seen, /* start of the first, end of the last session */\n"
"	s.sessions,\n"
"	s.offered AS starttls_offered, s.not_offered AS starttls_not_offered, /* sessions with a whole\n"
"		EHLO reply that has STARTTLS, that has it not */\n"
"	s.accepted AS starttls_accepted, s.refused AS starttls_refused, /* sessions that asked for it */\n"
"	s.encrypted, s.plaintext, s.failed, /* sessions by outcome */\n"
"	s.tls_version, /* the best negotiated */\n"
"	s.banner, /* its latest greeting */\n"
"	(SELECT min(k.first) " KNOWN("'offered' AND k.last_yes > 0") ") AS offered_since, /* of what\n"
"		is known: the first session that counts; NULL where it was never offered */\n"
"	(SELECT nullif(k.last_yes, 0) " KNOWN("'offered'") ") AS last_offered,\n"
"	(SELECT max(k.last_no) " KNOWN("'network' AND k.last_no > 0") ") AS last_not_offered,\n"
"	(SELECT json_group_array(k.value) " KNOWN("'network' AND k.last_yes > 0") ") AS clients,\n"
"		/* the latest client networks that were offered it: a JSON array */\n"
"	(SELECT json_group_array(k.value) " KNOWN("'network' AND k.last_yes < k.last_no") ")\n"
"		AS clients_without, /* those that were not, in their last session */\n"
"	(SELECT json_group_array(DISTINCT substr(k.value, 1, instr(k.value, ' ') - 1)) "
		KNOWN("'node'") ") AS names, /* names it gives itself */\n"
"	(SELECT json_group_array(k.value) " KNOWN("'extension'") ") AS extensions,\n"
"	(SELECT json_group_array(k.value) " KNOWN("'key'") ") AS keys /* public keys: name asked for,\n"
"		hashed, and the begin of their SHA-256 */\n"
"FROM servers s;";

#define BEHIND(time) "iif(" time " = 0, NULL, " time " - first)"

#define MARK(place)  "json_extract(k.value, '$[" place "]')"
#define MARK_LAST(place) MARK("8") " + " MARK(place)
#define MARKED(columns, where) \
	"(SELECT " columns " FROM subjects u, json_each(u.marks) k WHERE u.key = 'server ' || s.server" \
	" || ' ' || s.server_port AND " MARK("0") " = " where ")"

/* A row a subject in place of one a mark: to read and to write that many was most of the work. */
const char schema_known_marks[] =
"DROP VIEW v_servers;"
"ALTER TABLE subjects ADD COLUMN marks TEXT NOT NULL DEFAULT '[]'; /* JSON: what earlier sessions\n"
"	showed of it, an array each: what, value, yes, no, yes_before, no_before, recent,\n"
"	recent_count, first; since, last_yes, last_no, turned, in microseconds behind first, null:\n"
"	never; until, where there is one. Meanings as they stood in the table known. */"
"UPDATE subjects SET marks = (SELECT json_group_array(json_array(what, value, yes, no,"
" yes_before, no_before, recent, recent_count, first, " BEHIND("since") ", " BEHIND("last_yes")
", " BEHIND("last_no") ", " BEHIND("turned") ", until)) FROM known WHERE subject_id = id);"
"DROP TABLE known;"
"CREATE VIEW v_servers AS\n"
"/* A row a server address and port: what it was seen to offer, in all sessions ever. */\n"
"SELECT\n"
"	s.server, s.server_port, s.service,\n"
"	s.first_seen, s.last_seen, /* start of the first, end of the last session */\n"
"	s.sessions,\n"
"	s.offered AS starttls_offered, s.not_offered AS starttls_not_offered, /* sessions with a whole\n"
"		EHLO reply that has STARTTLS, that has it not */\n"
"	s.accepted AS starttls_accepted, s.refused AS starttls_refused, /* sessions that asked for it */\n"
"	s.encrypted, s.plaintext, s.failed, /* sessions by outcome */\n"
"	s.tls_version, /* the best negotiated */\n"
"	s.banner, /* its latest greeting */\n"
"	" MARKED("min(" MARK("8") ")", "'offered' AND " MARK("10") " IS NOT NULL") " AS offered_since,\n"
"		/* of what is known: the first session that counts; NULL where it was never offered */\n"
"	" MARKED(MARK_LAST("10"), "'offered'") " AS last_offered,\n"
"	" MARKED("max(" MARK_LAST("11") ")", "'network'") " AS last_not_offered,\n"
"	" MARKED("json_group_array(" MARK("1") ")", "'network' AND " MARK("10") " IS NOT NULL")
" AS clients, /* the latest client networks that were offered it: a JSON array */\n"
"	" MARKED("json_group_array(" MARK("1") ")", "'network' AND " MARK("11") " > ifnull(" MARK("10")
", -1)") " AS clients_without, /* those that were not, in their last session */\n"
"	" MARKED("json_group_array(DISTINCT substr(" MARK("1") ", 1, instr(" MARK("1") ", ' ') - 1))",
"'node'") " AS names, /* names it gives itself */\n"
"	" MARKED("json_group_array(" MARK("1") ")", "'extension'") " AS extensions,\n"
"	" MARKED("json_group_array(" MARK("1") ")", "'key'") " AS keys /* public keys: name asked for,\n"
"		hashed, and the begin of their SHA-256 */\n"
"FROM servers s;";
