/*
 * The table of kinds, and the walk over it; see judge.h.
 *
 * Adding a kind is adding a row. The words are for whoever is on call: what it
 * says, what would show it harmless, what to do.
 */
#include "monitor/judge/judge.h"

#include <string.h>

#include "monitor/judge/kinds.h"

const struct kind judge_kinds[] = {
    {
	.name = "starttls-stripped",
	.title = "STARTTLS was cut out on the way",
	.meaning = "The server can do STARTTLS, but its offer did not reach this point "
		   "whole. Somebody between the client and the server removes it, so "
		   "that mail goes in clear.",
	.expected = "The server's offer of STARTTLS in the EHLO reply, as this "
		    "server is known to make it.",
	.refuted_by = "A server that accepts STARTTLS without ever offering it: ask it from "
		      "a place next to it, and compare the EHLO reply.",
	.advice = "Compare the EHLO reply at the server itself with the one at this tap, and "
		  "find the device between them that differs. Until then let no mail "
		  "that needs protection take this path.",
	.reference = "RFC 3207 section 6",
	.test = judge_starttls_stripped,
    },
    {
	.name = "starttls-masked",
	.title = "STARTTLS was overwritten in the EHLO reply",
	.meaning = "A keyword of the server's EHLO reply was replaced by padding or "
		   "damaged, and what it hides is STARTTLS. Clients cannot recognise the "
		   "offer and send mail in clear.",
	.expected = "The keyword STARTTLS at its place in the EHLO reply, not padding.",
	.refuted_by = "The same EHLO reply, line for line, when asked from a place next to "
		      "the server: then the server itself writes it so.",
	.advice = "Look for SMTP or ESMTP inspection in firewalls before the server (Cisco: "
		  "'inspect esmtp' without 'allow-tls') and switch it off, or allow TLS.",
	.reference = "RFC 3207 section 6",
	.test = judge_starttls_masked,
    },
    {
	.name = "starttls-missing",
	.title = "The server did not offer STARTTLS",
	.meaning = "The whole EHLO reply was seen, and STARTTLS is not in it. Mostly the "
		   "server simply cannot do it, or hides it from this client.",
	.expected = "The keyword STARTTLS in the EHLO reply, where the server can do TLS.",
	.refuted_by = "Nothing to refute: it says what was seen. It becomes a matter only "
		      "where this server offers STARTTLS to others, or did so before.",
	.advice = "Nothing by itself. If the server is yours, switch STARTTLS on; if you "
		  "know that it offers STARTTLS, compare from another network.",
	.reference = "RFC 3207 section 4",
	.test = judge_starttls_missing,
    },
    {
	.name = "starttls-command-masked",
	.title = "The client's STARTTLS command was overwritten",
	.meaning = "The command STARTTLS is changed between client and server, so that the "
		   "server cannot understand it: it arrives as padding, or the server quotes "
		   "what the client did not send.",
	.expected = "The client's STARTTLS, letter for letter, where the server reads it.",
	.refuted_by = "A client that really sends the padding: look at its own log or "
		      "capture next to it.",
	.advice = "Look for SMTP inspection on the side of this tap that is named, and "
		  "switch it off or allow STARTTLS.",
	.reference = "RFC 3207 section 6",
	.test = judge_starttls_command_masked,
    },
    {
	.name = "starttls-refused",
	.title = "The server offered STARTTLS and then refused it",
	.meaning = "STARTTLS was in the EHLO reply, the client asked for it, and the answer "
		   "was not the go-ahead. Servers under load or rate limits do so; so does whoever "
		   "wants the mail in clear.",
	.expected = "220 to STARTTLS, which the server itself had offered.",
	.refuted_by = "A line in the server's own log that refuses this client, mostly for "
		      "a rate limit, a missing certificate or a lack of resources.",
	.advice = "Look for the refusal in the server's log at that time. If the server "
		  "knows nothing of it, somebody on the way answered in its name.",
	.reference = "RFC 3207 section 4",
	.test = judge_starttls_refused,
    },
    {
	.name = "ehlo-suppressed",
	.title = "EHLO was refused or kept from the server, and HELO took its place",
	.meaning = "Without EHLO no extension can be offered, so STARTTLS was never in "
		   "reach. Very old servers refuse EHLO; so do devices that want mail "
		   "in clear, or they let no connection with it come to mail.",
	.expected = "EHLO, and 250 with the server's extensions.",
	.refuted_by = "The server itself answering EHLO so when asked from a place next to "
		      "it, or refusing this client for its name or address.",
	.advice = "Send EHLO to the server from another network. If it is accepted there, "
		  "look for a device on the way that refuses it.",
	.reference = "RFC 5321 section 3.2",
	.test = judge_ehlo_suppressed,
    },
    {
	.name = "banner-masked",
	.title = "The server's greeting was overwritten",
	.meaning = "The greeting is mostly asterisks, as firewalls with SMTP inspection "
		   "write it. Some clients, Postfix among them, take that for a broken "
		   "firewall and use HELO, which cannot offer STARTTLS.",
	.expected = "A greeting in plain text, as the server's software writes it.",
	.refuted_by = "The same greeting when asked from a place next to the server: then "
		      "its operator wrote it so.",
	.advice = "Look for SMTP inspection in the firewalls before the server (Cisco: "
		  "'mask-banner') and switch it off.",
	.reference = "RFC 5321 section 4.2",
	.test = judge_banner_masked,
    },
    {
	.name = "starttls-unused",
	.title = "STARTTLS was offered and not used",
	.meaning =
	    "The client could have encrypted and, as far as was seen, did not ask. Bots, scanners, "
	    "printers and old software do so every day.",
	.expected = "STARTTLS from the client before any mail, since the server offers it.",
	.refuted_by = "A client that is known never to use STARTTLS. It is a matter only "
		      "where this client used it with this server before.",
	.advice = "If the client is yours, switch on opportunistic TLS. If it used STARTTLS "
		  "before, look for a device between it and this tap.",
	.reference = "RFC 3207 section 4",
	.test = judge_starttls_unused,
    },
    {
	.name = "tls-handshake-failed",
	.title = "TLS was agreed and its handshake not completed",
	.meaning = "TLS was agreed, but before its handshake was complete came an alert, a "
		   "reset, the end of the connection or bytes that are no TLS. Many "
		   "senders then try again in clear.",
	.expected = "A handshake that completes, since both sides had agreed on TLS.",
	.refuted_by = "A fault at one end that its own log names: an expired or unknown "
		      "certificate, no common version, a first message too large for an "
		      "old device. Or a checker that only asks whether TLS is there.",
	.advice = "Look in the log of the end that is named for the reason. If neither end "
		  "knows of one, suspect the path, and watch for mail in clear from this "
		  "client soon after.",
	.reference = "RFC 8446 section 6",
	.test = judge_tls_handshake_failed,
    },
    {
	.name = "plaintext-fallback",
	.title = "Encryption failed, and then mail went in clear",
	.meaning = "This client was kept from TLS, and soon after sent mail to the same "
		   "server, name or domain in clear. Whoever breaks a handshake or "
		   "refuses STARTTLS counts on that.",
	.expected = "No mail in clear where TLS was to be used a moment before.",
	.refuted_by = "A fault at one of the ends that both logs name: an expired "
		      "certificate, no common version, a rate limit.",
	.advice = "Look in both logs for the reason of the failure. Let the client defer "
		  "instead of falling back where its mail needs protection.",
	.reference = "RFC 3207 section 6",
	.test = judge_plaintext_fallback,
    },
    {
	.name = "plaintext-after-starttls",
	.title = "Text went on where TLS had been agreed",
	.meaning = "STARTTLS was answered 220, and then one side went on in readable SMTP. "
		   "Either the other end saw a different answer, or somebody on the way "
		   "speaks in its place.",
	.expected = "A TLS handshake as the next bytes after the 220 to STARTTLS.",
	.refuted_by = "A capture that was decrypted before it was saved, or a client that "
		      "is known to be broken in just this way.",
	.advice = "Check whether this capture is raw. If it is, compare captures at both "
		  "ends: the 220 or the text behind it was made on the way.",
	.reference = "RFC 3207 section 4.2",
	.test = judge_plaintext_after_starttls,
    },
    {
	.name = "tls-interrupted",
	.title = "Foreign bytes inside an established TLS stream",
	.meaning = "After the handshake was complete, bytes came in sequence that are no "
		   "TLS record. Neither end would send them: they were put there.",
	.expected = "TLS records alone, to the end of the connection.",
	.refuted_by = "A fault of the tap itself, such as two connections mixed up or "
		      "damaged memory: it would show in other sessions too.",
	.advice = "Keep the packets (waxseal export). Find where the foreign bytes enter by "
		  "capturing nearer to the side that is named.",
	.reference = "RFC 8446 section 5.1",
	.test = judge_tls_interrupted,
    },
    {
	.name = "command-injection",
	.title = "Commands smuggled in behind STARTTLS",
	.meaning = "Readable text was sent behind STARTTLS before the server had answered. A "
		   "server that keeps it carries it out as if it had come under TLS "
		   "(CVE-2011-0411 and its like).",
	.expected = "Nothing from the client between STARTTLS and its ClientHello.",
	.refuted_by = "A client or test tool that is known to send commands behind STARTTLS "
		      "without waiting.",
	.advice = "Make sure the server drops what it has buffered when TLS starts: update "
		  "it. Then find out who put the text there.",
	.reference = "RFC 3207 section 4.2",
	.test = judge_command_injection,
    },
    {
	.name = "response-injection",
	.title = "Replies smuggled in behind the 220 to STARTTLS",
	.meaning = "Readable text came behind the server's 220 before the client had begun "
		   "TLS. A client that keeps it takes it for a reply under TLS.",
	.expected = "Nothing from the server between its 220 and its ServerHello.",
	.refuted_by = "A server that is known to send such text by mistake, to every "
		      "client.",
	.advice = "Update the clients so that they drop what they have buffered when TLS "
		  "starts. Capture next to the server to see whether it sends the text.",
	.reference = "RFC 3207 section 4.2",
	.test = judge_response_injection,
    },
    {
	.name = "tls-downgrade",
	.title = "A lower TLS version was forced",
	.meaning = "The client offered a better version than was chosen, and the server's "
		   "own sign says that it knows better. Something on the way changed the "
		   "offer or provoked a weaker second attempt.",
	.expected = "The best version of TLS that both sides have.",
	.refuted_by = "A TLS-inspecting firewall that copies the server's random into its "
		      "own ServerHello: some of 2018 and 2019 did. An attempt after an "
		      "ordinary failure, for the fallback alert.",
	.advice = "Find the device between client and server that takes part in TLS. If "
		  "you have none, treat the path as hostile.",
	.reference = "RFC 8446 section 4.1.3",
	.test = judge_tls_downgrade,
    },
    {
	.name = "tls-obsolete",
	.title = "An obsolete TLS version or cipher suite was used",
	.meaning = "The session was to be encrypted in a way that can be broken or does not "
		   "protect at all.",
	.expected = "TLS 1.2 or 1.3, with a cipher suite that is not broken.",
	.refuted_by = "Nothing to refute: the server's hello, which settles it, was seen.",
	.advice = "Update the older of the two ends. Switch off TLS below 1.2 and suites "
		  "with NULL, EXPORT, anonymous keys, RC4, DES and 3DES at your own.",
	.reference = "RFC 8996 section 2",
	.test = judge_tls_obsolete,
    },
    {
	.name = "certificate-changed",
	.title = "The server's certificate is another one",
	.meaning = "The key differs from those that this address showed before, and it is "
		   "not a renewal. Operators do change issuers; whoever puts himself in "
		   "between shows a key of his own.",
	.expected = "The key that this server is known by, or its renewal by the same issuer.",
	.refuted_by = "The server's operator having changed the issuer or added a machine: "
		      "ask the server from a place next to it, and compare the key.",
	.advice = "Compare the certificate with the one that the server shows in its own "
		  "network. Where they differ, find who answers in its place.",
	.reference = "RFC 7817 section 3",
	.test = judge_certificate_changed,
    },
    {
	.name = "certificate-invalid",
	.title = "The server's certificate does not verify",
	.meaning = "It is expired, self-signed, from an unknown issuer or for another name. "
		   "Most of SMTP is so, and opportunistic TLS goes on all the same; a sender "
		   "that keeps to a policy that demands a certificate that holds does not.",
	.expected = "A certificate in force, of an issuer that is trusted, for the server's name.",
	.refuted_by = "A trust store or a name that is right for this server where ours is "
		      "not; DANE with a matching TLSA record.",
	.advice = "Where no policy demands one that holds, nothing by itself. Where one does, "
		  "look at the server's certificate next to the server: if it is another than "
		  "at this tap, somebody is between. If the server is yours, renew it for its MX "
		  "name from an issuer that is widely trusted.",
	.reference = "RFC 7817 section 3",
	.is_own_doing = true,
	.test = judge_certificate_invalid,
    },
    {
	.name = "segment-conflict",
	.title = "The same bytes arrived twice with different content",
	.meaning = "Two packets claim the same place in the stream and differ. TCP never "
		   "does that by itself: somebody beside the path races the real sender.",
	.expected = "The same bytes each time that a part of the stream is sent again.",
	.refuted_by = "Broken hardware or a proxy that rewrites what it sends again; then "
		      "both packets have the TTL and the IP-ID run of one sender.",
	.advice = "Keep the packets (waxseal export). Compare TTL, IP-ID and time of both "
		  "versions with the rest of the session: the one that fits is the real "
		  "one, the other points to where its sender is.",
	.reference = "RFC 9293 section 3.10.7.4",
	.test = judge_segment_conflict,
    },
    {
	.name = "reset-injected",
	.title = "A reset that its sender did not send",
	.meaning = "A reset came in the name of one end, and that end goes on sending or "
		   "its packets look different. Somebody on the way cut the connection.",
	.expected = "A reset from the side that it names, and nothing more from that "
		    "side behind it.",
	.refuted_by = "A load balancer, firewall or the end's own system sending resets "
		      "with a TTL of their own; packets that the tap reordered.",
	.advice = "Look whether resets come at one step of the dialogue, such as after "
		  "STARTTLS. If so, find the device whose distance fits the TTL.",
	.reference = "RFC 9293 section 3.10.7.4",
	.test = judge_reset_injected,
    },
    {
	.name = "credentials-exposed",
	.title = "A password was sent in clear",
	.meaning = "The client logged in with a mechanism whose data anybody who sees it "
		   "can use again, and TLS did not cover it.",
	.expected = "No password before TLS is in force.",
	.refuted_by = "Test credentials, or a network that is protected in another way.",
	.advice = "Change the password. Switch the client to TLS, and let the server offer "
		  "AUTH under TLS alone.",
	.reference = "RFC 4954 section 4",
	.is_own_doing = true,
	.test = judge_credentials_exposed,
    },
    {
	.name = "requiretls-violation",
	.title = "Mail that demands TLS was sent in clear",
	.meaning = "REQUIRETLS may be asked for under TLS alone. Here it was sent in clear: "
		   "the client is broken, or TLS was taken away under it.",
	.expected = "TLS for a message whose sender demands it with REQUIRETLS.",
	.refuted_by = "Nothing makes this lawful; a test tool explains it.",
	.advice = "Find out why the client had no TLS in this session, and update it: it "
		  "should have refused to send.",
	.reference = "RFC 8689 section 2",
	.is_own_doing = true,
	.test = judge_requiretls_violation,
    },
    {
	.name = "sts-violation",
	.title = "Mail went against the domain's MTA-STS policy",
	.meaning = "The recipient's domain publishes an MTA-STS policy that was in force, and "
		   "the mail went in clear, or with a certificate that the policy does not "
		   "allow. A sender that keeps to MTA-STS would not have sent it so.",
	.expected = "TLS with a valid certificate, as the domain's MTA-STS policy demands.",
	.refuted_by = "The policy itself, fetched from another network: that it was in another "
		      "mode then, or does not name this host. Or a sender that does not do "
		      "MTA-STS: then its mail was never protected by it.",
	.advice = "Ask the sender whether it enforces MTA-STS. If it does, look for what took "
		  "STARTTLS or the certificate away between it and this server; if it does "
		  "not, its mail can be read on the way.",
	.reference = "RFC 8461 section 4",
	.test = judge_sts_violation,
    },
    {
	.name = "sts-mx-mismatch",
	.title = "Mail went to a host that the MTA-STS policy does not name",
	.meaning = "The recipient's domain publishes an MTA-STS policy that was in force, and "
		   "no mx pattern of it covers the host that took the mail. Forged MX records "
		   "lead mail to such hosts.",
	.expected = "A server that an mx line of the domain's MTA-STS policy covers.",
	.refuted_by = "The domain's operator: that this host is one of theirs, and missing from "
		      "the policy.",
	.advice = "Compare the domain's MX records as seen from several networks with the mx "
		  "lines of its policy. If the host is the domain's own, the policy is to be "
		  "completed; if not, somebody answers in the DNS's name.",
	.reference = "RFC 8461 section 4.1",
	.test = judge_sts_mx_mismatch,
    },
    {
	.name = "sts-suppressed",
	.title = "A known MTA-STS policy can no longer be found",
	.meaning = "The domain's MTA-STS policy is known and has not expired, but its record is "
		   "gone, or asking for it fails again and again. Whoever wants mail in clear "
		   "must keep senders from finding the policy.",
	.expected = "The record and policy of MTA-STS that the domain is known to have.",
	.refuted_by = "The domain's operator: that the policy was taken down, without first "
		      "publishing mode none for as long as max_age (RFC 8461 section 8.3).",
	.advice = "Ask for the _mta-sts record and the policy from another network. If they are "
		  "there, look for what holds them back here.",
	.reference = "RFC 8461 section 10.2",
	.test = judge_sts_suppressed,
    },
    {
	.name = "dane-violation",
	.title = "Mail went against the MX host's TLSA records",
	.meaning = "The MX host has TLSA records that DNSSEC proves, and the mail went in clear, "
		   "or with a certificate that none of them names. A sender that does DANE would "
		   "not have sent it so.",
	.expected = "TLS with a certificate that the server's TLSA records name.",
	.refuted_by = "The TLSA records as they were at that time: that they named this "
		      "certificate, as in the midst of a key's replacement. Or a sender that "
		      "does not do DANE.",
	.advice = "Compare the certificate at the server itself with the one at this tap and "
		  "with the TLSA records. If the server's own fits and this one does not, "
		  "somebody is between.",
	.reference = "RFC 7672 section 2.2",
	.test = judge_dane_violation,
    },
    {
	.name = "mx-mismatch",
	.title = "Mail went to a server that is no MX of the domain",
	.meaning = "The server is none of the recipient domain's MX hosts. It may be a relay "
		   "that this client uses; or the client was led elsewhere.",
	.expected = "A server that is an MX of the recipient's domain, or a smart host.",
	.refuted_by = "A relay (smart host) that the client is set up to use, or MX hosts whose "
		      "addresses differ by place.",
	.advice = "Look up in the client's settings where it was to deliver. If it uses no "
		  "relay, compare what its resolver says of the domain's MX hosts.",
	.reference = "RFC 5321 section 5.1",
	.test = judge_mx_mismatch,
    },
};
const size_t judge_kind_count = sizeof(judge_kinds) / sizeof(judge_kinds[0]);

