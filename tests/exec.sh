#!/bin/sh
# How prove starts a test: scripts by the shell, programs as they are. cmocka 1.1
# writes "not ok ... # SKIP" for a skipped test, which TAP calls a failure. Scores,
# skips and what failed, with what the test said of it, which prove keeps to itself,
# go to the folders $SCORES and $FAILURES: tests/run.sh.
run() {
	case $1 in
	*.t) sh "$1" ;;
	*) "$1" ;;
	esac
}

kept=${SCORES:+$SCORES/$(basename "$1")}
failures=${FAILURES:+$FAILURES/$(basename "$1")}
exec 4>&1
status=$({ { run "$1" 3>&- 4>&-; echo $? >&3; } |
    sed -u -e 's/^not ok \(.*# SKIP\)/ok \1/' -e "/^# score: /w ${kept:=/dev/null}" \
	-e "/^# skipped: /w $kept" -e "/# SKIP/w $kept" \
	-e "/^not ok/,/^ok/w ${failures:=/dev/null}" >&4; } 3>&1)
exit "$status"
