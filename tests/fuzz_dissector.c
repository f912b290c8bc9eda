/*
 * The whole dissector. The first byte chooses how the rest is read: as captured
 * packets of any link type, or as what the two ends of a connection say, which
 * gets further in. Evidence is walked too, as a reader of sessions would.
 */
#include <stdint.h>
#include <stdlib.h>

#include "dissector/dissector.h"
#include "tests/wire.h"

#define STEPS_MAX 512
#define RUNS_EACH \
	512 /* one dissector serves so many inputs: making it costs more than most of them */

/* Read every byte of what is told, so that a sanitizer sees a stray view. */
static unsigned sink;

static void
touch(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		sink += b.at[i];
}

static void
on_evidence(void *ctx, const struct evidence_item *item)
{
	(void)ctx;
	touch(item->bytes);
}

static void
on_session(void *ctx, const struct session *s, struct evidence *e, const struct evidence_list *kept)
{
	(void)ctx;
	sink += (unsigned)session_outcome(s);
	for (size_t i = 0; i < s->greetings; i++)
		touch(s->greeting[i]);
	for (size_t i = 0; i < s->ehlos; i++)
		touch(s->ehlo[i]);
	for (size_t i = 0; i < s->from_count; i++)
		touch(s->from_domains[i]);
	for (size_t i = 0; i < s->rcpt_count; i++)
		touch(s->rcpt_domains[i]);
	for (size_t i = 0; i < s->conflict_count; i++) {
		touch(s->conflicts[i].first.text);
		touch(s->conflicts[i].second.text);
	}
	touch(s->helo);
	touch(s->auth);
	touch(s->refusal);
	touch(s->client_sample);
	touch(s->server_sample);
	touch(s->interruption);
	touch(s->sni);
	touch(s->alpn);
	evidence_walk(e, kept, on_evidence, NULL);
}

static struct dissector *
make(void)
{
	static struct dissector_config config = {
	    .budget = DISSECTOR_BUDGET_MIN,
	    .secret = {7, 3, 1},
	    .session = on_session,
	};

	config.service[25] = SERVICE_SMTP;
	config.service[465] = SERVICE_SUBMISSIONS;
	config.service[24] = SERVICE_LMTP;
	return dissector_new(&config);
}

/* Link type (2), time step in units of 10 ms (1), length (2), bytes; again and again. */
static void
feed_packets(struct dissector *d, struct cursor c)
{
	int64_t time = 1700000000000000;

	for (int i = 0; i < STEPS_MAX; i++) {
		struct captured in = {.linktype = cursor_u16(&c)};

		time += cursor_u8(&c) * 10000;
		in.bytes = cursor_take(&c, cursor_u16(&c));
		if (c.is_short)
			return;
		in.time = time;
		in.wire_len = (uint32_t)in.bytes.len;
		dissector_feed(d, &in);
	}
}

/* One step of a dialogue: what (1), shift of the sequence number (1), length (1), bytes. */
static void
feed_step(struct dissector *d, struct packet *ends, uint8_t what, int8_t shift, struct bytes text)
{
	static struct wire w;
	enum side from = what & 1 ? SIDE_SERVER : SIDE_CLIENT;
	struct packet p = ends[from];
	struct captured in = {.linktype = LINKTYPE_RAW};

	p.flags = TCP_ACK;
	p.flags |= what & 2 ? TCP_FIN : 0;
	p.flags |= what & 4 ? TCP_RST : 0;
	p.flags |= what & 8 ? TCP_SYN : 0;
	p.ack = ends[!from].seq;
	p.seq += (uint32_t)shift;
	p.ttl = what & 16 ? 200 : 64;
	p.payload = text;
	wire_make(&p, &w);
	in.time = p.time;
	in.bytes = (struct bytes){w.bytes, w.len};
	in.wire_len = (uint32_t)w.len + (what & 32 ? 7 : 0);
	dissector_feed(d, &in);
	if (!(what & 64))
		ends[from].seq += (uint32_t)text.len + (p.flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
	ends[0].time += what & 128 ? 700000 : 1000;
	ends[1].time = ends[0].time;
}

static void
feed_dialogue(struct dissector *d, struct cursor c)
{
	uint8_t kind = cursor_u8(&c);
	uint16_t port = kind & 1 ? 465 : kind & 2 ? 24 : 25;
	struct packet ends[SIDES] = {
	    {.time = 1700000000000000,
	     .source = {4, {192, 0, 2, 7}},
	     .destination = {4, {198, 51, 100, 25}},
	     .source_port = 40000,
	     .destination_port = port,
	     .seq = 1000,
	     .window = 100},
	    {.time = 1700000000000000,
	     .source = {4, {198, 51, 100, 25}},
	     .destination = {4, {192, 0, 2, 7}},
	     .source_port = port,
	     .destination_port = 40000,
	     .seq = UINT32_MAX - 99,
	     .window = 100},
	};

	if (!(kind & 4)) {
		feed_step(d, ends, 8, 0, (struct bytes){0});
		feed_step(d, ends, 9, 0, (struct bytes){0});
	}
	for (int i = 0; i < STEPS_MAX; i++) {
		uint8_t what = cursor_u8(&c);
		int8_t shift = (int8_t)cursor_u8(&c);
		struct bytes text = cursor_take(&c, cursor_u8(&c));

		if (c.is_short)
			return;
		feed_step(d, ends, what, shift, text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over((struct bytes){data, size});
	uint8_t how = cursor_u8(&c);
	static struct dissector *d;
	static int runs;

	if (runs++ % RUNS_EACH == 0) {
		dissector_free(d);
		d = make();
	}
	if (!d)
		abort();
	if (how & 1)
		feed_dialogue(d, c);
	else
		feed_packets(d, c);
	dissector_expire(d, 1700000000000000 + 5000000);
	dissector_finish(d);
	/* All was told, and all that was lent came back. */
	if (dissector_counts(d).flows_open != 0)
		abort();
	return 0;
}
