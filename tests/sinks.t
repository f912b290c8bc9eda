#!/bin/sh
# Alerts arrive at what people run: rsyslog and syslog-ng, Alertmanager, web servers behind nginx, Postfix's
# sendmail, files, programs; and each of them down, slow, refusing or talking nonsense holds no other up and
# loses nothing. As root: a network namespace with the servers in it that nothing leaves.
set -u

. tests/tap.sh
. tests/sinks/bed.sh

# ---- Giving ----

# given LINE...: to the sinks; what became of each is in out
given() { printf '%s\n' "$@" | in_space "$O/tests/sinks/give" "$bed/config" >"$folder/out" 2>"$folder/err"; }
# told LINE...: just these, in any order
told() {
	printf '%s\n' "$@" | sort >"$folder/wanted"
	sort "$folder/out" | diff "$folder/wanted" - >"$folder/diff" && return
	cat "$folder/diff" >>"$folder/err"
	return 1
}
# becomes WORDS LINE...: given, and all of it is told that way
becomes() {
	words=$1
	shift
	given "$@" && grep -q "$words" "$folder/out" && ! grep -v "$words" "$folder/out" >>"$folder/err"
}

message='<29>1 2026-01-02T03:04:05.678901Z tap1 waxseal 7 incident [waxseal@32473 kind="stripped"] it was stripped'

# ---- Files ----

begin
sink log type=file "path=$bed/out/alerts.jsonl"
sink full type=file path=/dev/full
sink gone "type=file" "path=$bed/none/alerts.jsonl"

