# The hosts of the range: three namespaces in a row, and the mail servers of the last one.
#
#	client --- middle --- server		c0|mc0 ... ms0|s0
#
# Clients are 192.0.2.0/24 and 2001:db8:1::/64, and of 198.18.0.0/16 one in each of many networks;
# servers are 198.51.100.0/24 and 2001:db8:2::/64.

client=wxc$$ middle=wxm$$ server=wxs$$

postfix=198.51.100.25		# Postfix, TLS 1.2 and 1.3
postfix6=2001:db8:2::25
exim=198.51.100.26		# Exim (GnuTLS), TLS, AUTH in clear allowed
opensmtpd=198.51.100.27		# OpenSMTPD, TLS
no_tls=198.51.100.28		# Postfix without TLS
greylist=198.51.100.29		# Postfix, every recipient 450
tls12=198.51.100.30		# Postfix, TLS 1.2 alone
obsolete=198.51.100.31		# Postfix, TLS 1.0 to 1.1 alone
expired=198.51.100.32		# Postfix, TLS 1.2, certificate expired
self_signed=198.51.100.33	# Postfix, TLS 1.2, certificate self-signed
postscreen=198.51.100.34	# Postfix behind postscreen's greeting in two lines
mutual=198.51.100.35		# Postfix, demands a client certificate
null_cipher=198.51.100.36	# Postfix, TLS 1.2 with NULL and anonymous suites alone
exim_plain=198.51.100.37	# Exim without TLS
scripted=198.51.100.40		# tests/range/talk -l
of_history="50 51 52 53 54 55 56 57 58 59 60 61 62"	# Postfix, one for each scenario of history.sh
everybody="25 26 27 28 29 30 31 32 33 34 35 36 37 40 $of_history"

in_client() { ip netns exec "$client" "$@"; }
in_middle() { ip netns exec "$middle" "$@"; }
in_server() { ip netns exec "$server" "$@"; }

hosts_network() {
	local n
	for n in $client $middle $server; do
		ip netns add "$n"
		ip -n "$n" link set lo up
	done
	ip -n "$client" link add c0 type veth peer name mc0 netns "$middle"
	ip -n "$server" link add s0 type veth peer name ms0 netns "$middle"
	for n in "$client c0" "$middle mc0" "$middle ms0" "$server s0"; do
		set -- $n
		ip netns exec "$1" sysctl -q -w net.ipv6.conf.all.accept_dad=0 \
		    net.ipv6.conf.default.accept_dad=0 "net.ipv6.conf.$2.accept_dad=0"
		ip -n "$1" link set "$2" up
		ip netns exec "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null 2>&1
	done
	for n in 7 8 9 10 11 12; do
		ip -n "$client" addr add 192.0.2.$n/24 dev c0
		ip -n "$client" addr add 2001:db8:1::$n/64 dev c0 nodad
	done
	for n in $(seq 0 149); do
		ip -n "$client" addr add 198.18.$n.10/32 dev c0
	done
	for n in $everybody; do
		ip -n "$server" addr add 198.51.100.$n/24 dev s0
	done
	ip -n "$server" addr add $postfix6/64 dev s0 nodad
	ip -n "$middle" addr add 192.0.2.1/24 dev mc0
	ip -n "$middle" addr add 2001:db8:1::1/64 dev mc0 nodad
	ip -n "$middle" addr add 198.51.100.1/24 dev ms0
	ip -n "$middle" addr add 2001:db8:2::1/64 dev ms0 nodad
	ip -n "$middle" route add 198.18.0.0/16 dev mc0
	ip -n "$client" route add default via 192.0.2.1
	ip -n "$client" -6 route add default via 2001:db8:1::1
	ip -n "$server" route add default via 198.51.100.1
	ip -n "$server" -6 route add default via 2001:db8:2::1
	in_middle sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
	    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
	    net.ipv4.conf.all.send_redirects=0
	# What the box answers for others goes to this machine itself.
	for n in -4 -6; do
		ip -n "$middle" $n rule add fwmark 1 lookup 100
		ip -n "$middle" $n route add local default dev lo table 100
	done
}

