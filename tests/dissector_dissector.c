/*
 * Whole flows through the front door: order, loss, ends and room, told by the facts
 * that come out.
 */
#include "tests/dialogue_build.h"

/*
 * One session is reset and lingers, another closes right after that is over. They
 * are told in this order, whether or not somebody looks in between.
 */
static void
tell_in_order(bool looks)
{
	struct dialogue g = dialogue(40000), other = dialogue(40001);

	connect_ends(&g);
	deliver_mail(&g);
	say(&g, SIDE_CLIENT, TCP_RST | TCP_ACK, NULL);
	other.time = g.time + 9500000;
	connect_ends(&other);
	deliver_mail(&other);
	if (looks)
		dissector_expire(dissector, g.time + 9900000);
	other.time = g.time + 10200000;
	close_ends(&other);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[0].s.client_port, 40000);
	assert_int_equal(told[0].s.ending, ENDING_RESET);
	assert_int_equal(told[1].s.client_port, 40001);
}

static void
sessions_are_told_when_they_are_due(void **state)
{
	(void)state;
	tell_in_order(false);
}

static void
sessions_are_told_when_they_are_due_whoever_looks(void **state)
{
	(void)state;
	tell_in_order(true);
}

static void
a_whole_session_is_complete(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	deliver_mail(&g);
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_true(told[0].s.complete);
	assert_int_equal(told[0].s.ending, ENDING_FIN);
	assert_int_equal(told[0].s.ended_by, SIDE_SERVER);
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
	assert_int_equal(told[0].s.smtp.mail_count, 1);
	assert_string_equal(told[0].rcpt, "example.net");
	assert_string_equal(told[0].greeting, "mx.example.net ESMTP");
	assert_int_equal(told[0].s.client_port, 40000);
	assert_int_equal(told[0].s.gap_bytes, 0);
}

static void
evidence_holds_no_message_and_no_local_part(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	deliver_mail(&g);
	close_ends(&g);
	assert_true(told[0].evidence_whole);
	assert_true(told[0].packets >= 12);
	assert_true(told[0].lines >= 12);
	for (size_t i = 0; i + 6 < told[0].shown_len; i++) {
		assert_memory_not_equal(told[0].shown + i, "secret", 6);
		assert_memory_not_equal(told[0].shown + i, "anna", 4);
		assert_memory_not_equal(told[0].shown + i, "bert", 4);
		assert_memory_not_equal(told[0].shown + i, "quoted", 6);
	}
}

static void
packets_in_any_order_give_the_same_facts(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p[4];

	(void)state;
	connect_ends(&g);
	p[0] = packet_of(&g, SIDE_SERVER, TCP_ACK, "220 mx.example.net ESMTP\r\n");
	count_sent(&g, SIDE_SERVER, &p[0]);
	p[1] = packet_of(&g, SIDE_CLIENT, TCP_ACK, "EHLO out.example.org\r\n");
	count_sent(&g, SIDE_CLIENT, &p[1]);
	p[2] = packet_of(&g, SIDE_SERVER, TCP_ACK, "250-mx\r\n250 STARTTLS\r\n");
	count_sent(&g, SIDE_SERVER, &p[2]);
	p[3] = packet_of(&g, SIDE_CLIENT, TCP_ACK, "QUIT\r\n");
	count_sent(&g, SIDE_CLIENT, &p[3]);
	for (int i = 3; i >= 0; i--)
		feed(&p[i]);
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_true(told[0].s.complete);
	assert_int_equal(told[0].s.smtp.offered, FACT_YES);
	assert_int_equal(told[0].s.smtp.replies_unmatched, 0);
	assert_true(told[0].s.smtp.quit_sent);
}

static void
a_lost_reply_is_a_gap_and_no_claim(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet lost;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	lost = packet_of(&g, SIDE_SERVER, TCP_ACK, REPLY);
	count_sent(&g, SIDE_SERVER, &lost);
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	client(&g, "QUIT\r\n");
	server(&g, "221 bye\r\n");
	close_ends(&g);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.gap_bytes, strlen(REPLY));
	assert_int_equal(told[0].s.smtp.offered, FACT_UNSEEN);
	assert_false(told[0].s.complete);
	assert_false(told[0].s.clear_whole);
	assert_int_equal(told[0].s.smtp.mail_count, 1);
}

