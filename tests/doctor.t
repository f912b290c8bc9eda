#!/bin/sh
# waxseal doctor, on interfaces and databases that are made for it.
set -u

. tests/tap.sh
. tests/space.sh

printf '[sink ops]\ntype = syslog\n' >"$folder/conf"
# doctor ARGUMENT...: in the namespace, asking nobody
doctor() {
	in_space "$WAXSEAL" --config "$folder/conf" --db "$folder/db" doctor --no-lookups "$@" \
	    >"$folder/out" 2>"$folder/err"
}
# says STATE CHECK TEXT
says() { grep -q "^$1  *$2  *.*${3-}" "$folder/out"; }
finds() {
	doctor -i "$4"
	says "$1" "$2" "$3"
}

in_space ip link add doctored type veth peer name other >/dev/null 2>&1
ok "an interface that is not there" finds wrong interface 'there is no such interface' none
ok "one that is down" finds wrong interface 'is down' doctored
ok "what to do about it" grep -q 'to do: ip link set doctored up$' "$folder/out"
in_space ip link set doctored up
ok "one without a link" finds wrong interface 'no link' doctored
in_space ip link set other up
ok "one that is up" finds ok interface 'is up' doctored
in_space ethtool -K doctored gro on >/dev/null 2>&1
ok "one that merges packets, which does no harm" finds note offloads GRO doctored
in_space ethtool -K doctored gro off >/dev/null 2>&1
ok "one that does not" finds ok offloads 'as they are' doctored
is_promiscuous() {
	in_space ip link set doctored promisc on && finds ok interface promiscuous$ doctored
}
ok "one that is promiscuous" is_promiscuous

status_is() {
	wanted=$1
	shift
	doctor "$@"
	[ $? -eq "$wanted" ]
}
ok "something wrong is exit status 1" status_is 1 -i none
ok "nothing is changed: no database is made" test ! -e "$folder/db"
ok "a sink is one" says ok sinks ops
no_sink() {
	in_space "$WAXSEAL" --config /dev/null --db "$folder/db" doctor --no-lookups -i any \
	    >"$folder/out" 2>"$folder/err"
	says wrong sinks 'no alert is sent'
}
ok "without a sink no alert is sent" no_sink
advice_works() {
	grep -q 'to do: set one in /dev/null: a line "\[sink ops\]", and "type = syslog" below it$' \
	    "$folder/out"
}
ok "and how to set one, which the other configuration did" advice_works
# Whoever may write it decides what is executed and where alerts go.
is_open_to_all() {
	chmod 646 "$folder/conf" && finds wrong configuration 'everybody may write it' none &&
	    grep -q "to do: chmod o-w $folder/conf\$" "$folder/out"
}
ok "a configuration that everybody may write" is_open_to_all
chmod 644 "$folder/conf"
ok "one that everybody may read" finds ok configuration 'can be read' none
printf 's3cret\n' | tee "$folder/token" "$folder/url" >"$folder/key"
chmod 600 "$folder/token" "$folder/url" "$folder/key"
cp "$folder/conf" "$folder/syslog.conf"
printf '[sink hook]\ntype = webhook\nurl = https://192.0.2.1/\nheader-file = X-Key:  %s\ntoken-file = %s\n' \
    "$folder/key" "$folder/token" >>"$folder/conf"
ok "secrets that their owner alone may read" finds ok sinks '2 set' none
is_exposed() {
	chmod 644 "$1" && finds wrong sinks "everybody may read $1" none &&
	    grep -q "to do: chmod o-r $1\$" "$folder/out" && chmod 600 "$1"
}
ok "a token that everybody may read" is_exposed "$folder/token"
ok "a header that everybody may read" is_exposed "$folder/key"
sed -i "s|^url = .*|url-file = $folder/url|" "$folder/conf"
ok "a URL that everybody may read" is_exposed "$folder/url"
mv "$folder/syslog.conf" "$folder/conf"
is_quiet() {
	doctor -q -i any
	! grep -q '^ok' "$folder/out"
}
ok "-q: what is wrong alone" is_quiet
is_json() {
	doctor --json -i doctored -i none
	python3 -c 'import json, sys
rows = [json.loads(line) for line in sys.stdin]
ports = [(r["interface"], r["state"]) for r in rows if r["check"] == "interface"]
assert ports == [("doctored", "ok"), ("none", "wrong")], ports
assert all((r["do"] is not None) for r in rows if r["state"] == "wrong"), rows' \
	    <"$folder/out" 2>"$folder/err"
}
ok "--json has each interface, and what to do" is_json

# What the database saw, as of an hour ago.
sees_sides() {
	"$WAXSEAL" --config /dev/null --db "$folder/db" watch -q -r tests/captures/banner-masked.pcap
	now=$(($(date +%s) * 1000000))
	sqlite3 "$folder/db" "update sessions set start = $now - 3600000000, \"end\" = $now;
	    update capture set minute = $now - 3600000000" &&
	    doctor -i any
	says ok sides '0 of [1-9][0-9]* sessions' && says ok loss '0 packets of the last day were lost'
}
ok "both sides, and no loss" sees_sides

none_is_there() { sqlite3 "$folder/db" 'delete from alerts; delete from deliveries'; }
# Of a sink that took one, of one that did not, and of one given up long ago.
has_untaken() {
	sqlite3 "$folder/db" "insert into alerts (id, event, at, severity) values (1, 5, $now, 2);
	    insert into deliveries (alert_id, sink, counts, state, tries, next_try, done) values
	    (1, 'a', 1, 'sent', 3, 0, $now), (1, 'b', 1, 'waiting', $1, 0, null),
	    (1, 'c', 1, 'failed', 9, 0, $now - $2)"
}
ok "alerts that wait for the first try are no trouble" has_untaken 0 172800000000
ok "nor are those that were given up before" finds ok sinks '1 set' doctored
is_untaken() {
	none_is_there && has_untaken "$@" &&
	    finds wrong sinks '1 alert was not taken by its sink' doctored &&
	    grep -q 'to do: waxseal alert list says why' "$folder/out"
}
ok "an alert that a sink does not take" is_untaken 2 172800000000
ok "one that was given up" is_untaken 0 3600000000
none_is_there
sees_one_side() { sqlite3 "$folder/db" "update sessions set seen = 'client'" && doctor -i any
	says wrong sides; }
ok "one side alone" sees_one_side
sees_loss() { sqlite3 "$folder/db" "update capture set dropped = 7" && doctor -i any
	says wrong loss '7 packets of the last day were lost'; }
ok "loss" sees_loss
is_long_ago() { sqlite3 "$folder/db" "update sessions set start = start - 86400000000;
	    update capture set minute = minute - 86400000000" && doctor -i any
	says unknown sides 'nothing was recorded' && says unknown loss 'nothing was recorded'; }
ok "what is longer ago says nothing of today" is_long_ago
is_no_database() { echo 'no database' >"$folder/db"; doctor -i any; says wrong database; }
rm -f "$folder"/db*
ok "a file that is no database" is_no_database
asks_nobody() {
	in_space "$WAXSEAL" --config /dev/null --db "$folder/none" doctor -i any \
	    --resolver 127.0.0.1:9 >"$folder/out" 2>"$folder/err"
	says wrong resolver 'none answers'
}
ok "no resolver answers" asks_nobody

echo "1..$count"
