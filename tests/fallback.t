#!/bin/sh
# A client that comes back in clear at once, from outside. The session that was reset is told ten
# seconds after its end, behind the one that it caused: in one capture, in two, whichever is read
# first, and read again.
set -u

. tests/tap.sh
start=1772366400 # 2026-03-01T12:00:00Z

# capture NAME LINE ...: sessions as tests/mail.pl takes them, the seconds from the start on
capture() {
	name=$1
	shift
	for line; do
		# shellcheck disable=SC2086 # words
		set -- $line
		seconds=$1
		shift
		echo "$start$seconds $*"
	done | perl tests/mail.pl >"$folder/$name.pcap"
}

# watch OPTION ...: into the database of this test; the status is kept
watch() {
	"$WAXSEAL" --config /dev/null --db "$folder/db" watch --no-lookups "$@" \
	    >"$folder/out" 2>"$folder/err" </dev/null
	status=$?
}

# says RESULT SQL: what the database answers
says() {
	[ "$(sqlite3 "$folder/db" "$2" 2>&1)" = "$1" ] && return
	sqlite3 "$folder/db" "$2" >>"$folder/out" 2>&1
	return 1
}

fallbacks="select severity, certainty, sessions, client, server, domain from v_incidents
    where kind = 'plaintext-fallback'"
wanted='warning|probable|1|192.0.2.7|198.51.100.25|example.net'
ends="select s.outcome from v_findings f join v_sessions s on s.id = f.session
    where f.kind = 'plaintext-fallback'"

broken='.00 192.0.2.7 198.51.100.25 reset'
after='.02 192.0.2.7 198.51.100.25 unused'
capture both "$broken" "$after"
capture first "$broken"
capture second "$after"

is_found() { watch -r "$folder/both.pcap" && says "$wanted" "$fallbacks" && says plaintext "$ends"; }
ok "a client that comes back in clear within the second is found" is_found
has_reset_last() { says 'plaintext tls-failed' "select group_concat(outcome, ' ') from (select outcome
    from v_sessions order by id)"; }
ok "its cause was told behind it" has_reset_last
is_hindsight() {
	says 'With hindsight: the client sent mail in clear less than 1 s after a TLS handshake of this client failed at the same server.' \
	    "select detail from v_findings where kind = 'plaintext-fallback'"
}
ok "that it is hindsight is said" is_hindsight
is_shown() { "$WAXSEAL" --db "$folder/db" show "$(sqlite3 "$folder/db" "select id from v_incidents
    where kind = 'plaintext-fallback'")" >"$folder/out" && grep -q 'judged again' "$folder/out"; }
ok "show says by which session it was judged again" is_shown
is_same_again() { watch -r "$folder/both.pcap" && says "$wanted" "$fallbacks"; }
ok "read again it stays one" is_same_again

rm -f "$folder/db"*
is_told() {
	watch --json --fail-on warning -r "$folder/both.pcap"
	[ $status -eq 3 ] && [ "$(grep -c '"kind":"plaintext-fallback"' "$folder/out")" -eq 1 ]
}
ok "it is a line of watch --json, and counts for --fail-on" is_told

for order in 'first second' 'second first'; do
	rm -f "$folder/db"*
	is_found_apart() {
		for part in $order; do
			watch -r "$folder/$part.pcap"
		done
		says "$wanted" "$fallbacks"
	}
	ok "of two captures read as $order" is_found_apart
done

capture others '.00 192.0.2.7 198.51.100.25 reset' '.02 192.0.2.8 198.51.100.25 unused' \
    '.03 192.0.2.7 198.51.100.25 idle'
rm -f "$folder/db"*
is_none() { watch -r "$folder/others.pcap" && says '' "$fallbacks"; }
ok "neither another client's mail nor a session without any is a fallback" is_none

# Two addresses of mx.example.net, and EHLO refused at the one; and a third that knows no EHLO.
capture named '.01 192.0.2.7 198.51.100.25 idle' '.02 192.0.2.7 198.51.100.25 idle' \
    '.03 192.0.2.7 198.51.100.25 idle' '.04 192.0.2.8 198.51.100.26 idle' \
    '.05 192.0.2.8 198.51.100.26 idle' '.06 192.0.2.8 198.51.100.26 idle' \
    '.20 192.0.2.7 198.51.100.25 helo' '.30 192.0.2.9 198.51.100.27 helo' \
    '.50 192.0.2.7 198.51.100.26 unused example.com'
rm -f "$folder/db"*
is_named() {
	watch -r "$folder/named.pcap" &&
	    says 'warning|probable|1|192.0.2.7|198.51.100.26|example.com' "$fallbacks" &&
	    says "$by_name" "select detail from v_findings where kind = 'plaintext-fallback'"
}
by_name="The client sent mail in clear less than 1 s after this client's EHLO was refused at a server of the \
same name."
ok "at another address of the name, of which no EHLO reply told when it was refused" is_named
is_beside() {
	says 1 "select count(*) from v_findings f join v_sessions s on s.id = f.session where f.kind =
	    'ehlo-suppressed' and f.severity = 'notice' and s.server = '198.51.100.27' and
	    f.detail like '%a server of the name in its greeting offers it at another address.'"
}
ok "at an address that is not known it is told what servers of that name offer" is_beside
has_names() {
	"$WAXSEAL" --db "$folder/db" servers >"$folder/out" 2>"$folder/err" &&
	    grep -q '^198.51.100.25:25 *mx.example.net ' "$folder/out" &&
	    grep -q '^198.51.100.27:25 *(mx.example.net) ' "$folder/out"
}
ok "servers tells a name that is the greeting's alone, in parentheses" has_names
is_asked_for() {
	watch -r tests/captures/submission.pcap && sqlite3 "$folder/db" "update sessions set
	    tls_sni = 'mail.example.net' where server_port = 465" && "$WAXSEAL" --db "$folder/db" servers \
	    >"$folder/out" 2>"$folder/err" && grep -q ':465 *(mail.example.net) ' "$folder/out"
}
ok "and of one without a greeting, what its client asked for" is_asked_for

echo "1..$count"
