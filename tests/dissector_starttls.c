/*
 * Where TLS begins, or should, through the front door: text in its place, alerts, a
 * second STARTTLS, headers that somebody planted.
 */
#include "tests/dialogue_build.h"

/* Where the ServerHello should be the server says something else. */
static void
be_answered_in_text(struct dialogue *g)
{
	struct build hello = client_hello();

	be_offered(g);
	client(g, "STARTTLS\r\n");
	server(g, "220 go\r\n");
	say_bytes(g, SIDE_CLIENT, built(&hello));
	server(g, "454 TLS not available\r\n");
}

/* Text in place of TLS, and the session goes on in clear: what was sent is told. */
static void
text_in_place_of_tls_is_read_on(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_answered_in_text(&g);
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	client(&g, "RCPT TO:<bert@example.net>\r\n");
	server(&g, "250 ok\r\n");
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.tls.complete, FACT_NO);
	assert_true(told[0].s.smtp.server_text_after);
	assert_true(told[0].s.smtp.client_text_after);
	assert_true(told[0].s.smtp.mail_accepted);
	assert_string_equal(told[0].rcpt, "example.net");
	assert_int_equal(session_outcome(&told[0].s), OUTCOME_PLAINTEXT);
}

/* The hello is missing, but the alert answers it: what follows came behind both. */
static void
text_behind_a_servers_alert_is_not_ahead_of_the_client(void **state)
{
	struct dialogue g = dialogue(40000);
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};

	(void)state;
	server(&g, "220 go\r\n");
	g.seq[SIDE_CLIENT] += 600;
	say_bytes(&g, SIDE_SERVER, (struct bytes){alert, sizeof(alert)});
	server(&g, "421 TLS failed\r\n");
	close_ends(&g);
	dissector_finish(dissector);
	assert_int_equal(told[0].s.smtp.accepted, FACT_YES);
	assert_int_equal(told[0].s.smtp.server_injected, 0);
	assert_true(told[0].s.smtp.server_text_after);
}

/* A client that asks again after a failure gets another handshake; the first one's end is not its.
 */
static void
a_second_starttls_begins_tls_anew(void **state)
{
	struct dialogue g = dialogue(40000), cut = dialogue(40001), *each[] = {&g, &cut};
	struct build hello = client_hello();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		be_offered(each[i]);
		client(each[i], "STARTTLS\r\n");
		server(each[i], "220 go\r\n");
		say_bytes(each[i], SIDE_CLIENT, built(&hello));
		server(each[i], "454 TLS not available\r\n");
		client(each[i], "STARTTLS\r\n");
		server(each[i], "220 go\r\n");
		if (i == 0)
			shake_hands(each[i]);
		else
			say_bytes(each[i], SIDE_CLIENT, built(&hello));
	}
	dissector_finish(dissector);
	assert_int_equal(told_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct session *s = &told[i].s;
		bool is_whole = s->client_port == 40000;

		assert_int_equal(s->smtp.starttls_requests, 2);
		assert_true(s->smtp.server_text_after);
		assert_int_equal(s->tls.complete, is_whole ? FACT_YES : FACT_UNSEEN);
		assert_int_equal(s->tls.failure, TLS_NOT_FAILED);
		assert_int_equal(s->tls.server_hello, is_whole);
		assert_int_equal(session_outcome(s),
				 is_whole ? OUTCOME_ENCRYPTED : OUTCOME_PARTIAL);
	}
}

/* What looks like TLS once more, and nobody asked for it, undoes no failure. */
static void
tls_that_nobody_asked_for_again_undoes_no_failure(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_answered_in_text(&g);
	client(&g, "NOOP\r\n");
	server(&g, "250 ok\r\n");
	shake_hands(&g);
	dissector_finish(dissector);
	assert_int_equal(told[0].s.tls.complete, FACT_NO);
}

