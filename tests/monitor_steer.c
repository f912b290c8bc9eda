/*
 * Which reader the kernel's program gives a packet to, against the same code in
 * user space and against the dissector, which knows what connection it is of.
 *
 * A kernel that takes no eBPF of this user skips all of it, and says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dissector/flow.h"
#include "monitor/capture/steer.h"
#include "monitor/capture/steer_share.h"
#include "tests/gate_wraps.h"
#include "tests/skip.h"

#define READERS           3
#define LINKTYPE_ETHERNET 1
#define ETHERNET          14
#define FRAME_MAX         2048
#define PORTS             64 /* connections of each wrapping */
#define FIRST             40000
#define HEADERS           40 /* bytes behind Ethernet that every frame here has */

struct gate_packet {
	struct bytes bytes;
};

static bool
gate_load(const struct gate_packet *p, uint32_t at, void *to, uint32_t len)
{
	struct bytes rest = bytes_after(p->bytes, at);

	if (rest.len < len)
		return false;
	memcpy(to, rest.at, len);
	return true;
}

static bool
gate_flow_is_settled(const struct gate_packet *p, const struct flow_key *key)
{
	(void)p;
	(void)key;
	return false;
}

static void
gate_flow_begins(const struct gate_packet *p, const struct flow_key *key)
{
	(void)p;
	(void)key;
}

static void
gate_blur(const struct gate_packet *p, struct gate_walk *w)
{
	(void)p;
	(void)w;
}

static struct steer *by_link, *cooked; /* as on an interface, and of all of them */

static int
prepare(void **state)
{
	(void)state;
	by_link = steer_new(LINKTYPE_ETHERNET, READERS);
	cooked = steer_new(113, READERS);
	return by_link && cooked ? 0 : -1;
}

static int
give_back(void **state)
{
	(void)state;
	steer_free(by_link);
	steer_free(cooked);
	return 0;
}

static void
need_kernel(void)
{
	if (steer_program(by_link) < 0)
		skip_because("the kernel takes no program: %s", strerror(steer_error(by_link)));
}

/* The same code, here. */
static uint32_t
plain(struct bytes frame)
{
	const struct gate_packet p = {frame};
	struct gate_walk w = gate_begin(HEADER_ETHERNET);

	while (gate_goes_on(&w))
		gate_round(&p, &w);
	return steer_end(&p, &w, READERS);
}

/* The kernel's; false where a test run does not take such a frame, which an interface may bring. */
static bool
kernel(const struct steer *s, struct bytes frame, uint32_t *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame.at, .repeat = 1);

	o.data_size_in = (uint32_t)frame.len;
	if (bpf_prog_test_run_opts(steer_program(s), &o) != 0)
		return false;
	*out = o.retval;
	return true;
}

/* A segment in that wrapping as an Ethernet frame; gone with the next call. */
static struct bytes
frame_of(size_t wrap, const struct packet *p)
{
	static uint8_t frame[FRAME_MAX] = MACS;
	struct captured in = wrapped(wraps[wrap].linktype, wraps[wrap].wrap, p);

	if (wraps[wrap].linktype == LINKTYPE_ETHERNET)
		return in.bytes;
	frame[12] = wraps[wrap].linktype == 229 || p->source.family == 6 ? 0x86 : 0x08;
	frame[13] = frame[12] == 0x86 ? 0xdd : 0x00;
	memcpy(frame + ETHERNET, in.bytes.at, in.bytes.len);
	return (struct bytes){frame, ETHERNET + in.bytes.len};
}

/* Those whose first header can stand behind Ethernet's. */
static bool
fits_ethernet(size_t wrap)
{
	return wraps[wrap].linktype == LINKTYPE_ETHERNET || wraps[wrap].linktype == LINKTYPE_RAW ||
	       wraps[wrap].linktype == 228 || wraps[wrap].linktype == 229;
}

/* Of the connection that the dissector finds in the frame, whatever is around it. */
static uint32_t
expected(struct bytes frame)
{
	const struct captured in = captured(LINKTYPE_ETHERNET, frame.at, frame.len);
	struct flow_key key;
	struct packet p;
	bool is_low;

	assert_int_equal(packet_read(&in, NULL, &p), PACKET_TCP);
	key = flow_key_of(&p, &is_low);
	return steer_share(&key, READERS);
}

static uint32_t
check(size_t wrap, const struct packet *p)
{
	struct bytes frame = frame_of(wrap, p);
	uint32_t of_link = READERS, of_all = READERS;

	if (!kernel(by_link, frame, &of_link) || !kernel(cooked, frame, &of_all))
		fail_msg("%s: %s", wraps[wrap].name, strerror(errno));
	if (of_link != expected(frame) || of_all != of_link || plain(frame) != of_link)
		fail_msg("%s, port %u: %u, of all interfaces %u, in user space %u, it should be %u",
			 wraps[wrap].name, p->source_port, of_link, of_all, plain(frame),
			 expected(frame));
	return of_link;
}

static struct packet
other_way(const struct packet *p)
{
	struct packet back = *p;

	back.source = p->destination;
	back.destination = p->source;
	back.source_port = p->destination_port;
	back.destination_port = p->source_port;
	return back;
}

