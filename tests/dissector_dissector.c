/*
 * Whole flows through the front door: order, loss, resets, overlaps, reuse and
 * room, told by the facts that come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissector/dissector.h"
#include "tests/tls_build.h"
#include "tests/wire.h"

#define TOLD_MAX 64

/* What was told of a session, copied out. */
struct told {
	struct session s;
	char greeting[128], rcpt[128];
	char first[SAMPLE_MAX + 1], second[SAMPLE_MAX + 1];
	size_t packets, lines;
	bool evidence_whole;
	char shown[8192]; /* all evidence payloads and lines, one behind the other */
	size_t shown_len;
};

static struct told told[TOLD_MAX];
static size_t told_count;
static size_t report_count; /* sessions told as under way behind the EHLO reply */
static struct dissector *dissector;

/* The two ends of one connection, and what each has sent. */
struct dialogue {
	uint16_t client_port;
	uint32_t seq[SIDES];
	int64_t time;
	uint8_t ttl[SIDES];
	uint16_t ip_id[SIDES];
};

static void
copy_text(char *out, size_t cap, struct bytes in)
{
	size_t n = in.len < cap - 1 ? in.len : cap - 1;

	if (n)
		memcpy(out, in.at, n);
	out[n] = '\0';
}

static void
on_evidence(void *ctx, const struct evidence_item *item)
{
	struct told *t = ctx;
	size_t n = item->bytes.len;

	t->packets += item->kind == EVIDENCE_PACKET;
	t->lines += item->kind == EVIDENCE_LINE;
	if (n > sizeof(t->shown) - 1 - t->shown_len)
		n = sizeof(t->shown) - 1 - t->shown_len;
	memcpy(t->shown + t->shown_len, item->bytes.at, n);
	t->shown_len += n;
}

static void
on_session(void *ctx, const struct session *s, struct evidence *e, const struct evidence_list *kept)
{
	struct told *t = &told[told_count];

	(void)ctx;
	report_count += s->is_under_way && s->smtp.extended == FACT_YES;
	if (told_count == TOLD_MAX)
		return;
	told_count++;
	*t = (struct told){.s = *s};
	if (s->greetings)
		copy_text(t->greeting, sizeof(t->greeting), s->greeting[0]);
	if (s->rcpt_count)
		copy_text(t->rcpt, sizeof(t->rcpt), s->rcpt_domains[0]);
	if (s->conflict_count) {
		copy_text(t->first, sizeof(t->first), s->conflicts[0].first.text);
		copy_text(t->second, sizeof(t->second), s->conflicts[0].second.text);
	}
	t->evidence_whole = evidence_walk(e, kept, on_evidence, t);
}

/* A gate that withholds nothing and remembers what it was told. */
static struct {
	unsigned withheld, admitted;
	uint64_t packets; /* that it says it withheld */
} gate;

static void
on_withhold(void *ctx, const struct flow_key *key)
{
	(void)ctx;
	(void)key;
	gate.withheld++;
}

static void
on_admit(void *ctx, const struct flow_key *key)
{
	(void)ctx;
	(void)key;
	gate.admitted++;
}

static uint64_t
on_withheld(void *ctx, const struct flow_key *key)
{
	(void)ctx;
	(void)key;
	return gate.packets;
}

static struct dissector *
make(size_t budget, bool has_reports)
{
	struct dissector_config *config = calloc(1, sizeof(*config));
	struct dissector *d;

	config->budget = budget;
	memcpy(config->secret, "0123456789abcdef", 16);
	config->service[25] = SERVICE_SMTP;
	config->service[465] = SERVICE_SUBMISSIONS;
	config->session = on_session;
	config->has_reports = has_reports;
	config->gate = (struct dissector_gate){
	    .withhold = on_withhold, .admit = on_admit, .withheld = on_withheld};
	d = dissector_new(config);
	free(config);
	return d;
}

static int
setup(void **state)
{
	(void)state;
	told_count = 0;
	memset(&gate, 0, sizeof(gate));
	dissector = make(16u << 20, false);
	return dissector ? 0 : -1;
}

