# Playing one scenario: record both wires, run it, keep the capture of the tap it names, and write
# what the capture must show.
#
# A scenario is a function that does things and says, in the order of the connections' SYNs, what
# each of them is:
#
#	facts OUTCOME OFFERED REQUESTED ACCEPTED VERSION [KEY=VALUE ...]
#
# with y, n, - (must be null) or ? (not settled here), and the keys rcpt (domains), mail (count),
# complete, expect and allow (kinds; others are forbidden), note. OUTCOME may list several with |.

played=0 failures=0

note() { scenario_note=$1; }
tap() { scenario_tap=$1; }		# mc0: the client's side of the box; ms0: the server's
options() { scenario_options=$1; }	# further arguments of "waxseal watch"

json_word() {
	case $1 in
	y) echo true ;; n) echo false ;; -) echo null ;; true | false) echo "$1" ;;
	*) printf '"%s"' "$1" ;;
	esac
}

json_list() {	# WORD ...
	local w first=
	printf '['
	for w; do
		printf '%s"%s"' "$first" "$w"
		first=', '
	done
	printf ']'
}

facts() {
	local key rcpt= mail=0 complete=true expect= allow= note=
	local out='"outcome": '$(IFS='|'; json_list $1)
	[ "$2$3$4" = '???' ] || {
		out+=', "starttls": {'
		local sep= n=2
		for key in offered requested accepted; do
			[ "${!n}" = '?' ] || { out+="$sep\"$key\": $(json_word "${!n}")"; sep=', '; }
			n=$((n + 1))
		done
		out+='}'
	}
	[ "$5" = '?' ] || out+=', "tls_version": '$(json_word "$5")
	shift 5
	for key; do
		case ${key%%=*} in
		rcpt | mail | complete | expect | allow | note) local "${key%%=*}"="${key#*=}" ;;
		*) echo "range: $key: no such fact" >&2; exit 1 ;;
		esac
	done
	[ "$rcpt" = '?' ] || out+=', "rcpt_domains": '$(json_list $rcpt)
	[ "$mail" = '?' ] || out+=', "mail_count": '$mail
	[ "$complete" = '?' ] || out+=', "complete": '$(json_word "$complete")
	out+=', "expect": '$(json_list $expect)', "allow": '$(json_list $allow)', "forbid": ["*"]'
	out+=", \"note\": \"${note:-$scenario_note}\""
	scenario_facts+=("$out")
}

# What the scenario's incidents come to: of warning or worse there is none but those named, each as
# often as it says. "At least" is meant of severity and certainty.
#
#	incident KIND SEVERITY CERTAINTY [net=CLIENTS] [sessions=AT LEAST] [count=N] [may=y] [says=TEXT]
incident() {
	local key net= sessions=1 count=1 may=n says=
	local out="{\"kind\": \"$1\", \"severity\": \"$2\", \"certainty\": \"$3\""
	shift 3
	for key; do
		case ${key%%=*} in
		net | sessions | count | may | says) local "${key%%=*}"="${key#*=}" ;;
		*) echo "range: $key: nothing of an incident" >&2; exit 1 ;;
		esac
	done
	[ -z "$net" ] || out+=", \"client_net\": \"$net\""
	[ -z "$says" ] || out+=", \"says\": \"$says\""
	scenario_incidents+=("$out, \"sessions\": $sessions, \"count\": $count, \"may\": $(json_word $may)}")
}

no_incident() { scenario_incidents=(''); }

# Connections of a capture, by their first SYN: client port server port.
connections() {
	tcpdump -nr "$1" tcp 2>/dev/null | awk '
		function split_at(s, part) { n = match(s, /\.[0-9]+:?$/); part[1] = substr(s, 1, n - 1);
			part[2] = substr(s, n + 1) + 0 }
		/Flags \[S\]|Flags \[SE?W?\]/ { split_at($3, c); split_at($5, s)
			match($0, /seq [0-9]+/); isn = substr($0, RSTART, RLENGTH)
			key = c[1] " " c[2] " " s[1] " " s[2]
			if (!seen[key isn]++) print key }'
}

