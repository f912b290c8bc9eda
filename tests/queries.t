#!/bin/sh
# The queries of the manual, asked of what the demo's captures hold: each finds what is known to be in them.
set -u

: "${O:=.build}"
. tests/tap.sh

# One a line, in the order of the page.
sed -n '/^\.Sh QUERIES/,/^\.Sh ENVIRONMENT/p' monitor/waxseal.8 |
    awk '/^\.Ed/ { print query; inside = 0 } inside { query = query " " $0 }
	/^\.Bd/ { query = ""; inside = 1 }' >"$folder/queries"
ok "there are ten" test "$(wc -l <"$folder/queries")" -eq 10

for capture in ordinary-delivery starttls-missing starttls-masked-cisco command-injection \
    tls-interrupted-12; do
	set -- "$@" "tests/captures/$capture.pcap"
done
ok "captures are read" "$WAXSEAL" --config /dev/null --db "$folder/db" watch -q -r "$@"

number=0
# finds NAME ROW: of the next query, a row like that; "*" stands for what is not known beforehand
finds() {
	number=$((number + 1))
	ok "$1" answers "$number" "$2"
}
answers() {
	sqlite3 -readonly "$folder/db" "$(sed -n "$1p" "$folder/queries")" >"$folder/out" \
	    2>"$folder/err" &&
	    while read -r row; do
		    # shellcheck disable=SC2254 # the row is a pattern
		    case $row in
		    $2) return 0 ;;
		    esac
	    done <"$folder/out"
	return 1
}

# Of starttls-masked-cisco: mail for n25.example.net from 192.0.2.7 to 198.51.100.25, in clear. Of
# starttls-missing: two servers without STARTTLS. Of tls-interrupted-12: two sessions of TLS 1.2.
finds "what is open" '*|critical|starttls-masked|198.51.100.25|n25.example.net'
finds "what was found, by day" '2026-11-23|starttls-masked|1'
finds "servers with mail in clear" '198.51.100.28|1|2026-11-23 *'
finds "domains with mail in clear" 'n25.example.net|1'
finds "servers that changed" '198.51.100.25|25|[1-9]*|[1-9]*'
finds "encrypted by day" '2026-11-23|[1-9]*|3|[0-9]*'
finds "versions of TLS" 'TLSv1.2|2'
finds "networks in clear" '192.0.2.0/24|3|*'
finds "loss" '2026-11-23|default|[1-9]*|0|0|0'
finds "connections" '*|starttls-masked|192.0.2.7|198.51.100.25|1:*='

echo "1..$count"
