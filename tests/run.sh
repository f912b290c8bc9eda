#!/bin/sh
# Run test programs and scripts under prove, then each fuzz target over its
# corpus, and tell the scores and what was skipped:
# tests/run.sh TEST... -- FUZZ_TARGET...
set -eu

: "${O:=.build}"
tests=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	tests="$tests $1"
	shift
done
[ $# -gt 0 ] && shift

list=$O/fuzz-replays.t
{
	echo '#!/bin/sh'
	echo "echo 1..$#"
	n=0
	for target; do
		n=$((n + 1))
		name=$(basename "$target")
		echo "if '$target' tests/corpus/${name#fuzz_}/* >/dev/null; then"
		echo "echo 'ok $n - $name'; else echo 'not ok $n - $name'; fi"
	done
} >"$list"

# A line a score or a skip, behind its test's name. cmocka gives the reason of a skip in the line
# before it, other tests behind "# SKIP".
tell_scores() {
	awk '
	FNR == 1 { name = FILENAME; sub(/.*\//, "", name); why = "" }
	sub(/^# skipped: /, "") { why = " (" $0 ")"; next }
	sub(/^# score: /, "") || sub(/^.*# SKIP */, "skipped: ") {
		if (!told++)
			print "\nScores, and what was skipped:"
		printf "  %-22s %s%s\n", name, $0, why
		why = ""
	}' "$@"
}

# What failed, and what its test said of it: enough to see why on a machine that is gone.
tell_failures() {
	for file; do
		[ -s "$file" ] || continue
		echo
		echo "$(basename "$file"):"
		grep -v '^ok' "$file" | head -n 60 | sed 's/^/  /'
	done
}

export CMOCKA_MESSAGE_OUTPUT=TAP SCORES="$O/scores" FAILURES="$O/failures"
rm -rf "$SCORES" "$FAILURES"
mkdir -p "$SCORES" "$FAILURES"
status=0
# shellcheck disable=SC2086 # one word a test
prove --timer -e 'sh tests/exec.sh' $tests "$list" || status=$?
tell_scores "$SCORES"/*
tell_failures "$FAILURES"/*
exit $status
