/*
 * Sessions that are told before their end, through the front door.
 */
#include "tests/dialogue_build.h"

/* What is decided is told before the end, once, and then again at the end. */
static void
what_is_decided_is_told_while_it_is_under_way(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_greeted(&g, REPLY);
	dissector_report(dissector);
	assert_int_equal(told_count, 1);
	assert_true(told[0].s.is_under_way);
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
	assert_int_equal(told[0].s.smtp.requested, FACT_UNSEEN);
	dissector_report(dissector);
	assert_int_equal(told_count, 1);
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	dissector_report(dissector);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[1].s.smtp.mail_count, 1);
	server(&g, "250 ok\r\n");
	client(&g, "QUIT\r\n");
	server(&g, "221 bye\r\n");
	close_ends(&g);
	assert_int_equal(told_count, 3);
	assert_false(told[2].s.is_under_way);
	assert_true(told[2].s.complete);
	dissector_report(dissector);
	assert_int_equal(told_count, 3);
}

/* Whom a mail is for decides what is demanded of it, long before it is sent. */
static void
a_recipient_is_told_while_it_is_under_way(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_greeted(&g, REPLY);
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	dissector_report(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.rcpt_count, 0);
	client(&g, "RCPT TO:<bert@example.net>\r\n");
	dissector_report(dissector);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[1].s.rcpt_count, 1);
	server(&g, "250 ok\r\n");
	client(&g, "RCPT TO:<carl@example.net>\r\n");
	dissector_report(dissector);
	assert_int_equal(told_count, 2);
	server(&g, "250 ok\r\n");
	client(&g, "RCPT TO:<dora@example.com>\r\n");
	dissector_report(dissector);
	assert_int_equal(told_count, 3);
	assert_int_equal(told[2].s.rcpt_count, 2);
}

/* More of them than are remembered are told all the same. */
static void
many_decisions_at_once_are_all_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct dialogue g = dialogue((uint16_t)(10000 + i));

		connect_ends(&g);
		server(&g, "220 mx.example.net ESMTP\r\n");
	}
	for (unsigned i = 0; i < 3000; i++) {
		struct dialogue g = dialogue((uint16_t)(10000 + i));

		g.seq[SIDE_CLIENT] += 1;
		g.seq[SIDE_SERVER] += 1 + 26;
		g.time += 10000;
		client(&g, "EHLO out.example.org\r\n");
		server(&g, REPLY);
	}
	dissector_report(dissector);
	assert_int_equal(report_count, 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    REPORTS(what_is_decided_is_told_while_it_is_under_way),
	    REPORTS(a_recipient_is_told_while_it_is_under_way),
	    REPORTS(many_decisions_at_once_are_all_told),
	};

	return cmocka_run_group_tests_name("under way", tests, NULL, NULL);
}
