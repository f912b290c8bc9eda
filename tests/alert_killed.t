#!/bin/sh
# Each process of a watch that alerts is killed before each of its steps, the keeper before some of its
# (monitor_alerting_killed.c has the others): nothing is lost, and what comes twice is what was sent and not
# marked. A step is a write to a file, pipe or socket, or what makes one last (tests/dying.c).
set -u

. tests/tap.sh
. tests/sinks/bed.sh

if ! has rsyslogd; then
	echo "1..0 # SKIP needs rsyslogd"
	exit 0
fi
if grep -q __asan_init "$WAXSEAL"; then
	echo "1..0 # SKIP some hundred runs, each of several processes, take minutes under a sanitizer"
	exit 0
fi

mkdir "$bed/db"
program take "cat >>$bed/out/taken"
begin
every tcp type=syslog to=tcp:127.0.0.1:1515 facility=local1
every tls type=syslog to=tls:good.test:1516 facility=local2 "ca-file=$bed/ca.pem"
every local type=syslog "path=$bed/out/socket" facility=local3
every hook type=webhook url=http://127.0.0.1:8080/ok
every run type=exec "command=$bed/take"
every file type=file "path=$bed/out/file"
serve_rsyslog 1514 "$bed/out/socket" "$bed/rsyslog.log"
serve_web
printf '%s\n' '0 192.0.2.1 198.51.100.1 clear a.test' '0 192.0.2.2 198.51.100.2 clear b.test' |
    perl tests/mail.pl >"$bed/mail.pcap"
ok "the sinks are up" until_it listens 1516
until_it listens 8080

# watch PROGRAM NAME: two incidents of a sensor of that name
watch() {
	in_space timeout 300 "$1" --config "$bed/config" --db "$bed/db/$2" watch --no-lookups --alerts \
	    --sensor "$2" -r "$bed/mail.pcap" >"$bed/db/$2.log" 2>&1
}
ask() { sqlite3 -cmd '.timeout 5000' "$bed/db/$1" "$2"; }

# kill_at LANE ROLE STEP: false where it came to its end before that
kill_at() {
	name=${2:-keeper}-$3
	perl -e 'print pack "a16 q q", @ARGV' -- "${2:+@$2}" "$3" 0 1<>"$bed/lane$1.dying"
	watch "$bed/lane$1" "$name"
	[ "$(perl -e 'read STDIN, $_, 32; print +(unpack "a16 q q")[2]' <"$bed/lane$1.dying")" -ge "$3" ] || {
		rm "$bed/db/$name"*
		return 1
	}
	# A server may be about to write what it was sent.
	sleep 1
	{
		ask "$name" 'select id, sink, state, tries from v_alerts' 2>"$bed/none" # not even a table
		(cd "$bed" && stat -c '/%n %s' rsyslog.log web.log out/taken out/file)
	} >"$bed/db/$name.then"
	tries=60
	until watch "$WAXSEAL" "$name" && [ "$(ask "$name" "select count(*) > 0 and sum(state <> 'sent') = 0
	    from v_alerts")" = 1 ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || break
		sleep 0.3
	done
}

killers=
# kill_all LANES ROLE EVERY: so many side by side, before each of its steps, or every so many
kill_all() {
	for lane in $(seq "$1"); do
		cp "$O/waxseal-dying" "$bed/lane$2$lane"
		head -c 64 /dev/zero >"$bed/lane$2$lane.dying"
		at=$((lane * $3))
		while kill_at "$2$lane" "$2" $at; do at=$((at + $1 * $3)); done &
		killers="$killers $!"
	done
}
for log in rsyslog.log web.log out/taken out/file; do
	: >"$bed/$log"
	chmod 666 "$bed/$log"
done

kill_all 6 courier 1
kill_all 2 runner 1
kill_all 2 reader 1
kill_all 3 '' 13
# shellcheck disable=SC2086 # one word a process
wait $killers

# is_whole ROLE
is_whole() { python3 tests/sinks/killed.py "$bed" "$1-" >"$folder/out" && tail -1 "$folder/out"; }
for role in courier runner reader keeper; do
	ok "the $role is killed: nothing is lost, and what came twice was sent and not marked" is_whole $role
done

echo "1..$count"