/* The same, with sessions told while they are under way. */
static int
setup_reports(void **state)
{
	(void)state;
	told_count = 0;
	report_count = 0;
	dissector = make(16u << 20, true);
	return dissector ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	dissector_free(dissector);
	return 0;
}

static struct dialogue
dialogue(uint16_t client_port)
{
	return (struct dialogue){
	    .client_port = client_port,
	    .seq = {1000, 5000},
	    .time = 1700000000000000,
	    .ttl = {64, 57},
	    .ip_id = {100, 20000},
	};
}

/* A packet of that side as it would send it now; text may be NULL. */
static struct packet
packet_of(struct dialogue *g, enum side from, uint8_t flags, const char *text)
{
	enum side to = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
	struct packet p = {
	    .time = g->time += 1000,
	    .source = {4, {192, 0, 2, 7}},
	    .destination = {4, {198, 51, 100, 25}},
	    .source_port = g->client_port,
	    .destination_port = 25,
	    .seq = g->seq[from],
	    .ack = flags & TCP_ACK ? g->seq[to] : 0,
	    .flags = flags,
	    .window = 500,
	    .ttl = g->ttl[from],
	    .ip_id = g->ip_id[from]++,
	    .payload = {(const uint8_t *)text, text ? strlen(text) : 0},
	};

	if (from == SIDE_SERVER) {
		struct address a = p.source;

		p.source = p.destination;
		p.destination = a;
		p.source_port = 25;
		p.destination_port = g->client_port;
	}
	return p;
}

/* It counts as sent: later packets follow it. */
static void
count_sent(struct dialogue *g, enum side from, const struct packet *p)
{
	g->seq[from] +=
	    (uint32_t)p->payload.len + (p->flags & TCP_SYN ? 1 : 0) + (p->flags & TCP_FIN ? 1 : 0);
}

static void
feed(const struct packet *p)
{
	static struct wire w;
	struct captured in = {.time = p->time, .linktype = LINKTYPE_RAW};

	wire_make(p, &w);
	in.bytes = (struct bytes){w.bytes, w.len};
	in.wire_len = (uint32_t)w.len;
	dissector_feed(dissector, &in);
}

static void
say_bytes(struct dialogue *g, enum side from, struct bytes bytes)
{
	struct packet p = packet_of(g, from, TCP_ACK | TCP_PSH, NULL);

	p.payload = bytes;
	feed(&p);
	count_sent(g, from, &p);
}

static void
say(struct dialogue *g, enum side from, uint8_t flags, const char *text)
{
	struct packet p = packet_of(g, from, flags, text);

	feed(&p);
	count_sent(g, from, &p);
}

static void
connect_ends(struct dialogue *g)
{
	say(g, SIDE_CLIENT, TCP_SYN, NULL);
	say(g, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL);
	say(g, SIDE_CLIENT, TCP_ACK, NULL);
}

static void
client(struct dialogue *g, const char *text)
{
	say(g, SIDE_CLIENT, TCP_ACK | TCP_PSH, text);
}

static void
server(struct dialogue *g, const char *text)
{
	say(g, SIDE_SERVER, TCP_ACK | TCP_PSH, text);
}

static void
close_ends(struct dialogue *g)
{
	say(g, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL);
	say(g, SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL);
	say(g, SIDE_SERVER, TCP_ACK, NULL);
}

#define REPLY "250-mx.example.net\r\n250-SIZE 1000\r\n250 HELP\r\n"

/* A plaintext session up to the message. */
static void
deliver_mail(struct dialogue *g)
{
	server(g, "220 mx.example.net ESMTP\r\n");
	client(g, "EHLO out.example.org\r\n");
	server(g, REPLY);
	client(g, "MAIL FROM:<anna@example.org>\r\n");
	server(g, "250 ok\r\n");
	client(g, "RCPT TO:<bert@example.net>\r\n");
	server(g, "250 ok\r\n");
	client(g, "DATA\r\n");
	server(g, "354 go\r\n");
	client(g, "Subject: secret words\r\n\r\nMAIL FROM:<x@quoted.example>\r\n.\r\n");
	server(g, "250 queued\r\n");
	client(g, "QUIT\r\n");
	server(g, "221 bye\r\n");
}

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
the_same_bytes_twice_are_no_conflict(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	connect_ends(&g);
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, "220 mx.example.net ESMTP\r\n");
	feed(&p);
	feed(&p);
	count_sent(&g, SIDE_SERVER, &p);
	client(&g, "QUIT\r\n");
	p.payload.len = 9;
	feed(&p);
	close_ends(&g);
	assert_int_equal(told[0].s.conflicts_total, 0);
	assert_true(told[0].s.complete);
}

