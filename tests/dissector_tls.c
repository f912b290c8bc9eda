/*
 * The TLS of a session: facts of recorded handshakes, whatever the cuts and
 * whatever is missing; and of hand-made ones that no library sends.
 *
 * tests/corpus/tls holds handshakes between two OpenSSL ends, each as pieces in
 * the order sent: a byte for the side (0 client, 1 server), two of length, the
 * bytes.
 */
#include "dissector/tls.h"

#include "tests/digest_build.h"
#include "tests/tls_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define POOL_BLOCKS 600
#define RING_SIZE   (1 << 16)

struct rig {
	struct pool pool;
	struct pool_block blocks[POOL_BLOCKS];
	struct chain notes;
	struct evidence evidence;
	_Alignas(8) uint8_t ring[RING_SIZE];
	struct evidence_list kept;
	bool is_short;
	struct ledger ledger;
	_Alignas(8) uint8_t state[TLS_STATE_SIZE];
	struct tls *tls;
	uint64_t offset[SIDES];
	size_t chain_len; /* what the hook was shown last */
	uint8_t chain_sni[32];
	size_t chain_sni_len;
};

static void
see_chain(void *ctx, const struct bytes *chain, size_t count, struct bytes sni, int64_t time,
	  struct certificate_facts *out)
{
	struct rig *rig = ctx;

	(void)time;
	rig->chain_len = count;
	rig->chain_sni_len = sni.len;
	assert_true(sni.len <= sizeof(rig->chain_sni));
	if (sni.len > 0)
		memcpy(rig->chain_sni, sni.at, sni.len);
	out->is_parsed = chain[0].len > 0 && chain[0].at[0] == 0x30;
}

static void
rig_begin(struct rig *rig)
{
	pool_init(&rig->pool, rig->blocks, sizeof(rig->blocks));
	rig->notes = (struct chain){0};
	evidence_init(&rig->evidence, rig->ring, sizeof(rig->ring));
	rig->kept = (struct evidence_list){0};
	rig->is_short = false;
	rig->ledger = (struct ledger){.pool = &rig->pool,
				      .notes = &rig->notes,
				      .evidence = &rig->evidence,
				      .kept = &rig->kept,
				      .is_short = &rig->is_short};
	memset(rig->state, 0, sizeof(rig->state));
	rig->tls = (struct tls *)(void *)rig->state;
	rig->offset[0] = rig->offset[1] = 0;
	rig->chain_len = 0;
	tls_init(rig->tls, false, true);
}

static void
rig_feed(struct rig *rig, enum side from, struct bytes in)
{
	const struct digests digests = {
	    .md5 = mix16, .sha256 = mix32, .certificate = see_chain, .ctx = rig};
	struct tls_input input = {
	    .from = from, .offset = rig->offset[from], .bytes = in, .peer_offset = UINT64_MAX};

	tls_feed(rig->tls, &rig->ledger, &digests, &input);
	rig->offset[from] += in.len;
}

static void
rig_gap(struct rig *rig, enum side from, size_t len)
{
	tls_gap(rig->tls, &rig->ledger, from, len);
	rig->offset[from] += len;
}

/* What is compared: the facts and the notes that TLS writes. */
struct seen {
	struct tls_facts facts;
	char sni[64], alpn[64], interruption[SAMPLE_MAX + 1];
	uint32_t certificates;
	uint8_t leaf[32];
};

static void
see_note(struct seen *s, const struct note_text *note)
{
	struct certificate_facts c;
	char *to = note->tag == NOTE_SNI    ? s->sni
		   : note->tag == NOTE_ALPN ? s->alpn
					    : s->interruption;

	if (note->tag == NOTE_CERTIFICATE) {
		memcpy(&c, note->text, note->len);
		s->certificates = c.chain_len;
		memcpy(s->leaf, c.digests.sha256, sizeof(s->leaf));
		return;
	}
	if (note->tag == NOTE_SUBJECT || note->tag == NOTE_ISSUED_BY)
		return;
	memcpy(to, note->text, note->len);
	to[note->len] = '\0';
}

/* End the session, give everything back, and return what was seen. */
static struct seen
rig_end(struct rig *rig, enum ending ending, enum side by)
{
	struct seen s = {0};
	struct chain_reader reader;
	struct note_text note;

	tls_finish(rig->tls, &rig->ledger, ending, by);
	tls_clear(rig->tls, &rig->pool);
	s.facts = *tls_facts(rig->tls);
	reader = ledger_reader(&rig->ledger);
	while (ledger_next(&reader, &note))
		see_note(&s, &note);
	chain_clear(&rig->pool, &rig->notes);
	assert_int_equal(rig->pool.in_use, 0);
	assert_false(rig->is_short);
	return s;
}

static bool
facts_equal(const struct tls_facts *a, const struct tls_facts *b)
{
	return a->client_hello == b->client_hello && a->server_hello == b->server_hello &&
	       a->complete == b->complete && a->failure == b->failure &&
	       a->failed_by == b->failed_by && a->alert.is_seen == b->alert.is_seen &&
	       a->alert.is_encrypted == b->alert.is_encrypted && a->alert.level == b->alert.level &&
	       a->alert.by == b->alert.by && a->alert.description == b->alert.description &&
	       a->offered_version == b->offered_version && a->version == b->version &&
	       a->cipher == b->cipher && a->is_fallback == b->is_fallback &&
	       a->is_retried == b->is_retried && a->resumed == b->resumed &&
	       a->sentinel == b->sentinel && a->is_interrupted == b->is_interrupted &&
	       a->interrupted_by == b->interrupted_by && a->interrupted_at == b->interrupted_at &&
	       a->has_ja3 == b->has_ja3 && a->has_ja4 == b->has_ja4 &&
	       memcmp(a->ja3, b->ja3, sizeof(a->ja3)) == 0 && strcmp(a->ja4, b->ja4) == 0 &&
	       a->records[0] == b->records[0] && a->records[1] == b->records[1];
}

static bool
seen_equal(const struct seen *a, const struct seen *b)
{
	return facts_equal(&a->facts, &b->facts) && strcmp(a->sni, b->sni) == 0 &&
	       strcmp(a->alpn, b->alpn) == 0 && strcmp(a->interruption, b->interruption) == 0 &&
	       a->certificates == b->certificates && memcmp(a->leaf, b->leaf, 32) == 0;
}

