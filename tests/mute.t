#!/bin/sh
# What is muted is recorded, marked and counted, and not told.
set -u

. tests/tap.sh
captures=tests/captures
masked=$captures/banner-masked.pcap
: >"$folder/none"

# waxseal CONFIGURATION ARGUMENT...: with the database of this test; out and err are kept
waxseal() {
	configuration=$1
	shift
	"$WAXSEAL" --config "$configuration" --db "$folder/db" "$@" >"$folder/out" 2>"$folder/err" \
	    </dev/null
}

# gives STATUS CONFIGURATION ARGUMENT...
gives() {
	wanted=$1
	shift
	waxseal "$@"
	[ $? -eq "$wanted" ]
}

anew() { rm -f "$folder"/db*; }
out_has() { grep -q -e "$1" "$folder/out"; }
err_has() { grep -q -e "$1" "$folder/err"; }
rows_are() { [ "$(wc -l <"$folder/out")" -eq "$1" ]; }

cat >"$folder/lab" <<END
[mute lab]
client = 192.0.2.0/24
severity = warning
until = 2030-01-01
why = scanner of the lab, ticket 7
END

# ---- By the configuration ----

watch_tells_mutes() { gives 0 "$folder/lab" watch -r $masked && err_has '1 mute is in force'; }
ok "a watch says how many mutes are in force" watch_tells_mutes
ok "and counts what it muted" out_has '^muted  *1 finding '
is_in_none() { out_has '^findings .* 1 notice' && out_has '^incidents  0 opened'; }
ok "findings are as ever, and no incident that is told was opened" is_in_none
is_hidden() {
	gives 0 "$folder/none" incidents && ! out_has banner-masked && err_has '1 muted incident'
}
ok "the list leaves it out and says so" is_hidden
is_in_no_json() { gives 0 "$folder/none" incidents --json && rows_are 0; }
ok "nor do programs get it" is_in_no_json
is_listed() { gives 0 "$folder/none" incidents --muted && out_has '  muted  .*banner-masked'; }
ok "incidents --muted lists it" is_listed
is_marked() {
	gives 0 "$folder/none" incidents --muted --json && rows_are 1 &&
	    out_has '"state":"open".*"muted":{"id":1,"name":"lab","until":"2030-01-01T00:00:00.000000Z","why":"scanner of the lab, ticket 7"}'
}
ok "--json says by which mute, until when and why" is_marked
is_shown() {
	gives 0 "$folder/none" show 1 &&
	    out_has '^muted by \[mute lab\] until 2030-01-01T00:00:00.000000Z: scanner of the lab, ticket 7$'
}
ok "show says so" is_shown
is_reported() {
	gives 0 "$folder/lab" report && out_has 'Muted: 1 incident and 1 session of this span' &&
	    gives 0 "$folder/lab" report --json &&
	    out_has '^{"by":"muted","incidents":1,"sessions":1,"mutes":1}$' &&
	    ! out_has '"by":"incidents"'
}
ok "report counts it" is_reported
is_used() { gives 0 "$folder/lab" mute && out_has ' 1  lab .*in force .* 1  *1  2026-11-23 '; }
ok "mute lists what it muted, and when last" is_used
is_gone() { gives 0 "$folder/none" mute && out_has ' lab .*gone '; }
ok "one that is configured no more is told" is_gone
is_not_removed() { gives 1 "$folder/lab" mute remove 1 && err_has 'of the configuration'; }
ok "and is removed in the configuration alone" is_not_removed

sed 's/^why.*/why = another scanner/' "$folder/lab" >"$folder/changed"
gives 0 "$folder/changed" watch --sensor other -r $masked
is_another() {
	gives 0 "$folder/changed" mute && out_has ' 1  lab .*gone .* 1  *1  2026-11-23 .*ticket 7' &&
	    out_has ' 2  lab .*in force .* another scanner$' &&
	    gives 0 "$folder/lab" mute && out_has ' 1  lab .*in force ' && out_has ' 2  lab .*gone '
}
ok "one that was changed, or is another watch's, is another" is_another

