/*
 * Packets that an attacker sends in an end's name, through the front door: they hide
 * nothing, and nothing is denied for them.
 */
#include "tests/dialogue_build.h"

/* One forged segment of this side amid a session in clear: ahead is how far off its place is. */
static void
forge_amid_a_session(enum side from, uint8_t flags, uint32_t seq_ahead, uint32_t ack_ahead)
{
	struct dialogue g = dialogue(40000);
	struct packet forged;

	be_offered(&g);
	forged = packet_of(&g, from, flags, NULL);
	forged.seq += seq_ahead;
	forged.ack += ack_ahead;
	forged.ttl = 3;
	feed(&forged);
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	client(&g, "QUIT\r\n");
	server(&g, "221 bye\r\n");
	close_ends(&g);
	dissector_finish(dissector);
}

static void
one_forged_segment_hides_nothing(void **state)
{
	static const struct {
		const char *name;
		enum side from;
		uint8_t flags;
		uint32_t seq_ahead, ack_ahead;
	} rows[] = {
	    {"acknowledges what was never sent", SIDE_SERVER, TCP_ACK, 0, 100000},
	    {"is far ahead", SIDE_CLIENT, TCP_ACK, 100000, 0},
	    {"closes far ahead", SIDE_CLIENT, TCP_ACK | TCP_FIN, 100000, 0},
	    {"closes the client's side", SIDE_CLIENT, TCP_ACK | TCP_FIN, 0, 0},
	    {"closes the server's side", SIDE_SERVER, TCP_ACK | TCP_FIN, 0, 0},
	    {"resets far ahead", SIDE_SERVER, TCP_RST, 3000, 0},
	    {"begins anew where the client stands", SIDE_CLIENT, TCP_SYN, UINT32_MAX, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct told *t = &told[0];

		told_count = 0;
		forge_amid_a_session(rows[i].from, rows[i].flags, rows[i].seq_ahead,
				     rows[i].ack_ahead);
		if (told_count != 1 || !t->s.complete || t->s.gap_bytes != 0 ||
		    t->s.smtp.mail_count != 1 || t->s.smtp.requested != FACT_NO)
			fail_msg("a segment that %s: %zu sessions, complete %d, gap %u, mail %u",
				 rows[i].name, told_count, t->s.complete, (unsigned)t->s.gap_bytes,
				 t->s.smtp.mail_count);
	}
}

/* ... that comes right before the sender's own. */
static void
a_forged_end_ahead_of_the_own_hides_nothing(void **state)
{
	(void)state;
	for (int side = 0; side < SIDES; side++) {
		struct dialogue g = dialogue((uint16_t)(40000 + side));
		struct packet forged;

		told_count = 0;
		connect_ends(&g);
		deliver_mail(&g);
		forged = packet_of(&g, (enum side)side, TCP_ACK | TCP_FIN, NULL);
		forged.seq += 100;
		feed(&forged);
		close_ends(&g);
		dissector_finish(dissector);
		assert_int_equal(told_count, 1);
		assert_int_equal(told[0].s.gap_bytes, 0);
		assert_true(told[0].s.complete);
	}
}

static void
forged_ends_of_both_sides_hide_nothing(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet forged[SIDES];

	(void)state;
	be_offered(&g);
	for (int side = 0; side < SIDES; side++) {
		forged[side] = packet_of(&g, (enum side)side, TCP_ACK | TCP_FIN, NULL);
		feed(&forged[side]);
	}
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	close_ends(&g);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.smtp.mail_count, 1);
	assert_true(told[0].s.complete);
}

/* Ends of both sides, acknowledged, of which none is the ends' own. */
static void
forge_close(struct dialogue *g, uint8_t ttl)
{
	struct packet p[3] = {
	    packet_of(g, SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL),
	    packet_of(g, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL),
	    packet_of(g, SIDE_CLIENT, TCP_ACK, NULL),
	};

	p[1].ack++;
	p[2].seq++;
	p[2].ack++;
	for (size_t i = 0; i < 3; i++) {
		p[i].ttl = ttl ? ttl : p[i].ttl;
		feed(&p[i]);
	}
}

