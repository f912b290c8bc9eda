/*
 * The steps of the schema, for db/schema.c alone. A step once released is never
 * changed: a later one changes what it made.
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
#ifndef DB_SCHEMA_STEPS_H
#define DB_SCHEMA_STEPS_H

/* Each is SQL, in the order in which schema.c takes them; what each makes stands in its file. */
extern const char schema_tables[];
extern const char schema_known[];
extern const char schema_capture[];
extern const char schema_known_marks[];
extern const char schema_narrow[];
extern const char schema_retain[];
extern const char schema_hourly[];
extern const char schema_surge[];
extern const char schema_policy[];
extern const char schema_places[];
extern const char schema_lists[];
extern const char schema_outbox[];
extern const char schema_mute[];
extern const char schema_mute_each[];
extern const char schema_policy_der[];
extern const char schema_found[];
extern const char schema_servers[];

/* clang-format off */

/* The words for ranks, in the views. */
#define SEVERITY(rank) \
	"CASE " rank " WHEN 0 THEN 'info' WHEN 1 THEN 'notice' WHEN 2 THEN 'warning'" \
	" WHEN 3 THEN 'critical' END"
#define CERTAINTY(rank) \
	"CASE " rank " WHEN 0 THEN 'possible' WHEN 1 THEN 'probable' WHEN 2 THEN 'proven' END"

/* As it stood first; more: further columns, each behind a comma. */
#define VIEW_FINDINGS(more) \
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
"	f.detail /* one sentence */" more "\n" \
"FROM findings f CROSS JOIN sessions s ON s.id = f.session_id"

/* As it stood until there were surges; the step that makes kept anew has to make it anew, too. */
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

/* clang-format on */

#endif