anew
does_not_fail() {
	gives 0 "$folder/lab" watch --fail-on info -r $masked && anew &&
	    gives 3 "$folder/none" watch --fail-on info -r $masked
}
ok "--fail-on does not count what is muted" does_not_fail
sed 's/^severity.*/severity = info/' "$folder/lab" >"$folder/mild"
anew
is_worse() {
	gives 3 "$folder/mild" watch --fail-on info -r $masked && gives 0 "$folder/mild" incidents &&
	    out_has banner-masked
}
ok "what is worse than its severity is told" is_worse
sed 's/^until.*/until = 2026-11-23/' "$folder/lab" >"$folder/over"
anew
is_over() {
	gives 3 "$folder/over" watch --fail-on info -r $masked && gives 0 "$folder/over" mute &&
	    out_has ' ended ' && err_has '1 mute has ended'
}
ok "so is what begins after its end; one that has ended is told" is_over

# ---- By command ----

anew
gives 0 "$folder/none" watch -r $captures/ordinary-delivery.pcap
is_empty() { gives 0 "$folder/none" mute && err_has 'nothing is muted'; }
ok "no mute is no failure" is_empty
is_added() {
	gives 0 "$folder/none" mute add --client 192.0.2.7 --kind banner-masked --until never \
	    --why 'old firewall, till spring' && err_has '^waxseal: mute 1: in force'
}
ok "one is added" is_added
is_idle() {
	gives 0 "$folder/none" mute list && out_has 'client 192.0.2.7' && out_has 'till spring' &&
	    err_has '1 mute muted nothing yet'
}
ok "one that was never used is told" is_idle
is_json() {
	gives 0 "$folder/none" mute --json &&
	    out_has '^{"id":1,"name":null,"state":"in force","kinds":\["banner-masked"\],"clients":\["192.0.2.7"\],"servers":\[\],"domains":\[\],"severity":"critical","until":null,"why":"old firewall, till spring","incidents":0,"sessions":0,"last":null}$'
}
ok "and listed for programs" is_json
is_muted() {
	gives 0 "$folder/none" watch --fail-on info -r $masked --json &&
	    out_has '"muted":{"id":1,"name":null,"until":null,"why":"old firewall, till spring"}' &&
	    gives 0 "$folder/none" show "$(sqlite3 "$folder/db" 'select id from v_incidents where mute')" &&
	    out_has '^muted by mute 1 without an end: old firewall'
}
ok "it mutes" is_muted
is_removed() {
	gives 0 "$folder/none" mute remove 1 && gives 1 "$folder/none" mute remove 1 &&
	    err_has 'there is none' && gives 0 "$folder/none" mute && ! out_has firewall
}
ok "it is removed, once" is_removed
# The same session of another sensor: as if it came again.
recurs() {
	gives 3 "$folder/none" watch --fail-on info --sensor other -r $masked &&
	    out_has '^incidents  0 opened, 0 raised, 1 reopened' && gives 0 "$folder/none" incidents &&
	    out_has ' open .*banner-masked'
}
ok "what recurs then is told as reopened, in the same incident" recurs
ok "the database is sound" gives 0 "$folder/none" db check

# One of all addresses, as could once be added, and one that is none: no watch takes them up.
anew
gives 0 "$folder/none" watch -r $captures/ordinary-delivery.pcap
sqlite3 "$folder/db" "insert into mutes (kinds, clients, servers, domains, severity, until, why, added)
    values ('', '0.0.0.0/0', '', '', 3, null, 'all of them', 0),
    ('', 'everybody', '', '', 3, null, 'no address', 0),
    ('', '192.0.2.7', '', '', 3, null, 'sound', 0)"
