#!/bin/sh
# Completion of command lines, in real shells at a terminal: every command, flags of each, values.
set -u

: "${O:=.build}"
. tests/tap.sh

"$WAXSEAL" --config /dev/null --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' >"$folder/commands"

# typed|what the line is then
{
	# All but the last letter of a name says which it is, where no other begins so.
	while read -r command; do
		[ "$(grep -c "^${command%?}" "$folder/commands")" -ne 1 ] ||
			echo "${command%?}|$command"
	done <"$folder/commands"
	echo "sessions --outc|sessions --outcome"
	echo "sessions --outcome pla|sessions --outcome plaintext"
	echo "sessions --outcome=pla|sessions --outcome=plaintext"
	echo "incidents --kind starttls-stri|incidents --kind starttls-stripped"
	echo "incidents --severity crit|incidents --severity critical"
	echo "--quiet inciden|--quiet incidents"
	echo "--db show inciden|--db show incidents"
	echo "show --lim|show --lim"
	echo "watch --gate eb|watch --gate ebpf"
	echo "watch -i l|watch -i l$([ -e /sys/class/net/lo ] && echo o)"
	echo "db sta|db stats"
	echo "db chec|db check"
	echo "db backup $folder/capt|db backup $folder/capture.pcap"
	echo "alert retr|alert retry"
	echo "mute li|mute list"
	echo "mute --json ad|mute --json add"
	echo "mute remo|mute remove"
	echo "mute add --kind starttls-stri|mute add --kind starttls-stripped"
	echo "mute add --client 192.0.2.7 --severity crit|mute add --client 192.0.2.7 --severity critical"
	echo "mute remove li|mute remove li"
	# Sinks are those of the configuration that is named, or of the usual one.
	echo "--config $folder/conf alert test op|--config $folder/conf alert test ops"
	echo "alert test --config=$folder/conf pag|alert test --config=$folder/conf pager-2"
	echo "--config $folder/conf alert test pager-2 op|--config $folder/conf alert test pager-2 op"
	echo "--config $folder/none alert test op|--config $folder/none alert test op"
	echo "--config $folder/conf alert list op|--config $folder/conf alert list op"
	echo "report --format tls|report --format tlsrpt"
	echo "watch -r $folder/capt|watch -r $folder/capture.pcap"
	echo "report --directory $folder/reports-o|report --directory $folder/reports-of"
} >"$folder/lines"
: >"$folder/capture.pcap"
cat >"$folder/conf" <<'END'
sensor = tap1
[sink ops]
type = syslog
# [sink opossum]
 [ sink  pager-2 ]
type = syslog
[sink $(touch x)]
[mute optical]
END
: >"$folder/reports-of.txt"
mkdir "$folder/reports-of"

completes() {
	timeout 300 python3 tests/completing.py "$1" "$(realpath "$2")" <"$folder/lines" \
	    >"$folder/out" 2>"$folder/err"
}
for shell in bash zsh; do
	file=$O/completion/waxseal
	[ $shell = bash ] || file=$O/completion/_waxseal
	if command -v $shell >/dev/null 2>&1; then
		ok "$shell completes" completes $shell "$file"
	else
		count=$((count + 1))
		echo "ok $count - $shell completes # SKIP no $shell"
	fi
done

# The whole list, as bash has it: every kind that is judged, every flag that --help names.
listed() {
	bash -c '. "$0"; shift 0; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _waxseal
	    printf "%s\n" "${COMPREPLY[@]}"' "$O/completion/waxseal" "$@" 2>"$folder/err" | sort
}
sed -n 's/^\t*\.name = "\([a-z0-9-]*\)".*/\1/p' monitor/judge/*.c | sort >"$folder/kinds"
all_kinds() {
	listed waxseal incidents --kind '' >"$folder/out" && [ -s "$folder/kinds" ] &&
	    cmp "$folder/out" "$folder/kinds"
}
ok "every kind is offered" all_kinds
all_flags() {
	"$WAXSEAL" --config /dev/null "$1" --help |
	    sed -n 's/^  .*--\([a-z-]*\)\( .*\|$\)/--\1/p' | sort >"$folder/flags"
	listed waxseal "$1" -- >"$folder/out"
	[ -s "$folder/flags" ] && cmp "$folder/out" "$folder/flags"
}
while read -r command; do
	ok "every flag of $command is offered" all_flags "$command"
done <"$folder/commands"

echo "1..$count"