/* Whether what was seen with something missing says nothing that is false. */
static const char *
falsehood(const struct seen *less, const struct seen *whole)
{
	const struct tls_facts *l = &less->facts, *w = &whole->facts;

	if (l->complete != FACT_UNSEEN && l->complete != w->complete)
		return "complete";
	if (l->failure != TLS_NOT_FAILED &&
	    (l->failure != w->failure || l->failed_by != w->failed_by))
		return "failure";
	if (l->alert.is_seen && memcmp(&l->alert, &w->alert, sizeof(l->alert)) != 0)
		return "alert";
	if (l->offered_version && l->offered_version != w->offered_version)
		return "offered version";
	if (l->version && l->version != w->version)
		return "version";
	if (l->server_hello && (!w->server_hello || l->cipher != w->cipher))
		return "cipher";
	if (l->is_fallback > w->is_fallback || l->is_retried > w->is_retried)
		return "fallback, retried";
	if (l->resumed != FACT_UNSEEN && l->resumed != w->resumed)
		return "resumed";
	if (l->sentinel != SENTINEL_NONE && l->sentinel != w->sentinel)
		return "sentinel";
	if (l->is_interrupted && (!w->is_interrupted || l->interrupted_by != w->interrupted_by ||
				  l->interrupted_at != w->interrupted_at))
		return "interruption";
	if (l->has_ja3 && memcmp(l->ja3, w->ja3, sizeof(l->ja3)) != 0)
		return "ja3";
	if (l->has_ja4 && strcmp(l->ja4, w->ja4) != 0)
		return "ja4";
	if ((*less->sni && strcmp(less->sni, whole->sni) != 0) ||
	    (*less->alpn && strcmp(less->alpn, whole->alpn) != 0) ||
	    (less->certificates && memcmp(less->leaf, whole->leaf, 32) != 0))
		return "note";
	return NULL;
}

#define PIECES_MAX 16

struct stream {
	struct {
		enum side from;
		struct bytes bytes;
	} pieces[PIECES_MAX];
	size_t count;
	uint8_t raw[8192];
};

static void
stream_load(struct stream *s, const char *name)
{
	char path[128];
	FILE *f;
	struct cursor c;

	snprintf(path, sizeof(path), "tests/corpus/tls/%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is not there (run from the top of the tree)", path);
	c = cursor_over((struct bytes){s->raw, fread(s->raw, 1, sizeof(s->raw), f)});
	fclose(f);
	for (s->count = 0; c.rest.len > 0; s->count++) {
		assert_true(s->count < PIECES_MAX);
		s->pieces[s->count].from = cursor_u8(&c) ? SIDE_SERVER : SIDE_CLIENT;
		s->pieces[s->count].bytes = cursor_vector16(&c).rest;
		assert_false(c.is_short);
	}
}

/* Feed count pieces, each cut into steps. */
static struct seen
stream_play(struct rig *rig, const struct stream *s, size_t count, size_t step)
{
	rig_begin(rig);
	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at < s->pieces[i].bytes.len; at += step)
			rig_feed(rig, s->pieces[i].from,
				 bytes_first(bytes_after(s->pieces[i].bytes, at), step));
	return rig_end(rig, ENDING_FIN, SIDE_CLIENT);
}

static void
put_record(struct build *b, uint8_t type, const void *payload, size_t len)
{
	put_uint(b, type, 1);
	put_uint(b, 0x0303, 2);
	put_vector(b, 2, payload, len);
}

static void
put_message(struct build *b, uint8_t type, const struct build *body)
{
	struct build message = {0};

	put_uint(&message, type, 1);
	put_vector(&message, 3, body->at, body->len);
	put_record(b, 22, message.at, message.len);
}

struct recorded {
	const char *name, *alpn;
	enum fact complete, resumed;
	enum side failed_by;
	enum sentinel sentinel;
	uint32_t certificates;
	uint16_t offered, version, cipher;
	uint8_t alert;
	bool is_retried;
};

static const struct recorded recordings[] = {
    {.name = "tls13-full",
     .offered = 0x0304,
     .version = 0x0304,
     .cipher = 0x1302,
     .complete = FACT_YES,
     .resumed = FACT_NO},
    {.name = "tls13-psk",
     .offered = 0x0304,
     .version = 0x0304,
     .cipher = 0x1302,
     .complete = FACT_YES,
     .resumed = FACT_YES},
    {.name = "tls13-retry",
     .offered = 0x0304,
     .version = 0x0304,
     .cipher = 0x1302,
     .complete = FACT_YES,
     .resumed = FACT_NO,
     .is_retried = true},
    {.name = "tls13-client-certificate",
     .offered = 0x0304,
     .version = 0x0304,
     .cipher = 0x1302,
     .complete = FACT_YES,
     .resumed = FACT_NO},
    {.name = "tls12-full-alpn",
     .offered = 0x0303,
     .version = 0x0303,
     .cipher = 0xc02c,
     .complete = FACT_YES,
     .resumed = FACT_NO,
     .certificates = 1,
     .alpn = "smtp"},
    {.name = "tls12-ticket",
     .offered = 0x0303,
     .version = 0x0303,
     .cipher = 0xc02c,
     .complete = FACT_YES,
     .resumed = FACT_YES,
     .alpn = "smtp"},
    {.name = "tls12-session-id",
     .offered = 0x0303,
     .version = 0x0303,
     .cipher = 0xc02c,
     .complete = FACT_YES,
     .resumed = FACT_YES},
    {.name = "tls12-offered-13",
     .offered = 0x0304,
     .version = 0x0303,
     .cipher = 0xc02c,
     .complete = FACT_YES,
     .resumed = FACT_NO,
     .certificates = 1},
    {.name = "tls10-sentinel",
     .offered = 0x0301,
     .version = 0x0301,
     .cipher = 0xc00a,
     .complete = FACT_YES,
     .resumed = FACT_NO,
     .certificates = 1,
     .sentinel = SENTINEL_TLS11},
    {.name = "tls13-client-alert",
     .offered = 0x0304,
     .version = 0x0304,
     .cipher = 0x1302,
     .complete = FACT_NO,
     .resumed = FACT_NO,
     .alert = 48,
     .failed_by = SIDE_CLIENT},
    {.name = "tls12-client-alert",
     .offered = 0x0303,
     .version = 0x0303,
     .cipher = 0xc02c,
     .complete = FACT_NO,
     .resumed = FACT_NO,
     .alert = 48,
     .failed_by = SIDE_CLIENT,
     .certificates = 1},
    {.name = "version-alert",
     .offered = 0x0303,
     .complete = FACT_NO,
     .alert = 70,
     .failed_by = SIDE_SERVER},
};

