/* Counts by the hour for reports: of every outcome, by network of clients, by TLS version. */
#include "db/schema_steps.h"

/* clang-format off */

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

const char schema_hourly[] =
"ALTER TABLE hourly ADD COLUMN no_mail INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE hourly ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE totals ADD COLUMN pruned_before INTEGER NOT NULL DEFAULT 0; /* of these, before there\n"
"	were hourly_clients and hourly_tls: they do not count there */"
"UPDATE totals SET pruned_before = pruned;"
"UPDATE hourly SET no_mail = g.no_mail, partial = g.partial FROM (SELECT " HOUR_OF_START
" AS hour, server, service, domain, " OUTCOMES " FROM sessions GROUP BY 1, 2, 3, 4) g WHERE"
" hourly.hour = g.hour AND hourly.server = g.server AND hourly.service = g.service AND"
" hourly.domain = g.domain;"
"CREATE TABLE hourly_clients (\n"
"	/* Counts for reports by network of clients; they outlive the sessions. */\n"
"	hour INTEGER NOT NULL, client_net TEXT NOT NULL, service TEXT NOT NULL," COUNTS
"	PRIMARY KEY (hour, client_net, service)"
") WITHOUT ROWID;\n"
"CREATE TABLE hourly_tls (\n"
"	/* The same by TLS version. */\n"
"	hour INTEGER NOT NULL, version TEXT NOT NULL, /* '' where none was negotiated */\n"
"	service TEXT NOT NULL," COUNTS
"	PRIMARY KEY (hour, version, service)"
") WITHOUT ROWID;\n"
"CREATE TABLE hourly_full (\n"
"	/* Hours that have as many rows as an hour may: whoever had none by then counts as\n"
"	   '(other)'. */\n"
"	hour INTEGER NOT NULL, what TEXT NOT NULL, /* server, domain, client, tls */\n"
"	PRIMARY KEY (hour, what)"
") WITHOUT ROWID;\n"
FILL_HOURLY("hourly_clients", "client_net", "client", "client_network(client)", "4096")
FILL_HOURLY("hourly_tls", "version", "tls", "coalesce(tls_version, '')", "64")
"DROP VIEW v_hourly;"
"CREATE VIEW v_hourly AS\n"
"/* Sessions by hour, for reports. */\n"
"SELECT\n"
"	hour, /* its start */\n"
"	service, server, /* '(other)': beyond 4096 servers an hour */\n"
"	nullif(domain, '') AS domain, /* the session's first recipient domain, where in clear;\n"
"		'(other)': beyond 4096 an hour */\n"
"	sessions, encrypted, plaintext, failed, /* all; by outcome (failed is tls-failed) */\n"
"	no_mail, partial /* not told apart of sessions that were pruned long ago */\n"
"FROM hourly;"
"CREATE VIEW v_hourly_clients AS\n"
"/* Sessions by hour and network of clients, for reports. */\n"
"SELECT\n"
"	hour, /* its start */\n"
"	service,\n"
"	client_net, /* /24 or /64; '(other)': beyond 4096 an hour */\n"
"	sessions, encrypted, plaintext, failed, no_mail, partial /* as in v_hourly */\n"
"FROM hourly_clients;"
"CREATE VIEW v_hourly_tls AS\n"
"/* Sessions by hour and TLS version, for reports. */\n"
"SELECT\n"
"	hour, /* its start */\n"
"	service,\n"
"	nullif(version, '') AS tls_version, /* negotiated; NULL: none was */\n"
"	sessions, encrypted, plaintext, failed, no_mail, partial /* as in v_hourly */\n"
"FROM hourly_tls;";
