#!/bin/sh
# A long watch under everything that goes wrong on a tap, as root, in network namespaces of our own:
# short sessions all the time, readers that are killed, a database that is locked, a second interface
# that comes and goes, SIGHUP, filling disks of nobody. Called by `make soak`.
#
#	SOAK_SECONDS=3600
#	SOAK_SESSIONS=2000	in each round of the generator
#
# Ends well where memory and descriptors are flat, `db check` is content, and every session of the
# generator is accounted for: recorded, or counted as lost.
set -eu

O=${O:-.build}
waxseal=$O/waxseal
seconds=${SOAK_SECONDS:-3600}
sessions=${SOAK_SESSIONS:-2000}
bin=$O/bench
near_space=waxseal-soak-near-$$
far_space=waxseal-soak-far-$$

[ "$(id -u)" -eq 0 ] || { echo "soak: needs root, for network namespaces" >&2; exit 1; }
mkdir -p "$bin"
dir=$(mktemp -d "$bin/soak.XXXXXX")
watcher=
clean_up() {
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null || :
	ip netns del $near_space 2>/dev/null || :
	ip netns del $far_space 2>/dev/null || :
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$bin/generate" tests/bench/generate.c -lpcap
ip netns add $near_space
ip netns add $far_space
ip -n $near_space link add near type veth peer name far netns $far_space
ip -n $near_space link set near up
ip -n $far_space link set far up

ip netns exec $far_space "$waxseal" --config /dev/null --db "$dir/db" watch -i far -i flap --readers 2 \
    >"$dir/out" 2>"$dir/err" &
watcher=$!
captures_again() { [ "$(grep -c 'far, reader .*: capturing' "$dir/err")" -ge "$1" ]; }
until captures_again 2; do sleep 0.2; done

# children PROCESS: of it
children() { cat /proc/"$1"/task/*/children; }
# shellcheck disable=SC2046
readers() { children $(children "$watcher"); }
# kilobytes and descriptors of the keeper and of all its processes
measure() {
	memory=0
	files=0
	for process in $watcher $(children "$watcher") $(readers); do
		memory=$((memory + $(awk '/^VmRSS/ { print $2 }' /proc/"$process"/status)))
		files=$((files + $(find /proc/"$process"/fd -mindepth 1 | wc -l)))
	done 2>/dev/null
	echo "$memory $files"
}

end=$(($(date +%s) + seconds))
round=0
sent=0
restarts=0
first=
while [ "$(date +%s)" -lt "$end" ]; do
	round=$((round + 1))
	# Each round begins at a time of its own; live, its sessions are new ones all the same.
	"$bin/generate" -n "$sessions" -m 400 -e 80 -b 600 -i 300 -r "$round" >"$dir/round.pcap"
	case $((round % 6)) in
	1)
		victim=$(readers | awk '{ print $1 }')
		kill -SEGV "$victim"
		restarts=$((restarts + 1))
		until grep -q . "$dir/err" && captures_again $((2 + restarts)); do sleep 0.2; done
		;;
	2)
		printf 'begin immediate;\n.shell sleep 7\nrollback;\n' | sqlite3 "$dir/db" &
		;;
	3)
		ip -n $far_space link add flap type veth peer name flop
		ip -n $far_space link set flop up
		ip -n $far_space link set flap up
		;;
	4) ip -n $far_space link set flap down ;;
	5) ip -n $far_space link del flap ;;
	esac
	ip netns exec $near_space tcpreplay -q -i near --pps 15000 "$dir/round.pcap" >"$dir/play" 2>&1
	sent=$((sent + sessions))
	# What lingers is over by then.
	sleep 12
	now=$(measure)
	[ $round -ne 7 ] || first=$now
	echo "round $round: $sent sessions sent, memory and descriptors $now"
done
: "${first:=$now}"
kill -USR1 "$watcher"
sleep 1
kill -TERM "$watcher"
status=0
wait "$watcher" || status=$?
watcher=

tally=$(grep ' withheld,' "$dir/err" | tail -n 1)
recorded=$(sqlite3 "$dir/db" 'select count(*) from v_sessions')
dropped=$(sqlite3 "$dir/db" 'select coalesce(sum(dropped), 0) from v_capture')
lost=$(sed -n 's/.*lost with it: \([0-9]*\) flow.*/\1/p' "$dir/err" | awk '{ sum += $1 } END { print sum + 0 }')
untold=$(echo "$tally" | sed -n 's/.*drops*, \([0-9]*\) sessions* not told.*/\1/p')
echo "sent $sent, recorded $recorded, lost with readers $lost, not told ${untold:-0}, packets dropped $dropped"
echo "memory (kB) and descriptors: $first in round 7, $now at the end; exit status $status"
bad=0
"$waxseal" --db "$dir/db" db check || bad=1
[ $((recorded + lost + ${untold:-0})) -ge "$sent" ] || [ "$dropped" -gt 0 ] || { echo "sessions are missing"; bad=1; }
[ "${now#* }" -le $((${first#* } + 2)) ] || { echo "descriptors grow"; bad=1; }
[ "${now% *}" -le $((${first% *} * 5 / 4)) ] || { echo "memory grows"; bad=1; }
[ $status -eq 0 ] || { echo "it did not end well"; tail -n 5 "$dir/err"; bad=1; }
exit $bad
