#!/bin/sh
# Several readers of one interface, of which one is killed: the sessions of the others stay whole, and
# what was lost with it is on record.
set -u

. tests/tap.sh
. tests/space.sh

# Sessions that are all open from the first second to the last, so that each reader has some.
sessions=60
steady=$folder/steady.pcap
makes_steady() {
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$folder/generate" tests/bench/generate.c \
	    2>"$folder/err" &&
	    "$folder/generate" -n $sessions -m 40 -e 0 -b 200000 -i $sessions >"$steady"
}
ok "there is a capture of long sessions" makes_steady

readers() {
	# shellcheck disable=SC2046 # children are words
	cat /proc/$(tr -d ' ' </proc/"$watcher"/task/"$watcher"/children)/task/*/children
}
first() { shift $(($1)) && echo "$1"; }

# kills NUMBER: that reader, in the middle of all sessions, which go on while it is away and when it is back
kills() {
	# shellcheck disable=SC2046
	victim=$(first "$1" $(readers))
	come=$(came)
	play_slowly &
	player=$!
	until_it is_amid && kill -KILL "$victim" && captures_in 4 || return 1
	wait $player
	end 0
}
came() { in_space cat /sys/class/net/far/statistics/rx_packets; }
is_amid() { [ "$(came)" -gt $((come + packets / 3)) ]; }
# Five seconds: the reader is back in the middle of it.
play_slowly() { in_space tcpreplay -q -i near --duration=30 --pps "$pps" "$steady" >"$folder/play" 2>&1; }

# Each connection was seen whole, and in one piece, or it was lost with the reader, which says so.
is_accounted_for() {
	ask "$folder/live" "create temp table c as select max(complete) as is_whole, count(*) as pieces
	    from v_sessions group by client, client_port;
	    select (select count(*) from c), sum(not is_whole), sum(is_whole and pieces > 1),
	    (select sum(crashed) from v_capture), (select sum(dropped) from v_capture) from c" |
	    tr '|' ' ' >"$folder/sums"
	read -r all lost doubled crashed dropped <"$folder/sums"
	echo "$all connections, $lost not whole, $doubled whole and in pieces," \
	    "$crashed lost with the reader, $dropped packets dropped" >"$folder/out"
	[ "$all" -eq $sessions ] && [ "$doubled" -eq 0 ] && [ "$lost" -gt 0 ] &&
	    [ "$lost" -le "$crashed" ] && [ "$lost" -lt $((sessions / 2)) ] && [ "$dropped" -gt 0 ]
}
# But for a few that a new interface sends by itself.
is_counted() {
	ask "$folder/live" "select sum(packets + dropped) - $packets from v_capture" >"$folder/out"
	beyond=$(cat "$folder/out")
	[ "$beyond" -ge 0 ] && [ "$beyond" -le 50 ]
}
spares_the_others() {
	number=$1
	shift
	start -i far --readers 3 "$@" && captures_in 3 && kills "$number" && is_accounted_for
}
WAXSEAL_ALONE=$WAXSEAL
packets=$(tcpdump -r "$steady" 2>/dev/null | wc -l)
pps=$((packets / 5))
for number in 1 2 3; do
	ok "sessions of the others are whole when reader $number is killed" spares_the_others $number
	ok "and each packet was read, or counts as dropped" is_counted
done

# One session is over when the only reader dies, and one under way; whatever it read is counted.
makes_two() {
	"$folder/generate" -n 1 -e 0 -b 100000 -i 1 -r 3 >"$folder/one.pcap" &&
	    "$folder/generate" -n 1 -e 0 -b 100000 -i 1 -r 5 >"$folder/other.pcap"
}
is_on_record() {
	makes_two && start -i far && play "$folder/other.pcap" && play --limit 12 "$folder/one.pcap" &&
	    until_it has_read 224 || return 1
	# shellcheck disable=SC2046
	kill -KILL "$(first 1 $(readers))"
	captures_in 2 && until_it grep -q 'lost with it: 1 flow under way' "$folder/err" && end 0 || return 1
	ask "$folder/live" 'select sum(crashed), sum(packets) from v_capture' >"$folder/out"
	[ "$(cat "$folder/out")" = '1|224' ]
}
ok "what is lost with a reader is on record, and no more" is_on_record

# What the interface lost shows in its own statistics, here in one that stands in for it. It had lost
# some before, and it is one interface, however many read it. A server that does not offer STARTTLS is
# found only where all of its reply was sure to be seen: here of two sessions, one is under way.
has_lost() { [ "$(told_of drop)" = "$1" ]; }
statistic=/sys/class/net/far/statistics/rx_missed_errors
missing=tests/captures/starttls-missing.pcap
loses() {
	echo 5000 >"$folder/missed"
	cat >"$folder/lossy" <<-END
		#!/bin/sh
		mount --bind "$folder/missed" $statistic && exec "$WAXSEAL_ALONE" "\$@"
	END
	chmod 755 "$folder/lossy"
	WAXSEAL=$folder/lossy
	start -i far --readers 3
	WAXSEAL=$WAXSEAL_ALONE
	captures_in 3 && editcap -r $missing "$folder/begin.pcap" 1-4 &&
	    editcap $missing "$folder/rest.pcap" 1-4 && play "$folder/begin.pcap" && until_it has_read 4 || return 1
	echo "$1" >"$folder/missed"
	sleep 1
	until_it has_lost $(($1 - 5000)) && play "$folder/rest.pcap" && end 0 || return 1
	ask "$folder/live" "select sum(dropped), (select count(*) from v_findings
	    where kind = 'starttls-missing') from v_capture" >"$folder/out"
	[ "$(cat "$folder/out")" = "$2" ]
}
ok "what an interface had lost before is not counted" loses 5000 '0|2'
ok "what it loses is counted once, and makes what is absent not seen" loses 5007 '7|1'

# Another interface of the same name: nothing of the old one's group is of use, a dead reader's place least.
lay_late() {
	in_space ip link add late type veth peer name early && in_space ip link set early mtu 9000 up &&
	    in_space ip link set late mtu 9000 up
}
shares_anew() {
	lay_late && start -i late --readers 3 && captures_in 3 || return 1
	# shellcheck disable=SC2046
	kill -KILL "$(first 2 $(readers))"
	in_space ip link del late
	sleep 3
	lay_late && until_it sh -c "[ \$(grep -c ': capturing' '$folder/err') -ge 6 ]" &&
	    in_space tcpreplay -q -i early --pps 20000 "$steady" >"$folder/play" 2>&1 || return 1
	end 0
	ask "$folder/live" 'select count(*) from v_sessions where complete' >"$folder/out"
	[ "$(cat "$folder/out")" -eq $sessions ]
}
ok "an interface that vanishes as a reader dies is shared anew" shares_anew

# With no more than CAP_NET_RAW the kernel refuses programs, and shares out by its own hash.
alone() {
	chmod 777 "$folder"
	cat >"$folder/alone" <<-END
		#!/bin/sh
		exec setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=+net_raw \
		    --ambient-caps=+net_raw --bounding-set=-all,+net_raw "$WAXSEAL_ALONE" "\$@"
	END
	chmod 755 "$folder/alone"
	WAXSEAL=$folder/alone
}
alone
ok "and so they are where the kernel's own hash shares out" spares_the_others 2

echo "1..$count"