/* TLS that was closed covers nothing that comes behind it. */
static void
mail_behind_closed_tls_is_told_and_a_leave_is_not(void **state)
{
	static const char *const said[] = {"MAIL FROM:<anna@example.org>\r\n", "QUIT\r\n"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct dialogue g = dialogue((uint16_t)(40000 + i));

		be_offered(&g);
		client(&g, "STARTTLS\r\n");
		server(&g, "220 go\r\n");
		shake_hands(&g);
		say_record(&g, SIDE_CLIENT, 21, 26);
		client(&g, said[i]);
		server(&g, "250 ok\r\n");
		close_ends(&g);
		assert_int_equal(told_count, i + 1);
		assert_int_equal(told[i].s.tls.complete, FACT_YES);
		assert_false(told[i].s.tls.is_interrupted);
		assert_int_equal(told[i].s.smtp.mail_after_tls, i == 0);
	}
}

/* Where the packets before it are missing it may have been asked for. */
static void
tls_that_the_capture_begins_with_is_not_implicit(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	shake_hands(&g);
	close_ends(&g);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.tls.complete, FACT_YES);
	assert_false(told[0].s.tls.is_implicit);
	assert_int_equal(session_outcome(&told[0].s), OUTCOME_ENCRYPTED);
}

/* One segment that looks like TLS, ahead of a dialogue. */
static void
a_dialogue_that_began_like_tls_is_read_on(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	say_bytes(&g, SIDE_CLIENT, BYTES("\x16\x03\x01\x40\x00"));
	deliver_mail(&g);
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_false(told[0].s.clear_whole);
	assert_int_equal(told[0].s.smtp.mail_count, 1);
	assert_string_equal(told[0].rcpt, "example.net");
	assert_int_equal(session_outcome(&told[0].s), OUTCOME_PLAINTEXT);
}

/*
 * A record's header is five bytes that anybody can send: what it announces is
 * text all the same, is read on as such, and is not kept.
 */
static void
a_planted_header_hides_no_text(void **state)
{
	static const struct bytes headers[] = {
	    BYTES("\x14\x03\x01\x40\x00"),
	    BYTES("\x15\x03\x01\x40\x00"),
	    BYTES("\x16\x03\x01\x40\x00"),
	    BYTES("\x17\x03\x01\x40\x00"),
	    BYTES("\x18\x03\x01\x40\x00"),
	    BYTES("\x16\x03\x01\x40\x00\x01\x00\x00\x10"),
	    BYTES("\x16\x03\x01\x40\x00\x0b\x00\x3f\xfc"),
	    BYTES("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"),
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(headers) / sizeof(headers[0]); i++) {
		struct dialogue g = dialogue((uint16_t)(40000 + i));
		char name[16];

		snprintf(name, sizeof(name), "%zu", i);
		be_offered(&g);
		client(&g, "STARTTLS\r\n");
		server(&g, "220 go\r\n");
		say_bytes(&g, SIDE_CLIENT, headers[i / 2]);
		/* Of the server's a side that ends in text looks no different. */
		if (i % 2)
			say_bytes(&g, SIDE_SERVER, BYTES("\x16\x03\x03\x40\x00"));
		client(&g, "MAIL FROM:<secret@example.org>\r\n");
		server(&g, "250 2.1.0 <secret@example.org>\r\n");
		client(&g, "RCPT TO:<secret@example.net>\r\n");
		server(&g, "250 ok\r\n");
		client(&g, "DATA\r\n");
		server(&g, "354 go\r\n");
		client(&g, "Subject: secret\r\n\r\nsecret\r\n.\r\n");
		server(&g, "250 ok\r\n");
		close_ends(&g);
		dissector_finish(dissector);
		assert_int_equal(told_count, i + 1);
		assert_not_shown(&told[i], name, "secret");
		assert_true(told[i].s.smtp.client_text_after);
		assert_true(told[i].s.smtp.mail_accepted);
		assert_int_equal(session_outcome(&told[i].s), OUTCOME_PLAINTEXT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(text_in_place_of_tls_is_read_on),
	    CASE(a_planted_header_hides_no_text),
	    CASE(text_behind_a_servers_alert_is_not_ahead_of_the_client),
	    CASE(a_second_starttls_begins_tls_anew),
	    CASE(tls_that_nobody_asked_for_again_undoes_no_failure),
	    CASE(mail_behind_closed_tls_is_told_and_a_leave_is_not),
	    CASE(tls_that_the_capture_begins_with_is_not_implicit),
	    CASE(a_dialogue_that_began_like_tls_is_read_on),
	};

	return cmocka_run_group_tests_name("starttls", tests, NULL, NULL);
}
