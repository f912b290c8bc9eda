#!/bin/sh
# What lists take of a large database: each without a filter, by every part of a filter, by every
# two and by some threes, that match everywhere, seldom, long ago and never. Called by
# `make bench-lists`.
#
#	BENCH_HELD=10000000	sessions in the database
#	BENCH_RUNS=5		of all, in turn; the median counts
#	BENCH_LISTS		those of incidents, sessions, servers to measure
#	BENCH_DIR		where the database goes (6 GB)
#	BENCH_KEPT		a database of an earlier run, or where to keep this one's
#
# Processor time is what is compared with the limit: on a busy machine others are in wall-clock's.
set -eu

O=${O:-.build}
waxseal=$O/waxseal
HELD=${BENCH_HELD:-10000000}
RUNS=${BENCH_RUNS:-5}
LISTS=${BENCH_LISTS:-incidents sessions servers}
LIMIT=100 # milliseconds
mkdir -p "$O/bench"
dir=$(mktemp -d "${BENCH_DIR:-$O/bench}/lists.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
db=${BENCH_KEPT:-$dir/db}

${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$O/bench/measure" tests/bench/measure.c

# Makes the file, or brings an older one to this schema; what the capture holds is in it.
touch_database() {
	"$waxseal" --config /dev/null --db "$db" -q watch -r tests/captures/ordinary-delivery.pcap \
		>"$dir/said"
}

# schema COLUMN: of each index that the schema makes by name
schema() {
	sqlite3 "$db" "SELECT $1 || ';' FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
}

# Indexes are made of all rows at once: one by one that takes hours.
fill() {
	{
		echo "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;"
		echo "CREATE TEMP TABLE held AS SELECT $HELD AS n;"
		schema "'DROP INDEX ' || name"
		cat tests/bench/lists.sql
		schema sql
	} >"$dir/sql"
	sqlite3 -bail "$db" <"$dir/sql" >"$dir/said"
}

# A group and an option of it; of one group a filter has one.
parts() {
	cat <<-'END'
		client --client 10.1.7.9
		client --client 10.1.7.0/24
		client --client 10.1.16.0/20
		client --client 10.1.0.0/16
		client --client 203.0.113.9
		server --server 198.51.7.9
		server --server 198.51.7.0/24
		server --server 198.51.0.0/16
		server --server 203.0.113.0/24
		domain --domain to77.example.com
		domain --domain .example.com
		domain --domain nobody.example
		kind --kind starttls-missing
		kind --kind starttls-stripped
		kind --kind tls-handshake-failed
		kind --kind tls-obsolete
		kind --kind starttls-masked
		severity --severity notice
		severity --severity warning
		severity --severity critical
		state --state open
		state --state closed
		state --state acked
		outcome --outcome encrypted
		outcome --outcome plaintext
		outcome --outcome tls-failed
		outcome --outcome no-mail
		outcome --outcome partial
		time --until 2026-09-21T20:00:00Z
		time --until 2026-10-01T20:00:00Z
		time --until 2026-10-11T20:00:00Z
		time --since 2026-10-20T20:00:00Z
		time --since 2026-12-20T20:00:00Z
		time --since 2026-10-01T20:00:00Z --until 2026-10-01T21:00:00Z
		muted --muted
	END
}

# Of three parts, some.
threes() {
	cat <<-'END'
		--kind starttls-missing --state closed --outcome encrypted
		--kind starttls-missing --state closed --until 2026-10-01T20:00:00Z
		--kind tls-handshake-failed --severity notice --outcome tls-failed
		--client 10.1.7.0/24 --server 198.51.7.0/24 --kind starttls-missing
		--client 10.1.7.0/24 --server 198.51.7.0/24 --outcome plaintext
		--client 10.1.0.0/16 --server 198.51.7.0/24 --outcome encrypted
		--client 10.1.0.0/16 --domain .example.com --kind tls-handshake-failed
		--server 198.51.7.0/24 --outcome tls-failed --until 2026-10-01T20:00:00Z
		--domain to77.example.com --outcome plaintext --until 2026-10-01T20:00:00Z
	END
}

# What a list can be asked for.
groups_of() {
	case $1 in
	incidents) echo client server domain kind severity state outcome time muted ;;
	sessions) echo client server domain kind severity state outcome time ;;
	servers) echo client server domain time ;;
	esac
}

# Lines of arguments: a list alone, with each part, with each two.
lists() {
	for list in $LISTS; do
		parts | awk -v list="$list" -v known=" $(groups_of "$list") " '
			index(known, " " $1 " ") { group[++n] = $1; $1 = ""; text[n] = $0 }
			END {
				print list
				for (i = 1; i <= n; i++) {
					print list text[i]
					for (k = i + 1; k <= n; k++)
						if (group[i] != group[k])
							print list text[i] text[k]
				}
			}'
		[ "$list" = servers ] || threes | sed "s/^/$list /"
	done
}

# Each list once: its number, processor time, wall-clock time, rows.
run() {
	number=0
	while read -r line; do
		number=$((number + 1))
		# shellcheck disable=SC2086 # words
		"$O/bench/measure" "$dir/took" timeout "${BENCH_PATIENCE:-30}" "$waxseal" \
			--config /dev/null --db "$db" $line --json --limit 100 </dev/null >"$dir/list" || :
		echo "$number $(awk '{ print $2, $1 }' "$dir/took") $(wc -l <"$dir/list")"
	done <"$dir/lists"
}

# Medians in milliseconds, of processor time, and the wall-clock time of the same run; the dearest
# first, marked where it is over the limit.
tell() {
	sort -k1,1n -k2,2g "$dir/ran" | awk -v limit="$LIMIT" -v lists="$dir/lists" '
		function told(middle, mark) {
			getline list <lists
			middle = int((n + 1) / 2)
			mark = (cpu[middle] * 1000 > limit) ? "OVER" : ""
			printf "%6.0f %6.0f %4d %-5s %s\n", cpu[middle] * 1000, wall[middle] * 1000, rows,
			    mark, list
			n = 0
		}
		NR > 1 && $1 != last { told() }
		{ last = $1; cpu[++n] = $2; wall[n] = $3; rows = $4 }
		END { told() }' | sort -k1,1nr
}

if [ -e "$db" ]; then
	touch_database
else
	touch_database
	fill
fi
lists >"$dir/lists"
for _ in $(seq "$RUNS"); do
	run
done >"$dir/ran"
echo "# $(sqlite3 "$db" 'SELECT count(*) FROM sessions') sessions, $(sqlite3 "$db" \
	'SELECT count(*) FROM incidents') incidents, $(($(stat -c %s "$db") / 1000000)) MB;" \
	"medians of $RUNS runs in turn"
echo "# cpu ms, wall ms, rows, list"
tell >"$dir/told"
cat "$dir/told"
echo "# $(grep -c ' OVER ' "$dir/told" || :) of $(wc -l <"$dir/told") lists took more than" \
	"$LIMIT ms of processor time"
