/* What must not be kept of a line is blanked, and its length stays. */
#include "dissector/scrub.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	void (*scrub)(uint8_t *, size_t);
	const char *in, *out;
} rows[] = {
    {scrub_command, "EHLO mx.example\r\n", "EHLO mx.example\r\n"},
    {scrub_command, "MAIL FROM:<alice@b.example> SIZE=1\r\n",
     "MAIL FROM:<xxxxx@b.example> SIZE=1\r\n"},
    {scrub_command, "mail from: alice@b.example\n", "mail from: xxxxx@b.example\n"},
    {scrub_command, "MAIL FROM:<> AUTH=<>\r\n", "MAIL FROM:<> AUTH=<>\r\n"},
    {scrub_command, "MAIL FROM:<a@b> AUTH=alice ENVID=q1\r\n",
     "MAIL FROM:<x@b> AUTH=xxxxx ENVID=xx\r\n"},
    {scrub_command, "RCPT TO:<@a,@b:bob@c.example>\r\n", "RCPT TO:<@a,@b:xxx@c.example>\r\n"},
    {scrub_command, "RCPT TO:<\"b o@b\"@c.example>\r\n", "RCPT TO:<xxxxxxx@c.example>\r\n"},
    {scrub_command, "RCPT TO:<postmaster>\r\n", "RCPT TO:<xxxxxxxxxx>\r\n"},
    {scrub_command, "RCPT bob\r\n", "RCPT xxx\r\n"},
    {scrub_command, "AUTH PLAIN AGEAYg==\r\n", "AUTH PLAIN xxxxxxxx\r\n"},
    {scrub_command, "AUTH LOGIN\r\n", "AUTH LOGIN\r\n"},
    {scrub_command, "AUTH AGEAYg==\r\n", "AUTH xxxxxxxx\r\n"},
    {scrub_command, "VRFY alice\r\n", "VRFY xxxxx\r\n"},
    {scrub_command, "EXPN staff list\r\n", "EXPN xxxxxxxxxx\r\n"},
    {scrub_command, "HELO alice@home\r\n", "HELO xxxxx@home\r\n"},
    {scrub_command, "XXXXXXXX\r\n", "XXXXXXXX\r\n"},
    {scrub_command, "PASS sesame\r\n", "xxxx xxxxxx\r\n"},
    {scrub_command, "EHLO bob'x@b.example\r\n", "EHLO xxxxx@b.example\r\n"},
    {scrub_command, "EHLO \"bob b\\\"ann c\"@b.example\r\n", "EHLO xxxxxxxxxxxxxx@b.example\r\n"},
    {scrub_command, "HELO my dear\r\n", "HELO xxxxxxx\r\n"},
    {scrub_command, "EHLO [IPv6:2001:db8::1]\r\n", "EHLO [IPv6:2001:db8::1]\r\n"},
    {scrub_command, "QUIT it now\r\n", "QUIT xxxxxx\r\n"},
    {scrub_command, "DATA was lost\r\n", "DATA xxxxxxxx\r\n"},
    {scrub_command, "BDAT 70 LAST\r\n", "BDAT 70 LAST\r\n"},
    {scrub_command, "BDAT 70 secret\r\n", "BDAT xxxxxxxxx\r\n"},
    {scrub_command, "STARTTLX now\r\n", "STARTTLX xxx\r\n"},
    {scrub_command, "XXXXXXXB\r\n", "XXXXXXXB\r\n"},
    {scrub_command, "sesame\r\n", "xxxxxx\r\n"},
    {scrub_command, "MAIN road\r\n", "xxxx xxxx\r\n"},
    {scrub_command, "X-EXPS NTLM TlRM\r\n", "X-EXPS NTLM xxxx\r\n"},
    {scrub_command, "AUTH sesame\r\n", "AUTH xxxxxx\r\n"},
    {scrub_command, "RCPT TO:<\"bob ann=a@b.example>\r\n", "RCPT TO:<xxxx xxxxxxxxxxxxxxxx\r\n"},
    {scrub_command, "RCPT TO:bob ann=sue@b.example\r\n", "RCPT TO:xxx xxxxxxxxxxxxxxxxx\r\n"},
    {scrub_command, "RCPT TO:<a@bob or ann> SIZE=bob RET=FULL\r\n",
     "RCPT TO:<x@xxxxxxxxxx> SIZE=xxx RET=FULL\r\n"},
    {scrub_command, "RCPT TO:<@bob b,@ann:a@b.example> BY=120;R\r\n",
     "RCPT TO:<xxxxxxxxxxxxx@b.example> BY=120;R\r\n"},
    {scrub_command, "RCPT TO:<a@b.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;12\r\n",
     "RCPT TO:<x@b.example> NOTIFY=FAILURE,DELAY ORCPT=xxxxxxxxx\r\n"},
    {scrub_doubtful_command, "EHLO bob\r\n", "EHLO xxx\r\n"},
    {scrub_doubtful_command, "EHLO b.example\r\n", "EHLO b.example\r\n"},
    {scrub_doubtful_command, "MAIL FROM:<a@bob>\r\n", "MAIL FROM:<x@xxx>\r\n"},
    {scrub_verb, "EHLO b.example\r\n", "EHLO xxxxxxxxx\r\n"},
    {scrub_verb, "Dear Bob\r\n", "xxxx xxx\r\n"},
    {scrub_command, "c2VzYW1l\r\n", "xxxxxxxx\r\n"},
    {scrub_command, "Hello, Alice\r\n", "xxxxxx xxxxx\r\n"},
    {scrub_command, "\r\n", "\r\n"},
    {scrub_reply, "250 <alice@b.example> ok\r\n", "250 <xxxxx@b.example> ok\r\n"},
    {scrub_reply, "550 <\"a b\"@c.example>: no\r\n", "550 <xxxxx@c.example>: no\r\n"},
    {scrub_reply, "550 bob@c.example no\r\n", "550 xxx@c.example no\r\n"},
    {scrub_reply, "550 <bob>... no\r\n", "550 <xxx>... no\r\n"},
    {scrub_reply, "550 a@b@c d@e\r\n", "550 x@x@c x@e\r\n"},
    {scrub_reply, "354 end with <CR><LF>.<CR><LF>\r\n", "354 end with <CR><LF>.<CR><LF>\r\n"},
    {scrub_reply, "250-STARTTLS\r\n", "250-STARTTLS\r\n"},
    {scrub_reply, "250 bob'x@b.example\r\n", "250 xxxxx@b.example\r\n"},
    {scrub_reply, "250 \"bob b\\\"ann c\"@b.example\r\n", "250 xxxxxxxxxxxxxx@b.example\r\n"},
    {scrub_reply, "553 <\"bob b=a@b.example>\r\n", "553 <xxxxxxxx@b.example>\r\n"},
    {scrub_reply, "250 mx Hello bob at host [192.0.2.7]\r\n",
     "250 mx Hello xxx at host [192.0.2.7]\r\n"},
    {scrub_reply, "250 mx Hello bob [192.0.2.7]\r\n", "250 mx Hello xxx [192.0.2.7]\r\n"},
    {scrub_reply, "250 mx Hello b.example [192.0.2.7]\r\n",
     "250 mx Hello b.example [192.0.2.7]\r\n"},
    {scrub_reply, "250-mx hello bob, nice to meet you\r\n",
     "250-mx hello xxx, nice to meet you\r\n"},
    {scrub_reply, "250-mx Hello b.example.\r\n", "250-mx Hello b.example.\r\n"},
    {scrub_reply, "250-mx Hello [192.0.2.7], nice\r\n", "250-mx Hello [192.0.2.7], nice\r\n"},
    {scrub_reply, "250-mx Hello \r\n", "250-mx Hello \r\n"},
    {scrub_reply_by_code, "454 TLS not available\r\n", "454 TLS not available\r\n"},
    {scrub_reply_by_code, "550 5.1.1 bob: unknown\r\n", "550 5.1.1 xxxxxxxxxxxx\r\n"},
    {scrub_reply_by_code, "bob is here\r\n", "xxxxxxxxxxx\r\n"},
    {scrub_reply_words, "220 2.0.0 Ready to start TLS\r\n", "220 2.0.0 Ready to start TLS\r\n"},
    {scrub_reply_words, "220 mx.a.example bob ESMTP\r\n", "220 mx.a.example xxx ESMTP\r\n"},
    {scrub_reply_words, "250-bob\r\n", "250-xxx\r\n"},
    {scrub_reply_words, "250-SIZE 1000\r\n", "250-SIZE 1000\r\n"},
    {scrub_reply_words, "250-AUTH=LOGIN sesame\r\n", "250-AUTH=LOGIN xxxxxx\r\n"},
    {scrub_reply_words, "250 ok 491511234567\r\n", "250 ok xxxxxxxxxxxx\r\n"},
    {scrub_reply_words, "250 XXXXXXXA\r\n", "250 XXXXXXXA\r\n"},
    {scrub_ehlo_words, "250-mx\r\n", "250-mx\r\n"},
    {scrub_ehlo_words, "250-mx bob\r\n", "250-xx xxx\r\n"},
    {scrub_ehlo_words, "250 bob\r\n", "250 xxx\r\n"},
    {scrub_reply_text, "334 VXNl\r\n", "334 xxxx\r\n"},
    {scrub_reply_text, "250-Alice\r\n", "250-xxxxx\r\n"},
    {scrub_reply_text, "nonsense\r\n", "xxxxxxxx\r\n"},
    {scrub_all, "c2Vz\r\n", "xxxx\r\n"},
    {scrub_all, "", ""},
};

static void
what_must_not_be_kept_is_blanked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].in);
		uint8_t *line = malloc(len ? len : 1); /* its exact size */

		memcpy(line, rows[i].in, len);
		rows[i].scrub(line, len);
		if (memcmp(line, rows[i].out, len) != 0)
			fail_msg("%s became %.*s", rows[i].in, (int)len, (const char *)line);
		free(line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_must_not_be_kept_is_blanked)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
