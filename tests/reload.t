#!/bin/sh
# SIGHUP, whatever stands in the configuration then: a watch that goes well is never ended by it. And
# readers that die over and over: the others go on, and so does the watch.
set -u

. tests/tap.sh
. tests/space.sh
captures=tests/captures
mkdir "$folder/etc" "$folder/data"
conf=$folder/etc/conf
chmod 755 "$folder"
chmod 777 "$folder/data"

# configure LINES: as an editor does, by another file of that name
configure() { printf '%b' "$1" >"$conf.new" && chmod 644 "$conf.new" && mv "$conf.new" "$conf"; }
base="interface = far\nlookups = no\ndb = $folder/data/live\n"

# begin COMMAND...: watch by the configuration, under a command that leaves it what it needs
begin() {
	[ -n "$watcher" ] && kill -KILL "$watcher" 2>/dev/null && wait "$watcher" 2>/dev/null
	rm -f "$folder"/data/live*
	: >"$folder/err"
	ip netns exec $space "$@" "$WAXSEAL" --config "$conf" watch >"$folder/out" 2>>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun
}
has_found() { until_it sh -c "[ \"\$(sqlite3 '$folder/data/live' 'select count(*) from v_findings' 2>/dev/null)\" = $1 ]"; }
alive() { kill -0 "$watcher" 2>/dev/null; }
# again LINES TIMES: with these lines; then it has captured so many times since its start
again() { configure "$base$1" && kill -HUP "$watcher" && captures_in "$2"; }

# stays_with LINES SAID: nothing begins anew
stays_with() {
	: >"$folder/err"
	configure "$base$1" && kill -HUP "$watcher" && until_it grep -q -e "$2" "$folder/err" && sleep 0.3 &&
	    alive && ! grep -q 'beginning anew' "$folder/err"
}
begins() { configure "$base" && begin; }
ok "it begins by its configuration" begins
# A sink's program would inherit it.
holds_nothing_back() {
	for role in $(cat /proc/"$watcher"/task/"$watcher"/children); do
		grep -q '^SigBlk:[[:space:]]*0*$' /proc/"$role"/status || return 1
	done
}
ok "what it starts holds no signal back" holds_nothing_back
ok "a line that is no setting is named, and nothing changes" \
    stays_with 'nonsense\n' "$conf:4: not a setting .*what was in force stays so"
ok "so is a filter that is none" \
    stays_with 'filter = tcp port\n' "$conf:4: -f tcp port: .*what was in force stays so"
ok "so is a CA file that is not there" \
    stays_with "ca-file = $folder/etc/none\n" "$folder/etc/none: .*what was in force stays so"
is_gone() {
	: >"$folder/err"
	rm "$conf" && kill -HUP "$watcher" && until_it grep -q "$conf: cannot read .*stays so" "$folder/err" && alive
}
ok "and a configuration that is gone" is_gone
finds_before() { play $captures/banner-masked.pcap && has_found 1; }
ok "what it does goes on" finds_before

# falls_back LINES SAID: what cannot be known but by trying
falls_back() {
	: >"$folder/err"
	configure "$base$1" && kill -HUP "$watcher" && until_it grep -q -e "$2" "$folder/err" &&
	    until_it grep -q 'what was in force before is taken up again' "$folder/err" && captures_in 1 && alive
}
: >"$folder/etc/empty"
ok "a CA file without a certificate is told, and what was in force is taken up again" \
    falls_back "ca-file = $folder/etc/empty\n" 'the CA file holds no certificate'
mkdir "$folder/data/folder"
ok "so is a database that is none" \
    falls_back "db = $folder/data/folder\n" "$folder/data/folder: "
finds_after() { play $captures/command-injection.pcap && has_found 2; }
ok "it goes on behind that, too" finds_after
tells_of_mutes() {
	sqlite3 "$folder/data/live" "with recursive n(i) as (select 1 union all select i + 1 from n
	    where i < 1001) insert into mutes (kinds, clients, servers, domains, severity, why, added)
	    select '', '203.0.113.' || (i % 256), '', '', 3, 'x', 0 from n"
	: >"$folder/err"
	again '' 1 && until_it grep -q '1000 mutes are in force' "$folder/err" &&
	    until_it grep -q '1 mute has no effect: ' "$folder/err"
}
ok "it says how much is muted, and which mutes have no effect" tells_of_mutes
takes_the_next() { : >"$folder/err"; again 'sensor = next\n' 1 && end 0; }
ok "and takes a configuration that is sound" takes_the_next

