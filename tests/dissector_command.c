/* Client lines to verb and argument, and the arguments of BDAT, AUTH, MAIL and RCPT. */
#include "dissector/command.h"
#include "dissector/padding.h"
#include "dissector/path.h"
#include "dissector/pending.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

static const struct {
	struct bytes line;
	enum verb verb;
	struct bytes argument;
	bool is_plain;
} lines[] = {
    {BYTES("EHLO mx.example"), VERB_EHLO, BYTES("mx.example"), true},
    {BYTES("ehlo  mx.example  "), VERB_EHLO, BYTES("mx.example"), true},
    {BYTES("HELO"), VERB_HELO, BYTES(""), false},
    {BYTES("  STARTTLS\t"), VERB_STARTTLS, BYTES(""), true},
    {BYTES("StartTls"), VERB_STARTTLS, BYTES(""), true},
    {BYTES("STARTTLS now"), VERB_STARTTLS, BYTES("now"), false},
    {BYTES("STARTTLSX"), VERB_UNKNOWN, BYTES(""), false},
    {BYTES("STARTTLS\0"), VERB_UNKNOWN, BYTES(""), false},
    {BYTES("x-anonymoustls"), VERB_ANONYMOUSTLS, BYTES(""), true},
    {BYTES("MAIL FROM:<a@b>"), VERB_MAIL, BYTES("FROM:<a@b>"), true},
    {BYTES("MAIL order"), VERB_MAIL, BYTES("order"), false},
    {BYTES("MAILFROM:<a@b>"), VERB_UNKNOWN, BYTES(""), false},
    {BYTES("RCPT TO:<a@b>"), VERB_RCPT, BYTES("TO:<a@b>"), true},
    {BYTES("DATA"), VERB_DATA, BYTES(""), true},
    {BYTES("BDAT 5 LAST"), VERB_BDAT, BYTES("5 LAST"), true},
    {BYTES("BDAT -5"), VERB_BDAT, BYTES("-5"), false},
    {BYTES("AUTH PLAIN"), VERB_AUTH, BYTES("PLAIN"), true},
    {BYTES("AUTH sesame"), VERB_AUTH, BYTES("sesame"), false},
    {BYTES("x-exps GSSAPI"), VERB_AUTH, BYTES("GSSAPI"), true},
    {BYTES("quit"), VERB_QUIT, BYTES(""), true},
    {BYTES(""), VERB_BLANK, BYTES(""), false},
    {BYTES(" \t"), VERB_BLANK, BYTES(""), false},
    {BYTES("Subject: DATA"), VERB_UNKNOWN, BYTES("DATA"), false},
};

static void
a_verb_is_a_whole_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct command c = command_read(lines[i].line);

		if (c.verb != lines[i].verb || !bytes_equal(c.argument, lines[i].argument) ||
		    command_is_plain(&c) != lines[i].is_plain)
			fail_msg("%.*s", (int)lines[i].line.len, (const char *)lines[i].line.at);
	}
}

static const struct {
	struct bytes argument;
	bool is_chunk;
	uint64_t size;
	bool is_last;
} chunks[] = {
    {BYTES("0"), true, 0, false},
    {BYTES("86 LAST"), true, 86, true},
    {BYTES("86  last"), true, 86, true},
    {BYTES("1099511627776"), true, CHUNK_MAX, false},
    {BYTES("1099511627777"), false, 0, false},
    {BYTES("18446744073709551615"), false, 0, false},
    {BYTES("184467440737095516150 LAST"), false, 0, false},
    {BYTES("-1"), false, 0, false},
    {BYTES("+1"), false, 0, false},
    {BYTES("0x10"), false, 0, false},
    {BYTES("5 X"), false, 0, false},
    {BYTES("5 LAST X"), false, 0, false},
    {BYTES("LAST"), false, 0, false},
    {BYTES(""), false, 0, false},
};

static void
a_chunk_has_a_size_that_can_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct chunk c;
		bool is_chunk = command_chunk(chunks[i].argument, &c);

		if (is_chunk != chunks[i].is_chunk ||
		    (is_chunk && (c.size != chunks[i].size || c.is_last != chunks[i].is_last)))
			fail_msg("%.*s", (int)chunks[i].argument.len,
				 (const char *)chunks[i].argument.at);
	}
}