static void
sequence_numbers_may_wrap(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	g.seq[SIDE_CLIENT] = UINT32_MAX - 30;
	g.seq[SIDE_SERVER] = UINT32_MAX - 3;
	connect_ends(&g);
	deliver_mail(&g);
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_true(told[0].s.complete);
	assert_int_equal(told[0].s.smtp.mail_count, 1);
}

static void
one_side_alone_claims_no_absence(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	p = packet_of(&g, SIDE_CLIENT, TCP_SYN, NULL);
	count_sent(&g, SIDE_CLIENT, &p);
	say(&g, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL);
	server(&g, "220 mx.example.net ESMTP\r\n");
	g.seq[SIDE_CLIENT] += 22;
	server(&g, REPLY);
	g.seq[SIDE_CLIENT] += 6;
	server(&g, "221 bye\r\n");
	say(&g, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.seen, SEEN_SERVER);
	assert_int_equal(told[0].s.smtp.offered, FACT_UNSEEN);
	assert_false(session_can_show_absence(&told[0].s));
	assert_int_equal(session_outcome(&told[0].s), OUTCOME_PARTIAL);
}

static void
a_connection_without_payload_is_no_session(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	close_ends(&g);
	dissector_finish(dissector);
	assert_int_equal(told_count, 0);
	assert_int_equal(dissector_counts(dissector).flows_empty, 1);
}

static void
a_half_closed_session_goes_on(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "QUIT\r\n");
	say(&g, SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL);
	assert_int_equal(told_count, 0);
	server(&g, "221 bye\r\n");
	say(&g, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL);
	say(&g, SIDE_CLIENT, TCP_ACK, NULL);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ended_by, SIDE_CLIENT);
	assert_true(told[0].s.complete);
}

static void
silence_ends_a_session(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	dissector_expire(dissector, g.time + 3600000000);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ending, ENDING_IDLE);
}

static void
a_full_table_evicts_the_longest_idle_and_counts_it(void **state)
{
	uint64_t begun = 0;

	(void)state;
	dissector_free(dissector);
	dissector = make(DISSECTOR_BUDGET_MIN, false);
	while (dissector_counts(dissector).evicted < 3) {
		struct dialogue g = dialogue((uint16_t)(10000 + begun));

		g.time += (int64_t)begun * 10000;
		connect_ends(&g);
		server(&g, "220 mx.example.net ESMTP\r\n");
		begun++;
		assert_true(begun < 50000);
	}
	assert_int_equal(told_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(told[i].s.ending, ENDING_EVICTED);
		assert_int_equal(told[i].s.client_port, 10000 + i);
		assert_int_equal(session_outcome(&told[i].s), OUTCOME_PARTIAL);
	}
}

static void
many_segments_ahead_do_not_exhaust_memory(void **state)
{
	struct dialogue g = dialogue(40000), h = dialogue(40001);
	static char text[1001];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	connect_ends(&g);
	g.seq[SIDE_CLIENT] += 10; /* never sent */
	for (int i = 0; i < 4000; i++) {
		g.time -= 999;
		g.seq[SIDE_CLIENT] += 10;
		client(&g, text);
	}
	h.time = g.time;
	connect_ends(&h);
	deliver_mail(&h);
	close_ends(&h);
	assert_int_equal(told[told_count - 1].s.client_port, 40001);
	assert_true(told[told_count - 1].s.complete);
	assert_int_equal(dissector_counts(dissector).pool_refusals, 0);
}

/* A mail in clear, of which each line in turn is not captured: "> " says the client. */
struct delivery {
	const char *const *lines;
	size_t accepted; /* the line from which MAIL is known to be answered */
	enum fact requested;
};

static const char *const never_offered[] = {"220 mx.example.net ESMTP\r\n",
					    "> EHLO out.example.org\r\n",
					    REPLY,
					    "> MAIL FROM:<anna@example.org>\r\n",
					    "250 ok\r\n",
					    "> RCPT TO:<bert@example.net>\r\n",
					    "250 ok\r\n",
					    "> DATA\r\n",
					    "354 go\r\n",
					    "> Subject: words\r\n\r\n",
					    "> and words\r\n",
					    "> .\r\n",
					    "250 queued\r\n",
					    NULL};
