# For tests/policy.t and tests/lookups_live.t, as root: a network namespace with real servers in it that nothing leaves.
#
#   127.0.0.1, 203.0.112.53   unbound, validating (the second is no resolver of this machine's own)
#   127.0.0.2                 nsd: sec.test, other.test, old.test, opt.test, keys.test signed; ins.test not
#   127.0.0.3                 a resolver that lies: tests/policy/fake.pl
#   203.0.112.10, 203.0.111.11, 2a00:ffff::10, 127.0.0.1, 10.9.9.9   nginx: policy hosts
#   203.0.112.25 to .27       mail servers with STARTTLS (Postfix and Exim: mta.sh)
#   203.0.112.97              the policy hosts of .10, which answer once there is $bed/late
#   203.0.112.98              a web server that says nothing; at .99 there is none
#
# To be read in like tap.sh, which it needs. Addresses look public, since private ones are refused.

for program in nsd unbound nginx ldns-signzone; do
	if ! PATH=$PATH:/usr/sbin command -v $program >/dev/null; then
		echo "1..0 # SKIP needs $program"
		exit 0
	fi
done
space=waxseal-policy-$$
. tests/servers.sh
mkdir "$bed/keys" "$bed/web" "$bed/cert"
printf 'nameserver 127.0.0.1\noptions edns0 trust-ad\n' >"$netns/resolv.conf"
for address in 203.0.112.10/32 203.0.111.11/32 203.0.112.25/32 203.0.112.26/32 203.0.112.27/32 203.0.112.53/32 \
    203.0.112.97/32 203.0.112.98/32 203.0.112.99/32 10.9.9.9/32; do
	in_space ip addr add $address dev lo
done
in_space ip -6 addr add 2a00:ffff::10/128 dev lo nodad

# ---- Certificates ----

