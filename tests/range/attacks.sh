# What somebody on the way does to mail, a scenario a capture. The kinds are those of the manual.

refusal='454 4.7.0 TLS not available due to temporary reason\r\n'

scenario_starttls_missing() {
	note "servers without TLS: Postfix to Postfix, and to Exim"
	mail_to n28.example.net
	facts plaintext n n - - rcpt=n28.example.net mail=1 expect=starttls-missing
	mail_to n37.example.net
	facts plaintext n n - - rcpt=n37.example.net mail=1 expect=starttls-missing
}

scenario_starttls_cut_without_control() {
	note "the STARTTLS line is deleted on the way; nothing else tells that the server has it"
	box cut STARTTLS
	mail_to n25.example.net
	facts plaintext n n - - rcpt=n25.example.net mail=1 expect=starttls-missing
	mail_to n27.example.net
	facts plaintext n n - - rcpt=n27.example.net mail=1 expect=starttls-missing
}

scenario_starttls_cut_but_accepted() {
	note "the STARTTLS line is deleted on the way; the client asks all the same and gets it"
	box cut STARTTLS
	tls_to $postfix
	facts encrypted n y y TLSv1.3 expect=starttls-stripped
	tls_to $tls12 -CAfile "$work/tls/ca.pem"
	facts encrypted n y y TLSv1.2 expect=starttls-stripped allow=certificate-invalid
}

scenario_starttls_masked() {
	note "the keyword STARTTLS is overwritten with XXXXXXXX"
	box reply STARTTLS XXXXXXXX
	mail_to n25.example.net
	facts plaintext n n - - rcpt=n25.example.net mail=1 expect=starttls-masked
	mail_to six.example.net
	facts plaintext n n - - rcpt=six.example.net mail=1 expect=starttls-masked
	mail_to n27.example.net
	facts plaintext n n - - rcpt=n27.example.net mail=1 expect=starttls-masked
}

scenario_starttls_masked_cisco() {
	note "whole lines overwritten, each with an ordinal letter behind: STARTTLS is XXXXXXXB"
	box cisco
	mail_to n25.example.net
	facts plaintext n n - - rcpt=n25.example.net mail=1 expect=starttls-masked allow=banner-masked
}

scenario_starttls_masked_near_miss() {
	note "one letter of the keyword is changed: STARTTLX"
	box reply STARTTLS STARTTLX
	mail_to n25.example.net
	facts plaintext n n - - rcpt=n25.example.net mail=1 expect=starttls-masked
}

scenario_starttls_masked_nul() {
	note "one letter of the keyword is a NUL"
	box reply STARTTLS 'STARTT\x00S'
	swaks_to $postfix --tls-optional
	facts plaintext n n - - rcpt=example.net mail=1 expect=starttls-masked
}

scenario_starttls_masked_stars() {
	note "the keyword is overwritten with stars"
	box reply STARTTLS '********'
	swaks_to $exim --tls-optional
	facts plaintext n n - - rcpt=example.net mail=1 expect=starttls-masked
}

scenario_starttls_command_masked_echo() {
	note "STARTTLS is overwritten behind the tap, and the server's error quotes what it got"
	serve 'send=220 mx.example.net ESMTP\r\n' wait='\r\n' \
	    'send=250-mx.example.net\r\n250-8BITMIME\r\n250 STARTTLS\r\n' wait='\r\n' \
	    'send=500 5.5.1 Command unrecognized: "XXXXXXXX"\r\n' wait='\r\n' \
	    'send=221 2.0.0 mx.example.net closing\r\n' fin drain
	box command STARTTLS XXXXXXXX
	talk $scripted 25 wait 'line=EHLO client.example.org' wait line=STARTTLS wait line=QUIT wait drain
	facts no-mail y y n - expect=starttls-command-masked allow=starttls-refused
}

scenario_starttls_command_masked_padding() {
	note "STARTTLS is overwritten before the tap; the client goes on in clear"
	tap ms0
	box command STARTTLS XXXXXXXX
	swaks_to $postfix --tls-optional
	facts plaintext y '?' '?' - rcpt=example.net mail=1 expect=starttls-command-masked \
	    allow='starttls-refused starttls-unused'
}

scenario_starttls_refused() {
	note "STARTTLS is offered, then answered 454 on the way; the client goes on in clear"
	box answer STARTTLS "$refusal"
	swaks_to $postfix --tls-optional
	facts plaintext y y n - rcpt=example.net mail=1 expect=starttls-refused
	swaks_to $opensmtpd --tls-optional
	facts plaintext y y n - rcpt=example.net mail=1 expect=starttls-refused
}

scenario_ehlo_suppressed() {
	note "EHLO is answered 502 on the way; Postfix falls back to HELO"
	box answer EHLO '502 5.5.1 Command not implemented\r\n'
	mail_to n25.example.net
	facts plaintext - n - - rcpt=n25.example.net mail=1 expect=ehlo-suppressed
}

