/*
 * Resets, through the front door: which are believed, and what contradicts one.
 */
#include "tests/dialogue_build.h"

static void
a_reset_out_of_sequence_is_not_believed(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_RST, NULL);
	p.seq += 300;
	feed(&p);
	client(&g, "QUIT\r\n");
	server(&g, "221 bye\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.ending, ENDING_FIN);
	assert_true(told[0].s.complete);
}

static void
a_reset_in_sequence_ends_the_session(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	say(&g, SIDE_CLIENT, TCP_RST, NULL);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ending, ENDING_RESET);
	assert_int_equal(told[0].s.ended_by, SIDE_CLIENT);
	assert_int_equal(told[0].s.reset_count, 0);
}

static void
a_reset_is_contradicted_by_its_sender_going_on(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_RST, NULL);
	p.ttl = 250;
	feed(&p);
	server(&g, REPLY);
	client(&g, "QUIT\r\n");
	server(&g, "221 bye\r\n");
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.reset_count, 1);
	assert_int_equal(told[0].s.resets[0].contradictions & RESET_DATA_FOLLOWED,
			 RESET_DATA_FOLLOWED);
	assert_int_equal(told[0].s.resets[0].contradictions & RESET_TTL_DIFFERS, RESET_TTL_DIFFERS);
	assert_int_equal(told[0].s.resets[0].ttl, 250);
	assert_int_equal(told[0].s.resets[0].usual_ttl, 57);
	assert_int_equal(told[0].s.ending, ENDING_FIN);
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
}

/* What is kept of a reset with these values in the client's name, whose IP-IDs rise by step. */
static uint8_t
contradictions_of(uint16_t step, uint8_t ttl, uint16_t ip_id, uint16_t window)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	told_count = 0;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	for (int i = 0; i < 6; i++) {
		client(&g, "NOOP\r\n");
		g.ip_id[SIDE_CLIENT] = (uint16_t)(g.ip_id[SIDE_CLIENT] + step - 1);
		server(&g, "250 ok\r\n");
	}
	p = packet_of(&g, SIDE_CLIENT, TCP_RST, NULL);
	p.ttl = ttl;
	p.ip_id = ip_id;
	p.window = window;
	feed(&p);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	return told[0].s.reset_count ? told[0].s.resets[0].contradictions : 0;
}

static void
a_reset_is_doubted_by_what_is_not_its_senders(void **state)
{
	const uint8_t both = RESET_IP_ID_DIFFERS | RESET_WINDOW_DIFFERS;

	(void)state;
	assert_int_equal(contradictions_of(1, 64, 110, 500), 0);
	assert_int_equal(contradictions_of(1, 64, 0, 0), 0);
	assert_int_equal(contradictions_of(1, 30, 0, 0), RESET_TTL_DIFFERS);
	assert_int_equal(contradictions_of(1, 64, 40000, 1), both);
	/* One of the two alone, or from a sender who does not count, says nothing. */
	assert_int_equal(contradictions_of(1, 64, 40000, 500), 0);
	assert_int_equal(contradictions_of(1, 64, 110, 1), 0);
	assert_int_equal(contradictions_of(7777, 64, 40000, 1), 0);
}

static void
what_a_reset_shows_to_be_lost_is_not_denied(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_offered(&g);
	lose(&g, SIDE_CLIENT, 10); /* STARTTLS */
	say(&g, SIDE_CLIENT, TCP_RST, NULL);
	dissector_finish(dissector);
	assert_int_equal(told[0].s.gap_bytes, 10);
	assert_int_equal(told[0].s.ending, ENDING_RESET);
	assert_false(told[0].s.complete);
	assert_int_equal(told[0].s.smtp.requested, FACT_UNSEEN);
}

static void
what_a_reset_acknowledges_is_not_denied(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_offered(&g);
	lose(&g, SIDE_CLIENT, 30); /* MAIL */
	lose(&g, SIDE_SERVER, 8);
	say(&g, SIDE_CLIENT, TCP_RST | TCP_ACK, NULL);
	dissector_finish(dissector);
	assert_int_equal(told[0].s.gap_bytes, 38);
	assert_false(told[0].s.complete);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_reset_out_of_sequence_is_not_believed),
	    CASE(a_reset_in_sequence_ends_the_session),
	    CASE(a_reset_is_contradicted_by_its_sender_going_on),
	    CASE(a_reset_is_doubted_by_what_is_not_its_senders),
	    CASE(what_a_reset_shows_to_be_lost_is_not_denied),
	    CASE(what_a_reset_acknowledges_is_not_denied),
	};

	return cmocka_run_group_tests_name("reset", tests, NULL, NULL);
}
