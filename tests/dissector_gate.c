/* The gate in user space: what it reads, withholds and remembers. Wrapped packets are made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissector/flow.h"
#include "dissector/gate_rules.h"
#include "dissector/plain_gate.h"
#include "tests/gate_wraps.h"

#define MINUTE INT64_C(60000000) /* microseconds */

static struct plain_gate *
new_gate(uint32_t flows)
{
	static uint8_t service[65536];
	struct plain_gate_config config = {.flows = flows, .service = service, .secret = {7}};
	struct plain_gate *g;

	service[25] = 1;
	g = plain_gate_new(&config);
	assert_non_null(g);
	return g;
}

static enum gate_verdict
judge_wrapped(struct plain_gate *g, uint32_t linktype, struct bytes wrap, const struct packet *p)
{
	const struct captured in = wrapped(linktype, wrap, p);

	return plain_gate_judge(g, &in);
}

static enum gate_verdict
judge(struct plain_gate *g, const struct packet *p)
{
	return judge_wrapped(g, LINKTYPE_RAW, (struct bytes){(const uint8_t *)"", 0}, p);
}

static void
mark(struct plain_gate *g, const struct packet *p)
{
	bool is_low;
	struct flow_key key = flow_key_of(p, &is_low);

	plain_gate_mark(g, &key);
}

/* What this file takes for a wrapping must be one to the dissector. */
static void
assert_dissector_reads(uint32_t linktype, struct bytes wrap, const struct packet *p)
{
	const struct captured in = wrapped(linktype, wrap, p);
	struct packet out;

	assert_int_equal(packet_read(&in, NULL, &out), PACKET_TCP);
}

static void
ports_are_found_in_every_wrapping(void **state)
{
	const struct packet mail = segment(4, 40000, 25, TCP_ACK);
	const struct packet web = segment(4, 40000, 443, TCP_SYN);
	const struct packet syn = segment(4, 40000, 25, TCP_SYN);
	struct packet back = segment(4, 25, 40000, TCP_ACK);
	struct plain_gate *g = new_gate(16);

	(void)state;
	back.source = mail.destination;
	back.destination = mail.source;
	for (size_t i = 0; i < WRAPS; i++) {
		uint32_t link = wraps[i].linktype;
		struct bytes wrap = wraps[i].wrap;

		print_message("# %s\n", wraps[i].name);
		assert_dissector_reads(link, wrap, &mail);
		assert_int_equal(judge_wrapped(g, link, wrap, &mail), GATE_PASS);
		assert_int_equal(judge_wrapped(g, link, wrap, &back), GATE_PASS);
		assert_int_equal(judge_wrapped(g, link, wrap, &web), GATE_UNWATCHED);
		mark(g, &mail);
		assert_int_equal(judge_wrapped(g, link, wrap, &mail), GATE_SETTLED);
		assert_int_equal(judge_wrapped(g, link, wrap, &back), GATE_SETTLED);
		assert_int_equal(judge_wrapped(g, link, wrap, &syn), GATE_PASS);
	}
	plain_gate_free(g);
}

static void
ipv6_is_read_like_ipv4(void **state)
{
	const struct packet mail = segment(6, 40000, 25, TCP_ACK), web = segment(6, 1, 443, 0);
	struct plain_gate *g = new_gate(16);
	const struct bytes ether = BYTES(MACS "\x86\xdd"), six_in_four = BYTES(IPV4("\x29"));

	(void)state;
	assert_int_equal(judge_wrapped(g, 1, ether, &mail), GATE_PASS);
	assert_int_equal(judge_wrapped(g, 1, ether, &web), GATE_UNWATCHED);
	assert_int_equal(judge_wrapped(g, 228, six_in_four, &mail), GATE_PASS);
	assert_int_equal(judge_wrapped(g, 228, six_in_four, &web), GATE_UNWATCHED);
	mark(g, &mail);
	assert_int_equal(judge_wrapped(g, 1, ether, &mail), GATE_SETTLED);
	assert_int_equal(judge_wrapped(g, 228, six_in_four, &mail), GATE_SETTLED);
	plain_gate_free(g);
}

