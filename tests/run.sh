#!/bin/sh
# Run test programs and scripts under prove, then each fuzz target over its
# corpus: tests/run.sh TEST... -- FUZZ_TARGET...
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

export CMOCKA_MESSAGE_OUTPUT=TAP
# shellcheck disable=SC2086 # one word a test
exec prove --timer -e 'sh tests/exec.sh' $tests "$list"
