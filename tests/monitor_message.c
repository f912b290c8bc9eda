/* What crosses between roles: whole, checked, and refused where it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/role/session_message.h"
#include "tests/skip.h"

/* Where pointers have 64 bits. A change here means a row in session_message.c and a line below. */
#define SMTP_FACTS_SIZE        88
#define TLS_FACTS_SIZE         128
#define CERTIFICATE_FACTS_SIZE 1544
#define SESSION_SIZE           4568

#define TIME INT64_C(1767225600000000)

static uint8_t memory[MESSAGE_MAX];
static struct session_message taken;
static struct bytes froms[] = {BYTES("example.org"), BYTES("b.example.org")};
static struct bytes rcpts[] = {BYTES("example.net")};

/* A session with every member different from zero. */
static struct session
full_session(void)
{
	struct session s = {
	    .service = SERVICE_LMTP,
	    .client = {6, {0x20, 0x01, 0x0d, 0xb8, [15] = 7}},
	    .server = {4, {198, 51, 100, 25}},
	    .client_port = 40112,
	    .server_port = 24,
	    .start = TIME,
	    .end = TIME + 5,
	    .community_id = "1:abc",
	    .encap = "vlan:12/vxlan:42",
	    .ending = ENDING_CAPTURE,
	    .ended_by = SIDE_SERVER,
	    .seen = SEEN_SERVER,
	    .syn_seen = true,
	    .complete = true,
	    .clear_whole = true,
	    .mail_whole = true,
	    .mail_requested = FACT_NO,
	    .mail_granted = FACT_YES,
	    .is_under_way = true,
	    .has_drops = true,
	    .gap_bytes = 11,
	    .bytes = {12, 13},
	    .packets = 14,
	    .smtp = {220,      GREETING_LHLO,
		     FACT_YES, 502,
		     true,     FACT_NO,
		     FACT_YES, FACT_NO,
		     454,      2,
		     true,     3,
		     true,     true,
		     true,     true,
		     true,     true,
		     true,     4,
		     5,        true,
		     true,     true,
		     true,     6,
		     7,        8,
		     9,        10,
		     11,       12},
	    .tls = {true,
		    true,
		    true,
		    FACT_NO,
		    TLS_FAILED_SILENCE,
		    SIDE_SERVER,
		    {true, true, 2, 40, SIDE_SERVER},
		    0x0304,
		    0x0303,
		    0x1301,
		    true,
		    true,
		    FACT_YES,
		    SENTINEL_TLS11,
		    true,
		    SIDE_SERVER,
		    77,
		    true,
		    true,
		    {1, 2, [15] = 3},
		    "t13d1516h2_8daaf6152771_e5627efa2ab1",
		    {5, 6}},
	    .certificate = {true,
			    true,
			    true,
			    3,
			    2,
			    TIME - 9,
			    TIME + 9,
			    FACT_YES,
			    FACT_NO,
			    FACT_YES,
			    FACT_NO,
			    {{4, [31] = 5}, {6, [31] = 7}, {8, [15] = 9}, {10, [15] = 11}},
			    true,
			    true,
			    2,
			    0xfedcba98,
			    "CN=a",
			    "CN=b",
			    {{{{12}, {13}, {14}, {15, [15] = 16}}, WAY_BROKEN, 0x89abcdef},
			     {{{17}, {18}, {19}, {20}}, WAY_GOOD, 1}},
			    {{21, [7] = 22}, {23, [7] = 24}}},
	    .greeting = {BYTES("mx ESMTP"), BYTES("second")},
	    .greetings = 2,
	    .helo = BYTES("out.example.org"),
	    .ehlo = {BYTES("mx"), BYTES("SIZE 10"), BYTES("a\0b")},
	    .ehlos = 3,
	    .auth = BYTES("PLAIN"),
	    .refusal = BYTES("r1"),
	    .ehlo_refusal = BYTES("r2"),
	    .masked_verb = BYTES("XXXXXXXX"),
	    .client_ahead = BYTES("ahead"),
	    .client_sample = BYTES("c"),
	    .server_sample = BYTES("s"),
	    .interruption = BYTES("i"),
	    .sni = BYTES("mx.example.net"),
	    .alpn = BYTES("smtp"),
	    .from_domains = froms,
	    .rcpt_domains = rcpts,
	    .from_count = 2,
	    .rcpt_count = 1,
	    .conflicts = {{SIDE_SERVER,
			   PLACE_TLS,
			   9,
			   8,
			   ACTED_SECOND,
			   {TIME, 64, 1, 2, CHECKSUM_WRONG, BYTES("one")},
			   {TIME + 1, 63, 3, 4, CHECKSUM_RIGHT, BYTES("two")}}},
	    .conflict_count = 1,
	    .conflicts_total = 5,
	    .resets = {{SIDE_SERVER, TIME + 2, 1, 2, 3, 4, 5, 6, 7}},
	    .reset_count = 1,
	};

	return s;
}