/* One answer is missing, so the first 250 may be that to STARTTLS. */
static const char *const swallowed[] = {"220 mx.example.net ESMTP\r\n",
					"> EHLO out.example.org\r\n",
					"250-mx.example.net\r\n250 STARTTLS\r\n",
					"> STARTTLS\r\n",
					"> MAIL FROM:<anna@example.org>\r\n",
					"250 ok\r\n",
					"> RCPT TO:<bert@example.net>\r\n",
					"250 ok\r\n",
					"> DATA\r\n",
					"354 go\r\n",
					"> words\r\n.\r\n",
					"250 queued\r\n",
					NULL};
static const char *const secret_first[] = {"220 mx.example.net ESMTP\r\n",
					   "> EHLO out.example.org\r\n",
					   "250-mx.example.net\r\n250 AUTH PLAIN\r\n",
					   "> AUTH PLAIN AGFubmEAc2VjcmV0\r\n",
					   "235 ok\r\n",
					   "> MAIL FROM:<anna@example.org>\r\n",
					   "250 ok\r\n",
					   "> QUIT\r\n",
					   "221 bye\r\n",
					   NULL};
/* When MAIL is answered it is not known yet what STARTTLS will be. */
static const char *const asked_beside[] = {"220 mx.example.net ESMTP\r\n",
					   "> EHLO out.example.org\r\n",
					   "250-mx.example.net\r\n250 STARTTLS\r\n",
					   "> MAIL FROM:<anna@example.org>\r\n",
					   "> STARTTLS\r\n",
					   "250 ok\r\n",
					   "454 not now\r\n",
					   "> QUIT\r\n",
					   "221 bye\r\n",
					   NULL};
static const char *const asked_in_one[] = {"220 mx.example.net ESMTP\r\n",
					   "> EHLO out.example.org\r\n",
					   "250-mx.example.net\r\n250 STARTTLS\r\n",
					   "> AUTH PLAIN AGFubmEAc2VjcmV0\r\nSTARTTLS\r\n",
					   "235 ok\r\n",
					   "454 not now\r\n",
					   "> QUIT\r\n",
					   "221 bye\r\n",
					   NULL};
static const struct delivery deliveries[] = {{asked_beside, 5, FACT_UNSEEN},
					     {asked_in_one, 3, FACT_NO},
					     {never_offered, 4, FACT_NO},
					     {swallowed, 7, FACT_YES},
					     {secret_first, 3, FACT_NO}};

static void
play_but(const struct delivery *d, size_t lost, uint16_t port)
{
	struct dialogue g = dialogue(port);

	told_count = 0;
	connect_ends(&g);
	for (size_t i = 0; d->lines[i]; i++) {
		bool is_client = d->lines[i][0] == '>';
		const char *text = d->lines[i] + (is_client ? 2 : 0);

		if (i == lost)
			lose(&g, is_client ? SIDE_CLIENT : SIDE_SERVER, strlen(text));
		else if (is_client)
			client(&g, text);
		else
			server(&g, text);
	}
	close_ends(&g);
	dissector_finish(dissector);
}

/* What went in clear did so whatever comes behind it; what came before it must have been captured.
 */
static void
a_gap_behind_mail_denies_nothing_before_it(void **state)
{
	uint16_t port = 40000;

	(void)state;
	for (size_t k = 0; k < sizeof(deliveries) / sizeof(deliveries[0]); k++) {
		const struct delivery *d = &deliveries[k];

		for (size_t lost = 0; d->lines[lost]; lost++) {
			const struct session *s = &told[0].s;
			bool is_whole = lost > d->accepted;

			play_but(d, lost, port++);
			if (told_count != 1 || s->clear_whole || s->mail_whole != is_whole ||
			    (is_whole && s->mail_requested != d->requested))
				fail_msg("%s lost: %zu told, clear whole %d, whole before mail %d, "
					 "requested %d, accepted %d",
					 d->lines[lost], told_count, s->clear_whole, s->mail_whole,
					 s->mail_requested, s->mail_granted);
		}
	}
}

