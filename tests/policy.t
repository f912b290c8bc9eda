#!/bin/sh
# What waxseal policy says of domains that real servers serve: nsd with signed zones, unbound that
# validates, nginx with certificates of a test authority, and servers that lie or say nothing. The
# numbers are those of the cases in the notes on RFC 8461 (3b) and RFC 7672 (3c). Then the same
# domains asked of postfix-mta-sts-resolver and of Postfix, row by row.
set -u

. tests/tap.sh
. tests/policy/bed.sh

ca=$bed/keys/ca.pem
policy() { in_space "$WAXSEAL" --config /dev/null policy --ca-file "$ca" "$@"; }

answers() { policy ok.sec.test >/dev/null 2>&1; }
listens() { [ "$(in_space ss -Hltn | grep -c ':\(25\|443\) ')" -ge 8 ]; }
is_up() { listens && answers; }
ok "the servers are up" until_it is_up

# These take a minute each, and go on meanwhile.
for slow in drip hang; do
	policy --json $slow.sec.test >"$folder/$slow" 2>"$folder/$slow.err" &
	eval "waits_$slow=$!"
done
policy --json --resolver 127.0.0.3 veil.lie.test >"$folder/veil" 2>"$folder/veil.err" &
waits_veil=$!
policy --json --resolver 127.0.0.3 drop.lie.test >"$folder/drop" 2>"$folder/drop.err" &
waits_drop=$!

# value FILE PATH: of a JSON object; NULL is empty
value() { sqlite3 :memory: "select json_extract(readfile('$1'), '$2')"; }

# says FILE PATH=VALUE...: "~" in place of "=": holds it somewhere
says() {
	file=$1
	shift
	for claim; do
		case $claim in
		*~*)
			got=$(value "$file" "\$.${claim%%~*}")
			case $got in *"${claim#*~}"*) continue ;; esac
			;;
		*)
			got=$(value "$file" "\$.${claim%%=*}")
			[ "$got" = "${claim#*=}" ] && continue
			;;
		esac
		echo "wanted $claim, got $got" >>"$folder/err"
		return 1
	done
}

# is "ARGUMENT..." CLAIM...: what policy says
is() {
	arguments=$1
	shift
	# shellcheck disable=SC2086 # words
	policy --json $arguments >"$folder/out" 2>"$folder/err" && says "$folder/out" "$@"
}

sts=mta_sts.status
why=mta_sts.problems
valid="$sts=enforce mta_sts.mode=enforce mta_sts.source=network"
host=mx[0].dane

# ---- MTA-STS: the record ----

ok "a policy, as it is published" is ok.sec.test $valid mta_sts.id=20260301 \
    mta_sts.max_age=604800 'mta_sts.mx[0]=mx.sec.test' 'mx[0].sts_match=1' 'mx[0].host=mx.sec.test' \
    'mx[0].addresses[0]=203.0.112.25' 'mx[0].preference=10' $host=usable required=dane \
    tlsrpt.status=present 'tlsrpt.rua[0]=mailto:reports@ok.sec.test' $why=[]
ok "testing" is testing.sec.test $sts=testing mta_sts.mode=testing 'mx[0].sts_match=1'
ok "none" is none.sec.test $sts=none mta_sts.mode=none 'mx[0].sts_match=' required=none
ok "no record" is bare.sec.test $sts=absent mta_sts.id= tlsrpt.status=absent required=none
ok "3b.10 a record split within a word" is split.sec.test $valid mta_sts.id=split1
ok "3b.15 a chain of CNAMEs; the policy host is that of the domain" is chain.sec.test $valid \
    mta_sts.id=20260301
ok "3b.15 a loop of CNAMEs is no answer" is loop.sec.test $sts=unavailable
ok "3b.15 a CNAME that leads nowhere is none" is dangling.sec.test $sts=absent
ok "3b.16 NXDOMAIN" is nothing.bare.sec.test $sts=absent mx_status=absent
ok "3b.16 NODATA" is nodata.sec.test $sts=absent
ok "3b.16 SERVFAIL" is x.lame.test $sts=unavailable mx_status=unavailable \
    tlsrpt.status=unavailable required=none