static void
a_forged_close_hides_nothing(void **state)
{
	(void)state;
	for (uint8_t ttl = 0; ttl <= 3; ttl += 3) {
		struct dialogue g = dialogue(40000);

		told_count = 0;
		be_offered(&g);
		forge_close(&g, ttl);
		assert_int_equal(told_count, 0);
		client(&g, "MAIL FROM:<anna@example.org>\r\n");
		server(&g, "250 ok\r\n");
		client(&g, "QUIT\r\n");
		server(&g, "221 bye\r\n");
		close_ends(&g);
		dissector_finish(dissector);
		assert_int_equal(told_count, 1);
		assert_int_equal(told[0].s.smtp.mail_count, 1);
		assert_int_equal(told[0].s.smtp.requested, FACT_NO);
		assert_true(told[0].s.complete);
	}
}

/* A version of a reply that a forged close follows at once is still compared with the other. */
static void
a_forged_close_forgets_no_version(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet real;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	real = packet_of(&g, SIDE_SERVER, TCP_ACK, "250-mx\r\n250 STARTTLS\r\n");
	server(&g, "250-mx\r\n250 XXXXXXXX\r\n");
	forge_close(&g, 0);
	feed(&real);
	dissector_finish(dissector);
	assert_int_equal(told[0].s.conflict_count, 1);
}

/* The same, where what goes on begins in front of the forged end: QUIT stands in EHLO's place. */
static void
what_goes_on_over_a_told_end_is_told(void **state)
{
	struct dialogue g = dialogue(40000);
	struct dialogue forged;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	forged = g;
	client(&forged, "QUIT\r\n");
	forge_close(&forged, 0);
	assert_int_equal(told_count, 1);
	client(&g, "EHLO out.example.org\r\n");
	server(&g, REPLY);
	dissector_finish(dissector);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[1].s.bytes[SIDE_CLIENT], 22);
}

/* QUIT and all the rest may be forged; what goes on behind that is not dropped. */
static void
what_goes_on_behind_a_told_end_is_told(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_offered(&g);
	client(&g, "QUIT\r\n");
	forge_close(&g, 0);
	assert_int_equal(told_count, 1);
	client(&g, "RSET\r\n");
	server(&g, "250 ok\r\n");
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	dissector_finish(dissector);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[1].s.bytes[SIDE_CLIENT], 36);
	assert_int_equal(told[1].s.smtp.mail_count, 1);
	assert_false(told[1].s.complete);
}

/*
 * A second SYN-ACK and its acknowledgement, both forged, behind the server's
 * own; before: the client's own acknowledgement comes ahead of the forged one.
 */
static void
forge_second_answer(struct dialogue *g, bool before, const char *greeting)
{
	struct packet p;

	say(g, SIDE_CLIENT, TCP_SYN, NULL);
	p = packet_of(g, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL);
	feed(&p);
	p.seq = 900000;
	p.ttl = 3;
	feed(&p);
	count_sent(g, SIDE_SERVER, &p);
	if (before)
		say(g, SIDE_CLIENT, TCP_ACK, NULL);
	p = packet_of(g, SIDE_CLIENT, TCP_ACK, NULL);
	p.ack = 900001;
	p.ttl = 3;
	feed(&p);
	p = packet_of(g, SIDE_SERVER, TCP_ACK, greeting);
	p.seq = 900001;
	if (greeting)
		feed(&p);
	if (!before)
		say(g, SIDE_CLIENT, TCP_ACK, NULL);
}

static void
a_forged_second_answer_hides_nothing(void **state)
{
	(void)state;
	for (int before = 0; before < 2; before++) {
		struct dialogue g = dialogue((uint16_t)(40000 + before));

		told_count = 0;
		forge_second_answer(&g, before, NULL);
		deliver_mail(&g);
		close_ends(&g);
		assert_int_equal(told_count, 1);
		assert_string_equal(told[0].greeting, "mx.example.net ESMTP");
		assert_int_equal(told[0].s.smtp.offered, FACT_NO);
		assert_true(told[0].s.complete);
	}
}

/* Whichever of two servers spoke first is read: the other's bytes are not denied. */
static void
what_has_no_place_is_not_denied(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	forge_second_answer(&g, true, "220 mx.example.net ESMTP\r\n");
	deliver_mail(&g);
	close_ends(&g);
	dissector_finish(dissector);
	assert_false(told[0].s.clear_whole);
	assert_false(told[0].s.complete);
}

