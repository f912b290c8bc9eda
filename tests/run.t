#!/bin/sh
# How tests are run: that scores and skips are seen at the end, and failures are failures.
set -u

. tests/tap.sh

printf '%s\n' 'echo "ok 1 - a"' 'echo "# score: own: 3 of 4 sessions"' \
    'echo "ok 2 - corpus # SKIP it is absent"' 'echo "ok 3 - b"' 'echo 1..3' >"$folder/some.t"
echo 'echo "1..0 # SKIP it is not there"' >"$folder/none.t"
echo 'echo "ok 1 - a"; echo "# score: half"; echo "1..1"; exit 3' >"$folder/dies.t"
# As cmocka says it: the reason first, then what a TAP reader takes for a failure.
printf '%s\n' '#!/bin/sh' 'echo "1..1"' 'echo "# skipped: no such device"' \
    'echo "not ok 1 # SKIP a_device_is_told"' >"$folder/program"
chmod +x "$folder/program"

# run_is STATUS TEST...: what it prints is in out
run_is() {
	wanted=$1
	shift
	O=$folder sh tests/run.sh "$@" -- >"$folder/out" 2>"$folder/err"
	[ $? -eq "$wanted" ]
}

# The line of this test says this, behind what prove says of the whole.
is_told() { sed '1,/^Result: /d' "$folder/out" | grep -q "^  $1  *$2\$"; }

ok "skips are no failures" run_is 0 "$folder/some.t" "$folder/none.t" "$folder/program"
ok "a score is told" is_told some.t 'own: 3 of 4 sessions'
ok "a test that is skipped is told" is_told some.t 'skipped: it is absent'
ok "a whole file that is skipped is told" is_told none.t 'skipped: it is not there'
ok "so is a program's test, with its reason" \
	is_told program 'skipped: a_device_is_told (no such device)'
fails() { ! run_is 0 "$@"; }
ok "a test that dies is a failure" fails "$folder/some.t" "$folder/dies.t"
ok "its score is told nevertheless" is_told dies.t half
printf '%s\n' 'echo "ok 1 - a"' 'echo "not ok 2 - b"' 'echo "# wanted 1, got 2"' 'echo "ok 3 - c"' \
    'echo "# of no use"' 'echo 1..3' >"$folder/wrong.t"
is_explained() {
	run_is 1 "$folder/wrong.t" && is_told 'not ok 2' '- b' && is_told '# wanted' '1, got 2' &&
	    ! grep -q 'of no use' "$folder/out"
}
ok "what failed is told, with what its test said" is_explained
echo 'echo "ok 1"; echo "1..1"' >"$folder/quiet.t"
nothing_is_told() { run_is 0 "$folder/quiet.t" && ! grep -q '^Scores' "$folder/out"; }
ok "where there is neither nothing is told" nothing_is_told

echo "1..$count"