remembers_what_was_met() {
	start -i far --fail-on notice && play $captures/banner-masked.pcap || return 1
	until_it sh -c "[ \$(sqlite3 '$folder/live' 'select count(*) from v_findings') = 1 ]" &&
	    kill -HUP "$watcher" && captures_in 2 && end 3
}
ok "--fail-on is met by what came before it, too" remembers_what_was_met

# ---- Signals before it watches ----

# It reads its configuration from a pipe, and waits for who writes to it: so early the signals come.
is_reading() {
	[ "$(cat /proc/"$watcher"/comm 2>/dev/null)" = "${WAXSEAL##*/}" ] &&
	    ls -l /proc/"$watcher"/fd 2>/dev/null | grep -q "$conf\$"
}
pipe_conf() { rm -f "$conf" && mkfifo "$conf" && exec 9<>"$conf"; }
fill_pipe() { configure "$base"; printf '%b' "$base" >&9; exec 9>&-; }
# hears_early SIGNAL...
hears_early() {
	[ -n "$watcher" ] && kill -KILL "$watcher" 2>/dev/null && wait "$watcher" 2>/dev/null
	: >"$folder/err"
	rm -f "$folder"/data/live*
	pipe_conf || return 1
	ip netns exec $space "$WAXSEAL" --config "$conf" watch >"$folder/out" 2>>"$folder/err" </dev/null 9>&- &
	watcher=$!
	until_it is_reading || return 1
	for early; do
		kill -"$early" "$watcher"
	done
	fill_pipe
	until_it has_begun && alive
}
tells_early() { hears_early USR1 && until_it grep -q '[0-9] packet' "$folder/err" && end 0; }
ok "SIGUSR1 while it still reads its configuration is answered once it watches" tells_early
begins_anew_early() {
	hears_early HUP && until_it grep -q 'beginning anew' "$folder/err" && until_it has_begun && end 0
}
ok "SIGHUP likewise" begins_anew_early
ends_early() { ! hears_early TERM && ! alive && ! grep -q capturing "$folder/err"; }
ok "SIGTERM ends it there and then" ends_early
# Who only lists hears none of them: nohup, under which all this may run, has it ignored.
ends_list() {
	pipe_conf || return 1
	env --default-signal=HUP "$WAXSEAL" --config "$conf" incidents >"$folder/out" 2>"$folder/err" </dev/null 9>&- &
	watcher=$!
	until_it is_reading && kill -HUP "$watcher"
	fill_pipe
	wait "$watcher"
	ended=$?
	watcher=
	[ $ended -eq 129 ]
}
ok "another command is ended by SIGHUP, as ever" ends_list

# ---- A kernel that refuses ----

one_capability="setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=+net_raw
    --ambient-caps=+net_raw --bounding-set=-all,+net_raw"
is_refused_the_gate() {
	# shellcheck disable=SC2086 # several words are meant
	configure "$base" && begin $one_capability &&
	    falls_back 'gate = ebpf\n' 'far: --gate ebpf: the kernel refuses eBPF' &&
	    play $captures/banner-masked.pcap && has_found 1 && end 0
}
if [ "$(cat /proc/sys/kernel/unprivileged_bpf_disabled)" = 0 ]; then
	count=$((count + 1))
	echo "ok $count - a gate that the kernel refuses does not end it # SKIP anybody may use eBPF here"
else
	ok "a gate that the kernel refuses does not end it" is_refused_the_gate
fi

# ---- A database that is away ----

is_away_meanwhile() {
	configure "$base" && begin || return 1
	lock "$folder/data/live" && play $captures/banner-masked.pcap || return 1
	configure "${base}readers = 2\n" && kill -HUP "$watcher"
	until_it grep -q "$folder/data/live: what there is to record waits" "$folder/err" || return 1
	unlock
	alive && captures_in 3 && has_found 1 && play $captures/command-injection.pcap && has_found 2 && end 0 &&
	    ! grep -q 'mend what stands' "$folder/err"
}
ok "a database that is locked meanwhile keeps no configuration from being taken up" is_away_meanwhile

# ---- Readers that die while they start ----

# What starts the readers is the child of the watcher.
readers() { cat /proc/"$(tr -d ' ' </proc/"$watcher"/task/"$watcher"/children)"/task/*/children; }
dies_early() {
	configure "$base" && begin || return 1
	until grep -q 'Killed); it is started again' "$folder/err"; do
		for reader in $(readers); do
			kill -KILL "$reader" 2>/dev/null
		done
		alive || return 1
	done
	until_it sh -c "[ \$(grep -c ': capturing' '$folder/err') -ge 2 ]" && play $captures/banner-masked.pcap && has_found 1 &&
	    end 0
}
ok "a reader that dies while it is started again is started once more" dies_early

echo "1..$count"