/* Segments of the server's that lie ahead of what it sends, and their acknowledgement, all forged.
 */
static const struct ahead {
	const char *name;
	uint32_t ahead;
	int count;
	uint8_t ttl; /* 0: the server's own */
	bool is_acked, is_acked_again;
	int64_t pause; /* seconds before the session goes on */
} aheads[] = {
    {"one, and a long silence", 5000, 1, 3, false, false, 130},
    {"one, acknowledged", 5000, 1, 3, true, false, 3},
    {"one, acknowledged again and again", 5000, 1, 3, true, true, 3},
    {"one near, acknowledged", 300, 1, 3, true, false, 3},
    {"many", 100000, 257, 3, false, false, 0},
    {"one of its own TTL, and a long silence", 5000, 1, 0, false, false, 130},
    {"one of its own TTL, acknowledged", 5000, 1, 0, true, false, 3},
    {"many of its own TTL", 100000, 257, 0, false, false, 0},
};

static void
acknowledge_ahead(struct dialogue *g, const struct ahead *a)
{
	struct packet p = packet_of(g, SIDE_CLIENT, TCP_ACK, NULL);

	p.ack += a->ahead + 1;
	p.ttl = a->ttl ? a->ttl : p.ttl;
	feed(&p);
}

static void
forge_ahead(struct dialogue *g, const struct ahead *a)
{
	for (int i = 0; i < a->count; i++) {
		struct packet p = packet_of(g, SIDE_SERVER, TCP_ACK, "Z");

		p.seq += a->ahead + 2 * (uint32_t)i;
		p.ttl = a->ttl ? a->ttl : p.ttl;
		feed(&p);
	}
	if (a->is_acked)
		acknowledge_ahead(g, a);
	g->time += a->pause * 1000000;
	if (a->is_acked_again)
		acknowledge_ahead(g, a);
}

static void
forged_segments_ahead_hide_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(aheads) / sizeof(aheads[0]); i++) {
		struct dialogue g = dialogue((uint16_t)(40000 + i));
		const struct session *s = &told[0].s;

		told_count = 0;
		g.time += (int64_t)i * 3600000000;
		connect_ends(&g);
		server(&g, "220 mx.example.net ESMTP\r\n");
		say(&g, SIDE_CLIENT, TCP_ACK, NULL);
		forge_ahead(&g, &aheads[i]);
		client(&g, "EHLO out.example.org\r\n");
		server(&g, REPLY);
		client(&g, "MAIL FROM:<anna@example.org>\r\n");
		server(&g, "250 ok\r\n");
		client(&g, "QUIT\r\n");
		server(&g, "221 bye\r\n");
		close_ends(&g);
		dissector_finish(dissector);
		if (told_count != 1 || s->smtp.offered != FACT_NO || s->smtp.mail_count != 1 ||
		    s->smtp.requested != FACT_NO || !s->complete)
			fail_msg("%s: %zu told, offered %d, mail %u, requested %d, complete %d",
				 aheads[i].name, told_count, s->smtp.offered, s->smtp.mail_count,
				 s->smtp.requested, s->complete);
	}
}

/* ... without the server's SYN-ACK: that comes now. */
static void
answer_and_deliver(struct dialogue *g)
{
	say(g, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL);
	say(g, SIDE_CLIENT, TCP_ACK, NULL);
	deliver_mail(g);
	close_ends(g);
	dissector_finish(dissector);
}

/* A server that knows an older connection says where that stands, RFC 9293 section 3.5.1. */
static void
what_precedes_the_answer_to_a_syn_changes_nothing(void **state)
{
	static const uint32_t places[] = {0, 300, 1u << 30, 3u << 30};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (int has_text = 0; has_text < 2; has_text++) {
			struct dialogue g = dialogue((uint16_t)(40000 + 2 * i + (size_t)has_text));
			struct packet p;

			told_count = 0;
			say(&g, SIDE_CLIENT, TCP_SYN, NULL);
			p = packet_of(&g, SIDE_SERVER, TCP_ACK, has_text ? "x" : NULL);
			p.seq += places[i];
			feed(&p);
			answer_and_deliver(&g);
			if (told_count != 1 || told[0].s.smtp.offered != FACT_NO ||
			    !told[0].s.clear_whole)
				fail_msg("%u ahead, text %d: %zu told, offered %d, whole %d",
					 places[i], has_text, told_count, told[0].s.smtp.offered,
					 told[0].s.clear_whole);
		}
}