#define RECORDINGS (sizeof(recordings) / sizeof(recordings[0]))

static void
recorded_handshakes_give_their_facts(void **state)
{
	struct rig *rig = *state;
	struct stream s;

	for (size_t i = 0; i < RECORDINGS; i++) {
		const struct recorded *r = &recordings[i];
		struct seen seen;
		const struct tls_facts *f = &seen.facts;

		stream_load(&s, r->name);
		seen = stream_play(rig, &s, s.count, SIZE_MAX);
		if (!f->client_hello || f->server_hello != (r->version != 0) ||
		    f->offered_version != r->offered || f->version != r->version ||
		    f->cipher != r->cipher || f->complete != r->complete ||
		    f->resumed != r->resumed || f->alert.description != r->alert ||
		    f->failed_by != r->failed_by || f->sentinel != r->sentinel ||
		    f->is_retried != r->is_retried || f->is_interrupted || f->is_fallback ||
		    f->failure != (r->alert ? TLS_FAILED_ALERT : TLS_NOT_FAILED) ||
		    seen.certificates != r->certificates || !f->has_ja3 || !f->has_ja4 ||
		    strcmp(seen.sni, "mx1.example.net") != 0 ||
		    strcmp(seen.alpn, r->alpn ? r->alpn : "") != 0)
			fail_msg("%s", r->name);
		assert_int_equal(rig->chain_len, r->certificates);
	}
}

static void
facts_do_not_change_with_the_cuts(void **state)
{
	struct rig *rig = *state;
	struct stream s;

	for (size_t i = 0; i < RECORDINGS; i++) {
		struct seen whole;

		stream_load(&s, recordings[i].name);
		whole = stream_play(rig, &s, s.count, SIZE_MAX);
		/* All of the short ones, and some of what a segment may hold. */
		for (size_t step = 1; step < 1400; step += step < 100 ? 1 : 37) {
			struct seen cut = stream_play(rig, &s, s.count, step);

			if (!seen_equal(&whole, &cut))
				fail_msg("%s in steps of %zu", recordings[i].name, step);
		}
	}
}

/* Bytes [from, to) of one side are missing. */
struct hole {
	enum side side;
	uint64_t from, to;
};

static void
feed_around(struct rig *rig, enum side from, struct bytes in, const struct hole *hole)
{
	uint64_t at = rig->offset[from], end = at + in.len;
	uint64_t gap_from = hole->from < at ? at : hole->from > end ? end : hole->from;
	uint64_t gap_to = hole->to < gap_from ? gap_from : hole->to > end ? end : hole->to;

	if (from != hole->side)
		gap_from = gap_to = end;
	rig_feed(rig, from, bytes_first(in, gap_from - at));
	if (gap_to > gap_from)
		rig_gap(rig, from, gap_to - gap_from);
	rig_feed(rig, from, bytes_after(in, gap_to - at));
}

static void
check_holes(struct rig *rig, const struct stream *s, size_t count, const char *name)
{
	static const size_t lens[] = {1, 5, 60, 520};
	struct seen whole = stream_play(rig, s, count, SIZE_MAX);
	uint64_t ends[SIDES] = {rig->offset[0], rig->offset[1]};

	for (size_t k = 0; k < 2 * sizeof(lens) / sizeof(lens[0]); k++) {
		struct hole hole = {.side = k % 2 ? SIDE_SERVER : SIDE_CLIENT};

		/* Every single byte, and every third place of what is longer. */
		for (; hole.from < ends[hole.side]; hole.from += k < 2 ? 1 : 3) {
			struct seen less;
			const char *lie;

			hole.to = hole.from + lens[k / 2];
			rig_begin(rig);
			for (size_t i = 0; i < count; i++)
				feed_around(rig, s->pieces[i].from, s->pieces[i].bytes, &hole);
			less = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
			lie = falsehood(&less, &whole);
			if (lie)
				fail_msg("%s, %zu pieces, %zu bytes missing of side %d at %zu: %s",
					 name, count, lens[k / 2], (int)hole.side,
					 (size_t)hole.from, lie);
		}
	}
}

static void
a_gap_hides_facts_and_makes_none_up(void **state)
{
	struct rig *rig = *state;
	struct stream s;

	for (size_t i = 0; i < RECORDINGS; i++) {
		stream_load(&s, recordings[i].name);
		for (size_t count = 1; count <= s.count; count++)
			check_holes(rig, &s, count, recordings[i].name);
	}
}

/* Append a piece to a stream made by hand. */
static void
stream_add(struct stream *s, enum side from, const struct build *b)
{
	size_t used = 0;

	for (size_t i = 0; i < s->count; i++)
		used += s->pieces[i].bytes.len;
	assert_true(s->count < PIECES_MAX && used + b->len <= sizeof(s->raw));
	memcpy(s->raw + used, b->at, b->len);
	s->pieces[s->count].from = from;
	s->pieces[s->count++].bytes = (struct bytes){s->raw + used, b->len};
}

static void
stream_add_record(struct stream *s, enum side from, uint8_t type, size_t len)
{
	static const uint8_t sealed[1024] = {0xee};
	struct build out = {0};

	put_record(&out, type, sealed, len);
	stream_add(s, from, &out);
}

static void
stream_add_client_hello(struct stream *s, bool has_early_data)
{
	struct build ext = {0}, body = {0}, out = {0};

	put_extension(&ext, 43, "\4\3\4\3\3", 5);
	if (has_early_data)
		put_extension(&ext, 42, "", 0);
	put_client_hello(&body, 0x0303, BYTES("\x13\x01\x13\x02\x13\x05\xc0\x2f"), &ext);
	put_message(&out, 1, &body);
	stream_add(s, SIDE_CLIENT, &out);
}

static void
stream_add_server_hello(struct stream *s, bool is_tls13, const char *random, uint16_t cipher)
{
	struct build ext = {0}, body = {0}, out = {0};

	put_extension(&ext, 43, "\3\4", 2);
	put_server_hello(&body, 0x0303, random, cipher, is_tls13 ? &ext : NULL);
	put_message(&out, 2, &body);
	stream_add(s, SIDE_SERVER, &out);
}

