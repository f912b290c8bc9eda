#!/bin/sh
# waxseal report --format tlsrpt: files by the letter of RFC 8460, which tests/tlsrpt_check.py holds
# them against, and in them what was seen.
set -u

. tests/tap.sh
db=$folder/db
files=$folder/files
mkdir "$files"

report() {
	"$WAXSEAL" --config /dev/null report --db "$db" --format tlsrpt --directory "$files" \
	    --contact-info tls@reports.example "$@" >"$folder/out" 2>"$folder/err"
}
sql() { sqlite3 "$db" "$1"; }

"$WAXSEAL" --config /dev/null watch -q --db "$db" -r tests/captures/ordinary-delivery.pcap -f 'tcp port 9'

# ---- What was seen ----

day=1772323200 # 2026-03-01T00:00:00Z
sql "INSERT OR IGNORE INTO sensors VALUES (1, 'tap1');
CREATE TABLE input (n INTEGER, at REAL, client TEXT, server TEXT, outcome TEXT, domain TEXT,
	kinds TEXT);"

# saw N SECONDS CLIENT SERVER OUTCOME DOMAIN [KINDS]: N sessions, so long behind midnight of the
# first day; KINDS: findings, 'kind=sentence;...'
saw() { sql "INSERT INTO input VALUES ($1, $2, '$3', '$4', '$5', '$6', '${7:-}')"; }
mx1=198.51.100.25 mx2=2001:db8::25 dane=198.51.100.26 plain=198.51.100.27

saw 10 3600 192.0.2.1 $mx1 encrypted ''
saw 4 3700 192.0.2.1 $mx2 encrypted ''
saw 3 7200 192.0.2.7 $mx1 plaintext sts.example \
    'sts-violation=Mail went in clear to it;starttls-stripped=No STARTTLS'
saw 1 7300 192.0.2.7 $mx1 plaintext sts.example 'starttls-unused=x;sts-violation=Mail went in clear'
saw 2 7400 192.0.2.8 $mx1 tls-failed '' \
    'tls-handshake-failed=It ended by the alert certificate_expired (45) from the client.'
saw 1 7500 192.0.2.8 $mx1 tls-failed '' \
    'tls-handshake-failed=It ended by the alert certificate_expired (45) from the server.'
saw 1 7600 192.0.2.9 $mx1 encrypted '' \
    'sts-violation=TLS was used with a certificate that is not for the MX host to mx1.sts.example.'
saw 2 7700 2001:db8:1::9 $mx2 encrypted '' 'sts-mx-mismatch=Not covered.'
saw 1 7800 192.0.2.7 203.0.113.9 plaintext sts.example 'mx-mismatch=x;starttls-missing=x'
saw 1 7900 192.0.2.7 203.0.113.9 encrypted ''           # whose mail this was nobody knows
saw 5 8000 192.0.2.7 $mx1 no-mail ''
saw 5 8100 192.0.2.7 $mx1 partial ''
saw 1 8200 192.0.2.7 $mx1 plaintext sts.example ''      # nothing tells why
saw 1 86399.999999 192.0.2.1 $mx1 encrypted ''          # the last moment of the day
saw 1 86400 192.0.2.1 $mx1 encrypted ''                 # and the first of the next
saw 1 90000 192.0.2.7 $mx1 plaintext sts.example 'starttls-refused=x'

saw 6 3600 192.0.2.1 $dane encrypted ''
saw 2 3700 192.0.2.2 $dane encrypted '' \
    'dane-violation=TLS was used to mx.dane.example with a certificate that none of its TLSA records names.'
saw 1 3800 192.0.2.2 $dane plaintext dane.example 'dane-violation=Mail went in clear.;starttls-masked=x'
saw 1 3900 192.0.2.2 203.0.113.9 plaintext dane.example 'starttls-missing=x'

saw 3 3600 192.0.2.1 $plain encrypted ''
saw 1 3700 192.0.2.1 $plain plaintext none.example 'starttls-missing=x'
saw 2 3800 192.0.2.1 203.0.113.77 plaintext broken.example 'starttls-missing=x'
saw 2 3800 192.0.2.1 203.0.113.77 plaintext unknown.example 'starttls-missing=x'

sql "WITH RECURSIVE copies AS (SELECT rowid AS input, 1 AS copy FROM input UNION ALL
	SELECT input, copy + 1 FROM copies WHERE copy < (SELECT n FROM input WHERE rowid = input))
INSERT INTO sessions (sensor_id, start, \"end\", service, client, client_port, server, server_port,
	complete, gap_bytes, seen, outcome, ending, packets, client_bytes, server_bytes, domain, community_id)
