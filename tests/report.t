#!/bin/sh
# waxseal report: each format is what it says it is, and tells what the views do.
set -u

. tests/tap.sh
db=$folder/db

report() { "$WAXSEAL" --config /dev/null report --db "$db" "$@" >"$folder/out" 2>"$folder/err"; }
sql() { sqlite3 "$db" "$1"; }

"$WAXSEAL" --config /dev/null watch -q --db "$db" -r tests/captures/ordinary-delivery.pcap \
    tests/captures/starttls-m*.pcap tests/captures/command-injection.pcap

# The lines of JSON as rows of SQL.
as_rows() {
	sqlite3 :memory: "CREATE TABLE lines (line TEXT)" ".mode ascii" '.separator "\001" "\n"' \
	    ".import '$folder/out' lines" ".mode list" ".separator |" "$1"
}
is_json() { report --json && [ "$(as_rows 'SELECT min(json_valid(line)) FROM lines')" = 1 ]; }
ok "each line of --json is JSON" is_json
totals="SELECT json_extract(line, '\$.sessions'), json_extract(line, '\$.plaintext'),
    json_extract(line, '\$.partial') FROM lines WHERE json_extract(line, '\$.by') = 'total'"
is_total() {
	[ "$(as_rows "$totals")" = \
	    "$(sql 'SELECT sum(sessions), sum(plaintext), sum(partial) FROM v_hourly')" ]
}
ok "the total is that of v_hourly" is_total
hours="SELECT json_extract(line, '\$.since'), json_extract(line, '\$.sessions') FROM lines WHERE
    json_extract(line, '\$.by') = 'hour' ORDER BY 1"
has_hours() {
	[ "$(as_rows "$hours")" = "$(sql "SELECT strftime('%Y-%m-%dT%H:%M:%S.000000Z', hour / 1000000,
	    'unixepoch'), sum(sessions) FROM v_hourly GROUP BY hour ORDER BY hour")" ]
}
ok "each hour is that of v_hourly" has_hours
share="SELECT json_extract(line, '\$.encrypted_share') FROM lines WHERE
    json_extract(line, '\$.by') = 'total'"
has_share() {
	[ "$(as_rows "$share" | cut -c1-6)" = "$(sql "SELECT printf('%.4f', 1.0 * sum(encrypted) /
	    sum(encrypted + plaintext + failed)) FROM v_hourly")" ]
}
ok "shares are of what had mail" has_share
clients="SELECT json_extract(line, '\$.client'), json_extract(line, '\$.sessions') FROM lines
    WHERE json_extract(line, '\$.by') = 'client' AND json_extract(line, '\$.rank') = 'plaintext'
    ORDER BY 1"
has_clients() {
	[ "$(as_rows "$clients")" = "$(sql "SELECT client_net, sum(sessions) FROM v_hourly_clients
	    GROUP BY 1 ORDER BY 1")" ]
}
ok "client networks are those of v_hourly_clients" has_clients

is_csv() {
	report --format csv && head -1 "$folder/out" | grep -q '^by,rank,since,until,key,sessions,' &&
	    awk -F, 'NF != 13 { exit 1 }' "$folder/out"
}
ok "CSV has as many fields in each line" is_csv
imports() {
	sqlite3 "$folder/csv.db" ".mode csv" ".import '$folder/out' t" &&
	    [ "$(sqlite3 "$folder/csv.db" "SELECT sessions FROM t WHERE \"by\" = 'total'")" = \
	        "$(sql 'SELECT sum(sessions) FROM v_hourly')" ]
}
ok "and SQLite reads it" imports

# is_page: balanced, with nothing in it that could run or be fetched
is_page() {
	report --format html "$@" || return 1
	! grep -qiE '<(script|link|img|iframe|object|embed|base)|[ "](src|href|on[a-z]+)=|url\(|@import' \
	    "$folder/out" || return 1
	grep -q "Content-Security-Policy.*default-src 'none'" "$folder/out" || return 1
	grep -o '<[/a-zA-Z][^>]*>' "$folder/out" | awk '
	{ tag = tolower($0); sub(/^<\/?/, "", tag); sub(/[^a-z0-9].*/, "", tag) }
	tag ~ /^(meta|rect|line)$/ { next }
	/^<\// { if (open[n] != tag) { print NR ": </" tag "> for <" open[n] ">"; bad = 1; exit } n--; next }
	{ open[++n] = tag }
	END { exit bad || n != 0 }' >"$folder/err"
}
ok "HTML is one page that is whole" is_page
ok "of a domain, too" is_page --domain example.net
ok "and of client networks" is_page --client 192.0.2.0/24
ok "and of a span without data" is_page --since 2040-01-01
has_tables() { is_page && grep -q 'role="img" aria-label="' "$folder/out" && grep -q '<th scope="row">' "$folder/out"; }
ok "a chart has a label, and a table beside it" has_tables

# In a file of our own making a name may be anything.
sql "INSERT INTO hourly SELECT hour, server, service, '</title><script>alert(1)</script>\"''=1',
    sessions, encrypted, plaintext, failed, no_mail, partial FROM hourly WHERE plaintext > 0 LIMIT 1"
ok "a hostile domain makes no markup" is_page
is_quoted() { report --json && [ "$(as_rows 'SELECT min(json_valid(line)) FROM lines')" = 1 ]; }
ok "and no JSON" is_quoted

says() {
	wanted=$1
	shift
	report "$@" && grep -q -e "$wanted" "$folder/out"
}
ok "a table says how much was encrypted" says 'sessions with mail were encrypted ('
ok "a span in the future is a report of nothing" says 'No session was seen' --since 2040-01-01
ok "so is one of another service" says 'No session was seen' --service lmtp
ok "what is not counted is told" says "not counted by server or domain" --server 198.51.100.0/24
"$WAXSEAL" --config /dev/null watch -q --db "$folder/empty" -r tests/captures/ordinary-delivery.pcap \
    -f 'tcp port 9'
db=$folder/empty
ok "an empty database is a report of nothing" says 'No session was seen'
ok "and a page of nothing" is_page
db=$folder/none
fails() { report; [ $? -eq 1 ] && [ ! -s "$folder/out" ] && [ "$(wc -l <"$folder/err")" -eq 1 ]; }
ok "an absent database is one line" fails
[ -w /dev/full ] && db=$folder/db &&
    ok "a full device is told" sh -c "! '$WAXSEAL' report --db '$db' >/dev/full 2>'$folder/err' &&
        grep -q 'standard output' '$folder/err'"

echo "1..$count"
