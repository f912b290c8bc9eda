#!/bin/sh
# tshark's own SMTP and TLS dissectors beside waxseal, over every capture that is to be had.
#
# Both read each capture on their own. The number of mail sessions is compared, then, session by
# session, STARTTLS and TLS as far as tshark tells of them. tests/tshark.sql judges, and explains
# each difference one by one; an explanation that is not needed any more fails, too.
#
# TSHARK_JOBS captures are read at a time (2). TSHARK_KEEP is where the rows go before they are
# judged, as a database.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
waxseal=${WAXSEAL:-$here/../.build/waxseal}
corpus=$here/../../shared/corpus
# Where SMTP is expected; tshark knows 25, 465 and 587 by itself.
ports=24,25,465,587,2525
decode='-d tcp.port==24,smtp -d tcp.port==2525,smtp'

# tshark's view of one capture, a line a segment.
dissect() {	# PATH PORTS [OPTION ...]
	path_=$1 ports_=$2
	shift 2
	timeout 300 tshark -n -r "$path_" -o tcp.reassemble_out_of_order:TRUE "$@" \
	    -Y "tcp.port in {$ports_} && !icmp && !icmpv6" \
	    -T fields -E occurrence=a -E aggregator="$(printf '\037')" \
	    -e frame.number -e frame.time_epoch -e frame.protocols -e tcp.stream \
	    -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst -e tcp.srcport -e tcp.dstport \
	    -e tcp.flags -e tcp.len -e frame.len -e frame.cap_len \
	    -e tcp.analysis.lost_segment -e tcp.analysis.ack_lost_segment \
	    -e smtp.command_line -e smtp.response -e smtp.rsp.parameter \
	    -e tls.handshake.type -e tls.handshake.version -e tls.handshake.ciphersuite \
	    -e tls.handshake.extensions.supported_version -e tls.handshake.extensions_server_name \
	    -e tls.handshake.ja3 -e tls.handshake.certificate -e tls.handshake.extension.type \
	    -e tls.handshake.extensions_alpn_str -e tls.handshake.sig_hash_alg \
	    -e tls.handshake.sig_hash_alg_len
}

# One capture through both; called again by xargs, with $work in the environment.
read_one() {	# SET NAME [--service NAME:PORT[,PORT]]
	set_=$1 name=$2 out=$work/$1.$2
	shift 2
	case $set_ in
	own) path=$here/captures/$name.pcap ;;
	*) path=$corpus/$name ;;
	esac
	waxseal_status=0 tshark_status=0
	timeout 300 "$waxseal" watch -r "$path" --no-lookups --quiet --db "$out.db" "$@" \
	    >"$out.said" 2>&1 </dev/null || waxseal_status=$?
	# Of a damaged capture there is what comes before the damage.
	[ ! -e "$out.db" ] ||
	    "$waxseal" sessions --json --limit 1000000 --db "$out.db" 2>"$out.said" |
	    sed "s/^/$set_\t$name\t/" >"$out.output"
	# The port that an option adds is its last.
	more=
	for option; do
		case $option in
		*:*) more=${option##*[:,]} ;;
		esac
	done
	# shellcheck disable=SC2086 # several words are meant
	dissect "$path" "$ports${more:+,$more}" $decode ${more:+-d "tcp.port==$more,smtp"} \
	    >"$out.fields" 2>"$out.said" || tshark_status=$?
	awk -v set="$set_" -v file="$name" -v out="$out" -f "$here/tshark.awk" "$out.fields"
	printf '%s\t%s\t%s\t%s\n' "$set_" "$name" $waxseal_status $tshark_status >"$out.ran"
	rm -f "$out.db"* "$out.fields" "$out.said"
}
if [ "${1-}" = one ]; then
	shift
	read_one "$@"
	exit 0
fi

[ -x "$waxseal" ] || { echo "1..0 # SKIP $waxseal is not built"; exit 0; }
for program in tshark sqlite3 perl; do
	command -v $program >/dev/null || { echo "1..0 # SKIP $program is missing"; exit 0; }
done
version=$(tshark --version 2>/dev/null | sed -n 's/^TShark[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')

room=/dev/shm
[ -w "$room" ] || room=${TMPDIR:-/tmp}
work=$(mktemp -d "$room/tshark.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Looking for programs that capture takes tshark half of its time; none is needed.
mkdir "$work/none"
export work WAXSEAL="$waxseal" WIRESHARK_EXTCAP_DIR="$work/none"

sql() {
	sqlite3 -bail "$work/check.db" "$@"
}

for path in "$here"/captures/*.pcap; do
	name=$(basename "$path" .pcap)
	options=$(sqlite3 :memory: "select replace(json_extract(readfile('$here/captures/$name.json'),
	    '\$.options'), '\$captures', '$here/captures')")
	echo "own $name${options:+ $options}"
done >"$work/list"
for path in "$corpus"/*.pcap "$corpus"/*.pcapng; do
	[ -e "$path" ] || continue
	name=$(basename "$path")
	case $name in
	# The one capture whose mail is on a port of no mail service.
	arkime-wireshark-bdat.pcap) echo "corpus $name --service smtp:25,1224" ;;
	*) echo "corpus $name" ;;
	esac
done >>"$work/list"
xargs -P "${TSHARK_JOBS:-2}" -L 1 sh "$0" one <"$work/list"

# What is left of tshark's fields are lists of numbers and a certificate; JA4 and SHA-256 of them.
find "$work" -name '*.hello' -exec cat {} + | perl "$here/tshark.pl" >"$work/hellos"
tshark -G values 2>/dev/null | awk -F '\t' -v OFS='\t' \
    '$1 == "V" && $2 == "tls.handshake.ciphersuite" { print $3, $4 }' >"$work/suites"
for kind in ran segment line output; do
	find "$work" -name "*.$kind" -exec cat {} + >"$work/$kind"
done
sql 'create table ran(suite, file, waxseal integer, tshark integer)' \
    'create table output(suite, file, json)' \
    'create table segment(suite, file, stream integer, number integer, time real,
	source, sport integer, target, dport integer, is_syn integer, is_ack integer,
	length integer, is_cut integer, is_after_loss integer)' \
    'create table line(suite, file, stream integer, number integer, place integer,
	kind, code, more integer, text)' \
    'create table hello(suite, file, stream integer, number integer, type integer,
	version integer, cipher integer, chosen integer, sni, ja3, ja4, sha256)' \
    'create table suites(number integer, name)' 'create table tshark(version)' \
    "insert into tshark values ('$version')" '.mode ascii' '.separator "\t" "\n"' \
    ".import '$work/ran' ran" ".import '$work/output' output" \
    ".import '$work/segment' segment" ".import '$work/line' line" \
    ".import '$work/hellos' hello" ".import '$work/suites' suites"
[ -z "${TSHARK_KEEP-}" ] || cp "$work/check.db" "$TSHARK_KEEP"
sql ".read '$here/tshark.sql'" >"$work/tap"
[ -d "$corpus" ] || echo "ok - corpus # SKIP ../shared/corpus is absent" >>"$work/tap"
grep -c '^ok\|^not ok' "$work/tap" | sed 's/^/1../'
awk '/^(not )?ok/ { sub(/ok/, "ok " ++n) } { print }' "$work/tap"
