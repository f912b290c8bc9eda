/*
 * The schema, step by step. A step once released is never changed: a later one
 * changes what it made.
 *
 * The views are the documented interface (PRAGMA user_version is their
 * version): they keep their columns, new ones come at the end. Tables may
 * change. Everywhere: times are integer microseconds since the epoch in UTC,
 * addresses are text as inet_ntop(3) writes it, flags are 0 and 1, and NULL is
 * "not seen". Comments inside the statements stay in the file:
 * "SELECT sql FROM sqlite_schema" shows them.
 *
 * Few indexes on purpose: what is added per session is one row at the end of
 * one table and one entry near the end of one index, however large both are.
 */
#include "db/schema.h"

#include <stdio.h>

#include "db/schema_policy.h"

/* clang-format off */

#define SEVERITY(rank) \
	"CASE " rank " WHEN 0 THEN 'info' WHEN 1 THEN 'notice' WHEN 2 THEN 'warning'" \
	" WHEN 3 THEN 'critical' END"
#define CERTAINTY(rank) \
	"CASE " rank " WHEN 0 THEN 'possible' WHEN 1 THEN 'probable' WHEN 2 THEN 'proven' END"

#define TABLES \
"CREATE TABLE sensors (" \
"	id INTEGER PRIMARY KEY," \
"	name TEXT NOT NULL UNIQUE" \
");" \
"CREATE TABLE sessions (\n" \
"	/* A row a session. Facts of the wire; what was not seen is NULL. */\n" \
"	id INTEGER PRIMARY KEY," \
"	sensor_id INTEGER NOT NULL REFERENCES sensors (id)," \
"	start INTEGER NOT NULL, \"end\" INTEGER NOT NULL," \
"	service TEXT NOT NULL," \
"	client TEXT NOT NULL, client_port INTEGER NOT NULL," \
"	server TEXT NOT NULL, server_port INTEGER NOT NULL," \
"	community_id TEXT," \
"	complete INTEGER NOT NULL, gap_bytes INTEGER NOT NULL," \
"	seen TEXT NOT NULL, outcome TEXT NOT NULL, ending TEXT NOT NULL," \
"	packets INTEGER NOT NULL," \
"	client_bytes INTEGER NOT NULL, server_bytes INTEGER NOT NULL," \
"	banner TEXT, helo TEXT, extended INTEGER," \
"	starttls_offered INTEGER, starttls_requested INTEGER, starttls_accepted INTEGER," \
"	tls_version TEXT, tls_cipher TEXT, tls_sni TEXT, tls_alpn TEXT, tls_resumed INTEGER," \
"	tls_cert_sha256 TEXT, tls_spki_sha256 TEXT, tls_ja3 TEXT, tls_ja4 TEXT," \
"	mail_count INTEGER, mail_from_domains TEXT, mail_rcpt_domains TEXT," \
"	domain TEXT NOT NULL, /* the first recipient domain, '' for none */\n" \
"	auth TEXT, encap TEXT" \
");\n" \
"CREATE UNIQUE INDEX sessions_identity ON sessions (\n" \
"	/* What a session is known by. Time leads: new ones come at the end. */\n" \
"	start, client_port, client, server, server_port, service, sensor_id);" \
"CREATE TABLE incidents (\n" \
"	/* Like findings, gathered. Ids are told to people and never used again. */\n" \
"	id INTEGER PRIMARY KEY AUTOINCREMENT," \
"	kind TEXT NOT NULL, server TEXT NOT NULL, server_port INTEGER NOT NULL," \
"	client_net TEXT NOT NULL, /* /24 or /64 */\n" \
"	domain TEXT NOT NULL, /* of the recipient, '' where not known */\n" \
"	sensor_id INTEGER NOT NULL REFERENCES sensors (id)," \
"	service TEXT NOT NULL, client TEXT NOT NULL, /* as first seen */\n" \
"	severity INTEGER NOT NULL, certainty INTEGER NOT NULL, /* ranks from 0 */\n" \
"	state TEXT NOT NULL CHECK (state IN ('open', 'acked', 'closed'))," \
"	first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL," \
"	sessions INTEGER NOT NULL, pruned INTEGER NOT NULL, /* ever; of these removed by age */\n" \
"	mx TEXT, \"where\" TEXT NOT NULL, summary TEXT NOT NULL, refuted_by TEXT NOT NULL," \
"	note TEXT" \
");\n" \
"CREATE UNIQUE INDEX incidents_identity ON incidents" \
"	(server, server_port, client_net, kind, domain);" \
"CREATE TABLE findings (\n" \
"	/* What was concluded of a session. */\n" \
"	id INTEGER PRIMARY KEY," \
"	session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE," \
"	incident_id INTEGER NOT NULL REFERENCES incidents (id)," \
"	kind TEXT NOT NULL, severity INTEGER NOT NULL, certainty INTEGER NOT NULL," \
"	\"where\" TEXT NOT NULL, detail TEXT NOT NULL" \
");\n" \
"CREATE UNIQUE INDEX findings_session ON findings (session_id, kind);" \
"CREATE INDEX findings_incident ON findings (incident_id, session_id);" \
"CREATE TABLE kept (\n" \
"	/* Of which sessions of an incident the bytes are kept: places 1 to 3 are its first\n" \
"	   sessions, 4 is the latest. */\n" \
"	incident_id INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE," \
"	place INTEGER NOT NULL CHECK (place BETWEEN 1 AND 4)," \
"	session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE," \
"	whole INTEGER NOT NULL, /* nothing of its bytes was lost or cut for room */\n" \
"	PRIMARY KEY (incident_id, place)" \
") WITHOUT ROWID;\n" \
"CREATE INDEX kept_session ON kept (session_id);" \
"CREATE TABLE evidence (\n" \
"	/* What a person can check, of each session kept. */\n" \
"	incident_id INTEGER NOT NULL, place INTEGER NOT NULL, seq INTEGER NOT NULL," \
"	what TEXT NOT NULL, value TEXT NOT NULL," \
"	PRIMARY KEY (incident_id, place, seq)," \
"	FOREIGN KEY (incident_id, place) REFERENCES kept (incident_id, place) ON DELETE CASCADE" \
") WITHOUT ROWID;\n" \
"CREATE TABLE transcripts (\n" \
"	/* Lines of the dialogue of the sessions kept, secrets and local parts blanked. */\n" \
"	session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE," \
"	seq INTEGER NOT NULL, time INTEGER NOT NULL, side TEXT NOT NULL, text TEXT NOT NULL," \
"	PRIMARY KEY (session_id, seq)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE packets (\n" \
"	/* Their packets from the link header on, payloads blanked likewise. */\n" \
"	session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE," \
"	seq INTEGER NOT NULL, time INTEGER NOT NULL, side TEXT NOT NULL," \
"	linktype INTEGER NOT NULL, wire_len INTEGER NOT NULL, bytes BLOB NOT NULL," \
"	PRIMARY KEY (session_id, seq)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE certificates (\n" \
"	/* The chains that the servers of these sessions sent, leaf first. */\n" \
"	session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE," \
"	seq INTEGER NOT NULL, der BLOB NOT NULL," \
"	PRIMARY KEY (session_id, seq)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE hourly (\n" \
"	/* Counts for reports; they outlive the sessions. */\n" \
"	hour INTEGER NOT NULL, server TEXT NOT NULL, service TEXT NOT NULL," \
"	domain TEXT NOT NULL," \
"	sessions INTEGER NOT NULL, encrypted INTEGER NOT NULL, plaintext INTEGER NOT NULL," \
"	failed INTEGER NOT NULL," \
"	PRIMARY KEY (hour, server, service, domain)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE servers (\n" \
"	/* What each server showed in all sessions ever seen. */\n" \
"	server TEXT NOT NULL, server_port INTEGER NOT NULL, service TEXT NOT NULL," \
"	first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, sessions INTEGER NOT NULL," \
"	offered INTEGER NOT NULL, not_offered INTEGER NOT NULL," \
"	accepted INTEGER NOT NULL, refused INTEGER NOT NULL," \
"	encrypted INTEGER NOT NULL, plaintext INTEGER NOT NULL, failed INTEGER NOT NULL," \
"	tls_version TEXT, banner TEXT," \
"	banner_seen INTEGER NOT NULL, /* end of the session that the banner is of */\n" \
"	PRIMARY KEY (server, server_port)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE capture (\n" \
"	/* What was read, by minute and source; '' is a live one. */\n" \
"	minute INTEGER NOT NULL, sensor_id INTEGER NOT NULL REFERENCES sensors (id)," \
"	source TEXT NOT NULL," \
"	packets INTEGER NOT NULL, bytes INTEGER NOT NULL, dropped INTEGER NOT NULL," \
"	gaps INTEGER NOT NULL," \
"	PRIMARY KEY (minute, sensor_id, source)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE policies (\n" \
"	/* What is known of domains' policies. */\n" \
"	domain TEXT NOT NULL PRIMARY KEY," \
"	mta_sts_status TEXT NOT NULL, mta_sts_id TEXT, mta_sts_mode TEXT," \
"	mta_sts_max_age INTEGER, mta_sts_mx TEXT, mta_sts_fetched INTEGER," \
"	mta_sts_expires INTEGER, mta_sts_source TEXT, mta_sts_problems TEXT," \
"	mx TEXT, tlsrpt_status TEXT, tlsrpt_rua TEXT, required TEXT" \
") WITHOUT ROWID;\n" \
"CREATE TABLE totals (\n" \
"	/* One row: sessions removed by age, which hours and servers still count. */\n" \
"	only INTEGER PRIMARY KEY CHECK (only = 1), pruned INTEGER NOT NULL" \
");\n" \
"INSERT INTO totals VALUES (1, 0);"