/* Segments in a row that have no place in their stream: of an older connection, or forged. */
static void
strays_deny_nothing_that_came_to_its_end(void **state)
{
	(void)state;
	for (int side = 0; side < SIDES; side++) {
		struct dialogue g = dialogue((uint16_t)(40000 + side));

		told_count = 0;
		connect_ends(&g);
		for (uint32_t i = 0; i < 3; i++) {
			struct packet p = packet_of(&g, (enum side)side, TCP_ACK, "stray");

			p.seq += (1u << 30) + 5 * i;
			feed(&p);
		}
		deliver_mail(&g);
		close_ends(&g);
		dissector_finish(dissector);
		assert_int_equal(told_count, 1);
		assert_int_equal(told[0].s.smtp.offered, FACT_NO);
		assert_true(told[0].s.clear_whole);
	}
}

/* ... and where no end shows how far the stream went they may be the stream's own. */
static void
strays_of_a_stream_without_end_are_not_denied(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	deliver_mail(&g);
	for (uint32_t i = 0; i < 2; i++) {
		struct packet p = packet_of(&g, SIDE_CLIENT, TCP_ACK, "stray");

		p.seq += (1u << 30) + 5 * i;
		feed(&p);
	}
	dissector_finish(dissector);
	assert_false(told[0].s.clear_whole);
}

/* A server whose numbers are not followed: what it answered is not known. */
static void
text_behind_a_starttls_of_unknown_answer_is_not_ahead_of_it(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	forge_second_answer(&g, true, "220 mx.example.net ESMTP\r\n");
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	server(&g, "250-mx.example.net\r\n250 STARTTLS\r\n");
	client(&g, "STARTTLS\r\n");
	server(&g, "454 4.7.0 not now\r\n");
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	server(&g, "250 ok\r\n");
	dissector_finish(dissector);
	assert_int_equal(told[0].s.smtp.client_injected, 0);
}

/* It begins a stream in the middle, until the SYN shows that the stream begins before it. */
static void
a_forged_byte_before_the_syn_hides_nothing(void **state)
{
	(void)state;
	for (int side = 0; side < SIDES; side++) {
		struct dialogue g = dialogue((uint16_t)(40000 + side));
		struct packet p;

		told_count = 0;
		p = packet_of(&g, (enum side)side, TCP_ACK, "x");
		p.seq += 300;
		p.ttl = 3;
		feed(&p);
		connect_ends(&g);
		g.time += 3000000;
		deliver_mail(&g);
		close_ends(&g);
		dissector_finish(dissector);
		assert_int_equal(told_count, 1);
		assert_int_equal(told[0].s.smtp.offered, FACT_NO);
		assert_int_equal(told[0].s.smtp.requested, FACT_NO);
		assert_true(told[0].s.complete);
	}
}

/* Another connection between the same ends, forged, as far as its ends' first words. */
static void
forge_connection(const struct dialogue *g, bool with_reset, uint32_t ahead, const char *greeting,
		 const char *text)
{
	struct dialogue h = *g;
	struct packet p;

	h.ttl[SIDE_CLIENT] = h.ttl[SIDE_SERVER] = 3;
	if (with_reset) {
		p = packet_of(&h, SIDE_CLIENT, TCP_RST, NULL);
		feed(&p);
	}
	h.seq[SIDE_CLIENT] += ahead;
	h.seq[SIDE_SERVER] += 99999;
	connect_ends(&h);
	if (greeting)
		server(&h, greeting);
	if (text)
		client(&h, text);
}

