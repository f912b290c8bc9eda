/*
 * Many sessions at once: as many as a budget is to hold are held, whoever rests
 * meanwhile loses nothing by it, and what does not fit is told and counted.
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

#define BYTES_A_SESSION 1074 /* 1 GiB is to hold 1,000,000 */

#define PORT 40000

/* One packet of a session. Of text, %06u is the session's number. */
struct step {
	enum side from;
	uint8_t flags;
	const char *text;
	struct bytes bytes; /* where there is no text */
};

#define SYN                                 \
	{                                   \
		SIDE_CLIENT, TCP_SYN, NULL, \
		{                           \
			0                   \
		}                           \
	}
#define REACT                                         \
	{                                             \
		SIDE_SERVER, TCP_SYN | TCP_ACK, NULL, \
		{                                     \
			0                             \
		}                                     \
	}
#define C(t)                                       \
	{                                          \
		SIDE_CLIENT, TCP_ACK | TCP_PSH, t, \
		{                                  \
			0                          \
		}                                  \
	}
#define S(t)                                       \
	{                                          \
		SIDE_SERVER, TCP_ACK | TCP_PSH, t, \
		{                                  \
			0                          \
		}                                  \
	}
#define ACKED                               \
	{                                   \
		SIDE_CLIENT, TCP_ACK, NULL, \
		{                           \
			0                   \
		}                           \
	}

/* clang-format off */
#define CONNECT SYN, REACT, ACKED
#define GREET \
	CONNECT, S("220 mx%06u.example.net ESMTP ready\r\n"), C("EHLO out%06u.example.org\r\n"), \
	S("250-mx%06u.example.net\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-STARTTLS\r\n" \
	  "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n")
#define DELIVER \
	C("MAIL FROM:<anna@out%06u.example.org>\r\n"), S("250 ok\r\n"), \
	C("RCPT TO:<bert@mx%06u.example.net>\r\n"), S("250 ok\r\n"), \
	C("DATA\r\n"), S("354 go\r\n"), C("Subject: %06u\r\n\r\nwords\r\n.\r\n"), \
	S("250 queued\r\n"), C("QUIT\r\n"), S("221 bye\r\n")
#define CLOSE \
	{SIDE_SERVER, TCP_ACK | TCP_FIN, NULL, {0}}, {SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL, {0}}, \
	{SIDE_SERVER, TCP_ACK, NULL, {0}}
#define RECORD(side) {side, TCP_ACK | TCP_PSH, NULL, {0}}
#define UPGRADE \
	C("STARTTLS\r\n"), S("220 2.0.0 Ready to start TLS\r\n"), RECORD(SIDE_CLIENT), \
	RECORD(SIDE_SERVER), RECORD(SIDE_CLIENT), RECORD(SIDE_SERVER)
#define UPGRADE_RECORDS 4

static struct step in_clear[] = {GREET};
static struct step settled[] = {GREET, UPGRADE};
static struct step delivered[] = {GREET, DELIVER, CLOSE};
static struct step closed[] = {GREET, UPGRADE, CLOSE};
static struct step connected[] = {CONNECT};
/* clang-format on */

#define COUNT(steps) (sizeof(steps) / sizeof((steps)[0]))

static struct build flight[UPGRADE_RECORDS]; /* hello, hello, both ends' Finished */

static struct dissector *dissector;
static struct {
	unsigned count, encrypted, offered, whole, complete, named, evicted, plain;
	unsigned last; /* the number of the one told last */
} told;

