# The taps of the live range: the router's own interfaces, and a monitor to which it mirrors the
# client's side, wrapped. At each tcpdump records, and waxseals watch.

monitor=wxw$$
in_monitor() { ip netns exec "$monitor" "$@"; }

# TAP, namespace, interface, and what the packets come wrapped in
taps() {
	cat <<-EOT
		wire $middle mc0
		behind $middle ms0
		vlan $monitor w-vlan vlan:12
		vxlan $monitor w-vxlan vxlan:42
		gre $monitor w-gre gre
		gretap $monitor w-gretap gre
	EOT
}

# TAP, the name of a way to watch, and its options
watchers() {
	local tap _
	while read -r tap _; do
		echo "$tap ebpf --gate ebpf"
		echo "$tap none --gate none"
		echo "$tap auto"
	done < <(taps)
	echo "wire two --readers 2"
	echo "vxlan two --readers 2"
	echo "gre two --readers 2 --gate none"
	echo "wire alone"
	echo "vxlan alone"
}

# What is sent from two processors at once comes to some sockets in the one order and to others in the
# other: all that is played is played on one, so that each tap sees the same. Who watches has all.
play_on_one_processor() {
	processors=$(taskset -cp $$ | sed 's/.*: //')
	taskset -cp "${processors%%[-,]*}" $$ >/dev/null
}

# A link to the monitor, large enough for what is wrapped, and silent by itself.
mirror_link() {	# NAME
	ip -n "$middle" link add "m-$1" mtu 9000 type veth peer name "w-$1" mtu 9000 netns "$monitor"
	ip netns exec "$middle" sysctl -q -w "net.ipv6.conf.m-$1.disable_ipv6=1"
	in_monitor sysctl -q -w "net.ipv6.conf.w-$1.disable_ipv6=1"
	ip -n "$monitor" link set "w-$1" up
	ip -n "$middle" link set "m-$1" up
}

# Everything on INTERFACE, both ways, goes to each of these too.
mirror() {	# INTERFACE TO ...
	local way to actions=()
	for to in "${@:2}"; do
		actions+=(action mirred egress mirror dev "$to")
	done
	in_middle tc qdisc add dev "$1" clsact
	for way in ingress egress; do
		in_middle tc filter add dev "$1" $way protocol all u32 match u32 0 0 "${actions[@]}"
	done
}

taps_network() {
	local name
	ip netns add "$monitor"
	ip -n "$monitor" link set lo up
	for name in vlan vxlan gre gretap; do
		mirror_link $name
	done
	for name in vlan gre gretap; do
		in_middle tc qdisc add dev m-$name clsact
		in_middle tc filter add dev m-$name egress bpf da obj "$O/tests/range/wrap.bpf.o" sec $name
	done
	ip -n "$middle" addr add 203.0.113.1/24 dev m-vxlan
	ip -n "$middle" neigh add 203.0.113.2 lladdr 02:00:00:00:00:02 dev m-vxlan nud permanent
	ip -n "$middle" link add vxlan42 mtu 8900 type vxlan id 42 remote 203.0.113.2 dstport 4789 dev m-vxlan
	in_middle sysctl -q -w net.ipv6.conf.vxlan42.disable_ipv6=1
	ip -n "$middle" link set vxlan42 up
	mirror mc0 m-vlan vxlan42 m-gre m-gretap
}

tap_record() {	# TAP NAMESPACE INTERFACE
	ip netns exec "$2" taskset -c "$processors" tcpdump -Z root -i "$3" --immediate-mode -B 32768 \
	    -s 0 -U -w "$work/live/$1.pcap" 2>"$work/live/$1.log" &
	recorders+=($!)
	awaited "tcpdump at $1" grep -q "listening on" "$work/live/$1.log"
}

tap_watch() {	# TAP MODE OPTION ...
	local file=$work/live/$1.$2 space interface as=
	read -r _ space interface _ < <(taps | grep "^$1 ")
	# Without root, and without eBPF.
	[ "$2" != alone ] || as="setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=+net_raw
	    --ambient-caps=+net_raw --bounding-set=-all,+net_raw"
	ip netns exec "$space" taskset -c "$processors" $as "$work/waxseal" --config /dev/null \
	    --db "$file.db" watch -v --no-lookups -i "$interface" --memory 16M "${@:3}" >"$file.out" 2>"$file.err" </dev/null &
	watching+=("$!")
	watcher_names+=("$1.$2")
}

