#!/bin/sh
# A long watch under everything that goes wrong on a tap, as root, in network namespaces of our own.
# Called by `make soak`.
#
#	SOAK_SECONDS=3600
#	SOAK_SESSIONS=1000	short ones in each round, at SOAK_RATE=5000 packets a second
#	SOAK_KEEP=DIRECTORY	where all that was made stays
#
# The load: short sessions with and without TLS; long ones of both kinds all the time, slowly; much
# ciphertext now and then; attacks, from tests/captures, whose incidents are closed, so that they come
# again. Policies are looked up, metrics are served, and six sinks are told (tests/soak/sinks.sh).
# What goes wrong, in turns: each process is killed, the database is locked, for long too, or its disk
# is full, an interface comes and goes, the clock is set ahead and back, the log is rotated, the
# database is moved away, pruned and copied; and beside all that the sinks, the resolver and the policy
# host are down, slow, full, refuse or talk nonsense.
#
# Ends well where memory and descriptors are flat, every database is sound by `db check`, each session
# that was sent is accounted for (tests/soak/sessions.sql), what is whole is judged right, and each
# sink was told all that it should have been, twice only beside a kill (tests/soak/alerts.sql).
#
# The clock is that of tests/stepping.c: the machine's own is not set. Readers have little memory, so
# that all of it was in use before it is measured. In the second half no process is killed but readers,
# and the keeper is not begun anew: what they hold must stop growing by itself.
set -eu

O=${O:-.build}
seconds=${SOAK_SECONDS:-3600}
sessions=${SOAK_SESSIONS:-1000}
rate=${SOAK_RATE:-5000}
keep=${SOAK_KEEP:-}
bin=$O/bench
near_space=waxseal-soak-near-$$
far_space=waxseal-soak-far-$$
day=86400

