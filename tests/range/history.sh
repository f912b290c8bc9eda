# What many sessions tell, and one of them does not. Each scenario has a server of its own and client
# networks of its own; when its sessions are to have been is a plan, by which the capture is changed
# afterwards. Played live they follow upon each other, and what takes time to be so is not expected.

# The server and the clients of scenario number N: its clients 1 to 9 are in a network each.
cast() {	# N
	cast_number=$1
	cast_name=n$((50 + $1)).example.net
	cast_server=198.51.100.$((50 + $1))
	if [ -n "${RANGE_UNPLANNED:-}" ]; then history_begin=$(date +%s); else history_begin=1772409600; fi
}

address_of() { echo "198.18.$((cast_number * 10 + $1)).10"; }
network_of() { echo "198.18.$((cast_number * 10 + $1)).0/24"; }

# The next connections begin at this time of the plan, a minute apart.
at() {	# DAY HOUR:MINUTE
	local hour=${2%:*} minute=${2#*:}
	history_now=$((history_begin + $1 * 86400 + 10#$hour * 3600 + 10#$minute * 60))
}

# As facts, of a connection of the plan. late=KINDS are expected too, where time is as planned.
session() {	# OUTCOME OFFERED REQUESTED ACCEPTED VERSION [KEY=VALUE ...]
	local word late= expect= rest=()
	for word in "${@:6}"; do
		case $word in
		late=*) late=${word#late=} ;;
		expect=*) expect=${word#expect=} ;;
		*) rest+=("$word") ;;
		esac
	done
	[ -n "${RANGE_UNPLANNED:-}" ] || expect="$expect $late"
	facts "${@:1:5}" "expect=$expect" "${rest[@]}"
	scenario_plan+=("$history_now")
	history_now=$((history_now + 60))
}

# Live a session that went to TLS is told ten seconds after its end, and counts for those told later alone.
settle() { [ -z "${RANGE_UNPLANNED:-}" ] || sleep 12; }

# A client that uses STARTTLS where it is offered, and sends in clear where it is not.
send() {	# CLIENT [ARGUMENT ...]
	local from
	from=$(address_of "$1")
	in_client timeout 20 swaks --server "$cast_server" --local-interface "$from" --helo "c$1.example.org" \
	    --from alice@example.org --to "bob@$cast_name" --timeout 8 \
	    --data 'Subject: range\n\nA test.\n' "${@:2}" >>"$work/swaks.log" 2>&1 || :
}

encrypted() {	# CLIENT ...
	local n
	for n; do
		send "$n" --tls-optional
		session encrypted y y y TLSv1.3
	done
}

# The same, where it is not offered.
in_clear() {	# KEY=VALUE CLIENT ...
	local n
	for n in "${@:2}"; do
		send "$n" --tls-optional
		session plaintext n n - - rcpt=$cast_name mail=1 "$1"
	done
}

# A week in which clients get STARTTLS, once a day each.
clean_week() {	# CLIENT ...
	local day
	for day in 0 1 2 3 4 5 6; do
		at $day 09:00
		encrypted "$@"
	done
	settle
}

cut_for() {	# [CLIENT]
	box_clients=
	[ $# = 0 ] || box_clients="ip saddr $(address_of "$1")"
	box cut STARTTLS
}

scenario_history_one_client() {
	note "after a clean week one client is stripped, and others are not"
	cast 0
	clean_week 1 2 3
	cut_for 1
	at 7 09:00
	encrypted 2 3
	in_clear expect=starttls-stripped 1 1
	encrypted 2
	in_clear expect=starttls-stripped 1
	encrypted 3
	in_clear expect=starttls-stripped 1
	incident starttls-stripped critical probable net=$(network_of 1) sessions=4
}

scenario_history_all_clients() {
	note "after a clean week all clients are stripped for two hours, and then no more"
	cast 1
	clean_week 1 2 3
	cut_for
	at 7 10:00
	in_clear late=starttls-stripped 1 2 3
	at 7 11:00
	in_clear late=starttls-stripped 1 2 3
	unbox
	at 7 11:50
	encrypted 1 2 3
	incident starttls-stripped warning possible sessions=2 count=3
}

scenario_history_switched_off() {
	note "the operator switches STARTTLS off for all of many networks, and it stays off"
	local day all
	cast 2
	# Beyond the networks of all others.
	all=$(seq -s " " 110 121)
	for day in 0 1 2; do
		at $day 09:00
		encrypted $all
	done
	postfix_set $cast_server:25/inet/smtpd_tls_security_level=none
	at 3 09:00
	in_clear allow=starttls-missing $all
	at 4 09:00
	in_clear allow=starttls-missing 110 115 120
	postfix_set $cast_server:25/inet/smtpd_tls_security_level=may
	# Who comes later is told nothing new.
	incident starttls-missing notice possible
}

# As the operator does it: a parameter of one service.
postfix_set() {	# SERVICE/TYPE/PARAMETER=VALUE
	in_server chroot "$work/postfix" postconf -P "$1"
	in_server chroot "$work/postfix" postfix reload 2>>"$work/postfix.err"
	# What still runs answers one more connection.
	sleep 2
}

scenario_history_two_nodes() {
	note "two machines behind one address, of which one lacks STARTTLS"
	local day
	cast 3
	in_server nft -f - <<-END
		table ip farm {
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr $cast_server tcp dport 25 dnat to numgen inc mod 2 map { 0 : $cast_server, 1 : $no_tls }
			}
		}
	END
	for day in 0 1 2 3 4 5; do
		at $day 09:00
		encrypted 1
		in_clear allow=starttls-missing 2
		encrypted 3
		in_clear allow=starttls-missing 1
		encrypted 2
		in_clear allow=starttls-missing 3
	done
	in_server nft delete table ip farm
	incident starttls-missing info possible count=3 says=machine
}

# A message through the sending Postfix that stays in its queue while it is deferred: the first try,
# and after SECONDS the next.
mail_twice() {	# DOMAIN SECONDS
	local log=$work/postfix/var/log/send.log before n
	before=$(grep -c 'status=' "$log" || :)
	in_client swaks --server 127.0.0.1 --port 2500 --helo user.example.org --from alice@example.org \
	    --to "bob@$1" --data 'Subject: range\n\nA test message.\n' >>"$work/swaks.log" 2>&1
	for n in 1 2; do
		wait_status $((before + n))
		[ $n = 2 ] || sleep "$2"
		[ $n = 2 ] || settle
		in_client chroot "$work/postfix" postqueue -c /etc/postfix-send -f
	done
}

wait_status() {	# COUNT
	local i
	for i in $(seq 100); do
		[ "$(grep -c 'status=' "$work/postfix/var/log/send.log")" -ge "$1" ] && return
		sleep 0.1
	done
}

sender_set() {	# PARAMETER=VALUE
	in_client chroot "$work/postfix" postconf -c /etc/postfix-send -e "$1"
	in_client chroot "$work/postfix" postfix -c /etc/postfix-send reload 2>>"$work/postfix-send.err"
	sleep 1
}

scenario_history_fallback() {
	note "the handshakes of a Postfix are reset; its second try, after six minutes, ends in clear"
	local day
	cast 4
	for day in 0 1 2 3 4; do
		at $day 09:00
		mail_to $cast_name
		session encrypted y y y TLSv1.3
	done
	settle
	sender_set minimal_backoff_time=2s
	box hello rst
	at 5 09:00
	mail_twice $cast_name 3
	session tls-failed y y y - complete=? expect=tls-handshake-failed
	history_now=$((history_now + 300))
	session tls-failed y y y - complete=? expect=tls-handshake-failed
	session plaintext y n - - rcpt=$cast_name mail=1 expect=plaintext-fallback allow=starttls-unused
	sender_set minimal_backoff_time=300s
	incident plaintext-fallback warning probable
	incident starttls-unused warning possible may=y
}

scenario_history_from_the_first() {
	note "a client is stripped from the very first session on; that the server has STARTTLS others show later"
	cast 5
	cut_for 1
	at 0 09:00
	in_clear late=starttls-stripped 1 1 1
	at 0 09:20
	encrypted 2 3 2 3
	settle
	in_clear expect=starttls-stripped 1
	encrypted 2
	in_clear expect=starttls-stripped 1
	incident starttls-stripped warning possible net=$(network_of 1) sessions=2
}

# A CA that is as old as the plan.
issuer() {
	(
		cd "$work/tls"
		openssl req -newkey rsa:2048 -nodes -subj "/CN=Old Range CA" -keyout issuer.key -out issuer.csr 2>/dev/null
		printf 'basicConstraints=critical,CA:TRUE\n' >issuer.ext
		openssl ca -batch -config ca.cnf -selfsign -keyfile issuer.key -in issuer.csr -extfile issuer.ext \
		    -notext -startdate 20200101000000Z -enddate 20400101000000Z -out issuer.pem 2>/dev/null
	)
}

# A key, and a certificate of that CA for it.
issue() {	# NAME FROM-DAY TO-DAY
	local dir=$work/tls form=+%Y%m%d000000Z
	(
		cd "$dir"
		openssl req -newkey rsa:2048 -nodes -subj "/CN=$cast_name" -keyout "$1.key" -out "$1.csr" 2>/dev/null
		printf 'subjectAltName=DNS:%s\n' $cast_name >"$1.san"
		openssl ca -batch -config ca.cnf -cert issuer.pem -keyfile issuer.key -in "$1.csr" -extfile "$1.san" -notext \
		    -startdate "$(date -u -d "@$((history_begin + $2 * 86400))" $form)" \
		    -enddate "$(date -u -d "@$((history_begin + $3 * 86400))" $form)" -out "$1.pem" 2>/dev/null
	)
	chmod 644 "$dir/$1.key"
	cp "$dir/$1.pem" "$dir/$1.key" "$work/postfix/etc/range/"
}

use_certificate() {	# NAME
	in_server chroot "$work/postfix" postconf -P "$cast_server:25/inet/smtpd_tls_cert_file=/etc/range/$1.pem" \
	    "$cast_server:25/inet/smtpd_tls_key_file=/etc/range/$1.key"
	postfix_set $cast_server:25/inet/smtpd_tls_protocols=TLSv1.2
}

with_certificate() {	# KEY=VALUE CLIENT ...
	local n
	for n in "${@:2}"; do
		send "$n" --tls-optional
		session encrypted y y y TLSv1.2 "$1"
	done
}

scenario_history_certificate() {
	note "a certificate is renewed ten days before its end; later one client gets another, self-signed"
	local day
	cast 6
	issuer
	issue old -60 30
	issue new 20 110
	cp "$work/tls/issuer.pem" "$captures/history-certificate.ca"
	options '--ca-file $captures/history-certificate.ca'
	use_certificate old
	for day in 0 5 10 15; do
		at $day 09:00
		with_certificate allow=certificate-invalid 1 2
	done
	use_certificate new
	for day in 21 22 23; do
		at $day 09:00
		with_certificate allow=certificate-invalid 1 2
	done
	settle
	in_server nft -f - <<-END
		table ip farm {
			chain pre {
				type nat hook prerouting priority dstnat;
				ip saddr $(address_of 1) ip daddr $cast_server tcp dport 25 dnat to $self_signed
			}
		}
	END
	at 24 09:00
	send 1 --tls-optional
	session encrypted y y y TLSv1.2 expect=certificate-changed allow=certificate-invalid
	with_certificate allow=certificate-invalid 2
	in_server nft delete table ip farm
	incident certificate-changed warning probable net=$(network_of 1)
}

scenario_history_rate_limit() {
	note "a client that comes too often gets 454 from Postfix's own limit, and comes back later"
	local day i
	cast 7
	for day in 0 1 2 3; do
		at $day 09:00
		encrypted 1 2
	done
	in_server chroot "$work/postfix" postconf -P "$cast_server:25/inet/smtpd_client_event_limit_exceptions="
	postfix_set $cast_server:25/inet/smtpd_client_new_tls_session_rate_limit=2
	at 4 09:00
	# It looks at how many there were before, so one more than the limit passes.
	encrypted 1 1 1
	for i in 1 2 3 4 5; do
		send 1 --tls
		session no-mail y y n - expect=starttls-refused
		history_now=$((history_now - 57))
	done
	postfix_set $cast_server:25/inet/smtpd_client_new_tls_session_rate_limit=0
	at 4 09:30
	encrypted 1 2
	incident starttls-refused notice possible net=$(network_of 1) sessions=5
}

scenario_history_pix() {
	note "a masked banner makes a Postfix that spoke EHLO and used STARTTLS say HELO"
	local day
	cast 8
	for day in 0 1 2 3 4; do
		at $day 09:00
		mail_to $cast_name
		session encrypted y y y TLSv1.3
	done
	settle
	box mask-greeting
	at 5 09:00
	mail_to $cast_name
	session plaintext - n - - rcpt=$cast_name mail=1 expect='banner-masked ehlo-suppressed'
	at 5 15:00
	mail_to $cast_name
	session plaintext - n - - rcpt=$cast_name mail=1 expect='banner-masked ehlo-suppressed'
	incident ehlo-suppressed warning possible sessions=2
}

scenario_history_night() {
	note "after a clean week all are stripped, but only at night"
	local day
	cast 9
	clean_week 1 2 3
	for day in 7 8 9; do
		cut_for
		at $day 02:00
		# Within minutes it may as well be machines that differ.
		in_clear late=starttls-stripped 1 2
		unbox
		at $day 02:40
		encrypted 1 2
		at $day 09:00
		encrypted 3
	done
	incident starttls-stripped warning possible net=$(network_of 1) sessions=3
	incident starttls-stripped warning possible net=$(network_of 2) sessions=3
}

scenario_history_poisoned() {
	note "for a week a stranger shows sessions without STARTTLS every day, then a client is stripped"
	local day
	cast 10
	for day in 0 1 2 3 4 5 6; do
		at $day 09:00
		encrypted 1 2 3
		cut_for 9
		in_clear 'allow=starttls-missing starttls-stripped' 9 9 9 9
		unbox
		[ $day != 0 ] || settle
	done
	settle
	cut_for 1
	at 7 09:00
	encrypted 2 3
	in_clear expect=starttls-stripped 1
	encrypted 2
	in_clear expect=starttls-stripped 1
	encrypted 3
	incident starttls-stripped critical probable net=$(network_of 1) sessions=2
	incident starttls-stripped warning possible net=$(network_of 9) may=y
}

scenario_history_stops_using() {
	note "a client that used STARTTLS stops doing so: it was taken away between client and tap, or it changed"
	local day i
	cast 11
	for day in 0 1 2 3 4; do
		at $day 09:00
		encrypted 1 2
	done
	settle
	tap ms0
	cut_for 1
	at 5 09:00
	for i in 1 2 3; do
		send 1 --tls-optional
		session plaintext y n - - rcpt=$cast_name mail=1 expect=starttls-unused
		encrypted 2
	done
	incident starttls-unused warning possible net=$(network_of 1) sessions=3
}

scenario_history_restart() {
	note "the clean week is of an earlier run of waxseal, the stripped client of a later one"
	cast 12
	clean_week 1 2 3
	scenario_split=$((${#scenario_plan[@]} + 1))
	cut_for 1
	at 7 09:00
	in_clear expect=starttls-stripped 1
	encrypted 2
	in_clear expect=starttls-stripped 1 1
	encrypted 3
	incident starttls-stripped critical probable net=$(network_of 1) sessions=3
}
