/* One client line to verb and argument; see command.h. */
#include "dissector/command.h"
#include "dissector/text.h"

static const struct {
	struct bytes word;
	enum verb verb;
} verbs[] = {
    {BYTES("HELO"), VERB_HELO},
    {BYTES("EHLO"), VERB_EHLO},
    {BYTES("LHLO"), VERB_LHLO},
    {BYTES("STARTTLS"), VERB_STARTTLS},
    {BYTES("X-ANONYMOUSTLS"), VERB_ANONYMOUSTLS},
    {BYTES("MAIL"), VERB_MAIL},
    {BYTES("RCPT"), VERB_RCPT},
    {BYTES("DATA"), VERB_DATA},
    {BYTES("BDAT"), VERB_BDAT},
    {BYTES("RSET"), VERB_RSET},
    {BYTES("NOOP"), VERB_NOOP},
    {BYTES("QUIT"), VERB_QUIT},
    {BYTES("HELP"), VERB_HELP},
    {BYTES("AUTH"), VERB_AUTH},
    {BYTES("X-EXPS"), VERB_AUTH}, /* Exchange's own name for it */
    {BYTES("VRFY"), VERB_VRFY},
    {BYTES("EXPN"), VERB_EXPN},
    {BYTES("ETRN"), VERB_ETRN},
    {BYTES("XCLIENT"), VERB_XCLIENT},
    {BYTES("XFORWARD"), VERB_XFORWARD},
};

/*
 * IANA's registry of SASL mechanisms and others that are met with. Some have
 * data that is the secret itself, or a token that stands for it. What stands
 * behind AUTH and is no name among these may be a secret.
 */
static const struct {
	struct bytes name;
	bool is_reusable;
} known[] = {
    {BYTES("PLAIN"), true},
    {BYTES("LOGIN"), true},
    {BYTES("XOAUTH"), true},
    {BYTES("XOAUTH2"), true},
    {BYTES("OAUTHBEARER"), true},
    {BYTES("X-GOOGLE-TOKEN"), true},
    {BYTES("XYMCOOKIE"), true},
    {BYTES("XYMCOOKIEB64"), true},
    {BYTES("PLAIN-CLIENTTOKEN"), true},
    {BYTES("OAUTH10A"), false},
    {BYTES("CRAM-MD5"), false},
    {BYTES("CRAM-SHA1"), false},
    {BYTES("CRAM-SHA256"), false},
    {BYTES("DIGEST-MD5"), false},
    {BYTES("SCRAM-MD5"), false},
    {BYTES("SCRAM-SHA-1"), false},
    {BYTES("SCRAM-SHA-1-PLUS"), false},
    {BYTES("SCRAM-SHA-224"), false},
    {BYTES("SCRAM-SHA-224-PLUS"), false},
    {BYTES("SCRAM-SHA-256"), false},
    {BYTES("SCRAM-SHA-256-PLUS"), false},
    {BYTES("SCRAM-SHA-384"), false},
    {BYTES("SCRAM-SHA-384-PLUS"), false},
    {BYTES("SCRAM-SHA-512"), false},
    {BYTES("SCRAM-SHA-512-PLUS"), false},
    {BYTES("SCRAM-SHA3-512"), false},
    {BYTES("SCRAM-SHA3-512-PLUS"), false},
    {BYTES("NTLM"), false},
    {BYTES("MSN"), false},
    {BYTES("GSSAPI"), false},
    {BYTES("GSS-SPNEGO"), false},
    {BYTES("GSS-SPNEGO-PLUS"), false},
    {BYTES("SPNEGO"), false},
    {BYTES("SPNEGO-PLUS"), false},
    {BYTES("GS2-KRB5"), false},
    {BYTES("GS2-KRB5-PLUS"), false},
    {BYTES("KERBEROS_V4"), false},
    {BYTES("KERBEROS_V5"), false},
    {BYTES("EXTERNAL"), false},
    {BYTES("ANONYMOUS"), false},
    {BYTES("OTP"), false},
    {BYTES("SKEY"), false},
    {BYTES("SECURID"), false},
    {BYTES("SRP"), false},
    {BYTES("PASSDSS-3DES-1"), false},
    {BYTES("NMAS_LOGIN"), false},
    {BYTES("NMAS_AUTHEN"), false},
    {BYTES("NMAS-SAMBA-AUTH"), false},
    {BYTES("9798-U-RSA-SHA1-ENC"), false},
    {BYTES("9798-M-RSA-SHA1-ENC"), false},
    {BYTES("9798-U-DSA-SHA1"), false},
    {BYTES("9798-M-DSA-SHA1"), false},
    {BYTES("9798-U-ECDSA-SHA1"), false},
    {BYTES("9798-M-ECDSA-SHA1"), false},
    {BYTES("ECDH-X25519-CHALLENGE"), false},
    {BYTES("ECDSA-NIST256P-CHALLENGE"), false},
    {BYTES("SAML20"), false},
    {BYTES("OPENID20"), false},
    {BYTES("EAP-AES128"), false},
    {BYTES("EAP-AES128-PLUS"), false},
    {BYTES("APOP"), false},
};

