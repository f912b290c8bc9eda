/*
 * The whole dissector. The first byte chooses how the rest is read: as captured
 * packets of any link type, or as what the two ends of a connection say, which
 * gets further in. Each session goes the way of a real one: over the border to
 * the keeper, its evidence walked, and before the judge.
 */
#include <stdint.h>
#include <stdlib.h>

#include "dissector/dissector.h"
#include "monitor/judge/judge.h"
#include "tests/cross.h"
#include "tests/digest_build.h"
#include "tests/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX   512
#define RUNS_EACH   512 /* one dissector serves so many inputs: to make it costs more than most */
#define DAY_US      (INT64_C(86400) * 1000000)
#define LONG_US     (INT64_C(1000) * 1000000)
#define CROWD       2500 /* clients; 8 MiB have room for fewer */
#define CROWD_BYTES 1400
#define KIND_CROWD  0xf0

/* Read every byte of what is told, so that a sanitizer sees a stray view. */
static unsigned sink;

static void
touch(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		sink += b.at[i];
}

static void
touch_session(const struct session *s)
{
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
	touch(s->client_ahead);
	touch(s->client_sample);
	touch(s->server_sample);
	touch(s->interruption);
	touch(s->sni);
	touch(s->alpn);
	sink += session_outcome(s) + (tls_cipher_name(s->tls.cipher) ? 1u : 0u) +
		(tls_version_name(s->tls.version) ? 1u : 0u) +
		(tls_alert_name(s->tls.alert.description) ? 1u : 0u);
}

/* All that was said of a chain arrives, or is not seen. */
static void
check_certificate(const struct certificate_facts *c)
{
	if (!c->is_seen)
		return;
	if (c->issuer_count + 1 > c->chain_len || (c->name_count > 0 && !c->are_names_whole))
		abort();
	for (size_t i = 0; i < c->issuer_count; i++)
		if (c->issuers[i].way != WAY_BROKEN)
			abort();
	for (size_t i = 0; c->subject[i] != '\0' || c->issuer[i] != '\0'; i++)
		if ((c->subject[i] != '\0' && c->subject[i] != 's') ||
		    (c->issuer[i] != '\0' && c->issuer[i] != 'i'))
			abort();
	for (size_t i = 0; i < c->name_count; i++)
		if (c->names[i][0] != 'n' || c->names[i][NAME_DIGEST - 1] != 'n')
			abort();
}

static void
on_session(void *ctx, const struct session *s, struct evidence *e, const struct evidence_list *kept)
{
	static struct verdict verdict;
	const struct session_message *there;

	(void)ctx;
	touch_session(s);
	check_certificate(&s->certificate);
	there = cross(s, e, kept);
	touch_session(&there->session);
	for (size_t i = 0; i < there->evidence.count; i++)
		touch(there->evidence.items[i].bytes);
	judge_session(&there->session, &verdict);
	if (verdict.outcome != session_outcome(s))
		abort();
}

/* A chain is said to be what its own bytes say. */
static void
mix_chain(void *ctx, const struct bytes *chain, size_t count, struct bytes sni, int64_t time,
	  struct certificate_facts *out)
{
	(void)ctx;
	*out = (struct certificate_facts){.is_seen = true, .chain_len = (uint8_t)count};
	for (size_t i = 0; i < count; i++)
		touch(chain[i]);
	touch(sni);
	mix(chain[0], out->digests.sha256, sizeof(out->digests.sha256));
	out->is_parsed = chain[0].len % 2 != 0;
	out->name_matches = sni.len > 0 ? FACT_NO : FACT_UNSEEN;
	out->expired = chain[0].len % 3 != 0 ? FACT_YES : FACT_NO;
	out->not_before = time;
	out->not_after = time + 1;
	out->is_whole = out->are_names_whole = true;
	memset(out->subject, 's', chain[0].len % sizeof(out->subject));
	memset(out->issuer, 'i', chain[0].len % sizeof(out->issuer));
	out->issuer_count = (uint8_t)(count - 1 < ISSUERS_MAX ? count - 1 : ISSUERS_MAX);
	for (size_t i = 0; i < out->issuer_count; i++) {
		out->issuers[i].way = WAY_BROKEN;
		mix(chain[i + 1], out->issuers[i].digests.sha256, 32);
	}
	out->name_count = (uint8_t)(chain[0].len % (CERTIFICATE_NAMES_MAX + 1));
	memset(out->names, 'n', out->name_count * sizeof(out->names[0]));
}

