/* Which lines of an EHLO reply are masks, and what they hide. */
#include "monitor/judge/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define LINES_MAX 40

struct reply {
	const char *name;
	const char *greeting;
	const char *ehlo; /* lines behind the code, '\n' between them, the first names the server */
	enum mask_form form;
	enum mask_hides hides;
	size_t line; /* which one, where form is not MASK_NONE */
};

static size_t
split(struct bytes text, struct bytes lines[LINES_MAX])
{
	size_t count = 0;

	while (text.len > 0 && count < LINES_MAX) {
		size_t len = bytes_find(text, '\n');

		lines[count++] = bytes_first(text, len);
		text = bytes_after(text, len < text.len ? len + 1 : len);
	}
	return count;
}

static struct mask
look(const char *greeting, const char *ehlo)
{
	struct bytes lines[LINES_MAX], first = bytes_text(greeting);
	struct mask_input in = {&first, 1, lines, split(bytes_text(ehlo), lines)};
	struct mask m;

	mask_of(&in, &m);
	return m;
}

#define POSTFIX  "mx.example ESMTP Postfix"
#define EXIM     "mx.example ESMTP Exim 4.96 Mon, 23 Nov 2026 20:16:51 +0000"
#define IIS      "mx.example Microsoft ESMTP MAIL Service, Version: 6.0.3790.1830"
#define EXCHANGE "mx.example Microsoft ESMTP MAIL Service ready at Thu, 5 Dec 2024 08:52:31 +0000"
#define NOBODY   "mx.example ESMTP"

/* The masked reply of a real IIS 6 behind a firewall; its eight letters are CHUNKING. */
#define IIS_MASKED                                                                               \
	"mx.example Hello [192.0.2.7]\nXXXA\nSIZE\nETRN\nPIPELINING\nDSN\nENHANCEDSTATUSCODES\n" \
	"8bitmime\nBINARYMIME\nXXXXXXXB\nXXXC\nXXXXXXXXXXXXXXXXXXXXXXXD\nXXXXXXXXXXXE\n"         \
	"AUTH GSSAPI NTLM LOGIN\nXXXXXXXXXF\nXXXXXXXXXXXG\nXXXXXXH\nXI"