#define VIEW_SESSIONS \
"CREATE VIEW v_sessions AS\n" \
"/* A row a session: one TCP connection to a mail port. */\n" \
"SELECT\n" \
"	s.id, /* number of the session */\n" \
"	(SELECT n.name FROM sensors n WHERE n.id = s.sensor_id) AS sensor, /* name of the tap */\n" \
"	s.start, s.\"end\", /* time of the first and of the last packet */\n" \
"	s.service, /* smtp, submission, submissions, lmtp */\n" \
"	s.client, s.client_port, /* who sent the first SYN */\n" \
"	s.server, s.server_port, /* who answered it */\n" \
"	s.community_id, /* Community ID v1 of the flow */\n" \
"	s.complete, /* every byte that was in clear was captured, from SYN to end */\n" \
"	s.gap_bytes, /* bytes known to be sent and not captured */\n" \
"	s.seen, /* both, client, server: whose packets the capture holds */\n" \
"	s.outcome, /* encrypted, plaintext, tls-failed, no-mail, partial */\n" \
"	s.banner, /* text of the server's greeting */\n" \
"	s.helo, /* argument of the last HELO, EHLO or LHLO in clear */\n" \
"	s.extended, /* EHLO or LHLO was accepted, and not given up for HELO */\n" \
"	s.starttls_offered, /* the EHLO reply in force has STARTTLS */\n" \
"	s.starttls_requested, /* the client sent STARTTLS */\n" \
"	s.starttls_accepted, /* the server answered 220 */\n" \
"	s.tls_version, /* negotiated: TLSv1.3 ... */\n" \
"	s.tls_cipher, /* IANA name of the suite */\n" \
"	s.tls_sni, /* server name in the ClientHello */\n" \
"	s.tls_alpn, /* protocol chosen by ALPN */\n" \
"	s.tls_resumed, /* an earlier TLS session was resumed */\n" \
"	s.tls_cert_sha256, /* SHA-256 of the server's certificate (up to TLS 1.2) */\n" \
"	s.tls_spki_sha256, /* SHA-256 of its public key */\n" \
"	s.tls_ja3, s.tls_ja4, /* fingerprints of the ClientHello */\n" \
"	s.mail_count, /* MAIL commands in clear */\n" \
"	s.mail_from_domains, /* domains of their senders: a JSON array */\n" \
"	s.mail_rcpt_domains, /* domains of RCPT in clear: a JSON array */\n" \
"	s.auth, /* last AUTH mechanism named in clear */\n" \
"	s.encap, /* what the packets came wrapped in: vlan:12/vxlan:42 */\n" \
"	(SELECT json_group_array(json_object('kind', f.kind, 'severity', " SEVERITY("f.severity") "," \
	" 'certainty', " CERTAINTY("f.certainty") ", 'detail', f.detail)) FROM (SELECT *" \
	" FROM findings WHERE session_id = s.id ORDER BY id) f) AS findings, /* a JSON array */\n" \