ok "3b.19 more than one string" is long.sec.test $valid mta_sts.id=long1
ok "3b.19 more than one datagram: by TCP" is huge.sec.test $valid mta_sts.id=huge1
ok "3b.21 a wildcard for something else" is wild.sec.test $sts=absent $why=[] tlsrpt.status=absent
ok "3b.2 two records" is two.sec.test $sts=invalid "$why~RFC 8461 section 3.1"
ok "3b.1 another record beside" is beside.sec.test $valid

# ---- MTA-STS: the fetch ----

# fails NAME WHY [OPTION...]: the policy cannot be fetched
fails() {
	domain=$1.sec.test text=$2
	shift 2
	is "$domain $*" $sts=unavailable mta_sts.mode= mta_sts.id=1 mta_sts.source= \
	    'mx[0].sts_match=' "$why~$text"
}
ok "3b.22 a redirect" fails redirect 301
ok "3b.24 204" fails nocontent 204
ok "3b.24 206" fails partial 206
ok "3b.25 text/html" fails html text/html
ok "3b.26 no media type" fails untyped 'no type'
ok "3b.27 a media type with parameters, in any case" is charset.sec.test $valid
ok "3b.28 a certificate with a CN alone" fails cnonly 'a CN does not count'
ok "3b.29 a certificate with a wildcard" is wildname.sec.test $valid
ok "3b.31 the provider's certificate" fails provider 'without a DNS name of its own'
ok "3b.32 an expired certificate" fails expiredcert 'expired'
ok "3b.33 an intermediate is missing" fails middleless 'no trusted authority'
ok "a certificate of an authority that is not trusted" fails stranger 'no trusted authority'
ok "3b.34 of 65,536 bytes" is longest.sec.test $valid
ok "3b.34 of 65,537 bytes" fails toolong '64 kilobytes'
ok "3b.36 compressed" fails gzip 'Content-Encoding'
ok "3b.37 IPv6 alone (and 3b.39, HTTP/2)" is ipv6.sec.test $valid
ok "3b.38 403" fails forbidden 403
ok "a policy host without an address" fails nohost 'no address'
ok "a policy host that refuses" fails closed 'cannot be reached'
ok "a policy that breaks the rules" is invalid.sec.test $sts=invalid "$why~max_age" 'mx[0].sts_match='

# ---- MTA-STS: records and texts in rows ----

# What postfix-mta-sts-resolver says of all of them is asked for at once; it starts slowly.
resolver_of_rows() {
	in_space env SSL_CERT_FILE="$ca" timeout 300 /usr/bin/python3 tests/policy/resolver.py \
	    "$@" >"$folder/rows" 2>/dev/null &
	waits_rows=$!
}
waits_rows=
if /usr/bin/python3 -c 'import postfix_mta_sts_resolver' 2>/dev/null; then
	# shellcheck disable=SC2046 # words
	resolver_of_rows $(seq -f 'row%g.sec.test' $rows)
fi

# What is invalid says so, and by which section; see tests/policy/sts.rows.
row_is() {
	is "row$1.sec.test" "$sts=$2" || return 1
	[ "$2" != invalid ] || says "$folder/out" "$why~RFC 8461 section 3."
}
row=0
while IFS=$tab read -r number case status _; do
	row=$((row + 1))
	ok "3b.$number $case: $status" row_is $row "$status" </dev/null
	cp "$folder/out" "$folder/row$row"
done <tests/policy/sts.rows

# ---- Where it connects ----

in_space nft -f - <<END
table ip reach {
	counter inward { }
	chain out {
		type filter hook output priority 0;
		ip daddr { 10.0.0.0/8, 127.0.0.0/8 } tcp dport { 80, 443 } counter name inward
	}
}
END

ok "loopback is not connected to, mapped addresses neither" fails here 'public Internet'
ok "nor is a private network" fails inside 'public Internet'
ok "nor any range that is not public" fails special 'public Internet'
lies='--resolver 127.0.0.3'
ok "one answer decides where it goes: another one, a moment later, does not" is \
    "rebind.lie.test $lies" $sts=unavailable "$why~cannot be reached"
