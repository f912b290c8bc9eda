#!/bin/sh
# Look-ups of a live watch: stripped mail is played past it, and the policies of its recipients are
# those that real servers serve (tests/policy/bed.sh). What is found, how soon, and what goes on where
# resolver, policy host or checker fail.
set -u

. tests/tap.sh
. tests/policy/bed.sh
. tests/watcher.sh

ca=$bed/keys/ca.pem
here=127.0.0.1
mx=203.0.112.25  # with TLSA records
mx2=203.0.112.26 # without TLSA records

answers() { in_space "$WAXSEAL" --config /dev/null policy --ca-file "$ca" enforced.sec.test >/dev/null 2>&1; }
listens() { [ "$(in_space ss -Hltn | grep -c ':\(25\|443\) ')" -ge 8 ]; }
is_up() { listens && answers; }
ok "the servers are up" until_it is_up

client=0
# mail DOMAIN SERVER [WHAT]: stripped mail from a client that was not there before
mail() {
	client=$((client + 1))
	echo "0 192.0.2.$client $2 ${3:-clear} $1" | perl tests/mail.pl ethernet >"$folder/mail.pcap" &&
	    in_space tcpreplay -q -i near "$folder/mail.pcap" >"$folder/play" 2>&1
}

# What was found in the mail of the client that was last.
found() {
	ask "$folder/live" "select group_concat(f.kind || ' ' || f.severity || ' ' || f.certainty, ', ')
	    from (select * from v_findings where session in
	    (select id from v_sessions where client = '192.0.2.$client') order by kind) f"
}
has_found() { [ "$(found)" = "$1" ]; }

# watch RESOLVER ARGUMENT...
watch() {
	resolver=$1
	shift
	start -i far --lookups --ca-file "$ca" --resolver "$resolver" "$@"
}

# ---- What is found, and how soon ----

# Milliseconds from the mail's first packet, which the session's start is, to what is in the database.
# The promise is 5 seconds; what fails is only what cannot be noise.
finds() {
	mail "$1" "$2" "${4:-clear}" || return 1
	until_it has_found "$3" || {
		echo "wanted $3, found $(found)" >>"$folder/err"
		return 1
	}
	begun=$(ask "$folder/live" "select max(start) / 1000 from v_sessions where client = '192.0.2.$client'")
	echo "# $1: $(($(date +%s%3N) - begun)) ms"
}
alone='starttls-missing info possible'
ok "it watches" watch $here
ok "an enforce policy" finds enforced.sec.test $mx2 \
    'starttls-stripped critical probable, sts-violation critical probable'
ok "a testing policy is a notice" finds tested.sec.test $mx2 \
    'starttls-stripped notice probable, sts-violation notice probable'
ok "DANE" finds signed.sec.test $mx 'dane-violation critical probable, starttls-stripped critical probable'
ok "no policy" finds bare.sec.test $mx2 "$alone"
ok "a server that is no MX host of an enforce domain" finds enforced.sec.test 198.51.100.25 \
    "mx-mismatch warning possible, $alone"
ok "a domain that is not there" finds nothing.bare.sec.test $mx2 "$alone"
ok "while the session is under way" finds again.sec.test $mx2 \
    'starttls-stripped critical probable, sts-violation critical probable' begun
shows_policies() {
	[ "$(ask "$folder/live" "select group_concat(domain || ' ' || mta_sts_status || ' ' || required, ', ')
	    from (select * from v_policies order by domain)")" = \
	    "again.sec.test enforce mta-sts, bare.sec.test absent none, enforced.sec.test enforce mta-sts, \
signed.sec.test absent dane, tested.sec.test testing none" ]
}
ok "what was learnt is in the database, and what is not there is not" shows_policies
counts() {
	kill -USR1 "$watcher"
	until_it grep -q '[0-9] look-ups\? asked, [0-9]* answered, 0 failed, 0 waiting' "$folder/err"
}
ok "SIGUSR1 tells of look-ups" counts
ok "it ends in order" end 0
sums_up() { grep -q '^look-ups   [67] asked, [67] answered, 0 failed$' "$folder/out"; }
ok "and sums up" sums_up

# ---- What nobody is asked ----