"	s.ending, /* fin, reset, idle, reused, evicted, capture: how it ended */\n" \
"	s.packets, /* of both sides */\n" \
"	s.client_bytes, s.server_bytes /* payload seen of each side */\n" \
"FROM sessions s;"

#define VIEW_INCIDENTS \
"CREATE VIEW v_incidents AS\n" \
"/* A row an incident: findings of one kind, server, client network and recipient domain. */\n" \
"SELECT\n" \
"	i.id, /* number of the incident, never used again */\n" \
"	i.kind, /* starttls-stripped ... */\n" \
"	" SEVERITY("i.severity") " AS severity, /* info, notice, warning, critical */\n" \
"	" CERTAINTY("i.certainty") " AS certainty, /* possible, probable, proven */\n" \
"	i.state, /* open, acked, closed */\n" \
"	i.first_seen, i.last_seen, /* earliest start and latest end of its sessions */\n" \
"	i.sessions, /* how many there were */\n" \
"	i.client, /* the first one; others are of the same network */\n" \
"	i.server, i.server_port, i.service,\n" \
"	nullif(i.domain, '') AS domain, /* of the recipients */\n" \
"	i.mx, /* name of the server as MX of the domain */\n" \
"	i.\"where\", /* client-side, server-side, unknown: where the change was made */\n" \
"	i.summary, /* one sentence */\n" \
"	(SELECT json_group_array(json_object('what', e.what, 'value', e.value)) FROM (SELECT what," \
	" value FROM evidence WHERE incident_id = i.id GROUP BY what, value" \
	" ORDER BY min(place * 1000 + seq)) e) AS evidence, /* what can be checked: a JSON array */\n" \
"	i.refuted_by, /* what would show it harmless */\n" \
"	i.note, /* what a person wrote */\n" \
"	i.client_net, /* network of the clients */\n" \
"	(SELECT n.name FROM sensors n WHERE n.id = i.sensor_id) AS sensor /* tap that saw it first */\n" \
"FROM incidents i;"

#define VIEW_FINDINGS \
"CREATE VIEW v_findings AS\n" \
"/* A row a finding: what was concluded of one session. */\n" \
"SELECT\n" \
"	f.id,\n" \
"	f.session_id AS session, f.incident_id AS incident, /* ids in v_sessions, v_incidents */\n" \
"	s.start AS time, /* start of the session */\n" \
"	(SELECT n.name FROM sensors n WHERE n.id = s.sensor_id) AS sensor,\n" \
"	s.service, s.client, s.client_port, s.server, s.server_port,\n" \
"	f.kind,\n" \
"	" SEVERITY("f.severity") " AS severity, /* info, notice, warning, critical */\n" \
"	" CERTAINTY("f.certainty") " AS certainty, /* possible, probable, proven */\n" \
"	f.\"where\", /* client-side, server-side, unknown: where the change was made */\n" \
"	f.detail /* one sentence */\n" \
"FROM findings f CROSS JOIN sessions s ON s.id = f.session_id;"

#define VIEW_SERVERS \
"CREATE VIEW v_servers AS\n" \
"/* A row a server address and port: what it was seen to offer, in all sessions ever. */\n" \
"SELECT\n" \
"	server, server_port, service,\n" \
"	first_seen, last_seen, /* start of the first, end of the last session */\n" \
"	sessions,\n" \
"	offered AS starttls_offered, not_offered AS starttls_not_offered, /* sessions with a whole\n" \
"		EHLO reply that has STARTTLS, that has it not */\n" \
"	accepted AS starttls_accepted, refused AS starttls_refused, /* sessions that asked for it */\n" \
"	encrypted, plaintext, failed, /* sessions by outcome */\n" \
"	tls_version, /* the best negotiated */\n" \
"	banner /* its latest greeting */\n" \
"FROM servers;"

#define VIEW_POLICIES \
"CREATE VIEW v_policies AS\n" \
"/* A row a domain: what its policies demand, as 'waxseal policy' shows it. */\n" \
"SELECT\n" \
"	domain,\n" \
"	mta_sts_status, /* enforce, testing, none, absent, unavailable, invalid */\n" \
"	mta_sts_id, /* of the TXT record */\n" \
"	mta_sts_mode, mta_sts_max_age, /* of the policy; seconds */\n" \
"	mta_sts_mx, /* its patterns: a JSON array */\n" \
"	mta_sts_fetched, mta_sts_expires,\n" \
"	mta_sts_source, /* network, cache */\n" \
"	mta_sts_problems, /* a JSON array of sentences */\n" \
"	mx, /* a JSON array of objects: host, preference, addresses, sts_match, dane, tlsa */\n" \
"	tlsrpt_status, tlsrpt_rua, /* status, and a JSON array */\n" \
"	required /* dane, mta-sts, none */\n" \
"FROM policies;"

#define VIEW_HOURLY \
"CREATE VIEW v_hourly AS\n" \
"/* Sessions by hour, for reports. */\n" \
"SELECT\n" \
"	hour, /* its start */\n" \
"	service, server,\n" \
"	nullif(domain, '') AS domain, /* the session's first recipient domain, where in clear */\n" \
"	sessions, encrypted, plaintext, failed /* all; by outcome (failed is tls-failed) */\n" \
"FROM hourly;"

#define VIEW_CAPTURE \
"CREATE VIEW v_capture AS\n" \
"/* What each tap delivered, by minute. */\n" \
"SELECT\n" \
"	c.minute, /* its start */\n" \
"	(SELECT n.name FROM sensors n WHERE n.id = c.sensor_id) AS sensor,\n" \
"	sum(c.packets) AS packets, sum(c.bytes) AS bytes, /* read; bytes as on the wire */\n" \
"	sum(c.dropped) AS dropped, /* packets lost before they could be read */\n" \
"	sum(c.gaps) AS gaps /* stretches missing in TCP streams */\n" \
"FROM capture c GROUP BY c.minute, c.sensor_id;"

