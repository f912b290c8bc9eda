#!/bin/sh
# How much of dissector/ the fuzz targets reach, by the corpora that `make fuzz` has gathered:
# tests/coverage.sh TARGET...
set -eu

: "${O:=.build}"
out=$O/coverage
flags="-fprofile-instr-generate -fcoverage-mapping"
"${MAKE:-make}" --no-print-directory -s O="$out" CC=clang OPTIMIZE=-O1 HARDEN="$flags" \
    LINK_HARDEN="$flags" $(for target; do echo "$out/tests/$target"; done)
rm -f "$out"/*.profraw
objects=
for target; do
	name=${target#fuzz_}
	for folder in "$O/fuzz/corpus/$name" "$O/fuzz/seeds/$name" "tests/corpus/$name"; do
		[ ! -d "$folder" ] || find "$folder" -type f
	done | LLVM_PROFILE_FILE="$out/$name-%p.profraw" xargs "$out/tests/$target"
	objects="$objects -object $out/tests/$target"
done
llvm-profdata merge -o "$out/all.profdata" "$out"/*.profraw
# shellcheck disable=SC2086 # one word an option
llvm-cov report ${objects# -object } -instr-profile="$out/all.profdata" dissector/*.c |
    awk 'BEGIN { printf "%-24s %8s %8s %9s\n", "file", "lines", "missed", "reached" }
	/\.c / || /^TOTAL/ { printf "%-24s %8s %8s %9s\n", $1, $8, $9, $10 }'