write_facts() {	# CAPTURE JSON
	local i=0 list c cp s sp
	{
		printf '{"note": "%s",\n "options": "%s",\n' "$scenario_note" "$scenario_options"
		[ -z "${scenario_parts:-}" ] || printf ' "parts": %s,\n' "$(json_list $scenario_parts)"
		[ ${#scenario_incidents[@]} = 0 ] ||
		    printf ' "incidents": [%s],\n' "$(IFS=,; echo "${scenario_incidents[*]}" | sed 's/},{/},\n  {/g')"
		printf ' "sessions": ['
		if [ -n "$scenario_connections" ]; then
			cp "$scenario_connections" "$work/connections"
		else
			connections "$1" >"$work/connections"
		fi
		while read -r c cp s sp; do
			[ $i = 0 ] || printf ','
			printf '\n  {"client": "%s", "cport": %s, "server": "%s", "sport": %s, %s}' \
			    "$c" "$cp" "$s" "$sp" "${scenario_facts[$i]:-}"
			i=$((i + 1))
		done <"$work/connections"
		printf '\n ]}\n'
	} >"$2"
	list=${#scenario_facts[@]}
	[ "$i" = "$list" ] || { echo "range: $scenario: $i connections, facts for $list" >&2; return 1; }
	sqlite3 :memory: "select 1 where json_valid(readfile('$2'))" | grep -q 1
}

record() {	# IFACE [FILE]
	local file=${2:-$work/$1.pcap} i
	: >"$file.log"
	ip netns exec "$middle" tcpdump -Z root -i "$1" --immediate-mode -s 0 -U -w "$file" tcp 2>"$file.log" &
	pids+=($!)
	for i in $(seq 3600); do
		grep -q "listening on" "$file.log" && return
		sleep 0.05
	done
	cat "$file.log" >&2
	return 1
}

box_clients=			# "ip saddr ADDRESS": for these alone
box() {
	: >"$work/box.out"
	ip netns exec "$middle" "$build/box" 9025 "$@" >"$work/box.out" 2>&1 &
	box_pid=$!
	pids+=($box_pid)
	in_middle nft -f - <<-EOF
		table inet range {
			chain pre {
				type filter hook prerouting priority mangle;
				iifname ms0 socket transparent 1 meta mark set 1 accept
				iifname mc0 $box_clients meta nfproto ipv4 tcp dport { 25, 587 } tproxy ip to :9025 meta mark set 1 accept
				iifname mc0 meta nfproto ipv6 tcp dport { 25, 587 } tproxy ip6 to :9025 meta mark set 1 accept
			}
		}
	EOF
	ready "$work/box.out"
}

unbox() {
	in_middle nft flush ruleset
	kill $box_pid
	wait $box_pid || :
}

# A man on the side; the box makes the servers slow, so that he can be first.
inject() {
	box delay 60
	: >"$work/inject.out"
	ip netns exec "$middle" "$build/inject" mc0 "$@" >"$work/inject.out" 2>&1 &
	pids+=($!)
	ready "$work/inject.out"
}

# A scripted server on $scripted, for one connection.
serve() {	# [PORT=N] STEP ...
	local port=25
	case $1 in PORT=*) port=${1#PORT=}; shift ;; esac
	: >"$work/serve.out"
	ip netns exec "$server" "$build/talk" -l $scripted "$port" "$@" >"$work/serve.out" 2>&1 &
	pids+=($!)
	ready "$work/serve.out"
}

ready() {
	local i
	for i in $(seq 3600); do
		grep -q ready "$1" && return
		sleep 0.05
	done
	cat "$1" >&2
	return 1
}

talk() {	# ADDRESS PORT STEP ...
	local from=192.0.2.9
	case $1 in *:*) from=2001:db8:1::9 ;; esac
	case $3 in
	bind=*) in_client "$build/talk" "$@" ;;
	*) in_client "$build/talk" "$1" "$2" "bind=$from" "${@:3}" ;;
	esac >>"$work/talk.log" 2>&1 || :
}