[ "$(id -u)" -eq 0 ] || { echo "soak: needs root, for network namespaces" >&2; exit 1; }
mkdir -p "$bin"
dir=$(mktemp -d "$bin/soak.XXXXXX")
dir=$(cd "$dir" && pwd)
mkdir "$dir/data"
db=$dir/data/db
watcher=
. tests/soak/sinks.sh
clean_up() {
	rm -f "$dir/go"
	for process in $watcher $(cat "$dir"/playing.* 2>/dev/null) ${long:-} ${troubles:-}; do
		kill "$process" 2>/dev/null || :
	done
	[ -z "$watcher" ] || wait "$watcher" || :
	[ -z "$keep" ] || cp -r "$dir" "$keep"
	end_sinks
	umount "$dir/data" 2>/dev/null || :
	ip netns del $near_space 2>/dev/null || :
	ip netns del $far_space 2>/dev/null || :
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

bad=0
complain() {
	echo "BAD: $*"
	bad=1
}
# until_it SECONDS COMMAND...: for at most so long
until_it() {
	tries=$(($1 * 5))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { complain "waited in vain for: $*"; return 0; }
		sleep 0.2
	done
}

${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$bin/generate" tests/bench/generate.c
cp "$O/waxseal-stepping" "$dir/watch"
set_clock() { perl -e 'print pack "q", shift' -- "$1" 1<>"$dir/watch.clock"; }
set_clock 0
# A disk of its own, that can be full.
mount -t tmpfs -o size=1G none "$dir/data"

ip netns add $near_space
ip netns add $far_space
ip -n $near_space link add near mtu 9000 type veth peer name far netns $far_space
ip -n $far_space link set far mtu 9000 up
ip -n $near_space link set near up
add_flap() {
	ip -n $far_space link add flap type veth peer name flop netns $near_space
	ip -n $far_space link set flap up
	ip -n $near_space link set flop up
}

# ---- The load ----

# sent LIST LOAD: these sessions are played. A file for each load: they are played at the same time.
sent() { sed "s/\$/ $2/" "$1" >>"$dir/sent.$2"; }
# play NAME INTERFACE ARGUMENT...: NAME is nobody else's meanwhile
play() {
	name=$1 interface=$2
	shift 2
	ip netns exec $near_space tcpreplay -q -i "$interface" "$@" >"$dir/play.$name" 2>&1 &
	echo $! >"$dir/playing.$name"
	wait $! || { echo "tcpreplay $name:"; tail -n 2 "$dir/play.$name"; }
	rm -f "$dir/playing.$name"
}
make_load() {	# NAME SEED OPTION...
	load=$1 seed=$2
	shift 2
	"$bin/generate" -m 400 -r "$seed" -k "$dir/$load.list" "$@" >"$dir/$load.pcap"
}

# Four at a time, half of them with TLS, for a minute or so, and then the next.
play_long() {
	turn=0
	while [ -e "$dir/go" ]; do
		turn=$((turn + 1))
		echo $turn >"$dir/turn"
		make_load long $((100000 + turn)) -n 4 -i 4 -e 50 -b 100000
		sent "$dir/long.list" long
		play long near --pps 50 "$dir/long.pcap"
	done
}

# Captures of attacks whose connections are each their own, and come to an end.
find_attacks() {
	: >"$dir/ends"
	for path in tests/captures/*.pcap; do
		name=$(basename "$path" .pcap)
		rm -f "$dir/saved"*
		"$O/waxseal" --config /dev/null --db "$dir/saved" watch -q -r "$path" >"$dir/out" 2>&1 ||
		    continue
		[ -e "$dir/saved" ] && capinfos -E "$path" | grep -q 'Ethernet$' || continue
		[ "$(sqlite3 "$dir/saved" "select count(*) > 0 and min(ending in ('fin', 'reset')) and
		    count(distinct client || ' ' || client_port || ' ' || server) = count(*)
		    from v_sessions")" = 1 ] || continue
		sqlite3 -separator ' ' "$dir/saved" "select client, client_port, server, outcome
		    from v_sessions" >"$dir/attack.$name"
		cut -d ' ' -f 1-3 "$dir/attack.$name" | grep -qxFf "$dir/ends" && continue
		cut -d ' ' -f 1-3 "$dir/attack.$name" >>"$dir/ends"
		import_rows "$dir/saved" proven
		echo "$name"
	done
}
import_rows() {	# DATABASE TABLE
	sqlite3 "$dir/account" <<-END
		attach '$1' as db;
		insert into $2 select s.client, s.client_port, s.server, s.outcome, s.ending, s.complete,
		    s.packets,
		    (select group_concat(kind) from (select kind from findings f
		     where f.session_id = s.id and f.certainty = 2 order by kind)),
		    (select group_concat(kind) from findings f where f.session_id = s.id and f.severity = 3)
		from db.v_sessions s ${3:-};
	END
}

# ---- The watch ----

import='client, port integer, server, outcome, ending, complete, packets, found, critical'
sqlite3 "$dir/account" "create table got ($import); create table proven ($import);
    create table sent (client, port integer, server, outcome, load);
    create table pruned (id integer primary key);
    create table crashes (turn integer);
    create table kills (turn integer);
    create table hours (summed, records, pruned);
    create table incidents (era integer, id integer, kind, severity, muted, withdrawn, parent,
      primary key (era, id));
    create table alerts (era integer, id integer, event, at integer, incident integer, sink, state,
      why, summed_in integer, is_there integer, primary key (era, id, sink));
    create table minutes (minute, packets, dropped, withheld, evicted, untold, crashed)"
import_minutes='insert into minutes
    select minute, packets, dropped, withheld, evicted, untold, crashed from'
find_attacks >"$dir/attacks"
attacks=$(wc -l <"$dir/attacks")

begin_sinks
{
	printf '%s\n' interface=far interface=flap readers=2 memory=16M lookups=yes resolver=127.0.0.1 \
	    "ca-file=$dir/ca.pem" metrics=127.0.0.1:9725 "metrics-file=$dir/metrics.prom"
	write_configuration
} >"$dir/conf"

: >"$dir/err"
log() { cat "$dir"/err*; }
captured() { log | grep -c "$1, reader .*: capturing" || :; }
has_captured() { [ "$(captured "$1")" -ge "$2" ]; }
begin_watch() {
	before=$(captured far)
	ip netns exec $far_space "$dir/watch" --config "$dir/conf" --db "$db" watch \
	    >>"$dir/out" 2>>"$dir/err" &
	watcher=$!
	until_it 20 has_captured far $((before + 2))
}
begin_watch

# children PROCESS...: of them
children() { for parent in "$@"; do cat /proc/"$parent"/task/*/children; done 2>/dev/null; }
# What the starter started.
# shellcheck disable=SC2046
roles() { children $(children "$watcher"); }
role_of() { { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null | sed -n 's/^[^ ]* @\([a-z]*\) $/\1/p'; }
# role NAME: its process, or those of it
role() {
	for process in $(children "$watcher") $(roles); do
		[ "$(role_of "$process")" != "$1" ] || echo "$process"
	done
}
# Readers that stay: one of an interface that is not there is gone at once.
steady_readers() {
	for process in $(role reader); do
		# Begun how many ticks after the system, proc(5); the name before it may hold anything.
		sed 's/.*) //' /proc/"$process"/stat /proc/uptime 2>/dev/null | awk -v process="$process" '
			NR == 1 { begun = $20 / 100 }
			NR == 2 && $1 - begun >= 2 { print process }'
	done
}
others="starter checker courier runner exporter"
# What each holds: its role, kilobytes that are its own, descriptors; of one that ends just now nothing.
measure() {
	for process in $watcher $(for name in $others; do role "$name"; done) $(steady_readers); do
		name=keeper
		[ "$process" = "$watcher" ] || name=$(role_of "$process")
		memory=$(awk '/^(Pss_Anon|Pss_Shmem):/ { sum += $2 } END { print sum + 0 }' \
		    "/proc/$process/smaps_rollup" 2>/dev/null) || continue
		files=$(find "/proc/$process/fd" -mindepth 1 2>/dev/null | wc -l)
		[ -z "$name" ] || echo "$name $memory $files"
	done
}
measure_line() {
	measure | awk '{ memory += $2; files += $3; each = each " " $1 " " $2 "/" $3 }
	    END { print memory, files, "(" substr(each, 2) ")" }'
}

# ---- What goes wrong ----

crash() {	# SIGNAL
	before=$(captured far)
	told=$(log | grep -c 'lost with it' || :)
	victim=$(steady_readers | head -n 1)
	[ -n "$victim" ] || { complain "no reader to be ended"; return; }
	cat "$dir/turn" >>"$dir/crashes"
	kill -"$1" "$victim"
	until_it 5 is_told_beyond "$told"
	until_it 70 has_captured far $((before + 1))
	! kill -0 "$victim" 2>/dev/null || complain "reader $victim lives on"
}
# kill_role NAME: another one follows
kill_role() {
	restarts=$(log | grep -c "$1: was ended by signal 9" || :)
	victim=$(role "$1" | head -n 1)
	[ -n "$victim" ] || { complain "no $1 to be ended"; return; }
	killing "$1" kill -KILL "$victim"
	until_it 20 was_restarted "$1" "$restarts"
}
was_restarted() {
	[ "$(log | grep -c "$1: was ended by signal 9")" -gt "$2" ] && [ -n "$(role "$1")" ]
}
kill_watch() {	# keeper: it alone, and what it started ends by itself; watch: all
	# What was sent is over and recorded by then, but for the long ones.
	sleep 14
	all="$watcher $(children "$watcher") $(roles)"
	if [ "$1" = keeper ]; then victims=$watcher; else victims=$all; fi
	for turn in 0 0; do cat "$dir/turn"; done >>"$dir/kills"
	# shellcheck disable=SC2086 # numbers
	killing "$1" kill -KILL $victims
	wait "$watcher" 2>/dev/null || :
	for process in $all; do until_it 15 is_gone "$process"; done
	# What it had counted in its last minute and not yet written.
	uncounted=$((received + $(packets_of far) + $(flap_packets) - $(sum_of_packets)))
	begin_watch
}
is_gone() { ! grep '^State:' "/proc/$1/status" 2>/dev/null | grep -qv Z; }
flap_packets() { packets_of flap 2>/dev/null || echo 0; }
sum_of_packets() {
	sqlite3 "$dir/account" "attach '$db' as db; select coalesce(sum(packets + withheld + dropped), 0)
	    from (select packets, withheld, dropped from minutes union all
	      select packets, withheld, dropped from db.v_capture)"
}
# The disk of the database is full for so long.
fill_database() {
	fill_disk "$dir/data"
	sleep "$1"
	rm -f "$dir/data/fill"
}
is_told_beyond() { [ "$(log | grep -c 'lost with it')" -gt "$1" ]; }
lock() { printf '.timeout 20000\nbegin immediate;\n.shell sleep %d\nrollback;\n' "$1" | sqlite3 "$db"; }
rotate_log() {
	cp "$dir/err" "$dir/err.$round"
	: >"$dir/err"
	begin_anew
}
begin_anew() {
	before=$(captured far)
	kill -HUP "$watcher"
	until_it 20 has_captured far $((before + 2))
}
# A database is moved away with what belongs to it, and the next begins where it was.
move_database() {
	for end in '' -wal -shm; do
		[ ! -e "$db$end" ] || mv "$db$end" "$dir/data/moved$end"
	done
	begin_anew
	drain "$dir/data/moved"
	close_account "$dir/data/moved"
	rm -f "$dir/data/moved"*
}
waiting() { sqlite3 "$1" ".timeout 20000" "select count(*) from v_alerts where state in ('waiting', 'held', 'failed')"; }
is_empty() { [ "$(waiting "$1")" = 0 ]; }
# What waits in a database that nobody watches into is sent by whoever alerts from it next.
drain() {
	head -c 24 "$dir/short.pcap" >"$dir/empty.pcap"
	for _ in $(seq 1 20); do
		"$O/waxseal" --config "$dir/conf" --db "$1" alert retry >>"$dir/retries" 2>&1 || :
		in_far "$dir/watch" --config "$dir/conf" --db "$1" watch --alerts -q -r "$dir/empty.pcap" \
		    >>"$dir/drained" 2>&1 || complain "drain: $(tail -n 1 "$dir/drained")"
		! is_empty "$1" || return 0
		sleep 10
	done
	complain "$(waiting "$1") alerts wait in the database that was moved away"
}
prune() {
	sqlite3 "$db" 'select id from v_sessions' >"$dir/ids"
	sqlite3 "$dir/account" ".import '$dir/ids' pruned"
	cp "$dir/account" "$dir/account.before"
	sqlite3 "$db" ".backup '$dir/whole'"
	"$O/waxseal" --db "$db" db prune --before 3m >"$dir/out" || complain "db prune: $(cat "$dir/out")"
	sqlite3 "$dir/account" "attach '$db' as db;
	    delete from pruned where id in (select id from db.sessions)"
	import_rows "$dir/whole" got "where s.id in (select id from pruned)"
	import_alerts "$dir/whole" 0
	sqlite3 "$dir/account" "attach '$dir/whole' as whole; attach '$db' as db;
	    $import_minutes whole.v_capture where minute not in (select minute from db.v_capture)"
	pruned=$((pruned + $(sqlite3 "$dir/account" 'select count(*) from pruned; delete from pruned')))
	rm -f "$dir/whole"*
	"$O/waxseal" --db "$db" db backup "$dir/copy" >"$dir/out" || complain "db backup"
	"$O/waxseal" --db "$dir/copy" db check >"$dir/out" || complain "the copy: $(cat "$dir/out")"
	rm -f "$dir/copy"*
}
# What a database has of alerts; what was known of them before is replaced.
import_alerts() {	# DATABASE WHETHER-IT-IS-CLOSED
	sqlite3 "$dir/account" "attach '$1' as db;
	    insert or replace into incidents select $era, v.id, v.kind, v.severity, i.mute_id is not null,
	      coalesce(v.note like 'withdrawn: %', 0), v.parent from db.v_incidents v join db.incidents i using (id);
	    insert into alerts select $era, id, event, at, incident, sink, state, why, summed_in, $2
	      from db.v_alerts where true
	    on conflict do update set state = excluded.state, why = excluded.why, is_there = $2,
	      summed_in = coalesce(excluded.summed_in, summed_in)"
}
# What a database has goes to the account.
close_account() {
	"$O/waxseal" --db "$1" db check >"$dir/out" || complain "db check: $(cat "$dir/out")"
	import_rows "$1" got ''
	import_alerts "$1" 1
	era=$((era + 1))
	sqlite3 "$dir/account" "attach '$1' as db;
	    insert into hours select (select coalesce(sum(sessions), 0) from db.v_hourly),
	      (select count(*) from db.v_sessions), $pruned;
	    $import_minutes db.v_capture"
	pruned=0
}

# In round 3 all of a load is played on the interface that comes, in round 4 half of one before it goes.
play_on_flap() {
	until_it 90 has_captured flap "$1"
	make_load flap $((200000 + round)) -n 300 -i 100 -e 50 -b 600
	sent "$dir/flap.list" flap
	play flap flop --pps 3000 "$dir/flap.pcap"
}
cut_on_flap() {
	make_load flap $((200000 + round)) -n 300 -i 100 -e 50 -b 600
	editcap -r "$dir/flap.pcap" "$dir/half.pcap" 1-5000
	tshark -r "$dir/half.pcap" -Y 'tcp.len > 0 and tcp.dstport == 25' -T fields -E separator=' ' \
	    -e ip.src -e ipv6.src -e tcp.srcport -e ip.dst -e ipv6.dst 2>/dev/null | tr -s ' ' |
	    sed 's/^ //' >"$dir/half"
	tshark -r "$dir/half.pcap" -Y 'tcp.len > 0 and tcp.srcport == 25' -T fields -E separator=' ' \
	    -e ip.dst -e ipv6.dst -e tcp.dstport -e ip.src -e ipv6.src 2>/dev/null | tr -s ' ' |
	    sed 's/^ //' >>"$dir/half"
	sort -u "$dir/half" | sed 's/ *$//' >"$dir/half.list"
	grep -Ff "$dir/half.list" "$dir/flap.list" >"$dir/cut.list"
	sent "$dir/cut.list" cut
	play flap flop --pps 3000 "$dir/half.pcap"
	sleep 1
	ip -n $far_space link set flap down
	until_it 10 has_told 'flap: .*went down'
}
has_told() { log | grep -q "$1"; }

packets_of() { ip netns exec $far_space cat /sys/class/net/"$1"/statistics/rx_packets; }
is_first_half() { [ $(($(date +%s) - start)) -lt $((seconds / 2)) ]; }

# What goes wrong while the load of the round is played.
go_wrong() {
	case $((round % 13)) in
	1) crash SEGV ;;
	2) lock 7 ;;
	3) ;;
	4) ;;
	5)
		received=$((received + $(packets_of flap)))
		ip -n $far_space link del flap
		;;
	6) set_clock 21600 ;;
	7) lock 30 ;;
	8) set_clock -$day ;;
	9) crash KILL ;;
	11) fill_database 10 ;;
	10)
		# Until after the next look at what is too old.
		set_clock $((3650 * day))
		sleep 12
		set_clock 0
		;;
	esac
}