static void
other_bytes_in_the_same_range_are_a_conflict(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p, forged;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, "250-mx\r\n250 STARTTLS\r\n");
	forged = p;
	forged.payload = BYTES("250-mx\r\n250 XXXXXXXX\r\n");
	forged.ttl = 99;
	forged.ip_id = 7;
	feed(&forged);
	feed(&p);
	count_sent(&g, SIDE_SERVER, &p);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.conflict_count, 1);
	assert_int_equal(told[0].s.conflicts[0].from, SIDE_SERVER);
	assert_int_equal(told[0].s.conflicts[0].place, PLACE_EHLO);
	assert_int_equal(told[0].s.conflicts[0].first.ttl, 99);
	assert_int_equal(told[0].s.conflicts[0].first.ip_id, 7);
	assert_int_equal(told[0].s.conflicts[0].second.ttl, 57);
	assert_string_equal(told[0].first, "250-mx\r\n250 XXXXXXXX\r\n");
	assert_string_equal(told[0].second, "250-mx\r\n250 STARTTLS\r\n");
	/* The first version counts, as for a receiver. */
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
}

static void
a_keep_alive_byte_is_no_conflict(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, "Z");
	p.seq--;
	feed(&p);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.conflicts_total, 0);
	assert_true(told[0].s.complete);
}

/* Two versions of the greeting, first one then the other; the client acknowledges len bytes. */
static enum acted
acted_on(const char *first, const char *second, size_t len)
{
	struct dialogue g = dialogue(40000);
	struct packet a, b;

	connect_ends(&g);
	a = packet_of(&g, SIDE_SERVER, TCP_ACK, first);
	b = a;
	b.payload = bytes_text(second);
	feed(&a);
	feed(&b);
	g.seq[SIDE_SERVER] += (uint32_t)len;
	client(&g, "QUIT\r\n");
	dissector_finish(dissector);
	assert_int_equal(told[told_count - 1].s.conflict_count, 1);
	assert_int_equal(told[told_count - 1].s.conflicts[0].place, PLACE_GREETING);
	return told[told_count - 1].s.conflicts[0].acted;
}

static void
an_end_that_stops_behind_the_shorter_version_acted_on_it(void **state)
{
	const char *shorter = "220 mx ESMTP or so\r\n";
	const char *longer = "220 mx.example.net ESMTP, really\r\n";

	(void)state;
	assert_int_equal(acted_on(shorter, longer, strlen(shorter)), ACTED_FIRST);
	assert_int_equal(acted_on(longer, shorter, strlen(shorter)), ACTED_SECOND);
	/* The front of the one and the end of the other give the same number. */
	assert_int_equal(acted_on(shorter, longer, strlen(longer)), ACTED_UNKNOWN);
	assert_int_equal(acted_on(longer, shorter, strlen(longer)), ACTED_UNKNOWN);
}

static void
a_version_acknowledged_before_the_other_came_was_acted_on(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet a, b;

	(void)state;
	connect_ends(&g);
	a = packet_of(&g, SIDE_SERVER, TCP_ACK, "220 mx one\r\n");
	b = a;
	b.payload = BYTES("220 mx two\r\n");
	feed(&a);
	count_sent(&g, SIDE_SERVER, &a);
	say(&g, SIDE_CLIENT, TCP_ACK, NULL);
	feed(&b);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.conflicts[0].acted, ACTED_FIRST);
}

static void
a_corrupt_segment_is_dropped_where_checksums_are_right(void **state)
{
	struct dialogue g = dialogue(40000);
	static struct wire w;
	struct packet p;
	struct captured in;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, REPLY);
	wire_make(&p, &w);
	w.bytes[w.len - 5] ^= 1;
	in = (struct captured){p.time, LINKTYPE_RAW, (uint32_t)w.len, {w.bytes, w.len}};
	dissector_feed(dissector, &in);
	feed(&p);
	count_sent(&g, SIDE_SERVER, &p);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(dissector_counts(dissector).checksum_wrong, 1);
	assert_int_equal(told[0].s.conflicts_total, 0);
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
}

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