taps_start() {
	local tap mode options
	recorders=() watching=() watcher_names=()
	cp "$WAXSEAL" "$work/waxseal"
	mkdir -m 1777 "$work/live"
	taps_network
	while read -r tap options; do
		tap_record "$tap" $options
	done < <(taps)
	while read -r tap mode options; do
		tap_watch "$tap" "$mode" $options
	done < <(watchers)
	while read -r tap mode options; do
		watcher_begins "$tap.$mode" "$options"
	done < <(watchers)
}

# It captures with all its readers, or was refused eBPF, which it insists on.
watcher_begins() {	# NAME OPTIONS
	local readers=1
	case $2 in *--readers\ 2*) readers=2 ;; esac
	awaited "waxseal at $1" has_begun "$work/live/$1" $readers
}

has_begun() {	# FILE READERS
	[ "$(grep -c ': capturing' "$1.err")" = "$2" ] && return
	grep -q 'kernel refuses eBPF' "$1.err" && [ "${1%.ebpf}" != "$1" ] && : >"$1.refused"
}

awaited() {	# WHAT COMMAND ...
	local i
	for i in $(seq 3600); do
		"${@:2}" && return
		sleep 0.05
	done
	echo "range: $1: waited in vain" >&2
	return 1
}

# A session that is over is told when nothing has come behind it for ten seconds of the tap, or the
# capture ends, and what is known by then judges it: for the one to be in the same order as the other,
# all are told before a last connection, of which the program is told to end.
taps_stop() {
	local tap i
	sleep 12
	talk $no_tls 25 bind=192.0.2.12 wait line=QUIT drain
	while read -r tap _; do
		awaited "the last connection at $tap" has_last "$work/live/$tap.pcap"
	done < <(taps)
	kill "${watching[@]}" 2>/dev/null || :
	for i in "${!watching[@]}"; do
		local status=0
		wait "${watching[$i]}" || status=$?
		echo $status >"$work/live/${watcher_names[$i]}.status"
	done
	kill "${recorders[@]}"
	wait "${recorders[@]}" || :
	while read -r tap _; do
		"$work/waxseal" --config /dev/null --db "$work/live/$tap.saved.db" watch --memory 16M \
		    -r "$work/live/$tap.pcap" >"$work/live/$tap.saved.out" 2>&1
	done < <(taps)
}

# Both sides have closed.
has_last() {	# CAPTURE
	[ "$(tcpdump -nr "$1" 2>/dev/null | grep -c '192\.0\.2\.12\.[0-9]* [<>].*Flags \[F\|> 192\.0\.2\.12\..*Flags \[F')" -ge 2 ]
}

# ---- What must be ----

# A comparison with what lacks packets itself would be none.
nothing_dropped() {
	local tap _ status=0
	while read -r tap _; do
		grep -q "^0 packets dropped by kernel" "$work/live/$tap.log" || { cat "$work/live/$tap.log"; status=1; }
	done < <(taps)
	return $status
}

# All that the views tell of sessions and findings, and what incidents come to. Not whose sentence and
# evidence stand for an incident of several sessions: live the first to be told is the first to be
# decided, not to end. Nor are times the same: the kernel stamps a packet anew for each socket.
# Several readers tell of their sessions in no order among them, so with these only what the packets
# show by themselves must be the same; what was played must be found all the same.
same_as_saved() {	# TAP NAME
	local tell=told
	case $2 in *.two) tell=told_apart ;; esac
	$tell "$work/live/$1.saved.db" >"$work/1"
	$tell "$work/live/$2.db" >"$work/2"
	[ -s "$work/1" ] && diff "$work/1" "$work/2"
}

told_sessions() {	# DATABASE
	sqlite3 -bail "$1" \
	    'select service, client, client_port, server, server_port, community_id, complete, gap_bytes,
	    seen, outcome, banner, helo, extended, starttls_offered, starttls_requested,
	    starttls_accepted, tls_version, tls_cipher, tls_sni, tls_alpn, tls_resumed,
	    tls_cert_sha256, tls_spki_sha256, tls_ja3, tls_ja4, mail_count, mail_from_domains,
	    mail_rcpt_domains, auth, encap, ending from v_sessions order by start, client_port'
}

