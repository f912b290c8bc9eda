#!/bin/sh
# Figures: `waxseal watch -r` against an empty pcap_loop over the same file, and
# against tshark. Called by `make bench`.
#
# What is compared runs in turn, A B A B ..., and the median of the pairs counts,
# so that a busy machine slows both. Times are wall-clock, in seconds; cpu is the
# processor time of reader and keeper, MiB the sum of their peaks.
#
#	BENCH_MB=1000        size of the captures with bulk in them
#	BENCH_LARGE_MB=3000  size of the largest, for memory
#	BENCH_SESSIONS="1000 10000 100000 1000000"
#	BENCH_HELD=10000000  sessions that a database holds beforehand
#	BENCH_PAIRS=3        runs of each
#	BENCH_SEED=1         of the generator
#	BENCH_PARTS          some of: throughput memory sessions held against_tshark
#	BENCH_DIR            where the large files go (15 GB are needed at most)
set -eu

O=${O:-.build}
waxseal=$O/waxseal
bin=$O/bench
MB=${BENCH_MB:-1000}
LARGE_MB=${BENCH_LARGE_MB:-3000}
SESSIONS=${BENCH_SESSIONS:-1000 10000 100000 1000000}
HELD=${BENCH_HELD:-10000000}
PAIRS=${BENCH_PAIRS:-3}
SEED=${BENCH_SEED:-1}
SHORT=600    # bytes of a message in a short session
BULK=3000000 # and of one in bulk
TSHARK_MB=100

mkdir -p "$bin"
dir=$(mktemp -d "${BENCH_DIR:-$bin}/data.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

build() {
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$bin/$1" "tests/bench/$1.c" -lpcap
}

# An authority and a server's certificate, valid from now on.
make_certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/ca.key" -out "$dir/ca.pem" \
		-subj "/CN=Bench CA" -days 3650 2>"$dir/openssl"
	openssl req -newkey rsa:2048 -nodes -keyout "$dir/server.key" -out "$dir/server.csr" \
		-subj "/CN=mx.example.net" 2>"$dir/openssl"
	printf 'subjectAltName=DNS:*.example.net\nextendedKeyUsage=serverAuth\n' >"$dir/extensions"
	openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -set_serial 1 \
		-days 3650 -extfile "$dir/extensions" -outform DER -out "$dir/server.der" 2>"$dir/openssl"
}

# make_capture NAME OPTION ...
make_capture() {
	name=$1
	shift
	"$bin/generate" -t "$begin" -r "$SEED" -c "$dir/server.der" "$@" >"$dir/$name.pcap"
	"$bin/empty_loop" "$dir/$name.pcap" >"$dir/$name.size"
}

# forget NAME ...: captures that are not needed any more
forget() {
	for name; do
		rm -f "$dir/$name.pcap"
	done
}

remove_database() {
	rm -f "$dir/db" "$dir/db-wal" "$dir/db-shm"
}

# Each run_... NAME appends "wall processor KiB" to its own list.
run_empty() {
	"$bin/measure" "$dir/took" "$bin/empty_loop" "$dir/$1.pcap" >/dev/null
	cat "$dir/took" >>"$dir/$1.empty"
}

run_waxseal() {
	"$bin/measure" "$dir/took" "$waxseal" watch -r "$dir/$1.pcap" --db "$dir/db" \
		--ca-file "$dir/ca.pem" >"$dir/$1.said"
	cat "$dir/took" >>"$dir/$1.${2:-waxseal}"
}

run_tshark() {
	"$bin/measure" "$dir/took" tshark -r "$dir/$1.pcap" -Y 'smtp || tls.handshake' -T fields \
		-e tcp.stream -e smtp.req.command -e smtp.response.code -e tls.handshake.type \
		>/dev/null 2>"$dir/tshark.said"
	cat "$dir/took" >>"$dir/$1.tshark"
}

# median FILE COLUMN
median() {
	sort -g -k "$2,$2" "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

sessions_of() {
	awk '$1 == "sessions" { print $2 + $4 + $7 }' "$dir/$1.said"
}

head_line() {
	printf '%-16s %9s %6s %8s %7s %7s %5s %7s %6s %5s %7s %8s %8s %5s\n' capture packets MB \
		sessions empty waxseal ratio cpu Mpkt/s MB/s sess/s us/sess cpu/sess MiB
}

# line NAME LABEL
line() {
	awk -v label="$2" -v e="$(median "$dir/$1.empty" 1)" -v w="$(median "$dir/$1.waxseal" 1)" \
		-v cpu="$(median "$dir/$1.waxseal" 2)" -v kib="$(median "$dir/$1.waxseal" 3)" \
		-v n="$(sessions_of "$1")" '{
		printf "%-16s %9d %6.0f %8d %7.2f %7.2f %5.2f ", label, $1, $2 / 1e6, n, e, w, w / e
		printf "%7.2f %6.2f %5.0f %7.0f %8.1f %8.1f %5.0f\n", cpu, $1 / w / 1e6,
		    $2 / w / 1e6, n / w, w / n * 1e6, cpu / n * 1e6, kib / 1024
	}' "$dir/$1.size"
}

