#!/bin/sh
# The unit of systemd: well-formed, as closed as it was, and its filter of system calls keeps nothing
# from the program that the program needs: the gate in the kernel, and giving up its capabilities.
set -u

. tests/tap.sh
. tests/space.sh
: "${O:=.build}"

if ! command -v systemd-analyze >/dev/null; then
	echo "1..0 # SKIP no systemd-analyze"
	exit 0
fi
program=$(realpath "$WAXSEAL")
unit=$folder/waxseal.service
sed 's|@PREFIX@/bin/waxseal|'"$program"'|' monitor/waxseal.service.in >"$unit"

# What it says of a manual that is not installed here is not of the unit.
is_verified() {
	systemd-analyze verify "$unit" >"$folder/out" 2>&1
	! grep -v "Command 'man " "$folder/out"
}
ok "systemd finds nothing wrong in it" is_verified
is_closed() { systemd-analyze security --no-pager --offline=true --threshold=20 "$unit" >"$folder/out" 2>&1; }
ok "its exposure is 2.0 of 10 at most" is_closed
has_folder() { grep -q "^$1Directory=waxseal\$" "$unit"; }
for kind in State Logs Runtime; do
	ok "it has a folder of its own: $kind" has_folder $kind
done
file=$(sed -n 's/^ *path = //p' README.md)
ok "a file that the README gives to a sink lies in it" test "${file%/*}" = /var/log/waxseal

# ---- The filter ----

# allowed: the calls that the unit's lines leave, in their order, with the sets of this systemd
allowed() {
	systemd-analyze --no-pager syscall-filter >"$folder/sets" 2>"$folder/err" &&
	    sed -n 's/^SystemCallFilter=//p' "$unit" | awk '
	function expand(name, how,    i, parts, n) {
		if (!(name in sets)) { has[name] = how; return }
		n = split(sets[name], parts, " ")
		for (i = 1; i <= n; i++) expand(parts[i], how)
	}
	FNR == NR { if (/^@/) set = $1; else if (NF == 1) sets[set] = sets[set] " " $1; next }
	{ how = sub(/^~/, "") ? 0 : 1; for (i = 1; i <= NF; i++) expand($i, how) }
	END { for (name in has) if (has[name]) print name }' "$folder/sets" - >"$folder/allowed"
}
ok "its calls are known" allowed
is_list() { grep -qx read "$folder/allowed" && ! grep -qx -e mount -e reboot "$folder/allowed"; }
ok "it is a list of what is allowed" is_list

# watches NAME COMMAND ...: as the unit's user with its capabilities, until it captures; what is in
# force and what is missing, in the file NAME
watches() {
	run=$1
	shift
	rm -rf "$folder/state"
	install -d -m 700 -o 65534 -g 65534 "$folder/state"
	: >"$folder/err"
	ip netns exec $space setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
	    --bounding-set=-all,+net_raw,+bpf --inh-caps=-all,+net_raw,+bpf \
	    --ambient-caps=-all,+net_raw,+bpf "$@" "$program" --config /dev/null \
	    --db "$folder/state/db" watch -v --no-lookups -i far >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun || return 1
	kill -TERM $watcher
	wait $watcher && watcher= && grep -e 'in force' -e 'missing' -e 'gate' "$folder/err" |
	    sort >"$folder/$run"
}
chmod 711 "$folder"
ok "the program watches with the unit's user and capabilities" watches free
ok "it does so under the unit's filter" watches filtered "$O/tests/unit/confine" "$folder/allowed"
loses_nothing() { [ -s "$folder/free" ] && diff "$folder/free" "$folder/filtered" >"$folder/out"; }
ok "which takes nothing from it" loses_nothing
gives_up() { grep -q 'capabilities: in force' "$folder/filtered"; }
ok "and its reader has no capabilities left" gives_up

echo "1..$count"