static const struct reply replies[] = {
    /* STARTTLS overwritten, in the real orders of real servers. */
    {"Postfix, uniform mask", POSTFIX,
     "mx\nPIPELINING\nSIZE 10240000\nVRFY\nETRN\nXXXXXXXX\nENHANCEDSTATUSCODES\n8BITMIME\nDSN\n"
     "SMTPUTF8\nCHUNKING",
     MASK_PADDING, HIDES_STARTTLS, 5},
    {"Postfix, Cisco's mask of all it does not know", POSTFIX,
     "mx\nPIPELINING\nSIZE 10240000\nVRFY\nETRN\nXXXXXXXA\nENHANCEDSTATUSCODES\n8BITMIME\nDSN\n"
     "XXXXXXXB\nXXXXXXXC",
     MASK_PADDING, HIDES_STARTTLS, 5},
    {"Postfix, a small letter behind", POSTFIX,
     "mx\nPIPELINING\nVRFY\nETRN\nXXXXXXXa\n8BITMIME\nDSN", MASK_PADDING, HIDES_STARTTLS, 4},
    {"Postfix, lower case x", POSTFIX,
     "mx\nPIPELINING\nSIZE 1\nVRFY\nETRN\nxxxxxxxx\n8BITMIME\nDSN", MASK_PADDING, HIDES_STARTTLS,
     5},
    {"Postfix, asterisks", POSTFIX, "mx\nPIPELINING\nVRFY\nETRN\n********\n8BITMIME\nDSN",
     MASK_PADDING, HIDES_STARTTLS, 4},
    {"OpenSMTPD", "mx ESMTP OpenSMTPD",
     "mx Hello a\n8BITMIME\nENHANCEDSTATUSCODES\nSIZE 36700160\nDSN\nXXXXXXXX\nHELP", MASK_PADDING,
     HIDES_STARTTLS, 5},
    {"aiosmtpd", "mx Python SMTP", "mx\nSIZE 33554432\n8BITMIME\nSMTPUTF8\nXXXXXXXX\nHELP",
     MASK_PADDING, HIDES_STARTTLS, 4},
    {"Haraka, the last line", "mx ESMTP Haraka/3.0.4 ready",
     "mx\nPIPELINING\n8BITMIME\nSMTPUTF8\nSIZE 0\nXXXXXXXX", MASK_PADDING, HIDES_STARTTLS, 5},
    {"Exim, CHUNKING in sight", EXIM,
     "mx\nSIZE 52428800\n8BITMIME\nPIPELINING\nCHUNKING\nXXXXXXXX\nSMTPUTF8\nHELP", MASK_PADDING,
     HIDES_STARTTLS, 5},
    {"Exim, CHUNKING masked before it", EXIM,
     "mx\nSIZE 52428800\n8BITMIME\nPIPELINING\nXXXXXXXA\nXXXXXXXB\nSMTPUTF8\nHELP", MASK_PADDING,
     HIDES_STARTTLS, 5},
    {"Exchange", EXCHANGE,
     "mx Hello\nSIZE 37748736\nPIPELINING\nDSN\nENHANCEDSTATUSCODES\nXXXXXXXA\nXXXXXXXXXXXXXB\n"
     "AUTH NTLM\nXXXXXXXXXXXXXXXXXXXXC\n8BITMIME\nBINARYMIME\nXXXXXXXD\nXXXXE",
     MASK_PADDING, HIDES_STARTTLS, 5},
    {"IIS 6 with TLS", IIS,
     "mx Hello\nXXXA\nSIZE\nETRN\nPIPELINING\nDSN\nENHANCEDSTATUSCODES\n8bitmime\nBINARYMIME\n"
     "XXXXXXXB\nXXXC\nXXD\nXXXXXXXE\nAUTH GSSAPI NTLM LOGIN",
     MASK_PADDING, HIDES_STARTTLS, 12},
    {"greeting masked as well, neighbours decide", "****************************",
     "mx\nPIPELINING\nSIZE 10240000\nVRFY\nETRN\nXXXXXXXA\nENHANCEDSTATUSCODES\n8BITMIME\nDSN",
     MASK_PADDING, HIDES_LIKELY, 5},
    {"the only line overwritten, no ordinal, order unknown", NOBODY, "mx\nHELP\nXXXXXXXX\nSIZE 1",
     MASK_PADDING, HIDES_LIKELY, 2},
    {"all other keywords of eight in sight, order unknown", NOBODY,
     "mx\nCHUNKING\nXXXXXXXA\nHELP\nSMTPUTF8\n8BITMIME", MASK_PADDING, HIDES_LIKELY, 2},
    {"few keywords, and others of eight absent", NOBODY, "mx\nVRFY\nETRN\nXXXXXXXA\n8BITMIME",
     MASK_PADDING, HIDES_MAYBE, 3},
    {"as few, one of them of one software alone", NOBODY,
     "mx\nSIZE 1000000\nDSN\nXXXXXXXA\nX-ANONYMOUSTLS\n8BITMIME", MASK_PADDING, HIDES_LIKELY, 3},
    {"where Postfix has SMTPUTF8, software unknown", NOBODY,
     "mx\nPIPELINING\nSIZE 41943040\n8BITMIME\nXXXXXXXX", MASK_PADDING, HIDES_MAYBE, 4},
    {"the same by a firewall", NOBODY, "mx\nPIPELINING\nSIZE 41943040\n8BITMIME\nXXXXXXXA",
     MASK_PADDING, HIDES_MAYBE, 4},
    {"where Postfix has CHUNKING, software unknown", NOBODY,
     "mx\nSIZE 73400320\n8BITMIME\nDSN\nSMTPUTF8\nXXXXXXXX", MASK_PADDING, HIDES_MAYBE, 5},
    {"BINARYMIME and two of eight letters, software unknown", NOBODY,
     "mx\nSIZE\nBINARYMIME\nXXXXXXXA\nXXXXXXXB\nHELP", MASK_PADDING, HIDES_MAYBE, 3},
    {"nothing decides", NOBODY, "mx\nHELP\nXXXXXXXA\nSIZE 1", MASK_PADDING, HIDES_MAYBE, 2},
    {"Exim, CHUNKING as likely", EXIM, "mx\nSIZE 52428800\nPIPELINING\nXXXXXXXA\nHELP",
     MASK_PADDING, HIDES_MAYBE, 3},
    /* Masks that do not hide STARTTLS. */
    {"IIS 6, CHUNKING masked", IIS, IIS_MASKED, MASK_PADDING, HIDES_OTHER, 1},
    {"the same, greeting masked", "************************", IIS_MASKED, MASK_PADDING, HIDES_OTHER,
     1},
    {"the same, greeting unknown", NOBODY, IIS_MASKED, MASK_PADDING, HIDES_OTHER, 1},
    {"BINARYMIME must have CHUNKING beside it, software unknown", NOBODY,
     "mx\nDSN\nENHANCEDSTATUSCODES\nBINARYMIME\nXXXXXXXA\nVRFY", MASK_PADDING, HIDES_OTHER, 4},
    {"Postfix, SMTPUTF8 and CHUNKING masked", POSTFIX,
     "mx\nPIPELINING\nSIZE 10240000\nVRFY\nETRN\nENHANCEDSTATUSCODES\n8BITMIME\nDSN\nXXXXXXXA\n"
     "XXXXXXXB",
     MASK_PADDING, HIDES_OTHER, 8},
    {"offered beside it", POSTFIX, "mx\nPIPELINING\nVRFY\nETRN\nSTARTTLS\n8BITMIME\nDSN\nXXXXXXXX",
     MASK_PADDING, HIDES_OTHER, 7},
    {"offered beside it in lower case", NOBODY, "mx\nXXXXXXXX\nstarttls", MASK_PADDING, HIDES_OTHER,
     1},
    {"another length", POSTFIX, "mx\nPIPELINING\nVRFY\nETRN\nXXXXXXXXX\n8BITMIME\nDSN",
     MASK_PADDING, HIDES_OTHER, 4},
    /* Near misses. */
    {"one letter changed", POSTFIX, "mx\nPIPELINING\nSTARTTLX\nDSN", MASK_NEAR_MISS, HIDES_STARTTLS,
     2},
    {"two letters changed", POSTFIX, "mx\nPIPELINING\nSTXRTTLX\nDSN", MASK_NEAR_MISS, HIDES_LIKELY,
     2},
    {"a letter missing", POSTFIX, "mx\nSTARTLS\nDSN", MASK_NEAR_MISS, HIDES_STARTTLS, 1},
    {"a letter doubled", POSTFIX, "mx\nSTARTTTLS\nDSN", MASK_NEAR_MISS, HIDES_STARTTLS, 1},
    {"a letter behind", POSTFIX, "mx\nSTARTTLSX\nDSN", MASK_NEAR_MISS, HIDES_STARTTLS, 1},
    {"two letters swapped", POSTFIX, "mx\nSATRTTLS\nDSN", MASK_NEAR_MISS, HIDES_STARTTLS, 1},
    {"a dash in front", POSTFIX, "mx\n-STARTTLS\nDSN", MASK_NEAR_MISS, HIDES_STARTTLS, 1},
    {"a dash in front, at another place", POSTFIX, "mx\nDSN\n-STARTTLS", MASK_NEAR_MISS,
     HIDES_LIKELY, 2},
    {"another letter, place unknown", NOBODY, "mx\nHELP\nSMARTTLS", MASK_NEAR_MISS, HIDES_LIKELY,
     2},
    {"another letter, at another place", POSTFIX, "mx\n8BITMIME\nDSN\nSTARTTLX", MASK_NEAR_MISS,
     HIDES_LIKELY, 3},
    {"a letter missing, place unknown", NOBODY, "mx\nHELP\nSTARTLS", MASK_NEAR_MISS, HIDES_LIKELY,
     2},
    {"another letter at its place, by the neighbours", NOBODY,
     "mx\nPIPELINING\nSIZE 10240000\nVRFY\nETRN\nSTARTTLQ\nENHANCEDSTATUSCODES\n8BITMIME",
     MASK_NEAR_MISS, HIDES_STARTTLS, 5},
    {"half of it padding", POSTFIX, "mx\nETRN\nSTAR****\nDSN", MASK_NEAR_MISS, HIDES_LIKELY, 2},
    {"its end padding", NOBODY, "mx\nHELP\nSTARTXXX\nDSN", MASK_NEAR_MISS, HIDES_LIKELY, 2},
    {"its beginning padding", NOBODY, "mx\nHELP\nxxxxTTLS\nDSN", MASK_NEAR_MISS, HIDES_LIKELY, 2},
    {"a tab in front", POSTFIX, "mx\n\tSTARTTLS\nDSN", MASK_NEAR_MISS, HIDES_STARTTLS, 1},
    {"a word behind", POSTFIX, "mx\nSTARTTLS DISABLED\nDSN", MASK_EXTRA_WORD, HIDES_STARTTLS, 1},
    {"a word behind, at another place", POSTFIX, "mx\n8BITMIME\nDSN\nSTARTTLS DISABLED",
     MASK_EXTRA_WORD, HIDES_LIKELY, 3},
    {"a near miss beside the offer", POSTFIX, "mx\nSTARTTLX\nSTARTTLS", MASK_NEAR_MISS, HIDES_OTHER,
     1},
    {"a near miss is told before padding of another length", NOBODY, "mx\nXXXA\nSTARTTL$\nXXXB",
     MASK_NEAR_MISS, HIDES_STARTTLS, 2},
    /* No masks at all. */
    {"an ordinary reply", POSTFIX, "mx\nPIPELINING\nSIZE 10240000\nSTARTTLS\nDSN", MASK_NONE,
     HIDES_OTHER, 0},
    {"starttls in lower case", NOBODY, "mx\nstarttls", MASK_NONE, HIDES_OTHER, 0},
    {"in mixed case, as the last line", NOBODY, "mx\nDSN\nStartTLS", MASK_NONE, HIDES_OTHER, 0},
    {"with blanks at its end", NOBODY, "mx\nSTARTTLS \t \nDSN", MASK_NONE, HIDES_OTHER, 0},
    {"a word in front", POSTFIX, "mx\nNO STARTTLS\nDSN", MASK_NONE, HIDES_OTHER, 0},
    {"an argument of another keyword", NOBODY, "mx\nX-SECURITY STARTTLS\nDSN", MASK_NONE,
     HIDES_OTHER, 0},
    {"a list of commands", NOBODY, "mx\nHELP EHLO STARTTLS\nDSN", MASK_NONE, HIDES_OTHER, 0},
    {"fewer than half of its letters", NOBODY, "mx\nHELP\nSTAXXXXX\nDSN", MASK_NONE, HIDES_OTHER,
     0},
    {"none offered", NOBODY, "mx\nSIZE 1\nDSN", MASK_NONE, HIDES_OTHER, 0},
    {"the first line is a name, whatever it is", NOBODY, "XXXXXXXX\nSIZE 1", MASK_NONE, HIDES_OTHER,
     0},
    {"a server name made anonymous", NOBODY, "xxxxxxxx.aol.com Hello xxx\nSIZE 1\nHELP", MASK_NONE,
     HIDES_OTHER, 0},
    {"a sentence that quotes it", NOBODY, "mx\nwe do not do STARTTLS here at all\nHELP", MASK_NONE,
     HIDES_OTHER, 0},
    {"an empty reply", NOBODY, "", MASK_NONE, HIDES_OTHER, 0},
};