/* A dialogue up to an offer of STARTTLS. */
static void
be_offered(struct dialogue *g)
{
	connect_ends(g);
	server(g, "220 mx.example.net ESMTP\r\n");
	client(g, "EHLO out.example.org\r\n");
	server(g, "250-mx.example.net\r\n250 STARTTLS\r\n");
}

/* Bytes that were sent and not captured. */
static void
lose(struct dialogue *g, enum side from, size_t len)
{
	g->seq[from] += (uint32_t)len;
}

/* A mail in clear, of which each line in turn is not captured: "> " says the client. */
struct delivery {
	const char *const *lines;
	size_t accepted; /* the line from which MAIL is known to be answered */
	bool is_requested;
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
static const struct delivery deliveries[] = {
    {never_offered, 4, false}, {swallowed, 7, true}, {secret_first, 3, false}};

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
			    (is_whole && s->mail_requested != d->is_requested))
				fail_msg("%s lost: %zu told, clear whole %d, whole before mail %d, "
					 "requested %d",
					 d->lines[lost], told_count, s->clear_whole, s->mail_whole,
					 s->mail_requested);
		}
	}
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

static void
one_wrong_clock_ends_no_session(void **state)
{
	struct dialogue g = dialogue(40000), other = dialogue(40001);

	(void)state;
	be_offered(&g);
	other.time = g.time + 3600000000;
	connect_ends(&other);
	client(&g, "STARTTLS\r\n");
	server(&g, "220 go\r\n");
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.smtp.accepted, FACT_YES);
}

/* A ClientHello in a record of its own. */
static struct build
client_hello(void)
{
	struct build body = {0}, message = {0}, record = {0};

	put_client_hello(&body, 0x0303, BYTES("\xc0\x2f"), NULL);
	put_uint(&message, 1, 1);
	put_vector(&message, 3, body.at, body.len);
	put_uint(&record, 0x160301, 3);
	put_vector(&record, 2, message.at, message.len);
	return record;
}

/* Packets so far apart that each leaps ahead of the one before are no wrong clocks. */
static void
a_session_falls_silent_however_sparse_the_capture(void **state)
{
	static const struct {
		int64_t apart; /* seconds */
		int packets;
	} rows[] = {{61, 20}, {90, 15}, {600, 4}, {901, 20}, {7200, 20}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dialogue g = dialogue(40000), other = dialogue(40001);

		teardown(state);
		setup(state);
		be_offered(&g);
		other.time = g.time;
		for (int k = 0; k < rows[i].packets; k++) {
			other.time += rows[i].apart * 1000000;
			say(&other, SIDE_CLIENT, TCP_SYN, NULL);
		}
		if (told_count == 0 || told[0].s.ending != ENDING_IDLE ||
		    told[0].s.smtp.offered != FACT_YES)
			fail_msg("%d packets, %d s apart", rows[i].packets, (int)rows[i].apart);
	}
}

/* However many packets say so: the session goes on. */
static void
a_wrong_clock_among_sparse_packets_ends_no_session(void **state)
{
	struct dialogue g = dialogue(40000), other = dialogue(40001);

	(void)state;
	be_offered(&g);
	for (int k = 0; k < 20; k++) {
		g.time += 90000000;
		client(&g, "NOOP\r\n");
		other.time = g.time + 86400000000;
		say(&other, SIDE_CLIENT, TCP_SYN, NULL);
		g.time += 90000000;
		server(&g, "250 ok\r\n");
	}
	assert_int_equal(told_count, 0);
}

/* Half an hour of other traffic, a minute apart. */
static void
pass_half_an_hour(struct dialogue *other)
{
	for (int k = 0; k < 30; k++) {
		other->time += 59000000;
		say(other, SIDE_CLIENT, TCP_SYN, NULL);
	}
}

