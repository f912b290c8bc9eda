#!/bin/sh
# What alerts and lists are written as, read by others: Python's readers of JSON and of mail, and
# Community IDs made by its own hashes; that the README shows lines as they are printed.
set -u

: "${O:=.build}"
. tests/tap.sh

export WAXSEAL_DB="$folder/db"
"$WAXSEAL" --config /dev/null watch -q --no-lookups --sensor tap1 -r tests/captures/starttls-masked.pcap \
    tests/captures/history-certificate.pcap >"$folder/out" 2>"$folder/err"

# check NAME LIST FORMAT: Python finds no fault with what is printed
check() {
	name=$1
	"$WAXSEAL" --config /dev/null "$2" --format "$3" >"$folder/out" 2>"$folder/err"
	"$WAXSEAL" --config /dev/null "$2" --json >"$folder/own" 2>>"$folder/err"
	ok "$name" python3 tests/siem.py "$3" "$folder/out" "$folder/own"
}
check "incidents as ECS" incidents ecs
check "sessions as ECS" sessions ecs
check "incidents as EVE" incidents eve
check "sessions as EVE" sessions eve

# What all captures come to, surges and sessions that are seen in part among it, and nothing that the
# schema does not know.
"$WAXSEAL" --config /dev/null watch -q --no-lookups --db "$folder/all" --sensor tap1 \
    -r tests/captures/*.pcap >"$folder/out" 2>"$folder/err"
for format in ecs eve; do
	for list in incidents sessions; do
		"$WAXSEAL" --config /dev/null $list --db "$folder/all" --format $format
	done >"$folder/rows" 2>"$folder/err"
	ok "$format is as its schema has it" python3 tests/siem.py $format-schema "$folder/rows"
done

# And so are alerts that a watch appends to files, as one who may only write there.
mkdir "$folder/sink"
chmod 755 "$folder"
chmod 777 "$folder/sink"
for format in ecs eve; do
	printf '[sink %s]\ntype = file\nformat = %s\npath = %s/sink/%s\nseverity = info\n' $format $format "$folder" $format
done >"$folder/sinks"
is_alerted() {
	"$WAXSEAL" --config "$folder/sinks" watch -q --no-lookups --alerts --db "$folder/alerted" \
	    --sensor tap1 -r tests/captures/starttls-masked.pcap >"$folder/out" 2>"$folder/err" &&
	    [ "$(wc -l <"$folder/sink/ecs")" -eq 3 ]
}
ok "a watch alerts in both" is_alerted
for format in ecs eve; do
	ok "in files, $format is as its schema has it" python3 tests/siem.py $format-alerts \
	    "$folder/sink/$format"
done

for format in json ecs eve alertmanager chat syslog mail; do
	"$O/tests/monitor_alert" "$format" >"$folder/hostile" 2>"$folder/err"
	ok "hostile text as $format" python3 tests/siem.py "hostile-$format" "$folder/hostile"
done

is_refused() {
	! "$WAXSEAL" --config /dev/null "$@" >"$folder/out" 2>"$folder/err"
}
ok "lists have no HTML" is_refused incidents --format html
ok "servers have no ECS" is_refused servers --format ecs
ok "one format at a time" is_refused sessions --json --format ecs
as_json() {
	"$WAXSEAL" --config /dev/null sessions --format json >"$folder/out" 2>"$folder/err" &&
	    "$WAXSEAL" --config /dev/null sessions --json | cmp -s - "$folder/out"
}
ok "--format json is --json" as_json
ok "the README shows what is printed" python3 tests/siem.py readme README.md "$WAXSEAL"

echo "1..$count"
