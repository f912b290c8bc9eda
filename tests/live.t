#!/bin/sh
# Live capture: in a network namespace of our own, captures of real servers are played onto one end
# of a pair of interfaces and watched at the other. What is found must be what -r finds.
set -u

. tests/tap.sh
. tests/space.sh
captures=tests/captures

# What one reader of the database sees, whenever it was.
sessions='select service, client, client_port, server, server_port, outcome, starttls_offered,
    starttls_requested, starttls_accepted, tls_version, mail_count, encap from v_sessions
    order by 2, 3, 4, 1'
findings='select service, client_port, server_port, kind, severity, certainty from v_findings
    order by 1, 2, 3, 4'

# Of these captures no two have the same connection, and each frame fits an interface.
open="ordinary-delivery banner-masked command-injection carried-in-vlan carried-in-qinq
    credentials-exposed"
# Messages longer than that, in clear.
bodies="body-quotes-smtp starttls-missing"
# Several readers tell of their sessions in no order among them: what no other sheds a light on.
apart="ordinary-delivery command-injection carried-in-vlan carried-in-qinq credentials-exposed"
hidden="carried-in-vxlan carried-in-gre carried-in-gretap carried-in-geneve carried-in-erspan
    carried-in-6in4 carried-in-mpls carried-in-pppoe carried-in-gtpu"

same() {
	ask "$1" "$3" >"$folder/1" && ask "$2" "$3" >"$folder/2" &&
	    diff "$folder/1" "$folder/2" >"$folder/out"
}

# finds_the_same NAMES ARGUMENT...: in these captures, live, with these arguments, and $cut with both
cut=
finds_the_same() {
	names=$1
	shift
	saved=$folder/saved
	rm -f "$saved"*
	# shellcheck disable=SC2086 # words
	start -i far $cut "$@" || return 1
	# As long as one is still to come, what is whose changes.
	case "$*" in
	*--readers\ 3*) captures_in 3 || return 1 ;;
	esac
	for one in $names; do
		play "$captures/$one.pcap" || return 1
		# shellcheck disable=SC2086 # words
		"$WAXSEAL" --config /dev/null --db "$saved" watch -q $cut \
		    -r "$captures/$one.pcap" >/dev/null || return 1
	done
	end 0 && same "$saved" "$folder/live" "$findings" && same "$saved" "$folder/live" "$sessions"
}
# Where the kernel takes no program of ours the rest holds all the same.
takes_programs() { start -i far --gate ebpf && end 0; }
if takes_programs; then
	in_kernel() { ok "$@"; }
else
	in_kernel() {
		count=$((count + 1))
		echo "ok $count - $1 # SKIP the kernel refuses eBPF"
	}
fi

ok "one reader finds what -r finds" finds_the_same "$open $hidden"
ok "so it does without a gate" finds_the_same "$open $hidden" --gate none
in_kernel "and with the kernel's" finds_the_same "$open $hidden" --gate ebpf
cut="--snaplen 300"
ok "and with a snap length that cuts messages" finds_the_same "$open $bodies"
cut=
ok "so do three" finds_the_same "$apart" --readers 3
in_kernel "in tunnels, too" finds_the_same "$hidden" --readers 3
has_no_remark() { ! grep -q 'share by' "$folder/err"; }
in_kernel "and tunnels hide nothing from them" has_no_remark

# All interfaces are cooked, and both ends of the pair are among them: each packet comes twice.
finds_on_any() {
	start -i any --readers 2 &&
	    captures_in 2 && play $captures/carried-in-vxlan.pcap || return 1
	end 0 && same "$saved" "$folder/live" "$findings" && same "$saved" "$folder/live" "$sessions"
}
saved_alone() {
	saved=$folder/saved
	rm -f "$saved"*
	"$WAXSEAL" --config /dev/null --db "$saved" watch -q -r $captures/carried-in-vxlan.pcap \
	    >/dev/null
}
in_kernel "two readers of all interfaces find it, too" eval 'saved_alone && finds_on_any'

# ---- Ciphertext ----