# A test CA, and certificates of mx.example.net issued or not issued by it.
hosts_certificates() {
	mkdir "$work/tls"
	cd "$work/tls"
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Range CA" \
	    -keyout ca.key -out ca.pem 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj "/CN=mx.example.net" -keyout mx.key -out mx.csr 2>/dev/null
	printf 'subjectAltName=DNS:mx.example.net\n' >san
	openssl x509 -req -in mx.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 \
	    -extfile san -out mx.pem 2>/dev/null
	cp mx.key self.key
	openssl req -x509 -key self.key -days 3650 -subj "/CN=mx.example.net" \
	    -addext subjectAltName=DNS:mx.example.net -out self.pem 2>/dev/null
	mkdir issued
	: >index.txt
	echo 'unique_subject = no' >index.txt.attr
	cat >ca.cnf <<-EOF
		[ca]
		default_ca = range
		[range]
		database = index.txt
		new_certs_dir = issued
		rand_serial = yes
		default_md = sha256
		policy = any
		[any]
		commonName = supplied
	EOF
	openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in mx.csr -extfile san -notext \
	    -startdate 20200101000000Z -enddate 20210101000000Z -out expired.pem 2>/dev/null
	cp mx.key expired.key
	chmod 644 ./*.key
	cd "$tree"
}

# A throw-away overlay over this machine, with what a package was found to bring.
hosts_overlay() {	# NAME
	local root=$work/$1
	mkdir -p "$root" "$work/$1.u" "$work/$1.w"
	[ ! -e "$build/$1.tar" ] ||
	    tar -C "$work/$1.u" --xattrs --xattrs-include='*' -xpf "$build/$1.tar"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$work/$1.u,workdir=$work/$1.w" "$root"
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
}

# Install a package into an overlay, once; what that brought is kept as an archive.
hosts_install() {	# NAME PACKAGE
	local kept=$build/$1.tar name=$1.new root=$work/$1.new
	[ ! -e "$kept" ] || return 0
	apt-cache policy "$2" | grep -q "Candidate: [0-9]" || apt-get update >"$work/$name.log" 2>&1
	echo "range: installing $2" >&2
	hosts_overlay "$name"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	echo "postfix postfix/main_mailer_type select No configuration" |
	    chroot "$root" debconf-set-selections
	chroot "$root" env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y --no-install-recommends "$2" >>"$work/$name.log" 2>&1 || {
		tail -5 "$work/$name.log" >&2
		echo "range: $2 cannot be installed" >&2
		return 1
	}
	tar -C "$work/$name.u" --xattrs --xattrs-include='*' -cpf "$kept.new" .
	umount "$root/dev" "$root/proc" "$root"
	mv "$kept.new" "$kept"
}

hosts_installed() {
	hosts_install postfix postfix
	hosts_install exim exim4-daemon-light
	hosts_install opensmtpd opensmtpd
}

# One of them as a root folder to run it in.
hosts_root() {	# NAME
	local root=$work/$1
	hosts_overlay "$1"
	mount -t tmpfs tmpfs "$root/tmp"
	mount -t tmpfs tmpfs "$root/run"
	mkdir -p "$root/etc/range"
	cp "$work"/tls/*.pem "$work"/tls/*.key "$root/etc/range/"
	# No name service: an answer at once that there is none.
	rm -f "$root/etc/resolv.conf"
	echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
	printf '127.0.0.1 localhost\n198.51.100.25 mx.example.net\n' >"$root/etc/hosts"
}

# One smtpd of Postfix, as a line of master.cf.
smtpd() {	# ADDRESS:PORT [OPTION=VALUE ...]
	printf '%s inet n - n - - smtpd\n' "$1"
	shift
	printf '  -o {%s}\n' "$@" "smtpd_delay_reject=no"
}

postfix_services() {
	local weak='tls_medium_cipherlist=ALL:@SECLEVEL=0' only12='smtpd_tls_protocols=TLSv1.2'
	local cert=/etc/range n
	for n in $of_history; do
		smtpd 198.51.100.$n:25 myhostname=n$n.example.net
	done
	smtpd $postfix:25
	smtpd "[$postfix6]:25"
	smtpd $postfix:587
	smtpd $postfix:465 smtpd_tls_wrappermode=yes
	smtpd $no_tls:25 smtpd_tls_security_level=none
	smtpd $greylist:25 'smtpd_recipient_restrictions=check_client_access static:{450 4.2.0 Greylisted, try again later}'
	smtpd $tls12:25 $only12 'smtpd_tls_exclude_ciphers=aNULL'
	smtpd $obsolete:25 'smtpd_tls_protocols=TLSv1, TLSv1.1' "$weak" 'smtpd_tls_exclude_ciphers=aNULL'
	smtpd $expired:25 $only12 smtpd_tls_exclude_ciphers=aNULL \
	    smtpd_tls_cert_file=$cert/expired.pem smtpd_tls_key_file=$cert/expired.key
	smtpd $self_signed:25 $only12 smtpd_tls_exclude_ciphers=aNULL \
	    smtpd_tls_cert_file=$cert/self.pem smtpd_tls_key_file=$cert/self.key
	smtpd $mutual:25 smtpd_tls_security_level=encrypt smtpd_tls_req_ccert=yes \
	    smtpd_tls_CAfile=$cert/ca.pem $only12 smtpd_tls_exclude_ciphers=aNULL
	smtpd $null_cipher:25 $only12 'tls_medium_cipherlist=eNULL:aNULL:@SECLEVEL=0'
	cat <<-EOF
		$postscreen:25 inet n - n - 1 postscreen
		smtpd pass - - n - - smtpd
		dnsblog unix - - n - 0 dnsblog
		tlsproxy unix - - n - 0 tlsproxy
	EOF
}

postfix_rest() {
	cat <<-EOF
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		smtp unix - - n - - smtp
		relay unix - - n - - smtp
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		postlog unix-dgram n - n - 1 postlogd
	EOF
}

postfix_common() {	# QUEUE LOG
	cat <<-EOF
		compatibility_level = 3.6
		queue_directory = $1
		data_directory = $1-data
		maillog_file = /var/log/$2
		mydomain = example.net
		mydestination =
		local_transport = discard:
		local_recipient_maps =
		alias_maps =
		mynetworks = 0.0.0.0/0, [::]/0
		smtpd_peername_lookup = no
		smtp_dns_support_level = disabled
		smtpd_recipient_restrictions = permit
		notify_classes =
		bounce_queue_lifetime = 0
	EOF
}

hosts_postfix() {
	local root=$work/postfix dir
	hosts_root postfix
	for dir in etc/postfix-send var/spool/send var/spool/send-data var/spool/mx var/spool/mx-data; do
		mkdir -p "$root/$dir"
		chroot "$root" cp -n /etc/postfix/dynamicmaps.cf /etc/postfix/postfix-files /etc/postfix-send/ 2>/dev/null || :
	done
	chroot "$root" chown postfix /var/spool/send-data /var/spool/mx-data
	{
		postfix_common /var/spool/mx mx.log
		cat <<-EOF
			myhostname = mx.example.net
			inet_interfaces = all
			default_transport = discard:
			smtpd_tls_security_level = may
			smtpd_tls_cert_file = /etc/range/mx.pem
			smtpd_tls_key_file = /etc/range/mx.key
			smtpd_tls_ask_ccert = no
			tls_eecdh_auto_curves = X25519 prime256v1
			smtpd_tls_session_cache_database =
			postscreen_greet_banner = mx.example.net ESMTP, one moment
			postscreen_greet_action = ignore
			postscreen_access_list =
			postscreen_cache_map =
			postscreen_greet_wait = 1s
			postscreen_upstream_proxy_protocol =
		EOF
	} >"$root/etc/postfix/main.cf"
	{ postfix_services; postfix_rest; } >"$root/etc/postfix/master.cf"
	{
		postfix_common /var/spool/send send.log
		cat <<-EOF
			myhostname = out.example.org
			mydomain = example.org
			inet_interfaces = 127.0.0.1
			default_transport = smtp:
			transport_maps = inline:{ $(postfix_transports) }
			smtp_bind_address = 192.0.2.7
			smtp_bind_address6 = 2001:db8:1::7
			smtp_tls_security_level = may
			smtp_tls_CAfile = /etc/range/ca.pem
			smtp_tls_session_cache_database =
			smtp_connection_cache_on_demand = no
			smtpd_delay_reject = no
			queue_run_delay = 300s
			maximal_backoff_time = 600s
			default_destination_concurrency_failed_cohort_limit = 0
			smtp_pix_workaround_threshold_time = 0
		EOF
	} >"$root/etc/postfix-send/main.cf"
	{
		smtpd 127.0.0.1:2500 smtpd_tls_security_level=none
		postfix_rest
		# Senders that differ by address, chosen by the recipient's domain.
		printf 'lmtp unix - - n - - lmtp\n'
	} >"$root/etc/postfix-send/master.cf"
	in_server chroot "$root" postfix start 2>"$work/postfix.err"
	in_client chroot "$root" postfix -c /etc/postfix-send start 2>"$work/postfix-send.err"
}

# Mail for NUMBER.example.net goes to server 198.51.100.NUMBER.
postfix_transports() {
	local n
	for n in $everybody; do
		printf '{ n%s.example.net = smtp:[198.51.100.%s] }, ' $n $n
	done
	printf '{ six.example.net = smtp:[%s] }' $postfix6
}

hosts_exim() {
	local root=$work/exim
	hosts_root exim
	exim_config $exim yes >"$root/etc/exim4/range.conf"
	exim_config $exim_plain no >"$root/etc/exim4/plain.conf"
	chroot "$root" chown root:root /etc/exim4/range.conf /etc/exim4/plain.conf
	for n in range plain; do
		# Its binary trusts one configuration file alone.
		mkdir -p "$work/exim-$n"
		cp "$root/etc/exim4/$n.conf" "$root/etc/exim4/exim4.conf"
		in_server chroot "$root" exim4 -bd -q1h -oP /run/exim-$n.pid
		sleep 0.3
	done
}

exim_config() {	# ADDRESS TLS
	cat <<-EOF
		primary_hostname = mail.example.com
		local_interfaces = $1
		daemon_smtp_ports = 25 : 587
		domainlist local_domains = *
		acl_smtp_rcpt = accept
		acl_smtp_data = accept
		host_lookup =
		rfc1413_query_timeout = 0s
		auth_advertise_hosts = *
		log_file_path = /tmp/exim-%s.log
		spool_directory = /var/spool/exim4
		smtp_enforce_sync = false
		chunking_advertise_hosts = *
	EOF
	if [ "$2" = yes ]; then
		cat <<-EOF
			tls_advertise_hosts = *
			tls_certificate = /etc/range/mx.pem
			tls_privatekey = /etc/range/mx.key
		EOF
	else
		echo "tls_advertise_hosts ="
	fi
	cat <<-EOF
		begin acl
		begin routers
		all:
		  driver = accept
		  transport = nowhere
		begin transports
		nowhere:
		  driver = appendfile
		  file = /dev/null
		  user = nobody
		begin retry
		* * F,1h,15m
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = yes
		  server_set_id = \$auth2
		login:
		  driver = plaintext
		  public_name = LOGIN
		  server_prompts = Username:: : Password::
		  server_condition = yes
		  server_set_id = \$auth1
	EOF
}

hosts_opensmtpd() {
	local root=$work/opensmtpd
	hosts_root opensmtpd
	chmod 600 "$root"/etc/range/*.key
	cat >"$root/etc/smtpd.conf" <<-EOF
		pki mx.example.net cert "/etc/range/mx.pem"
		pki mx.example.net key "/etc/range/mx.key"
		table catch { "@" = nobody }
		listen on $opensmtpd port 25 tls pki mx.example.net hostname mail.example.org
		listen on $opensmtpd port 587 tls pki mx.example.net hostname mail.example.org
		action "nowhere" mda "cat >/dev/null" virtual <catch>
		match from any for any action "nowhere"
	EOF
	in_server chroot "$root" smtpd >"$work/opensmtpd.err" 2>&1
}

# Wait until a port answers.
hosts_wait() {	# ADDRESS PORT
	local i
	for i in $(seq 1800); do
		in_server bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null && return
		sleep 0.1
	done
	echo "range: $1 port $2 does not answer" >&2
	exit 1
}

hosts_start() {
	hosts_installed
	hosts_network
	hosts_certificates
	hosts_postfix
	hosts_exim
	hosts_opensmtpd
	for a in $postfix $exim $exim_plain $opensmtpd $no_tls $tls12 $postscreen; do
		hosts_wait $a 25
	done
}