SELECT 1, CAST(($day + at) * 1000000 AS INTEGER), CAST(($day + at) * 1000000 AS INTEGER) + 1, 'smtp',
	client, 1024 + copy + 50 * i.rowid, server, 25, 1, 0, 'both', outcome, 'fin', 9, 9, 9, domain, i.rowid
	FROM copies c JOIN input i ON i.rowid = c.input;
INSERT INTO incidents (kind, server, server_port, client_net, domain, sensor_id, service, client,
	severity, certainty, state, first_seen, last_seen, sessions, pruned, \"where\", summary, refuted_by)
	SELECT 'any', server, 25, client, domain, 1, 'smtp', client, 1, 1, 'open', 0, 0, 1, 0,
	'unknown', rowid, '' FROM input GROUP BY server, client, domain;
INSERT INTO findings (session_id, incident_id, kind, severity, certainty, \"where\", detail)
	SELECT s.id, (SELECT id FROM incidents i WHERE i.server = s.server AND i.client = s.client AND
		i.domain = x.domain), substr(value, 1, instr(value, '=') - 1), 2, 1, 'unknown',
		substr(value, instr(value, '=') + 1)
	FROM sessions s JOIN input x ON x.rowid = s.community_id, json_each('[\"' || replace(x.kinds, ';',
		'\",\"') || '\"]') WHERE x.kinds <> '';
INSERT INTO hourly SELECT start - start % 3600000000, server, service, domain, count(*),
	sum(outcome = 'encrypted'), sum(outcome = 'plaintext'), sum(outcome = 'tls-failed'),
	sum(outcome = 'no-mail'), sum(outcome = 'partial') FROM sessions GROUP BY 1, 2, 4;
DROP TABLE input;"

# ---- What is known ----

# knows DOMAIN LEARNT STATUS COLUMNS VALUES: a row of policies, and what more it holds
knows() {
	sql "INSERT INTO policies (domain, learnt, mta_sts_status, edited, failures, wants_fetch,
		mx_form, mx_whole, asked${4:-}) VALUES ('$1', $2 * 1000000, '$3', 0, 0, 0, 'listed', 1,
		$2 * 1000000${5:-})"
}
# hosts DOMAIN PLACE HOST ADDRESSES ANSWERS
hosts() {
	sql "INSERT INTO policy_hosts SELECT id, $2, '$3', 10, NULL, '$4', 1, NULL, NULL, '$5', '[]'
		FROM policies WHERE domain = '$1'"
}
no_dane='["secure","secure","unasked","absent","unasked","no-alias"]'
has_dane='["secure","secure","unasked","secure","unasked","no-alias"]'
text='version: STSv1
mode: enforce
mx: mx1.sts.example
mx: *.sts.example
comment: "quoted"
max_age: 604800
'
knows sts.example $((day + 90000)) enforce ', mta_sts_id, mta_sts_mode, mta_sts_max_age, mta_sts_mx,
	mta_sts_fetched, mta_sts_expires, mta_sts_text' ", 'b', 'enforce', 604800,
	'[\"mx1.sts.example\",\"*.sts.example\"]', ($day + 90000) * 1000000, ($day + 700000) * 1000000,
	'$text'"
hosts sts.example 0 mx1.sts.example "[\"$mx1\",\"$mx2\"]" "$no_dane"
sql "INSERT INTO policy_changes (domain, time, mta_sts_id, mode, max_age, mx, source) VALUES
	('sts.example', ($day - 100) * 1000000, 'a', 'testing', 86400, '[\"old.sts.example\"]', 'network'),
	('sts.example', ($day + 90000) * 1000000, 'b', 'enforce', 604800,
	'[\"mx1.sts.example\",\"*.sts.example\"]', 'network')"
knows dane.example $day absent
hosts dane.example 0 mx.dane.example "[\"$dane\"]" "$has_dane"
sql "INSERT INTO policy_tlsa (policy_id, place, base, seq, rdata) SELECT id, 0, 0, 0, x'030101' || zeroblob(32) FROM policies
	WHERE domain = 'dane.example'"
sql "UPDATE policy_tlsa SET rdata = CAST(rdata AS BLOB)"
knows none.example $day absent
hosts none.example 0 mx.none.example "[\"$plain\"]" "$no_dane"
knows broken.example $((day + 50000)) unavailable ', trouble, failing_since, mta_sts_problems' \
    ", 'fetch-failed', ($day + 40000) * 1000000,
    '[\"The policy host mta-sts.broken.example has a certificate that is expired or not yet valid (RFC 8461 section 3.3).\"]'"
knows shared.example $day absent
hosts shared.example 0 mx2.sts.example "[\"$mx2\"]" "$no_dane"
knows quiet.example $day absent

# ---- Reports ----

first=$day!$((day + 86399)) second=$((day + 86400))!$((day + 172799))
file() { echo "$files/reports.example!$1!${2:-$first}.json"; }
names="reports.example!broken.example!$first.json
reports.example!dane.example!$first.json
reports.example!none.example!$first.json
reports.example!shared.example!$first.json
reports.example!sts.example!$first.json
reports.example!sts.example!$second.json"
has_names() { [ "$(ls -A "$files")" = "$names" ]; }

ok "reports are written" report
ok "one for each domain and day on which it was seen" has_names
ok "each is by the letter of RFC 8460" sh -c "python3 tests/tlsrpt_check.py '$files'/* >'$folder/out' 2>&1"
# refuses NAME SED_COMMAND...: that says so of what is not; a report of the first day is spoilt
refuses() {
	mkdir -p "$folder/spoilt" && rm -f "$folder/spoilt"/* || return 1
	whose=$1
	shift
	file=$(ls "$files"/*!"$whose"!$day!*) && sed "$@" "$file" >"$folder/spoilt/${file##*/}" || return 1
	! cmp -s "$file" "$folder/spoilt/${file##*/}" &&
	    ! python3 tests/tlsrpt_check.py "$folder/spoilt"/* >"$folder/out" 2>&1
}
ok "what has patterns of hosts beside TLSA records is not" refuses dane.example \
    's/"policy-domain":"mx.dane.example"/&,"mx-host":["mx.dane.example"]/'
ok "nor is a member that comes twice" refuses dane.example 's/"report-id"/"report-id":"x",&/'
ok "nor a number that no double holds" refuses dane.example 's/\("failed-session-count":\)[0-9]*/\19007199254740993/'
ok "nor an address that RFC 5952 writes otherwise" refuses sts.example 's/2001:db8::25/2001:DB8:0::25/'
ok "nor a result type that is not registered" refuses sts.example 's/"validation-failure"/"sts-mx-mismatch"/'
is_private() { [ -z "$(find "$files" -type f ! -perm 600)" ]; }
ok "and for its owner alone" is_private

# says FILE PATH VALUE: of its JSON
says() {
	got=$(sqlite3 :memory: "SELECT json_extract(readfile('$1'), '\$.$2')") && [ "$got" = "$3" ] ||
	    { echo "$2: wanted $3, got $got" >"$folder/err"; false; }
}
# failed FILE INDEX WANTED: lines of its failures
failed() {
	sqlite3 :memory: "SELECT value ->> 'result-type', value ->> 'sending-mta-ip',
		value ->> 'receiving-mx-hostname', value ->> 'receiving-ip',
		value ->> 'failed-session-count', value ->> 'failure-reason-code' FROM
		json_each(readfile('$1'), '\$.policies[$2].failure-details')" >"$folder/out"
	[ "$(cat "$folder/out")" = "$3" ]
}
sts=$(file sts.example)
ok "the day is the UTC day" says "$sts" date-range.start-datetime 2026-03-01T00:00:00Z
ok "to its last second" says "$sts" date-range.end-datetime 2026-03-01T23:59:59Z
ok "who reports is the domain of the address" says "$sts" organization-name reports.example
ok "who is responsible" says "$sts" contact-info tls@reports.example
ok "an id" says "$sts" report-id reports.example.2026-03-01.sts.example
ok "the policy of that day" says "$sts" policies[0].policy.policy-string \
    '["version: STSv1","mode: testing","mx: old.sts.example","max_age: 86400"]'
ok "its type" says "$sts" policies[0].policy.policy-type sts
ok "its domain" says "$sts" policies[0].policy.policy-domain sts.example
ok "its MX hosts" says "$sts" policies[0].policy.mx-host '["old.sts.example"]'
# 10 + 4 encrypted, and the last moment's; 3 + 1 + 1 + 1 in clear, 2 + 1 failed, 1 + 2 breaches
ok "what succeeded" says "$sts" policies[0].summary.total-successful-session-count 15
ok "what failed" says "$sts" policies[0].summary.total-failure-session-count 12
ok "and how, each session once" failed "$sts" 0 \
    "starttls-not-supported|192.0.2.7|mx1.sts.example|$mx1|3|starttls-stripped
certificate-expired|192.0.2.8|mx1.sts.example|$mx1|2|tls-handshake-failed
validation-failure|2001:db8:1::9|mx1.sts.example|$mx2|2|sts-mx-mismatch
validation-failure|192.0.2.7|mx1.sts.example|$mx1|1|plaintext
validation-failure|192.0.2.7|mx1.sts.example|$mx1|1|starttls-unused
starttls-not-supported|192.0.2.7|[203.0.113.9]|203.0.113.9|1|starttls-missing
validation-failure|192.0.2.8|mx1.sts.example|$mx1|1|tls-handshake-failed
certificate-host-mismatch|192.0.2.9|mx1.sts.example|$mx1|1|sts-violation"
next=$(file sts.example $second)
ok "the next day has the policy of then, as it is published" says "$next" \
    policies[0].policy.policy-string \
    '["version: STSv1","mode: enforce","mx: mx1.sts.example","mx: *.sts.example","comment: \"quoted\"","max_age: 604800"]'
ok "what succeeded then" says "$next" policies[0].summary.total-successful-session-count 1
ok "what failed then" failed "$next" 0 \
    "starttls-not-supported|192.0.2.7|mx1.sts.example|$mx1|1|starttls-refused"

dane_file=$(file dane.example)
ok "of a host with TLSA records these are the policy" says "$dane_file" policies[1].policy.policy-type tlsa
ok "whole" says "$dane_file" policies[1].policy.policy-string \
    '["3 1 1 0000000000000000000000000000000000000000000000000000000000000000"]'
ok "their base domain is its domain" says "$dane_file" policies[1].policy.policy-domain mx.dane.example
ok "what broke it is no success" says "$dane_file" policies[1].summary.total-successful-session-count 6
ok "how it was broken" failed "$dane_file" 1 \
    "certificate-not-trusted|192.0.2.2|mx.dane.example|$dane|2|dane-violation
starttls-not-supported|192.0.2.2|mx.dane.example|$dane|1|starttls-masked"
ok "a server beside falls under no policy" says "$dane_file" policies[0].policy.policy-type \
    no-policy-found
ok "what failed there" failed "$dane_file" 0 \
    "starttls-not-supported|192.0.2.2|[203.0.113.9]|203.0.113.9|1|starttls-missing"

ok "no policy is no policy" says "$(file none.example)" policies[0].policy.policy-type no-policy-found
ok "its successes" says "$(file none.example)" policies[0].summary.total-successful-session-count 3
ok "its failures" failed "$(file none.example)" 0 \
    "starttls-not-supported|192.0.2.1|mx.none.example|$plain|1|starttls-missing"
ok "what was encrypted may be for any domain of the host" says "$(file shared.example)" \
    policies[0].summary.total-successful-session-count 6
ok "and breaks the policy of those that have one" says "$(file shared.example)" \
    policies[0].summary.total-failure-session-count 0
ok "a policy that cannot be fetched is told" failed "$(file broken.example)" 0 \
    "starttls-not-supported|192.0.2.1|[203.0.113.77]|203.0.113.77|2|starttls-missing
sts-webpki-invalid||||2|fetch-failed"

# ---- How it is asked for ----

again() {
	before=$(cat "$files"/* | sha256sum)
	report && has_names && [ "$(cat "$files"/* | sha256sum)" = "$before" ]
}
ok "made again they are the same" again
empty() { rm -f "$files"/* "$files"/.[!.]*; }
zipped() {
	empty
	report --gzip --since 2026-03-02 && [ "$(ls -A "$files")" = "reports.example!sts.example!$second.json.gz" ] &&
	    python3 tests/tlsrpt_check.py "$files"/* >"$folder/out" 2>&1
}
ok "compressed, and of days from one on" zipped
until_first() {
	empty
	report --until 2026-03-01 --domain .example && [ "$(ls "$files" | wc -l)" -eq 5 ]
}
ok "of days up to one" until_first
of_one() {
	empty
	report --domain none.example --organization-name 'Straße & Co' --submitter MX.Example.ORG \
	    --report-id '<1@x>' && [ "$(ls "$files")" = "mx.example.org!none.example!$first.json" ] &&
	    python3 tests/tlsrpt_check.py "$files"/* >"$folder/out" 2>&1 &&
	    says "$files"/* organization-name 'Straße & Co' &&
	    says "$files"/* report-id '<1@x>.2026-03-01.none.example'
}
ok "of one domain, under another name" of_one
configured() {
	empty
	printf 'contact-info = a@b.example\norganization-name = Us\n' >"$folder/conf"
	"$WAXSEAL" --config "$folder/conf" report --db "$db" --format tlsrpt --directory "$files" \
	    >"$folder/out" 2>"$folder/err" && says "$files/b.example!none.example!$first.json" organization-name Us
}
ok "as the configuration says" configured

# A day that is not over is none yet.
now=$(date -u +%s)
today=$((now - now % 86400))
sql "INSERT INTO hourly VALUES ($today * 1000000, '$plain', 'smtp', '', 1, 1, 0, 0, 0, 0)"
not_today() { empty && report --since 7d && [ -z "$(ls -A "$files")" ] && grep -q 'no report' "$folder/err"; }
ok "a day that is not over is left out, and that is said" not_today

# Counts outlive the sessions.
pruned() {
	empty
	sqlite3 "$db" "VACUUM INTO '$folder/pruned'" && sqlite3 "$folder/pruned" 'PRAGMA foreign_keys = ON;
		DELETE FROM findings; DELETE FROM sessions' 2>"$folder/err" || return 1
	(db=$folder/pruned && report) && says "$sts" policies[0].summary.total-failure-session-count 9
}
sqlite3 "$db" 'DROP TRIGGER sessions_removed'
ok "what was pruned is counted" pruned

# ---- What cannot be ----

# misuse WORDS ARGUMENT...: status 2, and a line that says so
misuse() {
	words=$1
	shift
	"$WAXSEAL" --config /dev/null report --db "$db" "$@" >"$folder/out" 2>"$folder/err"
	[ $? -eq 2 ] && grep -q -e "$words" "$folder/err"
}
ok "into which folder is to be said" misuse '--directory' --format tlsrpt --contact-info a@b.example
ok "and who is responsible" misuse '--contact-info' --format tlsrpt --directory "$files"
ok "by a mail address" misuse 'no mail address' --format tlsrpt --directory x --contact-info a.example
ok "no client alone" misuse '--client' --format tlsrpt --directory x --contact-info a@b.example \
    --client 192.0.2.0/24
ok "no limit" misuse '--limit' --format tlsrpt --directory x --contact-info a@b.example --limit 3
ok "a folder is for these files alone" misuse '--directory' --directory x
ok "a submitter is a domain" misuse '--submitter' --submitter ../x
fails() {
	report "$@"
	[ $? -eq 1 ] && [ "$(wc -l <"$folder/err")" -eq 1 ]
}
ok "a folder that is none is told" fails --directory "$folder/none"
ok "so is a file" fails --directory "$db"
beside() {
	flock "$files" "$WAXSEAL" --config /dev/null report --db "$db" --format tlsrpt \
	    --directory "$files" --contact-info a@b.example >"$folder/out" 2>"$folder/err"
	[ $? -eq 1 ] && [ "$(wc -l <"$folder/err")" -eq 1 ] && grep -q 'another' "$folder/err"
}
ok "two runs do not write there at once" beside

# The folder holds one file more, and no data: a folder that is full.
full() {
	unshare --mount sh -c "mount -t tmpfs -o size=4k,nr_inodes=3 tmpfs '$files' || exit 99
		'$WAXSEAL' --config /dev/null report --db '$db' --format tlsrpt --directory '$files' \
		    --contact-info a@b.example >'$folder/out' 2>'$folder/err'
		[ \$? -eq 1 ] || exit 1
		ls -A '$files' | grep -q '^[.]' && exit 1
		! ls '$files'/* >/dev/null 2>&1 || python3 tests/tlsrpt_check.py '$files'/*"
}
if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
	empty
	ok "a full one, too, and nothing half is left" full
fi

# A file of our own making may hold anything.
hostile() {
	empty
	sql "UPDATE policies SET domain = '../../x' WHERE domain = 'none.example';
		UPDATE policy_changes SET mx = '[\"a\\\",{', mode = 'enforce' WHERE domain = 'sts.example';
		UPDATE hourly SET encrypted = 9223372036854775807, failed = -5 WHERE server = '$dane';
		UPDATE policies SET mta_sts_text = x'ff0022' || char(10) WHERE domain = 'sts.example'"
	report && [ ! -e "$files/../../x" ] && python3 tests/tlsrpt_check.py "$files"/*dane* >"$folder/out" 2>&1
	for made in "$files"/*; do
		python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$made" 2>"$folder/err" || return 1
	done
}
ok "hostile rows make no other files, and no other JSON" hostile
long() {
	empty
	host=$(printf 'a%.0s' $(seq 60)).$(printf 'b%.0s' $(seq 60)).$(printf 'c%.0s' $(seq 60)).example
	sql "UPDATE policies SET domain = '$host' WHERE domain = 'dane.example';
		UPDATE hourly SET domain = '$host' WHERE domain = 'dane.example'"
	report --domain "$host" --submitter "$host" && [ -z "$(ls -A "$files")" ] &&
	    grep -q 'too long for a file' "$folder/err"
}
ok "a name too long for a file is told" long

echo "1..$count"
