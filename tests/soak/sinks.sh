# The sinks of a soak, what goes wrong with them, and what they took; to be read in by tests/soak.sh,
# which has made $dir, $far_space and clean_up.
#
#	log	file, all	script	exec, notice	hook	webhook over TLS, warning
#	siem	syslog over TCP to rsyslog, notice	digest	file, all, of which a rate lets through few
#	manager	webhook as Alertmanager's, warning
#
# What a sink takes is taken whole, and what it does not take leaves nothing behind: so whatever is there
# twice was sent twice.

out=$dir/sinks
moods=$dir/moods
netns=/etc/netns/$far_space
sink_names="log script hook manager siem digest"
numbered_sinks="log script hook siem digest" # these are told an alert's number

in_far() { ip netns exec $far_space "$@"; }
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }
make_certificates() {
	key "$dir/ca.key"
	key "$dir/hook.key"
	openssl req -x509 -new -key "$dir/ca.key" -days 30 -subj "/CN=soak authority" -out "$dir/ca.pem"
	printf 'subjectAltName=DNS:hook.test,DNS:mta-sts.to1.example.net,DNS:mta-sts.to2.example.net\n' >"$dir/ext"
	openssl req -new -key "$dir/hook.key" -subj /CN=hook.test 2>/dev/null |
	    openssl x509 -req -days 20 -extfile "$dir/ext" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
		-CAcreateserial -out "$dir/hook.crt" 2>/dev/null
	cat "$dir/hook.crt" "$dir/hook.key" >"$dir/hook.pem"
}

# sink NAME SETTING...: into the configuration
sink() {
	printf '[sink %s]\n' "$1"
	shift
	printf '%s\n' "$@"
}
write_configuration() {
	sink log type=file "path=$out/disk/log" severity=info rate=none
	sink script type=exec "command=$out/take" severity=notice rate=none
	sink hook type=webhook url=https://hook.test:8443/hook "ca-file=$dir/ca.pem" \
	    "token-file=$dir/token" severity=warning rate=none
	sink manager type=webhook format=alertmanager url=https://hook.test:8443/manager \
	    "ca-file=$dir/ca.pem" severity=warning
	sink siem type=syslog to=tcp:127.0.0.1:1514 severity=notice rate=none
	sink digest type=file "path=$out/digest" severity=info rate=10/10s
	printf '[mute known]\nkind=banner-masked\nwhy=a soak tries mutes, too\n'
}

# ---- Servers ----

# serve NAME COMMAND...: until stop NAME
serve() {
	name=$1
	shift
	# Not by a function, whose number would be that of a shell.
	ip netns exec $far_space "$@" >>"$dir/$name.err" 2>&1 </dev/null &
	echo $! >"$dir/serving.$name"
}
# stop NAME SIGNAL
stop() {
	server=$(cat "$dir/serving.$1" 2>/dev/null) || return 0
	rm -f "$dir/serving.$1"
	kill -"$2" "$server" 2>/dev/null && wait "$server" 2>/dev/null || :
}
serve_hook() {
	serve hook python3 tests/soak/hook.py 127.0.0.1 8443 "$dir/hook.pem" "$moods/hook" "$out"
}
serve_policies() {
	serve policies python3 tests/soak/hook.py 203.0.112.10 443 "$dir/hook.pem" "$moods/policies" "$out"
}
serve_siem() { serve siem rsyslogd -n -f "$dir/rsyslog.conf" -i "$dir/rsyslog.pid"; }
serve_resolver() { serve resolver unbound -d -c "$dir/unbound.conf"; }

write_servers() {
	cat >"$dir/rsyslog.conf" <<-END
		global(workDirectory="$dir" maxMessageSize="64k")
		module(load="imptcp")
		template(name="raw" type="string" string="%rawmsg:::drop-last-lf%\n")
		ruleset(name="all") { action(type="omfile" file="$out/siem" template="raw") }
		input(type="imptcp" address="127.0.0.1" port="1514" ruleset="all")
	END
	{
		printf 'server:\n interface: 127.0.0.1\n username: ""\n chroot: ""\n do-ip6: no\n'
		printf ' directory: "%s"\n pidfile: "%s/unbound.pid"\n use-syslog: no\n' "$dir" "$dir"
		printf ' local-zone: "%s." static\n' example.net example.org example.com test
		for server in $(seq 0 63); do
			printf ' local-data: "to%s.example.net. MX 10 mx%s.example.net."\n' "$server" "$server"
			printf ' local-data: "mx%s.example.net. A 198.51.100.%s"\n' "$server" "$server"
		done
		for domain in to1 to2; do
			printf " local-data: '_mta-sts.%s.example.net. TXT \"v=STSv1; id=1\"'\n" $domain
			printf ' local-data: "mta-sts.%s.example.net. A 203.0.112.10"\n' $domain
		done
		printf 'remote-control:\n control-enable: no\n'
	} >"$dir/unbound.conf"
}

# The script takes what its mood lets it, in one write.
write_script() {
	cat >"$out/take" <<-END
		#!/bin/sh
		case \$(cat $moods/script) in
		ok) ;;
		slow) sleep 1 ;;
		hang) sleep 25; exit 1 ;;
		endless) exec yes ;;
		busy) printf '\\001\\377\\033[31mnot now\\n'; exit 75 ;;
		*) kill -SEGV \$\$ ;;
		esac
		exec perl -e 'local \$/; my \$alert = <STDIN>; open my \$to, ">>", "$out/script" or exit 75;
		    syswrite(\$to, \$alert) == length \$alert or exit 75'
	END
	chmod 755 "$out/take"
}