_Static_assert(sizeof(judge_kinds) / sizeof(judge_kinds[0]) <= FINDINGS_MAX,
	       "a session can show every kind at once");

/* Empty: its texts are long, so that clearing them whole would cost more than judging. */
static void
begin(struct finding *f, const struct kind *kind)
{
	f->kind = kind;
	f->severity = SEVERITY_INFO;
	f->certainty = CERTAINTY_POSSIBLE;
	f->where = WHERE_UNKNOWN;
	f->refuted_by = kind->refuted_by;
	f->detail[0] = '\0';
	f->proof_count = 0;
}

void
judge_case(const struct judge_case *c, struct verdict *out)
{
	out->outcome = session_outcome(c->session);
	out->count = 0;
	for (size_t i = 0; i < judge_kind_count; i++) {
		struct finding *finding = &out->findings[out->count];

		begin(finding, &judge_kinds[i]);
		if (judge_kinds[i].test(c, finding))
			out->count++;
	}
}

void
judge_session(const struct session *s, struct verdict *out)
{
	static const struct history nothing;
	const struct judge_case c = {.session = s, .known = &nothing};

	judge_case(&c, out);
}

const struct finding *
verdict_finding(const struct verdict *v, const char *kind)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->findings[i].kind->name, kind) == 0)
			return &v->findings[i];
	return NULL;
}

