#!/bin/sh
# Metrics of a live watch, as Prometheus and node_exporter get them: the numbers are those of the
# database, nothing else is served, and whatever comes of serving them holds nothing up.
set -u

. tests/tap.sh
. tests/space.sh

: "${O:=.build}"
here=127.0.0.1:9725
in_space ip link set lo up
get() { in_space curl -s -m 60 "$@"; }
scrape() { get -f "http://$here/metrics" >"$folder/text"; }

# value SERIES: what it was in the last scrape; nothing where it is not there
value() { grep -F "waxseal_$1 " "$folder/text" | sed 's/.* //'; }
# total NAME LABEL...: the sum of all its series that have these labels
total() {
	grep "^waxseal_$1{" "$folder/text" >"$folder/series"
	shift
	for label; do
		grep -F "$label" "$folder/series" >"$folder/some"
		mv "$folder/some" "$folder/series"
	done
	awk '{ sum += $NF } END { printf "%d", sum }' "$folder/series"
}
# same WANTED GOT
same() { [ "$1" = "$2" ] || { echo "wanted $1, got $2" >>"$folder/err" && false; }; }

captures="banner-masked ordinary-delivery submission starttls-masked"
# Nothing but mail: a packet that is withheld before the first minute begins is in none.
in_space sysctl -qw net.ipv6.conf.near.disable_ipv6=1 net.ipv6.conf.far.disable_ipv6=1

ok "it watches" start -i far --sensor tap1 --metrics $here --metrics-file "$folder/wax.prom"
ok "and serves" until_it scrape
ok "only /metrics is served" same 404 "$(get -o "$folder/out" -w '%{http_code}' "http://$here/")"
ok "and only read" same 404 "$(get -o "$folder/out" -w '%{http_code}' -d a=b "http://$here/metrics")"
head_is_empty() {
	get -I "http://$here/metrics" >"$folder/out" && grep -q '^HTTP/1.1 200 ' "$folder/out" &&
	    grep -qi '^content-type: text/plain; version=0.0.4' "$folder/out"
}
ok "HEAD is answered" head_is_empty
has_file() {
	promtool check metrics <"$folder/wax.prom" >"$folder/out" 2>&1 &&
	    [ "$(stat -c %a "$folder/wax.prom")" = 644 ] && [ ! -e "$folder/wax.prom.new" ]
}
ok "the file is whole, and all may read it" has_file

# Eight that say nothing fill it; each has but a moment.
is_held_up_for_a_moment() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		in_space sh -c "exec 3<>/dev/tcp/127.0.0.1/9725" 2>/dev/null
		in_space perl -MIO::Socket::INET -e '
		    my $s = IO::Socket::INET->new("127.0.0.1:9725") or exit 1;
		    for (1 .. 1000) { print $s "G"; $s->flush; sleep 1 }' &
		slow="${slow:-} $!"
	done
	sleep 1
	until_it scrape
}
ok "whoever connects and is slow keeps nobody away for long" is_held_up_for_a_moment
# shellcheck disable=SC2086 # numbers
kill $slow 2>/dev/null

exporter() { pgrep -f '^waxseal @exporter$' --ns "$watcher" --nslist net; }
dies() {
	victim=$(exporter) && kill -KILL "$victim" && until_it grep -q 'exporter: was ended by signal 9' "$folder/err" &&
	    until_it scrape &&
	    same 1 "$(value 'process_restarts_total{sensor="tap1",process="exporter"}')"
}
ok "an exporter that dies has a successor" dies

# A real one scrapes from before the mail on, so that it sees what grows.
sh tests/prometheus/dashboard.sh "$space" $here "$folder/data" >"$folder/asked" 2>&1 &
board=$!
has_scraped() { [ -e "$folder/data/scraped" ] || ! kill -0 $board; }
prometheus_scrapes() {
	until_it has_scraped
	[ -e "$folder/data/scraped" ] || { cat "$folder/asked" >>"$folder/err" && false; }
}
ok "Prometheus takes it" prometheus_scrapes
plays() {
	for one in $captures; do
		play "tests/captures/$one.pcap" || return 1
	done
}
ok "mail is played past it" plays
# column VIEW EXPRESSION
column() { ask "$folder/live" "select coalesce(sum($2), 0) from $1"; }
# A session is over ten seconds behind its last packet.
has_all() {
	sleep 1
	scrape && [ "$(total sessions_total)" -gt 0 ] &&
	    [ "$(total sessions_total)" = "$(column v_hourly sessions)" ]
}
ok "until all sessions are over" until_it has_all
cp "$folder/text" "$folder/first"
is_sound() { promtool check metrics <"$folder/first" >"$folder/out" 2>&1 && [ ! -s "$folder/out" ]; }
ok "promtool has nothing to say of it" is_sound
is_sound_by_hand() {
	"$O/tests/monitor_metrics" "$folder/hand" && promtool check metrics <"$folder/hand" \
	    >"$folder/out" 2>&1 && [ ! -s "$folder/out" ]
}
ok "nor of all that there can be" is_sound_by_hand
# Addresses, domains and names that the wire said stand in no label.
tells_nothing_of_the_wire() {
	! sed 's/"127.0.0.1:9725"//' "$folder/first" | grep -E '[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|example|\.test' |
	    grep -v version=
}
ok "no label tells of the wire" tells_nothing_of_the_wire

answers_prometheus() {
	: >"$folder/data/ask"
	wait "$board" || { cat "$folder/asked" >>"$folder/err" && false; }
}
ok "every query of the dashboard has an answer" answers_prometheus