begin_sinks() {
	mkdir -p "$out/disk" "$moods" "$netns"
	chmod 777 "$out"
	chmod 755 "$dir" "$moods"
	mount -t tmpfs -o size=64M,mode=777 none "$out/disk"
	for name in hook policies script; do echo ok >"$moods/$name"; done
	printf 's3cret\n' >"$dir/token"
	: >"$dir/marks"
	printf '127.0.0.1 localhost hook.test\n' >"$netns/hosts"
	printf 'nameserver 127.0.0.1\n' >"$netns/resolv.conf"
	ip -n $far_space link set lo up
	ip -n $far_space addr add 203.0.112.10/32 dev lo
	in_far nft add table inet soak
	in_far nft add chain inet soak in '{ type filter hook input priority 0; }'
	make_certificates
	write_servers
	write_script
	serve_hook
	serve_policies
	serve_siem
	serve_resolver
}
end_sinks() {
	for serving in "$dir"/serving.*; do
		[ -e "$serving" ] || continue
		stop "${serving##*/serving.}" KILL
	done
	umount "$out/disk" "$out/away" 2>/dev/null || :
	rm -rf "$netns"
}

# ---- What goes wrong with them ----

mood() { echo "$2" >"$moods/$1.new" && mv "$moods/$1.new" "$moods/$1"; }
# What is sent to the port of rsyslog: reject or drop
cut_siem() { in_far nft add rule inet soak in tcp dport 1514 "$@"; }
mend_siem() { in_far nft flush chain inet soak in; }
# hold SECONDS: or until the load ends
hold() {
	left=$1
	while [ "$left" -gt 0 ] && [ -e "$dir/go" ]; do
		sleep 1
		left=$((left - 1))
	done
}
take_away() { mv "$out/$1" "$out/$1.away"; }
bring_back() { mv "$out/$1.away" "$out/$1"; }
# As logrotate does; what was rotated before goes off that disk.
rotate_sink() {
	for old in "$out"/disk/log.*; do
		[ ! -e "$old" ] || mv "$old" "$out/"
	done
	mv "$out/disk/log" "$out/disk/log.$(date +%s)" 2>/dev/null || :
}
fill_disk() { head -c 200M /dev/zero >"$1/fill" 2>/dev/null || :; }

# A trouble for some seconds, and its end.
trouble() {
	case $1 in
	0) mood hook 503; hold 8; mood hook ok ;;
	1) mood script busy; hold 8; mood script ok ;;
	2) killing connection cut_siem reject with tcp reset; hold 8; mend_siem ;;
	3) fill_disk "$out/disk"; hold 8; rm -f "$out/disk/fill" ;;
	4) mood hook slow; mood script slow; hold 15; mood hook ok; mood script ok ;;
	5) mood hook garbage; hold 6; mood hook close; hold 6; mood hook ok ;;
	6) mood script endless; hold 12; mood script crash; hold 4; mood script ok ;;
	7) killing connection cut_siem drop; hold 15; mend_siem ;;
	8) rotate_sink; mood hook 429; hold 8; mood hook ok ;;
	9) kill -STOP "$(cat "$dir/serving.siem")"; hold 10; kill -CONT "$(cat "$dir/serving.siem")" ;;
	10) mood hook hang; mood script hang; hold 25; mood hook ok; mood script ok ;;
	11) stop resolver KILL; mood policies 503; hold 12; serve_resolver; mood policies ok ;;
	12) mood hook 400; hold 4; mood hook ok; retry_refused ;;
	13)
		# All of them at once.
		killing hook stop hook KILL
		take_away take
		killing connection cut_siem reject with tcp reset
		sleep 1
		stop siem TERM
		fill_disk "$out/disk"
		mood policies hang
		hold 40
		serve_hook
		bring_back take
		serve_siem
		mend_siem
		rm -f "$out/disk/fill"
		mood policies ok
		;;
	14) take_away take; hold 6; bring_back take; mood hook 302; hold 5; mood hook ok ;;
	esac
}
trouble_sinks() {
	turn=0
	while [ -e "$dir/go" ]; do
		echo "$(date +%T) $((turn % 15))" >>"$dir/troubles"
		trouble $((turn % 15))
		hold 3
		turn=$((turn + 1))
	done
}
retry_refused() {
	"$O/waxseal" --config "$dir/conf" --db "$db" alert retry >>"$dir/retries" 2>&1 || :
}

# ---- What they took ----

# taken SINK: all that it took, in its order
taken() {
	case $1 in
	log) cat "$out"/log.* "$out"/disk/log.* "$out/disk/log" 2>/dev/null || : ;;
	*) cat "$out/$1" 2>/dev/null || : ;;
	esac
}
count_taken() { for name in $sink_names; do echo "$name $(taken "$name" | wc -l)"; done; }
# killing WHAT COMMAND...: whoever sends dies by it: how much each sink had taken before and behind it
killing() {
	mark=$(date +%s%N) what=$1
	shift
	count_taken | sed "s/^/$mark $what /" >>"$dir/marks"
	"$@"
	sleep 0.5
	count_taken | sed "s/^/$mark $what /" >>"$dir/marks"
}
# take_account DATABASE: what they took, and when who died, into tables of it
take_account() {
	for name in $sink_names; do
		taken "$name" | python3 tests/soak/taken.py "$name"
		[ ! -e "$out/$name.refused" ] || python3 tests/soak/taken.py "$name" refused <"$out/$name.refused"
	done >"$dir/taken"
	sqlite3 "$1" "create table taken (sink, how, line integer, id integer, at integer, incident integer, event)" \
	    "create table marks (mark integer, what, sink, lines integer)" ".separator ' '" \
	    ".import '$dir/taken' taken" ".import '$dir/marks' marks"
}