static void
each_reply_is_read_as_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		const struct reply *r = &replies[i];
		struct mask m = look(r->greeting, r->ehlo);

		if (m.form != r->form || m.hides != r->hides ||
		    (m.form != MASK_NONE && m.line != r->line))
			fail_msg("%s: form %d, hides %d, line %zu (%s)", r->name, (int)m.form,
				 (int)m.hides, m.line, m.why);
		if ((m.form != MASK_NONE) != (m.why[0] != '\0'))
			fail_msg("%s: a mask and no reason, or the other way round", r->name);
	}
}

static void
the_masked_line_of_iis_is_known_for_chunking(void **state)
{
	/* Without the lines of other lengths, which are told first. */
	struct mask m = look(IIS, "mx\nDSN\nENHANCEDSTATUSCODES\n8BITMIME\nBINARYMIME\nXXXXXXXB\n"
				  "VRFY\nAUTH GSSAPI NTLM LOGIN");

	(void)state;
	assert_int_equal(m.hides, HIDES_OTHER);
	assert_true(bytes_equal(m.other, BYTES("CHUNKING")));
	assert_string_equal(m.software, "Microsoft IIS");
}

static void
a_nul_inside_the_keyword_is_a_near_miss(void **state)
{
	const struct bytes lines[] = {BYTES("mx"), BYTES("STARTTL\0"), BYTES("DSN")};
	const struct bytes longer[] = {BYTES("mx"), BYTES("STARTTLS\0"), BYTES("DSN")};
	struct mask_input in = {NULL, 0, lines, 3};
	struct mask m;

	(void)state;
	mask_of(&in, &m);
	assert_int_equal(m.form, MASK_NEAR_MISS);
	assert_int_equal(m.hides, HIDES_STARTTLS);
	in.ehlo = longer;
	mask_of(&in, &m);
	assert_int_equal(m.form, MASK_NEAR_MISS);
}

