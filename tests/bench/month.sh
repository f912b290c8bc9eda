#!/bin/sh
# A month of ordinary mail at each loss of the tap, and every attack planted in it at every depth:
# two tables. Fails where ordinary life is warned of and nothing explains it. Called by `make month`.
#
#	MONTH_SESSIONS=1000000	of ordinary life, at each loss
#	MONTH_PLANTED=60000	of each month with an attack, two an attack
#	MONTH_PLANTED_LOSS=0	percent of the packets that the tap lost of those
#	MONTH_SEED=7
#	MONTH_CLUMP=1		sessions that come at once, within seconds, to one server
#	MONTH_ORDER=0		1: told as a tap tells them; 2: at random within a minute. Then all are
#				kept until the month is over (1 KB each), and none is found at once
#	MONTH_DIR		where the databases go (1 GB)
set -eu

O=${O:-.build}
mkdir -p "$O/bench"
dir=$(mktemp -d "${MONTH_DIR:-$O/bench}/month.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC2086 # words
${CC:-cc} -std=c17 -D_GNU_SOURCE -I. -O2 -Wall -Wextra -o "$O/bench/month" tests/bench/month.c \
    "$O/monitor.a" "$O/db.a" "$O/dissector.a" -lcmocka $BENCH_LIBS
"$O/bench/month" "$dir" "${MONTH_SESSIONS:-1000000}" "${MONTH_PLANTED:-60000}"