/* Exim answers a chunk in two lines of 250, as others EHLO; and pipelines QUIT behind it. */
static void
the_answer_to_a_chunk_is_no_ehlo_reply(void **state)
{
	struct dialogue g = dialogue(40101);

	(void)state;
	told_count = 0;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP Exim 4.96\r\n");
	client(&g, "EHLO out.example.org\r\n");
	server(&g, REPLY);
	client(&g, "MAIL FROM:<anna@example.org>\r\nRCPT TO:<bert@example.net>\r\n"
		   "BDAT 22 LAST\r\nSubject");
	lose(&g, SIDE_CLIENT, strlen(": words\r\n\r\nwords\r\nQUIT\r\n"));
	server(&g, "250 OK\r\n250 Accepted\r\n250- 22 byte chunk, total 22\r\n"
		   "250 OK id=1xVaTG-00007J-2Q\r\n221 mx.example.net closing\r\n");
	close_ends(&g);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_false(told[0].s.clear_whole);
	assert_true(told[0].s.mail_whole);
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
	assert_int_equal(told[0].s.ehlos, 3);
}

/* Of two, the first was refused; how the second was answered is not known. */
static void
a_refusal_does_not_answer_the_request_behind_it(void **state)
{
	static const char *const lines[] = {"220 mx.example.net ESMTP\r\n",
					    "> EHLO out.example.org\r\n",
					    "250-mx.example.net\r\n250 STARTTLS\r\n",
					    "> STARTTLS\r\nSTARTTLS\r\n",
					    "454 not now\r\n",
					    "220 go\r\n",
					    NULL};
	const struct delivery d = {.lines = lines};

	(void)state;
	play_but(&d, 5, 40100);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.smtp.requested, FACT_YES);
	assert_int_equal(told[0].s.smtp.accepted, FACT_UNSEEN);
}

static void
what_an_empty_segment_shows_to_be_lost_is_not_denied(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_offered(&g);
	lose(&g, SIDE_CLIENT, 10);
	say(&g, SIDE_CLIENT, TCP_ACK, NULL);
	dissector_expire(dissector, g.time + 3600000000);
	assert_int_equal(told[0].s.gap_bytes, 10);
	assert_int_equal(told[0].s.smtp.requested, FACT_UNSEEN);
}

static void
an_ordinary_close_is_told_at_once(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	deliver_mail(&g);
	assert_int_equal(told_count, 0);
	close_ends(&g);
	assert_int_equal(told_count, 1);
}

/* Each of many flows has a hole, and as many segments behind it as may wait. */
static void
many_flows_with_holes_leave_room_for_others(void **state)
{
	struct dialogue g = dialogue(9999);
	struct packet late;

	(void)state;
	dissector_free(dissector);
	dissector = make(DISSECTOR_BUDGET_MIN, false);
	for (uint16_t i = 0; i < 1000; i++) {
		struct dialogue h = dialogue((uint16_t)(10000 + i));

		connect_ends(&h);
		lose(&h, SIDE_CLIENT, 10);
		for (int n = 0; n < 100; n++) {
			h.time -= 1000;
			client(&h, "x");
			lose(&h, SIDE_CLIENT, 1);
		}
	}
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	late = packet_of(&g, SIDE_SERVER, TCP_ACK, "250-mx.example.net\r\n");
	count_sent(&g, SIDE_SERVER, &late);
	server(&g, "250 STARTTLS\r\n");
	feed(&late);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.smtp.offered, FACT_YES);
	assert_true(told[0].s.complete);
	assert_true(dissector_counts(dissector).wait_refusals > 0);
	assert_int_equal(dissector_counts(dissector).evicted, 0);
}