#define TABLES_KNOWN \
"ALTER TABLE sessions ADD COLUMN learnt INTEGER NOT NULL DEFAULT 0; /* it counts in what is known */" \
"CREATE TABLE subjects (\n" \
"	/* Whom something is known of: a server, a server and a client, a client, its network,\n" \
"	   a name. The key says which: 'server 198.51.100.25 25', 'pair 198.51.100.25 25\n" \
"	   192.0.2.7', 'client 192.0.2.7', 'network 192.0.2.0/24', 'name mx1.example.net'. */\n" \
"	id INTEGER PRIMARY KEY," \
"	key TEXT NOT NULL UNIQUE," \
"	first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, sessions INTEGER NOT NULL" \
");\n" \
"CREATE TABLE known (\n" \
"	/* What earlier sessions showed of a subject, counted. Two spans count, the one under way\n" \
"	   and the one before it; what is older is forgotten. */\n" \
"	subject_id INTEGER NOT NULL REFERENCES subjects (id) ON DELETE CASCADE," \
"	what TEXT NOT NULL, value TEXT NOT NULL, /* 'offered', '': how often; 'key', its hash ... */\n" \
"	yes INTEGER NOT NULL, no INTEGER NOT NULL, /* in the span under way */\n" \
"	yes_before INTEGER NOT NULL, no_before INTEGER NOT NULL," \
"	recent INTEGER NOT NULL, recent_count INTEGER NOT NULL, /* the last ones, a bit each */\n" \
"	first INTEGER NOT NULL, since INTEGER NOT NULL, /* first ever; start of the span */\n" \
"	last_yes INTEGER NOT NULL, last_no INTEGER NOT NULL, /* 0: never */\n" \
"	turned INTEGER NOT NULL, /* since when it is as it was last */\n" \
"	until INTEGER NOT NULL, /* of a key: when its certificate ends */\n" \
"	PRIMARY KEY (subject_id, what, value)" \
") WITHOUT ROWID;"

#define KNOWN(columns) \
	"FROM subjects u JOIN known k ON k.subject_id = u.id WHERE u.key = 'server ' || s.server ||" \
	" ' ' || s.server_port AND k.what = " columns

/* The columns of before, and what the baseline has. */
#define VIEW_SERVERS_KNOWN \
"DROP VIEW v_servers;" \
"CREATE VIEW v_servers AS\n" \
"/* A row a server address and port: what it was seen to offer, in all sessions ever. */\n" \
"SELECT\n" \
"	s.server, s.server_port, s.service,\n" \
"	s.first_seen, s.last_seen, /* start of the first, end of the last session */\n" \
"	s.sessions,\n" \
"	s.offered AS starttls_offered, s.not_offered AS starttls_not_offered, /* sessions with a whole\n" \
"		EHLO reply that has STARTTLS, that has it not */\n" \
"	s.accepted AS starttls_accepted, s.refused AS starttls_refused, /* sessions that asked for it */\n" \
"	s.encrypted, s.plaintext, s.failed, /* sessions by outcome */\n" \
"	s.tls_version, /* the best negotiated */\n" \
"	s.banner, /* its latest greeting */\n" \
"	(SELECT min(k.first) " KNOWN("'offered' AND k.last_yes > 0") ") AS offered_since, /* of what\n" \
"		is known: the first session that counts; NULL where it was never offered */\n" \
"	(SELECT nullif(k.last_yes, 0) " KNOWN("'offered'") ") AS last_offered,\n" \
"	(SELECT max(k.last_no) " KNOWN("'network' AND k.last_no > 0") ") AS last_not_offered,\n" \
"	(SELECT json_group_array(k.value) " KNOWN("'network' AND k.last_yes > 0") ") AS clients,\n" \
"		/* the latest client networks that were offered it: a JSON array */\n" \
"	(SELECT json_group_array(k.value) " KNOWN("'network' AND k.last_yes < k.last_no") ")\n" \
"		AS clients_without, /* those that were not, in their last session */\n" \
"	(SELECT json_group_array(DISTINCT substr(k.value, 1, instr(k.value, ' ') - 1)) " \
		KNOWN("'node'") ") AS names, /* names it gives itself */\n" \
"	(SELECT json_group_array(k.value) " KNOWN("'extension'") ") AS extensions,\n" \
"	(SELECT json_group_array(k.value) " KNOWN("'key'") ") AS keys /* public keys: name asked for,\n" \
"		hashed, and the begin of their SHA-256 */\n" \
"FROM servers s;"

#define CAPTURE_LOSSES \
"ALTER TABLE capture ADD COLUMN withheld INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE capture ADD COLUMN evicted INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE capture ADD COLUMN untold INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE capture ADD COLUMN crashed INTEGER NOT NULL DEFAULT 0;"

#define VIEW_CAPTURE_LOSSES \
"DROP VIEW v_capture;" \
"CREATE VIEW v_capture AS\n" \
"/* What each tap delivered, by minute. */\n" \
"SELECT\n" \
"	c.minute, /* its start */\n" \
"	(SELECT n.name FROM sensors n WHERE n.id = c.sensor_id) AS sensor,\n" \
"	sum(c.packets) AS packets, sum(c.bytes) AS bytes, /* read; bytes as on the wire */\n" \
"	sum(c.dropped) AS dropped, /* packets lost before they could be read */\n" \
"	sum(c.gaps) AS gaps, /* stretches missing in TCP streams */\n" \
"	sum(c.withheld) AS withheld, /* packets that the gate found to need no reading */\n" \
"	sum(c.evicted) AS evicted, /* connections given up for room */\n" \
"	sum(c.untold) AS untold, /* sessions that the database was too slow for */\n" \
"	sum(c.crashed) AS crashed /* connections lost with a reader that ended */\n" \
"FROM capture c GROUP BY c.minute, c.sensor_id;"

/* A row a subject in place of one a mark: to read and to write that many was most of the work. */
#define MARKS_AS_TEXT \
"DROP VIEW v_servers;" \
"ALTER TABLE subjects ADD COLUMN marks TEXT NOT NULL DEFAULT '[]'; /* JSON: what earlier sessions\n" \
"	showed of it, an array each: what, value, yes, no, yes_before, no_before, recent,\n" \
"	recent_count, first; since, last_yes, last_no, turned, in microseconds behind first, null:\n" \
"	never; until, where there is one. Meanings as they stood in the table known. */" \
"UPDATE subjects SET marks = (SELECT json_group_array(json_array(what, value, yes, no," \
" yes_before, no_before, recent, recent_count, first, " BEHIND("since") ", " BEHIND("last_yes") \
", " BEHIND("last_no") ", " BEHIND("turned") ", until)) FROM known WHERE subject_id = id);" \
"DROP TABLE known;"

