#!/bin/sh
# Malformed, cut and fuzz-made captures of other projects (../shared/corpus/bad): what is in them
# is anybody's guess, so there are no facts to compare. The program must end by itself, in time,
# with a status that its manual names, say in one line what failed, lose no process to a signal,
# and leave a database that is sound, or none. Ports far beyond mail's are watched, so that more of
# the bytes get as far as SMTP and TLS.
set -u

: "${WAXSEAL:=.build/waxseal}"
bad=../shared/corpus/bad
[ -d "$bad" ] || {
	echo "1..0 # SKIP $bad is absent"
	exit 0
}
room=/dev/shm
[ -w "$room" ] || room=${TMPDIR:-/tmp}
folder=$(mktemp -d "$room/bad.XXXXXX")
trap 'rm -rf "$folder"' EXIT
ports=$(awk 'BEGIN { for (i = 1; i <= 2048; i++) printf "%d,", i; print "3128,5222,8000,8080,8443" }')

# Why this capture was not taken as it should be; nothing where it was.
fault() {
	rm -f "$folder"/db*
	timeout 300 "$WAXSEAL" --config /dev/null watch -r "$1" --db "$folder/db" \
	    --service "smtp:$ports" >"$folder/out" 2>"$folder/err" </dev/null
	status=$?
	if grep -q -i -e 'signal' -e 'sanitizer' -e 'runtime error' -e 'no message' -e 'may not' \
	    "$folder/err"; then
		head -3 "$folder/err"
	elif [ $status -gt 1 ]; then
		echo "exit status $status"
	elif [ $status -eq 1 ] && [ "$(wc -l <"$folder/err")" -ne 1 ]; then
		echo "failed with $(wc -l <"$folder/err") lines to say so"
	elif [ $status -eq 1 ] && [ -e "$folder/db" ] && ! grep -q 'is recorded' "$folder/err"; then
		echo "failed, and left a database of which it did not speak"
	elif [ -e "$folder/db" ] &&
	    ! timeout 300 "$WAXSEAL" --config /dev/null db check --db "$folder/db" >/dev/null 2>&1; then
		echo "left a database that is not sound"
	fi
}

n=0
wrong=0
taken=0
refused=0
echo "1..$(find "$bad" -type f | wc -l)"
for capture in "$bad"/*; do
	n=$((n + 1))
	why=$(fault "$capture")
	if [ -z "$why" ]; then
		echo "ok $n - $(basename "$capture")"
	else
		wrong=$((wrong + 1))
		echo "not ok $n - $(basename "$capture")"
		printf '%s\n' "$why" | sed 's/^/# /'
	fi
	if [ -e "$folder/db" ]; then taken=$((taken + 1)); else refused=$((refused + 1)); fi
done
echo "# score: $((n - wrong)) of $n captures taken as they should be, $taken read and $refused refused"
