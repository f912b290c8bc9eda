#!/bin/sh
# Reads every capture whose facts are known through the whole program, and compares.
#
# Three sets: the project's own (tests/captures, each with what its scenario did in a .json), and,
# where they are to be had beside the checkout, the sample of real servers and the corpus of other
# projects' captures. One TAP line a session; the score of each set at the end. Each capture has a
# database of its own: a session is judged beside what its capture shows of others.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
waxseal=${WAXSEAL:-$here/../.build/waxseal}
sample=$here/../../shared/range-sample
corpus=$here/../../shared/corpus

[ -x "$waxseal" ] || { echo "1..0 # SKIP $waxseal is not built"; exit 0; }
# In memory where that can be: a database a capture is a lot of syncing.
room=/dev/shm
[ -w "$room" ] || room=${TMPDIR:-/tmp}
work=$(mktemp -d "$room/captures.XXXXXX")
trap 'rm -rf "$work"' EXIT

sql() {
	sqlite3 -bail "$work/check.db" "$@"
}

# A set's lines of JSON, one a session, into the table want.
want_lines() {	# SET FILE
	sed "s/^/$1\t/" "$2" >"$work/lines"
	sql '.mode ascii' '.separator "\t" "\n"' ".import '$work/lines' line"
}

# Watch one capture with a new database; its sessions go to the table got, its incidents to told.
# Where it is in parts, each is read by a run of its own.
watch() {	# SET NAME PATH [OPTION ...]
	set_=$1 name=$2 path=$3
	shift 3
	rm -f "$work/db"*
	status=0
	for part in "$path" ${parts:-}; do
		timeout 300 "$waxseal" watch -r "$part" --no-lookups --quiet --db "$work/db" "$@" \
		    >"$work/out" 2>&1 </dev/null || status=$?
	done
	printf '%s\t%s\t%s\n' "$set_" "$name" "$status" >>"$work/ran"
	[ $status -eq 0 ] || return 0
	"$waxseal" sessions --json --limit 1000000 --db "$work/db" >"$work/out" 2>&1 || return 0
	sed "s/^/$set_\t$name\t/" "$work/out" >>"$work/got"
	sqlite3 "$work/db" "select json_object('kind', kind, 'severity', severity, 'certainty', certainty,
	    'client_net', client_net, 'sessions', sessions, 'summary', summary) from v_incidents
	    where parent is null" | sed "s/^/$set_\t$name\t/" >>"$work/told"
}

: >"$work/ran"
: >"$work/got"
: >"$work/told"
sql 'create table line(suite, json)' 'create table ran(suite, file, status)' \
    'create table output(suite, file, json)' 'create table told(suite, file, json)' \
    'create table scenario(file, json)'

for path in "$here"/captures/*.json; do
	[ -e "$path" ] || continue
	name=$(basename "$path" .json)
	sqlite3 :memory: "select json_set(value, '\$.file', '$name') from json_each(
	    readfile('$path'), '\$.sessions')" >"$work/own"
	want_lines own "$work/own"
	sql "insert into scenario select '$name', readfile('$path')"
	# What belongs to a capture lies beside it.
	options=$(sql "select replace(json_extract(json, '\$.options'), '\$captures', '$here/captures')
	    from scenario where file = '$name'")
	parts=$(sql "select '$here/captures/' || j.value from scenario s, json_each(s.json, '\$.parts') j
	    where file = '$name'")
	# shellcheck disable=SC2086 # several words are meant
	watch own "$name" "$here/captures/$name.pcap" $options
done
parts=

if [ -e "$sample/labels.jsonl" ]; then
	want_lines sample "$sample/labels.jsonl"
	for path in "$sample"/*.pcap; do
		watch sample "$(basename "$path")" "$path"
	done
fi

if [ -e "$corpus/truth.jsonl" ]; then
	want_lines corpus "$corpus/truth.jsonl"
	# Ports that are no service's own are added.
	sql "select json_extract(json, '\$.file'), json_extract(json, '\$.proto'),
	    group_concat(distinct json_extract(json, '\$.sport')) from line
	    where suite = 'corpus' and json_extract(json, '\$.proto') in ('smtp', 'lmtp')
	    and json_extract(json, '\$.sport') not in (25, 465, 587, 24) group by 1, 2" >"$work/ports"
	for path in "$corpus"/*.pcap "$corpus"/*.pcapng; do
		name=$(basename "$path")
		ports=$(sed -n "s/^$name|\([a-z]*\)|\(.*\)/--service \1:25,\2/p" "$work/ports")
		# shellcheck disable=SC2086
		watch corpus "$name" "$path" $ports
	done
fi

sql '.mode ascii' '.separator "\t" "\n"' ".import '$work/ran' ran" ".import '$work/got' output" \
    ".import '$work/told' told"
sql ".read '$here/captures.sql'" >"$work/tap"
for set_ in range-sample/labels.jsonl corpus/truth.jsonl; do
	[ -e "$here/../../shared/$set_" ] ||
	    echo "ok - ${set_%/*} # SKIP ../shared/${set_%/*} is absent" >>"$work/tap"
done
grep -c '^ok\|^not ok' "$work/tap" | sed 's/^/1../'
awk '/^(not )?ok/ { sub(/ok/, "ok " ++n) } { print }' "$work/tap"
