#!/bin/sh
# Figures of `waxseal report`: of a database with many sessions beside one with a hundredth of
# them, over the same month, servers and clients; and beside the same asked of the sessions
# themselves. TLS reports (RFC 8460) of 50 domains, which look at what failed. Called by
# `make bench-report`.
#
# What is compared runs in turn, and the median of the pairs counts.
#
#	BENCH_HELD=10000000  sessions of the larger one (5 GB)
#	BENCH_PAIRS=5        runs of each
#	BENCH_DIR            where the databases go
set -eu

O=${O:-.build}
waxseal=$O/waxseal
bin=$O/bench
HELD=${BENCH_HELD:-10000000}
PAIRS=${BENCH_PAIRS:-5}

mkdir -p "$bin"
dir=$(mktemp -d "${BENCH_DIR:-$bin}/data.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$bin/measure" tests/bench/measure.c

# fill NAME SESSIONS: 30 days, 50 servers, 100 client networks, one session of 20 in clear
fill() {
	"$waxseal" watch -q --db "$dir/$1" -r tests/captures/ordinary-delivery.pcap -f 'tcp port 9'
	sqlite3 "$dir/$1" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;
		INSERT INTO sensors VALUES (1, 'bench') ON CONFLICT DO NOTHING;
		INSERT INTO sessions (sensor_id, start, \"end\", service, client, client_port, server,
			server_port, complete, gap_bytes, seen, outcome, ending, packets, client_bytes,
			server_bytes, tls_version, domain)
		WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < $2 - 1),
			r AS MATERIALIZED (SELECT n, abs(random()) AS r FROM c)
		SELECT 1, 1772366400000000 + n * (2592000000000 / $2),
			1772366400000000 + n * (2592000000000 / $2) + 900000, 'smtp',
			'10.' || (r / 100 % 2) || '.' || (r / 200 % 50) || '.7', 1024 + n % 60000,
			'198.51.100.' || (r / 40000 % 50), 25, 1, 0, 'both',
			iif(r % 20 = 0, 'plaintext', 'encrypted'), 'fin', 40, 5000, 3000,
			iif(r % 20 = 0, NULL, 'TLSv1.3'),
			iif(r % 20 = 0, 'd' || (r / 40000 % 50) || '.example', '') FROM r;
		CREATE TEMP TABLE counted AS SELECT start - start % 3600000000 AS hour, server, domain,
			substr(client, 1, length(client) - 2) || '.0/24' AS net,
			coalesce(tls_version, '') AS version, count(*) AS n,
			sum(outcome = 'encrypted') AS e, sum(outcome = 'plaintext') AS p
			FROM sessions GROUP BY 1, 2, 3, 4, 5;
		INSERT INTO hourly SELECT hour, server, 'smtp', domain, sum(n), sum(e), sum(p), 0, 0, 0
			FROM counted GROUP BY 1, 2, 4;
		INSERT INTO hourly_clients SELECT hour, net, 'smtp', sum(n), sum(e), sum(p), 0, 0, 0
			FROM counted GROUP BY 1, 2;
		INSERT INTO hourly_tls SELECT hour, version, 'smtp', sum(n), sum(e), sum(p), 0, 0, 0
			FROM counted GROUP BY 1, 2;
		INSERT INTO incidents (id, kind, server, server_port, client_net, domain, sensor_id,
			service, client, severity, certainty, state, first_seen, last_seen, sessions, pruned,
			\"where\", summary, refuted_by)
			VALUES (1, 'starttls-missing', '', 25, '', '', 1, 'smtp', '', 0, 0, 'open', 0, 0, 1, 0,
			'unknown', '', '');
		INSERT INTO findings (session_id, incident_id, kind, severity, certainty, \"where\", detail)
			SELECT id, 1, 'starttls-missing', 0, 0, 'unknown', 'not offered' FROM sessions
			WHERE outcome = 'plaintext';
		WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 49)
		INSERT INTO policies (id, domain, learnt, mta_sts_status, edited, failures, wants_fetch,
			mx_form, mx_whole) SELECT n + 1, 'd' || n || '.example', 1, 'absent', 0, 0, 0, 'listed', 1
			FROM c;
		INSERT INTO policy_hosts SELECT id, 0, 'mx.' || domain, 10, NULL,
			json_array('198.51.100.' || (id - 1)), 1, NULL, NULL, NULL, '[]' FROM policies;
		PRAGMA journal_mode = WAL;" >/dev/null
}

# run NAME COMMAND ...: appends "wall processor KiB" to its list
run() {
	name=$1
	shift
	"$bin/measure" "$dir/took" "$@" >/dev/null
	cat "$dir/took" >>"$dir/$name.took"
}

median() {
	sort -g -k "$2,$2" "$dir/$1.took" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

rows() {
	sqlite3 "$dir/$1" "SELECT (SELECT count(*) FROM hourly) + (SELECT count(*) FROM hourly_clients) +
		(SELECT count(*) FROM hourly_tls)"
}

mkdir "$dir/tlsrpt"
fill few $((HELD / 100))
fill many "$HELD"
for i in $(seq "$PAIRS"); do
	run few "$waxseal" report --db "$dir/few"
	run many "$waxseal" report --db "$dir/many"
	run html "$waxseal" report --db "$dir/many" --format html
	run tlsrpt "$waxseal" report -q --db "$dir/many" --format tlsrpt --directory "$dir/tlsrpt" \
		--contact-info a@b.example
	run tlsday "$waxseal" report -q --db "$dir/many" --format tlsrpt --directory "$dir/tlsrpt" \
		--contact-info a@b.example --since 2026-03-24 --until 2026-03-24
	run tlsfew "$waxseal" report -q --db "$dir/few" --format tlsrpt --directory "$dir/tlsrpt" \
		--contact-info a@b.example
	run week "$waxseal" report --db "$dir/many" --since 2026-03-24
done
run sessions sqlite3 "$dir/many" "SELECT server, outcome, count(*) FROM v_sessions GROUP BY 1, 2"
awk -v n="$HELD" -v fr="$(rows few)" -v mr="$(rows many)" \
	-v f="$(median few 1)" -v fc="$(median few 2)" -v m="$(median many 1)" -v mc="$(median many 2)" \
	-v t="$(median tlsrpt 1)" -v tk="$(median tlsrpt 3)" -v td="$(median tlsday 1)" \
	-v tf="$(median tlsfew 1)" -v tfk="$(median tlsfew 3)" -v files="$(ls "$dir/tlsrpt" | wc -l)" \
	-v h="$(median html 1)" -v w="$(median week 1)" -v s="$(median sessions 1)" 'BEGIN {
	printf "report of a month, seconds of wall-clock (cpu), median:\n"
	printf "%12d sessions in %7d rows of hours: %.3f (%.3f)\n", n / 100, fr, f, fc
	printf "%12d sessions in %7d rows of hours: %.3f (%.3f), ratio %.2f\n", n, mr, m, mc, m / f
	printf "the larger as HTML: %.3f; its last week: %.3f\n", h, w
	printf "its TLS reports, %d files: %.2f (%d MiB); of one day: %.2f; of the smaller: %.2f (%d MiB)\n",
		files, t, tk / 1024, td, tf, tfk / 1024
	printf "its sessions themselves counted by server and outcome: %.2f, %.0f times as long\n", s, s / m
}'
