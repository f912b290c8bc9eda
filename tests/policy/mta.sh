# For tests/policy.t: Postfix and Exim as MX hosts, each with the certificate in a file that can be
# changed. To be read in behind bed.sh.
#
#   203.0.112.28 Postfix, 203.0.112.29 Exim

in_space ip addr add 203.0.112.28/32 dev lo
in_space ip addr add 203.0.112.29/32 dev lo

# present NAME KEY: that server's certificate is of that key from now on
present() {
	openssl req -x509 -new -key "$bed/keys/$2.key" -subj "/CN=mx.$1.sec.test" -days 20 \
	    -out "$bed/keys/$1.crt" 2>/dev/null
	cat "$bed/keys/$2.key" "$bed/keys/$1.crt" >"$bed/keys/$1.new"
	chmod 644 "$bed/keys/$1.new"
	mv "$bed/keys/$1.new" "$bed/keys/$1.mta"
}

has_postfix() { has postfix; }
begin_postfix() {
	mkdir -p "$bed/postfix/spool" "$bed/postfix/data"
	chown postfix "$bed/postfix/data"
	present postfix host
	cat >"$bed/postfix/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $bed/postfix/spool
		data_directory = $bed/postfix/data
		myhostname = mx.postfix.sec.test
		mydestination =
		inet_protocols = ipv4
		alias_maps =
		smtpd_peername_lookup = no
		smtpd_tls_chain_files = $bed/keys/postfix.mta
		smtpd_tls_security_level = may
	END
	# Each smtpd serves one client, so that another certificate is read for the next.
	cat >"$bed/postfix/master.cf" <<-END
		203.0.112.28:25 inet n - n - - smtpd
		  -o {max_use=1}
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		anvil unix - - n - 1 anvil
		proxymap unix - - n - - proxymap
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		postlog unix-dgram n - n - 1 postlogd
	END
	in_space postfix -c "$bed/postfix" start >>"$bed/log" 2>&1 || return 1
	servers="$servers $(tr -d ' ' <"$bed/postfix/spool/pid/master.pid")"
}

# Exim wants its user, which its package makes; where it was unpacked alone one is lent it here.
lend_user() {
	! getent passwd Debian-exim >/dev/null || return 0
	{ cat /etc/passwd; echo 'Debian-exim:x:65533:65533::/nonexistent:/usr/sbin/nologin'; } >"$netns/passwd"
	{ cat /etc/group; echo 'Debian-exim:x:65533:'; } >"$netns/group"
}
# Debian lets it not in beside Postfix.
has_exim() { has exim4 || has_unpacked exim exim4; }
exim() {
	if has exim4; then
		serve exim4 "$@"
	else
		serve_unpacked exim exim4 "$@"
	fi
}
begin_exim() {
	lend_user
	mkdir -p "$bed/exim"
	chmod 777 "$bed/exim"
	present exim host
	cat >"$bed/exim.conf" <<-END
		primary_hostname = mx.exim.sec.test
		local_interfaces = 203.0.112.29
		daemon_smtp_ports = 25
		host_lookup =
		log_file_path = $bed/exim/%slog
		pid_file_path = $bed/exim/pid
		spool_directory = $bed/exim
		tls_advertise_hosts = *
		tls_certificate = $bed/keys/exim.mta
		tls_privatekey = $bed/keys/exim.mta
	END
	chown root:root "$bed/exim.conf"
	chmod 644 "$bed/exim.conf"
	exim -C "$bed/exim.conf" -bdf
}