scenario_banner_masked() {
	note "the greeting is overwritten with stars; Postfix takes it for a PIX and says HELO"
	box mask-greeting
	mail_to n25.example.net
	facts plaintext - n - - rcpt=n25.example.net mail=1 expect=banner-masked allow=ehlo-suppressed
}

scenario_starttls_unused() {
	note "STARTTLS is offered, the client does not use it"
	swaks_to $postfix
	facts plaintext y n - - rcpt=example.net mail=1 expect=starttls-unused
	swaks_to $exim
	facts plaintext y n - - rcpt=example.net mail=1 expect=starttls-unused
	swaks_to $opensmtpd
	facts plaintext y n - - rcpt=example.net mail=1 expect=starttls-unused
	talk $postfix6 25 wait "line=EHLO client.example.org" wait "line=MAIL FROM:<alice@example.org>" wait \
	    "line=RCPT TO:<bob@example.net>" wait line=DATA wait "send=A test message.\r\n.\r\n" wait line=QUIT drain
	facts plaintext y n - - rcpt=example.net mail=1 expect=starttls-unused
}

scenario_tls_handshake_reset() {
	note "the connection is reset at the ClientHello"
	box hello rst
	mail_to n25.example.net
	facts tls-failed y y y - complete=? expect=tls-handshake-failed
}

scenario_tls_handshake_closed() {
	note "the connection is closed at the ClientHello"
	box hello fin
	mail_to n25.example.net
	facts tls-failed y y y - complete=? expect=tls-handshake-failed
}

scenario_tls_handshake_alerts() {
	note "no common version; no common cipher; client rejects certificate; server misses the client's, and says so inside TLS"
	tls_to $tls12 -tls1_3
	facts tls-failed y y y - expect=tls-handshake-failed note="alert protocol_version from the server"
	tls_to $tls12 -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
	facts tls-failed y y y - expect=tls-handshake-failed note="alert handshake_failure from the server"
	tls_to $tls12 -tls1_2 -verify_return_error
	facts tls-failed y y y TLSv1.2 expect=tls-handshake-failed allow=certificate-invalid \
	    note="alert unknown_ca from the client"
	tls_to $mutual -tls1_2
	facts encrypted y y y TLSv1.2 allow=certificate-invalid \
	    note="no client certificate: Postfix refuses only inside TLS"
}

scenario_plaintext_after_starttls_454() {
	note "454 in place of the ServerHello"
	box hello "$refusal"
	mail_to n25.example.net
	facts tls-failed y y y - complete=? expect=plaintext-after-starttls allow=tls-handshake-failed
}

scenario_plaintext_after_starttls_client() {
	note "after the 220 the client goes on in text"
	talk $postfix 25 wait 'line=EHLO client.example.org' wait line=STARTTLS wait \
	    'line=EHLO client.example.org' sleep=300 drain
	facts tls-failed y y y - complete=? expect=plaintext-after-starttls allow=tls-handshake-failed
}

scenario_tls_interrupted_12() {
	note "a line of text among the records of an established TLS 1.2 stream"
	box established 2 "$refusal"
	swaks_to $tls12 --tls
	facts encrypted y y y TLSv1.2 complete=? expect=tls-interrupted allow=certificate-invalid
}

scenario_tls_interrupted_13() {
	note "a line of text among the records of an established TLS 1.3 stream"
	box established 8 "$refusal"
	swaks_to $postfix --tls
	facts encrypted y y y TLSv1.3 complete=? expect=tls-interrupted
}

scenario_command_injection() {
	note "commands in the same segment behind STARTTLS; Postfix drops them, TLS follows"
	tap ms0
	box command 'STARTTLS\r\n' 'STARTTLS\r\nRSET\r\nMAIL FROM:<mallory@example.com>\r\n'
	mail_to n25.example.net
	facts encrypted y y y TLSv1.3 expect=command-injection rcpt=? mail=?
}

scenario_command_injection_alone() {
	note "a prober sends a command behind STARTTLS and looks for a second answer"
	talk $postfix 25 wait 'line=EHLO client.example.org' wait 'send=STARTTLS\r\nNOOP\r\n' wait sleep=300
	facts tls-failed y y y - complete=? expect=command-injection \
	    allow='plaintext-after-starttls tls-handshake-failed'
}

scenario_response_injection() {
	note "a second reply behind the 220, in the same segment"
	box reply 'Ready to start TLS\r\n' 'Ready to start TLS\r\n250-mx.example.net\r\n250 AUTH PLAIN\r\n'
	mail_to n25.example.net
	facts 'encrypted|tls-failed' y y y '?' complete=? expect=response-injection \
	    allow='plaintext-after-starttls tls-handshake-failed'
}