#define BEHIND(time) "iif(" time " = 0, NULL, " time " - first)"

#define MARK(place)  "json_extract(k.value, '$[" place "]')"
#define MARK_LAST(place) MARK("8") " + " MARK(place)
#define MARKED(columns, where) \
	"(SELECT " columns " FROM subjects u, json_each(u.marks) k WHERE u.key = 'server ' || s.server" \
	" || ' ' || s.server_port AND " MARK("0") " = " where ")"

#define VIEW_SERVERS_MARKS \
"CREATE VIEW v_servers AS\n" \
"/* A row a server address and port: what it was seen to offer, in all sessions ever. */\n" \
"SELECT\n" \
"	s.server, s.server_port, s.service,\n" \
"	s.first_seen, s.last_seen, /* start of the first, end of the last session */\n" \
"	s.sessions,\n" \
"	s.offered AS starttls_offered, s.not_offered AS starttls_not_offered, /* sessions with a whole\n" \
"		EHLO reply that has STARTTLS, that has it not */\n" \
"	s.accepted AS starttls_accepted, s.refused AS starttls_refused, /* sessions that asked for it */\n" \
"	s.encrypted, s.plaintext, s.failed, /* sessions by outcome */\n" \
"	s.tls_version, /* the best negotiated */\n" \
"	s.banner, /* its latest greeting */\n" \
"	" MARKED("min(" MARK("8") ")", "'offered' AND " MARK("10") " IS NOT NULL") " AS offered_since,\n" \
"		/* of what is known: the first session that counts; NULL where it was never offered */\n" \
"	" MARKED(MARK_LAST("10"), "'offered'") " AS last_offered,\n" \
"	" MARKED("max(" MARK_LAST("11") ")", "'network'") " AS last_not_offered,\n" \
"	" MARKED("json_group_array(" MARK("1") ")", "'network' AND " MARK("10") " IS NOT NULL") \
" AS clients, /* the latest client networks that were offered it: a JSON array */\n" \
"	" MARKED("json_group_array(" MARK("1") ")", "'network' AND " MARK("11") " > ifnull(" MARK("10") \
", -1)") " AS clients_without, /* those that were not, in their last session */\n" \
"	" MARKED("json_group_array(DISTINCT substr(" MARK("1") ", 1, instr(" MARK("1") ", ' ') - 1))", \
"'node'") " AS names, /* names it gives itself */\n" \
"	" MARKED("json_group_array(" MARK("1") ")", "'extension'") " AS extensions,\n" \
"	" MARKED("json_group_array(" MARK("1") ")", "'key'") " AS keys /* public keys: name asked for,\n" \
"		hashed, and the begin of their SHA-256 */\n" \
"FROM servers s;"

/* What lists are narrowed by. Domains are many to a session, and are asked for by their end. */
#define NARROWING \
"CREATE INDEX sessions_client ON sessions (client, start);" \
"CREATE INDEX sessions_server ON sessions (server, start);" \
"CREATE INDEX sessions_outcome ON sessions (outcome, start);" \
"CREATE INDEX findings_kind ON findings (kind, session_id);" \
"CREATE INDEX findings_severity ON findings (severity, session_id);" \
"CREATE INDEX incidents_last ON incidents (last_seen, id);" \
"CREATE INDEX incidents_first ON incidents (first_seen);" \
"CREATE INDEX incidents_kind ON incidents (kind);" \
"CREATE INDEX incidents_severity ON incidents (severity);" \
"CREATE INDEX incidents_state ON incidents (state);" \
"CREATE INDEX incidents_client ON incidents (client);" \
"CREATE INDEX incidents_domain ON incidents (domain);" \
"CREATE INDEX hourly_domain ON hourly (domain, server);" \
"CREATE TABLE domains (\n" \
"	/* Every domain of MAIL and RCPT; reversed, byte by byte, those of one lie together. */\n" \
"	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, reversed TEXT NOT NULL" \
");" \
"CREATE INDEX domains_reversed ON domains (reversed);" \
"CREATE TABLE mentions (\n" \
"	/* Which sessions named it. */\n" \
"	domain_id INTEGER NOT NULL, start INTEGER NOT NULL, session_id INTEGER NOT NULL," \
"	PRIMARY KEY (domain_id, start, session_id)" \
") WITHOUT ROWID;" \
"INSERT OR IGNORE INTO domains (name, reversed) SELECT value, reversed(value) FROM (" \
"SELECT j.value FROM sessions s, json_each(s.mail_from_domains) j UNION" \
" SELECT j.value FROM sessions s, json_each(s.mail_rcpt_domains) j UNION" \
" SELECT domain FROM hourly WHERE domain <> '' UNION" \
" SELECT domain FROM incidents WHERE domain <> '') WHERE value IS NOT NULL;" \
"INSERT OR IGNORE INTO mentions SELECT d.id, s.start, s.id FROM sessions s," \
" json_each(s.mail_from_domains) j JOIN domains d ON d.name = j.value;" \
"INSERT OR IGNORE INTO mentions SELECT d.id, s.start, s.id FROM sessions s," \
" json_each(s.mail_rcpt_domains) j JOIN domains d ON d.name = j.value;" \
FORGET_MENTIONS("sessions_removed", "DELETE") \
FORGET_MENTIONS("sessions_replaced", "UPDATE OF start, mail_from_domains, mail_rcpt_domains")

#define FORGET_MENTIONS(name, event) \
"CREATE TRIGGER " name " AFTER " event " ON sessions BEGIN" \
" DELETE FROM mentions WHERE start = OLD.start AND session_id = OLD.id AND domain_id IN" \
" (SELECT d.id FROM domains d WHERE d.name IN (SELECT value FROM json_each(OLD.mail_from_domains)" \
" UNION SELECT value FROM json_each(OLD.mail_rcpt_domains))); END;"

/* A client's pairs lie together: what it is known with is asked for more often than the reverse. */
#define PAIRS_BY_CLIENT \
"UPDATE subjects SET key = (SELECT 'pair ' || substr(rest, 1 + instr(rest, ' ')) || ' '" \
" || server || ' ' || substr(rest, 1, instr(rest, ' ') - 1) FROM (SELECT" \
" substr(subjects.key, 6, instr(substr(subjects.key, 6), ' ') - 1) AS server," \
" substr(subjects.key, 6 + instr(substr(subjects.key, 6), ' ')) AS rest))" \
" WHERE key > 'pair ' AND key < 'pair!';"