#define RANDOM_PLAIN "0123456789abcdef0123456789abcdef"
#define RANDOM_RETRY                                                       \
	"\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91" \
	"\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C"

/* The server's whole flight in one record, as some libraries send it. */
static void
make_coalesced(struct stream *s)
{
	struct build hello = {0}, flight = {0}, out = {0};

	stream_add_client_hello(s, false);
	put_server_hello(&hello, 0x0303, RANDOM_PLAIN, 0xc02f, NULL);
	put_uint(&flight, 2, 1);
	put_vector(&flight, 3, hello.at, hello.len);
	put(&flight, "\x0b\0\0\x0a\0\0\7\0\0\4leaf", 14);
	put(&flight, "\x0e\0\0\0", 4);
	put_record(&out, 22, flight.at, flight.len);
	stream_add(s, SIDE_SERVER, &out);
	stream_add_record(s, SIDE_CLIENT, 20, 1);
	stream_add_record(s, SIDE_CLIENT, 22, 40);
	stream_add_record(s, SIDE_SERVER, 20, 1);
	stream_add_record(s, SIDE_SERVER, 22, 40);
}

static void
make_sealed_alert(struct stream *s)
{
	stream_add_client_hello(s, false);
	stream_add_server_hello(s, true, RANDOM_PLAIN, 0x1301);
	stream_add_record(s, SIDE_SERVER, 23, 700);
	stream_add_record(s, SIDE_CLIENT, 20, 1);
	stream_add_record(s, SIDE_CLIENT, 23, 19);
}

static void
make_early_data(struct stream *s)
{
	stream_add_client_hello(s, true);
	stream_add_record(s, SIDE_CLIENT, 23, 300);
	stream_add_server_hello(s, true, RANDOM_PLAIN, 0x1301);
	stream_add_record(s, SIDE_SERVER, 23, 200);
	stream_add_record(s, SIDE_CLIENT, 23, 300);
	stream_add_record(s, SIDE_CLIENT, 23, 21);
	stream_add_record(s, SIDE_CLIENT, 23, 53);
}

static void
make_retry(struct stream *s)
{
	stream_add_client_hello(s, true);
	stream_add_server_hello(s, true, RANDOM_RETRY, 0x1301);
	stream_add_record(s, SIDE_SERVER, 20, 1);
	stream_add_record(s, SIDE_CLIENT, 20, 1);
	stream_add_client_hello(s, false);
	stream_add_server_hello(s, true, RANDOM_PLAIN, 0x1301);
	stream_add_record(s, SIDE_SERVER, 23, 700);
	stream_add_record(s, SIDE_CLIENT, 23, 53);
}

static void
make_answered_alert(struct stream *s)
{
	struct build fatal = {0}, answer = {0};

	stream_add_client_hello(s, false);
	stream_add_server_hello(s, false, RANDOM_PLAIN, 0xc02f);
	put_record(&fatal, 21, "\2\x2a", 2);
	stream_add(s, SIDE_CLIENT, &fatal);
	put_record(&answer, 21, "\1\0", 2);
	stream_add(s, SIDE_SERVER, &answer);
}

static void
make_interrupted(struct stream *s)
{
	struct build text = {0};

	make_coalesced(s);
	put(&text, "454 4.3.0 no\r\n", 14);
	stream_add(s, SIDE_SERVER, &text);
}

/* Text from one who has closed: QUIT in clear behind close_notify is seen in the field. */
static void
make_closed_then_text(struct stream *s)
{
	struct build alert = {0}, text = {0};

	make_coalesced(s);
	put_record(&alert, 21, "an alert and its MAC", 20);
	stream_add(s, SIDE_CLIENT, &alert);
	put(&text, "QUIT\r\n", 6);
	stream_add(s, SIDE_CLIENT, &text);
}

static void
a_gap_in_a_handshake_made_by_hand_makes_nothing_up(void **state)
{
	static const struct {
		const char *name;
		void (*make)(struct stream *s);
		enum fact complete;
		enum tls_failure failure;
		enum fact resumed;
		bool is_interrupted;
	} rows[] = {
	    {"coalesced", make_coalesced, FACT_YES, TLS_NOT_FAILED, FACT_NO, false},
	    {"sealed alert", make_sealed_alert, FACT_NO, TLS_FAILED_ALERT, FACT_NO, false},
	    {"early data", make_early_data, FACT_YES, TLS_NOT_FAILED, FACT_NO, false},
	    {"retry", make_retry, FACT_YES, TLS_NOT_FAILED, FACT_NO, false},
	    {"answered alert", make_answered_alert, FACT_NO, TLS_FAILED_ALERT, FACT_UNSEEN, false},
	    {"interrupted", make_interrupted, FACT_YES, TLS_NOT_FAILED, FACT_NO, true},
	    {"closed", make_closed_then_text, FACT_YES, TLS_NOT_FAILED, FACT_NO, false},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream s = {0};
		struct seen whole;

		rows[i].make(&s);
		whole = stream_play(rig, &s, s.count, SIZE_MAX);
		if (whole.facts.complete != rows[i].complete ||
		    whole.facts.failure != rows[i].failure ||
		    whole.facts.resumed != rows[i].resumed ||
		    whole.facts.is_interrupted != rows[i].is_interrupted)
			fail_msg("%s", rows[i].name);
		for (size_t count = 1; count <= s.count; count++)
			check_holes(rig, &s, count, rows[i].name);
	}
}

static void
one_side_alone_tells_no_more_than_it_shows(void **state)
{
	struct rig *rig = *state;
	struct stream s;

	for (size_t i = 0; i < RECORDINGS; i++) {
		struct seen whole;

		stream_load(&s, recordings[i].name);
		whole = stream_play(rig, &s, s.count, SIZE_MAX);
		for (int side = 0; side < SIDES; side++) {
			struct seen less;
			const char *lie;

			rig_begin(rig);
			tls_gap(rig->tls, &rig->ledger, side ? SIDE_CLIENT : SIDE_SERVER, 1);
			for (size_t k = 0; k < s.count; k++)
				if (s.pieces[k].from == (enum side)side)
					rig_feed(rig, s.pieces[k].from, s.pieces[k].bytes);
			less = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
			lie = falsehood(&less, &whole);
			if (lie)
				fail_msg("%s, side %d alone: %s", recordings[i].name, side, lie);
			assert_int_equal(less.facts.client_hello, side == SIDE_CLIENT);
		}
	}
}