/* The body of s as a message. */
static struct bytes
body_of(const struct session *s, struct evidence *e, const struct evidence_list *kept)
{
	struct packer p = packer_over(memory, sizeof(memory));
	struct bytes in, body;
	enum message type;

	session_message_put(&p, s, e, kept);
	assert_false(p.is_short);
	in = (struct bytes){memory, p.len};
	assert_int_equal(message_take(&in, &type, &body), GOT_WHOLE);
	assert_int_equal(type, MESSAGE_SESSION);
	assert_int_equal(in.len, 0);
	return body;
}

/* Read it from a block of its exact size, so that one byte too far is found. */
static bool
take(struct bytes body)
{
	static uint8_t *block;

	free(block);
	block = malloc(body.len + (body.len == 0));
	if (body.len > 0)
		memcpy(block, body.at, body.len);
	return session_message_get((struct bytes){block, body.len}, &taken);
}

#define SAME(m)                                           \
	do {                                              \
		if (memcmp(&a.m, &b.m, sizeof(a.m)) != 0) \
			fail_msg("%s differs", #m);       \
	} while (0)
#define SAME_VIEW(m) assert_true(bytes_equal(a.m, b.m))

static void
same_smtp(const struct smtp_facts a, const struct smtp_facts b)
{
	SAME(greeting_code);
	SAME(greeting_verb);
	SAME(extended);
	SAME(ehlo_refusal);
	SAME(helo_after_refusal);
	SAME(offered);
	SAME(requested);
	SAME(accepted);
	SAME(starttls_refusal);
	SAME(starttls_requests);
	SAME(is_anonymous_tls);
	SAME(mail_count);
	SAME(mail_accepted);
	SAME(message_sent);
	SAME(auth_sent);
	SAME(credentials_sent);
	SAME(secret_sent);
	SAME(requiretls_sent);
	SAME(quit_sent);
	SAME(client_injected);
	SAME(server_injected);
	SAME(client_text_after);
	SAME(mail_after_tls);
	SAME(server_text_after);
	SAME(verb_masked);
	SAME(verb_echoed);
	SAME(commands);
	SAME(replies);
	SAME(replies_unmatched);
	SAME(bare_lf_lines);
	SAME(long_lines);
	SAME(domains_dropped);
}

static void
same_tls(const struct tls_facts a, const struct tls_facts b)
{
	SAME(is_implicit);
	SAME(client_hello);
	SAME(server_hello);
	SAME(complete);
	SAME(failure);
	SAME(failed_by);
	SAME(alert.is_seen);
	SAME(alert.is_encrypted);
	SAME(alert.level);
	SAME(alert.description);
	SAME(alert.by);
	SAME(offered_version);
	SAME(version);
	SAME(cipher);
	SAME(is_fallback);
	SAME(is_retried);
	SAME(resumed);
	SAME(sentinel);
	SAME(is_interrupted);
	SAME(interrupted_by);
	SAME(interrupted_at);
	SAME(has_ja3);
	SAME(has_ja4);
	SAME(ja3);
	SAME(ja4);
	SAME(records);
}

static void
same_certificate(const struct certificate_facts a, const struct certificate_facts b)
{
	SAME(is_seen);
	SAME(is_parsed);
	SAME(chain_len);
	SAME(is_whole);
	SAME(digests);
	SAME(issuer_count);
	for (size_t i = 0; i < a.issuer_count; i++) {
		SAME(issuers[i].digests);
		SAME(issuers[i].way);
		SAME(issuers[i].issued_by);
	}
	SAME(is_named_by_cn);
	SAME(are_names_whole);
	SAME(issued_by);
	SAME(name_count);
	SAME(names);
	SAME(not_before);
	SAME(not_after);
	SAME(expired);
	SAME(self_signed);
	SAME(trusted);
	SAME(name_matches);
	SAME(subject);
	SAME(issuer);
}

static void
same_version(const struct version a, const struct version b)
{
	SAME(time);
	SAME(ttl);
	SAME(ip_id);
	SAME(window);
	SAME(checksum);
	SAME_VIEW(text);
}

static void
same_lists(const struct session a, const struct session b)
{
	SAME(greetings);
	SAME(ehlos);
	SAME(from_count);
	SAME(rcpt_count);
	SAME(conflict_count);
	SAME(conflicts_total);
	SAME(reset_count);
	for (size_t i = 0; i < a.greetings; i++)
		SAME_VIEW(greeting[i]);
	for (size_t i = 0; i < a.ehlos; i++)
		SAME_VIEW(ehlo[i]);
	for (size_t i = 0; i < a.from_count; i++)
		SAME_VIEW(from_domains[i]);
	for (size_t i = 0; i < a.rcpt_count; i++)
		SAME_VIEW(rcpt_domains[i]);
	SAME(conflicts[0].from);
	SAME(conflicts[0].place);
	SAME(conflicts[0].offset);
	SAME(conflicts[0].len);
	SAME(conflicts[0].acted);
	same_version(a.conflicts[0].first, b.conflicts[0].first);
	same_version(a.conflicts[0].second, b.conflicts[0].second);
	SAME(resets[0].from);
	SAME(resets[0].time);
	SAME(resets[0].ttl);
	SAME(resets[0].usual_ttl);
	SAME(resets[0].ip_id);
	SAME(resets[0].last_ip_id);
	SAME(resets[0].window);
	SAME(resets[0].contradictions);
	SAME(resets[0].bytes_after);
}

static void
same_session(const struct session a, const struct session b)
{
	SAME(service);
	SAME(client);
	SAME(server);
	SAME(client_port);
	SAME(server_port);
	SAME(start);
	SAME(end);
	SAME(community_id);
	SAME(encap);
	SAME(ending);
	SAME(ended_by);
	SAME(seen);
	SAME(syn_seen);
	SAME(complete);
	SAME(clear_whole);
	SAME(mail_whole);
	SAME(mail_requested);
	SAME(mail_granted);
	SAME(is_under_way);
	SAME(has_drops);
	SAME(gap_bytes);
	SAME(bytes);
	SAME(packets);
	SAME_VIEW(helo);
	SAME_VIEW(auth);
	SAME_VIEW(refusal);
	SAME_VIEW(ehlo_refusal);
	SAME_VIEW(masked_verb);
	SAME_VIEW(client_ahead);
	SAME_VIEW(client_sample);
	SAME_VIEW(server_sample);
	SAME_VIEW(interruption);
	SAME_VIEW(sni);
	SAME_VIEW(alpn);
	same_smtp(a.smtp, b.smtp);
	same_tls(a.tls, b.tls);
	same_certificate(a.certificate, b.certificate);
	same_lists(a, b);
}

static void
every_member_of_a_session_crosses(void **state)
{
	const struct session s = full_session();

	(void)state;
	assert_true(take(body_of(&s, NULL, NULL)));
	same_session(s, taken.session);
	assert_int_equal(taken.evidence.count, 0);
}

/* A member that these tests and the tables do not know of would change its size. */
static void
no_member_was_added_that_would_be_left_behind(void **state)
{
	(void)state;
	if (sizeof(void *) != 8)
		skip_because("the sizes are those of a machine of 64 bits");
	assert_int_equal(sizeof(struct smtp_facts), SMTP_FACTS_SIZE);
	assert_int_equal(sizeof(struct tls_facts), TLS_FACTS_SIZE);
	assert_int_equal(sizeof(struct certificate_facts), CERTIFICATE_FACTS_SIZE);
	assert_int_equal(sizeof(struct session), SESSION_SIZE);
}

static void
a_body_cut_anywhere_or_longer_is_refused(void **state)
{
	const struct session s = full_session();
	struct bytes body = body_of(&s, NULL, NULL);

	(void)state;
	for (size_t len = 0; len < body.len; len++)
		if (take(bytes_first(body, len)))
			fail_msg("cut at %zu of %zu", len, body.len);
	assert_false(take((struct bytes){body.at, body.len + 1}));
}

static void
any_one_byte_changed_is_refused_or_read_within_bounds(void **state)
{
	const struct session s = full_session();
	struct bytes body = body_of(&s, NULL, NULL);
	uint8_t *at = memory + MESSAGE_HEADER;

	(void)state;
	for (size_t i = 0; i < body.len; i++) {
		static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
		uint8_t was = at[i];

		for (size_t v = 0; v < sizeof(values); v++) {
			at[i] = values[v];
			if (!take(body))
				continue;
			assert_in_range(taken.session.greetings, 0, GREETING_LINES_MAX);
			assert_in_range(taken.session.ehlos, 0, EHLO_LINES_MAX);
			assert_in_range(taken.session.smtp.offered, FACT_UNSEEN, FACT_YES);
			assert_in_range(taken.session.conflict_count, 0, CONFLICTS_MAX);
			assert_in_range(taken.session.certificate.issuer_count, 0, ISSUERS_MAX);
			assert_in_range(taken.session.certificate.name_count, 0,
					CERTIFICATE_NAMES_MAX);
		}
		at[i] = was;
	}
}

#define WRONG(name, member, value)                  \
	static void wrong_##name(struct session *s) \
	{                                           \
		s->member = value;                  \
	}
WRONG(service, service, SERVICE_LMTP + 1)
WRONG(family, client.family, 5)
WRONG(no_family, server.family, 0)
WRONG(ending, ending, ENDING_CAPTURE + 1)
WRONG(side, ended_by, SIDES)
WRONG(seen, seen, SEEN_SERVER + 1)
WRONG(fact, smtp.offered, FACT_YES + 1)
WRONG(verb, smtp.greeting_verb, GREETING_LHLO + 1)
WRONG(failure, tls.failure, TLS_FAILED_SILENCE + 1)
WRONG(sentinel, tls.sentinel, SENTINEL_TLS11 + 1)
WRONG(trusted, certificate.trusted, FACT_YES + 1)
WRONG(way, certificate.issuers[1].way, WAY_BROKEN + 1)
WRONG(place, conflicts[0].place, PLACE_TLS + 1)
WRONG(checksum, conflicts[0].second.checksum, CHECKSUM_WRONG + 1)
WRONG(acted, conflicts[0].acted, ACTED_SECOND + 1)
WRONG(reset_side, resets[0].from, SIDES)
WRONG(control, encap[2], '\n')
WRONG(high, certificate.subject[0], (char)0xe9)

static void
a_choice_out_of_range_is_refused(void **state)
{
	static const struct {
		const char *name;
		void (*make)(struct session *s);
	} rows[] = {
	    {"service", wrong_service},
	    {"address family", wrong_family},
	    {"no address", wrong_no_family},
	    {"ending", wrong_ending},
	    {"side", wrong_side},
	    {"sides seen", wrong_seen},
	    {"fact", wrong_fact},
	    {"greeting verb", wrong_verb},
	    {"tls failure", wrong_failure},
	    {"sentinel", wrong_sentinel},
	    {"trust", wrong_trusted},
	    {"way", wrong_way},
	    {"place", wrong_place},
	    {"checksum", wrong_checksum},
	    {"acted", wrong_acted},
	    {"side of a reset", wrong_reset_side},
	    {"control character in a text", wrong_control},
	    {"byte above ASCII in a text", wrong_high},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session s = full_session();

		rows[i].make(&s);
		if (take(body_of(&s, NULL, NULL)))
			fail_msg("%s", rows[i].name);
	}
}

static void
what_is_too_long_is_cut_when_sent_and_so_never_refused(void **state)
{
	static uint8_t text[5000];
	struct session s = full_session();
	struct bytes name = {text, 300};

	(void)state;
	memset(text, 'a', sizeof(text));
	s.helo = (struct bytes){text, sizeof(text)};
	s.greeting[0] = s.helo;
	s.from_domains = &name;
	s.from_count = 1;
	s.conflicts[0].first.text = s.helo;
	s.certificate.issuer_count = UINT8_MAX;
	s.certificate.name_count = UINT8_MAX;
	s.gap_bytes = UINT64_MAX;
	s.end = INT64_MAX;
	assert_true(take(body_of(&s, NULL, NULL)));
	assert_int_equal(taken.session.certificate.issuer_count, ISSUERS_MAX);
	assert_int_equal(taken.session.certificate.name_count, CERTIFICATE_NAMES_MAX);
	assert_int_equal(taken.session.helo.len, WIRE_TEXT_MAX);
	assert_int_equal(taken.session.greeting[0].len, WIRE_TEXT_MAX);
	assert_int_equal(taken.session.from_domains[0].len, NAME_MAX_BYTES);
	assert_int_equal(taken.session.conflicts[0].first.text.len, SAMPLE_MAX);
	assert_true(taken.session.gap_bytes == INT64_MAX);
}

static void
the_largest_session_fits_a_message(void **state)
{
	static uint8_t text[WIRE_TEXT_MAX], ring[4 << 20];
	static struct bytes names[DOMAINS_MAX];
	struct session s = full_session();
	struct evidence e;
	struct evidence_list kept = {0};

	(void)state;
	for (size_t i = 0; i < DOMAINS_MAX; i++)
		names[i] = (struct bytes){text, NAME_MAX_BYTES};
	s.from_domains = s.rcpt_domains = names;
	s.from_count = s.rcpt_count = DOMAINS_MAX;
	s.greetings = GREETING_LINES_MAX;
	s.ehlos = EHLO_LINES_MAX;
	for (size_t i = 0; i < EHLO_LINES_MAX; i++)
		s.ehlo[i] = s.greeting[i % GREETING_LINES_MAX] = (struct bytes){text, sizeof(text)};
	evidence_init(&e, ring, sizeof(ring));
	for (size_t i = 0; i < EVIDENCE_RECORDS_MAX; i++)
		evidence_line(&e, &kept, SIDE_CLIENT, TIME, i * 600, (struct bytes){text, 600});
	assert_true(take(body_of(&s, &e, &kept)));
	assert_int_equal(taken.session.rcpt_count, DOMAINS_MAX);
	/* 512 lines of 600 bytes are more than may be sent of one session. */
	assert_in_range(taken.evidence.count, EVIDENCE_BYTES_MAX / 600 - 1,
			EVIDENCE_BYTES_MAX / 600);
	assert_false(taken.evidence.is_whole);
}

static void
evidence_crosses_in_its_order(void **state)
{
	static uint8_t ring[1 << 16];
	const struct session s = full_session();
	struct evidence e;
	struct evidence_list kept = {0};

	(void)state;
	evidence_init(&e, ring, sizeof(ring));
	evidence_line(&e, &kept, SIDE_SERVER, TIME, 0, BYTES("220 mx\r\n"));
	evidence_line(&e, &kept, SIDE_CLIENT, TIME + 1, 0, BYTES("EHLO out\r\n"));
	evidence_certificate(&e, &kept, TIME + 2, BYTES("DER"));
	assert_true(take(body_of(&s, &e, &kept)));
	assert_true(taken.evidence.is_whole);
	assert_int_equal(taken.evidence.count, 3);
	assert_int_equal(taken.evidence.items[0].kind, EVIDENCE_LINE);
	assert_int_equal(taken.evidence.items[0].from, SIDE_SERVER);
	assert_true(taken.evidence.items[1].time == TIME + 1);
	assert_true(bytes_equal(taken.evidence.items[1].bytes, BYTES("EHLO out")));
	assert_int_equal(taken.evidence.items[2].kind, EVIDENCE_CERTIFICATE);
	assert_true(bytes_equal(taken.evidence.items[2].bytes, BYTES("DER")));
}

#define IN(literal) BYTES(literal)

static void
a_length_over_its_cap_is_bad_before_its_bytes_arrive(void **state)
{
	static const struct {
		const char *name;
		struct bytes in;
		enum got got;
	} rows[] = {
	    {"nothing", IN(""), GOT_PART},
	    {"header cut", IN("\x07\x00\x00"), GOT_PART},
	    {"type 0", IN("\x00\x00\x00\x00"), GOT_BAD},
	    {"a type behind the last", IN("\x1e\x00\x00\x00"), GOT_BAD},
	    {"type 255", IN("\xff\x00\x00\x00"), GOT_BAD},
	    {"a minute of 73 bytes", IN("\x07\x00\x00\x49"), GOT_BAD},
	    {"a minute, its body to come", IN("\x07\x00\x00\x28"), GOT_PART},
	    {"a session of 16 MB", IN("\x08\xff\xff\xff"), GOT_BAD},
	    {"finish, whole", IN("\x03\x00\x00\x00"), GOT_WHOLE},
	    {"finish with a body",
	     IN("\x03\x00\x00\x01"
		"a"),
	     GOT_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in = rows[i].in, body;
		enum message type;

		if (message_take(&in, &type, &body) != rows[i].got)
			fail_msg("%s", rows[i].name);
		assert_int_equal(in.len, rows[i].got == GOT_WHOLE ? 0 : rows[i].in.len);
	}
}

/* The body of the one message that put wrote. */
static struct bytes
only_body(const struct packer *p)
{
	assert_false(p->is_short);
	return (struct bytes){p->at + MESSAGE_HEADER, p->len - MESSAGE_HEADER};
}

static void
minutes_cross_and_must_begin_on_the_minute(void **state)
{
	const struct capture_minute good = {TIME, 1, 2, 3, 4, 5, 6, 7, 8};
	struct capture_minute bad = good, got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	message_put_minute(&p, &good);
	assert_true(message_get_minute(only_body(&p), &got));
	assert_memory_equal(&got, &good, sizeof(got));
	bad.minute++;
	p = packer_over(memory, sizeof(memory));
	message_put_minute(&p, &bad);
	assert_false(message_get_minute(only_body(&p), &got));
}

static void
numbers_that_no_database_can_hold_are_refused(void **state)
{
	struct capture_progress progress = {1, 2}, got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	message_put_progress(&p, &progress);
	assert_true(message_get_progress(only_body(&p), &got));
	memory[MESSAGE_HEADER] = 0x80;
	assert_false(message_get_progress(only_body(&p), &got));
}

static void
a_source_is_hexadecimal_and_nothing_else(void **state)
{
	struct capture_source source = {"0123456789abcdef0123456789abcdef"}, got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	message_put_source(&p, &source);
	assert_true(message_get_source(only_body(&p), &got));
	assert_string_equal(got.text, source.text);
	memory[p.len - 1] = 'G';
	assert_false(message_get_source(only_body(&p), &got));
	source.text[31] = '\0';
	p = packer_over(memory, sizeof(memory));
	message_put_source(&p, &source);
	assert_false(message_get_source(only_body(&p), &got));
}

static void
a_configuration_crosses_and_its_services_are_checked(void **state)
{
	static struct reader_config config = {.budget = 1 << 24,
					      .snaplen = 96,
					      .has_ca = true,
					      .has_filter = true,
					      .user = "daemon",
					      .interface = "eth0",
					      .buffer = LIVE_BUFFER_MIN,
					      .group = 7,
					      .readers = 3,
					      .gate = GATE_EBPF,
					      .gate_flows = 5},
				    got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	config.service[25] = SERVICE_SMTP;
	config.service[65535] = SERVICE_LMTP;
	message_put_config(&p, &config);
	assert_true(message_get_config(only_body(&p), &got));
	assert_true(got.budget == config.budget && got.has_ca && got.has_filter);
	assert_int_equal(got.snaplen, 96);
	assert_memory_equal(got.service, config.service, sizeof(got.service));
	assert_string_equal(got.user, "daemon");
	assert_string_equal(got.interface, "eth0");
	assert_int_equal(got.buffer, LIVE_BUFFER_MIN);
	assert_int_equal(got.group, 7);
	assert_int_equal(got.readers, 3);
	assert_int_equal(got.gate, GATE_EBPF);
	assert_int_equal(got.gate_flows, 5);
	memory[p.len - 1] = SERVICE_LMTP + 1;
	assert_false(message_get_config(only_body(&p), &got));
}

static void
a_live_capture_must_have_a_buffer_and_readers(void **state)
{
	static const struct reader_config rows[] = {
	    {.interface = "eth0", .buffer = LIVE_BUFFER_MIN - 1, .readers = 1, .gate_flows = 1},
	    {.interface = "eth0", .buffer = LIVE_BUFFER_MAX + 1, .readers = 1, .gate_flows = 1},
	    {.interface = "eth0", .buffer = LIVE_BUFFER_MIN, .readers = 0, .gate_flows = 1},
	    {.interface = "eth0", .buffer = LIVE_BUFFER_MIN, .readers = 1, .gate_flows = 0},
	};
	static struct reader_config got;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packer p = packer_over(memory, sizeof(memory));

		message_put_config(&p, &rows[i]);
		assert_false(message_get_config(only_body(&p), &got));
	}
}

static void
where_to_serve_crosses(void **state)
{
	const struct exporter_config config = {.address = "/run/waxseal/metrics.sock",
					       .user = "nobody"};
	struct exporter_config got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	message_put_exporter(&p, &config);
	assert_true(message_get_exporter(only_body(&p), &got));
	assert_string_equal(got.address, config.address);
	assert_string_equal(got.user, config.user);
	/* No byte may be there that is not printable, and none behind the last. */
	memory[MESSAGE_HEADER + 2] = 0x1b;
	assert_false(message_get_exporter(only_body(&p), &got));
	memory[MESSAGE_HEADER + 2] = '/';
	assert_false(message_get_exporter(
	    (struct bytes){memory + MESSAGE_HEADER, p.len - MESSAGE_HEADER - 1}, &got));
}

static void
a_tally_crosses(void **state)
{
	const struct live_tally tally = {1, 2, 3, 4, 5, 6, 7, 8};
	struct live_tally got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	message_put_tally(&p, &tally);
	assert_true(message_get_tally(only_body(&p), &got));
	assert_memory_equal(&got, &tally, sizeof(got));
	memory[p.len - 8] = 0x80;
	assert_false(message_get_tally(only_body(&p), &got));
}

static void
an_end_crosses_with_its_words_cut_to_size(void **state)
{
	static uint8_t words[MESSAGE_WORDS_MAX + 1];
	struct capture_ended ended = {CAPTURE_DAMAGED, 5, 6, {words, sizeof(words)}}, got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	message_put_ended(&p, &ended);
	assert_true(message_get_ended(only_body(&p), &got));
	assert_int_equal(got.end, CAPTURE_DAMAGED);
	assert_int_equal(got.why.len, MESSAGE_WORDS_MAX);
	memory[MESSAGE_HEADER] = CAPTURE_FOREIGN + 1;
	assert_false(message_get_ended(only_body(&p), &got));
}

static void
layers_cross_up_to_their_cap(void **state)
{
	struct layer_states states = {LAYERS_MAX, {{1, 2}}}, got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	message_put_layers(&p, &states);
	assert_true(message_get_layers(only_body(&p), &got));
	assert_int_equal(got.count, LAYERS_MAX);
	assert_int_equal(got.state[0].error, 2);
	memory[MESSAGE_HEADER] = LAYERS_MAX + 1;
	assert_false(message_get_layers(only_body(&p), &got));
}

static void
counts_cross(void **state)
{
	struct dissector_counts counts, got;
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(uint64_t); i++)
		memcpy((uint8_t *)&counts + i * sizeof(uint64_t), &(uint64_t){i + 1},
		       sizeof(uint64_t));
	message_put_counts(&p, &counts);
	assert_true(message_get_counts(only_body(&p), &got));
	assert_memory_equal(&got, &counts, sizeof(got));
}

