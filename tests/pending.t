#!/bin/sh
# A watch that is to end while its database takes nothing: what it has heard waits beside the database,
# and the next one records it.
set -u

. tests/tap.sh
. tests/space.sh

# Sixty sessions, some of them cut off by the end of the watch.
many=$folder/many.pcap
makes_many() {
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$folder/generate" tests/bench/generate.c \
	    2>"$folder/err" && "$folder/generate" -n 60 -e 30 -b 600 -i 60 >"$many" &&
	    "$WAXSEAL" --config /dev/null --db "$folder/saved" watch -q -r "$many" >"$folder/out"
}
ok "there is a capture of many sessions" makes_many
what='select client, client_port, server, server_port, outcome, complete from v_sessions order by 1, 2, 3, 4'
pending=$folder/live.pending-default

# ends_locked STATUS: told to while nothing can be written
ends_locked() {
	start -i far && lock && play "$many" && sleep 1 && end "$1"
}
sets_aside() {
	ends_locked 1 && [ "$(ask "$folder/live" 'select count(*) from v_sessions')" = 0 ] &&
	    [ "$(stat -c %a "$pending")" = 600 ] && grep -q "$pending" "$folder/err" &&
	    ! grep -q -e 'in time' -e 'not kept' "$folder/err" "$folder/out"
}
ok "what cannot be recorded at the end is kept beside the database" sets_aside
unlock
cp -p "$pending" "$folder/kept"
is_recorded() {
	start_with_database -i far && until_it grep -q 'an earlier run' "$folder/err" && [ ! -e "$pending" ] && end 0 &&
	    ask "$folder/saved" "$what" >"$folder/1" && ask "$folder/live" "$what" >"$folder/2" &&
	    diff "$folder/1" "$folder/2" >"$folder/out" && [ "$(ask "$folder/live" \
	    'select sum(packets) = (select sum(packets) from v_sessions) from v_capture')" = 1 ]
}
ok "and the next watch records it, as it would have been" is_recorded
# As it stands there where the watch dies between its commit and the end of the file.
is_recorded_once() {
	ask "$folder/live" 'select sum(packets), sum(bytes), sum(untold) from v_capture' >"$folder/1"
	cp -p "$folder/kept" "$pending" && start_with_database -i far &&
	    until_it grep -q 'an earlier run' "$folder/err" && [ ! -e "$pending" ] && end 0 &&
	    ask "$folder/live" 'select sum(packets), sum(bytes), sum(untold) from v_capture' >"$folder/2" &&
	    diff "$folder/1" "$folder/2" >"$folder/out" && ask "$folder/live" "$what" >"$folder/2" &&
	    ask "$folder/saved" "$what" >"$folder/1" && diff "$folder/1" "$folder/2" >"$folder/out"
}
ok "once, should it find the file there again" is_recorded_once

# Another end, and another, before anybody is let in.
adds_up() {
	ends_locked 1 && unlock && first=$(stat -c %s "$pending") && [ "$first" -gt 0 ] || return 1
	start_with_database -i far --sensor other && end 0 && [ "$(stat -c %s "$pending")" = "$first" ]
}
ok "what a watch of another sensor finds there it leaves" adds_up
survives_a_reload() {
	start -i far && lock && play "$many" && sleep 1 && kill -HUP "$watcher" &&
	    until_it test -s "$pending" && until_it grep -q 'what there is to record waits' "$folder/err" || return 1
	unlock
	until_it has_sixty && end 0 && [ ! -e "$pending" ]
}
has_sixty() { [ "$(ask "$folder/live" 'select count(*) from v_sessions')" = 60 ]; }
ok "one that begins anew meanwhile records it once it can" survives_a_reload

# By a newer program, which stands in the place of the one that is running.
is_upgraded() {
	version=$(ask "$folder/live" 'pragma user_version') && start -i far &&
	    ask "$folder/live" 'pragma user_version = 999' >"$folder/out" && play "$many" &&
	    until_it grep -q 'version 999, this program' "$folder/err" && end 1 &&
	    [ "$(ask "$folder/live" 'select count(*) from v_sessions')" = 0 ] &&
	    ask "$folder/live" "pragma user_version = $version" >"$folder/out" && start_with_database -i far &&
	    end 0 && ask "$folder/saved" "$what" >"$folder/1" && ask "$folder/live" "$what" >"$folder/2" &&
	    diff "$folder/1" "$folder/2" >"$folder/out"
}
ok "what a database that was upgraded meanwhile did not take waits for the next watch" is_upgraded

is_garbage() {
	{ echo 'waxseal pending 2 0123456789abcdef0123456789abcdef'; head -c 100000 /dev/urandom; } >"$pending"
	chmod 600 "$pending" && start_with_database -i far && end 0 && grep -q "$pending: .*cannot be read" "$folder/err" && [ ! -e "$pending" ]
}
ok "garbage in its place is told and does no harm" is_garbage
is_foreign() {
	echo 'waxseal pending 99' >"$pending"
	chmod 600 "$pending" && start_with_database -i far && end 0 &&
	    grep -q "$pending: .*another version" "$folder/err" && [ -e "$pending" ]
}
ok "what another version left stays" is_foreign
is_not_followed() {
	rm -f "$pending"
	echo 'waxseal pending 2 0123456789abcdef0123456789abcdef' >"$folder/target" && ln -s "$folder/target" "$pending"
	start_with_database -i far && end 0 && grep -q "$pending: " "$folder/err" && [ -s "$folder/target" ] &&
	    rm "$pending"
}
ok "a link in its place is not followed" is_not_followed

# A disk of its own, that something else fills: neither the database nor a file beside it takes anything.
disk=$folder/disk
trap 'umount -l "$disk" 2>/dev/null; clean_up' EXIT
has_no_room() {
	: >"$folder/err"
	mkdir "$disk" && mount -t tmpfs -o size=4m none "$disk" || return 1
	ip netns exec $space "$WAXSEAL" --config /dev/null --db "$disk/live" watch --no-lookups -i far \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it grep -q ': capturing' "$folder/err" || return 1
	dd if=/dev/zero of="$disk/filler" bs=4k >"$folder/play" 2>&1
	play "$many" && sleep 1 && end 1 && grep -q "$disk/live.pending-default: .*No space left" "$folder/err" &&
	    grep -q "^not kept  *at least [1-9][0-9]* sessions, refused by the database" "$folder/out" &&
	    [ ! -s "$disk/live.pending-default" ]
}
ok "what finds no room anywhere is told, and counted" has_no_room
is_no_half_file() {
	rm "$disk/filler" && ip netns exec $space "$WAXSEAL" --config /dev/null --db "$disk/live" db check >"$folder/out" 2>"$folder/err" &&
	    [ "$(ask "$disk/live" 'select count(*) from v_sessions')" = 0 ] && [ ! -e "$disk/live.pending-default" ]
}
ok "nothing of it is left behind, and the database is whole" is_no_half_file

echo "1..$count"
