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

# The database may be about to close.
ask() { sqlite3 -cmd '.timeout 5000' "$1" "$2" 2>&1; }
waxseal() { "$WAXSEAL" --config "$bed/config" --db "$folder/live" "$@" >"$folder/said" 2>&1; }
# is SQL RESULT; in the database
is() {
	got=$(ask "$folder/live" "$1")
	[ "$got" = "$2" ] || {
		echo "$1: $got, not $2" >"$folder/is"
		false
	}
}

# in_time COMMAND...: until_it; what is there instead is told
in_time() {
	until_it "$@" || {
		cat "$folder/is" >>"$folder/err"
		return 1
	}
}

port=20000
# mail NUMBER...: a mail in clear from each of these clients, to a server of its own
mail() {
	port=$((port + 100))
	for number; do
		echo "0 192.0.2.$number 198.51.100.$number clear domain$number.test"
	done | perl tests/mail.pl ethernet $port >"$folder/mail.pcap" && play "$folder/mail.pcap"
}

# ---- The sinks ----

printf 'token-of-the-hook\n' >"$bed/token"
printf 'key-of-the-hook\n' >"$bed/key"
chmod 600 "$bed/token" "$bed/key"
program take 'cat >>'"$bed/out/taken"
# syslogs NAME PORT SOCKET: four of them, told apart by their facility
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
# These never take anything.
every untrusted type=webhook url=https://good.test:8444/untrusted "ca-file=$bed/ca.pem" "token-file=$bed/token"
every stuck type=syslog to=tls:127.0.0.1:1520 "ca-file=$bed/ca.pem"
for what in 400 503 302 garbage; do every "web-$what" type=webhook "url=http://127.0.0.1:8080/$what"; done
every web-slow type=webhook url=http://127.0.0.1:8081/slow
bad="'untrusted', 'stuck', 'web-400', 'web-503', 'web-302', 'web-slow', 'web-garbage'"
make_queue

# watch: with all of them
watch() {
	: >"$folder/err"
	ip netns exec $space "$WAXSEAL" --config "$bed/config" --db "$folder/live" watch --no-lookups -i far \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun
}
sends_all() { is "select count(*) > 0 and sum(sink not in ($bad) and state <> 'sent') = 0 from v_alerts" 1; }

# ---- What arrived ----

# Lines "ALERT|INCIDENT|EVENT", by incident, and of each as it came. queued SINK: what it is to be.
queued() {
	ask "$folder/live" "select id, incident, event from v_alerts where sink = '$1' order by incident, id"
}
by_incident() { sort -s -t '|' -k 2,2n; }
in_syslog() { # FILE FACILITY
	sed -n "s/^$2\\.[0-7]|waxseal|\\[waxseal@32473 event=\"\\([a-z]*\\)\" alert=\"\\([0-9]*\\)\".* incident=\"\\([0-9]*\\)\".*/\\2|\\3|\\1/p" \
	    "$1" | by_incident
}
# rsyslog's imptcp reads connections of one client side by side: what came by two is in any order.
in_any_order() { "$@" | sort -t '|' -k 2,2n -k 1,1n; }
in_json() {
	sed -n 's/.*"waxseal":1,"event":"\([a-z]*\)","incident":{"id":\([0-9]*\),.*"alert":\([0-9]*\).*/\3|\2|\1/p' "$1" |
	    by_incident
}
# Of those that were alerted of since the servers are up.
by_udp() { "$@" | awk -F '|' '$1 > '"$down"; }
# same SINK COMMAND...: what was queued is what that prints
same() {
	queued "$1" >"$folder/queued"
	shift
	"$@" >"$folder/came"
	{ echo "$*:" && [ -s "$folder/queued" ] && diff "$folder/queued" "$folder/came"; } >"$folder/is"
}

