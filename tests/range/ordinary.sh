# Ordinary things, which must not alarm.

hello='line=EHLO client.example.org'
from='line=MAIL FROM:<alice@example.org>'
rcpt='line=RCPT TO:<bob@example.net>'

scenario_ordinary_delivery() {
	note "STARTTLS offered and used: Postfix to Postfix, Exim and OpenSMTPD, IPv4 and IPv6"
	mail_to n25.example.net
	facts encrypted y y y TLSv1.3
	mail_to n26.example.net
	facts encrypted y y y TLSv1.3
	mail_to n27.example.net
	facts tls-failed y y y TLSv1.3 expect=tls-handshake-failed \
	    note="this OpenSMTPD gives up behind its own first flight: ordinary, but told"
	mail_to six.example.net
	facts encrypted y y y TLSv1.3
	mail_to n30.example.net
	facts encrypted y y y TLSv1.2 allow=certificate-invalid \
	    note="TLS 1.2, certificate of a CA that the reader may not know"
}

scenario_bots_never_upgrade() {
	note "programs that never upgrade: one says HELO, one pipelines, one leaves after the greeting"
	talk $postfix 25 wait 'line=HELO bot.example.com' wait "$from" wait "$rcpt" wait line=DATA wait \
	    'send=Buy now\r\n.\r\n' wait line=QUIT drain
	facts plaintext - n - - rcpt=example.net mail=1
	talk $postfix 25 wait "$hello" wait \
	    'send=MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<c@EXAMPLE.com>\r\nDATA\r\n' \
	    wait wait wait wait 'send=Buy now\r\n.\r\nQUIT\r\n' drain
	facts plaintext y n - - rcpt='example.net example.com' mail=1 allow=starttls-unused
	talk $postfix 25 wait
	facts no-mail - n - -
	talk $postfix 25 wait "$hello" wait rst
	facts no-mail y n - - complete=?
}

scenario_rate_limit_454() {
	note "454 under a rate limit, of the server itself; the client leaves and comes back"
	local limited='send=454 4.7.0 Error: too many new TLS sessions from 192.0.2.9\r\n'
	serve 'send=220 mx.example.net ESMTP\r\n' wait='\r\n' \
	    'send=250-mx.example.net\r\n250 STARTTLS\r\n' wait='\r\n' "$limited" wait='\r\n' \
	    'send=221 2.0.0 Bye\r\n' fin drain
	talk $scripted 25 wait "$hello" wait line=STARTTLS wait line=QUIT drain
	facts no-mail y y n - expect=starttls-refused
	tls_to $postfix
	facts encrypted y y y TLSv1.3
}

scenario_rate_limit_421() {
	note "421 in place of a greeting, and in place of the EHLO reply"
	serve 'send=421 4.7.0 mx.example.net Error: too many connections\r\n' fin drain
	talk $scripted 25 wait fin drain
	facts no-mail - n - -
	serve 'send=220 mx.example.net ESMTP\r\n' wait='\r\n' \
	    'send=421 4.7.0 mx.example.net Service not available\r\n' fin drain
	talk $scripted 25 wait "$hello" wait fin drain
	facts no-mail - n - -
}

scenario_greylisting() {
	note "450 to every recipient in clear, then in TLS"
	swaks_to $greylist
	facts '?' y n - - rcpt=example.net mail=1 allow=starttls-unused
	mail_to n29.example.net
	facts encrypted y y y TLSv1.3
}

scenario_greeting_in_two_lines() {
	note "postscreen's greeting: 220- first, the rest a second later"
	mail_to n34.example.net
	facts encrypted y y y TLSv1.3
}

scenario_multiline_220() {
	note "the 220 to STARTTLS has three lines, then TLS"
	box reply '220 2.0.0 Ready to start TLS\r\n' '220-2.0.0 Ready\r\n220-2.0.0 to start\r\n220 2.0.0 TLS\r\n'
	mail_to n25.example.net
	facts encrypted y y y TLSv1.3
}

scenario_keyword_forms() {
	note "all of these offer STARTTLS: lower case, mixed case, trailing blanks, bare LF, last line, one byte a segment"
	local ehlo n=0
	for ehlo in '250-mx.example.net\r\n250-starttls\r\n250 HELP\r\n' \
	    '250-mx.example.net\r\n250-StartTLS\r\n250 HELP\r\n' \
	    '250-mx.example.net\r\n250-STARTTLS  \r\n250 HELP\r\n' \
	    '250-mx.example.net\n250-STARTTLS\n250 HELP\n' \
	    '250-mx.example.net\r\n250-HELP\r\n250 STARTTLS\r\n'; do
		serve 'send=220 mx.example.net ESMTP\r\n' wait='\r\n' "send=$ehlo" wait='\r\n' \
		    'send=221 2.0.0 Bye\r\n' fin drain
		talk $scripted 25 wait "$hello" wait line=QUIT drain
		facts no-mail y n - -
	done
	serve 'send=220 mx.example.net ESMTP\r\n' wait='\r\n' 'send=2' sleep=10 'send=50-mx\r' sleep=10 \
	    'send=\n250-ST' sleep=10 'send=ARTT' sleep=10 'send=LS\r' sleep=10 'send=\n250' sleep=10 \
	    'send= HELP\r\n' wait='\r\n' 'send=221 2.0.0 Bye\r\n' fin drain
	talk $scripted 25 wait 'send=EH' sleep=10 'send=LO client.exam' sleep=10 'send=ple.org\r' \
	    sleep=10 'send=\n' wait line=QUIT drain
	facts no-mail y n - -
}