ok "of an answer with both kinds the public address alone" is "mixed.lie.test $lies" \
    $sts=unavailable "$why~cannot be reached"
inward() { in_space nft list counter ip reach inward | grep -q 'packets 0 '; }
ok "nothing was connected to on this machine or a private network" inward
printf 'default login a password b\n' >"$folder/.netrc"
cp "$folder/.netrc" "$folder/_netrc"
printf 'proxy = "http://203.0.112.98:443"\n' >"$folder/.curlrc"
in_other_surroundings() {
	HOME=$folder https_proxy=http://203.0.112.99:443 HTTPS_PROXY=http://203.0.112.99:443 \
	    ALL_PROXY=http://203.0.112.99:443 SSLKEYLOGFILE=$folder/keylog OPENSSL_CONF=/dev/null/x \
	    SSL_CERT_FILE=/dev/null CURL_CA_BUNDLE=/dev/null HOSTALIASES=$folder/.netrc \
	    RES_OPTIONS='ndots:15 timeout:1' LOCALDOMAIN=sec.test is ok.sec.test $valid
}
ok "no proxy, password or setting of the surroundings has a say" in_other_surroundings
leaves_no_keys() { [ ! -e "$folder/keylog" ]; }
ok "... and no key of a connection is written down" leaves_no_keys
ok "loopback is where that is wanted" is 'here.sec.test --lookup-private' $valid
ok "and so is a private network" is 'inside.sec.test --lookup-private' $valid

# ---- Changes ----

policy_text=$bed/web/mta-sts.split.sec.test/.well-known/mta-sts.txt
sed -i 's/enforce/testing/' "$policy_text"
resign 'd=split1' 'd=split2'
ok "another id, and another policy" until_it is split.sec.test $sts=testing mta_sts.id=split2

# ---- MX ----

ok "null MX" is null.sec.test mx_status=null mx=[] required=none
ok "3b.65 implicit MX" is implicit.sec.test mx_status=absent 'mx[0].host=implicit.sec.test' \
    $host=absent
ok "an MX that is a CNAME" is alias.sec.test 'mx[0].host=also.mx.sec.test' $host=usable \
    'mx[0].addresses[0]=203.0.112.25'
ok "MX hosts that cannot be" is odd.sec.test 'mx[0].host=mx.sec.test' 'mx[1].host=' \
    'mx_problems~RFC 5321' 'mx_problems~localhost'

# ---- DANE ----

ok "3c.16 records of a zone that is not signed" is ad0.sec.test $host=insecure 'mx[0].tlsa=[]'
ok "3c.17 a host that is secure, an MX that is not" is plain.ins.test $host=usable required=none
ok "3c.18 one of two hosts" is half.sec.test $host=usable 'mx[1].dane=absent' required=none
ok "3c.19 TLSA fails" is tlsafail.sec.test $host=unavailable required=none
ok "3c.20 the address is insecure by its CNAME" is viains.sec.test $host=absent
ok "3c.20 and in a zone that opted out" is child.sec.test $host=insecure 'mx[0].tlsa=[]'
ok "3c.21 an MX that is a secure CNAME" is secalias.sec.test $host=usable required=dane
ok "3c.22 TLSA by a CNAME to another signed zone" is cnameo.sec.test $host=usable required=dane
ok "3c.22 ... to a zone that is not signed" is cnamei.sec.test $host=insecure required=none
ok "3c.23 a proof that opts out is none" is optout.sec.test $host=insecure
ok "3c.24 signatures that are out of date: TLSA" is cnamex.sec.test $host=bogus required=none
ok "3c.24 ... the host's address" is expired.sec.test $host=bogus 'mx[0].addresses=[]'
ok "an address that cannot be had" is vialame.sec.test $host=unavailable
ok "3c.25 a server that drops the question for TLSA" is 'lame.lie.test --resolver 127.0.0.3' \
    'mx[0].addresses[0]=203.0.112.25' $host=unavailable required=none