ok "it ends in order" end 0
ok "the file goes with it" test ! -e "$folder/wax.prom"
cp "$folder/first" "$folder/text"
ok "packets are v_capture's" same "$(column v_capture packets)" "$(total capture_packets_total)"
ok "packets were seen" test "$(total capture_packets_total)" -gt 100
ok "bytes are" same "$(column v_capture bytes)" "$(total capture_bytes_total)"
ok "packets withheld are" same "$(column v_capture withheld)" "$(total capture_withheld_packets_total)"
ok "drops are" same "$(column v_capture dropped)" "$(total capture_dropped_packets_total)"
for outcome in encrypted:encrypted plaintext:plaintext failed:tls-failed no_mail:no-mail; do
	for service in smtp submission; do
		ok "sessions of $service, ${outcome#*:}, are v_hourly's" same \
		    "$(ask "$folder/live" "select coalesce(sum(${outcome%:*}), 0) from v_hourly where service = '$service'")" \
		    "$(total sessions_total "service=\"$service\"" "outcome=\"${outcome#*:}\"")"
	done
done
ok "sessions were seen" test "$(total sessions_total)" -gt 10
ok "incidents opened are v_incidents'" same "$(ask "$folder/live" 'select count(*) from v_incidents')" \
    "$(total incidents_opened_total)"
opened() { ask "$folder/live" "select count(*) from v_incidents where kind = '$1'"; }
ok "by kind" same "$(opened starttls-masked)" "$(total incidents_opened_total 'kind="starttls-masked"')"
ok "of which there are some" test "$(opened starttls-masked)" -gt 0
ok "each process is up" same "$(grep -c '^waxseal_process_up{' "$folder/text")" "$(total process_up)"

# ---- Elsewhere ----

socket=$folder/metrics.sock
serves_on_a_socket() {
	start -i far --metrics "$socket" &&
	    until_it in_space curl -sf --unix-socket "$socket" -o "$folder/text" http://waxseal/metrics &&
	    same 1 "$(value 'database_up{sensor="default"}')"
}
ok "on a socket, too" serves_on_a_socket
takes_the_place() {
	kill -KILL "$watcher" && wait "$watcher" 2>/dev/null
	watcher=
	[ -S "$socket" ] && serves_on_a_socket
}
ok "where one that crashed left its own" takes_the_place
spares_a_file() {
	echo mine >"$folder/file" && start -i far --metrics "$folder/file" &&
	    until_it grep -q 'Address already in use' "$folder/err" && [ "$(cat "$folder/file")" = mine ] && end 0
}
ok "a file of that name stays, and the watch goes on" spares_a_file
tells_of_others() {
	start -i far --metrics 0.0.0.0:9725 && until_it scrape &&
	    until_it grep -q 'whoever reaches this address reads them' "$folder/err" && end 0
}
ok "an address that others reach is told" tells_of_others

# ---- Each process ----

mkdir -m 777 "$folder/sinks"
chmod 755 "$folder"
printf '%s\n' '[sink log]' type=file "path=$folder/sinks/log" '[sink run]' type=exec command=/bin/true \
    >"$folder/conf"
all="keeper starter checker courier runner exporter"
are_there() {
	start -i far --config "$folder/conf" --lookups --resolver 127.0.0.99 --metrics $here &&
	    until_it are_up
}
are_up() {
	scrape && for role in $all; do
		[ "$(value "process_up{sensor=\"default\",process=\"$role\"}")" = 1 ] || return 1
	done
}
ok "each process is there" are_there
ok "once" same "$(($(echo "$all" | wc -w) + 1))" "$(grep -c '^waxseal_process_up{' "$folder/text")"
was_restarted() {
	are_up && [ "$(value "process_restarts_total{sensor=\"default\",process=\"$1\"}")" = 1 ]
}
is_counted() {
	victim=$(pgrep -f "^waxseal @$1\$" --ns "$watcher" --nslist net) && kill -KILL "$victim" &&
	    until_it was_restarted "$1"
}
for role in checker courier runner; do
	ok "that another $role was started is counted" is_counted $role
done
ok "it ends in order" end 0

# ---- Rules and dashboard ----

rules=monitor/prometheus/waxseal.rules.yml
quietly() { "$@" >"$folder/out" 2>&1; }
ok "the rules are rules" quietly promtool check rules $rules
ok "and do what they should" quietly promtool test rules tests/prometheus/rules.yml
# Each name that they ask for is one that is served.
asks_for_what_is_there() {
	grep -oh 'waxseal_[a-z_]*' $rules monitor/grafana/waxseal.json | sort -u |
	    sed 's/^\(waxseal_lookup_duration_seconds\)_\(bucket\|sum\|count\)$/\1/' | sort -u >"$folder/asked"
	sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$folder/hand" | sort -u >"$folder/there"
	[ "$(wc -l <"$folder/asked")" -gt 10 ] && comm -23 "$folder/asked" "$folder/there" >"$folder/out" &&
	    [ ! -s "$folder/out" ]
}
ok "rules and dashboard ask for what is there" asks_for_what_is_there
# Panels fill 24 columns, none lies upon another; each says what it is and in what it counts.
is_laid_out() {
	python3 - monitor/grafana/waxseal.json >"$folder/out" 2>&1 <<'END'
import json, sys
panels = json.load(open(sys.argv[1]))["panels"]
taken, ids = set(), {p["id"] for p in panels}
for panel in panels:
    g = panel["gridPos"]
    cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
    assert not cells & taken, panel["title"] + ": lies upon another"
    taken |= cells
    assert panel["title"] and panel["fieldConfig"]["defaults"]["unit"], panel
    assert all(t["legendFormat"] for t in panel["targets"] if panel["type"] == "timeseries"), panel
assert len(ids) == len(panels) and len(taken) == 24 * (1 + max(y for _, y in taken)), "a gap"
END
}
ok "the dashboard is laid out" is_laid_out

echo "1..$count"