/* Both what was under way as the clock was set and what began later. */
static void
a_session_falls_silent_though_the_clock_was_set_back(void **state)
{
	static const int64_t back[] = {61, 600, 86400, 315360000}; /* seconds */

	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
		struct dialogue g = dialogue(40000), late = dialogue(40001),
				other = dialogue(40002);

		teardown(state);
		setup(state);
		be_offered(&g);
		late.time = other.time = g.time - back[i] * 1000000;
		be_offered(&late);
		pass_half_an_hour(&other);
		if (told_count < 2 || told[0].s.ending != ENDING_IDLE ||
		    told[1].s.ending != ENDING_IDLE || told[1].s.start >= told[0].s.start)
			fail_msg("%d s back: %d told", (int)back[i], (int)told_count);
	}
}

/* A session that is read on while the clock is set back and to and fro is one session. */
static void
a_clock_that_is_set_back_ends_no_session(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	be_offered(&g);
	g.time -= 86400000000;
	client(&g, "STARTTLS\r\n");
	g.time -= 600000000;
	server(&g, "220 go\r\n");
	g.time -= 3600000000;
	client(&g, "\x16\x03\x01");
	assert_int_equal(told_count, 0);
	dissector_finish(dissector);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.smtp.accepted, FACT_YES);
	assert_true(told[0].s.end >= told[0].s.start);
}

/* A capture cannot say whether a night passed or the clock was set; who watches can. */
static void
a_clock_that_is_said_to_be_set_ahead_ends_no_session(void **state)
{
	static const int64_t by[] = {600000000, 86400000000, 315360000000000, -86400000000};

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		struct dialogue g = dialogue(40000), other = dialogue(40001);

		teardown(state);
		setup(state);
		be_offered(&g);
		g.time += by[i];
		other.time = g.time;
		dissector_step(dissector, by[i]);
		for (int k = 0; k < 20; k++)
			say(&other, SIDE_CLIENT, TCP_SYN, NULL);
		dissector_expire(dissector, g.time + 60000000);
		client(&g, "STARTTLS\r\n");
		server(&g, "220 go\r\n");
		assert_int_equal(told_count, 0);
		other.time += 60000000;
		pass_half_an_hour(&other);
		assert_int_equal(told_count, 1);
		assert_int_equal(told[0].s.smtp.accepted, FACT_YES);
		assert_int_equal(told[0].s.ending, ENDING_IDLE);
	}
}

/* The years of a database, again and again: no sum runs over, and sessions go on being told. */
static void
a_clock_set_to_and_fro_does_no_harm(void **state)
{
	struct dialogue g = dialogue(40000), other = dialogue(40001);

	(void)state;
	be_offered(&g);
	for (int k = 0; k < 200; k++) {
		other.time = k % 2 ? INT64_C(1000000) : INT64_C(253402300000000000);
		for (int packet = 0; packet < 20; packet++)
			say(&other, SIDE_CLIENT, TCP_SYN, NULL);
	}
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].s.ending, ENDING_IDLE);
}