ok "3c.27 records of another port are none" is port587.sec.test $host=absent 'mx[0].tlsa=[]' \
    required=none
ok "3c.10 PKIX-EE beside DANE-EE" is pkix.sec.test $host=usable 'mx[0].tlsa~3 1 1' required=dane
ok "3c.3 two digests" is agility.sec.test $host=usable 'mx[0].tlsa~3 1 2' required=dane
ok "3c.26 a wildcard" is star.sec.test $host=usable
ok "3c.28 hundreds of records, by TCP" is large.sec.test $host=usable \
    'mx[0].tlsa[779]~3 1 1 00'
ok "3c.9 records of which none can be used" is unusable.sec.test $host=unusable required=dane
ok "3c.6 an authority's certificate in full, which the checker has read" is tafull.sec.test $host=usable \
    'mx[0].tlsa~2 0 0' required=dane
ok "3c.6 one that is no certificate" is torn.sec.test $host=unusable required=dane
ok "3c.15 key rollover: two keys" is roll.sec.test $host=usable 'mx[0].tlsa[1]~3 1 1' required=dane

# ---- Keys that change: RFC 6781 section 4.1, RFC 7671 section 8.1 ----

by_keys() { is keys.test $host=usable 'mx[0].tlsa[0]~3 1 1' required=dane; }
ok "a zone with keys of both kinds" by_keys
sign_keys $ksk1 $zsk1 $zsk2
ok "both zone-signing keys" by_keys
sign_keys $ksk1 $zsk2
ok "the next zone-signing key alone" until_it by_keys
sign_keys $ksk1 $ksk2 $zsk2
ok "both key-signing keys, of which one is trusted" until_it by_keys
sign_keys $ksk2 $zsk2
# Neither absent nor insecure: mail waits, RFC 7672 section 2.1.2.
ok "the next alone, which the resolver does not know, is bogus" until_it is keys.test mx_status=bogus \
    mx=[] $sts=unavailable required=none
trust $ksk1 $ksk2
kill -HUP "$(cat "$bed/unbound.pid")"
ok "... until it does" until_it by_keys

# ---- Resolvers ----

ok "AD counts from this machine" is 'ok.sec.test --resolver 127.0.0.1:53' $host=usable
ok "not from elsewhere" is 'ok.sec.test --resolver 203.0.112.53' $host=insecure 'mx[0].tlsa=[]' \
    required=mta-sts
ok "but from one that is trusted" is 'ok.sec.test --resolver 203.0.112.53 --trust-resolver' \
    $host=usable required=dane
ok "the second answers where the first does not" is \
    'ok.sec.test --resolver 127.0.0.99 --resolver 127.0.0.1' $host=usable
liar='--resolver 127.0.0.3'
for way in servfail refused cut length count pointer trailing other; do
	ok "a resolver that lies: $way" is "$way.lie.test $liar" $sts=unavailable mta_sts.id=
done
ok "validation that fails is told apart" is "bogus.lie.test $liar" $sts=unavailable mx_status=bogus
ok "a failure that is an accident is none" is "flaky.lie.test $liar" mta_sts.id=lie1
ok "an answer by TCP alone" is "tcp.lie.test $liar" mta_sts.id=lie1
ok "AD on an answer" is "ad.lie.test $liar" mta_sts.id=lie1
ok "NODATA is an answer" is "empty.lie.test $liar" $sts=absent
ok "NXDOMAIN is an answer" is "nxdomain.lie.test $liar" $sts=absent

# no_answer FILE: it failed, and says so
no_answer() {
	[ $? -eq 1 ] && [ ! -s "$1" ] && grep -q 'no resolver answers' "$1.err"
}
unanswered() {
	# shellcheck disable=SC2086 # words
	policy --json $1.lie.test $liar >"$folder/none" 2>"$folder/none.err"
	no_answer "$folder/none"
}
for way in id zero; do
	ok "what belongs to no question is no answer: $way" unanswered $way
