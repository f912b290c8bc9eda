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
    {scrub_command, "AUTH PLAIN AGEAYg==\r\n", "AUTH PLAINxxxxxxxxx\r\n"},
    {scrub_command, "AUTH LOGIN\r\n", "AUTH LOGIN\r\n"},
    {scrub_command, "AUTH AGEAYg==\r\n", "AUTH xxxxxxxx\r\n"},
    {scrub_command, "VRFY alice\r\n", "VRFY xxxxx\r\n"},
    {scrub_command, "EXPN staff list\r\n", "EXPN xxxxxxxxxx\r\n"},
    {scrub_command, "HELO alice@home\r\n", "HELO xxxxx@home\r\n"},
    {scrub_command, "XXXXXXXX\r\n", "XXXXXXXX\r\n"},
    {scrub_command, "PASS sesame\r\n", "PASS xxxxxx\r\n"},
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
