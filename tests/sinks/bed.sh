# For tests/sinks.t, alert_live.t and alert_killed.t, as root: a network namespace that nothing leaves, and in it the
# servers that alerts are sent to. To be read in like tap.sh, which it needs.

O=${O:-.build}
space=waxseal-sinks-$$
. tests/servers.sh
listens() { in_space ss -Hltnu | grep -q ":$1 "; }

mkdir -m 777 "$bed/out"
printf '127.0.0.1 localhost\n127.0.0.1 good.test wrong.test\n' >"$netns/hosts"
: >"$netns/resolv.conf"

# ---- Certificates ----

# certificate NAME DAYS: for good.test, by the authority
certificate() {
	key "$bed/$1.key"
	printf 'subjectAltName=DNS:good.test\n' >"$bed/ext"
	openssl req -new -key "$bed/$1.key" -subj "/CN=good.test" 2>/dev/null |
	    openssl x509 -req -days "$2" -extfile "$bed/ext" -CA "$bed/ca.pem" -CAkey "$bed/ca.key" \
		-CAcreateserial -out "$bed/$1.pem" 2>/dev/null
}
key "$bed/ca.key"
openssl req -x509 -new -key "$bed/ca.key" -days 30 -subj "/CN=sinks authority" -out "$bed/ca.pem" 2>/dev/null
certificate good 30
key "$bed/self.key"
openssl req -x509 -new -key "$bed/self.key" -days 30 -subj "/CN=good.test" \
    -addext subjectAltName=DNS:good.test -out "$bed/self.pem" 2>/dev/null

# ---- What is configured ----

# sink NAME SETTING...: into the configuration
sink() {
	printf '[sink %s]\n' "$1" >>"$bed/config"
	shift
	printf '%s\n' "$@" >>"$bed/config"
}
# every NAME SETTING...: likewise, of all that happens
every() { sink "$@" "severity = info" "rate = none"; }
# begin: a configuration anew
begin() { : >"$bed/config"; }

# program NAME LINE...: a script
program() {
	printf '#!/bin/sh\n' >"$bed/$1"
	name=$1
	shift
	printf '%s\n' "$@" >>"$bed/$name"
	chmod 755 "$bed/$name"
}

# ---- Servers ----

# The one that was served last.
stop_last() {
	last=${servers##* }
	kill -KILL "$last"
	wait "$last" 2>/dev/null
	servers=${servers% *}
}

# Each takes it by UDP, TCP, TLS and a socket, and writes how it parsed it. serve_... FIRST_PORT SOCKET FILE
serve_rsyslog() {
	cat >"$bed/rsyslog.conf" <<-EOF
		global(workDirectory="$bed" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="$bed/ca.pem"
		    defaultNetstreamDriverCertFile="$bed/good.pem" defaultNetstreamDriverKeyFile="$bed/good.key")
		module(load="imudp")
		module(load="imptcp")
		module(load="imtcp" streamDriver.mode="1" streamDriver.authMode="anon")
		module(load="imuxsock" sysSock.use="off")
		template(name="t" type="string"
		    string="%syslogfacility%.%syslogseverity%|%app-name%|%structured-data%|%msg:::drop-last-lf%\n")
		ruleset(name="r") { action(type="omfile" file="$3" template="t") }
		input(type="imudp" address="127.0.0.1" port="$1" ruleset="r")
		input(type="imptcp" address="127.0.0.1" port="$(($1 + 1))" ruleset="r")
		input(type="imtcp" address="127.0.0.1" port="$(($1 + 2))" ruleset="r")
		input(type="imuxsock" socket="$2" useSpecialParser="off" ruleset="r")
	EOF
	serve rsyslogd -n -f "$bed/rsyslog.conf" -i "$bed/rsyslog.pid"
}

# Debian lets it not in beside rsyslog.
has_syslog_ng() { has syslog-ng || has_unpacked syslog-ng syslog-ng; }
syslog_ng() {
	if has syslog-ng; then
		serve syslog-ng "$@"
	else
		serve_unpacked syslog-ng syslog-ng "--module-path=$(echo "$unpacked"/syslog-ng/usr/lib/syslog-ng/[0-9]*)" "$@"
	fi
}
serve_syslog_ng() {
	cat >"$bed/syslog-ng.conf" <<-EOF
		@version: current
		source s {
			syslog(ip(127.0.0.1) port($1) transport("udp"));
			syslog(ip(127.0.0.1) port($(($1 + 1))) transport("tcp"));
			syslog(ip(127.0.0.1) port($(($1 + 2))) transport("tls")
			    tls(key-file("$bed/good.key") cert-file("$bed/good.pem") peer-verify(optional-untrusted)));
			unix-dgram("$2" flags(syslog-protocol));
		};
		destination d {
			file("$3" template("\$FACILITY_NUM.\$LEVEL_NUM|\$PROGRAM|\$SDATA|\$MSG\n"));
		};
		log { source(s); destination(d); };
	EOF
	syslog_ng -F --no-caps -f "$bed/syslog-ng.conf" -R "$bed/persist" -c "$bed/ctl" -p "$bed/ng.pid"
}

# Port 8080 answers the status that its path is, and more; what it was told goes to web.log, a line a field and body.
serve_web() {
	serve python3 tests/sinks/web.py 8080 "$bed/web.log"
}

# By TLS before it: 8443 with a certificate for good.test, 8444 with one that nobody signed.
serve_nginx() {
	cat >"$bed/nginx.conf" <<-EOF
		daemon off; pid $bed/nginx.pid; error_log $bed/nginx.err; user root;
		events {}
		http {
			access_log off; client_body_temp_path $bed/b; proxy_temp_path $bed/p;
			fastcgi_temp_path $bed/f; uwsgi_temp_path $bed/u; scgi_temp_path $bed/s;
			server { listen 127.0.0.1:8443 ssl; ssl_certificate $bed/good.pem; ssl_certificate_key $bed/good.key;
				location / { proxy_pass http://127.0.0.1:8080; } }
			server { listen 127.0.0.1:8444 ssl; ssl_certificate $bed/self.pem; ssl_certificate_key $bed/self.key;
				location / { proxy_pass http://127.0.0.1:8080; } }
		}
	EOF
	serve nginx -c "$bed/nginx.conf"
}

serve_alertmanager() {
	printf 'route:\n  receiver: none\nreceivers:\n  - name: none\n' >"$bed/am.yml"
	serve prometheus-alertmanager --config.file="$bed/am.yml" --storage.path="$bed/am" \
	    --web.listen-address=127.0.0.1:9093 --cluster.listen-address=
}

# Postfix's own sendmail, whose postdrop is set-group-ID: into a queue of our own, in $bed/queue/maildrop.
has_postfix() { [ -g /usr/sbin/postdrop ] && has postconf; }
make_queue() {
	mkdir -p "$netns/postfix" "$bed/queue/maildrop" "$bed/queue/public" "$bed/queue/pid"
	printf '%s\n' 'compatibility_level = 3.6' "queue_directory = $bed/queue" "data_directory = $bed/data" \
	    'myhostname = tap1.example.com' >"$netns/postfix/main.cf"
	cp /etc/postfix/master.cf "$netns/postfix/" 2>/dev/null
	chown postfix:postdrop "$bed/queue/maildrop" "$bed/queue/public"
	chmod 1730 "$bed/queue/maildrop"
	chmod 2710 "$bed/queue/public"
}
