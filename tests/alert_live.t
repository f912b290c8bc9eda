#!/bin/sh
# Alerts of a live watch: mail in clear is played past it, and what it makes of that arrives once and in
# order at rsyslog, syslog-ng, Alertmanager, web servers, Postfix's sendmail, a program and a file, that
# were down when it began; beside sinks that refuse, say nothing or talk nonsense. Then each of its
# processes is killed.
set -u

. tests/tap.sh
. tests/sinks/bed.sh
. tests/watcher.sh

for program in rsyslogd nginx prometheus-alertmanager postconf; do
	if ! has $program; then
		echo "1..0 # SKIP needs $program"
		exit 0
	fi
done

# A program whose clock can be set.
set_clock() { perl -e 'print pack "q", shift' -- "$1" 1<>"$bed/stepping.clock"; }
cp "$O/waxseal-stepping" "$bed/stepping" && set_clock 0
WAXSEAL=$bed/stepping

waxseal() { "$WAXSEAL" --config "$bed/config" --db "$folder/live" "$@" >"$folder/said" 2>&1; }
# is SQL RESULT; in the database
is() {
	got=$(ask "$folder/live" "$1")
	[ "$got" = "$2" ] || {
		echo "$1: $got, not $2" >"$folder/is"
		false
	}
}
# within SECONDS COMMAND...
within() {
	until=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt $until ] || {
			cat "$folder/is" >>"$folder/err"
			return 1
		}
		sleep 0.2
	done
}

# mail NUMBER...: a mail in clear from each of these clients, to a server of its own
mail() {
	for number; do
		echo "0 192.0.2.$number 198.51.100.$number clear domain$number.test"
	done | perl tests/mail.pl ethernet >"$folder/mail.pcap" && play "$folder/mail.pcap"
}

# ---- The sinks ----

printf 'token-of-the-hook\n' >"$bed/token"
printf 'key-of-the-hook\n' >"$bed/key"
chmod 600 "$bed/token" "$bed/key"
program take 'cat >>'"$bed/out/taken"
# every NAME SETTING...: a sink of all that happens
every() { sink "$@" "severity = info" "rate = none"; }
# syslog NAME PORT SOCKET: four of them, told apart by their facility
syslogs() {
	every "$1-udp" type=syslog "to=udp:127.0.0.1:$2" facility=local0
	every "$1-tcp" type=syslog "to=tcp:good.test:$(($2 + 1))" facility=local1
	every "$1-tls" type=syslog "to=tls:good.test:$(($2 + 2))" facility=local2 "ca-file=$bed/ca.pem"
	every "$1-local" type=syslog "path=$3" facility=local3
}
begin
syslogs rsyslog 1514 "$bed/out/rsyslog"
has_syslog_ng && syslogs syslog-ng 2514 "$bed/out/syslog-ng"
every alertmanager type=webhook format=alertmanager url=http://127.0.0.1:9093/api/v2/alerts
every hook type=webhook url=https://good.test:8443/ok "ca-file=$bed/ca.pem" "token-file=$bed/token" \
    "header-file=X-Key: $bed/key"
every mail type=mail to=ops@example.com from=waxseal@example.com
every run type=exec "command=$bed/take"
every file type=file "path=$bed/out/alerts.jsonl"
good="'alertmanager', 'hook', 'mail', 'run', 'file'"
# These never take anything.
every untrusted type=webhook url=https://good.test:8444/ok "ca-file=$bed/ca.pem"
every stuck type=syslog to=tls:127.0.0.1:1520 "ca-file=$bed/ca.pem"
for what in 400 503 302 slow garbage; do every "web-$what" type=webhook "url=http://127.0.0.1:8080/$what"; done
bad="'untrusted', 'stuck', 'web-400', 'web-503', 'web-302', 'web-slow', 'web-garbage'"

# watch: with all of them
watch() {
	: >"$folder/err"
	ip netns exec $space "$WAXSEAL" --config "$bed/config" --db "$folder/live" watch --no-lookups -i far \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun
}
sends_all() { is "select count(*) > 0 and sum(sink not in ($bad) and state <> 'sent') = 0 from v_alerts" 1; }

# ---- Down at first ----

rm -f "$folder"/live*
ok "it watches while no sink but a file and programs is up" watch
opens() { mail 1 2 3 && within 10 is 'select count(*) from v_incidents' 3; }
ok "three incidents are opened" opens
recurs() {
	waxseal close 1 && mail 1 && within 10 is "select group_concat(event, ' ') from (select event from v_alerts
	    where sink = 'file' and incident = 1 order by id)" 'opened reopened'
}
ok "one of them is closed, and recurs" recurs
# By UDP nobody knows.
waits() {
	within 10 is "select group_concat(sink, ' ') from (select distinct sink from v_alerts where state = 'waiting'
	    and tries > 0 and sink like 'rsyslog%' order by 1)" 'rsyslog-local rsyslog-tcp rsyslog-tls' &&
	    waxseal alert list && grep -q 'waiting .*cannot connect: Connection refused' "$folder/said"
}
ok "what is down is tried, and why it fails is listed" waits

serve_rsyslog 1514 "$bed/out/rsyslog" "$bed/rsyslog.log"
has_syslog_ng && serve_syslog_ng 2514 "$bed/out/syslog-ng" "$bed/syslog-ng.log"
make_queue
serve_alertmanager
serve python3 tests/sinks/stuck.py 1520 keep
serve_web
serve_nginx
ok "when the servers are up, they are sent what waits" within 90 sends_all

date +%T.%N
waxseal alert list; cat "$folder/said"
ask "$folder/live" "select sink, state, tries, count(*), why from v_alerts group by 1,2,3,5"
cat "$folder/err" | cut -c1-300
cat $bed/rsyslog.log | cut -c1-300
cat $bed/syslog-ng.log | cut -c1-300
cat $bed/web.log | cut -c1-150
ls $bed/queue/maildrop
cat $bed/out/taken | cut -c1-100
end 0
echo "1..$count"