# Some MB of it, in a few sessions.
bulk=$folder/bulk.pcap
makes_bulk() {
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$folder/generate" tests/bench/generate.c \
	    2>"$folder/err" && "$folder/generate" -n 5 -m 40 -e 100 -b 2000000 -i 5 >"$bulk"
}
ok "there is a capture with much ciphertext" makes_bulk
withheld() { sed -n 's/.* \([0-9]*\) withheld,.*/\1/p' "$folder/err" | tail -n 1; }
has_withheld() { kill -USR1 "$watcher" && sleep 0.1 && [ "$(withheld)" -ge "$1" ]; }
# withholds GATE LEAST MOST: packets of it, and nothing is found to be missing
withholds() {
	saved=$folder/saved
	rm -f "$saved"*
	# Slowly: a reader may be late to see what is ciphertext.
	start -i far --gate "$1" --buffer 64M && in_space tcpreplay -q -i near --pps 4000 "$bulk" >"$folder/play" 2>&1 &&
	    until_it has_withheld "$2" || return 1
	passed_by=$(withheld)
	"$WAXSEAL" --config /dev/null --db "$saved" watch -q -r "$bulk" >/dev/null
	end 0 && [ "$(ask "$folder/live" 'select sum(withheld) from v_capture')" -ge "$2" ] &&
	    [ "$passed_by" -ge "$2" ] && [ "$passed_by" -le "$3" ] &&
	    same "$saved" "$folder/live" "$findings" && same "$saved" "$folder/live" "$sessions" &&
	    [ "$(ask "$folder/live" 'select sum(gap_bytes), min(complete) from v_sessions')" = '0|1' ]
}
in_kernel "the kernel withholds it, and the sessions are the same" withholds ebpf 3000 1000000
ok "without a gate all of it is read" withholds none 0 0

# ---- How soon ----

# found DATABASE COUNT
found() { [ "$(ask "$1" 'select count(*) from v_findings')" = "$2" ]; }
has_found() { until_it found "$folder/live" "$1"; }
is_told_at_once() {
	start -i far && play $captures/banner-masked.pcap && has_found 1 &&
	    [ "$(ask "$folder/live" "select kind from v_findings")" = banner-masked ]
}
ok "a finding is recorded at once, and not at the end" is_told_at_once
ok "and it ends in order" end 0

# Without a moment to spare: what came lies in the ring yet.
is_read_to_the_end() {
	start -i far && play $captures/banner-masked.pcap && end 0 || return 1
	[ "$(ask "$folder/live" "select ending from v_sessions where findings like '%banner-masked%'")" = reset ]
}
ok "what came right before it ends is read" is_read_to_the_end

