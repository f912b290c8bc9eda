#!/bin/sh
# How many sessions that are under way at once a budget holds, and what becomes of those that it
# does not. Called by `make bench-memory`.
#
# Sessions are generated, and left open where they stand: "settled" once TLS is complete, "clear"
# behind the reply to EHLO. Held are those that were under way when the capture ended; of these
# intact are those of whose facts none is missing. MiB are the peaks of reader and keeper.
#
#	BENCH_MEMORY_RUNS="1G:1000000 128M:250000"  budgets, and sessions for each
#	BENCH_MEMORY_STAGES="settled clear"
#	BENCH_MEMORY_AT_ONCE=10000  sessions that are being made at the same time
#	BENCH_DIR                   where the databases go (2 GB are needed)
set -eu

O=${O:-.build}
waxseal=$O/waxseal
bin=$O/bench
RUNS=${BENCH_MEMORY_RUNS:-1G:1000000 128M:250000}
STAGES=${BENCH_MEMORY_STAGES:-settled clear}
AT_ONCE=${BENCH_MEMORY_AT_ONCE:-10000}

mkdir -p "$bin"
dir=$(mktemp -d "${BENCH_DIR:-$bin}/memory.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

for name in generate measure; do
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$bin/$name" "tests/bench/$name.c" -lpcap
done
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=mx.example.net \
	-keyout "$dir/key" -outform DER -out "$dir/server.der" 2>/dev/null

ask() {
	sqlite3 "$dir/db" "$1"
}

# What makes a session of that stage intact.
facts_of() {
	case $1 in
	settled) echo "complete AND outcome = 'encrypted' AND starttls_offered AND tls_sni IS NOT NULL" ;;
	clear) echo "starttls_offered AND extended AND helo IS NOT NULL AND gap_bytes = 0" ;;
	esac
}

# run STAGE BUDGET SESSIONS
run() {
	rm -f "$dir/db" "$dir/db-wal" "$dir/db-shm"
	# Of each stage the dialogues that come to it.
	"$bin/generate" -l "$1" -n "$3" -i "$AT_ONCE" -e 100 -b 100 -m 1000000 -t "$(date +%s)" \
		-c "$dir/server.der" |
		"$bin/measure" "$dir/took" "$waxseal" watch -r - --memory "$2" --db "$dir/db" >"$dir/said"
	read -r wall cpu _ keeper others <"$dir/took"
	# Beside the reader there is the small one that starts it.
	reader=$(printf '%s\n' $others | sort -n | tail -n 1)
	told=$(sed -n 's/^not seen *\([0-9]*\) flows* given up.*/\1/p' "$dir/said")
	printf '%-8s %6s %9d %9d %9d %9d %9d %7d %7d %6.0f %6.0f\n' "$1" "$2" "$3" \
		"$(ask "SELECT count(*) FROM v_sessions WHERE ending = 'capture'")" \
		"$(ask "SELECT count(*) FROM v_sessions WHERE ending = 'capture' AND $(facts_of "$1")")" \
		"${told:-0}" "$(ask 'SELECT sum(evicted) FROM v_capture')" \
		$((reader / 1024)) $((keeper / 1024)) "$wall" "$cpu"
}

printf '%-8s %6s %9s %9s %9s %9s %9s %7s %7s %6s %6s\n' stage budget sessions held intact evicted \
	v_capture reader keeper s cpu
for budget in $RUNS; do
	for stage in $STAGES; do
		run "$stage" "${budget%:*}" "${budget#*:}"
	done
done