static const struct {
	struct bytes argument, name;
	bool has_initial, is_data, is_reusable;
} mechanisms[] = {
    {BYTES("PLAIN AGEAYg=="), BYTES("PLAIN"), true, true, true},
    {BYTES("plain"), BYTES("plain"), false, false, true},
    {BYTES("LOGIN"), BYTES("LOGIN"), false, false, true},
    {BYTES("XOAUTH2 dXNl"), BYTES("XOAUTH2"), true, true, true},
    {BYTES("OAUTHBEARER"), BYTES("OAUTHBEARER"), false, false, true},
    {BYTES("EXTERNAL ="), BYTES("EXTERNAL"), true, false, false},
    {BYTES("CRAM-MD5"), BYTES("CRAM-MD5"), false, false, false},
    {BYTES("SCRAM-SHA-256 biws"), BYTES("SCRAM-SHA-256"), true, true, false},
    {BYTES("NTLM"), BYTES("NTLM"), false, false, false},
    {BYTES("GSSAPI"), BYTES("GSSAPI"), false, false, false},
    {BYTES("AGFsaWNlAHNlc2FtZQ=="), BYTES(""), false, false, false},
    {BYTES("dXNlcjpzM2NyZXQ"), BYTES(""), false, false, false},
    {BYTES("sesame AGEA"), BYTES(""), true, true, false},
    {BYTES("9798-M-RSA-SHA1-ENC"), BYTES("9798-M-RSA-SHA1-ENC"), false, false, false},
    {BYTES("gss-spnego"), BYTES("gss-spnego"), false, false, false},
    {BYTES("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), BYTES(""), false, false, false},
    {BYTES(""), BYTES(""), false, false, false},
};

static void
a_mechanism_is_never_a_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		struct mechanism m = command_mechanism(mechanisms[i].argument);

		if (!bytes_equal(m.name, mechanisms[i].name) ||
		    m.has_initial != mechanisms[i].has_initial ||
		    m.is_initial_data != mechanisms[i].is_data ||
		    m.is_reusable != mechanisms[i].is_reusable)
			fail_msg("%.*s", (int)mechanisms[i].argument.len,
				 (const char *)mechanisms[i].argument.at);
	}
}

static const struct {
	struct bytes argument, local, domain;
	bool is_path, has_at;
} paths[] = {
    {BYTES("FROM:<a@b.example>"), BYTES("a"), BYTES("b.example"), true, true},
    {BYTES("from: <a@B.Example.> SIZE=1"), BYTES("a"), BYTES("b.example"), true, true},
    {BYTES("TO:a@b.example SIZE=1"), BYTES("a"), BYTES("b.example"), true, true},
    {BYTES("TO <a@b.example>"), BYTES("a"), BYTES("b.example"), true, true},
    {BYTES("FROM:<>"), BYTES(""), BYTES(""), true, false},
    {BYTES("TO:<postmaster>"), BYTES("postmaster"), BYTES(""), true, false},
    {BYTES("TO:<@a,@b:u@c.example>"), BYTES("u"), BYTES("c.example"), true, true},
    {BYTES("TO:<@[IPv6:::1]:u@c.example>"), BYTES("u"), BYTES("c.example"), true, true},
    {BYTES("TO:<\"a@b> c\"@d.example>"), BYTES("\"a@b> c\""), BYTES("d.example"), true, true},
    {BYTES("TO:<\"a\\\"@b\"@d.example>"), BYTES("\"a\\\"@b\""), BYTES("d.example"), true, true},
    {BYTES("TO:<u@[192.0.2.1]>"), BYTES("u"), BYTES("[192.0.2.1]"), true, true},
    {BYTES("TO:<u@[IPv6:2001:db8::1]>"), BYTES("u"), BYTES("[ipv6:2001:db8::1]"), true, true},
    {BYTES("TO:<a%b@c.example>"), BYTES("a%b"), BYTES("c.example"), true, true},
    {BYTES("TO:<\"open@g.example>"), BYTES("\"open"), BYTES("g.example"), true, true},
    {BYTES("TO:<u@b.example"), BYTES("u"), BYTES("b.example"), true, true},
    {BYTES("TO:<u@\xc3\x84.Example>"), BYTES("u"), BYTES("\xc3\x84.example"), true, true},
    {BYTES("TO:<u@>"), BYTES("u"), BYTES(""), true, true},
    {BYTES("TO:<u@.>"), BYTES("u"), BYTES(""), true, true},
    {BYTES("TO:<u@a(b>"), BYTES("u"), BYTES(""), true, true},
    {BYTES("TO:<u@a\0b>"), BYTES("u"), BYTES(""), true, true},
    {BYTES("<a@b.example>"), BYTES(""), BYTES(""), false, false},
    {BYTES(""), BYTES(""), BYTES(""), false, false},
};

