#!/bin/sh
# A role that is stopped: while it has nothing to do nobody minds, and it goes on where it is let; a checker
# that was asked and says nothing for minutes is ended, and another one takes its place. Minutes pass by the
# clock of tests/stepping.c.
set -u

. tests/tap.sh
. tests/space.sh

passed=0
set_ahead() { perl -e 'print pack "q2", 0, shift' -- "$1" 1<>"$folder/stepping.clock"; }
# pass: some minutes. In steps of less than a reader may be silent, each of which it has told of a packet in.
pass() {
	for _ in 1 2 3 4 5 6 7 8; do
		read_before=$(told_of packet)
		passed=$((passed + 28))
		set_ahead $passed
		in_space tests/datagram.pl near x 2>"$folder/out" && until_it has_read $((read_before + 1)) || return 1
	done
}
# process ROLE
process() {
	for one in $(ip netns pids $space); do
		! grep -q "@$1" "/proc/$one/cmdline" 2>/dev/null || echo "$one"
	done
}
checker() { process checker; }
# Nobody answers: there is no resolver. What is asked is under way for seconds.
watches_with_checker() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 2 \
	    -keyout /dev/null -out "$folder/ca.pem" 2>"$folder/err" &&
	    cp "${O:-.build}/waxseal-stepping" "$folder/stepping" && set_ahead 0 || return 1
	WAXSEAL=$folder/stepping
	in_space ip link set lo up &&
	    start -i far -v --gate none --lookups --ca-file "$folder/ca.pem" --resolver 127.0.0.1 &&
	    until_it grep -q 'checker: system calls it needs alone: ' "$folder/err"
}
ok "it watches, with a checker" watches_with_checker
stopped=$(checker)
said=$(wc -l <"$folder/err")
idles() { kill -STOP "$stopped" && pass && [ "$(checker)" = "$stopped" ]; }
ok "one that was asked nothing may say nothing" idles
# What was interrupted in its sleep goes on by a system call of its own.
goes_on() { kill -CONT "$stopped" && sleep 2 && [ "$(checker)" = "$stopped" ]; }
ok "... and goes on, where it is let" goes_on
reader_goes_on() {
	reader=$(process reader) && kill -STOP "$reader" && sleep 1 && kill -CONT "$reader" && sleep 2 &&
	    [ "$(process reader)" = "$reader" ]
}
ok "as a reader does" reader_goes_on
says_nothing() {
	kill -STOP "$stopped" && echo '0 192.0.2.1 198.51.100.25 clear asked.test' |
	    perl tests/mail.pl ethernet >"$folder/mail.pcap" && play "$folder/mail.pcap" && until_it has_mail && pass &&
	    until_it grep -q 'checker: said nothing for minutes, and was ended.*another one starts' "$folder/err" &&
	    until_it grep -q '1 look-up that it had not answered will be asked again' "$folder/err"
}
has_mail() { [ "$(ask "$folder/live" 'select count(*) from v_sessions')" = 1 ]; }
ok "one that was asked and says nothing for minutes is ended, and that is told" says_nothing
is_another() { another=$(checker) && [ -n "$another" ] && [ "$another" != "$stopped" ]; }
ok "another one takes its place" until_it is_another
ok "and capture has not noticed" [ -z "$(tail -n "+$((said + 1))" "$folder/err" | grep -i 'reader\|far: [^c]')" ]
ok "it ends in order" end 0

echo "1..$count"
