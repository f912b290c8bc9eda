/*
 * The view v_incidents as it stands since there are surges, for the steps of
 * the schema that make it; a later one appends columns.
 */
#ifndef DB_SCHEMA_INCIDENTS_H
#define DB_SCHEMA_INCIDENTS_H

#include "db/schema_steps.h"

/* clang-format off */

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

/* Of what counts the latest alone is told. */
#define IS_OVERTAKEN \
	"(e.is_count AND EXISTS (SELECT 1 FROM evidence n, kept a, kept b WHERE n.incident_id =" \
	" e.incident_id AND n.what = e.what AND a.incident_id = e.incident_id AND a.place = e.place" \
	" AND b.incident_id = n.incident_id AND b.place = n.place AND (b.\"end\" > a.\"end\" OR" \
	" (b.\"end\" = a.\"end\" AND b.place > a.place))))"

/* more: further columns, each behind a comma. */
#define VIEW_INCIDENTS_OF_SURGES(more) \
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
"		it sums up; NULL: it is none of a surge */" more "\n" \
"FROM incidents i"

/* clang-format on */

#endif