# compare NAME LABEL PAIRS
compare() {
	i=0
	while [ $i -lt "$3" ]; do
		run_empty "$1"
		remove_database
		run_waxseal "$1"
		i=$((i + 1))
	done
	line "$1" "$2"
}

has_room() {
	[ "$(df -Pk "$dir" | awk 'NR == 2 { print int($4 / 1e6) }')" -ge "$1" ]
}

throughput() {
	make_capture mixed -m "$MB"
	compare mixed "mixed" "$PAIRS"
	make_capture ciphertext -m "$MB" -e 100 -b $BULK -i 200
	compare ciphertext "bulk ciphertext" "$PAIRS"
	forget ciphertext
	make_capture plaintext -m "$MB" -e 0 -b $BULK -i 200
	compare plaintext "bulk plaintext" "$PAIRS"
	forget plaintext
}

memory() {
	make_capture small -m $((MB / 10))
	compare small "mixed, a tenth" "$PAIRS"
	make_capture large -m "$LARGE_MB"
	compare large "mixed, large" 1
	forget large
}

sessions() {
	for n in $SESSIONS; do
		if ! has_room $((n / 100000 + 1)); then
			echo "# $n sessions: left out, too little room in $dir"
			continue
		fi
		make_capture "short$n" -n "$n" -m 1000000 -b $SHORT
		compare "short$n" "short sessions" $((n < 1000000 ? PAIRS : 1))
		forget "short$n"
	done
}

# A database that holds many sessions: those of one capture, again and again in the past.
fill_database() {
	make_capture past -n 100000 -m 1000000 -b $SHORT
	remove_database
	run_waxseal past
	forget past
	columns=$(sqlite3 "$dir/db" "SELECT group_concat('\"' || name || '\"') FROM
		pragma_table_info('sessions') WHERE name NOT IN ('id', 'start', 'end')")
	sqlite3 "$dir/db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
		PRAGMA cache_size = -500000;
		CREATE TEMP TABLE again AS WITH RECURSIVE n(i) AS
			(SELECT $HELD / 100000 - 1 UNION ALL SELECT i - 1 FROM n WHERE i > 1)
			SELECT i FROM n WHERE i >= 1;
		INSERT INTO sessions (start, \"end\", $columns)
			SELECT start - i * 300000000, \"end\" - i * 300000000, $columns
			FROM again CROSS JOIN (SELECT * FROM sessions ORDER BY id LIMIT 100000);" \
		>/dev/null
	mv "$dir/db" "$dir/full"
}

held() {
	if ! has_room $((HELD / 1500000 + 8)); then
		echo "# a database with $HELD sessions: left out, too little room in $dir"
		return
	fi
	fill_database
	begin=$((begin + 3600))
	for i in $(seq "$PAIRS"); do
		SEED=$((SEED + 1))
		begin=$((begin + 3600))
		make_capture more -n 100000 -m 1000000 -b $SHORT
		remove_database
		run_waxseal more empty
		remove_database
		mv "$dir/full" "$dir/db"
		run_waxseal more
		mv "$dir/db" "$dir/full"
		rm -f "$dir/db-wal" "$dir/db-shm"
	done
	awk -v a="$(median "$dir/more.empty" 1)" -v b="$(median "$dir/more.waxseal" 1)" \
		-v ac="$(median "$dir/more.empty" 2)" -v bc="$(median "$dir/more.waxseal" 2)" \
		-v held="$(sqlite3 "$dir/full" 'SELECT count(*) FROM sessions')" 'BEGIN {
		printf "100,000 short sessions into an empty database: %.2f s (cpu %.2f); ", a, ac
		printf "into one that now holds %d: %.2f s (cpu %.2f); ", held, b, bc
		printf "ratio %.2f (cpu %.2f)\n", b / a, bc / ac
	}'
	rm -f "$dir/full"
}

against_tshark() {
	if ! command -v tshark >/dev/null; then
		echo "# tshark: left out, not installed"
		return
	fi
	make_capture peer -m $TSHARK_MB
	for i in $(seq "$PAIRS"); do
		run_tshark peer
		remove_database
		run_waxseal peer
	done
	awk -v t="$(median "$dir/peer.tshark" 1)" -v w="$(median "$dir/peer.waxseal" 1)" \
		-v tm="$(median "$dir/peer.tshark" 3)" -v wm="$(median "$dir/peer.waxseal" 3)" \
		-v mb=$TSHARK_MB 'BEGIN {
		printf "mixed, %d MB: tshark %.2f s and %.0f MiB, waxseal %.2f s and %.0f MiB: ", mb, t,
		    tm / 1024, w, wm / 1024
		printf "%.0f times faster\n", t / w
	}'
	forget peer
}

build generate
build empty_loop
build measure
begin=$(($(date +%s) + 3600))
make_certificates
echo "# $(uname -srm), $(getconf _NPROCESSORS_ONLN) processors; seconds are wall-clock, median of" \
	"$PAIRS pairs; ratio: waxseal / empty (aim 1.5 on mixed)"
head_line
for part in ${BENCH_PARTS:-throughput memory sessions held against_tshark}; do
	"$part"
done