const struct kind *
judge_kind(const char *name)
{
	for (size_t i = 0; i < judge_kind_count; i++)
		if (strcmp(judge_kinds[i].name, name) == 0)
			return &judge_kinds[i];
	return NULL;
}

const char *
severity_name(enum severity s)
{
	switch (s) {
	case SEVERITY_INFO:
		return "info";
	case SEVERITY_NOTICE:
		return "notice";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_CRITICAL:
		return "critical";
	}
	return "info";
}

bool
severity_of(const char *name, enum severity *out)
{
	const enum severity all[] = {SEVERITY_INFO, SEVERITY_NOTICE, SEVERITY_WARNING,
				     SEVERITY_CRITICAL};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(severity_name(all[i]), name) != 0)
			continue;
		*out = all[i];
		return true;
	}
	return false;
}

const char *
certainty_name(enum certainty c)
{
	switch (c) {
	case CERTAINTY_POSSIBLE:
		return "possible";
	case CERTAINTY_PROBABLE:
		return "probable";
	case CERTAINTY_PROVEN:
		return "proven";
	}
	return "possible";
}

const char *
where_name(enum where w)
{
	switch (w) {
	case WHERE_UNKNOWN:
		return "unknown";
	case WHERE_CLIENT_SIDE:
		return "client-side";
	case WHERE_SERVER_SIDE:
		return "server-side";
	}
	return "unknown";
}