# What Alertmanager has: "INCIDENT|LABELS|SECONDS UNTIL IT ENDS"
cat >"$bed/am.py" <<'EOF'
import datetime, json, urllib.request
for a in json.load(urllib.request.urlopen("http://127.0.0.1:9093/api/v2/alerts")):
    left = datetime.datetime.fromisoformat(a["endsAt"].replace("Z", "+00:00")) - datetime.datetime.now(datetime.timezone.utc)
    print(a["labels"]["incident"], ",".join(sorted(a["labels"])), int(left.total_seconds()), sep="|")
EOF
fires() { in_space python3 "$bed/am.py" | sort -n; }
# fire INCIDENT...: just these
fire() { [ "$(fires | cut -d '|' -f 1 | tr '\n' ' ')" = "$* " ]; }

# ---- Down at first ----

rm -f "$folder"/live*
ok "it watches while no sink but a file and programs is up" watch
opens() { mail 1 2 3 && in_time is 'select count(*) from v_incidents' 3; }
ok "three incidents are opened" opens
recurs() {
	waxseal close 1 && mail 1 && in_time is "select group_concat(event, ' ') from (select event from v_alerts
	    where sink = 'file' and incident = 1 order by id)" 'opened reopened'
}
ok "one of them is closed, and recurs" recurs
waits() {
	in_time is "select group_concat(sink, ' ') from (select distinct sink from v_alerts where state = 'waiting'
	    and tries > 0 and sink like 'rsyslog%' order by 1)" 'rsyslog-local rsyslog-tcp rsyslog-tls' &&
	    waxseal alert list && grep -q 'waiting .*cannot connect: Connection refused' "$folder/said"
}
ok "what is down is tried, and why it fails is listed" waits

serve_rsyslog 1514 "$bed/out/rsyslog" "$bed/rsyslog.log"
has_syslog_ng && serve_syslog_ng 2514 "$bed/out/syslog-ng" "$bed/syslog-ng.log"
serve_alertmanager
serve_web
serve_nginx
ok "when the servers are up, they are sent what waits" in_time sends_all

# Its connections break, and its socket is another one. By UDP nobody knows that what comes meanwhile is lost.
restarts() {
	kill -KILL "$(cat "$bed/rsyslog.pid")" && rm -f "$bed/out/rsyslog" "$bed/rsyslog.pid" && mail 4 && sleep 1 &&
	    serve_rsyslog 1514 "$bed/out/rsyslog" "$bed/rsyslog.log" && until_it listens 1516 && mail 5 &&
	    in_time is "select count(*) from v_incidents where client in ('192.0.2.4', '192.0.2.5')" 2 && in_time sends_all
}
ok "rsyslog is killed and comes again, and is sent what it missed" restarts
down=$(ask "$folder/live" 'select max(id) from v_alerts')

# From now on two of them say nothing.
serve python3 tests/sinks/stuck.py 1520 keep
serve python3 tests/sinks/web.py 8081 "$bed/slow.log"
until_it listens 8081
others() {
	play tests/captures/banner-masked.pcap && play tests/captures/command-injection.pcap &&
	    in_time is "select count(distinct severity) from v_alerts where sink = 'file'" 3 && in_time sends_all
}
ok "and what is found then, of other severities" others

in_order() {
	is 'select count(*) from v_alerts a join v_alerts b using (sink, incident) where a.id < b.id and a.sent_at > b.sent_at' 0
}
ok "what is of one incident was sent in order" in_order
# syslogs_have NAME: each of its four has it once, in order, as graver things are more urgent
syslogs_have() {
	[ "$(by_udp queued "$1-udp")" = "$(by_udp in_syslog "$bed/$1.log" 16)" ] &&
	    same "$1-tcp" in_any_order in_syslog "$bed/$1.log" 17 && same "$1-tls" in_syslog "$bed/$1.log" 18 &&
	    same "$1-local" in_syslog "$bed/$1.log" 19 &&
	    ! grep -v '^1[6-9]\.\(2|.* severity="critical"\|4|.* severity="warning"\|5|.* severity="notice"\|6|.* severity="info"\)' \
		"$bed/$1.log" >"$folder/is"
}
ok "rsyslog has each once, in order, and parsed it" in_time syslogs_have rsyslog
if has_syslog_ng; then
	ok "syslog-ng has each once, in order, and parsed it" in_time syslogs_have syslog-ng