static void
a_filter_crosses_and_does_as_it_did(void **state)
{
	static const uint8_t ip[34] = {[12] = 8, [14] = 0x45, [23] = 6};
	struct captured packet = {.linktype = 1, .wire_len = sizeof(ip), .bytes = {ip, sizeof(ip)}};
	static struct expression made, got;
	char why[EXPRESSION_WHY_MAX];
	struct packer p = packer_over(memory, sizeof(memory));

	(void)state;
	assert_true(expression_compile("ip proto 6", 1, &made, why));
	message_put_filter(&p, &made);
	assert_true(message_get_filter(only_body(&p), &got));
	assert_true(expression_passes(&got, &packet));
	assert_true(expression_compile("ip proto 17", 1, &made, why));
	p = packer_over(memory, sizeof(memory));
	message_put_filter(&p, &made);
	assert_true(message_get_filter(only_body(&p), &got));
	assert_false(expression_passes(&got, &packet));
}

/* Opcodes as in pcap/bpf.h: JA 0x05, RET K 0x06, LD M[] 0x60, DIV K 0x34, JEQ K 0x15. */
static void
a_filter_that_could_misbehave_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct expression e;
	} rows[] = {
	    {"no end", {1, {{0x60, 0, 0, 0}}}},
	    {"a jump behind the end", {2, {{0x05, 0, 0, 1}, {0x06, 0, 0, 1}}}},
	    {"a jump back", {2, {{0x05, 0, 0, UINT32_MAX}, {0x06, 0, 0, 1}}}},
	    {"a branch behind the end", {2, {{0x15, 0, 9, 0}, {0x06, 0, 0, 1}}}},
	    {"memory there is not", {2, {{0x60, 0, 0, 16}, {0x06, 0, 0, 1}}}},
	    {"a division by nothing", {2, {{0x34, 0, 0, 0}, {0x06, 0, 0, 1}}}},
	    {"a code there is not", {2, {{0xffff, 0, 0, 0}, {0x06, 0, 0, 1}}}},
	};
	static struct expression got;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packer p = packer_over(memory, sizeof(memory));

		message_put_filter(&p, &rows[i].e);
		if (message_get_filter(only_body(&p), &got))
			fail_msg("%s: accepted", rows[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_member_of_a_session_crosses),
	    cmocka_unit_test(no_member_was_added_that_would_be_left_behind),
	    cmocka_unit_test(a_body_cut_anywhere_or_longer_is_refused),
	    cmocka_unit_test(any_one_byte_changed_is_refused_or_read_within_bounds),
	    cmocka_unit_test(a_choice_out_of_range_is_refused),
	    cmocka_unit_test(what_is_too_long_is_cut_when_sent_and_so_never_refused),
	    cmocka_unit_test(the_largest_session_fits_a_message),
	    cmocka_unit_test(evidence_crosses_in_its_order),
	    cmocka_unit_test(a_length_over_its_cap_is_bad_before_its_bytes_arrive),
	    cmocka_unit_test(minutes_cross_and_must_begin_on_the_minute),
	    cmocka_unit_test(numbers_that_no_database_can_hold_are_refused),
	    cmocka_unit_test(a_source_is_hexadecimal_and_nothing_else),
	    cmocka_unit_test(a_configuration_crosses_and_its_services_are_checked),
	    cmocka_unit_test(a_live_capture_must_have_a_buffer_and_readers),
	    cmocka_unit_test(where_to_serve_crosses),
	    cmocka_unit_test(a_tally_crosses),
	    cmocka_unit_test(an_end_crosses_with_its_words_cut_to_size),
	    cmocka_unit_test(layers_cross_up_to_their_cap),
	    cmocka_unit_test(counts_cross),
	    cmocka_unit_test(a_filter_crosses_and_does_as_it_did),
	    cmocka_unit_test(a_filter_that_could_misbehave_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