/*
 * What of an incident is kept outlives the session that it is of: a row of kept stays without
 * its session, for the evidence. Each table is made anew, since what a column refers to cannot be
 * changed; the view on evidence goes for the while, for a view on what is not there stops a
 * renaming.
 */
#define TABLES_RETAINED \
"DROP VIEW v_incidents;" \
"CREATE TABLE kept_anew (\n" \
"	/* Of which sessions of an incident evidence is kept: places 1 to 3 are its first\n" \
"	   sessions, 4 is the latest. */\n" \
"	incident_id INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE," \
"	place INTEGER NOT NULL CHECK (place BETWEEN 1 AND 4)," \
"	session_id INTEGER REFERENCES sessions (id) ON DELETE SET NULL, /* NULL: its bytes are\n" \
"	   removed by age, what can be checked of them is not */\n" \
"	whole INTEGER NOT NULL, /* nothing of its bytes was lost or cut for room */\n" \
"	\"end\" INTEGER NOT NULL, /* of the session */\n" \
"	PRIMARY KEY (incident_id, place)" \
") WITHOUT ROWID;\n" \
"INSERT INTO kept_anew SELECT k.incident_id, k.place, k.session_id, k.whole, s.\"end\"" \
" FROM kept k JOIN sessions s ON s.id = k.session_id;" \
"CREATE TABLE evidence_anew (\n" \
"	/* What a person can check, of each session kept. */\n" \
"	incident_id INTEGER NOT NULL, place INTEGER NOT NULL, seq INTEGER NOT NULL," \
"	what TEXT NOT NULL, value TEXT NOT NULL," \
"	PRIMARY KEY (incident_id, place, seq)," \
"	FOREIGN KEY (incident_id, place) REFERENCES kept_anew (incident_id, place)" \
" ON DELETE CASCADE" \
") WITHOUT ROWID;\n" \
"INSERT INTO evidence_anew SELECT incident_id, place, seq, what, value FROM evidence;" \
"DROP TABLE evidence;" \
"DROP TABLE kept;" \
"ALTER TABLE kept_anew RENAME TO kept;" \
"ALTER TABLE evidence_anew RENAME TO evidence;" \
"CREATE INDEX kept_session ON kept (session_id);" \
"CREATE INDEX kept_end ON kept (\"end\") WHERE session_id IS NOT NULL;" \
"CREATE TABLE removed (\n" \
"	/* Sessions that were counted and removed, so that they are not counted again when\n" \
"	   their capture is read again: start, and a hash of what else they are known by. */\n" \
"	start INTEGER NOT NULL, hash INTEGER NOT NULL," \
"	PRIMARY KEY (start, hash)" \
") WITHOUT ROWID;\n" \
"ALTER TABLE totals ADD COLUMN horizon INTEGER; /* which sessions were removed is forgotten\n" \
"	before this time: none that began earlier is taken in. NULL: all are */\n"
/* What an outcome counts for, of sessions that are grouped. */
#define OUTCOMES \
	"count(*) AS sessions, sum(outcome = 'encrypted') AS encrypted," \
	" sum(outcome = 'plaintext') AS plaintext, sum(outcome = 'tls-failed') AS failed," \
	" sum(outcome = 'no-mail') AS no_mail, sum(outcome = 'partial') AS partial"
#define COUNTS \
	"	sessions INTEGER NOT NULL, encrypted INTEGER NOT NULL, plaintext INTEGER NOT NULL," \
	"	failed INTEGER NOT NULL, no_mail INTEGER NOT NULL, partial INTEGER NOT NULL,"
#define HOUR_OF_START "start - (start % 3600000000 + 3600000000) % 3600000000"

/* Count the sessions that are there: what is beyond most rows an hour is '(other)'. */
#define FILL_HOURLY(table, column, what, key, most) \
	"INSERT INTO " table " SELECT hour, iif(place <= " most ", key, '(other)'), service," \
	" sum(sessions), sum(encrypted), sum(plaintext), sum(failed), sum(no_mail), sum(partial)" \
	" FROM (SELECT *, row_number() OVER (PARTITION BY hour ORDER BY key, service) AS place" \
	"  FROM (SELECT " HOUR_OF_START " AS hour, " key " AS key, service, " OUTCOMES \
	"   FROM sessions GROUP BY 1, 2, 3)) GROUP BY 1, 2, 3;" \
	"INSERT INTO hourly_full SELECT DISTINCT hour, '" what "' FROM " table \
	" WHERE " column " = '(other)';"

#define HOURLY_MORE \
"ALTER TABLE hourly ADD COLUMN no_mail INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE hourly ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE totals ADD COLUMN pruned_before INTEGER NOT NULL DEFAULT 0; /* of these, before there\n" \
"	were hourly_clients and hourly_tls: they do not count there */" \
"UPDATE totals SET pruned_before = pruned;" \
"UPDATE hourly SET no_mail = g.no_mail, partial = g.partial FROM (SELECT " HOUR_OF_START \
" AS hour, server, service, domain, " OUTCOMES " FROM sessions GROUP BY 1, 2, 3, 4) g WHERE" \
" hourly.hour = g.hour AND hourly.server = g.server AND hourly.service = g.service AND" \
" hourly.domain = g.domain;" \
"CREATE TABLE hourly_clients (\n" \
"	/* Counts for reports by network of clients; they outlive the sessions. */\n" \
"	hour INTEGER NOT NULL, client_net TEXT NOT NULL, service TEXT NOT NULL," COUNTS \
"	PRIMARY KEY (hour, client_net, service)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE hourly_tls (\n" \
"	/* The same by TLS version. */\n" \
"	hour INTEGER NOT NULL, version TEXT NOT NULL, /* '' where none was negotiated */\n" \
"	service TEXT NOT NULL," COUNTS \
"	PRIMARY KEY (hour, version, service)" \
") WITHOUT ROWID;\n" \
"CREATE TABLE hourly_full (\n" \
"	/* Hours that have as many rows as an hour may: whoever had none by then counts as\n" \
"	   '(other)'. */\n" \
"	hour INTEGER NOT NULL, what TEXT NOT NULL, /* server, domain, client, tls */\n" \
"	PRIMARY KEY (hour, what)" \
") WITHOUT ROWID;\n" \
FILL_HOURLY("hourly_clients", "client_net", "client", "client_network(client)", "4096") \
FILL_HOURLY("hourly_tls", "version", "tls", "coalesce(tls_version, '')", "64")