static void
both_directions_go_to_the_same_reader_whatever_wraps_them(void **state)
{
	size_t tried = 0;

	(void)state;
	need_kernel();
	for (size_t wrap = 0; wrap < WRAPS; wrap++) {
		for (uint16_t port = FIRST; fits_ethernet(wrap) && port < FIRST + PORTS; port++) {
			struct packet there = segment(4, port, 25, TCP_ACK),
				      back = other_way(&there);

			assert_int_equal(check(wrap, &there), check(wrap, &back));
			tried++;
		}
	}
	assert_in_range(tried, 30 * PORTS, WRAPS * PORTS);
}

static void
so_they_do_over_ipv6(void **state)
{
	(void)state;
	need_kernel();
	for (size_t wrap = 0; wrap < WRAPS; wrap++) {
		for (uint16_t port = FIRST;
		     strcmp(wraps[wrap].name, "raw") == 0 && port < FIRST + PORTS; port++) {
			struct packet there = segment(6, port, 25, TCP_ACK),
				      back = other_way(&there);

			assert_int_equal(check(wrap, &there), check(wrap, &back));
		}
	}
}

/* Whichever end of the connection has the smaller address. */
static void
each_reader_has_its_share(void **state)
{
	(void)state;
	need_kernel();
	for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
		size_t share[READERS] = {0};

		for (uint16_t port = FIRST; port < FIRST + 300; port++) {
			struct packet p = segment(4, port, 25, TCP_SYN);

			p.source.b[0] = is_swapped ? 203 : 192;
			share[check(0, &p)]++;
		}
		for (int i = 0; i < READERS; i++)
			assert_in_range(share[i], 60, 140);
	}
}

/* The kernel puts them together before the program sees them; one that comes all the same has no
 * ports. */
static void
fragments_go_to_the_first(void **state)
{
	static const uint8_t offsets[] = {0x20, 0x01, 0x3f};
	uint32_t got = READERS;

	(void)state;
	need_kernel();
	for (uint16_t port = FIRST; port < FIRST + PORTS; port++) {
		for (size_t i = 0; i < sizeof(offsets); i++) {
			struct packet p = segment(4, port, 25, TCP_ACK);
			struct bytes frame = frame_of(0, &p);
			uint8_t bytes[FRAME_MAX];

			memcpy(bytes, frame.at, frame.len);
			bytes[ETHERNET + 6] = offsets[i];
			frame.at = bytes;
			assert_true(kernel(by_link, frame, &got));
			assert_int_equal(got, 0);
			assert_int_equal(plain(frame), 0);
		}
	}
}

/* Marsaglia: "Xorshift RNGs", 2003. The same numbers in every run. */
static uint32_t
chance(void)
{
	static uint32_t last = 2463534242;

	last ^= last << 13;
	last ^= last >> 17;
	last ^= last << 5;
	return last;
}

struct hostile {
	size_t taken, refused;
};

static void
check_hostile(struct hostile *h, struct bytes frame)
{
	uint32_t got = READERS;

	if (!kernel(by_link, frame, &got)) {
		h->refused++;
		return;
	}
	h->taken++;
	assert_in_range(got, 0, READERS - 1);
	assert_int_equal(got, plain(frame));
	assert_true(kernel(cooked, frame, &got));
	assert_in_range(got, 0, READERS - 1);
}

/* Cut at every place, and with bytes of all kinds where headers are. */
static void
hostile_and_short_packets_have_a_reader(void **state)
{
	struct hostile h = {0};

	(void)state;
	need_kernel();
	for (size_t wrap = 0; wrap < WRAPS; wrap++) {
		const struct packet p = segment(4, FIRST, 25, TCP_ACK);
		uint8_t bytes[FRAME_MAX];
		struct bytes frame;

		if (!fits_ethernet(wrap))
			continue;
		frame = frame_of(wrap, &p);
		assert_in_range(frame.len, ETHERNET + HEADERS, FRAME_MAX);
		for (size_t len = ETHERNET; len <= frame.len; len++)
			check_hostile(&h, bytes_first(frame, len));
		for (int i = 0; i < 300; i++) {
			memcpy(bytes, frame.at, frame.len);
			for (uint32_t n = 1 + chance() % 4; n > 0; n--)
				bytes[ETHERNET + chance() % HEADERS] = (uint8_t)chance();
			check_hostile(&h, (struct bytes){bytes, frame.len});
		}
	}
	print_message("# %zu frames; %zu that a test run does not take\n", h.taken, h.refused);
	assert_in_range(h.taken, 10000, SIZE_MAX);
	assert_in_range(h.refused, 0, h.taken / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_directions_go_to_the_same_reader_whatever_wraps_them),
	    cmocka_unit_test(so_they_do_over_ipv6),
	    cmocka_unit_test(each_reader_has_its_share),
	    cmocka_unit_test(fragments_go_to_the_first),
	    cmocka_unit_test(hostile_and_short_packets_have_a_reader),
	};

	return cmocka_run_group_tests_name("steer", tests, prepare, give_back);
}