/* Feed a whole dialogue of one mail with the packet at one place moved behind those after it. */
static void
feed_with_one_late(size_t late, size_t by)
{
	struct dialogue g = dialogue(40000);
	struct packet p[10];
	size_t n = 0;

#define NEXT(from, flags, text)                          \
	do {                                             \
		p[n] = packet_of(&g, from, flags, text); \
		count_sent(&g, from, &p[n]);             \
		n++;                                     \
	} while (0)
	NEXT(SIDE_CLIENT, TCP_SYN, NULL);
	NEXT(SIDE_SERVER, TCP_SYN | TCP_ACK, NULL);
	NEXT(SIDE_CLIENT, TCP_ACK, NULL);
	NEXT(SIDE_SERVER, TCP_ACK, "220-mx.example.net ESMTP\r\n");
	NEXT(SIDE_SERVER, TCP_ACK, "220 really\r\n");
	NEXT(SIDE_CLIENT, TCP_ACK, "EHLO out.example.org\r\n");
	NEXT(SIDE_SERVER, TCP_ACK, "250-mx.example.net\r\n250 STARTTLS\r\n");
	NEXT(SIDE_CLIENT, TCP_ACK, "MAIL FROM:<anna@example.org>\r\n");
	NEXT(SIDE_SERVER, TCP_ACK, "250 ok\r\n");
	NEXT(SIDE_CLIENT, TCP_ACK, "QUIT\r\n");
#undef NEXT
	for (size_t i = 0; i < n; i++) {
		if (i != late)
			feed(&p[i]);
		if (i == late + by || (i == n - 1 && late + by >= n))
			feed(&p[late]);
	}
	close_ends(&g);
	dissector_finish(dissector);
}

static void
a_late_packet_changes_nothing(void **state)
{
	(void)state;
	/* Behind the client's own first bytes even its SYN is told by its number. */
	for (size_t late = 1; late < 10; late++)
		for (size_t by = 1; by < 8; by++) {
			const struct session *s = &told[0].s;

			told_count = 0;
			feed_with_one_late(late, by);
			if (told_count != 1 || !s->complete || s->smtp.offered != FACT_YES ||
			    s->smtp.mail_count != 1 || !s->smtp.mail_accepted ||
			    s->smtp.requested != FACT_NO ||
			    strcmp(told[0].greeting, "mx.example.net ESMTP") != 0)
				fail_msg("packet %zu late by %zu: %zu told, complete %d, offered "
					 "%d, requested %d, mail %u %d, greeting %s",
					 late, by, told_count, s->complete, s->smtp.offered,
					 s->smtp.requested, s->smtp.mail_count,
					 s->smtp.mail_accepted, told[0].greeting);
		}
}

/* Packets that were lost on the way to us may have been any session's. */
static void
a_loss_on_the_tap_is_of_every_session_under_way(void **state)
{
	struct dialogue before = dialogue(40000), after = dialogue(40001);

	(void)state;
	connect_ends(&before);
	server(&before, "220 mx.example.net ESMTP\r\n");
	dissector_note_loss(dissector);
	after.time = before.time;
	connect_ends(&after);
	deliver_mail(&after);
	close_ends(&after);
	before.time = after.time;
	client(&before, "EHLO out.example.org\r\n");
	server(&before, REPLY);
	client(&before, "QUIT\r\n");
	server(&before, "221 bye\r\n");
	close_ends(&before);
	assert_int_equal(told_count, 2);
	assert_false(told[0].s.has_drops);
	assert_true(session_can_show_absence(&told[0].s));
	assert_true(told[1].s.has_drops);
	assert_false(session_can_show_absence(&told[1].s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(sessions_are_told_when_they_are_due),
	    CASE(sessions_are_told_when_they_are_due_whoever_looks),
	    CASE(a_whole_session_is_complete),
	    CASE(evidence_holds_no_message_and_no_local_part),
	    CASE(packets_in_any_order_give_the_same_facts),
	    CASE(a_lost_reply_is_a_gap_and_no_claim),
	    CASE(sequence_numbers_may_wrap),
	    CASE(a_gap_behind_mail_denies_nothing_before_it),
	    CASE(the_answer_to_a_chunk_is_no_ehlo_reply),
	    CASE(a_refusal_does_not_answer_the_request_behind_it),
	    CASE(what_an_empty_segment_shows_to_be_lost_is_not_denied),
	    CASE(an_ordinary_close_is_told_at_once),
	    CASE(many_flows_with_holes_leave_room_for_others),
	    CASE(a_late_packet_changes_nothing),
	    CASE(a_loss_on_the_tap_is_of_every_session_under_way),
	    CASE(one_side_alone_claims_no_absence),
	    CASE(a_connection_without_payload_is_no_session),
	    CASE(a_half_closed_session_goes_on),
	    CASE(silence_ends_a_session),
	    CASE(a_full_table_evicts_the_longest_idle_and_counts_it),
	    CASE(many_segments_ahead_do_not_exhaust_memory),
	};

	return cmocka_run_group_tests_name("dissector", tests, NULL, NULL);
}