#define VIEWS_HOURLY_MORE \
"DROP VIEW v_hourly;" \
"CREATE VIEW v_hourly AS\n" \
"/* Sessions by hour, for reports. */\n" \
"SELECT\n" \
"	hour, /* its start */\n" \
"	service, server, /* '(other)': beyond 4096 servers an hour */\n" \
"	nullif(domain, '') AS domain, /* the session's first recipient domain, where in clear;\n" \
"		'(other)': beyond 4096 an hour */\n" \
"	sessions, encrypted, plaintext, failed, /* all; by outcome (failed is tls-failed) */\n" \
"	no_mail, partial /* not told apart of sessions that were pruned long ago */\n" \
"FROM hourly;" \
"CREATE VIEW v_hourly_clients AS\n" \
"/* Sessions by hour and network of clients, for reports. */\n" \
"SELECT\n" \
"	hour, /* its start */\n" \
"	service,\n" \
"	client_net, /* /24 or /64; '(other)': beyond 4096 an hour */\n" \
"	sessions, encrypted, plaintext, failed, no_mail, partial /* as in v_hourly */\n" \
"FROM hourly_clients;" \
"CREATE VIEW v_hourly_tls AS\n" \
"/* Sessions by hour and TLS version, for reports. */\n" \
"SELECT\n" \
"	hour, /* its start */\n" \
"	service,\n" \
"	nullif(version, '') AS tls_version, /* negotiated; NULL: none was */\n" \
"	sessions, encrypted, plaintext, failed, no_mail, partial /* as in v_hourly */\n" \
"FROM hourly_tls;"

/* A parent that sums up a surge has no server, or no client network, or neither: '' in the table. */
#define IS_SURGE "(i.server = '' OR i.client_net = '')"
#define LEAVES \
	"FROM incidents c WHERE c.server <> '' AND c.client_net <> '' AND (c.parent = i.id" \
	" OR c.parent IN (SELECT p.id FROM incidents p WHERE p.parent = i.id))"
#define HOW_MANY(noun, what) \
	"(SELECT printf('%,d " noun "%s', n, iif(n = 1, '', 's')) FROM (SELECT count(DISTINCT " what \
	") AS n " LEAVES "))"
#define SURGE_NETWORKS HOW_MANY("client network", "c.client_net")
#define SURGE_SERVERS  HOW_MANY("server", "c.server || ' ' || c.server_port")
#define SURGE_ENDPOINT \
	"iif(instr(i.server, ':'), '[' || i.server || ']', i.server) || ':' || i.server_port"
#define SURGE_WHERE \
	"CASE WHEN i.client_net = '' AND i.server = '' THEN 'where their paths are one'" \
	" WHEN i.server <> '' THEN 'near the server or by it'" \
	" WHEN " SURGE_SERVERS " = '1 server' THEN 'on the path between the two or by them'" \
	" ELSE 'near the clients or by them' END"
#define SURGE_MORE \
	"iif(i.pruned > 0 OR EXISTS (SELECT 1 FROM findings f WHERE f.incident_id = i.id)," \
	" ' and more', '')"

#define TABLE_SURGES \
"ALTER TABLE incidents ADD COLUMN parent INTEGER REFERENCES incidents (id) ON DELETE SET NULL;" \
"ALTER TABLE incidents ADD COLUMN opened INTEGER NOT NULL DEFAULT 0; /* start of the session that\n" \
"	opened it, or opened it again */" \
"UPDATE incidents SET opened = first_seen;" \
"ALTER TABLE evidence ADD COLUMN is_count INTEGER NOT NULL DEFAULT 0; /* of all seen until then */" \
"CREATE INDEX incidents_parent ON incidents (parent) WHERE parent IS NOT NULL;" \
"CREATE INDEX incidents_of_network ON incidents (client_net, kind, opened)" \
"	WHERE parent IS NULL AND severity >= 1;" \
"CREATE INDEX incidents_of_server ON incidents (server, server_port, kind, opened)" \
"	WHERE parent IS NULL AND severity >= 1;" \
"CREATE INDEX incidents_grave ON incidents (kind, opened) WHERE severity >= 2;" \
"CREATE TRIGGER incidents_removed AFTER DELETE ON incidents WHEN old.parent IS NOT NULL BEGIN\n" \
"	/* What a parent counts stays counted, as its sessions do when they are removed by age. */\n" \
"	UPDATE incidents SET pruned = pruned + old.sessions WHERE id = old.parent;" \
"END;"

/* Of what counts the latest alone is told. */
#define IS_OVERTAKEN \
	"(e.is_count AND EXISTS (SELECT 1 FROM evidence n, kept a, kept b WHERE n.incident_id =" \
	" e.incident_id AND n.what = e.what AND a.incident_id = e.incident_id AND a.place = e.place" \
	" AND b.incident_id = n.incident_id AND b.place = n.place AND (b.\"end\" > a.\"end\" OR" \
	" (b.\"end\" = a.\"end\" AND b.place > a.place))))"

/* The columns of before; of a surge what cannot be told is NULL, and its sentence counts. */
#define VIEW_INCIDENTS_SURGES \
"DROP VIEW v_incidents;" \
"CREATE VIEW v_incidents AS\n" \
"/* A row an incident: findings of one kind, server, client network and recipient domain. One\n" \
"   that sums up a surge has no domain, and no server, or no client, or neither. */\n" \
"SELECT\n" \
"	i.id, /* number of the incident, never used again */\n" \
"	i.kind, /* starttls-stripped ... */\n" \
"	" SEVERITY("i.severity") " AS severity, /* info, notice, warning, critical */\n" \
"	" CERTAINTY("i.certainty") " AS certainty, /* possible, probable, proven */\n" \
"	i.state, /* open, acked, closed */\n" \
"	i.first_seen, i.last_seen, /* earliest start and latest end of its sessions */\n" \
"	i.sessions, /* how many there were */\n" \
"	nullif(i.client, '') AS client, /* the first one; others are of the same network */\n" \
"	nullif(i.server, '') AS server, nullif(i.server_port, 0) AS server_port, i.service,\n" \
"	nullif(i.domain, '') AS domain, /* of the recipients */\n" \
"	i.mx, /* name of the server as MX of the domain */\n" \
"	i.\"where\", /* client-side, server-side, unknown: where the change was made */\n" \
"	CASE WHEN " IS_SURGE " THEN i.summary || ': '" \
	" || CASE i.client_net WHEN '' THEN " SURGE_NETWORKS " ELSE i.client_net END || ' towards '" \
	" || CASE i.server WHEN '' THEN " SURGE_SERVERS " ELSE " SURGE_ENDPOINT " END" \
	" || " SURGE_MORE " || ' since '" \
	" || strftime('%Y-%m-%d %H:%M:%S', i.first_seen / 1000000, 'unixepoch')" \
	" || ', so ' || " SURGE_WHERE " || '.'" \
	" ELSE i.summary END AS summary, /* one sentence */\n" \
