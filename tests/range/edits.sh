# What taps and networks do to packets: edits of connections recorded for this.
#
# Three connections are recorded once: a TLS 1.3 delivery, a TLS 1.2 one, and one in clear where
# STARTTLS is not offered. Every edit states what its result must show.

edited_rows() {
	cat <<-'EOF'
		span-duplicates|tls13|dup|same
		span-duplicates-clear|clear|dup|same
		span-duplicates-vlan|tls13|dup-vlan=12|same
		retransmission-other-boundary|clear|again=250-mx,7|same
		retransmission-command|clear|again=MAIL FROM,4|same
		segments-of-one-byte|clear|chop=1|same
		segments-of-seven-bytes|tls12|chop=7|same
		out-of-order-reply|tls13|chop=40 swap=250-mx|same
		out-of-order-hello|tls13|chop=200 swap=\x16\x03\x01\x02|same
		lost-greeting|tls13|drop=220 mx|outcome=encrypted:offered=?:requested=y:accepted=y:version=TLSv1.3:complete=n
		lost-ehlo-reply|clear|drop=250-mx|outcome=plaintext:offered=-:requested=n:complete=n
		lost-ehlo-reply-tls|tls13|drop=250-mx|outcome=encrypted:offered=-:requested=y:accepted=y:version=TLSv1.3:complete=n
		lost-220|tls13|drop=220 2.0.0 Ready|outcome=encrypted partial:offered=y:requested=y:complete=n
		lost-client-hello|tls13|drop=\x16\x03\x01|outcome=encrypted partial:offered=y:requested=y:accepted=y:complete=?
		lost-mail-command|clear|drop=MAIL FROM|outcome=plaintext:offered=?:requested=?:complete=n:allow=starttls-missing
		lost-data-content|clear|drop=A test message|outcome=plaintext:offered=n:requested=?:complete=n:allow=starttls-missing
		one-sided-client|tls13|only=client|outcome=partial encrypted:offered=-:requested=y:complete=n
		one-sided-server|tls13|only=server|outcome=partial encrypted:offered=y:complete=n
		one-sided-client-clear|clear|only=client|outcome=partial plaintext:offered=-:complete=n
		one-sided-server-clear|clear|only=server|outcome=partial plaintext:complete=n:allow=starttls-missing
		starts-after-ehlo|clear|from=MAIL FROM|outcome=plaintext:offered=-:complete=n
		starts-in-tls|tls13|from=\x17\x03\x03|outcome=partial encrypted no-mail:offered=-:complete=n:absent=y
		starts-at-starttls|tls13|from=STARTTLS\r\n|outcome=encrypted partial:offered=-:requested=y:accepted=y:complete=n
		ends-after-ehlo-reply|tls13|until=250-mx|outcome=no-mail partial:offered=y:requested=?:complete=n
		ends-after-220|tls13|until=220 2.0.0 Ready|outcome=tls-failed partial:offered=y:requested=y:accepted=y:complete=n
		ends-after-client-hello|tls13|until=\x16\x03\x01|outcome=tls-failed partial:offered=y:requested=y:accepted=y:complete=n
		ends-in-envelope|clear|until=RCPT TO|outcome=partial no-mail:offered=?:requested=?:complete=n:allow=starttls-missing
		cut-by-snap-length|clear|snap=96|outcome=plaintext partial:offered=-:complete=n
		ip-fragments|clear|fragment=64|same
		carried-in-vlan|clear|vlan=12|same
		carried-in-qinq|tls13|qinq=100|same
		carried-in-mpls|clear|mpls=1000|same
		carried-in-pppoe|clear|pppoe=7|same
		carried-in-ipip|clear|ipip=0|same
		carried-in-ip6|clear|ip6=0|same
		carried-in-6in4|six|ipip=0|same
		carried-in-gre|clear|gre=0|same
		carried-in-gre-key|clear|gre-key=99|same
		carried-in-gretap|tls12|gretap=0|same
		carried-in-erspan|clear|erspan=5|same
		carried-in-vxlan|tls13|vxlan=42|same
		carried-in-geneve|clear|geneve=42|same
		carried-in-gtpu|clear|gtpu=77|same
		carried-in-vxlan-in-vlan|clear|vxlan=42 vlan=9|same
		cooked-link-type|clear|sll=0|same
		raw-link-type|clear|raw=0|same
	EOF
}

# The facts of a row that says more than "same".
edited_facts() {	# WORDS
	local outcome= offered='?' requested='?' accepted='?' version='?' complete='?' allow= part
	local IFS=:
	for part in $1; do
		case ${part%%=*} in
		outcome) outcome=${part#*=} ;;
		offered) offered=${part#*=} ;;
		requested) requested=${part#*=} ;;
		accepted) accepted=${part#*=} ;;
		version) version=${part#*=} ;;
		complete) complete=${part#*=} ;;
		allow) allow=${part#*=} ;;
		absent) may_be_absent=yes ;;
		esac
	done
	[ "$complete" != n ] || complete=false
	IFS=' '
	facts "${outcome// /|}" "$offered" "$requested" "$accepted" "$version" rcpt=? mail=? \
	    complete="$complete" allow="$allow"
	[ "$may_be_absent" = no ] || scenario_facts[-1]+=', "may_be_absent": true'
}

base_facts() {	# NAME
	case $1 in
	tls13) facts encrypted y y y TLSv1.3 ;;
	tls12) facts encrypted y y y TLSv1.2 allow=certificate-invalid ;;
	clear) facts plaintext n n - - rcpt=n28.example.net mail=1 expect=starttls-missing ;;
	six) facts encrypted y y y TLSv1.3 ;;
	esac
}

scenario_edits() {
	local base name ops says may_be_absent op
	mkdir -p "$work/base"
	for base in tls13:25 tls12:30 clear:28 six:six; do
		record mc0 "$work/base/${base%:*}.pcap"
		name=${base#*:}
		[ "$name" = six ] || name=n$name
		mail_to "$name.example.net"
		sleep 0.3
		kill "${pids[-1]}"
		wait "${pids[-1]}" 2>/dev/null || :
		unset 'pids[-1]'
	done
	while IFS='|' read -r name base ops says; do
		scenario_facts=()
		may_be_absent=no
		note "$base: ${ops//\\/\\\\}"
		local list=()
		edit_list "$ops"
		"$build/edit" "$work/base/$base.pcap" "$work/$name.pcap" "${list[@]}"
		if [ "$says" = same ]; then base_facts "$base"; else edited_facts "$says"; fi
		connections "$work/base/$base.pcap" >"$work/connections.base"
		scenario_connections=$work/connections.base
		keep "$name" "$work/$name.pcap"
	done < <(edited_rows | sed 's/^[[:space:]]*//')
	scenario_connections=
	scenario_kept=yes
}

# Words that hold blanks are kept together: an edit begins with a letter and has its '='.
edit_list() {
	local word
	for word in $1; do
		case $word in
		*=* | dup) list+=("$word") ;;
		*) list[-1]+=" $word" ;;
		esac
	done
}