is_void() {
	gives 0 "$folder/none" mute && out_has ' no effect .*all of them$' &&
	    out_has ' no effect .*no address$' && out_has ' in force .*sound$' &&
	    err_has '2 mutes have no effect' && err_has '1 mute muted nothing yet'
}
ok "one that holds for nothing is listed as such" is_void
is_void_json() {
	gives 0 "$folder/none" mute --json && out_has '"id":1,.*"state":"no effect"' &&
	    out_has '"id":3,.*"state":"in force"'
}
ok "and so for programs" is_void_json
is_replaced() {
	gives 0 "$folder/none" mute remove 1 && gives 0 "$folder/none" mute &&
	    err_has '1 mute has no effect'
}
ok "and can be removed" is_replaced

# ---- More than there may be ----

anew
gives 0 "$folder/none" watch -r $captures/ordinary-delivery.pcap
sqlite3 "$folder/db" "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1001)
    insert into mutes (kinds, clients, servers, domains, severity, until, why, added)
    select '', '203.0.113.' || (i % 256), '', '', 3, null, 'x', 0 from n"
is_full() {
	gives 1 "$folder/none" mute add --client 192.0.2.7 --why x &&
	    err_has 'mute add: 1001 were added already, which is the most (.*mute remove ID'
}
ok "more than 1,000 are not added" is_full
is_left_out() {
	gives 0 "$folder/none" watch --sensor more -r $masked && err_has '1000 mutes are in force' &&
	    err_has '1 mute has no effect: .* first 1000 hold'
}
ok "a watch says that it has no room for all" is_left_out
has_room_again() {
	gives 0 "$folder/none" mute remove 1 && gives 0 "$folder/none" mute remove 2 &&
	    gives 0 "$folder/none" mute add --client 192.0.2.7 --why x
}
ok "once some are removed there is room again" has_room_again
# Nobody is to tidy up what ended by itself before the next maintenance can be muted.
has_room_of_ended() {
	gives 1 "$folder/none" mute add --client 192.0.2.8 --why x &&
	    sqlite3 "$folder/db" "update mutes set until = 2000 - id where id in (5, 6, 7)" &&
	    gives 0 "$folder/none" mute add --client 192.0.2.8 --why x &&
	    [ "$(sqlite3 "$folder/db" "select group_concat(id) from mutes where until < 2000 and removed is not null")" = 7 ] &&
	    [ "$(sqlite3 "$folder/db" "select count(*) from mutes where removed is null")" = 1000 ]
}
ok "and where some have ended the first of them makes room" has_room_of_ended
awk 'BEGIN { for (i = 0; i < 1001; i++) printf "[mute m%d]\nclient = 192.0.2.7\nwhy = x\n", i }' \
    >"$folder/many"
is_too_much() {
	gives 2 "$folder/many" mute && err_has ':3001: .*\[mute m1000\]: more than 1000 mutes'
}
ok "a configuration of more than 1,000 is refused" is_too_much

is_misuse() { gives 2 "$folder/none" mute "$@"; }
ok "a mute of everything is refused" is_misuse add --why x
ok "so is one of all addresses" is_misuse add --client 0.0.0.0/0 --server ::/0 --why x
ok "and one whose why says nothing" is_misuse add --client 192.0.2.7 --why ' '
ok "one of all severities likewise" is_misuse add --severity info --why x
ok "one without a reason is refused" is_misuse add --client 192.0.2.7
ok "one that is over is refused" is_misuse add --client 192.0.2.7 --until 2026-01-01 --why x
ok "a span is no end" is_misuse add --client 192.0.2.7 --until 7d --why x
ok "what is to be muted is for add" is_misuse list --client 192.0.2.7
ok "remove needs an id" is_misuse remove
ok "which is a number" is_misuse remove lab
ok "an unknown action is misuse" is_misuse delete 1
takes_no_why() { gives 2 "$folder/none" incidents --why x; }
ok "lists take no reason" takes_no_why

echo "1..$count"