done
none_is_there() {
	policy --json ok.sec.test --resolver 127.0.0.99 >"$folder/none" 2>"$folder/none.err"
	no_answer "$folder/none"
}
ok "no resolver at all is a failure, and says what to do" none_is_there

# ---- The page ----

page() {
	domain=$1
	shift
	[ "$1" = --known ] && shift && domain="$domain --db $known"
	# shellcheck disable=SC2086 # words
	policy $domain >"$folder/out" 2>"$folder/err" || return 1
	for text; do
		grep -q -e "$text" "$folder/out" || return 1
	done
}
ok "the page has what a sender would do" page ok.sec.test '^MTA-STS' 'enforce: ' 'mx: mx.sec.test' \
    'the policy names it' 'DANE: usable' 'senders with DANE: deliver over TLS alone' 'reports go to mailto:' '^  dane: '
ok "it tells what is wrong" page two.sec.test 'invalid' 'wrong: 2 TXT records'
ok "and what is not known" page x.lame.test 'MTA-STS' 'unavailable' 'not known'
ok "testing and a host that the policy does not name" page invalid.sec.test 'invalid: version 1'
ok "bogus is no word for absent" page cnamex.sec.test 'DANE: bogus'
ok "a host that an mx does not cover" page chain.sec.test 'wrong: no mx of the policy covers it'
ok "and what comes of it where there is no other" page chain.sec.test \
    'wrong: none of these hosts .* deliver no mail to this domain'
ok "a host without an address is none to deliver to" page nothing.bare.sec.test \
    'senders: cannot deliver to it'
ok "each TLSA record that is of no use" page unusable.sec.test 'wrong: The TLSA record "3 2 1'
ok "what senders may do and need not" page plain.ins.test 'senders with DANE: may '
ok "that bogus answers may hide a demand" page cnamex.sec.test 'not known: what is bogus or'

# ---- What is known beside ----

# An enforce policy of a week, fetched an hour ago, of domains that publish another or none.
known=$folder/known.db
"$WAXSEAL" --config /dev/null watch -q --db "$known" -r tests/captures/ordinary-delivery.pcap \
    -f 'tcp port 9' >"$folder/log" 2>&1
ago=$(($(date +%s) - 3600))000000
for domain in bare redirect invalid ok; do
	sqlite3 "$known" "INSERT INTO policies (domain, learnt, mta_sts_status, mta_sts_id, mta_sts_mode,
		mta_sts_max_age, mta_sts_mx, mta_sts_fetched, mta_sts_expires, mta_sts_source, mta_sts_text,
		seen_id, edited, failures, wants_fetch, mx_whole) VALUES ('$domain.sec.test', $ago, 'enforce',
		'before', 'enforce', 604800, '[]', $ago, $ago + 604800000000, 'network',
		'version: STSv1' || char(10) || 'mode: enforce' || char(10) || 'mx: mx.sec.test' || char(10) ||
		'max_age: 604800' || char(10), 'before', 0, 0, 0, 0)"
done
kept="$sts=enforce mta_sts.source=cache mta_sts.mx[0]=mx.sec.test"
ok "a policy that is known outlives its record" is "bare.sec.test --db $known" $kept mta_sts.id=before \
    'mx[0].sts_match=0' required=mta-sts
ok "and its server" is "redirect.sec.test --db $known" $kept "$why~301"
ok "and a text that is none" is "invalid.sec.test --db $known" $kept "$why~max_age"
ok "one that is published counts" is "ok.sec.test --db $known" $valid mta_sts.id=20260301
ok "the page tells both" page "bare.sec.test" --known 'version before, fetched at' 'its record is gone'
ok "what is seen is beside it" is "ok.sec.test --db $known" seen.sessions=0 seen.servers=[]
ok "without a database nothing is" is ok.sec.test seen=

# ---- Peers ----

