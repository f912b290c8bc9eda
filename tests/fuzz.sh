#!/bin/sh
# Run fuzz targets for FUZZ_SECONDS each, and print what came of it:
# tests/fuzz.sh TARGET...
#
# A target starts from tests/corpus/NAME and, where captures can feed it, from
# seeds made of those in tests/captures and ../shared/corpus. What it finds stays
# in $O/fuzz: corpus/NAME is added to by every run, a crashing input is
# NAME-crash-*. FUZZ_LIBS are what targets are linked with. FUZZ_JOBS targets run
# at a time. Fails where one has crashed.
set -eu

: "${FUZZ_LIBS:?}" "${O:=.build}" "${FUZZ_SECONDS:=60}" "${FUZZ_JOBS:=1}"
out=$O/fuzz
checks=address,undefined
captures=$(find tests/captures ../shared/corpus -type f 2>/dev/null | grep -E 'pcap(ng)?$' || :)

build() {
	"${MAKE:-make}" --no-print-directory -s O="$out" CC=clang OPTIMIZE=-O1 LINK_HARDEN= \
	    HARDEN="-fsanitize=fuzzer-no-link,$checks -fno-sanitize-recover=undefined" \
	    "$out/dissector.a" "$out/db.a" "$out/monitor.a"
	for target; do
		# shellcheck disable=SC2086 # a list of words
		clang -std=c17 -D_GNU_SOURCE -I. -g -O1 -fsanitize="fuzzer,$checks" \
		    -fno-sanitize-recover=undefined -o "$out/$target" "tests/$target.c" \
		    "$out/monitor.a" "$out/db.a" "$out/dissector.a" $FUZZ_LIBS
	done
	clang -std=c17 -D_GNU_SOURCE -I. -g -O1 -fsanitize="$checks" -o "$out/make-seeds" tests/seeds.c \
	    "$out/dissector.a" -lpcap
}

# Captures as one target reads them; most targets read something else.
seed() {
	case $1 in
	dissector | packet | gate)
		mkdir -p "$out/seeds/$1"
		reads=$1
		[ "$1" != gate ] || reads=packet
		# shellcheck disable=SC2086 # one word a capture
		"$out/make-seeds" "$reads" "$out/seeds/$1" $captures
		;;
	capture)
		mkdir -p "$out/seeds/$1"
		# shellcheck disable=SC2086
		find $captures -size -40 -exec cp -f {} "$out/seeds/$1/" \;
		;;
	esac
}

# Bytes of an input, where the largest seed is larger by far than what finds most: to be replayed
# whole is what that one is for (fuzz_replay.c).
most() {
	case $1 in
	alert) echo 2048 ;;
	*) echo 0 ;;
	esac
}

# Its words go to NAME.log; the last line there says how it ended.
run() {
	name=${1#fuzz_}
	set -- "$out/$1" -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=2048 \
	    -max_len="$(most "$name")" -print_final_stats=1 -artifact_prefix="$out/$name-" "$out/corpus/$name"
	mkdir -p "$out/corpus/$name"
	seed "$name"
	for seeds in "tests/corpus/$name" "$out/seeds/$name"; do
		[ ! -d "$seeds" ] || set -- "$@" "$seeds"
	done
	code=0
	"$@" >"$out/$name.log" 2>&1 || code=$?
	echo "exit $code" >>"$out/$name.log"
}

stat() {
	awk -v want="stat::$2:" '$1 == want { print $2 }' "$out/$1.log"
}

# One row; false where the target has crashed.
row() {
	edges=$(awk '{ for (i = 1; i < NF; i++) if ($i == "cov:") n = $(i + 1) } END { print n }' \
	    "$out/$1.log")
	crashed=$(grep -c '^exit [^0]' "$out/$1.log" || :)
	printf '%-12s %12s %10s %8s %8s\n' "$1" "$(stat "$1" number_of_executed_units)" \
	    "$(stat "$1" average_exec_per_sec)" "$edges" "$crashed"
	[ "$crashed" -eq 0 ]
}

mkdir -p "$out"
build "$@"
running=0
for target; do
	run "$target" &
	running=$((running + 1))
	if [ "$running" -ge "$FUZZ_JOBS" ]; then
		wait
		running=0
	fi
done
wait

failed=0
printf '%-12s %12s %10s %8s %8s\n' target executions exec/s edges crashes
for target; do
	row "${target#fuzz_}" || failed=1
done
[ "$failed" -eq 0 ] || grep -h -E '^(SUMMARY|Test unit written)|Test unit written' "$out"/*.log >&2
exit "$failed"
