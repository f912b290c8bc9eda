#!/bin/sh
# What is removed by age and size, as a person sees it: lists, show, export, reading again; and what
# is said of a file that is damaged.
set -u

. tests/tap.sh
captures=tests/captures

waxseal() { "$WAXSEAL" --config "$folder/conf" --db "$folder/db" "$@"; }
ask() { sqlite3 "$folder/db" "$1" 2>&1; }
read_all() { waxseal watch -r $captures/*.pcap >"$folder/out" 2>"$folder/err"; }
prune() { waxseal db prune "$@" >"$folder/out" 2>"$folder/err"; }
counts() {
	ask 'select * from v_hourly; select id, state, sessions, summary, evidence from v_incidents;
	    select server, server_port, sessions, starttls_offered from v_servers'
}

# An operator's limits, for the tap.
echo 'keep-sessions = 1h
keep-evidence = 1h
keep-size = 1M' >"$folder/conf"

keeps_all() {
	read_all && [ "$(ask 'select pruned from totals')" = 0 ] && [ ! -s "$folder/err" ] &&
	    counts >"$folder/counts"
}
ok "of captures that are read nothing goes by the limits of the tap" keeps_all
number=$(ask "select id from v_incidents where kind = 'starttls-masked' limit 1")
id=$number

# page NAME: the page and the packets of an incident
page() { waxseal show "$id" >"$folder/$1" && waxseal export "$id" -w "$folder/$1.pcapng" 2>/dev/null; }
ok "an incident has a page and packets" page before
is_evidence() {
	prune --keep-sessions 1h && waxseal sessions --csv >"$folder/sessions" &&
	    [ "$(($(wc -l <"$folder/sessions") - 1))" = \
	        "$(ask 'select count(distinct session_id) from kept')" ] &&
	    [ "$(ask 'select pruned > 0 from totals')" = 1 ]
}
ok "sessions go by their age, but for those that are evidence" is_evidence
is_the_same() {
	page after && cmp "$folder/before" "$folder/after" &&
	    cmp "$folder/before.pcapng" "$folder/after.pcapng"
}
ok "what is evidence is shown and exported as before" is_the_same
is_sound() { waxseal db check >"$folder/out" 2>&1 && [ "$(cat "$folder/out")" = ok ]; }
ok "and the check is content" is_sound

loses_bytes() {
	prune && [ "$(ask 'select count(*) from packets')" = 0 ] &&
	    waxseal show "$id" >"$folder/out" &&
	    grep -q '^  No line of a dialogue is kept any more' "$folder/out" &&
	    grep -q '^Evidence$' "$folder/out" &&
	    grep -q "^  EHLO reply: " "$folder/out" && ! grep -q 'export' "$folder/out"
}
ok "without options db prune keeps to the configuration, and words outlive the bytes" loses_bytes
says_why() {
	! waxseal export "$id" -w "$folder/x" 2>"$folder/err" && [ ! -e "$folder/x" ] &&
	    grep -q 'any more: they were older than keep-evidence' "$folder/err"
}
ok "export says where the packets went" says_why
ok "and the check is content, too" is_sound

adds_nothing() {
	read_all && grep -q '^sessions *0 new' "$folder/out" && counts >"$folder/again" &&
	    cmp "$folder/counts" "$folder/again" >"$folder/out" && is_sound
}
ok "what was removed and is read again adds nothing" adds_nothing
forgets() {
	prune --keep-incidents 1h && [ "$(ask 'select count(*) from v_incidents')" = 0 ] &&
	    read_all && grep -q '^sessions *0 new, 0 known' "$folder/out" &&
	    grep -q '^not kept *[0-9]* sessions from before' "$folder/out" && is_sound
}
ok "what was removed so long ago that it is forgotten is not taken in, and that is told" forgets
tells_limits() {
	waxseal db stats >"$folder/out" && grep -q '^keep-sessions *1h$' "$folder/out" &&
	    grep -q '^keep-incidents *2y$' "$folder/out" && grep -q '^keep-size *1M$' "$folder/out" &&
	    grep -q '^none taken in before *20' "$folder/out"
}
ok "db stats tells the limits and how far back the database reaches" tells_limits

# ---- A file that is damaged ----

damage() {
	rm -f "$folder"/db*
	read_all || return 1
	root=$(ask "select rootpage from sqlite_schema where name = 'sessions'")
	dd if=/dev/urandom of="$folder/db" bs=4096 seek=$((root - 1)) count=1 conv=notrunc 2>/dev/null
	! waxseal sessions >/dev/null 2>"$folder/err" && grep -q 'damaged' "$folder/err"
}
ok "a damaged file is told" damage
advises() {
	grep -q 'restore a backup' "$folder/err" && ! grep -q 'waxseal db check' "$folder/err"
}
ok "with what to do" advises
says_so_too() {
	! waxseal db check >"$folder/out" 2>"$folder/err" && ! grep -q 'waxseal db check' "$folder/err" &&
	    grep -q 'restore a backup' "$folder/err"
}
ok "the check does not send to itself" says_so_too

echo "1..$count"