# Who dies when the load of the round is under way, in the first half.
kill_somebody() {
	case $((round % 13)) in
	1 | 6 | 10) kill_role courier ;;
	3 | 8) kill_role runner ;;
	2) kill_role checker ;;
	4) kill_role exporter ;;
	esac
}
# By what became known of it meanwhile it is nothing, and nobody had been told.
is_withdrawn() { [ "$(sqlite3 "$db" ".timeout 20000" "select count(*) from incidents where id = $1")" = 0 ]; }
# Its operators have done something about what is open.
close_incidents() {
	for id in $(sqlite3 "$db" ".timeout 20000" "select id from v_incidents where state = 'open' and
	    parent is null order by severity = 'critical' desc, last_seen limit 12"); do
		"$O/waxseal" --db "$db" close "$id" >>"$dir/closed" 2>&1 || is_withdrawn "$id" ||
		    complain "close $id: $(tail -n 1 "$dir/closed")"
	done
}

# ---- The rounds ----

: >"$dir/go"
play_long &
long=$!
trouble_sinks &
troubles=$!
start=$(date +%s)
round=0 pruned=0 flaps=0 received=0 uncounted=0 era=1
: >"$dir/measures"
: >"$dir/kills"
while [ $(($(date +%s) - start)) -lt "$seconds" ] || [ $((round % 13)) -ne 0 ]; do
	round=$((round + 1))
	many=$sessions
	# More than readers can hold back while the database is locked for long.
	[ $((round % 13)) -ne 7 ] || many=$((4 * sessions))
	make_load short $round -n "$many" -e 60 -b 600 -i 300
	sent "$dir/short.list" short
	play short near --pps "$rate" "$dir/short.pcap" &
	short=$!
	sleep 2
	go_wrong
	attack=$(sed -n "$((round % attacks + 1))p" "$dir/attacks")
	sent "$dir/attack.$attack" attack
	play attack near --pps 500 "tests/captures/$attack.pcap"
	! is_first_half || kill_somebody
	wait $short
	case $((round % 13)) in
	3)
		add_flap
		play_on_flap $((flaps + 2))
		;;
	4)
		cut_on_flap
		flaps=$(captured flap)
		;;
	7)
		make_load bulk $((300000 + round)) -n 4 -i 4 -e 100 -b 2000000
		sent "$dir/bulk.list" bulk
		play bulk near --pps 4000 "$dir/bulk.pcap"
		;;
	5) ! is_first_half || kill_watch keeper ;;
	10) ! is_first_half || kill_watch watch ;;
	11) ! is_first_half || rotate_log ;;
	12) prune ;;
	0)
		sleep 5
		{
			measure
			echo "subjects $(sqlite3 "$db" '.timeout 20000' 'select count(*) from subjects') 0"
		} | sed "s/^/$(($(date +%s) - start)) /" >>"$dir/measures"
		! is_first_half || [ $((round % 26)) -ne 0 ] || move_database
		;;
	esac
	# A rival's flows linger so long, and attacks come again behind it.
	sleep 4
	close_incidents
	echo "$(date +%T) round $round: $attack, $(cat "$dir"/sent.* | wc -l) sent, $(measure_line)"