/* Packets that are what they are by the bytes given, whatever else follows. */
static const struct {
	const char *name;
	uint32_t linktype;
	struct bytes bytes;
	enum gate_verdict verdict;
} alone[] = {
    {"ARP", 1, BYTES_INIT(MACS "\x08\x06"), GATE_OTHER},
    {"spanning tree", 1, BYTES_INIT(MACS "\0\x26\x42\x42\x03"), GATE_OTHER},
    {"ICMP", 228, BYTES_INIT(IPV4("\x01")), GATE_OTHER},
    {"ICMPv6", 229, BYTES_INIT(IPV6("\x3a")), GATE_OTHER},
    {"QUIC", 228, BYTES_INIT(UDP("\x01\xbb")), GATE_OTHER},
    {"GTP-U, no user data", 228, BYTES_INIT(UDP("\x08\x68") "\x30\x01\0\0\0\0\0\0"), GATE_OTHER},
    {"PPPoE discovery", 1, BYTES_INIT(MACS "\x88\x64\x11\x09\0\0\0\0"), GATE_OTHER},
    {"netlink", 113, BYTES_INIT("\0\0\x03\x38\0\0\0\0\0\0\0\0\0\0\x08\0"), GATE_OTHER},
    {"fragment of ICMP", 228, BYTES_INIT("\x45\0\0\0\0\0\x20\0\x40\x01\0\0" ENDS4), GATE_PASS},
    {"first fragment", 228, BYTES_INIT("\x45\0\0\0\0\0\x20\0\x40\x06\0\0" ENDS4), GATE_PASS},
    {"later fragment", 228, BYTES_INIT("\x45\0\0\0\0\0\0\x01\x40\x06\0\0" ENDS4), GATE_PASS},
    {"fragment of a tunnel", 228, BYTES_INIT("\x45\0\0\0\0\0\0\x01\x40\x11\0\0" ENDS4), GATE_PASS},
    {"IPv6 fragment", 229, BYTES_INIT(IPV6("\x2c") "\x06\0\0\x01\0\0\0\x01"), GATE_PASS},
    {"IPv6 fragment of ICMP", 229, BYTES_INIT(IPV6("\x2c") "\x3a\0\0\x01\0\0\0\x01"), GATE_PASS},
    {"routing, on its way", 229, BYTES_INIT(IPV6("\x2b") "\x06\x02\x04\x01\0\0\0\0"), GATE_PASS},
    {"wrong version", 228, BYTES_INIT("\x65\0\0\0\0\0\0\0\x40\x06\0\0" ENDS4), GATE_PASS},
    {"header too short", 228, BYTES_INIT("\x44\0\0\0\0\0\0\0\x40\x06\0\0" ENDS4), GATE_PASS},
    {"PPPoE of another version", 1, BYTES_INIT(MACS "\x88\x64\x12\0\0\0\0\0"), GATE_PASS},
    {"two GTP-U extensions", 228,
     BYTES_INIT(UDP("\x08\x68") "\x34\xff\0\x40\0\0\0\x07\0\0\0\x85\x01\0\0\x85\x01\0\0\0"),
     GATE_PASS},
    {"NFLOG", 239, BYTES_INIT("\x02\0\0\0\x08\0\x09\0"), GATE_PASS},
    {"a link type that is not read", 127, BYTES_INIT("\0\0\x08\0"), GATE_PASS},
};

static void
what_is_surely_no_tcp_is_withheld_and_no_more(void **state)
{
	struct plain_gate *g = new_gate(16);
	uint8_t bytes[200];

	(void)state;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		struct captured in = captured(alone[i].linktype, bytes, sizeof(bytes));

		print_message("# %s\n", alone[i].name);
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, alone[i].bytes.at, alone[i].bytes.len);
		assert_int_equal(plain_gate_judge(g, &in), alone[i].verdict);
	}
	plain_gate_free(g);
}

static void
a_cut_anywhere_passes(void **state)
{
	const struct packet web = segment(4, 40000, 443, TCP_ACK);
	struct plain_gate *g = new_gate(16);
	static struct wire wire;

	(void)state;
	wire_make(&web, &wire);
	for (size_t i = 0; i < WRAPS; i++) {
		for (size_t len = 0; len < wraps[i].wrap.len + 33; len++) {
			/* A block of just this size, so that a sanitizer sees one byte too far. */
			uint8_t *block = malloc(len > 0 ? len : 1);
			size_t wrap = len < wraps[i].wrap.len ? len : wraps[i].wrap.len;
			struct captured in = captured(wraps[i].linktype, block, len);

			memcpy(block, wraps[i].wrap.at, wrap);
			memcpy(block + wrap, wire.bytes, len - wrap);
			assert_int_equal(plain_gate_judge(g, &in), GATE_PASS);
			free(block);
		}
	}
	plain_gate_free(g);
}

static void
too_many_tags_pass(void **state)
{
	const struct packet web = segment(4, 40000, 443, TCP_ACK);
	struct plain_gate *g = new_gate(16);
	uint8_t wrap[14 + 4 * 40] = MACS;

	(void)state;
	for (size_t tags = 0; tags <= 40; tags++) {
		memset(wrap + 12, 0, sizeof(wrap) - 12);
		for (size_t i = 0; i < tags; i++)
			memcpy(wrap + 12 + 4 * i, "\x81\0\0\x01", 4);
		memcpy(wrap + 12 + 4 * tags, "\x08\0", 2);
		assert_int_equal(judge_wrapped(g, 1, (struct bytes){wrap, 14 + 4 * tags}, &web),
				 tags <= 15 ? GATE_UNWATCHED : GATE_PASS);
	}
	plain_gate_free(g);
}