scenario_tls_downgrade_sentinel() {
	note "supported_versions is deleted behind the tap: the server answers 1.2 with the sentinel"
	box versions
	mail_to n25.example.net
	facts tls-failed y y y TLSv1.2 complete=? expect=tls-downgrade \
	    allow="tls-handshake-failed certificate-invalid tls-obsolete"
}

scenario_tls_downgrade_fallback() {
	note "the client says it fell back (TLS_FALLBACK_SCSV), the server answers inappropriate_fallback"
	tls_to $postfix -tls1_2 -fallback_scsv
	facts tls-failed y y y - expect=tls-downgrade allow=tls-handshake-failed
}

scenario_tls_obsolete() {
	note "TLS 1.0 and TLS 1.1"
	tls_to $obsolete -tls1 -cipher ALL:@SECLEVEL=0
	facts encrypted y y y TLSv1.0 expect=tls-obsolete allow=certificate-invalid
	tls_to $obsolete -tls1_1 -cipher ALL:@SECLEVEL=0
	facts encrypted y y y TLSv1.1 expect=tls-obsolete allow=certificate-invalid
}

scenario_tls_obsolete_suites() {
	note "suites without encryption, and without authentication"
	tls_to $null_cipher -tls1_2 -cipher NULL-SHA256:@SECLEVEL=0
	facts encrypted y y y TLSv1.2 expect=tls-obsolete allow=certificate-invalid
	tls_to $null_cipher -tls1_2 -cipher AECDH-AES256-SHA:ADH-AES256-SHA:@SECLEVEL=0
	facts encrypted y y y TLSv1.2 expect=tls-obsolete
}

scenario_certificate_invalid() {
	note "TLS 1.2: an expired certificate, then a self-signed one"
	tls_to $expired -tls1_2
	facts encrypted y y y TLSv1.2 expect=certificate-invalid
	tls_to $self_signed -tls1_2
	facts encrypted y y y TLSv1.2 expect=certificate-invalid
}

scenario_segment_conflict_late() {
	note "a second copy of the EHLO reply with other bytes, behind the first: the client ignores it"
	inject 250-STARTTLS copy 250-STARTTLS 250-XXXXXXXX
	mail_to n25.example.net
	facts encrypted y y y TLSv1.3 expect=segment-conflict allow=starttls-masked
}

scenario_segment_conflict_first() {
	note "a forged EHLO reply without STARTTLS before the server's own: the client believes it"
	inject 'EHLO ' data '250-mx.example.net\n250-PIPELINING\n250-SIZE 10240000\n250-VRFY\n250-ETRN\n250 AUXTTTLS\r\n'
	talk $postfix 25 wait 'line=EHLO client.example.org' wait sleep=300 line=QUIT drain
	facts 'no-mail|partial' '?' n - - complete=? expect=segment-conflict \
	    allow='starttls-missing starttls-masked banner-masked'
}

scenario_reset_injected() {
	note "a reset in the server's name and in sequence, while the server goes on"
	inject 'EHLO ' rst
	talk $postfix 25 wait 'line=EHLO client.example.org' wait
	facts 'no-mail|partial' '?' n - - complete=? expect=reset-injected allow=starttls-missing
}

scenario_credentials_exposed() {
	note "AUTH PLAIN, then AUTH LOGIN, in clear, where STARTTLS is offered"
	swaks_to $exim --auth PLAIN --auth-user carol --auth-password not-a-secret
	facts plaintext y n - - rcpt=example.net mail=1 expect='credentials-exposed starttls-unused'
	swaks_to $exim_plain --auth LOGIN --auth-user carol --auth-password not-a-secret
	facts plaintext n n - - rcpt=example.net mail=1 expect='credentials-exposed starttls-missing'
}

scenario_requiretls_violation() {
	note "MAIL with REQUIRETLS outside TLS: refused by Postfix, taken by the other server"
	talk $postfix 25 wait 'line=EHLO client.example.org' wait \
	    'line=MAIL FROM:<alice@example.org> REQUIRETLS' wait line=QUIT drain
	facts 'no-mail|plaintext' y n - - mail=1 expect=requiretls-violation allow=starttls-unused
	serve 'send=220 mx.example.net ESMTP\r\n' wait='\r\n' \
	    'send=250-mx.example.net\r\n250 REQUIRETLS\r\n' wait='\r\n' 'send=250 2.1.0 Ok\r\n' \
	    wait='\r\n' 'send=250 2.1.5 Ok\r\n' wait='\r\n' 'send=221 2.0.0 Bye\r\n' fin drain
	talk $scripted 25 wait 'line=EHLO client.example.org' wait \
	    'line=MAIL FROM:<alice@example.org> REQUIRETLS' wait 'line=RCPT TO:<bob@example.net>' wait \
	    line=QUIT drain
	facts plaintext n n - - mail=1 rcpt=example.net expect='requiretls-violation starttls-missing'
}