scenario_body_quotes_smtp() {
	note "a message that holds lines of SMTP, stuffed dots and the first bytes of a ClientHello"
	printf '%s\r\n' 'Subject: how STARTTLS works' '' 'STARTTLS' '220 2.0.0 Ready to start TLS' \
	    'EHLO mallory.example.com' '250-XXXXXXXA' '250 XXXXXXXX' '..' '..QUIT' 'RCPT TO:<x@example.com>' \
	    'MAIL FROM:<y@example.com> REQUIRETLS' 'AUTH PLAIN AGNhcm9sAG5vdC1hLXNlY3JldA==' \
	    '454 4.7.0 TLS not available due to temporary reason' >"$work/body"
	printf '\026\003\001\002\000\001\000\001\374\003\003\r\n.\r\n' >>"$work/body"
	talk $postfix 25 wait "$hello" wait "$from" wait "$rcpt" wait line=DATA wait "body=$work/body" \
	    wait line=QUIT drain
	facts plaintext y n - - rcpt=example.net mail=1 expect=starttls-unused
}

scenario_bdat_binary() {
	note "BDAT in two chunks with binary content, a lone dot, and lines of SMTP"
	printf 'STARTTLS\r\n.\r\nQUIT\r\n\000\377\026\003\001\002\000XXXXXXXX\r\nRCPT TO:<x@example.com>\r\n' >"$work/body"
	local n
	n=$(wc -c <"$work/body")
	talk $exim 25 wait "$hello" wait "$from" wait "$rcpt" wait "line=BDAT $n" "body=$work/body" wait \
	    "line=BDAT $n LAST" "body=$work/body" wait line=QUIT drain
	facts plaintext y n - - rcpt=example.net mail=1 expect=starttls-unused
}

scenario_two_transactions() {
	note "two messages and a RSET in one session without TLS; domains are listed once"
	talk $no_tls 25 wait "$hello" wait "$from" wait "$rcpt" wait line=RSET wait "$from" wait "$rcpt" \
	    wait 'line=RCPT TO:<carol@Mail.Example.COM>' wait line=DATA wait 'send=one\r\n.\r\n' wait \
	    "$from" wait 'line=RCPT TO:<dave@example.net>' wait line=DATA wait 'send=two\r\n.\r\n' wait \
	    line=QUIT drain
	facts plaintext n n - - rcpt='example.net mail.example.com' mail=3 expect=starttls-missing
}

scenario_quit_at_any_point() {
	note "QUIT after the greeting, after EHLO, after MAIL, after RCPT, after STARTTLS was refused, in TLS"
	talk $postfix 25 wait line=QUIT drain
	facts no-mail - n - -
	talk $postfix 25 wait "$hello" wait line=QUIT drain
	facts no-mail y n - -
	talk $postfix 25 wait "$hello" wait "$from" wait line=QUIT drain
	facts plaintext y n - - mail=1 allow=starttls-unused
	talk $postfix 25 wait "$hello" wait "$from" wait "$rcpt" wait line=QUIT drain
	facts plaintext y n - - rcpt=example.net mail=1 allow=starttls-unused
	tls_to $postfix
	facts encrypted y y y TLSv1.3
}

scenario_ends_at_any_point() {
	note "the client closes after the greeting, after EHLO, after the 220 to STARTTLS"
	talk $postfix 25 wait fin drain
	facts no-mail - n - -
	talk $postfix 25 wait "$hello" wait fin drain
	facts no-mail y n - -
	talk $postfix 25 wait "$hello" wait line=STARTTLS wait fin drain
	facts tls-failed y y y - allow=tls-handshake-failed
}

scenario_keep_alives() {
	note "keep-alive probes, some with a byte already acknowledged"
	talk $postfix 25 keepalive=1 wait "$hello" wait sleep=2500 line=QUIT drain
	facts no-mail y n - -
}

scenario_same_ports_again() {
	note "the same client port is used for three connections in a row"
	talk $postfix 25 bind=192.0.2.9/40100 wait "$hello" wait line=QUIT drain rst again wait line=QUIT drain rst \
	    again wait "$hello" wait "$from" wait "$rcpt" wait line=QUIT drain rst
	facts no-mail y n - - complete=?
	facts no-mail - n - - complete=?
	facts plaintext y n - - rcpt=example.net mail=1 complete=? allow=starttls-unused
}