static void
a_path_gives_its_domain(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		uint8_t name[PATH_DOMAIN_MAX];
		struct path p;
		bool is_path = path_read(paths[i].argument, &p);
		struct bytes domain = {name, path_domain(&p, name)};

		if (is_path != paths[i].is_path || !bytes_equal(p.local, paths[i].local) ||
		    p.has_at != paths[i].has_at || !bytes_equal(domain, paths[i].domain))
			fail_msg("%.*s: \"%.*s\" at \"%.*s\"", (int)paths[i].argument.len,
				 (const char *)paths[i].argument.at, (int)p.local.len,
				 p.local.len ? (const char *)p.local.at : "", (int)domain.len,
				 (const char *)domain.at);
	}
}

static void
a_parameter_is_a_whole_word(void **state)
{
	struct path p;

	(void)state;
	assert_true(path_read(BYTES("FROM:<a@b> SIZE=1 RequireTLS BODY=8BITMIME"), &p));
	assert_true(path_has_parameter(&p, BYTES("REQUIRETLS")));
	assert_true(path_read(BYTES("FROM:<a@b> REQUIRETLSX REQUIRETLS=1"), &p));
	assert_false(path_has_parameter(&p, BYTES("REQUIRETLS")));
	assert_true(path_read(BYTES("FROM:<REQUIRETLS@b>"), &p));
	assert_false(path_has_parameter(&p, BYTES("REQUIRETLS")));
}

static const struct {
	struct bytes text, echo;
} echoes[] = {
    {BYTES("5.5.1 Command unrecognized: \"XXXXXXXX\""), BYTES("XXXXXXXX")},
    {BYTES("unrecognized command XXXXXXXA"), BYTES("XXXXXXXA")},
    {BYTES("5.5.1 XXXXXXXX: command not recognized"), BYTES("XXXXXXXX")},
    {BYTES("XXXXXXXX not recognised"), BYTES("XXXXXXXX")},
    {BYTES("Error: command not recognized: XXXXXXXX"), BYTES("XXXXXXXX")},
    {BYTES("Command unknown: 'xxxxxxxx'"), BYTES("xxxxxxxx")},
    {BYTES("unknown: <********>"), BYTES("********")},
    {BYTES("unknown command (XXXXXXXa)."), BYTES("XXXXXXXa")},
    {BYTES("unknown [STARTTLX]"), BYTES("STARTTLX")},
    {BYTES("unknown: STARTTLX"), BYTES("STARTTLX")},
    {BYTES("unknown 'STARTTL'"), BYTES("STARTTL")},
    {BYTES("unknown <STARTTTLS>"), BYTES("STARTTTLS")},
    {BYTES("unknown \"XTARTTLX\""), BYTES("XTARTTLX")},
    {BYTES("unknown: \"STARTTLS\""), BYTES("")},
    {BYTES("unknown: starttls"), BYTES("")},
    {BYTES("STARTLS is not supported"), BYTES("")},
    {BYTES("before session: starts later"), BYTES("")},
    {BYTES("no such host xxxxx.example"), BYTES("")},
    {BYTES("XXX"), BYTES("")},
    {BYTES("TLS not available"), BYTES("")},
    /* Ordinary error texts. */
    {BYTES("what is ****?"), BYTES("")},
    {BYTES("Command unknown: 'XXX'"), BYTES("")},
    {BYTES("5.7.1 ***** You are blocked *****"), BYTES("")},
    {BYTES("5.7.1 ******** You are blocked ********"), BYTES("")},
    {BYTES("5.5.1 ********"), BYTES("")},
    {BYTES("4.7.0 **** TLS temporarily unavailable ****"), BYTES("")},
    {BYTES("4.7.0 ************************************"), BYTES("")},
    {BYTES("5.5.1 Error: START-TLS not available"), BYTES("")},
    {BYTES("5.5.1 Error: -STARTTLS not available"), BYTES("")},
    {BYTES("4.3.3 TLS not available (START_TLS disabled)"), BYTES("")},
    {BYTES("4.3.3 TLS not available (STARTLS is disabled)"), BYTES("")},
    {BYTES("4.7.0 TLS not available, ticket id: xxxx"), BYTES("")},
    {BYTES("5.7.1 Client host [xxxx] blocked"), BYTES("")},
    {BYTES("5.7.1 Client host [xxxxxxxx] blocked"), BYTES("")},
    {BYTES("5.7.1 Client xxxxxxxx is blocked"), BYTES("")},
    {BYTES("5.7.1 blocked, see id=xxxxxxxx"), BYTES("")},
    {BYTES("4.7.0 xxxx Too many connections"), BYTES("")},
    {BYTES(""), BYTES("")},
};