# asks_nobody, asks_somebody COMMAND...: that no question and no connection to a policy host begins meanwhile, or one
dump_of() {
	: >"$folder/dump"
	ip netns exec $space tcpdump -i lo -n -U --immediate-mode -w "$folder/lo.pcap" \
	    'port 53 or (tcp port 443 and tcp[tcpflags] & tcp-syn != 0)' >"$folder/dump" 2>&1 &
	dump=$!
	until_it grep -q 'listening on' "$folder/dump" && "$@"
}
was_asked() { tcpdump -nr "$folder/lo.pcap" 2>/dev/null | sed 's/^/asked: /' | tee -a "$folder/err" | grep -q .; }
end_dump() {
	kill $dump
	wait $dump 2>/dev/null
}
asks_nobody() {
	dump_of "$@"
	status=$?
	sleep 2
	end_dump
	[ $status -eq 0 ] && ! was_asked
}
asks_somebody() {
	dump_of "$@" && until_it was_asked
	status=$?
	end_dump
	return $status
}
judges_again() {
	start_with_database -i far --lookups --ca-file "$ca" --resolver $here &&
	    finds enforced.sec.test $mx2 \
		'starttls-stripped critical probable, sts-violation critical probable' && end 0
}
ok "after a restart a policy is judged by, and asked for no more" asks_nobody judges_again
# Two days later, mail or not.
is_fetched_anew() {
	ask "$folder/live" "update policies set mta_sts_fetched = mta_sts_fetched - 172800000000,
	    mta_sts_expires = mta_sts_expires - 172800000000, ask_after = 0
	    where domain = 'enforced.sec.test'" && start_with_database -i far --lookups --ca-file "$ca" \
	    --resolver $here && until_it was_just_fetched && end 0
}
was_just_fetched() {
	[ "$(ask "$folder/live" "select mta_sts_fetched / 1000000 > $(date +%s) - 100 from policies
	    where domain = 'enforced.sec.test'")" = 1 ]
}
ok "it is fetched anew ahead of its end" is_fetched_anew
watches_without() { start -i far --no-lookups && finds enforced.sec.test $mx2 "$alone" && end 0; }
ok "--no-lookups asks nobody" asks_nobody watches_without
# With the clock of now, as a capture of just now.
save_now() {
	echo "$(date +%s) 192.0.2.200 $mx2 clear late.sec.test" | perl tests/mail.pl >"$folder/saved.pcap"
}
reads_saved() {
	rm -f "$folder/saved.db"*
	save_now && in_space "$WAXSEAL" --config /dev/null --db "$folder/saved.db" watch --ca-file "$ca" \
	    --resolver $here -r "$folder/saved.pcap" "$@" >"$folder/out" 2>"$folder/err"
}
ok "-r asks nobody" asks_nobody reads_saved
saved_is() { [ "$(ask "$folder/saved.db" "select group_concat(kind) from (select kind from v_findings order by 1)")" = "$1" ]; }
ok "and judges without" saved_is starttls-missing
ok "-r --lookups asks" asks_somebody reads_saved --lookups
ok "and waits for the answers" saved_is starttls-stripped,sts-violation

# ---- Where TLS hides the recipients ----

# hide ADDRESS NAME VERSION: a session under TLS, of a client that asks for this name
hide() {
	printf 'QUIT\r\n' | in_space openssl s_client -quiet -starttls smtp -connect "$1:25" \
	    -servername "$2" "-tls$3" >"$folder/client" 2>&1
}
# What was found in the last of that name and version.
hidden() {
	ask "$folder/live" "select s.id || ': ' || ifnull(group_concat(f.kind || ' ' || f.severity, ', '), '')
	    from (select max(id) as id from v_sessions where outcome = 'encrypted' and tls_sni = '$1'
	    and tls_version = 'TLSv$2') s left join (select * from v_findings order by kind) f on f.session = s.id"
}
has_hidden() { [ "$(hidden "$1" "$2" | sed 's/^[0-9]*: /: /')" = ": $3" ]; }
# hides ADDRESS NAME FOUND: TLS 1.2, and what is found before the session has ended
hides() {
	hide "$1" "$2" 1_2
	until_it has_hidden "$2" 1.2 "$3"
}