# The reader is the child of the watcher's one child.
reader() { cat /proc/"$(cat /proc/"$watcher"/task/*/children | tr -d ' ')"/task/*/children; }

# However soon behind its start it is told to end, and whatever it waits for then.
is_reading() { reader >/dev/null 2>&1 && [ -n "$(reader)" ]; }
ends_soon() {
	for wait in 0 0.01 0.02 0.03 0.04 0.05 0.06 0.07 0.08 0.1; do
		: >"$folder/err"
		ip netns exec $space "$WAXSEAL" --config /dev/null --db "$folder/soon" watch --no-lookups -i far \
		    -f 'tcp port 25' --gate none >"$folder/out" 2>"$folder/err" </dev/null &
		watcher=$!
		until_it is_reading && sleep $wait && end 0 || return 1
	done
}
tells_lines_once() {
	start -i far --json && play $captures/command-injection.pcap && has_found 1 && end 0 &&
	    [ "$(grep -c '"kind":"command-injection"' "$folder/out")" = 1 ]
}
ok "--json tells a finding once" tells_lines_once
ok "told to end while it starts it ends in order" ends_soon
# Whoever read the lines is gone, and what is found is recorded all the same.
outlives_its_listener() {
	rm -f "$folder"/live*
	: >"$folder/err"
	mkfifo "$folder/lines" && { true <"$folder/lines" & } || return 1
	ip netns exec $space "$WAXSEAL" --config /dev/null --db "$folder/live" watch --no-lookups -i far --json \
	    >"$folder/lines" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun && play $captures/command-injection.pcap || return 1
	until_it grep -q 'standard output: cannot write: Broken pipe' "$folder/err" || return 1
	end 0 && [ "$(ask "$folder/live" 'select count(*) from v_findings')" -ge 1 ]
}
ok "one whose lines nobody hears any more says so and goes on" outlives_its_listener

# ---- Interfaces that come and go ----

comes_back() {
	start -i far -i late || return 1
	grep -q 'late: cannot capture' "$folder/err" || return 1
	in_space ip link add late type veth peer name early && in_space ip link set early up && in_space ip link set late up
	until_it grep -q 'late: capturing' "$folder/err"
}
ok "an interface that is not there yet is taken up when it is" comes_back
goes_and_comes() {
	in_space ip link del late
	until_it grep -q 'late: .*tried again' "$folder/err" || return 1
	in_space ip link add late type veth peer name early && in_space ip link set early up && in_space ip link set late up
	until_it sh -c "[ \$(grep -c 'late: capturing' '$folder/err') = 2 ]"
}
ok "one that vanishes is told, and taken up again" goes_and_comes
goes_down() {
	in_space ip link set late down
	until_it grep -q 'late: .*went down' "$folder/err" || return 1
	in_space ip link set late up
	until_it sh -c "[ \$(grep -c 'late: capturing' '$folder/err') = 3 ]"
}
ok "so is one that goes down" goes_down
others_go_on() {
	play $captures/banner-masked.pcap && has_found 1 && end 0
}
ok "the others go on meanwhile" others_go_on

# lay NAME OTHER: a pair of interfaces, which are up
lay() { in_space ip link add "$1" type veth peer name "$2" && in_space ip link set "$1" up && in_space ip link set "$2" up; }
# What was begun goes on to be captured, and is not what was asked for any more.
loses_its_name() {
	in_space ip link set named name unnamed && until_it grep -q 'named: .*another name; tried again' "$folder/err" &&
	    lay named namer && until_it sh -c "[ \$(grep -c 'named: capturing' '$folder/err') = 2 ]" && end 0
}
if lay named namer && start -i named && in_space ip link set named name unnamed 2>"$folder/out"; then
	in_space ip link set unnamed name named
	start -i named && in_space ip link set namer name formerly
	ok "an interface whose name goes to another is told, and that one is taken up" loses_its_name
else
	count=$((count + 1))
	echo "ok $count - an interface whose name goes to another is told # SKIP here it must be down for that"
fi

# The program of a tunnel says what it carries, and may say something else.
changes_its_type() {
	in_space perl -e 'open($f, "+<", "/dev/net/tun") or die;
	    $wish = pack("a16Sx22", "other", 0x1001);
	    ioctl($f, 0x400454ca, $wish) or die; # TUNSETIFF
	    $| = 1; print "there\n"; <STDIN>;
	    ioctl($f, 0x400454cd, 1) or die; # TUNSETLINK: Ethernet
	    print "changed\n"; sleep 60' <"$folder/change" >"$folder/tunnel" 2>&1 &
	tunnel=$!
	exec 9>"$folder/change"
	until_it grep -q there "$folder/tunnel" && in_space ip link set other up || return 1
	start -i other || return 1
	in_space ip link set other down && echo >&9 && until_it grep -q changed "$folder/tunnel" &&
	    in_space ip link set other up || return 1
	until_it grep -q 'other: .*link type changed; tried again' "$folder/err" &&
	    until_it sh -c "[ \$(grep -c 'other: capturing' '$folder/err') = 2 ]" && end 0
}
if [ -c /dev/net/tun ] && mkfifo "$folder/change"; then
	ok "an interface that changes its link type is told, and taken up again" changes_its_type
	kill "$tunnel"
fi

# ---- Readers that die, a database that is away ----

dies_alone() {
	start -i far && play $captures/banner-masked.pcap && has_found 1 || return 1
	kill -KILL "$(reader | tr -d ' ')"
	captures_in 2 && grep -q 'signal 9' "$folder/err" || return 1
	until_it sh -c "[ \$(sqlite3 '$folder/live' 'select coalesce(sum(crashed), 0) from v_capture') = 1 ]" ||
	    return 1
	play $captures/command-injection.pcap && has_found 2 && end 0
}
ok "a reader that dies is told and started again, and what it told is kept" dies_alone

# A server's greeting that a reader of this build does not survive.
dies_of_a_packet() {
	printf '%s\n' '0000 02 00 00 00 00 01 02 00 00 00 00 02 08 00' >"$folder/hex"
	WAXSEAL_SAVED=$WAXSEAL
	WAXSEAL=${O:-.build}/waxseal-stumbling
	start -i far --gate none
	WAXSEAL=$WAXSEAL_SAVED
	in_space tests/datagram.pl near 'waxseal stumbles here' 2>"$folder/out" || return 1
	until_it grep -q 'is in .*crash-1.pcapng' "$folder/err" || return 1
	grep -q 'signal 6' "$folder/err" && [ "$(stat -c %a "$folder/live.crash-1.pcapng")" = 600 ] &&
	    tshark -r "$folder/live.crash-1.pcapng" -T fields -e data.text -o data.show_as_text:TRUE \
	        2>/dev/null | grep -q 'waxseal stumbles here' && end 0
}
ok "the packet that a reader died of is kept" dies_of_a_packet

tells_silence() {
	start -i far || return 1
	kill -STOP "$(reader | tr -d ' ')"
	sleep 25
	until_it grep -q 'far: the reader said nothing for 30 seconds' "$folder/err" || return 1
	captures_in 2 && play $captures/banner-masked.pcap && has_found 1 && end 0
}
ok "a reader that hangs is ended and started again" tells_silence

# Of one that was not waited for yet a process is left, and nothing of it.
is_over() { [ -z "$(cat /proc/"$watcher"/cmdline 2>/dev/null | tr -d '\0')" ]; }
# What starts the readers is the child of the watcher, and has rights that nothing has afterwards.
ends_without_its_starter() {
	start -i far || return 1
	kill -KILL "$(tr -d ' ' </proc/"$watcher"/task/"$watcher"/children)"
	until_it is_over || return 1
	wait "$watcher"
	[ $? -eq 1 ] && watcher= && grep -q 'what starts the readers is gone' "$folder/err"
}
ok "it does not go on for show once no reader can be started" ends_without_its_starter

waits_for_the_database() {
	start -i far && lock && play $captures/banner-masked.pcap &&
	    until_it grep -q 'live: locked by another process' "$folder/err" || return 1
	unlock
	has_found 1 && end 0
}
ok "what a locked database could not take it takes afterwards" waits_for_the_database

follows_the_database() {
	start -i far && play $captures/banner-masked.pcap && has_found 1 || return 1
	mv "$folder/live" "$folder/moved"
	until_it grep -q 'live: was removed, renamed or replaced' "$folder/err" || return 1
	play $captures/command-injection.pcap && has_found 1 || return 1
	rm -f "$folder"/live "$folder"/live-*
	until_it sh -c "[ \$(grep -c 'live: was removed' '$folder/err') = 2 ]" || return 1
	play $captures/credentials-exposed.pcap
	until_it sh -c "[ \$(sqlite3 '$folder/live' 'select count(*) > 0 from v_findings' 2>/dev/null) = 1 ]" &&
	    end 0 && [ "$(ask "$folder/moved" 'select kind from v_findings')" = banner-masked ] &&
	    "$WAXSEAL" --db "$folder/live" db check >"$folder/out"
}
ok "a database that is moved or removed is told, and one in its place is written" follows_the_database

# Sessions of captures of long ago, and one of now, which vouches for the clock: what is old goes
# while it watches, and what is evidence stays.
to_be_kept='select count(*) from sessions where id in (select session_id from kept)
    or "end" > (strftime("%s", "now") - 3600) * 1000000'
keeps_to_its_limits() {
	start -i far && play $captures/banner-masked.pcap && end 0 &&
	    "$WAXSEAL" --config /dev/null --db "$folder/live" watch -q -r $captures/*.pcap >/dev/null &&
	    kept=$(ask "$folder/live" "$to_be_kept") &&
	    [ "$(ask "$folder/live" 'select count(*) from v_sessions')" -gt "$kept" ] &&
	    start_with_database -i far --keep-sessions 1h --keep-evidence 1000y || return 1
	until_it sh -c "[ \$(sqlite3 '$folder/live' 'select count(*) from v_sessions') = $kept ]" &&
	    end 0 && "$WAXSEAL" --db "$folder/live" db check >"$folder/out"
}
ok "what is older than it is to be kept goes while it watches" keeps_to_its_limits

begins_anew() {
	start -i far || return 1
	kill -HUP "$watcher"
	captures_in 2 && end 0
}
ok "SIGHUP begins anew" begins_anew
# An editor leaves another file of that name; the keeper is enclosed, and must reach it.
rereads() {
	[ -n "$watcher" ] && kill "$watcher" 2>/dev/null && wait "$watcher"
	mkdir -p "$folder/etc" "$folder/data" "$folder/other"
	printf 'interface = far\nlookups = no\ndb = %s\nsensor = one\n' "$folder/data/live" >"$folder/etc/conf"
	: >"$folder/err"
	ip netns exec $space "$WAXSEAL" --config "$folder/etc/conf" watch \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun || return 1
	sed 's/= one/= two/' "$folder/etc/conf" >"$folder/etc/new" && mv "$folder/etc/new" "$folder/etc/conf"
	kill -HUP "$watcher"
	captures_in 2 && play $captures/banner-masked.pcap && until_it found "$folder/data/live" 1 &&
	    [ "$(ask "$folder/data/live" 'select distinct sensor from v_sessions')" = two ]
}
ok "it reads a configuration file that was replaced" rereads
stays_in_reach() {
	sed 's|data/live|other/live|' "$folder/etc/conf" >"$folder/etc/new" && mv "$folder/etc/new" "$folder/etc/conf"
	kill -HUP "$watcher"
	until_it grep -q 'other/live: .*cannot be reached' "$folder/err" || return 1
	play $captures/command-injection.pcap && until_it found "$folder/data/live" 2
}
ok "a database in another folder is told to be out of reach, and it goes on" stays_in_reach
keeps_its_user() {
	sed 's|other/live|data/live|' "$folder/etc/conf" >"$folder/etc/new" && echo 'user = nobody-of-that-name' >>"$folder/etc/new" &&
	    mv "$folder/etc/new" "$folder/etc/conf" && kill -HUP "$watcher" || return 1
	until_it grep -q -- '--user nobody-of-that-name: .*stays so' "$folder/err" && end 0
}
ok "a user that there is not is told, and it goes on" keeps_its_user
tells_how_it_goes() {
	start -i far && kill -USR1 "$watcher" || return 1
	until_it grep -q '0 packets, 0 withheld, 0 flows under way' "$folder/err" && end 0
}
ok "SIGUSR1 tells how it goes" tells_how_it_goes
# As systemctl kill does, which signals whatever belongs to the unit.
all_are_asked() {
	start -i far || return 1
	starter=$(tr -d ' ' </proc/"$watcher"/task/"$watcher"/children)
	# shellcheck disable=SC2046 # several words are meant
	kill -USR1 "$watcher" "$starter" $(reader)
	until_it grep -q '0 packets, 0 withheld' "$folder/err" && play $captures/banner-masked.pcap || return 1
	has_found 1 && end 0 && [ "$(grep -c ': capturing' "$folder/err")" = 1 ]
}
ok "and ends no process that hears it, too" all_are_asked
# timeout(1) signals its child, and then its group.
is_not_hurried() {
	start -i far && play $captures/banner-masked.pcap && kill -TERM "$watcher" || return 1
	sleep 0.1
	end 0 && ! grep -q "in time" "$folder/err" &&
	    [ "$(ask "$folder/live" "select count(*) from v_findings")" = 1 ]
}
ok "a second SIGTERM right behind the first does not hurry it" is_not_hurried

# Ends within ten seconds, and with 0, however the signals are ordered.
ends_by() {
	start -i far || return 1
	for signal in "$@"; do
		kill -s "$signal" "$watcher"
		sleep 0.02
	done
	until_it is_over || return 1
	wait "$watcher"
	[ $? -eq 0 ] && watcher=
}
ok "SIGTERM ends it though it is to begin anew" ends_by HUP TERM
ok "SIGHUP does not keep it from ending" ends_by TERM HUP
many_at_once() {
	start -i far || return 1
	for i in $(seq 100); do
		kill -HUP "$watcher" && kill -USR1 "$watcher" || return 1
		sleep 0.01
	done
	until_it grep -q 'beginning anew' "$folder/err" && end 0
}
ok "neither does one that comes while it begins anew end it" many_at_once

# ---- A service manager ----

# What it is told, a line each, in $folder/told.
manages() {
	perl -MIO::Socket::UNIX -MSocket -e '$| = 1; $s = IO::Socket::UNIX->new(
	    Type => SOCK_DGRAM, Local => $ARGV[0]) or die; print "listens\n";
	    while (defined $s->recv($_, 4096)) { print "$_\n" }' "$folder/manager" >"$folder/told" &
	manager=$!
	until_it grep -q listens "$folder/told"
}
told() { until_it sh -c "[ \$(grep -c '^$1' '$folder/told') -ge $2 ]"; }
sockets() { find /proc/"$watcher"/fd -lname 'socket:*' | wc -l; }
tells_its_manager() {
	manages || return 1
	export NOTIFY_SOCKET="$folder/manager" WATCHDOG_USEC=1000000
	start -i far
	unset NOTIFY_SOCKET WATCHDOG_USEC
	# The database is made, in the same steps by which an older one is brought to this version.
	told EXTEND_TIMEOUT_USEC=60000000 1 && told READY=1 1 && told WATCHDOG=1 2 || return 1
	[ "$(grep -n -m 1 READY=1 "$folder/told" | cut -d: -f1)" -gt "$(grep -n -m 1 EXTEND "$folder/told" | cut -d: -f1)" ] || return 1
	before=$(sockets)
	kill -HUP "$watcher" && told READY=1 2 && captures_in 2 || return 1
	told RELOADING=1 1 && told MONOTONIC_USEC= 1 && ! grep -q STOPPING "$folder/told" &&
	    [ "$(sockets)" = "$before" ] && end 0 && told STOPPING=1 1
}
ok "a manager is told that it is ready, alive, reloads and ends" tells_its_manager
kill "$manager"

# ---- With root, and with no more than CAP_NET_RAW ----

# finds FILE NAMES: what -r finds in these captures, in the database of this watch
finds() {
	rm -f "$folder/saved"*
	for one in $2; do
		play "$captures/$one.pcap" &&
		    "$WAXSEAL" --config /dev/null --db "$folder/saved" watch -q -r "$captures/$one.pcap" \
		        >/dev/null || return 1
	done
	end 0 && same "$folder/saved" "$1" "$findings" && same "$folder/saved" "$1" "$sessions"
}
layer() { grep -q "far: $1: $2" "$folder/err"; }
# What only a kernel or a build lacks, whoever runs it.
may_lack="\(in force\|missing: not in this kernel\)"
nobody_needs() {
	layer "no new privileges" "in force" && layer "no core, no tracing" "in force" &&
	    layer "no descriptor but the socket" "in force" && layer "no capabilities" "in force" &&
	    layer "resource limits" "in force" && layer "landlock, no paths" "$may_lack" &&
	    layer "system calls it needs alone" "in force"
}
root_lacks_nothing() {
	start -i far -v && finds "$folder/live" "$open" && nobody_needs && layer "user of its own" "in force" &&
	    layer "empty root folder" "$may_lack" && ! grep -q "takes root" "$folder/err"
}
ok "root in a new namespace lacks nothing, and finds what -r finds" root_lacks_nothing

# Whoever starts it may allow it less than it allows itself.
is_limited_already() {
	printf '#!/bin/sh\nulimit -n 40 && exec "%s" "$@"\n' "$WAXSEAL" >"$folder/limited" && chmod 755 "$folder/limited"
	WAXSEAL_SAVED=$WAXSEAL
	WAXSEAL=$folder/limited
	start -i far -v
	WAXSEAL=$WAXSEAL_SAVED
	layer "resource limits" "in force" && end 0
}
ok "limits that are tighter already are in force, too" is_limited_already

# In a namespace where something else stands in its place.
without_sys() {
	printf '#!/bin/sh\nexec unshare -m sh -c '"'"'mount -t tmpfs none /sys && exec "$@"'"'"' - "%s" "$@"\n' "$WAXSEAL" >"$folder/blind" &&
	    chmod 755 "$folder/blind"
	WAXSEAL_SAVED=$WAXSEAL
	WAXSEAL=$folder/blind
	start -i far
	WAXSEAL=$WAXSEAL_SAVED
	grep -q 'far: gate: in user space: .*mount /sys' "$folder/err" && play $captures/banner-masked.pcap || return 1
	sleep 1
	[ "$(ask "$folder/live" 'select count(*) from v_findings')" = 1 ] && end 0
}
in_kernel "without /sys it says what the gate lacks, and finds all the same" without_sys

# Kernels may be set to take programs from anybody.
is_refused_ebpf() { [ "$(cat /proc/sys/kernel/unprivileged_bpf_disabled)" = 0 ] || grep -q "$1" "$folder/err"; }

# as_nobody READERS COMMAND...: with capabilities by a way of the caller, until all capture
as_nobody() {
	readers=$1
	shift
	: >"$folder/err"
	chmod 777 "$folder"
	rm -f "$folder"/alone*
	ip netns exec $space setpriv --reuid nobody --regid nogroup --clear-groups "$@" \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun && captures_in "$readers"
}
one_capability="--inh-caps=+net_raw --ambient-caps=+net_raw --bounding-set=-all,+net_raw"

needs_one_capability() {
	# shellcheck disable=SC2086 # several words are meant
	as_nobody 1 $one_capability \
	    "$WAXSEAL" --config /dev/null --db "$folder/alone" watch -v --no-lookups -i far || return 1
	finds "$folder/alone" "$open" && nobody_needs && layer "empty root folder" "missing: " &&
	    layer "user of its own" "missing: takes root" &&
	    is_refused_ebpf "far: gate: in user space: the kernel refuses eBPF: .*CAP_BPF"
}
ok "CAP_NET_RAW alone is enough, and -v says what holds and what takes root" needs_one_capability
is_a_matter_of_the_file() {
	cp "$WAXSEAL" "$folder/waxseal" && setcap cap_net_raw=ep "$folder/waxseal" || return 1
	as_nobody 1 --bounding-set=-all,+net_raw \
	    "$folder/waxseal" --config /dev/null --db "$folder/alone" watch --no-lookups -i far || return 1
	finds "$folder/alone" "$open" && is_refused_ebpf "far: gate: in user space" &&
	    [ "$(grep -c "far: the reader is without: .*user of its own: takes root" "$folder/err")" = 1 ]
}
ok "so is the file's, and what is missing is said without -v, once" is_a_matter_of_the_file
shares_by_hash() {
	# shellcheck disable=SC2086
	as_nobody 2 $one_capability \
	    "$WAXSEAL" --config /dev/null --db "$folder/alone" watch --no-lookups -i far --readers 2 || return 1
	finds "$folder/alone" "$apart" && is_refused_ebpf "far, reader 2: readers share by the outermost" &&
	    [ "$(grep -c "the reader is without" "$folder/err")" = 1 ]
}
ok "two readers work, too, and say what they cannot share" shares_by_hash
insists_in_vain() {
	# shellcheck disable=SC2086
	in_space setpriv --reuid nobody --regid nogroup --clear-groups $one_capability \
	    timeout -s KILL 180 "$WAXSEAL" --config /dev/null --db "$folder/none" watch --no-lookups -i far --gate ebpf \
	    >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq 1 ] && grep -q "far: --gate ebpf: the kernel refuses eBPF" "$folder/err" &&
	    ! grep -q "in user space" "$folder/err"
}
if [ "$(cat /proc/sys/kernel/unprivileged_bpf_disabled)" = 0 ]; then
	count=$((count + 1))
	echo "ok $count - --gate ebpf is refused without CAP_BPF # SKIP anybody may use eBPF here"
else
	ok "--gate ebpf is refused without CAP_BPF, and nothing is said to go on" insists_in_vain
fi
hears_what_it_is_set_to() { start -i any && end 0 && grep -q "any: not promiscuous: .*promisc on" "$folder/err"; }
ok "all interfaces are not promiscuous, and that is said" hears_what_it_is_set_to
is_refused_plainly() {
	in_space setpriv --reuid nobody --regid nogroup --clear-groups --bounding-set=-all \
	    "$WAXSEAL" --config /dev/null --db "$folder/none" watch --no-lookups -i far \
	    >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq 1 ] && grep -q CAP_NET_RAW "$folder/err"
}
ok "without it there is one line that says what to do" is_refused_plainly

echo "1..$count"
