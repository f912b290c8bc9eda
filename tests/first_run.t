#!/bin/sh
# The first minute: without any configuration a watch says where all goes, and that nobody hears of it.
set -u

. tests/tap.sh
. tests/space.sh

# begins ARGUMENT...: a watch that is under way and ends, with what it said in err
begins() {
	: >"$folder/err"
	(cd "$folder" && exec ip netns exec $space "$program" "$@") >"$folder/out" 2>"$folder/err" \
	    </dev/null &
	watcher=$!
	until_it has_begun_there "$@"
	status=$?
	kill -TERM $watcher && wait $watcher
	watcher=
	return $status
}
# One that is to say nothing does not say that it captures, either.
has_begun_there() {
	[ -s "$folder/$made" ] || return 1
	case "$*" in *' -q '*) ;; *) grep -q ': capturing' "$folder/err" ;; esac
}
program=$(realpath "$WAXSEAL")
: >"$folder/none"
in_space ip link set lo up

says_all() {
	made=waxseal.db
	begins --config "$folder/none" watch -i lo --no-lookups -v
	grep -q "^waxseal: what is seen is kept in [^ ]*waxseal.db (--db, or \"db\" in $folder/none" \
	    "$folder/err"
}
# Root has a database of its own, where the folder is.
[ -d /var/lib/waxseal ] || ok "where it is kept" says_all
no_sink="no alert sink is set, and no alert is sent (set one in $folder/none: "
made=a.db
ok "a watch with a database named" begins --config "$folder/none" --db a.db watch -i lo --no-lookups
ok "says that no alert is sent, and how to set a sink" grep -qF "waxseal: $no_sink" "$folder/err"
is_not_told() { ! grep -q 'is kept in [^ ]* (' "$folder/err"; }
ok "and not where it is, which was said" is_not_told
made=b.db
ok "-q" begins --config "$folder/none" --db b.db watch -q -i lo --no-lookups
says_nothing() { [ ! -s "$folder/err" ]; }
ok "says nothing of it" says_nothing
printf '[sink ops]\ntype = syslog\n' >"$folder/conf"
made=c.db
ok "with the sink that it names" begins --config "$folder/conf" --db c.db watch -i lo --no-lookups
is_set() { ! grep -q 'no alert' "$folder/err"; }
ok "there is one" is_set
is_of_live() {
	"$program" --config "$folder/none" --db "$folder/d.db" watch -r tests/captures/banner-masked.pcap \
	    >"$folder/out" 2>"$folder/err" && ! grep -q 'no alert' "$folder/err"
}
ok "a saved capture is read without a word of it" is_of_live

echo "1..$count"