# mx2 shows the certificate of mx.
watches_both() { start -i far -i lo --lookups --ca-file "$ca" --resolver $here; }
ok "it watches servers, too" watches_both
ok "a certificate for another, and no policy known of the host" hides $mx2 mx2.sec.test 'certificate-invalid info'
ok "mail in clear tells of the domain" finds enforced.sec.test $mx2 \
    'starttls-stripped critical probable, sts-violation critical probable'
broken='certificate-invalid critical, sts-violation critical'
ok "what went to its host is judged again" until_it has_hidden mx2.sec.test 1.2 "$broken"
was=$(hidden mx2.sec.test 1.2)
ok "and what goes there is judged by it" hides $mx2 mx2.sec.test "$broken"
is_another() { [ "$(hidden mx2.sec.test 1.2)" != "$was" ]; }
ok "which was another session" until_it is_another
ok "not where another host was asked for" hides $mx2 mx9.sec.test 'certificate-invalid info'
ok "a domain with TLSA records" finds signed.sec.test $mx \
    'dane-violation critical probable, starttls-stripped critical probable'
hide $mx mx.sec.test 1_2
hide $mx2 mx2.sec.test 1_3
ok "it ends in order" end 0
ok "a certificate that the records name is what it should be" has_hidden mx.sec.test 1.2 ''
ok "what TLS 1.3 hides is held against nobody" has_hidden mx2.sec.test 1.3 ''

# A key that was replaced since its records were looked up, RFC 7671 section 8.1: they are asked for again.
both_keys() {
	in_space "$WAXSEAL" --config /dev/null policy --json wrong.sec.test 2>/dev/null | grep -q "3 1 1 $mx_key"
}
rolls_over() {
	watches_both && mail wrong.sec.test $mx &&
	    until_it has_found 'dane-violation critical probable, starttls-stripped critical probable' &&
	    end 0 && resign '^_25._tcp.mx.wrong.*' "&\n_25._tcp.mx.wrong TLSA 3 1 1 $mx_key" && until_it both_keys &&
	    ask "$folder/live" 'update policies set learnt = learnt - 300000000' &&
	    start_with_database -i far -i lo --lookups --ca-file "$ca" --resolver $here
}
ok "the next key is published, and then in use" rolls_over
ok "of which nothing is said by the records of before" hides $mx mx.wrong.sec.test 'certificate-invalid info'
ok "and which those of now name" hides $mx mx.wrong.sec.test ''
ok "it ends in order" end 0

# ---- Smart hosts ----

ok "it watches with a smart host" watch $here --smart-host 198.51.100.25 --smart-host mx2.sec.test
ok "whose clients' mail is judged by no recipient's policy" finds enforced.sec.test 198.51.100.25 "$alone"
ok "nor where it is one of the recipient's MX hosts" finds enforced.sec.test $mx2 "$alone"
ok "elsewhere it is" finds signed.sec.test $mx \
    'dane-violation critical probable, starttls-stripped critical probable'
ok "it ends in order" end 0

# ---- Faults ----

goes_on() { mail bare.sec.test $mx2 && until_it has_found "$alone"; }