size_t
command_word(struct bytes in)
{
	return text_word(in).len;
}

struct command
command_read(struct bytes line)
{
	struct command c = {VERB_UNKNOWN, {0}, {0}};
	size_t n;

	line = text_trim(line);
	n = command_word(line);
	c.word = bytes_first(line, n);
	c.argument = text_trim(bytes_after(line, n));
	if (n == 0) {
		c.verb = VERB_BLANK;
		return c;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (text_equal(c.word, verbs[i].word)) {
			c.verb = verbs[i].verb;
			break;
		}
	return c;
}

bool
command_is_plain(const struct command *c)
{
	struct chunk chunk;

	switch (c->verb) {
	case VERB_HELO:
	case VERB_EHLO:
	case VERB_LHLO:
		return c->argument.len > 0 && command_word(c->argument) == c->argument.len;
	case VERB_MAIL:
		return text_starts(c->argument, BYTES("FROM:"));
	case VERB_RCPT:
		return text_starts(c->argument, BYTES("TO:"));
	case VERB_STARTTLS:
	case VERB_ANONYMOUSTLS:
	case VERB_DATA:
	case VERB_RSET:
	case VERB_NOOP:
	case VERB_QUIT:
		return c->argument.len == 0;
	case VERB_BDAT:
		return command_chunk(c->argument, &chunk);
	case VERB_AUTH:
		return command_mechanism(c->argument).name.len > 0;
	case VERB_UNKNOWN:
	case VERB_BLANK:
	case VERB_HELP:
	case VERB_VRFY:
	case VERB_EXPN:
	case VERB_ETRN:
	case VERB_XCLIENT:
	case VERB_XFORWARD:
		return false;
	}
	return false;
}

bool
command_chunk(struct bytes argument, struct chunk *out)
{
	size_t n = command_word(argument);
	struct bytes behind = text_trim(bytes_after(argument, n));

	out->is_last = text_equal(behind, BYTES("LAST"));
	if (behind.len > 0 && !out->is_last)
		return false;
	return text_number(bytes_first(argument, n), &out->size) && out->size <= CHUNK_MAX;
}

struct mechanism
command_mechanism(struct bytes argument)
{
	size_t n = command_word(argument);
	struct bytes initial = text_trim(bytes_after(argument, n));
	struct mechanism m = {0};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_equal(bytes_first(argument, n), known[i].name)) {
			m.name = bytes_first(argument, n);
			m.is_reusable = known[i].is_reusable;
		}
	m.has_initial = initial.len > 0;
	/* A lone "=" is an initial response of no length, RFC 4954 section 4. */
	m.is_initial_data =
	    m.has_initial && !bytes_equal(initial, BYTES("=")) && !bytes_equal(initial, BYTES("*"));
	return m;
}
