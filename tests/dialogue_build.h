/*
 * Two ends of a connection that send packets to a dissector, and what it tells of
 * them: for tests of whole flows through the front door.
 *
 * Test code only: one dissector at a time, which setup makes and teardown frees.
 */
#ifndef TESTS_DIALOGUE_BUILD_H
#define TESTS_DIALOGUE_BUILD_H

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

static inline void
copy_text(char *out, size_t cap, struct bytes in)
{
	size_t n = in.len < cap - 1 ? in.len : cap - 1;

	if (n)
		memcpy(out, in.at, n);
	out[n] = '\0';
}

static inline void
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

static inline void
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

static inline void
on_withhold(void *ctx, const struct flow_key *key)
{
	(void)ctx;
	(void)key;
	gate.withheld++;
}

static inline void
on_admit(void *ctx, const struct flow_key *key)
{
	(void)ctx;
	(void)key;
	gate.admitted++;
}

static inline uint64_t
on_withheld(void *ctx, const struct flow_key *key)
{
	(void)ctx;
	(void)key;
	return gate.packets;
}

static inline struct dissector *
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

static inline int
setup(void **state)
{
	(void)state;
	told_count = 0;
	memset(&gate, 0, sizeof(gate));
	dissector = make(16u << 20, false);
	return dissector ? 0 : -1;
}

/* The same, with sessions told while they are under way. */
static inline int
setup_reports(void **state)
{
	(void)state;
	told_count = 0;
	report_count = 0;
	dissector = make(16u << 20, true);
	return dissector ? 0 : -1;
}

static inline int
teardown(void **state)
{
	(void)state;
	dissector_free(dissector);
	return 0;
}

static inline struct dialogue
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
static inline struct packet
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
static inline void
count_sent(struct dialogue *g, enum side from, const struct packet *p)
{
	g->seq[from] +=
	    (uint32_t)p->payload.len + (p->flags & TCP_SYN ? 1 : 0) + (p->flags & TCP_FIN ? 1 : 0);
}

static inline void
feed(const struct packet *p)
{
	static struct wire w;
	struct captured in = {.time = p->time, .linktype = LINKTYPE_RAW};

	wire_make(p, &w);
	in.bytes = (struct bytes){w.bytes, w.len};
	in.wire_len = (uint32_t)w.len;
	dissector_feed(dissector, &in);
}

static inline void
say_bytes(struct dialogue *g, enum side from, struct bytes bytes)
{
	struct packet p = packet_of(g, from, TCP_ACK | TCP_PSH, NULL);

	p.payload = bytes;
	feed(&p);
	count_sent(g, from, &p);
}

static inline void
say(struct dialogue *g, enum side from, uint8_t flags, const char *text)
{
	struct packet p = packet_of(g, from, flags, text);

	feed(&p);
	count_sent(g, from, &p);
}

static inline void
connect_ends(struct dialogue *g)
{
	say(g, SIDE_CLIENT, TCP_SYN, NULL);
	say(g, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL);
	say(g, SIDE_CLIENT, TCP_ACK, NULL);
}

static inline void
client(struct dialogue *g, const char *text)
{
	say(g, SIDE_CLIENT, TCP_ACK | TCP_PSH, text);
}

static inline void
server(struct dialogue *g, const char *text)
{
	say(g, SIDE_SERVER, TCP_ACK | TCP_PSH, text);
}

static inline void
close_ends(struct dialogue *g)
{
	say(g, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL);
	say(g, SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL);
	say(g, SIDE_SERVER, TCP_ACK, NULL);
}

#define REPLY "250-mx.example.net\r\n250-SIZE 1000\r\n250 HELP\r\n"

/* A plaintext session up to the message. */
static inline void
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

/* A dialogue up to the reply to EHLO. */
static inline void
be_greeted(struct dialogue *g, const char *reply)
{
	connect_ends(g);
	server(g, "220 mx.example.net ESMTP\r\n");
	client(g, "EHLO out.example.org\r\n");
	server(g, reply);
}

/* A dialogue up to an offer of STARTTLS. */
static inline void
be_offered(struct dialogue *g)
{
	be_greeted(g, "250-mx.example.net\r\n250 STARTTLS\r\n");
}

/* Bytes that were sent and not captured. */
static inline void
lose(struct dialogue *g, enum side from, size_t len)
{
	g->seq[from] += (uint32_t)len;
}

/* A ClientHello in a record of its own. */
static inline struct build
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

static inline void
assert_not_shown(const struct told *t, const char *name, const char *text)
{
	size_t len = strlen(text);

	if (strstr(t->first, text) || strstr(t->second, text))
		fail_msg("%s: \"%s\" is in a version", name, text);
	for (size_t i = 0; i + len <= t->shown_len; i++)
		if (memcmp(t->shown + i, text, len) == 0)
			fail_msg("%s: \"%s\" is in the evidence", name, text);
}

/* One record; its payload is a byte over and over. */
static inline void
say_record(struct dialogue *g, enum side from, uint8_t type, size_t len)
{
	struct build record = {0};

	put_uint(&record, type, 1);
	put_uint(&record, 0x0303, 2);
	put_uint(&record, (uint32_t)len, 2);
	put_fill(&record, 1, len);
	say_bytes(g, from, built(&record));
}

static inline void
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

#define CASE(name)    cmocka_unit_test_setup_teardown(name, setup, teardown)
#define REPORTS(name) cmocka_unit_test_setup_teardown(name, setup_reports, teardown)

#endif