static void
an_echo_quotes_what_was_not_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(echoes) / sizeof(echoes[0]); i++)
		if (!bytes_equal(padding_echo(echoes[i].text), echoes[i].echo))
			fail_msg("%.*s", (int)echoes[i].text.len, (const char *)echoes[i].text.at);
}

static void
padding_may_end_in_an_ordinal(void **state)
{
	(void)state;
	assert_true(padding_is_word(BYTES("XXXXXXXX")));
	assert_true(padding_is_word(BYTES("XxXx****")));
	assert_true(padding_is_word(BYTES("XXXXXXXB")));
	assert_false(padding_is_word(BYTES("XXXXXXBB")));
	assert_true(padding_is_word(BYTES("XXXXXXXb")));
	assert_false(padding_is_word(BYTES("XXXXXXX1")));
	assert_false(padding_is_word(BYTES("B")));
	assert_false(padding_is_word(BYTES("")));
}

static void
commands_wait_in_order(void **state)
{
	struct pending p = {.first = PENDING_RUNS_MAX - 1};

	(void)state;
	assert_int_equal(pending_head(&p), AWAIT_NOTHING);
	assert_true(pending_push(&p, AWAIT_MAIL));
	for (int i = 0; i < 2 * PENDING_RUN_MAX; i++)
		assert_true(pending_push(&p, AWAIT_RCPT));
	assert_true(pending_push(&p, AWAIT_DATA));
	assert_int_equal(p.count, 4);
	pending_pop(&p);
	for (int i = 0; i < 2 * PENDING_RUN_MAX; i++) {
		assert_int_equal(pending_head(&p), AWAIT_RCPT);
		pending_pop(&p);
	}
	assert_true(pending_has(&p, AWAIT_DATA));
	assert_false(pending_has(&p, AWAIT_RCPT));
	pending_pop(&p);
	assert_true(pending_put_front(&p, AWAIT_CONTENT, 2));
	pending_pop(&p);
	assert_int_equal(pending_head(&p), AWAIT_CONTENT);
	pending_pop(&p);
	pending_pop(&p);
	assert_int_equal(pending_head(&p), AWAIT_NOTHING);
}

static void
a_full_ring_refuses(void **state)
{
	struct pending p = {0};

	(void)state;
	for (int i = 0; i < PENDING_RUNS_MAX; i++)
		assert_true(pending_push(&p, i % 2 ? AWAIT_RCPT : AWAIT_MAIL));
	assert_false(pending_push(&p, AWAIT_DATA));
	assert_false(pending_put_front(&p, AWAIT_DATA, 1));
	assert_true(pending_push(&p, AWAIT_RCPT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_verb_is_a_whole_word),
	    cmocka_unit_test(a_chunk_has_a_size_that_can_be),
	    cmocka_unit_test(a_mechanism_is_never_a_secret),
	    cmocka_unit_test(a_path_gives_its_domain),
	    cmocka_unit_test(a_parameter_is_a_whole_word),
	    cmocka_unit_test(an_echo_quotes_what_was_not_sent),
	    cmocka_unit_test(padding_may_end_in_an_ordinal),
	    cmocka_unit_test(commands_wait_in_order),
	    cmocka_unit_test(a_full_ring_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