/* Text in place of TLS, and the session goes on in clear: what was sent is told. */
static void
text_in_place_of_tls_is_read_on(void **state)
{
	struct dialogue g = dialogue(40000);
	struct build hello = client_hello();

	(void)state;
	be_offered(&g);
	client(&g, "STARTTLS\r\n");
	server(&g, "220 go\r\n");
	say_bytes(&g, SIDE_CLIENT, built(&hello));
	server(&g, "454 TLS not available\r\n");
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

#define GREETED "S220 mx.example.net ESMTP\r\n", "CEHLO out.example.org\r\n"
#define OFFERED GREETED, "S250-mx\r\n250 HELP\r\n"
#define MAILED  OFFERED, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n"

/* Two versions of the same bytes, the second without the first `skip` bytes. */
static const struct {
	const char *name;
	const char *before[10]; /* side, text */
	enum side from;
	size_t skip;
	const char *first, *second;
	const char *shown_first, *shown_second;
} versions[] = {
    {"greeting",
     {NULL},
     SIDE_SERVER,
     0,
     "220 mx.a.example ESMTP\r\n",
     "220 mx.b.example ESMTP\r\n",
     "220 mx.a.example ESMTP\r\n",
     "220 mx.b.example ESMTP\r\n"},
    {"keyword alone",
     {GREETED},
     SIDE_SERVER,
     12,
     "250-mx\r\n250 STARTTLS\r\n",
     "XXXXXXXX\r\n",
     "STARTTLS\r\n",
     "XXXXXXXX\r\n"},
    {"keyword of another's making",
     {GREETED},
     SIDE_SERVER,
     0,
     "250-mx\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
     "250-mx\r\n250-SIZE 1000\r\n250 AUXTTTLS\r\n",
     "250-mx\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
     "250-mx\r\n250-SIZE 1000\r\n250 AUXTTTLS\r\n"},
    {"inside a keyword",
     {GREETED},
     SIDE_SERVER,
     13,
     "250-mx\r\n250 STARTTLS\r\n",
     "IZE 100\r\n",
     "TARTTLS\r\n",
     "IZE 100\r\n"},
    {"STARTTLS refused or not",
     {OFFERED, "CSTARTTLS\r\n"},
     SIDE_SERVER,
     0,
     "454 TLS not available\r\n",
     "220 2.0.0 Ready for TLS\r\n",
     "454 TLS not available\r\n",
     "220 x.x.x Ready for TLS"},
    {"STARTTLS masked",
     {OFFERED},
     SIDE_CLIENT,
     0,
     "STARTTLS\r\n",
     "XXXXXXXX\r\n",
     "STARTTLS\r\n",
     "XXXXXXXX\r\n"},
    {"EHLO",
     {"S220 mx ESMTP\r\n"},
     SIDE_CLIENT,
     0,
     "EHLO out.a.example\r\n",
     "EHLO out.b.example\r\n",
     "EHLO out.a.example\r\n",
     "EHLO out.b.example\r\n"},
    {"reply that names somebody",
     {MAILED, "CRCPT TO:<x@b.example>\r\n"},
     SIDE_SERVER,
     0,
     "550 5.1.1 secret unknown\r\n",
     "550 5.1.1 sesame unknown\r\n",
     "xxxxxxxxxxxxxxxxxxxxxxxxxx",
     "xxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"reply behind EHLO's in one segment",
     {GREETED},
     SIDE_SERVER,
     17,
     "250-mx\r\n250 HELP\r\n250 2.1.5 secret\r\n",
     "\n250 2.1.5 sesame\r\n",
     "\n250 2.1.5 xxxxxx\r\n",
     "\n250 2.1.5 xxxxxx\r\n"},
    {"inside a local part",
     {MAILED, "CRCPT TO:<\""},
     SIDE_CLIENT,
     0,
     "secret is here\"@b.example>\r\n",
     "sesame is here\"@b.example>\r\n",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"chunk behind its BDAT",
     {MAILED},
     SIDE_CLIENT,
     0,
     "BDAT 22 LAST\r\nQUIT secret\r\nsecret\r\n",
     "BDAT 22 LAST\r\nQUIT sesame\r\nsesame\r\n",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"chunk behind STARTTLS and BDAT",
     {OFFERED},
     SIDE_CLIENT,
     0,
     "STARTTLS\r\nBDAT 16\r\nsecret\r\nsecret\r\n",
     "XXXXXXXX\r\nBDAT 16\r\nsesame\r\nsesame\r\n",
     "STARTTLS\r\nBDAT xx\r\nxxxxxx\r\nxxxxxx\r\n",
     "XXXXXXXX\r\nxxxxxxx\r\nxxxxxx\r\nxxxxxx\r\n"},
    {"local part whose address is none in the other version",
     {OFFERED, "CSTARTTLS\r\n"},
     SIDE_SERVER,
     0,
     "454 not for secret@b.example\r\n",
     "454 not for secretAb.example\r\n",
     "454 not for xxxxxx@b.example\r\n",
     "454 not for xxxxxxAb.example\r\n"},
    {"secret without its AUTH",
     {OFFERED, "CAUTH PLAIN "},
     SIDE_CLIENT,
     0,
     "secret\r\n",
     "sesame\r\n",
     "xxxxxxxx",
     "xxxxxxxx"},
    {"message text",
     {MAILED, "CDATA\r\n", "S354 go\r\n"},
     SIDE_CLIENT,
     0,
     "EHLO secret\r\n.\r\n",
     "EHLO sesame\r\n.\r\n",
     "",
     ""},
};

static void
assert_not_shown(const struct told *t, const char *name, const char *text)
{
	size_t len = strlen(text);

	if (strstr(t->first, text) || strstr(t->second, text))
		fail_msg("%s: \"%s\" is in a version", name, text);
	for (size_t i = 0; i + len <= t->shown_len; i++)
		if (memcmp(t->shown + i, text, len) == 0)
			fail_msg("%s: \"%s\" is in the evidence", name, text);
}

static void
versions_show_no_secret_and_no_more_than_can_be_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct dialogue g = dialogue((uint16_t)(41000 + i));
		const struct told *t = &told[i];
		struct packet p;

		connect_ends(&g);
		for (size_t k = 0; k < 10 && versions[i].before[k]; k++)
			say(&g, versions[i].before[k][0] == 'C' ? SIDE_CLIENT : SIDE_SERVER,
			    TCP_ACK | TCP_PSH, versions[i].before[k] + 1);
		p = packet_of(&g, versions[i].from, TCP_ACK, versions[i].second);
		p.seq += (uint32_t)versions[i].skip;
		say(&g, versions[i].from, TCP_ACK | TCP_PSH, versions[i].first);
		feed(&p);
		close_ends(&g);
		dissector_finish(dissector);
		assert_int_equal(told_count, i + 1);
		assert_not_shown(t, versions[i].name, "secret");
		assert_not_shown(t, versions[i].name, "sesame");
		if (strcmp(t->first, versions[i].shown_first) != 0 ||
		    strncmp(t->second, versions[i].shown_second,
			    strlen(versions[i].shown_second)) != 0)
			fail_msg("%s: shown \"%s\" and \"%s\"", versions[i].name, t->first,
				 t->second);
	}
}