done

rm "$dir/go"
wait $long
wait $troubles
sleep 15
retry_refused
until_it 300 is_empty "$db"
# As old as what the database is asked for may be.
sleep 16
in_far curl -s -m 5 http://127.0.0.1:9725/metrics >"$dir/metrics"
received=$((received + $(packets_of far)))
kill -USR1 "$watcher"
sleep 1
kill -TERM "$watcher"
status=0
wait "$watcher" || status=$?
watcher=
close_account "$db"
take_account "$dir/account"
cp "$dir/account" "$dir/proof"

# ---- The account ----

log | grep ' withheld,' | tail -n 1
cat "$dir"/sent.* >"$dir/sent"
sqlite3 "$dir/account" ".separator ' '" ".import '$dir/sent' sent" \
    ".import '$dir/crashes' crashes" ".import '$dir/kills' kills" "create table lost as select
    sum(packets) as packets, sum(dropped) as dropped, sum(withheld) as withheld,
    sum(evicted) as evicted, sum(untold) as untold, sum(crashed) as crashed,
    count(distinct minute / 86400000000) as days, count(distinct minute) as minutes from minutes"
sqlite3 "$dir/account" ".read tests/soak/sessions.sql" ".read tests/soak/alerts.sql" >"$dir/report"
cat "$dir/report"
! grep -q '^BAD' "$dir/report" || bad=1

