/*
 * The same ends again, through the front door: a connection behind another, whether or
 * not its SYN and the other's end were captured.
 */
#include "tests/dialogue_build.h"

static void
ports_used_again_after_the_end_are_a_new_session(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	for (int i = 0; i < 2; i++) {
		connect_ends(&g);
		deliver_mail(&g);
		close_ends(&g);
		g.seq[SIDE_CLIENT] += 77777;
		g.seq[SIDE_SERVER] += 99999;
	}
	assert_int_equal(told_count, 2);
	assert_true(told[0].s.complete);
	assert_true(told[1].s.complete);
	assert_true(told[1].s.start > told[0].s.end);
}

static void
ports_used_again_without_an_end_are_a_new_session_once_answered(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	g.seq[SIDE_CLIENT] += 77777;
	g.seq[SIDE_SERVER] += 99999;
	connect_ends(&g);
	deliver_mail(&g);
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ending, ENDING_FIN);
	assert_int_equal(told[0].s.smtp.mail_count, 1);
	assert_true(told[0].s.complete);
	/* The old one might have gone on. */
	dissector_expire(dissector, g.time + 3600000000);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[1].s.ending, ENDING_REUSED);
	assert_true(told[1].s.start < told[0].s.start);
}

static void
ports_used_again_and_again_are_a_session_each(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	for (int i = 0; i < 4; i++) {
		connect_ends(&g);
		deliver_mail(&g);
		g.time += 20000000;
		g.seq[SIDE_CLIENT] += 77777;
		g.seq[SIDE_SERVER] += 99999;
	}
	dissector_finish(dissector);
	assert_int_equal(told_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(told[i].s.smtp.mail_count, 1);
		assert_true(told[i].s.smtp.message_sent);
		assert_true(told[i].s.clear_whole);
		assert_int_equal(told[i].s.conflicts_total, 0);
	}
}

/* Under TLS nobody is seen to say QUIT. */
static void
ports_used_again_at_once_behind_tls_are_a_session_each(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	for (int i = 0; i < 5; i++) {
		be_offered(&g);
		client(&g, "STARTTLS\r\n");
		server(&g, "220 go ahead\r\n");
		shake_hands(&g);
		close_ends(&g);
		g.time += 1000000;
		g.seq[SIDE_CLIENT] += 77777;
		g.seq[SIDE_SERVER] += 99999;
	}
	dissector_finish(dissector);
	assert_int_equal(told_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(told[i].s.tls.complete, FACT_YES);
		assert_int_equal(told[i].s.ending, ENDING_FIN);
		assert_true(told[i].s.complete);
	}
}

static void
a_forged_syn_changes_nothing(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	p = packet_of(&g, SIDE_CLIENT, TCP_SYN, NULL);
	p.seq += 5000;
	feed(&p);
	client(&g, "QUIT\r\n");
	server(&g, "221 bye\r\n");
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ending, ENDING_FIN);
	assert_true(told[0].s.complete);
}

static void
a_side_begun_without_its_syn_claims_no_absence(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	say(&g, SIDE_CLIENT, TCP_SYN, NULL);
	lose(&g, SIDE_SERVER, 1 + 60); /* SYN-ACK, greeting, half of a reply */
	client(&g, "EHLO out.example.org\r\n");
	server(&g, "250-SIZE 1000\r\n250 HELP\r\n");
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	dissector_finish(dissector);
	assert_int_equal(told[0].s.smtp.offered, FACT_UNSEEN);
	assert_false(told[0].s.complete);
}

static void
ports_used_again_without_a_syn_are_a_new_session(void **state)
{
	struct dialogue g = dialogue(40000), again = dialogue(40000);

	(void)state;
	connect_ends(&g);
	deliver_mail(&g);
	say(&g, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL);
	say(&g, SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL);
	again.time = g.time;
	lose(&again, SIDE_CLIENT, 3000000);
	lose(&again, SIDE_SERVER, 4000000);
	deliver_mail(&again);
	dissector_finish(dissector);
	assert_int_equal(told_count, 2);
	assert_true(told[0].s.complete);
	assert_int_equal(told[0].s.gap_bytes, 0);
	assert_false(told[1].s.complete);
	assert_true(told[1].s.smtp.message_sent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(ports_used_again_after_the_end_are_a_new_session),
	    CASE(ports_used_again_without_an_end_are_a_new_session_once_answered),
	    CASE(ports_used_again_and_again_are_a_session_each),
	    CASE(ports_used_again_at_once_behind_tls_are_a_session_each),
	    CASE(a_forged_syn_changes_nothing),
	    CASE(a_side_begun_without_its_syn_claims_no_absence),
	    CASE(ports_used_again_without_a_syn_are_a_new_session),
	};

	return cmocka_run_group_tests_name("reuse", tests, NULL, NULL);
}