# authority NAME SUBJECT [ISSUER]
authority() {
	key "$bed/keys/$1.key"
	printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n' >"$bed/keys/ext"
	openssl req -new -key "$bed/keys/$1.key" -subj "/CN=$2" 2>/dev/null |
	    if [ $# -eq 3 ]; then
		    openssl x509 -req -days 30 -extfile "$bed/keys/ext" -CA "$bed/keys/$3.pem" \
			-CAkey "$bed/keys/$3.key" -out "$bed/keys/$1.pem" 2>/dev/null
	    else
		    openssl x509 -req -days 30 -extfile "$bed/keys/ext" \
			-signkey "$bed/keys/$1.key" -out "$bed/keys/$1.pem" 2>/dev/null
	    fi
}

# certificate FILE COMMON_NAME DNS_NAME[,DNS:...]|- [ISSUER [OPTION...]]: with its key, in one file
certificate() {
	file=$1 name=$2 dns=$3 issuer=${4:-ca}
	if [ $# -gt 4 ]; then shift 4; else set -- -days 20; fi
	[ -f "$bed/keys/host.key" ] || key "$bed/keys/host.key"
	: >"$bed/keys/ext"
	[ "$dns" = - ] || echo "subjectAltName=DNS:$dns" >"$bed/keys/ext"
	openssl req -new -key "$bed/keys/host.key" -subj "/CN=$name" 2>/dev/null |
	    openssl x509 -req -extfile "$bed/keys/ext" -CA "$bed/keys/$issuer.pem" \
		-CAkey "$bed/keys/$issuer.key" "$@" -out "$bed/keys/leaf" 2>/dev/null
	cat "$bed/keys/leaf" "$bed/keys/host.key" >"$file"
}

# expired_certificate FILE DNS_NAME
expired_certificate() {
	echo "subjectAltName=DNS:$2" >"$bed/keys/ext"
	printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s\nserial=%s\npolicy=p\ndefault_md=sha256\n[p]\n' \
	    "$bed/keys/index" "$bed/keys/serial" >"$bed/keys/conf"
	printf 'commonName=supplied\n' >>"$bed/keys/conf"
	: >"$bed/keys/index"
	echo 1000 >"$bed/keys/serial"
	openssl req -new -key "$bed/keys/host.key" -subj /CN=x -out "$bed/keys/csr" 2>/dev/null
	openssl ca -batch -notext -config "$bed/keys/conf" -extfile "$bed/keys/ext" \
	    -in "$bed/keys/csr" -cert "$bed/keys/ca.pem" -keyfile "$bed/keys/ca.key" \
	    -startdate 20200101000000Z -enddate 20210101000000Z -outdir "$bed/keys" \
	    -out "$bed/keys/leaf" 2>>"$bed/log"
	cat "$bed/keys/leaf" "$bed/keys/host.key" >"$1"
}

# digest of a public key, and of a certificate, in hexadecimal
key_digest() { openssl pkey -in "$1" -pubout -outform DER 2>/dev/null | openssl sha256 | sed 's/.* //'; }
certificate_digest() { openssl x509 -in "$1" -outform DER | openssl sha256 | sed 's/.* //'; }

authority ca 'Test Authority'
authority middle 'Test Intermediate' ca
authority stranger 'Unknown Authority'

# ---- Policies ----

# policy NAME MODE [LINE...]: the text that mta-sts.NAME.sec.test serves; a certificate, a record
policy() {
	host=mta-sts.$1.sec.test mode=$2
	mkdir -p "$bed/web/$host/.well-known"
	shift 2
	[ $# -gt 0 ] || set -- 'mx: mx.sec.test' 'max_age: 604800'
	{ printf 'version: STSv1\nmode: %s\n' "$mode"; printf '%s\n' "$@"; } \
	    >"$bed/web/$host/.well-known/mta-sts.txt"
	certificate "$bed/cert/$host.pem" "$host" "$host"
}
fetches=
# fetched NAME [MODE]: the same for a domain that needs no more in the zone
fetched() {
	policy "$1" "${2:-enforce}"
	fetches="$fetches $1"
}
policy ok enforce 'mx: mx.sec.test' 'max_age: 604800'
policy testing testing 'mx: *.sec.test' 'max_age: 86400'
policy none none 'max_age: 86400'
for one in enforced again killed late; do
	policy $one enforce 'mx: mx2.sec.test' 'max_age: 604800'
done
policy tested testing 'mx: mx2.sec.test' 'max_age: 604800'
for one in split chain long huge beside ipv6 here inside drip closed hang lateness; do
	policy $one enforce
done
for one in redirect nocontent partial html untyped charset forbidden gzip longest toolong cnonly \
    wildname provider expiredcert middleless stranger invalid other tls11; do
	fetched $one
done
at() { echo "$bed/cert/mta-sts.$1.sec.test.pem"; }
well() { echo "$bed/web/mta-sts.$1.sec.test/.well-known/mta-sts.txt"; }
certificate "$(at cnonly)" mta-sts.cnonly.sec.test -
certificate "$(at wildname)" x '*.wildname.sec.test'
certificate "$(at provider)" provider.test provider.test
expired_certificate "$(at expiredcert)" mta-sts.expiredcert.sec.test
certificate "$(at middleless)" x mta-sts.middleless.sec.test middle
certificate "$(at stranger)" x mta-sts.stranger.sec.test stranger
printf 'version: STSv1\nmode: enforce\nmx: mx.sec.test\nmax_age: never\n' >"$(well invalid)"
# 34: of exactly so many bytes, by mx lines, which may be any number
for one in longest:65536 toolong:65537; do
	{
		cat "$(well ok)"
		yes 'mx: a-rather-long-name-of-a-host.example.com' | head -c 65000
		printf '\n'
	} >"$bed/text"
	size=$(wc -c <"$bed/text")
	{ cat "$bed/text"; printf 'x: '; head -c $((${one#*:} - size - 4)) /dev/zero | tr '\0' x; echo; } \
	    >"$(well ${one%:*})"
done
{ cat "$(well ok)"; yes 'mx: a.example.com' | head -c 20000; } >"$(well drip)"

# Each row of tests/policy/sts.rows is a domain: row1.sec.test ... One certificate is for all. A row
# has, between tabs: the number in the notes on RFC 8461 (3b), what it is, the status that the
# standard wants, what postfix-mta-sts-resolver says, the section of RFC 8461 where that differs, TXT
# records, and the policy as printf has it; "-" is none, or one record or policy as it should be.
tab=$(printf '\t')
rows=0
names=
while IFS=$tab read -r _ _ _ _ _ records text; do
	rows=$((rows + 1))
	names="$names${names:+,DNS:}mta-sts.row$rows.sec.test"
	case $records in
	-) echo '"v=STSv1; id=1"' ;;
	*) printf '%s\n' "$records" | sed 's/ & /\n/g' ;;
	esac | sed "s/^/_mta-sts.row$rows TXT /"
	printf 'row%s MX 10 mx\nmta-sts.row%s A 203.0.112.10\n' $rows $rows
	mkdir -p "$bed/web/mta-sts.row$rows.sec.test/.well-known"
	[ "$text" != - ] || text='{H}{T}'
	printf %b "$(printf '%s' "$text" | sed -e 's/{E}//' \
	    -e 's/{H}/version: STSv1\\nmode: enforce\\n/' \
	    -e 's/{T}/mx: mx.sec.test\\nmax_age: 604800\\n/')" >"$(well row$rows)"
	ln -s rows.pem "$(at row$rows)"
done <tests/policy/sts.rows >"$bed/rows"
certificate "$bed/cert/rows.pem" rows "$names"

# ---- Zones ----

fetch_records() {
	for one in $fetches; do
		printf '%s\tMX 10 mx\n_mta-sts.%s\tTXT "v=STSv1; id=1"\nmta-sts.%s\tA 203.0.112.10\n' \
		    "$one" "$one" "$one"
	done
}
large_records() {
	i=0
	while [ $i -lt 780 ]; do
		printf '_25._tcp.mx.large\tTLSA 3 1 1 %064x\n' $i
		i=$((i + 1))
	done
}
key "$bed/keys/next.key"
certificate "$bed/mx.pem" mx.sec.test mx.sec.test
certificate "$bed/ta.pem" mx.ta.sec.test mx.ta.sec.test
cat "$bed/keys/ca.pem" >>"$bed/ta.pem"
a200=$(head -c 200 /dev/zero | tr '\0' a)
mx_key=$(key_digest "$bed/keys/host.key")
fetch_records >"$bed/fetches"
large_records >"$bed/large"
sed -e "s/@MX_KEY@/$mx_key/; s/@NEXT_KEY@/$(key_digest "$bed/keys/next.key")/g" \
    -e "s/@CA@/$(certificate_digest "$bed/keys/ca.pem")/; s/@A200@/$a200/g" \
    -e "s/@CA_DER@/$(openssl x509 -in "$bed/keys/ca.pem" -outform DER | od -An -v -tx1 | tr -d ' \n')/" \
    -e "/@FETCHES@/{r $bed/fetches" -e 'd}' -e "/@ROWS@/{r $bed/rows" -e 'd}' -e "/@LARGE@/{r $bed/large" -e 'd}' \
    tests/policy/sec.zone >"$bed/sec.test"

# zone NAME: from standard input, with what every zone has
zone() {
	{
		printf '$ORIGIN %s.\n$TTL 1\n@ SOA ns.sec.test. h 1 3600 600 86400 1\n@ NS ns.sec.test.\n' "$1"
		cat
	} >"$bed/$1"
}
zone other.test <<END
mx A 203.0.112.25
_25._tcp.mx TLSA 3 1 1 $mx_key
tlsa TLSA 3 1 1 $mx_key
END
zone old.test <<END
mx A 203.0.112.25
tlsa TLSA 3 1 1 $mx_key
END
zone opt.test <<END
mx A 203.0.112.25
child NS ns.child
ns.child A 127.0.0.2
END
zone child.opt.test <<END
mx A 203.0.112.25
_25._tcp.mx TLSA 3 1 1 $mx_key
END
zone ins.test <<END
plain MX 10 mx.sec.test.
mx A 203.0.112.25
_25._tcp.mx TLSA 3 1 1 $mx_key
tlsa TLSA 3 1 1 $mx_key
END

zone keys.test <<END
@ MX 10 mx
mx A 203.0.112.25
_25._tcp.mx TLSA 3 1 1 $mx_key
END

# sign NAME [OPTION...]: into NAME.signed; its key is a trust anchor
sign() {
	name=$1
	shift
	(
		cd "$bed" && pair=$(ldns-keygen -a ECDSAP256SHA256 -k "$name") &&
		    ldns-signzone "$@" -f "$name.signed" "$name" "$pair" && cat "$pair.key" >>anchors
	) >>"$bed/log" 2>&1
}
: >"$bed/anchors"
sign sec.test
sign other.test
sign old.test -i 20200101 -e 20200201
sign opt.test -n -p

# resign OLD NEW: that in the place of this in sec.test
resign() {
	# The same key as before: a resolver learns of another one from its configuration alone.
	sed -i "s/$1/$2/" "$bed/sec.test" &&
	    (cd "$bed" && ldns-signzone -f sec.test.signed sec.test "$(basename "$(ls Ksec.test*.key)" .key)") \
		>>"$bed/log" 2>&1 && kill -HUP "$(cat "$bed/nsd.pid")"
}

# keys.test: key-signing and zone-signing keys that change; only the first of the former is an anchor.
new_key() { (cd "$bed" && ldns-keygen -a ECDSAP256SHA256 "$@" keys.test) 2>>"$bed/log"; }
ksk1=$(new_key -k) ksk2=$(new_key -k) zsk1=$(new_key) zsk2=$(new_key)
# sign_keys KEY...: by these; what serves it is told
sign_keys() {
	(cd "$bed" && ldns-signzone -f keys.test.new keys.test "$@" && mv keys.test.new keys.test.signed) \
	    >>"$bed/log" 2>&1
	[ -e "$bed/nsd.pid" ] || return 0
	# The file must be younger than the last one, and what is known of that older than its TTL.
	sleep 1.1
	touch "$bed/keys.test.signed"
	kill -HUP "$(cat "$bed/nsd.pid")"
}
# trust KEY...: these of keys.test alone
trust() { for one; do cat "$bed/$one.key"; done >"$bed/anchors.keys"; }
sign_keys $ksk1 $zsk1
trust $ksk1

{
	printf 'server:\n ip-address: 127.0.0.2\n port: 53\n username: ""\n chroot: ""\n'
	printf ' zonesdir: "%s"\n pidfile: "%s/nsd.pid"\n database: ""\n' "$bed" "$bed"
	printf ' xfrdfile: "%s/xfrd"\n zonelistfile: "%s/zones"\n xfrdir: "%s"\n' "$bed" "$bed" "$bed"
	printf ' rrl-ratelimit: 0\n server-count: 1\nremote-control:\n control-enable: yes\n'
	printf ' control-interface: "%s/nsd.ctl"\n' "$bed"
	for one in sec.test.signed other.test.signed old.test.signed opt.test.signed keys.test.signed ins.test \
	    child.opt.test; do
		printf 'zone:\n name: "%s"\n zonefile: "%s"\n' "${one%.signed}" "$one"
	done
} >"$bed/nsd.conf"
{
	printf 'server:\n interface: 127.0.0.1\n interface: 203.0.112.53\n username: ""\n chroot: ""\n'
	printf ' directory: "%s"\n pidfile: "%s/unbound.pid"\n use-syslog: no\n' "$bed" "$bed"
	printf ' do-not-query-localhost: no\n access-control: 0.0.0.0/0 allow\n ede: yes\n'
	printf ' trust-anchor-file: "%s/anchors"\n trust-anchor-file: "%s/anchors.keys"\n' "$bed" "$bed"
	printf ' local-zone: "test." nodefault\n'
	printf ' max-udp-size: 1232\n do-ip6: no\n cache-max-negative-ttl: 1\n infra-host-ttl: 1\n'
	printf ' target-fetch-policy: "0 0 0 0 0"\n val-bogus-ttl: 1\n'
	printf 'remote-control:\n control-enable: no\n'
	for one in sec.test other.test old.test opt.test child.opt.test keys.test ins.test lame.test; do
		printf 'stub-zone:\n name: "%s"\n stub-addr: 127.0.0.2\n' $one
	done
	printf 'stub-zone:\n name: "lie.test"\n stub-addr: 127.0.0.3\n'
} >"$bed/unbound.conf"

# ---- Web ----

cat >"$bed/nginx.conf" <<END
user root;
worker_processes 1;
daemon off;
pid $bed/nginx.pid;
error_log $bed/nginx.log;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path $bed/t1; proxy_temp_path $bed/t2; fastcgi_temp_path $bed/t3;
	uwsgi_temp_path $bed/t4; scgi_temp_path $bed/t5;
	types { }
	default_type text/plain;
	ssl_certificate $bed/cert/\$ssl_server_name.pem;
	ssl_certificate_key $bed/cert/\$ssl_server_name.pem;
	map \$host \$status_wanted {
		default 200; mta-sts.redirect.sec.test 301; mta-sts.nocontent.sec.test 204;
		mta-sts.partial.sec.test 206; mta-sts.forbidden.sec.test 403;
	}
	server {
		listen 203.0.112.10:443 ssl default_server; listen 127.0.0.1:443 ssl;
		listen 203.0.111.11:443 ssl; listen 10.9.9.9:443 ssl; listen [2a00:ffff::10]:443 ssl http2;
		root $bed/web/\$host;
		if (\$http_authorization) { return 401; }
		if (\$status_wanted = 301) { return 301 https://\$host/.well-known/other.txt; }
		if (\$status_wanted = 204) { return 204; }
		if (\$status_wanted = 206) { return 206 "version: STSv1\nmode: none\nmax_age: 1\n"; }
		if (\$status_wanted = 403) { return 403 "bots are not wanted"; }
	}
	server { listen 203.0.112.10:443 ssl; server_name mta-sts.html.sec.test;
		root $bed/web/\$host; default_type text/html; }
	server { listen 203.0.112.10:443 ssl; server_name mta-sts.untyped.sec.test;
		root $bed/web/\$host; default_type ""; }
	server { listen 203.0.112.10:443 ssl; server_name mta-sts.charset.sec.test;
		root $bed/web/\$host; default_type "Text/Plain; charset=iso-8859-1"; }
	server { listen 203.0.112.10:443 ssl; server_name mta-sts.gzip.sec.test;
		root $bed/web/\$host; add_header Content-Encoding gzip; }
	server { listen 203.0.112.10:443 ssl; server_name mta-sts.drip.sec.test;
		root $bed/web/\$host; limit_rate 100; }
}
END

serve nsd -d -c "$bed/nsd.conf"
serve unbound -d -c "$bed/unbound.conf"
serve nginx -c "$bed/nginx.conf"
serve perl tests/policy/fake.pl dns 127.0.0.3 53
serve perl tests/policy/fake.pl mute 203.0.112.98 443
serve perl tests/policy/fake.pl late 203.0.112.97 443 203.0.112.10 "$bed/late"
serve python3 tests/policy/smtpd.py 203.0.112.25 "$bed/mx.pem" 203.0.112.26 "$bed/mx.pem" \
    203.0.112.27 "$bed/ta.pem"