resolver_is_down() {
	watch 127.0.0.9 && mail late.sec.test $mx2 && late=$client && until_it has_found "$alone" &&
	    until_it grep -q 'no resolver answers.*--resolver' "$folder/err" && goes_on
}
ok "without a resolver findings stand, that is told, and capture goes on" resolver_is_down
# It is back, and answers late: half a second to each question.
comes_back() {
	serve perl tests/policy/fake.pl relay 127.0.0.9 53 127.0.0.1 500
	relay=${servers##* }
	client=$late
	until_it has_found 'starttls-stripped critical probable, sts-violation critical probable' &&
	    until_it grep -q 'resolvers answer again' "$folder/err"
}
ok "when it is back, and answers late, they are raised" comes_back

kill_checker() {
	checker=$(for one in $(ip netns pids $space); do
		grep -q '@checker' "/proc/$one/cmdline" 2>/dev/null && echo "$one"
	done)
	[ -n "$checker" ] && kill -9 "$checker"
}
is_killed() {
	client=$((client + 10))
	# What it asks meanwhile is not answered before it is dead.
	kill -STOP "$relay" && mail killed.sec.test $mx2 && killed=$client && until_it has_found "$alone" && kill_checker &&
	    until_it grep -q 'checker: was ended by signal 9.*another one starts' "$folder/err" &&
	    until_it grep -q '1 look-up that it had not answered will be asked again' "$folder/err" &&
	    goes_on
}
ok "the checker is killed: that is told, and capture goes on" is_killed
is_asked_again() {
	client=$killed
	kill -CONT "$relay"
	until_it has_found 'starttls-stripped critical probable, sts-violation critical probable'
}
ok "another one answers" is_asked_again

# Of one network no more than its share waits, and others are asked for all the same.
is_flooded() {
	watch $here || return 1
	for i in $(seq 900); do
		echo "0 198.51.100.$((i % 250)) $mx2 clear invented$i.other.test"
	done | perl tests/mail.pl ethernet >"$folder/flood.pcap"
	play "$folder/flood.pcap" &&
	    until_it grep -q 'too many domains at once: [0-9]* more domains\? not asked for' "$folder/err" &&
	    until_it grep -q 'too many domains at once: [0-9]* domains\? put off' "$folder/err" &&
	    finds enforced.sec.test $mx2 \
		'starttls-stripped critical probable, sts-violation critical probable'
}
ok "a flood of invented names is told, and holds nobody up" is_flooded

lies() {
	client=$((client + 10))
	watch 127.0.0.3 || return 1
	for way in id zero length pointer; do
		mail $way.lie.test $mx2 && until_it has_found "$alone" || return 1
	done
	sleep 9
	goes_on && kill -USR1 "$watcher" && until_it grep -q 'look-ups\? asked' "$folder/err" &&
	    [ "$(ask "$folder/live" "select count(*) from v_findings where kind <> 'starttls-missing'")" = 0 ]
}
ok "a resolver that lies leads nobody astray" lies

# A policy host that answers late keeps back its policy, and nothing of what the DNS says.
stripped='starttls-stripped critical probable'
ok "it watches, and prints" watch $here --json
ok "DANE, while the policy is still to come" finds lateness.sec.test $mx "dane-violation critical probable, $stripped"
# status DOMAIN
status() {
	ask "$folder/live" "select mta_sts_status || ' ' || required || ' ' || ifnull(trouble, 'fine') || ' ' ||
	    ifnull(seen_id, 'none') from policies where domain = '$1'"
}
ok "of which nothing is known then: it is not absent" [ "$(status lateness.sec.test)" = 'unavailable dane fine none' ]
: >"$bed/late"
is_late_policy() { [ "$(status lateness.sec.test)" = 'enforce dane fine 1' ]; }
ok "it comes" until_it is_late_policy
ok "and adds what it has to say" has_found "dane-violation critical probable, $stripped, sts-violation critical probable"
ok "it ends in order" end 0
each_once() {
	[ "$(grep -o '"kind":"[a-z-]*","severity":"critical"' "$folder/out" | sort | uniq -c | awk '{ print $1 }' |
	    sort -u)" = 1 ] && [ "$(ask "$folder/live" "select count(*) || ' ' || max(sessions) from v_incidents")" = '3 1' ]
}
ok "each finding is told and counted once" each_once

# Its database is that of the next tests.
prints() {
	watch $here --json && mail enforced.sec.test $mx2 &&
	    until_it has_found 'starttls-stripped critical probable, sts-violation critical probable' &&
	    until_it grep -q '"kind":"sts-violation","severity":"critical"' "$folder/out" && end 0
}
ok "--json prints what an answer adds" prints

# Nor does a name server that says nothing of its record.
ok "it watches" watch $here
ok "DANE, where nobody answers on MTA-STS" finds dumb.sec.test $mx "dane-violation critical probable, $stripped"
ok "of which nothing is known then, either" [ "$(status dumb.sec.test)" = 'unavailable dane fine none' ]
ok "it ends in order" end 0

hangs() {
	watch $here && mail hang.sec.test $mx2 && until_it has_found "$alone" && goes_on &&
	    finds enforced.sec.test $mx2 \
		'starttls-stripped critical probable, sts-violation critical probable'
}
ok "a policy host that says nothing holds nobody up" hangs
ends_soon() {
	end 0 &&
	    grep -q '1 domain not answered: what went there is judged by what was known' "$folder/err"
}
ok "nor the end, where what is not answered is told" ends_soon

refuses() {
	! start -i far --lookups --ca-file "$1" --resolver $here && ! wait "$watcher" && watcher= &&
	    grep -q "$2" "$folder/err"
}
ok "a CA file that is not there is told" refuses "$folder/none" 'ca-file .*none: cannot read'
: >"$folder/empty"
ok "and so is one without certificates" refuses "$folder/empty" 'no certificate.*PEM form'

is_locked_out() {
	watch $here && lock && mail enforced.sec.test $mx2 || return 1
	sleep 12
	unlock
	until_it has_found 'starttls-stripped critical probable, sts-violation critical probable' && end 0
}
ok "an answer that a locked database cannot take is asked for again" is_locked_out

# Hundredths of a second that the keeper has computed.
ticks() { awk '{ print $14 + $15 }' "/proc/$watcher/stat"; }
# What is due while the database is away waits for it, and nothing runs in circles meanwhile.
is_patient() {
	watch 127.0.0.99 && mail late.sec.test $mx2 &&
	    until_it grep -q 'no resolver answers' "$folder/err" && lock && mail bare.sec.test $mx2 || return 1
	before=$(ticks)
	sleep 30
	unlock
	[ $(($(ticks) - before)) -lt 300 ] && until_it has_found "$alone" && end 0
}
ok "while the database is away it sleeps" is_patient

# configure LINE...
configure() { printf '%s\n' "interface = far" "ca-file = $ca" "$@" >"$folder/conf"; }
has_begun_again() { [ "$(grep -c ': capturing' "$folder/err")" = "$1" ]; }
is_configured_anew() {
	configure "resolver = 127.0.0.99"
	rm -f "$folder"/live*
	: >"$folder/err"
	ip netns exec $space "$WAXSEAL" --config "$folder/conf" --db "$folder/live" watch \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun && mail enforced.sec.test $mx2 && until_it grep -q 'no resolver answers' "$folder/err" &&
	    until_it has_found "$alone" || return 1
	configure "resolver = $here" && kill -HUP "$watcher" && until_it has_begun_again 2 &&
	    finds enforced.sec.test $mx2 \
		'starttls-stripped critical probable, sts-violation critical probable'
}
ok "SIGHUP has another resolver asked" is_configured_anew
is_left_out() {
	configure "lookups = no" && kill -HUP "$watcher" && until_it has_begun_again 3 &&
	    finds tested.sec.test $mx2 "$alone"
}
ok "and nobody, where look-ups are to end" asks_nobody is_left_out
ok "and it ends in order" end 0

# A system without authorities: in place of its folder there is one of ours.
mkdir -p "$folder/ssl/certs"
without_authorities() {
	rm -f "$folder"/live*
	: >"$folder/err"
	ip netns exec $space unshare -m sh -c 'mount --bind "$1" /etc/ssl && shift && exec "$@"' sh \
	    "$folder/ssl" "$WAXSEAL" --config /dev/null --db "$folder/live" watch -i far --resolver $here \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun && until_it grep -q 'checker: no authorities .*--ca-file' "$folder/err" &&
	    until_it grep -q 'no policies are looked up.*SIGHUP' "$folder/err" && goes_on
}
ok "without any there are no look-ups, that is told, and capture goes on" without_authorities
is_put_right() {
	cp "$ca" "$folder/ssl/certs/ca-certificates.crt" && kill -HUP "$watcher" &&
	    until_it sh -c "[ \$(grep -c ': capturing' '$folder/err') = 2 ]" &&
	    finds enforced.sec.test $mx2 \
		'starttls-stripped critical probable, sts-violation critical probable'
}
ok "SIGHUP has them taken up" is_put_right
ok "and it ends in order" end 0

# ---- What holds for the checker ----

# Each layer is told, whether it holds or not: not each is in every kernel, or in a build with sanitizers.
is_closed_in() {
	watch $here -v && until_it grep -q 'checker: system calls' "$folder/err" &&
	    [ "$(grep -c '^waxseal: checker: .*: \(in force\|missing: not in this kernel or build\)$' \
		"$folder/err")" -eq 9 ] && grep -q 'checker: user of its own: in force' "$folder/err" &&
	    grep -q 'checker: system calls it needs alone: in force' "$folder/err" && end 0
}
ok "-v tells what holds for the checker" is_closed_in

echo "1..$count"