/* The client fell silent, or closed, at each place: before its Finished that is a failure. */
static void
an_end_before_the_handshake_is_a_failure(void **state)
{
	static const struct {
		const char *name;
		size_t pieces;
		enum ending ending;
		enum side by;
		enum tls_failure failure;
	} rows[] = {
	    {"tls13-full", 1, ENDING_FIN, SIDE_SERVER, TLS_FAILED_FIN},
	    {"tls13-full", 2, ENDING_RESET, SIDE_CLIENT, TLS_FAILED_RESET},
	    {"tls13-full", 3, ENDING_RESET, SIDE_CLIENT, TLS_NOT_FAILED},
	    {"tls13-retry", 2, ENDING_IDLE, SIDE_SERVER, TLS_FAILED_SILENCE},
	    {"tls13-retry", 4, ENDING_FIN, SIDE_SERVER, TLS_FAILED_FIN},
	    {"tls12-full-alpn", 2, ENDING_FIN, SIDE_CLIENT, TLS_FAILED_FIN},
	    {"tls12-full-alpn", 3, ENDING_RESET, SIDE_SERVER, TLS_FAILED_RESET},
	    {"tls12-full-alpn", 4, ENDING_RESET, SIDE_SERVER, TLS_NOT_FAILED},
	    {"tls12-ticket", 2, ENDING_FIN, SIDE_CLIENT, TLS_FAILED_FIN},
	    {"tls12-full-alpn", 0, ENDING_FIN, SIDE_SERVER, TLS_FAILED_FIN},
	    {"tls12-full-alpn", 1, ENDING_CAPTURE, SIDE_CLIENT, TLS_NOT_FAILED},
	    {"tls12-full-alpn", 1, ENDING_EVICTED, SIDE_CLIENT, TLS_NOT_FAILED},
	    {"tls12-full-alpn", 1, ENDING_REUSED, SIDE_CLIENT, TLS_NOT_FAILED},
	};
	struct rig *rig = *state;
	struct stream s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen seen;

		stream_load(&s, rows[i].name);
		rig_begin(rig);
		for (size_t k = 0; k < rows[i].pieces; k++)
			rig_feed(rig, s.pieces[k].from, s.pieces[k].bytes);
		seen = rig_end(rig, rows[i].ending, rows[i].by);
		if (seen.facts.failure != rows[i].failure ||
		    (rows[i].failure != TLS_NOT_FAILED &&
		     (seen.facts.failed_by != rows[i].by || seen.facts.complete != FACT_NO)))
			fail_msg("row %zu: %s, %zu pieces", i, rows[i].name, rows[i].pieces);
	}
}

/* Both hellos; TLS 1.3 with the cipher given, or TLS 1.2. */
static void
begin_handshake(struct rig *rig, bool is_tls13, uint16_t cipher, bool has_early_data)
{
	struct stream s = {0};

	stream_add_client_hello(&s, has_early_data);
	stream_add_server_hello(&s, is_tls13, RANDOM_PLAIN, cipher);
	rig_begin(rig);
	rig_feed(rig, SIDE_CLIENT, s.pieces[0].bytes);
	rig_feed(rig, SIDE_SERVER, s.pieces[1].bytes);
}

static void
feed_record(struct rig *rig, enum side from, uint8_t type, size_t len)
{
	struct stream s = {0};

	stream_add_record(&s, from, type, len);
	rig_feed(rig, from, s.pieces[0].bytes);
}

/* RFC 8446 sections 4.4.4, 5.2 and 2.3: lengths of what the client sends behind the ServerHello. */
static void
a_finished_of_tls13_is_known_by_its_length(void **state)
{
	static const struct {
		const char *name;
		uint16_t cipher;
		bool has_early_data;
		size_t len;
		enum fact complete;
		enum tls_failure failure;
	} rows[] = {
	    {"SHA-256", 0x1301, false, 53, FACT_YES, TLS_NOT_FAILED},
	    {"too short", 0x1301, false, 52, FACT_UNSEEN, TLS_NOT_FAILED},
	    {"padded, or a whole flight", 0x1301, false, 600, FACT_YES, TLS_NOT_FAILED},
	    {"SHA-384", 0x1302, false, 69, FACT_YES, TLS_NOT_FAILED},
	    {"too short for SHA-384", 0x1302, false, 53, FACT_UNSEEN, TLS_NOT_FAILED},
	    {"short tag", 0x1305, false, 45, FACT_YES, TLS_NOT_FAILED},
	    {"alert", 0x1302, false, 19, FACT_NO, TLS_FAILED_ALERT},
	    {"alert, short tag", 0x1305, false, 11, FACT_NO, TLS_FAILED_ALERT},
	    {"early data", 0x1301, true, 600, FACT_UNSEEN, TLS_NOT_FAILED},
	    {"two bytes of early data", 0x1301, true, 19, FACT_UNSEEN, TLS_NOT_FAILED},
	    {"end of early data", 0x1301, true, 21, FACT_UNSEEN, TLS_NOT_FAILED},
	    {"Finished behind early data", 0x1301, true, 53, FACT_YES, TLS_NOT_FAILED},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen seen;

		begin_handshake(rig, true, rows[i].cipher, rows[i].has_early_data);
		feed_record(rig, SIDE_SERVER, 23, 700);
		feed_record(rig, SIDE_CLIENT, 20, 1);
		feed_record(rig, SIDE_CLIENT, 23, rows[i].len);
		seen = rig_end(rig, ENDING_CAPTURE, SIDE_CLIENT);
		if (seen.facts.complete != rows[i].complete ||
		    seen.facts.failure != rows[i].failure ||
		    seen.facts.alert.is_encrypted != (rows[i].failure == TLS_FAILED_ALERT))
			fail_msg("%s", rows[i].name);
	}
}

/* What happens to a TLS 1.2 handshake: steps as side, record type, length. */
struct step {
	enum side from;
	uint8_t type;
	size_t len;
};