static void
mix20(struct bytes in, uint8_t out[20])
{
	mix(in, out, 20);
}

static struct dissector *
make(void)
{
	static struct dissector_config config = {
	    .budget = DISSECTOR_BUDGET_MIN,
	    .secret = {7, 3, 1},
	    .digests = {.md5 = mix16, .sha1 = mix20, .sha256 = mix32, .certificate = mix_chain},
	    .session = on_session,
	};

	config.service[25] = SERVICE_SMTP;
	config.service[587] = SERVICE_SUBMISSION;
	config.service[465] = SERVICE_SUBMISSIONS;
	config.service[24] = SERVICE_LMTP;
	return dissector_new(&config);
}

/* Link type (2), time step in units of 10 ms (1), length (2), bytes; again and again. */
static void
feed_packets(struct dissector *d, struct cursor c, int64_t time)
{
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

/*
 * One step of a dialogue: what (1), shift of the sequence number (1), length (1),
 * bytes. A shift of -128 is none: a long time passes then.
 */
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
	p.seq = (uint32_t)(p.seq + (shift == INT8_MIN ? 0 : (int64_t)shift));
	p.ttl = what & 16 ? 200 : 64;
	p.payload = text;
	wire_make(&p, &w);
	in.time = p.time;
	in.bytes = (struct bytes){w.bytes, w.len};
	in.wire_len = (uint32_t)w.len + (what & 32 ? 7 : 0);
	dissector_feed(d, &in);
	if (!(what & 64))
		ends[from].seq += (uint32_t)text.len + (p.flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
	ends[0].time += shift == INT8_MIN ? LONG_US : what & 128 ? 700000 : 1000;
	ends[1].time = ends[0].time;
}

/* More clients than there is room for, each in the middle of a long line. */
static void
feed_crowd(struct dissector *d, const struct packet *client)
{
	static uint8_t text[CROWD_BYTES];
	static struct wire w;
	struct packet p = *client;

	memset(text, 'x', sizeof(text));
	for (uint16_t i = 0; i < CROWD; i++) {
		struct captured in = {.time = p.time, .linktype = LINKTYPE_RAW};

		p.source_port = (uint16_t)(1024 + i);
		p.flags = TCP_ACK;
		p.payload = (struct bytes){text, sizeof(text)};
		wire_make(&p, &w);
		in.bytes = (struct bytes){w.bytes, w.len};
		in.wire_len = (uint32_t)w.len;
		dissector_feed(d, &in);
	}
}

static void
feed_dialogue(struct dissector *d, struct cursor c, int64_t time)
{
	uint8_t kind = cursor_u8(&c);
	uint16_t port = kind & 1 ? 465 : kind & 2 ? 24 : 25;
	struct packet ends[SIDES] = {
	    {.time = time,
	     .source = {4, {192, 0, 2, 7}},
	     .destination = {4, {198, 51, 100, 25}},
	     .source_port = 40000,
	     .destination_port = port,
	     .seq = 1000,
	     .window = 100},
	    {.time = time,
	     .source = {4, {198, 51, 100, 25}},
	     .destination = {4, {192, 0, 2, 7}},
	     .source_port = port,
	     .destination_port = 40000,
	     .seq = UINT32_MAX - 99,
	     .window = 100},
	};

	if (kind == KIND_CROWD)
		feed_crowd(d, &ends[SIDE_CLIENT]);
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
	static int64_t start;
	static int runs;

	if (runs++ % RUNS_EACH == 0) {
		dissector_free(d);
		d = make();
		start = 1700000000000000;
	}
	start += DAY_US; /* what one input did to the clock must not matter to the next */
	if (!d)
		abort();
	if (how & 1)
		feed_dialogue(d, c, start);
	else
		feed_packets(d, c, start);
	dissector_expire(d, start + 5000000);
	dissector_finish(d);
	/* All was told, and all that was lent came back. */
	if (dissector_counts(d).flows_open != 0)
		abort();
	return 0;
}
