#!/bin/sh
# What live capture costs beside tcpdump, on the same traffic at the same time; as root, in network
# namespaces of our own. Called by `make bench-live`.
#
#	BENCH_LIVE_MB=10000  bytes under TLS in one session, in MB
#	BENCH_LIVE_PPS="20000 100000 0"  packets a second of short sessions; 0: as fast as it goes
#	BENCH_LIVE_SESSIONS=20000  of them
set -eu

O=${O:-.build}
waxseal=$O/waxseal
bin=$O/bench
MB=${BENCH_LIVE_MB:-10000}
PPS=${BENCH_LIVE_PPS:-20000 100000 0}
SESSIONS=${BENCH_LIVE_SESSIONS:-20000}
here=waxseal-here-$$
there=waxseal-there-$$

[ "$(id -u)" -eq 0 ] || { echo "bench-live: needs root, for network namespaces" >&2; exit 1; }
mkdir -p "$bin"
dir=$(mktemp -d "$bin/live.XXXXXX")
processes=
clean_up() {
	for process in $processes; do kill "$process" 2>/dev/null || :; done
	ip netns del $here 2>/dev/null || :
	ip netns del $there 2>/dev/null || :
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$bin/bulk" tests/bench/bulk.c -lssl -lcrypto
${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$bin/generate" tests/bench/generate.c -lpcap
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mx.example.net \
    -keyout "$dir/key" -out "$dir/certificate" 2>/dev/null

ip netns add $here
ip netns add $there
ip -n $here link add near type veth peer name far netns $there
ip -n $here addr add 192.0.2.1/24 dev near
ip -n $there addr add 192.0.2.2/24 dev far
ip -n $here link set near up
ip -n $there link set far up

# family PROCESS...: they, their children, and so on
family() {
	for member; do
		echo "$member"
		# shellcheck disable=SC2046 # a list
		(family $(cat /proc/"$member"/task/*/children 2>/dev/null))
	done
}
# cpu PROCESS...: seconds that they and theirs used so far
cpu() {
	for one in $(family "$@"); do
		cat /proc/"$one"/schedstat
	done | awk '{ sum += $1 } END { printf "%.4f", sum / 1e9 }'
}

# watch NAME ARGUMENT...: at the far end, into a database of that name
watch() {
	name=$1
	shift
	: >"$dir/$name.err"
	ip netns exec $there "$waxseal" --config /dev/null --db "$dir/$name" watch --no-lookups -i far "$@" \
	    >"$dir/$name.out" 2>"$dir/$name.err" &
	eval "$name=$!"
	processes="$processes $!"
	until grep -q ': capturing' "$dir/$name.err"; do sleep 0.1; done
}

listen() {
	: >"$dir/tcpdump"
	ip netns exec $there tcpdump -i far -w /dev/null port 25 2>"$dir/tcpdump" &
	tcpdump=$!
	processes="$processes $!"
	until grep -q 'listening on' "$dir/tcpdump"; do sleep 0.1; done
}

drops() { sed -n 's/.* \([0-9]*\) drops*.*/\1/p' "$dir/$1.err" | tail -n 1; }
finish() {
	for process; do kill -TERM "$process" && wait "$process" || :; done
	processes=
}

echo "One session, $MB MB under TLS"
watch gated --gate ebpf
watch open --gate none
listen
ip netns exec $there "$bin/bulk" serve 25 "$dir/key" "$dir/certificate" &
server=$!
processes="$processes $server"
sleep 0.5
# What starting costs is not what the traffic costs.
# shellcheck disable=SC2154
before="$(cpu "$gated") $(cpu "$open") $(cpu $tcpdump)"
begin=$(date +%s.%N)
ip netns exec $here "$bin/bulk" send 192.0.2.2 25 "$MB"
wait $server
sleep 2
end=$(date +%s.%N)
printf '%s\n' "before $before" "gate-ebpf $(cpu "$gated")" "gate-none $(cpu "$open")" "tcpdump $(cpu $tcpdump)" \
    "wall $(awk "BEGIN { print $end - $begin }")" >"$dir/figures"
awk '$1 == "before" { b["gate-ebpf"] = $2; b["gate-none"] = $3; b["tcpdump"] = $4; next }
{ s[$1] = $2 - b[$1] } END {
	printf "  wall-clock      %8.1f s\n", s["wall"]
	printf "  tcpdump         %8.3f s of processor time\n", s["tcpdump"]
	printf "  waxseal, ebpf   %8.3f s, %6.2f %% of tcpdump\n", s["gate-ebpf"], 100 * s["gate-ebpf"] / s["tcpdump"]
	printf "  waxseal, none   %8.3f s, %6.2f %% of tcpdump\n", s["gate-none"], 100 * s["gate-none"] / s["tcpdump"]
}' "$dir/figures"
finish "$gated" "$open" $tcpdump

"$bin/generate" -n "$SESSIONS" -m 2000 -e 80 -b 600 -i 500 >"$dir/short.pcap"
for pps in $PPS; do
	if [ "$pps" = 0 ]; then rate=-t; else rate="--pps $pps"; fi
	for readers in 1 2; do
		watch one --readers $readers
		listen
		# shellcheck disable=SC2086
		ip netns exec $here tcpreplay -q -i near $rate "$dir/short.pcap" >"$dir/play" 2>&1
		sleep 3
		# shellcheck disable=SC2154
		kill -USR1 "$one"
		sleep 0.5
		finish $tcpdump
		printf '%s packets/s sent, %d readers: waxseal %s drops, tcpdump %s\n' \
		    "$(sed -n 's/.* \([0-9.]*\) pps/\1/p' "$dir/play")" $readers "$(drops one)" \
		    "$(sed -n 's/ packets* dropped by kernel//p' "$dir/tcpdump")"
		finish "$one"
		rm -f "$dir"/one*
	done
done