appends() {
	given 'log {"a":1}' 'log {"a":2}' && told 'log sent' 'log sent' &&
	    [ "$(cat "$bed/out/alerts.jsonl")" = '{"a":1}
{"a":2}' ] && [ "$(stat -c %a "$bed/out/alerts.jsonl")" = 640 ]
}
ok "a file gets a line for each, and none else may read it" appends

is_readable_for_its_group() {
	rm "$bed/out/alerts.jsonl"
	mask=$(umask)
	umask 077
	given 'log {"a":1}' 'log {"a":2}'
	umask "$mask"
	[ "$(stat -c %a "$bed/out/alerts.jsonl")" = 640 ]
}
ok "its group may, whatever the umask" is_readable_for_its_group

keeps_what_was_there() { given 'log {"a":3}' && [ "$(wc -l <"$bed/out/alerts.jsonl")" = 3 ]; }
ok "a file is appended to" keeps_what_was_there

is_full() { becomes '^full later: /dev/full: cannot append: No space left' 'full x'; }
ok "a full disk is told, and it is tried again later" is_full

has_no_folder() { becomes '^gone later: .*: cannot open: No such file.* (make its folder)$' 'gone x'; }
ok "a file that cannot be made is told" has_no_folder

rotates() {
	{
		echo 'log {"b":1}'
		echo 'sleep 100'
		until_it test -e "$bed/out/alerts.1"
		echo 'sleep 500'
		echo 'log {"b":2}'
	} | in_space "$O/tests/sinks/give" "$bed/config" >"$folder/out" 2>"$folder/err" &
	giver=$!
	until_it grep -q sent "$folder/out" && mv "$bed/out/alerts.jsonl" "$bed/out/alerts.1"
	wait $giver
	told 'log sent' 'log sent' && [ "$(cat "$bed/out/alerts.jsonl")" = '{"b":2}' ] && ! grep -q . "$folder/err"
}
ok "a file that was moved away is made anew" rotates

# ---- Its end ----

dies() {
	given 'log {"c":1}' kill 'sleep 1500' 'log {"c":2}' && told 'log sent' 'log sent' &&
	    grep -q 'courier: was ended by signal 9.*another one starts in 1 s' "$folder/err"
}
ok "a courier that dies has a successor" dies

# ---- Syslog ----

# arrived FILE COUNT: the message, as a receiver of RFC 5424 parsed it; syslog-ng counts what is local
line='^3\.5|waxseal|\[waxseal@32473 kind="stripped"\]\(\[meta sequenceId="[0-9]*"\]\)\{0,1\}|it was stripped$'
arrived() { [ "$(grep -c "$line" "$1" 2>/dev/null)" -ge "$2" ]; }

begin
sink udp type=syslog to=udp:127.0.0.1:1514
sink tcp type=syslog to=tcp:good.test:1515
sink tls type=syslog to=tls:good.test:1516 "ca-file=$bed/ca.pem"
sink local type=syslog "path=$bed/out/socket"
sink wrong type=syslog to=tls:wrong.test:1516 "ca-file=$bed/ca.pem"
sink stranger type=syslog to=tls:good.test:1516

is_down() {
	becomes 'tcp later: .*Connection refused' "tcp $message" &&
	    becomes 'tls later: .*Connection refused' "tls $message" &&
	    becomes 'local later: .*No such file' "local $message"
}
ok "syslog that is down is told, and tried again" is_down

# each NAME FILE: all four ways
each() {
	: >"$2"
	given "udp $message" "tcp $message" "tls $message" "local $message" "tcp $message" "tls $message" &&
	    told 'udp sent' 'tcp sent' 'tls sent' 'local sent' 'tcp sent' 'tls sent' &&
	    until_it arrived "$2" 6 && return
	cat "$2" >>"$folder/err"
	return 1
}
refuses_names() {
	becomes 'wrong later: .*certificate is refused: hostname mismatch' "wrong $message" &&
	    becomes 'stranger later: .*certificate is refused' "stranger $message"
}

if has rsyslogd; then
	serve_rsyslog 1514 "$bed/out/socket" "$bed/rsyslog.log"
	until_it listens 1516
	ok "rsyslog takes it by UDP, TCP, TLS and its socket" each rsyslog "$bed/rsyslog.log"
	ok "TLS to another name, or of an unknown authority, is refused" refuses_names
	stop_last
	ok "rsyslog that is gone is told" becomes 'tcp later' "tcp $message"
else
	skip "rsyslog takes it" "needs rsyslog"
fi
rm -f "$bed/out/socket"

if has_syslog_ng; then
	serve_syslog_ng 1514 "$bed/out/socket" "$bed/syslog-ng.log"
	until_it listens 1516
	ok "syslog-ng takes it by UDP, TCP, TLS and its socket" each syslog-ng "$bed/syslog-ng.log"
	stop_last
else
	skip "syslog-ng takes it" "needs syslog-ng"
fi
rm -f "$bed/out/socket"

# One reads nothing, the other hangs up at once.
serve python3 tests/sinks/stuck.py 1520 keep
serve python3 tests/sinks/stuck.py 1521 close
serve python3 tests/sinks/stuck.py 1522 late "$bed/late" "$bed/go"
begin
sink stuck type=syslog to=tcp:127.0.0.1:1520
sink silent type=syslog to=tls:127.0.0.1:1520 "ca-file=$bed/ca.pem"
sink closed type=syslog to=tls:127.0.0.1:1521 "ca-file=$bed/ca.pem"
sink late type=syslog to=tcp:127.0.0.1:1522
sink gone type=file "path=$bed/none/alerts.jsonl"
sink log type=file "path=$bed/out/beside.jsonl"
for port in 1520 1521 1522; do until_it listens $port; done
long=$(head -c 200000 /dev/zero | tr '\0' x)
is_slow() {
	given "+stuck $long" "+late $long" '+silent x' '+closed x' '+gone x' '+sleep 500' '+log {"d":1}' &&
	    told 'log sent' 'stuck later: no answer within 10 s' 'late later: no answer within 10 s' \
		'silent later: no answer within 10 s' \
		"$(grep '^closed later: ' "$folder/out")" "$(grep '^gone later: ' "$folder/out")" &&
	    sed '/no answer/,$d' "$folder/out" | grep -q '^log sent'
}
ok "a server that reads nothing, or hangs up, is told and holds no other up" is_slow
# It will be sent again: the first must not come behind that.
comes_no_more() { : >"$bed/go" && until_it test -s "$bed/late" && [ "$(cat "$bed/late")" -lt 200000 ]; }
ok "what was given up does not arrive later all the same" comes_no_more

# ---- Web servers ----

serve_web
until_it listens 8080
printf 's3cret\n' >"$bed/token"
begin
for what in 400 429 503 302 slow garbage endless broken hanging; do sink "w$what" type=webhook "url=http://127.0.0.1:8080/$what"; done
sink plain type=webhook url=http://127.0.0.1:8080/ok "token-file=$bed/token" "header-file=X-Key: $bed/token"
sink down type=webhook url=http://127.0.0.1:8081/
printf 'http://127.0.0.1:8080/s3cret\n' >"$bed/url"
printf 'file:///s3cret\n' >"$bed/no-url"
printf 'http://u:s3cret@127.0.0.1/\n' >"$bed/user"
sink hidden type=webhook "url-file=$bed/url"
sink nowhere type=webhook "url-file=$bed/no-url"
sink user type=webhook "url-file=$bed/user"
sink untold type=webhook url=http://127.0.0.1:8080/ok "token-file=$bed/no-token"

posts() {
	given 'plain {"e":1}' && told 'plain sent' &&
	    [ "$(cat "$bed/web.log")" = '/ok|application/json|Bearer s3cret|s3cret|{"e":1}' ] &&
	    ! grep -r s3cret "$folder/out" "$folder/err"
}
ok "a webhook is posted to, with its secrets, which nobody repeats" posts

# The way to a chat is its secret.
posts_hidden() {
	given 'hidden {"e":2}' 'nowhere x' 'user x' && grep -q '^hidden sent$' "$folder/out" &&
	    grep -q '^/s3cret|.*|{"e":2}' "$bed/web.log" &&
	    grep -q "^nowhere later: cannot be used: $bed/no-url: not a URL of https:// or http://" "$folder/out" &&
	    grep -q "^user later: cannot be used: $bed/user: .*a user or a password" "$folder/out" &&
	    ! grep -r s3cret "$folder/out" "$folder/err"
}
ok "a URL that is a secret is read from a file" posts_hidden

answers() {
	given 'w400 x' 'w503 x' 'w302 x' 'wgarbage x' 'wendless x' 'down x' 'untold x' &&
	    grep -q '^w400 refused: 127.0.0.1: answered 400$' "$folder/out" &&
	    grep -q '^w503 later: 127.0.0.1: answered 503$' "$folder/out" &&
	    grep -q '^w302 later: .*answered 302.*not followed' "$folder/out" &&
	    grep -q '^wgarbage later: ' "$folder/out" && grep -q '^wendless sent$' "$folder/out" &&
	    grep -q '^down later: ' "$folder/out" && grep -q '^untold later: .*no-token: No such file' "$folder/out"
}
ok "what a web server answers decides: sent, later or never" answers
ok "... and a redirect is not followed" test "$(grep -c '^/ok' "$bed/web.log")" = 1

# Where more of the answer is waited for, what the server has would be sent again for a week.
has_status() { given 'wbroken x' 'whanging x' && told 'wbroken sent' 'whanging sent'; }
ok "who says that it has it has it, whatever becomes of the rest of the answer" has_status

pauses() {
	begun=$(date +%s)
	given 'w429 x' 'w429 x' && told 'w429 later: 127.0.0.1: answered 429' 'w429 later: 127.0.0.1: answered 429' &&
	    [ $(($(date +%s) - begun)) -ge 3 ]
}
ok "a sink that says Retry-After is left alone so long" pauses

is_slow_web() { given '+wslow x' '+plain {"e":2}' && [ "$(sed 1q "$folder/out")" = 'plain sent' ] && grep -q '^wslow later: ' "$folder/out"; }
ok "a web server that says nothing holds no other up" is_slow_web

if has nginx; then
	serve_nginx
	until_it listens 8444
	begin
	# The first has another authority than the rest: none may trust for another.
	sink good type=webhook url=https://good.test:8443/ok "ca-file=$bed/ca.pem"
	sink strange type=webhook url=https://good.test:8443/ok
	sink wrong type=webhook url=https://wrong.test:8443/ok "ca-file=$bed/ca.pem"
	sink self type=webhook url=https://good.test:8444/ok "ca-file=$bed/ca.pem"
	verifies() {
		: >"$bed/web.log"
		given 'good {"f":1}' 'strange x' 'wrong x' 'self x' 'good {"f":2}' &&
		    [ "$(grep -c '^good sent$' "$folder/out")" = 2 ] &&
		    [ "$(grep -c 'later: .*certificate' "$folder/out")" = 3 ] && [ "$(wc -l <"$bed/web.log")" = 2 ]
	}
	ok "nginx: by TLS to whom the certificate fits, and to nobody else" verifies
else
	skip "nginx" "needs nginx"
fi

if has prometheus-alertmanager; then
	serve_alertmanager
	until_it listens 9093
	begin
	sink am type=webhook format=alertmanager url=http://127.0.0.1:9093/api/v2/alerts
	alerts() {
		in_space python3 -c 'import json, urllib.request as u
print(len([a for a in json.load(u.urlopen("http://127.0.0.1:9093/api/v2/alerts")) if a["labels"]["alertname"] == "waxseal"]))'
	}
	takes_alerts() {
		given 'am [{"labels":{"alertname":"waxseal"},"annotations":{"summary":"x"}}]' 'am nonsense' &&
		    told 'am sent' 'am refused: 127.0.0.1: answered 400' && [ "$(alerts)" = 1 ]
	}
	ok "Alertmanager takes what is one, and refuses what is none" takes_alerts
else
	skip "Alertmanager" "needs prometheus-alertmanager"
fi

# ---- Programs ----

program take "cat >>$bed/out/taken" "printf '%s\n' \"\$@\" >$bed/out/words" "env >$bed/out/environment" "id -u >$bed/out/user"
program busy 'echo busy just now' 'exit 75'
program broken 'exit 3'
# One that is killed may be left as a zombie, where no init collects it.
is_dead() { ! grep '^State:' "/proc/$1/status" 2>/dev/null | grep -qv Z; }
program hang 'echo waits for nothing' "sleep 321 & echo \$! >$bed/out/hung" 'sleep 321'
program chatter 'exec yes'
begin
sink take type=exec "command=$bed/take a \$(id) ;"
sink busy type=exec "command=$bed/busy"
sink broken type=exec "command=$bed/broken"
sink none type=exec "command=$bed/none"
sink hang type=exec "command=$bed/hang"
sink chatter type=exec "command=$bed/chatter"

runs() {
	given 'take {"g":1}' && told 'take sent' && [ "$(cat "$bed/out/taken")" = '{"g":1}' ] &&
	    [ "$(cat "$bed/out/words")" = 'a
$(id)
;' ] && [ "$(cat "$bed/out/user")" != 0 ] && ! grep -v '^\(PATH\|PWD\|SHLVL\|_\|OLDPWD\)=' "$bed/out/environment"
}
ok "a program reads its alert, without a shell, an environment or root" runs

fails() {
	given 'busy x' 'broken x' 'none x' &&
	    told "busy later: $bed/busy: exit status 75: busy just now" "broken later: $bed/broken: exit status 3: it printed nothing" \
		"none later: $bed/none: exit status 127: cannot be executed: No such file or directory"
}
ok "a program that fails is told with its first line" fails

is_ended() {
	rm -f "$bed/out/taken"
	given '+hang x' '+chatter x' '+take {"g":2}' && [ "$(sed 1q "$folder/out")" = 'take sent' ] &&
	    [ "$(grep -c 'later: .*: not done within 10 s: ' "$folder/out")" = 2 ] &&
	    grep -q "hang later: $bed/hang: not done within 10 s: waits for nothing$" "$folder/out" && until_it is_dead "$(cat "$bed/out/hung")"
}
ok "a program that hangs or prints without end is told and killed, with what it started" is_ended

lost_in_flight() {
	rm -f "$bed/out/taken"
	printf '%s\n' '+hang x' '+sleep 500' '+kill runner' 'sleep 200' 'take {"g":3}' |
	    in_space "$O/tests/sinks/give" "$bed/config" >"$folder/out" 2>"$folder/err"
	grep -q '^hang lost: ' "$folder/out" && grep -q '^take sent' "$folder/out" &&
	    grep -q 'runner: was ended by signal 9' "$folder/err"
}
ok "what was under way when a process died is told as lost, and another one serves" lost_in_flight

program sendmail "printf '%s\n' \"\$@\" >$bed/out/arguments" "cat >$bed/out/mail"
begin
sink mail type=mail to=ops@example.com to=b@example.com from=waxseal@example.com "sendmail=$bed/sendmail"
mails() {
	given 'mail Subject: x' && told 'mail sent' && [ "$(tr '\n' ' ' <"$bed/out/arguments")" = \
	    '-i -f waxseal@example.com -- ops@example.com b@example.com ' ] && [ "$(cat "$bed/out/mail")" = 'Subject: x' ]
}
ok "mail goes to sendmail, recipients apart from options" mails

if has_postfix; then
	make_queue
	begin
	sink mail type=mail to=ops@example.com from=waxseal@example.com
	queues() {
		given 'mail Subject: queued by waxseal' && told 'mail sent' &&
		    grep -qa 'queued by waxseal' "$bed"/queue/maildrop/* && grep -qa 'ops@example.com' "$bed"/queue/maildrop/*
	}
	ok "Postfix's sendmail queues it" queues
else
	skip "Postfix's sendmail" "needs Postfix, with its postdrop set-group-ID"
fi

echo "1..$count"
