#!/bin/sh
# Alerts, from a capture to a sink: whom they reach and whom not, what waits and why, and that
# what waits is sent.
set -u

. tests/tap.sh
captures=tests/captures

waxseal() { "$WAXSEAL" --config "$folder/conf" --db "$folder/db" "$@"; }
ask() { sqlite3 "$folder/db" "$1" 2>&1; }
is() { [ "$(ask "$1")" = "$2" ] || { echo "# $1: $(ask "$1"), not $2"; false; }; }
run() {
	wanted=$1
	shift
	waxseal "$@" >"$folder/out" 2>"$folder/err"
	[ $? -eq "$wanted" ]
}
lines() { [ "$(wc -l <"$folder/$1" 2>/dev/null || echo 0)" -eq "$2" ]; }

# The sink's folder must be one that whoever sends can reach and write to.
mkdir "$folder/sink"
chmod 755 "$folder"
chmod 777 "$folder/sink"
conf() {
	cat >"$folder/conf" <<END
[sink log]
type = file
path = $folder/sink/alerts.json
severity = info
rate = none
[sink grave]
type = file
path = $folder/sink/grave.json
severity = critical
kind = starttls-masked
END
}

echo >"$folder/conf"
nobody_is_there() {
	run 2 watch --alerts -r $captures/banner-masked.pcap && grep -q 'no sink' "$folder/err"
}
ok "alerts without a sink are misuse" nobody_is_there
no_test() { run 1 alert test && grep -q 'no sink is configured' "$folder/err"; }
ok "and there is nothing to be tested" no_test