static void
a_forged_connection_takes_nobodys_place(void **state)
{
	static const struct {
		bool with_reset, is_repeated;
		const char *greeting, *text;
	} rows[] = {
	    {false, false, NULL, NULL},
	    {false, false, NULL, "x"},
	    {false, false, "220 mx.example.net ESMTP\r\n", "EHLO out.example.org\r\n"},
	    {false, true, "220 mx.example.net ESMTP\r\n", "EHLO out.example.org\r\n"},
	    {true, false, NULL, NULL},
	    {true, false, "220 mx.example.net ESMTP\r\n", "EHLO out.example.org\r\n"},
	    {true, true, "220 mx.example.net ESMTP\r\n", "EHLO out.example.org\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dialogue g = dialogue((uint16_t)(40000 + i));
		const struct told *t;

		told_count = 0;
		be_offered(&g);
		forge_connection(&g, rows[i].with_reset, 77777777, rows[i].greeting, rows[i].text);
		if (rows[i].is_repeated)
			forge_connection(&g, false, 155555555, NULL, NULL);
		client(&g, "MAIL FROM:<anna@example.org>\r\n");
		server(&g, "250 ok\r\n");
		client(&g, "QUIT\r\n");
		server(&g, "221 bye\r\n");
		close_ends(&g);
		assert_int_equal(told_count, 1);
		t = &told[0];
		if (!t->s.complete || t->s.smtp.offered != FACT_YES || t->s.smtp.mail_count != 1 ||
		    t->s.smtp.requested != FACT_NO)
			fail_msg("row %zu: complete %d, offered %d, mail %u, requested %d", i,
				 t->s.complete, t->s.smtp.offered, t->s.smtp.mail_count,
				 t->s.smtp.requested);
		dissector_finish(dissector);
		assert_true(told_count <= 2);
	}
}

/* A second SYN before the first is answered: the answer tells whose the connection is. */
static void
a_forged_syn_before_the_answer_changes_nothing(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	say(&g, SIDE_CLIENT, TCP_SYN, NULL);
	p = packet_of(&g, SIDE_CLIENT, TCP_SYN, NULL);
	p.seq += 5000;
	feed(&p);
	say(&g, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL);
	say(&g, SIDE_CLIENT, TCP_ACK, NULL);
	deliver_mail(&g);
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_true(told[0].s.complete);
	assert_int_equal(told[0].s.smtp.mail_count, 1);
}

/* A proxy answered the SYN: the server's own TTL is another, and what it acknowledges counts. */
static void
a_server_behind_a_proxy_is_believed(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	g.ttl[SIDE_SERVER] = 255;
	connect_ends(&g);
	g.ttl[SIDE_SERVER] = 57;
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	server(&g, "250-mx.example.net\r\n250 STARTTLS\r\n");
	lose(&g, SIDE_CLIENT, 10);
	client(&g, "MAIL FROM:<anna@example.org>\r\n");
	say(&g, SIDE_SERVER, TCP_ACK, NULL);
	g.time += 3000000;
	server(&g, "250 ok\r\n");
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.gap_bytes, 10);
	assert_int_equal(told[0].s.smtp.requested, FACT_UNSEEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(one_forged_segment_hides_nothing),
	    CASE(a_forged_end_ahead_of_the_own_hides_nothing),
	    CASE(forged_ends_of_both_sides_hide_nothing),
	    CASE(a_forged_close_hides_nothing),
	    CASE(a_forged_close_forgets_no_version),
	    CASE(what_goes_on_behind_a_told_end_is_told),
	    CASE(what_goes_on_over_a_told_end_is_told),
	    CASE(a_forged_second_answer_hides_nothing),
	    CASE(what_has_no_place_is_not_denied),
	    CASE(forged_segments_ahead_hide_nothing),
	    CASE(what_precedes_the_answer_to_a_syn_changes_nothing),
	    CASE(strays_deny_nothing_that_came_to_its_end),
	    CASE(strays_of_a_stream_without_end_are_not_denied),
	    CASE(text_behind_a_starttls_of_unknown_answer_is_not_ahead_of_it),
	    CASE(a_forged_byte_before_the_syn_hides_nothing),
	    CASE(a_forged_connection_takes_nobodys_place),
	    CASE(a_forged_syn_before_the_answer_changes_nothing),
	    CASE(a_server_behind_a_proxy_is_believed),
	};

	return cmocka_run_group_tests_name("forged", tests, NULL, NULL);
}
