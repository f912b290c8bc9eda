#!/bin/sh
# waxseal policy without asking anybody: what the database knows of a domain, and what the tap has
# seen of it.
set -u

. tests/tap.sh
db=$folder/db
sql() { sqlite3 "$db" "$1"; }
policy() { "$WAXSEAL" --config /dev/null policy --db "$db" --no-lookups "$@" >"$folder/out" 2>"$folder/err"; }

"$WAXSEAL" --config /dev/null watch -q --db "$db" -r tests/captures/ordinary-delivery.pcap -f 'tcp port 9'

# ---- What is known ----

hour=$(($(date +%s) / 3600 * 3600))
text='version: STSv1
mode: enforce
mx: mx1.example.net
max_age: 604800
'
# knows ID DOMAIN FETCHED MX-WHOLE [COLUMN=VALUE,...]: an enforce policy of a week
knows() {
	sql "INSERT INTO policies (id, domain, learnt, mta_sts_status, mta_sts_id, mta_sts_mode,
		mta_sts_max_age, mta_sts_mx, mta_sts_fetched, mta_sts_expires, mta_sts_source,
		mta_sts_text, seen_id, edited, failures, failing_since, wants_fetch, mx_form, mx_whole,
		tlsrpt_status, tlsrpt_rua, mta_sts_problems) VALUES ($1, '$2', $3 * 1000000, 'enforce', '7',
		'enforce', 604800, '[\"mx1.example.net\"]', $3 * 1000000, ($3 + 604800) * 1000000,
		'network', '$text', '7', 0, 0, $3 * 1000000, 0, 'listed', $4, 'present',
		'[\"mailto:r@example.net\"]', '[\"One thing (RFC 8461 section 3.2).\"]');
	INSERT INTO policy_hosts VALUES ($1, 0, 'mx1.example.net', 10, NULL,
		'[\"198.51.100.25\",\"2001:db8::25\"]', $4, 1, 'absent',
		'[\"secure\",\"secure\",\"unasked\",\"absent\",\"unasked\",\"no-alias\"]', '[]');
	UPDATE policies SET ${5:-id = id} WHERE id = $1"
}
fetched=$((hour - 86400))
knows 1 example.net $fetched 1
knows 2 gone.example.net $fetched 1 "trouble = 'record-gone', failures = 3"
knows 3 old.example.net $((hour - 700000)) 1
knows 4 part.example.net $fetched 0
knows 5 edited.example.net $fetched 1 'edited = 1'
knows 6 bare.example.net $fetched 1 "mta_sts_mode = NULL, mta_sts_text = NULL, seen_id = NULL,
	trouble = 'record-gone', failures = 1, tlsrpt_status = 'absent', tlsrpt_rua = '[]',
	mta_sts_problems = '[]'"

# ---- What was seen ----

at=$((hour - 7200))000000
sql "INSERT INTO hourly VALUES
	($at, '198.51.100.25', 'smtp', '', 10, 8, 0, 1, 1, 0),
	($at, '198.51.100.25', 'smtp', 'example.net', 3, 0, 3, 0, 0, 0),
	($at + 3600000000, '2001:db8::25', 'smtp', '', 4, 4, 0, 0, 0, 0),
	($at, '203.0.113.9', 'smtp', 'example.net', 2, 0, 2, 0, 0, 0),
	($at, '203.0.113.9', 'smtp', '', 50, 50, 0, 0, 0, 0),
	($at, '203.0.113.9', 'smtp', 'part.example.net', 1, 0, 1, 0, 0, 0),
	($at, '198.51.100.25', 'submission', 'example.net', 9, 0, 9, 0, 0, 0);
	INSERT OR IGNORE INTO sensors VALUES (1, 'tap1');
	INSERT INTO incidents (kind, server, server_port, client_net, domain, sensor_id, service, client,
	severity, certainty, state, first_seen, last_seen, sessions, pruned, \"where\", summary, refuted_by)
	VALUES ('starttls-missing', 'a', 25, 'x', 'example.net', 1, 'smtp', 'c', 1, 1, 'open', 0, 0, 1, 0,
	'unknown', '', ''), ('starttls-stripped', 'a', 25, 'x', 'example.net', 1, 'smtp', 'c', 1, 1,
	'closed', 0, 0, 1, 0, 'unknown', '', ''), ('banner-masked', 'a', 25, 'x', 'example.net', 1, 'smtp',
	'c', 1, 1, 'open', 0, 0, 1, 0, 'unknown', '', '');
	INSERT INTO mutes (kinds, clients, servers, domains, severity, why, added)
	VALUES ('banner-masked', '', '', '', 3, 'known', 0);
	UPDATE incidents SET mute_id = 1 WHERE kind = 'banner-masked'"

# says DOMAIN PATH=VALUE...: of its JSON
says() {
	domain=$1
	shift
	policy --json "$domain" || return 1
	for claim; do
		got=$(sqlite3 :memory: "SELECT json_extract(readfile('$folder/out'), '\$.${claim%%=*}')")
		[ "$got" = "${claim#*=}" ] && continue
		echo "wanted $claim, got $got" >>"$folder/err"
		return 1
	done
}
# page DOMAIN TEXT...: the page holds each
page() {
	policy "$1" || return 1
	shift
	for text; do
		grep -q -e "$text" "$folder/out" || { echo "no '$text'" >>"$folder/err"; return 1; }
	done
}
as_time() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%S.000000Z; }