scenario_submission() {
	note "submission with STARTTLS, and submissions (TLS from the first byte)"
	swaks_to $postfix --port 587 --tls
	facts encrypted y y y TLSv1.3
	swaks_to $postfix --port 465 --tls-on-connect
	facts encrypted '?' '?' '?' TLSv1.3
}

scenario_lmtp() {
	note "LMTP on a host of its own: LHLO, two recipients, a reply for each"
	options '--service lmtp:24'
	serve PORT=24 'send=220 store.example.net LMTP\r\n' wait='\r\n' \
	    'send=250-store.example.net\r\n250-8BITMIME\r\n250 PIPELINING\r\n' \
	    wait='\r\n' 'send=250 2.1.0 Ok\r\n' wait='\r\n' 'send=250 2.1.5 Ok\r\n' wait='\r\n' \
	    'send=250 2.1.5 Ok\r\n' wait='\r\n' 'send=354 go on\r\n' wait='\r\n.\r\n' \
	    'send=250 2.0.0 one\r\n250 2.0.0 two\r\n' wait='\r\n' 'send=221 2.0.0 Bye\r\n' fin drain
	talk $scripted 24 wait 'line=LHLO client.example.org' wait "$from" wait "$rcpt" wait \
	    'line=RCPT TO:<carol@example.com>' wait line=DATA wait 'send=Hello\r\n.\r\n' wait wait \
	    line=QUIT drain
	facts plaintext n n - - rcpt='example.net example.com' mail=1 expect=starttls-missing
}

scenario_sentinel_with_old_client() {
	note "a client that knows TLS 1.2 alone: a 1.3 server's random carries the sentinel, lawfully"
	tls_to $postfix -tls1_2 -CAfile "$work/tls/ca.pem"
	facts encrypted y y y TLSv1.2 allow=certificate-invalid
}

scenario_large_client_hello() {
	note "a ClientHello larger than a segment: many groups, protocols and suites"
	local alpn= n
	for n in $(seq 120); do
		alpn+=",protocol-number-$n"
	done
	tls_to $postfix -alpn "${alpn#,}"
	facts encrypted y y y TLSv1.3
}

scenario_small_segments() {
	note "a path with tiny segments: every record and reply is split"
	ip -n "$client" route change default via 192.0.2.1 advmss 88
	mail_to n25.example.net
	ip -n "$client" route change default via 192.0.2.1
	facts encrypted y y y TLSv1.3
}

scenario_offload() {
	note "segments above the MTU, as an interface with offload shows them"
	local n
	for n in "$client c0" "$middle mc0"; do
		ip netns exec ${n% *} ethtool -K ${n#* } tx on rx on tso on gso on gro on >/dev/null 2>&1 || :
	done
	# Recorded anew: a capture opened before has room for the MTU alone.
	tap offload
	record mc0 "$work/offload.pcap"
	head -c 9030 /dev/zero | tr '\0' a | fold -w 70 | sed 's/$/\r/' >"$work/body"
	printf "\r\n.\r\n" >>"$work/body"
	talk $no_tls 25 wait "$hello" wait "$from" wait "$rcpt" wait line=DATA wait "body=$work/body" wait \
	    line=QUIT drain
	facts plaintext n n - - rcpt=example.net mail=1 expect=starttls-missing
	for n in "$client c0" "$middle mc0"; do
		ip netns exec ${n% *} ethtool -K ${n#* } tx off rx off tso off gso off gro off >/dev/null 2>&1 || :
	done
}

scenario_masked_other_lines() {
	note "Cisco's inspection before a server without TLS: what is masked is VRFY, SMTPUTF8 and CHUNKING"
	box cisco
	mail_to n28.example.net
	facts plaintext n n - - rcpt=n28.example.net mail=1 expect=starttls-missing allow=banner-masked
}

scenario_masked_beside_starttls() {
	note "one line is masked, STARTTLS passes and is used"
	box reply 250-VRFY 250-XXXA
	mail_to n25.example.net
	facts encrypted y y y TLSv1.3 allow=banner-masked
}

scenario_resumed_session() {
	note "TLS 1.2, then the same session resumed: no certificate the second time"
	tls_to $tls12 -tls1_2 -sess_out "$work/session" -CAfile "$work/tls/ca.pem"
	facts encrypted y y y TLSv1.2 allow=certificate-invalid
	tls_to $tls12 -tls1_2 -sess_in "$work/session" -CAfile "$work/tls/ca.pem"
	facts encrypted y y y TLSv1.2 allow=certificate-invalid
}

scenario_hello_retry() {
	note "TLS 1.3 with HelloRetryRequest: the client's first share is of a group the server lacks"
	tls_to $postfix -tls1_3 -groups X448:P-256:X25519
	facts encrypted y y y TLSv1.3
}
