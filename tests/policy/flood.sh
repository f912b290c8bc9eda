# For tests/flood.t and tests/bench/flood.sh, as root: a flood of invented domains at the checker,
# with real servers behind, in a network namespace. To be read in like tap.sh, which it needs.
#
#   127.0.0.4    nsd: test, in which real0 to real19 are as they should be. All below evil00 to
#                evil99 exists: it names 32 MX hosts of the victim's, and as policy host an address
#                of its own network and one of the victim's. So does all below hang00 to
#                hang99, with a policy host in a region of its own that says nothing. What is invented
#                else is not there.
#   127.0.0.5    nsd: victim.test, the victim's name server
#   127.0.0.6    unbound, in front of both
#   203.0.111.11 nginx: the policy host of the real ones
#   203.0.112.99 nothing: the victim's web server, which refuses
#
# $flooder is the driver: tests/policy/flood.c.

. tests/policy/bed.sh

reals=20
flooder=$O/tests/policy/flood

# Below an evil domain: its hosts are its own, so that no cache knows them.
evil_records() {
	number=0
	while [ $number -lt 100 ]; do
		evil=$(printf 'evil%02d' $number)
		host=0
		while [ $host -lt 32 ]; do
			echo "*.$evil MX 10 x$host.$evil.victim.test."
			host=$((host + 1))
		done
		echo "*.$evil TXT \"v=STSv1; id=1\""
		# The first of them leads nowhere, another one each time.
		echo "*.$evil A 45.1.$number.1"
		echo "*.$evil A 203.0.112.99"
		number=$((number + 1))
	done
}
hang_records() {
	number=0
	while [ $number -lt 100 ]; do
		hang=$(printf 'hang%02d' $number)
		printf '*.%s TXT "v=STSv1; id=1"\n*.%s A 46.%d.1.1\n' "$hang" "$hang" $number
		number=$((number + 1))
	done
}
real_names() {
	number=0
	while [ $number -lt $reals ]; do
		echo "real$number"
		number=$((number + 1))
	done
}
{
	real_names | while read -r real; do
		printf '%s MX 10 mx.%s\nmx.%s A 203.0.112.25\n_mta-sts.%s TXT "v=STSv1; id=1"\n' \
		    "$real" "$real" "$real" "$real"
		echo "mta-sts.$real A 203.0.111.11"
	done
	evil_records
	hang_records
	printf 'victim NS ns.victim\nns.victim A 127.0.0.5\n'
} | zone test
zone victim.test <<END
* A 203.0.112.25
END

# name_server NAME ADDRESS ZONE
name_server() {
	{
		printf 'server:\n ip-address: %s\n port: 53\n username: ""\n chroot: ""\n' "$2"
		printf ' zonesdir: "%s"\n pidfile: "%s/%s.pid"\n database: ""\n' "$bed" "$bed" "$1"
		printf ' xfrdfile: "%s/%s.xfrd"\n zonelistfile: "%s/%s.zones"\n' "$bed" "$1" "$bed" "$1"
		printf ' rrl-ratelimit: 0\n server-count: 1\nremote-control:\n control-enable: no\n'
		printf 'zone:\n name: "%s"\n zonefile: "%s"\n' "$3" "$3"
	} >"$bed/$1.conf"
	serve nsd -d -c "$bed/$1.conf"
}
name_server whole 127.0.0.4 test
name_server victim 127.0.0.5 victim.test

{
	printf 'server:\n interface: 127.0.0.6\n username: ""\n chroot: ""\n directory: "%s"\n' "$bed"
	printf ' pidfile: "%s/flooded.pid"\n use-syslog: no\n do-not-query-localhost: no\n' "$bed"
	printf ' module-config: "iterator"\n qname-minimisation: no\n local-zone: "test." nodefault\n do-ip6: no\n'
	printf ' target-fetch-policy: "0 0 0 0 0"\n num-queries-per-thread: 4096\n'
	printf 'remote-control:\n control-enable: no\n'
	printf 'stub-zone:\n name: "test"\n stub-addr: 127.0.0.4\n'
} >"$bed/flooded.conf"
serve unbound -d -c "$bed/flooded.conf"

real_names | while read -r real; do
	mkdir -p "$bed/web/mta-sts.$real.test/.well-known"
	printf 'version: STSv1\nmode: enforce\nmx: mx.%s.test\nmax_age: 604800\n' "$real" \
	    >"$bed/web/mta-sts.$real.test/.well-known/mta-sts.txt"
	certificate "$bed/cert/mta-sts.$real.test.pem" "$real" "mta-sts.$real.test"
done
in_space ip route add local 46.0.0.0/8 dev lo
# What comes to whom, counted by the kernel.
in_space nft -f - <<END
table ip flood {
	counter name_server { }
	counter victim_name_server { }
	counter victim_web { }
	chain in {
		type filter hook input priority 0;
		ip daddr 127.0.0.4 udp dport 53 counter name name_server
		ip daddr 127.0.0.5 udp dport 53 counter name victim_name_server
		ip daddr 46.0.0.0/8 tcp dport 443 drop
		ip daddr 203.0.112.99 tcp dport 443 tcp flags & (syn | ack) == syn counter name victim_web
	}
}
END
counted() {
	in_space nft list counter ip flood "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

is_served() {
	in_space "$WAXSEAL" --config /dev/null policy --json --resolver 127.0.0.6 \
	    --ca-file "$bed/keys/ca.pem" real0.test 2>/dev/null | grep -q '"source": *"network"'
}
# flood COUNT PATTERN...: figures as NAME=VALUE lines. What stands before each real one: $mark.
mark=
flood() {
	invented=$1
	shift
	in_space "$flooder" 127.0.0.6:53 "$bed/keys/ca.pem" "$invented" \
	    "$(real_names | sed "s/.*/$mark&.test/" | paste -sd, -)" "$@" | tr ' ' '\n'
}