/* The IANA's registry of SMTP service extensions, and private keywords met in the field. */
static const char *const real_keywords[] = {
    "SEND",
    "SOML",
    "SAML",
    "VRFY",
    "EXPN",
    "HELP",
    "TURN",
    "8BITMIME",
    "SIZE",
    "VERB",
    "ONEX",
    "CHUNKING",
    "BINARYMIME",
    "CHECKPOINT",
    "DELIVERBY",
    "PIPELINING",
    "DSN",
    "ETRN",
    "ENHANCEDSTATUSCODES",
    "STARTTLS",
    "NO-SOLICITING",
    "MTRK",
    "SUBMITTER",
    "ATRN",
    "AUTH",
    "FUTURERELEASE",
    "CONPERM",
    "CONNEG",
    "UTF8SMTP",
    "MT-PRIORITY",
    "RRVS",
    "BURL",
    "SMTPUTF8",
    "LIMITS",
    "REQUIRETLS",
    "CONVERSION",
    "RDNS",
    "XCLIENT",
    "XFORWARD",
    "XVERP",
    "X-EXPS",
    "X-EXPS=LOGIN",
    "X-LINK2STATE",
    "XEXCH50",
    "X-ANONYMOUSTLS",
    "XRDST",
    "XSHADOW",
    "XSHADOWREQUEST",
    "XPROXY",
    "XPROXYFROM",
    "XPROXYTO",
    "XOORG",
    "XORIGFROM",
    "XADR",
    "XSTA",
    "XCIR",
    "XGEN",
    "XLOOP",
    "XREMOTEQUEUE",
    "XUSR",
    "XACK",
    "XNOP",
    "XDSN",
    "PRDR",
    "PIPE_CONNECT",
    "X_PIPE_CONNECT",
    "TLS",
    "STLS",
    "PIPELINE",
    "RSET",
    "NOOP",
    "OK",
    "ID",
    "XAOL-UAS-MB",
    "XYMCOOKIE",
    "XTEXT",
    "XQUEUE",
    "XVRB",
    "XAUTHENTICATE",
    "AUTH=LOGIN",
    "XVERP=Courier",
    "XSECURITY",
    "X-RCPTLIMIT",

};

