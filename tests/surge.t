#!/bin/sh
# What many sessions show together, from outside: one line for a surge, and what consecutive
# captures tell of each other.
set -u

. tests/tap.sh
start=1772366400 # 2026-03-01T12:00:00Z

# watch FILE ...: into the database of this test
watch() {
	"$WAXSEAL" --config /dev/null --db "$folder/db" watch --no-lookups "$@" \
	    >"$folder/out" 2>"$folder/err" </dev/null
}

# run STATUS ARGUMENT...: the program exits so; out and err are kept
run() {
	wanted=$1
	shift
	"$WAXSEAL" --config /dev/null --db "$folder/db" "$@" \
	    >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq "$wanted" ]
}

# says RESULT SQL: what the database answers
says() {
	[ "$(sqlite3 "$folder/db" "$2" 2>&1)" = "$1" ] && return
	sqlite3 "$folder/db" "$2" >>"$folder/out" 2>&1
	return 1
}

# sessions FIRST EVERY WHAT: one client at thirty servers, from so many seconds after the start on
sessions() {
	for server in $(seq 1 30); do
		echo "$((start + $1 + server * $2)) 192.0.2.7 198.51.100.$server $3"
	done
}

{ sessions 0 1 idle; sessions 600 1 idle; sessions 1200 1 idle; } |
    perl tests/mail.pl >"$folder/before.pcap"
sessions 3000 1 clear | perl tests/mail.pl >"$folder/after.pcap"

# ---- A surge is one line ----

is_surge() {
	watch -r "$folder/before.pcap" && watch --json -r "$folder/after.pcap" &&
	    says '1|1|30' "select count(*), sum(severity = 'critical'), max(surge) from v_incidents
	        where parent is null"
}
ok "what one client network lost at thirty servers is one incident" is_surge
lines_name_it() {
	[ "$(grep -c '"kind":"starttls-stripped"' "$folder/out")" -ge 30 ] &&
	    tail -1 "$folder/out" | grep -q '"surge":[0-9]'
}
ok "the lines of watch name it" lines_name_it
surge=$(sqlite3 "$folder/db" 'select id from v_incidents where surge is not null')
is_folded() { run 0 incidents && [ "$(wc -l <"$folder/out")" -eq 2 ] && grep -q several "$folder/out"; }
ok "the list has one line of it" is_folded
is_reported_once() {
	run 0 report && grep -q '^critical  *starttls-stripped  *1  *30$' "$folder/out" &&
	    run 0 report --client 192.0.2.0/24 &&
	    grep -q '^critical  *starttls-stripped  *30  *30$' "$folder/out"
}
ok "a report counts it once; of one network, its parts" is_reported_once
is_unfolded() { run 0 incidents --all && [ "$(wc -l <"$folder/out")" -eq 32 ]; }
ok "--all lists what it sums up, too" is_unfolded
are_parts() { run 0 incidents --surge "$surge" && [ "$(wc -l <"$folder/out")" -eq 31 ]; }
ok "--surge lists that alone" are_parts
is_no_id() { run 2 incidents --surge x && grep -q 'waxseal incidents lists them' "$folder/err"; }
ok "--surge wants an id" is_no_id
programs_get_all() {
	run 0 incidents --json && [ "$(wc -l <"$folder/out")" -eq 31 ] &&
	    grep -c '"server":null,"server_port":null' "$folder/out" | grep -qx 1 &&
	    grep -c "\"parent\":$surge" "$folder/out" | grep -qx 30
}
ok "programs get all of it" programs_get_all
is_shown() {
	run 0 show "$surge" &&
	    grep -q '192.0.2.0/24 towards 30 servers since' "$folder/out" &&
	    [ "$(grep -c '^  incident [0-9]*: critical' "$folder/out")" -eq 20 ] &&
	    grep -q 'S: 250-mx.example.net' "$folder/out" &&
	    grep -q "incidents --surge $surge" "$folder/out"
}
ok "show has the first of what it sums up, and bytes of one" is_shown
part_is_shown() { run 0 show 1 && grep -q "part of  *incident $surge" "$folder/out"; }
ok "show of a part names it" part_is_shown
sessions_are_listed() {
	run 0 sessions --incident "$surge" --csv && [ "$(wc -l <"$folder/out")" -eq 31 ]
}
ok "its sessions are those of all" sessions_are_listed
is_exported() {
	run 0 export "$surge" -w "$folder/x.pcapng" &&
	    tcpdump -r "$folder/x.pcapng" 2>/dev/null | grep -q 198.51.100
}
ok "export writes the packets of one" is_exported
adds_nothing() {
	before=$(sqlite3 "$folder/db" 'select * from v_incidents')
	watch -r "$folder/after.pcap" &&
	    [ "$before" = "$(sqlite3 "$folder/db" 'select * from v_incidents')" ]
}
ok "a capture read again adds nothing to it" adds_nothing
fail_on_is_met() {
	"$WAXSEAL" --config /dev/null --db "$folder/db" watch -q --fail-on critical \
	    -r "$folder/after.pcap" >"$folder/out" 2>"$folder/err"
	[ $? -eq 3 ]
}
ok "--fail-on counts it" fail_on_is_met
goes_with_it() {
	run 0 ack "$surge" --note seen && says 31 "select count(*) from v_incidents where
	    state = 'acked'" && run 0 close "$surge" &&
	    says 31 "select count(*) from v_incidents where state = 'closed'" &&
	    says 1 "select count(*) from v_incidents where note = 'seen'"
}
ok "what it sums up is acknowledged and closed with it" goes_with_it
is_sound() { run 0 db check; }
ok "the database is sound" is_sound