static void
what_opens_and_ends_a_marked_flow_passes(void **state)
{
	static const uint8_t telling[] = {TCP_SYN,           TCP_SYN | TCP_ACK, TCP_FIN,
					  TCP_FIN | TCP_ACK, TCP_RST,           TCP_RST | TCP_ACK,
					  TCP_SYN | TCP_FIN};
	const struct packet mail = segment(4, 40000, 25, TCP_ACK | TCP_PSH);
	struct packet other = mail;
	struct plain_gate *g = new_gate(16);

	(void)state;
	for (size_t i = 0; i < sizeof(telling); i++) {
		mark(g, &mail);
		assert_int_equal(judge(g, &mail), GATE_SETTLED);
		other.flags = telling[i];
		assert_int_equal(judge(g, &other), GATE_PASS);
	}
	plain_gate_free(g);
}

/* The same ports again: another connection, whose greeting must be seen. */
static void
a_syn_takes_the_mark_away(void **state)
{
	const struct packet mail = segment(6, 40000, 25, TCP_ACK),
			    syn = segment(6, 40000, 25, TCP_SYN);
	struct plain_gate *g = new_gate(16);

	(void)state;
	mark(g, &mail);
	assert_int_equal(judge(g, &mail), GATE_SETTLED);
	assert_int_equal(judge(g, &syn), GATE_PASS);
	assert_int_equal(judge(g, &mail), GATE_PASS);
	assert_int_equal(plain_gate_marks(g), 0);
	plain_gate_free(g);
}

static void
a_full_table_forgets_the_mark_hit_longest_ago(void **state)
{
	struct packet p[4];
	struct plain_gate *g = new_gate(3);

	(void)state;
	for (uint16_t i = 0; i < 4; i++)
		p[i] = segment(4, (uint16_t)(1000 + i), 25, TCP_ACK);
	for (int i = 0; i < 3; i++)
		mark(g, &p[i]);
	p[0].time = MINUTE;
	assert_int_equal(judge(g, &p[0]), GATE_SETTLED);
	mark(g, &p[3]);
	assert_int_equal(plain_gate_marks(g), 3);
	assert_int_equal(judge(g, &p[0]), GATE_SETTLED);
	assert_int_equal(judge(g, &p[1]), GATE_PASS);
	assert_int_equal(judge(g, &p[2]), GATE_SETTLED);
	assert_int_equal(judge(g, &p[3]), GATE_SETTLED);
	plain_gate_free(g);
}

static void
all_that_is_withheld_is_counted(void **state)
{
	const struct packet mail = segment(4, 40000, 25, TCP_ACK),
			    web = segment(4, 1, 443, TCP_ACK);
	struct gate_count counts[GATE_VERDICTS], flow;
	struct plain_gate *g = new_gate(16);
	bool is_low;
	struct flow_key key = flow_key_of(&mail, &is_low);
	uint8_t arp[60] = MACS "\x08\x06";
	struct captured in = captured(1, arp, sizeof(arp));

	(void)state;
	assert_int_equal(judge(g, &mail), GATE_PASS);
	assert_false(plain_gate_flow(g, &key, &flow));
	plain_gate_mark(g, &key);
	for (int i = 0; i < 3; i++)
		judge(g, &mail);
	judge(g, &web);
	in.wire_len = 1000;
	plain_gate_judge(g, &in);
	plain_gate_mark(g, &key); /* a second mark changes nothing */
	assert_true(plain_gate_flow(g, &key, &flow));
	assert_int_equal(flow.packets, 3);
	assert_int_equal(flow.bytes, 3 * 40);
	plain_gate_counts(g, counts);
	assert_int_equal(counts[GATE_PASS].packets, 0);
	assert_int_equal(counts[GATE_SETTLED].packets, 3);
	assert_int_equal(counts[GATE_SETTLED].bytes, 3 * 40);
	assert_int_equal(counts[GATE_UNWATCHED].packets, 1);
	assert_int_equal(counts[GATE_OTHER].bytes, 1000);
	assert_true(plain_gate_forget(g, &key));
	assert_false(plain_gate_forget(g, &key));
	assert_int_equal(judge(g, &mail), GATE_PASS);
	plain_gate_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ports_are_found_in_every_wrapping),
	    cmocka_unit_test(ipv6_is_read_like_ipv4),
	    cmocka_unit_test(what_is_surely_no_tcp_is_withheld_and_no_more),
	    cmocka_unit_test(a_cut_anywhere_passes),
	    cmocka_unit_test(too_many_tags_pass),
	    cmocka_unit_test(what_opens_and_ends_a_marked_flow_passes),
	    cmocka_unit_test(a_syn_takes_the_mark_away),
	    cmocka_unit_test(a_full_table_forgets_the_mark_hit_longest_ago),
	    cmocka_unit_test(all_that_is_withheld_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