/* One record; its payload is a byte over and over. */
static void
say_record(struct dialogue *g, enum side from, uint8_t type, size_t len)
{
	struct build record = {0};

	put_uint(&record, type, 1);
	put_uint(&record, 0x0303, 2);
	put_uint(&record, (uint32_t)len, 2);
	put_fill(&record, 1, len);
	say_bytes(g, from, built(&record));
}

static void
shake_hands(struct dialogue *g)
{
	struct build hello = client_hello(), body = {0}, message = {0}, record = {0};
	uint8_t random[32] = {7};

	put_server_hello(&body, 0x0303, random, 0xc02f, NULL);
	put_uint(&message, 2, 1);
	put_vector(&message, 3, body.at, body.len);
	put_uint(&record, 0x160303, 3);
	put_vector(&record, 2, message.at, message.len);
	say_bytes(g, SIDE_CLIENT, built(&hello));
	say_bytes(g, SIDE_SERVER, built(&record));
	for (int side = 0; side < SIDES; side++) {
		say_record(g, (enum side)side, 20, 1);
		say_record(g, (enum side)side, 22, 40);
	}
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
	struct build hello = client_hello();

	(void)state;
	be_offered(&g);
	client(&g, "STARTTLS\r\n");
	server(&g, "220 go\r\n");
	say_bytes(&g, SIDE_CLIENT, built(&hello));
	server(&g, "454 TLS not available\r\n");
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

/* A session with so much ciphertext that the gate is told of it. */
static void
say_much(struct dialogue *g)
{
	connect_ends(g);
	server(g, "220 mx.example.net ESMTP\r\n");
	client(g, "EHLO out.example.org\r\n");
	server(g, "250-mx.example.net\r\n250 STARTTLS\r\n");
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

/* What is decided is told before the end, once, and then again at the end. */
static void
what_is_decided_is_told_while_it_is_under_way(void **state)
{
	struct dialogue g = dialogue(40000);

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	server(&g, REPLY);
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
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	server(&g, REPLY);
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

#define CASE(name)    cmocka_unit_test_setup_teardown(name, setup, teardown)
#define REPORTS(name) cmocka_unit_test_setup_teardown(name, setup_reports, teardown)

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
	    CASE(the_same_bytes_twice_are_no_conflict),
	    CASE(other_bytes_in_the_same_range_are_a_conflict),
	    CASE(a_keep_alive_byte_is_no_conflict),
	    CASE(an_end_that_stops_behind_the_shorter_version_acted_on_it),
	    CASE(a_version_acknowledged_before_the_other_came_was_acted_on),
	    CASE(a_corrupt_segment_is_dropped_where_checksums_are_right),
	    CASE(a_reset_out_of_sequence_is_not_believed),
	    CASE(a_reset_in_sequence_ends_the_session),
	    CASE(a_reset_is_contradicted_by_its_sender_going_on),
	    CASE(a_reset_is_doubted_by_what_is_not_its_senders),
	    CASE(ports_used_again_after_the_end_are_a_new_session),
	    CASE(ports_used_again_without_an_end_are_a_new_session_once_answered),
	    CASE(ports_used_again_and_again_are_a_session_each),
	    CASE(a_forged_syn_changes_nothing),
	    CASE(a_gap_behind_mail_denies_nothing_before_it),
	    CASE(what_a_reset_shows_to_be_lost_is_not_denied),
	    CASE(what_a_reset_acknowledges_is_not_denied),
	    CASE(what_an_empty_segment_shows_to_be_lost_is_not_denied),
	    CASE(one_forged_segment_hides_nothing),
	    CASE(a_forged_end_ahead_of_the_own_hides_nothing),
	    CASE(forged_ends_of_both_sides_hide_nothing),
	    CASE(a_forged_close_hides_nothing),
	    CASE(a_forged_close_forgets_no_version),
	    CASE(an_ordinary_close_is_told_at_once),
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
	    CASE(many_flows_with_holes_leave_room_for_others),
	    CASE(a_forged_connection_takes_nobodys_place),
	    CASE(a_forged_syn_before_the_answer_changes_nothing),
	    CASE(a_server_behind_a_proxy_is_believed),
	    CASE(a_late_packet_changes_nothing),
	    CASE(a_side_begun_without_its_syn_claims_no_absence),
	    CASE(ports_used_again_without_a_syn_are_a_new_session),
	    CASE(one_wrong_clock_ends_no_session),
	    CASE(a_session_falls_silent_however_sparse_the_capture),
	    CASE(a_wrong_clock_among_sparse_packets_ends_no_session),
	    CASE(a_session_falls_silent_though_the_clock_was_set_back),
	    CASE(a_clock_that_is_set_back_ends_no_session),
	    CASE(a_clock_that_is_said_to_be_set_ahead_ends_no_session),
	    CASE(a_clock_set_to_and_fro_does_no_harm),
	    CASE(text_in_place_of_tls_is_read_on),
	    CASE(a_planted_header_hides_no_text),
	    CASE(text_behind_a_servers_alert_is_not_ahead_of_the_client),
	    CASE(a_second_starttls_begins_tls_anew),
	    CASE(tls_that_nobody_asked_for_again_undoes_no_failure),
	    CASE(mail_behind_closed_tls_is_told_and_a_leave_is_not),
	    CASE(tls_that_the_capture_begins_with_is_not_implicit),
	    CASE(a_loss_on_the_tap_is_of_every_session_under_way),
	    REPORTS(what_is_decided_is_told_while_it_is_under_way),
	    REPORTS(a_recipient_is_told_while_it_is_under_way),
	    REPORTS(many_decisions_at_once_are_all_told),
	    CASE(ciphertext_that_is_withheld_is_no_gap),
	    CASE(what_is_withheld_is_not_idle_as_long_as_it_goes_on),
	    CASE(a_reset_of_what_was_withheld_lingers_no_longer),
	    CASE(a_flow_that_comes_again_is_withheld_again),
	    CASE(a_short_session_is_read_whole),
	    CASE(a_dialogue_that_began_like_tls_is_read_on),
	    CASE(one_side_alone_claims_no_absence),
	    CASE(a_connection_without_payload_is_no_session),
	    CASE(a_half_closed_session_goes_on),
	    CASE(silence_ends_a_session),
	    CASE(a_full_table_evicts_the_longest_idle_and_counts_it),
	    CASE(many_segments_ahead_do_not_exhaust_memory),
	    CASE(versions_show_no_secret_and_no_more_than_can_be_judged),
	};

	return cmocka_run_group_tests_name("dissector", tests, NULL, NULL);
}