static void
tls12_completes_by_a_finished_of_both_sides(void **state)
{
	static const struct {
		const char *name;
		struct step steps[6];
		enum fact complete;
		enum tls_failure failure;
		enum side by;
	} rows[] = {
	    {"both", {{0, 20, 1}, {0, 22, 40}, {1, 20, 1}, {1, 22, 40}}, FACT_YES, 0, 0},
	    {"server first", {{1, 20, 1}, {1, 22, 40}, {0, 20, 1}, {0, 22, 40}}, FACT_YES, 0, 0},
	    {"client alone", {{0, 20, 1}, {0, 22, 40}}, FACT_UNSEEN, 0, 0},
	    {"no Finished", {{0, 20, 1}, {0, 22, 40}, {1, 20, 1}}, FACT_UNSEEN, 0, 0},
	    {"sealed alert in its place",
	     {{0, 20, 1}, {0, 22, 40}, {1, 20, 1}, {1, 21, 26}},
	     FACT_NO,
	     TLS_FAILED_ALERT,
	     SIDE_SERVER},
	    {"sealed alert of the client before the server's",
	     {{0, 20, 1}, {0, 22, 40}, {0, 21, 26}, {1, 20, 1}, {1, 22, 40}},
	     FACT_NO,
	     TLS_FAILED_ALERT,
	     SIDE_CLIENT},
	    {"alert behind both",
	     {{0, 20, 1}, {0, 22, 40}, {1, 20, 1}, {1, 22, 40}, {1, 21, 26}},
	     FACT_YES,
	     0,
	     0},
	    {"data before the server's Finished",
	     {{0, 20, 1}, {0, 22, 40}, {0, 23, 90}, {1, 20, 1}, {1, 22, 40}},
	     FACT_YES,
	     0,
	     0},
	    {"nothing but data", {{0, 23, 90}, {1, 23, 90}}, FACT_UNSEEN, 0, 0},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen seen;

		begin_handshake(rig, false, 0xc02f, false);
		for (size_t k = 0; k < 6 && rows[i].steps[k].type; k++)
			feed_record(rig, rows[i].steps[k].from, rows[i].steps[k].type,
				    rows[i].steps[k].len);
		seen = rig_end(rig, ENDING_CAPTURE, SIDE_CLIENT);
		if (seen.facts.complete != rows[i].complete ||
		    seen.facts.failure != rows[i].failure || seen.facts.failed_by != rows[i].by)
			fail_msg("%s", rows[i].name);
	}
}

static void
alerts_in_clear_end_the_handshake_unless_they_warn(void **state)
{
	static const struct {
		const char *name;
		struct bytes alert;
		enum fact complete;
	} rows[] = {
	    {"handshake_failure", BYTES("\2\x28"), FACT_NO},
	    {"unrecognized_name, a warning", BYTES("\1\x70"), FACT_UNSEEN},
	    {"close_notify, a warning too", BYTES("\1\0"), FACT_NO},
	    {"user_canceled", BYTES("\1\x5a"), FACT_NO},
	    {"a level that does not exist", BYTES("\7\x28"), FACT_NO},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct build out = {0};
		struct seen seen;

		begin_handshake(rig, false, 0xc02f, false);
		put_record(&out, 21, rows[i].alert.at, rows[i].alert.len);
		rig_feed(rig, SIDE_SERVER, built(&out));
		seen = rig_end(rig, ENDING_CAPTURE, SIDE_CLIENT);
		if (seen.facts.complete != rows[i].complete ||
		    seen.facts.alert.is_seen != (rows[i].complete == FACT_NO) ||
		    (seen.facts.alert.is_seen &&
		     (seen.facts.alert.by != SIDE_SERVER ||
		      seen.facts.alert.description != rows[i].alert.at[1])))
			fail_msg("%s", rows[i].name);
	}
}

static void
text_in_place_of_a_hello_is_a_failure(void **state)
{
	struct rig *rig = *state;
	struct build body = {0}, out = {0};
	struct seen seen;

	rig_begin(rig);
	put_client_hello(&body, 0x0303, BYTES("\xc0\x2f\x56\x00"), NULL);
	put_message(&out, 1, &body);
	rig_feed(rig, SIDE_CLIENT, built(&out));
	rig_feed(rig, SIDE_SERVER, BYTES("454 TLS not available\r\n"));
	assert_true(tls_is_decided(rig->tls));
	assert_true(tls_awaits_text(rig->tls, SIDE_SERVER));
	assert_false(tls_awaits_text(rig->tls, SIDE_CLIENT));
	seen = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
	assert_int_equal(seen.facts.complete, FACT_NO);
	assert_int_equal(seen.facts.failure, TLS_FAILED_NOT_TLS);
	assert_int_equal(seen.facts.failed_by, SIDE_SERVER);
	assert_true(seen.facts.is_fallback);
	assert_false(seen.facts.is_interrupted);
	assert_string_equal(seen.interruption, "");
}

/* A record whose message cannot be the first of its side is none, and its cuts are no matter. */
static void
what_is_no_hello_is_none_however_it_is_cut(void **state)
{
	static const struct {
		const char *name;
		enum side from;
		uint8_t type, length_high, length, major;
	} rows[] = {
	    {"no version of TLS", SIDE_CLIENT, 1, 0, 40, 0},
	    {"the other side's hello", SIDE_CLIENT, 2, 0, 40, 3},
	    {"too short", SIDE_CLIENT, 1, 0, 4, 3},
	    {"a certificate, too long to be kept", SIDE_SERVER, 11, 10, 40, 3},
	    {"a request for a hello with a body", SIDE_SERVER, 0, 0, 4, 3},
	    {"a request for a hello of the client's", SIDE_CLIENT, 0, 0, 0, 3},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t message[64] = {rows[i].type,   rows[i].length_high, 0,
					     rows[i].length, rows[i].major,       3};

		for (size_t step = 1; step <= sizeof(message) + 5; step += sizeof(message) + 4) {
			struct build out = {0};
			struct bytes all;
			struct seen seen;

			put_record(&out, 22, message, 4u + rows[i].length);
			all = built(&out);
			rig_begin(rig);
			for (size_t at = 0; at < all.len; at += step)
				rig_feed(rig, rows[i].from,
					 bytes_first(bytes_after(all, at), step));
			seen = rig_end(rig, ENDING_CAPTURE, SIDE_CLIENT);
			if (seen.facts.failure != TLS_FAILED_NOT_TLS ||
			    seen.facts.records[rows[i].from] != 0)
				fail_msg("%s, in pieces of %zu", rows[i].name, step);
		}
	}
}

