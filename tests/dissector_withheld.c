/*
 * Flows that need no more reading, through the front door: when the gate is told to
 * withhold them, and what that must not change.
 */
#include "tests/dialogue_build.h"

/* A session with so much ciphertext that the gate is told of it. */
static void
say_much(struct dialogue *g)
{
	be_offered(g);
	client(g, "STARTTLS\r\n");
	server(g, "220 go\r\n");
	shake_hands(g);
	for (int i = 0; i < 9; i++)
		say_record(g, SIDE_CLIENT, 23, 16000);
}

/* What the gate withheld is missing from no session. */
static void
ciphertext_that_is_withheld_is_no_gap(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	say_much(&g);
	assert_int_equal(gate.withheld, 1);
	g.seq[SIDE_CLIENT] += 3000000000;
	g.seq[SIDE_SERVER] += 5000;
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_int_equal(gate.admitted, 1);
	assert_int_equal(told[0].s.gap_bytes, 0);
	assert_int_equal(told[0].s.ending, ENDING_FIN);
	assert_int_equal(told[0].s.ended_by, SIDE_SERVER);
	assert_true(told[0].s.complete);
	assert_int_equal(session_outcome(&told[0].s), OUTCOME_ENCRYPTED);
}

static void
what_is_withheld_is_not_idle_as_long_as_it_goes_on(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	say_much(&g);
	for (int i = 0; i < 5; i++) {
		gate.packets++;
		dissector_expire(dissector, g.time += 1000000000);
		assert_int_equal(told_count, 0);
	}
	dissector_expire(dissector, g.time += 1000000000);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ending, ENDING_IDLE);
	assert_int_equal(gate.admitted, 1);
}

/* The count of its reset is not one that goes on behind it. */
static void
a_reset_of_what_was_withheld_lingers_no_longer(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	say_much(&g);
	gate.packets = 500;
	say(&g, SIDE_CLIENT, TCP_RST | TCP_ACK, NULL);
	dissector_expire(dissector, g.time + 10000000);
	assert_int_equal(told_count, 0);
	dissector_expire(dissector, g.time + 10000001);
	assert_int_equal(told_count, 1);
}

/* A mark that went is set again; with a rival between the same ends it is not. */
static void
a_flow_that_comes_again_is_withheld_again(void **state)
{
	struct dialogue g = dialogue(40000), other = dialogue(40000);

	(void)state;
	say_much(&g);
	say_record(&g, SIDE_CLIENT, 23, 1000);
	assert_int_equal(gate.withheld, 2);
	other.seq[SIDE_CLIENT] = 700000000;
	other.seq[SIDE_SERVER] = 900000000;
	other.time = g.time;
	connect_ends(&other);
	assert_int_equal(gate.admitted, 1);
	g.time = other.time;
	say_record(&g, SIDE_CLIENT, 23, 1000);
	assert_int_equal(gate.withheld, 2);
}

/* A little ciphertext is read to its end: it costs nothing, and something may break into it. */
static void
a_short_session_is_read_whole(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "STARTTLS\r\n");
	server(&g, "220 go\r\n");
	shake_hands(&g);
	say_record(&g, SIDE_CLIENT, 23, 16000);
	server(&g, "454 TLS not available\r\n");
	close_ends(&g);
	dissector_finish(dissector);
	assert_int_equal(gate.withheld, 0);
	assert_true(told[0].s.tls.is_interrupted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(ciphertext_that_is_withheld_is_no_gap),
	    CASE(what_is_withheld_is_not_idle_as_long_as_it_goes_on),
	    CASE(a_reset_of_what_was_withheld_lingers_no_longer),
	    CASE(a_flow_that_comes_again_is_withheld_again),
	    CASE(a_short_session_is_read_whole),
	};

	return cmocka_run_group_tests_name("withheld", tests, NULL, NULL);
}