static void
no_real_keyword_is_taken_for_a_mask(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(real_keywords) / sizeof(real_keywords[0]); i++) {
		char ehlo[128];

		snprintf(ehlo, sizeof(ehlo), "mx.example\n%s\nHELP", real_keywords[i]);
		if (look(NOBODY, ehlo).form != MASK_NONE)
			fail_msg("%s is taken for a mask", real_keywords[i]);
	}
}

static void
padding_is_told_from_words(void **state)
{
	static const struct {
		const char *text;
		bool is_padding;
	} rows[] = {
	    {"XXXXXXXX", true},  {"XXXXXXXA", true},  {"xxxxxxxx", true}, {"****", true},
	    {"XXX", true},       {"XX", false},       {"X", false},       {"", false},
	    {"XXXXXXXa", true},  {"XXXXXXX1", false}, {"XXxXXXXX", true}, {"XXXXAXXX", false},
	    {"XXXX XXX", false}, {"AXXXXXXX", false}, {"XCLIENT", false}, {"AAAAAAAA", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (mask_is_padding(bytes_text(rows[i].text)) != rows[i].is_padding)
			fail_msg("\"%s\"", rows[i].text);
}

static void
a_greeting_of_asterisks_is_told_from_decoration(void **state)
{
	static const struct {
		const char *lines;
		bool is_masked;
	} rows[] = {
	    {"****************************************", true},
	    {"*************2******02*******************0*00 *2", true},
	    {"**************************************** *\n****** **", true},
	    {"mx.example ESMTP Postfix", false},
	    {"******************************\nmx.example ESMTP Postfix\n*****************", false},
	    {"*** mx.example ***", false},
	    {"**", false},
	    {"2 0 0 2", false},
	    {"", false},
	    {"xxxxxxxxxxxxxxx2.aol.com ESMTP (xxxxxxxxxxxxxxxxxxxxxxxx)", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes lines[LINES_MAX];
		size_t count = split(bytes_text(rows[i].lines), lines);

		if (mask_of_greeting(lines, count) != rows[i].is_masked)
			fail_msg("\"%s\"", rows[i].lines);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_reply_is_read_as_it_should),
	    cmocka_unit_test(the_masked_line_of_iis_is_known_for_chunking),
	    cmocka_unit_test(a_nul_inside_the_keyword_is_a_near_miss),
	    cmocka_unit_test(no_real_keyword_is_taken_for_a_mask),
	    cmocka_unit_test(padding_is_told_from_words),
	    cmocka_unit_test(a_greeting_of_asterisks_is_told_from_decoration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