/* It is in no hash of the handshake, so that anybody may put one there. */
static void
a_request_for_a_hello_may_precede_the_servers(void **state)
{
	struct rig *rig = *state;

	for (size_t step = 1; step <= 9; step += 8) {
		struct stream s = {0};
		struct bytes request = BYTES("\x16\x03\x03\x00\x04\x00\x00\x00\x00");

		stream_add_client_hello(&s, false);
		stream_add_server_hello(&s, false, RANDOM_PLAIN, 0xc02f);
		rig_begin(rig);
		rig_feed(rig, SIDE_CLIENT, s.pieces[0].bytes);
		for (size_t at = 0; at < request.len; at += step)
			rig_feed(rig, SIDE_SERVER, bytes_first(bytes_after(request, at), step));
		rig_feed(rig, SIDE_SERVER, s.pieces[1].bytes);
		assert_true(tls_facts(rig->tls)->server_hello);
		assert_int_equal(rig_end(rig, ENDING_CAPTURE, SIDE_CLIENT).facts.failure,
				 TLS_NOT_FAILED);
	}
}

static void
complete_tls12(struct rig *rig)
{
	begin_handshake(rig, false, 0xc02f, false);
	feed_record(rig, SIDE_CLIENT, 20, 1);
	feed_record(rig, SIDE_CLIENT, 22, 40);
	feed_record(rig, SIDE_SERVER, 20, 1);
	feed_record(rig, SIDE_SERVER, 22, 40);
	assert_int_equal(tls_facts(rig->tls)->complete, FACT_YES);
}

static void
text_inside_the_stream_is_an_interruption_without_addresses(void **state)
{
	static const struct {
		enum side from;
		struct bytes sent;
		const char *kept;
	} rows[] = {
	    {SIDE_SERVER, BYTES("454 TLS not available\r\n"), "454 TLS not available\r\n"},
	    {SIDE_SERVER, BYTES("421 4.3.0 john.doe@example.org\r\n"),
	     "421 4.3.0 xxxxxxxx@example.org\r\n"},
	    {SIDE_SERVER, BYTES("550 5.1.1 john: unknown\r\n"), "550 5.1.1 xxxxxxxxxxxxx\r\n"},
	    {SIDE_SERVER, BYTES("250 2.1.5 john is here\r\n"), "250 2.1.5 xxxxxxxxxxxx\r\n"},
	    {SIDE_SERVER, BYTES("421 bye john.d"), "421 bye xxxxxx"},
	    {SIDE_SERVER, BYTES("john is here"), "xxxxxxxxxxxx"},
	    {SIDE_CLIENT, BYTES("sesame\r\n"), "xxxxxx\r\n"},
	    {SIDE_CLIENT, BYTES("AUTH PLAIN AGEAYg==\r\n"), "AUTH xxxxxxxxxxxxxx\r\n"},
	    {SIDE_CLIENT, BYTES("MAIL FROM:<a@b.example>\r\nsecret\r\n"),
	     "MAIL xxxxxxxxxxxxxxxxxx\r\nxxxxxx\r\n"},
	    {SIDE_CLIENT, BYTES("AGpvaG4Ac2VjcmV0\r\n"), "xxxxxxxxxxxxxxxx\r\n"},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step <= rows[i].sent.len; step++) {
			struct seen seen;
			uint64_t at;

			complete_tls12(rig);
			feed_record(rig, rows[i].from, 23, 90);
			at = rig->offset[rows[i].from];
			for (size_t k = 0; k < rows[i].sent.len; k += step)
				rig_feed(rig, rows[i].from,
					 bytes_first(bytes_after(rows[i].sent, k), step));
			seen = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
			assert_true(seen.facts.is_interrupted);
			assert_int_equal(seen.facts.interrupted_by, rows[i].from);
			assert_int_equal(seen.facts.interrupted_at, at);
			assert_int_equal(seen.facts.complete, FACT_YES);
			assert_int_equal(seen.facts.failure, TLS_NOT_FAILED);
			assert_string_equal(seen.interruption, rows[i].kept);
		}
	}
}

static void
a_record_of_an_unexpected_kind_is_no_interruption(void **state)
{
	struct rig *rig = *state;
	struct seen seen;

	complete_tls12(rig);
	for (uint8_t type = 20; type <= 24; type++)
		feed_record(rig, SIDE_SERVER, type, 77);
	seen = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
	assert_false(seen.facts.is_interrupted);
	assert_int_equal(seen.facts.complete, FACT_YES);
	assert_int_equal(seen.facts.records[SIDE_SERVER], 8);
}

static void
no_more_than_a_sample_is_kept_of_an_interruption(void **state)
{
	struct rig *rig = *state;
	struct build text = {0};
	struct seen seen;

	put_fill(&text, '\n', 3000);
	complete_tls12(rig);
	rig_feed(rig, SIDE_SERVER, built(&text));
	seen = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
	assert_int_equal(strlen(seen.interruption), SAMPLE_MAX);
}

/* Behind a gap records are not looked for; within a known one they go on. */
static void
after_a_gap_nothing_is_taken_for_an_interruption(void **state)
{
	struct rig *rig = *state;
	struct build half = {0};
	struct seen seen;

	complete_tls12(rig);
	put(&half, "\x17\x03\x03\x10\x00", 5);
	rig_feed(rig, SIDE_SERVER, built(&half));
	rig_gap(rig, SIDE_SERVER, 4096);
	feed_record(rig, SIDE_SERVER, 23, 90);
	rig_gap(rig, SIDE_SERVER, 3);
	rig_feed(rig, SIDE_SERVER, BYTES("454 no\r\n"));
	seen = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
	assert_false(seen.facts.is_interrupted);
	assert_int_equal(seen.facts.records[SIDE_SERVER], 5);
}

static void
a_hello_in_ssl2_form_is_known(void **state)
{
	static const struct bytes hello = BYTES("\x80\x1f\x01\x03\x01\x00\x06\x00\x00\x00\x10"
						"\x00\x00\x2f\x00\x56\x00"
						"0123456789abcdef");
	struct rig *rig = *state;

	for (size_t step = 1; step <= hello.len; step++) {
		struct seen seen;

		rig_begin(rig);
		for (size_t at = 0; at < hello.len; at += step)
			rig_feed(rig, SIDE_CLIENT, bytes_first(bytes_after(hello, at), step));
		feed_record(rig, SIDE_CLIENT, 22, 40);
		seen = rig_end(rig, ENDING_CAPTURE, SIDE_CLIENT);
		assert_true(seen.facts.client_hello);
		assert_int_equal(seen.facts.offered_version, 0x0301);
		assert_true(seen.facts.is_fallback);
		assert_false(seen.facts.has_ja3);
		assert_int_equal(seen.facts.records[SIDE_CLIENT], 2);
	}
}

