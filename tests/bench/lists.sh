#!/bin/sh
# What lists take of a large database: each filter beside the same list without one, in turn.
# Called by `make bench-lists`.
#
#	BENCH_HELD=10000000	sessions in the database
#	BENCH_RUNS=5		of each
#	BENCH_DIR		where the database goes (10 GB)
#	BENCH_KEPT		a database of an earlier run, or where to keep this one's
set -eu

O=${O:-.build}
waxseal=$O/waxseal
HELD=${BENCH_HELD:-10000000}
RUNS=${BENCH_RUNS:-5}
mkdir -p "$O/bench"
dir=$(mktemp -d "${BENCH_DIR:-$O/bench}/lists.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
db=${BENCH_KEPT:-$dir/db}

${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$O/bench/measure" tests/bench/measure.c

# A month of mail: 200,000 clients, 20,000 servers, 50,000 domains. What varies is a hash of the
# session's number. One session in five is in clear; one in a thousand is stripped.
fill() {
	"$waxseal" --config /dev/null --db "$db" -q watch -r tests/captures/ordinary-delivery.pcap \
		>"$dir/said"
	sqlite3 "$db" "
	PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;
	PRAGMA foreign_keys = ON;
	DELETE FROM findings; DELETE FROM incidents; DELETE FROM sessions; DELETE FROM servers;
	DELETE FROM domains;
	CREATE TEMP TABLE made AS
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $HELD)
	SELECT i, (i * 2654435761) % 4294967296 >> 8 AS a, (i * 2246822519) % 4294967291 >> 8 AS b,
	    (i * 3266489917) % 4294967279 >> 8 AS c FROM n;
	INSERT INTO sessions (id, sensor_id, start, \"end\", service, client, client_port, server,
	    server_port, complete, gap_bytes, seen, outcome, ending, packets, client_bytes,
	    server_bytes, banner, helo, extended, starttls_offered, starttls_requested,
	    starttls_accepted, tls_version, tls_cipher, mail_count, mail_from_domains,
	    mail_rcpt_domains, domain)
	SELECT i, 1, 1790000000000000 + i * 259200, 1790000000900000 + i * 259200, 'smtp',
	    '10.' || (a % 200000 / 50000) || '.' || (a % 200000 / 250 % 200) || '.' || (a % 250 + 1),
	    1024 + c % 60000, '198.51.' || (b % 20000 / 200) || '.' || (b % 200 + 1), 25, 1, 0, 'both',
	    CASE WHEN c % 100 < 72 THEN 'encrypted' WHEN c % 100 < 92 THEN 'plaintext'
	    WHEN c % 100 < 93 THEN 'tls-failed' WHEN c % 100 < 98 THEN 'no-mail' ELSE 'partial' END,
	    'fin', 24, 2100, 5300, 'mx' || (b % 20000) || '.example.net ESMTP Postfix',
	    'out' || (a % 200000) || '.example.org', 1, c % 100 < 80, c % 100 < 73, c % 100 < 73,
	    iif(c % 100 < 72, 'TLSv1.3', NULL), iif(c % 100 < 72, 'TLS_AES_256_GCM_SHA384', NULL),
	    iif(c % 100 BETWEEN 72 AND 91, 1, 0),
	    iif(c % 100 BETWEEN 72 AND 91, '[\"from' || (a % 50000) || '.example.org\"]', '[]'),
	    iif(c % 100 BETWEEN 72 AND 91, '[\"to' || (b % 50000) || '.example.com\"]', '[]'),
	    iif(c % 100 BETWEEN 72 AND 91, 'to' || (b % 50000) || '.example.com', '')
	FROM made;
	INSERT INTO domains (name, reversed)
	WITH RECURSIVE named (name) AS (SELECT 'from' || (i % 50000) || '.example.org' FROM made
	    GROUP BY i % 50000 UNION ALL SELECT 'to' || (i % 50000) || '.example.com' FROM made
	    GROUP BY i % 50000),
	turned (name, rest, text) AS (SELECT name, name, '' FROM named UNION ALL
	    SELECT name, substr(rest, 2), substr(rest, 1, 1) || text FROM turned WHERE rest <> '')
	SELECT name, text FROM turned WHERE rest = '';
	INSERT INTO mentions SELECT d.id, s.start, s.id FROM sessions s JOIN domains d
	    ON d.name = json_extract(s.mail_rcpt_domains, '\$[0]') WHERE s.outcome = 'plaintext';
	INSERT INTO mentions SELECT d.id, s.start, s.id FROM sessions s JOIN domains d
	    ON d.name = json_extract(s.mail_from_domains, '\$[0]') WHERE s.outcome = 'plaintext';
	CREATE TEMP TABLE found AS SELECT id AS session, iif(id % 997 = 0, 'starttls-stripped',
	    'starttls-missing') AS kind, iif(id % 997 = 0, 3, 0) AS severity, client, server, service,
	    start, \"end\", domain, substr(client, 1, length(rtrim(client, '0123456789'))) || '0/24' AS net
	    FROM sessions WHERE outcome = 'plaintext';
	INSERT INTO incidents (kind, server, server_port, client_net, domain, sensor_id, service, client,
	    severity, certainty, state, first_seen, last_seen, sessions, pruned, \"where\", summary,
	    refuted_by)
	SELECT kind, server, 25, net, iif(kind = 'starttls-missing', '', domain), 1, min(service),
	    min(client), max(severity), 0, iif(session % 7 = 0, 'closed', 'open'), min(start), max(\"end\"),
	    count(*), 0, 'unknown', 'STARTTLS is not offered', 'nothing'
	FROM found GROUP BY kind, server, iif(kind = 'starttls-missing', net, net),
	    iif(kind = 'starttls-missing', '', domain);
	INSERT INTO findings (session_id, incident_id, kind, severity, certainty, \"where\", detail)
	SELECT f.session, i.id, f.kind, f.severity, 0, 'unknown', 'STARTTLS is not offered'
	FROM found f JOIN incidents i ON i.server = f.server AND i.server_port = 25 AND
	    i.client_net = f.net AND i.kind = f.kind AND
	    i.domain = iif(f.kind = 'starttls-missing', '', f.domain);
	INSERT INTO servers SELECT server, 25, 'smtp', min(start), max(\"end\"), count(*), sum(starttls_offered),
	    0, sum(starttls_accepted), 0, sum(outcome = 'encrypted'), sum(outcome = 'plaintext'),
	    sum(outcome = 'tls-failed'), 'TLSv1.3', max(banner), max(\"end\") FROM sessions GROUP BY server;
	" >/dev/null
}

# median FILE: of its first column, in milliseconds
median() { sort -g "$1" | awk '{ v[NR] = $1 } END { printf "%.0f", v[int((NR + 1) / 2)] * 1000 }'; }

# compare ARGUMENT...: a list with a filter beside itself without, in turn
compare() {
	rm -f "$dir/with" "$dir/without"
	for i in $(seq "$RUNS"); do
		"$O/bench/measure" "$dir/took" "$waxseal" --config /dev/null --db "$db" "$1" --json --limit 100 \
			>"$dir/plain"
		cat "$dir/took" >>"$dir/without"
		"$O/bench/measure" "$dir/took" timeout "${BENCH_PATIENCE:-30}" "$waxseal" --config /dev/null \
			--db "$db" "$@" --json --limit 100 >"$dir/list" || :
		cat "$dir/took" >>"$dir/with"
	done
	printf '%7d ms, %7d ms without filter, %3d rows: %s\n' "$(median "$dir/with")" \
		"$(median "$dir/without")" "$(wc -l <"$dir/list")" "$*"
}

[ -e "$db" ] || fill
echo "# $(sqlite3 "$db" 'SELECT count(*) FROM sessions') sessions, $(sqlite3 "$db" \
	'SELECT count(*) FROM incidents') incidents, $(($(stat -c %s "$db") / 1000000)) MB;" \
	"median of $RUNS runs, wall-clock"
compare sessions --client 10.1.7.9
compare sessions --client 10.1.7.0/24
compare sessions --client 10.1.0.0/16
compare sessions --client 203.0.113.0/24
compare sessions --server 198.51.7.9
compare sessions --server 198.51.7.0/24 --outcome tls-failed
compare sessions --outcome plaintext
compare sessions --outcome tls-failed
compare sessions --domain to77.example.com
compare sessions --domain .to77.example.com
compare sessions --domain nobody.example
compare sessions --kind starttls-stripped
compare sessions --kind starttls-masked
compare sessions --severity critical
compare sessions --state closed
compare sessions --until 2026-09-21T20:00:00Z --client 10.1.7.9
compare sessions --since 2026-09-21T20:00:00Z --until 2026-09-21T20:10:00Z
compare sessions --client 10.1.7.0/24 --server 198.51.7.0/24 --kind starttls-missing
compare incidents --client 10.1.7.9
compare incidents --client 203.0.113.9
compare incidents --server 198.51.7.0/24
compare incidents --outcome tls-failed
compare incidents --outcome partial
compare incidents --domain to77.example.com
compare incidents --domain nobody.example
compare incidents --kind starttls-stripped
compare incidents --kind starttls-masked
compare incidents --severity critical --state closed
compare incidents --state acked
compare incidents --until 2026-09-21T20:00:00Z
compare incidents --until 2026-09-23T20:00:00Z
compare incidents --until 2026-09-30T20:00:00Z
compare servers --server 198.51.7.0/24
compare servers --server 203.0.113.9
compare servers --client 10.1.7.9
compare servers --domain to77.example.com
compare servers --since 2026-10-21T14:00:00Z