# What postfix-mta-sts-resolver says of a domain: VALID, NONE or FETCH_ERROR.
resolver_says() {
	in_space env SSL_CERT_FILE="$ca" timeout 180 mta-sts-query "$1" 2>/dev/null |
	    sed -n 's/.*STSFetchResult\.\([A-Z_]*\):.*/\1/p'
}
# What that is in our words: no record that can be used is NONE to it.
in_its_words() {
	case $(value "$1" '$.mta_sts.status') in
	enforce | testing | none) echo VALID ;;
	absent) echo NONE ;;
	invalid) [ -n "$(value "$1" '$.mta_sts.id')" ] && echo FETCH_ERROR || echo NONE ;;
	unavailable) echo FETCH_ERROR ;;
	esac
}
agrees_with_resolver() {
	# shellcheck disable=SC2086 # words
	policy --json $2 "$1.sec.test" >"$folder/out" 2>"$folder/err"
	theirs=$(resolver_says "$1.sec.test")
	echo "ours $(in_its_words "$folder/out"), theirs $theirs" >>"$folder/err"
	[ "$(in_its_words "$folder/out")" = "$theirs" ]
}
# It connects to any address; RFC 8461 says nothing of them.
if has mta-sts-query; then
	for one in ok testing none bare split chain loop dangling nodata long huge wild two beside \
	    nohost ipv6 here inside closed redirect nocontent partial html untyped charset forbidden \
	    gzip longest toolong wildname provider expiredcert middleless stranger invalid; do
		ok "as postfix-mta-sts-resolver has it: $one" agrees_with_resolver $one --lookup-private
	done
	# Row by row: the same, or something else for a reason that the standard gives.
	row_agrees() {
		ours=$(in_its_words "$folder/row$1")
		theirs=$(sed -n "s/^row$1\.sec\.test //p" "$folder/rows")
		echo "ours $ours, theirs $theirs, by $2: $3" >>"$folder/err"
		[ "$theirs" = "$2" ] || return 1
		if [ "$3" = - ]; then [ "$ours" = "$theirs" ]; else [ "$ours" != "$theirs" ]; fi
	}
	wait "$waits_rows"
	row=0
	same=0
	while IFS=$tab read -r number case _ theirs reason _; do
		row=$((row + 1))
		if [ "$reason" = - ]; then
			same=$((same + 1))
			ok "as postfix-mta-sts-resolver has it: 3b.$number $case" row_agrees $row "$theirs" -
		else
			ok "otherwise than postfix-mta-sts-resolver, by RFC 8461 section $reason: $case" \
			    row_agrees $row "$theirs" "$reason"
		fi
	done <tests/policy/sts.rows
	echo "# score: $same of $rows rows as postfix-mta-sts-resolver has them, the others by sections"
	# It takes a CN for a name where there is no other. Section 3.3 of RFC 8461 wants a DNS-ID.
	differs() { [ "$(resolver_says cnonly.sec.test)" = VALID ]; }
	ok "otherwise than postfix-mta-sts-resolver, by RFC 8461 section 3.3: cnonly" differs
else
	skip "as postfix-mta-sts-resolver has it" "there is no mta-sts-query"
fi

# What Postfix makes of a host's DANE: uses it, delays mail, or does without.
postfix_says() {
	in_space timeout 180 posttls-finger -c -t 60 -T 60 -l dane -L summary,verbose "$1" \
	    >"$folder/finger" 2>&1
	if grep -q 'TLSA lookup error\|lookup failed' "$folder/finger"; then
		echo delays
	elif grep -q 'Verified TLS' "$folder/finger"; then
		echo uses
	elif grep -q 'Trusted TLS\|DANE TLSA records\|hostname mismatch' "$folder/finger" &&
	    ! grep -q 'Untrusted TLS.*\|unsupported TLSA' "$folder/finger"; then
		echo uses
	elif grep -q 'no matching DANE TLSA\|hostname mismatch' "$folder/finger"; then
		echo uses
	elif grep -q 'unsupported TLSA' "$folder/finger"; then
		echo encrypts
	else
		echo without
	fi
}
in_postfix_words() {
	case $(value "$1" '$.mx[0].dane') in
	usable) echo uses ;;
	unusable) echo encrypts ;;
	absent | insecure) echo without ;;
	bogus | unavailable) echo delays ;;
	esac
}
agrees_with_postfix() {
	policy --json "$1" >"$folder/out" 2>"$folder/err"
	theirs=$(postfix_says "$1")
	echo "ours $(in_postfix_words "$folder/out"), theirs $theirs" >>"$folder/err"
	[ "$(in_postfix_words "$folder/out")" = "$theirs" ]
}
if has posttls-finger; then
	for one in ok implicit alias pkix agility port587 ad0 half tlsafail cnamex cnameo cnamei star unusable roll wrong ta \
	    taname optout child expired viains vialame secalias; do
		ok "as Postfix has it: $one" agrees_with_postfix $one.sec.test
	done
	ok "as Postfix has it: an insecure MX" agrees_with_postfix plain.ins.test