"	CASE WHEN " IS_SURGE " THEN json_array(" \
	"json_object('what', 'client networks', 'value', " SURGE_NETWORKS ")," \
	" json_object('what', 'servers', 'value', " SURGE_SERVERS ")," \
	" json_object('what', 'incidents', 'value', (SELECT printf('%,d', count(*)) " LEAVES "))," \
	" json_object('what', 'where', 'value', " SURGE_WHERE "))" \
	" ELSE (SELECT json_group_array(json_object('what', e.what, 'value', e.value)) FROM (SELECT what," \
	" value FROM evidence e WHERE incident_id = i.id AND NOT " IS_OVERTAKEN " GROUP BY what, value" \
	" ORDER BY min(place * 1000 + seq)) e) END AS evidence, /* what can be checked: a JSON array */\n" \
"	i.refuted_by, /* what would show it harmless */\n" \
"	i.note, /* what a person wrote */\n" \
"	nullif(i.client_net, '') AS client_net, /* network of the clients */\n" \
"	(SELECT n.name FROM sensors n WHERE n.id = i.sensor_id) AS sensor, /* tap that saw it first */\n" \
"	i.parent, /* id of the incident that sums up the surge that this one is part of */\n" \
"	CASE WHEN " IS_SURGE " THEN (SELECT count(*) " LEAVES ") END AS surge /* how many incidents\n" \
"		it sums up; NULL: it is none of a surge */\n" \
"FROM incidents i;"

const char *const schema_steps[] = {
	TABLES
	VIEW_SESSIONS VIEW_INCIDENTS VIEW_FINDINGS VIEW_SERVERS
	VIEW_POLICIES VIEW_HOURLY VIEW_CAPTURE,

	TABLES_KNOWN VIEW_SERVERS_KNOWN,

	CAPTURE_LOSSES VIEW_CAPTURE_LOSSES,

	MARKS_AS_TEXT VIEW_SERVERS_MARKS,

	NARROWING PAIRS_BY_CLIENT,

	TABLES_RETAINED VIEW_INCIDENTS,
	HOURLY_MORE VIEWS_HOURLY_MORE,

	TABLE_SURGES VIEW_INCIDENTS_SURGES,

	schema_policy,
};

/* clang-format on */

const size_t schema_step_count = sizeof(schema_steps) / sizeof(schema_steps[0]);

int64_t
schema_version(struct sql_file *f)
{
	return sql_int(sql_use(f, "PRAGMA user_version"), -1);
}

bool
schema_is_empty(struct sql_file *f)
{
	return sql_int(sql_use(f, "PRAGMA page_count"), -1) == 0;
}

/* Ours, or empty; with a reason where not. */
static bool
is_ours(struct sql_file *f, int64_t version)
{
	int64_t id = sql_int(sql_use(f, "PRAGMA application_id"), -1);
	int64_t objects = sql_int(sql_use(f, "SELECT count(*) FROM sqlite_schema"), -1);

	if (version < 0 || id < 0 || objects < 0)
		return false;
	if (id == SCHEMA_APPLICATION_ID || (id == 0 && version == 0 && objects == 0))
		return true;
	sql_fail(f, "an SQLite database, but not one of waxseal (give another file with --db)");
	return false;
}

static bool
fail_version(struct sql_file *f, int64_t version, size_t count)
{
	char why[STORE_WHY_MAX];

	if (version > (int64_t)count)
		snprintf(why, sizeof(why),
			 "its schema is version %lld, this program knows up to %zu (upgrade "
			 "waxseal)",
			 (long long)version, count);
	else if (version == 0)
		snprintf(why, sizeof(why),
			 "empty, nothing was recorded in it yet ('waxseal watch' does)");
	else
		snprintf(why, sizeof(why),
			 "its schema is version %lld, this program's is %zu (run 'waxseal db "
			 "check' as one who may write to it: that upgrades it)",
			 (long long)version, count);
	sql_fail(f, why);
	return false;
}

static bool
step(struct sql_file *f, const char *const *steps, size_t from, size_t count)
{
	char mark[96];
	size_t i;

	for (i = from; i < count; i++) {
		if (!sql_exec(f, steps[i]))
			return false;
	}
	/* A pragma takes no bound values; these are numbers of our own. */
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %zu",
		 SCHEMA_APPLICATION_ID, count);
	return sql_exec(f, mark);
}

/* The version is read again under the write lock: another process may have been faster. */
static bool
upgrade(struct sql_file *f, const char *const *steps, size_t count)
{
	char why[STORE_WHY_MAX];
	int64_t version;

	if (!sql_exec(f, "BEGIN IMMEDIATE"))
		return false;
	version = schema_version(f);
	if (version > (int64_t)count)
		fail_version(f, version, count);
	else if (version >= 0 && step(f, steps, (size_t)version, count) && sql_exec(f, "COMMIT"))
		return true;
	snprintf(why, sizeof(why), "%s", sql_why(f));
	sql_exec(f, "ROLLBACK");
	sql_fail(f, why);
	return false;
}

bool
schema_settle(struct sql_file *f, const char *const *steps, size_t count, bool may_upgrade)
{
	int64_t version = schema_version(f);

	if (!is_ours(f, version))
		return false;
	if (version == (int64_t)count)
		return true;
	if (version > (int64_t)count || !may_upgrade)
		return fail_version(f, version, count);
	return upgrade(f, steps, count);
}
