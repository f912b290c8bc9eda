#!/bin/sh
# What judging beside history takes, with a large baseline: microseconds of one session, and beside
# them, in the same run, what judging takes without history. Called by `make bench-history`.
#
#	BENCH_SERVERS=100000
#	BENCH_KNOWN_PAIRS=1000000	of a server and a client, learnt beforehand
#	BENCH_JUDGED=200000		sessions that are judged, in each part
#	BENCH_DIR			where the database goes (2 GB)
set -eu

O=${O:-.build}
mkdir -p "$O/bench"
dir=$(mktemp -d "${BENCH_DIR:-$O/bench}/history.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC2086 # words
${CC:-cc} -std=c17 -D_GNU_SOURCE -I. -O2 -Wall -Wextra -o "$O/bench/history" tests/bench/history.c \
    "$O/monitor.a" "$O/db.a" "$O/dissector.a" -lcmocka $BENCH_LIBS
"$O/bench/history" "$dir/db" "${BENCH_SERVERS:-100000}" "${BENCH_KNOWN_PAIRS:-1000000}" \
    "${BENCH_JUDGED:-200000}"