ok "what is in force is told from the cache" says example.net mta_sts.status=enforce \
    mta_sts.source=cache mta_sts.mode=enforce mta_sts.id=7 mta_sts.max_age=604800 \
    mta_sts.fetched="$(as_time $fetched)" mta_sts.expires="$(as_time $((fetched + 604800)))" \
    'mta_sts.mx=["mx1.example.net"]' 'mta_sts.problems[0]=One thing (RFC 8461 section 3.2).' \
    'mx[0].host=mx1.example.net' 'mx[0].sts_match=1' 'mx[0].dane=absent' tlsrpt.status=present \
    'tlsrpt.rua=["mailto:r@example.net"]' required=mta-sts learnt="$(as_time $fetched)"
ok "and so on the page" page example.net '^Nothing was asked now' "^  version 7, fetched at" \
    'mx: mx1.example.net' 'wrong: One thing' 'reports go to mailto:r@example.net' \
    'senders with MTA-STS: deliver over TLS alone' 'other senders: ' '^  mta-sts: '
ok "that a record is gone does not end its policy" says gone.example.net mta_sts.status=enforce \
    mta_sts.source=cache required=mta-sts
ok "and is told" page gone.example.net 'its record is gone' '3 times' 'section 10.2'
ok "what has expired is not in force" says old.example.net mta_sts.status=unavailable mta_sts.mode= \
    mta_sts.source= mta_sts.expires= 'mx[0].sts_match=' required=none
ok "and is told" page old.example.net 'version 7 in mode enforce, and expired at'
ok "a text that changed under its id is wrong" page edited.example.net \
    'wrong: The policy.s text was changed'
ok "absent is absent" says bare.example.net mta_sts.status=absent tlsrpt.status=absent mta_sts.problems=[]
ok "as the page says" page bare.example.net 'absent: no record at _mta-sts' \
    'absent: nobody tells this domain'

ok "sessions are those that named it, and those with its hosts that named nobody" says example.net \
    seen.sessions=19 seen.named=5 seen.encrypted=12 seen.plaintext=5 seen.failed=1
ok "the last of them" says example.net seen.last_hour="$(as_time $((hour - 3600)))"
ok "its open incidents, and those that are muted" says example.net seen.incidents_open=1 \
    seen.incidents_muted=1
ok "its servers, most sessions first" says example.net 'seen.servers[0].server=198.51.100.25' \
    'seen.servers[0].is_mx=1' 'seen.servers[0].host=mx1.example.net' 'seen.servers[0].sessions=13' \
    'seen.servers[1].server=2001:db8::25' 'seen.servers[1].encrypted=4' \
    'seen.servers[2].server=203.0.113.9' 'seen.servers[2].is_mx=0' 'seen.servers[2].host=' \
    'seen.servers[2].plaintext=2' 'seen.servers[3]=' seen.servers_in_all=3
ok "where hosts may be missing, a server is not said to be none of them" says part.example.net \
    'seen.servers[2].server=203.0.113.9' 'seen.servers[2].is_mx='
ok "and so on the page" page example.net '^Seen by the tap' '^  5 sessions named it' \
    '^  14 sessions with its MX hosts named nobody' '12 encrypted, 5 in clear, 1 failed at TLS' \
    '203.0.113.9 (none of its MX hosts): 2 sessions' '^  1 incident open' \
    '^  1 incident muted (waxseal incidents --muted'
ok "in words that do not claim more" page part.example.net \
    '203.0.113.9 (not known to be one of its MX hosts)'
sql "UPDATE policy_hosts SET addresses = '[]', whole = 1 WHERE policy_id = 6"
ok "nothing seen is told" page bare.example.net 'nothing: no session named it'

sql "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100)
	INSERT INTO hourly SELECT $at, '192.0.2.' || n, 'smtp', 'gone.example.net', n, 0, n, 0, 0, 0 FROM c"
ok "of many servers those with most sessions" says gone.example.net seen.servers_in_all=102 \
    'seen.servers[0].server=192.0.2.100' 'seen.servers[31].server=192.0.2.69' 'seen.servers[32]='
ok "and the page counts the rest" page gone.example.net '192.0.2.69 ' '^  and 70 servers with fewer'

# ---- What cannot be ----

# fails WORDS ARGUMENT...: status 1, one line that has them, and no page
fails() {
	words=$1
	shift
	"$@"
	[ $? -eq 1 ] && [ ! -s "$folder/out" ] && [ "$(wc -l <"$folder/err")" -eq 1 ] &&
	    grep -q -e "$words" "$folder/err"
}
ok "a domain that is not known is told" fails 'leave --no-lookups out' policy other.example.net
gone() {
	"$WAXSEAL" --config /dev/null policy "$@" example.net >"$folder/out" 2>"$folder/err"
}
ok "so is a database that is not there" fails "$folder/none" gone --db "$folder/none" --no-lookups
ok "though others could be asked" fails "$folder/none" gone --db "$folder/none"
sql "UPDATE policies SET mta_sts_problems = '[\"a\\\\\"b\\\\\\\\', tlsrpt_rua = '{\"x', domain = 'example.net',
	mta_sts_id = '\"<' WHERE id = 1; UPDATE hourly SET encrypted = 9223372036854775807, failed = -7
	WHERE domain = ''; UPDATE hourly SET server = 'x\"\\' || char(10) WHERE server = '203.0.113.9'"
is_json() { policy --json example.net && sqlite3 :memory: "SELECT json_valid(readfile('$folder/out'))" | grep -q 1; }
ok "hostile rows make no other JSON" is_json

echo "1..$count"