conf
is_tested() {
	run 0 alert test && [ "$(sort "$folder/out")" = "grave: took it
log: took it" ] && lines sink/alerts.json 1 && lines sink/grave.json 1 &&
	    grep -q '"event":"test"' "$folder/sink/alerts.json"
}
ok "a test goes through every sink" is_tested
is_tested_alone() { run 0 alert test grave && lines sink/alerts.json 1 && lines sink/grave.json 2; }
ok "or through one" is_tested_alone
is_unknown() { run 1 alert test other && grep -q 'no such sink' "$folder/err"; }
ok "and not through one that is not there" is_unknown
rm -f "$folder"/sink/*

alerts_nobody() { run 0 watch -r $captures/*.pcap && is 'select count(*) from alerts' 0; }
ok "a capture alerts nobody" alerts_nobody
rm -f "$folder"/db*

# Each incident that no other sums up was told once when it opened; nothing waits.
alerts() {
	run 0 watch --alerts -r $captures/*.pcap &&
	    is "select count(*) from v_alerts where state <> 'sent'" \
		"$(ask "select count(*) from v_alerts where state = 'summed'")" &&
	    lines sink/alerts.json "$(ask "select count(*) from v_alerts where sink = 'log' and
		state = 'sent'")" &&
	    is "select count(*) > 10 from v_alerts where sink = 'log' and event = 'opened'" 1 &&
	    is "select count(*) from v_incidents i where parent is null and not exists (select 1 from
		v_alerts a where a.sink = 'log' and a.incident = i.id and a.event = 'opened')" 0
}
ok "unless that is asked for" alerts
has_numbers() {
	[ "$(sed 's/.*"alert":\([0-9]*\).*/\1/' "$folder/sink/alerts.json" | sort | uniq -d)" = "" ]
}
ok "each of them once" has_numbers
keeps_to_scope() {
	lines sink/grave.json "$(ask "select count(*) from v_alerts where sink = 'grave' and state =
		'sent'")" && [ -s "$folder/sink/grave.json" ] &&
	    ! grep -v '"kind":"starttls-masked","severity":"critical"' "$folder/sink/grave.json"
}
ok "a sink gets what lies in its scope" keeps_to_scope
again() {
	cp "$folder/sink/alerts.json" "$folder/before" &&
	    run 0 watch --alerts -r $captures/*.pcap &&
	    cmp -s "$folder/before" "$folder/sink/alerts.json"
}
ok "what is read again is no news" again
ok "the database is sound" run 0 db check

# The sink cannot be written to.
rm -rf "$folder"/db* "$folder/sink"
waits() {
	run 0 watch --alerts -r $captures/banner-masked.pcap $captures/bdat-binary.pcap &&
	    grep -q 'sink log: takes nothing: .*sink/alerts.json' "$folder/err" &&
	    grep -q 'sink log wait' "$folder/err" &&
	    is "select count(*) > 0 and count(*) = sum(state = 'waiting') from v_alerts" 1
}
ok "what a sink does not take waits, and that is told" waits
lists() {
	run 0 alert list && grep -q ' waiting .*No such file' "$folder/out" &&
	    run 0 alert list --json --limit 1 && lines out 1 &&
	    grep -q '"sink":"log","state":"waiting"' "$folder/out" &&
	    run 0 alert list --csv && head -n 1 "$folder/out" | grep -q '^id,event,at,incident,kind,'
}
ok "and is listed, with why" lists
stats() { run 0 db stats && grep -q '^alerts to be sent  *[1-9]' "$folder/out"; }
ok "and counted" stats
is_retried() { run 0 alert retry && run 1 alert retry 4711 && grep -q '4711' "$folder/err"; }
ok "it can be tried again" is_retried
mkdir -m 777 "$folder/sink"
is_sent() {
	waiting=$(ask 'select count(*) from v_alerts')
	run 0 watch --alerts -r $captures/banner-masked.pcap && lines sink/alerts.json "$waiting" &&
	    is "select count(*) from v_alerts where state = 'sent'" "$waiting" &&
	    run 0 alert list && ! grep -q waiting "$folder/out"
}
ok "and is sent, by whoever alerts next" is_sent

is_empty() { run 0 alert list && [ ! -s "$folder/out" ] && grep -q 'no alert waits.*--all' "$folder/err"; }
ok "when nothing waits, the list says so" is_empty

# Somebody took the sink out of the configuration.
rm -rf "$folder"/db* "$folder/sink"
run 0 watch --alerts -r $captures/banner-masked.pcap
sed -i 's/sink log/sink other/' "$folder/conf"
mkdir -m 777 "$folder/sink"
is_told() {
	run 0 watch --alerts -r $captures/bdat-binary.pcap &&
	    grep -q 'sink log: is not configured, and [0-9]* alert' "$folder/err" &&
	    is "select count(*) > 0 from v_alerts where sink = 'log' and state = 'waiting'" 1
}
ok "what waits for a sink that is gone is told, and kept" is_told

# Two watches of one database, each with that sink: everything comes once.
rm -rf "$folder"/db* "$folder"/sink/*
printf '[sink log]\ntype = exec\ncommand = %s\nseverity = info\nrate = none\n' "$folder/take" >"$folder/conf"
printf '#!/bin/sh\nid=$(sed "s/.*\"alert\":\([0-9]*\).*/\\1/") && sleep 0.02 && echo "$id" >>%s\n' "$folder/sink/taken" \
    >"$folder/take"
chmod 755 "$folder/take"
comes_once() {
	run 0 watch -r $captures/banner-masked.pcap && sqlite3 "$folder/db" "
	    with recursive n (i) as (select 1 union all select i + 1 from n where i < 60)
	    insert into alerts (event, at, severity, held_back, held_since)
		select 5, strftime('%s') * 1000000, 3, 1, 1 from n;
	    insert into deliveries (alert_id, sink, counts, next_try) select id, 'log', 1, 0 from alerts" || return 1
	for sensor in one two; do
		"$WAXSEAL" --config "$folder/conf" --db "$folder/db" watch -q --alerts --sensor $sensor \
		    -r $captures/ordinary-delivery.pcap >"$folder/$sensor" 2>&1 &
	done
	wait
	cat "$folder/one" "$folder/two" "$folder/sink/taken" >>"$folder/err"
	is "select count(*) >= 60 and sum(state = 'sent') = count(*) from deliveries" 1 &&
	    [ "$(sort -nu "$folder/sink/taken" | wc -l)" -ge 60 ] &&
	    [ -z "$(sort "$folder/sink/taken" | uniq -d)" ]
}
ok "two watches of one database send nothing twice" comes_once
rm -f "$folder"/sink/*

# The log of this machine, as journald reads it: priority, time, who it is from, and what is said.
rm -rf "$folder"/db*
printf '[sink ops]\ntype = syslog\npath = %s\nformat = syslog3\n' "$folder/sink/log" >"$folder/conf"
cat >"$folder/journal.py" <<'EOF'
import os, re, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
s.settimeout(180)
line = s.recv(65536).decode()
form = r"<(\d+)>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) ([a-z]+): (.*)"
print("\n".join(re.fullmatch(form, line).groups()))
EOF
is_logged() {
	python3 "$folder/journal.py" "$folder/sink/log" >"$folder/journal" 2>&1 &
	journal=$!
	until_it test -S "$folder/sink/log"
	TZ=Asia/Kolkata run 0 watch --alerts -r $captures/starttls-masked.pcap
	wait $journal
	cat "$folder/journal" >>"$folder/err"
	at=$(ask 'select at / 1000000 from v_alerts order by id limit 1')
	[ "$(sed -n 2p "$folder/journal")" = "$(LC_ALL=C TZ=Asia/Kolkata date -d "@$at" '+%b %e %T')" ] &&
	    [ "$(sed -n 3p "$folder/journal")" = waxseal ] &&
	    sed -n 4p "$folder/journal" | grep -q '^[a-z]*: .*(incident 1 opened).* \[waxseal@32473 .*\]$'
}
ok "the log of this machine is told in its form and its time" is_logged

echo "1..$count"