else
	skip "syslog-ng has each once" "needs syslog-ng"
fi
hook_log() { grep '^/ok|application/json|Bearer token-of-the-hook|key-of-the-hook|' "$bed/web.log" >"$folder/hook"; in_json "$folder/hook"; }
ok "the web server behind TLS has each once, in order, with its secrets" same hook hook_log
ok "so has the program" same run in_json "$bed/out/taken"
ok "so has the file" same file in_json "$bed/out/alerts.jsonl"
mailed() {
	[ "$(cat "$bed"/queue/maildrop/* | grep -ac '^.*Subject: .*waxseal')" = "$(queued mail | wc -l)" ] &&
	    [ "$(cat "$bed"/queue/maildrop/* | grep -aoc 'R.ops@example.com')" = "$(queued mail | wc -l)" ]
}
ok "so has Postfix" mailed
open_incidents() { ask "$folder/live" "select id from v_incidents where state = 'open' and mute is null order by id" | tr '\n' ' '; }
has_all_open() {
	# shellcheck disable=SC2046 # several words are meant
	fire $(open_incidents) && [ "$(fires | cut -d '|' -f 2 | sort -u)" = alertname,incident,kind,sensor,severity ]
}
ok "Alertmanager has what is open, with few labels" has_all_open

never_takes() {
	is "select sum(state = 'sent') from v_alerts where sink in ($bad)" 0 && ! grep -q '^/untrusted' "$bed/web.log" &&
	    waxseal alert list && grep -q 'untrusted .*certificate is refused: self-signed' "$folder/said" &&
	    grep -q ' web-400 .*failed .*answered 400' "$folder/said" &&
	    grep -q ' web-503 .*waiting .*answered 503' "$folder/said" &&
	    grep -q ' web-302 .*waiting .*answered 302.*not followed' "$folder/said" &&
	    grep -q ' web-garbage .*waiting .*HTTP/0.9' "$folder/said"
}
ok "what refuses, or is not trusted, has nothing, and that is listed" until_it never_takes
tells_no_secret() {
	for one in $(ip netns pids $space); do
		tr '\0' ' ' <"/proc/$one/cmdline"
		tr '\0' ' ' <"/proc/$one/environ"
	done >"$folder/processes" 2>/dev/null
	grep -q '@courier' "$folder/processes" && ! cat "$folder/processes" "$folder/err" "$folder/out" "$folder/said" "$folder"/live* |
	    grep -aq -e token-of-the-hook -e key-of-the-hook
}
ok "no secret is in a process list, a log or the database" tells_no_secret

# ---- Alertmanager: renewed, resolved; mutes ----

closes() { waxseal close 3 && until_it has_all_open && ! fires | grep -q '^3|'; }
ok "what is closed is resolved there" closes
# More than twenty minutes on, by the clock of the program alone.
lasts() { [ "$(fires | sed -n 's/^2|.*|//p')" -gt "$1" ]; }
is_renewed() {
	lasts 3000 && ! lasts 4300 && set_clock 1300 && until_it lasts 5000 && has_all_open
	status=$?
	set_clock 0
	return $status
}
ok "what is still open is renewed" is_renewed

