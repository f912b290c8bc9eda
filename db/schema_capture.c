/* What a tap did not deliver, and why. */
#include "db/schema_steps.h"

/* clang-format off */

const char schema_capture[] =
"ALTER TABLE capture ADD COLUMN withheld INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE capture ADD COLUMN evicted INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE capture ADD COLUMN untold INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE capture ADD COLUMN crashed INTEGER NOT NULL DEFAULT 0;"
"DROP VIEW v_capture;"
"CREATE VIEW v_capture AS\n"
"/* What each tap delivered, by minute. */\n"
"SELECT\n"
"	c.minute, /* its start */\n"
"	(SELECT n.name FROM sensors n WHERE n.id = c.sensor_id) AS sensor,\n"
"	sum(c.packets) AS packets, sum(c.bytes) AS bytes, /* read; bytes as on the wire */\n"
"	sum(c.dropped) AS dropped, /* packets lost before they could be read */\n"
"	sum(c.gaps) AS gaps, /* stretches missing in TCP streams */\n"
"	sum(c.withheld) AS withheld, /* packets that the gate found to need no reading */\n"
"	sum(c.evicted) AS evicted, /* connections given up for room */\n"
"	sum(c.untold) AS untold, /* sessions that the database was too slow for */\n"
"	sum(c.crashed) AS crashed /* connections lost with a reader that ended */\n"
"FROM capture c GROUP BY c.minute, c.sensor_id;";