static struct bytes
text_of(char room[512], const struct step *step, unsigned number)
{
	if (!step->text)
		return step->bytes;
/* The tables above are all there is. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(room, 512, step->text, number);
#pragma GCC diagnostic pop
	return bytes_text(room);
}

/* How many numbers of a side's sequence the steps before this one take. */
static uint32_t
sent_before(const struct step *steps, size_t at, enum side from)
{
	uint32_t sent = 0;
	char room[512];

	for (size_t i = 0; i < at; i++)
		if (steps[i].from == from)
			sent += (uint32_t)text_of(room, &steps[i], 0).len +
				((steps[i].flags & (TCP_SYN | TCP_FIN)) != 0);
	return sent;
}

static void
feed_step(const struct step *steps, size_t at, unsigned number, int64_t time)
{
	static struct wire w;
	const struct step *step = &steps[at];
	bool by_client = step->from == SIDE_CLIENT;
	struct address client = {
	    4, {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
	struct address server = {4, {198, 51, 100, 25}};
	char room[512];
	struct packet p = {
	    .source = by_client ? client : server,
	    .destination = by_client ? server : client,
	    .source_port = by_client ? PORT : 25,
	    .destination_port = by_client ? 25 : PORT,
	    .seq = number * 7919 + sent_before(steps, at, step->from),
	    .ack = number * 7919 + sent_before(steps, at, by_client ? SIDE_SERVER : SIDE_CLIENT),
	    .flags = step->flags,
	    .window = 500,
	    .ttl = 64,
	    .ip_id = (uint16_t)at,
	    .payload = text_of(room, step, number),
	};
	struct captured in = {.time = time, .linktype = LINKTYPE_RAW};

	wire_make(&p, &w);
	in.bytes = (struct bytes){w.bytes, w.len};
	in.wire_len = (uint32_t)w.len;
	dissector_feed(dissector, &in);
}

static int64_t
time_of(unsigned n)
{
	return 1700000000000000 + (int64_t)n * 100;
}

/* One session after the other, each left where its steps end. */
static void
feed_in_turn(const struct step *steps, size_t count, unsigned first, unsigned sessions)
{
	for (unsigned i = first; i < first + sessions; i++)
		for (size_t at = 0; at < count; at++)
			feed_step(steps, at, i, time_of(i));
}

/* A step of each, then the next: none has a packet before all the others had one. */
static void
feed_side_by_side(unsigned first, const struct step *steps, size_t count, unsigned sessions)
{
	for (size_t at = 0; at < count; at++)
		for (unsigned i = 0; i < sessions; i++)
			feed_step(steps, at, first + i,
				  time_of(first + (unsigned)at * sessions + i));
}

/* Whether all its names are its own. */
static bool
names_fit(const struct session *s, unsigned number)
{
	char client[64], server[64];

	snprintf(client, sizeof(client), "out%06u.example.org", number);
	snprintf(server, sizeof(server), "mx%06u.example.net", number);
	return s->helo.len == strlen(client) && memcmp(s->helo.at, client, s->helo.len) == 0 &&
	       s->ehlos == 8 && s->ehlo[0].len == strlen(server) &&
	       memcmp(s->ehlo[0].at, server, s->ehlo[0].len) == 0 &&
	       (s->smtp.mail_count == 0 || (s->rcpt_count == 1 && s->from_count == 1 &&
					    bytes_equal(s->from_domains[0], s->helo) &&
					    bytes_equal(s->rcpt_domains[0], s->ehlo[0])));
}

static void
on_session(void *ctx, const struct session *s, struct evidence *e, const struct evidence_list *kept)
{
	unsigned number =
	    (unsigned)s->client.b[1] << 16 | (unsigned)s->client.b[2] << 8 | s->client.b[3];

	(void)ctx;
	(void)e;
	(void)kept;
	told.count++;
	told.encrypted += session_outcome(s) == OUTCOME_ENCRYPTED;
	told.plain += session_outcome(s) == OUTCOME_PLAINTEXT;
	told.offered += s->smtp.offered == FACT_YES;
	told.whole += s->clear_whole && s->gap_bytes == 0;
	told.complete += s->complete;
	told.named += names_fit(s, number);
	if (s->ending == ENDING_EVICTED) {
		/* The one that was idle longest goes first. */
		assert_int_equal(number, told.evicted);
		told.evicted++;
	}
}

static void
make(size_t budget)
{
	struct dissector_config *config = calloc(1, sizeof(*config));

	config->budget = budget;
	memcpy(config->secret, "0123456789abcdef", 16);
	config->service[25] = SERVICE_SMTP;
	config->session = on_session;
	dissector = dissector_new(config);
	free(config);
	assert_non_null(dissector);
	memset(&told, 0, sizeof(told));
}

static void
put_hello(struct build *record, uint32_t type, const struct build *body)
{
	struct build message = {0};

	put_uint(&message, type, 1);
	put_vector(&message, 3, body->at, body->len);
	put_uint(record, 0x160303, 3);
	put_vector(record, 2, message.at, message.len);
}

/* ChangeCipherSpec, and a handshake record behind it. */
static void
put_finished(struct build *record)
{
	put_uint(record, 0x140303, 3);
	put_uint(record, 0x000101, 3);
	put_uint(record, 0x160303, 3);
	put_uint(record, 40, 2);
	put_fill(record, 1, 40);
}

static int
build_flight(void **state)
{
	struct build client = {0}, server = {0};
	uint8_t random[32] = {7};
	struct step *upgrades[] = {settled, closed};

	(void)state;
	put_client_hello(&client, 0x0303, BYTES("\xc0\x2f"), NULL);
	put_server_hello(&server, 0x0303, random, 0xc02f, NULL);
	put_hello(&flight[0], 1, &client);
	put_hello(&flight[1], 2, &server);
	put_finished(&flight[2]);
	put_finished(&flight[3]);
	for (size_t i = 0; i < COUNT(upgrades); i++)
		for (size_t n = 0; n < UPGRADE_RECORDS; n++)
			upgrades[i][COUNT(settled) - UPGRADE_RECORDS + n].bytes = built(&flight[n]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dissector_free(dissector);
	dissector = NULL;
	return 0;
}

static const struct kind {
	const char *name;
	const struct step *steps;
	size_t count;
} kinds[] = {
    {"connected", connected, COUNT(connected)},
    {"in clear", in_clear, COUNT(in_clear)},
    {"settled", settled, COUNT(settled)},
};

static void
a_budget_holds_as_many_sessions_as_it_is_to(void **state)
{
	const size_t budgets[] = {16u << 20, 48u << 20};

	(void)state;
	for (size_t b = 0; b < COUNT(budgets); b++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			unsigned sessions = (unsigned)(budgets[b] / BYTES_A_SESSION);
			struct dissector_counts counts;

			print_message("%u sessions, %s\n", sessions, kinds[k].name);
			make(budgets[b]);
			feed_in_turn(kinds[k].steps, kinds[k].count, 0, sessions);
			counts = dissector_counts(dissector);
			assert_int_equal(counts.flows_open, sessions);
			assert_int_equal(counts.evicted, 0);
			assert_int_equal(counts.pool_refusals, 0);
			dissector_finish(dissector);
			if (kinds[k].steps != connected) {
				assert_int_equal(told.count, sessions);
				assert_int_equal(told.offered, sessions);
				assert_int_equal(told.named, sessions);
				assert_int_equal(told.whole, sessions);
			}
			if (kinds[k].steps == settled)
				assert_int_equal(told.encrypted, sessions);
			teardown(NULL);
		}
}

static void
what_does_not_fit_is_told_and_counted(void **state)
{
	(void)state;
	for (size_t k = 1; k < COUNT(kinds); k++) {
		unsigned sessions = 3 * (DISSECTOR_BUDGET_MIN / BYTES_A_SESSION);
		struct dissector_counts counts;

		print_message("%s\n", kinds[k].name);
		make(DISSECTOR_BUDGET_MIN);
		feed_in_turn(kinds[k].steps, kinds[k].count, 0, sessions);
		counts = dissector_counts(dissector);
		assert_true(counts.evicted > 0);
		assert_int_equal(counts.flows, sessions);
		assert_int_equal(counts.evicted, told.evicted);
		assert_int_equal(counts.flows_open + counts.evicted, sessions);
		assert_int_equal(counts.pool_refusals, 0);
		dissector_finish(dissector);
		assert_int_equal(told.count, sessions);
		assert_int_equal(told.named, sessions);
		assert_int_equal(told.whole, sessions);
		teardown(NULL);
	}
}

/* Each begins while others do: none is given up for the next one's SYN. */
static void
a_full_table_lets_new_ones_begin(void **state)
{
	unsigned held = 2 * (DISSECTOR_BUDGET_MIN / BYTES_A_SESSION);
	const unsigned sessions = 200;

	(void)state;
	make(DISSECTOR_BUDGET_MIN);
	feed_in_turn(in_clear, COUNT(in_clear), 0, held);
	assert_true(dissector_counts(dissector).evicted > 0);
	feed_side_by_side(held, closed, COUNT(closed), sessions);
	assert_int_equal(dissector_counts(dissector).flows, held + sessions);
	dissector_finish(dissector);
	assert_int_equal(told.complete, sessions);
	assert_int_equal(told.encrypted, sessions);
	assert_int_equal(dissector_counts(dissector).flows_empty, 0);
}

static void
a_flood_of_beginnings_ends_no_session(void **state)
{
	const unsigned sessions = 1000, flood = 50000;
	struct dissector_counts counts;

	(void)state;
	make(DISSECTOR_BUDGET_MIN);
	feed_in_turn(in_clear, COUNT(in_clear), 0, sessions);
	feed_in_turn(connected, 1, sessions, flood);
	counts = dissector_counts(dissector);
	assert_int_equal(told.count, 0);
	assert_true(counts.evicted > 0);
	assert_int_equal(counts.flows_open + counts.evicted, sessions + flood);
}

/* Far more than can be at hand at a time. */
static void
who_rests_between_packets_loses_nothing(void **state)
{
	const unsigned sessions = 2000;

	(void)state;
	make(DISSECTOR_BUDGET_MIN);
	feed_side_by_side(0, delivered, COUNT(delivered), sessions);
	assert_int_equal(told.count, sessions);
	assert_int_equal(told.named, sessions);
	assert_int_equal(told.plain, sessions);
	assert_int_equal(told.complete, sessions);
	teardown(NULL);
	make(DISSECTOR_BUDGET_MIN);
	feed_side_by_side(0, closed, COUNT(closed), sessions);
	dissector_finish(dissector);
	assert_int_equal(told.count, sessions);
	assert_int_equal(told.named, sessions);
	assert_int_equal(told.encrypted, sessions);
	assert_int_equal(told.complete, sessions);
	assert_int_equal(dissector_counts(dissector).flows, sessions);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_budget_holds_as_many_sessions_as_it_is_to, teardown),
	    cmocka_unit_test_teardown(what_does_not_fit_is_told_and_counted, teardown),
	    cmocka_unit_test_teardown(a_full_table_lets_new_ones_begin, teardown),
	    cmocka_unit_test_teardown(a_flood_of_beginnings_ends_no_session, teardown),
	    cmocka_unit_test_teardown(who_rests_between_packets_loses_nothing, teardown),
	};

	return cmocka_run_group_tests(tests, build_flight, NULL);
}