# ---- Consecutive captures, each with a process of its own ----

# The first shows a habit and its end, the second that others keep it.
others() { # FIRST WHAT: three other networks
	for client in 203.0.113.1 198.18.0.1 198.18.1.1; do
		echo "$((start + $1)) $client 198.51.100.25 $2"
	done
}
rm -f "$folder"/db*
{ for i in 0 300 600 900 1200; do
	echo "$((start + i)) 192.0.2.7 198.51.100.25 idle"
	others $((i + 60)) idle
done; echo "$((start + 1500)) 192.0.2.7 198.51.100.25 clear"; } |
    perl tests/mail.pl >"$folder/first.pcap"
others 1800 idle | perl tests/mail.pl >"$folder/second.pcap"
echo "$((start + 2100)) 192.0.2.7 198.51.100.25 clear" | perl tests/mail.pl >"$folder/third.pcap"
is_open() {
	watch -r "$folder/first.pcap" && says 'starttls-stripped|warning|possible' \
	    "select kind, severity, certainty from v_incidents where severity <> 'info'"
}
ok "a habit that ends at the end of a capture may be a change" is_open
is_hindsight() {
	watch -r "$folder/second.pcap" && says 'critical|probable|1' \
	    "select severity, certainty, summary like '%With hindsight%' from v_incidents where
	    kind = 'starttls-stripped'" && run 0 incidents --kind starttls-stripped --json &&
	    grep -q '"what":"judged again","value":"after the session at 2026-03-01 12:30:00"' \
	        "$folder/out"
}
ok "the next capture settles it, and it says that it is hindsight" is_hindsight
goes_on() {
	numbers='offered to this client in 5 of 5 sessions since 12:00; in none of 2 since 12:25;'
	numbers="$numbers 3 other client networks got it in that time; no capture loss"
	watch -r "$folder/third.pcap" && says "critical|2|$numbers" "select severity, sessions,
	    (select value ->> 'value' from json_each(evidence) where value ->> 'what' = 'in numbers')
	    from v_incidents where kind = 'starttls-stripped'"
}
ok "it goes on in the third, and its numbers grow" goes_on
recurs() {
	run 0 close 1 &&
	    echo "$((start + 2400)) 192.0.2.7 198.51.100.25 clear" | perl tests/mail.pl \
	        >"$folder/fourth.pcap" &&
	    says closed 'select state from v_incidents where id = 1' &&
	    watch -r "$folder/fourth.pcap" && says 'open|3' \
	    'select state, sessions from v_incidents where id = 1'
}
ok "a closed one that recurs is open again" recurs
ok "the database is sound" is_sound
echo "1..$count"