else
	skip "as Postfix has it" "there is no posttls-finger"
fi

# ---- Postfix and Exim as MX, and a key that changes: RFC 7671 section 8.1 ----

. tests/policy/mta.sh
# finds MTA KEY: Postfix as a client finds that key there, and a record that says so
finds() {
	in_space timeout 180 posttls-finger -c -t 60 -T 60 -l dane -L summary,verbose "$1.sec.test" \
	    >"$folder/finger" 2>&1
	grep -q 'Verified TLS' "$folder/finger" &&
	    grep -qi "Matched DANE EE.*3 1 1 $(key_digest "$bed/keys/$2.key")" "$folder/finger"
}
finds_none() { ! finds "$1" "$2" && grep -q 'Untrusted TLS\|no matching DANE TLSA' "$folder/finger"; }
rolls_over() {
	ok "$1 as MX: both records are there" is "$1.sec.test" $host=usable required=dane \
	    "mx[0].tlsa~3 1 1 $(key_digest "$bed/keys/host.key")" \
	    "mx[0].tlsa~3 1 1 $(key_digest "$bed/keys/next.key")"
	ok "... its key is that of the first" until_it finds "$1" host
	present "$1" next
	ok "... and then that of the second" until_it finds "$1" next
	present "$1" ca
	ok "... and with another key of neither" until_it finds_none "$1" next
}
for mta in postfix exim; do
	if has posttls-finger && has_$mta; then
		begin_$mta
		rolls_over $mta
	else
		skip "$mta as MX" "needs $mta, and Postfix as its client"
	fi
done

# ---- A checker that is killed ----

# checker_of DOMAIN: the process that looks it up
checker_of() {
	for pid in $(ip netns pids $space); do
		parent=$(sed -n 's/^PPid:\t//p' /proc/$pid/status 2>/dev/null)
		tr '\0' ' ' </proc/$pid/cmdline 2>/dev/null | grep -q '^waxseal @checker' &&
		    tr '\0' ' ' </proc/$parent/cmdline | grep -q "$1" && echo $pid && return
	done
	return 1
}
kills() { pid=$(checker_of "$1") && kill -9 "$pid"; }
is_killed() {
	policy --json $liar killed.drop.lie.test >"$folder/none" 2>"$folder/none.err" &
	waits=$!
	until_it kills killed.drop.lie.test || return 1
	wait $waits
	[ $? -eq 1 ] && [ ! -s "$folder/none" ] && grep -q 'checker: was ended by signal 9' \
	    "$folder/none.err"
}
ok "it is told, and nothing waits for it" is_killed

# ---- What took a minute ----

is_over() {
	wait "$1" && says "$folder/$2" $sts=unavailable "$why~$3"
}
ok "3b.35 a policy that drips is given up" is_over $waits_drip drip 'within a minute'
ok "so is a server that says nothing" is_over $waits_hang hang 'within a minute'
is_veiled() { wait "$waits_veil" && says "$folder/veil" $sts=unavailable mta_sts.id=; }
ok "what was not validated is not taken where validation has no answer" is_veiled
none_answered() {
	wait "$waits_drop"
	no_answer "$folder/drop"
}
ok "so is a resolver that says nothing" none_answered

echo "1..$count"