static void
ssl2_itself_is_named_and_no_more(void **state)
{
	struct rig *rig = *state;
	struct seen seen;

	rig_begin(rig);
	rig_feed(rig, SIDE_CLIENT,
		 BYTES("\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc0"
		       "0123456789abcdef"));
	rig_feed(rig, SIDE_SERVER, BYTES("\x80\x0b\x04\x00\x01\x00\x02\0\0\0\0\0\0"));
	rig_feed(rig, SIDE_SERVER, BYTES("\x80\x20 sealed"));
	seen = rig_end(rig, ENDING_FIN, SIDE_CLIENT);
	assert_int_equal(seen.facts.offered_version, 0x0002);
	assert_int_equal(seen.facts.version, 0x0002);
	assert_false(seen.facts.server_hello);
	assert_int_equal(seen.facts.complete, FACT_UNSEEN);
	assert_int_equal(seen.facts.failure, TLS_NOT_FAILED);
}

/* 16 KB in one message over many records: read; beyond the cap: passed over, and what follows
 * stands. */
static void
long_messages_are_kept_or_passed_over(void **state)
{
	struct rig *rig = *state;
	struct build first = {0}, piece = {0}, done = {0};
	struct seen seen;

	begin_handshake(rig, false, 0xc02f, false);
	put_uint(&first, 11, 1);
	put_uint(&first, HANDSHAKE_MESSAGE_MAX + 1, 3);
	rig_feed(rig, SIDE_SERVER, BYTES("\x16\x03\x03\x00\x04"));
	rig_feed(rig, SIDE_SERVER, built(&first));
	put_fill(&piece, 0x30, 16000);
	for (size_t left = HANDSHAKE_MESSAGE_MAX + 1; left > 0;) {
		size_t len = left < piece.len ? left : piece.len;
		struct build out = {0};

		put_record(&out, 22, piece.at, len);
		rig_feed(rig, SIDE_SERVER, built(&out));
		left -= len;
	}
	assert_int_equal(rig->pool.in_use, 0);
	put_message(&done, 14, &(struct build){0});
	rig_feed(rig, SIDE_SERVER, built(&done));
	seen = rig_end(rig, ENDING_CAPTURE, SIDE_CLIENT);
	assert_int_equal(seen.certificates, 0);
	assert_int_equal(seen.facts.resumed, FACT_NO);
}

static void
the_chain_is_shown_with_the_name_asked_for(void **state)
{
	struct rig *rig = *state;
	struct stream s;
	struct seen seen;

	stream_load(&s, "tls12-offered-13");
	seen = stream_play(rig, &s, s.count, SIZE_MAX);
	assert_int_equal(seen.certificates, 1);
	assert_int_equal(rig->chain_len, 1);
	assert_int_equal(rig->chain_sni_len, 15);
	assert_memory_equal(rig->chain_sni, "mx1.example.net", 15);
}

static void
an_empty_pool_loses_facts_and_says_so(void **state)
{
	struct rig *rig = *state;
	struct stream s;

	stream_load(&s, "tls12-full-alpn");
	rig_begin(rig);
	rig->pool.count = 0;
	for (size_t i = 0; i < s.count; i++)
		rig_feed(rig, s.pieces[i].from, s.pieces[i].bytes);
	assert_true(rig->is_short);
	assert_false(tls_facts(rig->tls)->client_hello);
	/* The records tell it still: a key exchange in clear, then Finished of both. */
	assert_int_equal(tls_facts(rig->tls)->complete, FACT_YES);
	assert_int_equal(tls_facts(rig->tls)->version, 0);
}

static void
tls_is_known_by_at_most_five_bytes(void **state)
{
	static const struct {
		struct bytes in;
		enum got got;
	} rows[] = {
	    {BYTES(""), GOT_PART},
	    {BYTES("\x16\x03\x01"), GOT_PART},
	    {BYTES("\x16\x03\x01\x02\x00"), GOT_WHOLE},
	    {BYTES("\x15\x03\x01\x00\x02\x02\x28"), GOT_WHOLE},
	    {BYTES("\x80\x2e"), GOT_PART},
	    {BYTES("\x80\x2e\x01\x00\x02\x00"), GOT_WHOLE},
	    {BYTES("E"), GOT_BAD},
	    {BYTES("\r\n"), GOT_BAD},
	    {BYTES("\x16\x16"), GOT_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(tls_looks_like(rows[i].in), rows[i].got);
}

static int
set_up(void **state)
{
	*state = calloc(1, sizeof(struct rig));
	return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
	free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recorded_handshakes_give_their_facts),
	    cmocka_unit_test(facts_do_not_change_with_the_cuts),
	    cmocka_unit_test(a_gap_hides_facts_and_makes_none_up),
	    cmocka_unit_test(a_gap_in_a_handshake_made_by_hand_makes_nothing_up),
	    cmocka_unit_test(one_side_alone_tells_no_more_than_it_shows),
	    cmocka_unit_test(an_end_before_the_handshake_is_a_failure),
	    cmocka_unit_test(a_finished_of_tls13_is_known_by_its_length),
	    cmocka_unit_test(tls12_completes_by_a_finished_of_both_sides),
	    cmocka_unit_test(alerts_in_clear_end_the_handshake_unless_they_warn),
	    cmocka_unit_test(text_in_place_of_a_hello_is_a_failure),
	    cmocka_unit_test(what_is_no_hello_is_none_however_it_is_cut),
	    cmocka_unit_test(a_request_for_a_hello_may_precede_the_servers),
	    cmocka_unit_test(text_inside_the_stream_is_an_interruption_without_addresses),
	    cmocka_unit_test(a_record_of_an_unexpected_kind_is_no_interruption),
	    cmocka_unit_test(no_more_than_a_sample_is_kept_of_an_interruption),
	    cmocka_unit_test(after_a_gap_nothing_is_taken_for_an_interruption),
	    cmocka_unit_test(a_hello_in_ssl2_form_is_known),
	    cmocka_unit_test(ssl2_itself_is_named_and_no_more),
	    cmocka_unit_test(long_messages_are_kept_or_passed_over),
	    cmocka_unit_test(the_chain_is_shown_with_the_name_asked_for),
	    cmocka_unit_test(an_empty_pool_loses_facts_and_says_so),
	    cmocka_unit_test(tls_is_known_by_at_most_five_bytes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