alerts() { ask "$folder/live" 'select count(*) from v_alerts'; }
is_muted() {
	before=$(alerts)
	waxseal mute add --client 192.0.2.50 --until never --why 'scanner of ours' && mail 50 &&
	    in_time is "select count(*) from v_incidents where client = '192.0.2.50' and mute = 1" 1 && sleep 1 &&
	    [ "$(alerts)" = "$before" ] &&
	    waxseal show "$(ask "$folder/live" 'select id from v_incidents where mute = 1')" &&
	    grep -q '^muted by mute 1 .*: scanner of ours' "$folder/said" &&
	    waxseal report && grep -q 'Muted: 1 incident and 1 session' "$folder/said"
}
ok "what is muted alerts nobody, is shown and counted" is_muted
fires_2() { fires | grep -q '^2|'; }
is_quiet() { ! fires_2; }
ends_there() {
	waxseal mute add --server 198.51.100.2 --until never --why known && until_it is_quiet &&
	    is "select state from v_incidents where id = 2" open && mail 2 && sleep 2 && is_quiet
}
ok "what stands open and is muted is resolved at Alertmanager" ends_there
fires_again() { waxseal mute remove 2 && until_it fires_2 && in_time sends_all; }
ok "and fires again without the mute" fires_again

# ---- Another configuration ----

has_another() {
	every another type=file "path=$bed/out/another.jsonl"
	: >"$folder/err"
	kill -HUP "$watcher" && until_it has_begun && mail 60 && in_time same another in_json "$bed/out/another.jsonl" &&
	    in_time sends_all
}
ok "a sink that is configured meanwhile is told what comes then" has_another

# ---- Kills ----

# process ROLE: its pid
process() {
	for one in $(ip netns pids $space); do
		tr '\0' ' ' <"/proc/$one/cmdline" | grep -q "@$1" && echo "$one"
	done 2>/dev/null
}
client=100 kills=0
# die TENTHS ROLE...: by SIGKILL, so long after mail came; what is seen when they are there again is sent, too
die() {
	tenths=$1
	shift
	: >"$folder/err"
	client=$((client + 2)) kills=$((kills + 1))
	mail $client && sleep "0.$tenths" || return
	for role; do kill -KILL "$(process "$role")" || return; done
	for role; do
		until_it grep -q "$role:\{0,1\} was ended by signal 9" "$folder/err" && until_it is_there "$role" || return
	done
	mail $((client + 1)) && in_time is_known $((client + 1)) && in_time sends_all
}
is_there() {
	if [ "$1" = reader ]; then grep -q ': capturing' "$folder/err"; else [ -n "$(process "$1")" ]; fi
}
is_known() { is "select count(*) from v_incidents where client = '192.0.2.$1'" 1; }
ok "what sends and what runs programs are killed before they do" die 0 courier runner
ok "... and as they do" die 9 courier runner
ok "the reader is killed" die 3 reader
begins_again() {
	watch && client=$((client + 1)) && mail $client && in_time is_known $client && in_time sends_all
}
# ends_by PID: the watch ends with that process, and another one goes on
ends_by() {
	kills=$((kills + 1)) client=$((client + 1))
	mail $client && sleep 0.9 && kill -KILL "$1" && wait "$watcher" 2>/dev/null
	begins_again
}
ok "the keeper is killed, and another one sends what is left" ends_by "$watcher"
ok "so is what starts the others" ends_by "$(process starter)"

# At most one for each kill comes twice.
same_but() {
	queued "$1" >"$folder/queued"
	shift
	"$@" >"$folder/came"
	[ $(($(wc -l <"$folder/came") - $(uniq "$folder/came" | wc -l))) -le $kills ] &&
	    uniq "$folder/came" | diff "$folder/queued" - >>"$folder/err"
}
all_came() {
	for one in rsyslog syslog-ng; do
		[ -e "$bed/$one.log" ] || continue
		same_but $one-tcp in_any_order in_syslog "$bed/$one.log" 17 && same_but $one-tls in_syslog "$bed/$one.log" 18 &&
		    same_but $one-local in_syslog "$bed/$one.log" 19 || return 1
	done
	same_but hook hook_log && same_but run in_json "$bed/out/taken" && same_but file in_json "$bed/out/alerts.jsonl"
}
ok "nothing was lost in any of that, and no more came twice than was under way" all_came
ok "and Alertmanager has what is open" until_it has_all_open
ok "the database is sound" waxseal db check

echo "1..$count"