swaks_to() {	# ADDRESS ARGUMENT ...
	local from=192.0.2.8
	case $1 in *:*) from=2001:db8:1::8 ;; esac
	in_client timeout 20 swaks --server "$1" --local-interface $from --helo client.example.org \
	    --from alice@example.org --to bob@example.net --timeout 8 \
	    --data 'Subject: range\n\nA test message.\n' "${@:2}" >>"$work/swaks.log" 2>&1 || :
}

tls_to() {	# ADDRESS ARGUMENT ...
	printf 'QUIT\r\n' | in_client timeout 10 openssl s_client -starttls smtp -connect "$1:25" \
	    -bind 192.0.2.10:0 -name client.example.org -crlf -quiet -servername mx.example.net \
	    "${@:2}" >>"$work/s_client.log" 2>&1 || :
}

# A message through the sending Postfix, until it has tried to deliver it.
mail_to() {	# DOMAIN [ADDRESS ...]
	local log=$work/postfix/var/log/send.log before i
	before=$(grep -c 'status=' "$log" || :)
	in_client swaks --server 127.0.0.1 --port 2500 --helo user.example.org --from alice@example.org \
	    --to "bob@$1" --data 'Subject: range\n\nA test message.\n' >>"$work/swaks.log" 2>&1
	for i in $(seq 100); do
		[ "$(grep -c 'status=' "$log" || :)" -gt "$before" ] && break
		sleep 0.1
	done
	in_client chroot "$work/postfix" postsuper -c /etc/postfix-send -d ALL >/dev/null 2>&1 || :
}

play() {
	box_clients=
	scenario=$1 scenario_note= scenario_tap=mc0 scenario_facts=() scenario_options=
	scenario_connections= scenario_kept= scenario_split= scenario_parts= scenario_plan=() scenario_incidents=()
	pids=()
	if ! declare -F "scenario_$1" >/dev/null; then
		echo "range: $1: no such scenario" >&2
		failures=$((failures + 1))
		return
	fi
	record mc0
	record ms0
	"scenario_$1"
	sleep 0.3
	in_middle nft flush ruleset
	kill "${pids[@]}" 2>/dev/null || :
	wait "${pids[@]}" 2>/dev/null || :
	[ -n "$scenario_kept" ] || keep_played "${1//_/-}" "$work/$scenario_tap.pcap"
}

# The connections of a scenario that has a plan begin when that says, unless it is played beside a
# watch; those from number scenario_split on go to a capture of their own, read behind the first.
keep_played() {	# NAME CAPTURE
	local file=$2
	scenario_parts=
	if [ ${#scenario_plan[@]} != 0 ] && [ -z "${RANGE_UNPLANNED:-}" ]; then
		printf '%s\n' "${scenario_plan[@]}" >"$work/plan"
		file=$work/planned.pcap
		"$build/edit" "$2" "$file" "plan=$work/plan"
		if [ -n "$scenario_split" ]; then
			connections "$file" >"$work/connections.all"
			scenario_connections=$work/connections.all
			scenario_parts=$1-2.pcap
			"$build/edit" "$file" "$captures/$scenario_parts" "sessions=$scenario_split,99999"
			"$build/edit" "$file" "$work/first.pcap" "sessions=1,$((scenario_split - 1))"
			file=$work/first.pcap
		fi
	fi
	keep "$1" "$file"
}

keep() {	# NAME CAPTURE
	cp "$2" "$captures/$1.pcap"
	played=$((played + 1))
	if write_facts "$2" "$captures/$1.json"; then
		echo "range: $1: $(tcpdump -nr "$2" 2>/dev/null | wc -l) packets" >&2
	else
		echo "range: $1: FAILED" >&2
		failures=$((failures + 1))
	fi
}