# The account of alerts can fail: without one line of each sink that is told.
for name in $numbered_sinks; do
	sqlite3 "$dir/proof" "delete from taken where rowid = (select t.rowid from taken t
	    join alerts a using (id, at, sink) where sink = '$name' and how = 'taken' and state = 'sent'
	    group by id, at having count(*) = 1 order by random() limit 1)"
done
sqlite3 "$dir/proof" ".read tests/soak/alerts.sql" >"$dir/proven"
for name in $numbered_sinks; do
	grep -q "^BAD: .* count as sent to $name, and it has none of them" "$dir/proven" ||
	    complain "the account does not see that an alert to $name is missing"
done

# All that came to the interfaces was counted, but for what came while readers were begun anew, and what
# a keeper that was killed had not written.
counted=$(sqlite3 "$dir/account" 'select packets + withheld + dropped from lost')
echo "account: $counted packets in v_capture of $received that the interfaces received," \
    "$uncounted not written when the watch was killed"
counted=$((counted + uncounted))
[ $((counted * 100)) -ge $((received * 98)) ] && [ $((counted * 100)) -le $((received * 101)) ] ||
    complain "packets are missing from v_capture, or are too many"
! grep 'process_up.* 0$' "$dir/metrics" | grep -v 'interface="flap"' || complain "a process is down"
grep 'process_restarts_total.* [1-9]' "$dir/metrics" || :
[ "$(grep -c 'alert_deliveries.*waiting.* 0$' "$dir/metrics")" = 1 ] ||
    complain "metrics: $(grep alert_deliveries "$dir/metrics")"

# At the end of the run beside the most of the middle third, by role.
echo "seconds, role, memory (kB), descriptors:"
cat "$dir/measures"
awk -v seconds="$seconds" -f tests/soak/flat.awk "$dir/measures" >"$dir/report"
cat "$dir/report"
! grep -q '^BAD' "$dir/report" || bad=1
[ $status -eq 0 ] || complain "it ended with $status: $(log | tail -n 3)"
exit $bad
