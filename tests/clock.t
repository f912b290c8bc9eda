#!/bin/sh
# The system's clock is set while an interface is watched: no session ends for that, and what was read
# counts in the minute that it was by the clock. The clock is that of tests/stepping.c.
set -u

. tests/tap.sh
. tests/space.sh

set_clock() { perl -e 'print pack "q", shift' -- "$1" 1<>"$folder/stepping.clock"; }
# A session in clear of some forty packets, and another.
makes_sessions() {
	cp "${O:-.build}/waxseal-stepping" "$folder/stepping" &&
	    ${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$folder/generate" tests/bench/generate.c \
	        2>"$folder/err" &&
	    "$folder/generate" -n 1 -e 0 -b 100000 -i 1 -r 3 >"$folder/one.pcap" &&
	    "$folder/generate" -n 1 -e 0 -b 100000 -i 1 -r 5 >"$folder/other.pcap" &&
	    editcap "$folder/one.pcap" "$folder/rest.pcap" 1-12 2>"$folder/err"
}
ok "there are sessions, and a program whose clock can be set" makes_sessions
WAXSEAL=$folder/stepping

# has SESSIONS: so many, and all of them whole
has() {
	ask "$folder/live" 'select count(*), min(complete) from v_sessions' >"$folder/out"
	[ "$(cat "$folder/out")" = "$1|1" ]
}
# Days of which there are minutes with packets in them.
days='select count(distinct minute / 86400000000) from v_capture where packets > 0'
# ends_nothing SECONDS: that the clock is set by, behind the first packets of a session; then it is set
# to the day before yesterday, and another session comes
ends_nothing() {
	set_clock 0
	start -i far && play --limit 12 "$folder/one.pcap" && until_it has_read 12 || return 1
	set_clock "$1"
	play "$folder/rest.pcap" && until_it has 1 || return 1
	set_clock -172800
	play "$folder/other.pcap" && until_it has 2 && end 0 || return 1
	ask "$folder/live" "$days" >"$folder/out"
	[ "$(cat "$folder/out")" = 3 ]
}
ok "a clock set ahead ends no session, and counts go to their minutes" ends_nothing 86400
ok "nor does one set back" ends_nothing -86400

# Years ahead until after the next look at ages: what is there is not removed as years old.
removes_nothing() {
	set_clock 0
	start -i far && play "$folder/one.pcap" && until_it has 1 || return 1
	set_clock 315360000
	play "$folder/other.pcap" && until_it has 2 || return 1
	sleep 12
	has 2 && end 0
}
ok "nothing is removed for its age by a clock that is years ahead" removes_nothing

echo "1..$count"