told_apart() {	# DATABASE
	told_sessions "$1"
	sqlite3 -bail "$1" \
	    "select client, client_port, server, server_port, kind, severity, \"where\" from v_findings
	    where certainty = 'proven' order by 1, 2, 3, 4, 5"
}

told() {	# DATABASE
	told_sessions "$1"
	sqlite3 -bail "$1" \
	    'select service, client, client_port, server, server_port, kind, severity, certainty,
	    "where", detail from v_findings order by time, client_port, kind, detail' \
	    'select kind, severity, certainty, state, sessions, client, client_net, server,
	    server_port, service, domain, mx, "where" from v_incidents
	    order by kind, server, server_port, client_net, domain' | sed -E 's/T[0-9:]{8}\.[0-9]{6}Z/T/g'
}

# Where and when each scenario was played.
truth_note() {	# NAME INTERFACE
	tcpdump -tt -nr "$captures/$1.pcap" 2>/dev/null | sed -n '1p;$p' | cut -d ' ' -f 1 | tr -d . |
	    paste -sd ' ' | sed "s/^/$1 $2 /" >>"$work/truth"
}

truth_load() {
	local name interface from until
	sqlite3 "$work/truth.db" 'create table want(scenario, interface, begin_us, end_us, session)'
	while read -r name interface from until; do
		sqlite3 "$work/truth.db" "insert into want select '$name', '$interface', $from - 50000,
		    $until + 50000, value from json_each(readfile('$captures/$name.json'), '\$.sessions')"
	done <"$work/truth"
}

# What scenarios call the interface whose traffic is at a tap.
played_at() {	# TAP
	if [ "$1" = behind ]; then echo ms0; else echo mc0; fi
}

was_played() {	# TAP
	grep -q " $(played_at "$1") " "$work/truth"
}

# Each session that was played at this tap is there, with its outcome, its facts and its kinds.
as_played() {	# TAP NAME
	local tap encap
	read -r tap _ _ encap < <(taps | grep "^$1 ")
	cat >"$work/check.sql" <<-EOT
		attach '$work/live/$2.db' as live;
		.parameter set :interface "'$(played_at "$1")'"
		.parameter set :encap "'$encap'"
		.read '$here/live.sql'
	EOT
	sqlite3 -bail "$work/truth.db" <"$work/check.sql" >"$work/wrong" 2>&1 &&
	    grep -q '^played [1-9]' "$work/wrong" && [ "$(wc -l <"$work/wrong")" = 1 ] && return
	cat "$work/wrong"
	return 1
}

ended_well() {	# NAME
	[ "$(cat "$work/live/$1.status")" = 0 ] && return
	cat "$work/live/$1.err"
	return 1
}

# A gate is on TAP in MODE, and not refused.
has_gate() {	# NAME OPTIONS
	case $2 in *--gate\ none*) return 1 ;; esac
	[ ! -e "$work/live/$1.refused" ]
}

# Each gate says that it has withheld more than what is no mail here.
gates_withhold() {
	local tap mode options most
	kill -USR1 "${watching[@]}" 2>/dev/null || :
	while read -r tap mode options; do
		has_gate "$tap.$mode" "$options" || continue
		most=$(sed -n 's/.* \([0-9]*\) withheld,.*/\1/p' "$work/live/$tap.$mode.err" | tail -1)
		[ "${most:-0}" -ge 200 ] || return 1
	done < <(watchers)
}

gates_withheld() {
	local tap mode options most status=0
	while read -r tap mode options; do
		[ ! -e "$work/live/$tap.$mode.refused" ] || continue
		most=$(sqlite3 "$work/live/$tap.$mode.db" "select sum(withheld) from v_capture")
		if has_gate "$tap.$mode" "$options"; then
			[ "$most" -ge 50 ] && continue
		else
			[ "$most" = 0 ] && continue
		fi
		echo "$tap, $mode: $most withheld"
		status=1
	done < <(watchers)
	return $status
}
